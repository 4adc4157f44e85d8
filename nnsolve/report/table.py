"""Tables of texts: columns below their heads, aligned left or right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnsolve.report.boxes import pad, width
from nnsolve.report.style import Line

INDENT = 2
GAP = 2


class TextColumn(NamedTuple):
    """One column: its head, a text for each row, how it is aligned and the style of its texts."""

    head: str
    cells: Sequence[str]
    right: bool = False
    style: str = ""

    @property
    def width(self) -> int:
        return max(map(width, [self.head, *self.cells]))


def table_width(columns: Sequence[TextColumn]) -> int:
    """How many terminal cells a table takes."""
    return INDENT + sum([column.width for column in columns]) + GAP * (len(columns) - 1)


def table_lines(columns: Sequence[TextColumn]) -> list[Line]:
    """The lines of a table, the heads first."""
    lines: list[Line] = [[] for _ in range(1 + max([len(column.cells) for column in columns]))]
    for n, column in enumerate(columns):
        lead = " " * (GAP if n else INDENT)
        room = column.width
        for line, text, style in zip(
            lines, [column.head, *column.cells], ["note", *[column.style] * len(column.cells)], strict=True
        ):
            line += [(lead, ""), (" " * (room - width(text)) + text if column.right else pad(text, room), style)]
    return lines
