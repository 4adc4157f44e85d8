"""Trainings worked out by hand in plain NumPy, with the mistakes that students make; nothing of nnsolve is used.

A sample is a row, a weight matrix has a column per unit: Z = X W + b. `made` are mistakes, `code` or `code:where`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

EPOCHS = 200
"""Of the notebook's trainings: fewer than it makes, more than every mistake is tried for."""

Array = NDArray[np.float64]
Answers = dict[str, Any]
Made = Collection[str]


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def tanh_slope(a: Array) -> Array:
    return np.asarray(1 - a * a)


def sigmoid_slope(a: Array) -> Array:
    return np.asarray(a * (1 - a))


FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {"sigmoid": sigmoid, "tanh": np.tanh, "identity": lambda z: z}
SLOPES: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid_slope,
    "tanh": tanh_slope,
    "identity": lambda a: np.ones_like(a),
}
ANOTHER = {"sigmoid": "tanh", "tanh": "sigmoid"}


class Training(NamedTuple):
    """A network of two layers and how it is trained."""

    W1: Any
    b1: Any
    W2: Any
    b2: Any
    X: Any
    Y: Any
    hidden: str
    entropy: bool  # binary cross-entropy, of a mean over the batch; else half the squared error, summed
    eta: float
    epochs: int
    batch: int
    losses: tuple[int, ...]


def _drawn(i: int, *shape: int) -> Array:
    return np.random.default_rng([0, i]).uniform(-1, 1, shape)


