"""The computational graph: an operation or an equation a node, values and gradients on the edges.

The gradient on an edge is what flows back along it: where a quantity is used several times its own gradient is the sum
over its edges. It is differentiated and evaluated as everything else: every use is an equation of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, references, substitute
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.infer import Shapes
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.ops.templates import unfold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

INSIDE = {"neg": "add", "transpose": "matmul"}
"""Operations that belong to the one that uses them: a difference is one operation. Anywhere else they are their own."""


class Node(NamedTuple):
    """An operation, an equation, or (without an expression) what the file gives.

    `named` says whether it is a quantity of the problem; its `gradient` is None where there is none.
    """

    name: Name
    expr: Expr | None
    named: bool
    value: Tensor
    shape: Shape
    gradient: Tensor | None


class Edge(NamedTuple):
    """A node's value as another one uses it, and the gradient that flows back."""

    source: Name
    target: Name
    gradient: Tensor | None


class Graph(NamedTuple):
    """The nodes, each after those that it uses, and the edges; `root` is what is derived, if anything is."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: Name | None

    def flow(self, source: Name, targets: Set[Name]) -> Tensor | None:
        """What flows back to a node along its edges to some others; None where nothing does."""
        found = [e.gradient for e in self.edges if e.source == source and e.target in targets]
        known = [gradient for gradient in found if gradient is not None]
        return np.sum(known, axis=0) if known else None

    @property
    def finite(self) -> bool:
        """Whether every gradient is a finite number."""
        found = [node.gradient for node in self.nodes] + [edge.gradient for edge in self.edges]
        return all(gradient is None or bool(np.isfinite(gradient).all()) for gradient in found)


def graph(moment: Moment, root: Name | None, by_operation: bool) -> Graph:
    """The graph of a program's forward pass, with the gradients of `root`.

    Where a loss has a shortcut over its prediction the graph goes the long way, through the prediction, unless numbers
    overflow on it.
    """
    long = _graph(moment, root, by_operation, long=True)
    return long if long.finite else _graph(moment, root, by_operation, long=False)


def size(program: Program, by_operation: bool) -> int:
    """The number of nodes that the graph has, the long way."""
    parts = _taken_apart(program, by_operation, long=True)
    names = {used for equation in parts.equations for used in references(equation.expr)}
    return len(names | {equation.name for equation in parts.equations})


def _taken_apart(program: Program, by_operation: bool, long: bool) -> _Parts:
    parts = _Parts(program.shapes)
    for equation in program.forward:
        whole = equation.long if long and equation.long is not None else equation.expr
        parts.add(equation._replace(expr=whole), by_operation)
    return parts


def _graph(moment: Moment, root: Name | None, by_operation: bool, long: bool) -> Graph:
    parts = _taken_apart(moment.program, by_operation, long)
    uses = _uses(parts.equations)
    program = _changed(moment.program, parts, uses)
    moment.require(equation.name for equation in moment.program.forward)
    known = {name: value for name, value in moment.values.items() if name.of is None and not name.update}
    values = Moment(program, 0, known, Roundings((), program))
    nodes: dict[Name, Node] = {}

    def node(name: Name, expr: Expr | None) -> None:
        named = name not in parts.fresh
        nodes[name] = Node(
            name, expr, named, values.value(name), program.shapes.of(name), _gradient(values, name, root)
        )

    for equation in parts.equations:
        for used in references(equation.expr):
            if used not in nodes:
                node(used, None)
        node(equation.name, equation.expr)
    edges = tuple(Edge(source, target, _gradient(values, use, root)) for (source, target), use in uses.items())
    return Graph(tuple(nodes.values()), edges, root)


class _Parts:
    """Equations taken apart into one for each operation, with names of their own."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = _copied(shapes)
        self.equations: list[Equation] = []
        self.fresh: set[Name] = set()

    def add(self, equation: Equation, by_operation: bool) -> None:
        expr = unfold(equation.expr)
        if by_operation and isinstance(expr, Call):
            expr = expr.with_args(tuple(self.part(arg, expr.op) for arg in expr.args))
        self.equations.append(Equation(equation.name, expr, place=equation.place))

    def part(self, expr: Expr, user: str) -> Expr:
        """What stands for an operand: a number, a name, or the name of the equation that computes it."""
        if not isinstance(expr, Call) or not references(expr):
            return expr
        expr = expr.with_args(tuple(self.part(arg, expr.op) for arg in expr.args))
        return expr if INSIDE.get(expr.op) == user else Ref(self.new(expr))

    def new(self, expr: Expr) -> Name:
        """A name that no file can have."""
        name = Name(f"·{len(self.fresh)}")
        self.fresh.add(name)
        self.shapes.named[name] = self.shapes(expr)
        self.equations.append(Equation(name, expr))
        return name


def _copied(shapes: Shapes) -> Shapes:
    found = Shapes(shapes.layout)
    found.named = dict(shapes.named)
    return found


def _uses(equations: Sequence[Equation]) -> dict[tuple[Name, Name], Name]:
    """A name for each use of a quantity."""
    pairs = [(used, equation.name) for equation in equations for used in references(equation.expr)]
    return {pair: Name(f"→{n}") for n, pair in enumerate(pairs)}


def _changed(program: Program, parts: _Parts, uses: dict[tuple[Name, Name], Name]) -> Program:
    """The program of these equations, in which each use of a quantity is a quantity of its own."""
    forward: list[Equation] = []
    for equation in parts.equations:
        own = {used: uses[used, equation.name] for used in references(equation.expr)}
        for used, use in own.items():
            parts.shapes.named[use] = parts.shapes.of(used)
            forward.append(Equation(use, Ref(used)))
        changed = substitute(equation.expr, {used: Ref(use) for used, use in own.items()})
        forward.append(equation._replace(expr=changed))
    found = copy.copy(program)
    found.shapes = parts.shapes
    found.forward = tuple(forward)
    found.equations = {equation.name: equation for equation in forward}
    found.differentiator = Differentiator(found.forward, parts.shapes, program.problem.conventions.count_from or 0)
    found._functions = {}
    return found


def _gradient(values: Moment, name: Name, root: Name | None) -> Tensor | None:
    """d root / d name, or None where there is none."""
    if root is None:
        return None
    if name == root:
        return np.ones(values.program.shapes.of(name).dims)
    differentiator = values.program.differentiator
    if not differentiator.links(root, name):
        return None
    try:
        equation = differentiator.gradient(root, name)
        values.program.equations[equation.name] = equation
        return values.value(equation.name)
    except ProblemError:
        return None
