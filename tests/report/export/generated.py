"""Problems made from the registries: every activation, loss, optimizer, schedule and layout, many moments asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnsolve.blocks import OPTIMIZERS, SCHEDULES
from nnsolve.engine.solve import Solution
from nnsolve.ops import REGISTRY
from tests.blocks.test_optimizers import SETTINGS
from tests.engine.networks import STYLES, Style
from tests.engine.solving import solved
from tests.engine.test_losses import PAIRS, SPECS, network, sections, targets

OPTIONS = {"leaky_relu": "leaky_relu(u, slope=0.1)", "sign": None, "step": None}
ACTIVATIONS = [name for name, operation in REGISTRY.items() if operation.activation and name not in ("sign", "step")]
ON_THE_WAY = ["L", "dL/dz1", "L@4", "dL/dW1@3", "W2@0", "W2@1", "W2@7", "W2@7 - W2@6", "L@e1", "L@e2", "L@e5"]
AT_THE_END = ["a1@end", "y_hat@end", "W1@end", "W2@end", "L@end"]


def trained(folder: Path, style: Style, loss: str, activation: str, size: int | str = 2, **more: Any) -> Solution:
    """A network of two layers trained on five samples, asked at many moments."""
    layers, _, x = network(style, "tanh", 5)
    y = targets(SPECS[loss].targets, 3, 5)
    training = {"learning_rate": 0.05, "steps": 29, "batch_size": size, **more.pop("training", {})}
    options = {"name": loss, **SPECS[loss].options, "reduction": "mean"}
    asked = [*ON_THE_WAY, *AT_THE_END, *more.pop("ask", [])]
    found = {"loss": options, "training": training, "ask": asked, **more}
    return solved(folder, **sections(style, layers, activation, x, y, **found))


def losses_behind_activations(tmp_path: Path) -> list[Solution]:
    return [trained(tmp_path, STYLES[0], *pair) for pair in PAIRS]


def activations_of_the_registry(tmp_path: Path) -> list[Solution]:
    written = [OPTIONS.get(name) or name for name in ACTIVATIONS]
    return [trained(tmp_path, STYLES[-1], "squared_error", name) for name in written]


def layouts_and_batches(tmp_path: Path) -> list[Solution]:
    return [trained(tmp_path, style, "squared_error", "tanh", n) for style in STYLES for n in (1, 2, "all")]


def one_sample(tmp_path: Path) -> list[Solution]:
    solutions = []
    for style, loss in itertools.product(STYLES[::3], ("squared_error", "cross_entropy")):
        layers, _, x = network(style, "softmax", 1)
        text = sections(style, layers, "softmax", x, targets(SPECS[loss].targets, 3, 1), loss=loss)
        asked = ["z1", "a2", "L", "dL/da1", "dL/dz1", "dL/dW1", "da1/dz1", "da2/dz2", "da2/dW1", "dz2/dx"]
        solutions.append(solved(tmp_path, **text, ask=asked))
        training = {"learning_rate": 0.1, "steps": 50}
        solutions.append(solved(tmp_path, **text, training=training, ask=["a2@1", "W1@2", "a2@2", "dL/dW2@2"]))
        solutions.append(solved(tmp_path, **text, training=training, ask=["a2@7", "da2/dz1@7", "W1@2", "L@0..50"]))
    return solutions


def optimizers_and_their_state(tmp_path: Path) -> list[Solution]:
    kept = {"momentum": ["v_W1"], "ema_momentum": ["m_W1"], "nesterov": ["v_W1"], "adagrad": ["v_W1"]}
    kept |= {"rmsprop": ["v_W1"], "adam": ["m_W1", "v_hat_W2"], "adamw": ["m_hat_W1", "v_W2"]}
    solutions = []
    for more in ({}, {"weight_decay": 0.1}, {"clip_norm": 0.5}, {"clip_value": 0.1}):
        for name, block in OPTIMIZERS.items():
            if not block.follows_gradient or more.keys() & block.hyperparameters.keys():
                continue
            asked = [f"{state}@{k}" for state in kept.get(name, []) for k in (1, 4, "end")]
            training = {"optimizer": name, **SETTINGS[name], **more}
            found = trained(tmp_path, STYLES[2], "half_squared_error", "tanh", 2, training=training, ask=asked)
            solutions.append(found)
    return solutions


def optimizers_alone(tmp_path: Path) -> list[Solution]:
    """Their state is not asked for: a library may keep it to itself. Few updates and many, penalties for some."""
    penalties: list[dict[str, Any]] = [
        {},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decayed": ["W1", "W2"], "clip_value": 0.1},
        {"update": ["W2", "b1"]},
    ]
    solutions = []
    for name, block in OPTIMIZERS.items():
        for more in penalties if block.follows_gradient else ():
            training = {"optimizer": name, **SETTINGS[name], **more}
            layers, _, x = network(STYLES[0], "tanh", 1)
            text = sections(
                STYLES[0], layers, "tanh", x, targets(SPECS["squared_error"].targets, 3, 1), loss="squared_error"
            )
            asked = ["W1@1 - W1", "W2@2", "W1@3", "b1", "dL/dW2@1", "dL/da1@2", "L@3"]
            solutions.append(solved(tmp_path, **text, training={**training, "steps": 3}, ask=asked))
            solutions.append(trained(tmp_path, STYLES[0], "half_squared_error", "tanh", 2, training=training))
    return solutions


def schedules(tmp_path: Path) -> list[Solution]:
    options = {
        "step": {"every": 2, "factor": 0.5},
        "exponential": {"factor": 0.9},
        "cosine": {"over": 9, "lowest": 0.01},
    }
    assert set(options) == set(SCHEDULES)
    solutions = []
    for name, found in options.items():
        for per in ("update", "epoch"):
            training = {"schedule": {"kind": name, **found, "per": per}}
            for optimizer in ("sgd", "adamw"):
                chosen = {**training, "optimizer": optimizer, **SETTINGS[optimizer]}
                solutions.append(trained(tmp_path, STYLES[0], "squared_error", "tanh", 2, training=chosen))
    return solutions


def ways_of_training(tmp_path: Path) -> list[Solution]:
    rng = np.random.default_rng(8)
    trainings: list[dict[str, Any]] = [
        {"shuffle": True, "seed": 3},
        {"order": "layer_by_layer"},
        {"order": "layer_by_layer", "optimizer": "momentum", "momentum": 0.9},
        {"update": ["W2", "b1"]},
        {"gradients": {"W2": rng.normal(size=(3, 4)), "b1": rng.normal(size=4)}},
        {"optimizer": "momentum", "momentum": 0.5, "state": {"v_W1": rng.normal(size=(4, 3))}},
    ]
    roundings: list[dict[str, Any]] = [
        {"every": {"decimals": 3}},
        {"a1": {"decimals": 2, "ties": "zero"}, "W1": {"significant": 4}},
        {"a1": {"decimals": 1, "ties": "away"}, "dL/dW2": {"significant": 2, "ties": "away"}},
    ]
    solutions = []
    for size in (2, 5, "all"):
        for training in trainings:
            shuffles = "shuffle" in training and size != 2
            if not shuffles:
                solutions.append(
                    trained(tmp_path, STYLES[0], "half_squared_error", "tanh", size, training=training, ask=["b1@end"])
                )
        for rounding in roundings:
            solutions.append(trained(tmp_path, STYLES[0], "half_squared_error", "sigmoid", size, rounding=rounding))
        given = {"a1": rng.random(size=(4, 5))}
        solutions.append(trained(tmp_path, STYLES[0], "half_squared_error", "sigmoid", size, given=given))
    return solutions


def parameters_that_take_one_anothers_values(tmp_path: Path) -> list[Solution]:
    """What an update overwrites was read before."""
    text = {
        "parameters": {"u": [1.0, 2.0], "v": [3.0, -1.0], "w": [0.5, 0.25]},
        "equations": ["s = u * v", "L = sum(s * w) + sum(u) + sum(v^2)"],
        "loss": "L",
        "training": {"learning_rate": 0.01, "steps": 9},
        "ask": ["u@end", "v@end", "w@end", "u@3", "dL/du@3", "dL/dw@8"],
    }
    return [solved(tmp_path, **text)]


def recurrent_layers(tmp_path: Path) -> list[Solution]:
    kinds = [*itertools.product(("rnn", "lstm", "gru"), (None, 1, 2), ("mean",)), ("gru", 2, "last")]
    return [solution for kind in kinds for solution in recurrent(tmp_path, *kind)]


def recurrent(tmp_path: Path, kind: str, truncate: int | None, over_time: str) -> list[Solution]:
    rng = np.random.default_rng(3)
    gates = {"rnn": [""], "lstm": ["f", "i", "o", "g"], "gru": ["r", "u", "g"]}[kind]
    weights: dict[str, Any] = {}
    for gate in gates:
        x, h = (f"W_{gate}x", f"W_{gate}h") if gate else ("W_xh", "W_hh")
        weights |= {
            x: rng.normal(size=(3, 2)),
            h: rng.normal(size=(3, 3)),
            f"b_{gate}" if gate else "b": rng.normal(size=3),
        }
    weights |= {"rnn": {"activation": "tanh"}, "gru": {"reset": "after"}}.get(kind, {})
    solutions = []
    for samples, data in (("rows", rng.normal(size=(4, 5, 2))), ("columns", rng.normal(size=(1, 5, 2)))):
        training: dict[str, Any] = {"learning_rate": 0.05, "steps": 40, "batch_size": 1}
        if truncate is not None:
            training["truncate"] = truncate
        n = len(data)
        values = {"x": {"sequences": data}, "y": {"sequences": rng.normal(size=(n, 5, 1))}}
        text = {
            "conventions": {"weights": "rows", "samples": samples},
            "layers": [{kind: weights}, {"dense": {"W": rng.normal(size=(1, 3)), "b": [0.1]}}],
            "inputs": {"x": values["x"]},
            "targets": {"y": values["y"]},
            "loss": {"name": "half_squared_error", "reduction": "sum", "over_time": over_time},
        }
        names = list(weights)[:2]
        asked = ["h_2", "h_5", "dL/dh_1", *(f"dL/d{name}" for name in names), "W2@1"]
        solutions.append(solved(tmp_path, **text, training=training, ask=asked))
        asked += [f"{names[0]}@end", "h_3@4", "dL/dh_2@4", "L@end", "L@e3", "h"]
        solutions.append(solved(tmp_path, **text, training=training, ask=asked))
    return solutions


def long_sequences(tmp_path: Path) -> list[Solution]:
    """Time steps with the same equations; names that a loop would like to have, parts of another length, a last step
    that differs, roundings, shares of single steps, both ways through time at once.
    """
    rng = np.random.default_rng(4)
    text: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "columns"},
        "parameters": {"t": 0.5, "step": -0.25, "w": 0.75, "V": rng.normal(size=(2, 2))},
        "inputs": {"x": rng.normal(size=(7, 2))},
        "initial": {"h_0": [0.5, 0.25]},
        "equations": [
            "z_t = V @ h_{t-1} + t * x_t",
            "h_t = tanh(z_t)",
            "e_t = w * sum(h_t * x_t) + step",
            "L = sum(e^2)",
        ],
        "loss": "L",
        "training": {"learning_rate": 0.1, "steps": 5},
    }
    values = ["h", "h_3", "e_7", "L", "e_2 * e_5"]
    derived = ["dL/dh_4", "dL/dV", "dL/dw", "dL/dx_2", "dL/dh_0", "V@1 - V", "t@2", "dL/dt@1", "e_7@2"]
    parts = [
        {"id": "short", "inputs": {"x": rng.normal(size=(5, 2))}, "ask": ["h", "dL/dV", "w@1"]},
        {"id": "tiny", "inputs": {"x": rng.normal(size=(2, 2))}, "ask": ["h", "dL/dV"]},
        {"id": "many", "ask": ["w@4", "h_3@4", "w@5"]},
        {"id": "again", "ask": ["h_6", "dL/dt", "step@1"]},
    ]
    rounded = {"h": {"decimals": 2}, "dL/dV": {"significant": 3}}
    bits = rng.integers(0, 2, size=60).tolist()
    scalar = {
        "lstm": {key: float(rng.normal()) for key in ("W_fx", "W_fh", "W_ix", "W_ih", "W_gx", "W_gh", "W_ox", "W_oh")}
    }
    lstm = {"layers": [scalar, {"dense": {"W": [[1.5]], "b": [0.5], "activation": "sigmoid"}}], "inputs": {"x": bits}}
    trained = {"targets": {"y": bits}, "loss": {"name": "binary_cross_entropy", "over_time": "mean"}}
    return [
        solved(tmp_path, **text, ask=values),
        solved(tmp_path, **text, ask=[*values, *derived], parts=parts),
        solved(tmp_path, **text, ask=[*derived, "dL/dV_3", "dL/dw_7", "dh_5/dh_2", "de_7/dV"]),
        solved(tmp_path, **text, rounding=rounded, ask=[*values, *derived]),
        *[
            solved(tmp_path, **{**text, "training": {**text["training"], "truncate": k}}, ask=[*values, *derived])
            for k in (1, 2, 4)
        ],
        solved(tmp_path, **{**text, "given": {"h_3": [0.5, -0.5]}}, ask=values),
        solved(tmp_path, conventions=text["conventions"], **lstm, ask=["h", "c_60", "y_hat"]),
        solved(tmp_path, conventions=text["conventions"], **lstm, **trained, ask=["L", "dL/dW_fh", "dL/dh_1"]),
    ]


def derivatives_of_their_own(tmp_path: Path) -> list[Solution]:
    """What a library's automatic differentiation finds otherwise, a Jacobian among it; parts that share parameters."""
    rng = np.random.default_rng(6)
    text: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "columns", "relu_at_zero": 1},
        "layers": [
            {"dense": {"W": [[1, -1], [2, 1]], "activation": "relu"}},
            {"dense": {"W": rng.normal(size=(3, 2)), "b": [0.5, 0, 1], "activation": "softmax"}},
        ],
        "inputs": {"x": [1, 1]},
        "targets": {"y": [0, 1, 0]},
        "loss": "cross_entropy",
        "training": {"learning_rate": 0.1, "steps": 50},
    }
    asked = ["da2/dz1", "da1/dz1", "da2/dW1", "dL/dz1", "W1@1", "W1@2", "dL/dx"]
    parts = [
        {"id": "many", "ask": ["W1@30", "da2/dz2@7", "b2@1"]},
        {"id": "given", "given": {"a1": [0.5, 0.25]}, "ask": ["dL/dW2", "dL/da1", "dL/dz1", "W2@1"]},
        {"id": "again", "inputs": {"x": [0, 2]}, "ask": ["dL/dW1", "dL/dz2", "a2", "W1@1 - W1", "dL/dW1@1"]},
        {"id": "last", "inputs": {"x": [2, 2]}, "ask": ["dL/dW1", "dL/dx"]},
    ]
    plain = {**text, "conventions": {"weights": "rows", "samples": "columns"}, "inputs": {"x": [1, 0.5]}}
    return [
        solved(tmp_path, **each, ask=chosen, parts=more)
        for each in (text, plain)
        for chosen, more in ((asked, parts[:1]), (["L"], parts), ([*asked, "W2@20"], parts[::-1]))
    ]


