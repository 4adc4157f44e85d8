"""Digits: what is said of answers that are rounded, by whom they were, and what coarse ones earn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnsolve.checking.authoring import refused_zeros
from nnsolve.checking.model import Item
from nnsolve.engine.solve import Solution
from nnsolve.problem.loader import load_problem
from tests.checking.answering import judged
from tests.cli.calling import call, written

Judged = Callable[..., dict[str, Item]]

PROBLEM = """\
parameters: {W: [[1.372, 0.684], [0.0527, -0.0361], [2.193, 1.718]], c: 3.137}
inputs: {x: [0.7391, 0.2683]}
equations: [z = W @ x, v = z * z, s = sum(z), u = c * s]
ask: [z, v, s, u]
"""
# z = [1.1975624, 0.02926494, 2.0817857], v = [1.434156, 0.000856437, 4.333832], s = 3.308613, u = 10.379119


@pytest.fixture
def items(tmp_path: Path) -> Judged:
    written(tmp_path, PROBLEM, "p.yaml")

    def of(*answers: str) -> dict[str, Item]:
        return judged(tmp_path, answers)

    return of


def test_an_answer_that_is_rounded_itself_was_not_rounded_on_the_way(items: Judged) -> None:
    """Also where another of its numbers is wrong, so that it follows from earlier ones in no way."""
    v = items("z: [1.198, 0.02926, 2.082]", "v: [1.434, 0.0009, 7.31]")["v"]
    assert v.elements == ("correct", "imprecise", "wrong") and v.credit == 0.5
    assert v.message == "1 of 3 numbers is wrong, at [3]; 1 more has too few digits"
    assert (v.line, v.column) == (4, 22)  # of the wrong number, not of the coarse one before it
    v = items("z: [1.198, 0.03, 2.082]", "v: [1.434, 0.0009, 4.334]")["v"]  # 0.03 * 0.03 is 0.0009
    assert v.message == "1 of 3 numbers has too few digits, at [2]"


def test_what_was_rounded_on_the_way_is_said_to_be(items: Judged) -> None:
    found = items("z: [1.2, 0.029, 2.1]", "v: [1.440, 0.000841, 4.410]")
    v = found["v"]
    assert v.verdict == "imprecise" and v.message.startswith("rounded on the way: right by the digits of your z")


def test_coarse_digits_earn_the_same_where_they_are_carried(items: Judged) -> None:
    """s = 4.11 is wrong; u = 12.893 follows from it, and 10 says as little of that as of the right 10.379."""
    original = items("s: 3.3086", "u: 1e1")["u"]
    assert (original.verdict, original.credit) == ("imprecise", 0.5)
    for wrong, u in (("4.11", 12.9), ("4.1", 12.9), ("4", 12.5)):
        fine, coarse = items(f"s: {wrong}", f"u: {u}")["u"], items(f"s: {wrong}", "u: 1e1")["u"]
        assert (fine.verdict, fine.credit) == ("carried", 1), wrong
        assert (coarse.verdict, coarse.credit) == ("carried", 0.5), wrong
    for wrong in ("6.4", "6"):  # 3.137 * 6 = 18.822
        fine, coarse = items(f"s: {wrong}", f"u: {3.137 * float(wrong):.4g}")["u"], items(f"s: {wrong}", "u: 2e1")["u"]
        assert (fine.verdict, fine.credit, fine.message) == ("carried", 1, "right, given your s"), wrong
        assert (coarse.verdict, coarse.credit) == ("carried", 0.5), wrong
        assert coarse.message == "right, given your s; too few digits"


def test_few_wrong_digits_excuse_little(items: Judged) -> None:
    """Else nearly every number would follow from them: 8 is 8, 0.5 stands for 0.50, and 8.1 for 8.05 to 8.15."""
    for wrong, right, others in (
        ("8", (25.0, 25.096), (24.0, 26.5)),
        ("1e1", (31.0, 31.37), (28.0, 34.0, 40.0)),
        ("0.5", (1.57, 1.58), (1.61, 1.47)),
        ("8.1", (25.41, 25.3), (25.7, 25.1)),
    ):
        for u, verdict in [*((u, "carried") for u in right), *((u, "wrong") for u in others)]:
            assert items(f"s: {wrong}", f"u: {u:.10g}")["u"].verdict == verdict, (wrong, u)


def test_what_is_carried_says_which_digits_cost_points(items: Judged) -> None:
    v = items("z: [1.972, 0.2926, 3.082]", "v: [3.889, 0.09, 9.499]")["v"]
    assert v.verdict == "carried" and v.credit == pytest.approx(5 / 6)
    assert v.message == "right, given your z; 1 of 3 numbers has too few digits, at [2]"
    v = items("z: [1.972, 0.2926, 3.082]", "v: [3.889, 0.0856, 9.499]")["v"]
    assert (v.credit, v.message) == (1, "right, given your z")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("[1.1976, 0.02926, 0]", "1 of 3 numbers is wrong, at [3]"),  # nobody rounds 2.08 to 0
        ("[1, 0, 2]", "1 of 3 numbers is wrong, at [2]; 1 of them"),
        ("[1.1976, 0.05, 2.0818]", "1 of 3 numbers is wrong, at [2]"),
    ],
)
def test_another_number_is_no_rounding(items: Judged, answer: str, message: str) -> None:
    assert "rounded to so few digits" not in items(f"z: {answer}")["z"].message or message.endswith("of them")


def test_a_rounding_that_loses_the_value_says_so(items: Judged, tmp_path: Path) -> None:
    lost = "rounded to so few digits that more than half of the value is lost"
    assert items("v: [1.434, 0.00, 4.334]")["v"].message == f"1 of 3 numbers is wrong, at [2]; {lost}"
    assert items("v: [1.434, 0, 4.334]")["v"].message.endswith(lost)
    v = items("v: [1.434, 0, 7.31]")["v"]
    assert v.message == f"2 of 3 numbers are wrong, the first is [2]; 1 of them is {lost}"
    hidden = call("check", str(tmp_path / "in/a.yaml"), "--problems", str(tmp_path), "--hide-solution").output
    assert "2 of 3 numbers count as wrong" in hidden and "lost" not in hidden


# What an author is told -----------------------------------------------------------------------------------------------


def warned(folder: Path, ask: str) -> list[tuple[str, str | None]]:
    text = f"inputs: {{x: [[12, 0.0002], [0, -3]]}}\nequations: [y = 2 * x, w = x * x, L = sum(x)]\nask: {ask}\n"
    found = refused_zeros(Solution(load_problem(written(folder, text, "q.yaml"))))
    return [(finding.message, finding.help) for finding in found]


def test_numbers_that_anyone_writes_as_0_are_warned_about(tmp_path: Path) -> None:
    ((message, help),) = warned(tmp_path, "[y, L]")
    assert message == "y has 0.0004 beside 24: who writes 0 there is wrong"
    assert help is not None and "decimals: 3" in help
    for ask in ("[L]", "[{of: y, decimals: 3}]", "[{of: y, significant: 2}]", "[{of: y, atol: 0.001}]"):
        assert not warned(tmp_path, ask), ask
    assert warned(tmp_path, "[{of: y, decimals: 4}]")  # 0.0004 is asked to four decimals


def test_the_decimals_that_are_proposed_are_enough(tmp_path: Path) -> None:
    ((_, help),) = warned(tmp_path, "[w]")
    option = (help or "").split("  ")[1]
    assert not warned(tmp_path, f"[{{of: w, {option}}}]")
