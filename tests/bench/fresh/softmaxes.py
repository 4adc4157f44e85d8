"""A softmax and its cross-entropy: of given logits, of one layer, and of a classifier with hidden ReLU units."""

from typing import Any

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.steps import delta, relu_mask
from tests.bench.fresh.student import Answers, Array, Student, problem


def softmax(u: Array) -> Array:
    powers = np.exp(u - np.max(u))
    return np.asarray(powers / np.sum(powers))


def logits(s: Student) -> Answers:
    """p = softmax(h), CE = -ln p[2], classes counted from 1."""
    h = np.array([2.0, -1.0, 5.0, 0.0])
    p = softmax(h)
    if s(w.SOFTMAX_LEFT_OUT):
        p = h
    p = s.keep(p, "p")
    written = p[::-1] if s(w.PERMUTED) else p
    of_class = p[2] if s(w.INDEX_BASE) else p[1]
    answers: Answers = {
        "q-a": 100 * written if s(w.PERCENT, "q-a") else written,
        "q-a-percent": 100 * written if s(w.PERCENT, "q-a-percent") else written,
    }
    if of_class <= 0:
        return answers
    loss = -np.log(of_class)
    if s(w.LOG_2):
        loss = -np.log2(of_class)
    if s(w.LOG_10):
        loss = -np.log10(of_class)
    if s(w.MEAN_FOR_SUM):
        loss = loss / 4
    if s(w.HALF_EXTRA):
        loss = loss / 2
    answers["q-b"] = -loss if s(w.SIGN_OF_LOSS) else loss
    return answers


def softmax_unit(s: Student) -> Answers:
    """a = softmax(W.T x), the gradient x (a - y).T and one step; the probability of class 2 before and after."""
    weights = np.array([[1.0, -1.0, -2.0], [-1.0, 2.0, 1.0]])
    x, y = np.array([1.0, 1.0]), np.array([0.0, 1.0, 0.0])
    if s(w.INDEX_BASE, "y"):
        y = np.array([1.0, 0.0, 0.0])
    chosen = 1 if s(w.INDEX_BASE, "p2") else 2

    def forward(matrix: Array) -> Array:
        z = s.keep(matrix.T @ x, "z")
        return np.asarray(s.keep(z if s(w.SOFTMAX_LEFT_OUT) else softmax(z), "a"))

    a = forward(weights)
    dz = delta(s, a, y, -y / a)
    if s(w.MEAN_FOR_SUM):
        dz = (a - y) / 3
    dz = s.keep(dz, "dz")
    gradient = np.outer(x, dz)
    eta = 1.0 if s(w.RATE_LEFT_OUT) else 0.25 if s(w.RATE_TWICE) else 0.5
    if s(w.SIGN):
        gradient = -gradient
    step = eta * (-gradient if s(w.SIGN) else gradient)
    after = weights + step if s(w.ASCENT) else weights - step
    if s(w.NEIGHBOURING_UPDATE, "W@1"):
        after = weights
    p2_after = forward(after)[chosen]
    if s(w.NEIGHBOURING_UPDATE, "p2-after"):
        p2_after = a[chosen]
    given: Any = after if s(w.PARAMETER_FOR_GRADIENT) else gradient
    updated: Any = gradient if s(w.GRADIENT_FOR_PARAMETER) else after
    return {
        "dNLLM/dW": given.T if s(w.TRANSPOSED, "dW") else given,
        "p2-before": 100 * a[chosen] if s(w.PERCENT, "before") else a[chosen],
        "W@1": updated.T if s(w.TRANSPOSED, "W@1") else updated,
        "p2-after": 100 * p2_after if s(w.PERCENT, "after") else p2_after,
    }


