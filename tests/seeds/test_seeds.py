"""The seed problems solved by nnsolve, against the references worked out by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import nnsolve
from tests.seeds.mistakes import WRONG
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, read
from tests.seeds.references import REFERENCES


@cache
def answers(stem: str) -> dict[str, object]:
    """What nnsolve answers: ask id -> float or nested list."""
    return dict(nnsolve.solve(str(PROBLEMS / f"{stem}.yaml")).answers)


@pytest.mark.parametrize("stem", REFERENCES)
def test_everything_that_is_asked_is_answered_and_nothing_else(stem: str) -> None:
    assert set(answers(stem)) == set(REFERENCES[stem]())


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem in REFERENCES for key in REFERENCES[stem]()])
def test_answer_is_that_of_the_hand_calculation(stem: str, key: str) -> None:
    """To 1e-12 of each element, with the few units in the last place that a difference of larger numbers costs."""
    expected = np.asarray(REFERENCES[stem]()[key])
    given = np.asarray(answers(stem)[key], dtype=np.float64)
    assert given.shape == expected.shape
    np.testing.assert_allclose(given, expected, rtol=1e-12, atol=1e-15 * float(np.abs(expected).max()))


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem in ANSWER_FILES for key in read(stem)[1]])
def test_answer_agrees_with_what_was_printed_exactly_where_that_is_right(stem: str, key: str) -> None:
    problem, printed = read(stem)
    assert bool(printed[key].agrees(answers(problem)[key]).all()) is (key not in WRONG.get(stem, {}))
