"""Every problem of the repository, exported and run on its own: the same numbers, in code that reads well."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.engine.solve import Solution
from tests.report.export.running import compare, exported, run_scripts, same

PROBLEMS = sorted((Path(__file__).parents[3] / "problems").glob("*.yaml"))


@cache
def solved(path: Path) -> Solution:
    return nnsolve.solve(path)


def test_the_scripts_compute_all_that_is_asked(tmp_path: Path) -> None:
    runs = run_scripts(tmp_path, {path.stem: exported(solved(path)) for path in PROBLEMS})
    for path in PROBLEMS:
        compare(runs[path.stem], solved(path))
        for id in solved(path).answers:
            assert f"{id} =" in runs[path.stem].printed


def test_there_are_problems_with_many_updates_and_with_parts() -> None:
    scripts = [exported(solved(path)) for path in PROBLEMS]
    assert sum("for update in range(40000):" in script for script in scripts) >= 3
    assert sum("# Part a:" in script for script in scripts) >= 2


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    solution = solved(next(path for path in PROBLEMS if path.stem == "regression-3-4-3-l2-norm"))
    wrong = exported(solution).replace("W2.T @ dell_dh2", "1.00000000001 * W2.T @ dell_dh2")
    missing = exported(solution).replace('answers["q-a"] =', "q_a =")
    runs = run_scripts(tmp_path, {"wrong": wrong, "missing": missing})
    for run in runs.values():
        with pytest.raises(AssertionError):
            compare(run, solution)
    with pytest.raises(AssertionError):
        same(np.zeros(3), np.zeros((3, 1)), 1e-12)


def test_nothing_of_nnsolve_can_be_imported_where_scripts_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nnsolve is not there"):
        run_scripts(tmp_path, {"cheats": "import nnsolve\nanswers = {}\n"})


def test_scripts_import_numpy_alone() -> None:
    for path in PROBLEMS:
        tree = ast.parse(exported(solved(path)))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert imported <= {"numpy", "math"}
        assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))


def test_scripts_are_formatted_and_have_no_unused_names(tmp_path: Path) -> None:
    for path in PROBLEMS:
        (tmp_path / f"{path.stem}.py").write_text(exported(solved(path)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    limits = ["--isolated", "--line-length", "120", str(tmp_path)]
    for command in (["check", "--select", "E,F,W,I,B,UP"], ["format", "--check"]):
        result = subprocess.run([*ruff, *command, *limits], capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stdout


def test_one_update_is_straight_code_and_the_problems_symbols() -> None:
    script = exported(solved(next(path for path in PROBLEMS if path.stem == "regression-3-4-3-l2-norm")))
    for line in (
        "hbar1 = W1 @ x + b1",
        "h1 = relu(hbar1)",
        "ell = np.linalg.norm(h2 - y)  # ell = norm(h2 - y)",
        "dell_dh2 = ratio(h2 - y, ell)  # dell/dh2 = (h2 - y) / ell",
        "dell_dhbar1 = dell_dh1 * relu_prime(hbar1)",
        "W1_new = W1 - eta * dell_dW1",
        'answers["q-g-W1"] = W1_new  # W1@1',
    ):
        assert f"\n{line}\n" in script, line


def test_a_part_alone(tmp_path: Path) -> None:
    parts = [(path, part.id) for path in PROBLEMS for part in solved(path).problem.parts]
    scripts = {f"part-{i}": exported(solved(path), part=part) for i, (path, part) in enumerate(parts)}
    for (path, part), run in zip(parts, run_scripts(tmp_path, scripts).values(), strict=True):
        expected = {id: value for id, value in solved(path).answers.items() if id.startswith(f"{part}.")}
        assert list(run.answers) == list(expected)
        for id, value in expected.items():
            same(run.answers[id], value, 1e-12, f"{path.stem}: {id}")
