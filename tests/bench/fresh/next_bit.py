"""The recurrent network that predicts the next bit, with and without backpropagation through time."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.crowd import EPOCHS, Crowd, activate, rates, slope
from tests.bench.fresh.student import Answers, Array, Problem, Student

INPUTS = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]
TARGETS = [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 0.0)]
SHAPES = {"W_xh": (1, 3), "W_hh": (3, 3), "b_xh": (3,), "b_hh": (3,), "W2": (3, 1), "b2": (1,)}
Parameters = dict[str, Array]


def turned(value: Array) -> Array:
    return np.swapaxes(value, 1, 2)


def forward(s: Crowd, p: Parameters, bits: tuple[float, float]) -> tuple[list[Array], ...]:
    """z, h, and the output's pre-activation and activation, of both steps; h has the initial zeros first."""
    matrix = s.pick(w.UNTRANSPOSED, "forward", lambda: turned(p["W_hh"]), p["W_hh"])
    bias = s.pick(w.BIAS_LEFT_OUT, "b_hh", lambda: p["b_xh"], p["b_xh"] + p["b_hh"])
    z: list[Array] = []
    h, u, y = [np.zeros((s.size, 1, 3))], [], []
    for t, bit in enumerate(bits):
        now = bit * p["W_xh"] + bias
        if t:
            now = s.pick(w.RECURRENT_TERM_DROPPED, "", partial(np.asarray, now), now + h[t] @ matrix)
        z.append(now)
        h.append(activate(s, now, "h"))
        out = h[-1] @ p["W2"]
        u.append(s.pick(w.BIAS_LEFT_OUT, "b2", partial(np.asarray, out), out + p["b2"]))
        y.append(activate(s, u[-1], "y_hat"))
    return z, h, u, y


def gradients(
    s: Crowd, p: Parameters, factor: Parameters, bits: tuple[float, float], targets: tuple[float, float], carry: bool
) -> tuple[Parameters, Parameters]:
    """The gradient of each parameter over the sequence, and what else the answers want."""
    z, h, u, y = forward(s, p, bits)
    errors = [y[t] - targets[t] for t in (0, 1)]
    deltas = [errors[t] * slope(s, u[t], y[t], "y_hat") * factor["error"] for t in (0, 1)]
    g = {"W2": turned(h[1]) @ deltas[0] + turned(h[2]) @ deltas[1], "b2": deltas[0] + deltas[1]}
    new_w2 = p["W2"] + factor["W2"] * g["W2"]
    back = turned(s.pick(w.NEW_WEIGHTS, "", lambda: new_w2, p["W2"]))
    dh2 = deltas[1] @ back
    dz2 = dh2 * slope(s, z[1], h[2], "h")
    dh1 = deltas[0] @ back
    if carry:
        matrix = s.pick(w.UNTRANSPOSED, "backward", lambda: p["W_hh"], turned(p["W_hh"]))
        through = dz2 @ matrix
        dh1 = s.pick(w.RECURRENT_GRADIENT_DROPPED, "", lambda: dh1, dh1 + through)
    dz1 = dh1 * slope(s, z[0], h[1], "h")
    of_step_2 = turned(h[1]) @ dz2
    both = s.pick(
        w.NEIGHBOURING_STEP, "dW_hh", lambda: turned(h[1]) @ dz1 + turned(h[2]) @ dz2, turned(h[0]) @ dz1 + of_step_2
    )
    g["W_hh"] = s.pick(w.FACTORS_SWAPPED, "", lambda: turned(both), both)
    g["W_xh"] = bits[0] * dz1 + bits[1] * dz2
    g["b_xh"] = g["b_hh"] = s.pick(w.BIAS_BEFORE_DERIVATIVE, "", lambda: dh1 + dh2, dz1 + dz2)
    loss = (errors[0] ** 2 + errors[1] ** 2) * factor["loss"]
    return g, {"loss": loss, "h_1": h[1], "h_2": h[2], "dL/dh_1": dh1, "dL/dW_hh_2": of_step_2}


def factors(s: Crowd) -> Parameters:
    factor = rates(s, 0.1, ("W2", "b2", "W_hh", "W_xh", "b_xh", "b_hh"))
    for name, place in (("b2", "output"), ("b_xh", "hidden"), ("b_hh", "hidden")):
        factor[name] = factor[name] * s.number(w.BIAS_NOT_UPDATED, place, 0.0, 1.0)
    mean = s.number(w.MEAN_FOR_SUM, "", 0.5, 1.0)
    factor["error"] = s.number(w.HALF_MISSING, "dL", 2.0, 1.0) * s.number(w.TWO_EXTRA, "", 2.0, 1.0) * mean
    factor["error"] = factor["error"] * s.number(w.TARGET_MINUS_OUTPUT, "", -1.0, 1.0)
    factor["loss"] = s.number(w.HALF_MISSING, "L", 1.0, 0.5) * s.number(w.SUM_FOR_MEAN, "L@e", 4.0, 1.0) * mean
    return factor


