"""The 3-4-3 regression network with the norm as its loss, worked out by hand, and the mistakes made in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.bench.slips.exercise import (
    Answers,
    Array,
    Exercise,
    Made,
    Reading,
    array,
    each_with_each,
    misread,
    relu,
    rounded,
    sigmoid,
)

W1 = array([[1, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]])
B1 = array([0, 1, 1, -1])
W2 = array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]])
B2 = array([1, 0, 0.5])
X, Y = array([1.2, -1, 2]), array([1.5, -1, 2])
ETA = 0.01


def forward(made: Made) -> tuple[Array, Array, Array, float]:
    """hbar1, h1, y_hat and ell."""
    bias1 = 0.0 if "bias-missing:1" in made or "bias-missing:both" in made else B1
    bias2 = 0.0 if "bias-missing:2" in made or "bias-missing:both" in made else B2
    hbar1 = W1 @ X + bias1
    if "sign-flipped:bias" in made:
        hbar1 = W1 @ X - B1
    hbar1 = rounded(hbar1, "hbar1", made)
    h1 = relu(hbar1)
    if "activation-left-out" in made:
        h1 = hbar1
    if "wrong-activation:sigmoid" in made:
        h1 = sigmoid(hbar1)
    if "wrong-activation:tanh" in made:
        h1 = np.tanh(hbar1)
    y_hat = rounded(W2 @ rounded(h1, "h1", made) + bias2, "y_hat", made)
    squares = (y_hat - Y) ** 2
    ell = float(np.sqrt(squares.sum()))
    if "mean-for-sum" in made:
        ell = float(np.sqrt(squares.mean()))
    if "squared-norm-for-norm" in made:
        ell = float(squares.sum())
        if "half-extra" in made:
            ell /= 2
    return hbar1, h1, y_hat, ell


def loss_gradient(y_hat: Array, ell: float, made: Made) -> Array:
    """dell/dh2."""
    e = Y - y_hat if "target-minus-prediction" in made else y_hat - Y
    dh2 = e / rounded(ell, "ell", made)
    if "mean-for-sum" in made:
        dh2 = dh2 / len(Y)
    if "squared-norm-for-norm" in made or "squared-norm-for-norm:gradient" in made:
        dh2 = 2 * e
    if "half-extra" in made:
        dh2 = dh2 / 2
    if "half-missing" in made:
        dh2 = dh2 * 2
    if "sign-flipped" in made:
        dh2 = -dh2
    return np.asarray(rounded(dh2, "dh2", made))


def slope(hbar1: Array, h1: Array, made: Made) -> Array:
    """The derivative of the hidden activation, as the student takes it."""
    if "relu-mask-missing" in made or "activation-left-out" in made:
        return np.ones(4)
    if "relu-mask-inverted" in made:
        return array(hbar1 <= 0)
    if "derivative-of-another-activation:tanh" in made:
        return 1 - np.tanh(hbar1) ** 2
    if "derivative-of-another-activation:sigmoid" in made or "wrong-activation:sigmoid" in made:
        return sigmoid(hbar1) * (1 - sigmoid(hbar1))
    if "wrong-activation:tanh" in made:
        return 1 - h1**2
    return array(hbar1 > 0)


def values(made: Made) -> Answers:
    """All that is asked."""
    hbar1, h1, y_hat, ell = forward(made)
    dh2 = loss_gradient(y_hat, ell, made)
    dW2 = np.outer(dh2, hbar1 if "z-for-a" in made else h1)
    dW2 = rounded(-dW2 if "sign-flipped:dW2" in made else dW2, "dW2", made)
    db2 = dh2
    eta = -ETA if "ascent-for-descent" in made else ETA
    if "learning-rate-missing" in made:
        eta = eta / ETA
    if "learning-rate-twice" in made:
        eta = eta * ETA
    W2_new = W2 - eta * dW2
    back = W2.T
    if "updated-weights-used" in made:
        back = W2_new.T
    if "wrong-weights" in made:
        back = W1
    if "factor-left-out:dh2" in made:
        dh1 = back @ np.ones(3)
    else:
        dh1 = back @ dh2
    dh1 = rounded(-dh1 if "sign-flipped:dh1" in made else dh1, "dh1", made)
    mask = slope(hbar1, h1, made)
    dhbar1 = dh1 * mask
    through = mask * 0 + 1 if "relu-mask-missing:dW1" in made else mask
    dW1 = rounded(np.outer(dh1 * through, X), "dW1", made)
    db1 = dh1 if "bias-gradient-early" in made else dh1 * through
    b_eta = 0.0 if "bias-not-updated" in made else eta
    found = {"q-a": hbar1, "q-b": h1, "q-c": y_hat, "q-d": ell, "q-e-h2": dh2, "q-e-W2": dW2, "q-e-b2": db2}
    found |= {"q-f-h1": dh1, "q-f-hbar1": dhbar1, "q-f-W1": dW1, "q-f-b1": db1}
    found |= {"q-g-W2": W2_new, "q-g-b2": B2 - b_eta * db2, "q-g-W1": W1 - eta * dW1, "q-g-b1": B1 - b_eta * db1}
    if "factors-exchanged" in made:
        found |= {"q-e-W2": dW2.T, "q-f-W1": dW1.T}
    return found


UPDATED = {
    "q-g-W2": ("q-e-W2", W2),
    "q-g-b2": ("q-e-b2", B2),
    "q-g-W1": ("q-f-W1", W1),
    "q-g-b1": ("q-f-b1", B1),
}


def readings(right: Answers) -> Iterator[Reading]:
    """One question misread, or one answer copied from the wrong line."""
    yield from misread(right)
    for parameter, (gradient, old) in UPDATED.items():
        yield Reading(parameter, "gradient-for-parameter", right[gradient])
        yield Reading(parameter, "not-updated", old)
        yield Reading(parameter, "step-for-parameter:minus", right[parameter] - old)
        yield Reading(parameter, "step-for-parameter", old - right[parameter])
        yield Reading(parameter, "ascent-for-descent", 2 * old - right[parameter])
        yield Reading(gradient, "parameter-for-gradient", right[parameter])
        yield Reading(gradient, "step-for-gradient", old - right[parameter])
    yield Reading("q-a", "a-for-z", right["q-b"])
    yield Reading("q-b", "z-for-a", right["q-a"])
    yield Reading("q-d", "squared-norm-for-norm", right["q-d"] ** 2)
    yield Reading("q-f-h1", "another-gradient", right["q-f-hbar1"])
    yield Reading("q-f-hbar1", "another-gradient/relu-mask-missing", right["q-f-h1"])
    yield Reading("q-g-b1", "bias-gradient-early", B1 - ETA * right["q-f-h1"])
    yield Reading("q-e-b2", "wrong-layer", right["q-f-b1"])
    yield Reading("q-f-b1", "wrong-layer", right["q-e-b2"])


SINGLES = (
    "bias-missing:1",
    "bias-missing:2",
    "bias-missing:both",
    "sign-flipped:bias",
    "activation-left-out",
    "wrong-activation:sigmoid",
    "wrong-activation:tanh",
    "mean-for-sum",
    "squared-norm-for-norm",
    "squared-norm-for-norm:gradient",
    "target-minus-prediction",
    "half-extra",
    "half-missing",
    "sign-flipped",
    "sign-flipped:dW2",
    "sign-flipped:dh1",
    "relu-mask-missing",
    "relu-mask-missing:dW1",
    "relu-mask-inverted",
    "derivative-of-another-activation:tanh",
    "derivative-of-another-activation:sigmoid",
    "z-for-a",
    "ascent-for-descent",
    "learning-rate-missing",
    "learning-rate-twice",
    "updated-weights-used",
    "wrong-weights",
    "factor-left-out:dh2",
    "bias-gradient-early",
    "bias-not-updated",
    "factors-exchanged",
    "rounded-early:ell:1",
    "rounded-early:ell:2",
    "rounded-early:dh2:1",
    "rounded-early:dh2:2",
    "rounded-early:dh1:1",
    "rounded-early:dW2:1",
    "rounded-early:dW1:1",
    "rounded-early:dW1:2",
)
LIKELY = (
    "target-minus-prediction",
    "relu-mask-missing",
    "ascent-for-descent",
    "learning-rate-missing",
    "updated-weights-used",
    "bias-gradient-early",
    "bias-missing:1",
    "bias-missing:2",
    "squared-norm-for-norm",
    "half-extra",
    "factors-exchanged",
)
PAIRS = (
    *each_with_each(LIKELY, LIKELY),
    *each_with_each(("sign-flipped",), LIKELY[1:]),
    *each_with_each(("rounded-early:ell:2", "rounded-early:dh2:2"), LIKELY),
    *each_with_each(("bias-not-updated",), ("ascent-for-descent", "learning-rate-missing", "target-minus-prediction")),
    *each_with_each(("relu-mask-inverted", "z-for-a"), ("target-minus-prediction", "ascent-for-descent")),
    *each_with_each(("activation-left-out",), ("bias-missing:1", "bias-missing:2", "target-minus-prediction")),
)
EXERCISES = (Exercise("regression-3-4-3-l2-norm", values, SINGLES, PAIRS, readings),)
