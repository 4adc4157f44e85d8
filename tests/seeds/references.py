"""The seed problems worked out by hand in plain NumPy: ask id -> expected value. Nothing of nnsolve is used.

Every problem is written in its own convention, as the notebook does it; asks of a part are `part.id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = Mapping[str, Array | float]


def array(values: object) -> Array:
    """`values` as float64."""
    return np.array(values, dtype=np.float64)


def relu(u: Array) -> Array:
    """max(u, 0)."""
    return np.maximum(u, 0.0)


def softmax(u: Array) -> Array:
    """exp(u_i) / sum_k exp(u_k), of one vector."""
    e = np.exp(u - u.max())
    out: Array = e / e.sum()
    return out


def sigmoid(u: float) -> float:
    """1 / (1 + exp(-u)), the form chosen so that exp never overflows."""
    return float(1 / (1 + np.exp(-u)) if u >= 0 else np.exp(u) / (1 + np.exp(u)))


def relu_relu_softmax_classifier() -> Values:
    """Rows of W and V are units, their last column is the bias, a 1 is appended to X and to F."""
    W = array([[1, 0, -1], [0, 1, -1], [-1, 0, -1], [0, -1, -1]])
    V = array([[1, 1, 1, 1, 0], [-1, -1, -1, -1, 2]])
    X = array([3, 14])

    def head(F: Array) -> tuple[Array, Array]:
        U = V @ np.append(F, 1.0)
        return U, relu(U)

    Z = W @ np.append(X, 1.0)
    F = relu(Z)
    U, FU = head(F)
    values: dict[str, Array | float] = {"Z": Z, "F": F, "U": U, "FU": FU, "o": softmax(FU)}
    for part, hidden in (("quarters", 0.25), ("zeros", 0.0), ("three-quarters", 0.75)):
        _, FU = head(np.full(4, hidden))
        values |= {f"{part}.FU": FU, f"{part}.o": softmax(FU)}
    scores = array([3, 1])
    warm, cold = softmax(1.0 * scores), softmax(2.5 * scores)
    return values | {"temperature-1.o": warm, "temperature-5-halves.o": cold, "temperature-5-halves.ratio": np.exp(5.0)}


def sigmoid_derivative() -> Values:
    """Sigma and sigma (1 - sigma), where 1 - sigma(x) = sigma(-x)."""

    def both(xs: list[float]) -> tuple[Array, Array]:
        return array([sigmoid(x) for x in xs]), array([sigmoid(x) * sigmoid(-x) for x in xs])

    limits, points = both([-1000, 0, 1000]), both([0, -1])
    return {
        "sigma": limits[0],
        "dsigma/dx": limits[1],
        "points.sigma": points[0],
        "points.dsigma/dx": points[1],
    }


def tanh_derivative() -> Values:
    """Tanh at -1000, 0, 1000 is -1, 0, 1 to the last digit of a double, and 1 - tanh^2 is 0, 1, 0."""
    return {"sigma": array([-1, 0, 1]), "dsigma/dx": array([0, 1, 0])}


def binary_nll_gradient() -> Values:
    """A sigmoid unit, z = W^T x with W a column; y = 1, so that NLL = -log a and dNLL/dW = x (a - 1)."""
    z = -2.0 * 1 + 1.0 * 1
    a = 1 / (1 + np.exp(-z))
    return {"z": array([z]), "a": array([a]), "NLL": -np.log(a), "dNLL/dW": array([[a - 1], [a - 1]])}


def multiclass_nll() -> Values:
    """The true class has probability 0.1."""
    return {"NLLM": -np.log(0.1)}


def softmax_unit_gradient_step() -> Values:
    """z = W^T x; dNLLM/dW = x (a - y)^T; W@1 = W - 0.5 dNLLM/dW."""
    W = array([[1, -1, -2], [-1, 2, 1]])
    x, y = array([1, 1]), array([0, 1, 0])
    a = softmax(W.T @ x)
    dW = np.outer(x, a - y)
    W_new = W - 0.5 * dW
    return {"dNLLM/dW": dW, "p2-before": a[2], "W@1": W_new, "p2-after": softmax(W_new.T @ x)[2]}


def relu_softmax_2_4_2_step() -> Values:
    """Columns of W1 and W2 are units; both gradients come from the old weights; the biases stay."""
    W1, b1 = array([[1, 0, -1, 0], [0, 1, 0, -1]]), array([-1, -1, -1, -1])
    W2, b2 = array([[1, -1], [1, -1], [1, -1], [1, -1]]), array([0, 2])
    x, y = array([4, 11]), array([0, 1])

    def forward(W1: Array, W2: Array) -> tuple[Array, Array, Array]:
        z1 = W1.T @ x + b1
        a1 = relu(z1)
        return z1, a1, softmax(W2.T @ a1 + b2)

    z1, a1, a2 = forward(W1, W2)
    dz2 = a2 - y
    dW2 = np.outer(a1, dz2)
    dz1 = (W2 @ dz2) * (z1 > 0)
    dW1 = np.outer(x, dz1)
    W1_new, W2_new = W1 - 0.5 * dW1, W2 - 0.5 * dW2
    _, a1_new, a2_new = forward(W1_new, W2_new)
    return {"a1": a1, "a2": a2, "W2@1": W2_new, "W1@1": W1_new, "a1@1": a1_new, "a2@1": a2_new}


def scalar_backpropagation() -> Values:
    """The chain rule, factor by factor."""
    w_1, w_2, b, x, t = 0.01, -5.0, -1.0, 3.0, 1.0
    z_1 = w_1 * x
    a_1 = max(z_1, 0.0)
    z_2 = w_2 * a_1 + b
    y = sigmoid(z_2)
    dz_2 = (y - t) * y * (1 - y)
    return {
        "z_1": z_1,
        "a_1": a_1,
        "z_2": z_2,
        "y": y,
        "C": (y - t) ** 2 / 2,
        "dC/dw_1": dz_2 * w_2 * 1 * x,
        "dC/dw_2": dz_2 * a_1,
        "dC/db": dz_2,
    }


def softmax_cross_entropy_logits() -> Values:
    """Class 2 of 1 to 4 has the logit -1."""
    e = np.exp(array([2, -1, 5, 0]))
    p = e / e.sum()
    return {"q-a": p, "q-a-percent": p, "q-b": np.log(e.sum()) + 1}


def linear_layer_relu() -> Values:
    """Exact in binary."""
    return {
        "q-a": array([-1 * 1.5 - 1 * 2, -1 * 1.5 + 1 * 2, -1 * 1.5 + 0 * 2]),
        "q-b": array([0, 0.5, 0]),
    }


def regression_3_4_3_l2_norm() -> Values:
    """Rows of W1 and W2 are units; d norm / d y_hat = (y_hat - y) / norm."""
    W1, b1 = array([[1, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]]), array([0, 1, 1, -1])
    W2, b2 = array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]]), array([1, 0, 0.5])
    x, y = array([1.2, -1, 2]), array([1.5, -1, 2])
    hbar1 = W1 @ x + b1
    h1 = relu(hbar1)
    y_hat = W2 @ h1 + b2
    ell = np.sqrt(np.sum((y_hat - y) ** 2))
    dh2 = (y_hat - y) / ell
    dh1 = W2.T @ dh2
    dhbar1 = dh1 * array([1, 1, 0, 1])
    dW2, dW1 = np.outer(dh2, h1), np.outer(dhbar1, x)
    return {
        "q-a": hbar1,
        "q-b": h1,
        "q-c": y_hat,
        "q-d": ell,
        "q-e-h2": dh2,
        "q-e-W2": dW2,
        "q-e-b2": dh2,
        "q-f-h1": dh1,
        "q-f-hbar1": dhbar1,
        "q-f-W1": dW1,
        "q-f-b1": dhbar1,
        "q-g-W2": W2 - 0.01 * dW2,
        "q-g-b2": b2 - 0.01 * dh2,
        "q-g-W1": W1 - 0.01 * dW1,
        "q-g-b1": b1 - 0.01 * dhbar1,
    }


def perceptron_and() -> Values:
    """Rosenblatt's rule on AND, one sample after the other: w += y - y_hat times the sample, the bias as for a 1."""
    samples = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]
    w, b = array([0, 0]), 0.0
    values: dict[str, Array | float] = {}
    for update in range(6 * 4):
        x, y = samples[update % 4]
        z = float(w @ array(x)) + b
        if update < 4:
            values[f"z@{update}"] = array([z])
        error = y - (1 if z >= 0 else 0)
        w, b = w + error * array(x), b + error
        if update == 3:
            values |= {"W@4": w.reshape(1, 2), "b@4": array([b])}
    outputs = [[float(w @ array(x) + b >= 0)] for x, _ in samples]
    return values | {"W@end": w.reshape(1, 2), "b@end": array([b]), "y_hat@end": array(outputs)}


