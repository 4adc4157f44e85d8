"""The answers that the notebooks printed wrong, and the mistake that gives exactly their digits.

`WRONG` is the machine-readable form of the comments in problems/printed: (answer file, ask id) -> the numbers that the
mistake gives, in plain NumPy. Nothing of nnsolve is used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.seeds.references import Array, array, regression_3_4_3_l2_norm, relu, softmax, softmax_unit_gradient_step


def _softmax_unit() -> dict[str, Array | float]:
    """The gradient is taken as -(a - y) x^T; its transpose is undone in the update."""
    W, x, y = array([[1, -1, -2], [-1, 2, 1]]), array([1, 1]), array([0, 1, 0])
    gradient = -np.outer(softmax(W.T @ x) - y, x)
    W_new = W - 0.5 * gradient.T
    return {"dNLLM/dW": gradient, "W@1": W_new, "p2-after": float(softmax(W_new.T @ x)[2])}


def _network_2_4_2() -> dict[str, Array | float]:
    """dL/dW1 is taken as dL/dz2 (W2@1 x)^T, masked: the new W2, and x and dL/dz2 have changed places."""
    W1, b1 = array([[1, 0, -1, 0], [0, 1, 0, -1]]), array([-1, -1, -1, -1])
    W2, b2 = array([[1, -1], [1, -1], [1, -1], [1, -1]]), array([0, 2])
    x, y = array([4, 11]), array([0, 1])
    z1 = W1.T @ x + b1
    a1 = relu(z1)
    dz2 = softmax(W2.T @ a1 + b2) - y
    W2_new = W2 - 0.5 * np.outer(a1, dz2)
    W1_new = W1 - 0.5 * np.outer(dz2, W2_new @ x) * (z1 > 0)
    a1_new = relu(W1_new.T @ x + b1)
    return {"W1@1": W1_new, "a1@1": a1_new, "a2@1": softmax(W2_new.T @ a1_new + b2)}


def _scalar() -> dict[str, Array | float]:
    """The derivative of (w_2 a_1 - t)^2 by w_2: no sigmoid, no b, no 1/2."""
    a_1, w_2, t = 0.01 * 3, -5, 1
    return {"dC/dw_2": 2 * a_1 * (w_2 * a_1 - t)}


X = array([1.2, -1, 2])
OLD = {
    "q-g-W1": array([[1, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]]),
    "q-g-b1": array([0, 1, 1, -1]),
    "q-g-W2": array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]]),
    "q-g-b2": array([1, 0, 0.5]),
}


def _regression(*, masked_bias: bool) -> dict[str, Array | float]:
    """dl/dh2 is taken as (y - y_hat) / ell; b1 gets dl/dh1 where `masked_bias` is false. All that follows from it."""
    h1, ell = array([2.2, 4, 0, 1.2]), np.sqrt(5.6**2 + 2.2**2 + 0.9**2)
    dh2 = array([-5.6, -2.2, 0.9]) / ell
    dh1 = dh2 @ OLD["q-g-W2"]
    dhbar1 = dh1 * array([1, 1, 0, 1])
    gradients = {
        "q-e-W2": np.outer(dh2, h1),
        "q-e-b2": dh2,
        "q-f-W1": np.outer(dhbar1, X),
        "q-f-b1": dhbar1 if masked_bias else dh1,
    }
    updates = {f"q-g-{key[-2:]}": OLD[f"q-g-{key[-2:]}"] - 0.01 * value for key, value in gradients.items()}
    return {"q-e-h2": dh2, "q-f-h1": dh1, "q-f-hbar1": dhbar1} | gradients | updates


def _regression_printed() -> dict[str, Array | float]:
    """The source ends before the update of W1 and the biases."""
    return {
        key: value for key, value in _regression(masked_bias=False).items() if key not in ("q-g-b2", "q-g-W1", "q-g-b1")
    }


def _regression_typeset() -> dict[str, Array | float]:
    """As printed, but the gradient of b1 is masked (its update is not), and two values were rounded on the way."""
    values = _regression(masked_bias=True)
    values["q-g-b1"] = _regression(masked_bias=False)["q-g-b1"]
    values["q-e-W2"] = np.outer(array([-5.6, -2.2, 0.9]) / 6.08, [2.2, 4, 0, 1.2])
    values["q-g-W1"] = OLD["q-g-W1"] - 0.01 * np.round(values["q-f-W1"], 2)
    return values


WRONG: Mapping[str, Mapping[str, Array | float]] = {
    "softmax-unit-gradient-step": _softmax_unit(),
    "relu-softmax-2-4-2-step": _network_2_4_2(),
    "scalar-backpropagation": _scalar(),
    "regression-3-4-3-l2-norm": _regression_printed(),
    "regression-3-4-3-l2-norm-typeset": _regression_typeset(),
}

SLIPS = {("regression-3-4-3-l2-norm-typeset", "q-g-W2"): (2, 1)}
"""Elements that no mistake reproduces: 0.9946 is typeset where the flipped sign gives 0.99408."""


def flipped_and_transposed() -> Array:
    """The softmax unit's true gradient with the two mistakes applied: another way to the same printed digits."""
    gradient: Array = -np.asarray(softmax_unit_gradient_step()["dNLLM/dW"]).T
    return gradient


def flipped_regression() -> dict[str, Array]:
    """The true 3-4-3 gradients with their sign flipped: another way to the same printed digits."""
    true = regression_3_4_3_l2_norm()
    return {key: -np.asarray(value) for key, value in true.items() if key[:3] in ("q-e", "q-f") and key != "q-f-b1"}
