"""Mistakes that are made in one update alone, in the first or in the last of a few: all others are made right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nnsolve.checking.mistakes.mistake import CAUSES, COMMON, Slip
from nnsolve.checking.mistakes.scene import Scene
from nnsolve.core.names import Name
from nnsolve.engine.run import COMPILED_FROM


def made_once(slips: Iterable[Slip], scene: Scene) -> Iterator[Slip]:
    """Of the most common mistakes in emitted equations: each in the first update, and in the last one."""
    last = max((scene.updates_of(item) for item in scene.asked), default=0)
    if not 1 < last < COMPILED_FROM:
        return
    for slip in slips:
        if slip.emitted and not slip.forward and not slip.rounding and CAUSES[slip.code].weight >= COMMON:
            for update in (0, last - 1):
                yield slip._replace(at=_after(slip.at, slip.emitted, update), update=update)


def _after(at: str, changed: Iterable[Name], update: int) -> str:
    """Where a slip is made in one update, as the run of that one has it."""
    name = next(name for name in changed if str(name) == at)
    return str(name.after(name.update + update))
