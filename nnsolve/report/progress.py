"""A bar that shows how far a training is: the part that is done, the epoch, the loss, the time left."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from nnsolve.report.numbers import places, plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """The bar, drawn on a terminal whenever `show` is called and gone at the end."""

    def __init__(self, stream: TextIO, unicode: bool, updates: int, per_epoch: int) -> None:
        self.updates = updates
        self.per_epoch = per_epoch
        # rich asks the stream for its encoding: where the terminal shows ASCII alone, it gets such a stream.
        self.stream = stream if unicode else os.fdopen(os.dup(stream.fileno()), "w", encoding="ascii", errors="replace")
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # No thread: what is trained is not disturbed, and Ctrl-C comes through where it is waited for.
        self._progress = Progress(
            BarColumn(),
            TextColumn("epoch {task.fields[epoch]}  loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=Console(file=self.stream),
            transient=True,
            auto_refresh=False,
        )
        self._progress.start()
        self._task = self._progress.add_task("", total=self.updates, epoch="", loss="")
        return self

    def show(self, update: int, loss: float | None) -> None:
        """Draw the bar after a number of updates; `loss` is that of the last whole epoch."""
        assert self._progress is not None and self._task is not None
        epoch = f"{update // self.per_epoch}/{-(-self.updates // self.per_epoch)}"
        text = "" if loss is None else plain(loss, places([loss]))
        self._progress.update(self._task, completed=update, epoch=epoch, loss=text, refresh=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._progress is not None
        self._progress.stop()
