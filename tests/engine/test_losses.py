"""Every loss behind every activation, for one sample and for a batch, against autograd."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import exp, log
from pathlib import Path
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
import pytest

from nnsolve.blocks import LOSSES
from tests.engine.networks import ACTIVATIONS, Loss, Style, solution
from tests.engine.solving import assert_close, formulas, solved

STYLES = [Style("rows", "columns", "separate"), Style("columns", "rows", "last")]


class Spec(NamedTuple):
    """A loss of one sample's outputs and targets, and targets that it can be given: `numbers`, `signs`, ..."""

    value: Loss
    targets: str
    options: Mapping[str, Any] = {}


def _huber(a: Any, y: Any) -> Any:
    e = anp.abs(a - y)
    return anp.sum(anp.where(e <= 0.7, e**2 / 2, 0.7 * (e - 0.35)))


def _multiclass_hinge(a: Any, y: Any) -> Any:
    right = int(np.argmax(y))
    return sum(anp.maximum(0.0, 1.0 + a[j] - a[right]) for j in range(len(y)) if j != right)


SPECS = {
    "squared_error": Spec(lambda a, y: anp.sum((a - y) ** 2), "numbers"),
    "half_squared_error": Spec(lambda a, y: anp.sum((a - y) ** 2) / 2, "numbers"),
    "mean_squared_error": Spec(lambda a, y: anp.mean((a - y) ** 2), "numbers"),
    "l2_norm": Spec(lambda a, y: anp.sqrt(anp.sum((a - y) ** 2)), "numbers"),
    "absolute_error": Spec(lambda a, y: anp.sum(anp.abs(a - y)), "numbers"),
    "binary_cross_entropy": Spec(lambda a, y: -anp.sum(y * anp.log(a) + (1 - y) * anp.log(1 - a)), "probabilities"),
    "cross_entropy": Spec(lambda a, y: -anp.sum(y * anp.log(a)), "distribution"),
    "hinge": Spec(lambda a, y: anp.sum(anp.maximum(0.0, 1 - y * a)), "signs"),
    "multiclass_hinge": Spec(_multiclass_hinge, "one-hot"),
    "huber": Spec(_huber, "numbers", {"delta": 0.7}),
}
POSITIVE = {"softmax", "sigmoid"}
"""Activations whose outputs a cross-entropy can take."""

PAIRS = [
    (loss, activation)
    for loss in SPECS
    for activation in ACTIVATIONS
    if activation in POSITIVE or "cross_entropy" not in loss
]


def targets(kind: str, outputs: int, samples: int, seed: int = 5) -> Any:
    """Targets of a kind, a sample a column."""
    rng = np.random.default_rng(seed)
    if kind == "numbers":
        return rng.normal(size=(outputs, samples))
    if kind == "signs":
        return np.sign(rng.normal(size=(outputs, samples)))
    if kind == "probabilities":
        return rng.uniform(0.1, 0.9, size=(outputs, samples))
    if kind == "bits":
        return rng.integers(0, 2, size=(outputs, samples)).astype(float)
    one_hot = np.eye(outputs)[:, rng.integers(0, outputs, size=samples)]
    if kind == "one-hot":
        return one_hot
    soft = rng.uniform(0.1, 0.9, size=(outputs, samples))
    if kind == "distribution":
        return soft / soft.sum(axis=0)
    assert kind == "no-distribution"
    return soft


def over_samples(loss: Loss, y: Any, reduction: str) -> Any:
    """The loss of a batch: one sample after the other, then their sum or mean."""

    def value(a: Any) -> Any:
        each = [loss(a[:, i], y[:, i]) for i in range(y.shape[1])]
        return sum(each) / (len(each) if reduction == "mean" else 1)

    return value


def network(style: Style, activation: str, samples: int) -> tuple[list[Any], list[Any], Any]:
    rng = np.random.default_rng(11)
    layers = [style.parameters(rng, 3, 4), style.parameters(rng, 4, 3)]
    return layers, [ACTIVATIONS["tanh"], ACTIVATIONS[activation]], rng.normal(size=(3, samples))


