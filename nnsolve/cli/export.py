"""`nnsolve export`: a script or notebook of its own that computes the same numbers."""

from __future__ import annotations

import click

from nnsolve.cli import completion
from nnsolve.cli.common import load, problem_argument
from nnsolve.cli.output import write_text
from nnsolve.report.export.formats import EXPORTS


@click.command("export", short_help="Write a script or notebook of its own that computes the same.")
@problem_argument
@click.option("--to", "target", type=click.Choice(list(EXPORTS)), required=True, help="What to write.")
@click.option("--part", metavar="ID", shell_complete=completion.parts, help="Only this part of the problem.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output.")
def command(problem: str | None, target: str, part: str | None, output: str | None) -> None:
    """Write a script or notebook of its own that computes the same numbers, with nothing of nnsolve in it.

    Each line is an equation of the solution, under the problem's own names: dL_dW2 for dL/dW2. At the end it prints
    what is asked. With torch the gradients are those of PyTorch's autograd, the updates those of torch.optim;
    what these compute otherwise is written out.

    \b
    Examples:
      nnsolve export problem.yaml --to numpy -o solution.py
      python solution.py
      nnsolve export problem.yaml --to torch --part b
      nnsolve export problem.yaml --to notebook -o solution.ipynb

    Exit status: 0 written, 2 wrong usage or a broken problem file.
    """
    from nnsolve.engine.select import part_of
    from nnsolve.engine.solve import Solution

    loaded = load(problem, output)
    if part is not None:
        part_of(loaded, part)
    write_text(EXPORTS[target](Solution(loaded), part), output)
