"""XOR by two tanh units and a sigmoid, in mini-batches of two, three epochs."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Answers, Array, Student, problem


def sigmoid(u: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-u)))


def mini_batches(s: Student) -> Answers:
    inputs, targets = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    w1, b1 = np.array([[1.0, -1], [1, -1]]), np.array([-0.5, 1.5])
    w2, b2 = np.array([[1.0], [1]]), np.array([0.0])
    start = (w1, b1, w2, b2)
    first_a2: Array | None = None
    first_dw1: Array | None = None
    losses: list[float] = []
    scale = np.log(2) if s(w.LOG_2) else np.log(10) if s(w.LOG_10) else 1.0
    for _ in range(3):
        in_epoch = []
        for rows in (slice(0, 2), slice(2, 4)):
            x, y = inputs[rows], targets[rows]
            z1 = x @ w1 + (0 if s(w.BIAS_LEFT_OUT, "z1") else b1)
            a1 = sigmoid(z1) if s(w.OTHER_ACTIVATION) else np.tanh(z1)
            a1 = s.keep(z1 if s(w.Z_FOR_A) else a1, "a1")
            z2 = a1 @ w2 + (0 if s(w.BIAS_LEFT_OUT, "z2") else b2)
            a2 = np.asarray(s.keep(sigmoid(z2), "a2"))
            each = -(y * np.log(a2) + (1 - y) * np.log(1 - a2)) / scale
            in_epoch.append(np.sum(each) if s(w.SUM_FOR_MEAN, "L") else np.mean(each))
            dz2 = (a2 - y) if s(w.SUM_FOR_MEAN, "dL/dz2") else (a2 - y) / 2
            if s(w.TARGET_MINUS_OUTPUT):
                dz2 = -dz2
            if s(w.TWO_EXTRA):
                dz2 = 2 * dz2
            if s(w.DERIVATIVE_EXTRA):
                dz2 = dz2 * a2 * (1 - a2)
            dw2, db2 = a1.T @ dz2, np.sum(dz2, axis=0)
            eta = [0.5 * (2 if s(w.RATE_LEFT_OUT, n) else 0.5 if s(w.RATE_TWICE, n) else 1) for n in ("2", "1")]
            up = [1 if s(w.ASCENT, name) else -1 for name in ("W2", "b2", "W1", "b1")]
            new_w2, new_b2 = w2 + up[0] * eta[0] * dw2, b2 + up[1] * eta[0] * db2
            da1 = dz2 @ (new_w2 if s(w.NEW_WEIGHTS) else w2).T
            slope = 1 - a1**2
            if s(w.OTHER_ACTIVATION):
                slope = a1 * (1 - a1)
            if s(w.DERIVATIVE_MISSING):
                slope = np.ones_like(a1)
            if s(w.DERIVATIVE_OF_OTHER):
                slope = a1 * (1 - a1)
            if s(w.DERIVATIVE_AT_ACTIVATION):
                slope = 1 - np.tanh(a1) ** 2
            if s(w.DERIVATIVE_AT_PREACTIVATION):
                slope = 1 - z1**2
            dz1 = da1 * slope
            dw1 = x.T @ dz1
            db1 = np.sum(da1 if s(w.BIAS_BEFORE_DERIVATIVE) else dz1, axis=0)
            new_w1, new_b1 = w1 + up[2] * eta[1] * dw1, b1 + up[3] * eta[1] * db1
            if s(w.BIAS_NOT_UPDATED, "b2"):
                new_b2 = b2
            if s(w.BIAS_NOT_UPDATED, "b1"):
                new_b1 = b1
            if first_a2 is None:
                first_a2, first_dw1 = a2, dw1
                first_z2 = z2
            w1, b1, w2, b2 = new_w1, new_b1, new_w2, new_b2
        losses.append(float(np.sum(in_epoch) if s(w.SUM_FOR_MEAN, "L@e") else np.mean(in_epoch)))
    assert first_a2 is not None and first_dw1 is not None
    given_a2 = first_z2 if s(w.Z_FOR_A, "a2") else 100 * first_a2 if s(w.PERCENT) else first_a2
    dw1 = -first_dw1 if s(w.SIGN) else first_dw1
    if s(w.NEIGHBOURING_UPDATE):
        w1, b1, w2, b2 = start
    return {
        "a2": given_a2,
        "dL/dW1": dw1.T if s(w.TRANSPOSED, "dW1") else dw1,
        **{f"L@e{k}": loss for k, loss in enumerate(losses, 1)},
        "W1@end": w1.T if s(w.TRANSPOSED, "W1@end") else w1,
        "b1@end": b1,
        "W2@end": w2,
        "b2@end": b2,
    }


PROBLEMS = {
    "xor-mini-batches": problem(
        mini_batches,
        (w.SUM_FOR_MEAN, w.DERIVATIVE_MISSING),
        (w.SUM_FOR_MEAN, w.ASCENT),
        (w.SUM_FOR_MEAN, w.NEW_WEIGHTS),
        (w.DERIVATIVE_MISSING, w.ASCENT),
        (w.DERIVATIVE_MISSING, w.RATE_LEFT_OUT),
        (w.DERIVATIVE_OF_OTHER, w.SUM_FOR_MEAN),
        (w.NEW_WEIGHTS, w.DERIVATIVE_MISSING),
        (w.BIAS_LEFT_OUT, w.SUM_FOR_MEAN),
        (w.DERIVATIVE_EXTRA, w.SUM_FOR_MEAN),
        (w.TRANSPOSED, w.TARGET_MINUS_OUTPUT),
    )
}
