"""Formulas in the signs of a textbook, and in the equation language where Unicode is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.core.expressions import Option, Ref, call, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.problem.model import Conventions
from nnsolve.report.display import solve
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style
from nnsolve.report.symbols import PLAIN, Writing, can_be_lowered, symbol
from nnsolve.report.text import report
from tests.report.solved import printed, sections

NAMES = {
    "W1": Name("W", 1),
    "b1": Name("b", 1),
    "z1": Name("z", 1),
    "a1": Name("a", 1),
    "g": Name("a", 1, of=Name("L")),
}
SHAPES = {
    NAMES["W1"]: Shape((2, 2)),
    **{NAMES[key]: Shape((2, 1), "vector") for key in ("b1", "z1", "a1", "g")},
    Name("x"): Shape((2, 1), "vector"),
    Name("y"): Shape((2, 1), "vector"),
    **{Name(stem): SCALAR for stem in ("eta", "beta", "w_1", "s", "t")},
}


def scope(layer_numbers: str = "subscript", unicode: bool = True, samples: str = "columns") -> Scope:
    return Scope(
        Style(unicode=unicode), Conventions(samples=samples, layer_numbers=layer_numbers, count_from=1), SHAPES
    )


def shown(text: str, **options: object) -> str:
    def name(node: object) -> object:
        return Ref(NAMES.get(str(node.name), node.name)) if isinstance(node, Ref) else node

    return formula(rewrite(parse(text), name), scope(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "unicode"),
    [
        ("W1 @ x + b1", "W₁ x + b₁"),
        ("W1.T @ x - b1", "W₁ᵀ x − b₁"),
        ("relu(z1)", "ReLU(z₁)"),
        ("g * relu'(z1)", "∂L/∂a₁ ⊙ ReLU′(z₁)"),
        ("g.T", "(∂L/∂a₁)ᵀ"),
        ("g @ x.T", "∂L/∂a₁ xᵀ"),
        ("1/2 * sum((a1 - y)^2)", "½ Σ((a₁ − y)²)"),
        ("norm(a1 - y)", "‖a₁ − y‖"),
        ("W1 - eta * g", "W₁ − η ∂L/∂a₁"),
        ("w_1 * s", "w₁ · s"),
        ("2 * s", "2 s"),
        ("2 * s * t", "2 · s · t"),
        ("eta * (W1 @ x)", "η W₁ x"),
        ("2 * (y - W1 @ x)", "2 (y − W₁ x)"),
        ("outer(x, y)", "x yᵀ"),
        ("b1 - outer(x, y)", "b₁ − x yᵀ"),
        ("s * 2", "s · 2"),
        ("-(s + t)", "−(s + t)"),
        ("s - (t - 1)", "s − (t − 1)"),
        ("s / (2 * t)", "s / (2 t)"),
        ("s / t / 2", "s / t / 2"),
        ("s / (t / 2)", "s / (t / 2)"),
        ("(s * t)^2", "(s · t)²"),
        ("s^(t + 1)", "sᵗ⁺¹"),
        ("s^(y / 2)", "s^(y / 2)"),
        ("sqrt(s)", "√s"),
        ("exp(-s)", "exp(−s)"),
        ("softmax(beta * z1)", "softmax(β z₁)"),
        ("leaky_relu(z1, slope=0.1)", "LeakyReLU(z₁, slope = 0.1)"),
        ("append_one(x)", "[x; 1]"),
        ("drop_last(x)", "x without its last row"),
        ("xlogy(y, a1)", "y ⊙ ln(a₁)"),
        ("softmax_cross_entropy(z1, y)", "−Σ(y ⊙ ln softmax(z₁))"),
        ("a1 * (1 - a1)", "a₁ ⊙ (1 − a₁)"),
        ("abs(s)", "|s|"),
        ("max(0, s)", "max(0, s)"),
    ],
)
def test_formulas(text: str, unicode: str) -> None:
    assert shown(text) == unicode


def test_ascii_is_the_equation_language() -> None:
    assert shown("W1 @ x + b1", unicode=False) == "W1 @ x + b1"
    assert shown("softmax_cross_entropy(z1, y)", unicode=False) == "-sum(y * log_softmax(z1))"


def test_a_raised_layer_number_takes_no_exponent() -> None:
    assert shown("a1^2", layer_numbers="superscript") == "(a¹)²"
    assert shown("W1.T @ x", layer_numbers="superscript") == "(W¹)ᵀ x"
    assert shown("W1.T @ x", layer_numbers="brackets") == "(W⁽¹⁾)ᵀ x"
    assert shown("a1^2", layer_numbers="superscript") != "a¹²"


def test_what_is_left_out_is_said_in_words() -> None:
    assert shown("drop_first(W1.T @ g)") == "(W₁ᵀ ∂L/∂a₁) without its first row"
    assert shown("drop_first(W1.T @ g) + y") == "((W₁ᵀ ∂L/∂a₁) without its first row) + y"
    assert shown("drop_last(g @ W1.T)", samples="rows") == "(∂L/∂a₁ W₁ᵀ) without its last column"
    assert shown("drop_last(W1.T @ g)", unicode=False) == "(W1.T @ dL/da1) without its last row"
    assert shown("s * drop_last(W1.T @ g)", unicode=False) == "s * ((W1.T @ dL/da1) without its last row)"


def test_jacobian_matrices_say_what_their_rows_and_columns_are() -> None:
    rows = "the derivatives of x with respect to W₁: a row for each element of x"
    assert shown("jacobian(x, W1)") == f"{rows}, a column for each element of W₁ (row by row)"
    assert shown("jacobian(x, y)").endswith("a column for each element of y")
    assert "jacobian" not in shown("jacobian(x, W1)", unicode=False)


def test_formula_and_numbers_have_one_notation() -> None:
    text = str(report(sections("rows-layer-by-layer"), Style(80)))
    assert text.count("without its last column") == 2
    assert "drop_last" not in text and "[:" not in text


def test_a_one_is_put_beside_a_row_and_below_a_column() -> None:
    assert shown("append_one(x)", samples="rows") == "[x, 1]"
    assert shown("append_one(x)", samples="columns") == "[x; 1]"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (Name("hbar", 1), "h̄₁"),
        (Name("y_hat"), "ŷ"),
        (Name("yhat"), "ŷ"),
        (Name("w1"), "w₁"),
        (Name("w_1"), "w₁"),
        (Name("alpha"), "α"),
        (Name("lam"), "λ"),
        (Name("ell"), "ℓ"),
        (Name("NLLM"), "NLLM"),
        (Name("softhat"), "softhat"),
        (Name("W", gate="fx"), "W_fx"),
        (Name("W", gate="hh"), "Wₕₕ"),
        (Name("h", time=3), "h₃"),
        (Name("h", 2, time=3), "h⁽²⁾₃"),
        (Name("W", 1, "fx"), "W⁽¹⁾_fx"),
        (Name("W", 1, "xh"), "W⁽¹⁾ₓₕ"),
        (Name("b", gate="f"), "b_f"),
        (Name("zf", time=2), "zf₂"),
        (Name("f", 1, time=3), "f⁽¹⁾₃"),
        (Name("c", time=0), "c₀"),
        (Name("z_f", time=12), "z_f₁₂"),
        (Name("z_i", time=12), "zᵢ,₁₂"),
        (Name("y_hat", time=2), "ŷ₂"),
        (Name("y_hat", time=2, of=Name("L", time=3)), "∂L₃/∂ŷ₂"),
        (Name("W", 2, of=Name("L")), "∂L/∂W₂"),
        (Name("W", 2, update=3), "W₂@3"),
        (Name("L", epoch=3), "L@e3"),
        (Name("m_W", 1), "m_W₁"),
        (Name("m_hat_W", 1), "m̂_W₁"),
    ],
)
def test_names(name: Name, text: str) -> None:
    assert symbol(name).text == text


def test_below_a_heading_about_an_update_its_names_are_bare() -> None:
    assert symbol(Name("W", 2, update=3), PLAIN, 3).text == "W₂"
    assert symbol(Name("W", 2, update=2), PLAIN, 3).text == "W₂@2"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (Name("m_W", 1), "m_W₁"),
        (Name("m_hat_W", 1), "m̂_W₁"),
        (Name("v_hat_b", 2), "v̂_b₂"),
        (Name("v_b", 2), "v_b₂"),
        (Name("m_W", 1, "fx"), f"m_{symbol(Name('W', 1, 'fx')).text}"),
        (Name("m_w1"), "m_w₁"),
        (Name("m_hat_b"), "m̂_b"),
        (Name("y_hat", 2), "ŷ₂"),  # the accent of a layer's own quantity
    ],
)
def test_what_belongs_to_a_parameter(name: Name, text: str) -> None:
    assert symbol(name).text == text


@pytest.mark.parametrize(
    ("layer_numbers", "step", "weight", "bias"),
    [
        ("subscript", "h⁽²⁾₃", "W⁽²⁾ₕₕ", "b₂"),
        ("superscript", "h⁽²⁾₃", "W⁽²⁾ₕₕ", "b²"),
        ("brackets", "h⁽²⁾₃", "W⁽²⁾ₕₕ", "b⁽²⁾"),
    ],
)
def test_a_layer_number_beside_a_step_is_no_index_and_no_power(
    layer_numbers: str, step: str, weight: str, bias: str
) -> None:
    writing = Writing(layer_numbers)
    names = [Name("h", 2, time=3), Name("W", 2, "hh"), Name("b", 2)]
    assert [symbol(name, writing).text for name in names] == [step, weight, bias]


def test_the_share_of_a_step_is_no_layer() -> None:
    share = Name("W", time=2, of=Name("L"))
    assert symbol(share, kind="share").text == "∂L/∂W|ₜ₌₂"
    assert symbol(share).text == symbol(Name("W", 2, of=Name("L"))).text == "∂L/∂W₂"  # what it must not look like
    assert symbol(Name("W", 1, "fx", 12, Name("L")), kind="share").text == "∂L/∂W⁽¹⁾_fx|ₜ₌₁₂"
    assert symbol(share, kind="share").fenced


def test_a_sequence_is_told_from_its_first_step() -> None:
    assert symbol(Name("h", time=1)).text == "h₁"
    assert symbol(Name("h", 1), kind="whole").text == "h⁽¹⁾"
    assert symbol(Name("h"), kind="whole").text == "h"


def test_all_letters_are_lowered_or_none() -> None:
    assert symbol(Name("W_i"), Writing(lowered=True)).text == "Wᵢ"
    assert symbol(Name("W_i"), Writing(lowered=False)).text == "W_i"
    assert symbol(Name("w_1"), Writing(lowered=False)).text == "w₁"
    assert can_be_lowered(Name("W_i")) and not can_be_lowered(Name("W_f"))
    assert can_be_lowered(Name("W", gate="hh")) and not can_be_lowered(Name("W", gate="fx"))
    assert can_be_lowered(Name("m_W"))


@pytest.mark.parametrize(
    ("base", "part", "text"),
    [(1, (0, 2), "1..2"), (0, (0, 2), "0..1"), (1, (2, 3), "3"), (1, (None, 3), "1..3"), (1, (2, None), "3.."),
     (1, (None, None), ":"), (1, 2, "3")],
)  # fmt: skip
def test_slices_name_their_first_and_last_element(base: int, part: Option, text: str) -> None:
    """A slice that left its end out would read [1:3] for two elements of which the second is the last."""
    assert (
        formula(call("index", Ref(Name("z")), key=(part,), base=base), Scope(Style(), Conventions(), {}))
        == f"z[{text}]"
    )


@pytest.mark.parametrize(("equation", "shown"), [
    ("A = sum(w)^2", "A = (Σ w)² = (Σ[1  2])² = 3² = 9"),
    ("A = sum(w^2)", "A = Σ(w²) = Σ([1  2]²) = Σ[1  4] = 5"),
    ("A = mean(w)^2", "A = mean(w)² = (mean[1  2])² = 1.5² = 2.25"),
    ("A = sqrt(b)^2", "A = (√b)² = (√(4))² = 2² = 4"),
])  # fmt: skip
def test_a_power_of_a_sum_is_no_sum_of_powers(equation: str, shown: str, tmp_path: Path) -> None:
    text = f"equations: [{equation}]\ninputs: {{w: [[1, 2]], b: 4}}\nask: [A]\n"
    assert shown in printed(tmp_path, text)


ADAM = """conventions: {{weights: rows, samples: columns, layer_numbers: {layer_numbers}}}
layers: [dense: {{W: [[1, 2]], b: [0]}}, dense: {{W: [[3]], b: [1]}}]
inputs: {{x: [1, 2]}}
targets: {{y: [1]}}
loss: half_squared_error
training: {{optimizer: adam, learning_rate: 0.1, steps: 1}}
ask: [W1@1]
"""

EQUATIONS = """conventions: {layer_numbers: superscript}
constants: {k1: 2}
parameters: {W1: 3}
inputs: {x1: 1, x2: 2, h1: 4}
equations: [h2 = W1 * h1 + k1 * x1 + x2]
ask: [h2]
"""


@pytest.mark.parametrize(
    ("layer_numbers", "shown"),
    [("superscript", "W¹ b² β₁ β₂"), ("brackets", "W⁽¹⁾ b⁽²⁾ β₁ β₂"), ("subscript", "W₁ b₂ β₁ β₂")],
)
def test_the_numbers_of_hyperparameters_are_no_layers(tmp_path: Path, layer_numbers: str, shown: str) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(ADAM.format(layer_numbers=layer_numbers))
    found = Scope.of_section(solve(path).sections[0], Style())
    names = [Name("W", 1), Name("b", 2), Name("beta1"), Name("beta2")]
    assert " ".join(map(found.name, names)) == shown


def test_in_equations_numbers_of_inputs_and_constants_are_no_layers(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(EQUATIONS)
    found = Scope.of_section(solve(path).sections[0], Style())
    assert " ".join(found.name(Name(text)) for text in ("W1", "h1", "h2", "x1", "x2", "k1")) == "W¹ h¹ h² x₁ x₂ k₁"
