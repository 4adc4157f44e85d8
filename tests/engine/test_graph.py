"""The computational graph: its values, and gradients held against central differences and the solution's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnsolve.core.expressions import nodes, references
from nnsolve.core.names import Name
from nnsolve.engine import graph as graphs
from nnsolve.engine.graph import Graph, graph, size
from nnsolve.engine.solve import SectionSolver, Solution
from nnsolve.report.display import solve
from tests.report.solved import ALL

WITH_LOSS = [path for path in ALL if path.stem not in ("large", "not-finite")]


def of(solution: Solution, by_operation: bool = True) -> list[tuple[SectionSolver, Graph, str]]:
    found = []
    for id, solver in solution.solvers.items():
        loss = solver.program.loss
        if loss is not None and size(solver.program, by_operation) < 150:
            found.append((solver, graph(solver.run.moment_of(0), loss, by_operation), id))
    return found


@pytest.mark.parametrize("path", WITH_LOSS, ids=lambda path: path.stem)
@pytest.mark.parametrize("by_operation", [True, False])
def test_gradients_are_those_of_the_solution(path: Path, by_operation: bool) -> None:
    """The sum over a node's edges is its gradient, and that of a named one is what the program emits."""
    for solver, found, _ in of(solve(path), by_operation):
        training = solver.problem.training
        if training is not None and (training.truncate or training.order == "layer_by_layer"):
            continue
        moment = solver.run.moment_of(0)
        for node in found.nodes:
            edges = [edge.gradient for edge in found.edges if edge.source == node.name and edge.gradient is not None]
            if edges and node.gradient is not None:
                assert np.allclose(sum(edges), node.gradient, rtol=1e-9, atol=1e-12)
            if node.named:
                assert np.array_equal(node.value, moment.value(node.name))
            if node.named and node.gradient is not None and node.name != found.root:
                assert found.root is not None
                own = moment.value(node.name.gradient(found.root))
                assert np.allclose(own, node.gradient, rtol=1e-6, atol=1e-9), node.name


def test_a_gradient_on_an_edge_is_the_slope_along_that_edge_alone(tmp_path: Path) -> None:
    """L = w² · 3 w + sin-like tanh(w): every edge out of w against central differences of that use."""
    path = tmp_path / "problem.yaml"
    path.write_text("parameters: {w: 0.7}\nequations:\n  - p = w^2\n  - q = tanh(w)\n  - L = p * q + w\nloss: L\n")
    ((_, found, _),) = of(solve(path))
    out = {str(edge.target): float(edge.gradient) for edge in found.edges if str(edge.source) == "w"}  # type: ignore[arg-type]

    def loss(in_p: float, in_q: float, alone: float) -> float:
        return float(in_p**2 * np.tanh(in_q) + alone)

    w, h = 0.7, 1e-6
    assert out["p"] == pytest.approx((loss(w + h, w, w) - loss(w - h, w, w)) / (2 * h), rel=1e-7)
    assert out["q"] == pytest.approx((loss(w, w + h, w) - loss(w, w - h, w)) / (2 * h), rel=1e-7)
    assert out["L"] == 1
    assert out["p"] != pytest.approx(out["q"], rel=1e-2)


def test_every_node_is_one_operation() -> None:
    path = next(path for path in ALL if path.stem == "scalar-backpropagation")
    ((solver, found, _),) = of(solve(path))
    for node in found.nodes:
        if node.expr is not None:
            calls = [part for part in nodes(node.expr) if hasattr(part, "op") and part.op not in graphs.INSIDE]
            assert len(calls) == 1
    assert len(found.nodes) == size(solver.program, True) == 13
    assert len(found.edges) == sum(len(references(node.expr)) for node in found.nodes if node.expr is not None)


def test_numbers_that_overflow_on_the_long_way_take_the_short_one(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    text = (
        "equations:\n  - p = softmax(s)\n  - L = cross_entropy(p, y)\n"
        "inputs: {s: [VALUE, 0]}\ntargets: {y: [0, 1]}\nloss: L\n"
    )
    for value, through in (("2", True), ("2000", False)):
        path.write_text(text.replace("VALUE", value))
        ((solver, found, _),) = of(solve(path))
        assert found.finite
        p = next((node for node in found.nodes if node.name == Name("p")), None)
        assert p is not None and (p.gradient is not None) == through
        s = next(node for node in found.nodes if node.name == Name("s"))
        assert np.allclose(s.gradient, solver.run.moment_of(0).value(Name("s", of=Name("L"))))  # type: ignore[arg-type]
