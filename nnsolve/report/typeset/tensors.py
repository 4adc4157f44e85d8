"""Values as typeset mathematics: numbers, matrices, large ones by their corners, sequences with the names of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.names import Name
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style
from nnsolve.report.tensors import MOST_COLUMNS, MOST_ROWS, is_large, number_of, picked, rows_of, texts
from nnsolve.report.typeset.mathematics import Fenced, Mathematics, Matrix, Number, Operator, separated
from nnsolve.report.typeset.symbols import name_symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

DOTS_BESIDE, DOTS_BELOW, DOTS_BOTH = Operator("⋯"), Operator("⋮"), Operator("⋱")


def ascii_style(style: Style) -> Style:
    """The style whose numbers are in ASCII, as `Number` has them."""
    return style._replace(unicode=False)


def value_matrix(value: Tensor, style: Style) -> Mathematics:
    """A value: a number, a matrix, or the corners of a large one."""
    style = ascii_style(style)
    if value.ndim == 0:
        return Number(number_of(value, style))
    if is_large(value.shape):
        return corner_matrix(value, style)
    return matrix(texts(rows_of(value), style))


def matrix(rows: Sequence[Sequence[str]]) -> Matrix:
    """A matrix of numbers."""
    return Matrix(tuple(tuple(map(Number, row)) for row in rows))


def value_list(numbers: Sequence[str]) -> Mathematics:
    """A vector on one line: [2.2, 4, −0.8]."""
    return Fenced("[", separated([Number(text) for text in numbers], ","), "]")


def corner_matrix(value: Tensor, style: Style, most: int = MOST_COLUMNS) -> Matrix:
    """The first rows and columns of a large tensor, dots, and the last ones."""
    flat = value.reshape(value.shape[0], -1)
    down, across = picked(flat.shape[0], MOST_ROWS), picked(flat.shape[1], most)
    kept = flat[np.ix_([i for i in down if i >= 0], [j for j in across if j >= 0])].tolist()
    numbers = iter(texts(kept, style))
    rows: list[tuple[Mathematics, ...]] = []
    for i in down:
        if i < 0:
            rows.append(tuple(DOTS_BOTH if j < 0 else DOTS_BELOW for j in across))
            continue
        cells = iter(next(numbers))
        rows.append(tuple(DOTS_BESIDE if j < 0 else Number(next(cells)) for j in across))
    return Matrix(tuple(rows))


def step_labels(names: Sequence[Name], scope: Scope) -> tuple[Mathematics, ...]:
    """The names of time steps beside the rows of a table, or of the first and the last of many."""
    return tuple(DOTS_BELOW if i < 0 else name_symbol(names[i], scope) for i in picked(len(names), MOST_ROWS))


def numbers_by_step(values: Sequence[float], names: Sequence[Name], scope: Scope) -> Matrix:
    """Numbers side by side, each below the name of its step."""
    (numbers,) = texts([list(values)], ascii_style(scope.style))
    return matrix([numbers])._replace(heads=tuple(name_symbol(name, scope) for name in names))
