"""Gradients of slices put together again: [∂L/∂zᵢ; ∂L/∂z_f; ...] for a sum of parts that each stand in their place."""

from __future__ import annotations

from nnsolve.core.expressions import Call, Expr, rewrite
from nnsolve.report.scope import Scope, options


def stacked(expr: Expr, scope: Scope) -> Expr:
    """The expression, with each sum of scattered slices that fill the features of a tensor as their concatenation."""
    return rewrite(expr, lambda node: _concatenation(node, scope) or node)


def _concatenation(expr: Expr, scope: Scope) -> Call | None:
    if not isinstance(expr, Call) or expr.op != "add":
        return None
    parts: dict[int, tuple[int, Expr]] = {}
    size = 0
    for arg in expr.args:
        span = _span(arg, scope)
        if span is None or not isinstance(arg, Call):
            return None
        start, stop, size = span
        parts[start] = stop, arg.args[0]
    place, found = 0, []
    while place in parts:
        place, part = parts[place]
        found.append(part)
    return Call("concat", tuple(found)) if place == size and len(found) == len(expr.args) else None


def _span(expr: Expr, scope: Scope) -> tuple[int, int, int] | None:
    """From where to where a scattered slice stands along the features, and how many there are."""
    if not isinstance(expr, Call) or expr.op != "scatter":
        return None
    key, dims = options(expr)["key"], options(expr)["dims"]
    features = scope.layout.features
    if len(key) != 2 or len(dims) != 2 or not isinstance(key[features], tuple):
        return None
    other, count = key[1 - features], dims[1 - features]
    everything = (other[0] or 0, other[1] or count) == (0, count) if isinstance(other, tuple) else count == 1
    start, stop = key[features]
    return (start or 0, stop or dims[features], dims[features]) if everything else None
