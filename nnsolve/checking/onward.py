"""Mistakes made in calculating on from own wrong answers: one more slip, whatever spoiled the earlier answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.checking.carried import Rerun, numbers_of
from nnsolve.checking.evidence import Evidence
from nnsolve.checking.explanations import ACCUSED
from nnsolve.checking.mistakes.apply import IMPOSSIBLE
from nnsolve.checking.mistakes.collected import Collection
from nnsolve.checking.mistakes.mistake import Combination, Slip, SlipName
from nnsolve.checking.mistakes.scene import View
from nnsolve.checking.mistakes.table import Mistaken, readings
from nnsolve.checking.model import Claim, Given
from nnsolve.checking.route import Home, Route, Routes
from nnsolve.core.expressions import references
from nnsolve.engine.compiled.function import NumberFunction
from nnsolve.engine.run import Run

if TYPE_CHECKING:
    from nnsolve.checking.key import Target

REMEMBERED = 500
"""Routes of which is remembered which slips can be made on them."""


class Variant(NamedTuple):
    """A slip, and the route on which it is made; none where what follows is read off wrongly."""

    slip: Slip
    routes: Routes | None = None
    route: Route | None = None
    is_near: bool = True
    """Whether the route begins at the same answers as the one without the slip."""


class Variants:
    """The slips that can be made on one route."""

    def __init__(self, several: Iterable[Variant]) -> None:
        self.several = tuple(several)
        self._near: list[NumberFunction] = []
        self._others: list[tuple[NumberFunction, Route]] = []

    def may_give(self, rerun: Rerun, numbers: Sequence[float], low: float, high: float) -> bool:
        """Whether one of them may give a first number from `low` to `high`, from the numbers of the nearest answers.

        Soon decided where all routes are compiled.
        """
        if not self._near and not self._others and not self._are_compiled():
            return True
        try:
            return any([low <= function(numbers)[0] <= high for function in self._near]) or any(
                [low <= function(numbers_of(rerun.start(route)))[0] <= high for function, route in self._others]
            )
        except (ArithmeticError, ValueError):
            return True

    def _are_compiled(self) -> bool:
        for _, _, route, is_near in self.several:
            function = None if route is None or route.quick is None else route.quick.function
            if route is None or function is None:
                self._near, self._others = [], []
                return False
            if is_near:
                self._near.append(function)
            else:
                self._others.append((function, route))
        return True


class Onward:
    """What the slips of a section give when they are made on the way from own answers to the next one."""

    def __init__(self, mistaken: Mistaken) -> None:
        self.mistaken = mistaken
        self._routes: dict[SlipName, Routes] = {}
        self._variants: dict[tuple[str, Set[Home]], Variants] = {}

    def explain(self, rerun: Rerun, target: Target, given: Given) -> list[Combination]:
        """The slips that give an answer from own ones, some of them wrong; none where that could be coincidence."""
        with np.errstate(all="ignore"):
            return self._explained(rerun, target, given)

    def _explained(self, rerun: Rerun, target: Target, given: Given) -> list[Combination]:
        try:
            route = rerun.routes.to(target, rerun.answered)
            own = () if route is None else rerun.start(route)
            if route is None or all([one.right for one in own]):
                return []
            known = rerun.outcome(route, own, target)
            if not known.finite or not known.differs:
                return []
            about = rerun.about(route, own, known)
            bounds = [
                (claim[0] - 0.5 * claim[1] - by, claim[0] + 0.5 * claim[1] + by)
                for claim, by in zip(given.claims, about, strict=True)
            ]
            variants, numbers = self._on(route, target, rerun.answered), numbers_of(own)
            is_read_off = _sizes_agree(given.claims, known.value, about)
            if not is_read_off and not variants.may_give(rerun, numbers, *bounds[0]):
                return []  # as nearly always
            values = list(self._values(rerun, variants, numbers, target))
            if is_read_off:
                values += self._read_off(target, known.value)
            low, high = bounds[0]
            agreeing = [one for one in values if low <= one[1][0] <= high and _within(one[1], bounds)]
            if not agreeing:
                return []
            spread = rerun.spread(route, own, known)
            for variant, value in agreeing:
                if variant.routes is not None and variant.route is not None:
                    other = Rerun(variant.routes, rerun.own, rerun.answered)
                    spread = list(map(max, spread, other.spread_of(variant.route, other.start(variant.route), value)))
        except IMPOSSIBLE:
            return []
        collected = Collection(np.reshape(known.value, target.shape))
        collected.add(((variant.slip,), np.reshape(value, target.shape)) for variant, value in values)
        evidence = Evidence(collected.table())
        claims = tuple(
            [claim._replace(unit=claim.unit + 2 * by) for claim, by in zip(given.claims, spread, strict=True)]
        )
        entries, _, crowd = evidence.matches(given._replace(claims=claims))
        accepted = [entry for entry, chance in zip(entries, crowd, strict=True) if chance <= ACCUSED]
        return [made for entry in accepted for made in evidence.table.entries[entry].combinations]

    def _values(
        self, rerun: Rerun, variants: Variants, numbers: Sequence[float], target: Target
    ) -> Iterator[tuple[Variant, Sequence[float]]]:
        for variant in variants.several:
            _, routes, edited, is_near = variant
            assert routes is not None and edited is not None
            other = Rerun(routes, rerun.own, rerun.answered)
            try:
                value = other.value(edited, numbers if is_near else numbers_of(other.start(edited)))
            except IMPOSSIBLE:
                continue
            if len(value) == len(target.values):
                yield variant, value

    def _on(self, route: Route, target: Target, answered: frozenset[Home]) -> Variants:
        """The slips that can be made on a route."""
        key = target.id, answered
        if key not in self._variants:
            if len(self._variants) == REMEMBERED:
                self._variants.clear()
            self._variants[key] = Variants(self._made(route, target, answered))
        return self._variants[key]

    def _made(self, route: Route, target: Target, answered: frozenset[Home]) -> Iterator[Variant]:
        for combination, run in self.mistaken.runs:
            if len(combination) != 1 or combination[0].rounding or combination[0].problem is not None:
                continue
            (slip,) = combination
            try:
                routes = self._routes_of(slip, run)
                edited = routes.to(target, answered)
            except IMPOSSIBLE:
                continue
            if edited is not None and (edited.equations != route.equations or _uses(edited, slip)):
                yield Variant(slip, routes, edited, edited.nearest == route.nearest)

    def _routes_of(self, slip: Slip, run: Run) -> Routes:
        if slip.name not in self._routes:
            self._routes[slip.name] = Routes(run, long=False)
        return self._routes[slip.name]

    def _read_off(self, target: Target, numbers: Sequence[float]) -> list[tuple[Variant, Sequence[float]]]:
        """What slips of the asked value make of the value that follows from own answers."""
        mistaken = self.mistaken
        view = View(mistaken.scene, target.asked, mistaken.solver.run).with_value(np.reshape(numbers, target.shape))
        found = [(slip, value) for slip in mistaken.asked for value in readings(slip, view)]
        return [(Variant(slip), value.ravel().tolist()) for slip, value in found if value.size == len(numbers)]


def _uses(route: Route, slip: Slip) -> bool:
    """Whether a route uses what a slip changes of what the file gives."""
    return bool(slip.given) and any(not slip.given.keys().isdisjoint(references(e.expr)) for e in route.equations)


def _sizes_agree(claims: Sequence[Claim], numbers: Sequence[float], about: Sequence[float]) -> bool:
    """Whether some numbers may be others in another order, or with other signs."""
    reach = max([claim[1] for claim in claims]) + max(about)
    given, known = [abs(claim[0]) for claim in claims], list(map(abs, numbers))
    if abs(sum(given) - sum(known)) > len(known) * reach:
        return False  # as most are
    return all(abs(one - other) <= reach for one, other in zip(sorted(given), sorted(known), strict=True))


def _within(value: Sequence[float], bounds: Sequence[tuple[float, float]]) -> bool:
    """Whether every number of a value is within its bounds."""
    return all([low <= number <= high for number, (low, high) in zip(value, bounds, strict=True)])
