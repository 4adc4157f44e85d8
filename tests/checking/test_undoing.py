"""Which wrong answers one simple step leads to the right numbers from, and which ones it does not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nnsolve.checking.claims import claim
from nnsolve.checking.model import Claim, Given
from nnsolve.checking.undoing import is_undone, steps_of
from nnsolve.core.diagnostics import Place
from nnsolve.problem.reader import ScalarNode
from tests.bench.diagnosis import known


@cache
def right(problem: str, ask: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    target = known(problem).key.targets[ask]
    return np.reshape(target.values, target.shape)


def undone(problem: str, ask: str, numbers: object, digits: int | None = 5) -> bool:
    """Of numbers written with some digits; as short as they are without."""
    array = np.asarray(numbers, dtype=float)
    claims: list[Claim] = []
    for number in array.ravel().tolist():
        found = claim(ScalarNode(repr(number) if digits is None else f"{number:.{digits}g}", Place("")))
        claims.append(found if isinstance(found, Claim) else Claim(np.nan, 0.0, 0, "?", 1, 1))
    key = known(problem).key
    target = key.targets[ask]
    return is_undone(Given(tuple(claims), array.shape, 1, 1), target, steps_of(key, target))


W, ETA = np.array([[1.1, -0.7, 0.35], [0.6, 0.25, -0.9], [0.15, 0.85, 0.55]]), 0.3
"""The weights and the learning rate of the example `network`."""


def test_a_stated_tensor_is_added_or_taken_away() -> None:
    gradient, updated = right("network", "dL/dW2"), right("network", "W2@1")
    np.testing.assert_allclose(updated, W - ETA * gradient)
    for wrong in (gradient, ETA * gradient, -ETA * gradient, W + ETA * gradient, W - gradient, W - ETA**2 * gradient):
        assert undone("network", "W2@1", wrong)
    for wrong in (updated, ETA * gradient, updated.T):
        assert undone("network", "dL/dW2", wrong)
    b, z = np.array([0.1, 0.65, -0.4]), right("network", "z2")
    assert undone("network", "z2", z - b) and undone("network", "z2", z - 2 * b)
    assert undone("network", "a2", 1 - right("network", "a2"))
    assert undone("network", "dL/da2", right("network", "a2") + np.array([0.2, 0.7, 0.4]))
    assert undone("penalized", "dL/dW", right("penalized", "dL/dW") - 0.3 * np.array([[0.5, -1.2], [0.9, 0.4]]))
    assert not undone("network", "z2", z - b / 3)


def test_a_bias_is_added_to_each_sample() -> None:
    assert undone("batch", "z1", right("batch", "z1") - [0.2, -0.4])
    assert not undone("batch", "z1", right("batch", "z1") - [-0.4, 0.2])


def test_what_is_given_for_each_sample_is_added_up() -> None:
    gradient = right("batch", "dL/db1")
    each = np.array([[0.31234, -0.12345], [0.25678, 0.71234], [0.0, 0.0]])
    each[2] = gradient - each.sum(axis=0)
    assert undone("batch", "dL/db1", each) and undone("batch", "dL/db1", each.T)
    assert not undone("batch", "dL/db1", each * 1.01)
    assert not undone("batch", "dL/db1", each.ravel())


def test_a_decimal_point_is_moved() -> None:
    gradient = right("network", "dL/dW2")
    for times in (10, 0.1):
        assert undone("network", "dL/dW2", times * gradient)
        assert undone("network", "W2@1", W - times * ETA * gradient)


def test_a_factor_is_one_that_the_problem_states_and_none_that_has_to_be_worked_out() -> None:
    """A gradient that lacks the derivative of the only output is a multiple of the right one."""
    gradient = right("steps", "W@1") - [0.5, -1.2]
    assert undone("formula", "dC/dw", 100 * right("formula", "dC/dw"))
    assert not undone("formula", "dC/dw", right("formula", "dC/dw") / 0.8124)
    assert undone("steps", "W@1", [0.5, -1.2] + gradient / 0.3)
    assert not undone("steps", "W@1", [0.5, -1.2] + gradient / 0.2137)
    own = right("batch", "dL/dW2")
    assert undone("batch", "dL/dW2", 3 * own) and undone("batch", "dL/dW2", -own.T / 6)
    assert not undone("batch", "dL/dW2", 1.7 * own)


def test_every_stated_number_is_a_factor_of_a_single_number() -> None:
    """Weights and inputs, also the elements of small tensors; their products where they are single numbers."""
    gradient = right("scalar-backpropagation", "dC/dw_1")  # w_2 = -5, x = 3
    for factor in (-5, 5, 3, 1 / 3, 15, 0.05, 1 / 15):
        assert undone("scalar-backpropagation", "dC/dw_1", gradient * factor)
    for factor in (7.3, 0.8124, 13):
        assert not undone("scalar-backpropagation", "dC/dw_1", gradient * factor)
    loss = right("network", "L")
    assert undone("network", "L", loss * 0.85) and not undone("network", "L", loss * 0.787)
    assert not undone("network", "dL/dW1", right("network", "dL/dW1") * 0.85)


def test_an_order_is_found_beside_a_slip_and_what_cannot_be_read() -> None:
    values = right("network", "W1@1").ravel()
    shape = right("network", "W1@1").shape
    for gap in range(len(values)):
        wrong = values[::-1].copy()
        wrong[gap] = np.nan
        assert undone("network", "W1@1", wrong.reshape(shape))
        wrong[(gap + 3) % len(wrong)] = 7.7
        assert undone("network", "W1@1", wrong.reshape(shape)) is (len(values) >= 8)
        wrong[(gap + 5) % len(wrong)] = 8.8
        wrong[(gap + 6) % len(wrong)] = 9.9
        assert not undone("network", "W1@1", wrong.reshape(shape))
    repeated = np.where(np.arange(len(values)) % 2, values[0], values[1])
    assert not undone("network", "W1@1", repeated.reshape(shape))  # each number once


def test_right_numbers_that_stand_one_place_further_are_undone() -> None:
    """The states before each step, for those after it; with other numbers nothing is where another one belongs."""
    states = right("lstm-rounded-gates", "d.h")
    z = right("network", "z1")
    assert undone("network", "z1", [9.5, *z[:-1]]) and undone("network", "z1", [*z[1:], 9.5])
    assert not undone("network", "z1", [9.5, 1.3 * z[0], 1.7 * z[1]])
    assert undone("lstm-rounded-gates", "d.h", [0, *states[:-1]])
    batch = right("batch", "z1")
    assert undone("batch", "z1", [[7.7, 8.8], *batch[:-1].tolist()])
    assert not undone("batch", "z1", [[7.7, 8.8], *np.add(batch[:-1], [0, 0.1]).tolist()])


def test_one_digit_is_enough_where_it_is_not_most_of_the_number() -> None:
    gradient = right("network", "dL/dz1")
    one = [float(f"{number:.1g}") for number in gradient]
    assert undone("network", "dL/dz1", np.negative(one), None)
    assert not undone("network", "dL/dz1", np.sign(gradient), None)


def test_probabilities_that_are_not_normalized_are_undone_by_their_sum() -> None:
    assert undone("classifier", "a2", 3.217 * right("classifier", "a2"))
    assert not undone("classifier", "z2", 3.217 * right("classifier", "z2"))


def test_squares_and_logarithms_are_undone() -> None:
    loss = right("norm", "L")
    assert undone("norm", "L", loss**2) and undone("norm", "L", loss**2 / 2) and undone("norm", "L", np.exp(-loss))
    assert not undone("norm", "L", loss**3)


def test_what_is_rounded_or_left_as_it_was_is_not_undone() -> None:
    """A step that has too few digits to tell anything says nothing: 0 and the old weights are near to all."""
    assert not undone("network", "W2@1", W, None)
    assert not undone("truncated", "dL/dW_hh", np.zeros((2, 2)), None)
    assert not undone("network", "dL/dz1", [1, 1, 0], None)
    assert not undone("truncated", "dL/dW_hh", 0.99 * right("truncated", "dL/dW_hh"), 4)  # 1 - eta^2
    for digits in (1, 2):
        rounded = np.array([float(f"{number:.{digits}g}") for number in right("network", "dL/dW2").ravel()])
        assert not undone("network", "dL/dW2", rounded.reshape(3, 3) * 1.01, 3)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_slip_of_the_pen_hides_no_step(missing: int) -> None:
    """As a cause may leave one of eight numbers unexplained, so may a step."""
    wrong = -right("network", "W1@1")
    wrong.ravel()[1 : 1 + missing] = 7.7
    assert undone("network", "W1@1", wrong) is (missing == 1)


def test_a_number_that_cannot_be_read_hides_no_step() -> None:
    wrong = 100 * right("classifier", "a2")
    wrong[1] = np.nan
    assert undone("classifier", "a2", wrong)
    assert undone("classifier", "a2", 0.03217 * wrong)  # not normalized
    wrong[0] *= 1.1
    assert not undone("classifier", "a2", wrong)