def step_2_4_2(s: Student) -> Answers:
    """2 -> 4 ReLU -> 2 softmax, both weights updated once, the biases frozen, and the network's word after it."""
    w1 = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])
    w2 = np.array([[1.0, -1.0], [1.0, -1.0], [1.0, -1.0], [1.0, -1.0]])
    b1, b2 = np.full(4, -1.0), np.array([0.0, 2.0])
    x, y = np.array([4.0, 11.0]), np.array([0.0, 1.0])
    if s(w.INDEX_BASE):
        y = np.array([1.0, 0.0])

    def forward(v1: Array, v2: Array, c1: Array, c2: Array) -> tuple[Array, Array, Array]:
        z1 = v1.T @ x + (0 if s(w.BIAS_LEFT_OUT, "z1") else c1)
        a1 = np.maximum(z1, 0)
        if s(w.MASK_INVERTED, "forward"):
            a1 = np.minimum(z1, 0)
        if s(w.Z_FOR_A):
            a1 = z1
        z2 = v2.T @ a1 + (0 if s(w.BIAS_LEFT_OUT, "z2") else c2)
        return z1, a1, z2 if s(w.SOFTMAX_LEFT_OUT) else softmax(z2)

    z1, a1, a2 = forward(w1, w2, b1, b2)
    dz2 = a2 - y
    if s(w.TARGET_MINUS_OUTPUT):
        dz2 = y - a2
    if s(w.TWO_EXTRA):
        dz2 = 2 * (a2 - y)
    if s(w.MEAN_FOR_SUM):
        dz2 = (a2 - y) / 2
    dw2 = np.outer(z1 if s(w.NEIGHBOURING_LAYER, "dW2") else a1, dz2)
    eta = {name: 1.0 if s(w.RATE_LEFT_OUT, name) else 0.25 if s(w.RATE_TWICE, name) else 0.5 for name in ("W2", "W1")}
    up = {name: 1 if s(w.ASCENT, name) else -1 for name in ("W2", "W1")}
    new_w2 = w2 + up["W2"] * eta["W2"] * dw2
    back = new_w2 if s(w.NEW_WEIGHTS) else w1.T if s(w.OTHER_LAYERS_WEIGHTS) else w2
    mask = relu_mask(s, z1)
    dz1 = (back @ dz2) * mask
    dw1 = np.outer(x, dz1)
    if s(w.FACTORS_SWAPPED):
        dw1 = np.outer(dz2, (back @ x) * mask)
    new_w1 = w1 + up["W1"] * eta["W1"] * dw1
    new_b1, new_b2 = b1, b2
    if s(w.BIAS_UPDATED):
        new_b1, new_b2 = b1 - 0.5 * dz1, b2 - 0.5 * dz2
    if s(w.NEIGHBOURING_UPDATE, "W2"):
        new_w2 = w2
    if s(w.NEIGHBOURING_UPDATE, "W1"):
        new_w1 = w1
    _, a1_after, a2_after = forward(new_w1, new_w2, new_b1, new_b2)
    if s(w.NEIGHBOURING_UPDATE, "a1"):
        a1_after = a1
    given2 = dw2 if s(w.GRADIENT_FOR_PARAMETER, "W2") else new_w2
    given1 = dw1 if s(w.GRADIENT_FOR_PARAMETER, "W1") else new_w1
    return {
        "a1": a1,
        "a2": 100 * a2 if s(w.PERCENT) else a2[::-1] if s(w.PERMUTED) else a2,
        "W2@1": given2.T if s(w.TRANSPOSED, "W2") else given2,
        "W1@1": given1.T if s(w.TRANSPOSED, "W1") else given1,
        "a1@1": a1_after,
        "a2@1": a2_after,
    }


