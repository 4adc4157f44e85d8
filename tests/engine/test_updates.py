"""Batches, epochs, partial updates, layer by layer, given values, rounding, parts: against hand-written loops."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from nnsolve import ProblemError
from nnsolve.core.spelling import spell
from tests.engine.networks import ACTIVATIONS, Style, forward, solution
from tests.engine.solving import assert_close, codes, failure, formulas, solve_text, solved
from tests.engine.test_losses import SPECS, over_samples

RNG = np.random.default_rng(23)
STYLE = Style("rows", "columns", "separate")
ROWS = Style("columns", "rows", "last")
X, Y = RNG.normal(size=(3, 7)), RNG.normal(size=(2, 7))
RATE = 0.2


def _sections(style: Style, layers: Any, activations: tuple[str, ...], x: Any, y: Any, **more: Any) -> dict[str, Any]:
    return {
        "conventions": {**style.section, "count_from": 1},
        "layers": [{"dense": {**layer, "activation": a}} for layer, a in zip(layers, activations, strict=True)],
        "inputs": {"x": style.oriented(x)},
        "targets": {"y": style.oriented(y)},
        **more,
    }


def _layers(style: Style, outputs: int = 2) -> list[dict[str, Any]]:
    rng = np.random.default_rng(4)
    return [style.parameters(rng, 3, 4), style.parameters(rng, 4, outputs)]


class Loop:
    """Mini-batch gradient descent by hand."""

    def __init__(self, style: Style, layers: Any, names: tuple[str, ...], loss: Any, reduction: str, y: Any) -> None:
        self.style, self.layers, self.loss, self.reduction, self.y = style, layers, loss, reduction, y
        self.functions = [ACTIVATIONS[name] for name in names]
        self.seen: list[list[float]] = []

    def value(self, layers: Any, columns: Any) -> Any:
        a = forward(self.style, layers, self.functions, X[:, columns], {})["a2"]
        return over_samples(self.loss, self.y[:, columns], self.reduction)(a)

    def step(self, columns: Any) -> dict[str, Any]:
        """One update; what it saw."""
        each = [self.value(self.layers, [c]) for c in columns]
        value = self.value(self.layers, columns)
        gradients = autograd.grad(lambda layers: self.value(layers, columns))(self.layers)
        self.layers = [
            {key: layer[key] - RATE * g[key] for key in layer} for layer, g in zip(self.layers, gradients, strict=True)
        ]
        return {"each": each, "L": value, "gradients": gradients}


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, "all"])
@pytest.mark.parametrize("style", [STYLE, ROWS], ids=str)
def test_batches(style: Style, size: Any, reduction: str, tmp_path: Path) -> None:
    """The last batch of an epoch may be smaller; L@e is the mean loss per sample, whatever the reduction."""
    layers, names = _layers(style), ("tanh", "identity")
    text = _sections(
        style,
        layers,
        names,
        X,
        Y,
        loss={"name": "half_squared_error", "reduction": reduction},
        training={"optimizer": "sgd", "learning_rate": RATE, "epochs": 3, "batch_size": size},
    )
    found = solved(tmp_path, **text)
    loop = Loop(style, layers, names, SPECS["half_squared_error"].value, reduction, Y)
    width = 7 if size == "all" else size
    k = 0
    for epoch in (1, 2, 3):
        seen: list[float] = []
        for start in range(0, 7, width):
            columns = list(range(start, min(start + width, 7)))
            before = loop.layers
            step = loop.step(columns)
            seen += step["each"]
            assert_close(found[f"L@{k}"], step["L"])
            assert_close(found[f"dL/dW1@{k}"], step["gradients"][0]["W"])
            output = forward(style, before, loop.functions, X[:, columns], {})["a2"]
            expected = style.oriented(output)
            assert_close(found[f"a2@{k}"], np.ravel(expected) if len(columns) == 1 else expected)
            k += 1
            assert_close(found[f"W2@{k}"], loop.layers[1]["W"])
        assert_close(found[f"L@e{epoch}"], np.mean(seen))
        assert_close(found[f"W1@e{epoch}"], loop.layers[0]["W"])
    every = list(range(7))
    assert_close(found["W1@end"], loop.layers[0]["W"])
    assert_close(found["L@end"], loop.value(loop.layers, every))
    assert_close(found["a2@end"], style.oriented(forward(style, loop.layers, loop.functions, X, {})["a2"]))
    assert_close(found[f"W1@{k}"], loop.layers[0]["W"])
    assert_close(found[f"L@{k}"], found["L@end"])


def test_shuffle_goes_through_every_sample_once(tmp_path: Path) -> None:
    layers, names = _layers(STYLE), ("tanh", "identity")
    text = _sections(
        STYLE,
        layers,
        names,
        X,
        Y,
        loss={"name": "half_squared_error", "reduction": "mean"},
        training={"learning_rate": RATE, "epochs": 2, "batch_size": 2, "shuffle": True, "seed": 5},
    )
    found = solved(tmp_path, **text)
    loop = Loop(STYLE, layers, names, SPECS["half_squared_error"].value, "mean", Y)
    k = 0
    orders = []
    for epoch in (1, 2):
        order = []
        seen: list[float] = []
        for _ in range(4):
            batch = found[f"x@{k}"].reshape(3, -1)
            columns = [int(np.argmin(np.abs(X[0] - value))) for value in batch[0]]
            order += columns
            step = loop.step(columns)
            seen += step["each"]
            assert_close(found[f"L@{k}"], step["L"])
            k += 1
            assert_close(found[f"W1@{k}"], loop.layers[0]["W"])
        assert sorted(order) == list(range(7))
        orders.append(order)
        assert_close(found[f"L@e{epoch}"], np.mean(seen))
    assert orders[0] != orders[1]
    assert_close(solved(tmp_path, **text)["W1@end"], found["W1@end"])


def test_the_targets_of_a_batch_may_sum_to_1_while_those_of_another_do_not(tmp_path: Path) -> None:
    y = np.array([[0.0, 0.2], [1.0, 0.3]])
    layers, names = _layers(STYLE), ("tanh", "softmax")
    loss = {"name": "cross_entropy", "reduction": "sum"}
    training = {"learning_rate": RATE, "epochs": 1, "batch_size": 1}
    found = solved(tmp_path, **_sections(STYLE, layers, names, X[:, :2], y, loss=loss, training=training))
    loop = Loop(STYLE, layers, names, SPECS["cross_entropy"].value, "sum", y)
    for k in (1, 2):
        loop.step([k - 1])
        assert_close(found[f"W1@{k}"], loop.layers[0]["W"])


def test_classes_in_batches(tmp_path: Path) -> None:
    layers, names = _layers(STYLE, 3), ("tanh", "softmax")
    labels = np.array([2, 0, 1, 1, 0, 2, 2])
    text = _sections(
        STYLE,
        layers,
        names,
        X,
        Y,
        loss={"name": "cross_entropy", "reduction": "mean"},
        training={"learning_rate": RATE, "epochs": 1, "batch_size": 3},
    )
    text["targets"] = {"y": {"class": labels + 1}}
    found = solved(tmp_path, **text)
    loop = Loop(STYLE, layers, names, SPECS["cross_entropy"].value, "mean", np.eye(3)[:, labels])
    for k, columns in enumerate(([0, 1, 2], [3, 4, 5], [6])):
        step = loop.step(columns)
        assert_close(found[f"L@{k}"], step["L"])
    assert_close(found["W1@end"], loop.layers[0]["W"])


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("style", [STYLE, ROWS, Style("rows", "rows", "shared")], ids=str)
def test_layer_by_layer(style: Style, samples: int, tmp_path: Path) -> None:
    """The error goes down through the new weights; activations and deltas already computed stay."""
    layers, names = _layers(style), ("tanh", "sigmoid")
    x, y = X[:, :samples], Y[:, :samples]
    loss: Any = "half_squared_error" if samples == 1 else {"name": "half_squared_error", "reduction": "sum"}
    training = {"learning_rate": RATE, "steps": 2, "order": "layer_by_layer", "batch_size": "all"}
    text = _sections(style, layers, names, x, y, loss=loss, training=training)
    if samples == 1:
        text["inputs"], text["targets"] = {"x": x.ravel()}, {"y": y.ravel()}
    found = solved(tmp_path, **text)

    def weights(layer: Any) -> Any:
        W = layer["W"] if style.weights == "rows" else layer["W"].T
        return {"first": W[:, 1:], "last": W[:, :-1]}.get(style.bias, W)

    current = [dict(layer) for layer in layers]
    functions = [ACTIVATIONS[name] for name in names]
    for k in (0, 1):
        values = forward(style, current, functions, x, {})
        delta2 = (values["a2"] - y) * values["a2"] * (1 - values["a2"])
        new2 = _updated(style, current[1], delta2, values["a1"])
        carried = weights(new2).T @ delta2
        delta1 = carried * (1 - values["a1"] ** 2)
        new1 = _updated(style, current[0], delta1, x)
        for name, value in (("a1", carried), ("z1", delta1), ("z2", delta2)):
            expected = style.oriented(value)
            assert_close(found[f"dL/d{name}@{k}"], expected.ravel() if samples == 1 else expected)
        current = [new1, new2]
        for i, layer in enumerate(current, 1):
            for key, value in layer.items():
                assert_close(found[f"{key}{i}@{k + 1}"], value)


def _updated(style: Style, layer: Any, delta: Any, x: Any) -> dict[str, Any]:
    def z(layer: Any) -> Any:
        return anp.sum(style.pre_activation(layer, x) * delta)

    gradient = autograd.grad(z)(layer)
    return {key: value - RATE * gradient[key] for key, value in layer.items()}


def test_update_of_some_parameters(tmp_path: Path) -> None:
    layers, names = _layers(STYLE), ("tanh", "identity")
    training = {"learning_rate": RATE, "steps": 2, "update": ["W2", "b1"]}
    text = _sections(STYLE, layers, names, X[:, :1], Y[:, :1], loss="half_squared_error", training=training)
    text["inputs"], text["targets"] = {"x": X[:, 0]}, {"y": Y[:, 0]}
    found = solved(tmp_path, **text)
    current = layers
    for k in (1, 2):
        expected = solution(
            STYLE,
            current,
            [ACTIVATIONS[n] for n in names],
            X[:, :1],
            over_samples(SPECS["half_squared_error"].value, Y[:, :1], "sum"),
        )
        current = [
            {"W": current[0]["W"], "b": current[0]["b"] - RATE * expected["dL/db1"]},
            {"W": current[1]["W"] - RATE * expected["dL/dW2"], "b": current[1]["b"]},
        ]
        assert_close(found[f"W2@{k}"], current[1]["W"])
        assert_close(found[f"b1@{k}"], current[0]["b"])
        assert_close(found[f"W1@{k}"], layers[0]["W"])
        assert_close(found[f"b2@{k}"], layers[1]["b"])


SCALAR = """
parameters: {w1: 0.5, w2: -1.5, b: 0.25}
inputs: {x: 3}
targets: {t: 1}
equations: [z1 = w1 * x, a1 = tanh(z1), z2 = w2 * a1 + b, y = sigmoid(z2), C = 1/2 * (y - t)^2]
loss: C
"""


def test_given_replaces_an_equation_forward_and_backward(tmp_path: Path) -> None:
    found = solve_text(tmp_path, SCALAR + "given: {a1: 0.25}\nask: [z1, a1, z2, dC/dw2, dC/da1, dC/dw1]\n")
    y = 1 / (1 + np.exp(-(-1.5 * 0.25 + 0.25)))
    delta = (y - 1) * y * (1 - y)
    assert_close(found["z1"], 1.5)
    assert_close(found["y"], y)
    assert_close(found["dC/dw2"], delta * 0.25)
    assert_close(found["dC/dw1"], delta * -1.5 * (1 - 0.25**2) * 3)  # tanh' of the given activation


def test_given_probabilities_take_part_in_the_shortcut(tmp_path: Path) -> None:
    text = """
