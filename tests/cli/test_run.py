"""`nnsolve run`: which problem, which steps, which format, and where it goes."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.cli.common import spread_option
from tests.cli.calling import NETWORK, PARTS, PROBLEMS, SCALAR, call, written

SMALL = "equations:\n  - z = 2 * x\n  - a = relu(z)\ninputs: {x: 3}\nask: [z]\n"
ANSWERS = "problem: small\nanswers: {z: 6}\n"


@pytest.mark.parametrize("path", sorted(PROBLEMS.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_every_problem_is_printed_within_the_width(path: Path, width: str) -> None:
    result = call("run", str(path), "--width", width)
    assert result.exit_code == 0
    assert "Answers" in result.output
    shown = [unicodedata.normalize("NFC", line) for line in result.output.splitlines()]
    cells = [sum(not unicodedata.combining(c) for c in line) for line in shown]
    assert max(cells) <= int(width)


# Which problem


def test_problem_yaml_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SMALL)
    written(tmp_path, SMALL.replace("3", "4"), "other.yaml")
    assert json.loads(call("run", "--format", "json").output)["answers"] == {"z": 6.0}


def test_the_only_problem_of_the_folder_is_found_beside_answer_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SMALL, "small.yml")
    written(tmp_path, ANSWERS, "student.yaml")
    assert call("run").exit_code == 0


def test_several_problems_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.yaml", "a.yaml"):
        written(tmp_path, SMALL, name)
    result = call("run")
    assert result.exit_code == 2
    assert "a.yaml, b.yaml" in result.output


def test_no_problem_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("run")
    assert result.exit_code == 2
    assert "nnsolve new" in result.output


# Which steps


def test_only_restricts_steps_and_answers() -> None:
    output = call("run", SCALAR, "--only", "z_1", "dC/dw_1").output
    assert "z₁ = w₁ · x" in output and "∂C/∂w₁" in output
    assert "σ(z₂)" not in output and "Given" not in output
    assert output.count("\n  z_1 ") == 1 and "dC/db" not in output


def test_only_knows_ids_expressions_and_what_is_not_asked() -> None:
    answers = json.loads(call("run", NETWORK, "--format", "json", "--only", "q-d", "W2@1 - W2", "h1").output)["answers"]
    assert list(answers) == ["q-d", "W2@1 - W2", "h1"]
    solution = nnsolve.solve(NETWORK)
    assert np.allclose(answers["W2@1 - W2"], solution["W2@1 - W2"])
    assert answers["h1"] == solution["h1"].tolist()


def test_only_keeps_the_digits_that_an_ask_wants() -> None:
    assert "2.081" in call("run", SCALAR, "--only", "dC/dw_1").output.splitlines()[-1]


def test_only_at_the_end_means_the_last_update() -> None:
    trace = json.loads(call("run", NETWORK, "--only", "b1@end", "--format", "json").output)["trace"]
    assert [step["name"] for step in trace] == ["b1@1"]


def test_only_names_the_address_that_is_nowhere() -> None:
    result = call("run", SCALAR, "--only", "z_1", "zz")
    assert result.exit_code == 2
    assert "error[unknown-name] --only zz" in result.output


def test_only_of_a_part_is_of_that_part() -> None:
    answers = json.loads(call("run", PARTS, "--only", "zeros.o", "--format", "json").output)["answers"]
    assert list(answers) == ["zeros.o"]
    everywhere = json.loads(call("run", PARTS, "--only", "o", "--format", "json").output)["answers"]
    assert {"o", "quarters.o", "zeros.o"} <= set(everywhere)


def test_part_shows_one_part() -> None:
    answers = json.loads(call("run", PARTS, "--part", "zeros", "--format", "json").output)["answers"]
    assert set(answers) == {"zeros.FU", "zeros.o"}


def test_an_unknown_part_is_named() -> None:
    result = call("run", PARTS, "--part", "zeroes")
    assert result.exit_code == 2
    assert "did you mean 'zeros'?" in result.output
    assert "the problem has no parts" in call("run", SCALAR, "--part", "b").output


@pytest.mark.parametrize(
    ("args", "spread"),
    [
        (["--only", "z1", "a1"], ["--only", "z1", "--only", "a1"]),
        (["--only=z1", "a1"], ["--only=z1", "--only", "a1"]),
        (["--only", "z1", "p.yaml"], ["--only", "z1", "p.yaml"]),
        (["--only", "z1", "--detail", "full"], ["--only", "z1", "--detail", "full"]),
        (["--only", "-dL/dz2", "-o", "x"], ["--only", "-dL/dz2", "-o", "x"]),
        (["p.yaml", "--only"], ["p.yaml", "--only"]),
    ],
)
def test_words_after_only_belong_to_it(args: list[str], spread: list[str]) -> None:
    assert spread_option(args, "--only") == spread


# How it looks


def test_detail_brief_is_answers_only_and_full_writes_out_elements() -> None:
    brief, full = (call("run", NETWORK, "--detail", detail).output for detail in ("brief", "full"))
    assert "Forward pass" not in brief and "6.083584" in brief
    assert "[1] = 1·1.2" in full.replace(" · ", "·")


def test_decimals_round_what_is_shown() -> None:
    assert "6.08\n" in call("run", NETWORK, "--detail", "brief", "--decimals", "2").output


@pytest.mark.parametrize(
    "args",
    [
        ["--detail", "all"],
        ["--decimals", "-1"],
        ["--width", "3"],
        ["--format", "word"],
        ["--only"],
        ["--unknown"],
        ["a.yaml", "b.yaml"],
    ],
)
def test_wrong_usage_is_2(args: list[str]) -> None:
    assert call("run", *args).exit_code == 2


# JSON


def test_json_has_answers_and_trace_as_the_design_says() -> None:
    document = json.loads(call("run", NETWORK, "--format", "json").output)
    solution = nnsolve.solve(NETWORK)
    assert list(document["answers"]) == list(solution.answers)
    assert document["answers"]["q-d"] == solution["ell"]
    assert document["answers"]["q-a"] == solution["hbar1"].tolist()
    for step in document["trace"]:
        assert {"name", "phase", "formula", "value", "shape"} <= set(step)
        assert step["phase"] in ("given", "forward", "backward", "update")
        assert list(np.shape(step["value"])) == step["shape"]
    formulas = {step["name"]: step["formula"] for step in document["trace"]}
    assert formulas["hbar1"] == "hbar1 = W1 @ x + b1"
    assert formulas["W1@1"] == "W1@1 = W1 - eta * dell/dW1"


def test_json_writes_what_is_not_finite_as_text(tmp_path: Path) -> None:
    path = written(tmp_path, "equations:\n  - z = exp(x)\ninputs: {x: [1000, 0]}\nask: [z]\n")
    result = call("run", path, "--format", "json")
    document = json.loads(result.output, parse_constant=lambda name: pytest.fail(name))
    assert document["answers"]["z"] == ["inf", 1.0]
    assert document["warnings"][0]["code"] == "not-finite"


def test_a_result_that_is_not_finite_is_named_and_no_error(tmp_path: Path) -> None:
    path = written(tmp_path, "equations:\n  - z = exp(x)\n  - a = z - z\ninputs: {x: 1000}\nask: [a]\n")
    result = call("run", path)
    assert result.exit_code == 0
    assert "z is infinite; it is the first equation whose result is not finite" in " ".join(result.output.split())


# Where it goes


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "solution.txt"
    result = call("run", SCALAR, "-o", str(target))
    assert result.output == ""
    assert target.read_text(encoding="utf-8") == call("run", SCALAR).output
    assert [path.name for path in tmp_path.iterdir()] == ["solution.txt"]
    assert call("run", SCALAR, "-o", "-").output == call("run", SCALAR).output


def test_a_broken_problem_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "solution.txt"
    target.write_text("old", encoding="utf-8")
    assert call("run", written(tmp_path, "ask: ["), "-o", str(target)).exit_code == 2
    assert target.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["missing/solution.txt", "."])
def test_a_file_that_cannot_be_written_is_2(tmp_path: Path, name: str) -> None:
    result = call("run", SCALAR, "-o", str(tmp_path / name))
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_a_warning_of_the_loader_is_printed(tmp_path: Path) -> None:
    result = call("run", written(tmp_path, "equations:\n  - z = sum(x)\ninputs: {x: [6,08]}\nask: [z]\n"))
    assert result.exit_code == 0
    assert "warning[leading-zero]" in result.stderr


@pytest.mark.parametrize("command", ["run", "grad"])
def test_the_problem_itself_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SMALL)
    for args in (["-o", "./problem.yaml"], ["problem.yaml", "-o", str(tmp_path / "problem.yaml")]):
        result = call(command, *args)
        assert result.exit_code == 2 and "would replace the problem" in result.output
    assert (tmp_path / "problem.yaml").read_text(encoding="utf-8") == SMALL


def test_a_link_to_the_output_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "solution.txt")
    assert call("run", SCALAR, "-o", str(tmp_path / "link.txt")).exit_code == 0
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "solution.txt").stat().st_size > 100


def test_an_answer_file_is_recognised(tmp_path: Path) -> None:
    for command in ("run", "grad"):
        result = call(command, written(tmp_path, ANSWERS, "s0417.yaml"))
        assert result.exit_code == 2
        assert "error[answer-file]" in result.output and result.output.count("error[") == 1


def test_brief_says_that_nothing_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "inputs: {x: 1}\nequations:\n  - z = 2 * x\n")
    assert "nothing-asked" in call("run", path, "--detail", "brief").output
    assert "nothing-asked" not in call("run", path).output
    assert "nothing-asked" not in call("run", path, "--detail", "brief", "--only", "z").output
