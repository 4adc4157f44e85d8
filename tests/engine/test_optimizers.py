"""What training says of optimizers: state, decay, clipping, schedules, addresses, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve import ProblemError
from nnsolve.blocks import OPTIMIZERS, SCHEDULES
from nnsolve.engine.select import select
from tests.engine.solving import assert_close, codes, failure, formulas, solve_text, solved

X = np.array([[1.0, 2.0, -0.5, 0.25, 1.5], [0.5, -1.0, 2.0, 1.0, -0.75]])
Y = np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])
W1, B1 = np.array([[0.1, -0.2], [0.3, 0.5]]), np.array([[0.0], [0.1]])
W2, B2 = np.array([[0.7, -0.4]]), np.array([[0.2]])


def network(**training: Any) -> dict[str, Any]:
    return {
        "conventions": {"weights": "rows", "samples": "columns", "count_from": 1},
        "layers": [
            {"dense": {"W": W1, "b": B1.ravel(), "activation": "tanh"}},
            {"dense": {"W": W2, "b": B2.ravel()}},
        ],
        "inputs": {"x": X},
        "targets": {"y": Y},
        "loss": {"name": "half_squared_error", "reduction": "mean"},
        "training": training,
        "ask": ["W1@1"],
    }


def gradients(p: dict[str, Any], columns: Any) -> dict[str, Any]:
    x, y = X[:, columns], Y[:, columns]
    a1 = np.tanh(p["W1"] @ x + p["b1"])
    delta2 = (p["W2"] @ a1 + p["b2"] - y) / len(columns)
    delta1 = (p["W2"].T @ delta2) * (1 - a1**2)
    return {
        "W1": delta1 @ x.T,
        "b1": delta1.sum(axis=1, keepdims=True),
        "W2": delta2 @ a1.T,
        "b2": delta2.sum(axis=1, keepdims=True),
    }


START = {"W1": W1, "b1": B1, "W2": W2, "b2": B2}
ADAM = {"optimizer": "adam", "learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-4}


def test_adam_on_mini_batches_with_its_state_at_every_moment(tmp_path: Path) -> None:
    """Five samples in batches of two: k = 1..9 over three epochs; the end over all samples."""
    found = solved(tmp_path, **network(**ADAM, epochs=3, batch_size=2))
    p = dict(START)
    m = {key: np.zeros_like(value) for key, value in p.items()}
    v = {key: np.zeros_like(value) for key, value in p.items()}
    for k in range(1, 10):
        start = 2 * ((k - 1) % 3)
        g = gradients(p, list(range(start, min(start + 2, 5))))
        for key in p:
            m[key] = 0.8 * m[key] + 0.2 * g[key]
            v[key] = 0.9 * v[key] + 0.1 * g[key] ** 2
            m_hat, v_hat = m[key] / (1 - 0.8**k), v[key] / (1 - 0.9**k)
            p[key] = p[key] - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-4)
            moments = [f"@{k}"] + ([f"@e{k // 3}"] if k % 3 == 0 else []) + (["@end"] if k == 9 else [])
            for moment in moments:
                for stem, value in (("", p[key]), ("m_", m[key]), ("v_", v[key])):
                    assert_close(_flat(found[f"{stem}{key}{moment}"]), value.ravel())
                assert_close(_flat(found[f"m_hat_{key}{moment}"]), m_hat.ravel())
                assert_close(_flat(found[f"v_hat_{key}{moment}"]), v_hat.ravel())
        assert found[f"t@{k}"] == k
    assert_close(found["m_hat_W1@9[2,1]"], found["m_hat_W1@end"][1, 0])
    assert_close(found["m_W1"], np.zeros((2, 2)))


def _flat(value: Any) -> Any:
    return np.ravel(value)


def test_what_lives_in_an_update_is_a_step_of_the_run_that_makes_it(tmp_path: Path) -> None:
    found = solved(tmp_path, **{**network(**ADAM, steps=6, batch_size=2), "ask": ["m_hat_W1@2", "L@1"]})
    names = [str(step.name) for step in found.trace]
    assert names.index("L@1") < names.index("t@2") < names.index("m_W1@2") < names.index("m_hat_W1@2")
    assert names.index("v_hat_W1@2") < names.index("W1@2") < names.index("W2@2")
    shown = {str(step.name): step.value for step in found.trace}
    assert_close(shown["m_hat_W1@2"], found["m_hat_W1@2"])
    assert formulas(found)["m_hat_W1@2"] == "m_W1@2 / (1 - beta1^t@2)"
    assert formulas(found)["m_W1@2"] == "beta1 * m_W1@1 + (1 - beta1) * dL/dW1@1"
    (only,) = select(found, ["v_hat_W2@5"])
    assert [str(step.name) for step in only.trace.steps] == ["v_hat_W2@5"]
    assert_close(only.answers[0].value, found["v_hat_W2@5"])


@pytest.mark.parametrize("address", ["m_hat_W1", "m_hat_W1@0", "m_hat_W1@e0"])
def test_what_lives_in_an_update_is_not_there_before(address: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="m_hat_W1 exists from the first update on") as refused:
        solved(tmp_path, **{**network(**ADAM, steps=2, batch_size="all"), "ask": [address]})
    assert "m_hat_W1@1" in (refused.value.diagnostics[0].help or "")


def test_the_layer_number_may_be_left_out_as_for_the_parameter(tmp_path: Path) -> None:
    sections = network(**ADAM, steps=2, batch_size="all")
    sections["layers"] = [{"dense": {"W": W2, "b": [0.2]}}]
    sections["ask"] = ["m_W@1", "m_W1@1", "v_hat_b1@2"]
    found = solved(tmp_path, **sections)
    assert_close(found["m_W@1"], found["m_W1@1"])
    assert_close(found["v_hat_b1@2"], found["v_hat_b@2"])
    with pytest.raises(ProblemError, match="m_W could be m_W1, m_W2"):
        solved(tmp_path, **{**network(**ADAM, steps=2, batch_size="all"), "ask": ["m_W@1"]})


# Decay, clipping ------------------------------------------------------------------------------------------------------

ALL = list(range(5))


def test_weight_decay_is_an_l2_penalty_in_the_gradient(tmp_path: Path) -> None:
    found = solved(tmp_path, **network(learning_rate=0.3, weight_decay=0.2, steps=1, batch_size="all"))
    g = gradients(START, ALL)
    for key, value in START.items():
        assert_close(_flat(found[f"g_{key}@1"]), (g[key] + 0.2 * value).ravel())
        assert_close(_flat(found[f"{key}@1"]), (value - 0.3 * (g[key] + 0.2 * value)).ravel())
    assert formulas(found)["g_W1@1"] == "dL/dW1 + lam * W1"
    assert formulas(found)["W1@1"] == "W1 - eta * g_W1@1"


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_decayed_says_which_parameters_decay(optimizer: str, tmp_path: Path) -> None:
    training = {"optimizer": optimizer, "learning_rate": 0.3, "weight_decay": 0.2, "steps": 1, "batch_size": "all"}
    found = solved(tmp_path, **network(**training, decayed=["W1", "W2"]))
    without = solved(tmp_path, **network(**{**training, "weight_decay": 0}))
    for key in ("b1", "b2"):
        assert_close(found[f"{key}@1"], without[f"{key}@1"])
    for key in ("W1", "W2"):
        share = 0.2 if optimizer == "adamw" else 0.3 * 0.2
        assert_close(found[f"{key}@1"], without[f"{key}@1"] - share * START[key])


@pytest.mark.parametrize(("limit", "cut"), [(0.05, True), (50.0, False)])
def test_clipping_the_norm_of_all_gradients_together(limit: float, cut: bool, tmp_path: Path) -> None:
    """Pascanu, Mikolov, Bengio (2013): the gradient is scaled down to the limit, first; then comes the decay."""
    training = {"learning_rate": 0.3, "clip_norm": limit, "weight_decay": 0.2, "update": ["W1", "b2"]}
    found = solved(tmp_path, **network(**training, steps=1, batch_size="all"))
    g = gradients(START, ALL)
    norm = float(np.sqrt(np.sum(g["W1"] ** 2) + np.sum(g["b2"] ** 2)))
    assert (norm > limit) is cut
    assert_close(found["norm_g@1"], norm)
    for key in ("W1", "b2"):
        expected = g[key] * (limit / norm if cut else 1) + 0.2 * START[key]
        assert_close(_flat(found[f"g_{key}@1"]), expected.ravel())
        assert_close(_flat(found[f"{key}@1"]), (START[key] - 0.3 * expected).ravel())
    assert formulas(found)["g_W1@1"] == "c / max(c, norm_g@1) * dL/dW1 + lam * W1"
    assert formulas(found)["norm_g@1"] == "sqrt(sum((dL/dW1)^2) + sum((dL/db2)^2))"


def test_clipping_each_element(tmp_path: Path) -> None:
    found = solved(tmp_path, **network(learning_rate=0.3, clip_value=0.1, steps=1, batch_size="all"))
    g = gradients(START, ALL)
    assert any(np.any(np.abs(value) > 0.1) for value in g.values())
    for key, value in START.items():
        assert_close(_flat(found[f"{key}@1"]), (value - 0.3 * np.clip(g[key], -0.1, 0.1)).ravel())


def test_momentum_layer_by_layer(tmp_path: Path) -> None:
    """The error goes down through the new W2, which the optimizer made; here with clipping and decay as well."""
    more = {"optimizer": "momentum", "momentum": 0.9, "learning_rate": 0.2, "clip_value": 0.2, "weight_decay": 0.1}
    found = solved(tmp_path, **network(**more, order="layer_by_layer", steps=2, batch_size="all"))
    p, v = dict(START), {key: np.zeros_like(value) for key, value in START.items()}
    for k in (1, 2):
        a1 = np.tanh(p["W1"] @ X + p["b1"])
        delta2 = (p["W2"] @ a1 + p["b2"] - Y) / 5
        _moved(p, v, {"W2": delta2 @ a1.T, "b2": delta2.sum(axis=1, keepdims=True)})
        delta1 = (p["W2"].T @ delta2) * (1 - a1**2)
        _moved(p, v, {"W1": delta1 @ X.T, "b1": delta1.sum(axis=1, keepdims=True)})
        for key, value in p.items():
            assert_close(_flat(found[f"{key}@{k}"]), value.ravel())


def _moved(p: dict[str, Any], v: dict[str, Any], g: dict[str, Any]) -> None:
    for key, value in g.items():
        v[key] = 0.9 * v[key] - 0.2 * (np.clip(value, -0.2, 0.2) + 0.1 * p[key])
        p[key] = p[key] + v[key]


# Schedules ------------------------------------------------------------------------------------------------------------

RATES: dict[str, Any] = {
    "step": ({"every": 3, "factor": 0.5}, lambda t: 0.4 * 0.5 ** (t // 3)),
    "exponential": ({"factor": 0.9}, lambda t: 0.4 * 0.9**t),
    "cosine": (
        {"over": 4, "lowest": 0.1},
        lambda t: 0.1 + 0.5 * (0.4 - 0.1) * (1 + np.cos(np.pi * min(t, 4) / 4)),
    ),
}


@pytest.mark.parametrize("per", ["update", "epoch", None])
@pytest.mark.parametrize("kind", SCHEDULES)
def test_the_rate_of_every_update(kind: str, per: str | None, tmp_path: Path) -> None:
    """t is the number of updates (epochs) before; the rate of the first is that of t = 0."""
    options, rate = RATES[kind]
    assert SCHEDULES[kind].doc
    schedule = {"kind": kind, **options, **({"per": per} if per else {})}
    found = solved(tmp_path, **network(learning_rate=0.4, schedule=schedule, steps=12, batch_size=2))
    p = dict(START)
    for k in range(12):
        t = k // 3 if per == "epoch" else k
        assert_close(found[f"rate@{k + 1}"], rate(t))
        g = gradients(p, list(range(2 * (k % 3), min(2 * (k % 3) + 2, 5))))
        p = {key: value - rate(t) * g[key] for key, value in p.items()}
    assert_close(found["W1@end"], p["W1"])
    assert_close(found["rate@end"], rate(3 if per == "epoch" else 11))
    assert found["rate@12"] < found["rate@1"] == 0.4


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"kind": "step", "every": 10, "factor": 0.5}, {"rate@1": "eta * 0.5^floor(t / 10)", "t@1": "t + 1"}),
        ({"kind": "exponential", "factor": 0.9}, {"rate@1": "eta * 0.9^t", "b1@1": "b1 - rate@1 * dL/db1"}),
        ({"kind": "cosine", "over": 7}, {"rate@1": "1/2 * eta * (1 + cos(pi * min(t, 7) / 7))"}),
        (
            {"kind": "step", "every": 2, "factor": 0.5, "per": "epoch"},
            {"epoch@1": "floor(t / batches)", "rate@1": "eta * 0.5^floor(epoch@1 / 2)"},
        ),
    ],
)
def test_the_rate_is_an_equation(schedule: dict[str, Any], expected: dict[str, str], tmp_path: Path) -> None:
    found = formulas(solved(tmp_path, **network(learning_rate=0.4, schedule=schedule, steps=1, batch_size="all")))
    assert {key: found[key] for key in expected} == expected


def test_the_shrinking_of_adamw_follows_the_schedule_and_not_the_rate(tmp_path: Path) -> None:
    """Loshchilov, Hutter, algorithm 2: W - s (alpha m_hat / (sqrt(v_hat) + eps) + lambda W)."""
    training = {**ADAM, "optimizer": "adamw", "weight_decay": 0.2, "steps": 2, "batch_size": "all"}
    training["state"] = {"t": 3}
    found = solved(tmp_path, **network(**training, schedule={"kind": "step", "every": 2, "factor": 0.5}))
    step = found["m_hat_W1@1"] / (np.sqrt(found["v_hat_W1@1"]) + 1e-4)
    assert_close(found["W1@1"], W1 - 0.5 * (0.1 * step + 0.2 * W1))


# What the file states -------------------------------------------------------------------------------------------------


def test_stated_gradients_need_neither_a_loss_nor_equations(tmp_path: Path) -> None:
    text = """
