"""The data of many updates at once, as compiled code takes them: a row for each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.plan import Plan

    Tensor = NDArray[np.float64]

Rows = Sequence[Any]

MAX_NUMBERS = 1 << 22
"""Numbers that are rearranged at a time (32 MB)."""


class Batches:
    """Cuts the data of a plan into batches."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        training = plan.problem.training
        self.shuffled = training is not None and training.shuffle and plan.batch_size < plan.samples
        self.values = plan.batched()
        numbers = sum(value.size for value in self.values.values()) // plan.samples * plan.batch_size
        self.at_a_time = max(MAX_NUMBERS // max(numbers, 1), 1)  # batches that are cut at a time
        self._kept: dict[tuple[Any, ...], Rows] = {}

    def rows(self, names: Sequence[Name], epoch: int, start: int, stop: int, scalar: bool) -> Rows:
        """The batches `start` to `stop` of an epoch, all of one size: the tensors of the names, or all their numbers.

        Where no name's value depends on the batch, a row is empty.
        """
        if not names:
            return [()] * (stop - start)
        plan = self.plan
        if self.shuffled or plan.per_epoch > self.at_a_time:
            return self._cut(names, epoch, start, stop, scalar)
        first, last = (0, plan.whole_batches) if start < plan.whole_batches else (plan.whole_batches, plan.per_epoch)
        key = (tuple(names), first, scalar)
        if key not in self._kept:
            self._kept[key] = self._cut(names, epoch, first, last, scalar)
        return self._kept[key][start - first : stop - first]

    def _cut(self, names: Sequence[Name], epoch: int, start: int, stop: int, scalar: bool) -> Rows:
        plan = self.plan
        size = min(plan.batch_size, plan.samples - start * plan.batch_size)
        first, last = start * plan.batch_size, start * plan.batch_size + (stop - start) * size
        order = plan.order(epoch)[first:last] if self.shuffled else slice(first, last)
        blocks = [self._block(name, order, stop - start, size) for name in names]
        if scalar:
            rows: Rows = np.concatenate([block.reshape(stop - start, -1) for block in blocks], axis=1).tolist()
            return rows
        return list(zip(*blocks, strict=True))

    def _block(self, name: Name, order: Any, count: int, size: int) -> Tensor:
        """The parts of a value for each batch, one behind the other."""
        whole = self.values[name]
        if self.plan.whole.shapes.layout.features == 1:
            return np.reshape(whole[order], (count, size, -1))
        return np.ascontiguousarray(whole[:, order].reshape(-1, count, size).transpose(1, 0, 2))
