"""Adam, and momentum with weight decay, by hand."""

from __future__ import annotations

import numpy as np

from tests.bench.unseen.hand import OWN, Exercise, Hand, Mistake, softmax


def adam(hand: Hand) -> None:
    """adam-tanh: a tanh layer and a linear one, three updates by Adam, the mean of half the squared errors."""
    x, y = np.array([[1.0, 2], [-1, 0.5]]), np.array([[0.8], [-0.4]])
    w = {
        "W1": np.array([[0.3, -0.2], [0.1, 0.4]]),
        "b1": np.array([0.1, -0.1]),
        "W2": np.array([[0.6], [-0.5]]),
        "b2": np.array([0.2]),
    }
    eta, beta1, beta2, eps = 0.1, hand(0.9, betas_exchanged=0.99), hand(0.99, betas_exchanged=0.9), 0.01
    m = {k: 0 * v for k, v in w.items()}
    v = {k: 0 * p for k, p in w.items()}
    first: dict[str, np.ndarray] = {}
    for t in (1, 2, 3):
        z1 = x @ w["W1"] + w["b1"]
        a1 = np.tanh(z1)
        out = a1 @ w["W2"] + w["b2"]
        if t == 1:
            hand.write("L", ((out - y) ** 2).sum() / 4, summed=((out - y) ** 2).sum() / 2)
        d2 = (out - y) / hand(2, summed=1)
        d1 = (d2 @ w["W2"].T) * hand(1 - a1**2, no_slope=1.0)
        g = {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
        if t == 1:
            g["W1"] = hand.write("dL/dW1", g["W1"])
            first = g
        if hand.does("old_gradient"):
            g = first
        if hand.does("forgets_state"):
            m, v = {k: 0 * p for k, p in w.items()}, {k: 0 * p for k, p in w.items()}
        for k in w:
            m[k] = hand(
                beta1 * m[k] + (1 - beta1) * g[k],
                no_one_minus=beta1 * m[k] + g[k],
                one_minus_exchanged=(1 - beta1) * m[k] + beta1 * g[k],
                m_squares=beta1 * m[k] + (1 - beta1) * g[k] ** 2,
                minus_in_m=beta1 * m[k] - (1 - beta1) * g[k],
            )
            if k == "W1" and t in (1, 2):
                m[k] = hand.write(f"m_W1@{t}", m[k])
            v[k] = hand(
                beta2 * v[k] + (1 - beta2) * g[k] ** 2,
                v_not_squared=beta2 * v[k] + (1 - beta2) * np.abs(g[k]),
                v_of_m=beta2 * v[k] + (1 - beta2) * m[k] ** 2,
                adds_squares=v[k] + g[k] ** 2,
                v_norm=beta2 * v[k] + (1 - beta2) * (g[k] ** 2).sum() * np.ones_like(g[k]),
            )
            if k == "W1" and t in (1, 2):
                v[k] = hand.write(f"v_W1@{t}", v[k])
            power = hand(t, from_0=t - 1, one_late=t + 1, never_raised=1)
            mh = m[k] / hand(
                max(1 - beta1**power, 1e-9), no_correction=1.0, only_v_corrected=1.0, corrected_by_beta=beta1
            )
            vh = v[k] / hand(
                max(1 - beta2**power, 1e-9),
                no_correction=1.0,
                only_m_corrected=1.0,
                same_beta=1 - beta1**power,
                corrected_by_beta=beta2,
            )
            if hand.does("times_correction"):
                mh, vh = m[k] * (1 - beta1**t), v[k] * (1 - beta2**t)
            if k == "W1" and t == 2:
                mh, vh = hand.write("m_hat_W1@2", mh), hand.write("v_hat_W1@2", vh)
            step = hand(
                mh / (np.sqrt(vh) + eps),
                eps_inside=mh / np.sqrt(vh + eps),
                no_root=mh / (vh + eps),
                no_eps=mh / np.sqrt(np.maximum(vh, 1e-12)),
                gradient_over=g[k] / (np.sqrt(vh) + eps),
                uncorrected_step=m[k] / (np.sqrt(v[k]) + eps),
                corrected_m_only=mh / (np.sqrt(v[k]) + eps),
            )
            w[k] = w[k] - hand(eta, ascent=-eta, no_rate=1.0, scheduled=eta / np.sqrt(t)) * step
        if t == 1:
            w["W1"] = hand.write("W1@1", w["W1"])
    hand.write("W1@3", w["W1"])
    hand.write("b2@3", w["b2"])


ADAM = Exercise(
    OWN / "adam-tanh.yaml",
    adam,
    {
        "betas_exchanged": Mistake("exchanges beta1 and beta2", "betas-exchanged"),
        "summed": Mistake("sums over the samples, loss and gradient", "sum-for-mean"),
        "no_slope": Mistake("forgets the derivative of tanh", "activation-derivative-missing"),
        "old_gradient": Mistake("takes the first gradient for all three updates", "?wrong-update not-updated"),
        "forgets_state": Mistake("starts m and v from 0 at every update", "momentum-missing"),
        "no_one_minus": Mistake("m = beta1 m + g", "complement-missing"),
        "one_minus_exchanged": Mistake("m = (1 - beta1) m + beta1 g", ""),
        "m_squares": Mistake("g^2 in m too", ""),
        "minus_in_m": Mistake("subtracts the gradient in m", "sign-flipped ascent-for-descent"),
        "v_not_squared": Mistake("|g| for g^2 in v", "square-missing"),
        "v_of_m": Mistake("m^2 for g^2 in v", ""),
        "adds_squares": Mistake("v = v + g^2", "?complement-missing"),
        "v_norm": Mistake("the squared norm of the gradient in v", ""),
        "from_0": Mistake("corrects with t counted from 0, near-zero divisors cut off", ""),
        "one_late": Mistake("corrects with t + 1", ""),
        "never_raised": Mistake("corrects with 1 - beta at every update", ""),
        "no_correction": Mistake("gives m and v for m_hat and v_hat, and goes on so", "bias-correction-missing"),
        "only_v_corrected": Mistake("does not correct m", "bias-correction-missing"),
        "only_m_corrected": Mistake("does not correct v", "bias-correction-missing"),
        "same_beta": Mistake("corrects v with beta1", ""),
        "corrected_by_beta": Mistake("divides by beta instead of 1 - beta^t", ""),
        "times_correction": Mistake("multiplies with 1 - beta^t instead of dividing", ""),
        "eps_inside": Mistake("epsilon under the root", "epsilon-inside-root"),
        "no_root": Mistake("forgets the root", "root-missing"),
        "no_eps": Mistake("leaves epsilon out", ""),
        "gradient_over": Mistake("g for m_hat in the step", "?momentum-missing"),
        "uncorrected_step": Mistake("corrects rightly, but steps with m and v", "bias-correction-missing"),
        "corrected_m_only": Mistake("steps with m_hat and v", "bias-correction-missing"),
        "ascent": Mistake("adds the step", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "scheduled": Mistake("divides the learning rate by the root of t", ""),
        "rounded": Mistake("rounds every line to three decimals", "rounded-early"),
    },
    (
        ("no_correction", "eps_inside"),
        ("betas_exchanged", "eps_inside"),
        ("no_slope", "no_correction"),
        ("ascent", "never_raised"),
        ("summed", "eps_inside"),
    ),
    digits=3,
)


def momentum(hand: Hand) -> None:
    """momentum-decay: a softmax layer on three samples, momentum and weight decay, two updates."""
    x = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, -1]])
    y = np.eye(3)[[0, 2, 1]]
    w, b = np.array([[0.2, -0.3, 0.5], [0.4, 0.1, -0.6]]), np.array([0.1, 0.0, -0.2])
    eta, mu, lam = (
        0.5,
        hand(0.8, momentum_and_rest=0.2),
        hand(0.1, decay_forgotten=0.0, decay_half=0.05, decay_twice=0.2),
    )
    vw, vb = 0 * w, 0 * b
    for t in (1, 2):
        z = x @ w + b
        a = hand(softmax(z), wrong_axis=softmax(z, axis=0), over_all=np.exp(z) / np.exp(z).sum())
        if t == 1:
            a = hand.write("a", a)
        n = hand(3, summed=1, over_classes=9)
        if t == 1:
            loss = -(y * np.log(a)).sum() / n
            hand.write("L", loss, no_minus=-loss, base_10=loss / np.log(10), with_penalty=loss + lam / 2 * (w**2).sum())
        d = hand(a - y, turned=y - a, slope_extra=(a - y) * a * (1 - a), no_target=a, true_class_only=(a - y) * y) / n
        d = hand(d, gradient_summed=3 * d)
        gw, gb = (
            hand(x.T @ d, last_sample=x[-1:].T @ d[-1:]),
            hand(d.sum(axis=0), bias_mean=d.mean(axis=0), last_sample=d[-1]),
        )
        if t == 1:
            gw, gb = hand.write("dL/dW", gw), hand.write("dL/db", gb)
        gw = gw + hand(lam * w, decay_of_square=lam * w**2, decay_sign=-lam * w, decay_after=0 * w)
        gb = gb + hand(0 * b, decay_bias=lam * b)
        if t == 1:
            gw = hand.write("g_W@1", gw)
        if hand.does("velocity_reset"):
            vw, vb = 0 * w, 0 * b
        vw = hand(
            mu * vw - eta * gw,
            averaged=mu * vw - (1 - mu) * eta * gw,
            rate_outside=mu * vw - gw,
            plus_gradient=mu * vw + eta * gw,
            minus_velocity=-mu * vw - eta * gw,
            no_momentum=vw - eta * gw,
            gradient_damped=vw - mu * eta * gw,
        )
        vb = hand(
            mu * vb - eta * gb,
            averaged=mu * vb - (1 - mu) * eta * gb,
            rate_outside=mu * vb - gb,
            plus_gradient=mu * vb + eta * gb,
            minus_velocity=-mu * vb - eta * gb,
            no_momentum=vb - eta * gb,
            gradient_damped=vb - mu * eta * gb,
        )
        vw = hand.write(f"v_W@{t}", vw)
        old_w = w
        w = hand(w + vw, minus_v=w - vw, rate_again=w + eta * vw, lookahead=w + mu * vw - eta * gw, plain=w - eta * gw)
        b = hand(
            b + vb,
            minus_v=b - vb,
            rate_again=b + eta * vb,
            lookahead=b + mu * vb - eta * gb,
            plain=b - eta * gb,
            biases_stay=b,
        )
        if hand.does("decay_after"):
            w = w - lam * old_w
        w = hand.write(f"W@{t}", w)
    hand.write("b@2", b)


