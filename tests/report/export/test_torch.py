"""Scripts in PyTorch: its autograd finds the same gradients. They are run where PyTorch is installed."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import nnsolve
from nnsolve.core.diagnostics import ProblemError
from nnsolve.engine.solve import Solution
from nnsolve.ops import REGISTRY
from tests.cli.calling import call, written
from tests.report.export.generated import GENERATED
from tests.report.export.running import compare, exported, run_scripts
from tests.report.export.test_problems import PROBLEMS

with_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
TOLERANCE = 1e-11
"""PyTorch computes softmax and its logarithm in another way, which costs a digit where a probability is near 1."""


def writable(solutions: list[Solution]) -> dict[str, Solution]:
    """The solutions that can be written in PyTorch, by the names of their scripts."""
    found = {}
    for i, solution in enumerate(solutions):
        try:
            exported(solution, "torch")
        except ProblemError as error:
            assert [finding.code for finding in error.diagnostics] == ["not-exportable"]
        else:
            found[f"script_{i}"] = solution
    assert 2 * len(found) >= len(solutions)
    return found


@with_torch
@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_the_script_computes_all_that_is_asked(path: Path, tmp_path: Path) -> None:
    solution = nnsolve.solve(path)
    compare(run_scripts(tmp_path, {"script": exported(solution, "torch")})["script"], solution)


@with_torch
@pytest.mark.parametrize("name", GENERATED)
def test_generated_problems(name: str, tmp_path: Path) -> None:
    solutions = writable(GENERATED[name](tmp_path))
    scripts = {key: exported(solution, "torch") for key, solution in solutions.items()}
    for key, run in run_scripts(tmp_path, scripts).items():
        compare(run, solutions[key], TOLERANCE)


@with_torch
def test_the_comparison_can_fail(tmp_path: Path) -> None:
    solution = nnsolve.solve(next(path for path in PROBLEMS if path.stem == "regression-3-4-3-l2-norm"))
    wrong = exported(solution, "torch").replace("torch.relu(hbar1)", "torch.sigmoid(hbar1)")
    run = run_scripts(tmp_path, {"wrong": wrong})["wrong"]
    with pytest.raises(AssertionError):
        compare(run, solution)


def test_no_gradient_is_written_by_hand() -> None:
    for path in PROBLEMS:
        tree = ast.parse(exported(nnsolve.solve(path), "torch"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                asked = ast.unparse(node.value).startswith(("torch.autograd.grad", "torch.zeros_like"))
                kept = node.targets[0].id.endswith("_at")
                assert asked or kept or not node.targets[0].id.startswith("dL_d"), ast.unparse(node)


def test_scripts_are_formatted_and_import_nothing_else(tmp_path: Path) -> None:
    for path in PROBLEMS:
        script = exported(nnsolve.solve(path), "torch")
        (tmp_path / f"{path.stem}.py").write_text(script, encoding="utf-8")
        imported = {alias.name for n in ast.walk(ast.parse(script)) if isinstance(n, ast.Import) for alias in n.names}
        assert imported <= {"torch", "numpy", "math"}
    limits = ["--isolated", "--line-length", "120", str(tmp_path)]
    for command in (["check", "--select", "E,F,W,I,B,UP"], ["format", "--check"]):
        result = subprocess.run([sys.executable, "-m", "ruff", *command, *limits], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout


BASE = """
conventions: {weights: rows, samples: columns%s}
layers: [{dense: {W: [[1, -1]], activation: relu}}, {dense: {W: [[2]]}}]
inputs: {x: [2, 1]}
targets: {y: [2]}
loss: half_squared_error
"""


@pytest.mark.parametrize(
    ("convention", "more", "what"),
    [
        ("", "training: {learning_rate: 0.1, steps: 1, order: layer_by_layer}\nask: [W1@1]\n", "order: layer_by_layer"),
        ("", "rounding: {a1: {decimals: 1}}\nask: [dL/dW1]\n", "rounded"),
        ("", "given: {a1: [3]}\nask: [dL/dW1]\n", "given in the place of equations"),
        (", relu_at_zero: 1", "ask: [dL/dW1]\n", "relu_at_zero"),
    ],
)
def test_what_autograd_does_otherwise_is_refused(convention: str, more: str, what: str, tmp_path: Path) -> None:
    path = written(tmp_path, BASE % convention + more)
    result = call("export", path, "--to", "torch", "-o", str(tmp_path / "out.py"))
    assert result.exit_code == 2
    assert "error[not-exportable]" in result.output and what in result.output and "--to numpy" in result.output
    assert not (tmp_path / "out.py").exists()
    assert call("export", path, "--to", "numpy").exit_code == 0


def test_values_alone_need_no_autograd(tmp_path: Path) -> None:
    path = written(tmp_path, BASE % "" + "rounding: {a1: {decimals: 1}}\nask: [L]\n")
    script = call("export", path, "--to", "torch").output
    assert "requires_grad" not in script and "autograd.grad" not in script


def test_every_activation_is_pytorchs_own() -> None:
    own = {name for name, operation in REGISTRY.items() if operation.activation and not operation.torch}
    assert own == {"identity", "tanh", "sign", "step"}  # the first two are torch's under NumPy's names
