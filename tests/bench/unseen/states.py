"""A GRU, and a recurrent layer with its loss at the end, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.bench.unseen.hand import OWN, Exercise, Hand, Mistake, sigmoid


def gru(hand: Hand) -> None:
    """gru-two-steps: one unit, the reset gate before the product, a loss at both steps."""
    x, y = [0.5, -1.4], [0.2, 0.9]
    wrx, wrh, br = 0.8, -0.5, 0.2
    wux, wuh, bu = -0.4, 0.6, 0.1
    wgx, wgh, bg = 1.2, 0.7, -0.3
    h: list[Any] = [hand(0.3, zero_start=0.0)]
    r: list[Any] = [0.0]
    u: list[Any] = [0.0]
    g: list[Any] = [0.0]
    for t in (1, 2):
        p, xt = h[-1], x[t - 1]
        zr, zu = wrh * p + wrx * xt + br, wuh * p + wux * xt + bu
        r.append(hand(sigmoid(zr), gates_exchanged=sigmoid(zu), reset_tanh=np.tanh(zr)))
        u.append(hand(sigmoid(zu), gates_exchanged=sigmoid(zr), update_missing_bias=sigmoid(zu - bu)))
        zg = wgx * xt + bg + hand(wgh * (r[-1] * p), reset_forgotten=wgh * p, reset_on_input=wgh * p, no_state=0.0)
        zg = hand(zg, reset_on_input=r[-1] * wgx * xt + wgh * p + bg)
        g.append(hand(np.tanh(zg), sigmoid_candidate=sigmoid(zg), candidate_linear=zg))
        if t == 1:
            r[1], u[1] = hand.write("r_1", r[1]), hand.write("u_1", u[1])
        g[t] = hand.write(f"g_{t}", g[t])
        mixed = (1 - u[t]) * p + u[t] * g[t]
        mixed = hand(mixed, update_inverted=u[t] * p + (1 - u[t]) * g[t], added=p + u[t] * g[t], old_lost=u[t] * g[t])
        h.append(hand.write(f"h_{t}", mixed))
    e = [h[t] - y[t - 1] for t in (1, 2)]
    half = sum(d * d for d in e) / 2
    hand.write("L", half, no_half=2 * half, averaged=half / 2, only_last=e[1] ** 2 / 2)
    scale = hand(1.0, no_half=2.0, averaged=0.5, turned=-1.0)
    back = 0.0
    total = dict.fromkeys(("gx", "gh", "uh", "rx", "r"), 0.0)
    for t in (2, 1):
        dh = scale * e[t - 1] * hand(1.0, only_last=float(t == 2)) + hand(back, no_time=0.0)
        if t == 1:
            dh = hand.write("dL/dh_1", dh)
        p, xt = h[t - 1], x[t - 1]
        dg = dh * u[t] * hand(1 - g[t] ** 2, no_candidate_slope=1.0, candidate_linear=1.0)
        du = dh * hand(g[t] - p, update_by_candidate=g[t], update_turned=p - g[t])
        du = du * hand(u[t] * (1 - u[t]), no_gate_slope=1.0)
        dr = dg * wgh * p * hand(r[t] * (1 - r[t]), no_gate_slope=1.0)
        dr = hand(dr, reset_forgotten=0.0)
        total["gx"] += dg * xt
        total["gh"] += dg * hand(r[t] * p, reset_left_out_of_gradient=p)
        total["uh"] += du * hand(p, this_state=h[t])
        total["rx"] += dr * xt
        total["r"] += dr
        back = dh * (1 - u[t]) + dg * wgh * r[t] + du * wuh + dr * wrh
        back = hand(back, through_carry_only=dh * (1 - u[t]), carry_lost=dg * wgh * r[t] + du * wuh + dr * wrh)
    hand.write("dL/dW_gx", total["gx"])
    dgh = hand.write("dL/dW_gh", total["gh"])
    hand.write("dL/dW_uh", total["uh"])
    hand.write("dL/dW_rx", total["rx"])
    hand.write("dL/db_r", total["r"])
    hand.write("W_gh@1", wgh - 0.4 * dgh, ascent=wgh + 0.4 * dgh, no_rate=wgh - dgh, not_updated=wgh)


GRU = Exercise(
    OWN / "gru-two-steps.yaml",
    gru,
    {
        "zero_start": Mistake("starts from h_0 = 0", "initial-state"),
        "gates_exchanged": Mistake("exchanges reset and update gate", "gates-exchanged"),
        "reset_tanh": Mistake("tanh for the reset gate, derivative of the sigmoid", "wrong-activation"),
        "update_missing_bias": Mistake("leaves the bias of the update gate out", "bias-missing"),
        "reset_forgotten": Mistake("forgets the reset gate in the candidate", "factor-left-out"),
        "reset_on_input": Mistake("applies the reset gate to the input", ""),
        "no_state": Mistake("leaves the state out of the candidate", "previous-state-missing"),
        "sigmoid_candidate": Mistake("a sigmoid for the candidate, derivative of tanh", "wrong-activation"),
        "candidate_linear": Mistake(
            "forgets tanh of the candidate, with its derivative", "activation-left-out z-for-a"
        ),
        "update_inverted": Mistake("u h + (1 - u) g in the forward pass", "gate-inverted"),
        "added": Mistake("h + u g in the forward pass", "factor-left-out"),
        "old_lost": Mistake("u g alone in the forward pass", "previous-state-missing"),
        "no_half": Mistake("no 1/2 in the loss, twice the gradient", "half-missing"),
        "averaged": Mistake("the mean over the steps, loss and gradient", "mean-for-sum"),
        "only_last": Mistake("counts the last step's loss only", "time-steps-not-summed"),
        "turned": Mistake("y - h", "target-minus-prediction sign-flipped"),
        "no_time": Mistake("carries no gradient through time", "recurrent-gradient-dropped"),
        "no_candidate_slope": Mistake("forgets the candidate's derivative", "activation-derivative-missing"),
        "update_by_candidate": Mistake("g for g - h in the gradient of the update gate", "?factor-left-out"),
        "update_turned": Mistake("h - g in the gradient of the update gate", "sign-flipped gate-inverted"),
        "no_gate_slope": Mistake("forgets the gates' derivatives", "activation-derivative-missing"),
        "reset_left_out_of_gradient": Mistake("h for r h in dL/dW_gh", "factor-left-out"),
        "this_state": Mistake("h_t for h_{t-1} in dL/dW_uh", "wrong-time-step"),
        "through_carry_only": Mistake(
            "carries the gradient back through (1 - u) h only", "?recurrent-gradient-dropped"
        ),
        "carry_lost": Mistake("forgets (1 - u) h on the way back", "?recurrent-gradient-dropped"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "not_updated": Mistake("gives the old weight", "not-updated"),
    },
    (("turned", "no_time"), ("update_inverted", "no_half"), ("no_candidate_slope", "ascent")),
)


def last_step(hand: Hand) -> None:
    """rnn-last-step: two tanh units read three vectors, the squared error of the last step."""
    wx, wh = np.array([[0.7, -0.4], [0.2, 0.9]]), np.array([[0.5, -0.6], [0.8, 0.3]])
    b, w2, b2 = np.array([0.1, -0.2]), np.array([[1.2, -0.7]]), np.array([0.3])
    xs = np.array([[1, 0.5], [-0.8, 1.1], [0.6, -1.3]])
    xs = hand(xs, backwards=xs[::-1])
    fx, fh = hand(wx, wx_turned=wx.T, exchanged=wh), hand(wh, wh_turned=wh.T, exchanged=wx)
    hs: list[Any] = [hand(np.array([0.4, -0.3]), zero_start=np.zeros(2))]
    for t in (1, 2, 3):
        z = fx @ xs[t - 1] + fh @ hand(hs[-1], first_state_again=hs[0]) + hand(b, no_bias=0 * b)
        z = hand(z, no_recurrence=fx @ xs[t - 1] + b)
        hs.append(hand.write(f"h_{t}", hand(np.tanh(z), sigmoid_state=sigmoid(z), relu_state=np.maximum(z, 0))))
    out = hand.write(
        "y_hat", w2 @ hs[3] + b2, out_bias_lost=w2 @ hs[3], mean_state=w2 @ ((hs[1] + hs[2] + hs[3]) / 3) + b2
    )
    e = out - 0.9
    loss = (e**2).sum()
    hand.write("L", loss, halved=loss / 2, halved_loss=loss / 2, not_squared=e.sum(), root=np.sqrt(loss))
    d = hand(2 * e, halved=e, two_lost=e, turned=-2 * e)
    hand.write("dL/dW2", np.outer(d, hs[3]), earlier_state=np.outer(d, hs[2]))
    dh = hand.write("dL/dh_3", w2.T @ d)
    dwh, dwx, db = np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)
    for t in (3, 2, 1):
        if t < 3:
            dh = hand.write(f"dL/dh_{t}", dh)
        h = hs[t]
        slope = hand(1 - h**2, no_slope=1.0, sigmoid_slope=h * (1 - h), square_lost=1 - h, sigmoid_state=h * (1 - h))
        u = dh * slope
        keep = hand(1.0, no_time=float(t == 3), first_step_lost=float(t > 1))
        dwh += keep * np.outer(u, hand(hs[t - 1], this_state=h))
        dwx += keep * np.outer(u, hand(xs[t - 1], earlier_input=xs[max(t - 2, 0)]))
        db += keep * u
        dh = hand(fh.T @ u, wh_back_turned=fh @ u, through_wx=fx.T @ u, slopes_lost=fh.T @ dh, weights_lost=u)
    dwh = hand.write("dL/dW_hh", dwh, swapped=dwh.T)
    hand.write("dL/dW_xh", dwx, swapped=dwx.T)
    db = hand.write("dL/db1", db, bias_last=u)
    hand.write("W_hh@1", wh - 0.05 * dwh, ascent=wh + 0.05 * dwh, no_rate=wh - dwh)
    hand.write("b1@1", b - 0.05 * db, ascent=b + 0.05 * db, no_rate=b - db, biases_stay=b)


LAST_STEP = Exercise(
    OWN / "rnn-last-step.yaml",
    last_step,
    {
        "backwards": Mistake("reads the sequence from its end", "sequence-reversed"),
        "wx_turned": Mistake("W_xh^T for W_xh, all through", "weights-transposed"),
        "wh_turned": Mistake("W_hh^T for W_hh, all through", "weights-transposed"),
        "exchanged": Mistake("exchanges W_xh and W_hh", "?wrong-weights"),
        "zero_start": Mistake("starts from h_0 = 0", "initial-state"),
        "first_state_again": Mistake("feeds h_0 into every step", "?wrong-time-step previous-state-missing"),
        "no_bias": Mistake("leaves the bias out", "bias-missing"),
        "no_recurrence": Mistake("forgets W_hh h_{t-1} forward", "previous-state-missing"),
        "sigmoid_state": Mistake("a sigmoid for tanh, with its derivative", "wrong-activation"),
        "relu_state": Mistake("a ReLU for tanh, derivative of tanh", "wrong-activation"),
        "out_bias_lost": Mistake("leaves the bias of the output out", "bias-missing"),
        "mean_state": Mistake("the mean of the states into the output", ""),
        "halved": Mistake("1/2 in the loss, loss and gradient", "half-extra"),
        "halved_loss": Mistake("1/2 in the loss only", "half-extra"),
        "not_squared": Mistake("forgets the square in the loss", "?wrong-loss norm-for-squared-norm"),
        "root": Mistake("takes the root of the loss", "norm-for-squared-norm"),
        "two_lost": Mistake("loses the 2 of the derivative", "half-extra"),
        "turned": Mistake("y - y_hat", "target-minus-prediction sign-flipped"),
        "earlier_state": Mistake("h_2 for h_3 in dL/dW2", "wrong-time-step"),
        "no_slope": Mistake("forgets the derivative of tanh", "activation-derivative-missing"),
        "sigmoid_slope": Mistake("h (1 - h) for tanh", "derivative-of-another-activation"),
        "square_lost": Mistake("1 - h for the derivative of tanh", ""),
        "no_time": Mistake("gradients of the recurrent layer from the last step only", "time-steps-not-summed"),
        "first_step_lost": Mistake("gradients of the recurrent layer without the first step", "?time-steps-not-summed"),
        "this_state": Mistake("h_t for h_{t-1} in dL/dW_hh", "wrong-time-step"),
        "earlier_input": Mistake("x_{t-1} for x_t in dL/dW_xh", "wrong-time-step"),
        "wh_back_turned": Mistake("W_hh for W_hh^T on the way back", "weights-transposed"),
        "through_wx": Mistake("W_xh^T for W_hh^T on the way back", "wrong-weights"),
        "slopes_lost": Mistake("forgets the derivative of tanh from step to step", "activation-derivative-missing"),
        "weights_lost": Mistake("forgets W_hh^T on the way back", "factor-left-out"),
        "swapped": Mistake("exchanges the factors of the outer products", "factors-exchanged transposed"),
        "bias_last": Mistake("the bias gradient of the first step only", "time-steps-not-summed"),
        "ascent": Mistake("adds the gradients", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "biases_stay": Mistake("does not update the bias", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "no_slope"),
        ("two_lost", "wh_back_turned"),
        ("no_time", "this_state"),
        ("no_bias", "turned"),
        ("sigmoid_slope", "swapped"),
        ("zero_start", "two_lost"),
    ),
)


EXERCISES = (GRU, LAST_STEP)
