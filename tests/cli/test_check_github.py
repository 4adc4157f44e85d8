"""`nnsolve check` in a step of GitHub Actions: annotations at the numbers, and nothing of a file that is a command."""

from __future__ import annotations

import html
import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from nnsolve.cli.actions import Defused, defused
from nnsolve.cli.main import main
from tests.cli.calling import call, process, written

PROBLEM = "parameters: {w: 2}\ninputs: {x: 3.17}\nequations: [z = w * x, a = z^2]\nask: [z, a, {id: s, of: sqrt(a)}]\n"
EVIL = [
    "::error::x",
    "::add-mask::6",
    "::stop-commands::x",
    "##[add-mask]6",
    "a ##[set-env name=PATH]x",
    "###[error]x",
    "%0A::error::x",
    "a,line=9::x",
    "\u00a0::error::x",
    "long " * 30 + " ".join(["::error::x"] * 40),
]
NAMES = {"add-mask", "debug", "error", "group", "notice", "set-env", "set-output", "stop-commands", "warning"}


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def obeyed(output: str) -> list[Command]:
    """The commands that the runner of GitHub Actions would find in what was printed."""
    return [command for line in re.split("\r\n|\r|\n", output) if (command := _command(line))]


def _command(line: str) -> Command | None:
    if found := re.match(r"\s*::(?P<name>[^ :]*)(?: (?P<properties>.*?))?::(?P<data>.*)", line):
        name, properties, data = found["name"].lower(), found["properties"] or "", found["data"]
        if name in NAMES:
            pairs = [pair.partition("=") for pair in properties.split(",") if pair]
            return Command(name, {key: _plain(value) for key, _, value in pairs}, _plain(data))
    if (found := re.search(r"##\[([^ \]]*).*?\](.*)", line)) and found[1].lower() in NAMES:
        return Command(found[1].lower(), {}, found[2])
    return None


