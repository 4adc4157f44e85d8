"""How wide typeset mathematics is, roughly, in the widths of an M: enough to break lines before they run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnsolve.report.typeset.mathematics import (
    Captioned,
    Fenced,
    Fraction,
    Function,
    Mathematics,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Symbol,
    Text,
)

DIGIT, LETTER, SMALL = 0.5, 0.55, 0.72
"""A digit, a letter of a word, and what scripts are smaller by."""

LETTER_OF_TEXT = 0.48
"""A letter of a sentence, on an average."""

POINT, TIMES_TEN, RAISED = 0.55, 4.5, 0.76
"""A decimal point, a sign × with the 10 behind it, and a digit of an exponent, in digits."""

CAPTION = 0.78
"""Small letters are wider than others for their height."""

BINARY = 1.25
"""A sign between two others with the space around it."""

COLUMN, BRACKETS, FENCE = 0.65, 1.1, 0.45
"""The space around a column of a matrix, its brackets, and a parenthesis."""

_NARROW = {",": 0.45, " ": 0.17, "∂": 0.55, "[": 0.3, "]": 0.3, "/": 0.5, "Σ": 1.5}


def width(node: Mathematics) -> float:
    """The width of a tree."""
    return _WIDTHS[type(node)](node)


def behind(cell: Mathematics) -> float:
    """The width of what is behind the whole part of a number, in digits: of the .25 of 3.25, the ·10⁻⁶ of 2·10⁻⁶."""
    if not isinstance(cell, Number):
        return 0
    mantissa, e, exponent = cell.text.partition("e")
    _, point, digits = mantissa.partition(".")
    power = TIMES_TEN + RAISED * len(exponent) + 0.3 * exponent.count("-") if e else 0
    return len(digits) + (POINT if point else 0) + power


def _number(node: Number) -> float:
    mantissa, e, exponent = node.text.partition("e")
    return DIGIT * len(mantissa) + 0.3 * mantissa.count("-") + (2.2 + SMALL * DIGIT * len(exponent) if e else 0)


def _symbol(node: Symbol) -> float:
    scripts = sum([_symbol(part) if isinstance(part, Symbol) else LETTER * len(part) for part in node.lowered])
    raised = LETTER * len(node.raised)
    return 0.65 * len(node.letter) + SMALL * max(scripts, raised) + LETTER * len(node.moment)


def _operator(node: Operator) -> float:
    return _NARROW.get(node.sign, DIGIT * len(node.sign) if node.sign[0] == "@" else BINARY)


def _row(node: Row) -> float:
    return sum(map(width, node.parts))


def _fraction(node: Fraction) -> float:
    return max(width(node.top), width(node.bottom)) + 0.25


def _script(node: Script) -> float:
    scripts = [width(script) for script in (node.sub, node.sup) if script is not None]
    return width(node.base) + SMALL * max(scripts, default=0)


def _fenced(node: Fenced) -> float:
    return width(node.inner) + FENCE * (bool(node.left) + bool(node.right))


def _matrix(node: Matrix) -> float:
    columns = sum([max(map(width, column)) + COLUMN for column in zip(*node.rows, strict=True)])
    heads = sum([width(head) + COLUMN for head in node.heads])
    return max(columns, heads) + BRACKETS + max(map(width, node.labels), default=0)


_WIDTHS: dict[type, Callable[[Any], float]] = {
    Number: _number,
    Symbol: _symbol,
    Operator: _operator,
    Function: lambda node: LETTER * len(node.name) + 0.2,
    Text: lambda node: LETTER_OF_TEXT * len(node.text),
    Row: _row,
    Fraction: _fraction,
    Root: lambda node: width(node.inner) + 0.9,
    Script: _script,
    Fenced: _fenced,
    Matrix: _matrix,
    Captioned: lambda node: max(width(node.inner), CAPTION * width(node.caption)),
}
