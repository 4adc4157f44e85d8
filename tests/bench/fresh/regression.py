"""The 3-4-3 regression network with the L2 norm, and one step of gradient descent."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.steps import relu_mask
from tests.bench.fresh.student import Answers, Array, Student, problem


def loss_and_slope(s: Student, error: Array) -> tuple[float, Array]:
    """||error|| and its derivative by the prediction, or what the student takes for them."""
    norm = float(np.sqrt(np.sum(error**2)))
    slope = error / norm
    if s(w.SQUARED_NORM):
        norm, slope = norm**2, 2 * error
    if s(w.HALF_EXTRA):
        norm, slope = norm / 2, slope / 2
    if s(w.TWO_EXTRA):
        slope = 2 * slope
    if s(w.MEAN_FOR_SUM):
        norm, slope = norm / 3, slope / 3
    return norm, -slope if s(w.TARGET_MINUS_OUTPUT) else slope


def regression(s: Student) -> Answers:
    """hbar1 = W1 x + b1, h1 = relu(hbar1), y_hat = W2 h1 + b2, ell = ||y_hat - y||, backwards, one step."""
    w1 = np.array([[1.0, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]])
    b1 = np.array([0.0, 1, 1, -1])
    w2 = np.array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]])
    b2 = np.array([1.0, 0, 0.5])
    x, y = np.array([1.2, -1.0, 2.0]), np.array([1.5, -1.0, 2.0])

    z1 = s.keep(w1 @ x + (0 if s(w.BIAS_LEFT_OUT, "z1") else b1), "z1")
    h1 = np.maximum(z1, 0)
    if s(w.MASK_INVERTED, "forward"):
        h1 = np.minimum(z1, 0)
    if s(w.Z_FOR_A, "h1"):
        h1 = z1
    h1 = s.keep(h1, "h1")
    y_hat = s.keep(w2 @ h1 + (0 if s(w.BIAS_LEFT_OUT, "z2") else b2), "y_hat")
    ell, dh2 = loss_and_slope(s, y_hat - y)
    ell, dh2 = s.keep(ell, "ell"), s.keep(dh2, "dh2")

    dw2 = np.outer(dh2, z1 if s(w.Z_FOR_A, "dW2") else h1)
    db2 = dh2
    eta = {n: 1.0 if s(w.RATE_LEFT_OUT, n) else 1e-4 if s(w.RATE_TWICE, n) else 0.01 for n in ("W2", "b2", "W1", "b1")}
    up = {n: 1 if s(w.ASCENT, n) else -1 for n in ("W2", "b2", "W1", "b1")}
    sign = {n: -1 if s(w.SIGN, n) else 1 for n in ("W2", "b2", "W1", "b1")}
    new_w2 = w2 + up["W2"] * eta["W2"] * sign["W2"] * dw2
    new_b2 = b2 + up["b2"] * eta["b2"] * sign["b2"] * db2

    back = new_w2.T if s(w.NEW_WEIGHTS) else w1 if s(w.OTHER_LAYERS_WEIGHTS) else w2.T
    dh1 = s.keep(back @ dh2, "dh1")
    mask = relu_mask(s, z1)
    if s(w.DERIVATIVE_OF_OTHER):
        mask = h1 * (1 - h1)
    dz1 = s.keep(dh1 * mask, "dz1")
    dw1 = np.outer(dz1, x)
    db1 = dh1 if s(w.BIAS_BEFORE_DERIVATIVE) else dz1
    new_w1 = w1 + up["W1"] * eta["W1"] * sign["W1"] * dw1
    new_b1 = b1 + up["b1"] * eta["b1"] * sign["b1"] * db1

    if s(w.BIAS_NOT_UPDATED, "b2"):
        new_b2 = b2
    if s(w.BIAS_NOT_UPDATED, "b1"):
        new_b1 = b1
    answers: Answers = {
        "q-a": h1 if s(w.A_FOR_Z) else z1,
        "q-b": h1,
        "q-c": y_hat[[1, 0, 2]] if s(w.PERMUTED) else y_hat,
        "q-d": ell,
        "q-e-h2": dh2,
    }
    gradients = {"W2": dw2, "b2": db2, "W1": dw1, "b1": db1}
    new = {"W2": new_w2, "b2": new_b2, "W1": new_w1, "b1": new_b1}
    old = {"W2": w2, "b2": b2, "W1": w1, "b1": b1}
    for name, key in (("W2", "q-e-W2"), ("b2", "q-e-b2"), ("W1", "q-f-W1"), ("b1", "q-f-b1")):
        gradient = sign[name] * gradients[name]
        if s(w.PARAMETER_FOR_GRADIENT, name):
            gradient = new[name]
        if name[0] == "W" and s(w.TRANSPOSED, f"d{name}"):
            gradient = gradient.T
        answers[key] = gradient
    answers["q-f-h1"], answers["q-f-hbar1"] = dh1, dz1
    for name in new:
        updated = gradients[name] if s(w.GRADIENT_FOR_PARAMETER, name) else new[name]
        updated = old[name] if s(w.NEIGHBOURING_UPDATE, name) else updated
        answers[f"q-g-{name}"] = updated.T if name[0] == "W" and s(w.TRANSPOSED, f"{name}@1") else updated
    return answers


PROBLEMS = {
    "regression-3-4-3-l2-norm": problem(
        regression,
        (w.SIGN, w.MASK_MISSING),
        (w.SQUARED_NORM, w.MASK_MISSING),
        (w.SQUARED_NORM, w.TARGET_MINUS_OUTPUT),
        (w.SQUARED_NORM, w.RATE_LEFT_OUT),
        (w.SQUARED_NORM, w.BIAS_LEFT_OUT),
        (w.SQUARED_NORM, w.HALF_EXTRA),
        (w.NEW_WEIGHTS, w.RATE_LEFT_OUT),
        (w.NEW_WEIGHTS, w.MASK_MISSING),
        (w.NEW_WEIGHTS, w.ASCENT),
        (w.MASK_MISSING, w.ASCENT),
        (w.MASK_MISSING, w.RATE_LEFT_OUT),
        (w.MASK_MISSING, w.TARGET_MINUS_OUTPUT),
        (w.BIAS_LEFT_OUT, w.MASK_MISSING),
        (w.BIAS_LEFT_OUT, w.ASCENT),
        (w.BIAS_NOT_UPDATED, w.RATE_LEFT_OUT),
        (w.BIAS_NOT_UPDATED, w.ASCENT),
        (w.ASCENT, w.RATE_LEFT_OUT),
        (w.BIAS_BEFORE_DERIVATIVE, w.ASCENT),
        (w.TARGET_MINUS_OUTPUT, w.RATE_TWICE),
        (w.TRANSPOSED, w.SIGN),
    )
}
