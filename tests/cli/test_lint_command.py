"""`nnsolve lint`: files and folders, exit status, summary, JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.calling import PROBLEMS, call, written

RIGHT = "equations:\n  - z = 2 * x\ninputs: {x: 3}\nask: [z]\n"
WARNED = "equations:\n  - z = 2 * x\ninputs: {x: 3, x2: 4}\nask: [z]\n"
BROKEN = "tittle: a\nequations:\n  - z = 2 * x\ninputs: {x: 3}\nask: [z]\nask: [z]\n"


HIDDEN = {
    "binary-nll-gradient.yaml:14:29": "b is 0: no answer shows the mistake bias-missing in z",
    "lstm-rounded-gates.yaml:17:7": "b_o is 0: no answer shows the mistakes "
    "bias-missing from zo_1 on and sign-flipped from zo_1 on",
    "lstm-rounded-state.yaml:17:7": "b_o is 0: no answer shows the mistake bias-missing from zo_1 on",
    "perceptron-and.yaml:14:35": "eta is 1: no answer shows the mistake learning-rate-missing from W@1 on",
    "scalar-backpropagation.yaml:12:5": "every unit of a_1 is on: no answer shows the mistakes "
    "relu-mask-missing in dC/dz_1 and activation-left-out in a_1",
}
"""What the exercises of the notebooks cannot tell, in their own numbers."""


def test_the_problems_of_this_repository_have_no_other_warnings_than_of_what_they_cannot_tell() -> None:
    result = call("lint", str(PROBLEMS), "--strict")
    found = re.findall(r"^warning\[mistake-hidden\] .*/(.+)\n  (.+)\n  help: ", result.output, flags=re.MULTILINE)
    assert dict(found) == HIDDEN
    assert result.output.endswith("20 problem files: 5 warnings; 15 answer files skipped\n")
    assert result.exit_code == 1
    assert call("lint", str(PROBLEMS / "binary-nll-gradient.yaml")).exit_code == 0


@pytest.mark.parametrize(
    ("text", "strict", "status"),
    [(RIGHT, 0, 0), (RIGHT, 1, 0), (WARNED, 0, 0), (WARNED, 1, 1), (BROKEN, 0, 2), (BROKEN, 1, 2)],
)
def test_exit_status(tmp_path: Path, text: str, strict: int, status: int) -> None:
    assert call("lint", written(tmp_path, text), *["--strict"][:strict]).exit_code == status


def test_every_finding_has_its_place_and_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, BROKEN)
    output = call("lint", path).output
    assert f"error[unknown-key] {path}:1:1\n  a problem has no key 'tittle'\n  help: did you mean 'title'?" in output
    assert f"error[duplicate-key] {path}:6:1\n" in output
    assert output.endswith("1 problem file: 2 errors\n")


def test_folders_are_searched_and_answer_files_skipped(tmp_path: Path) -> None:
    written(tmp_path, RIGHT, "a/right.yml")
    written(tmp_path, WARNED, "a/b/warned.yaml")
    written(tmp_path, BROKEN, ".hidden/broken.yaml")
    written(tmp_path, BROKEN, "a/notes.txt")
    written(tmp_path, "# mine\nproblem: right\nanswers: {z: 6}\n", "answers.yaml")
    output = call("lint", str(tmp_path)).output
    assert output.endswith("2 problem files: 1 warning; 1 answer file skipped\n")


def test_a_file_that_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT)
    assert "1 problem file:" in call("lint", path, path).output


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = call("lint", str(tmp_path / "missing.yaml"))
    assert result.exit_code == 2
    assert "error[file-not-found]" in result.output


def test_a_folder_without_problems_is_2(tmp_path: Path) -> None:
    result = call("lint", str(tmp_path))
    assert result.exit_code == 2
    assert "There are no .yaml or .yml files" in result.output
    assert call("lint").exit_code == 2


def test_json_has_every_finding(tmp_path: Path) -> None:
    path = written(tmp_path, WARNED)
    (finding,) = json.loads(call("lint", path, "--json").output)
    assert finding == {
        "severity": "warning",
        "code": "unused-value",
        "file": path,
        "line": 3,
        "column": 20,
        "message": "the input x2 is used by no equation",
        "help": "delete it?",
    }
    assert json.loads(call("lint", written(tmp_path, RIGHT), "--json").output) == []


def test_mistake_that_a_problem_cannot_tell_stands_in_the_json(tmp_path: Path) -> None:
    text = "parameters: {w: 2, b: 0}\ninputs: {x: 3}\nequations:\n  - z = w * x + b\nask: [z]\n"
    path = written(tmp_path, text)
    (finding,) = json.loads(call("lint", path, "--json").output)
    assert finding == {
        "severity": "warning",
        "code": "mistake-hidden",
        "file": path,
        "line": 1,
        "column": 23,
        "message": "b is 0: no answer shows the mistakes bias-missing in z and sign-flipped in z",
        "help": "choose other numbers for b",
    }
    assert json.loads(call("lint", written(tmp_path, text.replace("b: 0", "b: 1")), "--json").output) == []


def test_other_files_are_checked_when_one_is_broken(tmp_path: Path) -> None:
    paths = [written(tmp_path, text, f"{name}.yaml") for name, text in (("a", BROKEN), ("b", WARNED))]
    assert call("lint", *paths).output.endswith("2 problem files: 2 errors and 1 warning\n")
