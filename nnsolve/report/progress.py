"""Bars that show how far a long run is: of a training the epoch and the loss, of files how many are checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from nnsolve.report.numbers import places, plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


REFRESH = 0.1
"""Seconds between two drawings of the bar of files."""


class Drawn:
    """A bar, drawn on a terminal whenever it is told how far the run is, and gone at the end."""

    text = ""
    """What stands behind the bar, in the notation of rich; `fields` are the names in it."""
    fields: Mapping[str, Any] = {}

    def __init__(self, stream: TextIO, unicode: bool, total: int) -> None:
        self.total = total
        # rich asks the stream for its encoding: where the terminal shows ASCII alone, it gets such a stream.
        self.stream = stream if unicode else os.fdopen(os.dup(stream.fileno()), "w", encoding="ascii", errors="replace")
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # No thread: what runs is not disturbed, and Ctrl-C comes through where it is waited for.
        self._progress = Progress(
            BarColumn(),
            TextColumn(self.text),
            TimeRemainingColumn(),
            console=Console(file=self.stream),
            transient=True,
            auto_refresh=False,
        )
        self._progress.start()
        self._task = self._progress.add_task("", total=self.total, **self.fields)
        return self

    def draw(self, done: int, **fields: Any) -> None:
        """Draw the bar."""
        assert self._progress is not None and self._task is not None
        self._progress.update(self._task, completed=done, refresh=True, **fields)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._progress is not None
        self._progress.stop()


class Bar(Drawn):
    """The bar of a training."""

    text = "epoch {task.fields[epoch]}  loss {task.fields[loss]}"
    fields: Mapping[str, Any] = {"epoch": "", "loss": ""}

    def __init__(self, stream: TextIO, unicode: bool, updates: int, per_epoch: int) -> None:
        super().__init__(stream, unicode, updates)
        self.per_epoch = per_epoch

    def show(self, update: int, loss: float | None) -> None:
        """Draw the bar after a number of updates; `loss` is that of the last whole epoch."""
        epoch = f"{update // self.per_epoch}/{-(-self.total // self.per_epoch)}"
        self.draw(update, epoch=epoch, loss="" if loss is None else plain(loss, places([loss])))


class FileBar(Drawn):
    """The bar of many files."""

    text = "{task.completed}/{task.total} files"

    def __init__(self, stream: TextIO, unicode: bool, files: int) -> None:
        super().__init__(stream, unicode, files)
        self._drawn = 0.0

    def show(self, done: int) -> None:
        """Draw the bar after a number of files, ten times a second at most."""
        if (now := perf_counter()) - self._drawn >= REFRESH or done == self.total:
            self._drawn = now
            self.draw(done)
