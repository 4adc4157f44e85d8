"""`nnsolve draw`: a picture of a problem's network or equations."""

from __future__ import annotations

import click

from nnsolve.cli import completion
from nnsolve.cli.common import decimals_option, harmless, load, problem_argument
from nnsolve.cli.output import is_file, write_file, write_text
from nnsolve.report.draw.kinds import KINDS


@click.command("draw", short_help="Draw the network, or the graph of the equations.")
@problem_argument
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="Units and weights, layers as blocks, time steps, the cell of an LSTM or GRU, or operations.",
)
@click.option("--part", metavar="ID", shell_complete=completion.parts, help="Draw this part of the problem.")
@click.option(
    "--sample", type=click.IntRange(1), help="Whose values are shown; left out, the first of the first batch."
)
@click.option("--step", type=click.IntRange(1), default=1, show_default=True, help="The time step of a cell.")
@decimals_option
@click.option(
    "-o", "--output", type=click.Path(), metavar="FILE", help="Write FILE.svg or FILE.png; - is standard output (SVG)."
)
def command(
    problem: str | None,
    kind: str | None,
    part: str | None,
    sample: int | None,
    step: int,
    decimals: int | None,
    output: str | None,
) -> None:
    """Draw the network with the values of its units and weights, or the graph of the equations.

    PROBLEM is a YAML file; left out it is problem.yaml, else the only problem file here. Small networks are drawn unit
    by unit, large ones as blocks, recurrent ones unrolled over time, and equations as a computational graph: above each
    edge its value, below it its gradient. The values are those before the first update.

    \b
    Examples:
      nnsolve draw problem.yaml -o network.svg
      nnsolve draw problem.yaml --kind graph -o graph.png

    Exit status: 0 drawn, 2 wrong usage or a broken problem file.
    """
    as_png = output is not None and output.lower().endswith(".png")
    if as_png:
        _need_resvg()
    elif is_file(output) and output is not None and not output.lower().endswith(".svg"):
        raise click.UsageError(f"{harmless(output)} does not end in .svg or .png")
    from nnsolve.engine.select import part_of
    from nnsolve.engine.solve import Solution
    from nnsolve.report.draw.choose import draw

    loaded = load(problem, output)
    if part is not None:
        part_of(loaded, part)
    solution = Solution(loaded)
    section = solution.sections[0] if part is None else solution.solvers[part].section
    picture = draw(section, kind, sample, step, decimals)
    if as_png:
        from nnsolve.report.draw.png import png

        assert output is not None
        image = png(picture)
        write_file(output, lambda file: file.write(image), binary=True)
        return
    from nnsolve.report.draw.svg import svg

    write_text(svg(picture), output)


def _need_resvg() -> None:
    from nnsolve.report.draw.png import available

    if not available():
        raise click.UsageError("a PNG needs resvg; install it with:  python -m pip install 'nnsolve[png]'")
