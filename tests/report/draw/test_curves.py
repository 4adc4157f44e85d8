"""Curves of functions: nothing on top of anything else, the right heights, and no line where a function jumps."""

from __future__ import annotations

import pytest

from nnsolve.report.draw.curves import HEIGHT, WIDTH, Curve, curves
from nnsolve.report.draw.runs import Run, runs_of
from nnsolve.report.draw.shapes import Line, Picture
from nnsolve.report.explain.page import Picture as Drawing
from nnsolve.report.explain.topics import pages, topics
from nnsolve.report.style import Style
from nnsolve.report.typeset.prose import inside
from tests.report.draw.geometry import faults


def drawn(kind: str, picture: Picture) -> list[Line]:
    """The lines of one curve, its sample in the legend aside."""
    found = [shape for shape in picture.shapes if isinstance(shape, Line) and shape.kind == f"edge-{kind}"]
    return [line for line in found if line.points[0][1] != line.points[-1][1] or len(line.points) > 2]


@pytest.mark.parametrize("topic", topics())
def test_the_curves_of_every_topic_have_room_for_their_texts(topic: str) -> None:
    for page in pages(topic, Style(80)):
        for item in [item for part in page.parts for item in part.items]:
            if isinstance(item, Drawing):
                found = [Curve(runs_of(inside(curve.label)), curve.points) for curve in item.curves]
                assert faults(curves(found, item.along, Style(80))) == []


def test_a_curve_is_as_high_as_its_values() -> None:
    """y = x² between the marks 0 and 4: at x = 1 a quarter of the height."""
    points = {n / 10: (n / 10) ** 2 for n in range(21)}
    picture = curves([Curve((Run("y"),), points)], "x", Style(80))
    (line,) = drawn("positive", picture)
    (left, bottom), (middle, quarter), (right, top) = line.points[0], line.points[10], line.points[-1]
    assert (right - left, bottom - top) == pytest.approx((WIDTH, HEIGHT))
    assert (middle - left, bottom - quarter) == pytest.approx((WIDTH / 2, HEIGHT / 4))
    assert picture.description == "Curves over x. y is 0 at 0, 1 at 1, 4 at 2."


@pytest.mark.parametrize(("jump", "parts"), [(1.0, 2), (0.0, 1)])
def test_a_jump_is_not_joined(jump: float, parts: int) -> None:
    points = {n / 10: (n / 100 + (jump if n > 5 else 0.0)) for n in range(11)}
    picture = curves([Curve((Run("a"),), points), Curve((Run("b"),), {0.0: 0.0, 1.0: 1.0})], "x", Style(80))
    assert len(drawn("positive", picture)) == parts
