"""Mistakes made in calculating on from own wrong answers: one more slip, whatever spoiled the earlier answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from operator import le
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.carried import Rerun, numbers_of
from nnsolve.checking.evidence import Evidence
from nnsolve.checking.explanations import ACCUSED
from nnsolve.checking.mistakes.apply import IMPOSSIBLE
from nnsolve.checking.mistakes.collected import Collection
from nnsolve.checking.mistakes.mistake import Combination, Slip, SlipName
from nnsolve.checking.mistakes.scene import View
from nnsolve.checking.mistakes.table import Mistaken, readings
from nnsolve.checking.model import Given
from nnsolve.checking.route import Home, Quick, Route, Routes
from nnsolve.core.expressions import references
from nnsolve.engine.run import Run

if TYPE_CHECKING:
    from nnsolve.checking.key import Target

REMEMBERED = 150
"""Routes of which is remembered which slips can be made on them."""


Bounds: TypeAlias = Sequence[tuple[float, float]]
"""Between what the numbers of an answer are."""


class Variant(NamedTuple):
    """A slip, and the route on which it is made; none where what follows is read off wrongly."""

    slip: Slip
    routes: Routes | None = None
    route: Route | None = None


class Group(NamedTuple):
    """Variants whose routes begin at the same answers; `quick` has one number of each, where all are quick."""

    variants: Sequence[Variant]
    route: Route
    quick: Quick | None


class Variants:
    """The slips that can be made on one route."""

    def __init__(self, several: Iterable[Variant]) -> None:
        self.several = tuple(several)
        self.names = frozenset([variant.slip.name for variant in self.several])
        self._groups: dict[int, list[Group]] = {}

    def may_give(self, rerun: Rerun, element: int, low: float, high: float) -> Iterator[Variant]:
        """Those that may give a number from `low` to `high` where the answer has that `element`.

        Soon decided where many students answer the same, since all are compiled together.
        """
        if element not in self._groups:
            self._groups[element] = list(self._grouped(element))
        for variants, route, quick in self._groups[element]:
            numbers = numbers_of(rerun.start(route))
            found = None if quick is None else quick(numbers)
            if found:
                yield from (one for one, number in zip(variants, found, strict=True) if low <= number <= high)
            elif found is None:
                yield from variants
            else:
                yield from (one for one in variants if _may_give(one, numbers, element, low, high))

    def _grouped(self, element: int) -> Iterator[Group]:
        by_start: dict[tuple[Home, ...], list[Variant]] = {}
        for variant in self.several:
            if variant.route is not None:
                by_start.setdefault(tuple(variant.route.nearest), []).append(variant)
        for variants in by_start.values():
            routes = [variant.route for variant in variants if variant.route is not None]
            formulas = [formula for route in routes if route.quick is not None for formula in route.quick.formulas]
            yield Group(variants, routes[0], Quick(formulas, element) if len(formulas) == len(routes) else None)


def _may_give(variant: Variant, numbers: Sequence[float], element: int, low: float, high: float) -> bool:
    """Whether a variant that is quick may give a number."""
    assert variant.route is not None and variant.route.quick is not None
    found = variant.route.quick(numbers)
    return found is None or (len(found) > element and low <= found[element] <= high)


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

    def made_after(self, rerun: Rerun, target: Target) -> Set[SlipName]:
        """The slips that can be made on the way from own answers, some of them wrong, to the next one."""
        try:
            route = rerun.routes.to(target, rerun.answered)
        except IMPOSSIBLE:
            return frozenset()
        if route is None or all([one.right for one in rerun.start(route)]):
            return frozenset()
        return self._on(route, target, rerun.answered).names

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
            variants, at = self._on(route, target, rerun.answered), _first_off(known.value, bounds)
            read_off = self._read_off(target, known.value) if _sizes_agree(known.value, bounds) else []
            values = [*self._values(rerun, variants.may_give(rerun, at, *bounds[at]), target), *read_off]
            agreeing = [one for one in values if _within(one[1], bounds)]
            if not agreeing:
                return []  # as nearly always
            values = [*self._values(rerun, variants.several, target), *read_off]
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
        self, rerun: Rerun, variants: Iterable[Variant], target: Target
    ) -> Iterator[tuple[Variant, Sequence[float]]]:
        for variant in variants:
            _, routes, edited = variant
            assert routes is not None and edited is not None
            other = Rerun(routes, rerun.own, rerun.answered)
            try:
                value = other.value(edited, numbers_of(other.start(edited)))
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
                self._routes.clear()
            self._variants[key] = Variants(self._made(route, target, answered))
        return self._variants[key]

    def _made(self, route: Route, target: Target, answered: frozenset[Home]) -> Iterator[Variant]:
        for combination, run in self.mistaken.runs:
            if len(combination) != 1:
                continue
            (slip,) = combination
            if slip.rounding or slip.problem is not None or slip.update is not None:
                continue
            try:
                routes = self._routes_of(slip, run)
                edited = routes.to(target, answered)
            except IMPOSSIBLE:
                continue
            if edited is not None and (edited.equations != route.equations or _uses(edited, slip)):
                yield Variant(slip, routes, edited)

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


def _first_off(numbers: Sequence[float], bounds: Bounds) -> int:
    """Which number is the first one that is not within its bounds; 0 where all are."""
    return next(
        (n for n, (number, (low, high)) in enumerate(zip(numbers, bounds, strict=True)) if not low <= number <= high), 0
    )


def _sizes_agree(numbers: Sequence[float], bounds: Bounds) -> bool:
    """Whether some numbers may be within the bounds in another order, or with other signs."""
    sizes = sorted(map(abs, numbers))
    least, most = [max(low, -high, 0.0) for low, high in bounds], [max(high, -low) for low, high in bounds]
    for low, high in zip(least, most, strict=True):
        at = bisect_left(sizes, low)
        if at == len(sizes) or sizes[at] > high:
            return False  # as most are
    return all(map(le, sorted(least), sizes)) and all(map(le, sizes, sorted(most)))


def _within(value: Sequence[float], bounds: Bounds) -> bool:
    """Whether every number of a value is within its bounds."""
    return all([low <= number <= high for number, (low, high) in zip(value, bounds, strict=True)])
