"""Checking whole answer files: verdicts, errors carried forward, scores, and files from strangers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

import pytest

from nnsolve.checking.check import check, check_many
from nnsolve.checking.key import Key
from nnsolve.checking.model import AnswerFile, Cause, Diagnosed, Item, Result
from nnsolve.checking.solved import BROKEN_PROBLEM
from nnsolve.checking.verdicts import Diagnose
from tests.seeds.printed import ANSWER_FILES, PROBLEMS, marked_wrong

SCALAR = """\
problem: scalar-backpropagation
student: s1
answers:
"""

CHAIN = """\
parameters: {w: 2, v: 3}
inputs: {x: 5}
targets: {t: 20}
equations:
  - z = w * x
  - a = z + 1
  - y = v * a
  - L = (y - t)^2
loss: L
training: {learning_rate: 0.01, steps: 2}
ask: [z, a, y, L, dL/dy, dL/dv, v@1, y@1, v@2, {id: both, of: y - t}]
"""

SOFTMAX = """\
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: [[1, -1], [0.5, 2], [0, 1]], b: [0, 1, 0], activation: softmax}
inputs: {x: [1, 0.5]}
targets: {y: {class: 2}}
loss: cross_entropy
ask: [z, a, L, dL/da, dL/dz, dL/dW]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chain.yaml").write_text(CHAIN)
    (tmp_path / "softmax.yaml").write_text(SOFTMAX)
    return tmp_path


def of(folder: Path, answers: str, problem: str = "chain") -> Result:
    path = folder / "answers" / "s.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"problem: {problem}\nanswers: {{{answers}}}\n")
    return check(path, folder)


def verdicts(result: Result) -> dict[str, str]:
    return {item.id: item.verdict for item in result.items if item.verdict != "missing"}


@pytest.mark.parametrize("stem", ANSWER_FILES)
def test_printed_answers_get_the_verdict_that_they_deserve(stem: str) -> None:
    result = check(ANSWER_FILES[stem], PROBLEMS)
    assert not result.findings
    for item in result.items:
        if item.verdict != "missing":
            assert (item.verdict == "correct") is (item.id not in marked_wrong(stem)), item
            assert item.verdict in ("correct", "wrong", "carried")


def test_what_follows_from_the_flipped_sign_is_carried() -> None:
    result = check(ANSWER_FILES["regression-3-4-3-l2-norm"], PROBLEMS)
    found = {item.id: (item.verdict, item.carried_from) for item in result.items}
    assert found["q-e-h2"] == ("wrong", ())
    assert found["q-e-W2"] == ("carried", ("q-e-h2",))
    assert found["q-f-hbar1"] == ("carried", ("q-f-h1",))
    assert found["q-f-b1"] == ("wrong", ())  # its ReLU mask is missing: a mistake of its own
    assert found["q-g-W2"] == ("carried", ("q-e-W2",))


def test_an_answer_is_right_given_an_earlier_one(folder: Path) -> None:
    """z = 10, a = 11, y = 33, L = 169. A student with z = 12 goes on rightly, but forgets the square.

    dL/dw = 38 * 3 * 5, so w@1 = -3.7, a@1 = -17.5 and y@1 = -1.94 * -17.5.
    """
    result = of(folder, "z: 12, a: 13, y: 39, L: 19, dL/dy: 38, dL/dv: 494, v@1: -1.94, y@1: 33.95")
    items = {item.id: item for item in result.items}
    assert verdicts(result) == {
        "z": "wrong", "a": "carried", "y": "carried", "L": "wrong", "dL/dy": "carried", "dL/dv": "carried",
        "v@1": "carried", "y@1": "carried",
    }  # fmt: skip
    sources = {id: set(items[id].carried_from) for id in ("a", "y", "dL/dy", "dL/dv", "v@1", "y@1")}
    assert sources == {
        "a": {"z"}, "y": {"a"}, "dL/dy": {"y"}, "dL/dv": {"dL/dy", "a"}, "v@1": {"dL/dv"}, "y@1": {"v@1", "dL/dy"},
    }  # fmt: skip
    assert result.score == 6 and result.max_score == 10


def test_original_values_are_tried_first(folder: Path) -> None:
    result = of(folder, "z: 12, a: 11, y: 33, L: 169, both: 13")
    assert verdicts(result) == {"z": "wrong", "a": "correct", "y": "correct", "L": "correct", "both": "correct"}


