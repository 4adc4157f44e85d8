"""Tables of texts: columns below their heads, aligned left or right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnsolve.report.boxes import pad, width
from nnsolve.report.lines import beginning
from nnsolve.report.style import Fragment, Line

INDENT = 2
GAP = 2


class TextColumn(NamedTuple):
    """One column: its head, a text for each row, how it is aligned and the style of its texts.

    Where a table is too wide its texts may be cut to `least` cells; 0: not at all.
    """

    head: str
    cells: Sequence[str]
    right: bool = False
    style: str = ""
    least: int = 0

    @property
    def width(self) -> int:
        return max(map(width, [self.head, *self.cells]))


def table_width(columns: Sequence[TextColumn]) -> int:
    """How many terminal cells a table takes."""
    return INDENT + sum([column.width for column in columns]) + GAP * (len(columns) - 1)


def fitted(columns: Sequence[TextColumn], room: int, unicode: bool) -> list[TextColumn]:
    """The columns, with long texts cut until the table has room; the widest column gives way first."""
    widths = [column.width for column in columns]
    excess = INDENT + sum(widths) + GAP * (len(columns) - 1) - room
    if excess <= 0:
        return list(columns)
    for _ in range(excess):
        open = [n for n, column in enumerate(columns) if column.least and widths[n] > column.least]
        if open:
            widths[max(open, key=widths.__getitem__)] -= 1
    return [
        column._replace(cells=[shortened(cell, room, unicode) for cell in column.cells]) if column.least else column
        for column, room in zip(columns, widths, strict=True)
    ]


def shortened(text: str, room: int, unicode: bool) -> str:
    """A text with its middle left out where it takes more cells."""
    if width(text) <= room:
        return text
    gap = "…" if unicode else "..."
    left = room - width(gap)
    return f"{beginning(text, left - left // 2)}{gap}{beginning(text[::-1], left // 2)[::-1]}"


def table_lines(columns: Sequence[TextColumn]) -> list[Line]:
    """The lines of a table, the heads first."""
    pieces: list[list[tuple[Fragment, Fragment]]] = []
    for n, column in enumerate(columns):
        lead, room = (" " * (GAP if n else INDENT), ""), column.width
        fill = _to_the_right if column.right else pad
        cells = [(lead, (fill(text, room), column.style)) for text in column.cells]
        pieces.append([(lead, (fill(column.head, room), "note")), *cells])
    return [[piece for cell in row for piece in cell] for row in zip(*pieces, strict=True)]


def _to_the_right(text: str, cells: int) -> str:
    return " " * (cells - width(text)) + text
