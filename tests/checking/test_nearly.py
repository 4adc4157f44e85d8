"""Several numbers that are nearly right were rounded on the way, though no rounding that is tried gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnsolve

PROBLEM = """
conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[0.62, -0.84], [0.33, 1.12]], b: [0.21, -0.43], activation: tanh}
  - dense: {W: [[0.93, -0.52], [-0.74, 0.45]], b: [0.13, 0.31], activation: sigmoid}
inputs: {x: [1.3, -0.7]}
targets: {y: [0.2, 0.9]}
loss: half_squared_error
training: {optimizer: sgd, learning_rate: 0.9, steps: 1}
ask: [L, dL/dz2, dL/dz1, W1@1]
"""


def by_hand(digits: int) -> dict[str, np.ndarray]:
    """The answers of who writes down the slopes alone, with so many decimals, and goes on with these."""
    w1, w2 = np.array([[0.62, -0.84], [0.33, 1.12]]), np.array([[0.93, -0.52], [-0.74, 0.45]])
    a1 = np.tanh(w1 @ [1.3, -0.7] + [0.21, -0.43])
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + [0.13, 0.31])))
    d2 = (a2 - [0.2, 0.9]) * np.round(a2 * (1 - a2), digits)
    d1 = w2.T @ d2 * np.round(1 - a1**2, digits)
    return {"dL/dz2": d2, "dL/dz1": d1, "W1@1": w1 - 0.9 * np.outer(d1, [1.3, -0.7])}


def checked(tmp_path: Path, answers: dict[str, np.ndarray]) -> dict[str, tuple[str, list[str]]]:
    (tmp_path / "slopes.yaml").write_text(PROBLEM, encoding="utf-8")
    lines = [f"  {ask}: {np.vectorize(lambda x: float(f'{x:.5g}'))(v).tolist()}\n" for ask, v in answers.items()]
    (tmp_path / "answers").mkdir(exist_ok=True)
    (tmp_path / "answers" / "one.yaml").write_text(f"problem: slopes\nanswers:\n{''.join(lines)}", encoding="utf-8")
    (result,) = nnsolve.check_many([tmp_path / "answers" / "one.yaml"], problems=tmp_path).results
    return {item.id: (item.verdict, [cause.code for cause in item.causes]) for item in result.items}


def test_right_answers_by_hand_are_right(tmp_path: Path) -> None:
    found = checked(tmp_path, by_hand(9))
    assert [found[ask][0] for ask in by_hand(9)] == ["correct"] * 3


def test_two_numbers_that_are_nearly_right_were_rounded_on_the_way(tmp_path: Path) -> None:
    assert checked(tmp_path, {"dL/dz1": by_hand(2)["dL/dz1"]})["dL/dz1"] == ("imprecise", ["rounded-early"])


@pytest.mark.parametrize("off", [(1.03, 0.97), (1.006, 1.0)], ids=["too far off", "one number alone"])
def test_numbers_that_are_farther_off_and_a_single_one_are_wrong(tmp_path: Path, off: tuple[float, float]) -> None:
    assert checked(tmp_path, {"dL/dz2": by_hand(9)["dL/dz2"] * off})["dL/dz2"] == ("wrong", [])


def test_what_an_update_changes_by_little_is_not_nearly_right(tmp_path: Path) -> None:
    assert checked(tmp_path, {"W1@1": by_hand(9)["W1@1"] * [[1.008, 0.993], [1.007, 1.008]]})["W1@1"] == ("wrong", [])