inputs: {z: [1, 2]}
targets: {y: [0, 1]}
equations: ["a = softmax(z)"]
loss: cross_entropy(a, y)
given: {a: [0.25, 0.75]}
"""
    found = solve_text(tmp_path, text)
    assert_close(found["L"], -np.log(0.75))
    assert_close(found["dL/dz"], [0.25, -0.25])


def test_parts_replace_what_they_name(tmp_path: Path) -> None:
    text = SCALAR + "ask: [C]\nparts: [{id: b, inputs: {x: 1}, ask: [C, z1]}, {id: c, given: {z2: 0}, ask: [C]}]\n"
    found = solve_text(tmp_path, text)
    assert list(found.answers) == ["C", "b.C", "b.z1", "c.C"]
    assert_close(found["b.z1"], 0.5)
    assert_close(found["c.C"], 0.125)
    y = 1 / (1 + np.exp(1.5 * np.tanh(1.5) - 0.25))
    assert_close(found["C"], (y - 1) ** 2 / 2)


def rounded(value: Any, decimals: int) -> float:
    """As on paper: half to even of the decimal number, not of its binary neighbour."""
    exact = Decimal(repr(round(float(value), 12)))
    return float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))


def test_rounding_forward_backward_and_update(tmp_path: Path) -> None:
    text = SCALAR + "training: {learning_rate: 0.5, steps: 1}\nrounding: {every: {decimals: 2}}\n"
    found = solve_text(tmp_path, text)
    a1 = rounded((np.tanh(1.5)), 2)
    z2 = rounded(-1.5 * a1 + 0.25, 2)
    y = rounded((1 / (1 + np.exp(-z2))), 2)
    dy = rounded(y - 1, 2)
    dz2 = rounded(dy * y * (1 - y), 2)
    dw2 = rounded(dz2 * a1, 2)
    da1 = rounded(dz2 * -1.5, 2)
    dz1 = rounded(da1 * (1 - a1**2), 2)
    expected = {
        "a1": a1,
        "z2": z2,
        "y": y,
        "C": rounded((y - 1) ** 2 / 2, 2),
        "dC/dy": dy,
        "dC/dz2": dz2,
        "dC/dw2": dw2,
    }
    expected |= {"dC/dz1": dz1, "dC/dw1": rounded(dz1 * 3, 2), "w2@1": rounded(-1.5 - 0.5 * dw2, 2)}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


def test_rounding_of_one_equation_is_ignored_by_differentiation(tmp_path: Path) -> None:
    text = SCALAR + "rounding: {a1: {decimals: 1, ties: zero}}\n"
    found = solve_text(tmp_path, text)
    assert found["a1"] == 0.9
    y = 1 / (1 + np.exp(-(-1.5 * 0.9 + 0.25)))
    delta = (y - 1) * y * (1 - y)
    assert_close(found["dC/dw1"], delta * -1.5 * (1 - 0.9**2) * 3)


def test_rounded_probabilities_reach_the_loss(tmp_path: Path) -> None:
    text = """
