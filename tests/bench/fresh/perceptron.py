"""The perceptron that learns AND: W += eta (y - y_hat) x."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Answers, Student, problem


def perceptron(s: Student) -> Answers:
    """Six passes over the four inputs, an update after each; step(0) = 1."""
    inputs, targets = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 0, 0, 1])
    weights, bias, eta = np.zeros(2), 0.0, 1.0
    z_seen, states = [], [(weights, bias)]

    def step(u: float) -> float:
        return u if s(w.Z_FOR_A) else float(u >= 0)

    def score(x: np.ndarray) -> float:
        return float(weights @ x + (0 if s(w.BIAS_LEFT_OUT) else bias))

    for _ in range(6):
        for x, y in zip(inputs, targets, strict=True):
            z_seen.append(score(x))
            error = y - step(z_seen[-1])
            if s(w.TARGET_MINUS_OUTPUT):
                error = -error
            if s(w.HALF_EXTRA):
                error = error / 2
            if s(w.TWO_EXTRA):
                error = 2 * error
            weights = weights + eta * error * x
            if not s(w.BIAS_NOT_UPDATED):
                bias = bias + eta * error
            states.append((weights, bias))
    place = 3 if s(w.NEIGHBOURING_UPDATE) else 4
    return {
        **{f"z@{k}": step(z_seen[k]) if s(w.A_FOR_Z) else z_seen[k] for k in range(4)},
        "W@4": states[place][0],
        "b@4": states[place][1],
        "W@end": weights,
        "b@end": bias,
        "y_hat@end": np.array([[step(score(x))] for x in inputs]),
    }


PROBLEMS = {
    "perceptron-and": problem(
        perceptron,
        (w.TARGET_MINUS_OUTPUT, w.BIAS_NOT_UPDATED),
        (w.HALF_EXTRA, w.TARGET_MINUS_OUTPUT),
    )
}
