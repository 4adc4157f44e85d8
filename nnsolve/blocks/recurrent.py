"""What recurrent layers share: weights in all their forms, the sums that they give, states, what the next layer reads.

A layer has one or more gates, each with its own pre-activation. Their weights are written in one of three forms:

    separate    W_fh h_{t-1} + W_fx x_t + b_f        a weight over the state, one over the input, for each gate
    joined      W_f [h_{t-1}; x_t] + b_f             one weight for each gate (Goodfellow 10.10 writes them apart)
    stacked     W_h h_{t-1} + W_x x_t + b            one weight for all gates, whose units stand one below the other

Each sum may have one bias or one for each product (PyTorch's b_ih and b_hh). Joined weights may be stacked, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.blocks.layer import Activation, LayerSite, Step, counted
from nnsolve.core.expressions import Expr, Ref, add, call, mul
from nnsolve.core.shapes import SCALAR, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Stems(NamedTuple):
    """What the weights and biases of a gate, or of all gates stacked, are called."""

    x: str
    h: str
    both: str
    bias: str
    bias_x: str
    bias_h: str

    @property
    def biases(self) -> tuple[str, str, str]:
        return self.bias, self.bias_x, self.bias_h


PLAIN = Stems("W_xh", "W_hh", "W", "b", "b_xh", "b_hh")
"""Those of a layer without gates."""

STACKED = Stems("W_x", "W_h", "W", "b", "b_x", "b_h")


def stems_of(gate: str) -> Stems:
    """Those of one gate: W_fx, W_fh, W_f, b_f, b_fx, b_fh."""
    return Stems(f"W_{gate}x", f"W_{gate}h", f"W_{gate}", f"b_{gate}", f"b_{gate}x", f"b_{gate}h")


class Weights(NamedTuple):
    """The weights and biases of a gate (or of all), as expressions; `both` is the one of joined weights."""

    x: Expr | None = None
    h: Expr | None = None
    both: Expr | None = None
    bias: Expr | None = None
    bias_x: Expr | None = None
    bias_h: Expr | None = None


class Form(NamedTuple):
    """In which form a layer writes its weights: joined in which order, stacked in which order."""

    joined: str | None
    order: tuple[str, ...]
    blocks: tuple[tuple[str, Stems], ...]  # the gates that have weights of their own; one named "" for all gates

    @property
    def stacked(self) -> bool:
        return bool(self.order)

    @property
    def height(self) -> int:
        """How many gates one weight serves."""
        return max(len(self.order), 1)


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
        self.numbers = all(value.ndim == 0 for value in given)
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
                raise self.site.fail("shape-mismatch", message, stems.both, self._oriented_help(stems.both))
            return units, columns - units
        value = self._oriented(stems.h)
        rows, units = value.shape if value.ndim == 2 else (value.size, 1)
        if rows != height * units:
            found = self._spelled(rows, units) if value.ndim == 2 else f"a list of {rows}"
            message = f"{stems.h} is {found}, but a weight from state to state is square"
            if height > 1:
                message = f"{stems.h} is {found}, but {height} gates of n units need {self._spelled_text(height)}"
            raise self.site.fail("shape-mismatch", message, stems.h, f"a list is a weight of {gates}")
        value = self._oriented(stems.x)
        if value.ndim == 2:
            return units, value.shape[1]
        return units, value.size if rows == 1 else 1

    def _spelled(self, rows: int, columns: int) -> str:
        """A matrix's size as the file has it."""
        return f"{rows}x{columns}" if self.site.weights == "rows" else f"{columns}x{rows}"

    def _spelled_text(self, height: int) -> str:
        return f"{height}n x n" if self.site.weights == "rows" else f"n x {height}n"

    def _oriented_help(self, stem: str) -> str:
        units = "row" if self.site.weights == "rows" else "column"
        return f"weights: {self.site.weights} is a {units} for each unit"

    def _read_inputs(self) -> None:
        site, stems = self.site, self.form.blocks[0][1]
        if self.scalar and site.shape == SCALAR:
            return
        features = site.read_features(self.inputs)
        if features is not None and features != self.inputs:
            rows = self.form.height * self.units
            if self.form.joined:
                what = f", and the state has {counted(self.units, 'unit')}"
                raise site.wrong_inputs(stems.both, rows, self.units + self.inputs, features, self.units, what)
            raise site.wrong_inputs(stems.x, rows, self.inputs, features)

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
        found = (
            self._spelled(*value.shape) if value.ndim == 2 else f"a list of {value.size}" if value.ndim else "a number"
        )
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
            return call("index", whole, key=(span,), base=self.site.count_from)
        everything = (None, None)
        key = (span, everything) if axis == 0 else (everything, span)
        return call("index", whole, key=key, base=self.site.count_from)


def _present(expr: Expr | None) -> list[Expr]:
    return [] if expr is None else [expr]


