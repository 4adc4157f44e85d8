"""The notebooks' own wrong answers, with the causes that their errors deserve."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml

from nnsolve.checking.check import check
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.model import Claim, Given
from tests.bench.diagnosis import known
from tests.seeds.mistakes import WRONG
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, _number, read

FLIPPED = {"sign-flipped"}
UNMASKED = {"sign-flipped", "relu-mask-missing"}
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
    found = known(content["problem"]).diagnosis.explain(answers, list(WRONG[stem]))
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
    assert not any(known(content["problem"]).diagnosis.explain(answers, right).values())


FROM_THE_SIGN = {
    "q-e-h2": "wrong", "q-e-W2": "carried", "q-e-b2": "carried", "q-f-h1": "carried", "q-f-hbar1": "carried",
    "q-f-W1": "carried",
}  # fmt: skip

VERDICTS = {
    # Its b1 lacks the mask, a mistake of its own; W2@1 follows from the gradient.
    "regression-3-4-3-l2-norm": FROM_THE_SIGN | {"q-f-b1": "wrong", "q-g-W2": "carried"},
    # Its b1 has the mask, but b1@1 is not made of it; 0.9946 in W2@1 follows from nothing.
    "regression-3-4-3-l2-norm-typeset": FROM_THE_SIGN
    | {"q-f-b1": "carried", "q-g-W2": "wrong", "q-g-b2": "carried", "q-g-W1": "carried", "q-g-b1": "wrong"},
    "relu-softmax-2-4-2-step": {"W1@1": "wrong", "a1@1": "carried", "a2@1": "carried"},
    "scalar-backpropagation": {"dC/dw_2": "wrong"},
    # W@1 does not follow from the gradient, whose transpose is undone.
    "softmax-unit-gradient-step": {"dNLLM/dW": "wrong", "W@1": "wrong", "p2-after": "carried"},
}
"""The verdict on every printed answer that is not right."""

SLIPS: dict[str, list[tuple[str, set[str], set[str] | None]]] = {
    # The target minus the prediction gives the digits of a flipped sign, and says where it comes from.
    "regression-3-4-3-l2-norm": [
        ("q-e-h2", {"target-minus-prediction"}, {"sign-flipped"}),
        ("q-f-b1", {"target-minus-prediction", "relu-mask-missing"}, None),
    ],
    "regression-3-4-3-l2-norm-typeset": [
        ("q-e-h2 q-g-W2", {"target-minus-prediction"}, {"sign-flipped"}),
        ("q-g-b1", {"target-minus-prediction", "relu-mask-missing"}, None),
    ],
    "relu-softmax-2-4-2-step": [("W1@1", UPDATED, None)],
    "scalar-backpropagation": [],
    "softmax-unit-gradient-step": [
        ("W@1", {"target-minus-prediction"}, {"sign-flipped"}),
        ("dNLLM/dW", {"target-minus-prediction", "transposed"}, {"sign-flipped", "transposed"}),
    ],
}
"""The slips of every file: the answers that each explains, and what has to be among what explains them."""


@pytest.mark.parametrize("stem", ANSWER_FILES)
def test_printed_answers_get_the_verdicts_and_slips_that_they_deserve(stem: str) -> None:
    result = check(ANSWER_FILES[stem], PROBLEMS, diagnose)
    verdicts = {item.id: item.verdict for item in result.items if item.verdict not in ("correct", "missing")}
    assert verdicts == VERDICTS.get(stem, {})
    assert all(
        bool(item.causes) is (item.verdict == "wrong" and stem != "scalar-backpropagation") for item in result.items
    )
    found = {" ".join(slip.items): [slip.causes, *slip.alternatives] for slip in result.slips}
    deserved = SLIPS.get(stem, [])
    assert set(found) == {items for items, *_ in deserved}
    for items, first, second in deserved:
        named = [{cause.code for cause in causes} for causes in found[items]]
        assert all(codes in named for codes in (first, second) if codes is not None), named
