"""What a problem file says, as records; every value keeps its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.core.diagnostics import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Text(NamedTuple):
    """A piece of text that the file gives: an equation, an address, a name."""

    text: str
    place: Place


class Value(NamedTuple):
    """A number or tensor of the file.

    `array` is float64, shaped as written: () for a number, (n,) for a flat list, (n, m) for a nested list. `classes`
    stands instead of it for `{class: ...}`: the labels as written, counted from `conventions.count_from`;
    `count` is the number of classes where the file says so (`{class: 2, of: 4}`). `sequences` is the number of
    sequences where several of equal length stand one after the other: on the first axis, with time on the second.
    """

    place: Place
    array: Tensor | None = None
    classes: tuple[int, ...] | None = None
    batch: bool = False  # `{class: [4, 2]}` is a batch, `{class: 2}` one sample
    count: int | None = None  # type: ignore[assignment]  # hides tuple.count
    sequences: int = 0


class Conventions(NamedTuple):
    """`conventions:`; None where the file does not say. `said` are the keys that stand in the file."""

    weights: str | None = None  # rows | columns
    samples: str | None = None  # rows | columns
    bias: str = "separate"  # separate | first | last
    count_from: int | None = None
    symbols: Mapping[str, str] = {}
    layer_numbers: str = "subscript"  # subscript | superscript | brackets
    relu_at_zero: int = 0
    step_at_zero: int | None = None
    sign_at_zero: int | None = None
    said: frozenset[str] = frozenset()


class Layer(NamedTuple):
    """One entry of `layers:`: its kind (`dense`) and its options as read.

    Tensors and numbers are in `values`; words (`Text`), booleans, mappings and again numbers (as int or float) in
    `options`. `option_places` are those of the keys.
    """

    kind: str
    place: Place
    values: Mapping[str, Value]
    options: Mapping[str, Any]
    option_places: Mapping[str, Place]


class Loss(NamedTuple):
    """`loss:`; `name` is a loss, an equation or an expression (`text`), options are `reduction`, `over_time`, ..."""

    text: Text
    options: Mapping[str, Any]
    option_places: Mapping[str, Place]


class Schedule(NamedTuple):
    """`training.schedule`: its kind, the numbers that the kind takes, and whether it counts updates or epochs."""

    place: Place
    kind: Text | None = None
    options: Mapping[str, float] = {}
    per: str | None = None  # update | epoch
    places: Mapping[str, Place] = {}


class Training(NamedTuple):
    """`training:`; hyperparameters by their usual names, each with its place in `places`."""

    place: Place
    optimizer: str = "sgd"
    learning_rate: float | None = None
    steps: int | None = None
    epochs: int | None = None
    batch_size: int | str | None = None
    shuffle: bool = False
    seed: int | None = None
    update: tuple[Text, ...] | None = None
    order: str = "simultaneous"
    truncate: int | None = None
    schedule: Schedule | None = None
    hyperparameters: Mapping[str, float] = {}
    decayed: tuple[Text, ...] | None = None
    state: Mapping[str, Value] = {}
    gradients: Mapping[str, Value] = {}
    places: Mapping[str, Place] = {}


class Rounding(NamedTuple):
    """How one equation's value (`name`, or every one's: None) is rounded as it is stored."""

    name: Text | None
    decimals: int | None
    significant: int | None
    ties: str  # even | zero | away
    place: Place


class Ask(NamedTuple):
    """One entry of `ask:`. `id` is what answers call it: the given id, else the address as written."""

    id: str
    of: Text
    options: Mapping[str, Any]  # decimals, significant, rtol, atol, points, percent, text


class Part(NamedTuple):
    """One entry of `parts:`: what it replaces of the problem, and its own asks."""

    id: str
    place: Place
    problem: Problem


class Problem(NamedTuple):
    """A problem file."""

    path: str
    place: Place
    title: str | None = None
    source: str | None = None
    text: str | None = None
    conventions: Conventions = Conventions()
    layers: tuple[Layer, ...] = ()
    equations: tuple[Text, ...] = ()
    parameters: Mapping[str, Value] = {}
    constants: Mapping[str, Value] = {}
    inputs: Mapping[str, Value] = {}
    targets: Mapping[str, Value] = {}
    given: Mapping[str, Value] = {}
    initial: Mapping[str, Value] = {}
    loss: Loss | None = None
    training: Training | None = None
    rounding: tuple[Rounding, ...] = ()
    ask: tuple[Ask, ...] = ()
    marking: Mapping[str, Any] = {}
    parts: tuple[Part, ...] = ()
    places: Mapping[str, Place] = {}  # of the top-level keys

    def where(self, key: str) -> Place:
        """The place of a top-level key, else of the file."""
        return self.places.get(key, self.place)

    def to_add(self, section: str, entry: str, others: str = "") -> str:
        """The help that says to add an entry to a section of the file."""
        return to_add(section, entry, others, there=section in self.places)


def to_add(section: str, entry: str, others: str = "", *, there: bool) -> str:
    """The help that says to add an entry to a section: where that is not `there` yet, as a line to paste."""
    others = f"  {others}" if others else ""
    return f"add  {entry}{others}  to {section}" if there else f"add  {section}: {{{entry}}}{others}"
