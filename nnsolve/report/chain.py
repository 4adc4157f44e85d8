"""The chain rule that a gradient comes from: its links, the local derivative, and the equation that it belongs to."""

from __future__ import annotations

from typing import NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, neg
from nnsolve.core.names import Name
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope
from nnsolve.report.unfold import contains


class Local(NamedTuple):
    """A local derivative: the factor that the upstream gradient is multiplied by, and how.

    `side` is `times` (elementwise, or of numbers), `left` or `right` (the factor of a matrix product), or `same` where
    the gradient goes through unchanged.
    """

    factor: Expr
    side: str


def local(expr: Expr, upstream: Name) -> Local | None:
    """What the upstream gradient is multiplied by in an emitted gradient; None where it is not a single factor."""
    if isinstance(expr, Ref):
        return Local(Num(1), "same") if expr.name == upstream else None
    if not isinstance(expr, Call) or not contains(expr, upstream):
        return None
    if expr.op == "neg":
        inner = local(expr.args[0], upstream)
        return inner and Local(neg(inner.factor), "times" if inner.side == "same" else inner.side)
    if expr.op == "mul":
        others = tuple(arg for arg in expr.args if not (isinstance(arg, Ref) and arg.name == upstream))
        if len(others) != len(expr.args) - 1 or any(contains(arg, upstream) for arg in others):
            return None
        return Local(others[0] if len(others) == 1 else Call("mul", others), "times")
    if expr.op == "div" and isinstance(expr.args[0], Ref) and expr.args[0].name == upstream:
        return None if contains(expr.args[1], upstream) else Local(Call("div", (Num(1), expr.args[1])), "times")
    if expr.op == "matmul":
        left, right = expr.args
        if isinstance(left, Ref) and left.name == upstream and not contains(right, upstream):
            return Local(right, "right")
        if isinstance(right, Ref) and right.name == upstream and not contains(left, upstream):
            return Local(left, "left")
    return None


def derivative(of: Name, by: Name) -> Name:
    """The name of d`of`/d`by`."""
    return by.primal._replace(of=of.primal)


def links(equation: Equation) -> list[tuple[Name, Name]]:
    """The links of the chain rule that do not start at the loss itself."""
    loss = equation.name.of
    return [(u, v) for u, v in equation.chain if loss is None or u.primal.base != loss.base]


def rule(equation: Equation, scope: Scope, vector: bool) -> str | None:
    """The chain rule as a formula: ∂L/∂a₁ ⊙ ∂a₁/∂z₁, or a sum of such products.

    For a `vector` on the left of a product the local derivative is a transposed Jacobian matrix.
    """
    found = links(equation)
    loss = equation.name.of
    if not found or loss is None:
        return None
    terms: list[str] = []
    for u, v in found:
        upstream = u._replace(of=loss)
        step, outer = scope.name(derivative(u, v)), scope.name(upstream)
        part = local(equation.expr, upstream) if len(found) == 1 else None
        if part and part.side == "left" and scope.style.unicode and vector:
            terms.append(f"({step})ᵀ {outer}")
        else:
            both = part is not None and part.side == "times" and not scope.scalar(Ref(upstream))
            sign = (" ⊙ " if both else " · ") if scope.style.unicode else " * "
            terms.append(f"{outer}{sign}{step}")
    if len(found) < len(equation.chain):
        terms.append("direct")  # the loss uses the quantity itself, too
    return " + ".join(terms)


def local_text(equation: Equation, scope: Scope, vector: bool) -> str | None:
    """The local derivative in a formula: ∂a₁/∂z₁ = ReLU′(z₁)."""
    found = links(equation)
    loss = equation.name.of
    if len(found) != 1 or loss is None:
        return None
    (u, v), upstream = found[0], found[0][0]._replace(of=loss)
    part = local(equation.expr, upstream)
    if part is None:
        return None
    name = scope.name(derivative(u, v))
    if part.side in ("left", "right"):
        if part.side == "left" and vector:
            return f"{name} = {formula(transposed(part.factor), scope)}"
        return None
    return f"{name} = {formula(part.factor, scope)}"


def transposed(expr: Expr) -> Expr:
    """The transpose, without doubling one."""
    if isinstance(expr, Call) and expr.op == "transpose":
        return expr.args[0]
    return Call("transpose", (expr,))
