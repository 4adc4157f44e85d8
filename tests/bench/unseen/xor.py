"""XOR by hand: mini-batches with tanh and cross-entropy, and the notebook's two trainings, shortened."""

from __future__ import annotations

import numpy as np

import nnsolve
from tests.bench.unseen.hand import OWN, PROBLEMS, Array, Exercise, Hand, Mistake, sigmoid


def mini_batches(hand: Hand) -> None:
    """xor-mini-batches: tanh, sigmoid, the mean cross-entropy, batches of two, three epochs."""
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = hand(
        np.array([[0.0], [1], [1], [0]]),
        equivalence=np.array([[1.0], [0], [0], [1]]),
        conjunction=np.array([[0.0], [0], [0], [1]]),
    )
    w1, b1 = np.array([[1.0, -1], [1, -1]]), np.array([-0.5, 1.5])
    w2, b2 = np.array([[1.0], [1]]), np.array([0.0])
    rate = 0.5
    size = hand(2, all_at_once=4, one_by_one=1)
    kept = [0 * w1, 0 * b1, 0 * w2, 0 * b2]
    count = 0
    for epoch in (1, 2, 3):
        losses = []
        for start in range(0, 4, size):
            rows = slice(start, start + size)
            if hand.does("reversed_order"):
                rows = slice(4 - size - start, 4 - start)
            if hand.does("first_batch_always"):
                rows = slice(0, size)
            xs, ys = x[rows], y[rows]
            n = len(xs)
            z1 = xs @ w1 + hand(b1, no_bias=0 * b1)
            a1 = hand(np.tanh(z1), sigmoid_hidden=sigmoid(z1), relu_hidden=np.maximum(z1, 0))
            z2 = a1 @ w2 + b2
            a2 = sigmoid(z2)
            if count == 0:
                a2 = hand.write("a2", a2, score=z2)
                hand.copy("a2", a2, labels=np.round(a2), hidden=a1)
            terms = ys * np.log(a2) + (1 - ys) * np.log(1 - a2)
            terms = hand(terms, ones_only=ys * np.log(a2), base_2=terms / np.log(2), squared=-((a2 - ys) ** 2) / 2)
            losses.append(hand(-terms.sum() / n, summed=-terms.sum(), summed_loss=-terms.sum()))
            d2 = hand(
                a2 - ys,
                turned=ys - a2,
                slope_extra=(a2 - ys) * a2 * (1 - a2),
                squared=(a2 - ys) * a2 * (1 - a2),
                no_target=a2,
            )
            d2 = d2 / hand(n, summed=1, summed_gradient=1, all_samples=4)
            dw2, db2 = a1.T @ d2, hand(d2.sum(axis=0), bias_mean=d2.mean(axis=0), bias_last=d2[-1])
            da1 = d2 @ hand(w2, updated=w2 - rate * dw2).T
            slope = hand(
                1 - a1**2,
                no_slope=1.0,
                slope_at_z=1 - z1**2,
                slope_of_sigmoid=a1 * (1 - a1),
                slope_twice=1 - np.tanh(a1) ** 2,
                square_lost=1 - a1,
                sigmoid_hidden=a1 * (1 - a1),
                relu_hidden=(z1 > 0) * 1.0,
            )
            d1 = da1 * slope
            dw1 = hand(xs.T @ d1, swapped=d1.T @ xs)
            db1 = hand(d1.sum(axis=0), bias_mean=d1.mean(axis=0), bias_last=d1[-1], bias_unsloped=da1.sum(axis=0))
            if count == 0:
                dw1 = hand.write("dL/dW1", dw1, minus=-dw1)
            changes = [dw1, db1, dw2, db2]
            if hand.does("never_zeroed"):
                changes = [k + g for k, g in zip(kept, changes, strict=True)]
            kept = changes
            step = hand(-rate, ascent=rate, rate_extra=-rate / 2, no_rate=-1.0)
            bias = hand(1.0, biases_stay=0.0)
            w1, w2 = w1 + step * changes[0], w2 + step * changes[2] * hand(1.0, first_layer_only=0.0)
            b1, b2 = b1 + bias * step * changes[1], b2 + bias * step * changes[3] * hand(1.0, first_layer_only=0.0)
            count += 1
            if hand.does("one_update_an_epoch"):
                break
        hand.write(
            f"L@e{epoch}", np.mean(losses), last_batch=losses[-1], first_batch=losses[0], epoch_sum=np.sum(losses)
        )
        if hand.does("two_epochs") and epoch == 2:
            end = w1, b1, w2, b2
    w1, b1, w2, b2 = end if hand.does("two_epochs") else (w1, b1, w2, b2)
    hand.write("W1@end", w1)
    hand.write("b1@end", b1)
    hand.write("W2@end", w2)
    hand.write("b2@end", b2)


