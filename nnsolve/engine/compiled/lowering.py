"""From the equations of a program to a graph of primitive operations: one update, and the loss that it sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import resolve_axis
from nnsolve.engine.compiled.graph import Dims, Graph, Node
from nnsolve.engine.compiled.kernels import Kernel, array_code
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.ops import REGISTRY
from nnsolve.ops.operation import Operation, UndefinedValueError
from nnsolve.ops.templates import definition, full_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


def lower(
    program: Program, rounding: Roundings, batched: Container[Name], loss: bool = False, scalar: bool = False
) -> Graph:
    """The graph of one update.

    The values of `batched` names change with every batch; other data are constants. With `loss`, the loss before the
    update is computed too; with `scalar`, operations that have code for single numbers stay whole.
    """
    return Lowering(program, rounding, batched, scalar).graph_of(loss)


class Lowering:
    """Makes a graph of the equations of a program, or adds them to one."""

    def __init__(
        self,
        program: Program,
        rounding: Roundings,
        batched: Container[Name],
        scalar: bool,
        graph: Graph | None = None,
    ) -> None:
        self.program = program
        self.shapes = program.shapes
        self.rounding = rounding
        self.batched = batched
        self.scalar = scalar
        self.graph = Graph() if graph is None else graph
        self.named: dict[Name, int] = {}
        self.known: dict[Expr, int] = {}

    def graph_of(self, loss: bool) -> Graph:
        program, graph = self.program, self.graph
        graph.parameters = {name: self.reference(name) for name in program.updated}
        wanted = [name.after(1) for name in program.updated]
        if loss:
            assert program.loss is not None
            wanted.append(program.loss)
        for equation in program.closure(wanted):
            self.compute(equation)
        graph.outputs = {name: self.reference(name.after(1)) for name in program.updated}
        if loss:
            assert program.loss is not None
            graph.loss = graph.reshape(self.reference(program.loss), ())
        return graph

    def compute(self, equation: Equation) -> None:
        """Add the result of an equation whose operands are known."""
        graph, name = self.graph, equation.name
        dims = self.shapes.of(name).dims
        found = graph.reshape(self.node(equation.expr), dims)
        if self.rounding.rule(name) is not None:
            rounded = Node("call", (found,), partial(self.rounding.apply, name), dims)
            found = graph.add(rounded, ("rounding", name))
        self.named[name] = found

    def reference(self, name: Name) -> int:
        """The node of a name: an equation's result, or what is given."""
        if name in self.named:
            return self.named[name]
        program, dims = self.program, self.shapes.of(name).dims
        if name in program.updated:
            found = self.graph.source("parameter", name, dims)
        elif name in self.batched:
            found = self.graph.source("data", name, dims)
        else:
            found = self.graph.constant(program.given[name] if name in program.given else program.leaves[name].value)
        self.named[name] = found
        return found

    def node(self, expr: Expr) -> int:
        """The node of an expression."""
        if isinstance(expr, Num):
            return self.graph.constant(float(expr.value))
        if isinstance(expr, Ref):
            return self.reference(expr.name)
        if expr not in self.known:
            self.known[expr] = self.call(expr)
        return self.known[expr]

    def call(self, expr: Call) -> int:
        graph, dims = self.graph, self.shapes(expr).dims
        if expr.op in ("shape", "size"):
            shape = self.shapes(expr.args[0])
            return graph.constant(np.reshape(shape.size if expr.op == "size" else shape.reported, dims))
        special = SPECIAL.get(expr.op)
        if special is not None:
            found = special(self, expr)
            if found is not None:
                return graph.reshape(found, dims)
        operation = REGISTRY[expr.op]
        if operation.value is None:
            meaning = definition(expr)
            assert meaning is not None
            return self.node(meaning)
        options = full_options(expr)
        if "axis" in options:
            options["axis"] = resolve_axis(options["axis"], self.shapes(expr.args[0]), self.shapes.layout)
        args = [self.node(arg) for arg in expr.args]
        return graph.reshape(self.applied(operation, args, options, dims), dims)

    def applied(self, operation: Operation, args: list[int], options: dict[str, Any], dims: Dims) -> int:
        """An operation on nodes, in the finest form that it has."""
        graph = self.graph
        if isinstance(operation.value, np.ufunc) and operation.name != "matmul":
            return graph.apply(operation.value, *args)
        if self.scalar and operation.scalar is not None and not operation.variadic:
            return graph.add(Node("scalar", tuple(args), scalar_code(operation, options), dims))
        code = array_code(operation, len(args))
        if code is not None:
            found = args[0] if operation.variadic else Kernel(graph, self.bound(operation, args), options).run(code)
            for arg in args[1:] if operation.variadic else ():
                found = Kernel(graph, self.bound(operation, [found, arg]), options).run(code)
            return found
        assert operation.value is not None
        function: Callable[..., Any] = partial(operation.value, **options) if options else operation.value
        op = "arrange" if operation.arranges else "call"
        node = Node(op, tuple(args), function, dims)
        try:
            return graph.add(node, (operation.name, tuple(options.items())))
        except UndefinedValueError:  # of constants; it is raised again where it is computed
            graph.nodes.append(node)
            return len(graph.nodes) - 1

    @staticmethod
    def bound(operation: Operation, args: list[int]) -> Mapping[str, int]:
        return dict(zip(operation.arguments, args, strict=False))

    # Where a shorter form gives the same numbers

    def sum(self, expr: Call) -> int:
        """x + (-y) is x - y."""
        graph = self.graph
        found = self.node(expr.args[0])
        for term in expr.args[1:]:
            if isinstance(term, Call) and term.op == "neg":
                found = graph.apply("subtract", found, self.node(term.args[0]))
            else:
                found = graph.apply("add", found, self.node(term))
        return found

    def power(self, expr: Call) -> int | None:
        """x^2 is x * x, x^3 is x^2 * x; NumPy itself takes x^0.5 for the square root, also of -inf."""
        base, exponent = self.node(expr.args[0]), expr.args[1]
        if exponent == Num(1):
            return base
        if exponent == Num(2):
            return self.graph.apply("square", base)
        if exponent == Num(3):
            return self.graph.apply("multiply", self.graph.apply("square", base), base)
        if exponent == Num(0.5):
            return self.graph.apply("sqrt", base)
        return None

    def matmul(self, expr: Call) -> int:
        return self.graph.matmul(*(self.node(arg) for arg in expr.args))


SPECIAL: Mapping[str, Callable[[Lowering, Call], int | None]] = {
    "add": Lowering.sum,
    "pow": Lowering.power,
    "matmul": Lowering.matmul,
}


def scalar_code(operation: Operation, options: Mapping[str, Any]) -> str:
    """The code of an operation for single numbers, over x, y and z, with its options put in."""
    assert operation.scalar is not None
    values = dict(zip(operation.arguments, "xyz", strict=False)) | {key: literal(v) for key, v in options.items()}
    pattern = r"\b(?:" + "|".join(map(re.escape, values)) + r")\b"
    return re.sub(pattern, lambda found: values[found[0]], operation.scalar)


def literal(value: Any) -> str:
    """A number as Python code; a negative one in parentheses."""
    text = repr(float(value)) if isinstance(value, (int, float)) else repr(value)
    return f"({text})" if text.startswith("-") else text
