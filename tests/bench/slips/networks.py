"""Networks worked out by hand in plain NumPy, with the mistakes that students make; nothing of nnsolve is used.

A vector is flat, a row of a weight matrix is a unit: z = W x + b. `made` are the mistakes, by their codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.bench.slips.exercise import (
    Answers,
    Array,
    Exercise,
    Made,
    Reading,
    each_with_each,
    misread,
    sigmoid,
    softmax,
)

FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "identity": lambda z: z,
}
ANOTHER = {"relu": "sigmoid", "tanh": "sigmoid", "sigmoid": "tanh"}


def slope(kind: str, z: Array, a: Array, made: Made) -> Array:
    """f'(z) as the student takes it."""
    missing = "relu-mask-missing" if kind == "relu" else "activation-derivative-missing"
    if missing in made or kind == "identity":
        return np.ones_like(z)
    if "derivative-of-another-activation" in made:
        kind = ANOTHER[kind]
    if "derivative-at-activation" in made:
        z, a = a, FUNCTIONS[kind](a)
    if "derivative-at-preactivation" in made:
        a = z
    if "derivative-not-squared" in made and kind == "tanh":
        return np.asarray(1 - a)
    if kind == "relu":
        return np.asarray(z <= 0 if "relu-mask-inverted" in made else z > 0, float)
    return np.asarray(1 - a**2 if kind == "tanh" else a * (1 - a))


class Net(NamedTuple):
    """Two layers, one sample, one step of gradient descent."""

    W1: Any
    b1: Any
    W2: Any
    b2: Any
    x: Any
    y: Any
    hidden: str
    output: str
    loss: str
    eta: float


def loss_of(net: Net, z2: Array, a2: Array, y: Array, made: Made) -> tuple[float, Array, Array]:
    """L, dL/da2 and dL/dz2."""
    made = set(made) - {"derivative-of-another-activation"}  # made in the hidden layer
    error = y - a2 if "target-minus-prediction" in made else a2 - y
    error = a2 if "target-left-out" in made else error
    if net.loss == "cross_entropy":
        value = float(-np.sum(y * np.log(a2))) if "softmax-left-out" not in made else np.nan
        value /= np.log(2) if "log2-for-ln" in made else np.log(10) if "log10-for-ln" in made else 1.0
        scale = 1 / np.log(2) if "log2-for-ln" in made else 1 / np.log(10) if "log10-for-ln" in made else 1.0
        return value, -y / a2, error * scale * (a2 * (1 - a2) if "activation-derivative-extra" in made else 1.0)
    if net.loss == "l2_norm":
        norm = float(np.sqrt(np.sum((a2 - y) ** 2)))
        squared = "squared-norm-for-norm" in made
        da2 = 2 * error if squared else error / norm
        return norm**2 if squared else norm, da2, da2 * slope(net.output, z2, a2, made)
    value = float(np.sum((a2 - y) ** 2)) * (1.0 if "half-missing" in made else 0.5)
    da2 = error * (2.0 if "half-missing" in made else 0.5 if "half-extra" in made else 1.0)
    if "mean-for-sum" in made:
        value, da2 = value / len(y), da2 / len(y)
    if "half-extra" in made:
        value /= 2
    return value, da2, da2 * slope(net.output, z2, a2, made)


