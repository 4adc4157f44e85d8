"""Shapes, inferred before anything is computed.

A vector is a column (or a row, under `samples: rows`) of two dimensions, so that every product is matrix algebra; its
kind says that it is reported as a flat list. A batch is a matrix with a column (row) per sample.
"""

from __future__ import annotations

from typing import NamedTuple


class Shape(NamedTuple):
    """The dimensions of a value, and what it stands for.

    Kinds: `scalar`, `vector` (one sample's features), `covector` (a transposed vector), `per_sample` (one number for
    each sample: what a reduction along the features leaves) and `tensor`.
    """

    dims: tuple[int, ...]
    kind: str = "tensor"

    @property
    def size(self) -> int:
        count = 1
        for n in self.dims:
            count *= n
        return count

    @property
    def flat(self) -> bool:
        """Whether reports show it as a flat list."""
        return self.kind in ("vector", "covector", "per_sample")

    @property
    def reported(self) -> tuple[int, ...]:
        """The dimensions as reports show them: (4,) for a vector of four."""
        return (self.size,) if self.flat else self.dims

    def __str__(self) -> str:
        return "x".join(map(str, self.dims)) if self.dims else "a scalar"


SCALAR = Shape((), "scalar")


class ShapeError(ValueError):
    """Operands do not fit; the message says which and how."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class Layout(NamedTuple):
    """Which axis of a matrix holds the features of a sample and which one the samples.

    `said` tells whether the file's conventions say so; without it only vectors have a feature axis.
    """

    features: int = 0
    said: bool = False

    def axis(self, name: str) -> int:
        """The axis called `features` or `samples`."""
        return self.features if name == "features" else 1 - self.features

    def vector(self, n: int) -> Shape:
        """The shape of a vector of n features."""
        return Shape((n, 1) if self.features == 0 else (1, n), "vector")

    def count(self, shape: Shape) -> int:
        """How many samples a value holds."""
        return shape.dims[1 - self.features] if len(shape.dims) == 2 and shape.kind == "tensor" else 1


def broadcast(operation: str, shapes: list[Shape], layout: Layout) -> Shape:
    """The shape of an elementwise result: equal shapes, but for scalars and one vector per sample axis."""
    widest = SCALAR
    for shape in shapes:
        if shape.size > widest.size or (not widest.dims and shape.dims):
            widest = shape
    result = widest
    for shape in shapes:
        if shape.dims == widest.dims:
            result = _common_kind(result, shape)
        elif shape.dims and not _spreads(shape, widest, layout):
            raise ShapeError(
                f"{operation} needs equal shapes, but they are {' and '.join(dict.fromkeys(map(str, shapes)))}",
                _advice(shape, widest),
            )
    return result


def _common_kind(a: Shape, b: Shape) -> Shape:
    return a if a.kind == b.kind or (b.kind == "tensor" and a.kind == "vector") else b if a.kind == "tensor" else a


def _spreads(shape: Shape, onto: Shape, layout: Layout) -> bool:
    """Whether a vector is repeated for each sample, or one number per sample for each feature."""
    if len(shape.dims) != 2 or len(onto.dims) != 2:
        return False
    features, samples = layout.features, 1 - layout.features
    if shape.dims[samples] == 1 and shape.dims[features] == onto.dims[features]:
        return True
    return shape.kind == "per_sample" and shape.dims[features] == 1 and shape.dims[samples] == onto.dims[samples]


def _advice(shape: Shape, widest: Shape) -> str | None:
    if shape.dims == tuple(reversed(widest.dims)):
        return "one is the transpose of the other: .T is missing or one too many"
    return None


def resolve_axis(axis: str | None, x: Shape, layout: Layout) -> int | None:
    """The number of the axis called `features` or `samples`; raises where the file does not say which one it is."""
    if axis is None or not x.dims:
        return None
    if axis not in ("features", "samples"):
        raise ShapeError(f"axis={axis} is not known", "write axis=features or axis=samples")
    if len(x.dims) != 2:
        raise ShapeError(f"axis={axis} needs a matrix, but the shape is {x}")
    if not layout.said and x.kind == "tensor":
        raise ShapeError(
            "the file does not say whether a matrix has a sample per column or per row",
            "say  samples: columns  or  samples: rows  in conventions",
        )
    return layout.axis(axis)
