"""A graph that is too wide for a page goes on in further rows: nothing is lost, and only names go over."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nnsolve.core.names import Name
from nnsolve.engine.graph import graph
from nnsolve.report.draw.choose import draw
from nnsolve.report.draw.folding import ROOM, rows
from nnsolve.report.draw.layered import Size, ranked
from nnsolve.report.draw.runs import plain
from tests.report.draw.test_pictures import problem, said, solved
from tests.report.solved import SEEDS

CHAIN = [f"n{n}" for n in range(20)]
WIDE = Size(80.0, 30.0)


def chain(named: set[str]) -> list[set[str]]:
    """The rows of a chain of 20 wide nodes that begins with a leaf."""
    edges = dict.fromkeys(pairwise(CHAIN), WIDE)
    return rows(dict.fromkeys(CHAIN, WIDE), edges, {"n0"}, named)


def test_rows_are_about_as_wide_and_hold_each_node_once() -> None:
    found = chain(set(CHAIN))
    assert len(found) > 2
    assert sorted(name for row in found for name in row) == sorted(CHAIN[1:])
    assert max(map(len, found)) - min(map(len, found)) <= 2


def test_only_what_has_a_name_goes_over() -> None:
    (first, second) = chain({"n9"})
    assert "n9" in first and "n10" in second
    assert len(chain(set())) == 1


def test_what_is_narrow_has_one_row() -> None:
    few = CHAIN[:5]
    edges = dict.fromkeys(pairwise(few), WIDE)
    assert len(rows(dict.fromkeys(few, WIDE), edges, {"n0"}, set(few))) == 1


def test_a_branch_of_its_own_stands_before_its_first_use() -> None:
    """y and 1 - y right before the last node; what shares a value with others stays near it."""
    nodes = ["x", "a", "b", "c", "y", "1-y", "side", "end"]
    edges = [
        ("x", "a"),
        ("a", "b"),
        ("b", "c"),
        ("c", "end"),
        ("y", "1-y"),
        ("1-y", "end"),
        ("a", "side"),
        ("side", "end"),
    ]
    found = ranked(nodes, edges)
    assert (found["1-y"], found["y"]) == (found["end"] - 1, found["end"] - 2)
    assert found["side"] == found["a"] + 1


@pytest.mark.parametrize(("stem", "name"), [("scalar-backpropagation", "z2"), ("regression-3-4-3-l2-norm", "h1")])
def test_a_row_ends_with_a_name_and_the_next_one_begins_with_it(stem: str, name: str) -> None:
    picture = draw(solved(SEEDS / f"{stem}.yaml").solvers[""].section, "graph")
    assert picture.width < 1.2 * ROOM
    assert said(picture, "label").count(name) == 2
    assert "What a row ends with goes on in a row below, where its name stands." in said(picture, "note")


def test_what_goes_over_shows_the_gradient_of_what_goes_over(tmp_path: Path) -> None:
    """u is used three times: the flow of some uses is the sum of theirs, and that of all is its gradient."""
    text = "parameters: {w: 2}\nequations:\n  - u = 3 * w\n  - L = u^2 + tanh(u) + exp(u / 10)\nloss: L\n"
    solver = problem(tmp_path, text).solvers[""]
    found = graph(solver.run.moment_of(0), Name("L"), by_operation=True)
    u = Name("u")
    flows = {edge.target: edge.gradient for edge in found.edges if edge.source == u}
    assert len(flows) == 3
    two = set(list(flows)[:2])
    assert found.flow(u, two) == pytest.approx(np.sum([flows[name] for name in two]))
    assert found.flow(u, set(flows)) == pytest.approx(2 * 6 + 1 / np.cosh(6) ** 2 + np.exp(0.6) / 10)
    assert found.flow(u, {Name("nothing")}) is None


def test_a_graph_in_rows_shows_every_value_that_the_description_tells() -> None:
    for stem in ("xor-mini-batches", "scalar-backpropagation", "next-bit-rnn"):
        picture = draw(solved(SEEDS / f"{stem}.yaml").solvers[""].section, "graph")
        texts = {plain(text.runs).strip(" ,") for text in picture.texts}
        edges = picture.description.removeprefix("A computational graph. ").removesuffix(".").split("; ")
        for edge in edges:
            value, _, gradient = edge.partition(": ")[2].partition(", ∂ ")
            if "[" not in value + gradient:
                assert value in texts and f"∂ {gradient}" in texts, edge
