"""What a network predicts for each sample, beside inputs and target, and how many of its decisions are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.blocks import LOSSES
from nnsolve.core.expressions import Call, nodes
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Column(NamedTuple):
    """One quantity, a row for each sample; `shape` is that of one sample's part, () for a number."""

    name: Name
    rows: Tensor
    shape: tuple[int, ...]


class Decisions(NamedTuple):
    """What the predictions decide for each sample, and what the targets say.

    `rule` tells how: `largest` (the class whose output is the largest, counted from 0), `rounded` (each output is 0 or
    1, from 0.5 on 1) or `sign` (-1 or 1; an output of exactly 0 decides nothing and is 0). `targets` is None where
    there is no target that says what is right. `given` says that the predictions are decisions already.
    """

    rule: str
    decided: NDArray[np.int64]
    targets: NDArray[np.int64] | None
    given: bool = False

    @property
    def right(self) -> NDArray[np.bool_] | None:
        """Which samples are decided rightly, in all their outputs."""
        if self.targets is None:
            return None
        found: NDArray[np.bool_] = (self.decided == self.targets).all(axis=1)
        return found


class Predictions(NamedTuple):
    """The predictions for all samples, in the order of the file."""

    inputs: tuple[Column, ...]
    target: Column | None
    prediction: Column
    decisions: Decisions | None

    @property
    def samples(self) -> int:
        return len(self.prediction.rows)


def predictions(moment: Moment, samples: int) -> Predictions | None:
    """The predictions of a moment over all samples; None where nothing is called `y_hat`."""
    program = moment.program
    name = program.scope.find("y_hat")
    if name is None or name not in program.equations:
        return None
    prediction = _column(program, name, moment.value(name), samples)
    if prediction is None:
        return None
    leaves = [(leaf, role.role) for leaf, role in program.leaves.items()]
    inputs = [_column(program, leaf, moment.values[leaf], samples) for leaf, role in leaves if role == "input"]
    shape = program.shapes.of(name).dims
    fitting = [leaf for leaf, role in leaves if role == "target" and program.shapes.of(leaf).dims == shape]
    target = _column(program, fitting[0], moment.values[fitting[0]], samples) if len(fitting) == 1 else None
    return Predictions(
        tuple([column for column in inputs if column is not None]),
        target,
        prediction,
        _decisions(_operations(program, name), prediction.rows, None if target is None else target.rows),
    )


def _column(program: Program, name: Name, value: Tensor, samples: int) -> Column | None:
    """The value, cut into the samples; None where it has another number of them."""
    shape, layout = program.shapes.of(name), program.shapes.layout
    if samples == 1:
        return Column(name, value.reshape(1, -1), _of_one(shape))
    if layout.count(shape) != samples:
        return None
    rows = value.T if layout.features == 0 else value
    return Column(name, rows, rows.shape[1:] if rows.shape[1] > 1 else ())


def _of_one(shape: Shape) -> tuple[int, ...]:
    return shape.reported if shape.size > 1 else ()


def _operations(program: Program, name: Name) -> set[str]:
    """What tells how a prediction is meant: the operation that makes it, and the losses."""
    expr = program.equations[name].expr
    found = {expr.op} if isinstance(expr, Call) else set()
    if program.loss in program.equations:
        every = nodes(program.equations[program.loss].expr)
        found |= {node.op for node in every if isinstance(node, Call) and node.op in LOSSES}
    return found


def _decisions(operations: set[str], outputs: Tensor, targets: Tensor | None) -> Decisions | None:
    """How a prediction is read as a decision; None where it is a quantity, or may be anything."""
    several = outputs.shape[1] > 1
    one_hot = several and targets is not None and _among(targets, 0, 1) and bool((targets.sum(axis=1) == 1).all())
    if one_hot or (several and operations & {"softmax", "log_softmax"}):
        truth = targets.argmax(axis=1)[:, None] if one_hot and targets is not None else None
        return Decisions("largest", outputs.argmax(axis=1)[:, None], truth)
    if targets is None or not np.isfinite(outputs).all():
        return None
    if _among(targets, 0, 1) and operations & {"sigmoid", "step", "round"}:
        given = _among(outputs, 0, 1)
        return Decisions("rounded", (outputs >= 0.5).astype(np.int64), targets.astype(np.int64), given)
    if _among(targets, -1, 1) and operations & {"tanh", "sign", "hinge"}:
        return Decisions("sign", np.sign(outputs).astype(np.int64), targets.astype(np.int64), _among(outputs, -1, 1))
    return None


def _among(values: Tensor, *allowed: float) -> bool:
    return bool(np.isin(values, allowed).all())
