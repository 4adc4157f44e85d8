"""Answer files as strangers write them: the spelling of numbers, and what no file can do."""

from __future__ import annotations

import math
import os
from pathlib import Path
from time import process_time

import hypothesis
import pytest
from hypothesis import strategies as st

from nnsolve.checking.answerfile import MAX_BYTES, is_stem, parse_answers, read_answers
from nnsolve.checking.model import AnswerFile, Given, Unreadable

HEAD = "problem: p\nstudent: s1\nanswers:\n"


def read(answers: str) -> AnswerFile:
    return parse_answers(HEAD + answers, "a.yaml")


def one(text: str) -> Given | Unreadable:
    found = read(f"  q: {text}\n")
    assert not found.findings
    return found.answers["q"]


@pytest.mark.parametrize(
    ("text", "value", "unit", "digits"),
    [
        ("6.08", 6.08, 0.01, 3),
        ("-6.080", -6.08, 0.001, 4),
        ("+3", 3, 1, 1),
        ("007", 7, 1, 1),
        ("1200", 1200, 1, 4),
        (".5", 0.5, 0.1, 1),
        ("2.", 2, 1, 1),
        ("0.00", 0, 0.01, 0),
        ("1.5e-3", 0.0015, 1e-4, 2),
        ("1E3", 1000, 1000, 1),
        ("2/3", 2 / 3, 0, 17),
        ("-2 / 3", -2 / 3, 0, 17),
        ("−0.25", -0.25, 0.01, 2),
        ("1e−2", 0.01, 0.01, 1),
        ("−1/4", -0.25, 0, 17),
        ("4.70%", 0.047, 1e-4, 3),
        ("5 %", 0.05, 0.01, 1),
        ("'6.08'", 6.08, 0.01, 3),
        ("0e999", 0, float("inf"), 0),
        ("1e-999", 0, 0, 1),
    ],
)
def test_a_number_claims_what_its_spelling_says(text: str, value: float, unit: float, digits: int) -> None:
    found = one(text)
    assert isinstance(found, Given) and found.shape == ()
    claim = found.claims[0]
    assert claim.value == pytest.approx(value, rel=1e-15)
    assert claim.unit == pytest.approx(unit, rel=1e-12) and claim.digits == digits
    assert (claim.text, claim.line, claim.column) == (text.strip("'"), 4, 6)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("1_000", "1000"),
        ("nan", "number"),
        (".NaN", "number"),
        ("inf", "3.14"),
        ("-.inf", "3.14"),
        ("6,08", "6.08"),
        ("1 2 3", "[1, 2, 3]"),
        ("[0,25; 1,5]", "with a point: [0.25, 1.5]; if these are rows: [[0, 25], [1, 5]]"),
        ("[0,25; 1,5; 3]", "with a point: [0.25, 1.5, 3]"),
        ("[-0,25 1,75]", "with a point: [-0.25, 1.75]"),
        ('"−0,25 1,75"', "with a point: [-0.25, 1.75]"),
        ("[[1, 2], [0,25; 1,5]]", "with a point: [0.25, 1.5]"),
        ('"−0,25"', "write -0.25"),
        ("[1; 2]", "separate items with commas: [1, 2]"),
        ('"-0.25, 1.75, 0.5"', "a list, without quotes: [-0.25, 1.75, 0.5]"),
        ("-0.25, 1.75", "a list: [-0.25, 1.75]"),
        ("'[1, 2]'", "a list, without quotes: [1, 2]"),
        ("'1, two'", "such as 3.14"),
        ("٣", "0 to 9"),
        ("1٣", "0 to 9"),
        ("1:30", "3.14"),
        ("0x1F", "3.14"),
        ("sqrt(2)", "value that it comes to"),
        ("1/3 + 2", "value that it comes to"),
        ("-(0.5)", "value that it comes to"),
        ("2^3", "value that it comes to"),
        ("2 pi", "3.14"),  # not 2
        ("< 0.01", "3.14"),
        ("0.1 or 0.2", "3.14"),
        ("72,42 %", "write 72.42 %"),
        ("≈ 0.3227", "write 0.3227"),
        ("~0.32", "write 0.32"),
        ("ca. 0.32", "write 0.32"),
        ("z_1 = -0.5", "write -0.5"),
        ("0.32 (rounded)", "write 0.32"),
        ("0.32 nats", "write 0.32"),
        ("0.32...", "write 0.32"),
        ("0,32…", "write 0.32"),
        ("0.32±0.01", "write 0.32"),
        ("(0.5)", "write 0.5"),
        ("$0.5$", "write 0.5"),
        ("0.5;", "write 0.5"),
        ("–0.5", "write -0.5, with the minus sign of the keyboard"),
        ("1.2·10^-3", "write 1.2e-3"),
        ("-1,2 x 10**(-3)", "write -1.2e-3"),
        ("1.2×10⁻³", "write 1.2e-3"),
        ("10^-3", "write 1e-3"),
        ("1,000.5", "write 1000.5"),
        ("1,000", "write 1.000, or 1000 if the comma groups thousands"),
        ("1 000", "one number is written 1000, a list [1, 000]"),
        ("n/a", "nothing where you have no answer"),
        ("true", "1 or 0"),
        ("1/0", "number"),
        ("1e999", "exponent"),
        ("9" * 401, ""),
        ("1.2.3", "3.14"),
        ("=cmd|'/C calc'!A0", "3.14"),
        ("{a: 1}", "a list of numbers"),
        ("[]", "numbers"),
        ("[1, two]", ""),
        ("[1, 2 x 10^3]", "write 2e3"),
        ("[1, ]", ""),
        ("[[1, 2], [3]]", "as many"),
        ("[[1, 2], 3]", "row"),
        ("[1, [2, 3]]", "one number"),
        ("[[[[[1]]]]]", ""),
    ],
)
def test_what_is_no_number_is_refused_with_the_fix(text: str, help: str) -> None:
    if text == "[1, ]":  # a comma behind the last number is YAML's own
        assert isinstance(one(text), Given)
        return
    (found,) = one(text).unread
    assert found.line == 4 and found.column >= 6
    assert help in (found.help or "")
    assert len(found.message) < 300


