"""The chain rule that stands over a gradient is the one that the gradient is computed by."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.core.expressions import Call, Num, Ref, neg
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.problem.model import Conventions
from nnsolve.report.chain import Local, effect, local
from nnsolve.report.display import solve
from nnsolve.report.phrases import phrase_text
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import chain_rule, printed, sections

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
    assert "∂L/∂u = ∂L/∂s · ∂s/∂u + ∂L/∂p · ∂p/∂u + the part of L itself" in text
    assert "itself" not in str(report(sections("regression-3-4-3-l2-norm"), Style(120)))


def test_a_chain_with_branches_is_not_written_as_one_product() -> None:
    (section,) = sections("branch")
    text = chain_rule(section, {Name("w")}, Style(100))
    assert "∂L/∂w = ∂L/∂u · ∂u/∂w" in text
    assert "∂L/∂s · ∂s/∂u · ∂u/∂w" not in text
    (straight,) = sections("regression-3-4-3-l2-norm")
    assert "∂h²/∂h¹ · ∂h¹/∂h̄¹ · ∂h̄¹/∂W¹" in chain_rule(straight, {Name("W", 1)}, Style(100))


def test_a_vector_jacobian_product_has_the_transposed_jacobian() -> None:
    text = str(report(sections("regression-3-4-3-l2-norm"), Style(80)))
    assert "∂ℓ/∂h¹ = (∂h²/∂h¹)ᵀ ∂ℓ/∂h²" in text
    assert "∂h²/∂h¹ = W²" in text
    assert "∂h²/∂h¹ = (W²)ᵀ" not in text


def test_ascii_chains_of_matrices_have_no_elementwise_sign() -> None:
    text = str(report(sections("regression-3-4-3-l2-norm"), Style(80, unicode=False)))
    assert "dell/dW2 = dell/dh2 . dh2/dW2" in text
    assert "dell/dh1 = (dh2/dh1).T @ dell/dh2" in text
    assert "dell/dhbar1 = dell/dh1 * dh1/dhbar1" in text  # element by element


@pytest.mark.parametrize("stem", ["regression-3-4-3-l2-norm", "batch-three-steps", "rows-layer-by-layer", "branch"])
def test_in_ascii_every_step_starts_with_its_address(stem: str) -> None:
    lines = str(report(sections(stem), Style(80, unicode=False))).splitlines()
    for step in sections(stem)[0].trace.steps:
        assert any(f"  {step.name} = " in line for line in lines), step.name
    assert not any("  W1@9 = " in line for line in lines)


CHAIN = """
parameters: {w: 2, v: 0.5}
inputs: {x: 1.5}
equations: [h = w * x, y = v * h^2, L = y^2]
loss: L
ask: [dL/dw]
"""


def test_the_gradient_that_comes_in_is_the_first_factor(tmp_path: Path) -> None:
    text = printed(tmp_path, CHAIN)
    assert "= ∂L/∂y · 2 · v · h = 9 · 2 · 0.5 · 3 = 27" in text
    assert "∂y/∂h = 2 · v · h" in text
    assert "2 ∂L/∂y" not in text


@pytest.mark.parametrize("stem", ["regression-3-4-3-l2-norm", "batch-three-steps", "branch", "scalar-backpropagation"])
def test_every_gradient_says_which_equation_it_comes_from(stem: str) -> None:
    (section, *_) = sections(stem)
    text = str(report(sections(stem), Style(120)))
    links = [step for step in section.trace.steps if step.phase == "backward" and step.equation and step.equation.chain]
    assert links and text.count("from ") == len(links) + text.count("safe from")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("g * x", "x, element by element"),
        ("x.T @ g", "xᵀ, from the left"),
        ("x @ g.T", "x, from the left of gᵀ"),
        ("g.T @ x", "x, from the right of gᵀ"),
        ("sum(g, axis=samples)", "1, summed over the samples"),
        ("sum(g)", "1, summed over the elements"),
        ("drop_last(x.T @ g)", "xᵀ, from the left, without its last row"),
        ("g * x + g * y", "x + y, element by element"),
        ("x.T @ g + y", "xᵀ, from the left"),
        ("g", "1, the gradient goes through"),
    ],
)
def test_what_a_local_derivative_does(expr: str, expected: str) -> None:
    found = effect(parse(expr), Name("g"), Scope(Style(), Conventions(samples="columns"), {}))
    assert found is not None and phrase_text(found.told) == expected


@pytest.mark.parametrize("expr", ["x", "g * g", "softmax(g)", "x @ softmax(g)", "g * x + softmax(g)"])
def test_what_is_no_factor_has_no_words(expr: str) -> None:
    assert effect(parse(expr), Name("g"), Scope(Style(), Conventions(samples="columns"), {})) is None


def test_each_local_derivative_of_a_parameter_is_described() -> None:
    for stem in ("batch-three-steps", "rows-layer-by-layer", "relu-softmax-2-4-2-step"):
        (section, *_) = sections(stem)
        names = {step.name for step in section.trace.steps if step.role == "parameter"}
        rows = [line for line in chain_rule(section, names, Style(100)).splitlines() if line[:9] == "  local  "]
        assert rows and all(": " in row for row in rows)


def test_where_the_equation_is_not_shown_the_local_derivative_still_is() -> None:
    (section,) = sections("regression-3-4-3-l2-norm")
    only = tuple(step for step in section.trace.steps if str(step.name) == "dell/dhbar1")
    text = str(report([section._replace(trace=section.trace._replace(steps=only))], Style(80)))
    assert "∂h¹/∂h̄¹ = ReLU′(h̄¹)" in text and "from " not in text


def test_a_stated_gradient_has_no_chain_rule(tmp_path: Path) -> None:
    path = tmp_path / "stated.yaml"
    path.write_text(
        "conventions: {weights: rows, samples: columns}\n"
        "layers: [{dense: {W: [[1, 2]], b: [0]}}]\ninputs: {x: [0.5, -1]}\ntargets: {y: [1]}\nloss: squared_error\n"
        "training: {optimizer: sgd, learning_rate: 0.1, steps: 1, gradients: {W: [[9, 9]]}}\nask: [W@1, b@1]\n"
    )
    (section,) = solve(path).sections
    text = chain_rule(section, {Name("W"), Name("b")}, Style(80))
    assert "stated in the file" in text and "[9  9]" in text
    assert "The chain rule for ∂L/∂b" in text and "The chain rule for ∂L/∂W" not in text
