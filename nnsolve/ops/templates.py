"""The texts of operations put to use: derivative rules and definitions with a call's arguments filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from nnsolve.core.expressions import Call, Expr, Num, neg, rewrite, substitute
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.ops.operation import REGISTRY, Operation, Site

_parsed = lru_cache(maxsize=1024)(parse)
_symbol = lru_cache(maxsize=256)(Name)


def full_options(call: Call) -> dict[str, Any]:
    """The options of a call, defaults included."""
    return {**REGISTRY[call.op].options, **dict(call.options)}


def apply_rule(operation: Operation, site: Site, i: int) -> Expr:
    """The gradient of argument i by the operation's rule; raises `LookupError` where it has none."""
    argument = operation.arguments[min(i, len(operation.arguments) - 1)]
    rule = operation.gradient.get(argument, operation.gradient.get("*"))
    if rule is None:
        raise LookupError(argument)
    if not isinstance(rule, str):
        return rule(site, i)
    return filled(rule, operation, site.args, site.options, {"g": site.g, "out": site.out})


def definition(call: Call) -> Expr | None:
    """What a call stands for, or None where its operation is not defined by others."""
    operation = REGISTRY.get(call.op)
    if operation is None or operation.definition is None:
        return None
    return filled(operation.definition, operation, call.args, full_options(call))


def filled(
    text: str,
    operation: Operation,
    args: Sequence[Expr],
    options: Mapping[str, object],
    more: Mapping[str, Expr] | None = None,
) -> Expr:
    """One of an operation's texts with a call's arguments and options, and what else it names."""
    values = {_symbol(key): expr for key, expr in more.items()} if more else {}
    for key, arg in zip(operation.arguments, args, strict=False):
        values[_symbol(key)] = arg
    if not options:
        return substitute(_parsed(text), values)
    for key, value in options.items():
        if isinstance(value, (int, float)) and key != "axis":
            values[_symbol(key)] = Num(value)
    return rewrite(substitute(_parsed(text), values), _option_filler(options))


def _option_filler(options: Mapping[str, object]) -> Callable[[Expr], Expr]:
    """An option that names one of the operation's options (`axis=axis`) takes its value; defaults are not written."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and any(isinstance(value, str) and value in options for _, value in node.options):
            settled = tuple((k, options.get(v, v) if isinstance(v, str) else v) for k, v in node.options)
            defaults = REGISTRY[node.op].options
            kept = tuple((k, v) for k, v in settled if v != defaults.get(k))
            return Call(node.op, node.args, kept, node.at)  # type: ignore[arg-type]
        return node

    return change


def unfold(expr: Expr) -> Expr:
    """The expression with every operation that is shown as its definition written out."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        operation = REGISTRY.get(node.op)
        if operation and operation.shown_as_definition:
            return unfold(definition(node) or node) if operation.definition else node
        if node.op == "mul" and isinstance(node.args[-1], Call) and node.args[-1].op == "neg":
            return neg(node.with_args((*node.args[:-1], node.args[-1].args[0])))
        return node

    return rewrite(expr, change)