def test_a_tensor_is_row_by_row_with_the_place_of_each_number() -> None:
    found = read("  W:\n    - [1, -2.5]\n    - [2/3, 4]\n").answers["W"]
    assert isinstance(found, Given) and found.shape == (2, 2)
    assert [claim.text for claim in found.claims] == ["1", "-2.5", "2/3", "4"]
    assert [(claim.line, claim.column) for claim in found.claims] == [(5, 8), (5, 11), (6, 8), (6, 13)]


def test_who_answers_what() -> None:
    found = read("  q: 1\n  blank:\n  none: ~\n")
    assert (found.problem, found.student) == ("p", "s1")
    assert list(found.answers) == ["q"]  # what is left blank is missing
    assert parse_answers("problem: 010\nanswers: {}\n", "a").student is None


@pytest.mark.parametrize(
    ("answers", "bad"),
    [
        ("  a: &x 1\n  b: 2\n", ["a"]),
        ("  b: 2\n  a: *x\n", ["a"]),
        ("  a: !!python/object:os.system 1\n  b: 2\n", ["a"]),
        ("  a: 1\n  b: 2\n  a: 3\n", ["a"]),
        ("  b: 2\n  a: {<<: 1}\n", ["a"]),
        ("  a: {? [1] : 2}\n  b: 2\n", ["a"]),
    ],
)
def test_what_is_wrong_within_an_answer_spoils_no_other(answers: str, bad: list[str]) -> None:
    found = read(answers)
    assert not found.findings
    assert [key for key, given in found.answers.items() if isinstance(given, Unreadable)] == bad
    assert isinstance(found.answers["b"], Given)


