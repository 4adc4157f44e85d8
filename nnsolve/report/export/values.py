"""Given values as Python code: every number so that it is read back exactly."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.report.export.python import WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

ZEROS = 4
"""An array of at least so many zeros is written as np.zeros."""


def number(value: float) -> str:
    """A number inside an array: the shortest text that is read back as the same, whole ones without a point."""
    if not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    text = repr(float(value))
    return text.removesuffix(".0") if text != "-0.0" else text


def scalar(value: float, exact: bool) -> str:
    """A number of its own; where `exact`, one that divides by 0 and overflows as arrays do."""
    text = repr(float(value)) if math.isfinite(value) else number(value)
    return f"np.float64({text})" if exact else text


class Library(NamedTuple):
    """How a library makes arrays: of lists, of zeros; and the type that it has to be told for whole numbers."""

    array: str
    zeros: str
    dtype: str


NUMPY = Library("np.array", "np.zeros", "float")


def array(target: str, value: Tensor, library: Library = NUMPY) -> list[str]:
    """The lines of `target = np.array(...)`: in one line, or a line for each row."""
    if value.size >= ZEROS and not value.any() and not np.signbit(value).any():
        return [f"{target} = {library.zeros}({value.shape})"]
    make = library.array
    rows = [[number(float(x)) for x in row] for row in value]
    whole = all(text.lstrip("-").isdigit() for row in rows for text in row)
    dtype = f", dtype={library.dtype}" if whole else ""
    flat = len(rows) > 1 and len(rows[0]) == 1
    line = f"{target} = {make}([{', '.join('[' + ', '.join(row) + ']' for row in rows)}]{dtype})"
    if len(line) <= WIDTH:
        return [line]
    if flat:
        return _long(f"{target} = {make}([", [row[0] for row in rows], f"]{dtype}).reshape(-1, 1)")
    if all(len(", ".join(row)) + 12 <= WIDTH for row in rows):
        body = [f"        [{', '.join(row)}]," for row in rows]
        tail = [f"    dtype={library.dtype},"] if dtype else []
        return [f"{target} = {make}(", "    [", *body, "    ]," if dtype else "    ]", *tail, ")"]
    lines = [line for row in rows for line in _filled("    [" + ", ".join(row) + "],")]
    return ["# fmt: off", f"{target} = {make}([", *lines, f"]{dtype})", "# fmt: on"]


def _long(head: str, items: list[str], tail: str) -> list[str]:
    """Many numbers in filled lines."""
    return ["# fmt: off", head, *_filled("    " + ", ".join(items) + ","), tail, "# fmt: on"]


def _filled(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=" " * (len(text) - len(text.lstrip()) + text.count("[", 0, 6)),
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
