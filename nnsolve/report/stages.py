"""The line between the numbers put in and the result: what the parts of an expression come to.

The engine computes them, from the operands that the step itself was computed from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.expressions import Call, Expr, Ref, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.report.operands import REARRANGING, Operands
from nnsolve.report.scope import Scope

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

NOISE = 1e-13
"""A relative change by rounding that is only what binary arithmetic leaves: 0.1 + 0.2 is 0.3."""

SIMPLE = frozenset(("add", "mul", "matmul"))


def is_jacobian(expr: Expr) -> bool:
    """Whether an expression is a matrix of derivatives, which no operation computes from its operands."""
    return isinstance(expr, Call) and expr.op == "jacobian"


def is_constant(expr: Expr) -> bool:
    """Whether an expression takes only the shape of its operand, and none of its numbers."""
    return isinstance(expr, Call) and expr.op in ("ones", "zeros")


def exact_value(step: Step, scope: Scope) -> Tensor | None:
    """What a step came to before it was rounded; None where it was not, or rounding changed nothing."""
    equation = step.equation
    if not step.rounding or equation is None or is_jacobian(equation.expr):
        return None
    shapes = Shapes(scope.layout)
    shapes.named.update(step.shapes)
    value = evaluate(equation.expr, shapes, step.operands)
    return None if np.allclose(value, step.value, rtol=NOISE, atol=0, equal_nan=True) else value


class Stage:
    """An expression whose larger parts are replaced by names, and the values of these."""

    __slots__ = ("essential", "expr", "values")

    def __init__(self, expr: Expr, values: dict[Name, Tensor], essential: bool) -> None:
        self.expr = expr
        self.values = values
        self.essential = essential
        """Whether the step is hard to follow without it: something else than sums and products is involved."""


def stage(expr: Expr, step: Step, numbers: Operands, scope: Scope) -> Stage | None:
    """The expression with the value of every argument of its outermost operation; None where nothing is left to do."""
    if not isinstance(expr, Call) or numbers.known(expr) is not None:
        return None
    shapes = Shapes(scope.layout)
    shapes.named.update(step.shapes)
    inner = expr.args[0] if expr.op == "neg" else expr
    if not isinstance(inner, Call) or inner.op in REARRANGING or numbers.known(inner) is not None:
        return None
    values: dict[Name, Tensor] = {}
    essential = False

    def settle(part: Expr) -> Expr:
        nonlocal essential
        if not isinstance(part, Call) or numbers.known(part) is not None or not references(part):
            return part
        if part.op == "neg":
            return part.with_args((settle(part.args[0]),))
        essential = essential or inner.op not in SIMPLE or part.op not in SIMPLE
        name = Name(f"part {len(values)}")
        values[name] = evaluate(part, shapes, step.operands)
        shapes.named[name] = shapes(part)
        return Ref(name)

    settled: Expr = inner.with_args(tuple([settle(arg) for arg in inner.args]))
    if not values:
        return None
    return Stage(expr.with_args((settled,)) if inner is not expr else settled, values, essential)
