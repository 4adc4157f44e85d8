"""Graphs made cheaper for NumPy: other orders of the same sums and products, equal but for rounding errors."""

from __future__ import annotations

from collections import Counter

from nnsolve.engine.compiled.graph import Graph, Node

MERGED_FROM = 4
"""Products in a sum from which on they are computed as one; to put matrices side by side may cost a copy of each."""


def fused(graph: Graph) -> Graph:
    """The graph with

    A_1 @ B_1 + ... + A_n @ B_n      as [A_1 ... A_n] @ [B_1; ...; B_n]: the gradient of a weight shared over time
    c * (A @ B)                      as A @ (c * B) or (c * A) @ B, where that is less to multiply
    """
    return _Fusion(graph).result()


class _Fusion:
    def __init__(self, graph: Graph) -> None:
        self.old = graph
        self.new = Graph()
        self.nodes: dict[int, int] = {}  # new ones by old ones
        self.order = graph.reachable([*graph.wanted, *graph.parameters.values()])
        self.uses = Counter(arg for i in self.order for arg in graph.nodes[i].args)
        self.uses.update(graph.wanted)
        self.inner = self._inner()

    def result(self) -> Graph:
        old, new = self.old, self.new
        for i in self.order:
            self.nodes[i] = self._node(i, old.nodes[i])
        new.parameters = {name: self.nodes[i] for name, i in old.parameters.items()}
        new.outputs = {name: self.nodes[i] for name, i in old.outputs.items()}
        new.loss = None if old.loss is None else self.nodes[old.loss]
        return new

    def _is_sum(self, i: int) -> bool:
        """Whether a node adds two tensors of its own dimensions."""
        node = self.old.nodes[i]
        return node.op == "add" and all(self.old.nodes[arg].dims == node.dims for arg in node.args)

    def _inner(self) -> set[int]:
        """Sums that are terms of another sum and nothing else."""
        used = {arg for i in self.order if self._is_sum(i) for arg in self.old.nodes[i].args}
        return {i for i in used if self.uses[i] == 1 and self._is_sum(i)}

    def _terms(self, i: int) -> list[int]:
        """What a sum adds up, inner sums taken apart."""
        terms, stack = [], [i]
        while stack:
            k = stack.pop()
            if k == i or k in self.inner:
                stack.extend(reversed(self.old.nodes[k].args))
            else:
                terms.append(k)
        return terms

    def _node(self, i: int, node: Node) -> int:
        new = self.new
        args = tuple([self.nodes[arg] for arg in node.args])
        if node.op in ("parameter", "data"):
            return new.source(node.op, node.detail, node.dims)
        if node.op == "constant":
            return new.constant(node.detail)
        if self._is_sum(i) and i not in self.inner:
            return self._sum(i, args)
        if node.op == "multiply":
            for scale, product in (args, args[::-1]):
                old = node.args[args.index(product)]
                if self.uses[old] == 1 and new.nodes[product].op == "matmul" and new.nodes[scale].dims == ():
                    return self._scaled(scale, new.nodes[product], product)
        key = node.detail if node.op not in ("call", "arrange") else (i, "old")
        return new.add(node._replace(args=args), key)

    def _sum(self, i: int, args: tuple[int, ...]) -> int:
        old, new = self.old, self.new
        terms = self._terms(i)
        products = [k for k in terms if old.nodes[k].op == "matmul" and self.uses[k] == 1]
        if len(products) < MERGED_FROM:
            return new.apply("add", *args)
        left = [self.nodes[old.nodes[k].args[0]] for k in products]
        right = [self.nodes[old.nodes[k].args[1]] for k in products]
        found = new.matmul(self._stack(left, 1), self._stack(right, 0))
        for k in terms:
            if k not in products:
                found = new.apply("add", found, self.nodes[k])
        return found

    def _stack(self, parts: list[int], axis: int) -> int:
        dims = [self.new.nodes[part].dims for part in parts]
        total = sum(d[axis] for d in dims)
        whole = (total, dims[0][1]) if axis == 0 else (dims[0][0], total)
        return self.new.add(Node("stack", tuple(parts), axis, whole))

    def _scaled(self, scale: int, product: Node, plain: int) -> int:
        new = self.new
        left, right = product.args
        sizes = [a * b for a, b in (new.nodes[left].dims, new.nodes[right].dims)]
        if min(sizes) >= product.dims[0] * product.dims[1]:
            return new.apply("multiply", scale, plain)
        if sizes[0] < sizes[1]:
            return new.matmul(new.apply("multiply", scale, left), right)
        return new.matmul(left, new.apply("multiply", scale, right))
