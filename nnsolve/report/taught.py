"""A loss as it is taught, with its numbers, where that is as good as the stable form that was evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.expressions import Expr, Ref, references, substitute
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.ops.templates import unfold
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

AGREES = 1e-9
"""Relative deviation up to which the taught formula and the evaluated one are the same number."""


def taught(step: Step, scope: Scope, known: Mapping[Name, Step]) -> Step | None:
    """The step with the formula of the textbook in front and the evaluated one behind it (in `long`).

    None where there is no other formula, where one of its operands was not computed, or where its value is not finite
    or not the same: `ln(1 - a)` of a saturated sigmoid.
    """
    equation = step.equation
    if step.phase != "forward" or equation is None or equation.long is None:
        return None
    expr = _over_known(equation.long, step, known)
    if _letters(formula(expr, scope)) == _letters(formula(equation.expr, scope)):
        return None
    operands = {name: _value(name, step, known) for name in references(expr)}
    if any(found is None for found in operands.values()):
        return None
    values = {name: found[0] for name, found in operands.items() if found}
    shapes = {name: found[1] for name, found in operands.items() if found}
    scope_shapes = Shapes(scope.layout)
    scope_shapes.named.update(shapes)
    # As written, 0 ln 0 is not 0: what is shown would not be what was computed.
    if not _same(evaluate(unfold(expr), scope_shapes, values), step.value):
        return None
    equation = equation._replace(expr=expr, long=equation.expr)
    return step._replace(equation=equation, operands=values, shapes={**step.shapes, **shapes})


def _letters(text: str) -> str:
    """A formula without its parentheses: ln(softmax(z)) reads the same as ln softmax(z)."""
    return text.translate(str.maketrans("", "", "() "))


def _value(name: Name, step: Step, known: Mapping[Name, Step]) -> tuple[Tensor, Shape] | None:
    if name in step.operands:
        return step.operands[name], step.shapes[name]
    found = known.get(name)
    return None if found is None else (found.value, found.shape)


def _over_known(expr: Expr, step: Step, known: Mapping[Name, Step]) -> Expr:
    """The expression with a prediction that this run did without written as its equation: σ(z₂) for a₂."""
    written: dict[Name, Expr] = {}
    for name in references(expr):
        source = known.get(name.after(0))
        if name in step.operands or name in known or source is None or source.equation is None:
            continue
        inner = source.equation.expr
        here = {n: n.after(name.update) for n in references(inner) if n.after(name.update) in step.operands}
        written[name] = substitute(inner, {n: Ref(new) for n, new in here.items()})
    return substitute(expr, written)


def _same(value: Tensor, other: Tensor) -> bool:
    if value.shape != other.shape or not np.isfinite(value).all():
        return False
    return bool(np.all(np.abs(value - other) <= AGREES * np.abs(other)))
