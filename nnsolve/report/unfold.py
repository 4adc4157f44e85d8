"""Operations written out: the definition of a call, with its arguments put in."""

from __future__ import annotations

import functools

from nnsolve.core.expressions import Call, Expr, Option, Ref, rewrite, substitute
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.spelling import spell
from nnsolve.ops.operation import REGISTRY


@functools.cache
def _parsed(definition: str) -> Expr:
    return parse(definition)


def definition(expr: Call) -> Expr | None:
    """What a call stands for, or None where it is not defined by other operations."""
    operation = REGISTRY.get(expr.op)
    if operation is None or operation.definition is None:
        return None
    options = {**operation.options, **dict(expr.options)}

    def settle(node: Expr) -> Expr:
        """Options that name an option of the operation (`axis=axis`) take its value."""
        if not isinstance(node, Call) or not node.options:
            return node
        settled: list[tuple[str, Option]] = []
        for key, value in node.options:
            value = options.get(value, value) if isinstance(value, str) else value
            if value is not None and value != REGISTRY[node.op].options.get(key):
                settled.append((key, value))
        return Call(node.op, node.args, tuple(settled))

    body = rewrite(_parsed(operation.definition), settle)
    return substitute(
        body, {Name(argument): arg for argument, arg in zip(operation.arguments, expr.args, strict=False)}
    )


def shown(expr: Expr) -> Expr:
    """The expression with the operations unfolded that are always printed as their definitions."""

    def unfold(node: Expr) -> Expr:
        if isinstance(node, Call) and (operation := REGISTRY.get(node.op)) and operation.shown_as_definition:
            return shown(definition(node) or node)
        return node

    return rewrite(expr, unfold)


def counted(expr: Expr) -> Expr:
    """The expression with its indices counted as the file counts, as they are written."""

    def count(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.op != "index":
            return node
        base, key = node.option("base", 0), node.option("key")
        if not isinstance(base, int) or not base or not isinstance(key, tuple):
            return node
        return Call("index", node.args, (("key", tuple([_moved(part, base) for part in key])),))

    return rewrite(expr, count)


def _moved(part: Option, base: int) -> Option:
    if isinstance(part, tuple):
        return tuple([end + base if isinstance(end, int) else end for end in part])
    return part + base if isinstance(part, int) else part


def spelled(expr: Expr) -> str:
    """The expression in the equation language, as a file would have it."""
    return spell(counted(shown(expr)))


def contains(expr: Expr, name: Name) -> bool:
    """Whether a name occurs in an expression."""
    if isinstance(expr, Ref):
        return expr.name == name
    return isinstance(expr, Call) and any(contains(arg, name) for arg in expr.args)
