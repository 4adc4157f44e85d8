"""Rearranging: indices and slices, concatenation, reshaping, and what a tensor's shape is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, call
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError, resolve_axis
from nnsolve.ops.operation import Operation, Site, register

MATRIX = [[0.5, -2.0, 3.25], [1.0, 0.25, -0.75]]


def _slices(key: Sequence[Any]) -> tuple[Any, ...]:
    """NumPy's form of a key that counts from 0; single indices keep their axis: the result has two dimensions."""
    return tuple(slice(*part) if isinstance(part, tuple) else slice(part, part + 1) for part in key)


def full_key(key: Sequence[Any], shape: Shape) -> tuple[Any, ...]:
    """A key with one part per axis: `x[2]` of a vector runs along its features."""
    if len(key) == 1 and len(shape.dims) == 2 and shape.kind != "tensor":
        return (key[0], 0) if shape.dims[1] == 1 else (0, key[0])
    return tuple(key)


def _index_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    x, written, base = shapes[0], options["key"], options["base"]
    if not x.dims:
        raise ShapeError("a number has no elements")
    key = full_key(written, x)
    if len(key) != len(x.dims):
        raise ShapeError(
            f"{len(written)} {'index' if len(written) == 1 else 'indices'} for a value of shape {x}",
            f"a matrix takes two: [{base},{base}], or a slice [{base},:]",
        )
    dims = []
    for part, n in zip(key, x.dims, strict=True):
        if isinstance(part, tuple):
            start, stop = part[0] or 0, n if part[1] is None else part[1]
            if not 0 <= start < stop <= n:
                raise ShapeError(f"the slice {start + base}:{stop + base} is empty or leaves {base} to {n - 1 + base}")
            dims.append(stop - start)
        elif not 0 <= part < n:
            raise ShapeError(f"the index {part + base} is outside {base} to {n - 1 + base}")
        else:
            dims.append(1)
    if not any(isinstance(part, tuple) for part in key):
        return SCALAR
    if x.kind == "tensor":
        across = 1 - layout.features
        return Shape(tuple(dims), "vector" if not isinstance(key[across], tuple) else "tensor")
    return Shape(tuple(dims), x.kind)


def _index(x: Any, key: Any, base: int) -> Any:
    kept = key if len(key) == np.ndim(x) else (*key, 0) if np.shape(x)[1] == 1 else (0, *key)
    return x[_slices(kept)]


def _gradient_of_index(site: Site, i: int) -> Expr:
    key = full_key(site.options["key"], site.shapes[0])
    return call("scatter", site.g, key=key, dims=site.shapes[0].dims)


def _scatter(g: Any, key: Any, dims: Any) -> Any:
    result = np.zeros(dims)
    result[_slices(key)] = g
    return result


def _scatter_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    return Shape(tuple(options["dims"]))


def _concat_axis(shape: Shape, axis: str, layout: Layout) -> int:
    along = resolve_axis(axis, shape, layout)
    return layout.features if along is None else along


def _concat_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    axis = _concat_axis(shapes[0], options["axis"], layout)
    parts = [_at_least_2d(shape) for shape in shapes]
    across = {dims[1 - axis] for dims in parts}
    if len(across) != 1:
        raise ShapeError(f"concat needs parts that fit side by side, but they are {' and '.join(map(str, shapes))}")
    dims = [0, 0]
    dims[axis] = sum(part[axis] for part in parts)
    dims[1 - axis] = across.pop()
    vector = all(shape.kind in ("vector", "scalar") for shape in shapes) and options["axis"] == "features"
    return Shape((dims[0], dims[1]), "vector" if vector else "tensor")


def _at_least_2d(shape: Shape) -> tuple[int, int]:
    if len(shape.dims) not in (0, 2):
        raise ShapeError(f"concat takes vectors and matrices, not {shape}")
    return (shape.dims[0], shape.dims[1]) if shape.dims else (1, 1)


def _concat(*parts: Any, axis: int | None) -> Any:
    return np.concatenate([np.atleast_2d(part) for part in parts], axis=axis or 0)


