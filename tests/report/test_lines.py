"""Where formulas are broken, and what stands at the ends of lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from nnsolve.report.boxes import Piece, fill, text_box
from nnsolve.report.lines import broken
from nnsolve.report.style import Style
from nnsolve.report.text import LONG, report
from tests.report.solved import OWN, SEEDS, printed, sections, told

LONG_FORMULA = "Σ(max(z, 0) − y ⊙ z + ln(1 + exp(−|z|))) + λ Σ(w²) + μ Σ(v²)"


@pytest.mark.parametrize("room", [20, 30, 40, 50])
def test_a_formula_is_broken_whole(room: int) -> None:
    parts = broken(LONG_FORMULA, room)
    assert " ".join(parts) == LONG_FORMULA
    assert all(cell_len(part) <= room for part in parts)


def test_a_formula_is_broken_before_a_sign_and_outside_of_parentheses() -> None:
    assert broken(LONG_FORMULA, 45) == ["Σ(max(z, 0) − y ⊙ z + ln(1 + exp(−|z|)))", "+ λ Σ(w²) + μ Σ(v²)"]
    assert broken("a b + c d", 7) == ["a b", "+ c d"]
    assert broken("a b + c d", 7) != ["a b + c", "d"]


def test_a_name_too_long_for_a_line_is_cut() -> None:
    assert broken("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def pieces(*texts: tuple[str, str]) -> list[Piece]:
    return [Piece(join, text_box(text)) for join, text in texts]


def rows(found: list[list[Piece]]) -> list[str]:
    return ["".join(piece.join + piece.box.rows[0] for piece in row) for row in found]


def test_a_term_of_a_sum_stays_on_one_line() -> None:
    product = pieces(("", "aaaa"), (" − ", "0.1"), (" · ", "bbbb"))
    assert rows(fill(product, 40)) == ["aaaa − 0.1 · bbbb"]
    assert rows(fill(product, 13)) == ["aaaa", " − 0.1 · bbbb"]  # not aaaa − 0.1, · bbbb
    assert rows(fill(product, 9)) == ["aaaa", " − 0.1", " · bbbb"]  # no line can hold the term


def test_numbers_on_one_line_have_no_gaps_for_captions(tmp_path: Path) -> None:
    text = printed(
        tmp_path,
        "parameters: {b: [0.05]}\ninputs: {x: [2]}\nequations: ['L = sum(b * x)']\nloss: L\n"
        "training: {optimizer: sgd, learning_rate: 0.5, steps: 1}\nask: [b@1]\n",
    )
    line = next(line for line in text.splitlines() if line.startswith("  b ←"))
    assert "b ← b − η ∂L/∂b = [0.05] − 0.5 · [2] = [−0.95]" in line
    assert "   " not in line.partition("= [")[2].partition("b@1")[0].rstrip()


def test_the_address_stands_at_the_first_line_of_a_broken_formula(tmp_path: Path) -> None:
    problem = "inputs: {x: 2}\nequations: [total = x + x^2 + x^3 + x^4 + exp(-x)]\nask: [total]\n"
    lines = printed(tmp_path, problem, Style(40)).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("  total = "))
    assert lines[first].endswith(" total")
    assert lines[first + 1].strip().startswith("+ ")
    assert "total" not in [line.strip() for line in lines]  # alone, in the middle of the formula


def test_no_report_starts_with_a_blank_line(tmp_path: Path) -> None:
    assert printed(tmp_path, "inputs: {x: 2}\nequations: [a = x^2]\nask: [a]\n").startswith("Given")
    for folder in (OWN, SEEDS):
        for path in folder.glob("*.yaml"):
            text = told(path.stem, Style(80))
            assert text.strip("\n") == text.rstrip("\n")


def test_a_warning_is_repeated_below_a_long_report_only(tmp_path: Path) -> None:
    short = printed(tmp_path, "inputs: {x: 0}\nequations: [a = ln(x)]\nask: [a]\n")
    assert short.count("warning:") == 1
    long = str(report(sections("not-finite"), Style(80)))
    assert len(long.splitlines()) > LONG and long.count("warning:") == 2


def test_what_is_a_number_already_is_not_repeated(tmp_path: Path) -> None:
    text = printed(tmp_path, "inputs: {x: 2}\nequations: ['L = x^2']\nloss: L\nask: [dL/dL]\n")
    assert "∂L/∂L = 1" in text and "1 = 1" not in text


def test_a_number_before_a_matrix_product_needs_no_parentheses(tmp_path: Path) -> None:
    text = printed(
        tmp_path,
        "conventions: {weights: columns, samples: rows, step_at_zero: 1}\n"
        "layers: [{dense: {W: [[1], [-1]], b: [0], activation: step}}]\ninputs: {x: [0.5, 1]}\ntargets: {y: [1]}\n"
        "training: {optimizer: perceptron, learning_rate: 0.5, steps: 1}\nask: [W@1, b@1]\n",
    )
    assert "W ← W + η xᵀ (y − a)" in text
    assert "+ 0.5 · ⎡0.5⎤ ([1] − [0]) = ⎡ 1.25⎤" in text
    assert "η (xᵀ" not in text and "b ← b + η (y − a)" in text  # a sum keeps its parentheses


def test_the_arithmetic_of_an_element_is_broken_between_its_terms() -> None:
    text = str(report(sections("rows-layer-by-layer"), Style(80, detail="full")))
    assert "(1 −\n" not in text and "ln(1 −\n" not in text
