"""Errors carried forward: what an answer has to be, given the student's own earlier values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from operator import add, le, mul, sub
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.judge import is_coarse, judge_by
from nnsolve.checking.route import MAX_REMEMBERED, Home, Outcome, Route, Routes, Steps, computed
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Call, Ref, references
from nnsolve.core.names import Name
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.moment import Moment
from nnsolve.engine.run import Run
from nnsolve.ops.operation import UndefinedValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.key import Key, Target
    from nnsolve.checking.model import Given, Verdict

    Tensor = NDArray[np.float64]

MAX_WORK = 2000
"""Equations that are evaluated at most to find how far the digits of earlier answers move one."""

ABOUT = 100.0
"""A sum of moves is hardly ever larger than the root of their number times this, times the most that a trial showed."""


Homes: TypeAlias = Mapping[Home, Sequence[int] | None]
"""The quantities that an answer is to: one, or the steps of a sequence, each with the places of its numbers."""


class Own(NamedTuple):
    """A student's own answer to a quantity: the numbers that stand for it, and how far each may be off.

    One that is right stands for the exact value, and may be off by what was written; a wrong one by half a unit of its
    last digit, since calculations go on with what was written or with what was rounded to it.
    """

    id: str
    values: tuple[float, ...]
    off: tuple[float, ...]
    right: bool


Start: TypeAlias = tuple[Own, ...]
"""The own answers that another one follows from."""


class Carried(NamedTuple):
    """The verdict on each element by the student's own earlier answers, and which wrong ones it follows from.

    Where it follows from right ones alone, `of` is empty: what makes the difference is how these were `rounded`.
    """

    elements: tuple[Verdict, ...]
    of: tuple[str, ...]
    rounded: tuple[str, ...]


class Carrier:
    """Runs the equations of a key again with a student's own values in place of computed ones.

    The programs are those of the key and, for errors that took the long way round a shortcut (dL/da, then dL/dz), one
    in which every shortcut is undone; both are made once, whatever the number of students.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        self._routes: dict[str, tuple[Routes, Routes]] = {}
        self._answered: dict[frozenset[Home], frozenset[Home]] = {}
        self._homes = {id: self._homes_of(target) for id, target in key.targets.items()}

    def homes(self, target: Target) -> Homes:
        """Where a quantity is computed, or each step of a sequence; nowhere other expressions and what is given."""
        return self._homes[target.id] if target.is_asked else self._homes_of(target)

    def _homes_of(self, target: Target) -> Homes:
        if isinstance(target.expr, Ref):
            home = self._home(target, target.expr.name)
            return {} if home is None else {home: None}
        if not (isinstance(target.expr, Call) and target.expr.op == "sequence"):
            return {}
        names = references(target.expr)
        shapes = target.asked.shapes
        counted = {name: np.full(shapes.of(name).dims, float(n)) for n, name in enumerate(names)}
        steps = evaluate(target.expr, shapes, counted).ravel().tolist()
        homes = {name: self._home(target, name) for name in names}
        places = {name: tuple([at for at, step in enumerate(steps) if step == n]) for n, name in enumerate(names)}
        return {home: places[name] for name, home in homes.items() if home is not None}

    def _home(self, target: Target, name: Name) -> Home | None:
        run = self.key.solvers[target.section].run
        if run.is_seen_loss(name):
            return None
        update, plain = run.home(name)
        is_made = update > 0 and plain in run.program.updated
        return (update, plain) if is_made or run.asked_program(update).equation(plain) is not None else None

    def with_own(self, section: str, own: Mapping[Home, Own]) -> Reruns:
        """The section run again with a student's own answers."""
        if section not in self._routes:
            run = self.key.solvers[section].run
            self._routes[section] = Routes(run, long=False), Routes(Run(run.problem), long=True)
        short, long = self._routes[section]
        answered = self._same(frozenset(own))
        return Reruns(Rerun(short, own, answered), Rerun(long, own, answered))

    def _same(self, answered: frozenset[Home]) -> frozenset[Home]:
        """The set of what is answered that other students had: no set is found sooner than itself."""
        if len(self._answered) == MAX_REMEMBERED:
            self._answered.clear()
        return self._answered.setdefault(answered, answered)


class Reruns(NamedTuple):
    """A section run again by its shortcuts, and the long way."""

    short: Rerun
    long: Rerun

    def judged(self, target: Target, given: Given, homes: Homes) -> Iterator[Carried]:
        """The verdicts on an answer by own values; none where it does not follow from any."""
        same = {home: own for home in homes if (own := self.short.own.get(home)) is not None and not own.right}
        if any(own.id != target.id for own in same.values()):  # asked twice, in percent perhaps, or one of its steps
            yield _repeated(target, given, homes, same)
        for rerun in self:
            try:
                route = rerun.routes.to(target, rerun.answered)
                if route is None:
                    return
                found = rerun.judged(route, target, given)
            except (ProblemError, UndefinedValueError):
                continue
            if found is not None:
                yield found
            if not route.shortcut:
                return  # the long way is the same