def two_layers(net: Net, made: Made) -> Answers:
    """All values of a network of two layers and one update, with mistakes."""
    W1, b1, W2, b2, x, y = (np.array(value, dtype=float) for value in net[:6])
    hidden = FUNCTIONS["identity" if "activation-left-out" in made else net.hidden]
    if "wrong-activation" in made:
        hidden = FUNCTIONS[ANOTHER[net.hidden]]
    if "wrong-class" in made and net.loss == "cross_entropy":
        y = np.roll(y, 1)
    biased = 0.0 if "bias-missing" in made else 1.0
    turned = "weights-transposed" in made and W2.shape[0] == W2.shape[1]

    def forward(W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Array, Array, Array, Array]:
        z1 = W1 @ x + biased * b1
        a1 = hidden(z1)
        z2 = W2 @ a1 + biased * b2
        return z1, a1, z2, z2 if "softmax-left-out" in made else FUNCTIONS[net.output](z2)

    z1, a1, z2, a2 = forward(W1, b1, W2, b2)
    with np.errstate(all="ignore"):
        loss, da2, dz2 = loss_of(net, z2, a2, y, made)
    if "sign-flipped" in made:
        da2, dz2 = -da2, -dz2
    eta = 1.0 if "learning-rate-missing" in made else net.eta**2 if "learning-rate-twice" in made else net.eta
    if "ascent-for-descent" in made:
        eta = -eta
    dW2, db2 = np.outer(dz2, a1), dz2
    if "z-for-a" in made:
        dW2 = np.outer(dz2, z1)
    W2_new = W2 - eta * dW2
    carrier = W2_new if "updated-weights-used" in made else W2
    carried = carrier if turned else carrier.T
    if "activation-left-out" in made or "wrong-activation" in made:
        kind = "identity" if "activation-left-out" in made else ANOTHER[net.hidden]
    else:
        kind = net.hidden
    da1 = carried @ dz2
    dz1 = da1 * slope(kind, z1, a1, made)
    dW1, db1 = np.outer(dz1, x), da1 if "bias-gradient-early" in made else dz1
    if "factors-exchanged" in made and W1.shape[0] == W1.shape[1]:
        dW1 = np.outer(x, dz1)
    still = "bias-not-updated" in made
    W1_new = W1 - eta * dW1 if dW1.shape == W1.shape else W1 * np.nan
    b1_new, b2_new = (b1, b2) if still else (b1 - eta * db1, b2 - eta * db2)
    z1_new, a1_new, z2_new, a2_new = forward(W1_new, b1_new, W2_new, b2_new)
    values = {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "L": loss, "dL/da2": da2, "dL/dz2": dz2}
    values |= {"dL/dW2": dW2, "dL/db2": db2, "dL/da1": da1, "dL/dz1": dz1, "dL/dW1": dW1, "dL/db1": db1}
    values |= {"W2@1": W2_new, "b2@1": b2_new, "W1@1": W1_new, "b1@1": b1_new}
    return values | {"z1@1": z1_new, "a1@1": a1_new, "z2@1": z2_new, "a2@1": a2_new}


PROGRAM = (
    "sign-flipped",
    "target-minus-prediction",
    "ascent-for-descent",
    "learning-rate-missing",
    "learning-rate-twice",
    "activation-derivative-missing",
    "relu-mask-missing",
    "derivative-of-another-activation",
    "derivative-at-activation",
    "derivative-at-preactivation",
    "derivative-not-squared",
    "target-left-out",
    "relu-mask-inverted",
    "activation-derivative-extra",
    "squared-norm-for-norm",
    "log2-for-ln",
    "log10-for-ln",
    "half-missing",
    "half-extra",
    "mean-for-sum",
    "activation-left-out",
    "wrong-activation",
    "wrong-class",
    "bias-missing",
    "bias-gradient-early",
    "bias-not-updated",
    "weights-transposed",
    "updated-weights-used",
    "z-for-a",
    "factors-exchanged",
)
"""The mistakes of the calculation that `two_layers` can make."""

LIKELY = (
    "sign-flipped",
    "target-minus-prediction",
    "ascent-for-descent",
    "learning-rate-missing",
    "activation-derivative-missing",
    "relu-mask-missing",
    "updated-weights-used",
    "bias-missing",
    "half-missing",
    "factors-exchanged",
)
"""Those that are made together with others."""