parameters: {W: [[1, -2], [0.5, 3]], b: 0.5}
training: {optimizer: adam, learning_rate: 0.1, steps: 1, gradients: {W: [[0.5, -1], [2, 0.25]], b: 2}}
"""
    found = solve_text(tmp_path, text)
    g = np.array([[0.5, -1], [2, 0.25]])
    assert_close(found["m_W@1"], 0.1 * g)
    assert_close(found["v_W@1"], 0.001 * g**2)
    assert_close(found["m_hat_W@1"], g)
    assert_close(found["v_hat_W@1"], g**2)
    assert_close(found["W@1"], np.array([[1, -2], [0.5, 3]]) - 0.1 * g / (np.abs(g) + 1e-8))
    roles = {str(step.name): step.role for step in found.trace}
    assert (roles["dL/dW"], roles["m_W"], roles["beta1"]) == ("given", "state", "hyperparameter")
    assert "W@1" in roles and "v_hat_b@1" in roles
    with pytest.raises(ProblemError, match="neither layers: nor equations:"):
        solve_text(tmp_path, text.replace("gradients: {W: [[0.5, -1], [2, 0.25]], b: 2}", "seed: 1"))
    with pytest.raises(ProblemError, match="training needs a loss"):
        solve_text(tmp_path, text.replace(", b: 2}", "}"))


def test_a_part_may_train_otherwise(tmp_path: Path) -> None:
    sections = network(learning_rate=0.4, steps=2, batch_size="all")
    sections["parts"] = [
        {"id": "b", "training": {"optimizer": "momentum", "momentum": 0.5}, "ask": ["v_W1@2", "W1@2"]},
        {"id": "c", "training": {"weight_decay": 0.1}, "ask": ["g_W1@1"]},
    ]
    found = solved(tmp_path, **sections)
    assert_close(found["W1@1"], found["b.W1@1"])
    assert_close(found["b.v_W1@2"], found["b.W1@2"] - found["b.W1@1"])
    assert_close(found["c.g_W1@1"], found["dL/dW1"] + 0.1 * W1)


def test_names_that_the_problem_uses_are_left_to_it(tmp_path: Path) -> None:
    text = """
