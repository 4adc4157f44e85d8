"""Softmax and sigmoid outputs by hand: forward passes, one step of two networks, one of a batch."""

from __future__ import annotations

import numpy as np

from tests.bench.unseen.hand import PROBLEMS, Exercise, Hand, Mistake, sigmoid, softmax


def relu_softmax(hand: Hand) -> None:
    """relu-softmax-2-4-2-step: ReLU, softmax, one step of both weights, the network after it."""
    w1 = np.array([[1.0, 0, -1, 0], [0, 1, 0, -1]])
    w2 = np.array([[1.0, -1], [1, -1], [1, -1], [1, -1]])
    x, y, rate = np.array([4.0, 11]), hand(np.array([0.0, 1]), other_class=np.array([1.0, 0])), 0.5
    b1, b2 = hand(np.full(4, -1.0), no_bias=np.zeros(4), bias_added=np.ones(4)), np.array([0.0, 2])

    def forward(w1: np.ndarray, w2: np.ndarray, b2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        z1 = w1.T @ x + b1
        a1 = hand(np.maximum(z1, 0), no_relu=z1)
        z2 = w2.T @ a1 + hand(b2, no_bias_2=0 * b2)
        return z1, a1, z2

    z1, a1, z2 = forward(w1, w2, b2)
    a1 = hand.write("a1", a1)
    z2 = w2.T @ a1 + hand(b2, no_bias_2=0 * b2)
    a2 = hand.write("a2", softmax(z2), no_softmax=z2, sigmoid_out=sigmoid(z2), scores_over_sum=z2 / z2.sum())
    d2 = hand(
        a2 - y,
        turned=y - a2,
        slope_extra=(a2 - y) * a2 * (1 - a2),
        true_class_only=(a2 - y) * y,
        no_target=a2,
        by_activation=-y / a2,
    )
    dw2 = np.outer(hand(a1, hidden_z=z1), d2)
    new2 = hand.write(
        "W2@1", w2 - rate * dw2, ascent=w2 + rate * dw2, no_rate=w2 - dw2, only_change=-rate * dw2, gradient=dw2
    )
    da1 = hand(w2, updated=new2) @ d2
    d1 = da1 * hand((z1 > 0) * 1.0, no_mask=1.0, times_activation=a1, no_relu=1.0)
    dw1 = hand(np.outer(x, d1), layer_input=np.outer(a1[:2], d1), no_input=np.tile(d1, (2, 1)))
    new1 = hand.write(
        "W1@1",
        w1 - rate * dw1,
        ascent=w1 + rate * dw1,
        no_rate=w1 - dw1,
        only_change=-rate * dw1,
        gradient=dw1,
        first_stays=w1,
    )
    newb2 = hand(b2, bias_too=b2 - rate * d2)
    _, h, _ = forward(new1, new2, newb2)
    h = hand.write("a1@1", h, old_first=a1)
    z2 = hand(new2, old_second=w2).T @ h + hand(newb2, no_bias_2=0 * b2)
    hand.write("a2@1", softmax(z2), no_softmax=z2, sigmoid_out=sigmoid(z2), scores_over_sum=z2 / z2.sum())


RELU_SOFTMAX = Exercise(
    PROBLEMS / "relu-softmax-2-4-2-step.yaml",
    relu_softmax,
    {
        "other_class": Mistake("takes the target for [1, 0]", "wrong-class"),
        "no_bias": Mistake("leaves b1 out", "bias-missing"),
        "bias_added": Mistake("takes b1 as +1", "given-negated"),
        "no_relu": Mistake("forgets the ReLU, forward and backward", "activation-left-out z-for-a"),
        "no_bias_2": Mistake("leaves b2 out", "bias-missing"),
        "no_softmax": Mistake("gives z2 for a2 and goes on with it", "softmax-left-out z-for-a activation-left-out"),
        "sigmoid_out": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "scores_over_sum": Mistake("divides the scores by their sum, without exp", ""),
        "turned": Mistake("y - a2 at the output", "target-minus-prediction sign-flipped ascent-for-descent"),
        "slope_extra": Mistake("(a2 - y) a2 (1 - a2) at the output", "activation-derivative-extra"),
        "true_class_only": Mistake("a gradient for the true class only", "derivative-of-another-activation"),
        "no_target": Mistake("forgets to subtract the target", "?factor-left-out"),
        "by_activation": Mistake(
            "-y / a2 is taken for the gradient by z2", "activation-derivative-missing factor-left-out"
        ),
        "hidden_z": Mistake("z1 for a1 in dL/dW2", "z-for-a activation-left-out"),
        "ascent": Mistake("adds the gradients", "ascent-for-descent target-minus-prediction sign-flipped"),
        "no_rate": Mistake("leaves the step size out", "learning-rate-missing"),
        "only_change": Mistake("gives the changes instead of the new weights", "step-for-parameter"),
        "gradient": Mistake("gives the gradients instead of the new weights", "gradient-for-parameter"),
        "updated": Mistake("carries the error through the new W2", "updated-weights-used"),
        "no_mask": Mistake("forgets the ReLU's derivative", "relu-mask-missing activation-derivative-missing"),
        "times_activation": Mistake("a1 for the ReLU's derivative", "?derivative-of-another-activation"),
        "layer_input": Mistake("a1 for x in dL/dW1", "?wrong-layer"),
        "no_input": Mistake("forgets x in dL/dW1", "factor-left-out"),
        "first_stays": Mistake("updates W2 only", "not-updated"),
        "bias_too": Mistake("updates b2 too", "frozen-parameter-updated"),
        "old_first": Mistake("takes the old hidden units after the step", "not-updated"),
        "old_second": Mistake("takes the old W2 after the step", "?not-updated wrong-update"),
    },
    (
        ("turned", "no_mask"),
        ("updated", "no_mask"),
        ("no_rate", "turned"),
        ("updated", "ascent"),
        ("hidden_z", "no_mask"),
    ),
)


def softmax_unit(hand: Hand) -> None:
    """softmax-unit-gradient-step: one softmax layer, one step, the probability before and after."""
    w, x = np.array([[1.0, -1, -2], [-1, 2, 1]]), np.array([1.0, 1])
    y = hand(np.array([0.0, 1, 0]), first_class=np.array([1.0, 0, 0]), last_class=np.array([0.0, 0, 1]))
    z = hand(w.T @ x, row_product=(w * x[:, None])[0], sum_forgotten=w[1])
    e = np.exp(z)
    a = hand(
        e / e.sum(),
        sigmoid_out=sigmoid(z),
        minus=np.exp(-z) / np.exp(-z).sum(),
        over_max=e / e.max(),
        base_2=2**z / (2**z).sum(),
    )
    d = hand(
        a - y,
        turned=y - a,
        slope_extra=(a - y) * a * (1 - a),
        true_class_only=(a - y) * y,
        no_target=a,
        by_activation=-y / a,
        slope_only=a * (1 - a),
    )
    dw = hand.write("dNLLM/dW", np.outer(x, d))
    hand.copy("dNLLM/dW", dw, transposed=dw.T)
    hand.write("p2-before", a[2], class_from_1=a[1], score=z[2], log=np.log(a[2]), percent=100 * a[2])
    new = hand.write(
        "W@1",
        w - 0.5 * dw,
        ascent=w + 0.5 * dw,
        no_rate=w - dw,
        rate_squared=w - 0.25 * dw,
        rate_half=w - 0.05 * dw,
        gradient=dw,
    )
    z = hand(new, old_weights=w).T @ x
    after = hand(
        softmax(z),
        sigmoid_out=sigmoid(z),
        over_max=np.exp(z) / np.exp(z).max(),
        base_2=2**z / (2**z).sum(),
        minus=softmax(-z),
    )
    hand.write(
        "p2-after", after[2], class_from_1=after[1], old_sum=np.exp(z)[2] / e.sum(), score=z[2], percent=100 * after[2]
    )


SOFTMAX_UNIT = Exercise(
    PROBLEMS / "softmax-unit-gradient-step.yaml",
    softmax_unit,
    {
        "first_class": Mistake("takes the first class for the true one", "wrong-class"),
        "last_class": Mistake("takes the last class for the true one", "wrong-class"),
        "sum_forgotten": Mistake("only the second row of W in the scores", ""),
        "row_product": Mistake("only the first row of W in the scores", ""),
        "sigmoid_out": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "minus": Mistake("exp(-z) in the softmax", "?sign-flipped given-negated temperature-inverted"),
        "over_max": Mistake("divides by the largest exponential instead of the sum", "?softmax-not-normalized"),
        "base_2": Mistake("powers of 2 in the softmax", "wrong-base"),
        "turned": Mistake("y - a", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(a - y) a (1 - a)", "activation-derivative-extra"),
        "true_class_only": Mistake("a gradient for the true class only", "derivative-of-another-activation"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "by_activation": Mistake(
            "-y / a is taken for the gradient by z", "activation-derivative-missing factor-left-out"
        ),
        "slope_only": Mistake("a (1 - a) alone", "?factor-left-out"),
        "transposed": Mistake("gives the gradient as its transpose", "transposed factors-exchanged"),
        "class_from_1": Mistake(
            "counts classes from 1: the probability of the second", "neighbouring-element wrong-class"
        ),
        "score": Mistake("gives the score instead of the probability", "softmax-left-out z-for-a"),
        "log": Mistake("gives the log-probability before", ""),
        "percent": Mistake("gives both probabilities in percent", "percent"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the step size out", "learning-rate-missing"),
        "rate_squared": Mistake("multiplies with the step size twice", "learning-rate-twice"),
        "rate_half": Mistake("takes 0.05 for the step size", "learning-rate-misread"),
        "gradient": Mistake("gives the gradient for the new W, and goes on with it", "gradient-for-parameter"),
        "old_weights": Mistake("the probability after is that of the old weights", "not-updated"),
        "old_sum": Mistake("divides the new exponential by the old sum", ""),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "transposed"),
        ("turned", "no_rate"),
        ("slope_extra", "ascent"),
        ("turned", "class_from_1"),
        ("no_rate", "class_from_1"),
    ),
)


def logits(hand: Hand) -> None:
    """softmax-cross-entropy-logits: the softmax of four logits, in percent, and the loss."""
    h = hand(np.array([2.0, -1, 5, 0]), sign_lost=np.array([2.0, 1, 5, 0]))
    e = hand(
        np.exp(h), zero_is_zero=np.exp(h) * (h != 0), base_10=10**h, minus=np.exp(-h), no_exp=h, sigmoid_each=sigmoid(h)
    )
    total = hand(e.sum(), sigmoid_each=1.0, over_max=e.max(), others_only=e.sum() - e)
    p = hand.write(
        "q-a", e / total, three_decimals=np.round(e / total, 3), exp_only=e, swapped=(e / total)[[1, 0, 2, 3]]
    )
    hand.copy("q-a-percent", p, percent_plain=100 * p)
    true = hand(p[1], from_0=p[2], largest=p[2], first=p[0])
    log = np.log(true)
    hand.write(
        "q-b",
        -log,
        base_10_log=-log / np.log(10),
        base_2_log=-log / np.log(2),
        no_minus=log,
        over_classes=-log / 4,
        all_classes=-np.log(p).sum(),
        entropy=-(p * np.log(p)).sum(),
        weighted=-p[1] * log,
        one_minus=-np.log(1 - p[1]),
        no_log=1 - p[1],
        both_terms=-(log + sum(np.log(1 - q) for i, q in enumerate(p) if i != 1)),
        squared=((p - np.array([0, 1, 0, 0])) ** 2).sum(),
    )


LOGITS = Exercise(
    PROBLEMS / "softmax-cross-entropy-logits.yaml",
    logits,
    {
        "sign_lost": Mistake("reads the logit -1 as 1", "sign-lost"),
        "zero_is_zero": Mistake("exp(0) = 0", ""),
        "base_10": Mistake("powers of 10 in the softmax", "wrong-base"),
        "minus": Mistake("exp(-h)", "?sign-flipped given-negated"),
        "no_exp": Mistake("divides the logits by their sum, without exp", ""),
        "sigmoid_each": Mistake("the sigmoid of each logit", "wrong-activation"),
        "over_max": Mistake("divides by the largest exponential", "?softmax-not-normalized"),
        "others_only": Mistake("divides by the sum of the other exponentials", ""),
        "three_decimals": Mistake("rounds the probabilities to three decimals and goes on with them", "rounded-early"),
        "exp_only": Mistake("forgets to normalise", "softmax-not-normalized"),
        "swapped": Mistake("exchanges the first two probabilities", "elements-permuted"),
        "percent_plain": Mistake("leaves the percent sign out: 4.7 for 4.7 %", "percent"),
        "from_0": Mistake("counts the classes from 0", "wrong-class neighbouring-element"),
        "largest": Mistake("takes the largest probability for the true one", "wrong-class neighbouring-element"),
        "first": Mistake("takes the first class", "wrong-class neighbouring-element"),
        "base_10_log": Mistake("the logarithm to base 10", "log10-for-ln"),
        "base_2_log": Mistake("the logarithm to base 2", "log2-for-ln"),
        "no_minus": Mistake("forgets the minus of the loss", "minus-left-out sign-flipped"),
        "over_classes": Mistake("divides the loss by the four classes", "mean-for-sum"),
        "all_classes": Mistake("sums over all classes", ""),
        "entropy": Mistake("the entropy of p", ""),
        "weighted": Mistake("-p ln p of the true class", ""),
        "one_minus": Mistake("-ln(1 - p)", ""),
        "no_log": Mistake("1 - p", "?wrong-loss"),
        "both_terms": Mistake("the binary cross-entropies of all classes", "wrong-loss"),
        "squared": Mistake("the squared error", "wrong-loss"),
    },
    (("percent_plain", "base_10_log"), ("from_0", "base_2_log"), ("minus", "no_minus"), ("from_0", "no_minus")),
)


def relu_relu(hand: Hand) -> None:
    """relu-relu-softmax-classifier: two ReLU layers and a softmax, some parts with given activations."""
    x = hand(np.array([3.0, 14, 1]), bias_first=np.array([1.0, 3, 14]), exchanged=np.array([14.0, 3, 1]))
    w = np.array([[1.0, 0, -1], [0, 1, -1], [-1, 0, -1], [0, -1, -1]]) * hand(
        1.0, no_bias=np.array([1.0, 1, 0]), bias_sign=np.array([1, 1, -1])
    )
    v = np.array([[1.0, 1, 1, 1, 0], [-1, -1, -1, -1, 2]]) * hand(1.0, no_bias=np.array([1.0, 1, 1, 1, 0]))

    def output(prefix: str, fu: np.ndarray, beta: float = 1.0) -> np.ndarray:
        z = hand(beta, no_beta=1.0, temperature=1 / beta, squared_beta=beta**2) * np.asarray(fu)
        o = hand(
            softmax(z),
            reversed=softmax(z)[::-1],
            sigmoid_out=sigmoid(z),
            minus=softmax(-z),
            over_max=np.exp(z) / np.exp(z).max(),
        )
        return np.asarray(hand.write(f"{prefix}o", o))

    z = hand.write("Z", w @ x)
    f = hand.write("F", np.maximum(z, 0), no_relu=z, sigmoid_hidden=sigmoid(z), step=(z > 0) * 1.0)
    u = hand.write("U", v @ np.append(f, 1))
    fu = hand.write("FU", np.maximum(u, 0), no_relu=u, no_relu_out=u, sigmoid_hidden=sigmoid(u), step=(u > 0) * 1.0)
    output("", fu)
    for part, given in (("quarters", 0.25), ("zeros", 0.0), ("three-quarters", 0.75)):
        u = v @ np.append(np.full(4, given), 1)
        fu = hand.write(
            f"{part}.FU", np.maximum(u, 0), no_relu=u, no_relu_out=u, sigmoid_hidden=sigmoid(u), step=(u > 0) * 1.0
        )
        output(f"{part}.", fu)
    output("temperature-1.", np.array([3.0, 1]))
    o = output("temperature-5-halves.", np.array([3.0, 1]), 2.5)
    hand.write("temperature-5-halves.ratio", o[0] / o[1], inverted=o[1] / o[0], difference=o[0] - o[1])


RELU_RELU = Exercise(
    PROBLEMS / "relu-relu-softmax-classifier.yaml",
    relu_relu,
    {
        "bias_first": Mistake("puts the 1 in front of x", "?elements-permuted"),
        "exchanged": Mistake("exchanges x1 and x2", "numbers-exchanged elements-permuted"),
        "no_bias": Mistake("leaves the biases of both layers out", "bias-missing"),
        "bias_sign": Mistake("subtracts the biases of layer 1", "?given-negated sign-flipped"),
        "no_relu": Mistake("forgets both ReLUs", "activation-left-out z-for-a"),
        "no_relu_out": Mistake("forgets the ReLU of the output layer", "activation-left-out z-for-a"),
        "sigmoid_hidden": Mistake("sigmoids for both ReLUs", "wrong-activation"),
        "step": Mistake("step functions for both ReLUs", "wrong-activation"),
        "no_beta": Mistake("forgets beta", "factor-left-out"),
        "temperature": Mistake("divides by beta", "temperature-inverted"),
        "squared_beta": Mistake("multiplies with beta twice", ""),
        "reversed": Mistake("exchanges the two outputs", "elements-permuted"),
        "sigmoid_out": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "minus": Mistake("exp(-beta f)", "?sign-flipped given-negated"),
        "over_max": Mistake("divides by the largest exponential", "?softmax-not-normalized"),
        "inverted": Mistake("the ratio o2 / o1", "?elements-permuted neighbouring-element"),
        "difference": Mistake("the difference for the ratio", ""),
    },
    (("no_relu_out", "temperature"), ("no_bias", "no_relu"), ("temperature", "inverted")),
)


def binary(hand: Hand) -> None:
    """binary-nll-gradient: one sigmoid unit, its negative log likelihood and the gradient."""
    w, x, y = np.array([[-2.0], [1.0]]), np.array([1.0, 1]), 1.0
    z = hand.write("z", w[:, 0] @ x, one_weight=w[0, 0], minus=-(w[:, 0] @ x), constant_1=w[:, 0] @ x + 1)
    a = hand.write(
        "a",
        sigmoid(z),
        exponent_sign=sigmoid(-z),
        tanh=np.tanh(z),
        step=(z > 0) * 1.0,
        two_decimals=np.round(sigmoid(z), 2),
    )
    hand.write(
        "NLL",
        -np.log(a),
        other_term=-np.log(1 - a),
        no_minus=np.log(a),
        base_10_log=-np.log10(a),
        base_2_log=-np.log2(a),
        squared=(a - y) ** 2,
        half_squared=(a - y) ** 2 / 2,
        no_log=1 - a,
        target_inside=-(y - a),
    )
    slope = a * (1 - a)
    d = hand(
        a - y,
        turned=y - a,
        slope_extra=(a - y) * slope,
        slope_only=slope,
        by_activation=-1 / a,
        no_target=a,
        squared=2 * (a - y) * slope,
        half_squared=(a - y) * slope,
        log_derivative=1 / a,
        slope_at_z=-1 / a * z * (1 - z),
    )
    dw = hand(x[:, None] * d, no_input_first=np.array([[d], [0.0]]), weights_for_x=w * d)
    hand.write("dNLL/dW", dw)


BINARY = Exercise(
    PROBLEMS / "binary-nll-gradient.yaml",
    binary,
    {
        "one_weight": Mistake("uses the first weight only", ""),
        "minus": Mistake("loses the sign of z", "sign-flipped given-negated"),
        "constant_1": Mistake("takes 1 for the zero bias", ""),
        "exponent_sign": Mistake("exp(z) for exp(-z) in the sigmoid", "minus-left-out sign-flipped"),
        "tanh": Mistake("tanh for the sigmoid", "wrong-activation"),
        "step": Mistake("a step function for the sigmoid", "wrong-activation"),
        "two_decimals": Mistake("rounds a to two decimals and goes on with it", "rounded-early"),
        "other_term": Mistake("the term of y = 0", "?wrong-class"),
        "no_minus": Mistake("forgets the minus of the loss", "minus-left-out sign-flipped"),
        "base_10_log": Mistake("the logarithm to base 10", "log10-for-ln"),
        "base_2_log": Mistake("the logarithm to base 2", "log2-for-ln"),
        "squared": Mistake("the squared error, and its gradient", "wrong-loss"),
        "half_squared": Mistake("half the squared error, and its gradient", "wrong-loss activation-derivative-extra"),
        "no_log": Mistake("1 - a", "?wrong-loss"),
        "target_inside": Mistake("a - y for the loss", "?wrong-loss sign-flipped"),
        "turned": Mistake("y - a", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(a - y) a (1 - a)", "activation-derivative-extra"),
        "slope_only": Mistake("a (1 - a) alone", "?factor-left-out"),
        "by_activation": Mistake(
            "-1/a is taken for the gradient by z", "activation-derivative-missing factor-left-out"
        ),
        "log_derivative": Mistake("1/a is taken for the gradient by z", "?activation-derivative-missing sign-flipped"),
        "slope_at_z": Mistake("z (1 - z) for the derivative of the sigmoid", "derivative-at-preactivation"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "weights_for_x": Mistake("multiplies with W instead of x", ""),
        "no_input_first": Mistake("a gradient for the first weight only", ""),
    },
    (("exponent_sign", "turned"), ("base_10_log", "turned"), ("other_term", "no_target")),
)

EXERCISES = (RELU_SOFTMAX, SOFTMAX_UNIT, LOGITS, RELU_RELU, BINARY)
