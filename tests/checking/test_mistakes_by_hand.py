"""Mistakes made by hand in plain NumPy, in problems that no cause was written for: what is named for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.problem.loader import load_problem
from tests.checking.answering import answer

Answers = dict[str, Any]

DIGITS = 4

BATCH = """
conventions: {weights: columns, samples: rows, count_from: 0}
layers:
  - dense: {W: [[0.62, -0.84, 0.15], [0.33, 1.12, -0.71]], b: [0.21, -0.43, 0.17], activation: tanh}
  - dense: {W: [[0.93, -0.52], [-0.74, 0.45], [0.38, 0.66]], b: [0.13, 0.31], activation: softmax}
inputs: {x: [[0.5, 1.2], [-0.9, 0.4], [1.4, -0.6], [0.3, 0.8]]}
targets: {y: [[1, 0], [0, 1], [1, 0], [0, 1]]}
loss: {name: cross_entropy, reduction: mean}
training: {optimizer: sgd, learning_rate: 0.35, steps: 1, batch_size: all}
ask: [L, dL/dz2, dL/dW2, dL/db2, dL/dz1, dL/dW1, dL/db1, W1@1, b1@1]
"""


def softmax(z: Any, axis: int = 1, base: float = np.e) -> Any:
    powers = base**z
    return powers / powers.sum(axis=axis, keepdims=True)


def batch(made: str) -> Answers:
    """Two layers, four samples, one step down the mean cross-entropy."""
    w1, b1 = np.array([[0.62, -0.84, 0.15], [0.33, 1.12, -0.71]]), np.array([0.21, -0.43, 0.17])
    w2, b2 = np.array([[0.93, -0.52], [-0.74, 0.45], [0.38, 0.66]]), np.array([0.13, 0.31])
    x, y = np.array([[0.5, 1.2], [-0.9, 0.4], [1.4, -0.6], [0.3, 0.8]]), np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    start = w1.copy()
    if made == "the sign of a weight is lost":
        w1[1, 2] *= -1
    if made == "the sign of an input is lost":
        x[2, 1] *= -1
    if made == "two weights have changed places":
        w1[0] = w1[0, [1, 0, 2]]
    a1 = np.tanh(x @ w1 + b1)
    z2 = a1 @ w2 + b2
    a2 = softmax(z2, axis=0 if made == "softmax over the samples" else 1, base=10 if made == "powers of 10" else np.e)
    loss = -np.sum(y * np.log(a2)) / 4
    d2 = (a2 - y) / 4
    if made == "the squared error":
        loss, d2 = np.sum((a2 - y) ** 2) / 8, a2 * (a2 - y - np.sum(a2 * (a2 - y), axis=1, keepdims=True)) / 4
    if made == "the softmax element by element":
        d2 = -y * (1 - a2) / 4
    if made == "the loss of one sample":
        loss = -np.log(a2[0, 0])
    slope = {"1 + a^2": 1 + a1**2, "1 - a": 1 - a1, "the slope twice": (1 - a1**2) ** 2}.get(made, 1 - a1**2)
    d1 = d2 @ w2.T * slope
    dw1, dw2, db1, db2 = x.T @ d1, a1.T @ d2, d1.sum(axis=0), d2.sum(axis=0)
    if made == "the inputs of the samples before":
        dw1 = np.roll(x, 1, axis=0).T @ d1
    if made == "biases of the first sample":
        db1, db2 = d1[0], d2[0]
    if made == "weights of the last sample":
        dw1, dw2 = np.outer(x[-1], d1[-1]), np.outer(a1[-1], d2[-1])
    if made == "all of the first sample, by itself":
        dw1, dw2, db1, db2 = 4 * np.outer(x[0], d1[0]), 4 * np.outer(a1[0], d2[0]), 4 * d1[0], 4 * d2[0]
    if made == "biases not summed":
        db1, db2 = d1, d2
    eta = {"a tenth of the rate": 0.035, "ten times the rate": 3.5}.get(made, 0.35)
    gradients = {"dL/dW2": dw2, "dL/db2": db2, "dL/dz1": d1, "dL/dW1": dw1, "dL/db1": db1}
    return {"L": loss, "dL/dz2": d2, **gradients, "W1@1": start - eta * dw1, "b1@1": b1 - eta * db1}


DECAY = """
conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.7, -0.4], [0.25, 1.3]], b: [0.15, -0.6], activation: sigmoid}}]
inputs: {x: [1.7, -0.9]}
targets: {y: [0.2, 0.9]}
loss: half_squared_error
training:
  {optimizer: momentum, momentum: 0.85, learning_rate: 0.6, weight_decay: 0.05, decayed: [W], steps: 2}
