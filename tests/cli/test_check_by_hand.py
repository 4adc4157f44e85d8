"""Verdicts that a teaching assistant sets by hand: where they count, what they change, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import nnsolve
from tests.cli.calling import call, written

PROBLEM = """\
parameters: {w: 2}
inputs: {x: 3.17}
targets: {t: 30}
equations: [z = w * x, a = z^2, L = 1/2 * (a - t)^2]
loss: L
ask: [{id: q-z, of: z, points: 4}, a, L, dL/da]
marking: {imprecise: 0.25}
"""
ANSWERS = "problem: p\nstudent: s1\nanswers: {q-z: -6.34, a: [1, 2], L: '1,5', dL/da: -10.1956}\n"
MACHINE = {"q-z": "wrong", "a": "wrong", "L": "unreadable", "dL/da": "wrong"}


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    written(tmp_path / "problems", PROBLEM, "p.yaml")
    written(tmp_path, ANSWERS, "in/s1.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def set_by_hand(text: str, path: str = "in/verdicts.yaml") -> None:
    written(Path(), f"verdicts: {{{text}}}\n" if text[0] != "v" else text, path)


def checked(*arguments: str, file: str = "s1.yaml") -> dict[str, Any]:
    document = json.loads(call("check", *(arguments or ("in",)), "--json", "-").stdout)
    (result,) = [result for result in document["results"] if result["file"].endswith(file)]
    return {**result, "items": {item["id"]: item for item in result["items"]}, "summary": document["summary"]}


def test_a_verdict_set_by_hand_takes_the_place_of_the_computed_one() -> None:
    before = checked()
    assert {id: item["verdict"] for id, item in before["items"].items()} == MACHINE
    assert "sign-flipped" in before["items"]["q-z"]["causes"]
    set_by_hand("s1.yaml: {q-z: {verdict: correct, why: the other convention}, a: {credit: 3/4}, dL/da: {credit: 0.5}}")
    after = checked()
    item = after["items"]["q-z"]
    assert (item["verdict"], item["credit"], item["causes"]) == ("correct", 1, [])
    assert item["by_hand"] == {"why": "the other convention", "computed_verdict": "wrong", "computed_credit": 0}
    assert item["message"] == "set by hand: the other convention (nnsolve: wrong, credit 0)"
    assert (item["line"], item["given"]) == (3, -6.34)
    assert (after["items"]["a"]["verdict"], after["items"]["a"]["credit"]) == ("wrong", 0.75)
    assert after["items"]["dL/da"]["causes"] == before["items"]["dL/da"]["causes"] != []  # it is still wrong
    assert after["items"]["L"] == before["items"]["L"] and after["items"]["L"]["by_hand"] is None
    assert (before["score"], after["score"], after["max_score"]) == (0, 5.25, 7)
    assert (before["summary"]["by_hand"], after["summary"]["by_hand"]) == (0, 3)
    assert [slip["items"] for slip in before["slips"]] == [["q-z", "dL/da"]]
    assert [slip["items"] for slip in after["slips"]] == [["dL/da"]]
    assert {"problem": "p", "id": "q-z", "correct": 1} in after["summary"]["questions"]


def test_what_is_set_right_is_no_mistake_in_the_picture_of_the_class() -> None:
    assert "sign-flipped" in checked()["summary"]["causes"]
    set_by_hand("s1.yaml: {q-z: {verdict: correct}, dL/da: {verdict: imprecise}}")
    after = checked()
    assert after["summary"]["causes"] == {} and "sign-flipped" not in json.dumps(after)


def test_a_verdict_earns_what_marking_says_unless_credit_is_said() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: imprecise}, a: {verdict: carried, credit: 0.1}, L: {verdict: missing}}")
    items = checked()["items"]
    assert [(item["verdict"], item["credit"]) for item in items.values()][:3] == [
        ("imprecise", 0.25), ("carried", 0.1), ("missing", 0),
    ]  # fmt: skip


def test_what_is_set_right_makes_the_exit_status_0() -> None:
    right = ", ".join(f"{id}: {{verdict: correct}}" for id in MACHINE)
    set_by_hand(f"s1.yaml: {{{right}}}")
    assert call("check", "in").exit_code == 0
    assert call("check", "in", "--no-verdicts").exit_code == 1
    set_by_hand(f"s1.yaml: {{{right.replace('correct', 'wrong', 1)}}}")
    assert call("check", "in").exit_code == 1


def test_the_student_s_report_says_what_was_set_and_why() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: correct, why: '[red]as :: discussed'}, L: {verdict: imprecise}}")
    output = call("check", "in", "--width", "100").stdout
    first = output.partition("q-z")[2].partition("✗ a")[0]
    assert "correct" in first and "4 of 4" in first
    assert "set by hand: [red]as :: discussed (nnsolve: wrong, credit 0)" in first and "consistent" not in first
    assert "set by hand (nnsolve: unreadable, credit 0)" in output and "4.25 of 7 points" in output
    hidden = call("check", "in", "--hide-solution").stdout
    assert "as :: discussed" in hidden and "6.34  (" in output and "6.34  (" not in hidden


def test_every_format_carries_it() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: correct, why: '<b>&'}, a: {credit: 0.5, why: half}}")
    (row,) = csv.DictReader(io.StringIO(call("check", "in", "--csv", "-").stdout))
    assert (row["q-z"], row["a"], row["score"], row["by_hand"]) == ("4", "0.5", "4.5", "q-z, a")
    (suite,) = ElementTree.fromstring(call("check", "in", "--junit-xml", "-").stdout)
    cases = {case.attrib["name"]: case for case in suite}
    assert suite.attrib["failures"] == "2" and cases["q-z"].find("failure") is None
    assert "set by hand: <b>&" in cases["q-z"].findtext("system-out", "")
    assert "set by hand: half" in cases["a"].find("failure").attrib["message"]  # type: ignore[union-attr]
    tests = {test["name"]: test for test in json.loads(call("check", "in", "--gradescope", "-").stdout)["tests"]}
    assert (tests["q-z"]["score"], tests["q-z"]["status"]) == (4, "passed")
    assert "set by hand: <b>&" in tests["q-z"]["output"] and tests["a"]["score"] == 0.5
    written(Path(), ANSWERS, "in/s2.yaml")
    assert "2 verdicts are set by hand" in call("check", "in").stdout


def test_the_class_s_table_says_whose_verdicts_were_set() -> None:
    written(Path(), ANSWERS.replace("s1", "s2"), "in/s2.yaml")
    set_by_hand("s1.yaml: {q-z: {verdict: correct}, a: {credit: 0.5}}")
    result = call("check", "in", "--html", "out.html", "--width", "120")
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.startswith("  s")}
    assert rows["s1"].endswith("2 set by hand") and "by hand" not in rows["s2"]
    assert Path("out.html").read_text().count("2 set by hand</span>") == 1


def test_it_holds_for_the_answer_that_it_was_decided_on() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: correct, given: -6.340}, a: {verdict: correct, given: [1, 2.0]}}")
    result = call("check", "in")
    assert not result.stderr and checked()["items"]["a"]["verdict"] == "correct"
    written(Path(), ANSWERS.replace("-6.34", "-6.3").replace("[1, 2]", "3"), "in/s1.yaml")
    result = call("check", "in")
    assert "warning[answer-changed] in/verdicts.yaml:1:22" in result.stderr and "1:62" in result.stderr
    assert {item["by_hand"] for item in checked()["items"].values()} == {None}


def test_it_may_be_decided_on_an_answer_with_a_gap() -> None:
    written(Path(), "problem: p\nanswers:\n  a: [?]\n", "in/s1.yaml")
    for given, credit in (("[~]", 1), ("[10]", 0)):
        set_by_hand(f"s1.yaml: {{a: {{verdict: correct, given: {given}}}}}")
        assert checked()["items"]["a"]["credit"] == credit, given


def test_only_the_top_of_a_folder_that_is_checked_counts() -> None:
    """A student cannot hand in verdicts: neither below the folder, nor among the files that are given."""
    for path in ("in/group/verdicts.yaml", "in/group/deep/verdicts.yaml"):
        set_by_hand("s2.yaml: {q-z: {verdict: correct}}, ../s1.yaml: {q-z: {verdict: correct}}", path)
    written(Path(), ANSWERS, "in/group/s2.yaml")
    result = call("check", "in")
    assert result.stderr.count("warning[not-read] in/group/") == 2 and "2 answer files" in result.stdout
    assert checked(file="s2.yaml")["items"]["q-z"]["verdict"] == "wrong"
    files = ("in/group/s2.yaml", "in/group/verdicts.yaml")
    assert checked(*files, file="s2.yaml")["items"]["q-z"]["verdict"] == "wrong"
    assert "not-read" in call("check", *files).stderr
    assert checked("in/group/s2.yaml", file="s2.yaml")["items"]["q-z"]["verdict"] == "wrong"
    assert checked("in/group", file="s2.yaml")["items"]["q-z"]["verdict"] == "correct"
    assert call("check", "in/group/verdicts.yaml").exit_code == 2


def test_a_file_that_is_named_counts_wherever_it_is() -> None:
    set_by_hand("in/s1.yaml: {q-z: {verdict: correct}}", "mine.yaml")
    set_by_hand("s1.yaml: {a: {verdict: correct}}")
    for paths in (["in"], ["in/s1.yaml"], [str(Path("in/s1.yaml").absolute())]):
        items = checked(*paths, "--verdicts", "mine.yaml")["items"]
        assert (items["q-z"]["verdict"], items["a"]["verdict"]) == ("correct", "wrong")
    assert "other ones are named" in call("check", "in", "--verdicts", "mine.yaml").stderr
    set_by_hand("s1.yaml: {q-z: {verdict: correct}}", "in/mine.yaml")
    result = call("check", "in", "--verdicts", "in/mine.yaml", "--csv", "-")
    assert len(result.stdout.splitlines()) == 2  # it is no answer file
    assert call("check", "in", "--verdicts", "none.yaml").exit_code == 2
    assert call("check", "in", "--verdicts", "mine.yaml", "--no-verdicts").exit_code == 2


def test_a_link_at_the_top_is_not_followed_out_of_the_folder() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: correct}}", "elsewhere/verdicts.yaml")
    Path("in/verdicts.yaml").symlink_to("../elsewhere/verdicts.yaml")
    result = call("check", "in")
    assert result.exit_code == 2 and "link-outside" in result.stderr


BROKEN = """\
verdict: {}
verdicts:
  s1.yaml:
    q-z: {verdict: corect}
    a: {credit: 2}
    L: {why: because}
    dL/da: {verdict: wrong, wy: x}
    x: correct
    y: {credit: 1, given: [1, oops]}
