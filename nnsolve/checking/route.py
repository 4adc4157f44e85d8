"""How an answer follows from others: the nearest ones, and the equations between; the same for every student."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.judge import NOISE, RTOL
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Ref, references
from nnsolve.core.names import Name
from nnsolve.engine.compiled.atoms import NotScalarError
from nnsolve.engine.compiled.function import Formula, NumberFunction, number_function
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program
from nnsolve.engine.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.carried import Carried
    from nnsolve.checking.key import Target

    Tensor = NDArray[np.float64]

MAX_UPDATES = 50
"""Updates over which an answer is carried forward."""

OFTEN = 20
"""So many students' answers are worked out with arrays before a route is compiled, which takes about as long."""

MAX_REMEMBERED = 2000
"""Routes that are kept."""

MAX_NUMBERS = 1 << 18
"""Numbers of outcomes that are kept, about (10 MB)."""

TRIALS = 2
"""Random moves of all answered quantities at once, which tell about how far they move another one."""

Home: TypeAlias = tuple[int, Name]
"""A quantity: the run that computes it, and what its program calls it."""

Steps: TypeAlias = Mapping[int, Sequence[Equation]]
"""Equations by update, each after what it uses."""


class Quick:
    """The numbers of `formulas`, or of each that `element`: compiled once they have been wanted often enough."""

    __slots__ = ("_element", "_function", "_wanted", "formulas")

    def __init__(self, formulas: Sequence[Callable[[], Formula]], element: int | None = None) -> None:
        self.formulas = formulas
        self._element = element
        self._function: NumberFunction | None = None
        self._wanted = 0

    def __call__(self, numbers: Sequence[float]) -> Sequence[float] | None:
        """The numbers, from those of the arguments; None where it takes arrays, none where it saturates."""
        if self._function is None:
            self._wanted += 1
            if self._wanted != OFTEN:
                return None
            try:
                self._function = number_function([formula() for formula in self.formulas], self._element)
            except NotScalarError:
                return None
        try:
            return self._function(numbers)
        except (ArithmeticError, ValueError):  # who calculates by hand has no number here
            return ()


class Route(NamedTuple):
    """How a quantity is computed when other quantities are answered.

    `value` computes it in moments in which the equations `between` answered quantities and its operands are computed.
    `nearest` are the answered quantities that it follows from, `changed` the equations on the way that each of them
    changes, `together` those that any does. `trials` move all of their numbers at once, each by a random share of what
    it may be off by. `shortcut` says whether one is taken. `quick` computes the value from the numbers of the nearest
    answers alone, where that can be. `equations` are all that are on the way.
    """

    between: Steps
    value: Callable[[Mapping[int, Moment]], Tensor]
    nearest: Sequence[Home]
    changed: Mapping[Home, Steps]
    together: Steps
    trials: Sequence[Sequence[float]]
    shortcut: bool
    quick: Quick | None
    equations: Sequence[Equation]


class Outcome:
    """What a quantity is by own answers: its numbers, row by row, and whether they differ from the exact ones.

    No right answer is further from them than `most`, but for its own digits. `about` says how far the digits of the
    own answers may move them at most, `spread` how far they do. `judged` has the verdicts on answers by their numbers:
    students who make the same mistakes go on alike.
    """

    __slots__ = ("about", "differs", "finite", "judged", "most", "spread", "value")

    def __init__(self, value: Sequence[float], target: Target) -> None:
        self.value = value
        self.finite = len(value) == len(target.values) and all(map(math.isfinite, value))
        self.differs = self.finite and any(
            abs(new - old[0]) > old[1] for new, old in zip(value, target.bounds, strict=True)
        )
        self.most = _most(value, target) if self.differs else ()
        self.about: Sequence[float] | None = None
        self.spread: Sequence[float] | None = None
        self.judged: dict[Hashable, Carried] = {}


def _most(value: Sequence[float], target: Target) -> list[float]:
    options = target.options
    rtol, least = 1.01 * options.get("rtol", RTOL), options.get("atol", 0.0) + 2 * NOISE * max(map(abs, value))
    if target.changes is None:
        return [rtol * abs(number) + least for number in value]
    start = [abs(new - change) for new, change in zip(target.values, target.changes, strict=True)]
    return [rtol * (abs(number) + old) + least for number, old in zip(value, start, strict=True)]


