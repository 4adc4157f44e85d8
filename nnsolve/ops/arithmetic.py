"""Sums, products, quotients and powers, element by element."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, Num, call, mul
from nnsolve.ops.operation import Site, elementwise


def _gradient_of_sum(site: Site, i: int) -> Expr:
    return site.g


def _gradient_of_product(site: Site, i: int) -> Expr:
    return mul(site.g, *(arg for k, arg in enumerate(site.args) if k != i))


def _add(*terms: Any) -> Any:
    return functools.reduce(operator.add, terms)


def _mul(*factors: Any) -> Any:
    return functools.reduce(operator.mul, factors)


def _ratio(x: Any, y: Any) -> Any:
    quotient = np.divide(x, y)
    return np.where(np.equal(x, 0) & np.equal(y, 0), 0.0, quotient)


def _xlogy(x: Any, y: Any) -> Any:
    return np.where(np.equal(x, 0), 0.0, x * np.log(np.where(np.equal(x, 0), 1.0, y)))


def _gradient_of_max(site: Site, i: int) -> Expr:
    """The larger one gets the gradient; a tie with a constant counts as 0 (as relu'(0) = 0), else it is shared."""
    x, y = (site.args[i], site.args[1 - i])
    larger = (x, y) if site.call.op == "max" else (y, x)
    mask = call("greater", *larger) if isinstance(y, Num) else call("greater", *larger, tie=0.5)
    return mul(site.g, mask)


elementwise(
    "add",
    _add,
    "x + y",
    arguments=("x", "y"),
    called="a sum",
    variadic=True,
    gradient={"*": _gradient_of_sum},
    array="x + y",
    numpy="x + y",
    scalar="x + y",
    example=([[1.0, -2.0, 3.0]], [[0.5, 2.0, -1.0]]),
)
elementwise("neg", np.negative, "-x", gradient={"x": "-g"}, numpy="-x", example=([[1.0, -2.0, 3.0]],))
elementwise(
    "mul",
    _mul,
    "x * y, elementwise (the Hadamard product)",
    arguments=("x", "y"),
    called="an elementwise product (*)",
    variadic=True,
    gradient={"*": _gradient_of_product},
    array="x * y",
    numpy="x * y",
    scalar="x * y",
    example=([[1.0, -2.0, 3.0]], [[0.5, 2.0, -1.0]]),
)
elementwise(
    "div",
    np.divide,
    "x / y, elementwise",
    arguments=("x", "y"),
    called="a quotient",
    gradient={"x": "g / y", "y": "-g * x / y^2"},
    numpy="x / y",
    example=([[1.0, -2.0, 3.0]], [[0.5, 2.0, -1.0]]),
)
elementwise(
    "pow",
    np.power,
    "x^y, elementwise",
    arguments=("x", "y"),
    called="a power",
    gradient={"x": "g * y * x^(y - 1)", "y": "g * out * ln(x)"},
    numpy="x**y",
    example=([[1.5, 2.0, 0.3]], [[2.0, 0.5, -1.0]]),
)
elementwise(
    "ratio",
    _ratio,
    "x / y, and 0 where both are 0",
    arguments=("x", "y"),
    called="a quotient",
    gradient={"x": "ratio(g, y)", "y": "-g * ratio(x, y^2)"},
    definition="x / y",
    shown_as_definition=True,
    array="where(logical_and(equal(x, 0.0), equal(y, 0.0)), 0.0, x / y)",
    scalar="0.0 if x == 0 and y == 0 else x / y",
    example=([[1.0, -2.0, 3.0]], [[0.5, 2.0, -1.0]]),
)
elementwise(
    "xlogy",
    _xlogy,
    "x ln y, and 0 where x is 0 (the limit of x ln x)",
    arguments=("x", "y"),
    called="a product",
    gradient={"x": "g * ln(y)", "y": "g * ratio(x, y)"},
    definition="x * ln(y)",
    shown_as_definition=True,
    array="where(equal(x, 0.0), 0.0, x * log(where(equal(x, 0.0), 1.0, y)))",
    scalar="0.0 if x == 0 else x * log(y)",
    torch="torch.xlogy(x, y)",
    example=([[1.0, -2.0, 0.0]], [[0.5, 2.0, 1.0]]),
)
