"""The chain rule that stands over a gradient is the one that the gradient is computed by."""

from __future__ import annotations

import pytest

from nnsolve.core.expressions import Call, Num, Ref, neg
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.report.chain import Local, local
from nnsolve.report.grad import gradient_report
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import sections

G, X = Ref(Name("g")), Ref(Name("x"))


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("g", Local(Num(1), "same")),
        ("g * x", Local(X, "times")),
        ("g * x * y", Local(parse("x * y"), "times")),
        ("-g", Local(neg(Num(1)), "times")),
        ("g @ x.T", Local(parse("x.T"), "right")),
        ("x.T @ g", Local(parse("x.T"), "left")),
        ("g / x", Local(Call("div", (Num(1), X)), "times")),
    ],
)
def test_local_derivatives(expr: str, expected: Local) -> None:
    assert local(parse(expr), Name("g")) == expected


@pytest.mark.parametrize("expr", ["x", "g * g", "x - g", "x @ g.T", "g / g", "sum(g)"])
def test_what_is_no_single_factor_is_not_called_one(expr: str) -> None:
    assert local(parse(expr), Name("g")) is None


def test_a_quantity_that_the_loss_uses_directly_has_a_direct_part() -> None:
    text = str(report(sections("branch"), Style(120)))
    assert "∂L/∂u = ∂L/∂s · ∂s/∂u + ∂L/∂p · ∂p/∂u + direct" in text
    assert "direct" not in str(report(sections("regression-3-4-3-l2-norm"), Style(120)))


def test_a_chain_with_branches_is_not_written_as_one_product() -> None:
    (section,) = sections("branch")
    text = str(gradient_report(section, {Name("w")}, Style(100)))
    assert "∂L/∂w = ∂L/∂u · ∂u/∂w" in text
    assert "∂L/∂s · ∂s/∂u · ∂u/∂w" not in text
    (straight,) = sections("regression-3-4-3-l2-norm")
    assert "∂h²/∂h¹ · ∂h¹/∂h̄¹ · ∂h̄¹/∂W¹" in str(gradient_report(straight, {Name("W", 1)}, Style(100)))


def test_a_vector_jacobian_product_has_the_transposed_jacobian() -> None:
    text = str(report(sections("regression-3-4-3-l2-norm"), Style(80)))
    assert "∂ℓ/∂h¹ = (∂h²/∂h¹)ᵀ ∂ℓ/∂h²" in text
    assert "∂h²/∂h¹ = W²" in text
    assert "∂h²/∂h¹ = (W²)ᵀ" not in text
