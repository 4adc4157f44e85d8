"""The right calculation, but another value is given: of a neighbour, in another order, in percent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.edits import deltas, each, leaf_gradients, renamed
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.expressions import references
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]

PERMUTED = 4
"""Vectors of at most so many elements are tried in any order; longer ones backwards and moved by one. Of a matrix
with so many rows two may be exchanged."""


def _same_kind(scene: Scene, view: View) -> Iterator[Name]:
    """The quantities of the same stem in the layers below and above; of free equations the neighbouring activations."""
    name = view.name
    if name is None:
        return
    known = {e.name for e in scene.equations} | set(scene.program.leaves)
    for primal in _neighbours(scene, name.after(0).primal):
        other = primal if name.of is None else primal.gradient(name.of)
        if (primal in known or other in known) and scene.shapes.named.get(primal) is not None:
            yield other.after(name.update)


def _neighbours(scene: Scene, name: Name) -> Iterator[Name]:
    if name.layer is not None:
        yield from (name._replace(layer=layer) for layer in (name.layer - 1, name.layer + 1))
        return
    for kind in zip(*((a, z) for a, _, z in scene.activations()), strict=True):
        if name in kind:
            here, layer = kind.index(name), scene.program.layer_of(name)
            near = (*kind[max(here - 1, 0) : here], *kind[here + 1 : here + 2])
            yield from (other for other in near if layer is None or scene.program.layer_of(other) != layer)


def _wrong_layer(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        for name in _same_kind(scene, view):
            yield view.of(name)

    yield Slip("wrong-layer", "", asked=asked)
    yield from _wrong_input(scene)
    yield from _wrong_factor(scene)


def _wrong_input(scene: Scene) -> Iterator[Slip]:
    """x for a1 in z2 = W2 a1 + b2, where it fits."""
    given = {name for name, leaf in scene.program.leaves.items() if leaf.role == "input"}
    outputs = {a for a, _, _ in scene.activations()} | given
    sums = {z for _, _, z in scene.activations()}
    fed = [(e, [name for name in references(e.expr) if name in outputs]) for e in scene.forward if e.name in sums]
    for (lower, below), (upper, above) in pairwise(fed):
        for one, other in ((below, above), (above, below)) if len(below) == len(above) == 1 else ():
            is_step = one[0]._replace(time=None) == other[0]._replace(time=None)
            if scene.dims(one[0]) == scene.dims(other[0]) and not is_step:
                change = renamed((other[0], one[0]))
                yield from each("wrong-layer", [upper if other is above else lower], change, forward=True)


def _wrong_factor(scene: Scene) -> Iterator[Slip]:
    """x or a2 for a1 in the gradient of W2, and dL/dz1 for dL/dz2, where they fit."""
    inputs = [name for name, leaf in scene.program.leaves.items() if leaf.role == "input"]
    layers = list(scene.activations())
    values = [name for name in (*inputs, *(a for a, _, _ in layers)) if name.time is None]
    computed = {e.name for e in deltas(scene)}
    errors = [z.gradient(scene.loss) for _, _, z in layers if scene.loss is not None]
    for chain in (values, [name for name in errors if name in computed and name.time is None]):
        for lower, upper in pairwise(chain):
            if scene.dims(lower) == scene.dims(upper):
                yield from each("wrong-layer", leaf_gradients(scene), renamed((lower, upper)))
                yield from each("wrong-layer", leaf_gradients(scene), renamed((upper, lower)))


def _gradient_of_another(scene: Scene) -> Iterator[Slip]:
    """dL/db1 for dL/dW1, dL/dz1 for dL/da1: another gradient of the same layer, where its shape fits."""

    def asked(view: View) -> Iterator[Tensor]:
        name = view.name
        if name is None or name.of is None:
            return
        for equation in scene.backward:
            other = equation.name
            if other.of == name.of and other != name.after(0) and other.time == name.time:
                same_layer = scene.program.layer_of(other.primal) == scene.program.layer_of(name.primal.after(0))
                if same_layer and scene.dims(other) == view.shape(name).dims:
                    yield view.of(other.after(name.update))

    yield Slip("another-gradient", "", asked=asked)


def _permuted(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        own = view.own
        if own.ndim == 1 and 1 < own.size <= PERMUTED:
            for order in list(permutations(range(own.size)))[1:]:
                yield own[list(order)]
        elif own.ndim >= 1 and own.size > 1:
            yield from _rows_exchanged(own)
            for axis in range(own.ndim):
                yield np.flip(own, axis)
                for shift in (-1, 1):
                    yield np.roll(own, shift, axis)

    yield Slip("elements-permuted", "", asked=asked)


def _rows_exchanged(own: Tensor) -> Iterator[Tensor]:
    """Two rows that are not zero in each other's place, where there are few of them: the words of a sentence."""
    rows = np.flatnonzero(own.any(axis=tuple(range(1, own.ndim))))
    for one, other in combinations(rows, 2) if len(rows) <= PERMUTED else ():
        order = np.arange(len(own))
        order[[one, other]] = other, one
        yield own[order]


def _percent(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        yield view.own * 100
        if view.item.ask.options.get("percent"):
            yield view.own / 100

    yield Slip("percent", "", asked=asked)


register(
    "wrong-layer",
    "This is the value of the neighbouring layer.",
    "asked",
    _wrong_layer,
    ("network", "dL/dz1"),
)
register(
    "another-gradient",
    "This is another gradient of the same layer.",
    "asked",
    _gradient_of_another,
    ("network", "dL/dz1"),
    2.0,
)
register(
    "elements-permuted",
    "The right numbers stand in a different order.",
    "asked",
    _permuted,
    ("network", "dL/dz2"),
    2.0,
)
register(
    "percent",
    "It is given in percent where a fraction is asked for, or the other way round.",
    "asked",
    _percent,
    ("classifier", "second"),
    RARE,
)
