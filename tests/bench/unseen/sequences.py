"""Recurrent networks by hand: an LSTM of one unit, and a small RNN that is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

import nnsolve
from tests.bench.unseen.hand import OWN, Exercise, Hand, Mistake, sigmoid


def lstm(hand: Hand) -> None:
    """lstm-three-steps: one unit, three steps, a loss at each, one step of SGD."""
    x = hand([1.0, -0.5, 2], input_shifted=[0.0, 1, -0.5])
    y = [0.3, -0.2, 0.5]
    wx, wh = dict(f=0.7, i=-0.6, o=0.5, g=1.1), dict(f=0.4, i=0.9, o=-0.8, g=-0.3)
    b = dict(f=0.3, i=0.2, o=0.1, g=-0.4)
    if hand.does("weights_exchanged"):
        wx, wh = wh, wx
    if hand.does("bias_missing"):
        b = dict.fromkeys(b, 0.0)
    h: list[Any] = [hand(0.2, zero_start=0.0)]
    c: list[Any] = [hand(-0.6, zero_start=0.0)]
    gates: list[dict[str, Any]] = [{}]
    tc: list[Any] = [0.0]
    for t in (1, 2, 3):
        past = h[0] if hand.does("never_fed_back") else c[-1] if hand.does("cell_fed_back") else h[-1]
        z = {k: wh[k] * past + wx[k] * x[t - 1] + b[k] for k in "fiog"}
        gate = {k: sigmoid(z[k]) for k in "fio"} | {"g": hand(np.tanh(z["g"]), sigmoid_candidate=sigmoid(z["g"]))}
        if hand.does("tanh_gates"):
            gate |= {k: np.tanh(z[k]) for k in "fio"}
        if hand.does("gates_exchanged"):
            gate["f"], gate["i"] = gate["i"], gate["f"]
        if hand.does("output_for_input"):
            gate["o"], gate["i"] = gate["i"], gate["o"]
        if t == 1:
            for k in "figo":
                gate[k] = hand.write(f"{k}_1", gate[k])
        f, i, o, g = (gate[k] for k in "fiog")
        cell = hand(
            f * c[-1] + i * g,
            hidden_kept=f * h[-1] + i * g,
            one_minus_forget=(1 - f) * c[-1] + i * g,
            coupled=f * c[-1] + (1 - f) * g,
            old_cell_lost=i * g,
            ungated_candidate=f * c[-1] + g,
            ungated_cell=c[-1] + i * g,
        )
        c.append(hand.write(f"c_{t}", cell))
        tc.append(hand(np.tanh(c[-1]), no_tanh=c[-1], sigmoid_of_cell=sigmoid(c[-1])))
        h.append(hand.write(f"h_{t}", hand(o * tc[-1], output_gate_lost=tc[-1])))
        gates.append(gate)
    errors = [h[t] - y[t - 1] for t in (1, 2, 3)]
    used = hand([1.0, 1, 1], last_only=[0.0, 0, 1])
    hand.write(
        "L",
        sum(e * e * u for e, u in zip(errors, used, strict=True)) / 2,
        no_half=sum(e * e for e in errors),
        mean=sum(e * e for e in errors) / 6,
    )
    dc, back = 0.0, 0.0
    grads = dict.fromkeys(("fh", "ix", "bo", "gx"), 0.0)
    for t in (3, 2, 1):
        f, i, o, g = (gates[t][k] for k in "fiog")
        e = errors[t - 1] * hand(1.0, no_half=2.0, mean=1 / 3, turned=-1.0) * used[t - 1]
        dh = hand(e + back, no_recurrent_hidden=e, error_only_last=(e if t == 3 else 0.0) + back)
        if t == 2:
            dh = hand.write("dL/dh_2", dh)
        slope = hand(
            1 - tc[t] ** 2,
            no_tanh_slope=1.0,
            slope_at_cell=1 - c[t] ** 2,
            no_tanh=1.0,
            sigmoid_slope=tc[t] * (1 - tc[t]),
        )
        own = dh * o * slope
        dc = hand(own + dc, no_cell_path=own, output_gate_skipped=dh * slope + dc)
        if t in (3, 2):
            dc = hand.write(f"dL/dc_{t}", dc)
        s = {k: gates[t][k] * (1 - gates[t][k]) for k in "fio"}
        one = hand.does("no_gate_slopes")
        do = dh * tc[t] * (1.0 if one else s["o"])
        di = dc * hand(g, input_gate_by_cell=c[t - 1]) * (1.0 if one else s["i"])
        df = dc * hand(c[t - 1], this_cell=c[t], forget_by_candidate=g) * (1.0 if one else s["f"])
        dg = dc * i * hand(1 - g**2, no_candidate_slope=1.0, sigmoid_candidate_slope=g * (1 - g))
        keep = hand(1.0, last_step_only=1.0 if t == 3 else 0.0, first_step_lost=0.0 if t == 1 else 1.0)
        grads["fh"] += keep * df * hand(h[t - 1], this_hidden=h[t], input_for_hidden=x[t - 1])
        grads["ix"] += keep * di * x[t - 1]
        grads["bo"] += keep * do
        grads["gx"] += keep * dg * x[t - 1]
        back = wh["f"] * df + wh["i"] * di + wh["o"] * do + wh["g"] * dg
        back = hand(
            back,
            through_output_only=wh["o"] * do,
            through_candidate_only=wh["g"] * dg,
            input_weights=sum(wx[k] * d for k, d in zip("fiog", (df, di, do, dg), strict=True)),
        )
        dc = dc * hand(f, cell_path_ungated=1.0)
    fh = hand.write("dL/dW_fh", grads["fh"])
    hand.write("dL/dW_ix", grads["ix"])
    hand.write("dL/db_o", grads["bo"])
    hand.write("dL/dW_gx", grads["gx"])
    hand.write("W_fh@1", 0.4 - 0.5 * fh, ascent=0.4 + 0.5 * fh, no_rate=0.4 - fh, only_change=-0.5 * fh)


LSTM = Exercise(
    OWN / "lstm-three-steps.yaml",
    lstm,
    {
        "input_shifted": Mistake("reads the input one step late, a 0 first", "?wrong-time-step"),
        "weights_exchanged": Mistake("exchanges the weights of x and of h", "?wrong-weights"),
        "bias_missing": Mistake("leaves all biases out", "bias-missing"),
        "zero_start": Mistake("starts from h_0 = c_0 = 0", "initial-state"),
        "never_fed_back": Mistake("feeds h_0 into every step", "?wrong-time-step previous-state-missing"),
        "cell_fed_back": Mistake("feeds the cell state into the gates", "cell-and-state-confused"),
        "sigmoid_candidate": Mistake("a sigmoid for the candidate, derivative of tanh", "wrong-activation"),
        "tanh_gates": Mistake("tanh for the gates, derivative of the sigmoid", "wrong-activation"),
        "gates_exchanged": Mistake("exchanges forget and input gate in all that follows", "gates-exchanged"),
        "output_for_input": Mistake("exchanges output and input gate in all that follows", "gates-exchanged"),
        "hidden_kept": Mistake("f h_{t-1} for f c_{t-1} in the cell", "cell-and-state-confused"),
        "one_minus_forget": Mistake("keeps 1 - f of the cell", "gate-inverted"),
        "coupled": Mistake("1 - f for the input gate", "?gate-inverted"),
        "old_cell_lost": Mistake("forgets f c_{t-1} in the forward pass", "previous-state-missing"),
        "ungated_candidate": Mistake("adds the candidate without the input gate", "factor-left-out"),
        "ungated_cell": Mistake("keeps all of the old cell", "factor-left-out"),
        "no_tanh": Mistake("h = o c, with its derivative", "activation-left-out z-for-a"),
        "sigmoid_of_cell": Mistake("h = o sigmoid(c), derivative of tanh", "wrong-activation"),
        "output_gate_lost": Mistake("h = tanh(c)", "factor-left-out"),
        "last_only": Mistake("counts the last step's loss only", "time-steps-not-summed"),
        "no_half": Mistake("no 1/2 in the loss, twice the gradient", "half-missing"),
        "mean": Mistake("the mean over the steps, loss and gradient", "mean-for-sum"),
        "turned": Mistake("y - h", "target-minus-prediction sign-flipped"),
        "no_recurrent_hidden": Mistake("carries no gradient through h", "recurrent-gradient-dropped"),
        "error_only_last": Mistake("forgets the errors of the earlier steps' outputs", "?time-steps-not-summed"),
        "no_tanh_slope": Mistake("forgets the derivative of tanh(c)", "activation-derivative-missing"),
        "slope_at_cell": Mistake("1 - c^2 for 1 - tanh(c)^2", "derivative-at-preactivation"),
        "sigmoid_slope": Mistake("tanh(c) (1 - tanh(c))", "derivative-of-another-activation"),
        "no_cell_path": Mistake("carries no gradient through the cell", "recurrent-gradient-dropped"),
        "output_gate_skipped": Mistake("forgets o in dL/dc", "factor-left-out"),
        "no_gate_slopes": Mistake("forgets the derivatives of the three gates", "activation-derivative-missing"),
        "input_gate_by_cell": Mistake("c_{t-1} for g in the gradient of the input gate", ""),
        "this_cell": Mistake("c_t for c_{t-1} in the gradient of the forget gate", "wrong-time-step"),
        "forget_by_candidate": Mistake("g for c_{t-1} in the gradient of the forget gate", ""),
        "no_candidate_slope": Mistake("forgets the derivative of the candidate", "activation-derivative-missing"),
        "sigmoid_candidate_slope": Mistake("g (1 - g) for the candidate", "derivative-of-another-activation"),
        "last_step_only": Mistake("gradients of the weights from the last step only", "time-steps-not-summed"),
        "first_step_lost": Mistake("gradients of the weights without the first step", "?time-steps-not-summed"),
        "this_hidden": Mistake("h_t for h_{t-1} in dL/dW_fh", "wrong-time-step"),
        "input_for_hidden": Mistake("x_t for h_{t-1} in dL/dW_fh", ""),
        "through_output_only": Mistake(
            "carries the gradient back through the output gate only", "?recurrent-gradient-dropped"
        ),
        "through_candidate_only": Mistake(
            "carries the gradient back through the candidate only", "?recurrent-gradient-dropped"
        ),
        "input_weights": Mistake("carries the gradient back through the weights of x", "wrong-weights"),
        "cell_path_ungated": Mistake("carries the gradient of the cell back without f", "factor-left-out"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "only_change": Mistake("gives the change instead of the new weight", "step-for-parameter"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("no_recurrent_hidden", "no_cell_path"),
        ("turned", "no_tanh_slope"),
        ("last_only", "no_recurrent_hidden"),
        ("gates_exchanged", "turned"),
        ("this_hidden", "ascent"),
        ("sigmoid_candidate", "turned"),
        ("no_gate_slopes", "no_rate"),
    ),
)


def next_bit(hand: Hand) -> None:
    """next-bit-five-epochs: the notebook's recurrent network, two steps a sequence, 20 updates."""
    start = nnsolve.solve(OWN / "next-bit-five-epochs.yaml")
    names = ("W_xh", "W_hh", "b_xh", "b_hh", "W2", "b2")
    wx, wh, bx, bh, w2, b2 = (np.array(start[name], dtype=float) for name in names)
    xs = np.array([[0.0, 0], [1, 1], [1, 0], [0, 1]])
    ys = np.array([[0.0, 1], [1, 0], [0, 0], [1, 0]])
    h2, kept = np.zeros((1, 3)), [np.zeros_like(p) for p in (wx, wh, bx, bh, w2, b2)]
    for epoch in range(1, 6):
        loss = 0.0
        for s in range(4):
            h0 = hand(np.zeros((1, 3)), keeps_state=h2)
            h1 = sigmoid(xs[s, 0] * wx + h0 @ wh + bx + bh)
            h2 = sigmoid(xs[s, 1] * wx + h1 @ wh + bx + bh)
            p1, p2 = (sigmoid(h @ w2 + b2) for h in (h1, h2))
            e1, e2 = hand(p1 - ys[s, 0], last_only=0 * p1), p2 - ys[s, 1]
            loss += float((e1**2 + e2**2).sum()) / 2
            d1, d2 = (hand(e, turned=-e) * hand(p * (1 - p), slope_left=1.0) for e, p in ((e1, p1), (e2, p2)))
            u2 = (d2 @ w2.T) * hand(h2 * (1 - h2), no_slope=1.0)
            dh1 = d1 @ w2.T + hand(u2 @ wh.T, no_time=0.0, transposed=u2 @ wh)
            u1 = dh1 * hand(h1 * (1 - h1), no_slope=1.0)
            first, second = hand(h0, current_state=h1).T @ u1, hand(h1, current_state=h2).T @ u2
            dwh, db = hand(first + second, one_step=first), u1 + u2
            dwx, dw2 = u1 * xs[s, 0] + u2 * xs[s, 1], h1.T @ d1 + h2.T @ d2
            changes = [dwx, dwh, db, hand(db, one_bias=0 * db), dw2, d1 + d2]
            kept = hand(changes, never_zeroed=[k + g for k, g in zip(kept, changes, strict=True)])
            wx, wh, bx, bh, w2, b2 = (p - 0.1 * g for p, g in zip((wx, wh, bx, bh, w2, b2), kept, strict=True))
            if "h_2" not in hand.answers:
                hand.write("h_2", h2[0])
                hand.write("dL/dh_1", dh1[0])
                hand.write("dL/dW_hh", dwh)
                hand.write("dL/dW_hh_2", second)
                hand.write("W_hh@1", wh)
        if epoch in (1, 5):
            hand.write(f"L@e{epoch}", loss / 4, epoch_sum=loss, per_step=loss / 8)
    for name, value in (("W_xh", wx), ("W_hh", wh), ("b_xh", bx[0]), ("b_hh", bh[0]), ("W2", w2), ("b2", b2[0])):
        hand.write(f"{name}@end", value)
    h1 = sigmoid(xs[:, :1] @ wx + bx + bh)
    hand.write("y_hat_2@end", sigmoid(sigmoid(xs[:, 1:] @ wx + h1 @ wh + bx + bh) @ w2 + b2))