def values_that_are_not_finite(tmp_path: Path) -> list[Solution]:
    """Where the solution has inf and nan, so has the script; it neither stops nor warns."""
    text = {
        "inputs": {"x": 0, "y": [0, 1]},
        "parameters": {"w": 1e200},
        "equations": ["a = 1 / x", "b = a - a", "c = ln(y)", "d = w^2", "L = w * w * w"],
        "loss": "L",
        "ask": ["a", "b", "c", "d", "L", "dL/dw"],
    }
    return [solved(tmp_path, **text)]


def long_sums_and_many_numbers(tmp_path: Path) -> list[Solution]:
    rng = np.random.default_rng(1)
    terms = " + ".join(f"w{i}" for i in range(400))
    text = {
        "inputs": {"x": rng.normal(size=300), "X": rng.normal(size=(3, 40)), "y": rng.normal(size=(40, 3))},
        "parameters": {f"w{i}": i / 7 for i in range(400)},
        "equations": [f"s = {terms}", "t = " + " + ".join(f"w{i} * w{i + 1}" for i in range(30)), "m = X @ y * s * t"],
        "ask": ["s", "t", "m", "sum(x)"],
    }
    return [solved(tmp_path, **text)]


GENERATED: dict[str, Callable[[Path], list[Solution]]] = {
    make.__name__: make
    for make in (
        losses_behind_activations,
        activations_of_the_registry,
        layouts_and_batches,
        one_sample,
        optimizers_and_their_state,
        optimizers_alone,
        schedules,
        ways_of_training,
        parameters_that_take_one_anothers_values,
        recurrent_layers,
        long_sequences,
        derivatives_of_their_own,
        values_that_are_not_finite,
        long_sums_and_many_numbers,
    )
}
"""What makes the problems."""
