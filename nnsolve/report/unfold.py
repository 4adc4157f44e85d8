"""Expressions as a reader of the file writes them: definitions written out, indices counted as the file counts."""

from __future__ import annotations

from nnsolve.core.expressions import Call, Expr, Option, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.core.spelling import spell
from nnsolve.ops.templates import unfold


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
    return spell(counted(unfold(expr)))


def contains(expr: Expr, name: Name) -> bool:
    """Whether a name occurs in an expression."""
    if isinstance(expr, Ref):
        return expr.name == name
    return isinstance(expr, Call) and any(contains(arg, name) for arg in expr.args)
