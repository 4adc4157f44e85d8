"""What each update of a training works on: its batch of samples, and the program that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Call, nodes
from nnsolve.core.names import Name
from nnsolve.engine.build import build
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.problem.model import Problem, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Plan:
    """The updates of a problem, counted from 0: `per_epoch` of them see all samples once, `batch_size` samples each.

    `whole` is the program over all samples, `whole_batches` counts the full batches of an epoch (one with the rest may
    follow), `last` is how many updates training makes; None where it does not say.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.whole = build(problem)
        self.samples = self._samples()
        self.batch_size = self._batch_size()
        self.per_epoch = -(-self.samples // self.batch_size)
        self._count_batches(self.whole)
        self.whole_batches = self.samples // self.batch_size
        self.last = self._last()
        self._programs: dict[int, Program] = {}
        self._order: tuple[int, NDArray[np.int64]] | None = None
        self.program = self.program_at(0)
        self.rounding = Roundings(problem.rounding, self.program)

    def _samples(self) -> int:
        """How many samples the data have; 1 where the file does not say which axis of a matrix they are on."""
        if not self.whole.shapes.layout.said:
            return 1
        counts = {
            name: self.whole.shapes.layout.count(self.whole.shapes.named[name])
            for name, leaf in self.whole.leaves.items()
            if leaf.role in ("input", "target")
        }
        return max(counts.values(), default=1)

    def _batch_size(self) -> int:
        training = self.problem.training
        size = training.batch_size if training else None
        if size is None:
            if training and self.samples > 1 and self.problem.layers:
                raise ProblemError.of(
                    "missing-batch-size",
                    f"there are {self.samples} samples, and training does not say how many make an update",
                    training.place,
                    "add  batch_size: all  (or 1, or a number) to training",
                )
            return self.samples
        if isinstance(size, str):
            return self.samples
        if not self.whole.shapes.layout.said:
            assert training is not None
            raise ProblemError.of(
                "missing-convention",
                "batch_size cuts the data along their samples, and the file does not say on which axis these are",
                training.places.get("batch_size", training.place),
                "add  samples: columns  (or rows) to conventions",
            )
        if size > self.samples:
            return self.samples
        return size

    def _last(self) -> int | None:
        training = self.problem.training
        if training is None:
            return 0
        if training.epochs is not None:
            return training.epochs * self.per_epoch
        return training.steps

    def batch(self, update: int) -> dict[str, Value]:
        """The inputs, targets and given values of the run that makes update `update + 1`."""
        if self.batch_size == self.samples:
            return {}
        rows, shapes = self.rows(update), self.whole.shapes
        values: dict[str, Value] = {}
        for name, whole in self.batched().items():
            array = whole[:, rows] if shapes.layout.features == 0 else whole[rows]
            values[str(name)] = Value(self.problem.place, np.ascontiguousarray(array))
        return values

    def rows(self, update: int) -> NDArray[np.int64]:
        """The samples, counted from 0, of the run that makes update `update + 1`."""
        epoch, position = divmod(update, self.per_epoch)
        return self.order(epoch)[position * self.batch_size : (position + 1) * self.batch_size]

    def first_use(self, sample: int) -> int:
        """The update in whose batch a sample, counted from 0, is for the first time."""
        return int(np.flatnonzero(self.order(0) == sample)[0]) // self.batch_size

    def batched(self) -> dict[Name, Tensor]:
        """The values of which a batch has a part: whole, with one part for each sample."""
        if self.batch_size == self.samples:
            return {}
        shapes, leaves = self.whole.shapes, self.whole.leaves.items()
        data = {name: leaf.value for name, leaf in leaves if leaf.role in ("input", "target", "initial")}
        data |= {name: value for name, value in self.whole.given.items() if name.of is None}
        return {name: value for name, value in data.items() if shapes.layout.count(shapes.of(name)) == self.samples}

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The order in which an epoch goes through the samples."""
        training = self.problem.training
        if training is None or not training.shuffle:
            return np.arange(self.samples)
        if training.seed is None:
            raise ProblemError.of("missing-seed", "shuffle needs a seed", training.place, "add  seed: 0  to training")
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, np.random.default_rng([training.seed, epoch]).permutation(self.samples)
        return self._order[1]

    def program_at(self, update: int) -> Program:
        """The program of a run; there is one for each number of samples in a batch."""
        if self.batch_size == self.samples:
            return self.whole
        position = update % self.per_epoch
        size = min(self.batch_size, self.samples - position * self.batch_size)
        if size not in self._programs:
            self._programs[size] = build(self.problem, self.batch(update))
            self._count_batches(self._programs[size])
        return self._programs[size]

    def _count_batches(self, program: Program) -> None:
        """Tell a schedule that counts epochs how many updates make one."""
        if program.updates is not None:
            program.updates.hyper.count_batches(self.per_epoch)

    def moment_with(self, update: int, parameters: dict[Name, Tensor]) -> Moment:
        """The values after `update` updates that led to these parameters."""
        program = self.program_at(update)
        moment = Moment(program, update, parameters, self.rounding)
        for text, value in self.batch(update).items():
            name = program.scope.names[text]
            assert value.array is not None
            moment.values[name] = value.array.reshape(program.shapes.named[name].dims)
        return moment

    def weight(self, update: int) -> int:
        """How often the loss of a batch counts in the sum over an epoch's samples."""
        return self.samples_of(update) if self.averaged() else 1

    def samples_of(self, update: int) -> int:
        """How many samples the batch of an update has."""
        return min(self.batch_size, self.samples - (update % self.per_epoch) * self.batch_size)

    def averaged(self) -> bool:
        """Whether the loss is a mean over the samples of a batch: by its reduction, or by a mean in its equations."""
        program = self.program
        loss = program.loss
        assert loss is not None
        if program.normalizer.averages:
            return True
        reach = program.differentiator.reaching(loss)
        equations = [equation for equation in program.forward if equation.name in reach]
        return any(
            isinstance(node, Call) and node.op == "mean"
            for equation in equations
            if not program.shapes.of(equation.name).dims
            for node in nodes(equation.expr)
        )
