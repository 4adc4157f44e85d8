"""The options of commands that print a report: how it looks and where it goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from nnsolve.cli.common import decimals_option, harmless
from nnsolve.report.formats import FORMATS, TYPESET

_Function = TypeVar("_Function", bound=Callable[..., Any])


SUFFIXES = {
    ".tex": "latex", ".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".pdf": "PDF",
    ".ipynb": "a notebook",
}  # fmt: skip
"""What a file's name says about its format; any other is text."""

WIDTH = (
    "Columns to use; the terminal's if left out (80 in a pipe, or $COLUMNS). "
    "In LaTeX and Markdown the letters of a line: about 45 for a page of two columns."
)


def report_options(function: _Function) -> _Function:
    """--detail, --decimals, --format, -o, --width, --fragment."""
    options = [
        click.option("--detail", type=click.Choice(["brief", "steps", "full"]), default="steps", show_default=True,
                     help="Answers only, every step, or each dot product written out too."),
        decimals_option,
        format_option(list(FORMATS)),
        click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output."),
        click.option("--width", type=click.IntRange(40, 400), metavar="N",
                     help=WIDTH),
        click.option("--fragment", is_flag=True,
                     help="Without what stands around the report, to paste into another document."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def format_option(formats: Sequence[str]) -> Callable[[_Function], _Function]:
    """--format; what it is where it is left out, `format_for` says."""
    known = ", ".join(suffix for suffix, format in SUFFIXES.items() if format in formats)
    help = f"What to print; left out, what the FILE of -o ends in ({known}), else text."
    return click.option("--format", "format", type=click.Choice(list(formats)), help=help)


def format_for(chosen: str | None, path: str | None, formats: Sequence[str]) -> str:
    """The format of a report: the `chosen` one, else that of the file it goes to, else text."""
    format = chosen or SUFFIXES.get(os.path.splitext(path or "")[1].lower(), "text")
    if format not in formats:
        written = f"{', '.join(formats[:-1])} or {formats[-1]}"
        message = f"-o {harmless(path or '')} would be {format}, and this command writes {written}"
        raise click.UsageError(f"{message}; name the file so, or give --format")
    return format


def report_format(chosen: str | None, path: str | None, fragment: bool) -> str:
    """The format of a solution; raises where it has nothing around it that a fragment could leave out."""
    format = format_for(chosen, path, list(FORMATS))
    if fragment and format not in TYPESET:
        raise click.UsageError("--fragment goes with --format latex, markdown or html")
    return format