def classifier(s: Student) -> Answers:
    """Z = W [X; 1], F = relu(Z), U = V [F; 1], FU = relu(U), o = softmax(beta FU); and parts with given F or FU."""
    first = np.array([[1.0, 0, -1], [0, 1, -1], [-1, 0, -1], [0, -1, -1]])
    second = np.array([[1.0, 1, 1, 1, 0], [-1, -1, -1, -1, 2]])
    x = np.array([3.0, 14.0])

    def relu(u: Array, place: str) -> Array:
        if s(w.Z_FOR_A, place):
            return u
        return np.minimum(u, 0) if s(w.MASK_INVERTED, place) else np.maximum(u, 0)

    def scores(f: Array) -> Array:
        return np.asarray(second[:, :4] @ f + (0 if s(w.BIAS_LEFT_OUT, "U") else second[:, 4]))

    def output(scaled: Array) -> Array:
        if s(w.SOFTMAX_LEFT_OUT):
            return scaled
        o = np.ones(2) if s(w.SOFTMAX_AXIS) else softmax(scaled)
        o = np.asarray(s.keep(o, "o"))
        o = o[::-1] if s(w.PERMUTED) else o
        return 100 * o if s(w.PERCENT) else o

    z = first[:, :2] @ x + (0 if s(w.BIAS_LEFT_OUT, "Z") else first[:, 2])
    f = relu(z, "F")
    u = scores(f)
    fu = relu(u, "FU")
    before_softmax = u if s(w.NEIGHBOURING_LAYER) else fu
    answers: Answers = {"Z": f if s(w.A_FOR_Z, "Z") else z, "F": f, "U": fu if s(w.A_FOR_Z, "U") else u, "FU": fu}
    answers["o"] = output(before_softmax)
    for part, hidden in (("quarters", 0.25), ("zeros", 0.0), ("three-quarters", 0.75)):
        u = scores(np.full(4, hidden))
        fu = relu(u, "FU")
        answers[f"{part}.FU"] = fu
        answers[f"{part}.o"] = output(u if s(w.NEIGHBOURING_LAYER) else fu)
    for part, beta in (("temperature-1", 1.0), ("temperature-5-halves", 2.5)):
        o = output(np.array([3.0, 1.0]) * (1 / beta if s(w.TEMPERATURE_INVERTED) else beta))
        answers[f"{part}.o"] = o
        if np.all(o):
            answers["temperature-5-halves.ratio"] = o[1] / o[0] if s(w.INDEX_BASE) else o[0] / o[1]
    return answers


PROBLEMS = {
    "softmax-cross-entropy-logits": problem(
        logits,
        (w.LOG_2, w.INDEX_BASE),
        (w.LOG_10, w.INDEX_BASE),
        (w.SIGN_OF_LOSS, w.LOG_2),
        (w.PERCENT, w.LOG_10),
    ),
    "softmax-unit-gradient-step": problem(
        softmax_unit,
        (w.SIGN, w.TRANSPOSED),
        (w.TARGET_MINUS_OUTPUT, w.RATE_LEFT_OUT),
        (w.TARGET_MINUS_OUTPUT, w.TRANSPOSED),
        (w.ASCENT, w.RATE_LEFT_OUT),
        (w.ASCENT, w.RATE_TWICE),
        (w.TWO_EXTRA, w.RATE_LEFT_OUT),
        (w.DERIVATIVE_EXTRA, w.ASCENT),
        (w.DERIVATIVE_EXTRA, w.RATE_LEFT_OUT),
        (w.DERIVATIVE_MISSING, w.ASCENT),
        (w.INDEX_BASE, w.TRANSPOSED),
        (w.PERCENT, w.ASCENT),
    ),
    "relu-softmax-2-4-2-step": problem(
        step_2_4_2,
        (w.NEW_WEIGHTS, w.FACTORS_SWAPPED),
        (w.NEW_WEIGHTS, w.MASK_MISSING),
        (w.NEW_WEIGHTS, w.RATE_LEFT_OUT),
        (w.NEW_WEIGHTS, w.TARGET_MINUS_OUTPUT),
        (w.MASK_MISSING, w.ASCENT),
        (w.MASK_MISSING, w.RATE_LEFT_OUT),
        (w.BIAS_LEFT_OUT, w.ASCENT),
        (w.BIAS_LEFT_OUT, w.RATE_LEFT_OUT),
        (w.BIAS_LEFT_OUT, w.MASK_MISSING),
        (w.OTHER_LAYERS_WEIGHTS, w.ASCENT),
        (w.TWO_EXTRA, w.MASK_MISSING),
        (w.BIAS_UPDATED, w.ASCENT),
        (w.ASCENT, w.RATE_LEFT_OUT),
    ),
    "relu-relu-softmax-classifier": problem(
        classifier,
        (w.BIAS_LEFT_OUT, w.Z_FOR_A),
        (w.BIAS_LEFT_OUT, w.NEIGHBOURING_LAYER),
        (w.TEMPERATURE_INVERTED, w.PERMUTED),
        (w.TEMPERATURE_INVERTED, w.INDEX_BASE),
        (w.BIAS_LEFT_OUT, w.TEMPERATURE_INVERTED),
    ),
}
