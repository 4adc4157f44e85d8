"""Numbers as text: as many digits as read well, and never so few that they mislead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from nnsolve.report.style import Style

NOISE = 3e-14
"""A value this close (relative) to a short decimal is that decimal: what binary arithmetic leaves of 7.1.

Dividing by 1 − β₂ᵗ = 0.001 enlarges the last bit of v̂ a thousand times; σ(30) = 1 − 9e-14 is still told from 1."""

SHORT = 5
"""A decimal with this many places or fewer is shown exactly."""

SMALLEST, LARGEST = 1e-4, 1e7
"""Outside of these a number that is not a short decimal is shown with a power of ten."""

TOLD = 9
"""Digits at most that a number gets to be told from a short one; what is nearly 1, as a probability, gets all of them.

Of 1 − 3e-11 the difference is what the gradient is made of; of 2.9000000003 nobody asks what Adam's ε makes of 2.9."""

MANTISSA = 4
"""Places of the mantissa of a number with a power of ten."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def places(values: Iterable[float], extra: int = 0) -> int:
    """How many decimals the numbers of one tensor get: four or five significant digits, at least three in each."""
    most, least = 0.0, math.inf
    for value in values:
        size = abs(value)
        if SMALLEST <= size < LARGEST:
            most = max(most, size)
            least = min(least, size)
    if not most:
        return 4 + extra
    leading = math.floor(math.log10(most))
    count = 2 if leading >= 3 else 4 if leading >= -1 else 3 - leading
    return max(count, min(2 - math.floor(math.log10(least)), 6)) + extra


def shared(values: Sequence[float], count: int) -> int:
    """How many decimals the numbers of one tensor get so that none of those that are rounded needs more than others."""
    while (most := max((_needed(value, count) for value in values), default=count)) > count:
        count = most
    return count


def _needed(value: float, count: int) -> int:
    """The decimals that a rounded number needs so that it does not look like a short one."""
    if not SMALLEST <= abs(value) < LARGEST or exact(value, max(SHORT, count)) is not None:
        return count
    return len(_rounded(value, count).partition(".")[2])


def exact(value: float, limit: int = SHORT) -> str | None:
    """The value as a short decimal, if it is one."""
    if abs(value) >= LARGEST:
        if value != math.floor(value) or abs(value) >= 1e9:
            return None
        return f"{value:.0f}"
    text = f"{value:.{limit}f}"
    if abs(float(text) - value) > NOISE * abs(value):
        return None
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: float, count: int, style: Style) -> str:
    """One number with `count` decimals, in the signs of the style.

    A short decimal is shown exactly, without trailing zeros; a rounded one keeps them. Where rounding would end in
    zeros (0.9999996941 as 1.0000) digits are added until the difference shows, where that is soon.
    """
    return number_text(plain(value, count, style.decimals), style)


def plain(value: float, count: int, forced: int | None = None) -> str:
    """`number` in ASCII."""
    if value == 0:
        return "0" if not forced else f"{0:.{forced}f}"
    if not math.isfinite(value):
        return repr(float(value))
    if forced is not None:
        return scientific(value, forced) if abs(value) >= 1e15 else _without_negative_zero(f"{value:.{forced}f}")
    short = exact(value, max(SHORT, count))
    if short is not None:
        return short
    if not SMALLEST <= abs(value) < LARGEST:
        return scientific(value)
    return _rounded(value, count)


def _rounded(value: float, count: int) -> str:
    """A number with `count` decimals, or with as many more as it takes not to end in zeros."""
    text = f"{value:.{count}f}"
    most = 15 if abs(float(text)) == 1 else TOLD - len(text.lstrip("-0").partition(".")[0])
    while text.endswith("000") and count < most:
        count += 1
        longer = f"{value:.{count}f}"
        if longer[-1] != "0":
            return longer
    return text


def scientific(value: float, mantissa: int = MANTISSA) -> str:
    """`3.775e-11`, without trailing zeros where it is exact."""
    text = f"{value:.{mantissa}e}"
    while math.isinf(float(text)):  # rounded up over the largest number
        mantissa += 1
        text = f"{value:.{mantissa}e}"
    head, _, exponent = text.partition("e")
    if abs(float(text) - value) <= NOISE * abs(value):
        head = head.rstrip("0").rstrip(".") if "." in head else head
    return f"{head}e{int(exponent)}"


def _without_negative_zero(text: str) -> str:
    return text[1:] if text[0] == "-" and not text.strip("-0.") else text


def rounded(value: float, style: Style, *, decimals: int | None = None, significant: int | None = None) -> str:
    """One number with the decimals or the significant digits that were asked for, trailing zeros kept."""
    if decimals is None and significant is not None and value and math.isfinite(value):
        text = f"{value:.{significant - 1}e}"
        exponent = int(text.partition("e")[2])
        if not -5 <= exponent <= 8:
            return number_text(f"{text.partition('e')[0]}e{exponent}", style)
        decimals = max(significant - 1 - exponent, 0)
        value = float(text)
    return number_text(plain(value, 4, decimals), style)


def number_text(text: str, style: Style) -> str:
    """A number in ASCII, in the signs of the style."""
    if not style.unicode:
        return text
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa}×10{exponent.translate(_SUPERSCRIPT)}".replace("-", "−")
    return "∞" if text == "inf" else "−∞" if text == "-inf" else text.replace("-", "−")
