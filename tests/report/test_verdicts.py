"""Verdicts for other programs: each format is read by what reads it, whatever strangers wrote."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.calling import PROBLEMS, call, written

EVIL = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "<b>&\"'", "a,b;c", "\\t=1", "１＝"]
SHOWN = str(PROBLEMS / "printed" / "regression-3-4-3-l2-norm.yaml")


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    for n, name in enumerate(EVIL):
        quoted = json.dumps(name)
        text = f"problem: linear-layer-relu\nstudent: {quoted}\nanswers: {{q-a: {quoted}, {quoted}: 1}}\n"
        written(tmp_path, text, f"in/{n}.yaml")
    written(tmp_path, "problem: [\x1b", "in/broken.yaml")
    return str(tmp_path / "in")


def output(format: str, *paths: str, hide: bool = False) -> str:
    arguments = ["--hide-solution"] if hide else []
    return call("check", *paths, "--problems", str(PROBLEMS), f"--{format}", "-", *arguments).output


def test_csv_has_a_row_a_student_and_no_formula(hostile: str) -> None:
    rows = list(csv.DictReader(io.StringIO(output("csv", hostile))))
    assert len(rows) == len(EVIL) + 1 and {"q-a", "q-b", "score"} <= set(rows[0])
    for row in rows:
        for name in ("student", "file", "problem", "trouble"):
            assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows[0]["student"] == "'=cmd|'/C calc'!A0" and rows[-1]["trouble"]


def test_csv_has_the_points_of_each_question() -> None:
    (row,) = csv.DictReader(io.StringIO(output("csv", SHOWN)))
    assert (row["q-a"], row["q-e-h2"], row["q-e-W2"], row["score"], row["max_score"]) == ("1", "0", "1", "10.75", "15")


def test_csv_has_one_row_of_a_student_for_all_problems(tmp_path: Path) -> None:
    """A second file for the same problem has a row of its own, and so has one without a name."""
    for n, problem in enumerate(("p", "r", "p")):
        written(
            tmp_path, f"parameters: {{w: 2}}\nequations: [z = {n + 2} * w, a = z + 1]\nask: [z, a]\n", f"{problem}.yaml"
        )
    files = [("p", "s1", 8), ("p", "s2", 8), ("r", "s1", 7), ("p", "s1", 7), ("r", "~", 6), ("p", "~", 8)]
    for name, (problem, student, z) in enumerate(files, 1):
        written(tmp_path, f"problem: {problem}\nstudent: {student}\nanswers: {{z: {z}}}\n", f"in/{name}.yaml")
    written(tmp_path, "verdicts: {3.yaml: {a: {credit: 0.5}}}\n", "in/verdicts.yaml")
    text = call("check", str(tmp_path / "in"), "--problems", str(tmp_path), "--csv", "-").output
    rows = [list(row.values()) for row in csv.DictReader(io.StringIO(text))]
    assert [[row[0], row[2], *row[3:5], *row[6:]] for row in rows] == [
        ["s1", "p, r", "1.5", "4", "r: a", "1", "0", "0", "0.5"],
        ["s2", "p", "1", "2", "", "1", "0", "", ""],
        ["s1", "p", "0", "2", "", "0", "0", "", ""],
        ["", "r", "1", "2", "", "", "", "1", "0"],
        ["", "p", "1", "2", "", "1", "0", "", ""],
    ]
    assert [Path(name).name for name in rows[0][1].split(", ")] == ["1.yaml", "3.yaml"]


def test_junit_counts_what_it_lists(hostile: str) -> None:
    root = ElementTree.fromstring(output("junit-xml", hostile, SHOWN))
    assert len(root) == len(EVIL) + 2
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
    assert {suite.attrib["name"] for suite in root} >= {"<b>&\"'", "notebook"}


JENKINS = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id"}
    | {"package", "file", "log", "url"},
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "system-out": set(),
}
"""The attributes of each element in the schema of Jenkins, junit-10.xsd."""


def test_junit_is_what_its_readers_take(hostile: str, tmp_path: Path) -> None:
    """Jenkins by its schema; GitLab takes tests of the same class and name for one, and shows the texts of failures."""
    written(tmp_path, "problem: linear-layer-relu\nstudent: s2\nanswers: {q-a: [7,\n  7]}\n", "in/s2.yaml")
    root = ElementTree.fromstring(output("junit-xml", hostile, SHOWN))
    for node in root.iter():
        assert set(node.attrib) <= JENKINS[node.tag], node.tag
    tests = [(test.attrib["classname"], test.attrib["name"]) for test in root.iter("testcase")]
    assert len(set(tests)) == len(tests) and ("linear-layer-relu.s2", "q-a") in tests
    for node in [*root.iter("failure"), *root.iter("error")]:
        assert node.attrib["type"] and node.attrib["message"] and node.text
    files = {suite.attrib["name"]: suite.attrib["file"] for suite in root}
    assert files["s2"].endswith("in/s2.yaml") and files["notebook"] == SHOWN
    (suite,) = [suite for suite in root if suite.attrib["name"] == "s2"]
    wrong = suite.findall("testcase/failure")[0]
    assert wrong.text is not None and wrong.text.endswith("in/s2.yaml:3:16")
    broken = next(suite for suite in root if suite.attrib["name"].endswith("broken.yaml"))
    assert broken.findall("testcase/error")[0].attrib["type"] == "control-character"
    odd = written(tmp_path, "problem: linear-layer-relu\nanswer: {q-a: 1}\n", "odd.yaml")
    (suite,) = ElementTree.fromstring(output("junit-xml", odd))
    assert "did you mean 'answers'?" in (suite.findtext("system-out") or "")


def test_junit_passes_what_earns_full_credit(tmp_path: Path) -> None:
    problem = "parameters: {w: 2}\ninputs: {x: 3.17}\nequations: [z = w * x, a = z^2, b = a + 1]\nask: [z, a, b]\n"
    answers = written(tmp_path, "problem: p\nanswers: {z: 7, a: 49, b: 4e1}\n", "a.yaml")
    for marking, failed in (("", ["z", "b"]), ("marking: {carried: 0.9}\n", ["z", "a", "b"])):
        written(tmp_path / "in", problem + marking, "p.yaml")
        (suite,) = ElementTree.fromstring(
            call("check", answers, "--problems", str(tmp_path / "in"), "--junit-xml", "-").output
        )
        tests = {test.attrib["name"]: test for test in suite}
        assert [name for name, test in tests.items() if test.find("failure") is not None] == failed
        assert suite.attrib["failures"] == str(len(failed)) and suite.attrib["tests"] == "3"
    written(tmp_path / "in", problem, "p.yaml")
    text = call("check", answers, "--problems", str(tmp_path / "in"), "--junit-xml", "-").output
    assert "<system-out>right, given your z</system-out>" in text and 'type="imprecise"' in text


def test_junit_tells_two_files_of_a_student_apart(tmp_path: Path) -> None:
    """GitLab takes test cases of one class and name for the same one."""
    for n in (1, 2, 3):
        written(tmp_path, "problem: linear-layer-relu\nstudent: s1\nanswers: {q-a: 1}\n", f"in/{n}.yaml")
    root = ElementTree.fromstring(output("junit-xml", str(tmp_path / "in")))
    cases = [(case.attrib["classname"], case.attrib["name"]) for case in root.iter("testcase")]
    assert len(cases) == len(set(cases)) and cases[0][0] == "linear-layer-relu.s1"


def test_gradescope_has_a_test_for_each_ask() -> None:
    document = json.loads(output("gradescope", SHOWN))
    tests = {test["name"]: test for test in document["tests"]}
    assert document["score"] == 10.75 == sum(test["score"] for test in document["tests"])
    assert (tests["q-a"]["status"], tests["q-e-h2"]["status"]) == ("passed", "failed")
    assert call("check", SHOWN, SHOWN.replace(".yaml", "-typeset.yaml"), "--gradescope", "-").exit_code == 2


@pytest.mark.parametrize("format", ["json", "csv", "junit-xml", "gradescope", "html"])
def test_no_format_gives_a_hidden_solution_away(format: str, tmp_path: Path) -> None:
    answers = "problem: regression-3-4-3-l2-norm\nanswers: {q-c: [7, 7, 7], q-d: 77, q-e-h2: [7, 7, 7]}\n"
    path = written(tmp_path, answers, "a.yaml")
    hidden = output(format, path, hide=True)
    assert not [digits for digits in ("7.1", "6.083", "0.9205") if digits in hidden]
    assert ("6.083" in output(format, path)) is (format != "csv")


def test_what_is_expected_reads_well(tmp_path: Path) -> None:
    """No -0, in percent where the answer is, six digits; points without what binary arithmetic adds."""
    text = "parameters: {w: [0, 2/3], s: [1, 2, 3]}\nequations: [z = -w, p = 0.1 + 0.2]\n"
    text += "ask: [z, {of: p, percent: true}, s]\n"
    written(tmp_path, text, "p.yaml")
    path = written(tmp_path, "problem: p\nanswers: {z: [7, -0], p: 40 %, s: [1, 2, 4]}\n", "a.yaml")
    shown = call("check", path, "--problems", str(tmp_path)).output
    for line in ("given     [7, -0]", "expected  [0, -0.666667]", "given     40 %", "expected  30 %"):
        assert line in shown
    document = json.loads(call("check", path, "--problems", str(tmp_path), "--gradescope", "-").output)
    assert [test["score"] for test in document["tests"]] == [0, 0, 0.666666667]
    assert "expected [0, -0.666667]" in document["tests"][0]["output"]


def test_two_formats_need_two_files() -> None:
    assert call("check", SHOWN, "--json", "-", "--csv", "-").exit_code == 2
