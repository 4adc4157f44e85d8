"""What a layer is given to expand into equations, and the registry of layers."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref, call
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

Activation: TypeAlias = Callable[[Expr], Expr]
"""A function of the pre-activation."""


class Given(NamedTuple):
    """A value of the file, with its place."""

    array: Tensor
    place: Place | None


class Step(NamedTuple):
    """What a layer reads or gives at one time step; `time` is None where there is no time."""

    time: int | None
    value: Ref


class LayerSite:
    """One layer of a problem while it is expanded.

    `given` are the layer's tensors and `options` its words as written, `words` what these may be; the layer's `number`
    is left out of the names of `unnumbered` stems, which it alone has; `place` tells where each option stands. `inputs`
    is what the layer reads, one value or one for each time step, each of `shape`. The layer declares parameters,
    initial states and equations; `outputs` is what the next layer reads, each of `output_shape`.

    Quantities are named by a stem, `W`, or a stem and a gate, `W_fx`; `time` is the step that they belong to.
    """

    def __init__(
        self,
        number: int | None,
        symbols: Mapping[str, str],
        exact: Mapping[str, str],
        given: Mapping[str, Tensor],
        options: Mapping[str, Any],
        words: Mapping[str, tuple[str, ...]],
        unnumbered: Container[str],
        place: Callable[[str], Place | None],
        weights: str,
        bias: str,
        layout: Layout,
        inputs: Sequence[Step],
        shape: Shape | None,
        activation: Callable[[str], Activation | None],
        initial: Callable[[Name, str], Given | None],
        as_vectors: Callable[[int], Shape | None],
        value: Callable[[Name], Given | None],
        count_from: int | None = None,
    ) -> None:
        self.number = number
        self.symbols = symbols
        self.exact = exact
        self.given = given
        self.options = options
        self.words = words
        self.unnumbered = unnumbered
        self.place = place
        self.weights = weights
        self.bias = bias
        self.layout = layout
        self.inputs = tuple(inputs)
        self.shape = shape
        self._activation = activation
        self._initial = initial
        self._as_vectors = as_vectors
        self.value = value  # of an input, with its place; None for what is computed
        self.count_from = count_from
        self.parameters: dict[Name, tuple[Tensor, Shape]] = {}
        self.initial_states: dict[Name, tuple[Tensor | None, Shape, Place | None]] = {}  # None: zeros
        self.equations: list[Equation] = []
        self.aliases: dict[Name, Name] = {}
        self.declared: dict[Name, tuple[str, int | None]] = {}
        self.outputs: tuple[Step, ...] = ()
        self.output_shape: Shape | None = None

    @property
    def recurrent(self) -> bool:
        """Whether the layer reads a sequence."""
        return self.inputs[0].time is not None

    def name(self, stem: str, time: int | None = None) -> Name:
        """The name of one of the layer's quantities, in the problem's symbols."""
        if stem in self.exact:
            text = self.exact[stem]
            head = text.removesuffix(str(self.number)) if self.number is not None else text
            numbered = head and head != text and not head[-1].isdigit()
            return Name(head, self.number, time=time) if numbered else Name(text, time=time)
        head, _, gate = stem.partition("_")
        if gate and stem in self.symbols:
            head, _, gate = self.symbols[stem].partition("_")
        else:
            head = self.symbols.get(head, head)
        return Name(head, None if stem in self.unnumbered else self.number, gate, time)

    def fail(self, code: str, message: str, option: str, help: str | None = None) -> ProblemError:
        where = f"layer {self.number}: " if self.number else ""
        return ProblemError.of(code, where + message, self.place(option), help)

    def word(self, option: str, default: str | None = None) -> str | None:
        """One of the words that an option may be; raises where it is another, or no word."""
        choices = self.words[option]
        if option not in self.options:
            if option in self.given:
                raise self.fail("unknown-choice", f"{option} is {' or '.join(choices)}, not a list", option)
            return default
        found = self.options[option]
        text = getattr(found, "text", found)
        if text not in choices:
            message = f"{option} is {' or '.join(choices)}, not {text}"
            raise self.fail("unknown-choice", message, option, did_you_mean(str(text), choices))
        return str(text)

    def activation(self, option: str = "activation", default: str | None = None) -> Activation | None:
        """The function that an option names, or its default's; None where there is neither."""
        found = self._activation(option)
        if found is None and default is not None:
            return lambda z: call(default, z)
        return found

    def read_features(self, count: int) -> int | None:
        """How many features the layer reads, known where it reads data; a flat list or row may be such a vector."""
        self.shape = self._as_vectors(count) or self.shape
        if self.shape is None:
            return None
        return 1 if self.shape == SCALAR else self.shape.dims[self.layout.features]

    def with_features(self, units: int) -> Shape | None:
        """The shape of as many samples as are read, with `units` features each."""
        if self.shape is None or self.shape.kind in ("scalar", "vector"):
            return None if self.shape is None else self.layout.vector(units)
        return Shape(tuple(units if axis == self.layout.features else n for axis, n in enumerate(self.shape.dims)))

    def parameter(self, stem: str, value: Tensor, shape: Shape) -> Ref:
        """Declare a trained parameter."""
        name = self.name(stem)
        self.parameters[name] = (value, shape)
        self.declared[name] = stem, None
        return Ref(name)

    def vectors(self) -> tuple[tuple[int | None, Expr], ...]:
        """What the layer reads as vectors: a number that a layer below gives is a vector of one."""
        return tuple([(time, call("concat", x) if self.shape == SCALAR else x) for time, x in self.inputs])

    def product(self, weight: Expr, x: Expr, weights: str | None = None) -> Expr:
        """The matrix product of a weight matrix and what it multiplies, in the file's conventions.

        weights rows: W is (units, inputs), W x; weights columns: W is (inputs, units), W^T x. With a sample per row the
        products are transposed: x W^T and x W.
        """
        rows = (weights or self.weights) == "rows"
        if self.layout.features == 0:
            return call("matmul", weight if rows else call("transpose", weight), x)
        return call("matmul", x, call("transpose", weight) if rows else weight)

    def initial(self, stem: str, shape: Shape, *, each: bool = False) -> Ref:
        """Declare the state before the first step: what `initial:` says, else 0; `shape` is that of the states.

        One vector may stand for all samples; with `each` it is repeated for every one of them.
        """
        name = self.name(stem, 0)
        given = self._initial(name, stem)
        if given is None:
            self.initial_states[name] = None, shape, self.place("")
        else:
            array, place = given
            units = shape.dims[self.layout.features] if shape.dims else 1
            if array.shape != shape.dims:
                vector = self.layout.vector(units) if shape.dims else SCALAR
                if array.size != vector.size:
                    found = f"has shape {'x'.join(map(str, array.shape))}" if array.shape else "is a number"
                    message = f"initial: {name} {found}, but the state is {shape}"
                    raise ProblemError.of("shape-mismatch", message, place, f"it needs {vector.size} numbers")
                array = array.reshape(vector.dims)
                array, shape = (
                    (array.repeat(shape.size // units, 1 - self.layout.features), shape) if each else (array, vector)
                )
            self.initial_states[name] = array, shape, place
        self.declared[name] = stem, 0
        return Ref(name)

    def equation(self, stem: str, expr: Expr, time: int | None = None) -> Ref:
        """Declare an equation."""
        name = self.name(stem, time)
        self.equations.append(Equation(name, expr, place=self.place("")))
        self.declared[name] = stem, time
        return Ref(name)

    def alias(self, stem: str, time: int | None, same: Ref) -> None:
        """Another name of the same quantity: `a` of a layer without activation is its z."""
        name = self.name(stem, time)
        self.aliases[name] = same.name
        self.declared[name] = stem, time

    def wrong_inputs(
        self,
        option: str,
        units: int,
        inputs: int,
        features: int,
        also: int = 0,
        what: str = "",
        with_state: bool = False,
    ) -> ProblemError:
        """The error of a weight matrix that does not fit what the layer reads, with the ways out.

        `also` are the inputs that multiply something else, which `what` names: a folded bias, a joined state. A layer
        `with_state` folds no bias, and the weight of its state is square: it cannot be transposed.
        """
        W, x = self.name(option), self.inputs[0].value.name
        message = (
            f"{W} has {counted(units, 'unit')} with {counted(inputs, 'input')} (weights: {self.weights}), "
            f"but {x} has {counted(features, 'feature')}{what}"
        )
        ways = [f"{W} needs {counted(features + also, 'input')}"]
        if inputs > also:
            ways[0] += f", or {x} {counted(inputs - also, 'feature')}"
        if units == features + also and not with_state:
            ways.append(f"{W} fits transposed: weights: {_other(self.weights)} (for every layer)")
        if self.shape is not None and self.shape.kind == "tensor":
            samples = self.shape.dims[1 - self.layout.features]
            if samples + also == inputs:
                ways.append(f"{x} fits transposed: samples: {'columns' if self.layout.features else 'rows'}")
        if self.recurrent and self.shape == SCALAR and len(self.inputs) == inputs - also:
            ways.append("the outermost list is time: a single step is written [[1, 2]]")
        if inputs == features + 1 and not also and not with_state:
            ways.append(f"was a bias 1 left out? With the bias folded into {W}: bias: last (or first)")
        return self.fail("shape-mismatch", message, option, "; ".join(ways))

    def matrix(self, option: str, as_row: bool) -> Tensor:
        """A weight matrix; a flat list is one row (or one column), a number a 1x1 matrix."""
        value = self.given[option]
        if value.ndim == 0:
            return value.reshape(1, 1)
        if value.ndim == 1:
            return value.reshape(1, -1) if as_row else value.reshape(-1, 1)
        if value.ndim != 2:
            raise self.fail("shape-mismatch", f"{option} has {value.ndim} dimensions; a weight matrix has 2", option)
        return value

    def vector(self, option: str, length: int, what: str) -> tuple[Tensor, Shape]:
        """A vector of known length, accepted as a flat list or as a row or column; a number stays one for all."""
        value = self.given[option]
        if value.ndim == 0:
            return value, SCALAR
        if value.size != length or value.ndim > 2 or max(value.shape) != value.size:
            found = "x".join(map(str, value.shape))
            message = f"{option} has shape {found}, but there are {length} {what}"
            raise self.fail(
                "shape-mismatch", message, option, f"{option} needs {length} numbers, or one that all share"
            )
        shape = self.layout.vector(length)
        return value.reshape(shape.dims), shape


def counted(count: int, what: str) -> str:
    """`1 unit`, `2 units`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _other(convention: str) -> str:
    return "columns" if convention == "rows" else "rows"


class LayerBlock(NamedTuple):
    """A kind of layer: its options with what they mean, those that are always required, and its expansion.

    `sequential` layers read a sequence: the input of a network that has one is seen as such, its outermost list is
    time; those that are `single_too` also read a value without time. `also_called` are other names of options, which
    help where they are used. Options that are `words` are not tensors: each is one of these, or any activation where
    none is listed. Options that are `orders` list all of these words. The `example` has the plain form of the layer and
    reads `example_input`; `forms` are sentences, one about each other form. `domain` and `range` say what it reads and
    what it gives, with expressions between backticks.
    """

    name: str
    doc: str
    options: Mapping[str, str]
    required: tuple[str, ...]
    stems: tuple[str, ...]
    expand: Callable[[LayerSite], None]
    example: Mapping[str, Any]
    example_input: Any
    sequential: bool = False
    single_too: bool = False
    also_called: Mapping[str, str] = {}
    words: Mapping[str, tuple[str, ...]] = {}
    orders: Mapping[str, tuple[str, ...]] = {}
    forms: tuple[str, ...] = ()
    domain: str = ""
    range: str = ""
    source: str = ""


LAYERS: dict[str, LayerBlock] = {}

COMMON = {
    "activation": "an activation by name, or an expression in u",
    "number": "the layer's number, where it is not its place in the list",
    "symbols": "exact names for this layer's quantities: {W: V, z: u}",
}
"""Options that every layer takes."""
