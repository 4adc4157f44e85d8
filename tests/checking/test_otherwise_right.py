"""What is named for the one wrong answer of a file that is right otherwise."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nnsolve.checking.mistakes.mistake import Slip
from nnsolve.checking.slips import grouped
from tests.bench.diagnosis import Known, loaded
from tests.checking.answering import answer

CLASSIFIER = """\
title: two samples
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: [[0.4, -0.7], [1.1, 0.3], [-0.5, 0.9]], b: [0.1, -0.2, 0.3], activation: tanh}
  - dense: {W: [[0.8, -0.6, 0.5], [-0.3, 1.2, 0.7], [0.2, 0.4, -0.9]], b: [0.2, -0.1, 0.05], activation: softmax}
inputs: {x: [[0.9, -0.4], [0.5, 1.3]]}
targets: {y: {class: [2, 1]}}
loss: {name: cross_entropy, reduction: mean}
training: {optimizer: sgd, learning_rate: 0.3, steps: 1, batch_size: 2}
ask: [z1, a1, y_hat, L, dL/dz2, dL/dW2, dL/da1, dL/dz1, dL/dW1, W2@1, b1@1]
"""


@cache
def classifier() -> Known:
    return loaded("classifier", CLASSIFIER)


def value(ask: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    target = classifier().key.targets[ask]
    return np.reshape(target.values, target.shape)


def named(ask: str, wrong: object, digits: int, *without: str) -> list[str]:
    """The codes for a wrong answer, the best first; the others are right, to four digits, or not there."""
    rights = {id: answer(value(id), 4) for id in classifier().key.targets if id not in without}
    given = {**rights, ask: answer(np.asarray(wrong), digits)}
    return [cause.code for cause in classifier().diagnosis.explain(given, [ask])[ask]]


def test_a_sum_over_two_samples_is_named_beside_a_half() -> None:
    assert set(named("L", 2 * value("L"), 5)) == {"half-missing", "sum-for-mean"}
    assert set(named("L", value("L") / 2, 5)) == {"half-extra", "mean-for-sum"}
    assert set(named("L", 3 * value("L"), 5)) & {"half-missing", "sum-for-mean"} <= {"sum-for-mean"}


def test_few_digits_accuse_of_nothing_that_right_answers_stand_in_the_way_of() -> None:
    """A loss of 0.934 is what W2 transposed gives; but the prediction, which the loss is made of, is right."""
    assert named("L", 0.934, 3) == named("L", 1.63, 3) == []
    assert "weights-transposed" in named("L", 0.934, 3, *(id for id in classifier().key.targets if id != "L"))


def test_many_digits_accuse_all_the_same() -> None:
    """Whoever has all digits of a mistake made it, and may have the answers before from somebody else."""
    right = "[[0.8, -0.6, 0.5], [-0.3, 1.2, 0.7], [0.2, 0.4, -0.9]]"
    transposed = "[[0.8, -0.3, 0.2], [-0.6, 1.2, 0.4], [0.5, 0.7, -0.9]]"
    (loss,) = loaded("transposed", CLASSIFIER.replace(right, transposed)).key.targets["L"].values
    assert named("L", loss, 8) == ["weights-transposed"]


@pytest.mark.parametrize("without", [("dL/dW1", "b1@1"), ("dL/da1", "dL/dW1", "b1@1")])
def test_a_gradient_without_the_activation_is_no_activation(without: tuple[str, ...]) -> None:
    found = named("dL/dz1", value("dL/da1"), 4, *without)
    assert found[0] == "activation-derivative-missing" and "a-for-z" not in found
    assert "a-for-z" in named("z1", value("a1"), 4)


def test_a_slip_is_called_first_what_its_answers_are() -> None:
    """Also where the same mistakes at other places explain it again further down."""
    bias, other_bias = Slip("bias-missing", "z2"), Slip("bias-missing", "z2", place=1)
    missing, another = Slip("activation-derivative-missing", "dL/dz1"), Slip("another-gradient", "")
    (slip,) = grouped({"q": [(missing, bias), (bias, another), (missing, other_bias)]})
    assert [cause.code for cause in slip.causes] == [missing.code, bias.code]
    assert [[cause.code for cause in causes] for causes in slip.alternatives] == [[bias.code, another.code]]


def test_of_several_answers_the_slip_is_called_what_most_of_them_are_first() -> None:
    half, total = Slip("half-missing", "L"), Slip("sum-for-mean", "L")
    (slip,) = grouped({"q1": [(half,), (total,)], "q2": [(total,), (half,)], "q3": [(total,), (half,)]})
    assert [cause.code for cause in slip.causes] == [total.code]