@pytest.mark.parametrize(
    ("answer", "message", "help", "place"),
    [
        ("?", "'?' is not a number", "nothing where you have no answer", (5, 6)),
        ("-", "'-' is not a number", "nothing where you have no answer", (5, 6)),
        ("*   # later", "'*' is not a number", "nothing where you have no answer", (5, 6)),
        ("- 0.5", "'- 0.5' is not a number", "write -0.5, without a blank", (5, 6)),
        ("% 3", "'% 3' is not a number", "3.14", (5, 6)),
        ("[1, 2", "not closed", "add the missing ']'", (5, 6)),
        ("[1, 2}", "is still open", "close it with ']'", (5, 11)),
        ("[1, *x]", "alias", "", (5, 10)),
        ("[1, *, [2}", "is still open", "close it with ']'", (5, 15)),
        ("[1,,2]", "a value is missing", "delete the comma", (5, 9)),
        ('"0.5', "never closed", "closing quote", (5, 6)),
        ("[1,\n     [2, 3}", "is still open", "close it", (6, 11)),
        ("\n    - 1\n    -3", "has no colon", "", (7, 5)),
        (":", "", "", (5, 6)),
        ("[" * 50, "nested", "", (5, 16)),
    ],
)
def test_an_answer_that_breaks_the_file_spoils_no_other(answer: str, message: str, help: str, place: object) -> None:
    found = read(f"  a: 1\n  q: {answer}\n  b: [2, 3]\n")
    assert not found.findings and (found.problem, found.student) == ("p", "s1")
    assert isinstance(found.answers["a"], Given) and isinstance(found.answers["b"], Given)
    broken = found.answers["q"]
    assert isinstance(broken, Unreadable) and message in broken.message and help in (broken.help or "")
    assert (broken.line, broken.column) == place


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ("[0.5, ?, 2]", [(5, 12)]),
        ("[0.5, ?]", [(5, 12)]),
        ("[?, 0.5, ?]", [(5, 7), (5, 15)]),
        ("[0.5, -, 2]", [(5, 12)]),
        ("[0.5, *, 2]", [(5, 12)]),
        ("[0.5, @, ??, 2]", [(5, 12), (5, 15)]),
        ("[0.5, ~, '', 2]", [(5, 12), (5, 15)]),
        ("[0.5, , 2]", [(5, 11)]),
        ("[[0.5, ?], [2, 3]]", [(5, 13)]),
        ("[[0.5, 1],\n    [?, 3]]", [(6, 6)]),
        ("[0.5, n/a, 2]", [(5, 12)]),
        ("[0.5, 1_000, 2]", [(5, 12)]),
        ("\n    - 0.5\n    - ?\n    - 2", [(7, 7)]),
    ],
)
def test_a_number_that_cannot_be_read_spoils_no_other(answer: str, places: list[tuple[int, int]]) -> None:
    file = read(f"  a: 1\n  q: {answer}\n  b: [2, 3]\n")
    found = file.answers["q"]
    assert isinstance(found, Given) and not file.findings and isinstance(file.answers["b"], Given)
    assert [(one.line, one.column) for one in found.unread] == places
    assert [(claim.line, claim.column) for claim in found.claims if math.isnan(claim.value)] == places
    assert any(claim.value == 0.5 for claim in found.claims)


def test_a_habit_is_said_once() -> None:
    (finding,) = read("  a: 0,5\n  b: 1.5\n  c: [[0,5; 1,5]]\n  d:\n    - 0,25\n    - 1,25\n").findings
    assert (finding.code, finding.severity) == ("decimal-commas", "warning")
    assert finding.message == "3 answers have decimal commas" and str(finding.place).endswith(":4:6")
    for others in (
        "  a: 0,5\n  b: 1.5\n",
        "  a: [1, 2]\n  b: 0.5, 1.5\n  c: one, two\n",
        "  a: [1,5, x]\n  b: [2,5, y]\n",
    ):
        assert not read(others).findings


@pytest.mark.parametrize(
    ("answer", "shape", "gaps"),
    [
        ("[[0.5, 1], ?]", (2, 2), [2, 3]),
        ("[?, [0.5, 1], -]", (3, 2), [0, 1, 4, 5]),
        ("[~, [0.5, ?]]", (2, 2), [0, 1, 3]),
        ("[[[1, 2], ?], [[3, 4], [5, 6]]]", (2, 2, 2), [2, 3]),
    ],
)
def test_a_row_that_is_left_out_spoils_no_other(answer: str, shape: tuple[int, ...], gaps: list[int]) -> None:
    found = one(answer)
    assert isinstance(found, Given) and found.shape == shape
    assert [n for n, claim in enumerate(found.claims) if math.isnan(claim.value)] == gaps
    assert len(found.unread) == len(gaps) and {each.message for each in found.unread} == {"there is no number"}


