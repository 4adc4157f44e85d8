"""Expressions as PyTorch code."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnsolve.core.expressions import Call, Expr, Num
from nnsolve.core.names import Name
from nnsolve.engine.infer import Shapes
from nnsolve.ops.operation import Operation
from nnsolve.report.export.python import calling, literal
from nnsolve.report.export.spelling import Node, Numpy

NAMES = {"rint": "round", "array": "tensor", "concatenate": "cat"}
"""PyTorch's names of what NumPy calls otherwise."""

OPTIONS = {"axis": "dim", "keepdims": "keepdim"}
AMONG_NUMBERS = ("add", "mul", "div", "pow", "neg", "max", "min", "clip", "index")
"""Operations that take literals as they are; functions of PyTorch take tensors alone."""


class Torch(Numpy):
    """Writes expressions as PyTorch code."""

    def node(self, expr: Expr, shapes: Shapes, names: Callable[[Name], ast.expr]) -> ast.expr:
        found = super().node(expr, shapes, names)
        if isinstance(expr, Call) and expr.op == "shape" and isinstance(found, ast.Call):
            sizes, dims = found.args
            return calling("torch.reshape", calling("torch.tensor", sizes), dims)
        return found

    def argument(self, expr: Expr, op: str, node: ast.expr) -> ast.expr:
        return calling("torch.tensor", node) if isinstance(expr, Num) and op not in AMONG_NUMBERS else node

    def option(self, key: str, value: Any) -> ast.expr:
        if key == "place" and any(isinstance(part, slice) for part in value):
            return ast.Tuple([calling("slice", literal(part.start), literal(part.stop)) for part in value])
        return literal(value)

    def text(self, operation: Operation, count: int) -> str | None:
        found = operation.torch[count - 1] if isinstance(operation.torch, tuple) else operation.torch
        return found or super().text(operation, count)

    def translated(self, node: Node) -> Node:
        found: Node = _Translator().visit(node)
        return found


class _Translator(ast.NodeTransformer):
    """NumPy's functions and options by PyTorch's names."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "np":
            return ast.Attribute(ast.Name("torch"), NAMES.get(node.attr, node.attr))
        self.generic_visit(node)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        return ast.keyword(OPTIONS.get(node.arg or "", node.arg), node.value)
