"""Code generated from random graphs, whose parameters take one another's values, against the graph worked out."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from nnsolve.core.names import Name
from nnsolve.engine.compiled.arraycode import ArrayCode
from nnsolve.engine.compiled.fusing import fused
from nnsolve.engine.compiled.graph import Graph, result
from nnsolve.engine.compiled.scalarcode import ScalarCode

NAMES = [Name(stem) for stem in "PQR"]
DIMS = (2, 2)


def random_graph(seed: int) -> Graph:
    """Sums, differences, products and transposes of three parameters; new values are any nodes, old ones too."""
    rng, graph = random.Random(seed), Graph()
    nodes = [graph.source("parameter", name, DIMS) for name in NAMES]
    graph.parameters = dict(zip(NAMES, nodes, strict=True))
    for _ in range(rng.randint(2, 9)):
        x, y = rng.choice(nodes), rng.choice(nodes[-4:])
        kind = rng.choice(["add", "subtract", "multiply", "maximum", "matmul", "transpose"])
        if kind == "matmul":
            nodes.append(graph.matmul(x, y))
        elif kind == "transpose":
            nodes.append(graph.add(graph.nodes[x]._replace(op="arrange", args=(x,), detail=np.transpose, dims=DIMS)))
        else:
            nodes.append(graph.apply(kind, x, y))
    graph.outputs = {name: rng.choice(nodes) for name in NAMES}
    return graph


def worked_out(graph: Graph, values: dict[Name, Any]) -> dict[Name, Any]:
    """The new values, by the graph itself."""
    found: dict[int, Any] = {}
    for i, node in enumerate(graph.nodes):
        found[i] = values[node.detail] if node.op == "parameter" else result(node, [found[arg] for arg in node.args])
    return {name: np.array(found[i]) for name, i in graph.outputs.items()}


@pytest.mark.parametrize("first", range(0, 1200, 300))
def test_random_graphs(first: int) -> None:
    for seed in range(first, first + 300):
        graph, rng = random_graph(seed), np.random.default_rng(seed)
        values = {name: rng.normal(size=DIMS) / 2 for name in NAMES}
        expected = worked_out(graph, worked_out(graph, values))
        numbers = [x for value in values.values() for x in value.ravel().tolist()]
        stopped, _, state = ScalarCode(random_graph(seed), 1.0).advance(iter([iter([(), ()])]), [], 0.0, numbers)
        assert stopped is None
        arrays = {name: value.copy() for name, value in values.items()}
        ArrayCode(random_graph(seed), 1.0, arrays).advance([[(), ()]], [], 0.0)
        for k, name in enumerate(NAMES):
            np.testing.assert_allclose(arrays[name], expected[name], rtol=1e-12, atol=1e-13, err_msg=str(seed))
            np.testing.assert_allclose(
                np.reshape(state[4 * k : 4 * k + 4], DIMS), expected[name], rtol=1e-12, atol=1e-13
            )


def test_an_update_that_raises_has_not_happened() -> None:
    """Q becomes P / R, which raises for R = 0, when P would have its new value already."""
    graph = Graph()
    p, q, r = (graph.source("parameter", name, ()) for name in NAMES)
    graph.parameters = dict(zip(NAMES, (p, q, r), strict=True))
    quotient = graph.apply("divide", q, r)
    graph.outputs = {NAMES[0]: graph.apply("add", p, q), NAMES[1]: quotient, NAMES[2]: graph.apply("subtract", r, p)}
    code = ScalarCode(graph, 1.0)
    stopped, _, state = code.advance(iter([iter([()])]), [], 0.0, [1.0, 2.0, 0.0])
    assert stopped is not None
    assert state == (1.0, 2.0, 0.0)
    stopped, _, state = code.advance(iter([iter([()])]), [], 0.0, [1.0, 2.0, 4.0])
    assert stopped is None
    assert state == (3.0, 0.5, 3.0)


def test_what_is_fused() -> None:
    """Many products in a sum are one; a factor goes to the smaller operand; a product used twice stays."""
    graph = Graph()
    P = graph.source("parameter", Name("P"), (5, 5))
    graph.parameters = {Name("P"): P}
    columns = [graph.source("data", Name("x", time=t), (5, 1)) for t in range(4)]
    rows = [graph.source("data", Name("y", time=t), (1, 5)) for t in range(4)]
    products = [graph.matmul(x, y) for x, y in zip(columns, rows, strict=True)]
    total = products[0]
    for product in products[1:]:
        total = graph.apply("add", total, product)
    graph.outputs = {Name("P"): graph.apply("subtract", P, graph.apply("multiply", graph.constant(0.1), total))}
    found = fused(graph)
    operations = [found.nodes[i].op for i in found.reachable(found.wanted)]
    assert operations.count("matmul") == 1 and operations.count("stack") == 2 and "add" not in operations
    (scaled,) = [node for node in found.nodes if node.op == "multiply"]
    assert scaled.dims == (4, 5)
