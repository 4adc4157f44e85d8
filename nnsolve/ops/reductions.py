"""Sums, means, norms and extremes over a tensor, or along its features or its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, mul
from nnsolve.core.shapes import Layout, Shape, ShapeError
from nnsolve.ops.arithmetic import _gradient_of_max
from nnsolve.ops.operation import Operation, Site, axis_shape, elementwise_shape, register

MATRIX = ([[0.5, -2.0, 3.25], [1.0, 0.25, -0.75]],)


def _norm(x: Any, axis: int | None = None) -> Any:
    """The square root of the sum of squares, scaled so that no square overflows."""
    largest = np.max(np.abs(x), axis=axis, keepdims=True) if np.size(x) else np.zeros(1)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    norm = scale * np.sqrt(np.sum(np.square(x / scale), axis=axis, keepdims=True))
    return norm if axis is not None else np.reshape(norm, ())


def _reduction(function: Any) -> Any:
    def value(x: Any, axis: int | None = None) -> Any:
        return function(x, axis=axis, keepdims=axis is not None)

    return value


def _extreme(reduce: Any, pairwise: Any) -> Any:
    def value(x: Any, y: Any = None, axis: int | None = None) -> Any:
        return reduce(x, axis=axis, keepdims=axis is not None) if y is None else pairwise(x, y)

    return value


def _extreme_shape(name: str) -> Any:
    pairwise = elementwise_shape(name)

    def rule(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
        if len(shapes) == 1:
            return axis_shape(shapes, options, layout)
        if options.get("axis") is not None:
            raise ShapeError(f"{name} of two arguments has no axis")
        return pairwise(shapes, options, layout)

    return rule


def _gradient_of_extreme(site: Site, i: int) -> Expr:
    if len(site.args) == 2:
        return _gradient_of_max(site, i)
    return mul(site.g, Call("is_" + site.call.op, site.args, site.call.options))


def _gradient_of_mean(site: Site, i: int) -> Expr:
    count = site.shapes[0].size // max(site.shape.size, 1)
    return mul(Num(Fraction(1, count)), site.g)


register(
    Operation(
        "sum",
        ("x",),
        "the sum of all elements, or along axis=features|samples",
        _reduction(np.sum),
        axis_shape,
        options={"axis": None},
        gradient={"x": "g"},
        symbol="Σ",
        array="add.reduce(x, axis=axis)",
        numpy="np.sum(x, axis=axis, keepdims=True) if dims else np.sum(x)",
        example=MATRIX,
    )
)
register(
    Operation(
        "mean",
        ("x",),
        "the mean of all elements, or along axis=features|samples",
        _reduction(np.mean),
        axis_shape,
        options={"axis": None},
        gradient={"x": _gradient_of_mean},
        array="add.reduce(x, axis=axis) / count(x, axis=axis)",
        numpy="np.mean(x, axis=axis, keepdims=True) if dims else np.mean(x)",
        example=MATRIX,
    )
)
register(
    Operation(
        "norm",
        ("x",),
        "sqrt(sum(x^2)), the Euclidean (Frobenius) norm; its derivative at 0 is 0",
        _norm,
        axis_shape,
        options={"axis": None},
        gradient={"x": "g * ratio(x, out)"},
        definition="sqrt(sum(x^2, axis=axis))",
        fences=("‖", "‖"),
        array="""
            largest = maximum.reduce(absolute(x), axis=axis)
            scale = where(logical_and(greater(largest, 0.0), isfinite(largest)), largest, 1.0)
            scale * sqrt(add.reduce(square(x / scale), axis=axis))
        """,
        numpy="np.linalg.norm(x, axis=axis, keepdims=True) if dims else np.linalg.norm(x)",
        torch="torch.linalg.vector_norm(x, dim=axis, keepdim=True) if dims else torch.linalg.vector_norm(x)",
        example=MATRIX,
    )
)
for _name, _reduce, _pairwise, _sign, _doc in (
    (
        "max",
        np.max,
        np.maximum,
        ">",
        "the largest element (or along an axis); of two arguments, the larger, elementwise",
    ),
    (
        "min",
        np.min,
        np.minimum,
        "<",
        "the smallest element (or along an axis); of two arguments, the smaller, elementwise",
    ),
):
    register(
        Operation(
            _name,
            ("x", "y"),
            _doc,
            _extreme(_reduce, _pairwise),
            _extreme_shape(_name),
            optional=1,
            elementwise_pairs=True,
            options={"axis": None},
            gradient={"x": _gradient_of_extreme, "y": _gradient_of_extreme},
            array=(f"{_pairwise.__name__}.reduce(x, axis=axis)", f"{_pairwise.__name__}(x, y)"),
            numpy=(
                f"np.{_name}(x, axis=axis, keepdims=True) if dims else np.{_name}(x)",
                f"np.{_pairwise.__name__}(x, y)",
            ),
            torch=(
                f"torch.a{_name}(x, dim=axis, keepdim=True) if dims else torch.{_name}(x)",
                f"torch.where(y {_sign} x, y, x) if constants[0] else torch.where(x {_sign} y, x, y) if constants[1] "
                f"else torch.{_pairwise.__name__}(x, y)",
            ),
            example=([[0.5, -2.0, 3.25]], [[1.0, -3.0, 0.25]]),
        )
    )
