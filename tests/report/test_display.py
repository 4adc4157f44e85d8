"""What a solution is in plain Python: its report where it is printed, a line where it is looked at."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

import nnsolve
from nnsolve.report.display import DisplayedSolution, solve
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import OWN, SEEDS


def test_print_writes_the_report() -> None:
    solution = nnsolve.solve(OWN / "branch.yaml")
    assert str(solution) + "\n" == str(report(solution.sections, Style(100)))
    assert "object at 0x" not in str(solution)


def test_repr_is_a_line() -> None:
    path = SEEDS / "scalar-backpropagation.yaml"
    solution = nnsolve.solve(path)
    assert repr(solution) == f"<solution of scalar-backpropagation.yaml: {len(solution.answers)} answers>"
    assert repr(solution) in repr([solution])


def test_one_answer_is_not_answers(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("inputs: {x: 2}\nequations: [a = x^2]\nask: [a]\n")
    assert repr(nnsolve.solve(tmp_path / "one.yaml")) == "<solution of one.yaml: 1 answer>"


class Printer:
    def __init__(self) -> None:
        self.found = ""

    def text(self, text: str) -> None:
        self.found += text


def test_ipython_shows_the_report() -> None:
    solution = solve(OWN / "branch.yaml")
    printer = Printer()
    solution._repr_pretty_(printer, False)
    assert printer.found == str(solution)


def test_a_solution_that_is_not_made_yet_can_be_looked_at() -> None:
    assert "DisplayedSolution" in repr(DisplayedSolution.__new__(DisplayedSolution))


def test_in_plain_python() -> None:
    code = f"import nnsolve; print(nnsolve.solve({str(OWN / 'branch.yaml')!r}))"
    found = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "Forward pass" in found.stdout


def test_what_is_printed_suits_the_encoding_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = nnsolve.solve(OWN / "branch.yaml")
    for encoding, is_ascii in (("ascii", True), ("utf-8", False)):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert str(solution).isascii() is is_ascii