def test_what_is_right_cuts_off_what_was_wrong_before_it(folder: Path) -> None:
    """a is right although z is not: an L that follows from z's value is no carried one."""
    assert verdicts(of(folder, "z: 12, a: 11, L: 361"))["L"] == "wrong"
    assert verdicts(of(folder, "z: 12, L: 361"))["L"] == "carried"


def test_an_expression_is_carried_too(folder: Path) -> None:
    assert verdicts(of(folder, "y: 30, both: 10"))["both"] == "carried"
    assert verdicts(of(folder, "y: 30, both: 11"))["both"] == "wrong"


@pytest.mark.parametrize("earlier", ["0", "[1, 2]", "oops", "nan"])
def test_zeros_wrong_shapes_and_the_unreadable_are_not_carried(folder: Path, earlier: str) -> None:
    found = verdicts(of(folder, f"z: {earlier}, a: 1, y: 3"))
    assert found["a"] == "wrong" and found["y"] == "carried"


def test_a_step_that_was_added_counts_for_what_follows_but_not_for_points(folder: Path) -> None:
    result = of(folder, "dL/da: 80, dL/dz: 80, dL/dw: 400, dL/dx: 1")
    found = {item.id: (item.verdict, item.points, item.asked) for item in result.items if not item.asked}
    assert found == {
        "dL/da": ("wrong", 0, False), "dL/dz": ("carried", 0, False), "dL/dw": ("carried", 0, False),
        "dL/dx": ("wrong", 0, False),
    }  # fmt: skip
    assert (result.score, result.max_score) == (0, 10)


def test_an_error_is_carried_the_long_way_round_a_shortcut(folder: Path) -> None:
    """p = softmax(z), dL/dp_2 = -1/p_2. Half of that gives half of every dL/dz, which the shortcut p - y cannot."""
    import numpy as np

    z = np.array([0.5, 2.5, 0.5])
    p = np.exp(z) / np.exp(z).sum()
    wrong = np.array([0, -0.5 / p[1], 0])
    through = p * (wrong - p @ wrong)
    answers = f"dL/da: {wrong.tolist()}, dL/dz: {through.tolist()}"
    found = of(folder, answers, "softmax")
    assert verdicts(found) == {"dL/da": "wrong", "dL/dz": "carried"}
    other = np.array([0.2, 0.5, 0.3])  # a wrong p, then p - y, then its product with x
    answers = f"a: {other.tolist()}, L: {-np.log(0.5)}, dL/dz: {(other - [0, 1, 0]).tolist()}"
    assert verdicts(of(folder, answers, "softmax")) == {"a": "wrong", "L": "carried", "dL/dz": "carried"}


@pytest.mark.parametrize(
    ("answers", "judged", "again"),
    [
        ("z: 9, z@0: 10, (z): 11", {"z": "wrong"}, "'z@0' and 1 more are the same quantity as 'z'"),
        ("z@0: 9, z: 10", {"z": "correct"}, "'z@0' is the same quantity as 'z'"),  # what is asked comes first
        ("v@2: 1, v@end: 2", {"v@2": "wrong"}, "'v@end' is the same quantity as 'v@2'"),
        ("dw: 1, dL/dw: 1200", {"dL/dw": "wrong"}, "'dL/dw' is the same quantity as 'dw'"),
        ("z: 9, a: 10, dL/dw: 2", {"z": "wrong", "a": "carried", "dL/dw": "wrong"}, ""),
    ],
)
def test_one_answer_to_a_quantity_is_judged(folder: Path, answers: str, judged: dict[str, str], again: str) -> None:
    """Who could write several would learn which is right."""
    result = of(folder, answers)
    assert verdicts(result) == judged
    assert [finding.code for finding in result.findings] == ["answered-twice"] * bool(again)
    assert all(finding.message.startswith(again) and finding.severity == "warning" for finding in result.findings)


def test_marking_says_what_is_earned(folder: Path) -> None:
    text = CHAIN + "marking: {points: 2, carried: 0.75, imprecise: 0.25, partial: false}\n"
    (folder / "chain.yaml").write_text(text.replace("[z,", "[{id: z, of: z, points: 6},"))
    result = of(folder, "z: 12, a: 13, L: 2e2")
    credits = {item.id: (item.verdict, item.credit, item.points) for item in result.items}
    assert credits["z"] == ("wrong", 0, 6) and credits["a"] == ("carried", 0.75, 2)
    assert credits["L"] == ("imprecise", 0.25, 2)
    assert (result.score, result.max_score) == (2.0, 24)


