"""The notebooks' own wrong answers, with the causes that their errors deserve."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.model import Claim, Given
from nnsolve.problem.loader import load_problem
from tests.seeds.mistakes import WRONG
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, _number, read

FLIPPED = {"sign-flipped"}
UNMASKED = {"sign-flipped", "activation-derivative-missing"}
UPDATED = {"updated-weights-used", "factors-exchanged"}

DESERVED = {
    ("softmax-unit-gradient-step", "dNLLM/dW"): {"sign-flipped", "transposed"},
    ("softmax-unit-gradient-step", "W@1"): FLIPPED,
    ("softmax-unit-gradient-step", "p2-after"): FLIPPED,
    ("relu-softmax-2-4-2-step", "W1@1"): UPDATED,
    ("relu-softmax-2-4-2-step", "a1@1"): UPDATED,
    ("relu-softmax-2-4-2-step", "a2@1"): set(),  # 0 and 1: they say nothing
    ("scalar-backpropagation", "dC/dw_2"): set(),  # another loss of another unit: four mistakes in one number
    ("regression-3-4-3-l2-norm", "q-f-b1"): UNMASKED,
    ("regression-3-4-3-l2-norm-typeset", "q-g-b1"): UNMASKED,
}
"""The causes that have to be among those named; where not said, the flipped sign."""


@cache
def diagnosis(problem: str) -> Diagnosis:
    return Diagnosis(load_problem(PROBLEMS / f"{problem}.yaml"))


def given(node: Any) -> Given:
    """A printed answer with its spelling."""
    texts = np.array(node, dtype=object)
    claims = []
    for text in texts.ravel():
        value, half_unit = _number(text)
        digits = len(text.lstrip("-0.").replace(".", ""))
        claims.append(Claim(value, 2 * half_unit, digits, text, 1, 1))
    return Given(tuple(claims), texts.shape, 1, 1)


@cache
def causes(stem: str) -> dict[str, set[str]]:
    """The causes named for the wrong answers of a file."""
    content = yaml.load(ANSWER_FILES[stem].read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    answers = {key: given(node) for key, node in content["answers"].items()}
    found = diagnosis(content["problem"]).explain(answers, list(WRONG[stem]))
    return {key: {cause.code for cause in named} for key, named in found.items()}


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem in WRONG for key in WRONG[stem]])
def test_printed_error_gets_the_cause_that_it_deserves(stem: str, key: str) -> None:
    deserved = DESERVED.get((stem, key), FLIPPED)
    named = causes(stem)[key]
    assert deserved <= named
    assert bool(named) is bool(deserved)


@pytest.mark.parametrize("stem", ANSWER_FILES)
def test_right_printed_answers_are_not_explained_by_mistakes(stem: str) -> None:
    """Even if they are called wrong: the digits agree with the right value, so they speak for no mistake."""
    content = yaml.load(ANSWER_FILES[stem].read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    right = [key for key in read(stem)[1] if key not in WRONG.get(stem, {})]
    answers = {key: given(content["answers"][key]) for key in right}
    assert not any(diagnosis(content["problem"]).explain(answers, right).values())
