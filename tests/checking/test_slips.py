"""One slip that explains several wrong answers is reported once, as one slip."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnsolve.checking.check import check
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.mistakes.mistake import Slip
from nnsolve.checking.model import Cause, Explanation, Result
from nnsolve.checking.slips import grouped
from nnsolve.report.slips import Slips
from tests.cli.calling import PROBLEMS, call
from tests.seeds.mistakes import WRONG

FLIPPED = {"sign-flipped", "target-minus-prediction"}

NETWORK = "regression-3-4-3-l2-norm"
MADE = {**WRONG[f"{NETWORK}-typeset"], **WRONG[NETWORK]}


def student(folder: Path, name: str, *keys: str, more: str = "") -> Path:
    """The answers of somebody who takes y - y_hat for y_hat - y, and leaves out the ReLU mask of b1."""
    path = folder / f"{name}.yaml"
    lines = [f"{key}: {np.round(MADE[key], 5).tolist()}" for key in keys]
    path.write_text(f"problem: {NETWORK}\nstudent: {name}\nanswers: {{{', '.join(lines)}{more}}}\n")
    return path


def checked(path: Path) -> Result:
    return check(path, PROBLEMS, diagnose)


APART = ("q-e-W2", "q-e-b2", "q-f-W1")
"""Answers none of which follows from another, and all from the sign."""


def test_one_slip_is_named_once(tmp_path: Path) -> None:
    (slip,) = checked(student(tmp_path, "a", *APART)).slips
    assert slip.items == APART and slip.of == "dell/dh2"
    assert {cause.code for causes in (slip.causes, *slip.alternatives) for cause in causes} == FLIPPED


def test_what_takes_a_second_slip_is_another_entry_with_the_first_in_it(tmp_path: Path) -> None:
    first, second = checked(student(tmp_path, "a", *APART, "q-f-b1")).slips
    assert (first.items, second.items) == (APART, ("q-f-b1",))
    named = [{cause.code for cause in causes} for causes in (second.causes, *second.alternatives)]
    assert all(len(codes) == 2 and codes & FLIPPED for codes in named)
    assert any("relu-mask-missing" in codes for codes in named)


@pytest.mark.parametrize("repeated", [0, 0.6, 1])
def test_a_slip_may_be_charged_once(repeated: float, tmp_path: Path) -> None:
    """What else it spoils earns `repeated`; what takes a second slip, or what nothing explains, earns nothing."""
    problem = (PROBLEMS / f"{NETWORK}.yaml").read_text() + f"\nmarking: {{repeated: {repeated}}}\n"
    (tmp_path / "problems").mkdir()
    (tmp_path / "problems" / f"{NETWORK}.yaml").write_text(problem)
    path = student(tmp_path, "a", *APART, "q-f-b1", more=", q-d: 4.7711")
    result = check(path, tmp_path / "problems", diagnose)
    items = {item.id: item for item in result.items}
    first, *others = APART
    elements = {id: items[id].elements for id in APART}
    right = {id: found.count("correct") / len(found) for id, found in elements.items()}
    assert items[first].credit == pytest.approx(right[first])
    for id in others:
        assert items[id].verdict == "wrong"
        assert items[id].credit == pytest.approx(right[id] + repeated * (1 - right[id]))
        assert (f"charged once, at {first}" in items[id].message) is (repeated > 0)
    assert items["q-f-b1"].credit == items["q-f-b1"].elements.count("correct") / 4
    assert items["q-d"].credit == 0 and "charged" not in items["q-d"].message + items["q-f-b1"].message
    assert result.score == pytest.approx(sum(item.credit * item.points for item in result.items))


MATRIX = """\
parameters: {W: [[0.31, -0.24], [0.12, 0.53]], b: [0.1, -0.2]}
inputs: {x: [0.6, -0.9]}
targets: {y: [0.4, -0.1]}
equations: [z = W @ x + b, a = sigmoid(z), L = 1/2 * norm(a - y)^2]
loss: L
ask: [z, dL/dW, {id: V, of: W}]
"""


@pytest.mark.parametrize(
    ("answer", "code", "right"),
    [
        ("dL/dW: [[0.03142, 0.06212], [-0.04713, -0.09318]]", "transposed", 2),
        ("V: [[0.31, 0.12], [-0.24, 0.53]]", "transposed", 2),
        ("V: [[0.31, -0.24], [0.12, 0.35]]", None, 3),
        ("V: [[-0.31, -0.24], [0.12, 0.53]]", None, 3),
    ],
)
@pytest.mark.parametrize("rearranged", [None, 0.5, 1])
def test_what_is_right_by_accident_earns_nothing(
    answer: str, code: str | None, right: int, rearranged: float | None, tmp_path: Path
) -> None:
    """The diagonal of a transposed matrix is right whoever transposes it; what nothing explains earns its part."""
    marking = "" if rearranged is None else f"marking: {{rearranged: {rearranged}}}\n"
    (tmp_path / "m.yaml").write_text(MATRIX + marking)
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: m\nanswers: {{{answer}}}\n")
    (item,) = [item for item in check(path, tmp_path, diagnose).items if item.given]
    assert item.verdict == "wrong" and item.elements.count("correct") == right
    kept = 1 if code is None else rearranged or 0
    assert item.credit == kept * right / 4 and ("by accident" in item.message) is (kept < 1)
    assert code is None or code in [cause.code for cause in item.causes]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("B: [[4.06, 4.70, 12.14], [4.70, 4.34, 16.58], [12.14, 16.58, 3.82]]", 8),
        ("B: [[4.06, 6.92, 12.14], [4.70, 4.34, 16.58], [12.14, 16.58, 3.82]]", 7),
        ("w: [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 2.34567, '?', 3.45678]", 7),
        ("u: [2.345, 1.234, 4.567, 3.444, 5.678]", 1),
    ],
)
def test_what_only_looks_rearranged_earns_its_part(answer: str, right: int, tmp_path: Path) -> None:
    """Most of it is right, or a number is another one: nothing there is right by accident."""
    text = "parameters: {B: [[4.06, 4.70, 12.14], [6.92, 4.34, 16.58], [12.14, 16.58, 3.82]], u: %s, w: %s}\n"
    text += "inputs: {x: 1}\nequations: [y = x * sum(w)]\nask: [B, u, w]\n"
    vector = "[1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 2.34567, 3.45678]"
    (tmp_path / "m.yaml").write_text(text % ("[1.234, 2.345, 3.456, 4.567, 5.678]", vector))
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: m\nanswers: {{{answer}}}\n")
    (item,) = [item for item in check(path, tmp_path, diagnose).items if item.given]
    assert item.verdict == "wrong" and item.elements.count("correct") == right
    assert item.credit == pytest.approx(right / len(item.elements)) and "by accident" not in item.message


PERCENT = """\
parameters: {W: [[0.7, -0.2], [0.1, 0.5], [-0.3, 0.9]]}
inputs: {x: [1.3, 0.4]}
equations: [z = W @ x, y = softmax(z)]
ask: [y, {id: share, of: 1 - y, percent: true}]
"""
# z = [0.83, 0.33, -0.03], y = [0.49269, 0.29883, 0.20849]


@pytest.mark.parametrize(
    ("answer", "verdict", "right"),
    [
        ("y: [49.27, 29.88, 20.85]", "wrong", 1),
        ("y: [49.27 %, 29.88 %, 20.85 %]", "unreadable", 1),
        ("y: [49.27 %, 0.29883, 20.58 %]", "unreadable", 1 / 3),  # 20.58: wrong in percent as well
        ("y: [492.7, 298.8, 208.5]", "wrong", 0),
        ("y: [49.27]", "wrong", 0),
        ("share: [50.73, 70.12, 79.15]", "wrong", 0),  # the sign is asked there
    ],
)
@pytest.mark.parametrize("percent", [0, 0.5, 1])
def test_right_numbers_in_percent_earn_what_the_marking_says(
    answer: str, verdict: str, right: float, percent: float, tmp_path: Path
) -> None:
    (tmp_path / "m.yaml").write_text(f"{PERCENT}marking: {{percent: {percent}}}\n")
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: m\nanswers: {{{answer}}}\n")
    (item,) = [item for item in check(path, tmp_path, diagnose).items if item.verdict != "missing"]
    kept = 1 / 3 if "0.29883" in answer else 0
    assert item.verdict == verdict and item.credit == pytest.approx(kept + percent * right)
    if right == 1:
        assert "percent" in [cause.code for cause in item.causes] or "in percent, which is not asked" in item.message


def test_a_slip_that_was_made_anyway_is_made_again() -> None:
    """Two slips of which one explains another answer, too, need less than two new ones."""
    sign, mean, bias = Slip("sign-flipped", "dL/dz1"), Slip("mean-for-sum", "L"), Slip("bias-missing", "z1")
    first, second = grouped({"b": [(mean, bias), (bias, sign)], "a": [(sign,)], "c": []})
    assert [cause.code for cause in first.causes] == ["sign-flipped"] and first.items == ("a",)
    assert [cause.code for cause in second.causes] == ["bias-missing", "sign-flipped"]
    assert (second.items, second.of, second.alternatives) == (("b",), "z1", ())


def test_what_nothing_explains_is_in_no_slip(tmp_path: Path) -> None:
    result = checked(student(tmp_path, "a", *APART, more=", q-d: 4.7711"))
    assert [slip.items for slip in result.slips] == [APART]
    assert {item.id for item in result.items if item.verdict == "wrong"} == {*APART, "q-d"}


def test_each_named_cause_is_one_of_the_answer_itself(tmp_path: Path) -> None:
    result = checked(student(tmp_path, "a", *APART, "q-f-b1"))
    causes = {item.id: {cause.code for cause in item.causes} for item in result.items}
    for slip in result.slips:
        for id in slip.items:
            assert {cause.code for cause in slip.causes} <= causes[id]


def test_one_wrong_answer_is_explained_where_it_stands(tmp_path: Path) -> None:
    output = call("check", str(student(tmp_path, "a", "q-e-b2")), "--problems", str(PROBLEMS)).output
    assert "at the top" not in output and "slip" not in output
    assert output.index("q-e-b2") < output.index("consistent with target-minus-prediction: The error")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_says_a_slip_once(tmp_path: Path, width: int) -> None:
    path = student(tmp_path, "a", *APART, "q-f-b1")
    result = call("check", str(path), "--problems", str(PROBLEMS), "--width", str(width))
    text = " ".join(result.output.split())
    assert "One slip explains q-e-W2, q-e-b2 and q-f-W1: consistent with target-minus-prediction: The error" in text
    assert text.count("which way round the difference is taken") == text.count("target minus prediction;") == 1
    assert text.count("consistent with the slip at the top: target-minus-prediction") == len(APART)
    assert "together with target-minus-prediction (first at dell/dh2)" in text
    assert max(map(len, result.output.splitlines())) <= width


def test_json_has_the_slips(tmp_path: Path) -> None:
    path = student(tmp_path, "a", *APART)
    (result,) = json.loads(call("check", str(path), "--problems", str(PROBLEMS), "--json", "-").output)["results"]
    (slip,) = result["slips"]
    assert slip["items"] == list(APART) and slip["of"] == "dell/dh2"
    assert {*slip["causes"], *slip["alternatives"][0]} == FLIPPED
    assert all(set(item["causes"]) >= set(slip["causes"]) for item in result["items"] if item["id"] in APART)


def test_a_class_counts_who_made_a_slip(tmp_path: Path) -> None:
    """Not how many answers it spoiled, nor what else it may be; somebody with two files is one student."""
    student(tmp_path, "a", *APART)
    student(tmp_path, "b", "q-e-b2")
    student(tmp_path, "c", more="q-e-b2: [5.77, 1, 3.1416]")
    again = student(tmp_path, "again", "q-e-W2")
    again.write_text(again.read_text().replace("student: again", "student: a"))
    output = call("check", str(tmp_path), "--problems", str(PROBLEMS), "--json", str(tmp_path / "v.json")).output
    causes = json.loads((tmp_path / "v.json").read_text())["summary"]["causes"]
    (code,) = FLIPPED & causes.keys()
    assert causes[code] == 2
    assert f"2 of 3  {code}:" in output


def test_rounding_on_the_way_is_imprecise(tmp_path: Path) -> None:
    """ell = 6.0836 rounded to one decimal: dell/dh2 = [5.6, 2.2, -0.9] / 6.1."""
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: {NETWORK}\nanswers: {{q-e-h2: [0.918033, 0.360656, -0.147541]}}\n")
    item = {item.id: item for item in checked(path).items}["q-e-h2"]
    assert (item.verdict, item.credit) == ("imprecise", 0.5)
    assert [cause.code for cause in item.causes] == ["rounded-early"]


def test_of_many_ways_to_explain_an_answer_all_are_named_and_the_best_few_explained() -> None:
    first, *several = [(Cause(f"code-{n}", "It is so.", f"z{n}"),) for n in range(5)]
    others: list[tuple[Cause, ...]] = list(several)
    others.append((Cause("code-0", "It is so.", "z0"), Cause("code-5", "It is so.")))
    slip = Explanation(first, "", ("q",), tuple(others))
    *told, last = Slips((slip,)).causes(slip)
    assert [line.partition(":")[0] for line in told] == ["consistent with code-0", "or with code-1", "or with code-2"]
    assert all(line.endswith(f"It is so. (first at z{n})") for n, line in enumerate(told))
    names = "code-3 (first at z3), code-4 (first at z4) or code-0 (first at z0) together with code-5"
    assert last == f"or with {names}; nnsolve causes CODE explains each"
    short = slip._replace(alternatives=tuple(others[:3]))  # a fourth alone is explained as well
    assert all("It is so." in line for line in Slips((short,)).causes(short))
