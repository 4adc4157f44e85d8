"""What the picture of a small network shows: its units in columns, their values, and the weights between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.names import Name
from nnsolve.report.draw.runs import Run, fitted, width_of
from nnsolve.report.draw.scene import EQUALS, Layer, Scene
from nnsolve.report.tensors import picked, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST_UNITS = 12
"""Units of a layer that are all drawn; of more the first ones, dots, and the last."""

NAME, VALUE, TAG = 13.0, 11.0, 10.0
"""Sizes of text: of names and values in the circles, and of what stands above and below them."""

LONGEST = 90.0
"""The width of a name; a longer one is cut."""

DOTS = -1


class Unit(NamedTuple):
    """A circle: the name and the value in it, the bias above and the target below it."""

    name: tuple[Run, ...]
    value: str
    bias: tuple[Run, ...] = ()
    target: tuple[Run, ...] = ()

    @property
    def width(self) -> float:
        """What the circle has to be as wide as: lines pass between the columns only."""
        return max(
            width_of(self.name, NAME) + 12.0,
            width_of((Run(self.value),), VALUE) + 14.0,
            width_of(self.bias, TAG),
            width_of(self.target, TAG),
        )


class Weights(NamedTuple):
    """The weights that lead to a column: those between units that are drawn, and all of them, with their texts."""

    name: Name
    drawn: Tensor
    texts: list[list[str]]
    whole: list[list[str]]


class Column(NamedTuple):
    """A layer: its units (None for dots), what is said below it, and the weights that lead to it."""

    units: list[Unit | None]
    formulas: list[tuple[Run, ...]]
    weights: Weights | None = None


def drawable(scene: Scene) -> bool:
    """Whether the problem is a chain of dense layers that read one value each."""
    return bool(scene.layers) and all(layer.kind == "dense" and not layer.site.recurrent for layer in scene.layers)


def widest(scene: Scene) -> int:
    """The number of units of the widest layer, inputs included."""
    return max(max(_weights(scene, layer)[0].shape, default=1) for layer in scene.layers)


def columns(scene: Scene) -> list[Column]:
    """The inputs and the layers."""
    source = scene.layers[0].site.inputs[0].value.name
    values = scene.numbers(source)
    shown = picked(len(values), MOST_UNITS)
    several = len(values) > 1
    found = [
        Column(
            [None if k == DOTS else Unit(_name(scene, source, k, several), values[k]) for k in shown],
            [(*scene.name(source), Run(" (input)"))],
        )
    ]
    for layer in scene.layers:
        found.append(_column(scene, layer, shown))
        shown = picked(len(scene.numbers(output(layer))), MOST_UNITS)
    return found


def output(layer: Layer) -> Name:
    """What a layer gives to the next one."""
    return layer.site.outputs[0].value.name


def _column(scene: Scene, layer: Layer, before: list[int]) -> Column:
    """The units of a layer, with their weights from those that are drawn before them."""
    weight, name = layer.named("W"), output(layer)
    assert weight is not None
    weights, bias = _weights(scene, layer)
    values = scene.numbers(name)
    several = len(values) > 1
    shown = picked(len(values), MOST_UNITS)
    biases = [] if bias is None else texts([bias.tolist()], scene.style)[0]
    letter = fitted(scene.letter(layer.named("b") or Name("b")), LONGEST / 2, TAG)
    targets = _targets(scene, len(values)) if layer is scene.layers[-1] else []
    units = [
        None
        if k == DOTS
        else Unit(
            _name(scene, name, k, several),
            values[k],
            (*letter, EQUALS, Run(biases[k])) if biases else (),
            targets[k] if targets else (),
        )
        for k in shown
    ]
    rows, across = [k for k in shown if k != DOTS], [k for k in before if k != DOTS]
    whole = texts(weights.tolist(), scene.style)
    some = [[whole[i][j] for j in across] for i in rows]
    formulas = [scene.formula(equation) for equation in layer.site.equations]
    return Column(units, formulas, Weights(weight, weights[np.ix_(rows, across)], some, whole))


def _weights(scene: Scene, layer: Layer) -> tuple[Tensor, Tensor | None]:
    """The weights with a row for each unit, and the bias of each, folded or not."""
    weight, site = layer.named("W"), layer.site
    assert weight is not None
    value = scene.moment.value(weight)
    value = value.reshape(1, 1) if value.ndim == 0 else value if site.weights == "rows" else value.T
    if site.bias == "last":
        return value[:, :-1], value[:, -1]
    if site.bias == "first":
        return value[:, 1:], value[:, 0]
    b = layer.named("b")
    return value, None if b is None else np.broadcast_to(scene.moment.value(b).ravel(), (len(value),))


def _targets(scene: Scene, count: int) -> list[tuple[Run, ...]]:
    """The target of each output, where there is one."""
    names = [name for name, leaf in scene.program.leaves.items() if leaf.role == "target"]
    values = scene.numbers(names[0]) if len(names) == 1 else []
    if len(values) != count:
        return []
    return [(*_name(scene, names[0], k, count > 1), EQUALS, Run(value)) for k, value in enumerate(values)]


def _name(scene: Scene, name: Name, element: int, several: bool) -> tuple[Run, ...]:
    """The name of a unit."""
    return fitted(scene.name(name, element if several else None), LONGEST, NAME)
