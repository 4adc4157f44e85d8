"""Sentences with formulas in them, before it is settled whether they become lines of text or typeset mathematics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nnsolve.core.expressions import Expr, Ref
from nnsolve.core.names import Name
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope


class Formula(NamedTuple):
    """An expression within a sentence; with `left` an equation."""

    expr: Expr
    scope: Scope
    left: Name | None = None


Phrase = tuple[str | Formula, ...]


def quantity(name: Name, scope: Scope) -> Formula:
    """A name within a sentence."""
    return Formula(Ref(name), scope)


def phrase_text(phrase: Iterable[str | Formula]) -> str:
    """A sentence as text."""
    return "".join([part if isinstance(part, str) else _formula_text(part) for part in phrase])


def _formula_text(part: Formula) -> str:
    text = formula(part.expr, part.scope)
    return text if part.left is None else f"{part.scope.name(part.left)} = {text}"


def listed(phrases: Iterable[Phrase], sign: str = ", ") -> Phrase:
    """Sentences one after the other with a sign between them."""
    found: list[str | Formula] = []
    for phrase in phrases:
        found += [sign, *phrase] if found else phrase
    return tuple(found)
