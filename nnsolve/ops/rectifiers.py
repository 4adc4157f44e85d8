"""Activation functions that let what is positive through: relu and its relatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnsolve.ops.activations import EXAMPLE, sigmoid
from nnsolve.ops.facts import Case, Facts, Step
from nnsolve.ops.operation import elementwise


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
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.3.1",
    facts=Facts(
        "[0, inf)",
        ("0", "inf"),
        ("0", "1"),
        ("relu(x) - relu(-x) = x",),
        cases=(Case("x", "x > 0"), Case("0", "x <= 0")),
    ),
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
    facts=Facts(
        "(-inf, inf)", ("-inf", "inf"), ("slope", "1"), cases=(Case("x", "x > 0"), Case("slope * x", "x <= 0"))
    ),
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
    facts=Facts(
        "(-alpha, inf)",
        ("-alpha", "inf"),
        ("0", "1"),
        cases=(Case("x", "x > 0"), Case("alpha * (exp(x) - 1)", "x <= 0")),
    ),
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
    torch="return torch.where(x > 0, 1.0, alpha * torch.exp(torch.clamp(x, max=0.0)))",
    example=EXAMPLE,
)
elementwise(
    "silu",
    lambda x: x * sigmoid(x),
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
    facts=Facts(
        "[silu(lowest), inf)",
        ("0", "inf"),
        ("0", "1"),
        ("silu(x) - silu(-x) = x",),
        lowest=-1.2784645427610738,
        derivation=(
            Step(
                "sigmoid(x) + x * (sigmoid(x) * (1 - sigmoid(x)))",
                "Product rule; the derivative of the sigmoid is `sigmoid(x) * (1 - sigmoid(x))`.",
            ),
        ),
        result="Both terms have the factor `sigmoid(x)`.",
    ),
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
    facts=Facts(
        "[gelu(lowest), inf)",
        ("0", "inf"),
        ("0", "1"),
        ("gelu(x) - gelu(-x) = x",),
        lowest=-0.7517915246935645,
        result="Product rule; the derivative of the distribution function is the density.",
    ),
)
elementwise(
    "gelu_tanh",
    None,
    "the tanh approximation of gelu; its factor 0.79788... is sqrt(2 / pi)",
    activation=True,
    symbol="GELU",
    definition=f"1/2 * x * (1 + tanh({math.sqrt(2 / math.pi)!r} * (x + 0.044715 * x^3)))",
    numpy="return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))",
    torch='torch.nn.functional.gelu(x, approximate="tanh")',
    example=EXAMPLE,
    source="Hendrycks, Gimpel: Gaussian Error Linear Units (2016)",
    facts=Facts(
        "[gelu_tanh(lowest), inf)",
        ("0", "inf"),
        ("0", "1"),
        ("gelu_tanh(x) - gelu_tanh(-x) = x",),
        lowest=-0.7524614220710162,
        result="Product rule for `1/2 * x` times `1 + tanh(u)`, u what stands in tanh, then chain rule: the derivative "
        "of `tanh(u)` is `1 - tanh(u)^2` times that of u, 0.79788... times `1 + 3 * 0.044715 * x^2`.",
    ),
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
