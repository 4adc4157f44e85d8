"""Mistakes over several updates, made by hand in plain NumPy: what is named for them, and not for a number beside."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.problem.loader import problem_of_text
from tests.checking.answering import answer

Answers = dict[str, Any]

EPOCHS = """
conventions: {weights: rows, samples: rows}
layers: [{dense: {W: [[0.8, -0.35]], b: [0.6], activation: sigmoid}}]
inputs: {x: [[1.7, 0.4], [-0.6, 1.1], [0.9, -1.3], [0.2, 0.7]]}
targets: {y: [[1], [0], [1], [0]]}
loss: {name: binary_cross_entropy, reduction: mean}
training: {optimizer: sgd, learning_rate: 0.7, epochs: 2, batch_size: 1}
ask: [L@e1, L@e2, W@end]
"""


def epochs(made: str) -> Answers:
    """Logistic regression, one sample after the other, twice over all."""
    w, b = np.array([0.8, -0.35]), 0.6
    x, y = np.array([[1.7, 0.4], [-0.6, 1.1], [0.9, -1.3], [0.2, 0.7]]), np.array([1.0, 0, 1, 0])
    size, answers = 2 if made == "batches of two" else 1, {}

    def loss(at: Any) -> Any:
        p = 1 / (1 + np.exp(-(x[at] @ w + b)))
        found = -(y[at] * np.log(p) + (1 - y[at]) * np.log(1 - p))
        return found / np.log(2) if made == "the binary logarithm" else found

    for epoch in (1, 2, 3) if made == "one epoch more" else (1, 2):
        seen = []
        for first in range(0, 4, size):
            at = np.arange(first, first + size)
            seen.append(loss(at))
            error = 1 / (1 + np.exp(-(x[at] @ w + b))) - y[at]
            w, b = w - 0.7 * error @ x[at] / size, b - 0.7 * error.mean()
        after = loss(np.arange(4)) if made == "the loss after the epoch" else np.concatenate(seen)
        answers[f"L@e{epoch}"] = after.mean()
    return {"L@e1": answers["L@e1"], "L@e2": answers["L@e2"], "W@end": w[None]}


NORM = """
conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[0.62, -0.84], [0.33, 1.12]], b: [0.21, -0.43], activation: tanh}
  - dense: {W: [[0.93, -0.52], [-0.74, 0.45]], b: [0.13, 0.31]}
inputs: {x: [1.3, -0.7]}
targets: {y: [0.2, 0.9]}
loss: l2_norm
training: {optimizer: sgd, learning_rate: 0.3, steps: 1}
ask: [L, dL/dW2, dL/dz1, W1@1]
"""


def norm(made: str) -> Answers:
    """A step down the norm of the error."""
    w1, w2 = np.array([[0.62, -0.84], [0.33, 1.12]]), np.array([[0.93, -0.52], [-0.74, 0.45]])
    x, y = np.array([1.3, -0.7]), np.array([0.2, 0.9])
    a1 = np.tanh(w1 @ x + [0.21, -0.43])
    error = w2 @ a1 + [0.13, 0.31] - (0 if made == "no target" else y)
    loss, d2 = np.linalg.norm(error), error / np.linalg.norm(error)
    if made in ("half the square", "half the square, a sign"):
        loss, d2 = loss**2 / 2, error
    if made == "half the square, a sign":
        d2 = -d2
    d1 = w2.T @ d2 * (1 - a1**2)
    return {"L": loss, "dL/dW2": np.outer(d2, a1), "dL/dz1": d1, "W1@1": w1 - 0.3 * np.outer(d1, x)}


STEPS = """
conventions: {weights: rows, samples: columns}
layers:
  - rnn: {W_xh: [[0.7], [-0.4]], W_hh: [[0.5, -0.6], [0.3, 0.8]], b: [0.35, -0.2], activation: tanh}
  - dense: {W: [[0.6, -1.1]], b: [0.25], activation: sigmoid}