SMOOTH = Net(
    [[0.5, -1.2, 0.7], [0.9, 0.4, -0.3], [-0.6, 0.8, 0.2]],
    [0.3, -0.2, 0.45],
    [[1.1, -0.7, 0.35], [0.6, 0.25, -0.9], [0.15, 0.85, 0.55]],
    [0.1, 0.65, -0.4],
    [1.3, -0.8, 2.1],
    [0.2, 0.7, 0.4],
    "relu",
    "sigmoid",
    "half_squared_error",
    0.3,
)
CLASSIFIER = Net(
    np.array([[0.4, -0.9], [1.2, 0.3], [-0.5, 0.8]]).T,
    [0.15, -0.35],
    np.array([[0.7, -0.4, 0.2], [-1.1, 0.6, 0.9]]).T,
    [0.05, 0.25, -0.3],
    [0.9, -1.4, 0.6],
    [0, 1, 0],
    "tanh",
    "softmax",
    "cross_entropy",
    0.2,
)


def columns(values: Answers) -> Answers:
    """The weight matrices with a column per unit."""
    return {key: np.asarray(value).T if "W" in key else value for key, value in values.items()}


def adam(made: Made) -> Answers:
    """Two steps of Adam on a linear layer."""
    W, x, y = np.array([[0.5, -1.2], [0.9, 0.4]]), np.array([1.3, -0.8]), np.array([0.2, 0.7])
    beta1, beta2, epsilon, eta = 0.8, 0.95, 0.05, 0.1
    if "betas-exchanged" in made:
        beta1, beta2 = beta2, beta1
    m, v, values = np.zeros((2, 2)), np.zeros((2, 2)), {}
    for t in (1, 2):
        error = y - W @ x if "target-minus-prediction" in made else W @ x - y
        g = np.outer(error, x)
        if t == 1:
            values["dL/dW"] = g
        m = beta1 * m + (1.0 if "complement-missing" in made else 1 - beta1) * g
        v = beta2 * v + (1.0 if "complement-missing" in made else 1 - beta2) * g**2
        corrected = "bias-correction-missing" not in made
        m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if corrected else (m, v)
        root = np.sqrt(v_hat + epsilon) if "epsilon-inside-root" in made else np.sqrt(v_hat) + epsilon
        rate = 1.0 if "learning-rate-missing" in made else eta
        step = rate * m_hat / root
        W = W + step if "ascent-for-descent" in made else W - step
        values |= {f"W@{t}": W, f"m_W@{t}": m, f"v_W@{t}": v}
    return {key: values[key] for key in ("dL/dW", "W@1", "W@2", "m_W@1", "v_W@2")}


def recurrent(start: tuple[float, float], made: Made) -> Answers:
    """Three steps of a recurrent network with an output at each, and the gradients through time."""
    W_xh, W_hh, b = np.array([[0.7, -0.2], [0.4, 0.9]]), np.array([[0.5, -0.6], [0.3, 0.8]]), np.array([0.1, -0.2])
    W2, b2 = np.array([[0.6, -1.1]]), np.array([0.25])
    xs, ys = np.array([[0.8, -0.5], [1.1, 0.3], [-0.4, 0.9]]), np.array([[0.3], [0.8], [0.6]])
    h, a = [np.array(start) * (0.0 if "initial-state-left-out" in made else 1.0)], []
    bias = 0.0 if "bias-missing" in made else 1.0
    for x in xs:
        previous = 0.0 if "previous-state-missing" in made else 1.0
        h.append(np.tanh(previous * W_hh @ h[-1] + W_xh @ x + bias * b))
        a.append(sigmoid(W2 @ h[-1] + bias * b2))
    loss = 0.5 * sum(float(((p - y) ** 2).sum()) for p, y in zip(a, ys, strict=True))
    sign = -1.0 if "target-minus-prediction" in made else 1.0
    dh, later = {}, np.zeros(2)
    sums = {"dL/dW_hh": np.zeros((2, 2)), "dL/dW_xh": np.zeros((2, 2))}
    for t in (3, 2, 1):
        error = a[t - 1] if "target-left-out" in made else sign * (a[t - 1] - ys[t - 1])
        dz2 = error * a[t - 1] * (1 - a[t - 1]) * (0.0 if t < 3 and "last-loss-alone" in made else 1.0)
        dh[t] = W2.T @ dz2 + (0.0 if "recurrent-gradient-dropped" in made else later)
        slope = 1 - h[t] if "derivative-not-squared" in made else 1 - h[t] ** 2
        dz = dh[t] * (1.0 if "activation-derivative-missing" in made else slope)
        later = W_hh.T @ dz
        if "previous-state-missing" in made:
            later = later * 0.0
        if t == 3 or "time-steps-not-summed" not in made:
            before = h[t - 1] * (0.0 if t == 1 and "initial-state-left-out:gradient" in made else 1.0)
            sums["dL/dW_hh"] += np.outer(dz, before)
            sums["dL/dW_xh"] += np.outer(dz, xs[t - 1])
    if "previous-state-missing" in made:
        del sums["dL/dW_hh"]
    return {"h_1": h[1], "h_2": h[2], "h_3": h[3], "L": loss, "dL/dh_1": dh[1], "dL/dh_2": dh[2]} | sums