ask: [dL/dz, dL/dW, W@1, b@1, W@2, b@2]
"""


def decay(made: str) -> Answers:
    """Two updates with momentum and a decay of the weights, none of the biases."""
    w, b = np.array([[0.7, -0.4], [0.25, 1.3]]), np.array([0.15, -0.6])
    x, y = np.array([1.7, -0.9]), np.array([0.2, 0.9])
    v_w, v_b = np.zeros((2, 2)), np.zeros(2)
    answers: Answers = {}
    for k in (1, 2):
        a = 1 / (1 + np.exp(-(w @ x + b)))
        error = np.sign(a - y) if made == "the absolute error" else a - y
        slope = {"a (1 + a)": a * (1 + a), "the slope twice": (a * (1 - a)) ** 2}.get(made, a * (1 - a))
        dz = error * slope
        if k == 1:
            answers |= {"dL/dz": dz, "dL/dW": np.outer(dz, x)}
        g_w = np.outer(dz, x) + (-0.05 if made == "the decay subtracted" else 0.05) * w
        g_b = dz + (0.05 * b if made == "biases decay" else 0)
        mu = -0.85 if made == "the momentum subtracted" else 0.85
        v_w, v_b = mu * v_w - 0.6 * g_w, mu * v_b - 0.6 * g_b
        w, b = w + v_w, b + v_b
        answers |= {f"W@{k}": w, f"b@{k}": b}
    return answers


LOGISTIC = """
conventions: {samples: rows}
parameters: {w: [[0.8], [-0.35]], b: 0.6}
constants: {lam: 0.25}
inputs: {x: [[1.7, 0.4], [-0.6, 1.1], [0.9, -1.3]]}
targets: {t: [[1], [0], [1]]}
equations:
  - z = x @ w + b
  - p = sigmoid(z)
  - J = -1/3 * sum(t * ln(p) + (1 - t) * ln(1 - p)) + lam/2 * sum(w^2)
loss: J
ask: [p, J, dJ/dz, dJ/dw, dJ/db]
"""


def logistic(made: str) -> Answers:
    """A logistic regression in equations of its own, with a penalty."""
    w, b, lam = np.array([0.8, -0.35]), 0.6, 0.25
    x, t = np.array([[1.7, 0.4], [-0.6, 1.1], [0.9, -1.3]]), np.array([1.0, 0, 1])
    if made == "two inputs have changed places":
        x[0] = x[0, ::-1]
    z = x @ w + b
    p = 1 / (1 + (10.0 if made == "powers of 10" else np.e) ** -z)
    if made == "(tanh(z) + 1) / 2":
        p = (np.tanh(z) + 1) / 2
    each = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    dz = (p - t) / 3
    if made == "the squared error":
        each, dz = (p - t) ** 2, 2 * (p - t) * p * (1 - p) / 3
    loss = each[0] if made == "the loss of one sample" else each.mean()
    penalty = lam / 2 * (w @ w + (b * b if made == "biases decay" else 0))
    sign = -1 if made == "the penalty subtracted" else 1
    db = dz if made == "biases not summed" else dz.sum() + (lam * b if made == "biases decay" else 0)
    return {"p": p, "J": loss + sign * penalty, "dJ/dz": dz, "dJ/dw": x.T @ dz + sign * lam * w, "dJ/db": db}


COSINE = """
conventions: {samples: columns, count_from: 1}
inputs: {u: [0.7, -1.3, 2.1], v: [1.1, 0.4, -0.9]}
equations: ["s = cosine(u, v)", "d = 1 - s"]
ask: [s, d]
"""


def cosine(made: str) -> Answers:
    u, v = np.array([0.7, -1.3, 2.1]), np.array([1.1, 0.4, -0.9])
    norms = np.linalg.norm(u) * np.linalg.norm(v)
    s = u @ v / {"the squared norms": norms**2, "one norm": np.linalg.norm(u), "no norms": 1}.get(made, norms)
    return {"s": s, "d": 1 - s}


STEPS = """
conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[0.62, -0.84], [0.33, 1.12]], b: [0.21, -0.43], activation: tanh}
  - dense: {W: [[0.93, -0.52], [-0.74, 0.45]], b: [0.13, 0.31], activation: sigmoid}
