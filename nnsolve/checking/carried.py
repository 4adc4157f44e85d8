"""Errors carried forward: what an answer has to be, given the student's own earlier values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.checking.judge import Bounds, bounds
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Ref, references
from nnsolve.core.names import Name
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program
from nnsolve.engine.run import Run
from nnsolve.ops.operation import UndefinedValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.key import Key, Target

    Tensor = NDArray[np.float64]

MAX_UPDATES = 50
"""Updates over which an answer is carried forward."""

MAX_BLUR = 0.02
"""What the digits that an earlier answer left out may shift a later one by, relative to its largest element."""

Home = tuple[int, Name]
"""A quantity: the run that computes it, and what its program calls it."""


class Own(NamedTuple):
    """A student's own answer to a quantity: its numbers, and how much of the largest its last digit leaves open.

    One that is right stands for the exact value and is nothing to carry forward.
    """

    id: str
    values: tuple[float, ...]
    right: bool
    blur: float = 0.0


class Carried(NamedTuple):
    """What an answer has to be, and the earlier answers that this follows from."""

    values: tuple[float, ...]
    bounds: Iterator[Bounds]
    of: tuple[str, ...]


class Carrier:
    """Runs the equations of a key again with a student's own values in place of computed ones.

    The programs are those of the key and, for errors that took the long way round a shortcut (dL/da, then dL/dz), one
    in which every shortcut is undone; both are made once, whatever the number of students.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        self._ways: dict[str, tuple[Way, Way]] = {}

    def home(self, target: Target) -> Home | None:
        """Where an answer's quantity is computed; None for an expression, or what no single run computes."""
        name, run = target.name, self.key.solvers[target.section].run
        if name is None or (name.epoch is not None and name.after(0) == run.program.loss):
            return None
        return run.home(name)

    def with_own(self, section: str, own: Mapping[Home, Own]) -> Reruns:
        """The section run again with a student's own answers."""
        if section not in self._ways:
            run = self.key.solvers[section].run
            self._ways[section] = Way(run, False), Way(Run(run.problem), True)
        short, long = self._ways[section]
        return Reruns(Rerun(short, own), Rerun(long, own))


class Step(NamedTuple):
    """What a quantity is computed from, and whether by a shortcut."""

    uses: tuple[Home, ...]
    shortcut: bool = False


class Way:
    """The equations of a run, with its shortcuts or the `long` way; each of them is looked up once."""

    def __init__(self, run: Run, long: bool) -> None:
        self.run = run
        self.long = long
        self._steps: dict[Home, Step] = {}
        self._undone: set[Home] = set()

    def program(self, update: int, names: Iterable[Name]) -> Program:
        """The program of a run; on the long way the equations that names need take no shortcuts."""
        program = self.run.program_at(update)
        if self.long:
            for name in names:
                if (update, name) not in self._undone:
                    self._undone.add((update, name))
                    _undo(program, name)
        return program

    def step(self, home: Home) -> Step:
        """How a quantity is computed: by its equation, or a parameter after updates by what the last one made."""
        found = self._steps.get(home)
        if found is None:
            update, name = home
            equation = self.program(update, [name]).equation(name)
            if equation is not None:
                uses = tuple([(update, used) for used in references(equation.expr)])
                found = Step(uses, equation.long is not None)
            elif update > 0 and name in self.run.program.updated:
                found = Step(((update - 1, name.after(1)),))
            else:
                found = Step(())
            self._steps[home] = found
        return found


def _undo(program: Program, name: Name) -> None:
    """Take the long way in all equations that a name needs."""
    while short := [equation for equation in program.closure([name]) if equation.long is not None]:
        for equation in short:
            assert equation.long is not None
            program.equations[equation.name] = equation._replace(expr=equation.long, long=None)


class Reruns(NamedTuple):
    """A section run again by its shortcuts, and the long way."""

    short: Rerun
    long: Rerun

    def expected(self, target: Target) -> Iterator[Carried]:
        """What an answer may be, given the student's own; nothing where it does not follow from a wrong one."""
        for rerun in self:
            try:
                path = rerun.path(target)
                found = rerun.expected(target, path) if path.wrong else None
            except (ProblemError, UndefinedValueError):
                continue
            if found is not None:
                yield found
            if not path.shortcut:
                return  # the long way is the same


