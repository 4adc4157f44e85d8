"""The verdict on a number against a second, slow statement of the rule, in exact fractions and from its text alone."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from nnsolve.checking.answerfile import parse_answers
from nnsolve.checking.judge import bounds, judge
from nnsolve.checking.model import Given

CASES = 6000

TIE = 1 + Fraction(1, 10**9)
"""Binary fractions miss decimal ties by their last bit."""


def last_place(exact: Fraction, digits: int) -> Fraction:
    """The place value of the last of some significant digits of a number rounded to them; 0 of 0."""
    if not exact:
        return Fraction(0)
    rounded = f"{Decimal(exact.numerator) / Decimal(exact.denominator):.{digits - 1}E}"
    return Fraction(10) ** (int(rounded.partition("E")[2]) + 1 - digits)


def by_the_text(text: str, exact: float, options: dict[str, Any], old: float | None) -> str:
    """Right within max(rtol |exact|, half a unit of the last digit that was written), the latter only for at least the
    asked precision; of an updated parameter rtol is taken of the change, and what was not updated must not pass.
    A right rounding to fewer digits is imprecise, where it is not more than half of the value off.
    """
    scale = Fraction(1, 100) if text.endswith("%") else Fraction(1)
    claim = Fraction(text.rstrip("%")) * scale
    unit = Fraction(0) if "/" in text else Fraction(10) ** int(Decimal(text.rstrip("%")).as_tuple().exponent)
    half, right = unit * scale / 2 * TIE, Fraction(exact)
    size = right if old is None else right - Fraction(old)
    allowed = max(Fraction(options.get("rtol", 1e-3)) * abs(size), Fraction(options.get("atol", 0)))
    asked = last_place(right, options.get("significant", 2))
    if "decimals" in options:
        asked = Fraction(1, 10 ** options["decimals"])
    if "decimals" in options or "significant" in options:
        allowed = max(allowed, asked / 2)
    if abs(claim - right) <= allowed * TIE + Fraction(1e-15) * abs(right):
        return "correct"
    not_updated = old is not None and abs(claim - Fraction(old)) <= half and abs(size) > abs(right) * Fraction(1e-14)
    if abs(claim - right) > half or not_updated or abs(claim - right) > abs(right) / 2 * TIE:
        return "wrong"
    return "correct" if unit * scale <= asked else "imprecise"


def case(rng: random.Random) -> tuple[str, float, dict[str, Any], float | None]:
    """A number as somebody could write it, right or wrong, the exact one, the ask's options, the old value."""
    exact = rng.choice([1, -1]) * 10 ** rng.uniform(-5, 5)
    if rng.random() < 0.4:
        exact = rng.choice([round(exact, rng.randint(0, 4)), 0.0, 1.0, 9.96, -0.996])
    old = exact - rng.choice([1, -1]) * abs(exact or 1) * 10 ** rng.uniform(-6, 1) if rng.random() < 0.4 else None
    options: dict[str, Any] = {}
    if rng.random() < 0.5:
        options[rng.choice(["decimals", "significant"])] = rng.randint(1, 6)
    for name in ("rtol", "atol"):
        if rng.random() < 0.2:
            options[name] = rng.choice([0, 1e-6, 0.01, 0.3])
    base = rng.choice([exact, exact, *([] if old is None else [old, 2 * old - exact])])
    written = base * (1 + rng.choice([0, 0, 1, -1]) * 10 ** rng.uniform(-5, 0))
    digits = rng.randint(0, 8)
    texts = [
        f"{written:.{digits}f}",
        f"{written:.{digits}e}",
        f"{100 * written:.{digits}f}%",
        f"{round(7 * written)}/7",
    ]
    return rng.choice(texts), exact, options, old


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_are_those_of_the_text(seed: int) -> None:
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(CASES):
        text, exact, options, old = case(rng)
        answer = parse_answers(f"problem: p\nanswers: {{q: {text}}}\n", "a.yaml").answers["q"]
        assert isinstance(answer, Given)
        (found,) = judge(answer, bounds([exact], None if old is None else [exact - old], options))
        assert found == by_the_text(text, exact, options, old), (text, exact, options, old)
        counts[found] += 1
    assert min(counts[verdict] for verdict in ("correct", "imprecise", "wrong")) > CASES // 50, counts
