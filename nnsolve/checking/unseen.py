"""Frequent mistakes that no asked value of a problem shows: found by making them, in its numbers and in others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.judge import Bounds, judge
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.apply import IMPOSSIBLE, mistaken
from nnsolve.checking.mistakes.digits import alike
from nnsolve.checking.mistakes.mistake import OFTEN, Mistake, Slip
from nnsolve.checking.mistakes.scene import Scene, View
from nnsolve.checking.mistakes.table import most_runs, readings
from nnsolve.checking.model import Claim, Given
from nnsolve.core.expressions import Call, Expr, nodes
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.program import Program
    from nnsolve.engine.run import Run
    from nnsolve.engine.solve import Solution

    Tensor = NDArray[np.float64]

DRAWS = 6
"""So many other numbers are tried in the place of what the file gives."""

MOST_SECTIONS = 8
"""So many sections are computed as thoroughly as a single one; more of them share what these may take."""

Outcome: TypeAlias = Literal["same", "passes", "wrong"]
"""What a mistake does to an asked value: the same number, another one that is right at the asked precision, a wrong
one."""


class Hidden(NamedTuple):
    """A mistake that no asked value shows.

    `same` are the asks that it leaves as they are although with other numbers it would change them, `passing` what it
    gives for those that it changes.
    """

    slip: Slip
    section: Section
    same: tuple[str, ...]
    passing: Mapping[str, Tensor]


def unseen(solution: Solution) -> list[Hidden]:
    """The frequent mistakes that no asked value shows, each once whatever the number of sections.

    Who makes one in some equations makes it in others, too: where a section shows it in part, it is not hidden. One
    that changes answers a little is hidden only if none in the same layer is shown.
    """
    key = Key(solution.problem, solution)
    sections = [Section(key, id) for id in key.solvers]
    trials = [(section, slip, hidden) for section in sections for slip, hidden in section.trials()]
    shown: dict[str, set[frozenset[object]]] = {}
    for section, slip, hidden in trials:
        if hidden is None:
            shown.setdefault(slip.code, set()).update([_changed(slip), section.layers(slip)])
    found: dict[tuple[str, frozenset[object]], Hidden] = {}
    for section, slip, hidden in trials:
        if hidden is not None:
            reach = section.layers(slip) if hidden.passing else _changed(slip)
            if not any(others <= reach for others in shown.get(slip.code, ())):
                found.setdefault((slip.code, _changed(slip)), hidden)
    return list(found.values())


def _changed(slip: Slip) -> frozenset[object]:
    """The quantities that a slip changes, at whatever time step: sequences may be of different lengths."""
    changed = (*slip.forward, *slip.emitted, *slip.given)
    return frozenset([name._replace(time=None) for name in changed]) or frozenset(["asked"])


def frequent(mistake: Mistake) -> bool:
    """Whether a mistake is made so often that a problem should show it."""
    return mistake.weight >= OFTEN


class Section:
    """A section of a problem, with the asks that mistakes may show in."""

    def __init__(self, key: Key, id: str) -> None:
        self.solver = key.solvers[id]
        self.scene = Scene(self.solver)
        self.run = self.solver.run
        self.targets = {name: target for name, target in key.targets.items() if target.section == id}
        self.most = most_runs(self.scene) * MOST_SECTIONS // max(len(key.solvers), MOST_SECTIONS)
        self.left = self.most
        self.others = [_drawn(self.run.program, draw) for draw in range(DRAWS)]
        self._runs: dict[tuple[Name | None, int], Run | None] = {}

    def trials(self) -> Iterator[tuple[Slip, Hidden | None]]:
        """Every frequent mistake that can be made here, and how it is hidden; None if it is shown."""
        for mistake in filter(frequent, CAUSES.values()):
            for slip in filter(self._throughout, mistake.slips(self.scene)):
                hidden = self._hidden(slip)
                if hidden is None or hidden.same or hidden.passing:
                    yield slip, hidden
        self.left = self.most  # for the reasons, as much again

    def layers(self, slip: Slip) -> frozenset[object]:
        """The layers that a slip is made in, as `_changed` where there are none."""
        changed = (*slip.forward, *slip.emitted, *slip.given)
        numbers = [self.run.program.layer_of(name.primal.after(0)) for name in changed]
        return frozenset(numbers) if numbers and None not in numbers else _changed(slip)

    def _throughout(self, slip: Slip) -> bool:
        """Whether a slip of the forward pass is made at all time steps: nobody makes one at some of them."""
        changed = {name._replace(time=None) for name in slip.forward}
        return all(e.name in slip.forward for e in self.scene.forward if e.name._replace(time=None) in changed)

    def _hidden(self, slip: Slip) -> Hidden | None:
        """How a slip is hidden: by no ask if it would change none with any numbers; None if it is shown."""
        run = self._edited(self.run, slip)
        if run is None:
            return None
        same: list[str] = []
        passing: dict[str, Tensor] = {}
        for id, target in self.targets.items():
            if slip.asked is None and not self.scene.bites([slip], target.asked):
                continue
            right = self._view(target, self.run) if self.scene.near(target.asked) else None
            if right is None:
                return None
            given = self._given(slip, target, run)
            if not given and slip.asked is None:
                return None
            for value in given:
                outcome = _outcome(value, right.own, target)
                if outcome == "wrong":
                    return None
                if outcome == "passes":
                    passing[id] = value
                else:
                    same.append(id)
        shown = tuple(same if passing else self._shown(slip, same, None))
        return Hidden(slip, self, shown, passing) if self.left > 0 else None

    def values(self, hidden: Hidden) -> tuple[Name, ...]:
        """The given values of which other ones would show a mistake."""
        return tuple([name for name in self.others[0] if any(self._shown(hidden.slip, hidden.same, name))])

    def _shown(self, slip: Slip, ids: Sequence[str], name: Name | None) -> Iterator[str]:
        """The asks, of some, that show a slip if a given value (None: each of them) is another one."""
        for draw in range(DRAWS):
            other = self._other(name, draw)
            run = self._edited(other, slip) if other is not None else None
            found = False
            for id in ids:
                if other is not None and run is not None and self._differs(slip, self.targets[id], other, run):
                    found = True
                    yield id
            if found:
                return

    def _differs(self, slip: Slip, target: Target, other: Run, run: Run) -> bool:
        """Whether a slip changes an ask in a run with other numbers."""
        right = self._view(target, other)
        values = self._given(slip, target, run)
        return right is not None and any(v.shape != right.own.shape or not alike(v, right.own) for v in values)

    def _other(self, name: Name | None, draw: int) -> Run | None:
        """The right run with other numbers."""
        if (name, draw) not in self._runs:
            given = self.others[draw] if name is None else {name: self.others[draw][name]}
            self._runs[name, draw] = self._edited(self.run, Slip("", "", given=given))
        return self._runs[name, draw]

    def _edited(self, run: Run, slip: Slip) -> Run | None:
        """The run with a slip in it; None where that makes no sense, or where enough has been computed."""
        if slip.asked is not None:
            return run
        self.left -= 1
        return mistaken(run, [slip]) if self.left >= 0 else None

    def _given(self, slip: Slip, target: Target, run: Run) -> list[Tensor]:
        """What is given for an ask."""
        view = self._view(target, run)
        if view is None:
            return []
        return [view.own] if slip.asked is None else readings(slip, view)

    def _view(self, target: Target, run: Run) -> View | None:
        try:
            with np.errstate(all="ignore"):
                return View(self.scene, target.asked, run)
        except IMPOSSIBLE:
            return None

    def relu_all_on(self, slip: Slip) -> Name | None:
        """The ReLU that a slip leaves out, or the derivative of which, if all of its units are on."""
        equations, changes = self.run.program.equations, {**slip.forward, **slip.emitted}
        for a, function, z in self.scene.activations():
            if function.op == "relu" and alike(self.run.value(a), self.run.value(z)):
                for name in changes.keys() & equations.keys():
                    before = equations[name].expr
                    if name.primal in (a, z) and _relus(changes[name](before)) < _relus(before):
                        return a
        return None


def _relus(expr: Expr) -> int:
    return sum(isinstance(node, Call) and node.op in ("relu", "relu'") for node in nodes(expr))


def _drawn(program: Program, draw: int) -> dict[Name, Callable[[Tensor], Tensor]]:
    """Other numbers for what the file gives: of about the same size, but of either sign; hyperparameters are smaller.

    States that it leaves out are zeros, and stay so.
    """
    return {
        name: _smaller if leaf.role == "hyperparameter" else _other((draw, position))
        for position, (name, leaf) in enumerate(program.leaves.items())
        if leaf.place is not None and (leaf.role != "initial" or program.problem.initial)
    }


def _smaller(value: Tensor) -> Tensor:
    return np.where(value == 0, 0.3, 0.7 * value)


def _other(seed: tuple[int, int]) -> Callable[[Tensor], Tensor]:
    def drawn(value: Tensor) -> Tensor:
        size = float(np.sqrt(np.mean(np.square(value)))) or 1.0
        numbers: Tensor = np.random.default_rng(seed).normal(scale=size, size=value.shape)
        return numbers

    return drawn


def _outcome(value: Tensor, right: Tensor, target: Target) -> Outcome:
    if value.shape != right.shape or not np.isfinite(value).all():
        return "wrong"
    if alike(value, right):
        return "same"
    return "passes" if passes(value, target.bounds) else "wrong"


def passes(value: Tensor, near: Sequence[Bounds]) -> bool:
    """Whether a value is judged right, written with all its digits or with as few as are asked."""
    numbers = [float(number) for number in value.ravel()]
    exact = [Claim(number, 0.0, 0, "", 0, 0) for number in numbers]
    units = [10.0 ** round(math.log10(one.asked)) if one.asked else 0.0 for one in near]
    rounded = [
        Claim(round(n / unit) * unit if unit else n, unit, 0, "", 0, 0) for n, unit in zip(numbers, units, strict=True)
    ]
    verdicts = [judge(Given(tuple(claims), (), 0, 0), near) for claims in (exact, rounded)]
    return all("correct" in pair for pair in zip(*verdicts, strict=True))
