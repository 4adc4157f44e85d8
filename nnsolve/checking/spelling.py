"""Numbers in the spellings of paper and pocket calculators: no answers, but recognised, to say what to write."""

from __future__ import annotations

import re

from nnsolve.core.diagnostics import Place
from nnsolve.problem.numbers import constant
from nnsolve.problem.reader import ScalarNode

MAX_LENGTH = 100
"""Characters of a text that is looked at."""

_NUMBER = r"[-+]?(?:[0-9]+(?:[.,][0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?:[ ]?%)?"
_has_number = re.compile(
    rf"""(?:[≈~≃=] | (?:ca|circa|about|approx)\b\.? | [^\W\d][^=≈]*[=≈])?  # ≈ 0.32, about 0.32, z = 0.32
    \s*[($]?({_NUMBER})[)$]?  # (0.32)
    (?:\s*\([^()]*\) | \s+(?!(?:pi|π|e)\b)[^\W\d]+ | \s*±.* | \.\.+ | … | [,;.])?  # 0.32 (rounded), 0.32 nats, 0.32...
    """,
    re.VERBOSE,
).fullmatch
_is_torn = re.compile(rf"[-+] +{_NUMBER}").fullmatch
_is_power = re.compile(rf"(?:({_NUMBER})\s*[*·⋅×x]\s*)?10\s*(?:\^|\*\*)\s*[({{]?([-+]?[0-9]+)[)}}]?").fullmatch
_is_grouped = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+").fullmatch
_may_be_grouped = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:[ ,][0-9]{3})+").fullmatch
_above = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+").sub
_lowered = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_minus = str.maketrans("−–", "--")


def spelled_anew(text: str) -> str | None:
    """What to write for a text; None where nobody can know."""
    if len(text) > MAX_LENGTH:
        return None
    keyboard = ", with the minus sign of the keyboard" if "–" in text else ""
    text = _above(lambda found: "^" + found[0].translate(_lowered), text.strip().translate(_minus))
    if _is_torn(text):
        return f"write {_decimal(text.replace(' ', ''))}, without a blank"
    if _is_grouped(text):
        return f"write {text.replace(',', '')}"
    if _may_be_grouped(text):
        together = re.sub("[ ,]", "", text)
        if text.count(",") == 1:
            return f"write {_decimal(text)}, or {together} if the comma groups thousands"
        return f"one number is written {together}, a list [{re.sub('[ ,]', ', ', text)}]"
    if found := _is_power(text):
        return f"write {_decimal(found[1] or '1')}e{int(found[2])}"
    if found := _has_number(text):
        return f"write {_decimal(found[1])}{keyboard}"
    if any(sign in "+-*/^(" for sign in text) and constant(ScalarNode(text, Place(""))) is not None:
        return "write the value that it comes to"
    return None


def _decimal(text: str) -> str:
    return text.replace(",", ".")