def test_a_wrong_number_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "problem: linear-layer-relu\nanswers:\n  q-a:\n    - -3.5\n    - 0.7\n    - -1.5\n  q-b: [0, 5%, 0]\n"
    )
    items = {item.id: item for item in check(path, PROBLEMS).items}
    assert (items["q-a"].line, items["q-a"].column) == (5, 7)
    assert items["q-a"].elements == ("correct", "wrong", "correct")
    assert items["q-a"].credit == pytest.approx(2 / 3)
    assert items["q-b"].verdict == "unreadable" and "percent" in items["q-b"].message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("[0.3, -0.6]", "2 of 2 numbers are wrong, the first is [1]; too few digits: the value before the update fits"),
        ("[0.3, -0.57]", "1 of 2 numbers is wrong, at [1]; too few digits: the value before the update fits"),
        ("[0.3, 7]", "2 of 2 numbers are wrong, the first is [1]; 1 of them has too few digits: the value before"),
        ("[0.2, -0.57]", "1 of 2 numbers is wrong, at [1]"),  # fits the old value alone
        ("[0.25, -0.57]", "1 of 2 numbers is wrong, at [1]"),  # not updated
        ("[0.30, -0.57]", ""),
    ],
)
def test_digits_that_do_not_show_an_update_are_said_to_be_too_few(folder: Path, answer: str, message: str) -> None:
    """w = [0.25, -0.62] becomes [0.302695, -0.5673]: 0.3 and -0.6 are right for both, and say nothing of the update."""
    text = "parameters: {w: [0.25, -0.62]}\nequations: [L = -sum(w)]\nloss: L\n"
    (folder / "step.yaml").write_text(text + "training: {learning_rate: 0.052695}\nask: [w@1]\n")
    (item,) = of(folder, f"w@1: {answer}", "step").items
    assert item.message.startswith(message) and ("digits" in item.message) is ("digits" in message)
    assert (item.verdict == "correct") is (not message) and "0.5673" not in item.message


@pytest.mark.parametrize(
    ("answer", "verdict", "hint"),
    [
        ("56.17", "wrong", "write 56.17 %"),
        ("56.17 %", "correct", None),
        ("0.5617", "correct", None),
        ("57.17", "wrong", None),  # wrong as a percentage, too
        ("0.5617 %", "wrong", None),
    ],
)
def test_a_percentage_without_its_sign_is_told_to_have_one(
    folder: Path, answer: str, verdict: str, hint: str | None
) -> None:
    (folder / "share.yaml").write_text("equations: [p = 0.5617]\nask: [{of: p, percent: true}, {id: q, of: p}]\n")
    percent, plain = of(folder, f"p: {answer}, q: {answer}", "share").items
    assert percent.verdict == verdict and (hint or "") in percent.message
    assert ("percentage" in percent.message) is (hint is not None) and "sign" not in plain.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("[0.7274, -0.6666]", "2 of 2 numbers are wrong, the first is [1]; cut off, not rounded"),
        ("[0.7275, -0.6666]", "1 of 2 numbers is wrong, at [2]; cut off, not rounded"),
        ("[0.7274, -0.6665]", "2 of 2 numbers are wrong, the first is [1]"),  # cut off, and wrong
        ("[0.7274, 0.6666]", "2 of 2 numbers are wrong, the first is [1]"),  # another sign
        ("[0.7276, -0.6667]", "1 of 2 numbers is wrong, at [1]"),  # too large
    ],
)
def test_numbers_that_are_cut_off_are_told_from_others(folder: Path, answer: str, hint: str) -> None:
    """Of 0.727496 and -0.666666; where the solution is hidden nothing says so, since it would follow."""
    text = "parameters: {w: [0.727496, -0.666666]}\ninputs: {x: 1}\nequations: [z = w * x]\n"
    (folder / "cut.yaml").write_text(text + "ask: [{of: z, rtol: 0.00001}]\nconventions: {count_from: 1}\n")
    assert of(folder, f"z: {answer}", "cut").items[0].message == hint
    (result,) = check_many([folder / "answers"], problems=folder, hide=True).results
    counted = hint.replace("are wrong", "count as wrong").replace("is wrong", "counts as wrong")
    assert result.items[0].message == counted.replace("; cut off, not rounded", "")


def test_a_transposed_matrix_is_wrong_and_said_to_be(tmp_path: Path) -> None:
    result = check(ANSWER_FILES["softmax-unit-gradient-step"], PROBLEMS)
    assert "rows and columns are exchanged" in result.items[0].message


def test_decimal_commas_in_a_list_are_told_from_too_many_numbers(folder: Path) -> None:
    found = {item.id: item for item in of(folder, "z: [9,87], a: [9, 87, 6], y: [9.5, 87]").items}
    assert "this is a list of 2, but one number is expected; a decimal has a point: 9.87" in found["z"].message
    assert "point" not in found["a"].message + found["y"].message


