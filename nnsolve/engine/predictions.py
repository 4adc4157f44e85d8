"""What a network predicts for each sample, beside inputs and target, and how many of its decisions are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.expressions import Call
from nnsolve.core.names import Name
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
    """The predictions for all samples in the order of the file; of sequences a row for each of their `steps`."""

    inputs: tuple[Column, ...]
    target: Column | None
    prediction: Column
    decisions: Decisions | None
    samples: int
    steps: int

    @property
    def rows(self) -> int:
        return len(self.prediction.rows)


def predictions(moment: Moment, samples: int) -> Predictions | None:
    """The predictions of a moment over all samples; None where nothing is called `y_hat`."""
    program = moment.program
    single = program.scope.find("y_hat")
    steps = [single] if single is not None else list(program.scope.sequence("y_hat"))
    if not steps or not all(name in program.equations for name in steps):
        return None
    target = _target(program, steps)
    if target and len(target) < len(steps):  # what is compared is the last step alone
        steps = steps[-1:]
    table = _Table(moment, samples, len(steps))
    prediction = table.column(steps)
    if prediction is None:
        return None
    compared = table.column(target) if target else None
    outputs, wanted = prediction.rows, None if compared is None else compared.rows
    return Predictions(
        tuple([column for names in _quantities(program, "input") if (column := table.column(names)) is not None]),
        compared,
        prediction,
        _decisions(_operations(program, steps[-1]), outputs, wanted),
        samples,
        len(steps),
    )


def _quantities(program: Program, role: str) -> list[list[Name]]:
    """The given quantities of a role, each with its time steps."""
    found: dict[Name, list[Name]] = {}
    for name, leaf in program.leaves.items():
        if leaf.role == role:
            found.setdefault(name._replace(time=None), []).append(name)
    return list(found.values())


def _target(program: Program, steps: list[Name]) -> list[Name] | None:
    """The only target that has the shape of the prediction, at every step or at the last one."""
    shape = program.shapes.of(steps[-1]).dims
    fitting = [
        names
        for names in _quantities(program, "target")
        if len(names) in (1, len(steps)) and all(program.shapes.of(name).dims == shape for name in names)
    ]
    return fitting[0] if len(fitting) == 1 else None


class _Table:
    """Cuts values into rows: a row for each sample, or for each step of each."""

    def __init__(self, moment: Moment, samples: int, steps: int) -> None:
        self.moment = moment
        self.samples = samples
        self.steps = steps

    def column(self, names: list[Name]) -> Column | None:
        """A quantity with its time steps; None where it has another number of samples or steps.

        Where the prediction is a single one, all steps of a sequence stand in the row of their sample.
        """
        parts = [self.part(name) for name in names]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            return None
        name = names[0] if len(names) == 1 else names[0]._replace(time=None)
        if self.steps == 1:
            return _column(name, np.concatenate(found, axis=1))
        if len(found) == 1:
            found *= self.steps
        if len(found) != self.steps:
            return None
        return _column(name, np.stack(found, axis=1).reshape(self.samples * self.steps, -1))

    def part(self, name: Name) -> Tensor | None:
        """The value at one step, a row a sample."""
        program = self.moment.program
        shape, layout, value = program.shapes.of(name), program.shapes.layout, self.moment.value(name)
        if self.samples == 1:
            return value.reshape(1, -1)
        if layout.count(shape) != self.samples:
            return None
        return value.T if layout.features == 0 else value


def _column(name: Name, rows: Tensor) -> Column:
    return Column(name, rows, rows.shape[1:] if rows.shape[1] > 1 else ())


def _operations(program: Program, name: Name) -> set[str]:
    """What tells how a prediction is meant: the operation that makes it, and the loss by its name."""
    expr = program.equations[name].expr
    found = {expr.op} if isinstance(expr, Call) else set()
    loss = program.problem.loss
    return found if loss is None else found | {loss.text.text.strip()}


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
