"""The README shows what is printed today, and names what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from nnsolve.checking.marking import Marking
from nnsolve.cli.main import COMMANDS
from nnsolve.ops import REGISTRY
from nnsolve.problem.schema import PROBLEM, TRAINING
from nnsolve.report.formats import FORMATS
from tests.cli.readme import LEFT_OUT, README, ROOT, play, sessions

TEXT = README.read_text(encoding="utf-8")


def shown_in(expected: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are the expected ones, where `...` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == LEFT_OUT else re.escape(line) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def test_every_console_block_prints_what_it_shows() -> None:
    played = list(play())
    assert len(played) >= 6
    for session, expected, printed in played:
        assert shown_in(expected, printed), f"$ {session.command}\n" + "\n".join(printed)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", LEFT_OUT], ["a", "b"], True),
        (["a", LEFT_OUT, "c"], ["a", "b", "c"], True),
        (["a", LEFT_OUT, "c"], ["a", "b", "d"], False),
        ([], ["traceback"], False),
    ],
)
def test_the_comparison_can_fail(expected: list[str], printed: list[str], same: bool) -> None:
    assert shown_in(expected, printed) == same


def test_the_commands_of_the_blocks_are_found() -> None:
    commands = [session.command for session in sessions(TEXT.splitlines())]
    assert all("nnsolve" in command or command.startswith("printf") for command in commands)
    assert any(command.startswith("nnsolve grad") for command in commands)


def test_every_command_and_make_target_is_named() -> None:
    for name in COMMANDS:
        assert f"`nnsolve {name}" in TEXT, name
    named = set(re.findall(r"\bmake (\w+)", TEXT)) - {"leaves"}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {"demo", "test", "lint"} <= named <= targets


def named_after(title: str) -> set[str]:
    """The words of the paragraph that begins with a title in bold."""
    (paragraph,) = re.findall(rf"^\*\*{title}\.\*\*(.*?)\n\n", TEXT, flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"\w+", paragraph))


def test_every_activation_loss_and_format_is_named() -> None:
    assert {name for name, operation in REGISTRY.items() if operation.activation} <= named_after("Activations")
    assert set(LOSSES) <= named_after("Losses")
    for format in FORMATS:
        assert f"--format {format}" in TEXT or format == "text"


def test_every_layer_is_named_with_what_it_has_to_say() -> None:
    for name, block in LAYERS.items():
        assert f"`{name}`" in TEXT, name
        if block.sequential:
            (row,) = re.findall(rf"^\| `{name}` \|.*$", TEXT, flags=re.MULTILINE)
            assert all(f"`{key}" in row for key in block.required), name


def test_every_optimizer_and_schedule_is_named_with_what_it_takes() -> None:
    for name, block in OPTIMIZERS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", TEXT, flags=re.MULTILINE)
        needed = [key for key, default in block.hyperparameters.items() if default is None and key != "learning_rate"]
        assert all(f"`{key}`" in row for key in needed), name
    for name, schedule in SCHEDULES.items():
        (example,) = re.findall(rf"{{kind: {name}, .*?}}", TEXT)
        assert all(f"{key}:" in example for key in schedule.options), name
    for key in set(TRAINING) - {"shuffle", "seed", "truncate"}:
        assert re.search(rf"\b{key}\b", TEXT), key


def test_every_function_named_is_there() -> None:
    words = named_after("Functions") - {"The", "activations", "the", "losses", "and"}
    assert words <= {name for name, operation in REGISTRY.items() if not operation.adjoint_only}


def test_every_key_of_a_problem_is_named() -> None:
    for key in PROBLEM:
        assert f"`{key}`" in TEXT, key


def test_marking_is_shown_with_its_defaults() -> None:
    (shown,) = re.findall(r"^marking: \{(.*?)\}", TEXT, flags=re.MULTILINE)
    defaults = {key: str(value).lower().removesuffix(".0") for key, value in Marking()._asdict().items()}
    assert dict(pair.split(": ") for pair in shown.split(", ")) == defaults


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_problem_files_shown_are_solved_and_lint_clean(tmp_path: Path) -> None:
    from nnsolve.checking.authoring import hidden_mistakes
    from nnsolve.engine.lint import lint

    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        path = tmp_path / "problem.yaml"
        path.write_text(block, encoding="utf-8")
        assert lint(path, [hidden_mistakes]) == []


def test_the_python_shown_runs(tmp_path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    from nnsolve.cli.new import starters

    (tmp_path / "problem.yaml").write_text(starters()["layers"].text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    assert "W1" in capsys.readouterr().out
