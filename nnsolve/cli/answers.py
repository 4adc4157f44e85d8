"""`nnsolve answers`: print an answer file for a problem."""

from __future__ import annotations

import os

import click

from nnsolve.cli.common import load, problem_argument
from nnsolve.cli.output import is_file, write_text


@click.command("answers", short_help="Print an answer file, blank or with the solution.")
@problem_argument
@click.option("--blank/--key", "blank", default=None, help="To be filled in (the default), or with the solution.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output.")
def command(problem: str | None, blank: bool | None, output: str | None) -> None:
    """Print an answer file for a problem: blank for students, or with the solution.

    \b
    Examples:
      nnsolve answers problem.yaml --blank -o answers.yaml
      nnsolve answers problem.yaml --key

    Exit status: 0 printed, 2 wrong usage or a broken problem file.
    """
    from nnsolve.checking.key import Key
    from nnsolve.report.answerfile import answer_file

    found = load(problem, output)
    text = answer_file(Key(found), os.path.basename(found.path), blank=blank is not False)
    write_text(text, output if is_file(output) else None)