inputs: {x: [[0.8], [-0.5]]}
targets: {y: [[0.3], [0.8]]}
loss: {name: half_squared_error, over_time: sum}
training: {optimizer: sgd, learning_rate: 0.4, steps: 1, truncate: 1}
ask: [L, dL/dW_hh, dL/dW_xh, W_xh@1]
"""


def steps(made: str) -> Answers:
    """Two time steps, the error of each kept within it."""
    w_x, w_h, w = np.array([0.7, -0.4]), np.array([[0.5, -0.6], [0.3, 0.8]]), np.array([0.6, -1.1])
    h1 = np.tanh(w_x * 0.8 + [0.35, -0.2])
    h2 = np.tanh(w_x * -0.5 + w_h @ h1 + [0.35, -0.2])
    y1, y2 = (1 / (1 + np.exp(-(w @ h + 0.25))) for h in (h1, h2))
    of1, of2 = (y1 - 0.3) ** 2 / 2, (y2 - 0.8) ** 2 / 2
    flip = -1 if "a sign" in made else 1
    d2 = flip * (y2 - 0.8) * y2 * (1 - y2) * w * (1 - h2**2)
    d1 = flip * (y1 - 0.3) * y1 * (1 - y1) * w
    if "carried back" in made:
        d1 = d1 + w_h.T @ d2
    d1 = d1 * (1 - h1**2)
    loss = {"the loss of the last step": of2, "the loss of the first step": of1}.get(made, of1 + of2)
    dw_x = (d1 * 0.8 - d2 * 0.5)[:, None]
    return {"L": loss, "dL/dW_hh": np.outer(d2, h1), "dL/dW_xh": dw_x, "W_xh@1": w_x[:, None] - 0.4 * dw_x}


PROBLEMS = {"epochs": (EPOCHS, epochs), "norm": (NORM, norm), "steps": (STEPS, steps)}

MADE = (
    ("epochs", "one epoch more", {"wrong-update"}, "W@end"),
    ("epochs", "the loss after the epoch", {"wrong-update"}, "L@e1"),
    ("epochs", "the loss after the epoch", {"wrong-update"}, "L@e2"),
    ("epochs", "batches of two", {"wrong-batch"}, "W@end"),
    ("epochs", "the binary logarithm", {"log2-for-ln"}, "L@e2"),
    ("norm", "no target", {"target-left-out"}, "L"),
    ("norm", "no target", {"target-left-out"}, "dL/dW2"),
    ("norm", "half the square", {"squared-norm-for-norm", "half-extra"}, "dL/dW2"),
    ("norm", "half the square, a sign", {"squared-norm-for-norm", "sign-flipped"}, "dL/dz1"),
    ("norm", "half the square, a sign", {"squared-norm-for-norm", "sign-flipped"}, "W1@1"),
    ("steps", "the loss of the last step", {"time-steps-not-summed"}, "L"),
    ("steps", "the loss of the first step", {"time-steps-not-summed"}, "L"),
    ("steps", "carried back", {"not-truncated"}, "dL/dW_xh"),
    ("steps", "carried back, a sign", {"not-truncated", "sign-flipped"}, "W_xh@1"),
)


@cache
def diagnosis(problem: str) -> Diagnosis:
    return Diagnosis(problem_of_text(PROBLEMS[problem][0], f"{problem}.yaml"))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_right_answers_by_hand_are_right(problem: str) -> None:
    exact = diagnosis(problem).solution
    for ask, value in PROBLEMS[problem][1]("").items():
        np.testing.assert_allclose(np.ravel(value), np.ravel(exact[ask]), rtol=1e-9)


@pytest.mark.parametrize(("problem", "made", "codes", "ask"), MADE)
def test_the_mistakes_are_named_and_a_number_beside_them_is_not(
    problem: str, made: str, codes: set[str], ask: str
) -> None:
    answers, right = PROBLEMS[problem][1](made), PROBLEMS[problem][1]("")
    wrong = [other for other in answers if not np.allclose(answers[other], right[other])]
    given = {other: answer(np.asarray(value, dtype=float), 5) for other, value in answers.items()}
    found = diagnosis(problem).explain(given, wrong)[ask]
    assert codes <= {cause.code for cause in found}
    beside = given | {ask: answer(np.asarray(answers[ask], dtype=float) * 1.013, 5)}
    assert not codes <= {cause.code for cause in diagnosis(problem).explain(beside, wrong)[ask]}
