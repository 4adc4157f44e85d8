"""Every layer, loss and optimizer of the registries, from its own example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS
from nnsolve.blocks.layer import COMMON
from nnsolve.blocks.losses import template
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from tests.engine.solving import assert_close, formulas, solved


@pytest.mark.parametrize("name", LAYERS)
def test_the_gradients_of_a_layers_example_agree_with_differences(name: str, tmp_path: Path) -> None:
    block = LAYERS[name]
    sections = {
        "conventions": {"weights": "rows", "samples": "columns", "count_from": 1},
        "inputs": {"x": block.example_input},
        "loss": "sum(y_hat^2) + sum(y_hat)",
    }
    found = solved(tmp_path, layers=[{name: block.example}], **sections)
    for option in trained(block.example):
        value = np.array(block.example[option], dtype=float)
        differences = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            losses = []
            for step in (-2e-3, -1e-3, 1e-3, 2e-3):
                shifted = value.copy()
                shifted[index] += step
                layer = {**block.example, option: shifted}
                losses.append(solved(tmp_path, layers=[{name: layer}], **sections)["L"])
            differences[index] = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / 12e-3
        assert_close(found[f"dL/d{option}"], differences, 1e-8)


def trained(options: Mapping[str, Any]) -> list[str]:
    """The options of a layer's example that are parameters."""
    return [option for option, value in options.items() if not isinstance(value, str) and option != "gates"]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_example_and_help_name_options_that_it_has(name: str) -> None:
    block = LAYERS[name]
    assert set(block.example) <= {*block.options, *COMMON}
    assert set(block.also_called.values()) <= set(block.options)
    assert not set(block.also_called) & set(block.options)
    for option in (*block.required, *trained(block.example)):
        assert option in block.options or option in COMMON


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_an_expression_over_prediction_and_target(name: str) -> None:
    block = LOSSES[name]
    assert block.doc and block.name == name
    for samples in (1, 3):
        assert set(references(template(block, samples))) == {Name("a"), Name("y")}


def test_gradient_descent(tmp_path: Path) -> None:
    assert OPTIMIZERS["sgd"].hyperparameters == {"learning_rate": None}
    found = solved(
        tmp_path,
        parameters={"w": [1, -2]},
        equations=["L = sum(w^2)"],
        loss="L",
        training={"learning_rate": 0.25, "steps": 2},
        ask=["w@2"],
    )
    assert_close(found["w@2"], [0.25, -0.5])
    assert formulas(found)["w@1"] == "w - eta * dL/dw"


@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("weights", ["rows", "columns"])
@pytest.mark.parametrize("bias", ["separate", "last"])
def test_the_perceptron_rule(samples: str, weights: str, bias: str, tmp_path: Path) -> None:
    """w + eta (y - y_hat) x, sample by sample (Rosenblatt 1958), here the logical AND by hand."""
    X = np.array([[0, 0, 1, 1], [0, 1, 0, 1]], dtype=float)
    y = np.array([[0, 0, 0, 1]], dtype=float)
    w, b = np.array([0.5, -1.0]), 0.25
    row = np.array([[*w, b]] if bias == "last" else [w])
    layer = {"W": row if weights == "rows" else row.T, "activation": "step"}
    if bias == "separate":
        layer["b"] = [b]
    found = solved(
        tmp_path,
        conventions={"weights": weights, "samples": samples, "bias": bias, "step_at_zero": 1},
        layers=[{"dense": layer}],
        inputs={"x": X if samples == "columns" else X.T},
        targets={"y": y if samples == "columns" else y.T},
        training={"optimizer": "perceptron", "learning_rate": 0.5, "epochs": 2, "batch_size": 1},
        ask=["W@end"],
    )
    for k in range(8):
        x = X[:, k % 4]
        error = y[0, k % 4] - float(w @ x + b >= 0)
        w, b = w + 0.5 * error * x, b + 0.5 * error
        expected = np.array([[*w, b]] if bias == "last" else [w])
        assert_close(found[f"W@{k + 1}"], expected if weights == "rows" else expected.T)
        if bias == "separate":
            assert_close(np.ravel(found[f"b@{k + 1}"]), [b])