def xor_mini_batches() -> Values:
    """Columns of W1 and W2 are units, samples are rows; sigmoid and cross-entropy give dL/dz2 = (a2 - y) / 2."""
    W1, b1 = array([[1, -1], [1, -1]]), array([-0.5, 1.5])
    W2, b2 = array([[1], [1]]), array([0])
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]]), array([[0], [1], [1], [0]])
    values: dict[str, Array | float] = {}
    for epoch in (1, 2, 3):
        losses = []
        for rows in (slice(0, 2), slice(2, 4)):
            x, y = X[rows], Y[rows]
            a1 = np.tanh(x @ W1 + b1)
            a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
            losses.append(float(-np.mean(np.log(np.where(y == 1, a2, 1 - a2)))))
            dz2 = (a2 - y) / 2
            dz1 = (dz2 @ W2.T) * (1 - a1**2)
            if not values:
                values = {"a2": a2, "dL/dW1": x.T @ dz1}
            W1, b1 = W1 - 0.5 * x.T @ dz1, b1 - 0.5 * dz1.sum(axis=0)
            W2, b2 = W2 - 0.5 * a1.T @ dz2, b2 - 0.5 * dz2.sum(axis=0)
        values[f"L@e{epoch}"] = float(np.mean(losses))
    return values | {"W1@end": W1, "b1@end": b1, "W2@end": W2, "b2@end": b2}


