"""The same network in every layout: forward, gradients and updates as autograd has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest

from tests.engine.networks import ACTIVATIONS, STYLES, Style, forward, solution, trained
from tests.engine.solving import assert_close, solved

RATE = 0.3


def _problem(style: Style, samples: int, activations: tuple[str, ...] = ("tanh", "sigmoid")) -> tuple[Any, ...]:
    rng = np.random.default_rng(3)
    layers = [style.parameters(rng, 3, 4), style.parameters(rng, 4, 2)]
    x, y = rng.normal(size=(3, samples)), rng.normal(size=(2, samples))

    def loss(a: Any) -> Any:
        return anp.sum((a - y) ** 2) / 2 / samples

    sections = {
        "conventions": style.section,
        "layers": [{"dense": {**layer, "activation": name}} for layer, name in zip(layers, activations, strict=True)],
        "inputs": {"x": _written(style, x)},
        "targets": {"y": _written(style, y)},
        "loss": {"name": "half_squared_error", "reduction": "mean"},
        "training": {"optimizer": "sgd", "learning_rate": RATE, "steps": 3, "batch_size": "all"},
        "ask": ["L"],
    }
    return sections, layers, [ACTIVATIONS[name] for name in activations], x, loss


def _written(style: Style, columns: Any) -> Any:
    """One sample is a flat list, several are a matrix in the file's orientation."""
    return columns.ravel() if columns.shape[1] == 1 else style.oriented(columns)


@pytest.mark.parametrize("samples", [1, 5])
@pytest.mark.parametrize("style", STYLES, ids=str)
def test_forward_gradients_and_updates(style: Style, samples: int, tmp_path: Path) -> None:
    sections, layers, functions, x, loss = _problem(style, samples)
    found = solved(tmp_path, **sections)
    expected = solution(style, layers, functions, x, loss)
    for name, value in expected.items():
        flat = samples == 1 and np.ndim(value) == 2 and "W" not in name
        assert_close(found[name], np.ravel(value) if flat else value)
    for k in (1, 2, 3):
        current = trained(style, layers, functions, x, loss, RATE, k)
        for i, layer in enumerate(current, 1):
            for key, value in layer.items():
                assert_close(found[f"{key}{i}@{k}"], value)
        values = forward(style, current, functions, x, {})
        output = style.oriented(values["a2"])
        assert_close(found[f"a2@{k}"], np.ravel(output) if samples == 1 else output)
        assert_close(found[f"L@{k}"], loss(values["a2"]))
    again = solution(style, trained(style, layers, functions, x, loss, RATE, 2), functions, x, loss)
    assert_close(found["dL/dW1@2"], again["dL/dW1"])


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_one_sample_written_as_a_matrix_is_the_same_vector(style: Style, tmp_path: Path) -> None:
    sections, *_ = _problem(style, 1)
    flat = solved(tmp_path, **sections)
    x, y = (np.ravel(sections[key][name]) for key, name in (("inputs", "x"), ("targets", "y")))
    for xs, ys in (([x], [y]), (np.reshape(x, (-1, 1)), np.reshape(y, (-1, 1)))):
        other = solved(tmp_path, **{**sections, "inputs": {"x": xs}, "targets": {"y": ys}})
        for name in ("z1", "a2", "L", "dL/dW1", "W1@1", "dL/dx"):
            assert_close(other[name], flat[name])


@pytest.mark.parametrize("style", [s for s in STYLES if s.bias == "last"], ids=str)
def test_the_check_would_see_a_wrong_bias(style: Style) -> None:
    """The reference itself tells first from last."""
    _, layers, functions, x, _ = _problem(style, 2)
    other = style._replace(bias="first")
    a, b = (forward(s, layers, functions, x, {})["a2"] for s in (style, other))
    assert np.linalg.norm(a - b) > 1e-3
