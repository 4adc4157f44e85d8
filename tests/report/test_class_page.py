"""The page of a class: a strict parser takes it, it says what other reports say, and strangers' texts stay texts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from nnsolve.report.verdicts import html as writer
from nnsolve.report.web.page import asset
from tests.cli.calling import PROBLEMS, call, written
from tests.report.typeset.pages import classes, content, elements, faults, parsed, short

PRINTED = str(PROBLEMS / "printed")
EVIL = ["<script>alert(1)</script>", "<b>&\"'", "</table></details>", "&lt;i&gt;", "--><!--", '" onload="x', "=1+1"]


def page(*arguments: str) -> Element:
    text = call("check", *arguments, "--problems", str(PROBLEMS), "--html", "-").stdout
    assert all(character == "\n" or character.isprintable() for character in text)
    return parsed(text)


def table(tree: Element, name: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cells."""
    (section,) = [node for node in elements(tree, "section") if node.get("aria-labelledby") == name.lower()]
    rows = [[content(cell) for cell in row if short(cell) in ("th", "td")] for row in elements(section, "tr")]
    return {row[0]: row[1:] for row in rows}


def student(tree: Element, name: str) -> Element:
    (found,) = [node for node in elements(tree, "details") if node.get("id") and name in content(node[0])]
    return found


def verdicts(tree: Element, name: str) -> dict[str, Element]:
    """The verdicts of a student by the ids of the questions."""
    (listed,) = [node for node in elements(student(tree, name), "ul") if "verdicts" in classes(node)]
    return {content(elements(item, "code")[0]): item for item in listed}


def test_the_page_of_the_printed_answers() -> None:
    tree = page(PRINTED)
    assert faults(tree) == []
    results = json.loads(call("check", PRINTED, "--problems", str(PROBLEMS), "--json", "-").stdout)
    questions, causes = table(tree, "Questions"), table(tree, "Causes")
    assert len(questions) == 1 + len(results["summary"]["questions"])
    assert questions["regression-3-4-3-l2-norm: q-a"][0] == "100 %"
    students = len({result["student"] or result["file"] for result in results["results"]})
    assert {code: row[0] for code, row in causes.items() if code != "Cause"} == {
        code: f"{count} of {students}" for code, count in results["summary"]["causes"].items()
    }
    (section,) = [node for node in elements(tree, "section") if node.get("aria-labelledby") == "students"]
    assert len(elements(section, "tr")) == 1 + len(results["results"])


def test_a_student_sees_what_is_wrong_and_why() -> None:
    tree = page(f"{PRINTED}/regression-3-4-3-l2-norm.yaml")
    assert content(student(tree, "notebook")[0]) == "notebook 10.75 of 15 points"
    items = verdicts(tree, "notebook")
    assert content(items["q-a"]) == "✓ q-a hbar1 correct 1 of 1"
    wrong = content(items["q-e-h2"])
    for text in ("✗ q-e-h2 dell/dh2 wrong 0 of 1", "[-0.92050994, -0.36162891, 0.1479391]", "0.361629", "within 0.1 %"):
        assert text in wrong
    assert "consistent with" in wrong and "norm.yaml:11:12" in wrong
    assert "right, given your q-e-h2" in content(items["q-e-W2"])


def test_who_is_all_right_has_a_score_and_no_verdicts(tmp_path: Path) -> None:
    key = call("answers", str(PROBLEMS / "tanh-derivative.yaml"), "--key").stdout
    written(tmp_path, re.sub("student:.*", "student: right", key), "in/a.yaml")
    written(tmp_path, "problem: tanh-derivative\nstudent: wrong\nanswers: {sigma: 7}\n", "in/b.yaml")
    tree = page(str(tmp_path / "in"))
    assert faults(tree) == []
    rows = table(tree, "Students")
    assert rows["right"] == ["2 of 2"] and rows["wrong"] == ["0 of 2"]
    assert [content(node[0]) for node in elements(tree, "details")] == ["wrong 0 of 2 points"]


