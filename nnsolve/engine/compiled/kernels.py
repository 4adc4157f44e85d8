"""The straight-line NumPy code of operations (`Operation.array`), put into a graph."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from nnsolve.engine.compiled.graph import Graph
from nnsolve.ops import REGISTRY
from nnsolve.ops.operation import Operation
from nnsolve.ops.primitives import PRIMITIVES

BINARY = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}


@lru_cache(maxsize=512)
def _parsed(text: str) -> list[ast.stmt]:
    return ast.parse(textwrap.dedent(text).strip()).body


def array_code(operation: Operation, count: int) -> str | None:
    """The code of an operation for a number of arguments."""
    code = operation.array
    return code[count - 1] if isinstance(code, tuple) else code


class Kernel:
    """One use of an operation's code: names are arguments (nodes of the graph) or options."""

    def __init__(self, graph: Graph, values: Mapping[str, int], options: Mapping[str, Any]) -> None:
        self.graph = graph
        self.values = dict(values)
        self.options = options

    def run(self, code: str) -> int:
        """The node of the last expression."""
        *assignments, last = _parsed(code)
        for statement in assignments:
            assert isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            self.values[statement.targets[0].id] = self.node(statement.value)
        assert isinstance(last, ast.Expr)
        return self.node(last.value)

    def node(self, expr: ast.expr) -> int:
        graph = self.graph
        match expr:
            case ast.Constant(value):
                return graph.constant(value)
            case ast.Name(name):
                return self.values[name] if name in self.values else graph.constant(self.options[name])
            case ast.IfExp(ast.Name(option), body, orelse):
                return self.node(body if self.options[option] else orelse)
            case ast.UnaryOp(ast.USub(), operand):
                return graph.apply("negative", self.node(operand))
            case ast.BinOp(left, operator, right):
                return graph.apply(BINARY[type(operator)], self.node(left), self.node(right))
            case ast.Call(ast.Attribute(ast.Name(name), "reduce"), [x], keywords):
                return graph.reduce(name, self.node(x), self.axis(keywords))
            case ast.Call(ast.Name("count"), [x], keywords):
                dims, axis = graph.nodes[self.node(x)].dims, self.axis(keywords)
                return graph.constant(int(np.prod(dims)) if axis is None else dims[axis])
            case ast.Call(ast.Name("column" | "row" as shape), [x]):
                node = self.node(x)
                size = int(np.prod(graph.nodes[node].dims))
                return graph.reshape(node, (size, 1) if shape == "column" else (1, size))
            case ast.Call(ast.Name(name), args):
                nodes = [self.node(arg) for arg in args]
                if name in PRIMITIVES:
                    return graph.apply(name, *nodes)
                operation = REGISTRY[name]
                code = array_code(operation, len(nodes))
                assert code is not None
                return Kernel(graph, dict(zip(operation.arguments, nodes, strict=False)), self.options).run(code)
        raise NotImplementedError(ast.unparse(expr))

    def axis(self, keywords: list[ast.keyword]) -> int | None:
        """`axis=axis` is the option; without it everything is reduced."""
        axis: int | None = self.options["axis"] if keywords else None
        return axis
