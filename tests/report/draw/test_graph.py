"""The computational graph: what a node says is what its edges show."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.report.display import solve
from nnsolve.report.draw.choose import draw
from nnsolve.report.draw.runs import plain
from tests.cli.calling import PROBLEMS


def edges(folder: Path, equation: str) -> list[str]:
    """The edges of the graph of a function of a = 2, b = 3, d = 5, as the description lists them."""
    path = folder / "problem.yaml"
    path.write_text(
        f"parameters: {{a: 2, b: 3, d: 5}}\nequations:\n  - f = {equation}\nask: [df/da]\n", encoding="utf-8"
    )
    return described(path)


def described(path: Path) -> list[str]:
    picture = draw(solve(path).solvers[""].section, "graph")
    return picture.description.removeprefix("A computational graph. ").removesuffix(".").split("; ")


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("1 / (1 + exp(-a))", ["a → ×(−1): 2", "×(−1) → exp: −2", "exp → +1: 0.1353"]),
        ("a - -b", ["b → ×(−1): 3", "→ f: f = 5"]),
        ("a * (-b) * d", ["b → ×(−1): 3", "→ f: f = −30"]),
        ("(-a)^2 / -d", ["a → ×(−1): 2", "d → ×(−1): 5", "→ f: f = −0.8"]),
    ],
)
def test_a_sign_is_a_node_of_its_own(equation: str, expected: list[str], tmp_path: Path) -> None:
    found = edges(tmp_path, equation)
    for part in expected:
        assert any(part in edge for edge in found), (part, found)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("a / b", ["a → a/b: 2", "b → a/b: 3"]),
        ("b - a", ["b → b − a: 3", "a → b − a: 2"]),
        ("a - tanh(b)", ["a → a − ·: 2", "tanh → a − ·: 0.9951"]),
        ("(a * b) / (a + b)", ["× → ·1/·2: ·1 = 6", "+ → ·1/·2: ·2 = 5"]),
        ("(a + b) / (a * b)", ["+ → ·1/·2: ·1 = 5", "× → ·1/·2: ·2 = 6"]),
        ("tanh(b) - tanh(a)", ["tanh → ·1 − ·2: ·1 = 0.9951", "tanh → ·1 − ·2: ·2 = 0.9640"]),
        ("2 * tanh(b) * tanh(a)", ["tanh → 2 ·1 ⊙ ·2: ·1 = 0.9951"]),
        ("tanh(b) * tanh(a)", ["tanh → ×: 0.9951", "tanh → ×: 0.9640"]),
    ],
)
def test_a_node_says_which_operand_comes_first_where_that_matters(
    equation: str, expected: list[str], tmp_path: Path
) -> None:
    found = {edge.partition(", ∂")[0] for edge in edges(tmp_path, equation)}
    assert set(expected) <= found


@pytest.mark.parametrize(("equation", "node"), [("a + a", "a + a"), ("a - a", "a − a"), ("a * exp(2)", "a·e2")])
def test_a_sign_alone_has_an_edge_for_each_operand(equation: str, node: str, tmp_path: Path) -> None:
    assert edges(tmp_path, equation)[0].startswith(f"a → {node}: 2")


def test_only_what_has_samples_is_cut_to_the_one_that_is_shown() -> None:
    """W1 has as many rows as the batch has samples."""
    found = described(PROBLEMS / "xor-mini-batches.yaml")
    assert "W1 → x W1: [[1, −1], [1, −1]], ∂ [[0, 0], [−0.1117, −0.1117]]" in found
    assert "W2 → a1 W2: [[1], [1]], ∂ [[−0.2064], [0.2100]]" in found
    assert any(edge.startswith("x → x W1: [0, 0]") for edge in found)
    assert any("z1 = [−0.5, 1.5]" in edge for edge in found)


def test_products_of_samples_with_each_other_are_shown_whole(tmp_path: Path) -> None:
    """K = X Xᵀ has the samples on both axes, C = Xᵀ X on none; each has as many rows as there are samples."""
    path = tmp_path / "problem.yaml"
    path.write_text(
        "conventions: {samples: rows, weights: columns}\ninputs: {X: [[1, 2], [3, 4]]}\n"
        "parameters: {w: [[1], [2]], v: [[1], [1]]}\nequations:\n  - K = X @ X.T\n  - C = X.T @ X\n"
        "  - f = X @ w\n  - k = K @ v\n  - L = sum(k) + sum(C) + sum(f)\nloss: L\n",
        encoding="utf-8",
    )
    found = " ".join(described(path))
    assert "K = [[5, 11], [11, 25]]" in found
    assert "C = [[10, 14], [14, 20]]" in found
    assert "X → X w: [1, 2]" in found and "f = 5," in found
    assert "k = 16," in found
    assert "w → X w: [[1], [2]]" in found


def note(path: Path) -> str:
    """What the footnote says of all samples."""
    picture = draw(solve(path).solvers[""].section, "graph")
    text = " ".join(plain(text.runs) for text in picture.texts if text.kind == "note")
    return text[text.find("Of all samples") :].partition(". ")[0] if "Of all samples" in text else ""


def test_what_is_of_all_samples_is_told_where_one_of_them_is_shown(tmp_path: Path) -> None:
    found = note(PROBLEMS / "xor-mini-batches.yaml")
    assert found.startswith("Of all samples of the batch: the gradients of W1, b1, W2 and b2, and the values of Σ and")
    assert note(PROBLEMS / "regression-3-4-3-l2-norm.yaml") == ""  # it has but one
    path = tmp_path / "problem.yaml"
    text = (
        "conventions: {samples: rows, weights: columns}\ninputs: {X: [[1, 2], [3, 4]]}\nparameters: {w: [[1], [2]]}\n"
        "equations:\n  - C = X.T @ X\n  - f = X @ w\n  - L = sum(C) * sum(f) + norm(w)\nloss: L\n"
    )
    path.write_text(text, encoding="utf-8")
    assert "the gradients of w, and the values of C and Σ and of what follows" in note(path)
    path.write_text(text.replace("[1, 2], [3, 4]", "[1, 2]"), encoding="utf-8")
    assert note(path) == ""


@pytest.mark.parametrize("stem", ["regression-3-4-3-l2-norm", "xor-mini-batches", "softmax-unit-gradient-step"])
def test_every_edge_of_a_small_tensor_has_its_value_and_its_gradient_in_numbers(stem: str) -> None:
    """Targets, too: in 1 - y the gradient flows on to y."""
    for edge in described(PROBLEMS / f"{stem}.yaml"):
        value, _, gradient = edge.partition(": ")[2].partition(", ∂ ")
        assert value and gradient, edge
        assert "×" not in value.replace("×10", "") + gradient.replace("×10", ""), edge


def test_a_large_tensor_has_its_shape_and_norm_and_the_picture_says_so(tmp_path: Path) -> None:
    """L = sum of 13 products w x with w = 3 and x = 4 everywhere: the norms are 3 and 4 times the root of 13."""
    path = tmp_path / "problem.yaml"
    text = "parameters: {{w: {}}}\ninputs: {{x: {}}}\nequations:\n  - L = sum(w * x)\nloss: L\n"
    path.write_text(text.format([3] * 13, [4] * 13), encoding="utf-8")
    assert "w → ⊙: 13×1, ‖·‖ = 10.8167, ∂ 13×1, ‖·‖ = 14.4222" in described(path)
    notes = " ".join(plain(text.runs) for text in draw(solve(path).solvers[""].section, "graph").texts)
    assert "Of more than 12 numbers: the shape, and ‖·‖" in notes
    path.write_text(text.format([3] * 12, [4] * 12), encoding="utf-8")
    assert f"w → ⊙: [{', '.join('3' * 12)}], ∂ [{', '.join('4' * 12)}]" in described(path)
    assert "‖·‖" not in str([text.runs for text in draw(solve(path).solvers[""].section, "graph").texts])
