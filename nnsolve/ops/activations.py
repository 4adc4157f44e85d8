"""Activation functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.shapes import Layout, Shape, resolve_axis
from nnsolve.ops.operation import Operation, UndefinedValueError, elementwise, register

EXAMPLE = ([[0.5, -2.0, 3.25, -0.1]],)


def _sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), written so that no exponential overflows."""
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1.0, e) / (1.0 + e)


def _relu(x: Any, at_zero: float = 0) -> Any:
    return np.maximum(x, 0.0)


def _relu_prime(x: Any, at_zero: float = 0) -> Any:
    return np.where(np.equal(x, 0), float(at_zero), np.greater(x, 0) * 1.0)


def _leaky_relu(x: Any, slope: float) -> Any:
    return np.where(np.greater(x, 0), x, slope * x)


def _leaky_relu_prime(x: Any, slope: float) -> Any:
    return np.where(np.greater(x, 0), 1.0, slope)


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0.0)))


def _elu_prime(x: Any, alpha: float = 1.0) -> Any:
    return np.where(np.greater(x, 0), 1.0, alpha * np.exp(np.minimum(x, 0.0)))


_erf = np.frompyfunc(math.erf, 1, 1)


def _normal_cdf(x: Any) -> Any:
    return 0.5 * (1.0 + np.asarray(_erf(np.asarray(x) / math.sqrt(2.0)), dtype=float))


def _normal_pdf(x: Any) -> Any:
    return np.exp(-0.5 * np.square(x)) / math.sqrt(2.0 * math.pi)


def _step(x: Any, at_zero: float | None = None) -> Any:
    return _jump("step", x, np.greater(x, 0) * 1.0, at_zero)


def _sign(x: Any, at_zero: float | None = None) -> Any:
    return _jump("sign", x, np.sign(x), at_zero)


def _jump(name: str, x: Any, value: Any, at_zero: float | None) -> Any:
    """The value of a function that jumps at 0; there the conventions have to say."""
    at = np.equal(x, 0)
    if at_zero is None:
        if np.any(at):
            raise JumpAtZeroError(name)
        return value
    return np.where(at, float(at_zero), value)


class JumpAtZeroError(UndefinedValueError):
    """A function met 0, where it jumps, and the conventions do not say which value it has there; names the function."""