def test_bars_say_the_same_as_the_numbers_beside_them() -> None:
    bars = [node for node in elements(page(PRINTED), "span") if "bar" in classes(node)]
    assert len(bars) > 20
    for bar in bars:
        width = float(bar[0][0].get("style", "").removeprefix("width:").removesuffix("%"))
        part, _, whole = content(bar).removesuffix(" %").partition(" of ")
        assert abs(width - 100 * float(part) / float(whole or 100)) <= 0.5
        assert bar[0].get("aria-hidden") == "true"


def test_texts_of_strangers_stay_texts(tmp_path: Path) -> None:
    for n, name in enumerate(EVIL):
        quoted = json.dumps(name)
        text = f"problem: linear-layer-relu\nstudent: {quoted}\nanswers: {{q-a: {quoted}, {quoted}: 1}}\n"
        written(tmp_path, text, f"in/{n}.yaml")
    written(tmp_path, "problem: [\x1b", "in/<i>broken\u202e.yaml")
    written(tmp_path, 'problem: linear-layer-relu\nstudent: "a\\u202eb"\nanswers: {q-a: 1}\n', "in/y.yaml")
    tree = page(str(tmp_path / "in"))
    assert faults(tree) == []
    assert len(elements(tree, "script")) == 1 and len(elements(tree, "main")) == 1
    assert all(node.get("aria-hidden") or node.get("style") for node in elements(tree, "i"))
    names = set(table(tree, "Students"))
    assert {" ".join(name.split()) for name in EVIL} <= names


def test_a_page_that_would_be_too_large_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_them = page(PRINTED)
    whole = len(elements(all_of_them, "details"))
    monkeypatch.setattr(writer, "MOST", 5000)
    tree = page(PRINTED)
    left = len(elements(tree, "details"))
    assert 0 < left < whole and faults(tree) == []
    assert f"{whole - left} more have answers that are not right" in content(tree)
    assert len(table(tree, "Students")) == len(table(all_of_them, "Students"))


def test_a_verdict_set_by_hand_is_shown(tmp_path: Path) -> None:
    written(tmp_path, "problem: tanh-derivative\nstudent: s\nanswers: {sigma: 7}\n", "in/a.yaml")
    right = "{verdict: correct, why: <u>said</u>}"
    written(tmp_path, f"verdicts: {{a.yaml: {{sigma: {right}, dsigma/dx: {right}}}}}\n", "in/verdicts.yaml")
    tree = page(str(tmp_path / "in"))
    assert "set by hand: <u>said</u> (nnsolve: wrong, credit 0)" in content(verdicts(tree, "s")["sigma"])
    assert "2 verdicts are set by hand." in content(tree)


def test_on_a_phone_the_cells_of_a_row_follow_each_other_and_say_what_they_count() -> None:
    """Nothing of a table is cut off then; its roles say what the style sheet takes away, that it is a table."""
    tree = page(PRINTED)
    rows = {"table": "table", "tr": "row", "td": "cell"}
    assert all(node.get("role") == role for name, role in rows.items() for node in elements(tree, name))
    heads = {node.get("scope"): node.get("role") for node in elements(tree, "th")}
    assert heads == {"col": "columnheader", "row": "rowheader"}
    (section,) = [node for node in elements(tree, "section") if node.get("aria-labelledby") == "questions"]
    _, first, *_ = elements(section, "tr")
    _, _, *counts = [content(cell) for cell in first]
    assert counts[0].split()[-1].isdigit() and all(
        count == "0" or re.fullmatch(r"\S \w+ \d+", count) for count in counts
    )
    (narrow,) = re.findall(r"@media screen and \(max-width: \d+rem\) \{\n(.*?)\n\}", asset("verdicts.css"), re.DOTALL)
    assert "td, th[scope" in narrow and "display: block" in narrow and ".beside { display: inline" in narrow
