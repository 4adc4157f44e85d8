"""Recurrent networks and word embeddings by hand in plain NumPy, with mistakes; nothing of nnsolve is used.

`made` are mistakes, `code` or `code:where`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.bench.slips_training import EPOCHS

Array = NDArray[np.float64]
Answers = dict[str, Any]
Made = Collection[str]


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def sigmoid_slope(a: Array) -> Array:
    return np.asarray(a * (1 - a))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def _drawn(i: int, *shape: int) -> Array:
    return np.random.default_rng([0, i]).uniform(-1, 1, shape)


# The next bit

SEQUENCES = [((0, 0), (0, 1)), ((1, 1), (1, 0)), ((1, 0), (0, 0)), ((0, 1), (1, 0))]
ETA = 0.1
NAMES = ("W_xh", "W_hh", "b_xh", "b_hh", "W2", "b2")
START = tuple(_drawn(i, *shape) for i, shape in enumerate([(1, 3), (3, 3), (3,), (3,), (3, 1), (1,)]))

BITS = (
    "target-minus-prediction",
    "ascent-for-descent",
    "activation-derivative-missing:hidden",
    "activation-derivative-missing:output",
    "derivative-at-activation:hidden",
    "derivative-of-another-activation:hidden",
    "wrong-activation:hidden",
    "previous-state-missing",
    "wrong-time-step:gradient",
    "time-steps-not-summed",
    "mean-for-sum:time",
    "bias-missing",
    "bias-missing:state",
    "bias-not-updated",
    "bias-gradient-early",
    "learning-rate-missing",
    "learning-rate-twice",
    "updated-weights-used",
    "half-missing",
    "wrong-batch",
    "weights-transposed:forward",
    "sign-flipped:hidden",
)
BITS_BPTT = ("recurrent-gradient-dropped", "weights-transposed:backward")
BITS_TRUNCATED = ("not-truncated",)
BITS_LIKELY = ("target-minus-prediction", "learning-rate-twice", "bias-not-updated", "time-steps-not-summed")
BITS_READ = (
    "wrong-time-step:h_2",
    "wrong-sample:h_2",
    "z-for-a:h_2",
    "transposed:dL/dW_hh",
    "sign-flipped:dL/dW_hh",
    "step-for-gradient:dL/dW_hh",
    "wrong-sample:dL/dW_hh",
    "not-updated:W_hh@1",
    "gradient-for-parameter:W_hh@1",
    "wrong-update:W_hh@1",
    "not-updated:W_hh@end",
    "wrong-update:W_hh@end",
    "wrong-update:W2@end",
    "not-updated:b2@end",
    "wrong-time-step:y_hat_2@end",
    "z-for-a:y_hat_2@end",
    "sum-for-mean:L@e1",
    "wrong-update:L@e1",
)


class Bits:
    """The network as a student with some mistakes writes it."""

    def __init__(self, through: bool, made: Made) -> None:
        self.made = frozenset(made)
        self.through = (through or "not-truncated" in made) and "recurrent-gradient-dropped" not in made
        self.f = np.tanh if "wrong-activation:hidden" in made else sigmoid
        self.slope = self._slope()

    def _slope(self) -> Callable[[Array], Array]:
        if "activation-derivative-missing:hidden" in self.made:
            return np.ones_like
        if "derivative-at-activation:hidden" in self.made:
            return lambda a: sigmoid(a) * (1 - sigmoid(a))
        if self.made & {"derivative-of-another-activation:hidden", "wrong-activation:hidden"}:
            return lambda a: 1 - a * a
        return lambda a: a * (1 - a)

    def forward(self, p: Any, xs: Any) -> tuple[list[Array], list[Array], list[Array], list[Array]]:
        """z_t, h_t (with h_0), z2_t, y_hat_t; a row per sequence."""
        W_xh, W_hh, b_xh, b_hh, W2, b2 = p
        hs, zs, z2s, outputs = [np.zeros((len(xs[0]), 3))], [], [], []
        biased = 0.0 if "bias-missing" in self.made else 1.0
        state_bias = 0.0 if "bias-missing:state" in self.made else biased
        W_hh = W_hh.T if "weights-transposed:forward" in self.made else W_hh
        kept = 0.0 if "previous-state-missing" in self.made else 1.0
        for x in xs:
            zs.append(x[:, None] @ W_xh + kept * hs[-1] @ W_hh + biased * b_xh + state_bias * b_hh)
            hs.append(self.f(zs[-1]))
            z2s.append(hs[-1] @ W2 + biased * b2)
            outputs.append(sigmoid(z2s[-1]))
        return zs, hs, z2s, outputs

    def gradient(self, p: Any, xs: Any, ys: Any) -> tuple[dict[int, list[Array]], float, dict[int, Array]]:
        """The share of each step in the gradients, the loss, and dL/dh_t."""
        _, W_hh, _, _, W2, _ = p
        _, hs, _, outputs = self.forward(p, xs)
        if "weights-transposed:forward" in self.made:
            W_hh = W_hh.T
        sign = -1.0 if "target-minus-prediction" in self.made else 1.0
        scale = 2.0 if "half-missing" in self.made else 1.0
        loss, shares, carried, dh = 0.0, {}, np.zeros_like(hs[0]), {}
        whole = sum(hs[t].T @ ((outputs[t - 1] - ys[t - 1][:, None]) * sigmoid_slope(outputs[t - 1])) for t in (1, 2))
        for t in (2, 1):
            h, y, a = hs[t], ys[t - 1][:, None], outputs[t - 1]
            loss += 0.5 * scale * float(((a - y) ** 2).sum())
            d2 = scale * sign * (a - y)
            if "activation-derivative-missing:output" not in self.made:
                d2 = d2 * a * (1 - a)
            dW2 = h.T @ d2
            back = W2 - ETA * whole if "updated-weights-used" in self.made else W2
            dh[t] = d2 @ back.T + carried
            d1 = dh[t] * self.slope(h) * (-1 if "sign-flipped:hidden" in self.made else 1)
            if self.through and "previous-state-missing" not in self.made:
                carried = d1 @ (W_hh if "weights-transposed:backward" in self.made else W_hh.T)
            before = h if "wrong-time-step:gradient" in self.made else hs[t - 1]
            db = (dh[t] if "bias-gradient-early" in self.made else d1).sum(axis=0)
            off = bool(self.made & {"bias-not-updated", "bias-missing"})
            share = [xs[t - 1][:, None].T @ d1, before.T @ d1, db, db, dW2, d2.sum(axis=0)]
            if off:
                share[2], share[3], share[5] = 0 * db, 0 * db, 0 * share[5]
            if "bias-missing:state" in self.made:
                share[3] = 0 * db
            if "previous-state-missing" in self.made:
                share[1] = 0 * share[1]
            shares[t] = share
        return shares, loss, dh

    def total(self, shares: dict[int, list[Array]]) -> list[Array]:
        if "time-steps-not-summed" in self.made:
            return shares[2]
        scale = 0.5 if "mean-for-sum:time" in self.made else 1.0
        return [scale * (a + b) for a, b in zip(shares[1], shares[2], strict=True)]

    def step(self, p: Any, g: list[Array]) -> tuple[Array, ...]:
        rate = 1.0 if "learning-rate-missing" in self.made else ETA**2 if "learning-rate-twice" in self.made else ETA
        rate = -rate if "ascent-for-descent" in self.made else rate
        return tuple(a - rate * b for a, b in zip(p, g, strict=True))


def _steps(which: slice) -> tuple[Any, Any]:
    """The inputs and targets of some sequences, by time."""
    chosen = SEQUENCES[which]
    return (
        [np.array([x[t] for x, _ in chosen], dtype=float) for t in (0, 1)],
        [np.array([y[t] for _, y in chosen], dtype=float) for t in (0, 1)],
    )


class Course(NamedTuple):
    """What a training goes through: parameters after k updates, losses of the epochs, a sequence."""

    states: dict[int, tuple[Array, ...]]
    losses: list[float]
    end: tuple[Array, ...]


@cache
def _course(through: bool, made: frozenset[str]) -> Course:
    net, p, k = Bits(through, made), START, 0
    size = 4 if "wrong-batch" in made else 1
    batches = [_steps(slice(i, i + size)) for i in range(0, 4, size)]
    states, losses = {0: START}, []
    with np.errstate(all="ignore"):
        for _ in range(EPOCHS):
            total = 0.0
            for xs, ys in batches:
                shares, loss, _ = net.gradient(p, xs, ys)
                p, k, total = net.step(p, net.total(shares)), k + 1, total + loss
                if k < 6 or k == EPOCHS:
                    states[k] = p
            losses.append(total / 4)
    return Course(states, losses, p)


def next_bit(through: bool, made: Made) -> Answers:
    """The answers of the two trainings, through time or truncated."""
    read = {code for code in made if code in BITS_READ}
    program = frozenset(made) - read
    net, run = Bits(through, program), _course(through, program)
    first, every = _steps(slice(0, 4 if "wrong-batch" in program else 1)), _steps(slice(0, 4))
    zs, hs, _, _ = net.forward(START, first[0])
    shares, _, dh = net.gradient(START, *first)
    gradient = net.total(shares)[1]
    _, _, z2s, outputs = net.forward(run.end, every[0])
    answers: Answers = {"h_2": hs[2][0] if len(hs[2]) == 1 else hs[2]}
    if through:
        answers["dL/dh_1"] = dh[1][0] if len(dh[1]) == 1 else dh[1]
    answers |= {"dL/dW_hh": gradient, "dL/dW_hh_2": shares[2][1], "W_hh@1": run.states[1][1]}
    answers |= {"L@e1": run.losses[0], f"L@e{EPOCHS}": run.losses[-1]}
    answers |= {f"{name}@end": run.end[i] for i, name in enumerate(NAMES)}
    answers["y_hat_2@end"] = outputs[1]
    second = _steps(slice(1, 2))
    other = {
        "wrong-time-step:h_2": hs[1][0],
        "wrong-sample:h_2": net.forward(START, second[0])[1][2][0],
        "z-for-a:h_2": zs[1][0],
        "transposed:dL/dW_hh": gradient.T,
        "sign-flipped:dL/dW_hh": -gradient,
        "step-for-gradient:dL/dW_hh": ETA * gradient,
        "wrong-sample:dL/dW_hh": net.total(net.gradient(START, *second)[0])[1],
        "not-updated:W_hh@1": START[1],
        "gradient-for-parameter:W_hh@1": gradient,
        "wrong-update:W_hh@1": run.states[2][1],
        "not-updated:W_hh@end": START[1],
        "wrong-update:W_hh@end": run.states[EPOCHS][1],
        "wrong-update:W2@end": run.states[EPOCHS][4],
        "not-updated:b2@end": START[5],
        "wrong-time-step:y_hat_2@end": outputs[0],
        "z-for-a:y_hat_2@end": z2s[1],
        "sum-for-mean:L@e1": 4 * run.losses[0],
        "wrong-update:L@e1": run.losses[1],
    }
    return answers | {code.partition(":")[2]: other[code] for code in read}


# The LSTM over bits

LSTM_PARTS = {
    "a": (0, 0, 1, 1, 1, 0),
    "b": (1, 1, 0, 1, 1),
    "c": (1, 0, 1, 1, 1),
    "d": (1, 1, 0, 1, 1, 0, 1, 1, 1),
    "e": (1, 0, 0, 1, 1, 0, 1, 1, 1),
    "f": (0, 0, 0, 0, 0, 1, 1, 1, 1, 1),
}
LSTM = (
    "previous-state-missing",
    "cell-and-state-confused",
    "cell-and-state-confused:output",
    "gates-exchanged:fi",
    "gates-exchanged:io",
    "gates-exchanged:fo",
    "gate-inverted",
    "wrong-activation:candidate",
    "wrong-activation:output",
    "activation-left-out/z-for-a:output",
    "activation-left-out/z-for-a:candidate",
    "bias-missing",
    "bias-missing:forget",
    "bias-missing:input",
    "initial-state",
    "wrong-time-step:input",
    "given-negated:recurrent",
    "halves-rounded-up",
    "factor-left-out:output-gate",
    "wrong-time-step:h",
)
LSTM_GATES = ("rounding-missing", "rounding-missing:gates", "rounding-missing:tanh")
LSTM_STATE = ("rounding-missing", "rounded-early:gates", "rounded-early:cell")
LSTM_LIKELY = ("previous-state-missing", "gates-exchanged:fi", "cell-and-state-confused", "halves-rounded-up")


def _half_up(x: float) -> float:
    return float(np.floor(x + 0.5))


def lstm(state_rounded: bool, made: Made) -> Answers:
    """h of each part, and c_10 of the last: gates and tanh rounded, or the state."""
    answers: Answers = {}
    for part, xs in LSTM_PARTS.items():
        hs, cs = _lstm(state_rounded, made, xs)
        answers[f"{part}.h"] = np.array(hs)
        if part == "f":
            answers["f.c_10"] = cs[-1]
    return answers


def _lstm(state_rounded: bool, made: Made, xs: tuple[int, ...]) -> tuple[list[float], list[float]]:
    rnd: Callable[[float], float] = _half_up if "halves-rounded-up" in made else lambda x: float(np.round(x))

    def keep(x: float) -> float:
        return x

    whole = "rounding-missing" not in made
    gate_rnd = rnd if not state_rounded and whole and "rounding-missing:gates" not in made else keep
    tanh_rnd = rnd if not state_rounded and whole and "rounding-missing:tanh" not in made else keep
    state_rnd = rnd if state_rounded and whole else keep
    cell_rnd = rnd if "rounded-early:cell" in made else keep
    if "rounded-early:gates" in made:
        gate_rnd = rnd

    def bias(gate: str, b: float) -> float:
        return 0.0 if "bias-missing" in made or f"bias-missing:{gate}" in made else b

    def squash(where: str, z: float) -> float:
        if f"activation-left-out/z-for-a:{where}" in made:
            return z
        return tanh_rnd(float(sigmoid(np.array(z)) if f"wrong-activation:{where}" in made else np.tanh(z)))

    h = c = 1.0 if "initial-state" in made else 0.0
    hs, cs = [], []
    for t, now in enumerate(xs):
        x = (xs[t + 1] if t + 1 < len(xs) else 0) if "wrong-time-step:input" in made else now
        with np.errstate(over="ignore"):
            f = gate_rnd(float(sigmoid(np.array(bias("forget", -100.0)))))
            i = gate_rnd(float(sigmoid(np.array(100.0 * x + bias("input", 100.0)))))
            o = gate_rnd(float(sigmoid(np.array(100.0 * x))))
        if "gates-exchanged:fi" in made:
            f, i = i, f
        if "gates-exchanged:io" in made:
            i, o = o, i
        if "gates-exchanged:fo" in made:
            f, o = o, f
        if "gate-inverted" in made:
            f = 1 - f
        if "factor-left-out:output-gate" in made:
            o = 1.0
        before = 0.0 if "previous-state-missing" in made else c if "cell-and-state-confused" in made else h
        recurrent = 100.0 if "given-negated:recurrent" in made else -100.0
        g = squash("candidate", 50.0 * x + recurrent * before)
        c = cell_rnd(f * c + i * g)
        h = state_rnd(o * squash("output", c))
        hs.append(c if "cell-and-state-confused:output" in made else h)
        cs.append(c)
    if "wrong-time-step:h" in made:
        hs = [0.0, *hs[:-1]]
    return hs, cs


# Words

E = np.array([[0.9, 0.1], [0.2, 0.8], [-0.7, -0.2], [0.8, 0.2], [0.1, 0.9], [-0.6, -0.8]])
W = np.array([[1.0, -1], [-1, 1]])
W_XH, W_HH = np.array([[1.0, -1], [0, 1]]), np.array([[0.5, 0], [1, -0.5]])

WORDS = (
    "wrong-word",
    "sum-for-mean",
    "wrong-pooling:last",
    "wrong-pooling:max",
    "norms-missing",
    "wrong-word/wrong-time-step:similarity",
    "softmax-left-out",
    "softmax-not-normalized",
    "previous-state-missing",
    "wrong-activation",
    "activation-left-out",
    "weights-transposed:input",
    "weights-transposed:state",
    "wrong-weights",
    "wrong-time-step:h_3",
    "sequence-reversed",
    "target-minus-prediction",
    "activation-derivative-missing",
    "recurrent-gradient-dropped",
    "wrong-class",
    "sign-flipped:dL/dE",
    "transposed:dL/dE",
    "initial-state",
    "weights-transposed:backward",
    "neighbouring-element:nearest",
    "elements-permuted:y_hat",
)
WORDS_LIKELY = ("softmax-left-out", "previous-state-missing", "weights-transposed:input", "wrong-word")


def words(made: Made) -> Answers:
    """The means of the words' vectors, and the recurrent network over them."""
    shift = 1 if "wrong-word" in made else 0
    answers: Answers = {}

    def squash(z: Array) -> Array:
        if "softmax-left-out" in made:
            return z
        return np.exp(z) if "softmax-not-normalized" in made else softmax(z)

    for name, x in (("dog-bites-man", (1, 3, 2)), ("man-bites-dog", (2, 3, 1))):
        es = [E[n - 1 + shift] for n in x]
        p = sum(es) / (1 if "sum-for-mean" in made else 3)
        p = es[-1] if "wrong-pooling:last" in made else np.max(es, axis=0) if "wrong-pooling:max" in made else p
        if name == "dog-bites-man":
            answers[f"mean-{name}.e_1"] = es[0]
        answers[f"mean-{name}.p"] = p
        y_hat = squash(W @ p)
        answers[f"mean-{name}.y_hat"] = y_hat[::-1] if "elements-permuted:y_hat" in made else y_hat
        if name == "dog-bites-man":
            other = es[1] if "wrong-word/wrong-time-step:similarity" in made else es[2]
            scale = 1.0 if "norms-missing" in made else np.linalg.norm(es[0]) * np.linalg.norm(other)
            answers[f"mean-{name}.similarity"] = float(es[0] @ other / scale)
            answers[f"mean-{name}.nearest"] = _nearest(es[0], made)
        answers |= {f"recurrent-{name}.{key}": value for key, value in _read(x, es, squash, made).items()}
    del answers["recurrent-man-bites-dog.dL/dE"]
    return answers


