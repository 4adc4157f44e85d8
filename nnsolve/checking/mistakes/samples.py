"""Mistakes with what an update sees: how many samples, which of them, and how far back in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.engine.evaluate import evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.engine.run import Run
    from nnsolve.problem.model import Problem

    Tensor = NDArray[np.float64]


def _other_batch(scene: Scene) -> Iterator[Slip]:
    """An update after each sample, after two, or after all of them."""
    training, run = scene.program.problem.training, scene.run
    if training is None or run.samples < 2:
        return
    for size in sorted({1, 2, run.samples}):

        def resized(problem: Problem, size: int = size) -> Problem:
            assert problem.training is not None
            return problem._replace(training=problem.training._replace(batch_size=size))

        if size != run.batch_size:
            yield Slip("wrong-batch", "training", problem=resized)


def _other_sample(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        name, run = view.name, view.run
        if name is None or run.per_epoch < 2:
            return
        if view.is_seen_loss:
            yield from (_loss_of_a_batch(run, seen) for seen in run.epoch_updates(name.epoch or 0))
        if name.epoch is not None:
            return
        update, plain = run.home(name)
        if update > 0 and plain in run.program.updated:
            update, plain = update - 1, plain.after(1)
        if update + run.per_epoch > (run.last or 0):
            return
        parameters = {known: run.moment(update).value(known) for known in run.program.updated}
        for later in range(1, run.per_epoch):
            yield view.reported(run.moment_with(update + later, parameters).value(plain))

    yield Slip("wrong-sample", "", asked=asked)


def _loss_of_a_batch(run: Run, update: int) -> Tensor:
    """The mean loss per sample of one batch alone."""
    return run.seen_loss({update: run.moment(update)}) * run.samples / run.samples_of(update)


def _other_input(scene: Scene) -> Iterator[Slip]:
    """The gradient of a weight made of the right delta and the input of the next or the previous sample."""
    inputs = {name for name, leaf in scene.program.leaves.items() if leaf.role == "input"}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is None or view.name.epoch is not None or scene.loss is None:
            return
        run = view.run
        update, plain = run.home(view.name)
        wanted, gradient = plain, plain
        if update > 0 and plain in run.program.updated:
            update, wanted, gradient = update - 1, plain.after(1), plain.gradient(scene.loss)
        equation = run.program.equations.get(gradient)
        used = inputs & references(equation.expr).keys() if equation is not None and gradient.of is not None else set()
        if equation is None or len(used) != 1:
            return
        moment = run.moment(update)
        own = {name: moment.value(name) for name in (*references(equation.expr), *run.program.updated)}
        (x,) = used
        for other in _neighbours(scene, run, x, update, own):
            made = evaluate(equation.expr, scene.shapes, {**own, x: other})
            yield view.reported(run.moment_with(update, {**own, gradient: made}).value(wanted))

    yield Slip("input-of-another-sample", "", asked=asked)


def _neighbours(scene: Scene, run: Run, x: Name, update: int, own: dict[Name, Tensor]) -> Iterator[Tensor]:
    """The inputs of the samples before and after: of other updates, or all of a batch moved by one."""
    if run.per_epoch > 1 and update + run.per_epoch <= (run.last or 0):
        parameters = {name: own[name] for name in run.program.updated}
        yield from (run.moment_with(update + by, parameters).value(x) for by in {1, run.per_epoch - 1})
    if scene.shapes.layout.count(scene.shapes.of(x)) > 1:
        yield from (np.roll(own[x], by, 1 - scene.shapes.layout.features) for by in (1, -1))


def _truncated(scene: Scene) -> Iterator[Slip]:
    training = scene.program.problem.training
    if training is not None and training.truncate is not None:
        yield Slip("not-truncated", "training", problem=_whole)


def _whole(problem: Problem) -> Problem:
    assert problem.training is not None
    return problem._replace(training=problem.training._replace(truncate=None))


register(
    "wrong-batch",
    "A batch has another number of samples than the problem says.",
    "source",
    _other_batch,
    ("steps", "W@1"),
)
register(
    "wrong-sample",
    "This is the value for another sample, or for another batch of them.",
    "asked",
    _other_sample,
    ("steps", "z"),
)
register(
    "input-of-another-sample",
    "The error of one sample is multiplied with the input of another one.",
    "asked",
    _other_input,
    ("steps", "W@1"),
    RARE,
)
register(
    "not-truncated",
    "The error is carried back over more time steps than the problem says.",
    "source",
    _truncated,
    ("truncated", "dL/dW_hh"),
    paired=True,
)
