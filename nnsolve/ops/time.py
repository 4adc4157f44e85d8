"""A sequence: the values of all time steps as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, call
from nnsolve.core.shapes import Layout, Shape, ShapeError
from nnsolve.ops.operation import Operation, Site, register


def _sequence_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    """Time is the first axis: numbers make a vector, vectors of n features a matrix with a row for each step."""
    first = shapes[0]
    if any(shape.dims != first.dims for shape in shapes):
        raise ShapeError("the time steps have different shapes")
    if not first.dims:
        return layout.vector(len(shapes))
    return Shape((len(shapes), *first.reported))


def _gradient_of_sequence(site: Site, i: int) -> Expr:
    return call("time_step", site.g, at=i, dims=site.shapes[i].dims)


register(
    Operation(
        "sequence",
        ("x",),
        "the values of all time steps, the first one first",
        lambda *steps, whole: np.stack(steps),
        _sequence_shape,
        options={"whole": 0},  # 1: all steps of one quantity, spelled by its name
        variadic=True,
        gradient={"*": _gradient_of_sequence},
        numpy="np.reshape(parts, dims)",
        arranges=True,
        torch="torch.stack(parts).reshape(dims)",
        example=([[0.5], [1.0]], [[2.0], [3.0]]),
    )
)
register(
    Operation(
        "time_step",
        ("x",),
        "the part of a sequence that belongs to one time step",
        lambda x, at, dims: np.reshape(x[at] if dims else np.ravel(x)[at], dims),
        lambda shapes, options, layout: Shape(tuple(options["dims"]), "tensor" if options["dims"] else "scalar"),
        options={"at": ..., "dims": ...},
        adjoint_only=True,
        numpy="np.reshape(x[at], dims) if dims else np.ravel(x)[at]",
        arranges=True,
        example=([[0.5, 1.0], [2.0, 3.0]],),
        example_options={"at": 1, "dims": (2, 1)},
    )
)
