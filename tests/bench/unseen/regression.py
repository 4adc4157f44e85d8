"""Regression by hand: a ReLU network with the L2 norm, a scalar chain, and three layers on a batch."""

from __future__ import annotations

import numpy as np

from tests.bench.unseen.hand import OWN, PROBLEMS, Exercise, Hand, Mistake, sigmoid


def l2_norm(hand: Hand) -> None:
    """regression-3-4-3-l2-norm: ReLU, linear output, the norm of the error, one step of SGD."""
    w1 = np.array([[1.0, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]])
    b1 = np.array([0.0, 1, 1, -1])
    w2 = np.array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]])
    b2 = np.array([1, 0, 0.5])
    x = hand(np.array([1.2, -1, 2]), input_sign_lost=np.array([1.2, 1, 2]))
    y, eta = np.array([1.5, -1, 2]), hand(0.01, rate_a_tenth=0.1)

    product = np.array([2.2 - 2, 3, -1.8, 2.2])  # 1.2 + (-1)(-1) taken for 1.2 - 1
    z1 = hand.write("q-a", w1 @ x + b1, no_bias_1=w1 @ x, minus_times_minus=product + b1, bias_subtracted=w1 @ x - b1)
    mask = (z1 > 0) * 1.0
    h1 = hand.write("q-b", np.maximum(z1, 0), no_relu=z1, relu_as_abs=np.abs(z1), relu_as_sigmoid=sigmoid(z1))
    out = hand.write("q-c", w2 @ h1 + b2, no_bias_2=w2 @ h1, z_for_h=w2 @ z1 + b2)
    e = out - y
    norm = np.sqrt(e @ e)
    loss = hand.write(
        "q-d",
        norm,
        squared_loss=e @ e,
        half_squared_loss=e @ e / 2,
        mean_loss=e @ e / 3,
        root_mean=np.sqrt(e @ e / 3),
        l1=np.abs(e).sum(),
        sum_of_errors=e.sum(),
    )
    d2 = hand.write(
        "q-e-h2",
        e / loss,
        squared_loss=2 * e,
        half_squared_loss=e,
        mean_loss=2 / 3 * e,
        l1=np.sign(e),
        sign=-e / loss,
        not_divided=e,
        two_left=e / (2 * loss),
        two_extra=2 * e / loss,
        divided_by_square=e / loss**2,
    )
    dw2 = hand.write("q-e-W2", np.outer(d2, h1), outer_with_z=np.outer(d2, z1))
    hand.copy("q-e-W2", dw2, w2_transposed=dw2.T)
    db2 = hand.write("q-e-b2", d2, bias_gradient_times_b=d2 * b2)
    new2 = w2 - eta * dw2
    dh1 = hand.write("q-f-h1", w2.T @ d2, updated=new2.T @ d2, wrong_w=w1 @ d2)
    right_mask = hand(mask, mask_inverted=1 - mask, times_activation=h1, no_relu=1.0, sign_mask=np.sign(z1))
    dz1 = hand.write("q-f-hbar1", dh1 * right_mask, no_mask=dh1)
    dw1 = hand.write("q-f-W1", np.outer(dz1, x), from_dh=np.outer(dh1, x))
    hand.copy("q-f-W1", dw1, w1_transposed=dw1.T)
    db1 = hand.write("q-f-b1", dz1, b1_unmasked=dh1, b1_ones=mask, b1_summed=np.full(4, dz1.sum()))
    step = hand(-eta, ascent=eta, no_rate=-1)
    hand.write("q-g-W2", w2 + step * dw2, only_change=step * dw2, gradient_again=dw2)
    hand.write("q-g-b2", b2 + step * db2, only_change=step * db2, gradient_again=db2, biases_stay=b2)
    hand.write("q-g-W1", w1 + step * dw1, only_change=step * dw1, gradient_again=dw1)
    hand.write("q-g-b1", b1 + step * db1, only_change=step * db1, gradient_again=db1, biases_stay=b1)


