"""Tensors as boxes: columns aligned on the decimal point, between brackets; large ones by their corners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.shapes import Shape
from nnsolve.report.boxes import Box, fence, text_box, width
from nnsolve.report.numbers import number, places, shared
from nnsolve.report.style import Style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST_ROWS, MOST_COLUMNS = 16, 24
"""A tensor with more rows or columns is summarised."""

CORNER = 3
"""Rows and columns that a summary shows before the dots; one follows them."""

GAP = "  "


def is_large(dims: tuple[int, ...]) -> bool:
    """Whether a tensor is summarised instead of printed."""
    return len(dims) > 2 or (len(dims) == 2 and (dims[0] > MOST_ROWS or dims[1] > MOST_COLUMNS))


def aligned(column: list[str]) -> list[str]:
    """Numbers of one column, aligned on the decimal point."""
    if len(column) == 1:
        return column
    parts = [text.partition(".") for text in column]
    ahead = max([width(head) for head, _, _ in parts])
    behind = max([width(point + tail) for _, point, tail in parts])
    return [
        " " * (ahead - width(head)) + head + point + tail + " " * (behind - width(point + tail))
        for head, point, tail in parts
    ]


def texts(values: list[list[float]], style: Style, extra: int = 0) -> list[list[str]]:
    """The numbers of a matrix as text, all with the same number of decimals where they are rounded."""
    numbers = [value for row in values for value in row]
    count = shared(numbers, places(numbers, extra))
    return [[number(value, count, style) for value in row] for row in values]


def bracketed(rows: list[list[str]], style: Style) -> Box:
    """A matrix of texts between brackets."""
    columns = [aligned(list(column)) for column in zip(*rows, strict=True)]
    lines = [GAP.join(row) for row in zip(*columns, strict=True)]
    return fence(Box(lines, width(lines[0])), "[", "]", style.unicode)


def rows_of(value: Tensor) -> list[list[float]]:
    """The rows of a value of at most two dimensions."""
    found: list[list[float]] = np.atleast_2d(value).tolist()
    return found


def tensor_box(value: Tensor, style: Style, extra: int = 0) -> Box:
    """A value in full: a number, or a matrix between brackets."""
    if value.ndim == 0:
        return text_box(number_of(value, style, extra))
    return bracketed(texts(rows_of(value), style, extra), style)


def number_of(value: Any, style: Style, extra: int = 0) -> str:
    """A single number, with the digits that suit it; forced decimals do not turn a learning rate of 0.01 into 0.0."""
    single = float(value)
    if style.decimals is not None and single and not round(single, style.decimals):
        style = style._replace(decimals=None)
    return number(single, places((single,), extra), style)


def column_blocks(value: Tensor, style: Style, room: int, extra: int = 0) -> list[tuple[range, Box]]:
    """A matrix in blocks of as many columns as fit into `room` cells."""
    rows = texts(rows_of(value), style, extra)
    columns = [aligned(list(column)) for column in zip(*rows, strict=True)]
    blocks: list[tuple[range, Box]] = []
    start = 0
    while start < len(columns):
        stop, used = start + 1, 2 + width(columns[start][0])
        while stop < len(columns) and used + len(GAP) + width(columns[stop][0]) <= room:
            used += len(GAP) + width(columns[stop][0])
            stop += 1
        lines = [GAP.join(row) for row in zip(*columns[start:stop], strict=True)]
        blocks.append((range(start, stop), fence(Box(lines, width(lines[0])), "[", "]", style.unicode)))
        start = stop
    return blocks


def corners(value: Tensor, style: Style, room: int) -> Box:
    """The first rows and columns of a large matrix, dots, and the last ones."""
    matrix = np.atleast_2d(value) if value.ndim <= 2 else value.reshape(value.shape[0], -1)
    down = picked(matrix.shape[0], MOST_ROWS)
    for most in (MOST_COLUMNS, CORNER + 1, 2, 1):
        across = picked(matrix.shape[1], most)
        box = _corner_box(matrix, down, across, style)
        if box.width <= room:
            break
    return box


def picked(count: int, most: int) -> list[int]:
    """The indices that are shown, -1 for the dots between them."""
    if count <= most:
        return list(range(count))
    first = list(range(min(CORNER, most - 1)))
    return [*first, -1, count - 1] if first else [-1]


def _corner_box(matrix: Tensor, down: list[int], across: list[int], style: Style) -> Box:
    kept = matrix[np.ix_([i for i in down if i >= 0], [j for j in across if j >= 0])].tolist()
    rows = iter(texts(kept, style))
    beside, below, both = ("⋯", "⋮", "⋱") if style.unicode else ("...", ":", ":.")
    shown: list[list[str]] = []
    for i in down:
        if i < 0:
            shown.append([both if j < 0 else below for j in across])
            continue
        cells = iter(next(rows))
        shown.append([beside if j < 0 else next(cells) for j in across])
    return bracketed(shown, style)


def dimensions(shape: Shape, style: Style) -> str:
    """The shape of a value as printed: 3×4, or nothing for a number."""
    return ("×" if style.unicode else "x").join(map(str, shape.dims))


def summary(value: Tensor, shape: Shape, style: Style) -> str:
    """A large tensor in a line: its shape, range and norm."""
    finite = np.isfinite(value)
    parts = [f"{dimensions(shape, style)}, {value.size} numbers"]
    if finite.any():
        lowest, highest = (number_of(end, style) for end in _range(value, finite))
        parts.append(f"from {lowest} to {highest}")
    missing = int(value.size - np.count_nonzero(finite))
    if missing:
        parts.append(f"{missing} of them not finite")
    else:
        parts.append(f"norm {number_of(_norm(value), style)}")
    return ", ".join(parts)


def _range(value: Tensor, finite: Any) -> tuple[float, float]:
    kept = value[finite]
    return float(kept.min()), float(kept.max())


def _norm(value: Tensor) -> float:
    """The Euclidean norm, scaled so that no square overflows."""
    largest = float(np.max(np.abs(value)))
    return largest * float(np.linalg.norm(value / largest)) if largest else 0.0