class Rerun:
    """One pass over the moments of a run, own values in place of computed ones."""

    def __init__(self, routes: Routes, own: Mapping[Home, Own], answered: frozenset[Home]) -> None:
        self.routes = routes
        self.run = routes.run
        self.own = own
        self.answered = answered
        self.moments: list[Moment] = []

    def judged(self, route: Route, target: Target, given: Given) -> Carried | None:
        """The verdict on each element of an answer by own values; None where these make no difference."""
        own = self.start(route)
        if not own:
            return None
        known = self.outcome(route, own, target)
        if not known.finite:
            return None
        wrong = [one for one in own if not one.right]
        if wrong and not known.differs:
            return None
        claimed = tuple([claim[:2] for claim in given.claims])
        found = known.judged.get(claimed)
        if found is None:
            found = self._judged(route, own, known, target, given)
            self.routes.charge(2 * len(claimed))
            known.judged[claimed] = found
        return found

    def _judged(self, route: Route, own: Start, known: Outcome, target: Target, given: Given) -> Carried:
        wrong = [one for one in own if not one.right]
        elements: list[Verdict] = ["wrong"] * len(known.value)
        off = [abs(claim[0] - number) - claim[1] for claim, number in zip(given.claims, known.value, strict=True)]
        if wrong and any(map(le, off, known.most)):
            elements = _verdicts(target, given, known.value, None)
        if "wrong" in elements:
            atol = target.options.get("atol", 0.0)
            if any(
                by <= about + atol and element == "wrong"
                for by, about, element in zip(off, self.about(route, own, known), elements, strict=True)
            ):
                near = _verdicts(target, given, known.value, self.spread(route, own, known))
                elements = [old if old != "wrong" else new for old, new in zip(elements, near, strict=True)]
        others = [one for one in wrong if one.id != target.id]  # a sequence follows from its own steps as well
        return Carried(tuple(elements), _ids(others or wrong), _ids(own))

    def start(self, route: Route) -> Start:
        """The own answers that a route begins at."""
        return tuple([self.own[home] for home in route.nearest])

    def wrong_before(self, target: Target) -> tuple[str, ...]:
        """The nearest wrong answers that an answer follows from."""
        route = self.routes.to(target, self.answered)
        return () if route is None else _ids([one for one in self.start(route) if not one.right])

    # Values

    def outcome(self, route: Route, own: Start, target: Target) -> Outcome:
        """What follows from own answers; remembered, since many students make the same mistakes."""
        key = target.id, self.answered, own
        known = self.routes.outcomes.get(key)
        if known is None:
            numbers = numbers_of(own)
            value = self.value(route, numbers)
            known = Outcome(value, target)
            self.routes.charge(len(value) + len(numbers))
            self.routes.outcomes[key] = known
        return known

    def value(self, route: Route, numbers: Sequence[float]) -> Sequence[float]:
        """What follows from the numbers of own answers."""
        found = None if route.quick is None else route.quick(numbers)
        if not found:
            with np.errstate(all="ignore"):
                found = route.value(self._computed(route)).ravel().tolist()
        return found

    def _computed(self, route: Route) -> dict[int, Moment]:
        """The moments of a route, with all that is between answers and its value."""
        result = {}
        for update, equations in route.between.items():
            result[update] = moment = self._moment(update)
            moment.compute(equations)
        return result

    def _moment(self, update: int) -> Moment:
        while len(self.moments) <= update:
            k = len(self.moments)
            parameters: dict[Name, Tensor] = {}
            if k:  # the shortcuts are undone before anything is compiled, whatever was asked of the program before
                self.routes.program(k - 1, [name.after(1) for name in self.run.program.updated])
                parameters = self.moments[-1].next_parameters()
            moment = self.run.asked_with(k, parameters)
            for home, own in self.own.items():
                name = self.routes.stands(home, k)
                if name is not None:
                    moment.values[name] = np.reshape(own.values, moment.program.shapes.of(name.after(0)).dims)
            self.moments.append(moment)
        return self.moments[update]

    # How far values move

    def about(self, route: Route, own: Start, known: Outcome) -> Sequence[float]:
        """How far each element may be off because the own answers are, at most."""
        if known.about is None:
            known.about = self._about(route, own, known.value)
        return known.about

    def spread(self, route: Route, own: Start, known: Outcome) -> Sequence[float]:
        """How far each element may be off because the own answers are."""
        if known.spread is None:
            known.spread = self.spread_of(route, own, known.value)
        return known.spread

    def _about(self, route: Route, own: Start, value: Sequence[float]) -> list[float]:
        """By a few random trials."""
        numbers, off = numbers_of(own), _off(own)
        reach = ABOUT * math.sqrt(len(off))
        moved = [self._moved(route, route.together, numbers, list(map(mul, off, trial))) for trial in route.trials]
        return [reach * number for number in map(max, *[_distances(trial, value) for trial in moved])]

    def spread_of(self, route: Route, own: Start, value: Sequence[float]) -> list[float]:
        """How far each element of a value may be off: to first order, one own number after the other.

        0 where that would be too much work.
        """
        total = [0.0] * len(value)
        work, start = 0.0, 0
        numbers, off = numbers_of(own), _off(own)
        for home, one in zip(route.nearest, own, strict=True):
            steps, end = route.changed[home], start + len(one.off)
            moving = [n for n in range(start, end) if off[n]]
            sizes = [self.run.program.shapes.of(equation.name).size for k in steps for equation in steps[k]]
            work += 2 * len(moving) * (1 + len(sizes) + sum(sizes) / 1000)
            if work > MAX_WORK:
                return [0.0] * len(value)
            for n in moving:
                up, down = [self._moved(route, steps, numbers, _only(n, by, len(off))) for by in (off[n], -off[n])]
                most = map(max, _distances(up, value), _distances(down, value))
                total = list(map(add, total, most))
            start = end
        return total

    def _moved(self, route: Route, steps: Steps, numbers: Sequence[float], by: Sequence[float]) -> Sequence[float]:
        """The value with the numbers of the nearest own answers moved by so much."""
        found = None if route.quick is None else route.quick(list(map(add, numbers, by)))
        if not found:
            with np.errstate(all="ignore"):
                found = self._traced(route, steps, by)
        return found

    def _traced(self, route: Route, steps: Steps, by: Sequence[float]) -> Sequence[float]:
        """As `_moved`, by arrays."""
        self._computed(route)
        moments: dict[int, Moment] = {}
        made: dict[Name, Tensor] = {}
        for update, equations in steps.items():
            moment = moments[update] = copy(self._moment(update))
            moment.values = {**moment.values, **made}
            start = 0
            for home in route.nearest:
                name, end = self.routes.stands(home, update), start + len(self.own[home].values)
                if name is not None and any(by[start:end]):
                    moment.values[name] = moment.values[name] + np.reshape(by[start:end], moment.values[name].shape)
                start = end
            for equation in equations:
                moment.values[equation.name] = computed(moment, equation)
            if len(steps) > 1:
                updated = [(name, name.after(1)) for name in self.run.program.updated]
                made = {name: moment.values[new] for name, new in updated if new in moment.values}
        numbers: list[float] = route.value(moments).ravel().tolist()
        return numbers