NEXT_BIT = Exercise(
    OWN / "next-bit-five-epochs.yaml",
    next_bit,
    {
        "no_time": Mistake("carries no gradient through time", "recurrent-gradient-dropped"),
        "one_step": Mistake("forgets what the second step adds to dL/dW_hh", "time-steps-not-summed"),
        "turned": Mistake(
            "y - y_hat with a descent: it climbs", "target-minus-prediction sign-flipped ascent-for-descent"
        ),
        "no_slope": Mistake("forgets the sigmoid's derivative in the recurrent layer", "activation-derivative-missing"),
        "slope_left": Mistake("forgets the sigmoid's derivative at the output", "activation-derivative-missing"),
        "current_state": Mistake("h_t for h_{t-1} in dL/dW_hh", "wrong-time-step"),
        "keeps_state": Mistake("carries the state from one sequence to the next", "?initial-state"),
        "never_zeroed": Mistake("adds each gradient to those before it", ""),
        "last_only": Mistake("counts the last step's loss only", "time-steps-not-summed"),
        "transposed": Mistake("carries the gradient through W_hh for its transpose", "weights-transposed"),
        "one_bias": Mistake("updates only one of the two biases", "bias-not-updated"),
        "epoch_sum": Mistake("the error of an epoch is not divided by the four sequences", "sum-for-mean"),
        "per_step": Mistake("the error of an epoch is divided by sequences and steps", "mean-for-sum"),
    },
    (("no_time", "epoch_sum"),),
)


EXERCISES = (LSTM, NEXT_BIT)
