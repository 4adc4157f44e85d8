"""What a training came to: the losses on the way and at the end, the parameters, the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.engine.curve import Curve
from nnsolve.engine.doubts import doubts
from nnsolve.engine.moment import Moment
from nnsolve.engine.predictions import Predictions, predictions
from nnsolve.engine.run import Run
from nnsolve.engine.training import Divergence
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class WholeLoss(NamedTuple):
    """The loss over all samples: as the file defines it, and its mean per sample."""

    value: float
    per_sample: float


class Outcome(NamedTuple):
    """A training as far as it went.

    `before` and `after` are the losses over all samples (None where there is no loss); `parameters` has a step for
    each parameter, trained or not, and (role `state`) for what the optimizer keeps, named after the number of updates.
    Where the training diverged there is nothing of the end, and the losses on the way end before. `warnings` are
    doubts about the problem.
    """

    problem: Problem
    run: Run
    updates: int
    curve: Curve
    loss: Name | None
    before: WholeLoss | None
    after: WholeLoss | None
    parameters: tuple[Step, ...]
    predictions: Predictions | None
    divergence: Divergence | None
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def epochs(self) -> int:
        """How many epochs were completed."""
        return self.updates // self.run.per_epoch

    @property
    def finished(self) -> bool:
        """Whether all updates were made that the training says."""
        return self.updates == self.run.last


def outcome(run: Run, values: Mapping[Name, Tensor], updates: int, curve: Curve, failed: Divergence | None) -> Outcome:
    """What a training came to; `values` are what its updates changed.

    A last update that leads out of the finite numbers is a divergence too.
    """
    start = Moment(run.whole, 0, {}, run.rounding)
    before, warnings = _loss(run, start), tuple(doubts(start))
    if failed is None:
        end = Moment(run.whole, updates, values, run.rounding)
        after, found = _loss(run, end), predictions(end, run.samples)
        failed = _not_finite(end)
    if failed is not None:
        curve.cut(failed.update // run.per_epoch)
        return Outcome(
            run.problem, run, failed.update, curve, run.program.loss, before, None, (), None, failed, warnings
        )
    steps = tuple([_step(run, end, name, updates) for name in _kept(run, values)])
    return Outcome(run.problem, run, updates, curve, run.program.loss, before, after, steps, found, None, warnings)


def _loss(run: Run, moment: Moment) -> WholeLoss | None:
    if run.program.loss is None:
        return None
    value = float(moment.value(run.program.loss).ravel()[0])
    return WholeLoss(value, value if run.averaged() else value / run.samples)


def _not_finite(moment: Moment) -> Divergence | None:
    """The first value that is not finite after the last update."""
    for equation in moment.program.forward:
        if equation.name in moment.values and not np.isfinite(moment.values[equation.name]).all():
            return Divergence(moment.update, equation.name, equation.place)
    return None


def _kept(run: Run, values: Mapping[Name, Tensor]) -> list[Name]:
    """The parameters in the order of the file, then the optimizer's state."""
    return [*run.whole.parameters, *(name for name in values if name not in run.whole.parameters)]


def _step(run: Run, moment: Moment, name: Name, updates: int) -> Step:
    changed = name in run.whole.updated
    shape = run.whole.shapes.named.get(name, Shape(np.shape(moment.values[name])))
    role = "parameter" if name in run.whole.parameters else "state"
    return Step(name.after(updates) if changed else name, "given", moment.values[name], shape, role=role)
