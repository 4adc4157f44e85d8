"""An answer against the exact value, element by element (design part 6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.checking.claims import place_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnsolve.checking.model import Claim, Given, Verdict

RTOL = 1e-3
ASKED_DIGITS = 2
"""Significant digits of the exact value that are asked where the ask does not say."""

FARTHEST = 0.5
"""How much of a value a correct rounding may be off: 0.1 says something of 0.08, a 0 nothing."""

NOISE = 4 * 2.0**-52
"""What an exact 0 may be off by, relative to the largest element beside it: the rounding of its own computation."""

_SLACK = 1 + 1e-9  # 6.08 is within half a unit of 6.085, whatever the last bit says


class Bounds(NamedTuple):
    """How far a number may be from its exact value.

    Within `tolerance` it is right; also within half a unit of the last digit that was written, where that digit's place
    value is at most `asked`. Up to `farthest` a correct rounding is imprecise; beyond that it says nothing. Nor does
    one that is as near to `start`, what a parameter was before its updates (NaN where that says nothing either).
    """

    exact: float
    tolerance: float
    asked: float
    farthest: float
    start: float = math.nan


def bounds(values: Sequence[float], changes: Sequence[float] | None, options: Mapping[str, Any]) -> Iterator[Bounds]:
    """The bounds of one element after the other: rtol is taken of the value, or of how much an update changed it.

    An ask that says decimals or significant asks for that digit; else for two significant digits of the value. Half a
    unit of a digit that the ask names is enough.
    """
    noise = _noise(values)
    for n, value in enumerate(values):
        if not math.isfinite(value):
            yield Bounds(value, -1.0, 0.0, 0.0)  # no number is right
        else:
            yield _bounds(value, None if changes is None else changes[n], options, noise)


def _noise(values: Sequence[float]) -> float:
    return NOISE * max([abs(value) for value in values if math.isfinite(value)], default=0.0)


def _bounds(
    value: float, change: float | None, options: Mapping[str, Any], noise: float, finest: float = math.inf
) -> Bounds:
    size = value if change is None else change
    tolerance = max(options.get("rtol", RTOL) * abs(size), options.get("atol", 0.0), noise)
    asked = asked_place(value, options)
    if "decimals" in options or "significant" in options:
        tolerance = max(tolerance, min(asked, finest) / 2)
    start = value - size if change is not None and abs(size) > noise else math.nan
    return Bounds(value, tolerance * _SLACK, asked * _SLACK, FARTHEST * abs(value) * _SLACK, start)


def asked_place(value: float, options: Mapping[str, Any]) -> float:
    """The place value of the last digit that is asked."""
    if "decimals" in options:
        return float(10.0 ** -options["decimals"])
    return place(value, options.get("significant", ASKED_DIGITS))


def judge_by(
    given: Given, values: Sequence[float], changes: Sequence[float] | None, options: Mapping[str, Any]
) -> list[Verdict]:
    """The verdicts by other values than the exact ones, as `judge` by their `bounds`.

    But half a unit of a digit that the ask names is enough only where nothing finer is written. Digits are not worked
    out where a number is right without them, or too far away.
    """
    rtol, atol, noise = options.get("rtol", RTOL), options.get("atol", 0.0), _noise(values)
    result: list[Verdict] = []
    for n, (claim, value) in enumerate(zip(given.claims, values, strict=True)):
        change = None if changes is None else changes[n]
        off = abs(claim[0] - value)
        if not off < math.inf:
            result.append("wrong" if claim[0] == claim[0] else "unreadable")  # NaN
        elif off <= max(rtol * abs(value if change is None else change), atol, noise) * _SLACK:
            result.append("correct")
        elif off > claim[1] / 2 * _SLACK:
            result.append("wrong")
        else:
            result.append(_verdict(claim, _bounds(value, change, options, noise, claim[1])))
    return result


def place(value: float, digits: int) -> float:
    """The place value of the last of some significant digits, once rounded to them: 0.1 of 6.08 and of 0.996 for two.

    0 where there is none.
    """
    if value == 0:
        return 0.0
    return place_value(int(f"{value:.{digits - 1}e}".partition("e")[2]) + 1 - digits)


def judge(given: Given, bounds: Iterable[Bounds]) -> list[Verdict]:
    """The verdict on each element of an answer that has the right shape."""
    return list(verdicts(given, bounds))


def verdicts(given: Given, bounds: Iterable[Bounds]) -> Iterator[Verdict]:
    """As `judge`, one element after the other, for those who stop at a wrong one."""
    return map(_verdict, given.claims, bounds)


def _verdict(claim: Claim, bounds: Bounds) -> Verdict:
    exact, tolerance, asked, farthest, start = bounds
    value = claim[0]
    deviation = abs(value - exact)
    if deviation <= tolerance:
        return "correct"
    half = claim[1] / 2 * _SLACK
    if deviation <= half and deviation <= farthest and not abs(value - start) <= half:
        return "correct" if claim[1] <= asked else "imprecise"
    return "wrong" if value == value else "unreadable"  # NaN


def is_rearranged(given: Given, bounds: Sequence[Bounds]) -> bool:
    """Whether the numbers of an answer are the right ones, all of them, in whatever order."""
    claims = sorted(given.claims, key=lambda claim: claim.value)
    ordered = given._replace(claims=tuple(claims))
    return (
        not (given.unread or given.gap)
        and overall(judge(ordered, sorted(bounds, key=lambda bound: bound.exact))) == "correct"
    )


def is_near(claim: Claim, bounds: Bounds) -> bool:
    """Whether a number is near enough to the exact one for what was rounded on the way to make the difference.

    Not where it is off by more than half of that, or of what the updates change of it.
    """
    size = bounds.exact if math.isnan(bounds.start) else bounds.exact - bounds.start
    return abs(claim.value - bounds.exact) <= max(FARTHEST * abs(size), bounds.tolerance) * _SLACK


def fits_start(claim: Claim, bounds: Bounds) -> bool:
    """Whether the digits of a number fit both the exact value and what a parameter was before its updates."""
    return abs(claim.value - bounds.exact) <= claim.unit / 2 * _SLACK and is_old(claim, bounds)


def is_old(claim: Claim, bounds: Bounds) -> bool:
    """Whether the digits of a number fit what a parameter was before its updates."""
    return abs(claim.value - bounds.start) <= claim.unit / 2 * _SLACK


def is_cut_off(claim: Claim, bounds: Bounds) -> bool:
    """Whether a number is the exact one with its last digits cut off, which rounding would have changed."""
    if claim.digits < 2 or claim.value * bounds.exact <= 0:
        return False
    return claim.unit / 2 < abs(bounds.exact) - abs(claim.value) < claim.unit


def is_rounded_away(claim: Claim, bounds: Bounds) -> bool:
    """Whether a number is the exact one rounded to so few digits that more than half of it is lost.

    A 0 is a rounding to two decimals at most: else it may be anything.
    """
    half = min(claim.unit, 0.01) / 2 if not claim.value else claim.unit / 2
    return bounds.farthest < abs(claim.value - bounds.exact) <= half * _SLACK


def is_coarse(claim: Claim, value: float, options: Mapping[str, Any]) -> bool:
    """Whether a number has fewer digits than are asked of a value."""
    return claim.unit > asked_place(value, options) * _SLACK


def overall(elements: Sequence[Verdict]) -> Verdict:
    """The verdict on a tensor: that of its worst element."""
    for verdict in _WORST_FIRST:
        if verdict in elements:
            return verdict
    return "correct"


_WORST_FIRST: tuple[Verdict, ...] = ("wrong", "unreadable", "carried", "imprecise")


def fits(given: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Whether an answer has the shape that is expected.

    A vector may be a list, a row or a column, a number may stand in brackets; a matrix must not be transposed.
    """
    if given == expected:
        return True
    count = math.prod(expected)
    if math.prod(given) != count:
        return False
    if count == 1:
        return True
    if len(expected) == 1:
        return len(given) == 2 and 1 in given
    return len(given) == 1 and len(expected) == 2 and 1 in expected


def spelled(bounds: Bounds, digits: int = 4) -> str:
    """The exact value with as few significant digits, but no fewer than these, as make a right answer."""
    exact = bounds.exact
    if not math.isfinite(exact) or exact == 0:
        return repr(exact) if exact else "0"
    for count in range(digits, 18):
        text = f"{exact:.{count}g}"
        if abs(float(text) - exact) <= bounds.tolerance:
            return text
    return repr(exact)


def tolerance_text(options: Mapping[str, Any], changed: bool) -> str:
    """The tolerance in words."""
    parts = []
    if "decimals" in options:
        parts.append(f"to {_count(options['decimals'], 'decimal')}")
    elif "significant" in options:
        parts.append(f"to {_count(options['significant'], 'significant digit')}")
    rtol, atol = options.get("rtol", RTOL), options.get("atol", 0.0)
    if rtol or not (parts or atol):
        parts.append(f"within {100 * rtol:.3g} % {'of what the update changes' if changed else 'of the value'}")
    if atol:
        parts.append(f"within {atol:g}")
    return " or ".join(parts)


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