def test_what_is_no_list_of_numbers_is_read_in_no_part() -> None:
    for text in (
        "[0,25; 1,5]",
        "[0.5, [1, 2]]",
        "[[0.5, 1], 2]",
        "[[0.5, 1], [2]]",
        "[?, [1, 2], n/a]",
        "[[[1], [2]], ?]",
    ):
        assert isinstance(one(text), Unreadable), text


@hypothesis.given(st.text("ab01:-[]{},'\"|>?&*!%@`# \t\\().;", max_size=12))
@hypothesis.settings(max_examples=300, deadline=None)
def test_whatever_stands_behind_a_key_the_others_are_read(text: str) -> None:
    found = read(f"  a: 1\n  q: {text}\n  b: [2, 3]\n")
    assert not found.findings
    assert isinstance(found.answers["a"], Given) and isinstance(found.answers["b"], Given)


def test_a_line_that_is_no_entry_spoils_no_other() -> None:
    for line, id in (("  z 0.5", "z"), ("\tz: 0.5", "z"), ("    z: 0.5", "z"), (" 'z': 0.5", "z")):
        found = read(f"  a: 1\n{line}\n  b: 2\n")
        assert not found.findings and list(found.answers) == ["a", "b", id]
        assert isinstance(found.answers[id], Unreadable) and isinstance(found.answers["a"], Given)


def test_a_first_line_without_a_colon_does_not_swallow_the_others() -> None:
    found = read("  z 0.5\n  a: 1\n  b: 2\n")
    assert not found.findings and list(found.answers) == ["a", "b", "z"]
    broken = found.answers["z"]
    assert isinstance(broken, Unreadable) and broken.message == "the line 'z 0.5' has no colon"
    assert (broken.line, broken.column) == (4, 3) and isinstance(found.answers["a"], Given)


def texts(found: AnswerFile) -> dict[str, object]:
    """What is read of each answer: its numbers as they are written, or that it is none."""
    answers = found.answers.items()
    return {id: [claim.text for claim in one.claims] if isinstance(one, Given) else None for id, one in answers}


@pytest.mark.parametrize(
    ("answers", "numbers", "message", "help"),
    [
        (
            "  z:[0.1, 0.2]\n  a: 1\n",
            {"z": ["0.1", "0.2"], "a": ["1"]},
            "behind the colon of 'z'; it is",
            "z: [0.1, 0.2]",
        ),
        ("  a: 1\n  z:0.5\n  b: 2\n", {"a": ["1"], "z": ["0.5"], "b": ["2"]}, "of 'z'; it is read", "write z: 0.5"),
        ("  z:0.5 # so\n", {"z": ["0.5"]}, "of 'z'; it is read", "write z: 0.5"),
        ("  z:-.5\n  a:1\n  b:?\n", {"z": ["-.5"], "a": ["1"], "b": None}, "of 'z' and 2 more; they", "write z: -.5"),
        ("  'z[1]':0.5\n  W[1, 2]:7\n", {"z[1]": ["0.5"], "W[1, 2]": ["7"]}, "of 'z[1]' and 1 more", ": 0.5"),
        ("  z = 0.5\n  a=1\n", {"z": ["0.5"], "a": ["1"]}, "equals sign stands for the colon of 'z' and 1", "z: 0.5"),
        ("a: 1\nz:0.5\n", {"a": ["1"], "z": ["0.5"]}, "of 'z'; it is read", "write z: 0.5"),
        ("  - z:0.5\n  - a: 1\n", {"z": ["0.5"], "a": ["1"]}, "of 'z'; it is read", "write z: 0.5"),
    ],
)
def test_a_head_without_its_blank_is_read_with_a_warning(
    answers: str, numbers: object, message: str, help: str
) -> None:
    found = read(answers)
    warned = [one for one in found.findings if one.code == "missing-space"]
    assert texts(found) == numbers and len(warned) == 1
    assert all(one.severity == "warning" for one in found.findings)
    assert message in warned[0].message and (warned[0].help or "").endswith(help)


