"""Activation functions: those that saturate, those that jump, those of a whole vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.shapes import Layout, Shape, resolve_axis
from nnsolve.ops.facts import Case, Facts, Step
from nnsolve.ops.operation import Operation, UndefinedValueError, elementwise, register

EXAMPLE = ([[0.5, -2.0, 3.25, -0.1]],)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), written so that no exponential overflows."""
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1.0, e) / (1.0 + e)


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


elementwise(
    "identity",
    np.positive,
    "x",
    activation=True,
    gradient={"x": "g"},
    numpy="x",
    example=EXAMPLE,
    facts=Facts("(-inf, inf)", ("-inf", "inf"), ("1", "1"), ("identity(-x) = -identity(x)",), cases=(Case("x", ""),)),
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.1",
)
elementwise(
    "sigmoid",
    sigmoid,
    "1 / (1 + e^-x), the logistic function",
    activation=True,
    symbol="σ",
    gradient={"x": "g * out * (1 - out)"},
    definition="1 / (1 + exp(-x))",
    array="e = exp(-absolute(x)); where(greater_equal(x, 0.0), 1.0, e) / (1.0 + e)",
    scalar="1.0 / (1.0 + exp(-x))",
    torch="torch.sigmoid(x)",
    example=EXAMPLE,
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 3.10",
    facts=Facts(
        "(0, 1)",
        ("0", "1"),
        ("0", "0"),
        ("sigmoid(-x) = 1 - sigmoid(x)",),
        derivation=(
            Step(
                "exp(-x) / (1 + exp(-x))^2",
                "The derivative of 1/u is −u′/u². Here u = `1 + exp(-x)` and u′ = `-exp(-x)`: the signs cancel.",
            ),
            Step("1 / (1 + exp(-x)) * (exp(-x) / (1 + exp(-x)))", "Write it as a product of two quotients."),
            Step("out * (exp(-x) / (1 + exp(-x)))", "The first of them is a itself."),
            Step(
                "out * ((1 + exp(-x)) / (1 + exp(-x)) - 1 / (1 + exp(-x)))",
                "Add 1 to the numerator of the other and take it away again: `exp(-x)` = `(1 + exp(-x)) - 1`.",
            ),
        ),
        result="In the parentheses the first quotient is 1, and the second is a.",
    ),
)
elementwise(
    "tanh",
    np.tanh,
    "(e^x - e^-x) / (e^x + e^-x), the hyperbolic tangent",
    activation=True,
    gradient={"x": "g * (1 - out^2)"},
    definition="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    example=EXAMPLE,
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.3.2",
    facts=Facts(
        "(-1, 1)",
        ("-1", "1"),
        ("0", "0"),
        ("tanh(-x) = -tanh(x)", "tanh(x) = 2 * sigmoid(2 * x) - 1"),
        derivation=(
            Step(
                "((exp(x) + exp(-x)) * (exp(x) + exp(-x)) - (exp(x) - exp(-x)) * (exp(x) - exp(-x))) "
                "/ (exp(x) + exp(-x))^2",
                "Quotient rule: the derivative of u/v is (u′v − uv′)/v². Here u = `exp(x) - exp(-x)` and "
                "v = `exp(x) + exp(-x)`, so u′ = v and v′ = u.",
            ),
            Step("1 - (exp(x) - exp(-x))^2 / (exp(x) + exp(-x))^2", "Divide both products by v²; the first gives 1."),
        ),
        result="The quotient is a².",
    ),
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
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 3.10",
    facts=Facts(
        "(0, inf)",
        ("0", "inf"),
        ("0", "1"),
        ("softplus(x) - softplus(-x) = x",),
        derivation=(
            Step(
                "1 / (1 + exp(x)) * exp(x)",
                "Chain rule: the derivative of ln(u) is u′/u. Here u = `1 + exp(x)` and u′ = `exp(x)`.",
            ),
            Step("1 / (1 + exp(-x))", "Divide numerator and denominator by `exp(x)`."),
        ),
        result="That is the sigmoid.",
    ),
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
    source="Shalev-Shwartz, Ben-David: Understanding Machine Learning (2014), 9.1",
    facts=Facts(
        "{-1, 1}", ("-1", "1"), ("0", "0"), ("sign(-x) = -sign(x)",), cases=(Case("1", "x > 0"), Case("-1", "x < 0"))
    ),
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
    source="Rosenblatt: The Perceptron (1958)",
    facts=Facts(
        "{0, 1}", ("0", "1"), ("0", "0"), ("step(-x) = 1 - step(x)",), cases=(Case("1", "x > 0"), Case("0", "x < 0"))
    ),
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
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.3",
        facts=Facts(
            "(0, 1)",
            ("0", "1"),
            ("0", "0"),
            ("sum(softmax(x)) = 1", "softmax(x + 1) = softmax(x)"),
            derivation=(
                Step(
                    "diag(exp(x)) / sum(exp(x)) - outer(exp(x), exp(x)) / sum(exp(x))^2",
                    "Quotient rule for element i, `exp(x_i) / sum(exp(x))`: the numerator depends on x_j only where "
                    "i = j, on the diagonal; the denominator depends on every x_j.",
                ),
            ),
            result="An exponential over the sum is an element of a. On the diagonal stands `a_i * (1 - a_i)`, "
            "elsewhere `-a_i * a_j`.",
        ),
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
        jacobian="diag(ones(x)) - outer(ones(x), exp(out))",
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
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.3",
        facts=Facts(
            "(-inf, 0)",
            ("-inf", "0"),
            ("1", "0"),
            ("exp(log_softmax(x)) = softmax(x)", "log_softmax(x + 1) = log_softmax(x)"),
            derivation=(
                Step(
                    "diag(ones(x)) - outer(ones(x), exp(x)) / sum(exp(x))",
                    "`x_i` depends on x_j only where i = j, on the diagonal. Chain rule for `ln(sum(exp(x)))`: its "
                    "derivative by x_j is `exp(x_j) / sum(exp(x))`.",
                ),
            ),
            result="The quotient is the softmax, exp(a). On the diagonal stands `1 - exp(a_i)`, elsewhere `-exp(a_j)`.",
        ),
    )
)