def _softmax(x: Any, axis: int | None = None) -> Any:
    shifted = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: int | None = None) -> Any:
    """x - ln(sum(exp(x))); the largest term is taken out of the sum, so that a probability near 1 keeps its digits."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    e = np.exp(shifted)
    others = np.array(e)
    if axis is None:
        others.flat[np.argmax(e)] = 0.0
    else:
        np.put_along_axis(others, np.argmax(e, axis=axis, keepdims=True), 0.0, axis)
    return shifted - np.log1p(np.sum(others, axis=axis, keepdims=True))


def _along_features(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    resolve_axis(options["axis"], shapes[0], layout)
    return shapes[0]


elementwise("identity", np.positive, "x", activation=True, gradient={"x": "g"}, numpy="x", example=EXAMPLE)
elementwise(
    "relu",
    _relu,
    "max(0, x), the rectified linear unit; its derivative at 0 is 0 (conventions: relu_at_zero)",
    activation=True,
    options={"at_zero": 0},
    symbol="ReLU",
    gradient={"x": "g * relu'(x, at_zero=at_zero)"},
    array="maximum(x, 0.0)",
    scalar="0.0 if x <= 0 else x",
    torch="torch.relu(x)",
    example=EXAMPLE,
    source="Goodfellow, Bengio, Courville: Deep Learning, 6.3.1",
)
elementwise(
    "relu'",
    _relu_prime,
    "1 where x > 0, else 0",
    options={"at_zero": 0},
    symbol="ReLU′",
    no_derivative="the derivative of relu is constant but for its jump at 0",
    array="where(equal(x, 0.0), at_zero, greater(x, 0.0)) if at_zero else greater(x, 0.0)",
    scalar="1.0 if x > 0 else at_zero if x == 0 else 0.0",
    numpy="return np.where(x == 0, at_zero, np.where(x > 0, 1.0, 0.0)) if at_zero else np.where(x > 0, 1.0, 0.0)",
    example=EXAMPLE,
)
elementwise(
    "leaky_relu",
    _leaky_relu,
    "x where x > 0, else slope * x",
    activation=True,
    options={"slope": ...},
    symbol="LeakyReLU",
    gradient={"x": "g * leaky_relu'(x, slope=slope)"},
    array="where(greater(x, 0.0), x, slope * x)",
    scalar="x if x > 0 else slope * x",
    torch="torch.nn.functional.leaky_relu(x, negative_slope=slope)",
    example=EXAMPLE,
    example_options={"slope": 0.1},
    source="Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013)",
)
elementwise(
    "leaky_relu'",
    _leaky_relu_prime,
    "1 where x > 0, else slope",
    options={"slope": ...},
    symbol="LeakyReLU′",
    no_derivative="the derivative of leaky_relu is constant but for its jump at 0",
    array="where(greater(x, 0.0), 1.0, slope)",
    scalar="1.0 if x > 0 else slope",
    example=EXAMPLE,
    example_options={"slope": 0.1},
)
elementwise(
    "elu",
    _elu,
    "x where x > 0, else alpha * (e^x - 1)",
    activation=True,
    options={"alpha": 1.0},
    symbol="ELU",
    gradient={"x": "g * elu'(x, alpha=alpha)"},
    array="where(greater(x, 0.0), x, alpha * expm1(minimum(x, 0.0)))",
    scalar="x if x > 0 else alpha * expm1(x)",
    torch="torch.nn.functional.elu(x, alpha=alpha)",
    example=EXAMPLE,
    source="Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by ELUs (2016)",
)
elementwise(
    "elu'",
    _elu_prime,
    "1 where x > 0, else alpha * e^x",
    options={"alpha": 1.0},
    symbol="ELU′",
    no_derivative="only first derivatives of elu are known here",
    array="where(greater(x, 0.0), 1.0, alpha * exp(minimum(x, 0.0)))",
    scalar="1.0 if x > 0 else alpha * exp(x)",
    example=EXAMPLE,
)
elementwise(
    "sigmoid",
    _sigmoid,
    "1 / (1 + e^-x), the logistic function",
    activation=True,
    symbol="σ",
    gradient={"x": "g * out * (1 - out)"},
    definition="1 / (1 + exp(-x))",
    array="e = exp(-absolute(x)); where(greater_equal(x, 0.0), 1.0, e) / (1.0 + e)",
    scalar="1.0 / (1.0 + exp(-x))",
    torch="torch.sigmoid(x)",
    example=EXAMPLE,
    source="Goodfellow, Bengio, Courville: Deep Learning, 3.10",
)
elementwise(
    "tanh",
    np.tanh,
    "(e^x - e^-x) / (e^x + e^-x), the hyperbolic tangent",
    activation=True,
    gradient={"x": "g * (1 - out^2)"},
    definition="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    example=EXAMPLE,
)
elementwise(
    "softplus",
    lambda x: np.logaddexp(0.0, x),
    "ln(1 + e^x)",
    activation=True,
    gradient={"x": "g * sigmoid(x)"},
    definition="ln(1 + exp(x))",
    array="logaddexp(0.0, x)",
    scalar="x + log1p(exp(-x)) if x > 0 else log1p(exp(x))",
    torch="torch.logaddexp(torch.zeros_like(x), x)",
    example=EXAMPLE,
    source="Goodfellow, Bengio, Courville: Deep Learning, 3.10",
)
elementwise(
    "silu",
    lambda x: x * _sigmoid(x),
    "x * sigmoid(x), also called swish",
    activation=True,
    symbol="SiLU",
    gradient={"x": "g * (sigmoid(x) * (1 + x * (1 - sigmoid(x))))"},
    definition="x * sigmoid(x)",
    array="x * sigmoid(x)",
    scalar="x / (1.0 + exp(-x))",
    torch="torch.nn.functional.silu(x)",
    example=EXAMPLE,
    source="Elfwing, Uchibe, Doya: Sigmoid-Weighted Linear Units (2018)",
)
elementwise(
    "gelu",
    lambda x: x * _normal_cdf(x),
    "x * Φ(x), Φ the standard normal distribution function (the exact form)",
    activation=True,
    symbol="GELU",
    gradient={"x": "g * (normal_cdf(x) + x * normal_pdf(x))"},
    definition="x * normal_cdf(x)",
    scalar=f"x * (0.5 * (1.0 + erf(x / {math.sqrt(2.0)!r})))",
    numpy="return x * normal_cdf(x)",
    torch="torch.nn.functional.gelu(x)",
    example=EXAMPLE,
    source="Hendrycks, Gimpel: Gaussian Error Linear Units (2016)",
)
elementwise(
    "gelu_tanh",
    None,
    "the tanh approximation of gelu",
    activation=True,
    symbol="GELU",
    definition=f"1/2 * x * (1 + tanh({math.sqrt(2 / math.pi)!r} * (x + 0.044715 * x^3)))",
    numpy="return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))",
    torch='torch.nn.functional.gelu(x, approximate="tanh")',
    example=EXAMPLE,
    source="Hendrycks, Gimpel: Gaussian Error Linear Units (2016)",
)
elementwise(
    "normal_cdf",
    _normal_cdf,
    "Φ(x), the standard normal distribution function",
    symbol="Φ",
    gradient={"x": "g * normal_pdf(x)"},
    scalar=f"0.5 * (1.0 + erf(x / {math.sqrt(2.0)!r}))",
    numpy="return 0.5 * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))",
    torch="torch.special.ndtr(x)",
    example=EXAMPLE,
)
elementwise(
    "normal_pdf",
    _normal_pdf,
    "φ(x) = e^(-x²/2) / sqrt(2 pi), the standard normal density",
    symbol="φ",
    gradient={"x": "-g * x * out"},
    array=f"exp(-0.5 * square(x)) / {math.sqrt(2.0 * math.pi)!r}",
    scalar=f"exp(-0.5 * x * x) / {math.sqrt(2.0 * math.pi)!r}",
    example=EXAMPLE,
)
elementwise(
    "sign",
    _sign,
    "-1 where x < 0, 1 where x > 0; at 0 the conventions have to say (sign_at_zero: -1, 0 or 1)",
    activation=True,
    options={"at_zero": None},
    no_derivative="sign is flat but for its jump at 0",
    scalar="1.0 if x > 0 else -1.0 if x < 0 else x if x != x else jump(at_zero)",
    numpy="return np.where(x == 0, at_zero, np.sign(x)) if at_zero else np.sign(x)",
    example=EXAMPLE,
)
elementwise(
    "step",
    _step,
    "1 where x > 0, 0 where x < 0; at 0 the conventions have to say (step_at_zero)",
    activation=True,
    options={"at_zero": None},
    no_derivative="a step function is flat but for its jump at 0",
    scalar="1.0 if x > 0 else 0.0 if x < 0 or x != x else jump(at_zero)",
    numpy="return np.where(x == 0, at_zero, np.where(x > 0, 1.0, 0.0)) if at_zero else np.where(x > 0, 1.0, 0.0)",
    example=EXAMPLE,
)
register(
    Operation(
        "softmax",
        ("x",),
        "e^x_i / sum_j e^x_j along the features",
        _softmax,
        _along_features,
        activation=True,
        options={"axis": "features"},
        gradient={"x": "out * (g - sum(out * g, axis=axis))"},
        jacobian="diag(out) - outer(out, out)",
        definition="exp(x) / sum(exp(x), axis=axis)",
        array="e = exp(x - maximum.reduce(x, axis=axis)); e / add.reduce(e, axis=axis)",
        torch="torch.softmax(x, dim=axis)",
        example=([[0.5], [-2.0], [1.25]],),
        source="Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3",
    )
)
register(
    Operation(
        "log_softmax",
        ("x",),
        "x_i - ln(sum_j e^x_j) along the features",
        _log_softmax,
        _along_features,
        activation=True,
        options={"axis": "features"},
        symbol="ln softmax",
        gradient={"x": "g - exp(out) * sum(g, axis=axis)"},
        definition="x - ln(sum(exp(x), axis=axis))",
        array="""
            largest = maximum.reduce(x, axis=axis)
            shifted = x - largest
            ties = where(equal(x, largest), 1.0, 0.0)
            others = add.reduce(where(equal(x, largest), 0.0, exp(shifted)), axis=axis)
            shifted - log1p(others + (add.reduce(ties, axis=axis) - 1.0))
        """,
        torch="torch.log_softmax(x, dim=axis)",
        example=([[0.5], [-2.0], [1.25]],),
    )
)
