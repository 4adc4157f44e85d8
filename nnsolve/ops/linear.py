"""Linear algebra: matrix products, transposes, dot and outer products, the 1 that a folded bias multiplies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, call, mul
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError
from nnsolve.ops.operation import Operation, Site, register

SWAPPED = {"vector": "covector", "covector": "vector"}


def _matmul_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x, y = shapes
    if not x.dims or not y.dims:
        raise ShapeError(
            "a matrix product (@) needs two matrices, but one operand is a number", "write * for a multiple"
        )
    if len(x.dims) != 2 or len(y.dims) != 2:
        raise ShapeError(f"a matrix product needs matrices, but the operands are {x} and {y}")
    if x.dims[1] != y.dims[0]:
        raise ShapeError(f"the left is {x} but the right is {y}", _matmul_advice(x, y, layout))
    dims = (x.dims[0], y.dims[1])
    row, column = ("covector", "vector") if layout.features == 0 else ("vector", "covector")
    if x.kind == row and y.kind == column:
        return SCALAR
    if y.kind == column and x.kind == "tensor":
        return Shape(dims, column)
    if x.kind == row and y.kind == "tensor":
        return Shape(dims, row)
    return Shape(dims)


def _matmul_advice(x: Shape, y: Shape, layout: Layout) -> str:
    if x.dims[1] == y.dims[0] + 1:
        return f"the right needs {x.dims[1]} rows. Was a bias 1 left out?"
    if x.dims[0] == y.dims[0] or x.dims[1] == y.dims[1]:
        return "they would fit with one of them transposed: W.T @ x, or conventions: {weights: ...}"
    return f"the right needs {x.dims[1]} rows"


def _gradient_of_left(site: Site, i: int) -> Expr:
    transposed = call("transpose", site.args[1])
    return call("matmul", site.g, transposed) if site.shape.dims else mul(site.g, transposed)


def _gradient_of_right(site: Site, i: int) -> Expr:
    transposed = call("transpose", site.args[0])
    return call("matmul", transposed, site.g) if site.shape.dims else mul(site.g, transposed)


def _transpose_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x = shapes[0]
    return Shape(tuple(reversed(x.dims)), SWAPPED.get(x.kind, "tensor" if x.dims else "scalar"))


def _is_vector(shape: Shape) -> bool:
    return len(shape.dims) == 2 and 1 in shape.dims


def _dot_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x, y = shapes
    if not (_is_vector(x) and x.dims == y.dims):
        raise ShapeError(f"dot needs two vectors of one length, but the operands are {x} and {y}")
    return SCALAR


def _outer_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x, y = shapes
    if not (_is_vector(x) and _is_vector(y)):
        raise ShapeError(f"outer needs two vectors, but the operands are {x} and {y}")
    return Shape((x.size, y.size))


def _as(shape: Shape, column: Expr) -> Expr:
    """A column in the orientation of `shape`."""
    return column if shape.dims[1] == 1 else call("transpose", column)


def _gradient_of_outer(site: Site, i: int) -> Expr:
    g = site.g if i == 0 else call("transpose", site.g)
    other, shape = site.args[1 - i], site.shapes[1 - i]
    column = other if shape.dims[1] == 1 else call("transpose", other)
    return _as(site.shapes[i], call("matmul", g, column))


def _with_one_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x = shapes[0]
    if len(x.dims) != 2:
        raise ShapeError(f"only a vector or a batch of them gets a 1, not {x}")
    return Shape(tuple(n + (axis == layout.features) for axis, n in enumerate(x.dims)), x.kind)


def _without_one_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x = shapes[0]
    return Shape(tuple(n - (axis == layout.features) for axis, n in enumerate(x.dims)), x.kind)


def _one_like(x: Any, axis: int) -> Any:
    dims = list(np.shape(x))
    dims[axis] = 1
    return np.ones(dims)


def _append_one(x: Any, axis: int = 0) -> Any:
    return np.concatenate([x, _one_like(x, axis)], axis=axis)


def _prepend_one(x: Any, axis: int = 0) -> Any:
    return np.concatenate([_one_like(x, axis), x], axis=axis)


def _drop_last(x: Any, axis: int = 0) -> Any:
    return x[:-1] if axis == 0 else x[:, :-1]


def _drop_first(x: Any, axis: int = 0) -> Any:
    return x[1:] if axis == 0 else x[:, 1:]


COLUMN = [[0.5], [-2.0], [3.25]]

register(
    Operation(
        "matmul",
        ("x", "y"),
        "x @ y, the matrix product",
        np.matmul,
        _matmul_shape,
        gradient={"x": _gradient_of_left, "y": _gradient_of_right},
        numpy="x @ y if dims else (x @ y).item()",
        torch="x @ y if dims else (x @ y).squeeze()",
        example=([[0.5, -2.0, 3.25], [1.0, 0.25, -0.75]], [[1.0, 2.0], [0.0, -1.0], [0.5, 0.5]]),
    )
)
register(
    Operation(
        "transpose",
        ("x",),
        "the transpose, also written x.T",
        np.transpose,
        _transpose_shape,
        gradient={"x": "g.T"},
        numpy="x.T if dims else x",
        arranges=True,
        example=([[0.5, -2.0, 3.25], [1.0, 0.25, -0.75]],),
    )
)
register(
    Operation(
        "dot",
        ("x", "y"),
        "sum(x * y), the scalar product of two vectors",
        lambda x, y: np.sum(x * y),
        _dot_shape,
        gradient={"x": "g * y", "y": "g * x"},
        definition="sum(x * y)",
        array="add.reduce(x * y)",
        numpy="np.sum(x * y)",
        example=(COLUMN, [[1.0], [0.5], [-1.0]]),
    )
)
register(
    Operation(
        "outer",
        ("x", "y"),
        "x_i y_j, the outer product of two vectors",
        lambda x, y: np.outer(x, y),
        _outer_shape,
        gradient={"x": _gradient_of_outer, "y": _gradient_of_outer},
        array="column(x) * row(y)",
        numpy="np.outer(x, y)",
        torch="torch.outer(torch.ravel(x), torch.ravel(y))",
        example=(COLUMN, [[1.0], [0.5]]),
    )
)
register(
    Operation(
        "append_one",
        ("x",),
        "[x; 1]: x with a 1 as its last feature, which multiplies a bias that is folded into W",
        _append_one,
        _with_one_shape,
        options={"axis": "features"},
        gradient={"x": "drop_last(g)"},
        numpy="return np.hstack([x, np.ones((len(x), 1))]) if axis else np.vstack([x, np.ones((1, x.shape[1]))])",
        arranges=True,
        example=(COLUMN,),
    )
)
register(
    Operation(
        "prepend_one",
        ("x",),
        "[1; x]: x with a 1 as its first feature, which multiplies a bias that is folded into W",
        _prepend_one,
        _with_one_shape,
        options={"axis": "features"},
        gradient={"x": "drop_first(g)"},
        numpy="return np.hstack([np.ones((len(x), 1)), x]) if axis else np.vstack([np.ones((1, x.shape[1])), x])",
        arranges=True,
        example=(COLUMN,),
    )
)
for _name, _value, _which, _numpy in (
    ("drop_last", _drop_last, "last", "x[:, :-1] if axis else x[:-1]"),
    ("drop_first", _drop_first, "first", "x[:, 1:] if axis else x[1:]"),
):
    register(
        Operation(
            _name,
            ("x",),
            f"x without its {_which} feature: the gradient of the 1 of a folded bias goes nowhere",
            _value,
            _without_one_shape,
            options={"axis": "features"},
            adjoint_only=True,
            numpy=_numpy,
            arranges=True,
            example=(COLUMN,),
        )
    )