class Routes:
    """The routes of one run; with `long` no equation on them takes a shortcut."""

    def __init__(self, run: Run, long: bool) -> None:
        self.run = run
        self.long = long
        self._known: dict[tuple[str, frozenset[Home]], Route | None] = {}
        self.outcomes: dict[Hashable, Outcome] = {}
        """By what they follow from."""
        self._numbers = 0

    def charge(self, numbers: int) -> None:
        """Count numbers that are about to be kept; makes room for them where they are too many."""
        self._numbers += numbers
        if self._numbers > MAX_NUMBERS:
            self.outcomes.clear()
            self._numbers = numbers

    def to(self, target: Target, answered: frozenset[Home]) -> Route | None:
        """The route to an answer; None where that has no equation, or takes too many updates."""
        key = target.id, answered
        if key not in self._known:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[key] = self._find(target, answered)
        return self._known[key]

    def _find(self, target: Target, answered: frozenset[Home]) -> Route | None:
        names = references(target.expr)
        homes = {name: self.run.home(name) for name in names}
        equation: Equation | None = None
        if any(update > MAX_UPDATES for update, _ in homes.values()):
            return None
        if any(map(self.run.is_seen_loss, names)):
            if target.name is None:
                return None
            needs = [(update, target.name.after(0)) for update in self.run.epoch_updates(target.name.epoch or 0)]
            nearest, value = self._nearest(needs, answered, None), _by_seen_loss(self.run, needs)
        elif isinstance(target.expr, Ref):
            update, plain = itself = self._made(*homes[target.expr.name])
            equation = self.program(update, [plain]).equation(plain)
            if equation is None:
                return None
            needs = [(update, used) for used in references(equation.expr)]
            nearest = self._nearest(needs, answered, itself)
            value = _by_equation(update, equation)
        elif isinstance(target.expr, Call) and target.expr.op == "sequence":
            made = {name: self._made(*home) for name, home in homes.items()}
            steps = {name: (at, self.program(at, [plain]).equation(plain)) for name, (at, plain) in made.items()}
            operands = [(at, used) for at, step in steps.values() if step is not None for used in references(step.expr)]
            needs = [*operands, *(homes[name] for name, (_, step) in steps.items() if step is None)]
            nearest = self._nearest(needs, answered, None)
            value = _by_steps(target, homes, steps)
        else:
            needs = list(homes.values())
            nearest = self._nearest(needs, answered, None)
            value = _by_expression(target, homes)
        between = self._between(needs, answered)
        changed = {home: self._changed(between, [home]) for home in nearest}
        used = [equation, *(step for some in between.values() for step in some)]
        equations = [step for step in used if step is not None]
        shortcut = any(step.long is not None for step in equations)
        together, trials = self._changed(between, nearest), self._trials(nearest)
        quick = None
        if equation is not None:
            way = {at: [*some, *([equation] if at == update else ())] for at, some in between.items()}
            quick = self._quick({at: some for at, some in way.items() if some}, nearest)
        return Route(between, value, nearest, changed, together, trials, shortcut, quick, equations)

    def _quick(self, steps: Steps, nearest: Sequence[Home]) -> Quick | None:
        """The equations of a run before the first update, compiled."""
        names = [self.stands(home, 0) for home in nearest]
        equations = steps.get(0, ())
        if len(steps) > 1 or not equations or None in names:
            return None
        if any(isinstance(equation.expr, Call) and equation.expr.op == "jacobian" for equation in equations):
            return None

        def formula() -> Formula:
            moment = self.run.moment_with(0, {})
            arguments = tuple([name for name in names if name is not None])
            return Formula(moment.program, self.run.rounding, equations, arguments, moment.values)

        return Quick([formula])

    def _made(self, update: int, plain: Name) -> Home:
        """Where the equation of a quantity is: that of an updated parameter is in the run before."""
        if update > 0 and plain in self.run.program.updated:
            return update - 1, plain.after(1)
        return update, plain

    def program(self, update: int, names: Iterable[Name]) -> Program:
        """The program of a run; with `long` the equations that names need take no shortcuts."""
        program, names = self.run.asked_program(update), list(names)
        while self.long:
            short = [equation for equation in program.closure(names) if equation.long is not None]
            if not short:
                break
            for equation in short:
                assert equation.long is not None
                program.equations[equation.name] = equation._replace(expr=equation.long, long=None)
        return program

    def stands(self, home: Home, update: int) -> Name | None:
        """What an answered quantity is called in a run: W@1 is what update 1 makes and run 1 uses."""
        at, name = home
        if at == update:
            return name
        return name.after(1) if at == update + 1 and name in self.run.program.updated else None

    def _standing(self, homes: Iterable[Home], update: int) -> set[Name]:
        return {name for home in homes if (name := self.stands(home, update)) is not None}

    def _nearest(self, needs: Iterable[Home], answered: frozenset[Home], itself: Home | None) -> list[Home]:
        """The answered quantities that one follows from, the nearest ones; it does not follow from itself."""
        found: dict[Home, None] = {}
        seen: set[Home] = set()
        stack = list(needs)
        while stack:
            home = stack.pop()
            if home in seen or home == itself:
                continue
            seen.add(home)
            update, name = home
            used = update + 1, name.after(0)
            if home in answered:
                found[home] = None
            elif name.update and used in answered and used[1] in self.run.program.updated:
                found[used] = None
            elif (equation := self.program(update, [name]).equation(name)) is not None:
                stack += [(update, operand) for operand in references(equation.expr)]
            elif update > 0 and name in self.run.program.updated:
                stack.append((update - 1, name.after(1)))
        return list(found)

    def _between(self, needs: Iterable[Home], answered: frozenset[Home]) -> Steps:
        """The equations between answered quantities and what is needed."""
        wanted: dict[int, list[Name]] = {}
        for update, name in needs:
            wanted.setdefault(update, []).append(name)
        found: dict[int, list[Equation]] = {}
        for update in range(max(wanted, default=-1), -1, -1):
            names = wanted.get(update, [])
            known = self._standing(answered, update)
            found[update] = self.program(update, names).closure(names, known)
            used = {*names, *(name for equation in found[update] for name in references(equation.expr))} - known
            wanted.setdefault(update - 1, []).extend(n.after(1) for n in self.run.program.updated if n in used)
        return dict(sorted(found.items()))

    def _changed(self, between: Steps, homes: Sequence[Home]) -> Steps:
        """What of the equations between answered quantities change."""
        result: dict[int, list[Equation]] = {}
        changed: set[Name] = set()
        for update, equations in between.items():
            changed = self._standing(homes, update) | {
                name for name in self.run.program.updated if name.after(1) in changed
            }
            result[update] = []
            for equation in equations:
                if not changed.isdisjoint(references(equation.expr)):
                    changed.add(equation.name)
                    result[update].append(equation)
        return result

    def _trials(self, homes: Iterable[Home]) -> list[list[float]]:
        random = np.random.default_rng(0)
        size = sum(self.run.program.shapes.of(name.after(0)).size for _, name in homes)
        return [(random.uniform(0.5, 1, size) * random.choice([-1, 1], size)).tolist() for _ in range(TRIALS)]


