"""Boxes: rectangles of text that are put side by side, centred on one line, as formulas are typeset."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from rich.cells import cell_len

from nnsolve.report.style import Fragment, Line


@functools.lru_cache(maxsize=4096)
def _cells(text: str) -> int:
    return cell_len(text)


def width(text: str) -> int:
    """How many terminal cells a text takes."""
    return len(text) if text.isascii() else _cells(text)


def pad(text: str, cells: int) -> str:
    """The text, filled with blanks on the right."""
    return text + " " * (cells - width(text))


class Box:
    """Rows of text of the same width; `base` is the row that stands on the line of the formula."""

    __slots__ = ("base", "rows", "width")

    def __init__(self, rows: Sequence[str], cells: int, base: int | None = None) -> None:
        self.rows = rows
        self.width = cells
        self.base = (len(rows) - 1) // 2 if base is None else base

    @property
    def tall(self) -> bool:
        return len(self.rows) > 1

    def row(self, number: int) -> str:
        """The row at a distance from the line of the formula; blank above and below."""
        number += self.base
        return self.rows[number] if 0 <= number < len(self.rows) else " " * self.width


def text_box(text: str) -> Box:
    """A single line."""
    return Box((text,), width(text))


def beside(*boxes: Box) -> Box:
    """Boxes side by side on one line."""
    if len(boxes) == 1:
        return boxes[0]
    above, below = extent(boxes)
    rows = ["".join([box.row(n) for box in boxes]) for n in range(-above, below)]
    return Box(rows, sum([box.width for box in boxes]), above)


def extent(boxes: Sequence[Box]) -> tuple[int, int]:
    """How many rows stand above the line of the formula, and how many on and below it."""
    return max([box.base for box in boxes]), max([len(box.rows) - box.base for box in boxes])


FENCES = {
    "[": ("[", "⎡", "⎢", "⎣"),
    "]": ("]", "⎤", "⎥", "⎦"),
    "(": ("(", "⎛", "⎜", "⎝"),
    ")": (")", "⎞", "⎟", "⎠"),
}


def fence_rows(sign: str, height: int, unicode: bool) -> list[str]:
    """A bracket as high as what it encloses."""
    one, top, middle, bottom = FENCES.get(sign, (sign, sign, sign, sign))
    if height == 1 or not unicode:
        return [one] * height
    return [top, *[middle] * (height - 2), bottom]


def fence(box: Box, left: str, right: str, unicode: bool) -> Box:
    """A box between brackets."""
    height = len(box.rows)
    sides = zip(fence_rows(left, height, unicode), box.rows, fence_rows(right, height, unicode), strict=True)
    return Box([f"{a}{row}{b}" for a, row, b in sides], box.width + 2, box.base)


def fraction(top: Box, bottom: Box, unicode: bool) -> Box:
    """One box over the other, with a bar between them."""
    cells = max(top.width, bottom.width) + 2
    rows = [*_centred(top, cells), ("─" if unicode else "-") * cells, *_centred(bottom, cells)]
    return Box(rows, cells, len(top.rows))


def _centred(box: Box, cells: int) -> list[str]:
    left = (cells - box.width) // 2
    return [" " * left + row + " " * (cells - box.width - left) for row in box.rows]


def raised(box: Box, exponent: str) -> Box:
    """A box with an exponent at its upper right corner."""
    cells = width(exponent)
    rows = [row + (exponent if n == 0 else " " * cells) for n, row in enumerate(box.rows)]
    return Box(rows, box.width + cells, box.base)


class Piece:
    """A box of a line with what joins it to the one before, its style, and a caption below it."""

    __slots__ = ("box", "caption", "join", "style")

    def __init__(self, join: str, box: Box, style: str = "", caption: str = "") -> None:
        self.join = join
        self.box = box
        self.style = style
        self.caption = caption

    @property
    def width(self) -> int:
        return width(self.join) + max(self.box.width, width(self.caption))


def typeset(pieces: Sequence[Piece], indent: int = 0) -> list[Line]:
    """The lines of pieces that stand side by side."""
    above, below = extent([piece.box for piece in pieces])
    lines: list[Line] = []
    for n in range(-above, below):
        line: list[Fragment] = [(" " * indent, "")]
        for piece in pieces:
            line.append((piece.join if n == 0 else " " * width(piece.join), ""))
            line.append((piece.box.row(n), piece.style))
            if width(piece.caption) > piece.box.width:
                line.append((" " * (width(piece.caption) - piece.box.width), ""))
        lines.append(line)
    if any(piece.caption for piece in pieces):
        line = [(" " * indent, "")]
        for piece in pieces:
            cells = max(piece.box.width, width(piece.caption))
            left = (cells - width(piece.caption)) // 2 if piece.box.width > width(piece.caption) else 0
            line.append((" " * width(piece.join) + " " * left + pad(piece.caption, cells - left), "note"))
        lines.append(line)
    return lines


def fill(pieces: Sequence[Piece], room: int) -> list[list[Piece]]:
    """Pieces in rows of at most `room` cells, as many in each as fit; a term of a sum is torn only where it must."""
    rows: list[list[Piece]] = []
    used = 0
    for term in _terms(pieces):
        cells = sum([piece.width for piece in term])
        if rows and cells <= room < used + cells:
            rows.append(list(term))
            used = cells
            continue
        for piece in term:
            if rows and used + piece.width <= room:
                rows[-1].append(piece)
                used += piece.width
            else:
                rows.append([piece])
                used = piece.width
    return rows


def _terms(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each term of a sum."""
    terms: list[list[Piece]] = []
    for piece in pieces:
        if not terms or piece.join.startswith((" + ", " − ", " - ")):
            terms.append([])
        terms[-1].append(piece)
    return terms