def _plain(text: str) -> str:
    for sign, escaped in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escaped, sign)
    return text


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    written(tmp_path / "problems", PROBLEM, "p.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return tmp_path


def commands(*arguments: str) -> list[Command]:
    return obeyed(call("check", *arguments).stderr)


def test_each_verdict_is_shown_at_its_number(course: Path) -> None:
    written(course, "problem: p\nanswers:\n  z: 6\n  a: 77.5\n", "answers/a.yaml")
    imprecise, wrong, missing = commands("answers/a.yaml")
    assert imprecise == ("warning", {"file": "answers/a.yaml", "line": "3", "col": "6", "title": "z: imprecise"},
                         "too few digits\ngiven 6\nexpected 6.34")  # fmt: skip
    assert (wrong.name, wrong.properties["line"], wrong.properties["col"]) == ("error", "4", "6")
    assert (missing.name, missing.properties["title"], missing.data) == ("error", "1 answer missing", "s")


def test_what_is_carried_is_a_notice_and_what_is_right_is_nothing(course: Path) -> None:
    written(course, "problem: p\nanswers: {z: 7.34, a: 53.8756, s: 6.34}\n", "a.yaml")
    assert [(command.name, command.properties["title"]) for command in commands("a.yaml")] == [
        ("error", "z: wrong"), ("notice", "a: right, carried forward"),
    ]  # fmt: skip
    written(course, "problem: p\nanswers: {z: 6.34, a: 40.1956, s: 6.34}\n", "a.yaml")
    assert commands("a.yaml") == []


def test_a_broken_file_is_an_error_at_its_place(course: Path) -> None:
    written(course, "problem: p\nanswers: {z: 1\n", "a.yaml")
    (command,) = commands("a.yaml")
    assert command.name == "error" and command.properties["title"] == "unclosed"
    assert (command.properties["line"], command.properties["col"]) == ("2", "10")


def test_an_answer_that_breaks_the_file_is_an_error_at_its_place(course: Path) -> None:
    written(course, "problem: p\nanswers:\n  z: 6.34\n   a: 2\n  s: 6.34\n", "a.yaml")
    (command,) = commands("a.yaml")
    assert command.name == "error" and command.properties["title"] == "a: unreadable"
    assert (command.properties["line"], command.properties["col"]) == ("4", "5")


def test_paths_are_those_of_the_repository(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(course, "problem: p\nanswers: {z: 1}\n", "sub/a, %3A:.yaml")
    monkeypatch.chdir(course / "sub")
    path = course / "sub" / "a, %3A:.yaml"
    for given in (path.name, str(path)):
        assert {command.properties["file"] for command in commands(given, "--problems", "../problems")} == {
            "sub/a, %3A:.yaml"
        }


@pytest.mark.skipif(os.name == "nt", reason="no such names")
def test_no_name_of_a_file_speaks_to_the_terminal(course: Path) -> None:
    written(course, "problem: p\nanswers: {z: 1}\n", "in/\x1b[31m.yaml")
    assert "\x1b" not in call("check", "in").output


def test_there_are_as_many_as_github_shows_and_the_rest_is_counted(course: Path) -> None:
    for n in range(25):
        written(course, "problem: p\nanswers: {z: 1, a: 40, s: 6.34}\n", f"in/{n:02}.yaml")
    found = commands("in")
    assert [command.name for command in found].count("error") == 10
    assert [command.name for command in found].count("warning") == 0
    assert found[-1].data.startswith("15 more errors not shown here")


def test_a_broken_problem_is_said_once(course: Path) -> None:
    written(course / "problems", "equations: [z = rellu(x)]\ninputs: {x: 1}\nask: [z]\n", "p.yaml")
    for n in range(3):
        written(course, "problem: p\nanswers: {z: 1}\n", f"in/{n}.yaml")
    found = [(command.properties["file"], command.properties["title"]) for command in commands("in")]
    assert found == [("problems/p.yaml", "broken-problem"), ("problems/p.yaml", "unknown-function")]


def test_annotations_hide_the_solution_too(course: Path) -> None:
    written(course, "problem: p\nanswers: {z: 1, a: 77.77, s: 9}\n", "a.yaml")
    for hide in ([], ["--hide-solution"]):
        text = "".join(command.data for command in commands("a.yaml", *hide))
        assert "77.77" in text and ("40.1956" in text) is (not hide) and ("6.34" in text) is (not hide)


def test_nothing_is_annotated_elsewhere(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(course, "problem: p\nanswers: {z: 1}\n", "a.yaml")
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    assert commands("a.yaml") == []


@pytest.fixture
def hostile(course: Path) -> Path:
    for n, text in enumerate(EVIL):
        quoted = json.dumps(text)
        written(course, f"problem: p\nstudent: {quoted}\nanswers: {{z: {quoted}, {quoted}: 1}}\n", f"in/{n}.yaml")
        written(course, f"problem: {quoted}\n{quoted}: 1\n", f"in/b{n}.yaml")
    written(course, "problem: p\nanswers: [\n::error::x", "in/::error::x.yaml")
    written(course, "problem: p\nanswers: {z: 1}", "in/line\n::error::x.yaml")
    return course


def only_annotations(output: str) -> None:
    for command in obeyed(output):
        assert command.name in ("error", "warning", "notice")
        assert Path(command.properties.get("file", "none")).is_file() or command.properties == {"title": "nnsolve"}
        assert not {"endLine", "name"} & set(command.properties)


@pytest.mark.parametrize("width", ["40", "60", "80", "120"])
def test_no_text_of_a_file_is_a_command(hostile: Path, width: str) -> None:
    """Neither in the report for one, whatever stands first in its lines, nor in that for many."""
    for path in [hostile / "in", *sorted((hostile / "in").iterdir())]:
        result = call("check", str(path), "--width", width)
        assert result.exit_code == 1
        assert obeyed(result.stdout) == [], result.stdout
        only_annotations(result.stderr)


def test_the_report_is_on_the_page_of_the_run_and_no_markup(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = course / "page.md"
    page.write_text("before\n", encoding="utf-8")
    written(course, "problem: p\nstudent: '</pre><b>&x'\nanswers: {z: 7.77}\n", "a.yaml")
    assert call("check", "a.yaml").exit_code == 1 and page.read_text(encoding="utf-8") == "before\n"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    printed = call("check", "a.yaml", "--hide-solution").stdout
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<pre>\n") and text.endswith("</pre>\n") and text.count("<") == 2
    assert html.unescape(text[13:-7]).strip() == printed.strip() and "7.77" in text and "6.34" not in text


@pytest.mark.parametrize("format", ["json", "csv", "junit-xml"])
def test_machine_output_stays_what_it_is(hostile: Path, format: str) -> None:
    result = process("check", "in", f"--{format}", "-", cwd=hostile, GITHUB_ACTIONS="true")
    assert obeyed(result.stdout) == []
    only_annotations(result.stderr)
    assert result.stderr.count("::error ") == 10
    if format == "json":
        assert len(json.loads(result.stdout)["results"]) == 2 * len(EVIL) + 2
    process("check", "in", f"--{format}", "out", cwd=hostile, GITHUB_ACTIONS="true")
    assert "##[add-mask]6" in (hostile / "out").read_text(encoding="utf-8")


def test_no_message_about_arguments_is_a_command(course: Path) -> None:
    for arguments in (["x\n::error::x"], ["problems", "--problems", "::error::x"], ["--x\n::error::y"]):
        result = process("check", *arguments, cwd=course, GITHUB_ACTIONS="true")
        assert result.returncode == 2 and "::error::" in result.stderr
        assert obeyed(result.stdout + result.stderr) == []


@pytest.mark.parametrize("text", ["::error::x", "\u3000 ::error::x", "a\r::error::x", "a ##[error]x", "##[error]x"])
def test_a_command_is_recognised_and_defused(text: str) -> None:
    assert len(obeyed(text)) == 1
    assert obeyed(defused(text.encode()).decode()) == []


def test_a_command_in_pieces_is_none_either() -> None:
    stream = io.BytesIO()
    output = Defused(stream)
    for piece in (b"a #", b"#[error]x\n ", b":", b":error::y\n", b"::error::z"):
        output.write(piece)
        output.flush()
    output.finish()
    text = stream.getvalue().decode()
    assert obeyed(text) == [] and text.count("error") == 3


def test_a_program_that_keeps_the_output_gets_it(course: Path) -> None:
    written(course, "problem: p\nanswers: {z: 1}\n", "a.yaml")
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit):
        main(["check", "a.yaml"])
    assert "0 of 3 points" in output.getvalue() and len(obeyed(errors.getvalue())) == 2


def test_other_text_stays_as_it_is() -> None:
    for text in ("a::b", "é: 1\n", "#[x]", "::", "a\n\nb\n"):
        assert defused(text.encode()).decode() == text or text == "::"


def test_processes_that_share_the_work_print_nothing_twice(hostile: Path) -> None:
    one, two = [
        process("check", "in", "--jobs", jobs, cwd=hostile, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(hostile))
        for jobs in "12"
    ]
    assert (one.stdout, one.stderr) == (two.stdout, two.stderr)