MINI_BATCHES = Exercise(
    PROBLEMS / "xor-mini-batches.yaml",
    mini_batches,
    {
        "equivalence": Mistake("takes the targets of the equivalence: 0 for 1", "?wrong-class numbers-exchanged"),
        "conjunction": Mistake("takes the targets of AND", ""),
        "all_at_once": Mistake("one batch of all four samples an epoch", "wrong-batch"),
        "one_by_one": Mistake("an update after each sample", "wrong-batch"),
        "reversed_order": Mistake("takes the second batch first", "?wrong-sample wrong-batch"),
        "first_batch_always": Mistake("takes the first batch again and again", ""),
        "one_update_an_epoch": Mistake("only the first batch of each epoch", "?wrong-update wrong-batch"),
        "no_bias": Mistake("leaves b1 out of the forward pass", "bias-missing"),
        "sigmoid_hidden": Mistake("a sigmoid for tanh, with its derivative", "wrong-activation"),
        "relu_hidden": Mistake("a ReLU for tanh, with its derivative", "wrong-activation"),
        "score": Mistake("gives z2 for a2, goes on with it in the first batch", "z-for-a activation-left-out"),
        "labels": Mistake("gives labels for the first outputs", "?rounded-early"),
        "hidden": Mistake("gives a1 for a2", "?wrong-layer"),
        "ones_only": Mistake("only the terms with y = 1 in the loss, the gradient is right", "?wrong-loss"),
        "base_2": Mistake("the logarithm to base 2 in the loss, the gradient is right", "log2-for-ln"),
        "squared": Mistake("half the squared error, and its gradient", "wrong-loss activation-derivative-extra"),
        "summed": Mistake("sums over the samples, loss and gradient", "sum-for-mean"),
        "summed_loss": Mistake("sums the loss over the samples, the gradient is right", "sum-for-mean"),
        "summed_gradient": Mistake("the loss is a mean, its gradient a sum", "sum-for-mean"),
        "all_samples": Mistake("divides the gradient by all four samples", "?half-extra"),
        "turned": Mistake("y - a2 at the output", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(a2 - y) a2 (1 - a2) at the output", "activation-derivative-extra"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "bias_mean": Mistake("bias gradients: mean over the samples, again", "mean-for-sum"),
        "bias_last": Mistake("bias gradients: those of the last sample", "one-sample-alone"),
        "bias_unsloped": Mistake(
            "the gradient of b1 without the derivative of tanh", "bias-gradient-early activation-derivative-missing"
        ),
        "updated": Mistake("carries the error through the new W2", "updated-weights-used"),
        "no_slope": Mistake("forgets the derivative of tanh", "activation-derivative-missing"),
        "slope_at_z": Mistake("1 - z1^2", "derivative-at-preactivation"),
        "slope_of_sigmoid": Mistake("a1 (1 - a1) for tanh", "derivative-of-another-activation"),
        "slope_twice": Mistake("1 - tanh(a1)^2", "derivative-at-activation"),
        "square_lost": Mistake("1 - a1", ""),
        "swapped": Mistake("delta^T x for x^T delta", "factors-exchanged transposed"),
        "minus": Mistake("loses the sign of dL/dW1 and goes on with it", "sign-flipped"),
        "never_zeroed": Mistake("adds each gradient to those before it", ""),
        "ascent": Mistake("adds the gradients", "ascent-for-descent sign-flipped"),
        "rate_extra": Mistake("multiplies with the learning rate twice", "learning-rate-twice"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "biases_stay": Mistake("never updates the biases", "bias-not-updated not-updated"),
        "first_layer_only": Mistake("updates layer 1 only", "not-updated"),
        "last_batch": Mistake(
            "the loss of an epoch is that of its last batch", "?wrong-sample wrong-batch wrong-update"
        ),
        "first_batch": Mistake(
            "the loss of an epoch is that of its first batch", "?wrong-sample wrong-batch wrong-update"
        ),
        "epoch_sum": Mistake("the loss of an epoch is the sum over its batches", "sum-for-mean"),
        "two_epochs": Mistake("gives the parameters after two epochs", "wrong-update"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "ascent"),
        ("turned", "no_slope"),
        ("summed_gradient", "updated"),
        ("slope_extra", "slope_of_sigmoid"),
        ("biases_stay", "summed"),
        ("epoch_sum", "no_slope"),
        ("slope_at_z", "no_rate"),
    ),
)


def _train(hand: Hand, problem: str, together: int) -> None:
    """The notebook's network: sigmoids, half the squared error, eight epochs in batches of `together`."""
    start = nnsolve.solve(OWN / f"{problem}.yaml")
    w1, b1, w2, b2 = (np.array(start[name], dtype=float) for name in ("W1", "b1", "W2", "b2"))
    x, y = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    eta, size = hand(0.1, rate_ten_times=1.0), hand(together, one_by_one=1, all_at_once=4)
    kept: list[Array] = [0 * w1, 0 * b1, 0 * w2, 0 * b2]
    losses: list[float] = []
    for _ in range(8):
        loss = 0.0
        for begin in range(0, 4, size):
            xs, ys = x[begin : begin + size], y[begin : begin + size]
            z1 = xs @ w1 + b1
            a1 = sigmoid(z1)
            a2 = sigmoid(a1 @ w2 + b2)
            e = a2 - ys
            loss += hand((e**2).sum() / 2, no_half=(e**2).sum())
            d2 = hand(e, no_half=2 * e, turned=-e) * hand(a2 * (1 - a2), slope_left=1.0) / hand(1, divided=len(xs))
            dw2 = a1.T @ d2
            da1 = d2 @ hand(w2, updated=w2 - eta * dw2).T
            d1 = da1 * hand(a1 * (1 - a1), no_slope=1.0, slope_at_z=z1 * (1 - z1))
            db1, db2 = (hand(d.sum(axis=0), bias_last=d[-1], bias_mean=d.mean(axis=0)) for d in (d1, d2))
            changes = [xs.T @ d1, db1, dw2, db2]
            kept = hand(changes, never_zeroed=[k + g for k, g in zip(kept, changes, strict=True)])
            w1, w2 = w1 - eta * kept[0], w2 - eta * kept[2]
            b1, b2 = hand(b1 - eta * kept[1], biases_stay=b1), hand(b2 - eta * kept[3], biases_stay=b2)
            if "W2@1" not in hand.answers:
                hand.write("W2@1", w2)
        losses.append(loss)
    for epoch in (1, 5, 8):
        loss = losses[epoch - 1]
        hand.write(f"L@e{epoch}", loss / 4, epoch_sum=loss, epoch_late=losses[min(epoch, 7)] / 4)
    for name, value in (("W1", w1), ("b1", b1), ("W2", w2), ("b2", b2)):
        hand.write(f"{name}@end", value)
    hand.write("y_hat@end", sigmoid(sigmoid(x @ w1 + b1) @ w2 + b2))


def batch(hand: Hand) -> None:
    """xor-batch-eight: the gradients of all four samples are added up before each update."""
    _train(hand, "xor-batch-eight", 4)


def stochastic(hand: Hand) -> None:
    """xor-stochastic-eight: an update after each sample."""
    _train(hand, "xor-stochastic-eight", 1)


_LONG = {
    "rate_ten_times": Mistake("takes the learning rate 1 for 0.1", "learning-rate-missing"),
    "no_half": Mistake("no 1/2 in the loss, twice the gradient", "half-missing"),
    "slope_left": Mistake("forgets the sigmoid's derivative at the output", "activation-derivative-missing"),
    "no_slope": Mistake("forgets the sigmoid's derivative in the hidden layer", "activation-derivative-missing"),
    "turned": Mistake("y - a2 with a descent: it climbs", "target-minus-prediction sign-flipped ascent-for-descent"),
    "updated": Mistake("carries the error through the new W2", "updated-weights-used"),
    "biases_stay": Mistake("never updates the biases", "bias-not-updated"),
    "never_zeroed": Mistake("adds each gradient to those before it", ""),
    "epoch_sum": Mistake("the error of an epoch is not divided by the four samples", "sum-for-mean"),
}
BATCH = Exercise(
    OWN / "xor-batch-eight.yaml",
    batch,
    {
        **_LONG,
        "divided": Mistake("divides the gradient by the four samples", "mean-for-sum"),
        "bias_last": Mistake("bias gradients: those of the last sample", "one-sample-alone"),
        "bias_mean": Mistake("bias gradients: mean over the samples", "mean-for-sum"),
        "one_by_one": Mistake("updates after each sample", "wrong-batch"),
        "slope_at_z": Mistake("z1 (1 - z1)", "derivative-at-preactivation"),
        "epoch_late": Mistake("counts epochs from 0: L@e1 is the second's", "wrong-update"),
    },
    (("slope_left", "epoch_sum"), ("biases_stay", "epoch_sum")),
)
STOCHASTIC = Exercise(
    OWN / "xor-stochastic-eight.yaml",
    stochastic,
    {**_LONG, "all_at_once": Mistake("adds up all four gradients before an update", "wrong-batch")},
)

EXERCISES = (MINI_BATCHES, BATCH, STOCHASTIC)
