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
PROBLEMS = [kind for kind in KINDS if starters()[kind].file == "problem.yaml"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_starter_of_a_problem_is_solved_and_lints_clean(kind: str, tmp_path: Path) -> None:
    assert call("new", kind).exit_code == 0
    assert lint(tmp_path / "problem.yaml", [hidden_mistakes]) == []
    assert len(nnsolve.solve("problem.yaml").answers) >= 5
    for args in (["run"], ["run", "--detail", "full"], ["grad", "--verify"], ["lint", "--strict", "."]):
        assert call(*args).exit_code == 0, args


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_says_what_to_do_and_explains_its_keys(kind: str) -> None:
    lines = starters()[kind].text.splitlines()
    assert lines[0].startswith("# ") and any(line.startswith("#   nnsolve ") for line in lines[:8])
    assert max(map(len, lines)) <= 120
    body = [line for line in lines if line.strip() and not line.startswith("#")]
    explained = [line for line in body if "#" in line]
    assert len(explained) >= 0.5 * len(body)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_that_a_starter_names_work(kind: str) -> None:
    for needed in dict.fromkeys([DEFAULT, "answers", kind] if kind not in PROBLEMS else [kind]):
        assert call("new", needed).exit_code == 0
    named = starters()[kind].commands(starters()[kind].file)
    assert len(named) == 2
    for line in named:
        result = call(*line.split()[1:])
        assert result.exit_code == 0, line
        assert result.stderr == ""


def test_the_default_kind_is_a_classifier_with_one_update() -> None:
    call("new")
    problem = load_problem("problem.yaml")
    assert len(problem.layers) == 2 and problem.training is not None and problem.training.steps == 1
    assert Path("problem.yaml").read_text(encoding="utf-8") == starters()[DEFAULT].text


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
    assert call("new", "equations", "-o", "-").output == starters()["equations"].text
    assert not Path("problem.yaml").exists()


def test_the_kinds_are_listed() -> None:
    output = call("new", "--list").output
    assert [line.split()[0] for line in output.splitlines()] == list(starters())
    assert set(KINDS) >= {"layers", "equations", "regression", "rnn", "lstm", "training", "answers"}
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
        ("rnn", "over_time: sum}", "over_time: mean}"),
        ("rnn", "initial: {h_0", "# initial: {h_0"),
        ("rnn", "      b: [0.1, -0.2] ", "      b_hh: [0.1, -0.2]\n      b_xh: [1, 2]"),
        ("rnn", "steps: 1}", "steps: 1, truncate: 2}"),
        ("lstm", "over_time: last}", "over_time: last}  # "),
        ("lstm", "initial: {h_0", "# initial: {h_0"),
        ("lstm", "      b_g: ", "      # b_g: "),
        ("gru", "update: renews", "update: keeps"),
        ("gru", "reset: before", "reset: after"),
        ("training", "  optimizer: momentum    # or sgd, nesterov, adagrad, rmsprop, adam, ...\n  momentum", "  #"),
        ("training", "batch_size: 2", "batch_size: all"),
        ("training", "  # update: [W1, W2] ", "  update: [W1, W2]"),
        ("equations", "a = tanh(z)", "a = relu(z)"),
        ("equations", "b: 1/3", "b: sqrt(2)"),
    ],
)
def test_what_the_comments_propose_works(kind: str, old: str, new: str, tmp_path: Path) -> None:
    text = starters()[kind].text
    assert text.count(old) == 1
    (tmp_path / "problem.yaml").write_text(text.replace(old, new), encoding="utf-8")
    assert lint(tmp_path / "problem.yaml") == []


def test_a_recurrent_starter_reads_a_sequence_to_its_end(tmp_path: Path) -> None:
    text = starters()["rnn"].text
    edits = (("# return: last     #", "return: last     #"), ("[[1], [0], [-1]]", "[-1]"), (", over_time: sum", ""))
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "problem.yaml").write_text(text, encoding="utf-8")
    assert lint(tmp_path / "problem.yaml") == []


def test_answers_and_verdicts_go_with_the_starter_that_is_written_first(tmp_path: Path) -> None:
    for kind in ("layers", "answers", "verdicts"):
        assert f"{kind if kind in ('answers', 'verdicts') else 'problem'}.yaml is written" in call("new", kind).output
    result = call("check", ".")
    assert result.exit_code == 0 and "9 of 9 points" in result.output and result.output.count("set by hand") == 2
    answers = Path("answers.yaml")
    answers.write_text(answers.read_text(encoding="utf-8").replace("z1: [3, -0.5]", "z1: [3, 0.5]"), encoding="utf-8")
    assert call("check", ".").exit_code == 1
    assert call("new", "answers").exit_code == 2  # it is there


def test_a_starter_reads_its_data_from_a_file(tmp_path: Path) -> None:
    text = starters()["batch"].text
    (proposed,) = re.findall(r"(x: \{file: data.csv.*?\})", text)
    start, end = text.index("x: [[1"), text.index("targets:")
    (tmp_path / "problem.yaml").write_text(text[:start] + proposed + "\n" + text[end:], encoding="utf-8")
    (tmp_path / "data.csv").write_text("a,b,c\n1,2,1\n2,0.5,1\n-1,1,0\n0,-1.5,0\n", encoding="utf-8")
    assert nnsolve.solve("problem.yaml").answers["L@e3"] == pytest.approx(0.295854, abs=1e-6)
