"""Sentences with typeset formulas in them."""

from __future__ import annotations

from collections.abc import Iterable

from nnsolve.report.phrases import Formula
from nnsolve.report.typeset.compose import EQUALS, formula
from nnsolve.report.typeset.mathematics import Mathematics, Prose, Text, row
from nnsolve.report.typeset.symbols import name_symbol


def prose(phrase: Iterable[str | Formula]) -> Prose:
    """A sentence, its formulas typeset."""
    return tuple([part if isinstance(part, str) else typeset(part) for part in phrase])


def typeset(part: Formula) -> Mathematics:
    """A formula of a sentence."""
    found = formula(part.expr, part.scope)
    return found if part.left is None else row(name_symbol(part.left, part.scope), EQUALS, found)


def inside(phrase: Iterable[str | Formula]) -> Mathematics:
    """A few words inside of mathematics."""
    return row(*[Text(part) if isinstance(part, str) else part for part in prose(phrase)])
