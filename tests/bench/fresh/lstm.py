"""A scalar LSTM over bits, its gates rounded or its state."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Answers, Student, problem

BITS = {
    "a": [0, 0, 1, 1, 1, 0],
    "b": [1, 1, 0, 1, 1],
    "c": [1, 0, 1, 1, 1],
    "d": [1, 1, 0, 1, 1, 0, 1, 1, 1],
    "e": [1, 0, 0, 1, 1, 0, 1, 1, 1],
    "f": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
}


def sigmoid(u: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(u, -700, 700))))


def states(s: Student, bits: list[int], round_gates: bool) -> tuple[list[float], list[float]]:
    """h and c after every bit: f = 0, i = 1, o = sigmoid(100 x), g = tanh(50 x - 100 h), as the weights say."""

    def whole(value: float) -> float:
        return value if s(w.UNROUNDED) else float(np.round(value))

    squash = sigmoid if s(w.OTHER_ACTIVATION) else lambda u: float(np.tanh(u))
    h, c = 0.0, 0.0
    all_h, all_c = [], []
    for x in bits:
        before = c if s(w.C_FOR_H, "recurrent") else h
        if s(w.RECURRENT_TERM_DROPPED):
            before = 0.0
        bias = 0.0 if s(w.BIAS_LEFT_OUT) else 100.0
        f, i, o = sigmoid(-bias), sigmoid(100 * x + bias), sigmoid(100 * x)
        g = 50 * x - 100 * before if s(w.Z_FOR_A, "g") else squash(50 * x - 100 * before)
        if s(w.GATES_EXCHANGED, "f and i"):
            f, i = i, f
        if s(w.GATES_EXCHANGED, "i and o"):
            i, o = o, i
        if round_gates:
            f, i, o, g = whole(f), whole(i), whole(o), whole(g)
        c = f * c + i * g
        out = c if s(w.Z_FOR_A, "tanh of c") else squash(c)
        h = o * (whole(out) if round_gates else out)
        if not round_gates:
            h = whole(h)
        all_h.append(h)
        all_c.append(c)
    return all_h, all_c


def answers(s: Student, round_gates: bool) -> Answers:
    given: Answers = {}
    for part, bits in BITS.items():
        h, c = states(s, bits, round_gates)
        given[f"{part}.h"] = np.array(c if s(w.C_FOR_H, "answer") else h)
        if part == "f":
            given["f.c_10"] = h[-1] if s(w.C_FOR_H, "c_10") else c[-2] if s(w.NEIGHBOURING_STEP) else c[-1]
    return given


PAIRS = ((w.UNROUNDED, w.OTHER_ACTIVATION), (w.UNROUNDED, w.C_FOR_H), (w.UNROUNDED, w.BIAS_LEFT_OUT))
PROBLEMS = {
    "lstm-rounded-gates": problem(lambda s: answers(s, True), *PAIRS),
    "lstm-rounded-state": problem(lambda s: answers(s, False), *PAIRS),
}
