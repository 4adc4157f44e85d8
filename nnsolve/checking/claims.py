"""The spelling of numbers in answers: what a number claims, and what is wrong with what is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nnsolve.checking.model import Claim, Given, Unreadable
from nnsolve.checking.spelling import spelled_anew
from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.problem.numbers import MAX_LENGTH, refuse
from nnsolve.problem.reader import ListNode, Node, ScalarNode
from nnsolve.problem.source import shown

EXACT_DIGITS = 17
"""Significant digits of a fraction, which is exact."""

REMEMBERED = 30_000
"""Spellings of numbers that are kept."""

_INFINITE = (math.inf, -math.inf)

_decimal = re.compile(r"[-+−]?(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([-+−]?[0-9]+))?( ?%)?").fullmatch
_fraction = re.compile(r"([-+−]?[0-9]+) ?/ ?([0-9]+)").fullmatch


def claim(node: Node) -> Claim | Unreadable:
    """The number that a scalar spells: a decimal, one with an exponent, a fraction, a percentage (4.7% is 0.047)."""
    if type(node) is not ScalarNode:
        is_list = type(node) is ListNode
        message = f"found {'a list' if is_list else 'a mapping'} where a number is expected"
        help = "write one number" if is_list else "write a number, or a list of numbers: [1, 2]"
        return Unreadable(message, help, node.place.line, node.place.column)
    text, place, _ = node
    if len(text) > MAX_LENGTH:
        return unreadable(node)
    spelled = _spelled(text)
    if spelled is None:
        return _fraction_claim(node)
    value, unit, digits = spelled
    if value in _INFINITE:
        return Unreadable(f"{shown(text)} is too large for a number", "check its exponent", place.line, place.column)
    _, line, column = place
    return tuple.__new__(Claim, (value, unit, digits, text, line, column))  # the loop that every number goes through


@lru_cache(maxsize=REMEMBERED)
def _spelled(text: str) -> tuple[float, float, int] | None:
    """Value, place value of the last digit and significant digits of a decimal; many students write the same ones."""
    found = _decimal(text)
    if found is None:
        return None
    spelled = text if text.isascii() else text.replace("−", "-")
    whole, behind, only, exponent, percent = found.groups()
    digits = behind or only or ""
    value = float(spelled[: -len(percent)] if percent else spelled)
    power = int(exponent.replace("−", "-")) if exponent else 0
    if percent:
        value /= 100
        power -= 2
    return value, place_value(power - len(digits)), len(((whole or "") + digits).lstrip("0"))


def place_value(power: int) -> float:
    """10 to the power; 0 or infinity where that is no number any more."""
    return _POWERS[power] if -30 <= power <= 0 else 0.0 if power < -320 else math.inf if power > 308 else 10.0**power


_POWERS = {power: float(f"1e{power}") for power in range(-30, 1)}


def _fraction_claim(node: ScalarNode) -> Claim | Unreadable:
    found = _fraction(node.text)
    if found is None:
        return unreadable(node)
    top, bottom = int(found[1].replace("−", "-")), int(found[2])
    line, column = node.place.line, node.place.column
    if bottom == 0:
        return Unreadable(f"{shown(node.text)} divides by zero", "write the number", line, column)
    try:
        return Claim(top / bottom, 0.0, EXACT_DIGITS, node.text, line, column)
    except OverflowError:
        return Unreadable(f"{shown(node.text)} is too large for a number", "write it as a decimal", line, column)


NO_NUMBER = "there is no number"
"""What is wrong with a place in a list where one was left out."""

MISSING = "?"
"""How a number of a list is shown that was left out, however that was written: ?, -, ~ or nothing."""


def without_percent(given: Given) -> Given:
    """The answer where no percentages are asked: those that it has cannot be read."""
    if not any([claim[3][-1] == "%" for claim in given.claims]):
        return given
    signs = [n for n, claim in enumerate(given.claims) if claim.text[-1] == "%" and claim.value == claim.value]
    claims, refused = list(given.claims), list(given.unread)
    for n in signs:
        _, _, _, text, line, column = claims[n]
        claims[n] = Claim(math.nan, 0.0, 0, text, line, column)
        message = f"{shown(text)} is in percent, which is not asked here"
        refused.append(Unreadable(message, "write a fraction of 1", line, column))
    refused.sort(key=lambda one: (one.line, one.column))
    return given._replace(claims=tuple(claims), unread=tuple(refused))


def unread(node: Node, why: Unreadable) -> tuple[Claim, Unreadable]:
    """What stands in a list in place of a number that cannot be read (no exact value is near it), and why."""
    text = node.text if type(node) is ScalarNode else ""
    written = MISSING if is_gap(text) or len(text) > MAX_LENGTH else text
    found = Claim(math.nan, 0.0, 0, written, node.place.line, node.place.column)
    if is_gap(text):
        return found, why._replace(message=NO_NUMBER, help=None)
    return found, why if any(sign.isdigit() for sign in text) else why._replace(help=None)  # n/a, tbd


def is_gap(text: str) -> bool:
    """Whether what stands for a number is only a sign that there is none: ?, -, or nothing."""
    return not any(sign.isalnum() for sign in text)


def unreadable(node: ScalarNode) -> Unreadable:
    """Why a scalar is no number, and what to write instead."""
    line, column = node.place.line, node.place.column
    message = f"{shown(node.text)} is not a number"
    if node.text.strip() and is_gap(node.text):  # a question mark, a dash
        return Unreadable(message, "write a number, or nothing where you have no answer", line, column)
    if help := spelled_anew(node.text):
        return Unreadable(message, help, line, column)
    try:
        refuse(node, among_others=False)
    except ProblemError as error:
        first = error.diagnostics[0]
        return Unreadable(first.message, first.help, line, column)
    help = "write a number such as 3.14, -1.5e-3 or 2/3"
    if not any(sign.isdigit() for sign in node.text):
        help += ", or nothing where you have no answer"
    return Unreadable(message, help, line, column)


def value_of(text: str) -> float | None:
    """The number that a spelling from an answer stands for."""
    found = claim(ScalarNode(text, Place("")))
    return found.value if isinstance(found, Claim) else None


def numbers(given: Any) -> Any:
    """Numbers as a student wrote them, nested, as numbers."""
    if isinstance(given, tuple):
        return [numbers(item) for item in given]
    return None if given is None else value_of(given)


def flat(given: Any) -> list[Any]:
    """What is nested, row by row."""
    return [one for item in given for one in flat(item)] if isinstance(given, tuple) else [given]


def nested(items: Sequence[Any], shape: Sequence[int]) -> Any:
    """Items row by row as nested tuples of a shape; () is the only item itself."""
    if not shape:
        return items[0]
    if len(shape) == 1:
        return tuple(items)
    rows = len(items) // shape[0]
    return tuple([nested(items[n * rows : (n + 1) * rows], shape[1:]) for n in range(shape[0])])


def meant_units(claims: Sequence[Claim]) -> list[float]:
    """The place values of the last digits that are meant.

    A single digit among longer numbers (the 0 in [0.42, 0, 1.37]) is meant as precisely as these; but no 0.5 beside
    -3.616e-05 has more digits than that.
    """
    if all([claim[0] and claim[2] > 1 for claim in claims]):
        return [claim[1] for claim in claims]
    finest = min((claim.unit for claim in claims if claim.digits > 1), default=math.inf)
    longest = max(claim.digits for claim in claims) if claims else 1

    def meant(claim: Claim) -> float:
        if not claim.value:
            return min(claim.unit, finest)
        return claim.unit if claim.digits > 1 else min(claim.unit, max(finest, claim.unit * 10.0 ** (1 - longest)))

    return [meant(claim) for claim in claims]