def test_numbers_behind_a_mended_head_have_their_own_places() -> None:
    found = read("  z:[0.1, x,\n     0.3]\n  a=5\n  b =6\n  c: 7\n")
    z = found.answers["z"]
    assert isinstance(z, Given)
    assert [(claim.line, claim.column) for claim in z.claims] == [(4, 6), (4, 11), (5, 6)]
    assert [(one.line, one.column) for one in z.unread] == [(4, 11)]
    assert [(found.answers[id].line, found.answers[id].column) for id in "abc"] == [(6, 5), (7, 6), (8, 6)]


@pytest.mark.parametrize(
    ("answers", "numbers"),
    [
        ("  a: 1:30\n", {"a": None}),  # what stands behind a head is not touched
        ("  z: a = 3\n  b:2\n", {"z": None, "b": ["2"]}),
        ("  z:\n    a:2\n  b:2\n", {"z": None, "b": ["2"]}),  # nor is what stands deeper than the answers
        ("  a: 1\n  z == 3\n", {"a": ["1"], "z": None}),
    ],
)
def test_only_heads_are_mended(answers: str, numbers: object) -> None:
    assert texts(read(answers)) == numbers


def test_the_problem_without_its_blank_is_known() -> None:
    found = parse_answers("problem:p\nstudent:s1\nanswers:\n  a: 1\n", "a.yaml")
    assert (found.problem, found.student, texts(found)) == ("p", "s1", {"a": ["1"]})
    assert [one.severity for one in found.findings] == ["warning"]


def test_answers_as_items_of_a_list_are_read_with_a_warning() -> None:
    for answers in ("  - a: 1\n  - b: [2, 3]\n", "- a: 1\n  b: [2, 3]\n", "  [{a: 1}, {b: [2, 3]}]\n"):
        found = read(answers)
        assert texts(found) == {"a": ["1"], "b": ["2", "3"]}
        assert [(one.code, one.severity) for one in found.findings] == [("listed", "warning")]
    found = read("  - a: 1\n  - b: ?\n  - c: 3\n")  # what cannot be read spoils no other
    assert texts(found) == {"a": ["1"], "b": None, "c": ["3"]}
    twice = read("  - a: 1\n  - b: 2\n  - a: 3\n").answers  # which one is meant is not guessed
    assert isinstance(twice["a"], Unreadable) and "stands twice" in twice["a"].message and isinstance(twice["b"], Given)
    for answers in ("  - 1\n  - 2\n", "  - a: 1\n  - 2\n"):
        assert [one.code for one in read(answers).findings if one.severity == "error"] == ["wrong-type"]


def test_many_answers_may_break_a_file() -> None:
    found = read("".join(f"  q{n}: {'?' if n % 2 else n}\n" for n in range(80)))
    assert [isinstance(answer, Given) for answer in found.answers.values()] == [True] * 40 + [False] * 40


@pytest.mark.parametrize(
    "text",
    [
        "problem: p\nstudent: *\nanswers:\n  a: 1\n",
        "problem: p\nanswers: {a: 1, b: ?, c: 2}\n",
        "problem: p\nanswers:\n  a: 1\nb: ]\n",
        "problem: p\nanswers:\n  a: 1\n---\n",
    ],
)
def test_what_is_broken_outside_of_answers_spoils_the_file(text: str) -> None:
    found = parse_answers(text, "a.yaml")
    assert [finding.severity for finding in found.findings] == ["error"] and not found.answers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-file"),
        ("- 1\n", "wrong-type"),
        ("answers: {a: 1}\n", "missing-key"),
        ("problem: [1]\n", "wrong-type"),
        ("problem: p\nproblem: q\n", "duplicate-key"),
        ("problem: &x p\nstudent: *x\n", "anchor"),
        ("problem: p\nanswers: 3\n", "wrong-type"),
        ("problem: p\nanswers: {a: [1, 2}\n", "syntax"),
        ("problem: p\n---\nproblem: q\n", "several-documents"),
        ("problem: ../../etc/passwd\n", "bad-name"),
        ("problem: /etc/passwd\n", "bad-name"),
        ("problem: ..\n", "bad-name"),
        ('problem: "a\\e[31mb"\n', "control-character"),
        ("problem: " + "[" * 100 + "\n", "too-deep"),
        ("problem: p\nanswers: [" + "1," * 60_000 + "]\n", "too-many-values"),
        ("%TAG ! tag:x,2000:\n---\nproblem: p\n", "directive"),
    ],
)
def test_what_spoils_a_file_is_found(text: str, code: str) -> None:
    findings = parse_answers(text, "a.yaml").findings
    assert code in " ".join(finding.code for finding in findings)