_XOR = [[0.0, 0], [1, 0], [0, 1], [1, 1]], [[0.0], [1], [1], [0]]
_START = _drawn(0, 2, 3), _drawn(1, 3), _drawn(2, 3, 1), _drawn(3, 1)
STOCHASTIC = Training(*_START, *_XOR, "sigmoid", False, 0.1, EPOCHS, 1, (1, EPOCHS // 10, EPOCHS))
BATCH = STOCHASTIC._replace(batch=4)
MINI = Training(
    [[1.0, -1], [1, -1]],
    [-0.5, 1.5],
    [[1.0], [1]],
    [0.0],
    [[0.0, 0], [0, 1], [1, 0], [1, 1]],
    [[0.0], [1], [1], [0]],
    "tanh",
    True,
    0.5,
    3,
    2,
    (1, 2, 3),
)

PROGRAM = (
    "target-minus-prediction",
    "ascent-for-descent",
    "sign-flipped:hidden",
    "activation-derivative-missing:hidden",
    "derivative-at-activation:hidden",
    "derivative-at-preactivation:hidden",
    "derivative-of-another-activation:hidden",
    "wrong-activation:hidden",
    "activation-left-out:hidden",
    "bias-missing",
    "bias-missing:hidden",
    "bias-missing:output",
    "bias-not-updated",
    "bias-not-updated:hidden",
    "bias-not-updated:output",
    "bias-gradient-early",
    "learning-rate-missing",
    "learning-rate-twice",
    "updated-weights-used",
    "factor-left-out:weights",
    "z-for-a:gradient",
    "half-extra",
    "wrong-batch",
)
SQUARED = (
    "half-missing",
    "activation-derivative-missing:output",
    "derivative-at-activation:output",
    "derivative-of-another-activation:output",
)
LIKELY = (
    "target-minus-prediction",
    "learning-rate-twice",
    "bias-not-updated",
    "activation-derivative-missing:hidden",
    "updated-weights-used",
)
READ = (
    "not-updated:W1@end",
    "not-updated:W2@end",
    "not-updated:b1@end",
    "wrong-update:W1@end",
    "wrong-update:W2@end",
    "wrong-update:b2@end",
    "transposed:W1@end",
    "sign-flipped:W2@end",
    "sum-for-mean:L@e1",
    "wrong-update:L@e1",
    "elements-permuted:W2@end",
)
READ_XOR = (
    "gradient-for-parameter:W2@1",
    "step-for-parameter:W2@1",
    "not-updated:W2@1",
    "wrong-update:W2@1",
    "wrong-sample:W2@1",
    "z-for-a:y_hat@end",
    "not-updated:y_hat@end",
    "percent:y_hat@end",
    "elements-permuted:y_hat@end",
    f"wrong-update:L@e{EPOCHS // 10}",
)
READ_MINI = (
    "wrong-sample:a2",
    "wrong-sample:dL/dW1",
    "z-for-a:a2",
    "sign-flipped:dL/dW1",
    "step-for-gradient:dL/dW1",
    "parameter-for-gradient:dL/dW1",
    "transposed:dL/dW1",
    "log2-for-ln:L@e1",
    "sum-for-mean:L@e2",
    "wrong-update:L@e2",
)


class State(NamedTuple):
    """The parameters."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array


def _slope(kind: str, layer: str, made: Made) -> Any:
    """f' of z and a as the student takes it."""
    own = SLOPES[kind]
    f = FUNCTIONS[kind]
    if f"activation-derivative-missing:{layer}" in made:
        return lambda z, a: np.ones_like(a)
    if f"derivative-at-activation:{layer}" in made:
        return lambda z, a: own(f(a))
    if f"derivative-at-preactivation:{layer}" in made:
        return lambda z, a: own(z)
    if f"derivative-of-another-activation:{layer}" in made:
        return lambda z, a: SLOPES[ANOTHER[kind]](a)
    return lambda z, a: own(a)


class Model:
    """The network of a training as a student with some mistakes writes it."""

    def __init__(self, t: Training, made: Made) -> None:
        self.t, self.made = t, frozenset(made)
        kind = t.hidden
        if "wrong-activation:hidden" in made:
            kind = ANOTHER[kind]
        if "activation-left-out:hidden" in made:
            kind = "identity"
        self.f, self.df1, self.df2 = FUNCTIONS[kind], _slope(kind, "hidden", made), _slope("sigmoid", "output", made)
        none = "bias-missing" in made
        self.biased1 = 0.0 if none or "bias-missing:hidden" in made else 1.0
        self.biased2 = 0.0 if none or "bias-missing:output" in made else 1.0
        self.scale = 2.0 if "half-missing" in made else 0.5 if "half-extra" in made else 1.0
        self.eta = t.eta * {"learning-rate-missing": 1 / t.eta, "learning-rate-twice": t.eta}.get(_rate(made), 1.0)
        self.sign = -1.0 if "target-minus-prediction" in made else 1.0
        self.up = -1.0 if "ascent-for-descent" in made else 1.0

    def forward(self, s: State, x: Array) -> tuple[Array, Array, Array, Array]:
        z1 = x @ s.W1 + self.biased1 * s.b1
        a1 = self.f(z1)
        z2 = a1 @ s.W2 + self.biased2 * s.b2
        return z1, a1, z2, sigmoid(z2)

    def loss(self, a2: Array, y: Array) -> float:
        """Summed over the samples."""
        if self.t.entropy:
            return self.scale * float(-(y * np.log(a2) + (1 - y) * np.log(1 - a2)).sum())
        return 0.5 * self.scale * float(((a2 - y) ** 2).sum())

    def gradient(self, s: State, x: Array, y: Array) -> tuple[State, float]:
        """Of one batch, and its loss."""
        z1, a1, z2, a2 = self.forward(s, x)
        d2 = self.sign * self.scale * (a2 - y)
        if not self.t.entropy:
            d2 = d2 * self.df2(z2, a2)
        if self.t.entropy != bool(self.made & {"sum-for-mean", "mean-for-sum"}):
            d2 = d2 / len(x)
        dW2 = (z1 if "z-for-a:gradient" in self.made else a1).T @ d2
        W2 = s.W2 - self.eta * self.up * dW2 if "updated-weights-used" in self.made else s.W2
        back = np.repeat(d2, a1.shape[1], axis=1) if "factor-left-out:weights" in self.made else d2 @ W2.T
        d1 = back * self.df1(z1, a1) * (-1 if "sign-flipped:hidden" in self.made else 1)
        early = back if "bias-gradient-early" in self.made else d1
        db1, db2 = early.sum(axis=0), d2.sum(axis=0)
        if self.made & {"bias-not-updated", "bias-not-updated:hidden", "bias-missing", "bias-missing:hidden"}:
            db1 = db1 * 0.0
        if self.made & {"bias-not-updated", "bias-not-updated:output", "bias-missing", "bias-missing:output"}:
            db2 = db2 * 0.0
        return State(x.T @ d1, db1, dW2, db2), self.loss(a2, y)

    def step(self, s: State, g: State) -> State:
        rate = self.up * self.eta
        return State(*[p - rate * d for p, d in zip(s, g, strict=True)])


def _rate(made: Made) -> str:
    return next((code for code in made if code.startswith("learning-rate")), "")


class Course(NamedTuple):
    """What a training goes through."""

    states: dict[int, State]  # by updates
    losses: list[float]  # of the epochs, a sample
    end: State


@cache
def course(key: str, made: frozenset[str]) -> Course:
    """The training of one of the exercises, with mistakes."""
    t = TRAININGS[key]
    X, Y = np.array(t.X), np.array(t.Y)
    model, s = Model(t, made), State(*[np.array(p, dtype=float) for p in t[:4]])
    size = t.batch
    if "wrong-batch" in made:
        size = 4 if t.batch == 1 else 1
    states, losses, k = {0: s}, [], 0
    with np.errstate(all="ignore"):
        for _ in range(t.epochs):
            total = 0.0
            for i in range(0, len(X), size):
                gradient, loss = model.gradient(s, X[i : i + size], Y[i : i + size])
                s, k, total = model.step(s, gradient), k + 1, total + loss
                if k < 6 or k in (t.epochs - 1, t.epochs):
                    states[k] = s
            losses.append(total / len(X))
    return Course(states, losses, s)


def training(key: str, made: Made) -> Answers:
    """The answers of an exercise, with mistakes in the program, or in what is read off it."""
    program = frozenset(code for code in made if "@" not in code and ":a2" not in code and ":dL" not in code)
    t = TRAININGS[key]
    X, Y = np.array(t.X), np.array(t.Y)
    model, run = Model(t, program), course(key, program)
    answers: Answers = {}
    if key == "xor-mini-batches":
        first, _ = model.gradient(run.states[0], X[:2], Y[:2])
        answers |= {"a2": model.forward(run.states[0], X[:2])[3], "dL/dW1": first.W1}
    else:
        answers["W2@1"] = run.states[1].W2
    answers |= {f"L@e{n}": run.losses[n - 1] for n in t.losses}
    answers |= {"W1@end": run.end.W1, "b1@end": run.end.b1, "W2@end": run.end.W2, "b2@end": run.end.b2}
    if key != "xor-mini-batches":
        answers["y_hat@end"] = model.forward(run.end, X)[3]
    for code in set(made) - program:
        how, _, ask = code.partition(":")
        answers[ask] = _misread(how, ask, answers[ask], run, model)
    return answers


def _misread(how: str, ask: str, value: Any, run: Course, model: Model) -> Any:
    t = model.t
    X, Y = np.array(t.X), np.array(t.Y)
    name = ask.partition("@")[0]
    simple: Mapping[str, Callable[[], Any]] = {
        "transposed": lambda: np.transpose(value),
        "sign-flipped": lambda: -value,
        "elements-permuted": lambda: value[::-1],
        "percent": lambda: 100 * value,
        "sum-for-mean": lambda: 4 * value,
        "log2-for-ln": lambda: value / np.log(2),
    }
    if how in simple:
        return simple[how]()
    if ask.startswith("L@e"):
        return run.losses[0] if ask != "L@e1" else run.losses[1]
    start = run.states[0]
    if how == "wrong-sample":
        g, _ = model.gradient(start, X[t.batch : 2 * t.batch], Y[t.batch : 2 * t.batch])
        z = model.forward(start, X[t.batch : 2 * t.batch])
        return {"W2@1": model.step(start, g).W2, "a2": z[3], "dL/dW1": g.W1}[ask]
    g, _ = model.gradient(start, X[: t.batch], Y[: t.batch])
    if how == "wrong-update":
        k = 2 if ask == "W2@1" else t.epochs if t.batch == 1 else t.epochs - 1
        return getattr(run.states[k], name)
    if how == "not-updated":
        return model.forward(start, X)[3] if name == "y_hat" else getattr(start, name)
    if how == "z-for-a":
        return model.forward(start, X[:2])[2] if name == "a2" else model.forward(run.end, X)[2]
    if how == "parameter-for-gradient":
        return run.states[1].W1
    step = {"step-for-gradient": t.eta, "step-for-parameter": t.eta, "gradient-for-parameter": 1.0}[how]
    return step * (g.W1 if ask == "dL/dW1" else g.W2)


TRAININGS = {"xor-stochastic": STOCHASTIC, "xor-batch": BATCH, "xor-mini-batches": MINI}

PERCEPTRON = (
    "target-minus-prediction",
    "ascent-for-descent",
    "step-at-zero",
    "bias-missing",
    "bias-not-updated",
    "wrong-batch",
    "wrong-update:W@4",
    "wrong-update:b@4",
    "not-updated:W@end",
    "wrong-update:W@end",
    "wrong-update:b@end",
    "z-for-a:y_hat@end",
    "sign-flipped:b@end",
)


def perceptron(made: Made) -> Answers:
    """Rosenblatt's rule on AND, six passes."""
    X, Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 0, 0, 1])
    sign = -1.0 if {"target-minus-prediction", "ascent-for-descent"} & set(made) else 1.0
    at_zero = 0.0 if "step-at-zero" in made else 1.0

    def step(z: Any) -> Any:
        return np.where(z > 0, 1.0, np.where(z == 0, at_zero, 0.0))

    W, b, zs, states = np.zeros(2), 0.0, [], [(np.zeros(2), 0.0)]
    biased = 0.0 if "bias-missing" in made else 1.0
    change = 0.0 if {"bias-not-updated", "bias-missing"} & set(made) else 1.0
    for _ in range(6):
        old = W, b
        for x, y in zip(X, Y, strict=True):
            use_W, use_b = old if "wrong-batch" in made else (W, b)
            z = use_W @ x + biased * use_b
            zs.append(z)
            error = sign * (y - step(z))
            W, b = W + error * x, b + change * error
            states.append((W, b))
    answers: Answers = {f"z@{k}": np.array([zs[k]]) for k in range(4)}
    answers |= {"W@4": np.array([states[4][0]]), "b@4": np.array([states[4][1]])}
    answers |= {"W@end": np.array([W]), "b@end": np.array([b])}
    z = (X @ W + biased * b)[:, None]
    answers["y_hat@end"] = step(z)
    other = {
        "wrong-update:W@4": ("W@4", np.array([states[3][0]])),
        "wrong-update:b@4": ("b@4", np.array([states[3][1]])),
        "not-updated:W@end": ("W@end", np.zeros((1, 2))),
        "wrong-update:W@end": ("W@end", np.array([states[20][0]])),
        "wrong-update:b@end": ("b@end", np.array([states[20][1]])),
        "z-for-a:y_hat@end": ("y_hat@end", z),
        "sign-flipped:b@end": ("b@end", np.array([-b])),
    }
    answers.update(dict(other[code] for code in made if code in other))
    return answers


EXERCISES = (
    (
        "xor-stochastic",
        lambda made: training("xor-stochastic", made),
        (*PROGRAM, *SQUARED, *READ, *READ_XOR),
        LIKELY,
    ),
    (
        "xor-batch",
        lambda made: training("xor-batch", made),
        (*PROGRAM, *SQUARED, "mean-for-sum", *READ, *(code for code in READ_XOR if "sample" not in code)),
        (*LIKELY, "mean-for-sum"),
    ),
    (
        "xor-mini-batches",
        lambda made: training("xor-mini-batches", made),
        (*PROGRAM, "sum-for-mean", *READ, *READ_MINI),
        (*LIKELY, "sum-for-mean"),
    ),
    ("perceptron-and", perceptron, PERCEPTRON, ()),
)
"""Problem, the answers that mistakes give, the mistakes, those that are likely together."""
