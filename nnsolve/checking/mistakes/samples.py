"""Mistakes with what an update sees: how many samples, which of them, and how far back in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.mistake import Slip, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.engine.run import Run
    from nnsolve.problem.model import Problem

    Tensor = NDArray[np.float64]


def _other_batch(scene: Scene) -> Iterator[Slip]:
    """An update after each sample, or after all of them."""
    training, run = scene.program.problem.training, scene.run
    if training is None or run.samples < 2:
        return
    for size in (1, run.samples):

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


def _truncated(scene: Scene) -> Iterator[Slip]:
    training = scene.program.problem.training
    if training is not None and training.truncate is not None:
        yield Slip("not-truncated", "training", problem=_whole)


def _whole(problem: Problem) -> Problem:
    assert problem.training is not None
    return problem._replace(training=problem.training._replace(truncate=None))


register(
    "wrong-batch",
    "The parameters are updated after another number of samples than the problem says.",
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
    "not-truncated",
    "The error is carried back over more time steps than the problem says.",
    "source",
    _truncated,
    ("truncated", "dL/dW_hh"),
)