parameters: {w: 2, rate: 3}
inputs: {x: 1}
targets: {t: 1}
constants: {lam: 5, epsilon: 7}
equations: [C = (w * x + rate * lam + epsilon - t)^2]
loss: C
training: {optimizer: adam, learning_rate: 0.1, weight_decay: 0.5, steps: 2, state: {t: 3},
  schedule: {kind: exponential, factor: 0.5}}
ask: [w@2, t, rate@1]
"""
    found = solve_text(tmp_path, text)
    assert found["t"] == 1 and found["updates@1"] == 4 and found["epsilon"] == 7
    assert_close(found["adam_rate@1"], 0.1 * 0.5**3)
    assert formulas(found)["g_w@1"] == "dC/dw + weight_decay * w"
    assert formulas(found)["w@1"].endswith("/ (sqrt(v_hat_w@1) + adam_epsilon)")


def test_symbols_rename_hyperparameters(tmp_path: Path) -> None:
    sections = network(optimizer="momentum", learning_rate=0.1, momentum=0.9, steps=1, batch_size="all")
    sections["conventions"]["symbols"] = {"mu": "alpha", "eta": "epsilon"}
    assert formulas(solved(tmp_path, **sections))["v_W1@1"] == "alpha * v_W1 - epsilon * dL/dW1"


def test_rounding_holds_for_the_state_too(tmp_path: Path) -> None:
    sections = network(**ADAM, steps=1, batch_size="all")
    found = solved(tmp_path, **sections, rounding={"m_W1": {"decimals": 3}})
    assert_close(found["m_W1@1"], np.round(0.2 * gradients(START, ALL)["W1"], 3))
    assert_close(found["m_hat_W1@1"], found["m_W1@1"] / 0.2)


# What is refused ------------------------------------------------------------------------------------------------------

HEAD = """
parameters: {w: [1, 2], b: 0.5}
inputs: {x: [1, 3]}
equations: [z = w * x, L = sum(z^2) + b^2]
loss: L
ask: [w@1]
"""


@pytest.mark.parametrize(
    ("training", "code", "column", "said"),
    [
        ("optimizer: momentum, learning_rate: 1", "missing-key", 11, "momentum: 0.9"),
        ("optimizer: rmsprop, learning_rate: 1", "missing-key", 11, "epsilon: 1e-8"),
        ("optimizer: adamw, learning_rate: 1", "missing-key", 11, "weight_decay: 0.01"),
        ("optimizer: adam, momentum: 0.5", "unknown-key", 29, "adam takes learning_rate, beta1"),
        ("learning_rate: -1", "out-of-range", 27, "at least 0"),
        ("optimizer: adam, beta1: 1", "out-of-range", 36, "at least 0 and less than 1"),
        ("optimizer: adam, beta2: -0.1", "out-of-range", 36, "at least 0"),
        ("optimizer: adam, epsilon: -1e-8", "out-of-range", 38, "at least 0"),
        ("learning_rate: 1, clip_norm: 0", "out-of-range", 41, "greater than 0"),
        ("learning_rate: 1, weight_decay: -1", "out-of-range", 44, "at least 0"),
        ("learning_rate: 1, decayed: w", "unknown-key", 30, "weight_decay: 0.01"),
        ("learning_rate: 1, weight_decay: 1, decayed: c", "unknown-parameter", 56, "parameters: w, b"),
        ("learning_rate: 1, weight_decay: 1, update: w, decayed: b", "unknown-parameter", 67, "b is not updated"),
        ("learning_rate: 1, clip_norm: 1, clip_value: 1", "conflict", 44, "keep one of them"),
        ("learning_rate: 1, clip_norm: 1, order: layer_by_layer", "conflict", 30, "use clip_value"),
        ("learning_rate: 1, state: {m_w: [1, 2]}", "unknown-key", 43, "sgd keeps no m_w"),
        ("optimizer: adam, state: {m_q: 1}", "unknown-key", 42, "did you mean 'm_w'"),
        ("optimizer: adam, update: w, state: {v_b: 1}", "unknown-key", 53, "b is not updated"),
        ("optimizer: adam, state: {m_w: [1, 2, 3]}", "shape-mismatch", 42, "m_w has shape 3"),
        ("optimizer: adam, state: {t: 1.5}", "out-of-range", 40, "whole number"),
        ("optimizer: adam, state: {t: -1}", "out-of-range", 40, "whole number"),
        ("learning_rate: 1, state: {t: 1}", "unknown-key", 41, "sgd keeps no t"),
        ("learning_rate: 1, schedule: 3", "wrong-type", 40, "schedule: {kind: step"),
        ("learning_rate: 1, schedule: {every: 3}", "missing-key", 40, "kind: step"),
        ("learning_rate: 1, schedule: {kind: steps}", "unknown-schedule", 47, "did you mean 'step'"),
        ("learning_rate: 1, schedule: {kind: step, every: 3}", "missing-key", 40, "factor"),
        ("learning_rate: 1, schedule: {kind: exponential, factor: 1, over: 3}", "unknown-key", 71, "takes factor"),
        ("learning_rate: 1, schedule: {kind: exponential, factor: 0}", "out-of-range", 68, "greater than 0"),
        ("learning_rate: 1, schedule: {kind: step, every: 0, factor: 1}", "out-of-range", 60, "at least 1"),
        ("learning_rate: 1, schedule: {kind: cosine, over: 3, lowest: 2}", "out-of-range", 64, "above"),
        ("learning_rate: 1, schedule: {kind: step, every: 1, factor: 1}, epochs: 2", "missing-key", 40, "per: epoch"),
    ],
)
def test_what_is_wrong_with_training(training: str, code: str, column: int, said: str, tmp_path: Path) -> None:
    error = failure(tmp_path, f"training: {{{training}}}{HEAD}")
    assert codes(error) == [code], error
    found = error.diagnostics[0]
    assert found.place is not None and (found.place.line, found.place.column) == (1, column), found.place
    assert said in f"{found.message} {found.help}"


@pytest.mark.parametrize("key", ["weight_decay: 0.1", "clip_norm: 1", "clip_value: 1"])
def test_the_perceptron_takes_neither_decay_nor_clipping(key: str, tmp_path: Path) -> None:
    text = f"""