def sections(style: Style, layers: list[Any], activation: str, x: Any, y: Any, **more: Any) -> dict[str, Any]:
    def written(columns: Any) -> Any:
        return columns.ravel() if columns.shape[1] == 1 else style.oriented(columns)

    names = ("tanh", activation)
    return {
        "conventions": {**style.section, "count_from": 1},
        "layers": [{"dense": {**layer, "activation": name}} for layer, name in zip(layers, names, strict=True)],
        "inputs": {"x": written(x)},
        "targets": {"y": written(y)},
        **more,
    }


def compare(found: Any, expected: Mapping[str, Any], samples: int) -> None:
    for name, value in expected.items():
        flat = samples == 1 and np.ndim(value) == 2 and "W" not in name
        assert_close(found[name], np.ravel(value) if flat else value)


def test_every_loss_is_compared() -> None:
    assert set(SPECS) == set(LOSSES)


@pytest.mark.parametrize("case", ["one", "sum", "mean"])
@pytest.mark.parametrize(("loss", "activation"), PAIRS)
def test_loss_behind_an_activation(loss: str, activation: str, case: str, tmp_path: Path) -> None:
    spec = SPECS[loss]
    samples = 1 if case == "one" else 4
    for style in STYLES:
        layers, functions, x = network(style, activation, samples)
        y = targets(spec.targets, 3, samples)
        text = {"name": loss, **spec.options, **({} if case == "one" else {"reduction": case})}
        found = solved(tmp_path, **sections(style, layers, activation, x, y, loss=text))
        compare(found, solution(style, layers, functions, x, over_samples(spec.value, y, case)), samples)


@pytest.mark.parametrize("case", ["one", "sum", "mean"])
@pytest.mark.parametrize("kind", ["one-hot", "distribution", "no-distribution"])
def test_softmax_and_cross_entropy(kind: str, case: str, tmp_path: Path) -> None:
    """The shortcut a - y holds for targets that sum to 1 alone; what is emitted is right for others too."""
    samples = 1 if case == "one" else 4
    for style in STYLES:
        layers, functions, x = network(style, "softmax", samples)
        y = targets(kind, 3, samples)
        text = "cross_entropy" if case == "one" else {"name": "cross_entropy", "reduction": case}
        found = solved(tmp_path, **sections(style, layers, "softmax", x, y, loss=text, ask=["dL/dz2", "dL/da2"]))
        compare(
            found, solution(style, layers, functions, x, over_samples(SPECS["cross_entropy"].value, y, case)), samples
        )
        is_short = formulas(found)["dL/dz2"] in ("a2 - y", "1/4 * (a2 - y)")
        assert is_short == (kind != "no-distribution")


