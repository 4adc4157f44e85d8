"""Tensors as single numbers: what a graph computes, element by element, equal numbers once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.core.names import Name
from nnsolve.engine.compiled.graph import Dims, Graph, Node
from nnsolve.ops.primitives import PRIMITIVES, SCALAR_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.float64]

MAX_OPERATIONS = 4000
"""Scalar operations in one update; more of them are slower than NumPy, and slow to compile."""

FUNCTION_COST, OPERATION_COST = 50e-9, 18e-9
"""Seconds of a function of `math`, and of an operator."""

ZERO, ONE = 0, 1


class NotScalarError(ValueError):
    """The graph cannot be written with single numbers, or is too large for it."""


class Atom(NamedTuple):
    """One number: a variable or literal (`text`), or a template over x, y and z with the atoms put in."""

    text: str
    args: tuple[int, ...] = ()
    safe: bool = True
    value: float | None = None  # of a literal


class Atoms:
    """The numbers that an update computes, or those of the nodes that are `wanted`; equal ones are one."""

    def __init__(self, graph: Graph, wanted: Iterable[int] | None = None) -> None:
        self.atoms: list[Atom] = []
        self._known: dict[Any, int] = {}
        self.literal(0.0)
        self.literal(1.0)
        self.data: list[Name] = []
        self.elements: dict[int, Ids] = {}
        self.variables: dict[Name, list[str]] = {}
        for i in graph.reachable([*(graph.wanted if wanted is None else wanted), *graph.parameters.values()]):
            self.elements[i] = self._node(graph, i)
        operations = [atom for atom in self.atoms if atom.args]
        calls = sum("(" in atom.text for atom in operations)
        self.cost = len(operations) * OPERATION_COST + calls * (FUNCTION_COST - OPERATION_COST)

    def literal(self, value: float) -> int:
        text = repr(float(value))
        return self._new(("literal", text), Atom(f"({text})" if text.startswith("-") else text, value=float(value)))

    def _new(self, key: Any, atom: Atom) -> int:
        known = self._known.get(key)
        if known is None:
            if len(self.atoms) > 4 * MAX_OPERATIONS:
                raise NotScalarError
            self.atoms.append(atom)
            known = self._known[key] = len(self.atoms) - 1
        return known

    def apply(self, template: str, args: Sequence[int], safe: bool) -> int:
        """One operation; of literals it is computed now, unless it raises."""
        if template == "x * y" and ONE in args:
            return args[1] if args[0] == ONE else args[0]
        key = (template, tuple(args))
        if key in self._known:
            return self._known[key]
        values = [self.atoms[arg].value for arg in args]
        if None not in values:
            try:
                return self.literal(_function(template)(*values))
            except (ArithmeticError, ValueError):
                pass
        return self._new(key, Atom(template, tuple(args), safe))

    def _node(self, graph: Graph, i: int) -> Ids:
        """The atoms of a tensor."""
        node = graph.nodes[i]
        args = [self.elements[arg] for arg in node.args]
        if np.prod(node.dims, dtype=float) > MAX_OPERATIONS:
            raise NotScalarError
        if node.op == "constant":
            return self._array([self.literal(value) for value in node.detail.ravel().tolist()], node.dims)
        if node.op in ("parameter", "data"):
            return self._variables(node)
        if node.elementwise:
            template, safe = _template(node)
            spread = [np.broadcast_to(arg, node.dims).ravel().astype(int).tolist() for arg in args]
            return self._array([self.apply(template, ids, safe) for ids in zip(*spread, strict=True)], node.dims)
        if node.op == "reduce":
            name, axis = node.detail
            rows = np.reshape(args[0], (1, -1)) if axis is None else np.moveaxis(args[0], axis, -1)
            lists = rows.reshape(-1, rows.shape[-1]).astype(int).tolist()
            return self._array([self.fold(PRIMITIVES[name].scalar, row) for row in lists], node.dims)
        if node.op == "matmul":
            return self._matmul(args[0].astype(int).tolist(), args[1].T.astype(int).tolist(), node.dims)
        if node.op == "arrange":
            return np.reshape(node.detail(*args), node.dims)
        raise NotScalarError

    def fold(self, template: str, ids: Sequence[int]) -> int:
        found = ids[0]
        for i in ids[1:]:
            found = self.apply(template, (found, i), True)
        return found

    def _matmul(self, rows: list[list[int]], columns: list[list[int]], dims: Dims) -> Ids:
        if len(rows) * len(columns) * len(columns[0]) > MAX_OPERATIONS:
            raise NotScalarError
        return self._array(
            [
                self.fold("x + y", [self.apply("x * y", pair, True) for pair in zip(row, column, strict=True)])
                for row in rows
                for column in columns
            ],
            dims,
        )

    def _variables(self, node: Node) -> Ids:
        name: Name = node.detail
        stem = re.sub(r"[^A-Za-z0-9_]", "_", str(name))
        while any(texts and texts[0].rpartition("_")[0] == stem for texts in self.variables.values()):
            stem += "_"
        if node.op == "data":
            self.data.append(name)
        size = int(np.prod(node.dims))
        self.variables[name] = [f"{stem}_{k}" for k in range(size)]
        return self._array([self._new((name, k), Atom(self.variables[name][k])) for k in range(size)], node.dims)

    @staticmethod
    def _array(ids: Sequence[int], dims: Dims) -> Ids:
        return np.array(ids, dtype=float).reshape(dims)


def _template(node: Node) -> tuple[str, bool]:
    if node.op == "scalar":
        return node.detail, "/" not in node.detail and "(" not in node.detail
    primitive = PRIMITIVES[node.op]
    return primitive.scalar, primitive.safe


@lru_cache(maxsize=256)
def _function(template: str) -> Callable[..., float]:
    function: Callable[..., float] = eval(f"lambda x, y=0.0, z=0.0: {template}", dict(SCALAR_NAMES))
    return function
