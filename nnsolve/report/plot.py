"""A curve drawn with characters: braille dots, or ASCII where the encoding has none; both axes labelled."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from nnsolve.engine.curve import round_step
from nnsolve.report.boxes import width
from nnsolve.report.lines import paragraph
from nnsolve.report.numbers import number, places
from nnsolve.report.style import Line, Style

HEIGHT = 12
"""Rows of characters."""

WIDEST = 100
"""Columns of characters."""

TICKS = 4
"""About as many marks on an axis."""

INDENT = 2

FLAT = 1e-9
"""Values that differ relatively by less than this are a horizontal line."""

TINY = 1e-300
"""So close to 0 numbers lose their digits."""

SMALLEST, LARGEST = math.ulp(0.0), sys.float_info.max

_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of a dot in its character, by row and column."""


Marked: TypeAlias = tuple[Mapping[float, float] | Mapping[int, float], str]
"""The points of a curve, and the character that marks them; without one they are joined to a line."""


class Axis(NamedTuple):
    """A range of values and the values that are marked in it; with `log` the logarithm counts."""

    low: float
    high: float
    marks: tuple[float, ...]
    log: bool = False

    def part(self, value: float) -> float:
        """Where a value is between the ends: 0 to 1."""
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            return (math.log10(value) - low) / (high - low)
        # Halved, so that the difference of two huge numbers of opposite signs does not overflow.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)


def plot_lines(points: Mapping[int, float], style: Style, what: str, log: bool = False) -> list[Line]:
    """The lines of a plot of at least two points; `what` is counted along the horizontal axis.

    With `log` the vertical axis is logarithmic, and points that are not positive are left out, which is said.
    """
    shown = {x: y for x, y in points.items() if math.isfinite(y) and (y > 0 or not log)}
    lines: list[Line] = []
    if len(shown) > 1:
        axis = log_axis(shown.values()) if log else linear_axis(shown.values())
        lines += _drawn([(shown, "")], axis, _marks(min(shown), max(shown)), style, what)
    hidden = len(points) - len(shown)
    if log and hidden:
        text = f"{hidden} of {len(points)} losses are 0 or less, or not finite: a log scale does not have them."
        lines += paragraph(text, style, "note", INDENT)
    return lines


def curve_lines(curves: Sequence[Marked], style: Style, what: str) -> list[Line]:
    """The lines of a plot of several curves of at least two finite points each over one range of `what`."""
    axis = linear_axis([y for points, _ in curves for y in points.values()])
    xs = [x for points, _ in curves for x in points]
    return _drawn(curves, axis, round_marks(min(xs), max(xs)), style, what)


