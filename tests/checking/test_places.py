"""Where mistakes are made: students who make them in a layer, in a function, in a report are told the right cause."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from nnsolve.checking.claims import claim, meant_units
from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.model import Claim
from nnsolve.core.diagnostics import Place
from nnsolve.problem.loader import load_problem
from nnsolve.problem.reader import ScalarNode
from tests.bench import trained
from tests.bench.diagnosis import known
from tests.bench.fresh import words as w
from tests.bench.fresh.score import PROBLEMS, Outcome, judged, solved
from tests.checking.answering import answer

STUDENTS: dict[str, list[tuple[tuple[str, ...], bool]]] = {
    "scalar-backpropagation": [((w.NEIGHBOURING_LAYER,), False), ((w.DERIVATIVE_EXTRA,), False)],
    "relu-relu-softmax-classifier": [((w.MASK_INVERTED,), False), ((w.INDEX_BASE,), False)],
    "regression-3-4-3-l2-norm": [((w.RATE_TWICE,), False)],
    "word-embeddings": [
        ((w.RECURRENT_TERM_DROPPED,), False),
        ((w.NEIGHBOURING_STEP,), True),
        ((w.NEIGHBOURING_STEP,), False),
        ((w.SQUARED_NORM,), False),
    ],
    "xor-mini-batches": [
        ((w.Z_FOR_A,), False),
        ((w.RATE_TWICE,), True),
        ((w.SUM_FOR_MEAN, w.ASCENT), False),
        ((w.DERIVATIVE_MISSING,), False),
        ((w.ROUNDED_2_DECIMALS,), False),
        ((w.DERIVATIVE_EXTRA, w.SUM_FOR_MEAN), False),
    ],
}
"""The mistakes of some students of the bench, and whether they are made at their last place alone."""


@cache
def outcomes(problem: str) -> list[Outcome]:
    solution = solved(problem, PROBLEMS[problem])
    wanted = STUDENTS[problem]
    chosen = [case for case in solution.cases if (case.mistakes, case.late) in wanted]
    assert len(chosen) == len(wanted)
    return list(judged({problem: solution._replace(cases=chosen)}))


@pytest.mark.parametrize("problem", STUDENTS)
def test_mistake_is_named_for_each_answer_that_it_spoils(problem: str) -> None:
    """The input of another layer; a ReLU turned round; one layer's step; what is reported of a loss as it is taken.

    Some lines rounded; two frequent mistakes whose numbers a rare one gives as well, though not those of the loss.
    """
    found = outcomes(problem)
    assert found
    assert [(one.case.mistakes, one.ask, sorted(one.named)) for one in found if not one.found] == []


def test_derivative_left_out_is_no_factor_of_its_own() -> None:
    named = [one.named for one in outcomes("xor-mini-batches") if one.case.mistakes == (w.DERIVATIVE_MISSING,)]
    assert len(named) > 5
    assert all("factor-left-out" not in codes for codes in named)


def test_mistake_of_who_works_with_rounded_numbers_is_named() -> None:
    """Every line to three digits, and the new weights in the backward pass: four digits agree with neither alone."""
    pair = (w.ROUNDED_3_DIGITS, w.NEW_WEIGHTS)
    problem = PROBLEMS["xor-mini-batches"]._replace(pairs=(pair,))
    solution = solved("xor-mini-batches", problem)
    case = next(case for case in solution.cases if case.mistakes == pair)
    found = {one.ask: one.named for one in judged({"xor-mini-batches": solution._replace(cases=[case])})}
    assert "updated-weights-used" in found["dL/dW1"]


SMALL = """
parameters: {w: 0.8}
inputs: {x: 0.02}
targets: {t: 0.9}
equations:
  - z = w * x
  - y = sigmoid(z)
  - C = 1/2 * (y - t)^2
loss: C
training: {optimizer: sgd, learning_rate: 0.1, steps: 1}
ask: [C, dC/dw, w@1]
"""


def test_rounding_is_named_after_what_else_fits(tmp_path: Path) -> None:
    """The gradient rounds to 0, and so the parameter to what it was: that nobody updated it is likelier."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    found = Diagnosis(load_problem(path)).explain({"w@1": answer(0.8)}, ["w@1"])["w@1"]
    assert found[0].code == "not-updated"
    assert "rounded-early" in [cause.code for cause in found]


@pytest.mark.parametrize(
    ("numbers", "units"),
    [
        (["0.9999", "-3.616e-05", "0.5"], [1e-4, 1e-8, 1e-4]),  # four digits, not eight decimals
        (["12.42", "5", "1.3"], [1e-2, 1e-2, 1e-1]),  # as precise as the longest, but no more than the finest
        (["0.42", "0", "1.37"], [1e-2, 1e-2, 1e-2]),
    ],
)
def test_single_digit_is_meant_as_precisely_as_the_numbers_beside_it(numbers: list[str], units: list[float]) -> None:
    claims = [claim(ScalarNode(text, Place(""))) for text in numbers]
    assert meant_units([found for found in claims if isinstance(found, Claim)]) == pytest.approx(units)


SEQUENCES = {
    "next-bit-rnn": [
        ("mean-for-sum:time", "dL/dW_hh", "mean-for-sum"),  # its terms are right, their sum is not
        ("wrong-batch", "h_2", "wrong-batch"),  # of all four sequences, where one is asked
    ],
    "word-embeddings": [("wrong-pooling:last", "mean-dog-bites-man.p", "wrong-pooling")],  # p is the last vector then
}


@pytest.mark.parametrize("problem", SEQUENCES)
def test_mistake_in_a_sequence_is_named(problem: str) -> None:
    (exercise,) = [one for one in trained.EXERCISES if one.problem == problem]
    diagnosis = trained.diagnosis(problem)
    for made, ask, code in SEQUENCES[problem]:
        given = {id: answer(value) for id, value in exercise.values((made,)).items() if "@" not in id}
        assert code in {cause.code for cause in diagnosis.explain(given, [ask])[ask]}, made


def test_mistakes_that_train_alike_are_named_together() -> None:
    """A layer's gradient with the wrong sign, and a step up it: the first epoch's loss is right with both."""
    (exercise,) = [one for one in trained.EXERCISES if one.problem == "xor-batch"]
    given = {ask: answer(value) for ask, value in exercise.values(("sign-flipped:hidden",)).items()}
    found = trained.diagnosis("xor-batch").explain(given, [ask for ask in given if ask not in ("W2@1", "L@e1")])
    assert {"sign-flipped", "ascent-for-descent"} <= {cause.code for cause in found["b1@end"]}


def test_the_biases_alone_are_updated_with_sums() -> None:
    """The mean for the weights, the sum over three samples for both biases: one slip."""
    diagnosis = known("batch").diagnosis
    values = {ask: np.asarray(diagnosis.solution[ask]) for ask in ("b1@1", "b2@1", "W2@1")}
    for name in ("b1", "b2"):
        values[f"{name}@1"] = diagnosis.solution[name] - 0.4 * 3 * np.asarray(diagnosis.solution[f"dL/d{name}"])
    given = {ask: answer(value) for ask, value in values.items()}
    found = diagnosis.explain(given, ["b1@1", "b2@1"])
    assert all("sum-for-mean" in {cause.code for cause in causes} for causes in found.values())
    given["b2@1"] = answer(values["b2@1"] + 0.1)
    assert diagnosis.explain(given, ["b1@1", "b2@1"])["b2@1"] == ()