def test_a_file_that_cannot_be_read_is_a_result(folder: Path) -> None:
    path = folder / "broken.yml"
    path.write_text("problem: chain\nstudent: s9\nanswers: {z: [1, 2}\n")
    result = check(path)
    assert (result.problem, result.student, result.score, result.max_score) == ("chain", "s9", 0, 10)
    assert {item.verdict for item in result.items} == {"unreadable"} and result.findings[0].place is not None


def test_a_problem_is_named_without_its_suffix(folder: Path) -> None:
    for name in ("chain.yaml", "chain.yml"):
        (finding,) = of(folder, "z: 10", name).findings
        assert finding.code == "unknown-problem" and (finding.help or "").endswith("out: write problem: chain")
    (folder / "chain.yaml.yaml").write_text(CHAIN)  # what is really called that is found
    assert not of(folder, "z: 10", "chain.yaml").findings
    assert "out: write" not in (of(folder, "z: 10", "chian").findings[0].help or "")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a/../chain", "chain.yaml\0", ".chain"])
def test_no_problem_is_read_by_a_path(folder: Path, name: str) -> None:
    path = folder / "s.yaml"
    path.write_text(f"problem: {name!r}\nanswers: {{z: 1}}\n".replace("\\x00", "\\0"))
    result = check(path, folder)
    assert result.items == () and result.findings[0].code in ("bad-name", "control-character")


def test_an_unknown_problem_is_told_from_a_broken_one(folder: Path) -> None:
    (folder / "broken.yaml").write_text("layers: 3\n")
    assert [f.code for f in of(folder, "z: 1", "chian").findings] == ["unknown-problem"]
    assert "did you mean 'chain'?" in (of(folder, "z: 1", "chian").findings[0].help or "")
    assert of(folder, "z: 1", "broken").findings[0].code == BROKEN_PROBLEM


def test_links_that_leave_the_folder_are_not_followed(folder: Path) -> None:
    answers = folder / "answers"
    answers.mkdir()
    secret = folder / "secret.yaml"
    secret.write_text("problem: chain\nstudent: secret\nanswers: {z: 10}\n")
    (answers / "out.yaml").symlink_to(secret)
    (answers / "device.yaml").symlink_to("/dev/zero")
    (answers / "gone.yaml").symlink_to("nowhere.yaml")
    (answers / "real.yaml").write_text(secret.read_text())
    (answers / "in.yaml").symlink_to("real.yaml")
    found = {os.path.basename(result.file): result for result in check_many([answers], problems=folder).results}
    assert list(found) == ["device.yaml", "gone.yaml", "in.yaml", "out.yaml", "real.yaml"]
    assert [found[name].findings[0].code for name in ("device.yaml", "gone.yaml", "out.yaml")] == [
        "link-outside", "file-not-found", "link-outside",
    ]  # fmt: skip
    assert found["out.yaml"].student is None and found["in.yaml"].student == "secret"
    (folder / "linked").mkdir()
    (folder / "linked" / "chain.yaml").symlink_to("/etc/passwd")
    assert check(answers / "real.yaml", folder / "linked").findings[0].code == "unknown-problem"


def test_a_folder_is_searched_for_answers_alone(folder: Path) -> None:
    (folder / "s1.yaml").write_text("problem: chain\nanswers: {z: 10}\n")
    (folder / "torn.yaml").write_text("]")
    (folder / ".hidden.yaml").write_text("problem: chain\n")
    (folder / "notes.txt").write_text("problem: chain\n")
    files = [os.path.basename(result.file) for result in check_many([folder]).results]
    assert files == ["s1.yaml", "torn.yaml"]


def test_the_order_is_the_same_whoever_does_the_work(folder: Path) -> None:
    for n in range(130):
        (folder / f"s{n:03}.yaml").write_text(f"problem: chain\nstudent: s{n}\nanswers: {{z: {n}, a: {n + 1}}}\n")
    alone = check_many([folder])
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        assert check_many([folder], threads, folder) == check_many([folder], processes, folder)
        assert check_many([folder], processes) == alone
    assert len(alone.results) == 130 and alone.results[10].items[0].verdict == "correct"


