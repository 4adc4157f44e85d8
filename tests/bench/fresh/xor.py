"""XOR by three sigmoid units and a sigmoid output, many epochs, an update after each sample or each epoch."""

from collections.abc import Sequence

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.crowd import EPOCHS, Crowd, activate, rates, slope
from tests.bench.fresh.student import Answers, Array, Problem, Student

INPUTS = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
TARGETS = np.array([[0.0], [1], [1], [0]])
NAMES = ("W2", "b2", "W1", "b1")


def forward(s: Crowd, p: dict[str, Array], x: Array) -> tuple[Array, Array, Array, Array]:
    z1 = x @ p["W1"]
    z1 = s.pick(w.BIAS_LEFT_OUT, "z1", lambda: z1, z1 + p["b1"])
    a1 = activate(s, z1, "a1")
    z2 = a1 @ p["W2"]
    z2 = s.pick(w.BIAS_LEFT_OUT, "z2", lambda: z2, z2 + p["b2"])
    return z1, a1, z2, activate(s, z2, "a2")


def step(s: Crowd, p: dict[str, Array], factor: dict[str, Array], x: Array, y: Array) -> tuple[Array, Array]:
    """One update in place; the losses of the samples before it, and the gradient of W2."""
    z1, a1, z2, a2 = forward(s, p, x)
    error = a2 - y
    dz2 = error * slope(s, z2, a2, "a2") * factor["error"]
    dw2 = np.swapaxes(a1, 1, 2) @ dz2
    db2 = np.sum(s.pick(w.BIAS_BEFORE_DERIVATIVE, "b2", lambda: error, dz2), axis=1, keepdims=True)
    new_w2 = p["W2"] + factor["W2"] * dw2
    back = s.pick(w.NEW_WEIGHTS, "", lambda: new_w2, p["W2"])
    da1 = dz2 @ np.swapaxes(back, 1, 2)
    dz1 = da1 * slope(s, z1, a1, "a1")
    dw1 = x.T @ dz1
    db1 = np.sum(s.pick(w.BIAS_BEFORE_DERIVATIVE, "b1", lambda: da1, dz1), axis=1, keepdims=True)
    p["W2"] = new_w2
    p["b2"] = p["b2"] + factor["b2"] * db2
    p["W1"] = p["W1"] + factor["W1"] * dw1
    p["b1"] = p["b1"] + factor["b1"] * db1
    return error**2 * factor["loss"], dw2


def train(students: Sequence[Student], whole: bool, epochs: int = EPOCHS) -> list[Answers]:
    s = Crowd(students)
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)}
    p = s.initial(shapes)
    factor = rates(s, 0.1, NAMES)
    for name in ("b2", "b1"):
        factor[name] = factor[name] * s.number(w.BIAS_NOT_UPDATED, name, 0.0, 1.0)
    factor["error"] = s.number(w.HALF_MISSING, "dL", 2.0, 1.0) * s.number(w.TWO_EXTRA, "", 2.0, 1.0)
    factor["error"] = factor["error"] * s.number(w.TARGET_MINUS_OUTPUT, "", -1.0, 1.0)
    factor["loss"] = s.number(w.HALF_MISSING, "L", 1.0, 0.5) * s.number(w.SUM_FOR_MEAN, "L@e", 4.0, 1.0)
    if whole:
        factor["error"] = factor["error"] * s.number(w.MEAN_FOR_SUM, "", 0.25, 1.0)
    batches = [slice(0, 4)] if whole else [slice(k, k + 1) for k in range(4)]
    first_w2, kept = p["W2"], {}
    for epoch in range(1, epochs + 1):
        total = np.zeros((s.size, 1, 1))
        for k, rows in enumerate(batches):
            losses, dw2 = step(s, p, factor, INPUTS[rows], TARGETS[rows])
            total = total + np.sum(losses, axis=1, keepdims=True)
            if epoch == 1 and k == 0:
                w2_1 = s.pick(w.GRADIENT_FOR_PARAMETER, "", lambda: dw2, p["W2"])  # noqa: B023 (called at once)
                w2_1 = s.pick(w.NEIGHBOURING_UPDATE, "", lambda: first_w2, w2_1)
        if epoch in (1, EPOCHS // 10, EPOCHS):
            kept[f"L@e{epoch}"] = total[:, 0, 0] / 4
    _, _, z2, y_hat = forward(s, p, INPUTS)
    y_hat = s.pick(w.Z_FOR_A, "y_hat", lambda: z2, y_hat)
    y_hat = s.pick(w.PERCENT, "y_hat", lambda: 100 * y_hat, y_hat)
    y_hat = s.pick(w.PERMUTED, "y_hat", lambda: y_hat[:, [0, 2, 1, 3]], y_hat)
    answers: list[Answers] = []
    for n, student in enumerate(students):
        w1 = p["W1"][n].T if student(w.TRANSPOSED) else p["W1"][n]
        of_loss = {key: float(value[n]) for key, value in kept.items()}
        ends = {"W1@end": w1, "b1@end": p["b1"][n], "W2@end": p["W2"][n], "b2@end": p["b2"][n]}
        answers.append({"W2@1": w2_1[n], **of_loss, **ends, "y_hat@end": y_hat[n]})
    return answers


PAIRS = (
    (w.TARGET_MINUS_OUTPUT, w.DERIVATIVE_MISSING),
    (w.HALF_MISSING, w.DERIVATIVE_MISSING),
    (w.HALF_MISSING, w.ASCENT),
    (w.NEW_WEIGHTS, w.HALF_MISSING),
    (w.NEW_WEIGHTS, w.DERIVATIVE_MISSING),
    (w.BIAS_NOT_UPDATED, w.DERIVATIVE_MISSING),
    (w.BIAS_LEFT_OUT, w.HALF_MISSING),
    (w.SUM_FOR_MEAN, w.HALF_MISSING),
    (w.SUM_FOR_MEAN, w.DERIVATIVE_MISSING),
    (w.RATE_LEFT_OUT, w.DERIVATIVE_MISSING),
    (w.DERIVATIVE_OF_OTHER, w.SUM_FOR_MEAN),
)
PROBLEMS = {
    "xor-stochastic": Problem(
        lambda crowd: train(crowd, False), PAIRS, explore=lambda student: train([student], False, 1)
    ),
    "xor-batch": Problem(
        lambda crowd: train(crowd, True),
        (*PAIRS, (w.MEAN_FOR_SUM, w.DERIVATIVE_MISSING), (w.MEAN_FOR_SUM, w.ASCENT), (w.MEAN_FOR_SUM, w.HALF_MISSING)),
        explore=lambda student: train([student], True, 1),
    ),
}