SEQUENCES = {
    "a": [0, 0, 1, 1, 1, 0],
    "b": [1, 1, 0, 1, 1],
    "c": [1, 0, 1, 1, 1],
    "d": [1, 1, 0, 1, 1, 0, 1, 1, 1],
    "e": [1, 0, 0, 1, 1, 0, 1, 1, 1],
    "f": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
}
"""The bits that the notebooks' LSTM reads."""


def lstm(gate: Callable[[float], float], squash: Callable[[float], float], state: Callable[[float], float]) -> Values:
    """The notebooks' scalar LSTM with its weights put in; Python rounds ties to the even neighbour."""
    values: dict[str, Array | float] = {}
    for part, bits in SEQUENCES.items():
        h = c = 0.0
        states = []
        for x in bits:
            f, i, o = gate(-100), gate(100 * x + 100), gate(100 * x)
            c = f * c + i * squash(-100 * h + 50 * x)
            h = state(o * squash(c))
            states.append(h)
        values[f"{part}.h"] = array(states)
    return values | {"f.c_10": c}


def lstm_rounded_gates() -> Values:
    """The second notebook rounds its gates and its tanh."""
    return lstm(lambda u: round(sigmoid(u)), lambda u: round(float(np.tanh(u))), float)


def lstm_rounded_state() -> Values:
    """The first notebook rounds h alone."""
    return lstm(sigmoid, lambda u: float(np.tanh(u)), round)


def word_embeddings() -> Values:
    """A row of E is a word; mean pooling or tanh(W_xh e + W_hh h), then softmax(W p)."""
    E = array([[0.9, 0.1], [0.2, 0.8], [-0.7, -0.2], [0.8, 0.2], [0.1, 0.9], [-0.6, -0.8]])
    W = array([[1, -1], [-1, 1]])
    W_xh, W_hh = array([[1, -1], [0, 1]]), array([[0.5, 0], [1, -0.5]])
    lengths = np.sqrt((E**2).sum(axis=1))
    cosines = E @ E[0] / (lengths * lengths[0])
    values: dict[str, Array | float] = {
        "mean-dog-bites-man.e_1": E[0],
        "mean-dog-bites-man.similarity": float(cosines[2 - 1]),
        "mean-dog-bites-man.nearest": np.asarray(np.argsort(-cosines)[:3], float) + 1,
    }
    for sentence, words in (("dog-bites-man", [0, 2, 1]), ("man-bites-dog", [1, 2, 0])):
        pooled = E[words].mean(axis=0)
        values[f"mean-{sentence}.p"] = pooled
        values[f"mean-{sentence}.y_hat"] = softmax(W @ pooled)
        states = [np.zeros(2)]
        for word in words:
            states.append(np.tanh(W_hh @ states[-1] + W_xh @ E[word]))
        y_hat = softmax(W @ states[-1])
        values[f"recurrent-{sentence}.h_3"] = states[-1]
        values[f"recurrent-{sentence}.y_hat"] = y_hat
        if sentence == "dog-bites-man":
            gradient = np.zeros_like(E)
            dh = W.T @ (y_hat - array([1, 0]))
            for t in (2, 1, 0):
                dz = dh * (1 - states[t + 1] ** 2)
                gradient[words[t]] += W_xh.T @ dz
                dh = W_hh.T @ dz
            values["recurrent-dog-bites-man.dL/dE"] = gradient
    return values


REFERENCES: Mapping[str, Callable[[], Values]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        relu_relu_softmax_classifier,
        sigmoid_derivative,
        tanh_derivative,
        binary_nll_gradient,
        multiclass_nll,
        softmax_unit_gradient_step,
        relu_softmax_2_4_2_step,
        scalar_backpropagation,
        softmax_cross_entropy_logits,
        linear_layer_relu,
        regression_3_4_3_l2_norm,
        perceptron_and,
        xor_mini_batches,
        lstm_rounded_gates,
        lstm_rounded_state,
        word_embeddings,
    )
}
