"""Intermediate results that are rounded before the calculation goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.problem.model import Rounding, Text

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene

DECIMALS = (0, 1, 2, 3, 4)
SIGNIFICANT = (2, 3, 4)


def _rounded(scene: Scene) -> Iterator[Slip]:
    """Everything rounded to some decimals or significant digits; or one result alone."""
    problem = scene.program.problem
    if problem.rounding:
        return
    place = problem.place
    rules = [(decimals, None) for decimals in DECIMALS] + [(None, digits) for digits in SIGNIFICANT]
    for decimals, significant in rules:
        rule = Rounding(None, decimals, significant, "away", place)
        yield Slip("rounded-early", "", rounding=(rule,))
    for equation in scene.equations:
        if equation.name.of is None and equation.phase == "forward":
            for decimals in (1, 2, 3):
                rule = Rounding(Text(str(equation.name), place), decimals, None, "away", place)
                yield Slip("rounded-early", str(equation.name), rounding=(rule,))
    for equation in scene.backward:
        if scene.of_loss(equation):
            for decimals in (1, 2, 3):
                rule = Rounding(Text(str(equation.name), place), decimals, None, "away", place)
                yield Slip("rounded-early", str(equation.name), rounding=(rule,))


register(
    "rounded-early",
    "An intermediate result is rounded before the calculation goes on: round the last one only.",
    "emitted",
    _rounded,
    ("network", "W1@1"),
    RARE,
)