def test_a_key_that_no_answer_file_has_is_a_warning() -> None:
    found = parse_answers("problem: p\nanswer: {a: 1}\n", "a.yaml")
    assert [(finding.severity, finding.help) for finding in found.findings] == [("warning", "did you mean 'answers'?")]


def test_answers_that_are_not_indented_are_read_with_a_warning() -> None:
    found = parse_answers("problem: p\nstudent: s\nanswers:\na: 1\nb: [2, x]\nc: 3\n", "a.yaml")
    assert [(finding.severity, finding.code) for finding in found.findings] == [("warning", "not-indented")]
    assert list(found.answers) == ["a", "b", "c"] and isinstance(found.answers["c"], Given)
    other = parse_answers("problem: p\nanswers: {a: 1}\nb: 2\n", "a.yaml")  # b may be anything
    assert list(other.answers) == ["a"] and [finding.code for finding in other.findings] == ["unknown-key"]


@pytest.mark.parametrize("text", ["", "a/b", "a\\b", ".a", "..", "~a", "C:a", "a\0"])
def test_a_problem_is_named_without_folder(text: str) -> None:
    assert not is_stem(text) and is_stem("regression-l2") and is_stem("blatt 3 (b)")


def test_hostile_files_end_soon(tmp_path: Path) -> None:
    """Alias bombs, deep nesting, 100 MB, devices, what is no text: a finding each, and no time."""
    bomb = "problem: p\nanswers:\n  a: &a [1]\n" + "".join(
        f"  b{n}: &b{n} [" + ",".join([f"*b{n - 1}" if n else "*a"] * 9) + "]\n" for n in range(200)
    )
    texts = [
        bomb,
        HEAD + "  q: " + "[" * 500_000,
        HEAD + "  q: {" * 100,
        HEAD + "".join(f"  k{n}: 1\n" for n in range(5000)),
        *[
            HEAD + "".join(f"  k{n}: {torn}\n" for n in range(many))
            for torn in ("?", "[[[", '"')
            for many in (500, 50_000)
        ],
        HEAD + "  a:" + " " * 1_000_000 + "?\n",
        HEAD + "  " + "a:" * 400_000 + "\n  b: ?\n",
        HEAD + "  a" + " " * 1_000_000 + "=\n  b: ?\n",
        HEAD + "  a:1\n" * 150_000,
        HEAD + "  a: [[" + "1," * 20_000 + "], " + "'?'," * 20_000 + "]\n",
        HEAD + "".join(f"  k{n}: [[{'1,' * 8}], {'~,' * 8}]\n" for n in range(1999)) + "  a: [[1], 2]\n",
        HEAD + "  a: " + "# " * 400_000 + "]\n  b: " + "1 " * 100_000 + "]\n",
    ]
    paths = []
    for n, text in enumerate(texts):
        paths.append(tmp_path / f"{n}.yaml")
        paths[-1].write_text(text)
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate(100 * MAX_BYTES)
    (tmp_path / "binary.yaml").write_bytes(b"problem: \xff\xfe")
    os.mkfifo(tmp_path / "fifo.yaml")
    for path in [*paths, big, tmp_path / "binary.yaml", tmp_path / "fifo.yaml", tmp_path, tmp_path / "none.yaml"]:
        start = process_time()
        found = read_answers(path)
        assert found.findings or any(isinstance(given, Unreadable) for given in found.answers.values())
        assert process_time() - start < 2