conventions: {{weights: rows, samples: columns, step_at_zero: 1}}
layers: [{{dense: {{W: [[1, 2]], activation: step}}}}]
inputs: {{x: [1, 0]}}
targets: {{y: 0}}
training: {{optimizer: perceptron, learning_rate: 1, steps: 1, {key}}}
ask: [W@1]
"""
    assert codes(failure(tmp_path, text)) == ["unknown-key"]
    assert not OPTIMIZERS["perceptron"].follows_gradient


def test_an_address_of_the_updates_is_no_second_error(tmp_path: Path) -> None:
    """Where the equations fail, what the updates would have defined is not called unknown."""
    text = HEAD.replace("z = w * x", "z = w * q").replace("ask: [w@1]", "ask: [m_hat_w@1, rate@1, t@1, nothing]")
    error = failure(tmp_path, f"training: {{optimizer: adam}}{text}")
    assert [found.message.split(" ")[0] for found in error.diagnostics] == ["q", "nothing"]


def test_nothing_is_differentiated_with_respect_to_what_an_update_makes(tmp_path: Path) -> None:
    error = failure(tmp_path, f"training: {{optimizer: adam}}{HEAD.replace('w@1', 'dL/dm_hat_w@1')}")
    assert codes(error) == ["no-derivative"]