@pytest.mark.parametrize("case", ["one", "sum", "mean"])
@pytest.mark.parametrize("kind", ["bits", "probabilities"])
def test_sigmoid_and_binary_cross_entropy(kind: str, case: str, tmp_path: Path) -> None:
    samples = 1 if case == "one" else 4
    for style in STYLES:
        layers, functions, x = network(style, "sigmoid", samples)
        y = targets(kind, 3, samples)
        text = "binary_cross_entropy" if case == "one" else {"name": "binary_cross_entropy", "reduction": case}
        found = solved(tmp_path, **sections(style, layers, "sigmoid", x, y, loss=text, ask=["dL/dz2", "dL/da2"]))
        total = over_samples(SPECS["binary_cross_entropy"].value, y, case)
        compare(found, solution(style, layers, functions, x, total), samples)
        assert formulas(found)["dL/dz2"] in ("a2 - y", "1/4 * (a2 - y)")


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize(
    ("extra", "value"),
    [
        ("0.3 * sum(y_hat^2)", lambda a, y: 0.3 * anp.sum(a**2)),
        ("sum(abs(y_hat - y))", lambda a, y: anp.sum(anp.abs(a - y))),
        ("0.1 * sum(y_hat * ln(y_hat))", lambda a, y: 0.1 * anp.sum(a * anp.log(a))),
        ("2 * norm(z2)", None),
    ],
)
def test_a_prediction_that_a_second_term_uses(activation: str, extra: str, value: Any, tmp_path: Path) -> None:
    """The shortcut covers one term; the other goes the long way, and both are added up."""
    name = "cross_entropy" if activation == "softmax" else "binary_cross_entropy"
    style = STYLES[0]
    layers, functions, x = network(style, activation, 1)
    y = targets("distribution", 3, 1)
    first = SPECS[name].value

    def total(a: Any) -> Any:
        return first(a, y) + value(a, y)

    text = f"{name}(y_hat, y) + {extra}"
    found = solved(tmp_path, **sections(style, layers, activation, x, y, loss=text))
    if value is not None:
        expected = solution(style, layers, functions, x, total)
    else:
        expected = solution(style, layers, functions, x, lambda a: first(a, y))
        z = expected["z2"]
        second = solution(
            style, layers, [functions[0], ACTIVATIONS["identity"]], x, lambda a: 2 * anp.sqrt(anp.sum(a**2))
        )
        expected["L"] = expected["L"] + 2 * np.linalg.norm(z)
        for key in expected:
            if key.startswith("dL/d") and key != "dL/da2":
                expected[key] = expected[key] + second[key]
    compare(found, expected, 1)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_regularisation_in_the_loss(reduction: str, tmp_path: Path) -> None:
    for style in STYLES:
        layers, functions, x = network(style, "softmax", 4)
        y = targets("one-hot", 3, 4)
        text = f"cross_entropy(y_hat, y, reduction={reduction}) + lam/2 * (sum(W1^2) + sum(W2^2))"
        found = solved(
            tmp_path,
            **sections(style, layers, "softmax", x, y, loss=text, constants={"lam": 0.1}),
            training={"learning_rate": 0.2, "steps": 2, "batch_size": "all"},
        )
        plain = solution(style, layers, functions, x, over_samples(SPECS["cross_entropy"].value, y, reduction))
        for i, layer in enumerate(layers, 1):
            assert_close(found[f"dL/dW{i}"], plain[f"dL/dW{i}"] + 0.1 * layer["W"])
        assert_close(found["L"], plain["L"] + 0.05 * sum(np.sum(layer["W"] ** 2) for layer in layers))
        assert_close(found["dL/dz2"], plain["dL/dz2"])


@pytest.mark.parametrize("temperature", [0.5, 2, 3])
@pytest.mark.parametrize("samples", [1, 3])
def test_softmax_with_temperature(temperature: float, samples: int, tmp_path: Path) -> None:
    style = STYLES[1]
    layers, functions, x = network(style, "softmax", samples)
    functions[1] = lambda z: ACTIVATIONS["softmax"](z / temperature)
    y = targets("one-hot", 3, samples)
    loss = "cross_entropy" if samples == 1 else {"name": "cross_entropy", "reduction": "sum"}
    for activation in (f"softmax(u / {temperature})", f"softmax(u, temperature={temperature})"):
        found = solved(tmp_path, **sections(style, layers, activation, x, y, loss=loss))
        total = over_samples(SPECS["cross_entropy"].value, y, "sum")
        compare(found, solution(style, layers, functions, x, total), samples)


@pytest.mark.parametrize("case", ["one", "sum", "mean"])
@pytest.mark.parametrize("loss", SPECS)
def test_a_loss_is_a_function_too(loss: str, case: str, tmp_path: Path) -> None:
    """`loss: {name: huber, delta: 0.7}` and `loss: huber(y_hat, y, delta=0.7)` are the same."""
    spec = SPECS[loss]
    samples = 1 if case == "one" else 3
    activation = "sigmoid" if loss != "cross_entropy" else "softmax"
    layers, _, x = network(STYLES[1], activation, samples)
    y = targets(spec.targets, 3, samples)
    options = {**spec.options, **({} if case == "one" else {"reduction": case})}
    written = "".join(f", {key}={value}" for key, value in options.items())
    named, called = (
        solved(tmp_path, **sections(STYLES[1], layers, activation, x, y, loss=text))
        for text in ({"name": loss, **options}, f"{loss}(y_hat, y{written})")
    )
    for name in ("L", "dL/dz2", "dL/da2", "dL/dW1"):
        assert_close(called[name], named[name])


