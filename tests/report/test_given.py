"""What is given, briefly: later batches in a line each."""

from __future__ import annotations

from pathlib import Path

from nnsolve.report.style import Style
from tests.report.solved import printed

PROBLEM = """
conventions: {weights: columns, samples: rows}
layers: [{dense: {W: [[1], [-1]], b: [0]}}]
inputs: {x: [[1, 2], [0, 1], [2, 2], [5, 7]]}
targets: {y: [[1], [0], [1], [3]]}
loss: {name: half_squared_error, reduction: mean}
training: {optimizer: sgd, learning_rate: 0.1, epochs: 2, batch_size: 2}
ask: [W@1, W@2, W@3, W@4]
"""


def test_later_batches_take_a_line_each(tmp_path: Path) -> None:
    text = printed(tmp_path, PROBLEM)
    for line in (
        "  for update 2:  x@1 = [[2, 2], [5, 7]],  y@1 = [[1], [3]]\n",
        "  for update 3:  x@2, y@2 as x, y\n",
        "  for update 4:  x@3, y@3 as x@1, y@1\n",
    ):
        assert line in text
    assert "2×2 input" in text.split("x@1")[0]  # the first batch is shown in full
    assert "x@1" in printed(tmp_path, PROBLEM, Style(60, unicode=False))


def test_after_the_last_update_all_samples_are_given(tmp_path: Path) -> None:
    problem = PROBLEM.replace("ask: [W@1, W@2, W@3, W@4]", "ask: [y_hat@3, y_hat@end]")
    text = " ".join(printed(tmp_path, problem).split())
    assert "for update 4: x@3 = [[2, 2], [5, 7]]" in text
    assert "after update 4, all samples: x@4 = [[1, 2], [0, 1], [2, 2], [5, 7]]" in text
    assert "for update 5" not in text  # there is none


ADAM = """
parameters: {W: [[1, -2], [0.5, 3]]}
training: {optimizer: adam, steps: 1, gradients: {W: [[0.5, -1], [2, 0.25]]}, state: {v_W: [[0, 0], [0, 2]]}}
"""


def test_a_state_that_is_0_is_said_shortly(tmp_path: Path) -> None:
    given = printed(tmp_path, ADAM).split("Update")[0]
    assert "m_W = 0 " in given and "2×2 state" in given
    assert "v_W = ⎡0  0⎤" in given and "v_W = 0" not in given  # one element of it is not 0
    large = ADAM.replace("[[1, -2], [0.5, 3]]", "{random: normal, mean: 0, std: 1, shape: [40, 40], seed: 1}")
    large = large.replace("[[0.5, -1], [2, 0.25]]", "{random: normal, mean: 0, std: 1, shape: [40, 40], seed: 2}")
    given = printed(tmp_path, large.split(", state:")[0] + "}\n").split("Update")[0]
    assert "m_W = 0 " in given and "40×40 state" in given


def test_what_lives_in_one_update_need_not_say_which(tmp_path: Path) -> None:
    text = printed(tmp_path, ADAM.replace("steps: 1", "steps: 2") + "ask: [W@2]\n")
    assert "W ← W − η m̂_W / (√v̂_W + ε)" in text
    assert "m̂_W = m_W@2 / (1 − β₁ᵗ)" in text and "m_hat_W@2" in text
    assert "m_hat_W@2 = m_W@2 / (1 - beta1^t@2)" in printed(
        tmp_path, ADAM.replace("steps: 1", "steps: 2") + "ask: [W@2]\n", Style(80, unicode=False)
    )


def test_a_batch_that_differs_in_one_number_is_not_the_same(tmp_path: Path) -> None:
    text = printed(tmp_path, PROBLEM.replace("epochs: 2", "steps: 2").replace(", W@3, W@4", ""))
    assert " as x" not in text.split("Forward pass")[0]
    other = printed(tmp_path, PROBLEM.replace("[[1, 2], [0, 1], [2, 2], [5, 7]]", "[[1, 2], [0, 1], [1, 2], [0, 1]]"))
    assert "x@1 = [[1, 2], [0, 1]],  y@1 = [[1], [3]]" in other  # the same x with another y


def test_large_batches_are_summed_up(tmp_path: Path) -> None:
    rows = [[n, n + 1, n + 2, n + 3, n + 4] for n in range(8)]
    problem = PROBLEM.replace("[[1, 2], [0, 1], [2, 2], [5, 7]]", str(rows))
    problem = problem.replace("[[1], [0], [1], [3]]", str([[n] for n in range(8)])).replace("size: 2", "size: 4")
    problem = problem.replace("[[1], [-1]]", "[[1], [-1], [0], [0], [0]]")
    assert "x@1 = (4×5, 20 numbers, from 4 to 11" in printed(tmp_path, problem)