def _gradient_of_concat(site: Site, i: int) -> Expr:
    axis = _concat_axis(site.shapes[0], site.options["axis"], site.layout)
    sizes = [_at_least_2d(shape)[axis] for shape in site.shapes]
    span = (sum(sizes[:i]), sum(sizes[: i + 1]))
    key = (span, (None, None)) if axis == 0 else ((None, None), span)
    part = call("index", site.g, key=key, base=0)
    return call("sum", part) if not site.shapes[i].dims else part


def _reshape_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    wanted = options["shape"]
    dims = tuple(wanted) if isinstance(wanted, tuple) else (wanted,)
    if not all(isinstance(n, int) and n > 0 for n in dims) or len(dims) not in (1, 2):
        raise ShapeError("reshape takes shape=[rows, columns], or shape=[n] for a vector")
    result = layout.vector(dims[0]) if len(dims) == 1 else Shape(dims)
    if result.size != shapes[0].size:
        raise ShapeError(f"{shapes[0].size} elements cannot be reshaped to {'x'.join(map(str, dims))}")
    return result


def _shape_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    if not shapes[0].dims:
        raise ShapeError("a number has no shape", "size(x) of a number is 1")
    return layout.vector(len(shapes[0].reported))


def _reshape(x: Any, shape: Any) -> Any:
    return np.reshape(x, shape)  # a vector's orientation is settled by the inferred shape


register(
    Operation(
        "index",
        ("x",),
        "x[i], x[i,j], x[:,1:5]: an element, or a slice whose end is left out as in Python; "
        "counted from conventions.count_from",
        _index,
        _index_shape,
        options={"key": ..., "base": 0},
        unspoken=("base",),
        gradient={"x": _gradient_of_index},
        numpy="x[place]",
        arranges=True,
        example=(MATRIX,),
        example_options={"key": (1, (0, 2)), "base": 0},
    )
)
register(
    Operation(
        "scatter",
        ("x",),
        "zeros, but for x at the places of the key",
        _scatter,
        _scatter_shape,
        options={"key": ..., "dims": ...},
        adjoint_only=True,
        numpy="""
            result = np.zeros(dims)
            result[place] = x
            return result
        """,
        arranges=True,
        example=([[1.0, 2.0]],),
        example_options={"key": (1, (0, 2)), "dims": (2, 3)},
    )
)
register(
    Operation(
        "concat",
        ("x", "y"),
        "x and y one after the other, along the features (or axis=samples)",
        _concat,
        _concat_shape,
        options={"axis": "features"},
        variadic=True,
        gradient={"*": _gradient_of_concat},
        numpy="np.reshape(parts, dims) if numbers else np.hstack(parts) if axis else np.vstack(parts)",
        arranges=True,
        torch="torch.stack(parts).reshape(dims) if numbers else torch.hstack(parts) if axis else torch.vstack(parts)",
        example=([[0.5], [1.0]], [[2.0], [3.0], [4.0]]),
    )
)
register(
    Operation(
        "reshape",
        ("x",),
        "the same elements, row by row, as shape=[rows, columns] or shape=[n]",
        _reshape,
        _reshape_shape,
        options={"shape": ...},
        gradient={"x": lambda site, i: call("reshaped", site.g, dims=site.shapes[0].dims)},
        numpy="np.reshape(x, dims)",
        arranges=True,
        example=(MATRIX,),
        example_options={"shape": (3, 2)},
    )
)
register(
    Operation(
        "reshaped",
        ("x",),
        "the same elements, row by row, in the dimensions that they came from",
        lambda x, dims: np.reshape(x, dims),
        _scatter_shape,
        options={"dims": ...},
        adjoint_only=True,
        numpy="np.reshape(x, dims)",
        arranges=True,
        example=(MATRIX,),
        example_options={"dims": (3, 2)},
    )
)
for _name, _doc, _rule in (
    ("shape", "the shape as reports show it: [4, 3]", _shape_shape),
    ("size", "the number of elements", lambda shapes, options, layout: SCALAR),
):
    register(Operation(_name, ("x",), _doc, None, _rule, no_derivative="constant", example=(MATRIX,)))
