"""Textbook shortcuts: a cross-entropy and the activation before it as one stable formula of the logits."""

from __future__ import annotations

from collections.abc import Callable

from nnsolve.core.expressions import Call, Expr, Num, Ref, call, mul, neg, rewrite
from nnsolve.core.names import Name

Defining = Callable[[Name], Expr | None]
IsDistribution = Callable[[Expr], bool]


def shortened(expr: Expr, defining: Defining, is_distribution: IsDistribution) -> tuple[Expr, tuple[Name, ...]]:
    """The expression with its cross-entropies taken of the logits, and the activations that it then does without.

    softmax + cross-entropy: -sum(y ln softmax(z)), whose derivative is a - y where y sums to 1 in every sample;
    sigmoid + binary cross-entropy: sum(max(z, 0) - y z + ln(1 + exp(-|z|))), whose derivative is a - y. `defining`
    gives the expression of a named quantity, `is_distribution` tells whether a target sums to 1 in every sample.
    """
    bypassed: list[Name] = []

    def change(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.op != "neg":
            return node
        (inner,) = node.args
        factor: Expr | None = None
        if isinstance(inner, Call) and inner.op == "mul" and len(inner.args) == 2 and isinstance(inner.args[0], Num):
            factor, inner = inner.args
        compared = _compared(inner)
        if compared is None:
            return node
        target, prediction, is_binary = compared
        activation = defining(prediction.name) if isinstance(prediction, Ref) else prediction
        short = _of_logits(activation, target, is_binary, is_distribution)
        if short is None:
            return node
        if isinstance(prediction, Ref):
            bypassed.append(prediction.name)
        return short if factor is None else mul(factor, short)

    return rewrite(expr, change), tuple(bypassed)


def _compared(total: Expr) -> tuple[Expr, Expr, bool] | None:
    """Target and prediction of sum(y ln a), or of sum(y ln a + (1 - y) ln(1 - a)): then the last is true."""
    if not (isinstance(total, Call) and total.op == "sum" and not total.options):
        return None
    (body,) = total.args
    parts = body.args if isinstance(body, Call) and body.op == "add" else (body,)
    first = parts[0]
    if not (isinstance(first, Call) and first.op == "xlogy"):
        return None
    target, prediction = first.args
    if len(parts) == 1:
        return target, prediction, False
    complement = call("xlogy", _one_minus(target), _one_minus(prediction))
    return (target, prediction, True) if parts[1:] == (complement,) else None


def _of_logits(activation: Expr | None, target: Expr, is_binary: bool, is_distribution: IsDistribution) -> Expr | None:
    """The cross-entropy of an activation's argument; None where the prediction is no such activation."""
    if not isinstance(activation, Call):
        return None
    if is_binary:
        return call("sigmoid_cross_entropy", activation.args[0], target) if activation.op == "sigmoid" else None
    if activation.op != "softmax":
        return None
    if is_distribution(target):
        return Call("softmax_cross_entropy", (activation.args[0], target), activation.options)
    return neg(call("sum", mul(target, Call("log_softmax", activation.args, activation.options))))


def _one_minus(expr: Expr) -> Expr:
    return Call("add", (Num(1), Call("neg", (expr,))))
