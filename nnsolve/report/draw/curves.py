"""Curves over one axis: a function and its derivative, with round numbers along both axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from nnsolve.report.draw.runs import Run, plain, width_of
from nnsolve.report.draw.shapes import Line, Picture, Point, Shape, Text, framed
from nnsolve.report.numbers import number, places
from nnsolve.report.plot import linear_axis, round_marks
from nnsolve.report.style import Style

WIDTH, HEIGHT = 440.0, 230.0
SIZE = 11.0

JUMP = 0.3
"""Points that are so much of the vertical axis apart are not joined."""


class Curve(NamedTuple):
    """A curve and what it shows; of several the first is solid, the others are dashed."""

    label: tuple[Run, ...]
    points: Mapping[float, float]


def curves(found: Sequence[Curve], along: str, style: Style) -> Picture:
    """The picture of curves of at least two finite points each over one range of `along`."""
    xs = [x for curve in found for x in curve.points]
    first, last = min(xs), max(xs)
    axis = linear_axis([y for curve in found for y in curve.points.values()])

    def at(x: float, y: float) -> Point:
        return (x - first) / (last - first) * WIDTH, (1 - axis.part(y)) * HEIGHT

    shapes: list[Shape] = [*_across(round_marks(first, last), at, axis.low, axis.high, style)]
    for mark, text in _texts(axis.marks, style):
        (_, y) = at(first, mark)
        shapes += [Line(((0.0, y), (WIDTH, y)), "edge-zero", 0.7), Text(-8.0, y + 4.0, text, "note", SIZE, "end")]
    shapes.append(Line(((0.0, 0.0), (0.0, HEIGHT), (WIDTH, HEIGHT)), "edge", 1.1))
    name, _, index = along.partition("_")
    shapes.append(
        Text(WIDTH + 10.0, HEIGHT + 4.0, (Run(name, 0, len(name) == 1), Run(index, -1)), "label", 12.0, "start")
    )
    left = 0.0
    for n, curve in enumerate(found):
        kind = "edge-negative" if n else "edge-positive"
        shapes += [
            Line(tuple(at(x, y) for x, y in part), kind, 1.9) for part in _parts(curve.points, axis.high - axis.low)
        ]
        shapes += [Line(((left, -22.0), (left + 26.0, -22.0)), kind, 1.9)]
        shapes.append(Text(left + 33.0, -18.0, curve.label, "label", 12.0, "start"))
        left += 33.0 + width_of(curve.label, 12.0) + 24.0
    picture = framed(shapes, "", [])
    said = " and ".join(plain(curve.label) for curve in found)
    return picture._replace(title=f"{said} over {along}", description=_described(found, along, style))


def _across(
    marks: Sequence[float], at: Callable[[float, float], Point], low: float, high: float, style: Style
) -> Iterator[Shape]:
    """The marks of the horizontal axis."""
    for mark, text in _texts(marks, style):
        (x, bottom), (_, top) = at(mark, low), at(mark, high)
        yield Line(((x, top), (x, bottom)), "edge-zero", 0.7)
        yield Text(x, bottom + 20.0, text, "note", SIZE)


def _texts(marks: Sequence[float], style: Style) -> Iterator[tuple[float, tuple[Run, ...]]]:
    count = places(marks)
    for mark in marks:
        yield mark, (Run(number(mark, count, style)),)


def _parts(points: Mapping[float, float], range: float) -> Iterator[list[Point]]:
    """The points in their order, in parts without a jump."""
    ordered = sorted(points.items())
    part = ordered[:1]
    for (_, before), point in pairwise(ordered):
        if abs(point[1] - before) > JUMP * range:
            yield part
            part = []
        part.append(point)
    yield part


def _described(found: Sequence[Curve], along: str, style: Style) -> str:
    """The curves in words: their values at both ends and in the middle."""
    parts = []
    for curve in found:
        ordered = sorted(curve.points.items())
        picked = [ordered[0], ordered[len(ordered) // 2], ordered[-1]]
        texts = [f"{number(y, 4, style)} at {number(x, 4, style)}" for x, y in picked]
        parts.append(f"{plain(curve.label)} is {', '.join(texts)}.")
    return f"Curves over {along}. {' '.join(parts)}"