def computed(moment: Moment, equation: Equation) -> Tensor:
    """The value of an equation whose operands are known, as it is stored."""
    return np.asarray(moment.rounding.apply(equation.name, moment.result(equation)))


def _by_equation(update: int, equation: Equation) -> Callable[[Mapping[int, Moment]], Tensor]:
    return lambda moments: computed(moments[update], equation)


def _by_seen_loss(run: Run, needs: Iterable[Home]) -> Callable[[Mapping[int, Moment]], Tensor]:
    return lambda moments: run.seen_loss({update: moments[update] for update, _ in needs})


def _by_steps(
    target: Target, homes: Mapping[Name, Home], steps: Mapping[Name, tuple[int, Equation | None]]
) -> Callable[[Mapping[int, Moment]], Tensor]:
    """A sequence, each step of which follows from what is answered before it, its own earlier steps among that."""

    def value(moments: Mapping[int, Moment]) -> Tensor:
        values = {}
        for name, (at, step) in steps.items():
            update, plain = homes[name]
            values[name] = moments[update].values[plain] if step is None else computed(moments[at], step)
        return evaluate(target.expr, target.asked.shapes, values)

    return value


def _by_expression(target: Target, homes: Mapping[Name, Home]) -> Callable[[Mapping[int, Moment]], Tensor]:
    def value(moments: Mapping[int, Moment]) -> Tensor:
        values = {name: moments[update].values[plain] for name, (update, plain) in homes.items()}
        return evaluate(target.expr, target.asked.shapes, values)

    return value
