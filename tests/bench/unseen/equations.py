"""Problems written as equations, by hand: attention, and logistic regression with a penalty."""

from __future__ import annotations

import numpy as np

from tests.bench.unseen.hand import OWN, Exercise, Hand, Mistake, sigmoid, softmax


def attention(hand: Hand) -> None:
    """attention: queries, keys, values, a softmax along the keys, half the squared error."""
    wq, wk, wv = np.array([[0.5, -1], [1, 0.3]]), np.array([[0.2, 0.8], [-0.6, 0.4]]), np.array([[1, 0.5], [-0.4, 0.9]])
    x = np.array([[1, 0.5], [-0.7, 1.2], [0.3, -0.9]])
    y = np.array([[0.5, 0], [0.2, 1], [-0.3, 0.6]])
    q = hand.write("Q", x @ wq, weight_transposed=x @ wq.T, keys_given=x @ wk)
    k, v = x @ wk, hand(x @ wv, keys_as_values=x @ wk)
    if hand.does("q_k_exchanged"):
        q, k = k, q
    scale = hand(np.sqrt(2), no_scale=1.0, scale_not_rooted=2.0, scale_by_tokens=np.sqrt(3), scale_lost_back=np.sqrt(2))
    s = hand.write("S", q @ k.T / scale, transposed=k @ q.T / scale)
    a = hand.write(
        "A",
        softmax(s),
        wrong_axis=softmax(s, axis=0),
        no_softmax=s,
        over_all=np.exp(s) / np.exp(s).sum(),
        scores_over_sum=s / s.sum(1, keepdims=True),
        sigmoid_each=sigmoid(s),
    )
    o = hand.write("O", a @ v, attention_transposed=a.T @ v)
    e = o - y
    hand.write("L", (e**2).sum() / 2, no_half=(e**2).sum(), mean=(e**2).mean() / 2, root=np.sqrt((e**2).sum()))
    do = hand(e, no_half=2 * e, turned=-e, mean=e / 6)
    da = hand.write("dL/dA", do @ v.T, by_other_side=do @ k.T)
    dv = hand(a.T, attention_not_transposed=a) @ do
    rows = hand(
        (a * da).sum(1, keepdims=True),
        wrong_sum_axis=(a * da).sum(0, keepdims=True),
        sum_of_gradients=da.sum(1, keepdims=True),
    )
    ds = hand.write(
        "dL/dS",
        a * (da - rows),
        no_softmax_slope=da,
        elementwise_slope=a * (1 - a) * da,
        sum_lost=a * da,
        a_lost=da - rows,
        no_softmax=da,
    )
    back = hand(scale, scale_lost_back=1.0, scale_twice=scale**2)
    dq = hand.write("dL/dQ", ds @ k / back, scores_transposed=ds.T @ k / back)
    dk = hand(ds.T, keys_not_transposed=ds) @ q / back
    hand.write("dL/dW_K", x.T @ dk, swapped=dk.T @ x, query_gradient=x.T @ dq)
    hand.write("dL/dW_V", x.T @ dv, swapped=dv.T @ x)
    dwq = x.T @ dq
    hand.write("W_Q@1", wq - 0.1 * dwq, ascent=wq + 0.1 * dwq, no_rate=wq - dwq, gradient=dwq)


