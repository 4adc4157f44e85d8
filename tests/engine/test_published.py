"""Numbers that others have published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.solving import solved


def mazur(tmp_path: Path, order: str) -> Any:
    """Mazur, "A Step by Step Backpropagation Example" (2015): sigmoid layers with one bias each, not updated."""
    return solved(
        tmp_path,
        conventions={"weights": "rows", "samples": "columns", "count_from": 1},
        layers=[
            {"dense": {"W": [[0.15, 0.2], [0.25, 0.3]], "b": 0.35, "activation": "sigmoid"}},
            {"dense": {"W": [[0.4, 0.45], [0.5, 0.55]], "b": 0.6, "activation": "sigmoid"}},
        ],
        inputs={"x": [0.05, 0.1]},
        targets={"y": [0.01, 0.99]},
        loss="half_squared_error",
        training={"learning_rate": 0.5, "update": ["W1", "W2"], "steps": 10_000, "order": order},
        ask=["L@9999", "y_hat@end"],
    )


def test_a_step_by_step_backpropagation_example(tmp_path: Path) -> None:
    found = mazur(tmp_path, "simultaneous")
    assert found["z1[1]"] == pytest.approx(0.3775, abs=1e-12)
    assert found["a1[1]"] == pytest.approx(0.593269992, abs=5e-10)
    assert found["y_hat"] == pytest.approx([0.75136507, 0.772928465], abs=5e-9)
    assert found["L"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["dL/dW2[1,1]"] == pytest.approx(0.082167041, abs=5e-10)
    assert found["dL/dW1[1,1]"] == pytest.approx(0.000438568, abs=5e-10)
    assert found["W2@1"].ravel() == pytest.approx([0.35891648, 0.408666186, 0.51130127, 0.561370121], abs=5e-9)
    assert found["W1@1"].ravel() == pytest.approx([0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    assert found["L@9999"] == pytest.approx(0.0000351085, abs=5e-11)


def test_what_that_example_prints_of_later_runs_is_of_another_order(tmp_path: Path) -> None:
    """Its weights after one step are those of the old W2, as its text says; the error that it prints after that step,
    and its outputs after 10,000, are those of a program that carries the error through the new W2.
    """
    found = mazur(tmp_path, "layer_by_layer")
    assert found["L@1"] == pytest.approx(0.291027924, abs=5e-10)
    assert found["y_hat@end"] == pytest.approx([0.015912196, 0.984065734], abs=5e-9)
    assert mazur(tmp_path, "simultaneous")["L@1"] == pytest.approx(0.291027774, abs=5e-10)


def test_a_neuron_of_cs231n(tmp_path: Path) -> None:
    """Stanford CS231n, notes on backpropagation: the sigmoid neuron at w = (2, -3, -3), x = (-1, -2)."""
    found = solved(
        tmp_path,
        conventions={"count_from": 1},
        parameters={"w": [2, -3, -3]},
        inputs={"x": [-1, -2]},
        equations=["s = w[1] * x[1] + w[2] * x[2] + w[3]", "f = sigmoid(s)"],
        loss="f",
        ask=["f"],
    )
    assert found["f"] == pytest.approx(0.73, abs=5e-3)
    assert found["df/dx"] == pytest.approx([0.3932238664829637, -0.5898357997244456], rel=1e-13)
    assert found["df/dw"] == pytest.approx([-0.19661193324148185, -0.3932238664829637, 0.19661193324148185], rel=1e-13)
