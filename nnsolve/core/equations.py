"""Equations: a name, the expression that computes it, and where both come from."""

from __future__ import annotations

from typing import NamedTuple

from nnsolve.core.diagnostics import Place
from nnsolve.core.expressions import Expr
from nnsolve.core.names import Name


class Equation(NamedTuple):
    """`name = expr`, in one of the phases `forward`, `backward` and `update`.

    `long` is the textbook's long way where there is a shortcut (softmax and cross-entropy in one); it is equal where
    nothing overflows. `expr` is what is evaluated and printed: the shortcut, or the long way where the value between
    the two steps was replaced or rounded; `shortcut` is then the one that is differentiated. `bypassed` are the
    predictions that the shortcut does without. `chain` holds, for a derivative, the links (u, v) of the chain rule that
    it adds up: dL/dv = sum over u of dL/du du/dv. `place` is where in the file the equation comes from.
    """

    name: Name
    expr: Expr
    phase: str = "forward"
    place: Place | None = None
    long: Expr | None = None
    chain: tuple[tuple[Name, Name], ...] = ()
    shortcut: Expr | None = None
    bypassed: tuple[Name, ...] = ()

    @property
    def differentiated(self) -> Expr:
        """The expression whose derivatives are emitted."""
        return self.expr if self.shortcut is None else self.shortcut