inputs: {x: [1.3, -0.7]}
targets: {y: [0.2, 0.9]}
loss: half_squared_error
training: {optimizer: sgd, learning_rate: 0.9, steps: 3}
ask: [L, dL/dW2, dL/dW1, W1@1, L@2, W2@3, W1@3, b1@3]
"""


def steps(made: str) -> Answers:
    """Three steps down half the squared error."""
    w1, b1 = np.array([[0.62, -0.84], [0.33, 1.12]]), np.array([0.21, -0.43])
    w2, b2 = np.array([[0.93, -0.52], [-0.74, 0.45]]), np.array([0.13, 0.31])
    x, y = np.array([1.3, -0.7]), np.array([0.2, 0.9])
    answers: Answers = {}
    for k in (1, 2, 3):
        a1 = np.tanh(w1 @ x + b1)
        a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
        answers[f"L@{k - 1}" if k > 1 else "L"] = np.sum((a2 - y) ** 2) / 2
        d2 = (a2 - y) * a2 * (1 - a2)
        if made == "y - a in the first step" and k == 1:
            d2 = -d2
        slope = 1 if made == "no slope in the last step" and k == 3 else 1 - a1**2
        d1 = w2.T @ d2 * slope
        dw2 = np.outer(d2, a2 if made == "a2 for a1" else a1)
        dw1 = np.outer(d2 if made == "dz2 for dz1" else d1, x)
        eta = -0.9 if made == "up in the last step" and k == 3 else 0.9
        w1, b1, w2, b2 = w1 - eta * dw1, b1 - eta * d1, w2 - eta * dw2, b2 - eta * d2
        if k == 1:
            answers |= {"dL/dW2": dw2, "dL/dW1": dw1}
        answers |= {f"W1@{k}": w1, f"b1@{k}": b1, f"W2@{k}": w2}
    return {ask: answers[ask] for ask in ("L", "dL/dW2", "dL/dW1", "W1@1", "L@2", "W2@3", "W1@3", "b1@3")}


ADAM = """
conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.5, -1.2], [0.9, 0.4]]}}]
inputs: {x: [1.3, -0.8]}
targets: {y: [0.2, 0.7]}
loss: half_squared_error
training: {optimizer: adam, learning_rate: 0.13, beta1: 0.8, beta2: 0.95, epsilon: 0.05, steps: 2}
ask: [W@1, W@2]
"""


def adam(made: str) -> Answers:
    """Two steps of Adam."""
    w, x, y = np.array([[0.5, -1.2], [0.9, 0.4]]), np.array([1.3, -0.8]), np.array([0.2, 0.7])
    eta = {"half the rate": 0.065, "twice the rate": 0.26}.get(made, 0.13)
    m, v = np.zeros((2, 2)), np.zeros((2, 2))
    answers: Answers = {}
    for k in (1, 2):
        g = np.outer(w @ x - y, x)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        w = w - eta * (m / (1 - 0.8**k)) / (np.sqrt(v / (1 - 0.95**k)) + 0.05)
        answers[f"W@{k}"] = w
    return answers


BITS = """
conventions: {weights: rows, samples: columns}
layers:
  - rnn:
      {W_xh: [[0.7], [-0.4]], W_hh: [[0.5, -0.6], [0.3, 0.8]], b_xh: [0.35, -0.2], b_hh: [0.1, 0.45], activation: tanh}
  - dense: {W: [[0.6, -1.1]], b: [0.25], activation: sigmoid}
