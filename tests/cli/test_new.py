"""`nnsolve new`: starters that are solved and lint clean as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nnsolve
from nnsolve.checking.authoring import hidden_mistakes
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
    assert lint(tmp_path / "problem.yaml", [hidden_mistakes]) == []
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


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("layers", "activation: relu ", "activation: sigmoid "),
        ("layers", "activation: relu ", "activation: softplus "),
        ("layers", "activation: relu ", "activation: leaky_relu(u, slope=0.1) "),
        ("layers", "{class: 2}", "[0, 1, 0]"),
        ("layers", "loss: cross_entropy", "loss: squared_error"),
        ("layers", "loss: cross_entropy", "loss: binary_cross_entropy"),
        ("layers", "[2, 1, -1]", "[2, 1/3, sqrt(2)]"),
        ("layers", "      b: [0, 1]", "      # b: [0, 1]"),
        ("regression", "half_squared_error", "mean_squared_error"),
        ("regression", "half_squared_error", "absolute_error"),
        ("regression", "half_squared_error", "l2_norm"),
        ("regression", "activation: tanh", "activation: sigmoid"),
        ("batch", "reduction: mean", "reduction: sum"),
        ("batch", "epochs: 3 ", "steps: 6 "),
        ("batch", "batch_size: 2", "batch_size: 1"),
        (
            "batch",
            "  # shuffle: true        # a new order in each epoch; needs a seed:\n  # seed",
            "  shuffle: true\n  seed",
        ),
        ("equations", "a = tanh(z)", "a = relu(z)"),
        ("equations", "b: 1/3", "b: sqrt(2)"),
    ],
)
def test_what_the_comments_propose_works(kind: str, old: str, new: str, tmp_path: Path) -> None:
    text = starters()[kind]
    assert text.count(old) == 1
    (tmp_path / "problem.yaml").write_text(text.replace(old, new), encoding="utf-8")
    assert lint(tmp_path / "problem.yaml") == []


def test_a_starter_reads_its_data_from_a_file(tmp_path: Path) -> None:
    text = starters()["batch"]
    (proposed,) = re.findall(r"(x: \{file: data.csv.*?\})", text)
    start, end = text.index("x: [[1"), text.index("targets:")
    (tmp_path / "problem.yaml").write_text(text[:start] + proposed + "\n" + text[end:], encoding="utf-8")
    (tmp_path / "data.csv").write_text("a,b,c\n1,2,1\n2,0.5,1\n-1,1,0\n0,-1.5,0\n", encoding="utf-8")
    assert nnsolve.solve("problem.yaml").answers["L@e3"] == pytest.approx(0.295854, abs=1e-6)