def read_form(site: LayerSite, gates: Sequence[str]) -> Form:
    """In which form the weights are written; raises where some are missing, or two forms are mixed."""
    joined = site.word("joined", ("h_first", "x_first"))
    order = _order(site, gates)
    if order:
        blocks: tuple[tuple[str, Stems], ...] = (("", STACKED),)
    else:
        blocks = tuple([(gate, stems_of(gate)) for gate in gates]) or (("", PLAIN),)
    form = Form(joined, order, blocks)
    needed = [stem for _, stems in blocks for stem in ((stems.both,) if joined else (stems.x, stems.h))]
    biases = [stem for _, stems in blocks for stem in ((stems.bias,) if joined else stems.biases)]
    known = {*needed, *biases, "b"}
    said = {stem for stem in site.given if stem.startswith(("W", "b"))}
    missing, others = [stem for stem in needed if stem not in said], sorted(said - known)
    if others:
        help = _forms_help(gates)
        message = f"{_listed(others)} {_is(others)} given, but {_described(form)} takes {_listed(needed)}"
        raise site.fail("mixed-weights", message, others[0], help)
    if missing:
        message = f"{_listed(missing)} {_is(missing)} missing"
        raise site.fail("missing-key", message, "", _forms_help(gates))
    own = [stem for stem in biases if stem in said and stem != "b"]
    if "b" in said and own and not order and gates:
        message = f"b is one bias that all gates share, but {_listed(own)} {_is(own)} given too"
        raise site.fail("mixed-weights", message, "b", "leave one of them out")
    return form


def _order(site: LayerSite, gates: Sequence[str]) -> tuple[str, ...]:
    """The order of stacked gates, () where they are not."""
    if "gates" not in site.options and "gates" not in site.given:
        return ()
    found = site.options.get("gates")
    order = tuple([text.text for text in found]) if isinstance(found, tuple) else ()
    if sorted(order) != sorted(gates):
        message = f"gates is the order in which {_listed(gates)} are stacked in W_x, W_h and b"
        raise site.fail("unknown-choice", message, "gates", f"write  gates: [{', '.join(gates)}]  in your order")
    return order


def _forms_help(gates: Sequence[str]) -> str:
    if not gates:
        return "W_hh and W_xh; or joined: h_first (or x_first) and one W over [h; x]; b is optional"
    each = [stems_of(gate) for gate in gates]
    return (
        f"a weight over x and one over h for each gate ({', '.join(f'{s.x} {s.h}' for s in each)}); "
        f"or joined: h_first (or x_first) and one over both ({' '.join(s.both for s in each)}); "
        f"or gates: [{', '.join(gates)}] and all gates stacked in that order (W_x W_h); biases are optional"
    )


def _described(form: Form) -> str:
    words = [f"joined: {form.joined}"] if form.joined else []
    words += [f"gates: [{', '.join(form.order)}]"] if form.order else []
    return " with ".join(words) or "a layer whose weights are written apart"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def give(site: LayerSite, states: Sequence[Step], shape: Shape) -> None:
    """What the next layer reads: the state of every step, or with `return: last` the last one."""
    last = site.word("return", ("all", "last")) == "last"
    site.outputs = (Step(None, states[-1].value),) if last else tuple(states)
    site.output_shape = shape


RETURN = {"return": "what the next layer reads: all (every step), or last"}


def weight_options(gates: Mapping[str, str]) -> dict[str, str]:
    """The options of a layer with gates, each gate's letter with what it is."""
    options: dict[str, str] = {}
    for gate, what in gates.items():
        stems = stems_of(gate)
        options |= {
            stems.x: f"the weight of the {what} over the input",
            stems.h: f"the weight of the {what} over the state before",
            stems.bias: f"the bias of the {what}",
            stems.both: f"the joined weight of the {what}, over state and input",
            stems.bias_x: f"the bias of the {what} beside the input's product",
            stems.bias_h: f"the bias of the {what} beside the state's product",
        }
    return options | {
        "W_x": "the weight of all gates over the input, stacked",
        "W_h": "the weight of all gates over the state before, stacked",
        "W": "the joined weight of all gates, stacked",
        "b": "the bias: one that all gates share, or with gates: that of all, stacked",
        "b_x": "the stacked bias beside the input's product",
        "b_h": "the stacked bias beside the state's product",
        "joined": "h_first or x_first: weights are over [h; x] or [x; h]",
        "gates": "the order in which the gates are stacked",
    }


def also_called(gates: Mapping[str, str], letters: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What courses and libraries call the weights of gates; `letters` are other letters of a gate."""
    known = weight_options(gates)
    found: dict[str, str] = {}
    for gate in gates:
        stems = stems_of(gate)
        for letter in (gate, *letters.get(gate, ())):
            found |= {
                f"W_{letter}x": stems.x,
                f"W_x{letter}": stems.x,
                f"W_{letter}h": stems.h,
                f"W_h{letter}": stems.h,
            }
            found |= {f"U_{letter}": stems.h, f"W_{letter}": stems.both, f"b_{letter}": stems.bias}
            found |= {f"U{letter}": stems.h, f"W{letter}": stems.both, f"b{letter}": stems.bias}
            found |= {f"W_i{letter}": stems.x}  # PyTorch's input to gate
    return {word: stem for word, stem in found.items() if word not in known}