inputs: {x: [[0.8], [-0.5]]}
targets: {y: [[0.3], [0.8]]}
loss: {name: half_squared_error, over_time: sum}
training: {optimizer: sgd, learning_rate: 0.4, steps: 1}
ask: [h_2, L, dL/dW_hh, W_hh@1]
"""


def bits(made: str) -> Answers:
    """A recurrent layer with a bias for its input and one for its state, over two time steps."""
    w_x, w_h = np.array([0.7, -0.4]), np.array([[0.5, -0.6], [0.3, 0.8]])
    b_x, b_h, w, b = np.array([0.35, -0.2]), np.array([0.1, 0.45]), np.array([0.6, -1.1]), 0.25
    if made == "b_hh and b2 left out":
        b_h, b = np.zeros(2), 0.0
    h1 = np.tanh(w_x * 0.8 + b_x + b_h)
    h2 = np.tanh(w_x * -0.5 + w_h @ h1 + b_x + b_h)
    y1, y2 = (1 / (1 + np.exp(-(w @ h + b))) for h in (h1, h2))
    dz2 = (y2 - 0.8) * y2 * (1 - y2) * w * (1 - h2**2)
    gradient = np.outer(dz2, h1)
    loss = ((y1 - 0.3) ** 2 + (y2 - 0.8) ** 2) / 2
    return {"h_2": h2, "L": loss, "dL/dW_hh": gradient, "W_hh@1": w_h - 0.4 * gradient}


PROBLEMS: dict[str, tuple[str, Callable[[str], Answers]]] = {
    "batch": (BATCH, batch),
    "decay": (DECAY, decay),
    "logistic": (LOGISTIC, logistic),
    "cosine": (COSINE, cosine),
    "steps": (STEPS, steps),
    "adam": (ADAM, adam),
    "bits": (BITS, bits),
}

MADE = (
    ("batch", "the sign of a weight is lost", "sign-lost", "dL/dW1"),
    ("batch", "the sign of an input is lost", "sign-lost", "dL/dW1"),
    ("batch", "two weights have changed places", "numbers-exchanged", "dL/dW1"),
    ("batch", "softmax over the samples", "softmax-wrong-axis", "L"),
    ("batch", "softmax over the samples", "softmax-wrong-axis", "dL/dz2"),
    ("batch", "powers of 10", "wrong-base", "L"),
    ("batch", "the squared error", "wrong-loss", "L"),
    ("batch", "the squared error", "wrong-loss", "dL/dW1"),
    ("batch", "the softmax element by element", "softmax-derivative-diagonal", "dL/dW1"),
    ("batch", "the loss of one sample", "one-sample-alone", "L"),
    ("batch", "1 + a^2", "derivative-sign", "dL/dz1"),
    ("batch", "1 - a", "derivative-not-squared", "dL/dz1"),
    ("batch", "the slope twice", "activation-derivative-twice", "dL/dz1"),
    ("batch", "the inputs of the samples before", "input-of-another-sample", "dL/dW1"),
    ("batch", "the inputs of the samples before", "input-of-another-sample", "W1@1"),
    ("batch", "biases of the first sample", "one-sample-alone", "dL/db1"),
    ("batch", "weights of the last sample", "one-sample-alone", "dL/dW2"),
    ("batch", "all of the first sample, by itself", "one-sample-alone", "W1@1"),
    ("batch", "biases not summed", "samples-not-summed", "dL/db1"),
    ("batch", "biases not summed", "samples-not-summed", "b1@1"),
    ("batch", "a tenth of the rate", "learning-rate-misread", "W1@1"),
    ("batch", "ten times the rate", "learning-rate-misread", "b1@1"),
    ("decay", "the absolute error", "wrong-loss", "dL/dW"),
    ("decay", "a (1 + a)", "derivative-sign", "dL/dz"),
    ("decay", "the slope twice", "activation-derivative-twice", "dL/dz"),
    ("decay", "the decay subtracted", "term-sign", "W@1"),
    ("decay", "biases decay", "weight-decay-of-bias", "b@2"),
    ("decay", "the momentum subtracted", "term-sign", "W@2"),
    ("logistic", "two inputs have changed places", "numbers-exchanged", "dJ/dw"),
    ("logistic", "powers of 10", "wrong-base", "p"),
    ("logistic", "(tanh(z) + 1) / 2", "wrong-activation", "p"),
    ("logistic", "the squared error", "wrong-loss", "dJ/dz"),
    ("logistic", "the loss of one sample", "one-sample-alone", "J"),
    ("logistic", "biases decay", "weight-decay-of-bias", "dJ/db"),
    ("logistic", "biases not summed", "samples-not-summed", "dJ/db"),
    ("logistic", "the penalty subtracted", "term-sign", "dJ/dw"),
    ("cosine", "the squared norms", "squared-norm-for-norm", "s"),
    ("cosine", "the squared norms", "squared-norm-for-norm", "d"),
    ("cosine", "one norm", "norms-missing", "s"),
    ("cosine", "no norms", "norms-missing", "d"),
    ("steps", "y - a in the first step", "sign-flipped", "W2@3"),
    ("steps", "y - a in the first step", "target-minus-prediction", "L@2"),
    ("steps", "up in the last step", "ascent-for-descent", "W1@3"),
    ("steps", "no slope in the last step", "activation-derivative-missing", "b1@3"),
    ("steps", "a2 for a1", "wrong-layer", "dL/dW2"),
    ("steps", "a2 for a1", "wrong-layer", "W2@3"),
    ("steps", "dz2 for dz1", "wrong-layer", "dL/dW1"),
    ("adam", "half the rate", "half-extra", "W@1"),
    ("adam", "twice the rate", "half-missing", "W@2"),
    ("bits", "b_hh and b2 left out", "bias-missing", "L"),
    ("bits", "b_hh and b2 left out", "bias-missing", "dL/dW_hh"),
)


@cache
def diagnosis(problem: str, folder: Path) -> Diagnosis:
    path = folder / f"{problem}.yaml"
    path.write_text(PROBLEMS[problem][0], encoding="utf-8")
    return Diagnosis(load_problem(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("by-hand")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_right_answers_by_hand_are_right(problem: str, folder: Path) -> None:
    exact = diagnosis(problem, folder).solution
    for ask, value in PROBLEMS[problem][1]("").items():
        np.testing.assert_allclose(np.ravel(value), np.ravel(exact[ask]), rtol=1e-9)


@pytest.mark.parametrize(("problem", "made", "code", "ask"), MADE)
def test_the_mistake_is_named_and_a_number_beside_it_is_not(
    problem: str, made: str, code: str, ask: str, folder: Path
) -> None:
    value = np.asarray(PROBLEMS[problem][1](made)[ask], dtype=float)
    diagnosed = diagnosis(problem, folder)

    def named(value: Any) -> set[str]:
        return {cause.code for cause in diagnosed.explain({ask: answer(value, DIGITS)}, [ask])[ask]}

    assert code in named(value)
    assert code not in named(value * 1.013)


def test_a_loss_alone_tells_of_the_activation_that_its_shortcut_does_without(tmp_path: Path) -> None:
    path = tmp_path / "loss.yaml"
    path.write_text("""
conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.53, 0.24]], activation: sigmoid}}]
inputs: {x: [0.6, 0.4]}
targets: {y: [1]}
loss: binary_cross_entropy
ask: [L]
""")
    z = 0.53 * 0.6 + 0.24 * 0.4
    found = Diagnosis(load_problem(path)).explain({"L": answer(-np.log(z), DIGITS)}, ["L"])["L"]
    assert "activation-left-out" in {cause.code for cause in found}
