"""Single units and functions: sigmoid, tanh, one hidden unit, a negative log likelihood."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.steps import delta, ln_of_base
from tests.bench.fresh.student import Answers, Array, Student, problem


def sigmoid(u: Array | float) -> Array:
    small = np.exp(-np.abs(u))  # no power overflows
    return np.asarray(np.where(np.asarray(u) >= 0, 1.0, small) / (1 + small))


def scalar_backpropagation(s: Student) -> Answers:
    """z1 = w1 x, a1 = relu(z1), z2 = w2 a1 + b, y = sigmoid(z2), C = (y - t)^2 / 2, and backwards."""
    w1, w2, b, x, t = 0.01, -5.0, -1.0, 3.0, 1.0
    z1 = s.keep(w1 * x, "z1")
    a1 = s.keep(max(z1, 0.0), "a1")
    if s(w.MASK_INVERTED, "forward"):
        a1 = min(z1, 0.0)
    z2 = w2 * (x if s(w.NEIGHBOURING_LAYER, "z2") else a1) + b
    if s(w.BIAS_LEFT_OUT):
        z2 = w2 * a1
    z2 = s.keep(z2, "z2")
    y = sigmoid(z2)
    if s(w.OTHER_ACTIVATION):
        y = np.tanh(z2)
    if s(w.Z_FOR_A):
        y = z2
    y = s.keep(y, "y")
    cost = (y - t) ** 2 / 2
    dy = y - t
    if s(w.HALF_MISSING, "C"):
        cost = (y - t) ** 2
    if s(w.HALF_MISSING, "dy") or s(w.TWO_EXTRA):
        dy = 2 * (y - t)
    if s(w.HALF_EXTRA):
        cost, dy = (y - t) ** 2 / 4, (y - t) / 2
    if s(w.TARGET_MINUS_OUTPUT):
        dy = t - y
    slope = y * (1 - y)
    if s(w.OTHER_ACTIVATION):
        slope = 1 - y**2
    if s(w.DERIVATIVE_MISSING):
        slope = 1.0
    if s(w.DERIVATIVE_EXTRA):
        slope = (y * (1 - y)) ** 2
    if s(w.DERIVATIVE_AT_ACTIVATION):
        slope = sigmoid(y) * (1 - sigmoid(y))
    if s(w.DERIVATIVE_AT_PREACTIVATION):
        slope = z2 * (1 - z2)
    if s(w.DERIVATIVE_OF_OTHER):
        slope = 1 - y**2
    dz2 = s.keep(dy * slope, "dz2")
    dw2 = dz2 * (x if s(w.NEIGHBOURING_LAYER, "dw2") else a1)
    db = dy if s(w.BIAS_BEFORE_DERIVATIVE) else dz2
    da1 = dz2 * (w1 if s(w.OTHER_LAYERS_WEIGHTS) else w2)
    dz1 = da1 * (z1 > 0)
    if s(w.MASK_MISSING):
        dz1 = da1
    if s(w.MASK_INVERTED, "backward"):
        dz1 = da1 * (z1 <= 0)
    dw1 = s.keep(dz1, "dz1") * x
    sign = {name: -1 if s(w.SIGN, name) else 1 for name in ("w2", "b", "w1")}
    return {
        "z_1": a1 if s(w.A_FOR_Z, "z1") else z1,
        "a_1": a1,
        "z_2": y if s(w.A_FOR_Z, "z2") else z2,
        "y": 100 * y if s(w.PERCENT) else y,
        "C": cost,
        "dC/dw_1": sign["w1"] * dw1,
        "dC/dw_2": sign["w2"] * dw2,
        "dC/db": sign["b"] * db,
    }


def binary_nll(s: Student) -> Answers:
    """a = sigmoid(W.T x + b), NLL = -(y ln a + (1 - y) ln(1 - a)), dNLL/dW = x (a - y)."""
    weights, x, y = np.array([-2.0, 1.0]), np.array([1.0, 1.0]), 1.0
    z = s.keep(weights @ x, "z")
    a = sigmoid(z)
    if s(w.OTHER_ACTIVATION):
        a = (np.tanh(z) + 1) / 2
    a = s.keep(a, "a")
    loss = -(y * np.log(a) + (1 - y) * np.log(1 - a)) / ln_of_base(s)
    if s(w.SIGN_OF_LOSS):
        loss = -loss
    if s(w.HALF_EXTRA):
        loss = loss / 2
    dz = delta(s, a, y, (a - y) / (a * (1 - a)))
    dw = s.keep(dz, "dz") * x
    return {
        "z": a if s(w.A_FOR_Z) else z,
        "a": z if s(w.Z_FOR_A) else 100 * a if s(w.PERCENT) else a,
        "NLL": loss,
        "dNLL/dW": -dw if s(w.SIGN) else dw,
    }


def slopes(s: Student, x: Array, value: Array, others: Array, at_value: Array, with_x: Array, right: Array) -> Array:
    """The derivative as each student takes it: of another function, at the value, with x for the value, or rightly."""
    if s(w.DERIVATIVE_OF_OTHER):
        return others
    if s(w.DERIVATIVE_AT_ACTIVATION):
        return at_value
    if s(w.DERIVATIVE_AT_PREACTIVATION):
        return with_x
    if s(w.DERIVATIVE_MISSING):
        return np.ones_like(x)
    return -right if s(w.SIGN) else right


def sigmoid_derivative(s: Student) -> Answers:
    """sigma = sigmoid(x), sigma' = sigma (1 - sigma), at two lists of points."""
    answers: Answers = {}
    for prefix, points in (("", [-1000.0, 0.0, 1000.0]), ("points.", [0.0, -1.0])):
        x = np.array(points)
        value = np.tanh(x) if s(w.OTHER_ACTIVATION) else sigmoid(x)
        value = s.keep(value, "sigma")
        right = 1 - value**2 if s(w.OTHER_ACTIVATION) else value * (1 - value)
        twice = sigmoid(value)
        slope = slopes(s, x, value, 1 - value**2, twice * (1 - twice), x * (1 - x), right)
        given = x if s(w.Z_FOR_A) else 100 * value if s(w.PERCENT) else value
        answers[prefix + "sigma"] = given[::-1] if s(w.PERMUTED) else given
        answers[prefix + "dsigma/dx"] = slope
    return answers


