"""The losses of the epochs of a training, thinned out as they come: a million epochs take no more memory than 2000."""

from __future__ import annotations

from collections.abc import Collection

MOST = 2000
"""Epochs that are kept; when there are more, only every fifth or every second of them stays."""

ROWS = 12
"""Not many more epochs are chosen for a table."""


class Curve:
    """The mean loss per sample that was seen during each epoch (`L@e3`).

    Kept are the first epoch, the multiples of a stride that grows as 1, 5, 10, 50, 100 ... (so that round numbers
    stay), the last epoch, and those that are `wanted`.
    """

    def __init__(self, wanted: Collection[int] = ()) -> None:
        self.wanted = frozenset(wanted)
        self.stride = 1
        self.epochs = 0
        self.last: float | None = None
        self._kept: dict[int, float] = {}
        self._wanted: dict[int, float] = {}

    def add(self, epoch: int, loss: float | None) -> None:
        """The loss of the next epoch, counted from 1; None, where nothing defines a loss, leaves no point."""
        if loss is None:
            return
        if epoch % self.stride == 0 or epoch == 1:
            self._kept[epoch] = loss
            if len(self._kept) > MOST:
                self._thin()
        if epoch in self.wanted:
            self._wanted[epoch] = loss
        self.epochs, self.last = epoch, loss

    def cut(self, epochs: int) -> None:
        """Forget what came after a number of epochs."""
        if epochs < self.epochs:
            self.epochs, self.last = epochs, self._kept.get(epochs)
            self._wanted = {epoch: loss for epoch, loss in self._wanted.items() if epoch <= epochs}

    def _thin(self) -> None:
        stride = self.stride * (5 if str(self.stride)[0] == "1" else 2)
        self._kept = {epoch: loss for epoch, loss in self._kept.items() if epoch % stride == 0 or epoch == 1}
        self.stride = stride

    @property
    def points(self) -> dict[int, float]:
        """What is kept of the curve: epochs in order, with their losses."""
        points = {epoch: loss for epoch, loss in self._kept.items() if epoch <= self.epochs}
        return points if self.last is None else points | {self.epochs: self.last}

    @property
    def table(self) -> dict[int, float]:
        """The wanted epochs, as far as they were reached; else the first, the last, and round numbers between."""
        if self.wanted:
            return dict(sorted(self._wanted.items()))
        step = round_step(self.epochs, ROWS)
        chosen = {1, self.epochs, *range(step, self.epochs, step)}
        return {epoch: loss for epoch, loss in self.points.items() if epoch in chosen}


def round_step(count: int, parts: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that goes at most `parts` times into a count."""
    step, factors = 1, (2.0, 2.5, 2.0)
    n = 0
    while count > parts * step:
        step = int(step * factors[n % 3])
        n += 1
    return step
