"""Batches by hand: three samples in columns through ReLU and softmax, and a sigmoid unit by RMSprop."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.bench.unseen.hand import OWN, Exercise, Hand, Mistake, sigmoid, softmax


def columns(hand: Hand) -> None:
    """relu-columns: three samples in columns, ReLU, softmax, the sum of the cross-entropies, one step."""
    x, y = np.array([[1.2, -0.6, 0.3], [0.4, 1.5, -0.9]]), np.array([[0.0, 1, 1], [1, 0, 0]])
    y = hand(y, other_class=y[::-1])
    w1, b1 = np.array([[0.6, -1.1], [-0.7, 0.9], [1.3, 0.4]]), np.array([[0.2], [-0.1], [-1.0]])
    w2, b2 = np.array([[0.5, -0.8, 1.1], [-0.9, 0.7, 0.3]]), np.array([[0.15], [-0.25]])
    z1 = hand.write("z1", w1 @ x + b1, no_bias=w1 @ x, bias_subtracted=w1 @ x - b1)
    a1 = hand.write("a1", np.maximum(z1, 0), no_relu=z1, sigmoid_first=sigmoid(z1), leaky=np.maximum(z1, 0.1 * z1))
    z2 = w2 @ a1 + b2
    a2 = hand(softmax(z2, axis=0), wrong_axis=softmax(z2, axis=1), sigmoid_out=sigmoid(z2), not_normalised=np.exp(z2))
    a2 = hand.write("a2", a2, scores=z2)
    loss = -(y * np.log(a2)).sum()
    hand.write("L", loss, averaged=loss / 3, averaged_loss=loss / 3, no_minus=-loss, base_2=loss / np.log(2))
    d2 = hand(
        a2 - y,
        turned=y - a2,
        averaged=(a2 - y) / 3,
        averaged_gradient=(a2 - y) / 3,
        slope_extra=(a2 - y) * a2 * (1 - a2),
    )
    d2 = hand.write("dL/dz2", d2)
    dw2 = hand.write("dL/dW2", d2 @ a1.T, from_z=d2 @ z1.T, gradient_averaged=d2 @ a1.T / 3)
    hand.write("dL/db2", d2.sum(axis=1), bias_mean=d2.mean(axis=1), bias_first=d2[:, 0])
    da1 = hand.write("dL/da1", w2.T @ d2, updated=(w2 - 0.3 * dw2).T @ d2)
    mask = hand(
        (z1 > 0) * 1.0,
        inverted=(z1 <= 0) * 1.0,
        no_relu=1.0,
        sigmoid_first=a1 * (1 - a1),
        leaky=np.where(z1 > 0, 1, 0.1),
    )
    d1 = da1 * hand(mask, no_mask=1.0, mask_of_gradient=(da1 > 0) * 1.0, mask_by_value=a1)
    dw1 = hand.write("dL/dW1", d1 @ x.T, first_column=d1[:, :1] @ x[:, :1].T)
    db1 = hand.write("dL/db1", d1.sum(axis=1), bias_mean=d1.mean(axis=1), bias_first=d1[:, 0], early=da1.sum(axis=1))
    step = hand(-0.3, ascent=0.3, no_rate=-1.0, rate_third=-0.1)
    hand.write("W2@1", w2 + step * dw2, only_change=step * dw2, gradient_again=dw2)
    hand.write("W1@1", w1 + step * dw1, only_change=step * dw1, gradient_again=dw1)
    hand.write("b1@1", b1[:, 0] + step * db1, only_change=step * db1, gradient_again=db1, biases_stay=b1[:, 0])


COLUMNS = Exercise(
    OWN / "relu-columns.yaml",
    columns,
    {
        "other_class": Mistake("exchanges the two classes in the targets", "wrong-class"),
        "no_bias": Mistake("leaves b1 out", "bias-missing"),
        "bias_subtracted": Mistake("subtracts b1", "given-negated sign-flipped"),
        "no_relu": Mistake("forgets the ReLU, forward and backward", "activation-left-out z-for-a"),
        "sigmoid_first": Mistake("a sigmoid for the ReLU, with its derivative", "wrong-activation"),
        "leaky": Mistake("a leaky ReLU of slope 0.1, with its derivative", "wrong-activation"),
        "wrong_axis": Mistake("softmax along the samples", "softmax-wrong-axis"),
        "sigmoid_out": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "not_normalised": Mistake("forgets to divide by the sum of the exponentials", "softmax-not-normalized"),
        "averaged": Mistake("the mean over the samples, loss and gradient", "mean-for-sum"),
        "averaged_loss": Mistake("the mean over the samples in the loss only", "mean-for-sum"),
        "no_minus": Mistake("forgets the minus of the loss", "minus-left-out sign-flipped"),
        "base_2": Mistake("the logarithm to base 2", "log2-for-ln"),
        "scores": Mistake("gives and uses z2 for a2", "softmax-left-out z-for-a activation-left-out"),
        "turned": Mistake("y - a2", "target-minus-prediction sign-flipped"),
        "averaged_gradient": Mistake("the mean over the samples in the gradient only", "mean-for-sum"),
        "slope_extra": Mistake("(a2 - y) a2 (1 - a2)", "activation-derivative-extra"),
        "from_z": Mistake("z1 for a1 in dL/dW2", "z-for-a activation-left-out"),
        "gradient_averaged": Mistake("divides dL/dW2 by the samples", "mean-for-sum"),
        "bias_mean": Mistake("bias gradients: the mean over the samples", "mean-for-sum"),
        "bias_first": Mistake("bias gradients: those of the first sample", "one-sample-alone"),
        "updated": Mistake("carries the error through the new W2", "updated-weights-used"),
        "inverted": Mistake("keeps the gradient where z1 is negative", "relu-mask-inverted"),
        "no_mask": Mistake("forgets the ReLU's derivative", "relu-mask-missing activation-derivative-missing"),
        "mask_of_gradient": Mistake("the ReLU's derivative at dL/da1 instead of z1", ""),
        "mask_by_value": Mistake("a1 for the ReLU's derivative", "?derivative-of-another-activation"),
        "first_column": Mistake("dL/dW1 from the first sample only", "one-sample-alone wrong-batch"),
        "early": Mistake(
            "the gradient of b1 before the ReLU's derivative",
            "bias-gradient-early relu-mask-missing activation-derivative-missing",
        ),
        "ascent": Mistake("adds the gradients", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "rate_third": Mistake("divides by the three samples in the update", "mean-for-sum"),
        "only_change": Mistake("gives the changes", "step-for-parameter"),
        "gradient_again": Mistake("gives the gradients again", "gradient-for-parameter"),
        "biases_stay": Mistake("does not update b1", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "no_mask"),
        ("averaged", "no_mask"),
        ("wrong_axis", "updated"),
        ("averaged_gradient", "early"),
        ("slope_extra", "ascent"),
        ("no_bias", "turned"),
    ),
)


def rmsprop(hand: Hand) -> None:
    """rmsprop-sigmoid: a sigmoid unit on three samples, the mean cross-entropy, two updates."""
    x, y = np.array([[1.4, -0.6], [0.3, 2.1], [-1.2, 0.8]]), np.array([[0.0], [1], [1]])
    w, b = np.array([[0.5], [-0.3]]), np.array([0.2])
    rho, eps = hand(0.8, complement=0.2), 0.05
    vw, vb = 0 * w, 0 * b
    first: tuple[Any, Any] | None = None
    for t in (0, 1):
        z = x @ w + hand(b, no_bias=0 * b)
        if t == 0:
            z = hand.write("z", z)
        a = hand(sigmoid(z), tanh=(np.tanh(z) + 1) / 2, sign=sigmoid(-z))
        if t == 0:
            a = hand.write("a", a)
        loss = -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / hand(3, summed=1)
        hand.write("L" if t == 0 else "L@1", loss, ones_only=-(y * np.log(a)).sum() / 3, base_10=loss / np.log(10))
        d = hand(a - y, turned=y - a, slope_extra=(a - y) * a * (1 - a)) / hand(3, summed=1, gradient_summed=1)
        g, gb = x.T @ d, hand(d.sum(axis=0), bias_mean=d.mean(axis=0))
        if first and hand.does("old_gradient"):
            g, gb = first
        first = first or (g, gb)
        g = hand.write("dL/dW" if t == 0 else "dL/dW@1", g)
        if t == 0:
            gb = hand.write("dL/db", gb)
        vw, vb = (
            hand(
                rho * v + (1 - rho) * s**2,
                no_complement=rho * v + s**2,
                not_squared=rho * v + (1 - rho) * np.abs(s),
                turned_round=(1 - rho) * v + rho * s**2,
                forgets=(1 - rho) * s**2,
                adagrad=v + s**2,
            )
            for v, s in ((vw, g), (vb, gb))
        )
        vw = hand.write(f"v_W@{t + 1}", vw)
        steps = [
            hand(
                s / (np.sqrt(v) + eps),
                eps_inside=s / np.sqrt(v + eps),
                no_root=s / (v + eps),
                no_eps=s / np.sqrt(v),
                corrected=s / (np.sqrt(v / (1 - rho ** (t + 1))) + eps),
                multiplied=s * (np.sqrt(v) + eps),
                plain=s,
            )
            for s, v in ((g, vw), (gb, vb))
        ]
        eta = hand(0.1, ascent=-0.1, no_rate=1.0, rate_twice=0.01)
        w = hand.write(f"W@{t + 1}", w - eta * steps[0], only_change=-eta * steps[0])
        b = hand.write(f"b@{t + 1}", b - eta * steps[1], biases_stay=b, bias_by_sgd=b - eta * gb)


RMSPROP = Exercise(
    OWN / "rmsprop-sigmoid.yaml",
    rmsprop,
    {
        "complement": Mistake("takes 1 - rho for rho", ""),
        "no_bias": Mistake("leaves the bias out", "bias-missing"),
        "tanh": Mistake("(tanh(z) + 1)/2 for the sigmoid", "wrong-activation"),
        "sign": Mistake("exp(z) for exp(-z) in the sigmoid", "minus-left-out sign-flipped"),
        "summed": Mistake("sums over the samples, loss and gradient", "sum-for-mean"),
        "ones_only": Mistake("only the terms with y = 1 in the loss", "?wrong-loss"),
        "base_10": Mistake("the logarithm to base 10 in the loss", "log10-for-ln"),
        "turned": Mistake("y - a", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(a - y) a (1 - a)", "activation-derivative-extra"),
        "gradient_summed": Mistake("the loss is a mean, its gradient a sum", "sum-for-mean"),
        "bias_mean": Mistake("bias gradient: mean over the samples, again", "mean-for-sum"),
        "old_gradient": Mistake("takes the first gradient for both updates", "?not-updated"),
        "no_complement": Mistake("v = rho v + g^2", "complement-missing"),
        "not_squared": Mistake("|g| for g^2 in v", "square-missing"),
        "turned_round": Mistake("v = (1 - rho) v + rho g^2", ""),
        "forgets": Mistake("v = (1 - rho) g^2, the old v forgotten", "momentum-missing"),
        "adagrad": Mistake("v = v + g^2", "?complement-missing"),
        "eps_inside": Mistake("epsilon under the root", "epsilon-inside-root"),
        "no_root": Mistake("forgets the root", "root-missing"),
        "no_eps": Mistake("leaves epsilon out", ""),
        "corrected": Mistake("corrects v as Adam does", ""),
        "multiplied": Mistake("multiplies with the root instead of dividing", ""),
        "plain": Mistake("computes v, but steps by the plain gradient", ""),
        "ascent": Mistake("adds the step", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "rate_twice": Mistake("multiplies with the learning rate twice", "learning-rate-twice"),
        "only_change": Mistake("gives the change of W, and goes on with it", "step-for-parameter"),
        "biases_stay": Mistake("does not update the bias", "bias-not-updated not-updated"),
        "bias_by_sgd": Mistake("updates the bias by the plain gradient", ""),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "eps_inside"),
        ("no_root", "no_rate"),
        ("gradient_summed", "eps_inside"),
        ("slope_extra", "no_complement"),
        ("no_bias", "ascent"),
    ),
)

EXERCISES = (COLUMNS, RMSPROP)
