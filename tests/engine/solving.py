"""Problem files written by tests, and what comes out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import nnsolve
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.spelling import spell
from nnsolve.engine.solve import Solution
from nnsolve.ops.templates import unfold
from tests.ops.laboratory import assert_close

__all__ = ["assert_close", "codes", "failure", "formulas", "solve_text", "solved"]


def plain(value: Any) -> Any:
    """Arrays as lists, all the way down: what JSON, and so YAML, can say."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    return value


def solve_text(folder: Path, text: str) -> Solution:
    """The solution of a problem file with this text."""
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    return nnsolve.solve(path)


def solved(folder: Path, **sections: Any) -> Solution:
    """The solution of a problem file with these sections; JSON is YAML, one section a line."""
    lines = [f"{key}: {json.dumps(plain(value))}" for key, value in sections.items()]
    return solve_text(folder, "\n".join(lines) + "\n")


def failure(folder: Path, text: str) -> ProblemError:
    """The error that a problem file with this text raises."""
    try:
        solve_text(folder, text)
    except ProblemError as error:
        return error
    raise AssertionError("the problem was solved")


def codes(error: ProblemError) -> list[str]:
    """The codes of all findings, in the order of the file."""
    return [found.code for found in error.diagnostics]


def formulas(solution: Solution) -> dict[str, str]:
    """Every equation of the trace as it is printed."""
    return {str(step.name): spell(unfold(step.equation.expr)) for step in solution.trace if step.equation}
