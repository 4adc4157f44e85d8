"""Running a problem: from one moment to the next, by single steps or by compiled training."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import END, Name
from nnsolve.engine.moment import Moment
from nnsolve.engine.plan import Plan
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.problem.model import Problem, Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.training import Trainer

    Tensor = NDArray[np.float64]

COMPILED_FROM = 32
"""Updates from which on compiled code is faster than as many traces, its compilation included."""

MAX_SECONDS = 120
"""How long, about, the way to the last update that is asked for may take."""

SHORTEST = 1e-6
"""Seconds of an update at least."""

ALWAYS_MADE = 100
"""So many updates are made in any case."""


class Run(Plan):
    """A problem on its way through its updates; moments are computed in order and kept where they were asked for."""

    def __init__(self, problem: Problem) -> None:
        self._other: tuple[int, Run] | None = None  # an update that is made as in another run
        super().__init__(problem)
        self._moments: dict[int, Moment] = {}
        self._parameters: dict[int, dict[Name, Tensor]] = {0: {}}
        self._trainer: Trainer | None = None
        self._seconds: float | None = None  # of one update
        self.kept: Mapping[Name, Tensor] = {}  # before the first update, of the run before the edit

    def edited(self, change: Callable[[Program], Program], kept: Mapping[Name, Tensor] = {}) -> Run:
        """The same run of other equations: `change` makes them of the program for each size of batch.

        `kept` are values before the first update that the change is known to leave as they are.
        """
        for update in (0, self.per_epoch - 1):
            self.program_at(update)
        run = copy.copy(self)
        run.whole = change(self.whole)
        run._programs = {size: change(program) for size, program in self._programs.items()}
        run.program = run.program_at(0)
        run._moments, run._parameters, run._trainer = {}, {0: {}}, None
        run.kept = kept
        return run

    def rounded(self, rules: tuple[Rounding, ...], kept: Mapping[Name, Tensor] = {}) -> Run:
        """The same run with other rules of rounding; `kept` as for `edited`."""
        run = self.edited(lambda program: program, kept)
        run.rounding = Roundings(rules, self.program)
        return run

    def but_for(self, update: int, other: Run) -> Run:
        """The same run but for one update, which is made as in another run: all is the same until then."""
        self.moment(update)
        run = copy.copy(self)
        run._moments = {k: moment for k, moment in self._moments.items() if 0 <= k < update}
        run._parameters = {k: known for k, known in self._parameters.items() if k <= update}
        run._trainer = None
        run.kept = other.kept if update == 0 else self.kept
        run._other = update, other
        return run

    def program_at(self, update: int) -> Program:
        if self._other is not None and self._other[0] == update:
            return self._other[1].program_at(update)
        return super().program_at(update)

    def program_of(self, name: Name) -> Program:
        """The program that computes a name as it may be asked."""
        update, _ = self.home(name)
        return self.asked_program(update)

    def asked_program(self, update: int) -> Program:
        """The program that computes what is asked after so many updates."""
        return self.whole if self._is_end(update) else self.program_at(update)

    def asked_with(self, update: int, parameters: dict[Name, Tensor]) -> Moment:
        """As `moment_with`, but after the last update over all samples, as it is asked."""
        if self._is_end(update):
            return Moment(self.whole, update, parameters, self.rounding)
        return self.moment_with(update, parameters)

    def _is_end(self, update: int) -> bool:
        """Whether a value is one after all updates: it is then computed over all samples."""
        return update == self.last and update > 0

    # Moments

    def check(self, name: Name) -> None:
        """Raise where a name asks for more updates than there are."""
        update = name.update if name.epoch is None else name.epoch * self.per_epoch
        if name.primal.after(0) in self.program.derived:
            self._check_derived(name, update)
        if update == END and self.problem.training is not None:
            if self.last is None:
                raise self._no_end(name)
            self._afford(name, self.last)
            return
        if update == END or (self.last is not None and update > self.last):
            training = self.problem.training
            if training is None:
                message, help = f"{name} needs an update, but the problem has no training", self._training(update)
            else:
                plural = "" if self.last == 1 else "s"
                message = f"{name} needs {update} updates, but training makes {self.last} update{plural}"
                help = f"set  steps: {update}  in training"
            raise ProblemError.of("no-such-update", message, training.place if training else None, help)
        self._afford(name, update)

    def _check_derived(self, name: Name, update: int) -> None:
        """Raise where a quantity of an update is asked for before the first one, or as something differentiable."""
        training = self.problem.training
        place = training.place if training else None
        if name.of is not None:
            message = f"{name}: {name.primal.after(0)} is a quantity of the update, so nothing depends on it before"
            raise ProblemError.of("no-derivative", message, place, "ask for the gradient of a parameter")
        if update == 0 or (update == END and self.last == 0):
            first = name.after(1)
            message = f"{first.after(0)} exists from the first update on: {first} is the one that this update makes"
            raise ProblemError.of("no-such-update", message, None, f"ask for {first}")

    def _training(self, update: int) -> str:
        """A training to paste, with as many updates as are asked for."""
        names = [name for ask in self.problem.ask if (name := self.whole.parse_address(ask.of.text))]
        steps = max([1, *(k for k in (update, *(name.update for name in names)) if k != END)])
        batch = ", batch_size: all" if self.samples > 1 else ""
        return f"add  training: {{learning_rate: 0.1, steps: {steps}{batch}}}"

    def _afford(self, name: Name, updates: int) -> None:
        """Raise where the way to an update is too long."""
        if updates <= ALWAYS_MADE:
            return
        if self._seconds is None:
            from nnsolve.engine.compiled.code import seconds

            self._seconds = seconds(self)
        most = max(int(MAX_SECONDS / max(self._seconds, SHORTEST)), ALWAYS_MADE)
        if updates > most:
            message = f"{name} needs {updates} updates; at most {most} are computed for a problem of this size"
            raise ProblemError.of("too-many-updates", message, None, f"ask for no later update than @{most}")

    def _no_end(self, name: Name) -> ProblemError:
        place = self.problem.training.place if self.problem.training else None
        return ProblemError.of(
            "no-such-update", f"{name}: training says neither steps nor epochs", place, "add  steps: 10"
        )

    def moment(self, update: int) -> Moment:
        """The values after `update` updates."""
        if update in self._moments:
            return self._moments[update]
        moment = self._at(update)
        self._moments[update] = moment
        self._parameters[update] = self._parameters_of(moment)
        return moment

    def moment_with(self, update: int, parameters: dict[Name, Tensor]) -> Moment:
        moment = super().moment_with(update, parameters)
        if not update:
            moment.values.update(self.kept)
        return moment

    def forget(self, update: int) -> None:
        """Keep nothing of the values after `update` updates."""
        self._moments.pop(update, None)
        self._parameters.pop(update, None)

    def _at(self, update: int) -> Moment:
        start, parameters = self._nearest(update)
        if update - start >= COMPILED_FROM:
            return self.moment_with(update, self._trained(update).parameters)
        for k in range(start, update):
            parameters = (self._moments.get(k) or self.moment_with(k, parameters)).next_parameters()
        return self.moment_with(update, parameters)

    def _nearest(self, update: int) -> tuple[int, dict[Name, Tensor]]:
        """The last update up to this one at which the parameters are known, and these."""
        start = max(k for k in self._parameters if k <= update)
        if self._trainer is not None and start < self._trainer.update <= update:
            return self._trainer.update, self._trainer.parameters
        return start, self._parameters[start]

    def _trained(self, update: int) -> Trainer:
        """The trainer after a number of updates."""
        start, parameters = self._nearest(update)
        if self._trainer is None:
            from nnsolve.engine.training import Trainer  # only what trains long waits for the compiler

            self._trainer = Trainer(self, start, parameters)
        elif self._trainer.update != start:
            self._trainer.load(start, parameters)
        self._trainer.advance(update)
        return self._trainer

    def _parameters_of(self, moment: Moment) -> dict[Name, Tensor]:
        return {name: moment.values[name] for name in self.program.updated}

    def resolve_moment(self, name: Name) -> int:
        """The number of updates at which a name is meant."""
        if name.epoch is not None:
            return name.epoch * self.per_epoch
        if name.update == END:
            assert self.last is not None
            return self.last
        return name.update

    def home(self, name: Name) -> tuple[int, Name]:
        """The run that computes a name as it may be asked, and what its program calls it.

        What lives within an update alone belongs to the run that makes this update.
        """
        update, plain = self.resolve_moment(name), name.after(0)
        return (update - 1, plain.after(1)) if plain in self.program.derived else (update, plain)

    def keeps(self, name: Name) -> bool:
        """Whether a value is known to be that of the run that this one was edited from."""
        update, plain = self.home(name)
        return (plain if update == 0 else plain.after(1) if update == 1 else None) in self.kept

    def value(self, name: Name) -> Tensor:
        """The value of a name as it may be asked: at an update, an epoch's end or the end."""
        self.check(name)
        if self.is_seen_loss(name):
            return self.epoch_loss(name.epoch or 0)
        update, plain = self.home(name)
        return self.moment_of(update).value(plain)

    def moment_of(self, update: int) -> Moment:
        """The values after `update` updates as they are asked and shown: after the last one over all samples."""
        if not self._is_end(update) or self.batch_size == self.samples:
            return self.moment(update)
        if END not in self._moments:
            self._moments[END] = self.over_all(update)
        return self._moments[END]

    def over_all(self, update: int) -> Moment:
        """The values after `update` updates, over all samples."""
        return Moment(self.whole, update, self._parameters_of(self._at(update)), self.rounding)

    def epoch_loss(self, epoch: int) -> Tensor:
        """The mean loss per sample that was seen during an epoch."""
        updates = self.epoch_updates(epoch)
        if updates.stop >= COMPILED_FROM:
            found: list[float | None] = []
            self._trained(updates.start).advance(updates.stop, lambda _, value: found.append(value))
            return np.asarray(found[0])
        return self.seen_loss({k: self.moment(k) for k in updates})

    def is_seen_loss(self, name: Name) -> bool:
        """Whether a name is the loss that was seen during an epoch, which no single moment has."""
        return name.epoch is not None and name.after(0) == self.program.loss

    def epoch_updates(self, epoch: int) -> range:
        """The updates of an epoch, by how many come before each; no epoch has seen what the first one sees."""
        return range(max(epoch - 1, 0) * self.per_epoch, max(epoch, 1) * self.per_epoch)

    def loss_after(self, epoch: int) -> Tensor:
        """The mean loss per sample over all of them after an epoch."""
        loss = self.program.loss
        assert loss is not None
        value = self.over_all(epoch * self.per_epoch).value(loss)
        return value if self.averaged() else value / self.samples

    def seen_loss(self, moments: Mapping[int, Moment]) -> Tensor:
        """The mean loss per sample at some moments."""
        loss = self.program.loss
        assert loss is not None
        total = sum(self.weight(k) * float(moment.value(loss).ravel()[0]) for k, moment in moments.items())
        return np.asarray(total / self.samples)
