"""A matrix of numbers below a picture."""

from __future__ import annotations

from nnsolve.report.draw.runs import Run, width_of
from nnsolve.report.draw.shapes import Line, Shape, Text

MOST = 12
"""Rows and columns that are listed; of more only the size is said."""

SIZE, LINE = 10.0, 15.0


def matrix(name: tuple[Run, ...], rows: list[list[str]], left: float, top: float) -> list[Shape]:
    """`name =` and the numbers between brackets, from a corner down and to the right."""
    height = len(rows) * LINE
    if len(rows) > MOST or len(rows[0]) > MOST:
        size = (*name, Run(f": {len(rows)}×{len(rows[0])} weights, too many to be listed"))
        return [Text(left, top + LINE, size, "label", SIZE, "start")]
    head = Text(left, top + height / 2 + 0.35 * SIZE, (*name, Run(" =")), "label", SIZE + 2.0, "start")
    shapes: list[Shape] = [head]
    start = x = left + head.width + 12.0
    for column in zip(*rows, strict=True):
        x += max(width_of((Run(text),), SIZE) for text in column) + 10.0
        for n, text in enumerate(column):
            kind = "weight-negative" if text.startswith("−") else "weight-zero" if text == "0" else "weight-positive"
            shapes.append(Text(x, top + (n + 0.75) * LINE, (Run(text),), kind, SIZE, "end"))
    for side, at in ((1, start), (-1, x + 10.0)):
        points = ((at + 5 * side, top), (at, top), (at, top + height), (at + 5 * side, top + height))
        shapes.append(Line(points))
    return shapes