def _network(made: Made) -> Answers:
    found = two_layers(SMOOTH, made)
    return {ask: found[ask] for ask in (*QUANTITIES, "dL/da2", "dL/db1", *PARAMETERS)}


def _classifier(made: Made) -> Answers:
    """The weight matrices have a column per unit."""
    found = {key: np.asarray(value).T if "W" in key else value for key, value in two_layers(CLASSIFIER, made).items()}
    return {ask: found[ask] for ask in (*QUANTITIES, "W2@1", "W1@1", "b1@1") if ask != "dL/da1"}


QUANTITIES = ("z1", "a1", "z2", "a2", "L", "dL/dz2", "dL/dW2", "dL/db2", "dL/da1", "dL/dz1", "dL/dW1")
PARAMETERS = ("W1@1", "b1@1", "W2@1", "b2@1")


def _copied(net: Net, right: Answers) -> Iterator[Reading]:
    """One question misread, or one answer copied from the wrong line."""
    yield from misread(right)
    for parameter in (ask for ask in PARAMETERS if ask in right and f"dL/d{ask[:-2]}" in right):
        gradient, old = f"dL/d{parameter[:-2]}", np.array(getattr(net, parameter[:-2]), dtype=float)
        if old.shape != np.shape(right[parameter]):
            old = old.T
        yield Reading(parameter, "gradient-for-parameter", right[gradient])
        yield Reading(parameter, "not-updated", old)
        yield Reading(parameter, "step-for-parameter", old - right[parameter])
        yield Reading(gradient, "parameter-for-gradient", right[parameter])
        yield Reading(gradient, "step-for-gradient", old - right[parameter])
    for layer in ("1", "2"):
        yield Reading("a" + layer, "z-for-a", right["z" + layer])
        yield Reading("z" + layer, "a-for-z", right["a" + layer])


ADAM = (
    "bias-correction-missing",
    "epsilon-inside-root",
    "betas-exchanged",
    "complement-missing",
    "learning-rate-missing",
    "ascent-for-descent",
    "target-minus-prediction",
)
RECURRENT = (
    "bias-missing",
    "previous-state-missing",
    "target-minus-prediction",
    "recurrent-gradient-dropped",
    "activation-derivative-missing",
    "last-loss-alone",
    "target-left-out",
    "derivative-not-squared",
    "time-steps-not-summed",
)
RECURRENT_FROM = ("initial-state-left-out", "initial-state-left-out:gradient", *RECURRENT)
EXERCISES = (
    Exercise("network", _network, PROGRAM, each_with_each(LIKELY, LIKELY), partial(_copied, SMOOTH)),
    Exercise("classifier", _classifier, PROGRAM, each_with_each(LIKELY, LIKELY), partial(_copied, CLASSIFIER)),
    Exercise("optimizer", adam, ADAM, each_with_each(("bias-correction-missing",), ADAM[4:])),
    Exercise("rnn", partial(recurrent, (0.0, 0.0)), RECURRENT, each_with_each(RECURRENT[:6], RECURRENT[:4])),
    Exercise(
        "rnn_from",
        partial(recurrent, (0.6, -0.35)),
        RECURRENT_FROM,
        each_with_each(RECURRENT_FROM[:2], RECURRENT_FROM[3:7]),
    ),
)
"""Those on the examples of the mistakes."""