def first_answers(s: Crowd, p: Parameters, new: Array, g: Parameters, seen: Parameters) -> Parameters:
    """What is asked of the first sequence and of the first update."""
    step_2 = s.pick(w.NEIGHBOURING_STEP, "dW_hh_2", lambda: np.zeros((s.size, 3, 3)), seen["dL/dW_hh_2"])
    gradient = s.pick(w.TRANSPOSED, "dW_hh", lambda: turned(g["W_hh"]), g["W_hh"])
    gradient = s.pick(w.SIGN, "dW_hh", lambda: -g["W_hh"], gradient)
    gradient = s.pick(w.PARAMETER_FOR_GRADIENT, "", lambda: new, gradient)
    updated = s.pick(w.TRANSPOSED, "W_hh@1", lambda: turned(new), new)
    updated = s.pick(w.GRADIENT_FOR_PARAMETER, "", lambda: g["W_hh"], updated)
    updated = s.pick(w.NEIGHBOURING_UPDATE, "", lambda: p["W_hh"], updated)
    h_2 = s.pick(w.NEIGHBOURING_STEP, "h_2", lambda: seen["h_1"], seen["h_2"])
    given = {"h_2": h_2, "dL/dh_1": seen["dL/dh_1"], "dL/dW_hh": gradient, "dL/dW_hh_2": step_2, "W_hh@1": updated}
    return given


def train(students: Sequence[Student], carry: bool, epochs: int = EPOCHS) -> list[Answers]:
    s = Crowd(students)
    p = s.initial(SHAPES)
    factor = factors(s)
    kept: Parameters = {}
    for epoch in range(1, epochs + 1):
        total = np.zeros((s.size, 1, 1))
        for k in range(4):
            g, seen = gradients(s, p, factor, INPUTS[k], TARGETS[k], carry)
            new = {name: p[name] + factor[name] * g[name] for name in p}
            if epoch == 1 and k == 0:
                kept |= first_answers(s, p, new["W_hh"], g, seen)
            p = new
            total = total + seen["loss"]
        if epoch in (1, EPOCHS):
            kept[f"L@e{epoch}"] = total / 4
    kept |= {f"{name}@end": p[name] for name in p}
    last = np.concatenate([forward(s, p, bits)[3][1] for bits in INPUTS], axis=1)
    last = s.pick(w.PERCENT, "y_hat", lambda: 100 * last, last)
    kept["y_hat_2@end"] = s.pick(w.PERMUTED, "y_hat", lambda: last[:, [0, 3, 2, 1]], last)
    if not carry:
        del kept["dL/dh_1"]
    return [
        {key: float(v[n, 0, 0]) if key.startswith("L@") else v[n] for key, v in kept.items()}
        for n in range(len(students))
    ]


PAIRS = (
    (w.TARGET_MINUS_OUTPUT, w.DERIVATIVE_MISSING),
    (w.HALF_MISSING, w.DERIVATIVE_MISSING),
    (w.HALF_MISSING, w.ASCENT),
    (w.NEW_WEIGHTS, w.DERIVATIVE_MISSING),
    (w.BIAS_LEFT_OUT, w.HALF_MISSING),
    (w.SUM_FOR_MEAN, w.HALF_MISSING),
    (w.FACTORS_SWAPPED, w.HALF_MISSING),
    (w.NEIGHBOURING_STEP, w.HALF_MISSING),
    (w.TRANSPOSED, w.SIGN),
)
CARRIED = (
    (w.RECURRENT_GRADIENT_DROPPED, w.DERIVATIVE_MISSING),
    (w.RECURRENT_GRADIENT_DROPPED, w.HALF_MISSING),
    (w.RECURRENT_GRADIENT_DROPPED, w.TARGET_MINUS_OUTPUT),
)
PROBLEMS = {
    "next-bit-rnn-bptt": Problem(
        lambda crowd: train(crowd, True), PAIRS + CARRIED, explore=lambda student: train([student], True, 1)
    ),
    "next-bit-rnn": Problem(
        lambda crowd: train(crowd, False), PAIRS, explore=lambda student: train([student], False, 1)
    ),
}
