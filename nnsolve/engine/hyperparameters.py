"""The hyperparameters and the learning-rate schedule of `training:`, as constants of a program and an equation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.blocks.optimizers import (
    HYPERPARAMETERS,
    OPTIMIZERS,
    OPTIONAL,
    OptimizerBlock,
    hyperparameter_symbol,
)
from nnsolve.blocks.schedules import SCHEDULES, ScheduleBlock
from nnsolve.core.diagnostics import Findings, Place, ProblemError, did_you_mean
from nnsolve.core.expressions import Expr, Num, Ref, call
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR
from nnsolve.engine.data import Data, Leaf
from nnsolve.problem.model import Schedule, Training

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


def optimizer(training: Training) -> OptimizerBlock:
    """The optimizer that a file names; raises `ProblemError` where there is none of that name."""
    block = OPTIMIZERS.get(training.optimizer)
    if block is None:
        place = training.places.get("optimizer", training.place)
        help = did_you_mean(training.optimizer, OPTIMIZERS) or f"optimizers: {', '.join(OPTIMIZERS)}"
        raise ProblemError.of("unknown-optimizer", f"{training.optimizer} is not a known optimizer", place, help)
    return block


class Hyperparameters:
    """The hyperparameters of an optimizer, each a constant of the program that is shown as a symbol.

    What is wrong with them is added to `findings`; only where nothing is may they be asked for.
    """

    def __init__(self, data: Data, training: Training, block: OptimizerBlock, findings: Findings) -> None:
        self.data = data
        self.training = training
        self.block = block
        self.batches: Name | None = None  # how many updates an epoch has, where the schedule counts epochs
        self.names: dict[str, Name] = {}
        self.values = self._values(findings)
        self.schedule = self._schedule(findings)
        symbols = data.problem.conventions.symbols
        for key, value in self.values.items():
            name = self.free(hyperparameter_symbol(key, block, symbols), key)
            with findings:
                self._constant(name, value, training.places.get(key))
            self.names[key] = name

    def __contains__(self, key: str) -> bool:
        return key in self.names

    def __getitem__(self, key: str) -> Ref:
        return Ref(self.names[key])

    def free(self, *texts: str) -> Name:
        """A name for something of the training: the first of these that the problem does not use otherwise."""
        own = f"{self.block.name}_{texts[-1]}"
        return Name(next((text for text in texts if text not in self.data.scope.names), own))

    def _place(self, key: str) -> Place:
        return self.training.places.get(key, self.training.place)

    def _values(self, findings: Findings) -> dict[str, float]:
        """Every hyperparameter with its value, as the file or the optimizer has it."""
        training, block = self.training, self.block
        given = dict(training.hyperparameters)
        if training.learning_rate is not None:
            given = {"learning_rate": training.learning_rate, **given}
        known = [*block.hyperparameters]
        known += [key for key in OPTIONAL if block.follows_gradient and key not in known]
        for key in given:
            if key not in known:
                help = f"{block.name} takes {', '.join(known)}"
                findings.error("unknown-key", f"{block.name} has no {key}", self._place(key), help)
        values: dict[str, float] = {}
        for key in known:
            value = given.get(key, block.hyperparameters.get(key))
            if value is not None:
                values[key] = value
            elif key in block.hyperparameters:
                help = f"add  {key}: {HYPERPARAMETERS[key].usual}  to training"
                findings.error("missing-key", f"{block.name} needs {key}", training.place, help)
        return values

    def _constant(self, name: Name, value: float, place: Place | None) -> Ref:
        self.data.scope.define(name, place or self.training.place)
        self.data.shapes.named[name] = SCALAR
        self.data.leaves[name] = Leaf(np.array(value, dtype=np.float64), "hyperparameter", place)
        return Ref(name)

    # The schedule

    def _schedule(self, findings: Findings) -> tuple[ScheduleBlock, dict[str, float]] | None:
        """The schedule with all its options; None where there is none, or something is wrong with it."""
        schedule = self.training.schedule
        if schedule is None or schedule.kind is None:
            return None
        block = SCHEDULES.get(schedule.kind.text)
        if block is None:
            help = did_you_mean(schedule.kind.text, SCHEDULES) or f"schedules: {', '.join(SCHEDULES)}"
            message = f"{schedule.kind.text} is not a known schedule"
            findings.error("unknown-schedule", message, schedule.kind.place, help)
            return None
        options = _options(block, schedule, findings)
        if schedule.per is None and self.training.epochs is not None:
            message = "training counts in epochs, and the schedule does not say what it counts"
            findings.error("missing-key", message, schedule.place, "add  per: epoch  (or update) to schedule")
        eta = self.values.get("learning_rate", math.inf)
        if options.get("lowest", 0) > eta:
            message = f"the lowest rate, {options['lowest']:g}, is above the learning rate {eta:g}"
            findings.error("out-of-range", message, schedule.places["lowest"], "a cosine schedule falls")
        return block, options

    def rate(self, count: Callable[[], Ref], emit: Callable[[Name, Expr], Ref]) -> Ref:
        """The learning rate of an update: that of the schedule as a quantity of its own, else the constant."""
        eta = self["learning_rate"]
        if self.schedule is None:
            return eta
        assert self.training.schedule is not None
        block, options = self.schedule
        t = count()
        if self.training.schedule.per == "epoch":
            self.batches = self.free("batches")
            batches = self._constant(self.batches, math.nan, None)
            t = emit(self.free("epoch"), call("floor", call("div", t, batches)))
        numbers = {key: Num(int(value) if value.is_integer() else value) for key, value in options.items()}
        return emit(self.free("rate"), block.rate(eta, t, self._pi, numbers))

    def count_batches(self, count: int) -> None:
        """Say how many updates make an epoch; without effect where no schedule counts epochs."""
        if self.batches is not None:
            leaf = self.data.leaves[self.batches]
            self.data.leaves[self.batches] = leaf._replace(value=np.array(count, dtype=np.float64))

    def _pi(self) -> Ref:
        return self._constant(self.free("pi"), math.pi, None)


def _options(block: ScheduleBlock, schedule: Schedule, findings: Findings) -> dict[str, float]:
    given: Mapping[str, float] = schedule.options
    for key in given:
        if key not in block.options:
            help = f"{block.name} takes {', '.join(block.options)}"
            findings.error("unknown-key", f"the schedule {block.name} has no {key}", schedule.places[key], help)
    for key, default in block.options.items():
        if default is None and key not in given:
            message = f"the schedule {block.name} needs {key}"
            findings.error("missing-key", message, schedule.place, f"add  {key}: ...  to schedule; it is {block.doc}")
    known = {key: given.get(key, default) for key, default in block.options.items()}
    return {key: value for key, value in known.items() if value is not None}
