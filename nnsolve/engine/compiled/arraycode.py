"""Updates as straight-line NumPy code: buffers are allocated once and used again, parameters are updated in place.

What is generated looks like this:

    def advance(stretches, losses, total, statics):
        (b0, b1, b2, b3,) = statics
        for rows in stretches:
            for (v0, v1,) in rows:
                dot(b0, v0, out=b1)
                subtract(b1, v1, out=b1)
                dot(b1, v0.T, out=b2)
                multiply(b3, b2, out=b2)
                subtract(b0, b2, out=b0)
            losses.append(total)
            total = 0.0
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.names import Name
from nnsolve.engine.compiled.fusing import fused
from nnsolve.engine.compiled.graph import Dims, Graph, Node, function
from nnsolve.ops.primitives import PRIMITIVES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

END = 1 << 60
"""A position after every node."""

DOT_BELOW = 2048
"""Numbers in a product from which on `matmul` is faster than `dot`, which is called faster but fills `out` with 0."""

CALL_COST, ELEMENT_COST, PRODUCT_COST, FUNCTION_COST = 0.4e-6, 0.7e-9, 0.15e-9, 5e-6
"""Seconds: of a call of NumPy, for each element, for each multiplication of a product, of a function of Python."""

NAMESPACE: Mapping[str, Any] = {
    **{name: primitive.function for name, primitive in PRIMITIVES.items()},
    **{f"{name}_reduce": getattr(p.function, "reduce", None) for name, p in PRIMITIVES.items()},
    "dot": np.dot,
    "matmul": np.matmul,
    "concatenate": np.concatenate,
    "copyto": np.copyto,
}


class ArrayCode:
    """The compiled updates of parameters, which are changed in place: `advance(stretches, losses, total)`."""

    def __init__(self, graph: Graph, weight: float, parameters: Mapping[Name, Tensor]) -> None:
        plan = _Plan(fused(graph), parameters)
        plan.write()
        self.data = plan.data
        self.source = plan.source(weight)
        self._statics = plan.statics
        namespace = {**NAMESPACE, **plan.functions}
        exec(compile(self.source, "<training>", "exec"), namespace)
        self._advance: Callable[..., Any] = namespace["advance"]

    def advance(self, stretches: Any, losses: list[float], total: float) -> None:
        """Make the updates of all stretches; `losses` gets the loss of each one, the first begins with `total`."""
        self._advance(stretches, losses, total, self._statics)


def cost(graph: Graph) -> float:
    """Seconds of one update, about."""
    seconds = 0.0
    for i in graph.reachable(graph.wanted):
        node = graph.nodes[i]
        size = float(np.prod(node.dims, dtype=float))
        if node.op == "call":
            seconds += FUNCTION_COST + size * 20 * ELEMENT_COST
        elif node.op == "matmul":
            seconds += CALL_COST + size * graph.nodes[node.args[0]].dims[1] * PRODUCT_COST
        elif node.op == "scalar":
            seconds += 4 * (CALL_COST + size * ELEMENT_COST)
        elif node.args:
            seconds += CALL_COST + size * ELEMENT_COST
    return seconds


class _Plan:
    """Where every value is kept, and the lines that compute it."""

    def __init__(self, graph: Graph, parameters: Mapping[Name, Tensor]) -> None:
        self.graph = graph
        self.parameters = parameters
        self.outputs = self._copied(graph)
        self.data: list[Name] = []
        self.statics: list[Any] = []
        self.functions: dict[str, Any] = {}
        self.lines: list[str] = []
        self.texts: dict[int, str] = {}
        self.arrays: dict[int, Any] = {}  # of what has a place of its own before the loop begins
        self.pool: dict[tuple[Dims, Any], list[int]] = defaultdict(list)
        wanted = [*self.outputs.values(), *([] if graph.loss is None else [graph.loss])]
        self.order = graph.reachable([*wanted, *graph.parameters.values()])
        self.roots = self._roots()
        self.uses = self._uses()
        self.in_place = self._in_place()
        self.order.sort(key=self.standing)
        self.position = {i: k for k, i in enumerate(self.order)}
        self.last = self._last()

    @staticmethod
    def _copied(graph: Graph) -> dict[Name, int]:
        """What becomes of each parameter; one that takes the value of another parameter takes a copy."""
        outputs = {}
        for name, i in graph.outputs.items():
            kept = (
                i == graph.parameters[name] or graph.nodes[i].elementwise or graph.nodes[i].op in ("matmul", "reduce")
            )
            if not kept:
                i = graph.add(Node("positive", (i,), None, graph.nodes[i].dims))
            outputs[name] = i
        return outputs

    def _roots(self) -> dict[int, int]:
        """The node whose memory a node shows: its own, or that of what it is a view of."""
        roots: dict[int, int] = {}
        for i in self.order:
            node = self.graph.nodes[i]
            roots[i] = i
            if node.op == "arrange" and len(node.args) == 1:
                probe = np.empty(self.graph.nodes[node.args[0]].dims)
                if np.may_share_memory(probe, function(node)(probe)):
                    roots[i] = roots[node.args[0]]
        return roots

    def _uses(self) -> dict[int, list[int]]:
        """The nodes that use a node's memory, views left out."""
        uses: dict[int, list[int]] = defaultdict(list)
        for i in self.order:
            if self.roots[i] == i:
                for arg in self.graph.nodes[i].args:
                    uses[self.roots[arg]].append(i)
        return uses

    def _in_place(self) -> dict[int, Name]:
        """New values that are written over the old ones: what uses these has to come before."""
        found: dict[int, Name] = {}
        self.late: dict[int, int] = {}
        new = set(self.outputs.values())
        for name, i in self.outputs.items():
            others = [use for use in self.uses[self.graph.parameters[name]] if use != i]
            if i in found or not new.isdisjoint(others) or not self.is_ufunc(self.graph.nodes[i]):
                continue
            if max(others, default=-1) > i:
                if self.uses[i] or i == self.graph.loss:
                    continue
                self.late[i] = max(others)
            found[i] = name
        return found

    @staticmethod
    def is_ufunc(node: Node) -> bool:
        """Whether the result can be written anywhere, over an operand too."""
        return node.op in PRIMITIVES and isinstance(PRIMITIVES[node.op].function, np.ufunc)

    def standing(self, i: int) -> tuple[int, bool]:
        """Where a node stands: at its place, or just behind the last use of what it overwrites."""
        return (self.late[i], True) if i in self.late else (i, False)

    def _last(self) -> dict[int, int]:
        """The position of the last use of each node's memory."""
        last: dict[int, int] = {}
        for i in self.order:
            for arg in self.graph.nodes[i].args:
                last[self.roots[arg]] = self.position[i]
        for i in [*self.outputs.values(), *([] if self.graph.loss is None else [self.graph.loss])]:
            last[self.roots[i]] = END
        return last

    # Code

    def write(self) -> None:
        for i in self.order:
            self._write(i, self.graph.nodes[i])
        for name, i in self.outputs.items():
            if i != self.graph.parameters[name] and self.in_place.get(i) != name:
                self.lines.append(f"copyto({self.texts[self.graph.parameters[name]]}, {self.texts[i]})")

    def _write(self, i: int, node: Node) -> None:
        args = [self.texts[arg] for arg in node.args]
        if node.op == "constant":
            self.static(i, node.detail)
        elif node.op == "parameter":
            self.static(i, self.parameters[node.detail])
        elif node.op == "data":
            self.data.append(node.detail)
            self.texts[i] = f"v{i}"
        elif self.roots[i] != i and node.args[0] in self.arrays:
            self.static(i, function(node)(self.arrays[node.args[0]]))
        elif node.op == "matmul":
            out = self.buffer(i, node)
            product = "dot" if np.prod(node.dims) < DOT_BELOW else "matmul"
            self.lines.append(f"{product}({args[0]}, {args[1]}, out={out})")
            self.release(i, node)
        elif node.op == "stack":
            out = self.buffer(i, node)
            self.lines.append(f"concatenate(({', '.join(args)}), {node.detail}, out={out})")
            self.release(i, node)
        elif node.op == "reduce":
            name, axis = node.detail
            out = self.buffer(i, node)
            self.lines.append(f"{name}_reduce({args[0]}, {axis}, None, {out}, True)")
            self.release(i, node)
        elif self.is_ufunc(node):
            if i in self.in_place:
                self.texts[i] = self.texts[self.graph.parameters[self.in_place[i]]]
                self.arrays[i] = self.parameters[self.in_place[i]]
                self.release(i, node)
            else:
                self.release(i, node)
                self.buffer(i, node)
            self.lines.append(f"{node.op}({', '.join(args)}, out={self.texts[i]})")
        else:
            self.texts[i] = f"v{i}"
            self.lines.append(f"v{i} = {self.called(i, node)}({', '.join(args)})")
            self.release(i, node)

    def called(self, i: int, node: Node) -> str:
        """The name of the function of a node that has no `out`."""
        if node.op in NAMESPACE:
            return node.op
        self.functions[f"f{i}"] = function(node)
        return f"f{i}"

    def static(self, i: int, array: Any) -> None:
        """A value that is always at the same place."""
        self.statics.append(array)
        self.arrays[i] = array
        self.texts[i] = f"b{len(self.statics) - 1}"

    def buffer(self, i: int, node: Node) -> str:
        """The place of a new value: one that is free, or another one."""
        boolean = node.op in PRIMITIVES and PRIMITIVES[node.op].boolean
        free = self.pool[node.dims, boolean]
        if free:
            k = free.pop()
            self.arrays[i], self.texts[i] = self.statics[k], f"b{k}"
        else:
            self.static(i, np.zeros(node.dims, dtype=bool if boolean else float))
        return self.texts[i]

    def release(self, i: int, node: Node) -> None:
        """What is used here for the last time leaves its place to others."""
        for root in {self.roots[arg] for arg in node.args}:
            owner = self.graph.nodes[root]
            owned = root in self.arrays and root not in self.in_place and owner.op not in ("constant", "parameter")
            if owned and self.last[root] == self.position[i]:
                boolean = self.arrays[root].dtype == bool
                self.pool[owner.dims, boolean].append(int(self.texts[root][1:]))

    def source(self, weight: float) -> str:
        """The function."""
        statics = "".join(f"b{k}, " for k in range(len(self.statics)))
        sources = {node.detail: i for i in self.order if (node := self.graph.nodes[i]).op == "data"}
        rows = "".join(f"v{sources[name]}, " for name in self.data)
        if self.graph.loss is not None:
            factor = "" if weight == 1 else f"{weight!r} * "
            self.lines.append(f"total += {factor}{self.texts[self.graph.loss]}.item()")
        return "\n".join(
            [
                "def advance(stretches, losses, total, statics):",
                *([f"    ({statics}) = statics"] if statics else []),
                "    for rows in stretches:",
                f"        for ({rows}) in rows:" if rows else "        for _ in rows:",
                *[f"            {line}" for line in self.lines or ["pass"]],
                "        losses.append(total)",
                "        total = 0.0",
                "",
            ]
        )
