"""Expressions as text of the language, as a reader of the file writes them."""

from __future__ import annotations

from nnsolve.core.expressions import Expr
from nnsolve.core.spelling import spell
from nnsolve.ops.templates import unfold


def spelled(expr: Expr) -> str:
    """The expression in the equation language, as a file would have it."""
    return spell(unfold(expr))