MOMENTUM = Exercise(
    OWN / "momentum-decay.yaml",
    momentum,
    {
        "momentum_and_rest": Mistake("takes 1 - mu for mu", ""),
        "decay_forgotten": Mistake("leaves the weight decay out", "weight-decay-missing"),
        "decay_half": Mistake("half the weight decay", "?half-extra"),
        "decay_twice": Mistake("twice the weight decay: lambda W^2", "?half-missing"),
        "wrong_axis": Mistake("softmax over the samples", "softmax-wrong-axis"),
        "over_all": Mistake("softmax over all numbers", "?softmax-wrong-axis"),
        "summed": Mistake("sums over the samples, loss and gradient", "sum-for-mean"),
        "over_classes": Mistake("divides by samples times classes", "?mean-for-sum"),
        "no_minus": Mistake("forgets the minus of the loss", "minus-left-out sign-flipped"),
        "base_10": Mistake("the logarithm to base 10 in the loss", "log10-for-ln"),
        "with_penalty": Mistake("adds the penalty to the loss", ""),
        "turned": Mistake("y - a", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(a - y) a (1 - a)", "activation-derivative-extra"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "true_class_only": Mistake("a gradient for the true class only", "derivative-of-another-activation"),
        "gradient_summed": Mistake("the loss is a mean, its gradient a sum", "sum-for-mean"),
        "last_sample": Mistake("the gradient of the last sample only", "one-sample-alone"),
        "bias_mean": Mistake("bias gradient: mean over the samples, again", "mean-for-sum"),
        "decay_of_square": Mistake("lambda W^2 is added to the gradient", ""),
        "decay_sign": Mistake("subtracts lambda W from the gradient", "term-sign"),
        "decay_after": Mistake("subtracts lambda W after the step instead", "?weight-decay-missing"),
        "decay_bias": Mistake("decays the bias too", "weight-decay-of-bias"),
        "velocity_reset": Mistake("starts v from 0 at every update", "momentum-missing"),
        "averaged": Mistake("mu v - (1 - mu) eta g", "complement-extra"),
        "rate_outside": Mistake("v = mu v - g, without eta", "learning-rate-missing"),
        "plus_gradient": Mistake("v = mu v + eta g", "ascent-for-descent sign-flipped"),
        "minus_velocity": Mistake("v = -mu v - eta g", "term-sign"),
        "no_momentum": Mistake("v = v - eta g", "?factor-left-out"),
        "gradient_damped": Mistake("v = v - mu eta g", ""),
        "minus_v": Mistake("subtracts v", "ascent-for-descent sign-flipped"),
        "rate_again": Mistake("W + eta v", "learning-rate-twice"),
        "lookahead": Mistake("Nesterov's step", ""),
        "plain": Mistake("computes v, but steps by -eta g", "momentum-missing"),
        "biases_stay": Mistake("does not update the bias", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("averaged", "decay_forgotten"),
        ("summed", "rate_outside"),
        ("turned", "minus_v"),
        ("wrong_axis", "gradient_summed"),
        ("decay_forgotten", "plain"),
        ("bias_mean", "velocity_reset"),
    ),
)

EXERCISES = (ADAM, MOMENTUM)
