"""A term of a sum or a factor of a product left out, wherever it stands; worked out by hand from the right values."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from nnsolve.checking.diagnose import Diagnosis
from tests.bench.diagnosis import known
from tests.checking.answering import answer


def named(diagnosis: Diagnosis, ask: str, value: Any) -> set[str]:
    """The codes for a wrong answer of four digits."""
    return {cause.code for cause in diagnosis.explain({ask: answer(value)}, [ask])[ask]}


@cache
def right(problem: str, ask: str) -> Any:
    return np.asarray(known(problem).diagnosis.solution[ask])


def cell(name: str) -> Any:
    return right("lstm", name)


def slope(a: Any) -> Any:
    return 2 * cell("h_2") * cell("o_2") * (1 - a**2)


@pytest.mark.parametrize(
    ("ask", "value", "code"),
    [
        ("c_2", lambda: cell("i_2") * cell("g_2"), "previous-state-missing"),
        ("c_2", lambda: cell("f_2") * cell("h_1") + cell("i_2") * cell("g_2"), "cell-and-state-confused"),
        ("c_1", lambda: cell("g_1"), "factor-left-out"),
        ("h_1", lambda: cell("o_1") * cell("c_1"), "z-for-a"),
        ("h_1", lambda: np.tanh(cell("c_1")), "factor-left-out"),
        ("dL/dc_2", lambda: 2 * cell("h_2") * cell("o_2"), "activation-derivative-missing"),
        ("dL/dc_2", lambda: slope(cell("c_2")), "derivative-at-preactivation"),
        ("dL/df_2", lambda: slope(np.tanh(cell("c_2"))) * cell("c_2"), "wrong-time-step"),
    ],
)
def test_mistakes_in_the_cell_of_an_lstm(ask: str, value: Any, code: str) -> None:
    diagnosis = known("lstm").diagnosis
    assert code in named(diagnosis, ask, value())
    assert named(diagnosis, ask, value() * [1.0, 1.0317]) == set()  # one of its numbers is another


def test_slope_by_hand_is_the_right_one() -> None:
    assert slope(np.tanh(cell("c_2"))) == pytest.approx(cell("dL/dc_2"))


def penalty() -> float:
    return 0.15 * float((np.array([[0.5, -1.2], [0.9, 0.4]]) ** 2).sum())


def data_gradient() -> Any:
    return right("penalized", "dL/dW") - 0.3 * np.array([[0.5, -1.2], [0.9, 0.4]])


@pytest.mark.parametrize(
    ("ask", "value", "code"),
    [
        ("L", lambda: float(right("penalized", "L")) - penalty(), "weight-decay-missing"),
        ("L", lambda: float(right("penalized", "L")) + penalty(), "half-missing"),
        ("L", lambda: 2 * penalty() - float(right("penalized", "L")), "minus-left-out"),
        ("dL/dW", data_gradient, "weight-decay-missing"),
        ("dL/dW", lambda: data_gradient() + 0.3, "factor-left-out"),
        ("dL/dW", lambda: data_gradient() * np.sqrt(3) + 0.3 * np.array([[0.5, -1.2], [0.9, 0.4]]), "factor-left-out"),
        ("z", lambda: right("penalized", "z") * np.sqrt(3), "factor-left-out"),
    ],
)
def test_mistakes_with_a_penalty_and_a_scale_in_equations(ask: str, value: Any, code: str) -> None:
    diagnosis = known("penalized").diagnosis
    assert code in named(diagnosis, ask, value())
    assert code not in named(diagnosis, ask, np.asarray(value()) * 1.0317)


def test_rows_exchanged_in_the_gradient_of_an_embedding() -> None:
    diagnosis = known("word-embeddings").diagnosis
    ask = "recurrent-dog-bites-man.dL/dE"
    wrong = np.array(diagnosis.solution[ask])
    wrong[[0, 1]] = wrong[[1, 0]]
    assert "elements-permuted" in named(diagnosis, ask, wrong)
    wrong[0] *= 1.0317
    assert "elements-permuted" not in named(diagnosis, ask, wrong)
