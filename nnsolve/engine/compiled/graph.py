"""A program as a flat list of primitive operations, each computed once: what compiled code is generated from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.core.names import Name
from nnsolve.ops.primitives import NAMES, PRIMITIVES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

Dims = tuple[int, ...]

MERGED = 16
"""Constants of at most so many numbers are one where they are equal."""


class Node(NamedTuple):
    """One operation on the results of earlier ones.

    `op` is a primitive (`ops.primitives`), or one of

        parameter, data    what is trained, what a batch brings; the detail is the name
        constant           the detail is the array
        reduce             of the primitive detail[0] along the axis detail[1] (None: of everything), keeping the axes
        matmul             the product of two matrices
        stack              matrices side by side along the axis `detail`
        arrange            the elements moved by the function `detail`, zeros and ones put in
        scalar             the expression `detail` for every element
        call               the function `detail`
    """

    op: str
    args: tuple[int, ...]
    detail: Any
    dims: Dims

    @property
    def elementwise(self) -> bool:
        return self.op in PRIMITIVES or self.op == "scalar"


class Graph:
    """Nodes in an order in which they can be computed; equal ones are one. What is constant is computed at once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.parameters: dict[Name, int] = {}
        self.outputs: dict[Name, int] = {}  # the new value of each parameter
        self.loss: int | None = None
        self._known: dict[Hashable, int] = {}

    def _append(self, key: Hashable, node: Node) -> int:
        self.nodes.append(node)
        self._known[key] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def source(self, op: str, name: Name, dims: Dims) -> int:
        """A parameter, or a value that changes with the batch."""
        known = self._known.get((op, name))
        return self._append((op, name), Node(op, (), name, dims)) if known is None else known

    def constant(self, value: Any) -> int:
        array = np.asarray(value, dtype=np.float64)
        key = ("constant", array.shape, array.tobytes() if array.size <= MERGED else len(self.nodes))
        known = self._known.get(key)
        return self._append(key, Node("constant", (), array, array.shape)) if known is None else known

    def apply(self, function: Any, *args: int) -> int:
        """A primitive, by its name or as the function of NumPy."""
        op = function if isinstance(function, str) else NAMES[function]
        if op == "positive":
            return args[0]
        dims = np.broadcast_shapes(*(self.nodes[arg].dims for arg in args))
        return self.add(Node(op, args, None, dims))

    def reduce(self, function: str, x: int, axis: int | None) -> int:
        dims = self.nodes[x].dims
        kept = tuple(1 if axis is None or i == axis else n for i, n in enumerate(dims))
        return x if kept == dims else self.add(Node("reduce", (x,), (function, axis), kept))

    def reshape(self, x: int, dims: Dims) -> int:
        if self.nodes[x].dims == dims:
            return x
        return self.add(Node("arrange", (x,), partial(np.reshape, shape=dims), dims), ("reshape", dims))

    def matmul(self, x: int, y: int) -> int:
        return self.add(Node("matmul", (x, y), None, (self.nodes[x].dims[0], self.nodes[y].dims[1])))

    def add(self, node: Node, key: Hashable = None) -> int:
        """A node, or the equal one that is there; `key` stands for its detail where that is a function."""
        where = (node.op, node.args, node.detail if key is None else key)
        known = self._known.get(where)
        if known is not None:
            return known
        operands = [self.nodes[arg] for arg in node.args]
        if operands and all(operand.op == "constant" for operand in operands) and node.op != "scalar":
            found = self.constant(result(node, [operand.detail for operand in operands]))
            self._known[where] = found
            return found
        return self._append(where, node)

    def reachable(self, wanted: Iterable[int]) -> list[int]:
        """The nodes that some need, themselves included, in order."""
        needed: set[int] = set()
        stack = list(wanted)
        while stack:
            i = stack.pop()
            if i not in needed:
                needed.add(i)
                stack.extend(self.nodes[i].args)
        return sorted(needed)

    @property
    def wanted(self) -> list[int]:
        """What the graph is for: the new parameters, and the loss where it is wanted."""
        return [*self.outputs.values(), *([] if self.loss is None else [self.loss])]


def function(node: Node) -> Callable[..., Any]:
    """The function of arrays that computes a node."""
    if node.op == "reduce":
        name, axis = node.detail
        reduce = PRIMITIVES[name].function.reduce
        return lambda x: reduce(x, axis=axis, keepdims=True)
    if node.op == "matmul":
        return np.dot
    if node.op == "stack":
        return lambda *parts: np.concatenate(parts, axis=node.detail)
    if node.op in ("call", "arrange"):
        return lambda *args: np.reshape(node.detail(*args), node.dims)
    primitive: Callable[..., Any] = PRIMITIVES[node.op].function
    return primitive


def result(node: Node, operands: list[Any]) -> Any:
    """The value of a node."""
    with np.errstate(all="ignore"):
        return function(node)(*operands)
