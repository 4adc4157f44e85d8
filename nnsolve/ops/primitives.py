"""What compiled training computes with: functions of NumPy, each with what it means for single numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class Primitive(NamedTuple):
    """A function of NumPy, and the same for one element as a Python expression over x, y and z.

    `scalar` may raise `ArithmeticError` or `ValueError` where NumPy gives inf or nan; where it does not raise, it gives
    the same. `safe` ones never raise. Those that are `boolean` give truth values.
    """

    function: Any  # a ufunc, or `where`
    scalar: str
    safe: bool = True
    boolean: bool = False


_PAIRED = "x if x {} y or x != x else y"

_LOG_OF_SUM = "x + log(2.0) if x == y else (x if x > y else y) + log1p(exp(-abs(x - y)))"

PRIMITIVES: dict[str, Primitive] = {
    "add": Primitive(np.add, "x + y"),
    "subtract": Primitive(np.subtract, "x - y"),
    "multiply": Primitive(np.multiply, "x * y"),
    "divide": Primitive(np.divide, "x / y", safe=False),
    "negative": Primitive(np.negative, "-x"),
    "positive": Primitive(np.positive, "x"),
    "power": Primitive(np.power, "power(x, y)", safe=False),
    "square": Primitive(np.square, "x * x"),
    "sqrt": Primitive(np.sqrt, "sqrt(x)", safe=False),
    "absolute": Primitive(np.absolute, "abs(x)"),
    "sign": Primitive(np.sign, "1.0 if x > 0 else -1.0 if x < 0 else x"),
    "exp": Primitive(np.exp, "exp(x)", safe=False),
    "expm1": Primitive(np.expm1, "expm1(x)", safe=False),
    "log": Primitive(np.log, "log(x)", safe=False),
    "log2": Primitive(np.log2, "log2(x)", safe=False),
    "log10": Primitive(np.log10, "log10(x)", safe=False),
    "log1p": Primitive(np.log1p, "log1p(x)", safe=False),
    "logaddexp": Primitive(np.logaddexp, _LOG_OF_SUM, safe=False),
    "tanh": Primitive(np.tanh, "tanh(x)"),
    "sin": Primitive(np.sin, "sin(x)", safe=False),
    "cos": Primitive(np.cos, "cos(x)", safe=False),
    "floor": Primitive(np.floor, "float(floor(x))", safe=False),
    "maximum": Primitive(np.maximum, _PAIRED.format(">=")),
    "minimum": Primitive(np.minimum, _PAIRED.format("<=")),
    "where": Primitive(np.where, "y if x else z"),
    "equal": Primitive(np.equal, "x == y", boolean=True),
    "greater": Primitive(np.greater, "x > y", boolean=True),
    "greater_equal": Primitive(np.greater_equal, "x >= y", boolean=True),
    "less": Primitive(np.less, "x < y", boolean=True),
    "less_equal": Primitive(np.less_equal, "x <= y", boolean=True),
    "logical_and": Primitive(np.logical_and, "x and y", boolean=True),
    "isfinite": Primitive(np.isfinite, "isfinite(x)", boolean=True),
}

NAMES = {primitive.function: name for name, primitive in PRIMITIVES.items()}
"""The primitive that a function of NumPy is."""


def jump(at_zero: float | None) -> float:
    """What a function that jumps at 0 has there: what the conventions say, else an error."""
    if at_zero is None:
        raise ArithmeticError("a function that jumps at 0 met 0")
    return float(at_zero)


def power(x: float, y: float) -> float:
    """x^y; an error for (-inf)^0.5, which C and NumPy's square root see differently."""
    if x == -math.inf and y == 0.5:
        raise ArithmeticError("(-inf)^0.5")
    return math.pow(x, y)


SCALAR_NAMES: Mapping[str, Any] = {
    **{name: getattr(math, name) for name in dir(math) if not name.startswith("_")},
    "abs": abs,
    "float": float,
    "jump": jump,
    "power": power,
}
"""What scalar code may use: `math`, whose functions raise where NumPy gives inf or nan, and the like."""
