"""Expressions compiled to functions of named values; only the engine computes, and only here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import resolve_axis
from nnsolve.engine.infer import Shapes
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import definition, full_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor: TypeAlias = NDArray[np.float64]

Values = Mapping[Name, Any]
Function = Callable[[Values], Any]


def compiled(expr: Expr, shapes: Shapes) -> Function:
    """A function that computes the expression; its result has the inferred dimensions."""
    if isinstance(expr, Num):
        number = np.float64(expr.value)
        return lambda values: number
    if isinstance(expr, Ref):
        name = expr.name
        return lambda values: values[name]
    operation = REGISTRY[expr.op]
    if expr.op in ("shape", "size"):
        return _constant(expr, shapes)
    function = operation.value
    if function is None:
        meaning = definition(expr)
        assert meaning is not None
        return compiled(meaning, shapes)
    if operation.options:
        options = full_options(expr)
        if "axis" in options:
            options["axis"] = resolve_axis(options["axis"], shapes(expr.args[0]), shapes.layout)
        function = partial(function, **options)
    if not operation.elementwise:
        function = _shaped(function, shapes(expr).dims)
    return _applied(function, [compiled(arg, shapes) for arg in expr.args])


def _shaped(function: Callable[..., Any], dims: tuple[int, ...]) -> Callable[..., Any]:
    """The function with its result in the inferred dimensions: an inner product, 1x1, is a number."""

    def shaped(*args: Any) -> Any:
        result = function(*args)
        return result if np.shape(result) == dims else np.reshape(result, dims)

    return shaped


def _applied(function: Callable[..., Any], args: list[Function]) -> Function:
    """The function of what the arguments compute."""
    if len(args) == 1:
        (only,) = args
        return lambda values: function(only(values))
    if len(args) == 2:
        first, second = args
        return lambda values: function(first(values), second(values))
    return lambda values: function(*[arg(values) for arg in args])


def _constant(expr: Call, shapes: Shapes) -> Function:
    """`shape` and `size` are known before anything is computed."""
    shape = shapes(expr.args[0])
    dims = shapes(expr).dims
    result = np.array(shape.size if expr.op == "size" else shape.reported, dtype=float).reshape(dims)
    return lambda values: result


def evaluate(expr: Expr, shapes: Shapes, values: Values) -> Tensor:
    """The value of an expression."""
    if isinstance(expr, Ref):
        return np.asarray(values[expr.name])
    with np.errstate(all="ignore"):
        return np.asarray(compiled(expr, shapes)(values), dtype=np.float64)
