"""`nnsolve export` as a user calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnsolve.report.export.formats import EXPORTS
from tests.cli.calling import NETWORK, PARTS, call, written


def test_the_script_goes_to_a_file_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "solution.py"
    assert call("export", NETWORK, "--to", "numpy", "-o", str(path)).exit_code == 0
    result = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert "q-a = [ 2.2  4.  -0.8  1.2]\n" in result.stdout
    assert "q-e-W2 = \n[[" in result.stdout


def test_it_is_printed_without_a_file() -> None:
    script = call("export", NETWORK, "--to", "numpy").output
    assert "hbar1 = W1 @ x + b1\n" in script
    assert compile(script, "script", "exec")


def test_a_part_alone() -> None:
    script = call("export", PARTS, "--to", "numpy", "--part", "zeros").output
    assert 'answers["zeros.o"]' in script
    assert 'answers["o"]' not in script
    result = call("export", PARTS, "--to", "numpy", "--part", "none")
    assert result.exit_code == 2 and "there is no part none" in result.output


@pytest.mark.parametrize("target", EXPORTS)
def test_a_broken_problem_is_no_script(target: str, tmp_path: Path) -> None:
    path = written(tmp_path, "equations: [y = rellu(x)]\ninputs: {x: 1}\nask: [y]\n")
    result = call("export", path, "--to", target, "-o", str(tmp_path / "out"))
    assert result.exit_code == 2 and "unknown-function" in result.output
    assert not (tmp_path / "out").exists()


def test_a_target_has_to_be_named() -> None:
    result = call("export", NETWORK)
    assert result.exit_code == 2 and "--to" in result.output
    result = call("export", NETWORK, "--to", "fortran")
    assert result.exit_code == 2 and "numpy" in result.output


def test_the_problem_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path, "equations: [y = 2 * x]\ninputs: {x: 1}\nask: [y]\n")
    result = call("export", path, "--to", "numpy", "-o", path)
    assert result.exit_code == 2 and "would replace the problem" in result.output


def test_too_many_numbers_are_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "inputs: {x: {random: normal, mean: 0, std: 1, shape: [500, 500], seed: 0}}\n"
        "equations: [s = sum(x)]\nask: [s]\n",
    )
    result = call("export", path, "--to", "numpy")
    assert result.exit_code == 2 and "error[too-big]" in result.output
