"""Softmax classifiers of one and two layers and one step of gradient descent, by hand, and the mistakes made in them.

Weight matrices have a column per unit: z = W^T x + b.
"""

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
    softmax,
)

ETA = 0.5


def rate(made: Made) -> float:
    """The learning rate with its sign, as the student applies it."""
    eta = 1.0 if "learning-rate-missing" in made else ETA**2 if "learning-rate-twice" in made else ETA
    return -eta if "ascent-for-descent" in made else eta


def output(z: Array, made: Made) -> Array:
    """The probabilities, as the student takes them."""
    if "softmax-left-out" in made:
        return z
    if "softmax-not-normalized" in made:
        return np.asarray(np.exp(z))
    if "wrong-activation:sigmoid" in made:
        return sigmoid(z)
    return np.asarray(rounded(softmax(z), "a", made))


def error(a: Array, y: Array, made: Made) -> Array:
    """dL/dz of the output."""
    dz = y - a if "target-minus-prediction" in made else a - y
    if "activation-derivative-extra" in made:
        dz = dz * a * (1 - a)
    if "mean-for-sum" in made:
        dz = dz / len(y)
    return -dz if "sign-flipped" in made else dz


# 2-4-2 ----------------------------------------------------------------------------------------------------------------

W1 = array([[1, 0, -1, 0], [0, 1, 0, -1]])
B1 = array([-1, -1, -1, -1])
W2 = array([[1, -1], [1, -1], [1, -1], [1, -1]])
B2 = array([0, 2])


def forward(W1: Array, b1: Array, W2: Array, b2: Array, made: Made) -> tuple[Array, Array, Array]:
    """z1, a1 and a2."""
    b1 = b1 * (0 if "bias-missing:1" in made or "bias-missing:both" in made else 1)
    b2 = b2 * (0 if "bias-missing:2" in made or "bias-missing:both" in made else 1)
    z1 = W1.T @ array([4, 11]) + b1
    a1 = z1 if "activation-left-out" in made else relu(z1)
    a1 = sigmoid(z1) if "wrong-activation:hidden-sigmoid" in made else a1
    a1 = np.tanh(z1) if "wrong-activation:hidden-tanh" in made else a1
    return z1, a1, output(W2.T @ a1 + b2, made)


def two_layers(made: Made) -> Answers:
    """The 2-4-2 network: both weights after one step, the biases stay."""
    x = array([4, 11])
    y = array([1, 0]) if "wrong-class" in made else array([0, 1])
    z1, a1, a2 = forward(W1, B1, W2, B2, made)
    dz2 = error(a2, y, made)
    eta = rate(made)
    W2_new = W2 - eta * np.outer(z1 if "z-for-a" in made else a1, dz2)
    back = W2_new if "updated-weights-used" in made else W2
    da1 = np.full(4, dz2.sum()) if "factor-left-out:W2" in made else back @ dz2
    if "relu-mask-missing" in made or "activation-left-out" in made:
        mask = np.ones(4)
    elif "relu-mask-inverted" in made:
        mask = array(z1 <= 0)
    elif "wrong-activation:hidden-sigmoid" in made:
        mask = a1 * (1 - a1)
    elif "wrong-activation:hidden-tanh" in made:
        mask = 1 - a1**2
    else:
        mask = array(z1 > 0)
    dz1 = da1 * mask
    W1_new = W1 - eta * np.outer(x, dz1)
    if "factors-exchanged" in made:  # dz2 and x have changed places, as the notebook has it
        W1_new = W1 - eta * np.outer(dz2, back @ x) * mask
    if "sign-flipped:dW1" in made:
        W1_new = W1 + eta * np.outer(x, dz1)
    b1, b2 = B1, B2
    if "frozen-parameter-updated" in made:
        b1, b2 = B1 - eta * dz1, B2 - eta * dz2
    if "not-updated:W1" in made:
        W1_new = W1
    _, a1_new, a2_new = forward(W1_new, b1, W2 if "not-updated:W2" in made else W2_new, b2, made)
    return {"a1": a1, "a2": a2, "W2@1": W2_new, "W1@1": W1_new, "a1@1": a1_new, "a2@1": a2_new}


def two_layers_misread(right: Answers) -> Iterator[Reading]:
    x, a1, dz2 = array([4, 11]), right["a1"], right["a2"] - array([0, 1])
    yield from misread(right, chances=("a2", "a2@1"))
    z1 = W1.T @ x + B1
    gradients = {"W2@1": (W2, np.outer(a1, dz2)), "W1@1": (W1, np.outer(x, (W2 @ dz2) * (z1 > 0)))}
    for ask, (old, gradient) in gradients.items():
        yield Reading(ask, "gradient-for-parameter", gradient)
        yield Reading(ask, "step-for-parameter", ETA * gradient)
        yield Reading(ask, "step-for-parameter:minus", -ETA * gradient)
        yield Reading(ask, "not-updated", old)
    yield Reading("a1", "z-for-a", z1)
    yield Reading("a2", "z-for-a", W2.T @ a1 + B2)
    yield Reading("a1@1", "z-for-a", right["W1@1"].T @ x + B1)
    yield Reading("a2@1", "z-for-a", right["W2@1"].T @ right["a1@1"] + B2)
    yield Reading("a1@1", "not-updated", right["a1"])
    yield Reading("a2@1", "not-updated", right["a2"])
    yield Reading("a1", "wrong-update", right["a1@1"])


