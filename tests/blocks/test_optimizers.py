"""Optimizers: against loops written by hand, against PyTorch's numbers, and generally over the registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.blocks import OPTIMIZERS
from nnsolve.core.expressions import references
from nnsolve.core.language import parse
from nnsolve.core.spelling import spell
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.engine.solve import Solution
from tests.engine.solving import assert_close, formulas, solved

W0 = np.array([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]])
B0 = np.array([0.1, -0.2])
X, Y = np.array([1.0, -0.5, 2.0]), np.array([0.5, -1.0])
STEPS = 20

FOLLOWING = [name for name, block in OPTIMIZERS.items() if block.follows_gradient]

SETTINGS: dict[str, dict[str, float]] = {
    "sgd": {"learning_rate": 0.1},
    "momentum": {"learning_rate": 0.05, "momentum": 0.9},
    "ema_momentum": {"learning_rate": 0.2, "momentum": 0.7},
    "nesterov": {"learning_rate": 0.05, "momentum": 0.9},
    "adagrad": {"learning_rate": 0.1, "epsilon": 1e-3},
    "rmsprop": {"learning_rate": 0.02, "decay": 0.8, "epsilon": 1e-3},
    "adam": {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
    "adamw": {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weight_decay": 0.02},
}


def gradients(W: Any, b: Any) -> tuple[Any, Any]:
    """Of sum((tanh(W x + b) - y)^2)."""
    a = np.tanh(W @ X + b)
    delta = 2 * (a - Y) * (1 - a**2)
    return np.outer(delta, X), delta


def problem(optimizer: str, **training: Any) -> dict[str, Any]:
    return {
        "parameters": {"W": W0, "b": B0},
        "inputs": {"x": X},
        "targets": {"y": Y},
        "equations": ["z = W @ x + b", "a = tanh(z)", "L = sum((a - y)^2)"],
        "loss": "L",
        "training": {"optimizer": optimizer, "steps": STEPS, **SETTINGS.get(optimizer, {}), **training},
        "ask": ["W@1"],
    }


# Loops by hand --------------------------------------------------------------------------------------------------------

Step = Callable[[Any, Any, dict[str, Any], int, Any], Any]
"""`step(W, g, state, t, h)`: the new parameter of update t, counted from 1; h are the settings."""


def _sgd(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    return W - h["learning_rate"] * g


def _momentum(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["v"] = h["momentum"] * state.get("v", 0) - h["learning_rate"] * g
    return W + state["v"]


def _ema_momentum(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["m"] = h["momentum"] * state.get("m", 0) + (1 - h["momentum"]) * g
    return W - h["learning_rate"] * state["m"]


def _nesterov(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["v"] = h["momentum"] * state.get("v", 0) - h["learning_rate"] * g
    return W + h["momentum"] * state["v"] - h["learning_rate"] * g


def _adagrad(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["v"] = state.get("v", 0) + g * g
    return W - h["learning_rate"] * g / (np.sqrt(state["v"]) + h["epsilon"])


def _rmsprop(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["v"] = h["decay"] * state.get("v", 0) + (1 - h["decay"]) * g * g
    return W - h["learning_rate"] * g / (np.sqrt(state["v"]) + h["epsilon"])


def _adam(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    state["m"] = h["beta1"] * state.get("m", 0) + (1 - h["beta1"]) * g
    state["v"] = h["beta2"] * state.get("v", 0) + (1 - h["beta2"]) * g * g
    state["m_hat"] = state["m"] / (1 - h["beta1"] ** t)
    state["v_hat"] = state["v"] / (1 - h["beta2"] ** t)
    return W - h["learning_rate"] * state["m_hat"] / (np.sqrt(state["v_hat"]) + h["epsilon"])


def _adamw(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    return _adam(W, g, state, t, h) - h["weight_decay"] * W


LOOPS: dict[str, Step] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "ema_momentum": _ema_momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}


def by_hand(step: Step, h: Any, steps: int = STEPS) -> list[dict[str, Any]]:
    """What is known after each update, the first before any."""
    W, b = W0, B0
    states: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    seen: list[dict[str, Any]] = [{"W": W, "b": b}]
    for t in range(1, steps + 1):
        gW, gb = gradients(W, b)
        W, b = step(W, gW, states[0], t, h), step(b, gb, states[1], t, h)
        more = {f"{stem}_{p}": value for p, state in zip("Wb", states, strict=True) for stem, value in state.items()}
        seen.append({"W": W, "b": b, **more})
    return seen


@pytest.mark.parametrize("name", FOLLOWING)
def test_twenty_updates_by_hand(name: str, tmp_path: Path) -> None:
    found = solved(tmp_path, **problem(name))
    for k, values in enumerate(by_hand(LOOPS[name], SETTINGS[name])):
        for stem, value in values.items():
            assert_close(found[f"{stem}@{k}"], value)


def _wrong_without_correction(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    _adam(W, g, state, t, h)
    return W - h["learning_rate"] * state["m"] / (np.sqrt(state["v"]) + h["epsilon"])


def _wrong_exchanged(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    return _adam(W, g, state, t, {**h, "beta1": h["beta2"], "beta2": h["beta1"]})


def _wrong_inside_the_root(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    _adam(W, g, state, t, h)
    return W - h["learning_rate"] * state["m_hat"] / np.sqrt(state["v_hat"] + h["epsilon"])


def _wrong_count(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    return _adam(W, g, state, t + 1, h)


def _wrong_rate_outside(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    """The velocity of a plain sum of gradients in the place of a running mean."""
    state["m"] = h["momentum"] * state.get("m", 0) + g
    return W - h["learning_rate"] * state["m"]


def _wrong_old_velocity(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    old = state.get("v", np.zeros_like(g))
    _nesterov(W, g, state, t, h)
    return W + h["momentum"] * old - h["learning_rate"] * g


def _wrong_decay_times_rate(W: Any, g: Any, state: dict[str, Any], t: int, h: Any) -> Any:
    return _adam(W, g, state, t, h) - h["learning_rate"] * h["weight_decay"] * W


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("adam", _wrong_without_correction),
        ("adam", _wrong_exchanged),
        ("adam", _wrong_inside_the_root),
        ("adam", _wrong_count),
        ("ema_momentum", _wrong_rate_outside),
        ("nesterov", _wrong_old_velocity),
        ("adamw", _wrong_decay_times_rate),
    ],
)
def test_the_loops_by_hand_tell_mistakes_apart(name: str, wrong: Step, tmp_path: Path) -> None:
    found = solved(tmp_path, **problem(name))
    seen = by_hand(wrong, SETTINGS[name], 3)
    with pytest.raises(AssertionError):
        for k, values in enumerate(seen):
            assert_close(found[f"W@{k}"], values["W"])


# PyTorch 2.13, torch.optim and torch.optim.lr_scheduler, 20 updates of this problem in float64 ------------------------

PYTORCH: dict[str, tuple[Any, Any]] = {
    "sgd": (
        [
            [0.3318890079329, -0.91594450396645, -0.0862219841342],
            [1.243585042165122, 0.878207478917439, -1.012829915669757],
        ],
        [-0.0681109920671, -0.456414957834878],
    ),
    "sgd weight_decay": (
        [
            [0.317286714078478, -0.86490306356845, -0.071686278372256],
            [1.163624741491593, 0.830707042312627, -0.968629147486469],
        ],
        [-0.059385129403768, -0.437230593307953],
    ),
    "nesterov": (
        [
            [0.331743737550324, -0.915871868775162, -0.086512524899352],
            [0.62235022522822, 1.18882488738589, -2.255299549543561],
        ],
        [-0.068256262449676, -1.077649774771781],
    ),
    "momentum": (
        [
            [0.298077898081063, -0.899038949040532, -0.153844203837874],
            [0.414586802944933, 1.292706598527533, -2.670826394110135],
        ],
        [-0.101922101918937, -1.285413197055067],
    ),
    "adagrad": (
        [
            [0.26666402696447, -0.767940492876806, 0.016019808082245],
            [1.221399099763234, 1.028461631568252, -0.778670587067455],
        ],
        [-0.13333597303553, -0.478600900236766],
    ),
    "rmsprop": (
        [
            [0.26676257383667, -0.768939625083336, 0.015655587558254],
            [1.233087787359817, 1.016470013633213, -0.767134002593676],
        ],
        [-0.13323742616333, -0.466912212640182],
    ),
    "adam": (
        [
            [0.26217140439316, -0.763918153330336, 0.011288704090844],
            [0.906394792467564, 1.34292128094649, -1.093947893576988],
        ],
        [-0.13782859560684, -0.793605207532436],
    ),
    "adam weight_decay": (
        [
            [0.279774550055071, -0.531512164727086, 0.087317941973502],
            [0.667815364453169, 1.31985858494744, -1.222462255683988],
        ],
        [-0.037717116713233, -0.907719359246711],
    ),
    "adamw": (
        [
            [0.209799005132052, -0.544668250358463, 0.042358319663319],
            [0.548970746054162, 0.952597322287198, -0.786520746370494],
        ],
        [-0.057244183569986, -0.585962805929498],
    ),
    "clip_value": (
        [
            [0.282961984989017, -0.84774069902372, -0.033070607384545],
            [1.120176529223075, 0.936499607287871, -0.836434844884904],
        ],
        [-0.093709858493229, -0.480678805576471],
    ),
    "step": (
        [
            [0.397345473785538, -0.948672736892769, 0.044690947571076],
            [1.283229651420756, 0.858385174289622, -0.933540697158488],
        ],
        [-0.002654526214462, -0.416770348579244],
    ),
    "exponential": (
        [
            [0.348119965040117, -0.924059982520059, -0.053760069919765],
            [1.271963151796736, 0.864018424101632, -0.956073696406528],
        ],
        [-0.051880034959883, -0.428036848203264],
    ),
    "cosine": (
        [
            [0.333961166826284, -0.916980583413142, -0.082077666347431],
            [1.263154456396223, 0.868422771801888, -0.973691087207553],
        ],
        [-0.066038833173716, -0.436845543603777],
    ),
    "adamw step": (
        [
            [0.241378048148606, -0.670629135000988, 0.02674415078608],
            [0.893547110533711, 1.030944969240654, -0.817621117440807],
        ],
        [-0.100818939543941, -0.560790087159613],
    ),
}

SAME: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),  # SGD(lr=0.1)
    "sgd weight_decay": ("sgd", {"weight_decay": 0.03}),  # SGD(lr=0.1, weight_decay=0.03)
    "nesterov": ("nesterov", {}),  # SGD(lr=0.05, momentum=0.9, nesterov=True)
    "momentum": ("momentum", {}),  # SGD(lr=0.05, momentum=0.9)
    "adagrad": ("adagrad", {}),  # Adagrad(lr=0.1, eps=1e-3)
    "rmsprop": ("rmsprop", {}),  # RMSprop(lr=0.02, alpha=0.8, eps=1e-3, centered=False)
    "adam": ("adam", {}),  # Adam(lr=0.1, betas=(0.8, 0.95), eps=1e-3)
    # Adam(lr=0.1, weight_decay=0.03), the betas and eps by default
    "adam weight_decay": ("adam", {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.03}),
    "adamw": ("adamw", {}),  # AdamW(lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2): lambda = 0.1 * 0.2
    # clip_grad_value_(0.25), then SGD(lr=0.1, weight_decay=0.03)
    "clip_value": ("sgd", {"clip_value": 0.25, "weight_decay": 0.03}),
    # StepLR(step_size=3, gamma=0.5), ExponentialLR(gamma=0.9), CosineAnnealingLR(T_max=20, eta_min=0.01) on SGD(lr=0.1)
    "step": ("sgd", {"schedule": {"kind": "step", "every": 3, "factor": 0.5}}),
    "exponential": ("sgd", {"schedule": {"kind": "exponential", "factor": 0.9}}),
    "cosine": ("sgd", {"schedule": {"kind": "cosine", "over": 20, "lowest": 0.01}}),
    # AdamW as above with StepLR(step_size=4, gamma=0.5)
    "adamw step": ("adamw", {"schedule": {"kind": "step", "every": 4, "factor": 0.5}}),
}


@pytest.mark.parametrize("case", PYTORCH)
def test_pytorch_comes_to_the_same_where_its_convention_is_the_same(case: str, tmp_path: Path) -> None:
    name, training = SAME[case]
    found = solved(tmp_path, **problem(name, **training))
    W, b = PYTORCH[case]
    assert_close(found["W@end"], W, 1e-12)
    assert_close(found["b@end"], b, 1e-12)


def test_pytorch_clips_the_norm_by_almost_as_much(tmp_path: Path) -> None:
    """clip_grad_norm_ divides by the norm plus 1e-6: the same gradient but for that."""
    found = solved(tmp_path, **problem("sgd", clip_norm=0.5, steps=1))
    gW, gb = gradients(W0, B0)
    norm = np.sqrt(np.sum(gW**2) + np.sum(gb**2))
    assert norm > 0.5
    assert_close(found["W@1"], W0 - 0.1 * gW * 0.5 / norm)
    assert np.allclose(found["W@1"], W0 - 0.1 * gW * 0.5 / (norm + 1e-6), rtol=0, atol=1e-6)


# The registry ---------------------------------------------------------------------------------------------------------


def test_every_optimizer_has_its_loop_by_hand() -> None:
    assert set(LOOPS) == set(SETTINGS) == set(FOLLOWING)
    assert set(OPTIMIZERS) == {*FOLLOWING, "perceptron"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_says_what_it_is(name: str) -> None:
    block = OPTIMIZERS[name]
    assert block.name == name and block.doc and block.source
    assert "learning_rate" in block.hyperparameters


def update_steps(found: Solution) -> list[Any]:
    return [step for step in found.trace if step.phase == "update"]


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_is_spelled_is_what_was_evaluated(name: str, tmp_path: Path) -> None:
    """Every equation of an update, read back from its text, comes to the value of its step."""
    more = {"schedule": {"kind": "cosine", "over": 4, "lowest": 0.01}, "clip_norm": 0.5}
    found = solved(tmp_path, **{**problem(name, **more), "ask": ["W@2", "b@2"]})
    steps = update_steps(found)
    assert {str(step.name) for step in steps} >= {"W@1", "W@2", "b@1", "b@2", "rate@2", "norm_g@2", "g_W@1"}
    for step in steps:
        assert step.equation is not None
        read = parse(spell(step.equation.expr), addresses=True)
        assert spell(read) == spell(step.equation.expr)
        shapes = Shapes(found.solvers[""].program.shapes.layout)
        shapes.named.update(step.shapes)
        names = {str(known): known for known in step.operands}
        values = {ref: step.operands[names[str(ref)]] for ref in references(read)}
        shapes.named.update({ref: step.shapes[names[str(ref)]] for ref in references(read)})
        assert_close(evaluate(read, shapes, values), step.value)


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_run_continues_from_its_state(name: str, tmp_path: Path) -> None:
    """Three updates are one, and two that continue from its state."""
    schedule = {"kind": "step", "every": 2, "factor": 0.5}
    whole = solved(tmp_path, **problem(name, steps=3, schedule=schedule))
    updates = whole.solvers[""].program.updates
    assert updates is not None
    kept = {str(state): whole[f"{state}@1"] for state in updates.state}
    assert ("t" in kept) and len(kept) == 1 + 2 * len([stem for stem in ("m", "v") if f"{stem}_W" in kept])
    sections = problem(name, steps=2, schedule=schedule, state=kept)
    sections["parameters"] = {"W": whole["W@1"], "b": whole["b@1"]}
    rest = solved(tmp_path, **sections)
    assert_close(rest["W@2"], whole["W@3"])
    for state in kept:
        assert_close(rest[f"{state}@2"], whole[f"{state}@3"])
    assert {str(step.name): step.role for step in rest.trace}["t"] == "state"
    if len(kept) > 1:
        sections["training"].pop("state")
        assert np.abs(solved(tmp_path, **sections)["W@2"] - whole["W@3"]).max() > 1e-6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sgd", {"W@1": "W - eta * dL/dW"}),
        ("momentum", {"v_W@1": "mu * v_W - eta * dL/dW", "W@1": "W + v_W@1"}),
        ("nesterov", {"v_W@1": "mu * v_W - eta * dL/dW", "W@1": "W + mu * v_W@1 - eta * dL/dW"}),
        ("ema_momentum", {"m_W@1": "beta * m_W + (1 - beta) * dL/dW", "W@1": "W - eta * m_W@1"}),
        ("adagrad", {"v_W@1": "v_W + (dL/dW)^2", "W@1": "W - eta * dL/dW / (sqrt(v_W@1) + epsilon)"}),
        (
            "rmsprop",
            {"v_W@1": "rho * v_W + (1 - rho) * (dL/dW)^2", "W@1": "W - eta * dL/dW / (sqrt(v_W@1) + epsilon)"},
        ),
        (
            "adam",
            {
                "t@1": "t + 1",
                "m_W@1": "beta1 * m_W + (1 - beta1) * dL/dW",
                "v_W@1": "beta2 * v_W + (1 - beta2) * (dL/dW)^2",
                "m_hat_W@1": "m_W@1 / (1 - beta1^t@1)",
                "v_hat_W@1": "v_W@1 / (1 - beta2^t@1)",
                "W@1": "W - eta * m_hat_W@1 / (sqrt(v_hat_W@1) + epsilon)",
            },
        ),
        ("adamw", {"W@1": "W - eta * m_hat_W@1 / (sqrt(v_hat_W@1) + epsilon) - lam * W"}),
    ],
)
def test_formulas_read_as_in_the_papers(name: str, expected: dict[str, str], tmp_path: Path) -> None:
    found = formulas(solved(tmp_path, **problem(name)))
    assert {key: found[key] for key in expected} == expected