ATTENTION = Exercise(
    OWN / "attention.yaml",
    attention,
    {
        "weight_transposed": Mistake("X W_Q^T", "weights-transposed"),
        "keys_given": Mistake("W_K for W_Q in the queries", "wrong-weights"),
        "keys_as_values": Mistake("W_K for W_V in the values", "wrong-weights"),
        "q_k_exchanged": Mistake("exchanges queries and keys after Q", "?factors-exchanged transposed wrong-layer"),
        "no_scale": Mistake("forgets 1/sqrt(2)", "factor-left-out"),
        "scale_not_rooted": Mistake("divides by 2 instead of its root", ""),
        "scale_by_tokens": Mistake("divides by the root of 3, the number of tokens", ""),
        "transposed": Mistake("K Q^T for Q K^T", "transposed factors-exchanged"),
        "wrong_axis": Mistake("softmax down the columns, derivative along the rows", "softmax-wrong-axis"),
        "no_softmax": Mistake(
            "forgets the softmax, forward and backward", "softmax-left-out activation-left-out z-for-a"
        ),
        "over_all": Mistake("softmax over all nine scores", "?softmax-wrong-axis"),
        "scores_over_sum": Mistake("divides the scores by their sum, without exp", ""),
        "sigmoid_each": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "attention_transposed": Mistake("A^T V", "?weights-transposed"),
        "no_half": Mistake("no 1/2 in the loss, twice the gradient", "half-missing"),
        "mean": Mistake("the mean over all numbers, loss and gradient", "mean-for-sum"),
        "root": Mistake("the norm for the loss, the gradient is right", "?norm-for-squared-norm"),
        "turned": Mistake("Y - O", "target-minus-prediction sign-flipped"),
        "by_other_side": Mistake("K for V in dL/dA", "?wrong-weights"),
        "attention_not_transposed": Mistake("A for A^T in dL/dV", "?weights-transposed"),
        "wrong_sum_axis": Mistake("sums over the queries in the softmax's derivative", "?softmax-wrong-axis"),
        "sum_of_gradients": Mistake("sums the gradients without A in the softmax's derivative", ""),
        "no_softmax_slope": Mistake("forgets the softmax's derivative", "activation-derivative-missing"),
        "elementwise_slope": Mistake("A (1 - A) for the softmax's derivative", "derivative-of-another-activation"),
        "sum_lost": Mistake("A dL/dA for the softmax's derivative", ""),
        "a_lost": Mistake("forgets the factor A of the softmax's derivative", "?factor-left-out"),
        "scale_lost_back": Mistake("forgets 1/sqrt(2) on the way back", "factor-left-out"),
        "scale_twice": Mistake("divides by sqrt(2) twice on the way back", ""),
        "scores_transposed": Mistake("dL/dS^T K in dL/dQ", "?transposed weights-transposed factors-exchanged"),
        "keys_not_transposed": Mistake("dL/dS Q in dL/dK", "?transposed weights-transposed factors-exchanged"),
        "swapped": Mistake("exchanges the factors of dL/dW_K and dL/dW_V", "factors-exchanged transposed"),
        "query_gradient": Mistake("gives dL/dW_Q for dL/dW_K", "another-gradient"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "gradient": Mistake("gives the gradient for the new weight", "gradient-for-parameter"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("no_scale", "elementwise_slope"),
        ("turned", "sum_lost"),
        ("wrong_axis", "turned"),
        ("scale_lost_back", "keys_not_transposed"),
        ("swapped", "ascent"),
        ("no_half", "no_softmax_slope"),
    ),
)


def logistic(hand: Hand) -> None:
    """logistic-penalty: four samples, the mean cross-entropy and half lambda times the squared weights, two steps."""
    x, y = np.array([[1.5, 0.2], [-0.8, 1.1], [0.4, -1.3], [2.1, 0.7]]), np.array([[1.0], [0], [0], [1]])
    w, b, lam, rate = np.array([[0.6], [-0.4]]), 0.3, 0.5, 0.4
    size = hand(4, summed=1)
    first: tuple[np.ndarray, float] | None = None
    for t in (0, 1):
        z = x @ w + hand(b, no_bias=0.0)
        p = hand(sigmoid(z), exponent_sign=sigmoid(-z), tanh=(np.tanh(z) + 1) / 2)
        if t == 0:
            z = hand.write("z", z)
            p = hand.write("p", hand(sigmoid(z), exponent_sign=sigmoid(-z), tanh=(np.tanh(z) + 1) / 2))
        terms = y * np.log(p) + (1 - y) * np.log(1 - p)
        terms = hand(
            terms,
            ones_only=y * np.log(p),
            sign_inside=y * np.log(p) - (1 - y) * np.log(1 - p),
            base_10=terms / np.log(10),
        )
        square = (w**2).sum()
        penalty = hand(
            lam / 2 * square,
            penalty_lost=0.0,
            penalty_not_halved=lam * square,
            penalty_rooted=lam / 2 * np.sqrt(square),
            penalty_of_bias=lam / 2 * (square + b**2),
            penalty_averaged=lam / 8 * square,
            penalty_l1=lam / 2 * np.abs(w).sum(),
        )
        j = hand.write(
            "J" if t == 0 else "J@1",
            -terms.sum() / size + penalty,
            no_minus=terms.sum() / size + penalty,
            no_penalty_in_loss=-terms.sum() / size,
        )
        del j
        d = hand(p - y, turned=y - p, slope_extra=(p - y) * p * (1 - p), labels=np.round(p) - y, no_target=p) / hand(
            size, gradient_summed=1, other_size=2
        )
        extra = hand(
            lam * w,
            penalty_lost=0 * w,
            penalty_gradient_lost=0 * w,
            penalty_not_halved=2 * lam * w,
            penalty_gradient_halved=lam / 2 * w,
            penalty_gradient_sign=-lam * w,
            penalty_averaged=lam / 4 * w,
            gradient_of_l1=lam * np.sign(w),
            penalty_w_lost=lam,
        )
        dw, db = x.T @ d + extra, d.sum() + hand(0.0, penalty_of_bias=lam * b)
        db = hand(db, bias_mean=d.mean(), bias_lost=0.0, bias_last=d[-1, 0])
        if t == 0:
            dw, db = hand.write("dJ/dw", dw), hand.write("dJ/db", db)
        first = first or (dw, db)
        if hand.does("old_gradient"):
            dw, db = first
        step = hand(-rate, ascent=rate, no_rate=-1.0, rate_smaller=-0.04)
        w = hand.write(f"w@{t + 1}", w + step * dw, only_change=step * dw)
        b = b + step * db
        if t == 0:
            b = hand.write("b@1", b, biases_stay=0.3)


LOGISTIC = Exercise(
    OWN / "logistic-penalty.yaml",
    logistic,
    {
        "no_bias": Mistake("leaves b out", "bias-missing"),
        "exponent_sign": Mistake("exp(z) for exp(-z) in the sigmoid", "minus-left-out sign-flipped"),
        "tanh": Mistake("(tanh(z) + 1)/2 for the sigmoid", "wrong-activation"),
        "summed": Mistake("sums the cross-entropy over the samples, loss and gradient", "sum-for-mean"),
        "ones_only": Mistake("only the terms with y = 1 in the loss", "?wrong-loss"),
        "sign_inside": Mistake("a minus before the second term of the loss", "term-sign"),
        "base_10": Mistake("the logarithm to base 10 in the loss", "log10-for-ln"),
        "no_minus": Mistake("forgets the minus of the cross-entropy", "minus-left-out sign-flipped"),
        "no_penalty_in_loss": Mistake("forgets the penalty in the loss only", "weight-decay-missing"),
        "penalty_lost": Mistake("forgets the penalty, loss and gradient", "weight-decay-missing"),
        "penalty_not_halved": Mistake("no 1/2 in the penalty, loss and gradient", "half-missing"),
        "penalty_rooted": Mistake("the norm for its square in the penalty, gradient right", "norm-for-squared-norm"),
        "penalty_of_bias": Mistake("penalises the bias too", "weight-decay-of-bias"),
        "penalty_averaged": Mistake("divides the penalty by the four samples", "?mean-for-sum"),
        "penalty_l1": Mistake("absolute values in the penalty, gradient right", ""),
        "turned": Mistake("y - p", "target-minus-prediction sign-flipped"),
        "slope_extra": Mistake("(p - y) p (1 - p)", "activation-derivative-extra"),
        "labels": Mistake("rounds p to labels in the gradient", "?rounded-early"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "gradient_summed": Mistake("the loss is a mean, its gradient a sum", "sum-for-mean"),
        "other_size": Mistake("divides the gradient by 2, the number of features", ""),
        "penalty_gradient_lost": Mistake("forgets the penalty in the gradient only", "weight-decay-missing"),
        "penalty_gradient_halved": Mistake("lambda/2 w in the gradient", "half-extra"),
        "penalty_gradient_sign": Mistake("- lambda w in the gradient", "term-sign sign-flipped"),
        "gradient_of_l1": Mistake("lambda sign(w) in the gradient", ""),
        "penalty_w_lost": Mistake("lambda instead of lambda w in the gradient", "factor-left-out"),
        "bias_mean": Mistake("bias gradient: mean over the samples, again", "mean-for-sum"),
        "bias_lost": Mistake("no gradient for the bias", "?bias-not-updated"),
        "bias_last": Mistake("bias gradient: that of the last sample", "one-sample-alone"),
        "old_gradient": Mistake("takes the first gradient for both updates", "?not-updated"),
        "ascent": Mistake("adds the gradient", "ascent-for-descent sign-flipped"),
        "no_rate": Mistake("leaves the learning rate out", "learning-rate-missing"),
        "rate_smaller": Mistake("takes 0.04 for the learning rate", "learning-rate-misread"),
        "only_change": Mistake("gives the change of w, and goes on with it", "step-for-parameter"),
        "biases_stay": Mistake("does not update the bias", "bias-not-updated not-updated"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("turned", "gradient_summed"),
        ("penalty_lost", "summed"),
        ("slope_extra", "penalty_gradient_lost"),
        ("ascent", "penalty_gradient_halved"),
        ("gradient_summed", "penalty_lost"),
        ("no_bias", "turned"),
    ),
)

EXERCISES = (ATTENTION, LOGISTIC)