@pytest.mark.parametrize("samples", ["columns", "rows"])
@pytest.mark.parametrize("base", [0, 1])
def test_classes_of_a_batch(samples: str, base: int, tmp_path: Path) -> None:
    style = Style("rows", samples, "separate")
    layers, _, x = network(style, "softmax", 3)
    labels = np.array([2, 0, 1])
    y = np.eye(3)[:, labels]
    loss = {"name": "cross_entropy", "reduction": "mean"}
    text = sections(style, layers, "softmax", x, y, loss=loss)
    one_hot = solved(tmp_path, **text)
    text["targets"] = {"y": {"class": labels + base}}
    text["conventions"]["count_from"] = base
    classes = solved(tmp_path, **text)
    assert_close(classes["y"], style.oriented(y))
    for name in ("L", "dL/dz2", "dL/dW1"):
        assert_close(classes[name], one_hot[name])


# Saturation: the numbers that the formulas have, where exp and log overflow


BIG = 10_000.0


def _one_unit(folder: Path, activation: str, z: list[float], loss: str, y: Any, **more: Any) -> Any:
    sections: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "columns", "count_from": 1},
        "layers": [{"dense": {"W": np.diag(z), "activation": activation}}],
        "inputs": {"x": [1] * len(z)},
        "targets": {"y": y},
        "loss": loss,
        "ask": ["a", "L", "dL/dz", "dL/dW"],
        **more,
    }
    found = solved(folder, **sections)
    assert not found.warnings
    return found


@pytest.mark.parametrize(
    ("z", "label", "loss", "delta"),
    [
        ([BIG, 0.0, -BIG], 1, 0.0, [0, 0, 0]),
        ([BIG, 0.0, -BIG], 2, BIG, [1, -1, 0]),
        ([BIG, 0.0, -BIG], 3, 2 * BIG, [1, 0, -1]),
        ([BIG, BIG, -BIG], 1, log(2), [-0.5, 0.5, 0]),
        ([-BIG, -BIG, -BIG], 2, log(3), [1 / 3, -2 / 3, 1 / 3]),
        ([-1.0, 0.0, -40.0], 2, log(1 + exp(-1) + exp(-40)), None),
        ([0.0, 40.0, 0.0], 2, 2 * exp(-40), None),
    ],
)
def test_softmax_and_cross_entropy_of_large_logits(
    z: list[float], label: int, loss: float, delta: list[float] | None, tmp_path: Path
) -> None:
    found = _one_unit(tmp_path, "softmax", z, "cross_entropy", {"class": label})
    assert found["L"] == pytest.approx(loss, rel=1e-14, abs=1e-300)
    if delta:
        assert_close(found["dL/dz"], delta)


@pytest.mark.parametrize(
    ("z", "y", "loss", "delta"),
    [
        (BIG, 1, 0.0, 0.0),
        (BIG, 0, BIG, 1.0),
        (-BIG, 0, 0.0, 0.0),
        (-BIG, 1, BIG, -1.0),
        (40.0, 1, exp(-40), -exp(-40)),
        (BIG, 0.25, 0.75 * BIG, 0.75),
        (0.0, 1, log(2), -0.5),
    ],
)
def test_sigmoid_and_binary_cross_entropy_of_large_logits(
    z: float, y: float, loss: float, delta: float, tmp_path: Path
) -> None:
    found = _one_unit(tmp_path, "sigmoid", [z], "binary_cross_entropy", [y])
    assert found["L"] == pytest.approx(loss, rel=1e-14, abs=1e-300)
    assert found["dL/dz"][0] == pytest.approx(delta, rel=1e-14, abs=1e-16)


def test_a_fraction_stays_exact_in_a_mean(tmp_path: Path) -> None:
    found = solved(
        tmp_path, conventions={"samples": "columns"}, equations=["L = mean(x^2)"], inputs={"x": [1, 2, 4]}, loss="L"
    )
    assert found["L"] == float(Fraction(21, 3))
