"""A matrix of numbers between brackets."""

from __future__ import annotations

from nnsolve.report.draw.runs import Run, width_of
from nnsolve.report.draw.scene import EQUALS
from nnsolve.report.draw.shapes import Line, Shape, Text

MOST = 12
"""Rows and columns that are listed; of more only the size is said."""

SIZE, LINE = 10.0, 15.0


def weights(name: tuple[Run, ...], rows: list[list[str]], left: float, top: float) -> list[Shape]:
    """`name =` and the weights as a matrix, each in the colour of its sign; of a large one the size alone."""
    if len(rows) > MOST or len(rows[0]) > MOST:
        size = (*name, Run(f": {len(rows)}×{len(rows[0])} weights, too many to be listed"))
        return [Text(left, top + LINE, size, "label", SIZE, "start")]
    return matrix((*name, EQUALS), rows, left, top)


def matrix(
    head: tuple[Run, ...], rows: list[list[str]], left: float, top: float, kind: str | None = None
) -> list[Shape]:
    """Numbers between brackets behind a head, from a corner down and to the right; of one kind, or by their signs."""
    height = len(rows) * LINE
    before = Text(left, top + height / 2 + 0.35 * SIZE, head, kind or "label", SIZE + (0.0 if kind else 2.0), "start")
    shapes: list[Shape] = [before] if head else []
    start = x = left + (before.width + 6.0 if head else 5.0)
    for column in zip(*rows, strict=True):
        x += max(width_of((Run(text),), SIZE) for text in column) + 10.0
        for n, text in enumerate(column):
            shapes.append(Text(x, top + (n + 0.75) * LINE, (Run(text),), kind or _sign(text), SIZE, "end"))
    for side, at in ((1, start), (-1, x + 10.0)):
        points = ((at + 5 * side, top), (at, top), (at, top + height), (at + 5 * side, top + height))
        shapes.append(Line(points))
    return shapes


def _sign(text: str) -> str:
    """How the text of a weight is drawn."""
    return "weight-negative" if text.startswith("−") else "weight-zero" if text == "0" else "weight-positive"
