"""Sides of an equation on lines: together where they fit, broken before a sign where even one is too wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnsolve.report.typeset.document import Side
from nnsolve.report.typeset.mathematics import (
    Captioned,
    Fenced,
    Fraction,
    Mathematics,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Text,
    is_sum,
    row,
)
from nnsolve.report.typeset.measure import BINARY, width
from nnsolve.report.typeset.tex import is_high

SUMS = ("+", "−")
PRODUCTS = ("·", "⊙", " ", "=")
"""A line is broken before a sum's signs, and where that is not enough before those of products."""

COMMA = Operator(",")
"""A line is broken behind it."""

HALF = Fraction(Number("1"), Number("2"))

ENDS = 1.5
"""The room that is left for what closes a pair of fences."""


class LineOf(NamedTuple):
    """A line of an equation: the relation that it begins with (none where it goes on), what follows, its role."""

    relation: str
    mathematics: Mathematics
    role: str


class Page(NamedTuple):
    """The room for lines, how much of the first one is taken, and what columns are counted from.

    Where a page `scrolls`, it can take what is too wide: matrices and roots stay as they are.
    """

    room: float
    taken: float = 0
    base: int = 1
    scrolls: bool = False


def lines(sides: Sequence[Side], page: Page) -> list[LineOf]:
    """The sides on lines: rule and formula on a line each, the rest together where it fits."""
    words = [side for side in sides if side.role in ("rule", "formula")]
    rest = [side for side in sides if side.role not in ("rule", "formula")]
    found = [line for side in words for line in broken(side, page)]
    if not rest:
        return found
    kept = rest
    if _together(rest) > page.room:
        kept = [side for side in rest if side.essential]
    if _together(kept) > page.room:
        return found + [line for side in rest for line in broken(side, page)]
    together = LineOf(kept[0].relation, joined(kept), "numbers")
    if not found or any(is_high(side.mathematics) for side in kept):
        return [*found, together]
    last = found[-1]
    taken = page.taken if len(found) == 1 else 0
    if width(last.mathematics) + _together(kept) > page.room - taken:
        return [*found, together]
    whole = row(last.mathematics, Operator(together.relation), together.mathematics)
    return [*found[:-1], last._replace(mathematics=whole)]


def joined(sides: Sequence[Side]) -> Mathematics:
    """Sides one after the other, the relation of the first one left out."""
    parts: list[Mathematics] = []
    for side in sides:
        parts += [Operator(side.relation), side.mathematics] if parts else [side.mathematics]
    return row(*parts)


def _together(sides: Sequence[Side]) -> float:
    return sum([width(side.mathematics) + BINARY for side in sides])


def broken(side: Side, page: Page) -> list[LineOf]:
    """One side on as many lines as it needs."""
    parts = pieces(side.mathematics, page)
    return [LineOf("" if n else side.relation, part, side.role) for n, part in enumerate(parts)]


def pieces(node: Mathematics, page: Page) -> list[Mathematics]:
    """Mathematics in pieces that fit, as far as there is a place to break it."""
    if width(node) <= page.room:
        return [node]
    if isinstance(node, Captioned):
        found = pieces(node.inner, page)
        return [*found[:-1], node._replace(inner=found[-1])]
    if isinstance(node, Matrix):
        return [node] if page.scrolls else column_blocks(node, page)
    if not isinstance(node, Row):
        return _opened([node], page)
    return _filled(_split(node.parts, SUMS), page)


def _split(parts: Sequence[Mathematics], signs: tuple[str, ...]) -> list[list[Mathematics]]:
    """The parts of a row, a new list before each sign or behind a comma; what is summed up stays behind its Σ."""
    found: list[list[Mathematics]] = [[]]
    for part in parts:
        last = found[-1][-1] if found[-1] else None
        sign = part.sign if isinstance(part, Operator) else ""
        if last == COMMA or (last is not None and sign in signs and not is_sum(last)):
            found.append([])
        found[-1].append(part)
    return found


def _filled(terms: Sequence[Sequence[Mathematics]], page: Page) -> list[Mathematics]:
    """Terms in lines, as many in each as fit; one that is too wide is broken further."""
    rows: list[list[Mathematics]] = []
    used = 0.0
    for term in terms:
        cells = sum(map(width, term))
        if rows and used + cells <= page.room:
            rows[-1] += term
            used += cells
            continue
        if cells <= page.room:
            rows.append(list(term))
            used = cells
            continue
        factors = _split(term, PRODUCTS)
        smaller = _filled(factors, page) if len(factors) > 1 else _opened(term, page)
        rows += [[part] for part in smaller]
        used = width(smaller[-1])
    return [row(*parts) for parts in rows]


def _opened(term: Sequence[Mathematics], page: Page) -> list[Mathematics]:
    """A single factor with its sign: a matrix in blocks of columns, fences around several lines.

    A root is written as a power of one half.
    """
    *signs, last = term
    page = page._replace(room=page.room - sum(map(width, signs)))
    if isinstance(last, Matrix | Captioned):
        first, *rest = pieces(last, page)
        return [row(*signs, first), *rest]
    if isinstance(last, Root) and not page.scrolls:
        last = Script(Fenced("(", last.inner, ")"), sup=HALF)
    fences = last.base if isinstance(last, Script) else last
    inside = pieces(fences.inner, page._replace(room=page.room - ENDS)) if isinstance(fences, Fenced) else []
    if not isinstance(fences, Fenced) or len(inside) < 2:
        return [row(*term)]
    first, *between, end = inside
    paired = bool(fences.left and fences.right)
    opening, closing = Fenced(fences.left, first, "", paired), Fenced("", end, fences.right, paired)
    closed = last._replace(base=closing) if isinstance(last, Script) else closing
    return [row(*signs, opening), *between, closed]


def column_blocks(node: Matrix, page: Page) -> list[Mathematics]:
    """A matrix in blocks of as many columns as fit, each with the numbers of its columns below it."""
    count = len(node.rows[0])
    found: list[Mathematics] = []
    start = 0
    while start < count:
        stop = start + 1
        while stop < count and width(_columns(node, start, stop + 1)) <= page.room:
            stop += 1
        first, last = start + page.base, stop - 1 + page.base
        text = f"columns {first} to {last}" if last > first else f"column {first}"
        found.append(Captioned(_columns(node, start, stop), Text(text)))
        start = stop
    return found if count > 1 else [node]


def _columns(node: Matrix, start: int, stop: int) -> Matrix:
    return Matrix(tuple(cells[start:stop] for cells in node.rows), node.labels, node.heads[start:stop])


def packed(cells: Sequence[float], room: float, gap: float = 2) -> list[list[int]]:
    """Which of several things stand side by side on a row, by their widths."""
    rows: list[list[int]] = []
    used = 0.0
    for n, cell in enumerate(cells):
        if rows and used + gap + cell <= room:
            rows[-1].append(n)
            used += gap + cell
        else:
            rows.append([n])
            used = cell
    return rows
