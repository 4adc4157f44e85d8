"""The options of commands that print a report: how it looks and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from nnsolve.report.formats import FORMATS, FRAGMENTS

_Function = TypeVar("_Function", bound=Callable[..., Any])


def report_options(function: _Function) -> _Function:
    """--detail, --decimals, --format, -o, --width, --fragment."""
    options = [
        click.option("--detail", type=click.Choice(["brief", "steps", "full"]), default="steps", show_default=True,
                     help="Answers only, every step, or each dot product written out too."),
        click.option("--decimals", type=click.IntRange(0, 15), metavar="N",
                     help="Show N decimals everywhere; what is computed stays exact."),
        click.option("--format", "format", type=click.Choice(list(FORMATS)), default="text", show_default=True,
                     help="What to print."),
        click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output."),
        click.option("--width", type=click.IntRange(40, 400), metavar="N",
                     help="Columns to use; the terminal's if left out (80 in a pipe, or $COLUMNS)."),
        click.option("--fragment", is_flag=True, help="LaTeX or HTML to paste into another document."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def check_fragment(fragment: bool, format: str) -> None:
    """Raise where a format has nothing around it that could be left out."""
    if fragment and format not in FRAGMENTS:
        raise click.UsageError(f"--fragment goes with --format {' or '.join(FRAGMENTS)}")