inputs: {z: [1, 2]}
targets: {y: [0, 1]}
equations: ["a = softmax(z)"]
loss: cross_entropy(a, y)
rounding: {a: {decimals: 2}}
"""
    found = solve_text(tmp_path, text)
    assert_close(found["a"], [0.27, 0.73])
    assert_close(found["L"], -np.log(0.73))
    assert_close(found["dL/dz"], [0.27, -0.27])


@pytest.mark.parametrize(
    ("ties", "expected"), [("even", [0, 2, -2, 3]), ("zero", [0, 1, -1, 3]), ("away", [1, 2, -2, 3])]
)
def test_ties(ties: str, expected: list[float], tmp_path: Path) -> None:
    text = f"""
inputs: {{x: [0.5, 1.5, -1.5, 2.6]}}
equations: [h = 1 * x]
rounding: {{h: {{decimals: 0, ties: {ties}}}}}
ask: [h]
"""
    assert_close(solve_text(tmp_path, text)["h"], expected)


def test_updated_values_are_those_of_the_next_run(tmp_path: Path) -> None:
    found = solve_text(tmp_path, SCALAR + "training: {learning_rate: 0.5, steps: 2}\nask: [C@2, w1@2]\n")
    names = [str(step.name) for step in found.trace]
    assert names.index("w1@1") < names.index("z1@1") < names.index("w1@2") < names.index("z1@2")
    assert formulas(found)["w1@2"] == "w1@1 - eta * dC/dw1@1"
    assert formulas(found)["z1@2"] == "w1@2 * x"


def test_more_updates_than_there_are(tmp_path: Path) -> None:
    error = failure(tmp_path, SCALAR + "training: {learning_rate: 0.5, steps: 2}\nask: [w1@3]\n")
    assert codes(error) == ["no-such-update"]
    assert error.diagnostics[0].place
    error = failure(tmp_path, SCALAR + "ask: [w1@1, C@e1]\n")
    assert codes(error) == ["no-such-update"] * 2


def test_stated_gradients_are_used_as_they_stand(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        parameters={"w": [1, 2], "b": 0.5},
        equations=["z = w * 2"],
        training={"learning_rate": 0.1, "steps": 2, "gradients": {"w": [0.5, -1], "b": 2}},
        ask=["w@1", "b@2", "z@1"],
    )
    assert_close(found["w@1"], [0.95, 2.1])
    assert_close(found["b@2"], 0.1)
    assert_close(found["z@1"], [1.9, 4.2])
    assert "b@2 = b@1 - eta * dL/db" in {f"{s.name} = {spell(s.equation.expr)}" for s in found.trace if s.equation}


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"training": {"learning_rate": 0.1, "gradients": {"w": [1, 2, 3]}}}, "shape-mismatch"),
        ({"training": {"learning_rate": 0.1, "gradients": {"v": 1}}}, "unknown-parameter"),
        ({"training": {"learning_rate": 0.1, "gradients": {"w": [1, 2]}}}, "missing-loss"),
        ({"training": {"learning_rate": 0.1, "momentum": 0.9}, "loss": "z[1]"}, "unknown-key"),
        ({"training": {"learning_rate": 0.1, "state": {"m_w": [0, 0]}}, "loss": "z[1]"}, "unknown-key"),
        ({"training": {"learning_rate": 0.1, "truncate": 2}, "loss": "z[1]"}, "unknown-key"),
        ({"initial": {"h_0": 1}}, "unknown-key"),
        ({"targets": {"y": 1}, "loss": {"name": "squared_error", "over_time": "sum"}}, "unknown-option"),
    ],
)
def test_what_would_be_ignored_is_refused(extra: dict[str, Any], code: str, tmp_path: Path) -> None:
    given = {"parameters": {"w": [1, 2], "b": 0.5}, "equations": ["z = w * b", "y_hat = z[1]"], "ask": ["z"]}
    with pytest.raises(ProblemError) as refused:
        solved(tmp_path, conventions={"count_from": 1}, **given, **extra)
    assert code in [finding.code for finding in refused.value.diagnostics]


def test_given_values_of_several_samples_are_cut_with_the_batch(tmp_path: Path) -> None:
    sections = {
        "conventions": {"weights": "rows", "samples": "columns"},
        "layers": [{"dense": {"W": [[0.5, -1]], "b": [0.2], "activation": "sigmoid"}}],
        "inputs": {"x": [[1, 2, 3], [2, 1, 0]]},
        "targets": {"y": [[1, 0, 1]]},
        "given": {"z": [[0.1, 0.2, 0.3]]},
        "loss": {"name": "squared_error", "reduction": "sum"},
        "training": {"learning_rate": 0.1, "epochs": 2, "batch_size": 2},
        "ask": ["z", "z@1", "z@2", "z@end"],
    }
    found = solved(tmp_path, **sections)
    assert_close(found["z"], [[0.1, 0.2]])
    assert_close(found["z@1"], [0.3])
    assert_close(found["z@2"], [[0.1, 0.2]])
    assert_close(found["z@end"], [[0.1, 0.2, 0.3]])


def test_the_end_of_a_training_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no training"):
        solved(tmp_path, parameters={"w": 1}, equations=["z = w"], ask=["w@end"])


def test_the_trace_and_the_answers_agree_on_every_value(tmp_path: Path) -> None:
    layers, functions = [STYLE.parameters(RNG, 3, 2)], ("tanh",)
    more = {"loss": {"name": "squared_error", "reduction": "mean"}, "ask": ["L@0..4", "a@4", "W@4", "L@e1"]}
    training = {"learning_rate": RATE, "epochs": 1, "batch_size": 2}
    found = solved(tmp_path, **_sections(STYLE, layers, functions, X, Y, training=training, **more))
    shown = {str(step.name): step.value for step in found.trace}
    for address in ("L", "L@1", "L@2", "L@3", "L@4", "W@4"):
        assert_close(shown[address], found[address])
    assert shown["a@4"].shape == (2, 7)
    assert "x@5" not in shown  # the mean loss of an epoch asks for no run after it


def test_an_expression_with_a_mean_is_a_mean_over_the_epoch_too(tmp_path: Path) -> None:
    layers, functions = [STYLE.parameters(RNG, 3, 2)], ("tanh",)
    training = {"learning_rate": RATE, "epochs": 1, "batch_size": 2}
    by_name = _sections(STYLE, layers, functions, X, Y, training=training, ask=["L@e1"])
    named = solved(tmp_path, **by_name, loss={"name": "mean_squared_error", "reduction": "mean"})["L@e1"]
    written = solved(tmp_path, **by_name, loss="mean((y_hat - y)^2)")["L@e1"]
    summed = solved(tmp_path, **by_name, loss="sum((y_hat - y)^2)")["L@e1"]
    assert_close(written, named)
    assert abs(summed - named) > 1e-3


@pytest.mark.parametrize(("asked", "shown"), [(2, [1, 2]), (3, [1, 2, 3]), (6, [1, 6])])
def test_an_update_is_shown_whole_or_not_at_all(asked: int, shown: list[int], tmp_path: Path) -> None:
    layers, functions = [STYLE.parameters(RNG, 3, 2), STYLE.parameters(RNG, 2, 2)], ("tanh", "sigmoid")
    training = {"learning_rate": RATE, "steps": 6, "batch_size": "all"}
    loss = {"name": "squared_error", "reduction": "sum"}
    more = {"training": training, "loss": loss, "ask": [f"W1@{asked}"]}
    found = solved(tmp_path, **_sections(STYLE, layers, functions, X, Y, **more))
    updates = [step.name for step in found.trace if step.phase == "update"]
    assert sorted({name.update for name in updates}) == shown
    assert len(updates) == 4 * len(shown)


def test_a_matrix_is_no_batch_where_the_file_does_not_say_so(tmp_path: Path) -> None:
    sections = {
        "parameters": {"w": [1.0, -1.0]},
        "inputs": {"A": [[1, 2], [3, 4], [5, 6]]},
        "equations": ["E = sum((A @ w)^2)"],
        "loss": "E",
        "ask": ["E@e1", "E"],
    }
    found = solved(tmp_path, **sections, training={"learning_rate": 0.1, "epochs": 1})
    assert_close(found["E@e1"], found["E"])
    with pytest.raises(ProblemError, match="batch_size cuts the data"):
        solved(tmp_path, **sections, training={"learning_rate": 0.1, "epochs": 1, "batch_size": 1})
