"""The references themselves: their gradients against central differences, and against what the notebooks printed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.seeds.mistakes import SLIPS, WRONG, flipped_and_transposed, flipped_regression
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, marked_wrong, read
from tests.seeds.references import REFERENCES, Array, array, relu, softmax

PRINTED = [(stem, key) for stem in ANSWER_FILES for key in read(stem)[1]]
RIGHT = [(stem, key) for stem, key in PRINTED if key not in WRONG.get(stem, {})]


def central_differences(loss: Callable[[Array], float], at: Array, step: float = 1e-6) -> Array:
    """d loss / d at, element by element."""
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        shift = np.zeros_like(at)
        shift[index] = step
        gradient[index] = (loss(at + shift) - loss(at - shift)) / (2 * step)
    return gradient


def test_every_problem_has_a_reference_and_every_printed_answer_a_problem() -> None:
    assert {path.stem for path in PROBLEMS.glob("*.yaml")} >= set(REFERENCES)
    assert {read(stem)[0] for stem in ANSWER_FILES} <= set(REFERENCES)
    assert set(WRONG) <= set(ANSWER_FILES)


@pytest.mark.parametrize(("stem", "key"), RIGHT)
def test_what_the_notebook_printed_right_agrees_within_its_digits(stem: str, key: str) -> None:
    problem, answers = read(stem)
    assert answers[key].agrees(REFERENCES[problem]()[key]).all()


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem in WRONG for key in WRONG[stem]])
def test_what_the_notebook_printed_wrong_does_not_agree(stem: str, key: str) -> None:
    problem, answers = read(stem)
    assert not answers[key].agrees(REFERENCES[problem]()[key]).all()


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem in WRONG for key in WRONG[stem]])
def test_the_mistake_gives_exactly_the_wrong_digits(stem: str, key: str) -> None:
    agrees = np.array(read(stem)[1][key].agrees(WRONG[stem][key]))
    if (stem, key) in SLIPS:
        assert not agrees[SLIPS[stem, key]]
        agrees[SLIPS[stem, key]] = True
    assert agrees.all()


@pytest.mark.parametrize("stem", ANSWER_FILES)
def test_the_comments_in_the_file_mark_what_is_wrong(stem: str) -> None:
    assert marked_wrong(stem) == set(WRONG.get(stem, {}))


def test_the_flipped_signs_are_nothing_but_flipped() -> None:
    assert np.allclose(flipped_and_transposed(), WRONG["softmax-unit-gradient-step"]["dNLLM/dW"], rtol=1e-14)
    for key, value in flipped_regression().items():
        assert np.allclose(value, WRONG["regression-3-4-3-l2-norm"][key], rtol=1e-14), key


def test_regression_gradients_are_those_of_central_differences() -> None:
    x, y = array([1.2, -1, 2]), array([1.5, -1, 2])
    point = {
        "W1": array([[1, -1, 0], [0, -1, 1], [1, 1, -1], [1, 1, 1]]),
        "b1": array([0, 1, 1, -1]),
        "W2": array([[1.5, 1, 1, -1], [0, 0, 1, 1], [-1, 1, 1, -1]]),
        "b2": array([1, 0, 0.5]),
    }

    def loss(**change: Array) -> float:
        p = point | change
        return float(np.linalg.norm(p["W2"] @ relu(p["W1"] @ x + p["b1"]) + p["b2"] - y))

    expected = REFERENCES["regression-3-4-3-l2-norm"]()
    for name, ask in (("W1", "q-f-W1"), ("b1", "q-f-b1"), ("W2", "q-e-W2"), ("b2", "q-e-b2")):
        numeric = central_differences(lambda value, name=name: loss(**{name: value}), point[name])  # type: ignore[misc]
        assert np.allclose(numeric, np.asarray(expected[ask]), atol=1e-8), name
        assert not np.allclose(-numeric, np.asarray(expected[ask]), atol=1e-8), name


def test_classifier_updates_are_those_of_central_differences() -> None:
    def unit(W: Array) -> float:
        return -float(np.log(softmax(W.T @ array([1, 1]))[1]))

    W = array([[1, -1, -2], [-1, 2, 1]])
    expected = REFERENCES["softmax-unit-gradient-step"]()
    assert np.allclose(central_differences(unit, W), np.asarray(expected["dNLLM/dW"]), atol=1e-8)

    W1, W2 = array([[1, 0, -1, 0], [0, 1, 0, -1]]), array([[1, -1]] * 4)

    def network(W1: Array, W2: Array) -> float:
        z = W2.T @ relu(W1.T @ array([4, 11]) - 1) + array([0, 2])
        return float(np.logaddexp(z[0], z[1]) - z[1])

    expected = REFERENCES["relu-softmax-2-4-2-step"]()
    step1 = central_differences(lambda W: network(W, W2), W1)
    step2 = central_differences(lambda W: network(W1, W), W2)
    assert np.allclose(W1 - 0.5 * step1, np.asarray(expected["W1@1"]), atol=1e-6)
    assert np.allclose(W2 - 0.5 * step2, np.asarray(expected["W2@1"]), atol=1e-6)


def test_scalar_and_sigmoid_gradients_are_those_of_central_differences() -> None:
    def cost(p: Array) -> float:
        return float((1 / (1 + np.exp(-(p[1] * max(p[0] * 3, 0.0) + p[2]))) - 1) ** 2 / 2)

    expected = REFERENCES["scalar-backpropagation"]()
    numeric = central_differences(cost, array([0.01, -5, -1]))
    assert np.allclose(numeric, [float(expected[f"dC/d{name}"]) for name in ("w_1", "w_2", "b")], atol=1e-8)

    numeric = central_differences(lambda W: float(np.log1p(np.exp(-(W.T @ array([1, 1]))[0]))), array([[-2], [1]]))
    assert np.allclose(numeric, np.asarray(REFERENCES["binary-nll-gradient"]()["dNLL/dW"]), atol=1e-8)
