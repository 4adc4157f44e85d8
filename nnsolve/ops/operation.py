"""What an operation is, and the registry of all of them.

Value, shape rule, derivative rule, notation, example and source stand in one place. Derivative rules are expressions
in the operation's own argument names, `g` (the incoming gradient) and `out` (the result), so that differentiating a
program gives more equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.core.expressions import Call, Expr
from nnsolve.core.shapes import SCALAR, Layout, Shape, broadcast, resolve_axis
from nnsolve.ops.facts import Facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

ShapeRule = Callable[[Sequence[Shape], Mapping[str, Any], Layout], Shape]


class Site(NamedTuple):
    """Where a derivative rule is applied: the call, the gradient that comes in, the shapes, the samples' layout."""

    call: Call
    g: Expr
    out: Expr
    args: tuple[Expr, ...]
    shapes: tuple[Shape, ...]
    shape: Shape
    options: Mapping[str, Any]
    layout: Layout


Rule = str | Callable[[Site, int], Expr]


class Operation(NamedTuple):
    """An operation of the equation language.

    `value(*tensors, **options)` computes it; an option called `axis` arrives as a number or None. Where `value` is
    None the `definition` (an expression in the arguments) is evaluated. An operation with `shown_as_definition` is
    spelled and printed as its definition: it differs from it only in being safe where the definition divides 0 by 0 or
    overflows. `gradient` maps an argument to its derivative rule, `no_derivative` says why there is none.
    `adjoint_only` operations occur in emitted equations only.

    The next three are how training computes it; where they are left out, `value` is called. `array` is straight-line
    NumPy code: assignments and a last expression over the arguments, the options, the functions of `ops.primitives`,
    `ufunc.reduce(x)` or `ufunc.reduce(x, axis=axis)` (which keep the axes), `count(...)` of what a reduction takes
    together, `column` and `row` of a vector, `... if option else ...`, and operations that have `array` code of their
    own; a tuple has one for each number of arguments. `scalar` is a Python expression for one element, over the
    arguments, the options and the functions of `math`; it may raise `ArithmeticError` or `ValueError` where NumPy gives
    inf or nan, but where it does not raise it gives the same. `arranges` says that the elements of the result are
    elements of the arguments, zeros and ones.

    `numpy` is how a script for people to read writes it, with np and math: an expression over the arguments, or
    statements up to a `return`, the body of a function; a tuple has one for each number of arguments. It may use the
    options, `axis` and `features` (numbers), `dims` (of the result), `place` (the inside of the brackets of an index),
    `parts` (the arguments as a list), `numbers` (whether all of them are), `constants` (which of them are literals) and
    other operations; a condition on these is settled when it is written. Where it is left out the script has the NumPy
    function that `value` is, or `array`. `torch` is the same for PyTorch, where that is not NumPy's by another name;
    its derivative is found by PyTorch.
    """

    name: str
    arguments: tuple[str, ...]
    doc: str
    value: Callable[..., Any] | None
    shape: ShapeRule
    gradient: Mapping[str, Rule] = {}
    options: Mapping[str, Any] = {}
    variadic: bool = False
    optional: int = 0  # how many of the last arguments may be left out
    elementwise: bool = False
    elementwise_pairs: bool = False  # one argument is reduced, two are taken element by element: max, min
    activation: bool = False
    definition: str | None = None
    shown_as_definition: bool = False
    jacobian: str | None = None  # d out_i / d x_j for a vector, as an expression
    no_derivative: str | None = None
    adjoint_only: bool = False
    unspoken: tuple[str, ...] = ()  # options that reports leave out: conventions, and what the operands show
    symbol: str | None = None  # how reports write the function: σ for sigmoid
    fences: tuple[str, str] | None = None  # ‖ ‖ around the argument of a norm
    array: str | tuple[str, ...] | None = None
    scalar: str | None = None
    arranges: bool = False
    numpy: str | tuple[str, ...] | None = None
    torch: str | tuple[str, ...] | None = None
    example: tuple[Any, ...] = ()
    example_options: Mapping[str, Any] = {}
    source: str = ""
    facts: Facts | None = None  # every activation has them

    def acts_elementwise(self, count: int) -> bool:
        """Whether a call on `count` arguments works element by element."""
        return self.elementwise or (self.elementwise_pairs and count == 2)


class UndefinedValueError(ValueError):
    """An operation has no value for its operands; the message says why."""


REGISTRY: dict[str, Operation] = {}


def register(operation: Operation) -> Operation:
    """Add an operation to the language."""
    assert operation.name not in REGISTRY, operation.name
    REGISTRY[operation.name] = operation
    return operation


def elementwise_shape(name: str) -> ShapeRule:
    """The shape rule of an elementwise operation."""

    def rule(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
        return shapes[0] if len(shapes) == 1 else broadcast(name, list(shapes), layout)

    return rule


def elementwise(
    name: str,
    value: Callable[..., Any] | None,
    doc: str,
    *,
    arguments: tuple[str, ...] = ("x",),
    **fields: Any,
) -> Operation:
    """Register an elementwise operation."""
    shape = elementwise_shape(fields.pop("called", name))
    return register(Operation(name, arguments, doc, value, shape, elementwise=True, **fields))


def same_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    """The shape of the first argument."""
    """The shape rule of what changes values alone."""
    return shapes[0]


def axis_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    """The shape that a reduction leaves: everything, or what `axis=features|samples` keeps."""
    axis = options.get("axis")
    x = shapes[0]
    if axis is None or not x.dims:
        return SCALAR
    along = resolve_axis(axis, x, layout)
    assert along is not None
    if x.kind in ("vector", "scalar") and axis == "features":
        return SCALAR
    dims = tuple(1 if i == along else n for i, n in enumerate(x.dims))
    return Shape(dims, "per_sample" if axis == "features" else "vector")
