"""Operations that occur in emitted gradients only: masks, and a gradient that is repeated. They need no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnsolve.core.shapes import Shape
from nnsolve.ops.operation import Operation, elementwise, register, same_shape


def _greater(x: Any, y: Any, tie: float = 0.0) -> Any:
    return np.where(np.equal(x, y), tie, np.greater(x, y) * 1.0)


def _inside(x: Any, low: Any, high: Any) -> Any:
    return np.where((np.asarray(x) > low) & (np.asarray(x) < high), 1.0, 0.0)


def _is_extreme(reduce: Any) -> Any:
    def value(x: Any, axis: int | None = None) -> Any:
        mask = np.equal(x, reduce(x, axis=axis, keepdims=True)) * 1.0
        return mask / np.sum(mask, axis=axis, keepdims=True)

    return value


elementwise(
    "greater",
    _greater,
    "1 where x > y, `tie` where they are equal, else 0",
    arguments=("x", "y"),
    options={"tie": 0.0},
    adjoint_only=True,
    array="where(equal(x, y), tie, greater(x, y))",
    scalar="tie if x == y else 1.0 if x > y else 0.0",
    example=([[0.5, -2.0, 1.0]], [[0.0, 1.0, 1.0]]),
)
elementwise(
    "inside",
    _inside,
    "1 where low < x < high, else 0",
    arguments=("x", "low", "high"),
    adjoint_only=True,
    array="where(logical_and(greater(x, low), less(x, high)), 1.0, 0.0)",
    scalar="1.0 if low < x < high else 0.0",
    example=([[0.5, -2.0, 3.25]], -1.0, 1.0),
)
for _name, _reduce, _function, _doc in (
    ("is_max", np.max, "maximum", "1 at the largest element, shared by equal ones; else 0"),
    ("is_min", np.min, "minimum", "1 at the smallest element, shared by equal ones; else 0"),
):
    register(
        Operation(
            _name,
            ("x",),
            _doc,
            _is_extreme(_reduce),
            same_shape,
            options={"axis": None},
            adjoint_only=True,
            array=f"""
                mask = where(equal(x, {_function}.reduce(x, axis=axis)), 1.0, 0.0)
                mask / add.reduce(mask, axis=axis)
            """,
            torch=f"""
                extreme = torch.{_name[3:]}(x) if axis is None else torch.a{_name[3:]}(x, dim=axis, keepdim=True)
                mask = (x == extreme).double()
                return mask / torch.sum(mask, dim=axis, keepdim=True)
            """,
            example=([[0.5, -2.0, 3.25]],),
        )
    )
for _name, _fill, _doc in (
    ("ones", np.ones_like, "ones in the shape of x: a gradient that is the same for every element"),
    ("zeros", np.zeros_like, "zeros in the shape of x: the gradient of what has no influence"),
):
    register(
        Operation(
            _name,
            ("x",),
            _doc,
            _fill,
            same_shape,
            adjoint_only=True,
            numpy=f"np.{_fill.__name__}(x)",
            arranges=True,
            example=([[0.5, -2.0, 3.25]],),
        )
    )
register(
    Operation(
        "diag",
        ("x",),
        "the matrix with the elements of x on its diagonal, else 0",
        lambda x: np.diag(np.ravel(x)),
        lambda shapes, options, layout: Shape((shapes[0].size, shapes[0].size)),
        adjoint_only=True,
        numpy="np.diag(np.ravel(x))",
        arranges=True,
        example=([[0.5], [-2.0]],),
    )
)
register(
    Operation(
        "jacobian",
        ("x", "y"),
        "dx_i/dy_j, a row for each element of x; computed by one backward pass for each",
        None,
        lambda shapes, options, layout: Shape((shapes[0].size, shapes[1].size)),
        adjoint_only=True,
    )
)
