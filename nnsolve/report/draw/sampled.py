"""Which axes of a value run over the samples: those of the data, and of what is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.names import Name
from nnsolve.engine.infer import Shapes

Axes = frozenset[int]
NO_AXES: Axes = frozenset()


def sample_axes(
    data: Iterable[Name], computed: Iterable[tuple[Name, Expr]], shapes: Shapes, samples: int
) -> Mapping[Name, Axes]:
    """The axes of the data and of what is computed, in order: a matrix of all products of samples has two."""
    found: dict[Name, Axes] = {}
    if samples < 2 or not shapes.layout.said:
        return found
    axis = shapes.layout.axis("samples")
    for name in data:
        if shapes.layout.count(shapes.of(name)) == samples:
            found[name] = frozenset({axis})
    for name, expr in computed:
        found.setdefault(name, _axes(expr, found, shapes, samples))
    return found


def _axes(expr: Expr, known: Mapping[Name, Axes], shapes: Shapes, samples: int) -> Axes:
    if isinstance(expr, Ref):
        return known.get(expr.name, NO_AXES)
    if not isinstance(expr, Call):
        return NO_AXES
    parts = [_axes(arg, known, shapes, samples) for arg in expr.args]
    if expr.op == "matmul":
        return (parts[0] & {0}) | (parts[-1] & {1})
    if expr.op == "transpose":
        return frozenset(1 - axis for axis in parts[0])
    dims = shapes(expr).dims
    return frozenset(axis for axis in NO_AXES.union(*parts) if axis < len(dims) and dims[axis] == samples)
