"""Predictions of each sample, and what they decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.engine.moment import Moment
from nnsolve.engine.predictions import Predictions, predictions
from nnsolve.engine.run import Run
from nnsolve.problem.loader import load_problem

ROWS = "conventions: {weights: rows, samples: rows, count_from: 0}\n"


def predicted(folder: Path, text: str) -> Predictions | None:
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    run = Run(load_problem(path))
    return predictions(Moment(run.whole, 0, {}, run.rounding), run.samples)


def network(activation: str, inputs: Any, targets: Any, loss: str, W: Any = ((1, 0), (0, 1))) -> str:
    rows = [list(row) for row in W]
    return (
        f"{ROWS}layers: [{{dense: {{W: {rows}, activation: {activation}}}}}]\ninputs: {{x: {inputs}}}\n"
        f"targets: {{y: {targets}}}\nloss: {{name: {loss}, reduction: mean}}\n"
    )


def test_the_class_is_that_of_the_largest_output(tmp_path: Path) -> None:
    found = predicted(tmp_path, network("softmax", [[1, 2], [3, 1], [0, 5]], "{class: [1, 0, 0]}", "cross_entropy"))
    assert found is not None and found.decisions is not None
    assert found.decisions.rule == "largest"
    assert found.decisions.decided.ravel().tolist() == [1, 0, 1]
    assert found.decisions.right is not None and found.decisions.right.tolist() == [True, True, False]
    assert found.inputs[0].rows.tolist() == [[1, 2], [3, 1], [0, 5]]
    np.testing.assert_allclose(found.prediction.rows.sum(axis=1), 1)


def test_a_sigmoid_is_rounded_and_a_half_is_one(tmp_path: Path) -> None:
    text = network("sigmoid", [[0], [-1], [2]], [[1], [1], [1]], "binary_cross_entropy", W=[[1]])
    found = predicted(tmp_path, text)
    assert found is not None and found.decisions is not None and found.decisions.right is not None
    assert found.decisions.rule == "rounded" and not found.decisions.given
    assert found.decisions.decided.ravel().tolist() == [1, 0, 1]
    assert found.decisions.right.tolist() == [True, False, True]
    assert found.prediction.shape == ()


def test_all_outputs_of_a_sample_have_to_be_right(tmp_path: Path) -> None:
    text = network("sigmoid", [[1, 1], [1, -1]], [[1, 1], [1, 1]], "binary_cross_entropy")
    found = predicted(tmp_path, text)
    assert found is not None and found.decisions is not None and found.decisions.right is not None
    assert found.decisions.right.tolist() == [True, False]


def test_the_sign_decides_where_the_loss_is_a_hinge(tmp_path: Path) -> None:
    found = predicted(tmp_path, network("identity", [[2], [0], [-1]], [[1], [1], [-1]], "hinge", W=[[1]]))
    assert found is not None and found.decisions is not None and found.decisions.right is not None
    assert found.decisions.rule == "sign"
    assert found.decisions.right.tolist() == [True, False, True]


@pytest.mark.parametrize("targets", [[[1], [0]], [[-1], [1]], [[0.3], [0.7]]])
def test_a_regression_decides_nothing(tmp_path: Path, targets: Any) -> None:
    found = predicted(tmp_path, network("identity", [[2], [0]], targets, "squared_error", W=[[1]]))
    assert found is not None and found.decisions is None and found.target is not None


def test_samples_in_columns(tmp_path: Path) -> None:
    text = network("softmax", [[1, 3, 0], [2, 1, 5]], "{class: [1, 0, 0]}", "cross_entropy").replace(
        "samples: rows", "samples: columns"
    )
    found = predicted(tmp_path, text)
    assert found is not None and found.samples == 3
    assert found.inputs[0].rows.tolist() == [[1, 2], [3, 1], [0, 5]]


def test_what_has_no_part_for_each_sample_is_left_out(tmp_path: Path) -> None:
    text = (
        f"{ROWS}inputs: {{x: [[1], [2]], c: 3}}\ntargets: {{y: [[3], [5]]}}\nequations: [y_hat = c * x]\nask: [y_hat]\n"
    )
    found = predicted(tmp_path, text)
    assert found is not None
    assert [str(column.name) for column in found.inputs] == ["x"]
    assert found.prediction.rows.tolist() == [[3], [6]]


def test_without_a_prediction_there_is_nothing_to_show(tmp_path: Path) -> None:
    assert predicted(tmp_path, "inputs: {x: 1}\nequations: [z = 2 * x]\nask: [z]\n") is None


SEQUENCE = (
    "conventions: {samples: rows, weights: rows}\nparameters: {w: 1}\n"
    "equations: ['h_t = h_{t-1} + x_t', 'y_hat_t = w * h_t']\n"
)


def test_a_sequence_has_a_row_for_each_step(tmp_path: Path) -> None:
    text = SEQUENCE + "inputs: {x: {sequences: [[1, 2, 3], [4, 5, 6]]}}\n"
    text += "targets: {y: {sequences: [[1, 3, 6], [0, 0, 0]]}}\n"
    text += "loss: {name: squared_error, over_time: sum, reduction: sum}\n"
    found = predicted(tmp_path, text)
    assert found is not None and found.target is not None
    assert (found.samples, found.steps, found.rows) == (2, 3, 6)
    assert found.inputs[0].rows.ravel().tolist() == [1, 2, 3, 4, 5, 6]
    assert found.prediction.rows.ravel().tolist() == [1, 3, 6, 4, 9, 15]
    assert found.target.rows.ravel().tolist() == [1, 3, 6, 0, 0, 0]
    assert [str(column.name) for column in (found.inputs[0], found.prediction)] == ["x", "y_hat"]


def test_where_the_last_step_is_compared_it_alone_is_shown(tmp_path: Path) -> None:
    text = SEQUENCE + "inputs: {x: [1, 2, 3]}\ntargets: {y: 6}\nloss: {name: squared_error, over_time: last}\n"
    found = predicted(tmp_path, text)
    assert found is not None and found.target is not None
    assert found.steps == 1 and str(found.prediction.name) == "y_hat_3"
    assert found.inputs[0].rows.tolist() == [[1, 2, 3]]
    assert found.prediction.rows.tolist() == [[6]] == found.target.rows.tolist()