STEP = (
    "target-minus-prediction",
    "sign-flipped",
    "ascent-for-descent",
    "learning-rate-missing",
    "learning-rate-twice",
    "softmax-left-out",
    "softmax-not-normalized",
    "wrong-activation:sigmoid",
    "activation-derivative-extra",
    "mean-for-sum",
    "wrong-class",
)
BACK = (
    "bias-missing:1",
    "bias-missing:2",
    "bias-missing:both",
    "activation-left-out",
    "wrong-activation:hidden-sigmoid",
    "wrong-activation:hidden-tanh",
    "z-for-a",
    "updated-weights-used",
    "factor-left-out:W2",
    "relu-mask-missing",
    "relu-mask-inverted",
    "factors-exchanged",
    "sign-flipped:dW1",
    "frozen-parameter-updated",
    "not-updated:W1",
    "not-updated:W2",
)
LIKELY = (
    "target-minus-prediction",
    "ascent-for-descent",
    "learning-rate-missing",
    "softmax-left-out",
    "wrong-class",
    "updated-weights-used",
    "relu-mask-missing",
    "factors-exchanged",
    "bias-missing:both",
)
TWO_LAYERS = Exercise(
    "relu-softmax-2-4-2-step",
    two_layers,
    STEP + BACK,
    (
        *each_with_each(LIKELY, LIKELY),
        *each_with_each(("frozen-parameter-updated",), ("target-minus-prediction", "learning-rate-missing")),
        *each_with_each(("bias-missing:1",), ("ascent-for-descent", "updated-weights-used", "target-minus-prediction")),
    ),
    two_layers_misread,
)


# One layer ------------------------------------------------------------------------------------------------------------

W = array([[1, -1, -2], [-1, 2, 1]])


def one_layer(made: Made) -> Answers:
    """The softmax unit: the gradient, the step, and the probability of the last class before and after."""
    x, y = array([1, 1]), array([0, 1, 0])
    if "wrong-class:before" in made:
        y = array([1, 0, 0])
    if "wrong-class:after" in made:
        y = array([0, 0, 1])
    asked = 1 if "neighbouring-element" in made else 2
    a = output(W.T @ x, made)
    gradient = np.outer(x, error(a, y, made))
    gradient = np.asarray(rounded(gradient, "dW", made))
    new = np.asarray(rounded(W - rate(made) * gradient, "W", made))
    if "factors-exchanged/transposed" in made:
        gradient = gradient.T
    after = output(new.T @ x, made)
    if "softmax-left-out/z-for-a:after" in made:
        after = new.T @ x
    return {"dNLLM/dW": gradient, "p2-before": a[asked], "W@1": new, "p2-after": after[asked]}


def one_layer_misread(right: Answers) -> Iterator[Reading]:
    gradient, new = right["dNLLM/dW"], right["W@1"]
    yield from misread(right, chances=("p2-before", "p2-after"))
    yield Reading("W@1", "gradient-for-parameter", gradient)
    yield Reading("W@1", "step-for-parameter", ETA * gradient)
    yield Reading("W@1", "not-updated", W)
    yield Reading("dNLLM/dW", "parameter-for-gradient", new)
    yield Reading("dNLLM/dW", "step-for-gradient", ETA * gradient)
    yield Reading("p2-after", "not-updated/wrong-update", right["p2-before"])
    yield Reading("p2-before", "wrong-update", right["p2-after"])
    yield Reading("p2-before", "neighbouring-element", softmax(W.T @ array([1, 1]))[1])
    yield Reading("p2-after", "neighbouring-element", softmax(new.T @ array([1, 1]))[1])
    yield Reading("p2-after", "softmax-left-out/z-for-a", (new.T @ array([1, 1]))[2])


UNIT_LIKELY = (
    "target-minus-prediction",
    "ascent-for-descent",
    "learning-rate-missing",
    "wrong-class:before",
    "softmax-left-out",
    "factors-exchanged/transposed",
    "neighbouring-element",
)
ONE_LAYER = Exercise(
    "softmax-unit-gradient-step",
    one_layer,
    (
        *(mistake for mistake in STEP if mistake != "wrong-class"),
        "wrong-class:before",
        "wrong-class:after",
        "factors-exchanged/transposed",
        "neighbouring-element",
        "softmax-left-out/z-for-a:after",
        "rounded-early:a:1",
        "rounded-early:a:2",
        "rounded-early:dW:1",
        "rounded-early:dW:2",
        "rounded-early:W:1",
    ),
    (
        *each_with_each(UNIT_LIKELY, UNIT_LIKELY),
        *each_with_each(("sign-flipped",), UNIT_LIKELY[1:]),
        *each_with_each(("rounded-early:a:2",), UNIT_LIKELY),
        *each_with_each(("activation-derivative-extra",), ("target-minus-prediction", "ascent-for-descent")),
    ),
    one_layer_misread,
)
EXERCISES = (TWO_LAYERS, ONE_LAYER)
