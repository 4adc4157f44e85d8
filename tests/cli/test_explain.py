"""`nnsolve explain` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from nnsolve.cli.main import main
from nnsolve.report.explain.topics import KINDS
from tests.cli.calling import ROOT, call, process


def test_a_topic_is_explained() -> None:
    result = call("explain", "tanh")
    assert result.exit_code == 0
    assert result.output.startswith("tanh: activation\n")
    assert "Goodfellow" in result.output


def test_the_topics_are_listed_by_kind_with_a_line_for_each() -> None:
    result = call("explain", "--width", "60")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert all(len(line) <= 60 for line in lines)
    for kind in KINDS:
        assert any(line.startswith(f"{kind.title} ") for line in lines)
        for name in kind.entries:
            assert any(line.split()[:1] == [name] and len(line.split()) > 1 for line in lines)


@pytest.mark.parametrize(
    ("topic", "help"),
    [("sigmod", "did you mean 'sigmoid'?"), ("qqqq", "nnsolve explain lists the topics")],
)
def test_a_misspelt_topic_is_an_error_with_a_help(topic: str, help: str) -> None:
    result = call("explain", topic)
    assert result.exit_code == 2
    assert f"There is no topic '{topic}'; {help}" in result.output


def test_a_page_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "adam.txt"
    assert call("explain", "adam", "-o", str(target)).output == ""
    assert target.read_text(encoding="utf-8").startswith("adam: optimizer\n")


def test_a_pipe_gets_plain_text_and_a_plain_terminal_ascii() -> None:
    assert "\x1b" not in process("explain", "relu", PYTHONPATH=str(ROOT)).stdout
    result = process("explain", "gelu", LC_ALL="C", PYTHONIOENCODING="", PYTHONPATH=str(ROOT))
    assert result.returncode == 0 and result.stdout.isascii()
    assert "a = gelu(x) = x * normal_cdf(x)" in result.stdout


def test_topics_are_completed() -> None:
    found = ShellComplete(main, {}, "nnsolve", "_NNSOLVE_COMPLETE").get_completions(["explain"], "half")
    assert [item.value for item in found] == ["half_squared_error"]


def test_a_page_is_typeset() -> None:
    assert "\\frac{1}{1 + e^{- x}}" in call("explain", "sigmoid", "--format", "markdown").output
    assert call("explain", "adam", "--format", "html").output.startswith("<!doctype html>")
    result = call("explain", "--format", "latex")
    assert result.exit_code == 2 and "The list of topics is text; latex goes with a TOPIC" in result.output
