"""What the registries say of their entries: written with the characters of a keyboard, shown with those of a style."""

from __future__ import annotations

import re

from nnsolve.core.names import Name
from nnsolve.report.style import Style, clean
from nnsolve.report.symbols import GREEK, symbol

_SIGNS = {"<-": "←", "<=": "≤", "sqrt(": "√(", "sum(": "Σ(", "sum_j": "Σⱼ", "^T": "ᵀ", "^2": "²", " * ": " · "}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_MINUS = re.compile(r"(?<![A-Za-z{])-(?=[\w(])|(?<= )-(?= )")
_NAME = re.compile(r"\b([A-Za-z]+)(\d*(?:_[A-Za-z]+)?)(?:_\{(.*?)\})?")


def head(text: str, style: Style) -> str:
    """A sentence of a registry: `eta m_hat / sqrt(v)` is η m̂ / √(v) where there are such signs."""
    if not style.unicode:
        return clean(text, unicode=False)
    text = _SIGN.sub(lambda found: _SIGNS[found[0]], clean(text))
    return _NAME.sub(_symbol, _MINUS.sub("−", text))


def _symbol(found: re.Match[str]) -> str:
    """A Greek letter, or a letter with something lowered or above it; any other word stays."""
    letter, rest, step = found.groups()
    if letter in GREEK or (len(letter) == 1 and (rest or step)):
        return symbol(Name(letter + rest, gate=step or "")).text
    return found[0]
