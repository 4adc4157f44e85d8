"""Training problems against the notebook's loops: the same initial values, the same weights after 10,000 epochs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.engine.solve import Solution
from tests.seeds.loops import Parameters, next_bit, xor

PROBLEMS = Path(__file__).parents[2] / "problems"
EPOCHS = 10_000

XOR = {"w1": "W1", "b1": "b1", "w2": "W2", "b2": "b2"}
RNN = {"w1": "W_xh", "wh": "W_hh", "b1": "b_xh", "bh": "b_hh", "w2": "W2", "b2": "b2"}


def start(solution: Solution, names: dict[str, str]) -> Parameters:
    """The initial values of a problem in the notebook's shapes: a bias is a row."""
    return {mine: np.atleast_2d(solution[address]) for mine, address in names.items()}


def assert_same(solution: Solution, names: dict[str, str], expected: Parameters) -> None:
    for mine, address in names.items():
        found = np.atleast_2d(solution[f"{address}@end"])
        np.testing.assert_allclose(found, expected[mine], rtol=1e-9, atol=1e-9, err_msg=address)


@pytest.mark.parametrize(("stem", "stochastic"), [("xor-stochastic", True), ("xor-batch", False)])
def test_xor(stem: str, stochastic: bool) -> None:
    solution = nnsolve.solve(PROBLEMS / f"{stem}.yaml")
    expected, errors = xor(start(solution, XOR), EPOCHS, stochastic)
    assert_same(solution, XOR, expected)
    for epoch in (1, 1000, EPOCHS):
        assert solution[f"L@e{epoch}"] == pytest.approx(errors[epoch - 1], rel=1e-9)
    other, _ = xor(start(solution, XOR), EPOCHS // 10, not stochastic)
    assert np.abs(other["w1"] - expected["w1"]).max() > 1e-3


@pytest.mark.parametrize(("stem", "through_time"), [("next-bit-rnn", False), ("next-bit-rnn-bptt", True)])
def test_next_bit(stem: str, through_time: bool) -> None:
    solution = nnsolve.solve(PROBLEMS / f"{stem}.yaml")
    expected = next_bit(start(solution, RNN), EPOCHS, through_time)
    assert_same(solution, RNN, expected)


def test_the_gradient_through_time_makes_a_difference() -> None:
    solution = nnsolve.solve(PROBLEMS / "next-bit-rnn.yaml")
    first = start(solution, RNN)
    short, whole = next_bit(first, 10, False), next_bit(first, 10, True)
    assert np.abs(short["wh"] - whole["wh"]).max() > 1e-6
