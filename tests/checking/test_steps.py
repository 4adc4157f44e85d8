"""Sequences as students answer them: some of the steps, one more before the first, each by itself, all as one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.checking.check import check
from nnsolve.checking.model import Item
from tests.checking.answering import judged
from tests.cli.calling import call, written

Judged = Callable[..., dict[str, Item]]

PROBLEM = """\
conventions: {weights: rows, samples: columns}
layers:
  - rnn: {W_xh: [[0.5, -0.3], [0.8, 0.2]], W_hh: [[0.1, 0.4], [-0.6, 0.3]], b: [0.1, -0.2], activation: tanh}
  - dense: {W: [[1.5, -0.7]], b: [0.25]}
inputs: {x: [[1, 0.5], [-1, 2], [0.3, -0.6]]}
initial: {h_0: [0.2, -0.1]}
targets: {y: [0.5, -1, 0.2]}
loss: {name: half_squared_error, over_time: sum}
"""


def states() -> list[list[str]]:
    """h_1 to h_3 by NumPy, as students write them."""
    W, V, b = np.array([[0.5, -0.3], [0.8, 0.2]]), np.array([[0.1, 0.4], [-0.6, 0.3]]), np.array([0.1, -0.2])
    h, found = np.array([0.2, -0.1]), []
    for x in ([1, 0.5], [-1, 2], [0.3, -0.6]):
        h = np.tanh(W @ x + V @ h + b)
        found.append([f"{number:.5f}" for number in h])
    return found


STEPS = ["[" + ", ".join(row) + "]" for row in states()]
H1, H2, H3 = STEPS


@pytest.fixture
def items(tmp_path: Path) -> Judged:
    def of(ask: str, *answers: str) -> dict[str, Item]:
        written(tmp_path, f"{PROBLEM}ask: {ask}\n", "p.yaml")
        return judged(tmp_path, answers)

    return of


# One answer to all steps ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "credit", "message"),
    [
        (f"[{H1}, {H2}]", 2 / 3, "2 of 3 steps are given; step 3 is missing"),
        (f"[{H1}]", 1 / 3, "1 of 3 steps are given; steps 2 and 3 are missing"),
        (f"[{H1}, [9, 9]]", 1 / 3, "2 of 6 numbers are wrong, the first is [2,1]; 2 of 3 steps are given"),
        (f"[{H2}, {H3}]", 0, "2 of 3 steps are given; step 3 is missing"),  # each is judged where it stands
        (f"[{H1}, [{H2[1:8]}, ?]]", 1 / 2, "1 of 6 numbers cannot be read, at 3:37: there is no number; 2 of 3 steps"),
    ],
)
def test_of_some_steps_those_that_are_given_are_judged(items: Judged, answer: str, credit: float, message: str) -> None:
    item = items("[h]", f"h: {answer}")["h"]
    assert item.credit == pytest.approx(credit) and message in item.message
    assert item.verdict != "correct" and len(item.elements) == 6 and "unreadable" in item.elements


def test_the_step_before_the_first_is_left_out_where_it_is_right(items: Judged) -> None:
    assert items("[h]", f"h: [[0.2, -0.1], {H1}, {H2}, {H3}]")["h"].verdict == "correct"
    shifted = items("[h]", f"h: [[0.2, -0.1], {H2}, {H2}, {H3}]")["h"]
    assert (shifted.verdict, shifted.line) == ("wrong", 3) and shifted.credit == pytest.approx(2 / 3)
    for other in (f"[[0.2, -0.2], {H1}, {H2}, {H3}]", f"[{H1}, {H2}, {H3}, [0.2, -0.1]]"):
        item = items("[h]", f"h: {other}")["h"]
        assert (item.verdict, item.credit) == ("wrong", 0)
        assert item.message == "this has 4 steps, but 3 are expected, each a list of 2"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("[1, 2, 3, 4, 5, 6]", "this is a list of 6, but 3 steps are expected, each a list of 2"),
        ("0.5", "this is one number, but 3 steps are expected, each a list of 2"),
        ("[[1, 2, 3], [4, 5, 6]]", "3 steps are expected, each a list of 2; rows and columns are exchanged"),
    ],
)
def test_another_shape_is_told_in_steps(items: Judged, answer: str, message: str) -> None:
    item = items("[h]", f"h: {answer}")["h"]
    assert item.credit == 0 and message in item.message


def test_numbers_as_steps(items: Judged) -> None:
    """One number a step is a list; a number alone is no step of it."""
    given = ("[0.507, ?]", 0), ("[0.5076, -0.291]", 2 / 3), ("[[0.5076], [-0.291]]", 2 / 3), ("0.5076", 0)
    for answer, credit in given:
        assert items("[y_hat]", f"y_hat: {answer}")["y_hat"].credit == pytest.approx(credit)


# Several answers ------------------------------------------------------------------------------------------------------


def test_steps_that_are_answered_by_themselves_count_for_the_whole(items: Judged) -> None:
    found = items("[h, L]", f"h_1: {H1}", f"h_2: {H2}", f"h_3: {H3}")
    assert list(found) == ["h", "L"] and found["h"].verdict == "correct"
    assert found["h"].given == tuple(map(tuple, states()))
    found = items("[{id: q-a, of: h}]", f"h_3: {H3}", "h_1: [9, 9]")
    assert found["q-a"].credit == pytest.approx(1 / 3) and (found["q-a"].line, found["q-a"].column) == (4, 9)
    assert found["q-a"].message.endswith("2 of 3 steps are given; step 2 is missing")


def test_all_steps_of_a_long_sequence_are_looked_at(tmp_path: Path) -> None:
    inputs = ", ".join(f"[{n / 50:.2f}, 0.5]" for n in range(70))
    text = PROBLEM.replace("[[1, 0.5], [-1, 2], [0.3, -0.6]]", f"[{inputs}]").split("targets:")[0]
    written(tmp_path, f"{text}ask: [h]\n", "p.yaml")
    steps = nnsolve.solve(tmp_path / "p.yaml")["h"]
    lines = "".join(f"  h_{n}: [{a:.5f}, {b:.5f}]\n" for n, (a, b) in enumerate(steps, 1))
    result = check(written(tmp_path, f"problem: p\nanswers:\n{lines}", "in/a.yaml"), tmp_path)
    assert len(steps) == 70 and result.score == result.max_score and not result.findings


def test_a_step_that_is_no_answer_spoils_no_other(items: Judged) -> None:
    item = items("[h]", f"h_1: {H1}", "h_2: one", f"h_3: {H3}")["h"]
    assert item.credit == pytest.approx(2 / 3) and "'one' is not a number" in item.message
    item = items("[h]", f"h_1: {H1}", f"h_2: {H2}", "h_3: [1, 2, 3]")["h"]
    assert item.credit == pytest.approx(2 / 3)
    assert "step 3: this is a list of 3, but a list of 2 is expected" in item.message


def test_a_whole_that_is_answered_counts_for_its_steps(items: Judged) -> None:
    found = items("[h_3, h_1]", f"h: [{H1}, {H2}, [9, 9]]")
    assert [(id, one.verdict) for id, one in found.items()] == [
        ("h_3", "wrong"),
        ("h_1", "correct"),
        ("h_2", "correct"),
    ]
    assert (found["h_3"].line, found["h_3"].column) == (3, 50) and not found["h_2"].asked
    found = items("[h_3, h_1]", f"h: [{H1}, {H2}]")
    assert [found[id].verdict for id in ("h_3", "h_1")] == ["missing", "correct"]


def test_what_is_asked_keeps_its_own_answer(items: Judged) -> None:
    """Neither is a whole that is answered made up of steps, nor what is asked twice answered by one and for nothing."""
    found = items("[h]", f"h: [{H1}, {H2}, [9, 9]]", f"h_3: {H3}")
    assert found["h"].credit == pytest.approx(2 / 3) and found["h_3"].verdict == "correct"
    found = items("[h, h_3]", f"h_3: {H3}")
    assert found["h"].verdict == "missing" and found["h_3"].verdict == "correct"
    found = items("[h, h_3]", f"h_3: {H3}", f"h_1: {H1}", f"h_2: {H2}")
    assert found["h"].verdict == found["h_3"].verdict == "correct"


def test_an_error_in_a_step_is_not_carried_to_itself(items: Judged) -> None:
    for answers in ([f"h_1: {H1}", f"h_2: {H2}", "h_3: [9, 9]"], [f"h: [{H1}, {H2}, [9, 9]]"]):
        for ask in ("[h]", "[h_1, h_2, h_3]"):
            assert not any(item.carried_from for item in items(ask, *answers).values())


def test_an_error_in_a_step_that_is_given_is_carried(items: Judged) -> None:
    """Also where other steps are missing: y_hat_2 = 1.5 * 0.9 - 0.7 * 0.5 + 0.25."""
    for answers in ([f"h: [{H1}, [0.9000, 0.5000]]"], [f"h_1: {H1}", "h_2: [0.9000, 0.5000]"]):
        found = items("[h, y_hat_2]", *answers, "y_hat_2: 1.2500")
        assert found["y_hat_2"].verdict == "carried" and found["y_hat_2"].carried_from == ("h",)
        assert items("[h, y_hat_2]", *answers, "y_hat_2: 1.3500")["y_hat_2"].verdict == "wrong"


def test_the_report_calls_it_incomplete(items: Judged, tmp_path: Path) -> None:
    items("[h]", f"h: [{H1}, {H2}]")
    shown = call("check", str(tmp_path / "in/a.yaml"), "--problems", str(tmp_path)).output
    assert "? h  incomplete" in shown and "0.67 of 1" in shown and "step 3 is missing" in shown
