"""States before the first step and steps that are not there: their shapes, their batches, what has to be said."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from tests.engine.solving import assert_close, formulas, solved
from tests.engine.test_sequences import ELMAN, EQUATIONS


@pytest.mark.parametrize(
    ("equations", "help"),
    [
        (
            ["s_t = x_t^2", "a = softmax(s)", "m_t = a_t * s_t"],
            "a is one value, without time steps; its elements are a[",
        ),
        (["s_t = x_t * x_{t-1}"], "x has the steps x_1 to x_3; what lies beyond them is given as  initial: {x_0: ...}"),
        (["s_t = x_t * x_5"], "x has the steps x_1 to x_3"),
        (["s_t = s_{t-1} + x_t", "s = s_3"], "s is defined as one value and step by step: rename one of them"),
    ],
)
def test_a_step_that_is_not_there(equations: list[str], help: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as raised:
        solved(tmp_path, inputs={"x": [1, 2, 3]}, equations=equations)
    assert (raised.value.diagnostics[0].help or "").startswith(help)
    given = solved(tmp_path, inputs={"x": [1, 2, 3]}, initial={"x_0": 5}, equations=["s_t = x_t * x_{t-1}"], ask=["s"])
    assert given["s"].tolist() == [5.0, 2.0, 6.0]


@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("layer", [True, False])
def test_a_batch_has_the_initial_states_of_its_own_samples(samples: str, layer: bool, tmp_path: Path) -> None:
    """Two batches of 2 and 1 of three sequences, against NumPy; the state of the second is h_0@1, not h_0."""
    rng = np.random.default_rng(0)
    xs, start, targets = rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    weight, across = np.array([[0.3, -0.2], [0.1, 0.4]]), np.array([[1.0, -0.5], [0.2, 0.6]])
    oriented = (lambda array: array) if samples == "rows" else np.transpose
    recurrence = "W @ h_{t-1} + U @ x_t" if samples == "columns" else "h_{t-1} @ W.T + x_t @ U.T"
    cell = {"W_hh": weight, "W_xh": across, "activation": "identity", "return": "last"}
    written = {"equations": [f"h_t = {recurrence}", "y_hat = h_2"], "parameters": {"W": weight, "U": across}}
    found = solved(
        tmp_path,
        **({"layers": [{"rnn": cell}]} if layer else written),
        conventions={"weights": "rows", "samples": samples},
        inputs={"x": {"sequences": xs}},
        targets={"y": oriented(targets)},
        initial={"h_0": oriented(start)},
        loss={"name": "half_squared_error", "reduction": "sum"},
        training={"learning_rate": 0.1, "epochs": 1, "batch_size": 2},
        ask=["L@0..1", "h_0@1"],
    )
    for update, rows in enumerate(([0, 1], [2])):
        first = start[rows] @ weight.T + xs[rows, 0] @ across.T
        error = first @ weight.T + xs[rows, 1] @ across.T - targets[rows]
        assert_close(found[f"L@{update}"], 0.5 * (error**2).sum())
        weight, across = (
            weight - 0.1 * (error.T @ first + (error @ weight).T @ start[rows]),
            across - 0.1 * (error.T @ xs[rows, 1] + (error @ weight).T @ xs[rows, 0]),
        )
    assert_close(found["W_hh@2" if layer else "W@2"], weight)
    assert_close(found["h_0@1"], start[2])
    assert "h_0@1" in formulas(found)["z_1@1" if layer else "h_1@1"]


def test_a_state_before_the_first_step_is_no_sequence(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="initial: h_0 is no sequence of values over time"):
        solved(tmp_path, **ELMAN, initial={"h_0": {"sequences": [[1, 2], [3, 4]]}}, ask=["h_3"])


def test_the_shapes_of_the_states_of_many_layers(tmp_path: Path) -> None:
    """Six states in three LSTMs of different sizes, each found with its own layer: as with every state written out."""
    rng = np.random.default_rng(0)
    parameters: dict[str, Any] = {}
    equations: list[str] = []
    sizes = [2, 5, 4, 3]
    for n, (inputs, units) in enumerate(itertools.pairwise(sizes), 1):
        x = f"h{n - 1}_t" if n > 1 else "x_t"
        for gate in "fiog":
            parameters |= {
                f"W{gate}{n}": rng.normal(size=(units, inputs)),
                f"U{gate}{n}": rng.normal(size=(units,) * 2),
            }
            name = "tanh" if gate == "g" else "sigmoid"
            equations.append(f"{gate}{n}_t = {name}(W{gate}{n} @ {x} + U{gate}{n} @ h{n}_{{t-1}})")
        equations += [f"c{n}_t = f{n}_t * c{n}_{{t-1}} + i{n}_t * g{n}_t", f"h{n}_t = o{n}_t * tanh(c{n}_t)"]
    sections: dict[str, Any] = {
        "conventions": {"samples": "columns"},
        "parameters": parameters,
        "inputs": {"x": rng.normal(size=(3, 2))},
        "equations": equations,
        "loss": "sum(h3_3)",
        "ask": ["L", "c3_0", "h1_0"],
    }
    found = solved(tmp_path, **sections)
    assert found["c3_0"].tolist() == [0.0] * 3 and found["h1_0"].tolist() == [0.0] * 5
    written = {f"{state}{n}_0": [0] * units for n, units in enumerate(sizes[1:], 1) for state in "hc"}
    assert_close(solved(tmp_path, **sections, initial=written)["L"], found["L"])


def test_only_the_state_whose_shape_is_not_known_has_to_be_said(tmp_path: Path) -> None:
    """A sum of numbers may start from a number or, spread over it, a vector; the state beside it is known."""
    sections: dict[str, Any] = {
        **ELMAN,
        "equations": [*EQUATIONS[:2], "s_t = s_{t-1} + sum(h_t)"],
        "loss": "sum(s_3)",
        "ask": ["L"],
    }
    with pytest.raises(ProblemError) as raised:
        solved(tmp_path, **sections)
    assert raised.value.diagnostics[0].help == "say it:  initial: {s_0: ...}"
    assert_close(solved(tmp_path, **sections, initial={"s_0": 0})["L"], solved(tmp_path, **ELMAN, loss="sum(h)")["L"])
