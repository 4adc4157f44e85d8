"""Verdicts as design part 6 says them: digits, tolerances, updates, shapes; over all problems."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from nnsolve.checking.answerfile import parse_answers, read_answers
from nnsolve.checking.judge import bounds, fits, judge, judge_by, overall, spelled
from nnsolve.checking.key import Key, Target
from nnsolve.checking.marking import Marking
from nnsolve.checking.model import Given
from nnsolve.problem.loader import load_problem
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, marked_wrong

STEMS = sorted(path.stem for path in PROBLEMS.glob("*.yaml"))


@cache
def key_of(stem: str) -> Key:
    return Key(load_problem(PROBLEMS / f"{stem}.yaml"))


def targets() -> list[tuple[str, str]]:
    return [(stem, id) for stem in STEMS for id in key_of(stem).targets]


def given(text: str) -> Given:
    found = parse_answers(f"problem: p\nanswers: {{q: {text}}}\n", "a.yaml").answers["q"]
    assert isinstance(found, Given)
    return found


def verdict(text: str, exact: float, change: float | None = None, **options: Any) -> str:
    return judge(given(text), bounds([exact], None if change is None else [change], options))[0]


@pytest.mark.parametrize(
    ("text", "exact", "options", "expected"),
    [
        ("6.08", 6.0835844, {}, "correct"),
        ("6.1", 6.0835844, {}, "correct"),  # two significant digits are asked, and 6.1 is rounded right
        ("6", 6.0835844, {}, "imprecise"),
        ("6.0", 6.0835844, {}, "wrong"),
        ("6.2", 6.0835844, {}, "wrong"),
        ("1.0", 0.996, {}, "correct"),  # rounded to two significant digits, as is asked
        ("1", 0.996, {}, "imprecise"),
        ("1", 0.94, {}, "imprecise"),
        ("0.1", 0.148, {}, "imprecise"),
        ("0.1", 0.0882, {}, "imprecise"),
        ("0.2", 0.148, {}, "wrong"),
        ("1", 0.62, {}, "wrong"),  # a right rounding, but more than half of the value off
        ("1.0", 0.96, {}, "imprecise"),
        ("6.089", 6.0835844, {}, "correct"),  # within 0.1 %
        ("6.09", 6.0835844, {}, "wrong"),
        ("-6.08", 6.0835844, {}, "wrong"),
        ("0", 0.004, {}, "wrong"),  # a 0 says nothing of something small
        ("0.00", 0.004, {"decimals": 2}, "correct"),
        ("0", 0.004, {"decimals": 2}, "correct"),
        ("0.00", 0.006, {"decimals": 2}, "wrong"),
        ("6.1", 6.0835844, {"decimals": 2}, "imprecise"),
        ("6.08", 6.0835844, {"decimals": 2}, "correct"),
        ("0.3", 1 / 3, {"decimals": 2}, "imprecise"),
        ("1/3", 1 / 3, {}, "correct"),
        ("1/3", 0.33, {}, "wrong"),
        ("0.33", 1 / 3, {}, "correct"),
        ("0.33", 1 / 3, {"significant": 3}, "imprecise"),
        ("0.333", 1 / 3, {"significant": 3}, "correct"),
        ("0.34", 1 / 3, {"atol": 0.01}, "correct"),
        ("0.35", 1 / 3, {"atol": 0.01}, "wrong"),
        ("0.4", 1 / 3, {"rtol": 0.25}, "correct"),
        ("0.335", 1 / 3, {"rtol": 0}, "wrong"),
        ("0", 0.0, {}, "correct"),
        ("0.01", 0.0, {}, "wrong"),
        ("1e3", 1234.0, {}, "imprecise"),
        ("1.2e3", 1234.0, {}, "correct"),
        ("0e999", 1234.0, {}, "wrong"),
        ("4.70%", 0.04701312, {}, "correct"),
        ("4.70", 0.04701312, {}, "wrong"),
        ("1", math.inf, {}, "wrong"),
        ("1", math.nan, {}, "wrong"),
    ],
)
def test_verdict_on_a_number(text: str, exact: float, options: dict[str, Any], expected: str) -> None:
    assert verdict(text, exact, **options) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.000", "wrong"),  # not updated
        ("1", "wrong"),
        ("1.0", "wrong"),  # rounded rightly, but so is what was not updated
        ("1.01", "wrong"),  # up the gradient
        ("1.0092", "wrong"),
        ("0.99", "correct"),  # two significant digits, which show the update
        ("0.991", "correct"),
        ("0.990", "wrong"),
        ("0.9908", "correct"),
        ("0.99079", "correct"),
        ("0.99080", "correct"),  # off by 0.0000051: within 0.1 % of the change
        ("0.99081", "wrong"),
        ("0.9907", "wrong"),
    ],
)
def test_an_updated_parameter_is_judged_by_its_change(text: str, expected: str) -> None:
    assert verdict(text, 0.9907949, -0.0092051) == expected


def test_digits_that_show_no_update_are_no_answer() -> None:
    assert verdict("1.0", 1.04, 0.1) == "correct"  # 0.94 would be 0.9
    assert verdict("1.0", 1.0001, 0.0001) == verdict("1.00", 1.0001, 0.0001) == "wrong"
    assert verdict("1.0001", 1.0001, 0.0001) == "correct"
    assert verdict("1.000", 1.0001, 0.0001, decimals=3) == "correct"  # the ask wants no digit that would show it
    assert verdict("1.0", 1.0, 0.0) == verdict("1.0", 1.0, 1e-17) == "correct"  # nothing was updated
    assert verdict("20", 24.0, 12.0) == "wrong" and verdict("2e1", 24.0, 12.0) == "imprecise"


@pytest.mark.parametrize(("stem", "id"), targets())
def test_the_keys_own_values_are_right_in_the_digits_that_are_asked(stem: str, id: str) -> None:
    """Or in as many more as show the update."""
    target = key_of(stem).targets[id]
    texts = []
    for bound in target.bounds:
        places = max(0, round(-math.log10(bound.asked))) if bound.asked else 0
        while abs(float(f"{bound.exact:.{places}f}") - bound.start) <= 0.51 * 10.0**-places:
            places += 1
        texts.append(f"{bound.exact:.{places}f}")
    found = given("[" + ", ".join(texts) + "]")
    assert set(judge(found, target.bounds)) == {"correct"}
    written = given("[" + ", ".join(spelled(bound) for bound in target.bounds) + "]")
    assert set(judge(written, target.bounds)) == {"correct"}


@pytest.mark.parametrize(("stem", "id"), targets())
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_further_off_than_the_tolerance_is_wrong(stem: str, id: str, sign: int) -> None:
    target = key_of(stem).targets[id]
    texts = [repr(bound.exact + sign * (1.01 * bound.tolerance + 4 * math.ulp(bound.exact))) for bound in target.bounds]
    assert set(judge(given("[" + ", ".join(texts) + "]"), target.bounds)) == {"wrong"}


@pytest.mark.parametrize(("stem", "id"), [pair for pair in targets() if key_of(pair[0]).targets[pair[1]].changes])
def test_an_answer_that_was_not_updated_is_wrong(stem: str, id: str) -> None:
    """Written with any number of digits; so is one that went the wrong way. (Where three decimals show no change, so do
    they.)
    """
    target = key_of(stem).targets[id]
    assert target.changes is not None
    for bound, change in zip(target.bounds, target.changes, strict=True):
        if abs(change) <= 2 * bound.tolerance:
            continue
        for wrong in (bound.exact - change, bound.exact - 2 * change):
            for digits in range(1, 9):
                assert judge(given(f"{wrong:.{digits}g}"), [bound]) == ["wrong"], (wrong, bound)


@pytest.mark.parametrize("stem", ANSWER_FILES)
def test_printed_answers_are_right_unless_they_are_marked_wrong(stem: str) -> None:
    answers = read_answers(ANSWER_FILES[stem])
    assert answers.problem is not None and not answers.findings
    key = key_of(answers.problem)
    for id, answer in answers.answers.items():
        target = key.find(id)
        assert isinstance(target, Target) and isinstance(answer, Given)
        right = fits(answer.shape, target.shape) and overall(judge(answer, target.bounds)) == "correct"
        assert right is (id not in marked_wrong(stem)), id


@pytest.mark.parametrize(
    ("shape", "expected", "right"),
    [
        ((3,), (3,), True),
        ((1, 3), (3,), True),
        ((3, 1), (3,), True),
        ((3,), (1, 3), True),
        ((3,), (3, 1), True),
        ((1,), (), True),
        ((), (1, 1), True),
        ((2, 3), (3, 2), False),
        ((3, 1), (1, 3), False),
        ((6,), (2, 3), False),
        ((4,), (3,), False),
        ((), (3,), False),
        ((1, 1, 3), (3,), False),
    ],
)
def test_shapes(shape: tuple[int, ...], expected: tuple[int, ...], right: bool) -> None:
    assert fits(shape, expected) is right


def test_a_tensor_earns_the_mean_over_its_elements() -> None:
    elements = judge(given("[1.00, 2, 0.3, 5]"), bounds([1, 2, 1 / 3, 4], None, {"significant": 3}))
    assert elements == ["correct", "correct", "imprecise", "wrong"] and overall(elements) == "wrong"
    assert Marking().of_elements(elements) == pytest.approx(2.5 / 4)
    assert Marking(partial=False).of_elements(elements) == 0
    assert Marking(imprecise=0.8, partial=False).of_elements(elements[:3]) == 0.8


def test_noise_of_an_exact_zero_is_no_reason_to_refuse_a_zero() -> None:
    values = [5.0, 1e-16, 1e-9]
    assert judge(given("[5, 0, 0]"), bounds(values, None, {})) == ["correct", "correct", "wrong"]


@pytest.mark.parametrize("change", [None, 0.004, -0.3])
def test_by_other_values_it_is_judged_as_by_the_exact_ones(change: float | None) -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for exact in [0.0, math.inf, math.nan, *rng.normal(size=100).tolist()]:
        for digits in range(1, 7):
            for off in (0.0, 1e-4, 1e-3, 1e-2, 0.3):
                answer = given(f"[{exact + off:.{digits}g}, 1]") if math.isfinite(exact) else given("[0.5, 1]")
                values, changes = [exact, 1.0], None if change is None else [change, change]
                found = judge_by(answer, values, changes, {})
                assert found == judge(answer, bounds(values, changes, {})), (exact, digits, off)
                seen.add(found[0])
    assert seen >= {"correct", "imprecise", "wrong"}


def test_what_is_asked_to_few_digits_is_no_excuse_for_more_that_are_written() -> None:
    values, options = [0.123456], {"decimals": 1}
    for text, verdicts in (("0.1", ["correct"]), ("0.15", ["wrong"]), ("0.1235", ["correct"])):
        assert judge_by(given(text), values, None, options) == verdicts
    assert judge(given("0.15"), bounds(values, None, options)) == ["correct"]


def test_an_address_is_an_answer_too() -> None:
    key = key_of("regression-3-4-3-l2-norm")
    assert key.find("hbar1") is key.find("q-a") and key.find("W2@end") is key.find("q-g-W2")
    added = key.find("h1[2]")
    assert isinstance(added, Target) and added.values == (4.0,) and added.points == 0 and not added.is_asked
    for text in ("W2@2", "nonsense", "h1 + 1", "__import__('os')", "h1[9]", "x" * 5000, "", ".", "a.b"):
        assert isinstance(key.find(text), str), text
    assert key.find("q-ee-h2") == "did you mean 'q-e-h2'?"
    parts = key_of("relu-relu-softmax-classifier")
    assert parts.find("zeros.FU") is parts.targets["zeros.FU"] and parts.find("Z") is parts.targets["Z"]
    assert isinstance(parts.find("quarters.U"), Target)
    np.testing.assert_allclose(parts.targets["temperature-5-halves.ratio"].values, [math.exp(5)])