def round_marks(low: float, high: float) -> list[float]:
    """Round numbers between two others, at least three of them."""
    step = round_number((high - low) / TICKS)
    while math.floor(high / step) - math.ceil(low / step) < 2:
        step /= 2
    return [float(f"{n * step:.12g}") for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


# Axes -----------------------------------------------------------------------------------------------------------------


def linear_axis(values: Iterable[float]) -> Axis:
    """From the smallest value (or from 0 where that is near) to the largest, widened to round numbers."""
    values = list(values)
    low, high = min(values), max(values)
    if 0 < low < high / 2:
        low = 0.0
    size = max(abs(low), abs(high))
    if high / 2 - low / 2 <= max(FLAT * size, TINY):
        spread = size / 2 if size > TINY / FLAT else 1.0
        low, high = max(low - spread, -LARGEST), min(high + spread, LARGEST)
    step = round_number((high / 2 - low / 2) / TICKS * 2)
    first, last = math.floor(low / step), math.ceil(high / step)
    marks = [n * step for n in range(first, last + 1)]
    if not all(map(math.isfinite, marks)):
        return Axis(low, high, (low, high))
    return Axis(marks[0], marks[-1], tuple([float(f"{mark:.12g}") for mark in marks]))


def log_axis(values: Iterable[float]) -> Axis:
    """Positive values between powers of ten, or where they are close together between 1, 2 and 5 times these."""
    values = list(values)
    low, high = math.log10(min(values)), math.log10(max(values))
    first, last = math.floor(low), math.ceil(high)
    if last - first > 2:
        step = -(-(last - first) // (TICKS + 1))
        exponents = range(first, last + step, step)
        marks = list(dict.fromkeys(map(_power, exponents)))
        return Axis(min(marks[0], min(values)), max(marks[-1], max(values)), tuple(marks), log=True)
    marks = [_power(n) * factor for n in range(first, last + 1) for factor in (1, 2, 5)]
    below = max([mark for mark in marks if mark <= min(values)], default=SMALLEST)
    above = min([mark for mark in marks if max(values) <= mark <= LARGEST], default=LARGEST)
    if below == above:
        below, above = max(below / 2, SMALLEST), min(above * 2, LARGEST)
    return Axis(below, above, tuple([mark for mark in marks if below <= mark <= above]), log=True)


def _power(exponent: int) -> float:
    return float(f"1e{min(max(exponent, -323), 308)}")


def round_number(value: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below a positive value."""
    exponent = math.floor(math.log10(value))
    return next(step for step in (float(f"{f}e{exponent}") for f in (1, 2, 5, 10)) if step >= value * (1 - 1e-9))


# Drawing --------------------------------------------------------------------------------------------------------------


class Canvas:
    """Dots in a grid of characters: 2 by 4 in each braille character, 1 by 2 in an ASCII one."""

    def __init__(self, columns: int, rows: int, unicode: bool) -> None:
        self.unicode = unicode
        self.across, self.down = (2, 4) if unicode else (1, 2)
        self.columns, self.rows = columns * self.across, rows * self.down
        self._cells = [[0] * columns for _ in range(rows)]
        self._signs: dict[tuple[int, int], str] = {}

    def dot(self, column: int, row: int) -> None:
        """Set a dot; rows count from the top."""
        x, right = divmod(min(max(column, 0), self.columns - 1), self.across)
        y, below = divmod(min(max(row, 0), self.rows - 1), self.down)
        self._cells[y][x] |= _BRAILLE[below][right]

    def line(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Set the dots from one to another."""
        (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
        steps = max(abs(dx), abs(dy), 1)
        for n in range(steps + 1):
            self.dot(x + round(dx * n / steps), y + round(dy * n / steps))

    def signs(self, sign: str, cells: Iterable[tuple[int, int]]) -> None:
        """Put a character over every other column of these cells."""
        self._signs |= {(row, column): sign for column, row in cells if not column % 2}

    def texts(self) -> list[str]:
        """The rows as text."""
        dots = [" ", *map(chr, range(0x2801, 0x2900))] if self.unicode else [*" '.:"]
        return [
            "".join([self._signs.get((n, column)) or dots[bits] for column, bits in enumerate(row)])
            for n, row in enumerate(self._cells)
        ]


def _drawn(curves: Sequence[Marked], axis: Axis, marks: Iterable[float], style: Style, what: str) -> list[Line]:
    count = places(axis.marks)
    labels = [number(mark, count, style) for mark in axis.marks]
    margin = max(map(width, labels))
    columns = min(style.width - INDENT - margin - 2 - len(what) - 3, WIDEST)
    canvas = Canvas(columns, HEIGHT, style.unicode)
    first = min([min(points) for points, _ in curves])
    last = max([max(points) for points, _ in curves])

    def column(x: float, cells: int) -> int:
        return round((x - first) / (last - first) * (cells - 1))

    def row(y: float) -> int:
        return round((1 - axis.part(y)) * (canvas.rows - 1))

    for points, sign in curves:
        if sign:
            canvas.signs(sign, [(column(x, columns), row(y) // canvas.down) for x, y in points.items()])
            continue
        dots = [(column(x, canvas.columns), row(y)) for x, y in points.items()]
        for start, end in pairwise(dots):
            canvas.line(start, end)
    beside = {row(mark) // canvas.down: label for mark, label in zip(axis.marks, labels, strict=True)}
    mark, bar, corner, floor, tick = "┤│└─┴" if style.unicode else "+|+-+"
    lines: list[Line] = []
    for n, text in enumerate(canvas.texts()):
        label = beside.get(n, "")
        lead = " " * (INDENT + margin - width(label)) + label
        lines.append([(f"{lead} ", "note"), (mark if label else bar, "rule"), (text, "formula")])
    counted = style._replace(decimals=None)
    texts = {number(mark, 4, counted): column(mark, columns) for mark in marks}
    below = _labels(texts, columns)
    ticks = {middle for _, middle, _ in below}
    rule = "".join(tick if n in ticks else floor for n in range(columns))
    lines.append([(" " * (INDENT + margin + 1), ""), (corner + rule, "rule")])
    text = ""
    for at, _, label in below:
        text += " " * (at - len(text)) + label
    text = " " * (INDENT + margin + 2) + text.ljust(columns) + f"  {what}"
    return [*lines, [(text, "note")]]


def _marks(first: int, last: int) -> list[int]:
    """Round numbers along the horizontal axis, with its ends."""
    step = round_step(last, TICKS + 1)
    return [first, last, *range(step * (first // step + 1), last, step)]


def _labels(marks: Mapping[str, int], columns: int) -> list[tuple[int, int, str]]:
    """Where the labels of marks start, which column they mark, and their texts; those without room are left out."""
    placed: list[tuple[int, int, str]] = []
    for label, middle in marks.items():
        start = max(min(middle - (len(label) - 1) // 2, columns - len(label)), 0)
        if all(start + len(label) + 1 < other or start > other + len(text) + 1 for other, _, text in placed):
            placed.append((start, middle, label))
    return sorted(placed)
