"""Names as typeset symbols: `hbar1` as h̄¹, `dL/dW2` as ∂L over ∂W₂, a time step's share with a bar behind it."""

from __future__ import annotations

import functools
import unicodedata

from nnsolve.core.names import Name
from nnsolve.report.scope import Scope
from nnsolve.report.symbols import ACCENTS, Writing, owner, placed, stem
from nnsolve.report.typeset.mathematics import Fenced, Fraction, Mathematics, Number, Operator, Script, Symbol, row

_MARKS = {mark: name for name, mark in ACCENTS.items()} | {
    "\u0301": "acute",
    "\u0300": "grave",
    "\u0308": "ddot",
    "\u030c": "check",
    "\u0306": "breve",
}

PARTIAL = Operator("∂")


def name_symbol(name: Name, scope: Scope) -> Mathematics:
    """A name as it is shown in a part of the report that is about what follows `scope.moment` updates."""
    return typeset_name(name, scope, "share" if scope.is_share(name) else "")


def typeset_name(name: Name, scope: Scope, kind: str = "") -> Mathematics:
    """A name; `kind` is as in `symbols.symbol`: a share, a whole sequence, or its value at any time step."""
    return _typeset(name, scope.naming.writing, scope.moment_of(name), kind)


@functools.lru_cache(maxsize=4096)
def _typeset(name: Name, writing: Writing, moment: str, kind: str) -> Mathematics:
    if name.stem == "…":  # what is left out of a long formula
        return Operator("…")
    if name.of is None:
        return _letter(name, writing, kind)._replace(moment=moment)
    below = name._replace(time=None) if kind == "share" else name
    found: Mathematics = Fraction(
        row(PARTIAL, _letter(name.of, writing, kind if kind == "any" else "")),
        row(PARTIAL, _letter(below, writing, kind)),
    )
    if kind == "share":
        step = row(Symbol("t"), Operator("="), Number(str(name.time)))
        found = Script(Fenced("", found, "|"), sub=step)
    return row(found, Operator(moment)) if moment else found


def _letter(name: Name, writing: Writing, kind: str = "") -> Symbol:
    """Stem, layer, gate and time of a name."""
    if owned := owner(name):
        letter, accent = _accented(stem(owned[0])[0])
        return Symbol(letter, accent, lowered=(_letter(owned[1], writing, kind),))
    found = placed(name, writing, kind)
    letter, accent = _accented(found.letter)
    lowered = [*found.lowered, *([found.step] if found.step else [])]
    return Symbol(letter, accent, found.raised, tuple(lowered))


def _accented(letter: str) -> tuple[str, str]:
    """A letter and the mark above it."""
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[1] in _MARKS:
        return parts[0], _MARKS[parts[1]]
    return letter, ""
