"""The sums that a recurrent layer's weights give, its states, and what the next layer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.blocks.forms import Form, Stems
from nnsolve.blocks.layer import Activation, LayerSite, Step, counted
from nnsolve.core.expressions import Expr, Ref, add, call, mul
from nnsolve.core.shapes import SCALAR, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Weights(NamedTuple):
    """The weights and biases of a gate (or of all), as expressions; `both` is the one of joined weights."""

    x: Expr | None = None
    h: Expr | None = None
    both: Expr | None = None
    bias: Expr | None = None
    bias_x: Expr | None = None
    bias_h: Expr | None = None


class Cell:
    """The weights of a recurrent layer and the sums that they give.

    Weights that are plain numbers multiply element by element: with numbers for x_t everything is a number.
    """

    def __init__(self, site: LayerSite, form: Form) -> None:
        self.site = site
        self.form = form
        if site.bias != "separate":
            message = f"conventions: bias: {site.bias} folds biases into weights, but this layer has several"
            raise site.fail("unexpected-bias", message, "", "say bias: separate, and write the biases as b")
        given = [site.given[stem] for _, stems in form.blocks for stem in self._used(stems)]
        self.numbers = not form.joined and form.height == 1 and all(value.ndim == 0 for value in given)
        self.flat = site.shape == SCALAR and self._is_flat(given)
        self.units, self.inputs = (1, 1) if self.numbers or self.flat else self._sizes()
        self._read_inputs()
        self.state_shape = SCALAR if site.shape == SCALAR and self.scalar else self._states()
        shared = self._shared_bias()
        self.weights = {gate: self._weights(stems, shared) for gate, stems in form.blocks}

    @property
    def scalar(self) -> bool:
        """Whether there is one unit, and weights are plain numbers (or lists of them, one for each gate)."""
        return self.numbers or self.flat

    # Sizes

    def _used(self, stems: Stems) -> tuple[str, ...]:
        return (stems.both,) if self.form.joined else (stems.h, stems.x)

    def _is_flat(self, given: Sequence[Tensor]) -> bool:
        """Whether weights are lists of numbers for numbers: of h and x where they are joined, else one a gate."""
        height = self.form.height
        if self.form.joined:
            return height == 1 and all(value.shape == (2,) for value in given)
        return height > 1 and all(value.shape == (height,) for value in given)

    def _oriented(self, stem: str) -> Tensor:
        """A weight with a row for each unit; lists stay lists."""
        value = self.site.given[stem]
        if value.ndim > 2:
            message = f"{stem} has {value.ndim} dimensions; a weight matrix has 2"
            raise self.site.fail("shape-mismatch", message, stem)
        return value.T if value.ndim == 2 and self.site.weights == "columns" else value

    def _sizes(self) -> tuple[int, int]:
        """The units and inputs, as the first gate's weights have them."""
        height, stems = self.form.height, self.form.blocks[0][1]
        gates = f"{height} gates of one unit each" if height > 1 else "one unit"
        if self.form.joined:
            value = self._oriented(stems.both)
            rows, columns = value.shape if value.ndim == 2 else (1, value.size)
            units = rows // height
            if rows % height or not 0 < units < columns:
                message = f"{stems.both} is {self._spelled(rows, columns)}, which is not units x (units + inputs)"
                if height > 1:
                    message = f"{message}, for each of {height} gates"
                raise self.site.fail("shape-mismatch", message, stems.both, self._oriented_help())
            return units, columns - units
        value = self._oriented(stems.h)
        rows, units = value.shape if value.ndim == 2 else (value.size, 1)
        if rows != height * units:
            found = self._found(value)
            message = f"{stems.h} is {found}, but a weight from state to state is square"
            if height > 1:
                message = f"{stems.h} is {found}, but {height} gates of n units need {self._spelled_text(height)}"
            help = f"a list is a weight of {gates}" if value.ndim < 2 else self._oriented_help()
            raise self.site.fail("shape-mismatch", message, stems.h, help)
        value = self._oriented(stems.x)
        if value.ndim < 2:
            return units, value.size if rows == 1 else 1
        if value.shape[0] != rows:
            needed = f"{counted(rows, self.site.weights[:-1])}, as {stems.h} has"
            message = (
                f"{stems.x} is {self._spelled(*value.shape)}, but it needs {needed} (weights: {self.site.weights})"
            )
            help = f"{stems.x} fits transposed" if value.shape[1] == rows else self._oriented_help()
            raise self.site.fail("shape-mismatch", message, stems.x, help)
        return units, value.shape[1]

    def _spelled(self, rows: int, columns: int) -> str:
        """A matrix's size as the file has it."""
        return f"{rows}x{columns}" if self.site.weights == "rows" else f"{columns}x{rows}"

    def _found(self, value: Tensor) -> str:
        """The size of a weight as it is given, once it has a row for each unit."""
        return (
            self._spelled(*value.shape) if value.ndim == 2 else f"a list of {value.size}" if value.ndim else "a number"
        )

    def _spelled_text(self, height: int) -> str:
        return f"{height}n x n" if self.site.weights == "rows" else f"n x {height}n"

    def _oriented_help(self) -> str:
        return f"weights: {self.site.weights} means a {self.site.weights[:-1]} for each unit"

    def _read_inputs(self) -> None:
        site, stems = self.site, self.form.blocks[0][1]
        if self.scalar and site.shape == SCALAR:
            return
        features = site.read_features(self.inputs)
        if features is not None and features != self.inputs:
            rows = self.form.height * self.units
            if self.form.joined:
                what = f", and the state has {counted(self.units, 'unit')}"
                raise site.wrong_inputs(stems.both, rows, self.units + self.inputs, features, self.units, what, True)
            raise site.wrong_inputs(stems.x, rows, self.inputs, features, with_state=True)

    def _states(self) -> Shape:
        return self.site.with_features(self.units) or self.site.layout.vector(self.units)

    # Parameters

    def _weights(self, stems: Stems, shared: Expr | None) -> Weights:
        rows = self.form.height * self.units
        if self.form.joined:
            both = self._weight(stems.both, rows, self.units + self.inputs)
            return Weights(both=both, bias=self._bias(stems.bias) or shared)
        h = self._weight(stems.h, rows, self.units)
        x = self._weight(stems.x, rows, self.inputs)
        bias = self._bias(stems.bias) or shared
        return Weights(x, h, None, bias, self._bias(stems.bias_x), self._bias(stems.bias_h))

    def _weight(self, stem: str, rows: int, columns: int) -> Ref:
        """Declare a weight; its shape has to be (rows, columns), with a row for each unit."""
        site, value = self.site, self._oriented(stem)
        if self.numbers:
            return site.parameter(stem, value, SCALAR)
        vector = site.layout.vector(rows * columns)
        if self.flat and value.ndim == 1:
            row = site.weights == "rows" if self.form.joined else site.layout.features == 1
            dims = (1, value.size) if row else (value.size, 1)
            kind = "vector" if dims == vector.dims else "covector"
            return site.parameter(stem, value.reshape(dims), Shape(dims, kind))
        fits = value.shape == (rows, columns) or (
            value.ndim < 2 and value.size == rows * columns and 1 in (rows, columns)
        )
        if not fits:
            raise self._misfit(stem, value, rows, columns)
        matrix = value.reshape(rows, columns)
        matrix = matrix if site.weights == "rows" else matrix.T
        return site.parameter(stem, matrix, Shape(matrix.shape))

    def _misfit(self, stem: str, value: Tensor, rows: int, columns: int) -> Exception:
        found = self._found(value)
        gates = f" in {self.form.height} gates" if self.form.height > 1 else ""
        message = (
            f"{stem} is {found}, but it needs {self._spelled(rows, columns)}: {counted(self.units, 'unit')}{gates}, "
            f"{counted(self.inputs, 'input')} (weights: {self.site.weights})"
        )
        first = self.form.blocks[0][1]
        ways = [f"units and inputs are those of {' and '.join(s for s in self._used(first) if s != stem) or first.x}"]
        if value.shape == (columns, rows):
            ways.append(f"{stem} fits transposed")
        return self.site.fail("shape-mismatch", message, stem, "; ".join(ways))

    def _shared_bias(self) -> Expr | None:
        """`b` alone is shared by all gates."""
        if self.form.stacked or self.form.blocks[0][0] == "" or "b" not in self.site.given:
            return None
        return self.vector("b")

    def _bias(self, stem: str) -> Ref | None:
        if stem not in self.site.given:
            return None
        return self.vector(stem, self.form.height)

    def vector(self, stem: str, height: int = 1) -> Ref:
        """Declare a parameter with a number for each unit (of as many gates)."""
        site, length = self.site, height * self.units
        value = site.given[stem]
        if self.state_shape == SCALAR and length == value.size == 1:
            return site.parameter(stem, value.reshape(()), SCALAR)
        return site.parameter(stem, *site.vector(stem, length, "units" if height == 1 else f"units in {height} gates"))

    def initial(self, stem: str) -> Ref:
        """Declare a state before the first step."""
        return self.site.initial(stem, self.state_shape, each=self.form.joined is not None)

    # Sums

    def inputs_by_step(self) -> Sequence[tuple[int | None, Expr]]:
        """What the layer reads at each time step."""
        return self.site.inputs if self.scalar else self.site.vectors()

    def terms(self, weights: Weights, h: Expr, x: Expr) -> list[Expr]:
        """The sum of what comes from the state and from the input."""
        if weights.both is not None:
            joined = call("concat", h, x) if self.form.joined == "h_first" else call("concat", x, h)
            return [self.site.product(weights.both, joined), *_present(weights.bias)]
        return [*self.of_state(weights, h), *self.of_input(weights, x)]

    def of_state(self, weights: Weights, h: Expr) -> list[Expr]:
        """What comes from the state, with its own bias."""
        assert weights.h is not None
        return [self._times(weights.h, h), *_present(weights.bias_h)]

    def of_input(self, weights: Weights, x: Expr) -> list[Expr]:
        """What comes from the input, with its own bias and the common one."""
        assert weights.x is not None
        return [self._times(weights.x, x), *_present(weights.bias_x), *_present(weights.bias)]

    def _times(self, weight: Expr, value: Expr) -> Expr:
        return mul(weight, value) if self.scalar else self.site.product(weight, value)

    def gate(self, gate: str, terms: Sequence[Expr], activation: Activation, time: int | None) -> Ref:
        """Emit a gate's pre-activation, zf, and its value, f."""
        z = self.site.equation(f"z{gate}", add(*terms), time)
        return self.site.equation(gate, activation(z), time)

    def by_gate(self, h: Expr, x: Expr, time: int | None) -> Mapping[str, list[Expr]]:
        """The sum of each gate; stacked weights give all of them at once, z_t, of which each gate has its rows."""
        if not self.form.stacked:
            return {gate: self.terms(weights, h, x) for gate, weights in self.weights.items()}
        z = self.site.equation("z", add(*self.terms(self.weights[""], h, x)), time)
        return {gate: [self.part(z, gate)] for gate in self.form.order}

    # Stacked weights

    def part(self, stacked: Ref, gate: str) -> Expr:
        """The rows of one gate in a pre-activation (or bias) of all gates."""
        return self._cut(stacked, gate, self.site.layout.features, vector=self.state_shape.kind != "tensor")

    def cut(self, weights: Weights, gate: str) -> Weights:
        """The weights of one gate, cut out of those of all."""
        axis = 0 if self.site.weights == "rows" else 1
        flat = self.flat and self.form.joined is None

        def matrix(whole: Expr | None) -> Expr | None:
            return None if whole is None else self._cut(whole, gate, axis, vector=flat)

        def bias(whole: Expr | None) -> Expr | None:
            number = isinstance(whole, Ref) and self.site.parameters[whole.name][1] == SCALAR
            return whole if whole is None or number else self._cut(whole, gate, self.site.layout.features, vector=True)

        x, h, both, *biases = weights
        return Weights(matrix(x), matrix(h), matrix(both), *(bias(b) for b in biases))

    def _cut(self, whole: Expr, gate: str, axis: int, *, vector: bool) -> Expr:
        at = self.form.order.index(gate) * self.units
        span: int | tuple[int, int] = at if self.flat and vector else (at, at + self.units)
        if vector:
            return call("index", whole, key=(span,), base=self.site.count_from or 0)
        everything = (None, None)
        key = (span, everything) if axis == 0 else (everything, span)
        return call("index", whole, key=key, base=self.site.count_from or 0)


def _present(expr: Expr | None) -> list[Expr]:
    return [] if expr is None else [expr]


RETURN = {"return": "what the next layer reads: all (every step), or last"}
RETURNED = {"return": ("all", "last")}
"""The words of this option."""


def give(site: LayerSite, states: Sequence[Step], shape: Shape) -> None:
    """What the next layer reads: the state of every step, or with `return: last` the last one."""
    last = site.word("return") == "last"
    site.outputs = (Step(None, states[-1].value),) if last else tuple(states)
    site.output_shape = shape
