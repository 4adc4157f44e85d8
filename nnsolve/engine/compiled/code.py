"""The compiled updates of a plan with batches of one size, over single numbers or over arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.engine.compiled import arraycode
from nnsolve.engine.compiled.arraycode import ArrayCode
from nnsolve.engine.compiled.atoms import NotScalarError
from nnsolve.engine.compiled.batches import Batches, Rows
from nnsolve.engine.compiled.lowering import lower
from nnsolve.engine.compiled.scalarcode import ScalarCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.plan import Plan

    Tensor = NDArray[np.float64]


def seconds(plan: Plan) -> float:
    """How long one update takes, about; nothing where there is none, or where its equations have an error."""
    try:
        return arraycode.cost(lower(plan.program, plan.rounding, plan.batched()))
    except ProblemError:
        return 0.0


def fastest(plan: Plan) -> float:
    """How long one update takes, about, by the faster of both kinds of code."""
    values = {name: plan.program.leaves[name].value for name in plan.program.updated}
    return Code(plan, values, Batches(plan), 0, False).seconds


class Code:
    """The code of updates with one number of samples: over single numbers where that is faster, else over arrays."""

    def __init__(self, plan: Plan, values: Mapping[Name, Tensor], batches: Batches, position: int, loss: bool) -> None:
        self.plan = plan
        self.program = plan.program_at(position)
        self.values = values
        self.batches = batches
        self.loss = loss
        self.weight = float(plan.weight(position)) if loss else 1.0
        self.rounding = plan.rounding
        self._arrays: ArrayCode | None = None
        self.scalars = self._scalars()

    def _scalars(self) -> ScalarCode | None:
        try:
            graph = lower(self.program, self.rounding, self.batches.values, self.loss, scalar=True)
            code = ScalarCode(graph, self.weight)
        except NotScalarError:
            return None
        return code if code.cost < arraycode.cost(graph) else None

    @property
    def seconds(self) -> float:
        """How long one update takes, about."""
        return self.scalars.cost if self.scalars is not None else seconds(self.plan)

    @property
    def arrays(self) -> ArrayCode:
        if self._arrays is None:
            graph = lower(self.program, self.rounding, self.batches.values, self.loss)
            self._arrays = ArrayCode(graph, self.weight, self.values)
        return self._arrays

    def rows(self, epoch: int, start: int, stop: int) -> Rows:
        """The batches `start` to `stop` of an epoch, as `advance` takes them."""
        if self.scalars is not None:
            return self.batches.rows(self.scalars.data, epoch, start, stop, scalar=True)
        return self.batches.rows(self.arrays.data, epoch, start, stop, scalar=False)

    def advance(self, state: State, stretches: list[Rows], losses: list[float], total: float) -> None:
        """Make the updates of the stretches; `losses` gets the loss of each one, the first begins with `total`."""
        if self.scalars is None:
            state.tensors()
            self.arrays.advance(stretches, losses, total)
        else:
            self._advance_scalars(self.scalars, state, stretches, losses, total)

    def _advance_scalars(
        self, code: ScalarCode, state: State, stretches: list[Rows], losses: list[float], total: float
    ) -> None:
        """An update that raises (an exponential overflows, a quotient of 0) is made with arrays, as NumPy saturates.

        If the next one raises too, more and more are made so before single numbers are tried again.
        """
        pending: Iterator[Iterator[Any]] = map(iter, stretches)
        many, expected, before = 1, (-1, -1), len(losses)
        while True:
            stopped, total, state.changed = code.advance(pending, losses, total, state.numbers())
            if stopped is None:
                return
            stretch = len(losses) - before
            row = len(stretches[stretch]) - stopped.__length_hint__() - 1
            many = 2 * many if (stretch, row) == expected else 1
            rows = [self._tensors(code, numbers) for numbers in stretches[stretch][row : row + many]]
            found: list[float] = []
            state.tensors()
            self.arrays.advance([rows], found, total)
            (total,), expected = found, (stretch, row + many)
            pending = chain([further(stopped, many - 1)], pending)

    def _tensors(self, code: ScalarCode, numbers: list[float]) -> tuple[Tensor, ...]:
        """A row of numbers as a row of tensors."""
        shapes, tensors, start = self.program.shapes, {}, 0
        for name in code.data:
            shape = shapes.of(name)
            tensors[name] = np.reshape(np.array(numbers[start : start + shape.size]), shape.dims)
            start += shape.size
        return tuple([tensors[name] for name in self.arrays.data])


def further(rows: Iterator[Any], count: int) -> Iterator[Any]:
    """The same iterator, some rows further."""
    for _ in islice(rows, count):
        pass
    return rows


class State:
    """The parameters as tensors, and as single numbers where these are newer."""

    def __init__(self, values: dict[Name, Tensor]) -> None:
        self.values = values
        self.changed: tuple[float, ...] | None = None

    def numbers(self) -> Sequence[float]:
        """All numbers, one behind the other."""
        if self.changed is not None:
            return self.changed
        return [number for value in self.values.values() for number in value.ravel().tolist()]

    def tensors(self) -> None:
        """Bring the tensors up to date."""
        if self.changed is None:
            return
        start = 0
        for value in self.values.values():
            value[...] = np.reshape(self.changed[start : start + value.size], value.shape)
            start += value.size
        self.changed = None
