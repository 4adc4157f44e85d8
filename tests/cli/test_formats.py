"""`nnsolve run` and `grad` with --format latex|markdown|html: the typeset report, in a file or in a pipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.calling import SCALAR, call


def test_latex_is_a_document_that_can_be_compiled(tmp_path: Path) -> None:
    file = tmp_path / "solution.tex"
    done = call("run", SCALAR, "--format", "latex", "-o", str(file))
    assert (done.exit_code, done.output) == (0, "")
    text = file.read_text(encoding="ascii")
    assert text.startswith("\\documentclass") and text.endswith("\\end{document}\n")
    assert r"&= \sigma (z_{2}) = \sigma (-1.15) = 0.2405" in text


def test_a_fragment_says_what_it_needs() -> None:
    done = call("run", SCALAR, "--format", "latex", "--fragment")
    assert done.exit_code == 0
    assert done.output.startswith("% Needs \\usepackage{amsmath} in the preamble.\n")
    assert "\\documentclass" not in done.output and "\\begin{document}" not in done.output


@pytest.mark.parametrize("format", ["text", "json"])
def test_other_formats_have_nothing_around_them_to_leave_out(format: str) -> None:
    done = call("run", SCALAR, "--format", format, "--fragment")
    assert done.exit_code == 2
    assert "--fragment goes with --format latex, markdown or html" in done.output


def test_markdown_has_formulas_on_lines_of_their_own() -> None:
    done = call("run", SCALAR, "--format", "markdown")
    assert done.exit_code == 0
    assert done.output.startswith("# Backpropagation through one hidden unit\n")
    assert (
        "\n\n$$\n\\begin{aligned}\ny &= \\sigma (z _{2}) = \\sigma (-1.15) = 0.2405\n\\end{aligned}\n$$\n\n"
        in done.output
    )


def test_a_fragment_of_markdown_has_no_title() -> None:
    whole = call("run", SCALAR, "--format", "markdown").output
    part = call("run", SCALAR, "--format", "markdown", "--fragment")
    assert part.exit_code == 0 and whole.endswith(part.output)
    assert whole.startswith("# ") and not re.search("^# ", part.output, re.MULTILINE) and "## Given" in part.output


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("s.tex", "\\documentclass"),
        ("s.html", "<!doctype html>"),
        ("s.md", "# Backpropagation"),
        ("s.JSON", "{"),
        ("s.txt", "Backpropagation"),
        ("s", "Backpropagation"),
    ],
)
def test_the_name_of_the_file_says_its_format(tmp_path: Path, name: str, start: str) -> None:
    assert call("run", SCALAR, "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert call("run", SCALAR, "--format", "text", "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("Backpropagation")  # what is said counts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", SCALAR, "-o", "s.pdf"], "would be PDF, and this command writes text, json, html, markdown or latex"),
        (["explain", "relu", "-o", "s.json"], "would be json, and this command writes text, html, markdown or latex"),
        (["explain", "-o", "s.html"], "The list of topics is text; html goes with a TOPIC"),
        (["run", SCALAR, "-o", "s.txt", "--fragment"], "--fragment goes with --format"),
    ],
)
def test_a_name_that_says_another_format_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert done.exit_code == 2 and message in " ".join(done.output.split())
    assert not list(tmp_path.iterdir())


def test_detail_and_decimals_count_in_every_format() -> None:
    brief = call("run", SCALAR, "--format", "latex", "--detail", "brief", "--decimals", "2").output
    assert "Forward pass" not in brief and r"\item[{C}]" in brief and "0.29" in brief and "0.288" not in brief


def test_html_is_a_page_or_a_fragment(tmp_path: Path) -> None:
    file = tmp_path / "solution.html"
    done = call("run", SCALAR, "--format", "html", "--detail", "full", "-o", str(file))
    assert (done.exit_code, done.output) == (0, "")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.endswith("</html>\n")
    assert 'value="full" checked' in text and "<mn>0.2405</mn>" in text
    part = call("run", SCALAR, "--format", "html", "--fragment").output
    assert part.startswith('<div class="nnsolve notebook ') and "<html" not in part and "<mn>0.2405</mn>" in part


def test_the_chain_rule_comes_in_every_format(tmp_path: Path) -> None:
    begins = {
        "latex": "\\documentclass",
        "markdown": "# Backpropagation through",
        "html": "<!doctype html>",
        "json": "{",
    }
    for format, beginning in begins.items():
        file = tmp_path / format
        done = call("grad", SCALAR, "--of", "w_1", "--verify", "--format", format, "-o", str(file))
        assert (done.exit_code, done.output) == (0, "")
        text = file.read_text(encoding="utf-8")
        assert text.startswith(beginning) and "dC/dw_1" in text.replace("\\", "")
    part = call("grad", SCALAR, "--format", "html", "--fragment").output
    assert part.startswith('<div class="nnsolve notebook ') and "<html" not in part
    assert call("grad", SCALAR, "--format", "json", "--fragment").exit_code == 2
