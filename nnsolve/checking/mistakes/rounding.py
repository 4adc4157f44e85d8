"""Intermediate results that are rounded before the calculation goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import deltas, each, over_time, rewritten
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, call
from nnsolve.core.names import Name
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem, Rounding, Text

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene

DECIMALS = (0, 1, 2, 3, 4)
SIGNIFICANT = (2, 3, 4)
"""What all results are rounded to."""

ONE = (1, 2, 3, 4)
"""The decimals that one result alone is rounded to."""

SOME = ((2, None), (3, None), (None, 3))
"""The decimals or significant digits that some of the results are rounded to."""


def _rounded(scene: Scene) -> Iterator[Slip]:
    """Everything rounded to some decimals or significant digits; or one result alone."""
    problem = scene.program.problem
    if problem.rounding:
        return
    place = problem.place
    short = {name: e for e in scene.forward for name in e.bypassed}
    rules = [(decimals, None) for decimals in DECIMALS] + [(None, digits) for digits in SIGNIFICANT]
    for decimals, significant in rules:
        yield _slip("", [Rounding(None, decimals, significant, "away", place)], short.values())
    results = [e.name for e in scene.equations if e.name.of is None and e.phase == "forward"]
    for names in over_time([*results, *(e.name for e in scene.backward if scene.of_loss(e))]):
        through = [short[name] for name in names if name in short]
        for decimals in ONE:
            own = [Rounding(Text(str(name), place), decimals, None, "away", place) for name in names]
            yield _slip(str(names[0]), own, through)
    for names in _kinds(scene, results):
        through = list(dict.fromkeys(short[name] for name in names if name in short))
        for decimals, significant in SOME:
            own = [Rounding(Text(str(name), place), decimals, significant, "away", place) for name in names]
            yield _slip(str(names[0]), own, through)


def _kinds(scene: Scene, results: list[Name]) -> list[list[Name]]:
    """What is written down by who does not write down all: what activations give, and with it the gradients below."""
    sums = {z for _, _, z in scene.activations()}
    outputs = [name for name in results if name not in sums]
    below = [e.name for e in deltas(scene) if e.name.primal in sums]
    return [list(kind) for kind in dict.fromkeys((tuple(outputs), (*outputs, *below))) if len(kind) > 1]


def _undone(shortcut: Expr, long: Expr) -> Change:
    return rewritten(lambda node: long if node == shortcut else node)


def _slip(at: str, rules: list[Rounding], through: Iterable[Equation]) -> Slip:
    """What is computed `through` a rounded value takes no shortcut that does without it."""
    emitted = {e.name: _undone(e.expr, e.long) for e in through if e.long is not None}
    return Slip("rounded-early", at, emitted=emitted, rounding=tuple(rules))


def _not_rounded(scene: Scene) -> Iterator[Slip]:
    if scene.program.problem.rounding:
        yield Slip("rounding-missing", "rounding", problem=_without_rules)
    yield from each("rounding-missing", scene.forward, rewritten(_unrounded), forward=True)


def _without_rules(problem: Problem) -> Problem:
    return problem._replace(rounding=())


def _unrounded(node: Expr) -> Expr:
    return node.args[0] if isinstance(node, Call) and node.op == "round" else node


def _other_ties(scene: Scene) -> Iterator[Slip]:
    """A half rounded away from zero, as in school."""
    if any(rule.ties != "away" for rule in scene.program.problem.rounding):
        yield Slip("halves-rounded-up", "rounding", problem=_ties_away)
    yield from each("halves-rounded-up", scene.forward, rewritten(_away), forward=True)


def _ties_away(problem: Problem) -> Problem:
    return problem._replace(rounding=tuple([rule._replace(ties="away") for rule in problem.rounding]))


def _away(node: Expr) -> Expr:
    return call("round", node.args[0], ties="away") if isinstance(node, Call) and node.op == "round" else node


register(
    "rounded-early",
    "An intermediate result is rounded before the calculation goes on: round the last one only.",
    "emitted",
    _rounded,
    ("network", "a2"),
    RARE,
)
register(
    "rounding-missing",
    "A result is not rounded although the problem says so.",
    "source",
    _not_rounded,
    ("rounded", "h_1"),
    paired=True,
)
register(
    "halves-rounded-up",
    "A half is rounded away from zero; the problem says otherwise.",
    "source",
    _other_ties,
    ("rounded", "h_1"),
)