class Path(NamedTuple):
    """The equations between a quantity and the student's own answers.

    `wrong` are the nearest ones that are wrong, `shortcut` says whether a shortcut is on the way to any.
    """

    starts: tuple[Home, ...]
    wrong: tuple[Home, ...]
    shortcut: bool


NOWHERE = Path((), (), False)


class Rerun:
    """One pass over the moments of a run, own values in place of computed ones."""

    def __init__(self, way: Way, own: Mapping[Home, Own]) -> None:
        self.way = way
        self.run = way.run
        self.own = own
        self.moments: list[Moment] = []

    def path(self, target: Target) -> Path:
        """Where an answer comes from."""
        starts: list[Home] = []
        for name in references(target.expr):
            home = self.run.home(name)
            if home[0] > MAX_UPDATES or (name.epoch is not None and name.after(0) == self.run.program.loss):
                return NOWHERE
            starts.append(home)
        itself = isinstance(target.expr, Ref)
        return self._path(tuple([self._made(*home) for home in starts] if itself else starts), itself)

    def expected(self, target: Target, path: Path) -> Carried | None:
        """What an answer has to be; None where it has no such value."""
        if isinstance(target.expr, Ref):
            value = self._equation(*path.starts[0])
        else:
            names = {name: self._value(*self.run.home(name)) for name in references(target.expr)}
            value = evaluate(target.expr, target.asked.shapes, names)
        values = value.ravel().tolist()
        if len(values) != len(target.values) or not np.isfinite(value).all():
            return None
        changes = None
        if target.changes is not None:
            before = [exact - change for exact, change in zip(target.values, target.changes, strict=True)]
            changes = [new - old for new, old in zip(values, before, strict=True)]
        blur = min(max(self.own[home].blur for home in path.wrong), MAX_BLUR) * max(map(abs, changes or values))
        return Carried(
            tuple(values),
            (bound._replace(tolerance=bound.tolerance + blur) for bound in bounds(values, changes, target.options)),
            tuple(dict.fromkeys(self.own[home].id for home in path.wrong)),
        )

    def _made(self, update: int, plain: Name) -> Home:
        """Where the equation of a quantity is: that of an updated parameter is in the run before."""
        if update > 0 and plain in self.run.program.updated:
            return update - 1, plain.after(1)
        return update, plain

    def _path(self, starts: tuple[Home, ...], itself: bool) -> Path:
        """The way from quantities to the own answers that they follow from; an answer does not follow from itself."""
        wrong: dict[Home, None] = {}
        shortcut = False
        seen: set[Home] = set()
        stack = list(starts)
        while stack:
            home = stack.pop()
            if home in seen:
                continue
            seen.add(home)
            own = self._own(home)
            if own is not None and not (itself and home in starts):
                if not self.own[own].right:
                    wrong[own] = None
                continue
            step = self.way.step(home)
            shortcut = shortcut or step.shortcut
            stack += step.uses
        return Path(starts, tuple(wrong), shortcut)

    def _own(self, home: Home) -> Home | None:
        """The key of the own answer at a place, where there is one: W@1 is what update 1 makes and run 1 uses."""
        update, name = home
        if home in self.own:
            return home
        used = (update + 1, name.after(0))
        return used if name.update and used in self.own and used[1] in self.run.program.updated else None

    def _moment(self, update: int) -> Moment:
        while len(self.moments) <= update:
            k = len(self.moments)
            parameters: dict[Name, Tensor] = {}
            if k:  # the shortcuts are undone before anything is compiled, whatever was asked of the program before
                self.way.program(k - 1, [name.after(1) for name in self.run.program.updated])
                parameters = self.moments[-1].next_parameters()
            moment = self.run.moment_with(k, parameters)
            shapes = moment.program.shapes
            for (at, name), own in self.own.items():
                where = name if at == k else name.after(1) if at == k + 1 and name in self.run.program.updated else None
                if where is not None:
                    moment.values[where] = np.reshape(own.values, shapes.of(name.after(0)).dims)
            self.moments.append(moment)
        return self.moments[update]

    def _value(self, update: int, name: Name) -> Tensor:
        self.way.program(update, [name])
        return self._moment(update).value(name)

    def _equation(self, update: int, name: Name) -> Tensor:
        """The value of a name by its equation, even where the student has an own one."""
        equation = self.way.program(update, [name]).equation(name)
        moment = self._moment(update)
        if equation is None:
            return moment.value(name)
        moment.require(references(equation.expr))
        with np.errstate(all="ignore"):
            return np.asarray(moment.rounding.apply(name, moment.result(equation)))