def test_threads_share_nothing_that_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where looking for problems takes long, no thread takes another's half-finished list for the whole."""
    for n in range(400):
        answers = f"z: {n + 11}, a: {n + 12}, y: {3 * n + 36}, v@1: {-0.1 * n}, y@1: {n}"
        (folder / f"s{n:03}.yaml").write_text(f"problem: chain\nanswers: {{{answers}}}\n")
    alone = check_many([folder], problems=folder)

    def slow(path: str, listed: Callable[[str], list[str]] = os.listdir) -> list[str]:
        time.sleep(0.05)
        return listed(path)

    monkeypatch.setattr(os, "listdir", slow)
    with ThreadPoolExecutor(8) as threads:
        assert check_many([folder], threads, folder) == alone


def test_a_result_does_not_depend_on_the_files_before(folder: Path) -> None:
    """Also where updates are made the long way round a shortcut, whose equations are undone on demand."""
    text = SOFTMAX.replace("ask: [", "training: {learning_rate: 0.5, steps: 2}\nask: [W@1, z@1, W@2, ")
    (folder / "softmax.yaml").write_text(text)
    files = [
        "z: [9, 9, 9]", "dL/da: [0, -0.5, 0], z@1: [1, 2, 3]",
        "a: [0.2, 0.5, 0.3], z@1: [1, 2, 3], W@2: [[1, 2], [3, 4], [5, 6]]",
        "dL/da: [0, -0.7, 0], dL/dz: [0.1, -0.2, 0.1], W@1: [[1, 2], [3, 4], [5, 6]], z@1: [4, 11, 17]",
    ]  # fmt: skip
    for n, answers in enumerate(files):
        (folder / f"s{n}.yaml").write_text(f"problem: softmax\nanswers: {{{answers}}}\n")
    paths = [folder / f"s{n}.yaml" for n in range(len(files))]
    singly = [check(path, folder) for path in paths]
    for order in permutations(range(len(files))):
        found = check_many([paths[n] for n in order], problems=folder).results
        assert list(found) == [singly[n] for n in order]


def slip(key: Key, answers: AnswerFile, wrong: object, reruns: object) -> Diagnosed:
    assert isinstance(wrong, list) and all(isinstance(item, Item) and item.verdict == "wrong" for item in wrong)
    return Diagnosed({item.id: (Cause("sign-flipped", "look at the sign"),) for item in wrong})


def test_causes_are_asked_for_what_is_wrong_alone(folder: Path) -> None:
    diagnose: Diagnose = slip
    path = folder / "answers.yaml"
    path.write_text("problem: chain\nanswers: {z: -10, a: -9, y: oops}\n")
    found = {item.id: item.causes for item in check(path, folder, diagnose).items}
    assert [cause.code for cause in found["z"]] == ["sign-flipped"]
    assert not found["a"] and not found["y"] and not found["L"]


def test_an_answer_to_nothing_is_said_to_be_one(folder: Path) -> None:
    result = of(folder, "zz: 1, z: 10")
    extra = result.items[-1]
    assert (extra.id, extra.verdict, extra.asked) == (
        "zz",
        "unreadable",
        False,
    ) and "did you mean 'z'?" in extra.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("delta", "did you mean 'dL/dz'?"),
        ("δ1", "did you mean 'dL/dz'?"),
        ("W_new", "did you mean 'W@1', which is W after one update?"),
        ("W'", "did you mean 'W@1', which is W after one update?"),
        ("w", "did you mean 'W'?"),
        ("W_grad", "did you mean 'dL/dW'?"),
        ("∂L/∂b", "did you mean 'dL/db'?"),
        ("dJ/db", "did you mean 'dL/db'?"),
        ("yhat", "did you mean 'a'?"),
        ("Loss", "did you mean 'loss-1'?"),  # as it is asked
        ("b_new", "did you mean 'b@1', which is b after one update?"),
        ("W7_new", "known names"),  # there is none
        ("hidden", "known names"),
    ],
)
def test_what_others_call_a_quantity_is_told_what_it_is_called_here(folder: Path, text: str, hint: str) -> None:
    problem = (
        SOFTMAX.replace("L, dL/da,", "{id: loss-1, of: L}, dL/da, W@1,") + "training: {learning_rate: 0.5, steps: 1}\n"
    )
    (folder / "softmax.yaml").write_text(problem)
    extra = of(folder, f'"{text}": 1', "softmax").items[-1]
    assert (extra.id, extra.verdict) == (text, "unreadable") and hint in extra.message


def test_what_others_call_a_quantity_of_a_part_is_named_in_it(folder: Path) -> None:
    (folder / "parts.yaml").write_text(SOFTMAX + "parts: [{id: b, inputs: {x: [2, 1]}, ask: [z]}]\n")
    assert "did you mean 'b.dL/dz'?" in of(folder, "b.delta: 1", "parts").items[-1].message
