"""Functions of one number: exponentials, logarithms, roots, trigonometry, rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, mul
from nnsolve.core.expressions import call as operation
from nnsolve.ops.operation import Site, elementwise


def round_to(x: Any, decimals: int = 0, ties: str = "even") -> Any:
    """x rounded to `decimals` places; a tie goes to the even neighbour, towards `zero` or `away` from it; no -0.

    A decimal such as 2.675 is stored a little below or above; what counts is the decimal that it prints as, which is
    what a person rounds, so products that miss a tie by less than 1e-9 of the last place count as ties.
    """
    scale = 10.0 ** int(decimals)
    scaled = np.asarray(x, dtype=float) * scale
    nearest = np.rint(scaled)
    floor = np.floor(scaled)
    tie = np.abs(scaled - floor - 0.5) <= 1e-9
    if ties == "even":
        at_tie = 2 * np.rint((floor + 0.5) / 2)
    else:
        inward = np.where(floor >= 0, floor, floor + 1)
        at_tie = inward if ties == "zero" else np.where(floor >= 0, floor + 1, floor)
    result = np.where(tie, at_tie, nearest) / scale
    return np.where(np.isfinite(scaled), result, x) + 0.0


def _gradient_of_clip(site: Site, i: int) -> Expr:
    return mul(site.g, operation("inside", *site.args))


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


POSITIVE = ([[0.5, 2.0, 3.25]],)
ROUND = """
    scale = 10.0**decimals
    below = np.floor(x * scale)
    tie = np.abs(x * scale - below - 0.5) <= 1e-9
    up = below + 1
    inward = np.where(below >= 0, below, up)
    outward = np.where(below >= 0, up, below)
    chosen = 2 * np.rint((below + 0.5) / 2) if ties == "even" else inward if ties == "zero" else outward
    rounded = np.where(tie, chosen, np.rint(x * scale)) / scale
    return np.where(np.isfinite(x * scale), rounded, x) + 0.0
"""
SIGNED = ([[0.5, -2.0, 3.25]],)

elementwise("exp", np.exp, "e^x", gradient={"x": "g * out"}, example=SIGNED)
elementwise("ln", np.log, "the natural logarithm", gradient={"x": "g / x"}, example=POSITIVE)
elementwise(
    "log2",
    np.log2,
    "the logarithm to base 2",
    symbol="log₂",
    gradient={"x": f"g / ({math.log(2)!r} * x)"},
    example=POSITIVE,
)
elementwise(
    "log10",
    np.log10,
    "the logarithm to base 10",
    symbol="log₁₀",
    gradient={"x": f"g / ({math.log(10)!r} * x)"},
    example=POSITIVE,
)
elementwise("sqrt", np.sqrt, "the square root", symbol="√", gradient={"x": "g / (2 * out)"}, example=POSITIVE)
elementwise(
    "abs",
    np.abs,
    "the absolute value; its derivative at 0 is 0",
    fences=("|", "|"),
    gradient={"x": "g * abs'(x)"},
    example=SIGNED,
)
elementwise(
    "abs'",
    np.sign,
    "the sign of x: the slope of |x|, 0 at 0",
    symbol="sign",
    no_derivative="the slope of abs is constant but for its jump at 0",
    example=SIGNED,
)
elementwise("sin", np.sin, "the sine (radians)", gradient={"x": "g * cos(x)"}, example=SIGNED)
elementwise("cos", np.cos, "the cosine (radians)", gradient={"x": "-g * sin(x)"}, example=SIGNED)
elementwise(
    "floor",
    np.floor,
    "the largest whole number that is not above x",
    fences=("⌊", "⌋"),
    no_derivative="floor is flat between its jumps and has no derivative at them",
    example=SIGNED,
)
elementwise(
    "round",
    round_to,
    "x rounded to `decimals` places; ties to the even neighbour (or ties=zero, ties=away)",
    options={"decimals": 0, "ties": "even"},
    no_derivative="rounding is flat between its jumps and has no derivative at them",
    numpy=ROUND,
    example=([[0.4, -2.7, 3.2]],),
)
elementwise(
    "clip",
    _clip,
    "x, but not below low and not above high; the derivative outside is 0",
    arguments=("x", "low", "high"),
    gradient={"x": _gradient_of_clip},
    array="minimum(maximum(x, low), high)",
    numpy="np.clip(x, low, high)",
    torch="torch.clamp(x, low, high)",
    example=([[0.5, -2.0, 3.25]], -1.0, 1.0),
)