L2_NORM = Exercise(
    PROBLEMS / "regression-3-4-3-l2-norm.yaml",
    l2_norm,
    {
        "input_sign_lost": Mistake("copies the input -1 as 1", "sign-lost"),
        "minus_times_minus": Mistake("(-1)(-1) = -1 in the first row of W1 x", "?sign-lost"),
        "no_bias_1": Mistake("leaves b1 out", "bias-missing"),
        "no_bias_2": Mistake("leaves b2 out", "bias-missing"),
        "bias_subtracted": Mistake("subtracts b1", "given-negated sign-flipped"),
        "no_relu": Mistake("forgets that layer 1 has a ReLU, forward and backward", "activation-left-out z-for-a"),
        "relu_as_abs": Mistake("takes |z| for ReLU, derivative right", "?wrong-activation"),
        "relu_as_sigmoid": Mistake("takes the sigmoid forward, and the ReLU's derivative", "wrong-activation"),
        "z_for_h": Mistake("multiplies W2 with hbar1 instead of h1", "z-for-a activation-left-out"),
        "squared_loss": Mistake("leaves the root out: squared error, and its gradient", "squared-norm-for-norm"),
        "half_squared_loss": Mistake("half the squared error, and its gradient", "squared-norm-for-norm"),
        "mean_loss": Mistake("mean squared error, and its gradient", "squared-norm-for-norm mean-for-sum"),
        "root_mean": Mistake("divides by 3 under the root", "mean-for-sum"),
        "l1": Mistake("the sum of absolute errors, and its gradient", "wrong-loss"),
        "sum_of_errors": Mistake("the loss is the plain sum of the errors", ""),
        "sign": Mistake("y - y_hat in the gradient of the norm", "target-minus-prediction sign-flipped"),
        "not_divided": Mistake(
            "forgets to divide by the norm in its gradient", "factor-left-out squared-norm-for-norm"
        ),
        "two_left": Mistake("1/(2 norm), and the inner 2 is forgotten: half the gradient", "half-extra"),
        "two_extra": Mistake("the 2 of the square is kept: twice the gradient", "half-missing"),
        "divided_by_square": Mistake("divides by the squared norm", "squared-norm-for-norm"),
        "outer_with_z": Mistake("takes hbar1 for h1 in dell/dW2", "z-for-a activation-left-out"),
        "w2_transposed": Mistake("gives dell/dW2 as its transpose", "transposed factors-exchanged"),
        "bias_gradient_times_b": Mistake("multiplies the gradient of the bias with the bias", ""),
        "updated": Mistake("carries the error through the new W2", "updated-weights-used"),
        "wrong_w": Mistake("carries the error through W1", "wrong-weights"),
        "no_mask": Mistake("forgets the ReLU's derivative", "relu-mask-missing activation-derivative-missing"),
        "mask_inverted": Mistake("keeps the gradient where hbar1 is negative", "relu-mask-inverted"),
        "times_activation": Mistake(
            "multiplies with h1 instead of the ReLU's derivative", "?derivative-of-another-activation"
        ),
        "sign_mask": Mistake(
            "takes -1 for the ReLU's derivative at negative hbar1", "?derivative-of-another-activation"
        ),
        "from_dh": Mistake(
            "takes dell/dh1 for dell/dhbar1 in dell/dW1", "relu-mask-missing activation-derivative-missing"
        ),
        "w1_transposed": Mistake("gives dell/dW1 as its transpose", "transposed factors-exchanged"),
        "b1_unmasked": Mistake(
            "takes dell/dh1 for the gradient of b1",
            "bias-gradient-early relu-mask-missing activation-derivative-missing",
        ),
        "b1_ones": Mistake("dhbar1/db1 alone, masked: ones and zeros", "?factor-left-out"),
        "b1_summed": Mistake("sums the gradient of b1 over the units", ""),
        "rate_a_tenth": Mistake("takes the learning rate 0.1 for 0.01", "learning-rate-misread"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "only_change": Mistake("gives the change instead of the new parameter", "step-for-parameter"),
        "gradient_again": Mistake("gives the gradients again instead of the new parameters", "gradient-for-parameter"),
        "biases_stay": Mistake("updates the weights only", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to one decimal", "rounded-early"),
    },
    (
        ("sign", "b1_unmasked"),
        ("no_mask", "updated"),
        ("squared_loss", "no_mask"),
        ("no_bias_1", "ascent"),
        ("two_left", "ascent"),
        ("not_divided", "no_rate"),
        ("sign", "no_mask"),
        ("updated", "biases_stay"),
    ),
    digits=1,
)


def scalar(hand: Hand) -> None:
    """scalar-backpropagation: one ReLU unit, one sigmoid, half the squared error."""
    w1, w2, b, x, t = 0.01, -5.0, -1.0, 3.0, 1.0
    z1 = hand.write("z_1", w1 * x, added=w1 + x)
    a1 = hand.write("a_1", max(z1, 0), sigmoid_first=sigmoid(z1))
    z2 = hand.write("z_2", w2 * a1 + b, no_bias=w2 * a1, sign_of_w2=-w2 * a1 + b, x_again=w2 * x + b)
    y = hand.write(
        "y",
        sigmoid(z2),
        exponent_sign=sigmoid(-z2),
        tanh=np.tanh(z2),
        no_sigmoid=z2,
        exp_over=np.exp(z2) / (1 - np.exp(z2)),
    )
    hand.write(
        "C",
        (y - t) ** 2 / 2,
        no_half=(y - t) ** 2,
        no_half_through=(y - t) ** 2,
        entropy=-np.log(y) if y > 0 else 0.0,
        not_squared=(t - y) / 2,
    )
    error = hand(y - t, turned=t - y, no_half_through=2 * (y - t), half_kept=(y - t) / 2)
    slope = hand(
        y * (1 - y),
        no_slope=1.0,
        slope_at_z=z2 * (1 - z2),
        slope_of_y=sigmoid(y) * (1 - sigmoid(y)),
        slope_turned=y * (y - 1),
        slope_square=y**2,
        tanh_slope=1 - y**2,
        tanh=1 - y**2,
        no_sigmoid=1.0,
        entropy=1.0,
    )
    d2 = error * slope
    d1 = d2 * w2 * (a1 * (1 - a1) if hand.does("sigmoid_first") else 1)
    hand.write("dC/dw_1", d1 * x, no_w2=d2 * x, no_x=d1, own_weight=d2 * w1 * x, relu_value=d1 * x * a1)
    hand.write("dC/dw_2", d2 * a1, weight_for_input=d2 * w2, x_for_a=d2 * x)
    hand.write("dC/db", d2, bias_one=1.0, bias_times_b=d2 * b, error_only=error)


SCALAR = Exercise(
    PROBLEMS / "scalar-backpropagation.yaml",
    scalar,
    {
        "added": Mistake("w_1 + x for w_1 x", ""),
        "sigmoid_first": Mistake("a sigmoid in the hidden unit too, with its derivative", "wrong-activation"),
        "no_bias": Mistake("leaves b out", "bias-missing"),
        "sign_of_w2": Mistake("loses the minus of w_2 in the forward pass", "given-negated sign-flipped"),
        "x_again": Mistake("feeds x into the second unit", "?wrong-layer"),
        "exponent_sign": Mistake("exp(z) for exp(-z) in the sigmoid", "minus-left-out sign-flipped"),
        "tanh": Mistake("tanh for the sigmoid, with its derivative", "wrong-activation"),
        "no_sigmoid": Mistake("forgets the sigmoid, forward and backward", "activation-left-out z-for-a"),
        "exp_over": Mistake("exp(z) / (1 - exp(z)) for the sigmoid", ""),
        "no_half": Mistake("leaves 1/2 out of the loss, its derivative is right", "half-missing"),
        "no_half_through": Mistake("leaves 1/2 out of the loss and of all that follows", "half-missing"),
        "entropy": Mistake("the cross-entropy, and its gradient", "wrong-loss activation-derivative-missing"),
        "not_squared": Mistake("forgets the square in the loss only", "?wrong-loss"),
        "turned": Mistake("t - y in the derivative", "target-minus-prediction sign-flipped"),
        "half_kept": Mistake("keeps 1/2 in the derivative", "half-extra"),
        "no_slope": Mistake("forgets the sigmoid's derivative", "activation-derivative-missing factor-left-out"),
        "slope_at_z": Mistake("z (1 - z) for y (1 - y)", "derivative-at-preactivation"),
        "slope_of_y": Mistake("takes the sigmoid's derivative at y instead of z_2", "derivative-at-activation"),
        "slope_turned": Mistake(
            "y (y - 1): the sign of the sigmoid's derivative", "target-minus-prediction sign-flipped"
        ),
        "slope_square": Mistake("y^2 for y (1 - y)", ""),
        "tanh_slope": Mistake("1 - y^2, the derivative of tanh", "derivative-of-another-activation"),
        "no_w2": Mistake("forgets w_2 in the chain to w_1", "factor-left-out"),
        "no_x": Mistake("forgets x in the chain to w_1", "factor-left-out another-gradient"),
        "own_weight": Mistake("w_1 for w_2 in the chain to w_1", "wrong-weights"),
        "relu_value": Mistake("a_1 for the derivative of the ReLU", ""),
        "weight_for_input": Mistake(
            "w_2 for a_1 in the derivative by w_2", "?another-gradient wrong-weights wrong-layer"
        ),
        "x_for_a": Mistake("x for a_1 in the derivative by w_2", "?wrong-layer"),
        "bias_one": Mistake("the derivative by b is 1", "?factor-left-out"),
        "bias_times_b": Mistake("multiplies the derivative by b with b", ""),
        "error_only": Mistake(
            "the derivative by b without the sigmoid's",
            "activation-derivative-missing factor-left-out bias-gradient-early",
        ),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (("turned", "no_slope"), ("no_half_through", "no_slope"), ("no_bias", "turned"), ("tanh_slope", "no_half")),
)


def three_layers(hand: Hand) -> None:
    """three-layers: tanh, sigmoid and a linear output on three samples, mean of half the squared errors."""
    x = np.array([[0.5, -1.0], [1.5, 0.4], [-0.7, 0.9]])
    y = np.array([[0.6], [-0.3], [1.2]])
    w1, b1 = np.array([[0.4, -0.7, 0.2], [0.9, 0.3, -0.5]]), np.array([0.1, -0.2, 0.3])
    w2, b2 = np.array([[0.8, -0.4, 0.6], [-0.3, 0.5, 0.7], [1.1, 0.2, -0.9]]), np.array([0.05, 0.15, -0.25])
    w3, b3 = np.array([[0.7], [-1.2], [0.45]]), np.array([0.35])
    eta = 0.2
    z1 = x @ w1 + hand(b1, no_bias=0 * b1)
    a1 = hand(np.tanh(z1), sigmoid_first=sigmoid(z1), relu_first=np.maximum(z1, 0))
    z2 = a1 @ hand(w2, w2_turned=w2.T) + b2
    a2 = hand.write("a2", sigmoid(z2), tanh_second=np.tanh(z2), no_activation=z2, neighbour=a1)
    out = a2 @ w3 + b3
    e = out - y
    n = hand(3, summed=1)
    hand.write("L", (e**2).sum() / 2 / n, no_half=(e**2).sum() / n, root=np.sqrt((e**2).sum() / 2 / n))
    d3 = hand.write("dL/dz3", e / n, no_half=2 * e / n, turned=-e / n, summed_gradient=e, other_size=e / 2)
    hand.write("dL/dW3", a2.T @ d3, from_z=z2.T @ d3, first_sample=a2[:1].T @ d3[:1])
    db3 = hand(d3.sum(axis=0), bias_mean=d3.mean(axis=0), bias_last=d3[-1])
    hand.write("dL/db3", db3)
    da2 = d3 @ hand(w3, updated=w3 - eta * a2.T @ d3).T
    s2 = hand(
        a2 * (1 - a2),
        no_slope=1.0,
        slope_at_z=z2 * (1 - z2),
        tanh_slope=1 - a2**2,
        tanh_second=1 - a2**2,
        no_activation=1.0,
    )
    d2 = hand.write("dL/dz2", da2 * s2)
    dw2 = hand.write(
        "dL/dW2", a1.T @ d2, swapped=d2.T @ a1, first_sample=a1[:1].T @ d2[:1], x_bar=np.outer(a1.mean(0), d2.sum(0))
    )
    db2 = hand(d2.sum(axis=0), bias_mean=d2.mean(axis=0), bias_last=d2[-1], bias_features=d2.sum(axis=1))
    hand.write("dL/db2", db2)
    da1 = d2 @ hand(w2, not_turned=w2.T, updated=w2 - eta * dw2).T
    s1 = hand(
        1 - a1**2,
        no_tanh_slope=1.0,
        tanh_at_z=1 - z1**2,
        tanh_twice=1 - np.tanh(a1) ** 2,
        sigmoid_slope=a1 * (1 - a1),
        square_lost=1 - a1,
        plus=1 + a1**2,
        sigmoid_first=a1 * (1 - a1),
        relu_first=(z1 > 0) * 1.0,
    )
    d1 = hand(da1 * s1, skipped=(d3 @ w3.T) * s1)
    dw1 = hand.write("dL/dW1", x.T @ d1, first_sample=x[:1].T @ d1[:1])
    hand.write(
        "W1@1", w1 - eta * dw1, ascent=w1 + eta * dw1, divided_again=w1 - eta * dw1 / 3, rate_twice=w1 - eta**2 * dw1
    )
    hand.write("b2@1", b2 - eta * db2, ascent=b2 + eta * db2, biases_stay=b2, divided_again=b2 - eta * db2 / 3)


THREE_LAYERS = Exercise(
    OWN / "three-layers.yaml",
    three_layers,
    {
        "no_bias": Mistake("leaves b1 out", "bias-missing"),
        "sigmoid_first": Mistake("a sigmoid for tanh in layer 1, with its derivative", "wrong-activation"),
        "relu_first": Mistake("a ReLU for tanh in layer 1, with its derivative", "wrong-activation"),
        "w2_turned": Mistake("a1 W2^T for a1 W2, backward right", "weights-transposed"),
        "tanh_second": Mistake("tanh for the sigmoid in layer 2, with its derivative", "wrong-activation"),
        "no_activation": Mistake("forgets the sigmoid of layer 2, forward and backward", "activation-left-out z-for-a"),
        "neighbour": Mistake("gives and uses a1 for a2", "wrong-layer"),
        "summed": Mistake("sum over the samples instead of their mean, all through", "sum-for-mean"),
        "no_half": Mistake("no 1/2 in the loss and in its gradient", "half-missing"),
        "root": Mistake("takes the root of the loss, the gradient is right", "?norm-for-squared-norm"),
        "turned": Mistake("y - y_hat at the output", "target-minus-prediction sign-flipped"),
        "summed_gradient": Mistake("the loss is a mean, its gradient is not divided by 3", "sum-for-mean"),
        "other_size": Mistake("divides the gradient by 2, the number of features, instead of 3", ""),
        "from_z": Mistake("z2 for a2 in dL/dW3", "z-for-a activation-left-out"),
        "first_sample": Mistake("gradients of the weights from the first sample only", "one-sample-alone"),
        "bias_mean": Mistake(
            "bias gradients: mean over the samples, although delta has the 1/3 already", "mean-for-sum"
        ),
        "bias_last": Mistake("bias gradients: that of the last sample only", "one-sample-alone"),
        "updated": Mistake("updates each weight before the error is carried through it", "updated-weights-used"),
        "no_slope": Mistake("forgets the derivative of the sigmoid", "activation-derivative-missing"),
        "slope_at_z": Mistake("z2 (1 - z2)", "derivative-at-preactivation"),
        "tanh_slope": Mistake("1 - a2^2 for the sigmoid of layer 2", "derivative-of-another-activation"),
        "swapped": Mistake("delta^T a for a^T delta in dL/dW2", "factors-exchanged transposed"),
        "x_bar": Mistake("mean activation times summed delta in dL/dW2", ""),
        "bias_features": Mistake("sums delta over the units instead of the samples in dL/db2", "?transposed"),
        "not_turned": Mistake("delta W2 for delta W2^T", "weights-transposed"),
        "no_tanh_slope": Mistake("forgets the derivative of tanh", "activation-derivative-missing"),
        "tanh_at_z": Mistake("1 - z1^2", "derivative-at-preactivation"),
        "tanh_twice": Mistake("1 - tanh(a1)^2", "derivative-at-activation"),
        "sigmoid_slope": Mistake("a1 (1 - a1) for tanh", "derivative-of-another-activation"),
        "square_lost": Mistake("1 - a1 for the derivative of tanh", ""),
        "plus": Mistake("1 + a1^2 for the derivative of tanh", "derivative-sign"),
        "skipped": Mistake(
            "skips layer 2 on the way back: delta3 W3^T straight into layer 1",
            "?factor-left-out wrong-layer wrong-weights",
        ),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "divided_again": Mistake("divides by 3 again in the update", "?mean-for-sum"),
        "rate_twice": Mistake("multiplies with the learning rate twice in W1", "learning-rate-twice"),
        "biases_stay": Mistake("does not update the bias", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "no_slope"),
        ("summed", "no_half"),
        ("tanh_at_z", "slope_at_z"),
        ("updated", "bias_mean"),
        ("no_slope", "no_tanh_slope"),
        ("not_turned", "sigmoid_slope"),
        ("summed_gradient", "ascent"),
        ("swapped", "turned"),
    ),
)

EXERCISES = (L2_NORM, SCALAR, THREE_LAYERS)
