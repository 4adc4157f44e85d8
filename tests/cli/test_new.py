"""`nnsolve new`: starters that are solved and lint clean as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnsolve
from nnsolve.cli.new import DEFAULT, starters
from nnsolve.engine.lint import lint
from nnsolve.problem.loader import load_problem
from tests.cli.calling import call

KINDS = sorted(starters())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_is_solved_and_lints_clean(kind: str, tmp_path: Path) -> None:
    assert call("new", kind).exit_code == 0
    assert lint(tmp_path / "problem.yaml") == []
    assert len(nnsolve.solve("problem.yaml").answers) >= 5
    for args in (["run"], ["run", "--detail", "full"], ["grad", "--verify"], ["lint", "--strict", "."]):
        assert call(*args).exit_code == 0, args


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_says_what_to_do_and_explains_its_keys(kind: str) -> None:
    lines = starters()[kind].splitlines()
    assert lines[0].startswith("# ") and any("nnsolve run problem.yaml" in line for line in lines[:8])
    assert max(map(len, lines)) <= 120
    body = [line for line in lines if line.strip() and not line.startswith("#")]
    explained = [line for line in body if "#" in line]
    assert len(explained) >= 0.5 * len(body)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_that_a_starter_names_work(kind: str) -> None:
    call("new", kind)
    named = [line[1:].split("  ") for line in starters()[kind].splitlines() if line.startswith("#   nnsolve")]
    assert len(named) == 2
    for line in named:
        words = next(part for part in line if "nnsolve" in part).split()[1:]
        assert call(*words).exit_code == 0, words


def test_the_default_kind_is_a_classifier_with_one_update() -> None:
    call("new")
    problem = load_problem("problem.yaml")
    assert len(problem.layers) == 2 and problem.training is not None and problem.training.steps == 1
    assert Path("problem.yaml").read_text(encoding="utf-8") == starters()[DEFAULT]


def test_a_file_is_not_replaced_unasked() -> None:
    Path("problem.yaml").write_text("mine", encoding="utf-8")
    result = call("new")
    assert result.exit_code == 2 and "--force" in result.output
    assert Path("problem.yaml").read_text(encoding="utf-8") == "mine"
    assert call("new", "--force").exit_code == 0
    assert Path("problem.yaml").read_text(encoding="utf-8") != "mine"


def test_another_name_stands_in_the_file_and_in_what_is_said() -> None:
    result = call("new", "equations", "-o", "home work.yaml")
    assert "nnsolve run 'home work.yaml'" in result.output
    assert "nnsolve run 'home work.yaml'" in Path("home work.yaml").read_text(encoding="utf-8")


def test_standard_output_gets_the_file_alone() -> None:
    assert call("new", "equations", "-o", "-").output == starters()["equations"]
    assert not Path("problem.yaml").exists()


def test_the_kinds_are_listed() -> None:
    output = call("new", "--list").output
    assert [line.split()[0] for line in output.splitlines()] == list(starters())
    assert set(KINDS) >= {"layers", "equations", "regression"}
    for kind in KINDS:
        assert kind in call("new", "--help").output


def test_an_unknown_kind_is_2() -> None:
    result = call("new", "layer")
    assert result.exit_code == 2
    assert "did you mean 'layers'?" in result.output


@pytest.mark.parametrize("output", [".", "missing/problem.yaml"])
def test_what_cannot_be_written_is_2(output: str) -> None:
    result = call("new", "-o", output)
    assert result.exit_code == 2
    assert "Error:" in result.output
