"""What mistakes are made in: the equations that the asked values need, and the values of a run, edited or not."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.run import COMPILED_FROM, Run
from nnsolve.engine.solve import Asked, SectionSolver, reported
from nnsolve.ops import REGISTRY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.mistake import Slip

    Tensor = NDArray[np.float64]

FURTHEST = 32
"""Updates after which an asked value is late: it is not worked out again for every mistake."""


class Scene:
    """The equations of a section that its asked values need.

    `equations` are in the order of a solution; `backward` and `updates` are the emitted ones among them. `forward` is
    the whole forward pass.
    """

    def __init__(self, solver: SectionSolver) -> None:
        self.run = solver.run
        self.program = solver.run.program
        self.shapes = self.program.shapes
        self.loss = self.program.loss
        self.asked = solver.asked
        self.equations = self._needed()
        self.forward = self.program.forward  # all of it: gradients do not name the loss that they are of
        self.backward = [e for e in self.equations if e.phase == "backward"]
        self.updates = [e for e in self.equations if e.phase == "update"]
        self.emitted = [*self.backward, *self.updates]
        self._users: dict[Name, set[Name]] = {}
        self._users_by_hand: dict[Name, set[Name]] = {}  # without the shortcuts past activations
        self._known: dict[frozenset[Name], frozenset[Name]] = {}
        for equation in self.program.equations.values():
            for name in references(equation.expr):
                self._users.setdefault(name, set()).add(equation.name)
            for name in references(equation.expr if equation.long is None else equation.long):
                self._users_by_hand.setdefault(name, set()).add(equation.name)
        self.parameters = [e for e in self.updates if e.name.after(0) in self.program.parameters]

    def near(self, item: Asked) -> bool:
        """Whether an asked value is worked out again for every mistake."""
        return self.updates_of(item) <= FURTHEST

    def updates_of(self, item: Asked) -> int:
        """The number of updates that an asked value comes after."""
        return max((self._updates(name) for name in references(item.expr)), default=0)

    def begin(self, item: Asked) -> int:
        """The number of updates after which an asked value begins: the loss of an epoch with the epoch."""
        names = references(item.expr)
        starts = [self._updates(n) - (self.run.per_epoch if n.epoch is not None else 0) for n in names]
        return max(starts, default=0)

    def _updates(self, name: Name) -> int:
        return self.run.resolve_moment(name)

    def _needed(self) -> list[Equation]:
        program, wanted = self.program, []
        for item in self.asked:
            for name in references(item.expr):
                if self.run.is_seen_loss(name):
                    wanted.append(name.after(0))
                update, plain = self.run.home(name)
                wanted.append(plain)
                if update > 0:
                    wanted += [updated.after(1) for updated in program.updated]
        return program.in_order(program.closure(wanted))

    def bites(self, slips: Iterable[Slip], item: Asked) -> bool:
        """Whether slips can change an asked value: it depends on an equation that they change."""
        changed: set[Name] = set()
        for slip in slips:
            if slip.problem is not None or slip.rounding:
                return True
            changed |= self._changed(slip)
        reached = self._reached(frozenset(changed))
        later = any(name.update for name in reached)
        return any(
            name.after(0) in reached or name.after(1) in reached or (later and self._updates(name) > 0)
            for name in references(item.expr)
        )

    def gets_past(self, slip: Slip, item: Asked, right: Set[Name]) -> bool:
        """Whether a slip can change an asked value though what is `right`, at the first update, is unchanged."""
        wanted = self.first(item)
        if slip.problem is not None or slip.rounding or wanted is None:
            return True
        changed = frozenset(self._changed(slip) - right)
        return not wanted.isdisjoint(_reached(changed, self._users_by_hand, right))

    def first(self, item: Asked) -> frozenset[Name] | None:
        """What an asked value is made of, by what the first update calls it; None where it comes later."""
        homes = [(self.run.home(name), name.after(1)) for name in references(item.expr)]
        names = [
            plain if update == 0 else after if update == 1 and plain in self.program.updated else None
            for (update, plain), after in homes
        ]
        known = frozenset([name for name in names if name is not None])
        return known if len(known) == len(names) else None

    def extent(self, slip: Slip) -> float:
        """How many quantities a slip can change; rounding is not looked at."""
        return math.inf if slip.problem is not None else len(self._reached(frozenset(self._changed(slip))))

    def _changed(self, slip: Slip) -> set[Name]:
        backward = [equation.name for equation in self.emitted] if slip.forward else ()
        long = [e.name for e in self.forward if not slip.forward.keys().isdisjoint(e.bypassed)]  # takes no shortcut now
        return {*slip.forward, *slip.emitted, *slip.given, *backward, *long}

    def _reached(self, changed: frozenset[Name]) -> frozenset[Name]:
        """What depends on changed quantities, within one run."""
        if changed not in self._known:
            self._known[changed] = _reached(changed, self._users)
        return self._known[changed]

    def of_loss(self, equation: Equation) -> bool:
        """Whether an equation is a gradient of the loss."""
        return self.loss is not None and equation.name.of == self.loss

    def dims(self, name: Name) -> tuple[int, ...]:
        return self.shapes.of(name).dims

    def predictions(self) -> list[Name]:
        """The quantities that the loss compares with targets: the last activations."""
        targets = {name for name, leaf in self.program.leaves.items() if leaf.role == "target"}
        found: dict[Name, None] = {}
        for equation in self.program.forward:
            expr = equation.expr if equation.long is None else equation.long
            used = references(expr)
            if not targets.isdisjoint(used):
                found.update({name: None for name in used if name not in targets and name in self.program.equations})
        return list(found)

    def activations(self) -> Iterator[tuple[Name, Call, Name]]:
        """Activations a = f(z): the name a, the call, and the name z."""
        for equation in self.program.forward:
            expr = equation.expr
            if isinstance(expr, Call) and REGISTRY[expr.op].activation and len(expr.args) == 1:
                (arg,) = expr.args
                if isinstance(arg, Ref):
                    yield equation.name, expr, arg.name


def _reached(
    changed: frozenset[Name], users: Mapping[Name, Set[Name]], right: Set[Name] = frozenset()
) -> frozenset[Name]:
    """What depends on changed quantities, by what uses what, other than through what is `right`."""
    found, pending = set(changed), list(changed)
    while pending:
        fresh = users.get(pending.pop(), set()) - found - right
        found |= fresh
        pending += fresh
    return frozenset(found)


class View:
    """The values of a run, edited or not, as an answer sees them: `own` is the asked value in its reported shape."""

    def __init__(self, scene: Scene, item: Asked, run: Run) -> None:
        self.scene = scene
        self.item = item
        self.run = run
        self._values: dict[Name, Tensor] = {}
        self.name = item.expr.name if isinstance(item.expr, Ref) else None
        values = {name: self._value(name) for name in references(item.expr)}
        shape = item.shape
        if self.name is not None and self.name.after(0) == run.program.loss:
            shape = SCALAR
        own = evaluate(item.expr, item.shapes, values)
        self.own = reported(own, shape) if own.size == shape.size else own  # as it is where samples are added

    @property
    def is_seen_loss(self) -> bool:
        """Whether the loss over an epoch is asked: what is written down of a training that goes on as it should."""
        return self.name is not None and self.scene.run.is_seen_loss(self.name)

    def _value(self, name: Name) -> Tensor:
        """A value of the run."""
        found = self._values.get(name)
        if found is None:
            found = self._values[name] = self._computed(name)
        return found

    def _computed(self, name: Name) -> Tensor:
        """A value of the run; where all values are rounded on the way, the answer itself is not."""
        if name.epoch is not None:
            return self.run.value(name)
        self.run.check(name)
        is_rounded = self.run.rounding.every is not None and self.scene.run.rounding.every is None
        update, plain = self.run.home(name)
        if update > 0 and plain in self.run.program.updated and (is_rounded or update < COMPILED_FROM):
            update, plain = update - 1, plain.after(1)  # the other parameters need not be known for it
        moment = self.run.moment_of(update)
        if not is_rounded:
            return moment.value(plain)
        moment.value(plain)
        equation = moment.program.equations.get(plain)
        return self.run.value(name) if equation is None or plain in moment.program.given else moment.result(equation)

    def with_value(self, value: Tensor) -> View:
        """The same view of another value."""
        view = copy.copy(self)
        view.own = value
        return view

    def evaluated(self, expr: Expr) -> Tensor:
        """Part of the asked expression."""
        return evaluate(expr, self.item.shapes, {name: self._value(name) for name in references(expr)})

    def renamed(self, change: Callable[[Name], Name]) -> Tensor:
        """The asked value with other quantities in the place of those that it is made of."""
        values = {name: self._value(change(name)) for name in references(self.item.expr)}
        return self.reported(evaluate(self.item.expr, self.item.shapes, values))

    def after(self, update: int) -> Tensor:
        """The asked quantity after another number of updates, over the same samples."""
        assert self.name is not None
        plain = self.name.after(0)
        if self.run.moment_of(self.run.resolve_moment(self.name)).program is not self.run.whole:
            return self.of(self.name.after(update))
        return self.reported(self.run.over_all(update).value(plain))

    def reported(self, value: Tensor) -> Tensor:
        """A value in the shape of the asked one."""
        return reported(value, self.item.shape)

    def of(self, name: Name) -> Tensor:
        """Another value, as reports show it."""
        return reported(self.run.value(name), self.shape(name))

    def shape(self, name: Name) -> Shape:
        return self.scene.shapes.of(name.after(0)._replace(epoch=None))