def _repeated(target: Target, given: Given, homes: Homes, same: Mapping[Home, Own]) -> Carried:
    """The verdicts on an answer by what other answers say of the same quantity."""
    values, off = list(target.values), [0.0] * len(target.values)
    ids: dict[str, None] = {}
    for home, own in same.items():
        if own.id != target.id:
            ids[own.id] = None
            for n, place in enumerate(homes[home] or range(len(values))):
                values[place], off[place] = own.values[n], own.off[n]
    return Carried(tuple(_verdicts(target, given, values, off)), tuple(ids), tuple(ids))


def numbers_of(own: Start) -> list[float]:
    """The numbers of own answers, one behind the other."""
    return [number for one in own for number in one.values]


def _off(own: Start) -> list[float]:
    """How far each of them may be off."""
    return [number for one in own for number in one.off]


def _ids(own: Iterable[Own]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([one.id for one in own]))


def _only(n: int, by: float, count: int) -> list[float]:
    """No move but that of one number."""
    moves = [0.0] * count
    moves[n] = by
    return moves


def _distances(moved: Sequence[float], value: Sequence[float]) -> list[float]:
    return [abs(new - old) for new, old in zip(moved, value, strict=True)]


def _verdicts(target: Target, given: Given, value: Sequence[float], spread: Sequence[float] | None) -> list[Verdict]:
    """The verdicts by the nearest of the values that follow.

    The digits that an ask leaves to be rounded are no excuse here: what was rounded on the way is in the `spread`.
    """
    claims, changes, start = given.claims, None, None
    if target.changes is not None:
        start = [new - change for new, change in zip(target.values, target.changes, strict=True)]
    if spread is not None:
        if start is not None:  # what was not updated is not right
            spread = [min(by, abs(new - old) / 2) for by, new, old in zip(spread, value, start, strict=True)]
        value = [min(max(claim[0], new - by), new + by) for claim, new, by in zip(claims, value, spread, strict=True)]
    if start is not None:
        changes = list(map(sub, value, start))
    found = judge_by(given, value, changes, target.options)
    if spread is None:
        return found
    return [
        "imprecise" if verdict == "correct" and is_coarse(claim, new, target.options) else verdict
        for verdict, claim, new in zip(found, claims, value, strict=True)
    ]