def _nearest(e: Array, made: Made) -> Array:
    scale = np.ones(len(E)) if "norms-missing" in made else np.linalg.norm(E, axis=1)
    order = np.argsort(-(E @ e) / scale, kind="stable")
    return np.asarray(order[1:4] if "neighbouring-element:nearest" in made else order[:3], float) + 1


def _read(x: tuple[int, ...], es: list[Array], squash: Callable[[Array], Array], made: Made) -> Answers:
    steps = list(zip(x, es, strict=True))
    if "sequence-reversed" in made:
        steps = steps[::-1]
    W_xh = W_XH.T if "weights-transposed:input" in made else W_XH
    W_hh = W_HH.T if "weights-transposed:state" in made else W_HH
    if "wrong-weights" in made:
        W_xh, W_hh = W_hh, W_xh
    f = sigmoid if "wrong-activation" in made else (lambda z: z) if "activation-left-out" in made else np.tanh
    hs = [np.ones(2) if "initial-state" in made else np.zeros(2)]
    for _, e in steps:
        hs.append(f(W_xh @ e + (0.0 if "previous-state-missing" in made else 1.0) * W_hh @ hs[-1]))
    h = hs[2] if "wrong-time-step:h_3" in made else hs[3]
    y_hat = squash(W @ hs[3])
    y = np.array([0.0, 1]) if "wrong-class" in made else np.array([1.0, 0])
    error = (y - y_hat) if "target-minus-prediction" in made else (y_hat - y)
    dh, dE = W.T @ error, np.zeros_like(E)
    for t in (3, 2, 1):
        slope = hs[t] * (1 - hs[t]) if "wrong-activation" in made else 1 - hs[t] ** 2
        if made and {"activation-derivative-missing", "activation-left-out"} & set(made):
            slope = np.ones(2)
        dz = dh * slope
        word = steps[t - 1][0] - 1 + (1 if "wrong-word" in made else 0)
        dE[word] += W_xh.T @ dz
        back = W_hh if "weights-transposed:backward" in made else W_hh.T
        dh = back @ dz
        if {"recurrent-gradient-dropped", "previous-state-missing"} & set(made):
            dh = 0 * dh
    dE = -dE if "sign-flipped:dL/dE" in made else dE.T if "transposed:dL/dE" in made else dE
    if "elements-permuted:y_hat" in made:
        y_hat = y_hat[::-1]
    return {"h_3": h, "y_hat": y_hat, "dL/dE": dE}


EXERCISES = (
    (
        "next-bit-rnn",
        lambda made: next_bit(False, made),
        (*BITS, *BITS_TRUNCATED, *BITS_READ),
        BITS_LIKELY,
    ),
    (
        "next-bit-rnn-bptt",
        lambda made: next_bit(True, made),
        (*BITS, *BITS_BPTT, *BITS_READ),
        (*BITS_LIKELY, "recurrent-gradient-dropped"),
    ),
    ("lstm-rounded-gates", lambda made: lstm(False, made), (*LSTM, *LSTM_GATES), LSTM_LIKELY),
    ("lstm-rounded-state", lambda made: lstm(True, made), (*LSTM, *LSTM_STATE), LSTM_LIKELY),
    ("word-embeddings", words, WORDS, WORDS_LIKELY),
)
"""Problem, the answers that mistakes give, the mistakes, those that are likely together."""
