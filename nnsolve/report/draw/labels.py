"""What stands at the edges of a graph: a value above the line, a gradient below it, in full where they are small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnsolve.report.draw.layered import Place, Size
from nnsolve.report.draw.matrices import matrix
from nnsolve.report.draw.runs import Run, plain, width_of
from nnsolve.report.draw.scene import Excerpt
from nnsolve.report.draw.shapes import Shape, Text, bounds, moved

SIZE, LINE = 11.0, 14.0
"""The size of text, and the height of a line of it."""

LONGEST = 120.0
"""The length of a list of numbers on one line."""


class Block(NamedTuple):
    """Some lines or a matrix, from the middle of its top down, and the same in words."""

    shapes: Sequence[Shape] = ()
    width: float = 0.0
    height: float = 0.0
    said: str = ""

    def at(self, x: float, top: float) -> list[Shape]:
        """The block below a point."""
        return [moved(shape, x, top) for shape in self.shapes]


def block(head: tuple[Run, ...], excerpt: Excerpt, kind: str) -> Block:
    """A value behind what it is the value of."""
    if len(excerpt.rows) > 1:
        return _table(head, excerpt.rows, kind)
    parts = [*excerpt.rows[0], *([f"‖·‖ = {excerpt.norm}"] if excerpt.norm else [])]
    if len(parts) > 1 and not excerpt.norm:
        parts[0], parts[-1] = f"[{parts[0]}", f"{parts[-1]}]"
    lines: list[tuple[Run, ...]] = [head]
    for n, part in enumerate(parts):
        longer = (*lines[-1], Run(f", {part}" if n else part))
        if n and width_of(longer, SIZE) > LONGEST:
            lines[-1] = (*lines[-1], Run(","))
            lines.append((Run(part),))
        else:
            lines[-1] = longer
    shapes = [Text(0.0, (n + 0.75) * LINE, line, kind, SIZE) for n, line in enumerate(lines)]
    return Block(shapes, max(text.width for text in shapes), len(lines) * LINE, " ".join(map(plain, lines)))


def _table(head: tuple[Run, ...], rows: list[list[str]], kind: str) -> Block:
    found = matrix(head, rows, 0.0, 1.0, kind)
    area = bounds(found)
    shapes = [moved(shape, -(area.left + area.right) / 2, 0.0) for shape in found]
    inner = "], [".join(", ".join(row) for row in rows)
    said = f"{plain(head)}[[{inner}]]"
    return Block(shapes, area.right - area.left, area.bottom + 3.0, said)


class Label(NamedTuple):
    """What stands at an edge: the value above it and the gradient below it."""

    above: Block
    below: Block

    @property
    def size(self) -> Size:
        return Size(max(self.above.width, self.below.width) + 6.0, 2 * max(self.above.height, self.below.height) + 10.0)

    def shapes(self, place: Place) -> list[Shape]:
        return [
            *self.above.at(place.x, place.y - 1.5 - self.above.height),
            *self.below.at(place.x, place.y + 3.5),
        ]

    def __str__(self) -> str:
        return ", ".join(block.said.strip() for block in self if block.said)
