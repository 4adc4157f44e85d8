"""Expressions as typeset mathematics: parentheses where they are needed, and nowhere else."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nnsolve.core.expressions import Expr, Ref, call, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.report.typeset.compose import WIDEST, Composer, formula
from nnsolve.report.typeset.latex import TEX
from nnsolve.report.typeset.mathematics import Number
from nnsolve.report.typeset.symbols import name_symbol
from tests.report.test_notation import NAMES, scope

VALUES = {
    Name("s"): np.array(-2.0),
    Name("t"): np.array(3.0),
    Name("eta"): np.array(1e-8),
    Name("x"): np.array([[1.0], [-2.0]]),
    Name("y"): np.array([[0.5], [1.0]]),
    NAMES["W1"]: np.array([[1.0, 2.0], [3.0, -4.0]]),
    NAMES["g"]: np.array([[0.1], [0.2]]),
}


def named(text: str) -> Expr:
    return rewrite(
        parse(text), lambda node: Ref(NAMES.get(str(node.name), node.name)) if isinstance(node, Ref) else node
    )


def shown(text: str, layer_numbers: str = "subscript") -> str:
    return TEX.write(formula(named(text), scope(layer_numbers)))


def put_in(text: str) -> str:
    """The formula with its numbers; a matrix as M[...]."""
    found = TEX.write(Composer(scope(), VALUES).write(named(text)))
    return re.sub(r"\\left\[\\begin\{array\}\{\w+\} (.*?) \\end\{array\}\\right\]", r"M[\1]", found)


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("W1.T @ x - b1", r"W_{1}^{\top} \, x - b_{1}"),
        ("g.T", r"\left( \frac{\partial L}{\partial a_{1}} \right)^{\top}"),
        ("1/2 * sum((a1 - y)^2)", r"\frac{1}{2} \, \sum \, (a_{1} - y)^{2}"),
        ("sum(x)^2", r"(\sum \, x)^{2}"),
        ("sum(x) * s", r"(\sum \, x) \cdot s"),
        ("sum(x^2) - s", r"(\sum \, x^{2}) - s"),
        ("sum(x) - 1/2 * sum(y) + s", r"\sum \, x - \left( \frac{1}{2} \, \sum \, y \right) + s"),
        ("sum(x) + sum(x * y)", r"\sum \, x + \sum (x \odot y)"),
        ("s - sum(x^2)", r"s - \sum \, x^{2}"),
        ("sum(x^2 - s)", r"\sum (x^{2} - s)"),
        ("sum(x * y) - s", r"\sum (x \odot y) - s"),
        ("1/2 * sum(x^2) + s", r"\left( \frac{1}{2} \, \sum \, x^{2} \right) + s"),
        ("2 * (y - W1 @ x)", r"2 \, (y - W_{1} \, x)"),
        ("2 * s * t", r"2 \cdot s \cdot t"),
        ("-(s + t)", r"- (s + t)"),
        ("s - (t - 1)", r"s - (t - 1)"),
        ("s / (2 * t)", r"\frac{s}{2 \, t}"),
        ("(s / t)^2", r"\left( \frac{s}{t} \right)^{2}"),
        ("s / t * x", r"\frac{s}{t} \, x"),
        ("(s * t)^2", r"(s \cdot t)^{2}"),
        ("s^(t + 1)", r"s^{t + 1}"),
        ("(s^2)^t", r"(s^{2})^{t}"),
        ("exp(-s)", r"e^{- s}"),
        ("exp(-s)^2", r"(e^{- s})^{2}"),
        ("exp(-x)", r"\exp (- x)"),
        ("sqrt(s + t)", r"\sqrt{s + t}"),
        ("norm(a1 - y)", r"\lVert a_{1} - y \rVert"),
        ("abs(s / t)", r"\left\lvert \frac{s}{t} \right\rvert"),
        ("s * -1", r"s \cdot (-1)"),
        ("log2(s)", r"\log_{2} (s)"),
        ("relu'(z1)", r"\mathrm{ReLU}' (z_{1})"),
        ("leaky_relu(z1, slope=0.1)", r"\mathrm{LeakyReLU} (z_{1} , \text{slope = 0.1})"),
        ("append_one(x)", r"\left[\begin{array}{r} x \\ 1 \end{array}\right]"),
        ("x[2]", "x [2]"),
        ("1e-7 * s", r"1 \times 10^{-7} \, s"),
        ("softmax_cross_entropy(z1, y)", r"- \sum (y \odot \ln \, \mathrm{softmax} (z_{1}))"),
    ],
)
def test_formulas(text: str, tex: str) -> None:
    assert shown(text) == tex


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("s * t", r"-2 \cdot 3"),
        ("t * s", r"3 \cdot (-2)"),
        ("t + s", r"3 + (-2)"),
        ("s^2", r"(-2)^{2}"),
        ("-s", r"- (-2)"),
        ("s - t * (-2)", r"-2 - 3 \cdot (-2)"),
        ("eta * t", r"1 \times 10^{-8} \cdot 3"),
        ("eta^2", r"(1 \times 10^{-8})^{2}"),
        ("2 * (y - x)", r"2 \cdot \left( M[0.5 \\ 1\phantom{.0}] - M[1 \\ -2] \right)"),
        ("W1.T @ x", r"M[1 & 3 \\ 2 & -4] \, M[1 \\ -2]"),
        ("g @ x.T", r"M[0.1 \\ 0.2] \, M[1 & -2]"),
        ("x / t", r"M[1 \\ -2] \, / \, 3"),
        ("x / s", r"M[1 \\ -2] \, / \, (-2)"),
        ("(x + y) / t", r"\frac{M[1 \\ -2] + M[0.5 \\ 1\phantom{.0}]}{3}"),
        ("relu(x)", r"\mathrm{ReLU} M[1 \\ -2]"),
        ("W1 @ x + b1", r"M[1 & 2 \\ 3 & -4] \, M[1 \\ -2] + b_{1}"),
    ],
)
def test_numbers_put_in(text: str, tex: str) -> None:
    assert put_in(text) == tex


@pytest.mark.parametrize(
    ("name", "layer_numbers", "tex"),
    [
        (Name("W", 2), "subscript", "W_{2}"),
        (Name("W", 2), "superscript", "W^{2}"),
        (Name("W", 2), "brackets", "W^{[2]}"),
        (Name("h", 1, time=3), "subscript", "h_{3}^{(1)}"),
        (Name("h", 1, time=3), "brackets", "h_{3}^{[1]}"),
        (Name("W", gate="fx"), "subscript", "W_{fx}"),
        (Name("y_hat"), "subscript", r"\hat{y}"),
        (Name("hbar", 1), "subscript", r"\bar{h}_{1}"),
        (Name("i_hat"), "subscript", r"\hat{\imath}"),
        (Name("m_hat_W", 1), "subscript", r"\hat{m}_{W_{1}}"),
        (Name("eta"), "subscript", r"\eta"),
        (Name("loss"), "subscript", r"\mathrm{loss}"),
        (Name("W", 1, update=2), "subscript", "W_{1}@2"),
        (Name("W", 1, of=Name("L"), update=1), "subscript", r"\frac{\partial L}{\partial W_{1}} @1"),
    ],
)
def test_names(name: Name, layer_numbers: str, tex: str) -> None:
    assert TEX.write(name_symbol(name, scope(layer_numbers))) == tex


def test_a_raised_layer_number_takes_no_exponent() -> None:
    assert shown("a1^2", "superscript") == "(a^{1})^{2}"
    assert shown("W1.T @ x", "brackets") == r"(W^{[1]})^{\top} \, x"


def test_numbers_stand_below_each_other_by_their_points_beside_powers_of_ten() -> None:
    cells = [Number(text) for text in ("0.1", "1.25e-5", "-3")]
    point, power, whole = TEX.column(cells)
    assert power == r"1.25 \times 10^{-5}"  # the longest behind its point
    blanks = [float(text.partition(r"\hspace{")[2].removesuffix("em}")) for text in (point, whole)]
    assert blanks[1] - blanks[0] == pytest.approx(0.78, abs=0.02)  # the width of .1
    assert TEX.column([Number("0.25"), Number("3")]) == ["0.25", r"3\phantom{.00}"]


def test_what_is_too_wide_keeps_its_name() -> None:
    wide = np.zeros((2, WIDEST + 1))
    composer = Composer(scope(), {NAMES["W1"]: wide, Name("x"): np.ones((2, 1))})
    assert TEX.write(composer.write(named("W1 @ x"))).startswith(r"W_{1} \, \left[")
    assert (composer.named, composer.put) == (1, 1)


def test_a_matrix_of_derivatives_has_its_indices() -> None:
    found = TEX.write(formula(call("jacobian", Ref(NAMES["a1"]), Ref(Name("x"))), scope()))
    assert found == r"\left[ \frac{\partial a_{1,i}}{\partial x_{j}} \right]_{i , j}"
