"""What a layer is given to expand into equations, and the registry of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class LayerSite:
    """One layer of a problem while it is expanded.

    `given` are the layer's tensors as written, `place` tells where each option stands. The layer declares parameters
    and equations; `input` is what it reads, of `shape`; `output` what the next layer reads, of `output_shape`.
    """

    def __init__(
        self,
        number: int | None,
        symbols: Mapping[str, str],
        exact: Mapping[str, str],
        given: Mapping[str, Tensor],
        place: Callable[[str], Place | None],
        weights: str,
        bias: str,
        layout: Layout,
        source: Ref,
        shape: Shape | None,
        activation: Callable[[Ref], Expr] | None,
    ) -> None:
        self.number = number
        self.symbols = symbols
        self.exact = exact
        self.given = given
        self.place = place
        self.weights = weights
        self.bias = bias
        self.layout = layout
        self.input = source
        self.shape = shape
        self.activation = activation
        self.parameters: dict[Name, tuple[Tensor, Shape]] = {}
        self.equations: list[Equation] = []
        self.aliases: dict[Name, Name] = {}
        self.output: Ref = source
        self.output_shape: Shape | None = None

    def name(self, stem: str) -> Name:
        """The name of one of the layer's quantities, in the problem's symbols."""
        if stem in self.exact:
            text = self.exact[stem]
            head = text.removesuffix(str(self.number)) if self.number is not None else text
            return Name(head, self.number) if head and head != text and not head[-1].isdigit() else Name(text)
        return Name(self.symbols.get(stem, stem), self.number)

    def fail(self, code: str, message: str, option: str, help: str | None = None) -> ProblemError:
        where = f"layer {self.number}: " if self.number else ""
        return ProblemError.of(code, where + message, self.place(option), help)

    def parameter(self, stem: str, value: Tensor, shape: Shape) -> Ref:
        """Declare a trained parameter."""
        name = self.name(stem)
        self.parameters[name] = (value, shape)
        return Ref(name)

    def equation(self, stem: str, expr: Expr) -> Ref:
        """Declare an equation."""
        name = self.name(stem)
        self.equations.append(Equation(name, expr, place=self.place("")))
        return Ref(name)

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


class LayerBlock(NamedTuple):
    """A kind of layer: its options with what they mean, the required ones first named, and its expansion."""

    name: str
    doc: str
    options: Mapping[str, str]
    required: tuple[str, ...]
    stems: tuple[str, ...]
    expand: Callable[[LayerSite], None]
    example: Mapping[str, Any]


LAYERS: dict[str, LayerBlock] = {}

COMMON = {
    "activation": "an activation by name, or an expression in u",
    "number": "the layer's number, where it is not its place in the list",
    "symbols": "exact names for this layer's quantities: {W: V, z: u}",
}
"""Options that every layer takes."""
