"""Mistakes in copying the numbers of a problem: a sign is lost, two neighbours have changed places."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.edits import over_time
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene

    Tensor = NDArray[np.float64]

MOST = 16
"""Numbers of one tensor that are each copied wrongly; of a larger one nobody copies them by hand."""


def _copied(scene: Scene) -> dict[Name, Tensor]:
    """What the file gives that is copied number by number: parameters, inputs, and targets that are no classes."""
    found = {name: leaf.value for name, leaf in scene.program.leaves.items() if leaf.role in ROLES}
    return {name: value for name, value in found.items() if 0 < value.size <= MOST}


ROLES = ("parameter", "input", "target")


def _sign_lost(scene: Scene) -> Iterator[Slip]:
    for name, value in _copied(scene).items():
        is_class = scene.program.leaves[name].role == "target" and bool(np.isin(value, (0, 1)).all())
        is_whole = value.size == 1 and name in scene.program.parameters  # has a cause of its own
        for i in () if is_class or is_whole else np.flatnonzero(value).tolist():
            yield Slip("sign-lost", str(name), given={name: partial(_negated_at, i)})


def _negated_at(i: int, value: Tensor) -> Tensor:
    changed = np.array(value)
    changed.flat[i] *= -1
    return changed


def _exchanged(scene: Scene) -> Iterator[Slip]:
    """Two neighbours in a row, in a vector, or in time."""
    for name, value in _copied(scene).items():
        flat, width = value.ravel(), value.shape[-1] if value.ndim and value.shape[-1] > 1 else value.size
        for i in range(value.size - 1):
            if (i + 1) % width and flat[i] != flat[i + 1]:
                yield Slip("numbers-exchanged", str(name), given={name: partial(_swapped_at, i)})
    leaves = scene.program.leaves
    inputs = [name for name, leaf in leaves.items() if leaf.role == "input" and name.time is not None]
    for names in over_time(inputs):
        for one, other in pairwise(names):
            a, b = leaves[one].value, leaves[other].value
            if a.shape == b.shape and not np.array_equal(a, b):
                given = {one: partial(_instead, b), other: partial(_instead, a)}
                yield Slip("numbers-exchanged", str(one), given=given)


def _swapped_at(i: int, value: Tensor) -> Tensor:
    changed = np.array(value)
    changed.flat[[i, i + 1]] = changed.flat[[i + 1, i]]
    return changed


def _instead(other: Tensor, _: Tensor) -> Tensor:
    return other


register(
    "sign-lost",
    "One number of the problem is used with the opposite sign: compare what you copied.",
    "source",
    _sign_lost,
    ("network", "z1"),
    RARE,
)
register(
    "numbers-exchanged",
    "Two neighbouring numbers of the problem have changed places: compare what you copied.",
    "source",
    _exchanged,
    ("network", "z1"),
    RARE,
)
