"""Running a program with slips in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np

from nnsolve.checking.mistakes.mistake import Combination, Slip, SlipName
from nnsolve.checking.mistakes.scene import Scene
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Expr, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import ShapeError
from nnsolve.engine.program import Change, Program
from nnsolve.engine.rounding import Roundings
from nnsolve.engine.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

IMPOSSIBLE = (ProblemError, ShapeError, LookupError, ValueError, ArithmeticError)
"""What a program with a slip in it may raise: shapes that do not fit, no derivative, an equation that needs itself."""


class EditedRuns:
    """The runs of a section with slips made in them.

    One slip on top of another is made in the run of that one, where nothing has to be differentiated again for it; what
    the second slip does not reach is not computed again.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._single: dict[SlipName, Run | None] = {}
        self._settled: dict[SlipName, Settled] = {}
        self._pairs: WeakValueDictionary[tuple[SlipName, SlipName], Run] = WeakValueDictionary()
        """Those that are in use: what has been computed in one of them is there for all who make the same pair."""

    def run(self, slips: Combination) -> Run | None:
        """The run with slips made in it; None where the result makes no sense."""
        if len(slips) == 1:
            (slip,) = slips
            if slip.name not in self._single:
                self._single[slip.name] = mistaken(self.scene.run, slips)
            return self._single[slip.name]
        name = slips[0].name, slips[1].name  # in the same equation their order counts
        run = self._pairs.get(name)
        if run is None:
            run = self._pair(slips)
            if run is not None:
                self._pairs[name] = run
        return run

    def _pair(self, slips: Combination) -> Run | None:
        for first, second in self._orders(*slips):
            if _comes_on_top(second, first) and (base := self.run((first,))) is not None:
                return mistaken(base, (second,), self._settle(first, base).without(second))
        return mistaken(self.scene.run, slips)

    def _orders(self, one: Slip, other: Slip) -> list[Combination]:
        """The orders in which two slips may be made, that which leaves less to compute first."""
        equations = self.scene.program.equations
        if both := other.emitted.keys() & one.emitted.keys():
            known = [(one.emitted[name], other.emitted[name], equations[name].expr) for name in both]
            return [(other, one)] if any(_comes_after(*changes) for changes in known) else [(one, other)]
        later = self.scene.extent(other) > self.scene.extent(one)
        return [(other, one), (one, other)] if later else [(one, other), (other, one)]

    def _settle(self, slip: Slip, run: Run) -> Settled:
        if slip.name not in self._settled:
            self._settled[slip.name] = Settled(run, [equation.name for equation in self.scene.equations])
        return self._settled[slip.name]


class Settled:
    """The values of a run before its first update, and which of them depend on which."""

    def __init__(self, run: Run, names: Sequence[Name]) -> None:
        self.run = run
        moment = run.moment(0)
        try:
            with np.errstate(all="ignore"):
                moment.require(names)
        except IMPOSSIBLE:
            pass  # what could be computed until then is known
        self.values = {name: moment.values[name] for name in run.program.equations if name in moment.values}
        self._users: dict[Name, list[Name]] = {}
        for name in self.values:
            for used in references(run.program.equations[name].expr):
                self._users.setdefault(used, []).append(name)

    def without(self, slip: Slip) -> dict[Name, Tensor]:
        """The values that a slip leaves as they are."""
        changed = {*slip.emitted, *slip.given}
        for rule in slip.rounding:
            assert rule.name is not None
            changed.update(Roundings.names(rule.name.text, self.run.program))
        reached, pending = {*changed, *(name.after(1) for name in changed)}, list(changed)
        while pending:
            fresh = [user for user in self._users.get(pending.pop(), ()) if user not in reached]
            reached.update(fresh)
            pending += fresh
        return {name: value for name, value in self.values.items() if name not in reached}


def _comes_on_top(slip: Slip, other: Slip) -> bool:
    """Whether a slip can be made in a run in which the other one is made already."""
    everywhere = any(rule.name is None for rule in slip.rounding)
    return not (slip.forward or slip.problem or everywhere or (slip.rounding and other.rounding))


def mistaken(run: Run, slips: Sequence[Slip], kept: Mapping[Name, Tensor] = {}) -> Run | None:
    """The run with slips made in it, one after the other; None where the result makes no sense.

    `kept` are values before the first update that they are known to leave as they are.
    """
    right = run
    forward, emitted = _joined([s.forward for s in slips]), _joined([s.emitted for s in slips])
    given: dict[Name, Callable[[Tensor], Tensor]] = {}
    for slip in slips:
        given |= {name: _both(given.get(name), change) for name, change in slip.given.items()}
    rules = tuple([rule for slip in slips for rule in slip.rounding])
    try:
        for slip in slips:
            if slip.problem is not None:
                run = Run(slip.problem(run.problem))
        if forward or emitted or given:
            edited = (*forward, *emitted)
            run = run.edited(lambda program: _edited(program.edited(forward, emitted, given), edited), kept)
        for update in [slip.update for slip in slips if slip.update is not None]:
            run = right.but_for(update, run)
        return run.rounded(rules, kept) if rules else run
    except IMPOSSIBLE:
        return None


def _both(first: Callable[[Tensor], Tensor] | None, second: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Both changes of what the file gives, one after the other."""
    return second if first is None else lambda value: second(first(value))


def _joined(edits: Sequence[Mapping[Name, Change]]) -> dict[Name, Change]:
    """Changes of the same equation become one."""
    joined: dict[Name, Change] = {}
    for changes in edits:
        for name, change in changes.items():
            joined[name] = _after(joined[name], change) if name in joined else change
    return joined


def _after(first: Change, second: Change) -> Change:
    """Both changes, one after the other."""

    def change(expr: Expr) -> Expr:
        return first(second(expr)) if _comes_after(first, second, expr) else second(first(expr))

    return change


def _comes_after(change: Change, other: Change, expr: Expr) -> bool:
    """Whether a change of a right side has to come after another one, which leaves nothing of it."""
    return other(change(expr)) == other(expr) and change(other(expr)) != change(expr)


def _edited(program: Program, names: Sequence[Name]) -> Program:
    """The edited program; raises `ShapeError` where a right side has lost its shape."""
    for name in names:
        equation = program.equations.get(name)
        if equation is not None and program.shapes(equation.expr).dims != program.shapes.of(name).dims:
            raise ShapeError(f"{name} has lost its shape")
    return program