def tanh_derivative(s: Student) -> Answers:
    """sigma = tanh(x), sigma' = 1 - sigma^2."""
    x = np.array([-1000.0, 0.0, 1000.0])
    value = sigmoid(x) if s(w.OTHER_ACTIVATION) else np.tanh(x)
    right = value * (1 - value) if s(w.OTHER_ACTIVATION) else 1 - value**2
    slope = slopes(s, x, value, value * (1 - value), 1 - np.tanh(value) ** 2, 1 - x**2, right)
    given = x if s(w.Z_FOR_A) else value
    return {"sigma": given[::-1] if s(w.PERMUTED) else given, "dsigma/dx": slope}


def linear_relu(s: Student) -> Answers:
    """hbar2 = W h1, h2 = relu(hbar2)."""
    weights, h1 = np.array([[-1.0, -1.0], [-1.0, 1.0], [-1.0, 0.0]]), np.array([1.5, 2.0])
    if s(w.PERMUTED, "h1"):
        h1 = h1[::-1]
    z = weights @ h1
    a = np.maximum(z, 0)
    if s(w.MASK_INVERTED):
        a = np.minimum(z, 0)
    if s(w.Z_FOR_A):
        a = z
    return {"q-a": np.maximum(z, 0) if s(w.A_FOR_Z) else z, "q-b": a[::-1] if s(w.PERMUTED, "h2") else a}


def multiclass_nll(s: Student) -> Answers:
    """NLLM = -sum(y ln a) of given probabilities."""
    a, y = np.array([0.1, 0.4, 0.5]), np.array([1.0, 0.0, 0.0])
    if s(w.INDEX_BASE):
        y = np.array([0.0, 1.0, 0.0])
    terms = s.keep(y * np.log(a) / ln_of_base(s), "ln")
    loss = -(np.mean(terms) if s(w.MEAN_FOR_SUM) else np.sum(terms))
    return {"NLLM": -loss if s(w.SIGN_OF_LOSS) else loss / 2 if s(w.HALF_EXTRA) else loss}


PROBLEMS = {
    "scalar-backpropagation": problem(
        scalar_backpropagation,
        (w.TARGET_MINUS_OUTPUT, w.DERIVATIVE_MISSING),
        (w.TARGET_MINUS_OUTPUT, w.HALF_MISSING),
        (w.HALF_MISSING, w.DERIVATIVE_MISSING),
        (w.BIAS_LEFT_OUT, w.DERIVATIVE_MISSING),
        (w.BIAS_LEFT_OUT, w.TARGET_MINUS_OUTPUT),
        (w.DERIVATIVE_OF_OTHER, w.TARGET_MINUS_OUTPUT),
        (w.DERIVATIVE_AT_PREACTIVATION, w.HALF_MISSING),
        (w.NEIGHBOURING_LAYER, w.TARGET_MINUS_OUTPUT),
    ),
    "binary-nll-gradient": problem(
        binary_nll,
        (w.LOG_2, w.TARGET_MINUS_OUTPUT),
        (w.LOG_10, w.TARGET_MINUS_OUTPUT),
        (w.TARGET_MINUS_OUTPUT, w.DERIVATIVE_EXTRA),
        (w.SIGN_OF_LOSS, w.LOG_10),
    ),
    "sigmoid-derivative": problem(sigmoid_derivative),
    "tanh-derivative": problem(tanh_derivative),
    "linear-layer-relu": problem(linear_relu),
    "multiclass-nll": problem(multiclass_nll, (w.LOG_2, w.SIGN_OF_LOSS), (w.LOG_10, w.SIGN_OF_LOSS)),
}
