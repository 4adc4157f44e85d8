"""Printing a report where it fits: as wide as the console, in the signs and colours that it has."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnsolve.engine.solution import Section
from nnsolve.report.style import Style
from nnsolve.report.text import Report, report

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

NARROWEST, WIDEST = 40, 120
"""A report takes no less and no more than these cells, so that formulas and their addresses stay together."""


def style_of(console: Console, detail: str = "steps", decimals: int | None = None) -> Style:
    """The style that suits a console."""
    width = max(NARROWEST, min(console.width, WIDEST))
    return Style(width, can_show_unicode(console.encoding), decimals, detail)


def can_show_unicode(encoding: str | None) -> bool:
    """Whether an encoding has brackets, Greek letters and raised digits."""
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def print_report(console: Console, content: Report) -> None:
    """Print a report line by line as it was laid out; plain text where the console has no colours."""
    if console.is_terminal and not console.no_color and console.color_system:
        console.print(content, crop=False, soft_wrap=True)
    else:
        console.file.write(str(content))


class Fitted:
    """The report of sections, laid out for the console that prints it."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        style = style_of(console)._replace(width=max(NARROWEST, min(options.max_width, WIDEST)))
        yield report(self.sections, style)