"""


def test_all_that_is_wrong_with_it_is_said_and_nothing_is_checked() -> None:
    written(Path(), BROKEN, "in/verdicts.yaml")
    result = call("check", "in", "--json", "out.json")
    assert result.exit_code == 2 and not Path("out.json").exists() and not result.stdout
    places = ["1:1", "4:20", "5:17", "6:5", "7:29", "8:8", "9:31"]
    assert [f"in/verdicts.yaml:{place}" in result.stderr for place in places] == [True] * 7
    assert result.stderr.count("error[") == 7
    assert "did you mean 'correct'?" in result.stderr and "did you mean 'why'?" in result.stderr


@pytest.mark.parametrize("text", ["verdicts: [1]", "verdicts: {s1.yaml: 3}", "verdicts: &a {}", "[" * 10**5, "", "1"])
def test_a_file_of_another_form_is_refused(text: str) -> None:
    written(Path(), text, "in/verdicts.yaml")
    result = call("check", "in")
    assert result.exit_code == 2 and "error[" in result.stderr


def test_an_answer_that_is_not_there_is_an_error_and_the_rest_is_written() -> None:
    set_by_hand("s1.yaml: {q-y: {verdict: correct}, a: {verdict: correct}}")
    result = call("check", "in", "--json", "out.json")
    assert result.exit_code == 2
    assert "error[unknown-ask] in/verdicts.yaml:1:22" in result.stderr and "did you mean 'q-z'?" in result.stderr
    assert json.loads(Path("out.json").read_text())["results"][0]["score"] == 1


def test_a_file_that_is_not_there_is_a_warning() -> None:
    set_by_hand("s1.yml: {q-z: {verdict: correct}}, ../in/s1.yaml: {a: {verdict: correct}}")
    result = call("check", "in")
    assert result.exit_code == 1 and "warning[unknown-file] in/verdicts.yaml:1:12" in result.stderr
    assert "did you mean 's1.yaml'?" in result.stderr and checked()["items"]["a"]["verdict"] == "correct"


def test_what_is_no_answer_file_is_a_warning() -> None:
    """A folder, a problem, another kind of file: nothing that is set for them is ever read."""
    written(Path(), PROBLEM, "in/p.yaml")
    written(Path(), "hello", "in/notes.txt")
    written(Path(), "oops", "in/g/broken.yaml")
    for name in ("g", "p.yaml", "notes.txt", "./verdicts.yaml"):
        set_by_hand(f"{name}: {{a: {{credit: 1}}}}")
        assert (
            f"warning[unknown-file] in/verdicts.yaml:1:12\n  '{name}' is no answer file" in call("check", "in").stderr
        )
    set_by_hand("s1.yaml: {a: {credit: 1}}, g/broken.yaml: {problem: p, a: {credit: 1}}")
    assert "is no answer file" not in call("check", "in").stderr


def test_a_file_that_names_another_problem_is_a_warning() -> None:
    written(Path(), PROBLEM, "problems/q.yaml")
    for own, text in (
        ("p", "s1.yaml says problem: p, not q"),
        ("none", "s1.yaml says problem: none, not q"),
        ("q", ""),
    ):
        written(Path(), ANSWERS.replace("problem: p", f"problem: {own}"), "in/s1.yaml")
        set_by_hand("s1.yaml: {problem: q, a: {credit: 1}}")
        result = call("check", "in")
        assert (text in result.stderr) and ("other-problem" in result.stderr) is bool(text)
        assert checked()["problem"] == ("p" if own == "p" else "q")


def test_two_verdicts_on_one_answer_are_an_error() -> None:
    written(Path(), ANSWERS, "in/g/s2.yaml")
    set_by_hand("g/s2.yaml: {a: {verdict: correct}}")
    set_by_hand("s2.yaml: {a: {verdict: wrong}}", "in/g/verdicts.yaml")
    result = call("check", "in", "in/g")
    assert result.exit_code == 2 and "set-twice" in result.stderr and "in/g/verdicts.yaml:1:22" in result.stderr


def test_of_a_file_that_cannot_be_checked_nothing_is_set() -> None:
    written(Path(), "problem: none\nanswers: {q-z: 1}\n", "in/s1.yaml")
    set_by_hand("s1.yaml: {q-z: {verdict: correct}}")
    result = call("check", "in")
    assert result.exit_code == 1 and "warning[not-applied]" in result.stderr


@pytest.mark.parametrize(
    ("text", "earned"),
    [
        ("", {"q-z": 0, "a": 0.5, "L": 0}),  # nothing was handed in
        ("student: s9\nanswers: {L: 5}\n", {"q-z": 0, "a": 0.5, "L": 0}),
        ("student: s9\nanswers: {q-z: 6.34}\n", {"q-z": 1, "a": 0.5}),
        ("problem: other\nanswers: {q-z: 6.34}\n", {"q-z": 1, "a": 0.5}),
        ("problem: p\nanswers: [\n", {"q-z": 0, "a": 0.5}),
        ("- 1\n", {"q-z": 0, "a": 0.5}),
    ],
)
def test_what_cannot_be_checked_is_credited_once_its_problem_is_said(text: str, earned: dict[str, float]) -> None:
    written(Path(), text, "in/s9.yaml")
    set_by_hand("s9.yaml: {problem: p, a: {credit: 0.5, why: on paper}}")
    result = checked(file="s9.yaml")
    assert {id: result["items"][id]["credit"] for id in earned} == earned
    assert result["max_score"] == 7 and result["problem"] == "p"
    assert result["score"] == 4 * earned["q-z"] + 0.5 and result["items"]["a"]["by_hand"]["why"] == "on paper"
    several = checked("in", "--jobs", "2", file="s9.yaml")
    assert {**several, "summary": 0} == {**result, "summary": 0}
    report = nnsolve.check_many(["in"])
    assert [r.score for r in report.results if r.file.endswith("s9.yaml")] == [result["score"]]


def test_whose_problem_nobody_says_is_not_credited() -> None:
    written(Path(), "", "in/s9.yaml")
    for problem, message in (
        ("", "say its problem:"),
        ("problem: other, ", "say its problem:"),
        ("problem: ../p, ", "is not the name"),
    ):
        set_by_hand(f"s9.yaml: {{{problem}a: {{credit: 0.5}}}}")
        result = call("check", "in")
        assert message in result.stderr and "1 set by hand" not in result.stdout


def test_it_is_the_same_for_any_number_of_jobs_and_from_python() -> None:
    for n in range(120):
        written(Path(), ANSWERS.replace("s1", f"s{n}"), f"in/{n:03}.yaml")
    set_by_hand(", ".join(f"{n:03}.yaml: {{q-z: {{credit: 0.{n:03}}}}}" for n in range(0, 120, 7)))
    one, two = [call("check", "in", "--jobs", jobs, "--json", "-").stdout for jobs in "12"]
    assert one == two and json.loads(one)["summary"]["by_hand"] == 18
    report = nnsolve.check_many(["in"])
    assert [result.score for result in report.results] == [result["score"] for result in json.loads(one)["results"]]
    assert not report.findings
    with pytest.raises(nnsolve.ProblemError):
        nnsolve.check_many(["in"], verdicts="none.yaml")


def test_lint_takes_it_for_no_problem() -> None:
    set_by_hand("s1.yaml: {q-z: {verdict: correct}}")
    result = call("lint", ".")
    assert result.exit_code == 0
    assert "1 problem file: no errors, no warnings; 1 answer file and 1 verdict file skipped" in result.stdout


@pytest.mark.parametrize(
    ("said", "help"),
    [
        ("s1.yml: {a: {credit: 1}}", "did you mean 's1.yaml'?"),
        ("s1: {a: {credit: 1}}", "'s1' handed in in/s1.yaml: write the file's name"),
        ("deep: {a: {credit: 1}}", "did you mean 'group/deep.yaml'?"),
        ("deep.yaml: {a: {credit: 1}}", "did you mean 'group/deep.yaml'?"),
        ("Ada: {a: {credit: 1}}", "'Ada' handed in in/group/deep.yaml: write the file's name"),
        ("Bob: {a: {credit: 1}}", None),
        ("./verdict.yaml: {a: {credit: 1}}", None),  # not this file itself
    ],
)
def test_a_file_that_is_not_there_may_be_another_one(said: str, help: str | None) -> None:
    written(Path(), ANSWERS.replace("s1", "Ada"), "in/group/deep.yaml")
    set_by_hand(said)
    shown = call("check", "in").stderr
    assert "warning[unknown-file] in/verdicts.yaml:1:12" in shown
    assert f"help: {help}" in shown if help else "help:" not in shown


def test_an_answer_may_be_meant_by_its_address() -> None:
    set_by_hand("s1.yaml: {z: {credit: 1}}")
    assert "has no answer 'z'\n  help: did you mean 'q-z'?" in call("check", "in").stderr
    set_by_hand("s1.yaml: {x: {credit: 1}}")
    assert "help: it has q-z, a, L, dL/da" in call("check", "in").stderr
