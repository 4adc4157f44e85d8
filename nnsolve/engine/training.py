"""Training: the updates of a plan, made by compiled code without a trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Place
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.engine.compiled.batches import Batches, Rows
from nnsolve.engine.compiled.code import Code, State
from nnsolve.ops.operation import UndefinedValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.moment import Moment
    from nnsolve.engine.plan import Plan

    Tensor = NDArray[np.float64]

PIECE = 0.05
"""Seconds, about, after which a loop comes up for air: to call back, and to keep what was reached."""

OnEpoch = Callable[[int, float | None], None]


class Divergence(NamedTuple):
    """Where values stopped being finite: the equation whose result is not though all that it uses is.

    `update` is the number of updates made before the run in which it happened.
    """

    update: int
    name: Name
    place: Place | None


class Trainer:
    """Makes the updates of a plan, one after the other.

    `update` is how many were made. Whatever is raised in the middle (a `KeyboardInterrupt`, a `ProblemError`) leaves
    the parameters as they were after `update` updates.
    """

    def __init__(self, plan: Plan, update: int = 0, parameters: Mapping[Name, Tensor] | None = None) -> None:
        self.plan = plan
        self.batches = Batches(plan)
        self.values: dict[Name, Tensor] = {
            name: np.array(plan.program.leaves[name].value, dtype=np.float64) for name in plan.program.updated
        }
        self.divergence: Divergence | None = None
        self._codes: dict[tuple[bool, bool], Code] = {}
        self._many = 8  # updates in a piece
        self._finite = True
        self._tried = False
        self._watched = False
        self.load(update, parameters or {})

    def load(self, update: int, parameters: Mapping[Name, Tensor]) -> None:
        """Continue from the parameters after a number of updates; what is not among them is as the file gives it."""
        self.update = update
        for name, value in self.values.items():
            value[...] = parameters[name] if name in parameters else self.plan.program.leaves[name].value
        self._seen = 0.0  # losses of the batches of the epoch in which `update` is
        self._complete = update % self.plan.per_epoch == 0  # whether all of them are in it

    @property
    def parameters(self) -> dict[Name, Tensor]:
        """The parameters after `update` updates; copies."""
        return {name: value.copy() for name, value in self.values.items()}

    def advance(self, to: int, on_epoch: OnEpoch | None = None) -> None:
        """Make the updates up to `to`.

        `on_epoch(epoch, loss)` is called for each epoch that ends on the way and was seen from its beginning, with the
        mean loss per sample seen during it (None where there is no loss); a little later than it ended, in order.
        """
        plan = self.plan
        loss = on_epoch is not None and plan.program.loss is not None
        saved = self.parameters
        self._watched = on_epoch is not None
        while self.update < to:
            start, began = self.update, time.perf_counter()
            for name, value in self.values.items():
                saved[name][...] = value
            seen, complete = self._seen, self._complete
            try:
                losses = self._piece(to, loss)
            except UndefinedValueError:
                self._restore(start, saved, seen, complete)
                if self._many > 1:
                    self._many //= 2
                    continue
                losses = self._traced(loss)  # it says where
            except BaseException:
                self._restore(start, saved, seen, complete)
                raise
            elapsed, made = time.perf_counter() - began, self.update - start
            if elapsed > PIECE:
                self._many = max(made // 2, 1)
            elif elapsed < PIECE / 2 and made > self._many // 2:
                self._many *= 2
            self._watch(start, saved, losses)
            first = start // plan.per_epoch + 1
            for epoch, total in enumerate(losses, first):
                if on_epoch is not None and (complete or epoch > first):
                    on_epoch(epoch, total / plan.samples if loss else None)

    def _restore(self, update: int, saved: Mapping[Name, Tensor], seen: float, complete: bool) -> None:
        self.load(update, saved)
        self._seen, self._complete = seen, complete

    # Pieces

    def _piece(self, to: int, loss: bool) -> list[float]:
        """Make some updates that one piece of code can make; the losses of the epochs that end."""
        plan, batches = self.plan, self.batches
        if not self._tried:
            self._tried = True  # what is wrong with the equations is found here, with its place in the file
            return self._traced(loss)
        epoch, position = divmod(self.update, plan.per_epoch)
        most = min(self._many, to - self.update)
        epochs = most // plan.per_epoch
        if batches.shuffled:
            epochs = min(epochs, batches.at_a_time // plan.per_epoch)
        elif plan.per_epoch > batches.at_a_time:
            epochs = 0
        if position == 0 and epochs > 0:
            segments = self._epochs(epoch, epochs, loss)
            made = epochs * plan.per_epoch
        else:
            end = plan.whole_batches if position < plan.whole_batches else plan.per_epoch
            made = min(most, batches.at_a_time, end - position)
            code = self._code(position, loss)
            segments = [(code, [code.rows(epoch, position, position + made)])]
        return self._made(made, self._run(segments))

    def _epochs(self, first: int, count: int, loss: bool) -> list[tuple[Code, list[Rows]]]:
        """The segments of whole epochs; where the last batch is smaller, it has its own code."""
        plan, batches = self.plan, self.batches
        whole = plan.whole_batches
        code = self._code(0, loss)
        parts = [code.rows(epoch, 0, whole) for epoch in self._distinct(first, count)]
        if whole == plan.per_epoch:
            return [(code, parts if batches.shuffled else parts * count)]
        last = self._code(whole, loss)
        rests = [last.rows(epoch, whole, whole + 1) for epoch in self._distinct(first, count)]
        segments = [pair for part, rest in zip(parts, rests, strict=True) for pair in ((code, [part]), (last, [rest]))]
        return segments if batches.shuffled else segments * count

    def _distinct(self, first: int, count: int) -> range:
        """The epochs that differ in their batches."""
        return range(first, first + (count if self.batches.shuffled else 1))

    def _run(self, segments: list[tuple[Code, list[Rows]]]) -> list[float]:
        """Make the updates of the segments; the loss of each epoch that they touch, of the first with what was seen."""
        losses: list[float] = []
        total, whole = self._seen, self.plan.whole_batches < self.plan.per_epoch and len(segments) > 1
        state = State(self.values)
        with np.errstate(all="ignore"):
            for k, (code, stretches) in enumerate(segments):
                if whole and k % 2 == 1:
                    total = losses.pop()
                code.advance(state, stretches, losses, total)
                total = 0.0
        state.tensors()
        return losses

    def _made(self, updates: int, losses: list[float]) -> list[float]:
        """Count updates; the losses of the epochs that have ended. The last stretch may not reach its epoch's end."""
        self.update += updates
        if self.update % self.plan.per_epoch == 0:
            self._seen, self._complete = 0.0, True
            return losses
        self._seen = losses.pop()
        self._complete = self._complete and self._watched
        return losses

    def _traced(self, loss: bool) -> list[float]:
        """Make one update with a trace."""
        moment = self._moment()
        seen = self._loss(moment) if loss else 0.0
        for name, value in moment.next_parameters().items():
            self.values[name][...] = value
        return self._made(1, [self._seen + seen])

    def _moment(self) -> Moment:
        return self.plan.moment_with(self.update, self.parameters)

    def _loss(self, moment: Moment) -> float:
        name = self.plan.program.loss
        assert name is not None
        return self.plan.weight(self.update) * float(moment.value(name).ravel()[0])

    def _code(self, position: int, loss: bool) -> Code:
        """The code of the update that is made at a position of an epoch."""
        key = (position < self.plan.whole_batches, loss)
        if key not in self._codes:
            self._codes[key] = Code(self.plan, self.values, self.batches, position, loss)
        return self._codes[key]

    # Divergence

    def _watch(self, start: int, saved: Mapping[Name, Tensor], losses: list[float]) -> None:
        """Find out where values stopped being finite, if they did for the first time."""
        if self._finite and not self._all_finite(losses):
            self._finite = False
            self.divergence = self._found(start, self.update, saved)

    def _all_finite(self, losses: Iterable[float | None]) -> bool:
        seen = all(loss is None or isfinite(loss) for loss in losses)
        return seen and all(np.isfinite(value).all() for value in self.values.values())

    def _found(self, start: int, end: int, saved: Mapping[Name, Tensor]) -> Divergence | None:
        """The piece from `start` to `end` again: fast up to the epoch in which it happened, then with a trace."""
        again = Trainer(self.plan, start, saved)
        again._tried, again._finite = True, False
        loss = self.plan.program.loss is not None
        while again.update < end:
            start, saved = again.update, again.parameters
            losses: list[float | None] = []
            again.advance(min(end, start - start % self.plan.per_epoch + self.plan.per_epoch), partial(_append, losses))
            if again._all_finite(losses):
                continue
            reached = again.update
            again.load(start, saved)
            while again.update < reached:
                name = self._not_finite(again._moment(), loss)
                if name is not None:
                    return Divergence(again.update, name, self.plan.program_at(again.update).equations[name].place)
                again._traced(False)
        return None

    @staticmethod
    def _not_finite(moment: Moment, loss: bool) -> Name | None:
        """The first equation of an update whose result is not finite though what it uses is."""
        program = moment.program
        wanted = [name.after(1) for name in program.updated]
        if loss and program.loss is not None:
            wanted.insert(0, program.loss)
        for equation in program.closure(wanted):
            used = [moment.value(name) for name in references(equation.expr)]
            if not np.isfinite(moment.value(equation.name)).all() and all(np.isfinite(value).all() for value in used):
                return equation.name
        return None


def _append(losses: list[float | None], epoch: int, loss: float | None) -> None:
    losses.append(loss)
