"""Scripts in PyTorch: its autograd finds the same gradients. They are run where PyTorch is installed."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.blocks import OPTIMIZERS
from nnsolve.engine.solve import Solution
from nnsolve.ops import REGISTRY
from nnsolve.report.export.names import Identifiers
from nnsolve.report.export.python import code
from nnsolve.report.export.torchcode import Torch
from tests.blocks.test_optimizers import SETTINGS
from tests.cli.calling import call, written
from tests.engine.solving import solved
from tests.ops.laboratory import Bench
from tests.report.export.generated import GENERATED
from tests.report.export.running import compare, exported, run_scripts, same
from tests.report.export.test_operations import WAYS
from tests.report.export.test_problems import PROBLEMS

with_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
TOLERANCE = 1e-11
"""PyTorch computes softmax and its logarithm in another way, which costs a digit where a probability is near 1."""


@cache
def solved_problem(path: Path) -> Solution:
    return nnsolve.solve(path)


@with_torch
def test_the_scripts_of_problems_compute_all_that_is_asked(tmp_path: Path) -> None:
    scripts = {path.stem: exported(solved_problem(path), "torch") for path in PROBLEMS}
    for path, run in zip(PROBLEMS, run_scripts(tmp_path, scripts).values(), strict=True):
        compare(run, solved_problem(path))


@with_torch
@pytest.mark.parametrize("name", GENERATED)
def test_generated_problems(name: str, tmp_path: Path) -> None:
    solutions = GENERATED[name](tmp_path)
    scripts = {f"script_{i}": exported(solution, "torch") for i, solution in enumerate(solutions)}
    for run, solution in zip(run_scripts(tmp_path, scripts).values(), solutions, strict=True):
        compare(run, solution, TOLERANCE)


@with_torch
def test_the_comparison_can_fail(tmp_path: Path) -> None:
    solution = nnsolve.solve(next(path for path in PROBLEMS if path.stem == "regression-3-4-3-l2-norm"))
    wrong = exported(solution, "torch").replace("torch.relu(hbar1)", "torch.sigmoid(hbar1)")
    run = run_scripts(tmp_path, {"wrong": wrong})["wrong"]
    with pytest.raises(AssertionError):
        compare(run, solution)


def test_no_gradient_of_the_problems_is_written_by_hand() -> None:
    for path in PROBLEMS:
        script = exported(solved_problem(path), "torch")
        assert "Written out" not in script
        for node in ast.walk(ast.parse(script)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value, target = ast.unparse(node.value), node.targets[0].id
                found = value.startswith(("torch.autograd.grad", "torch.zeros_like")) or value.endswith(".grad")
                assert found or target.endswith("_at") or not target.startswith("dL_d"), ast.unparse(node)


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
SEQUENCE = """
conventions: {weights: rows, samples: columns}
layers: [{rnn: {W_xh: [[1]], W_hh: [[0.5]], activation: tanh}}]
inputs: {x: [1, 2, 3]}
targets: {y: [1, 2, 3]}
loss: {name: half_squared_error, over_time: %s}
training: {learning_rate: 0.1, steps: 1%s}
ask: [%s]
"""
RENEWED = "training: {learning_rate: 0.1, steps: 1, order: layer_by_layer}\nask: [W1@1]\n"


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (BASE % "" + RENEWED, "the error goes on through renewed weights (order: layer_by_layer)"),
        (BASE % "" + "rounding: {a1: {decimals: 1}}\nask: [dL/dW1]\n", "the values as they were before rounding"),
        (BASE % "" + "given: {a1: [3]}\nask: [dL/dW1]\n", "does not go through a1, which is given"),
        (BASE % ", relu_at_zero: 1" + "ask: [dL/dW1]\n", "the derivative of relu at 0 is 0 in PyTorch"),
        (SEQUENCE % ("sum", ", truncate: 2", "dL/dW_hh"), "autograd goes back through all steps (truncate: 2)"),
        (SEQUENCE % ("sum", ", truncate: 1", "dh_3/dh_1"), "for the gradient of the loss alone"),
    ],
)
def test_what_autograd_finds_otherwise_is_written_out(problem: str, why: str, tmp_path: Path) -> None:
    script = call("export", written(tmp_path, problem), "--to", "torch").output
    told = " ".join(line.strip("# ") for line in script.splitlines() if line.startswith("#"))
    assert "Written out, since " in told and why in told
    assert "backward(" not in script and "autograd.grad" not in script and "requires_grad" not in script


@pytest.mark.parametrize(
    "problem",
    [
        BASE % "" + "given: {a1: [3]}\nask: [dL/dW2, dL/da1]\n",  # where no gradient goes through it
        BASE % ", relu_at_zero: 1" + "ask: [dL/dW2]\n",
        SEQUENCE % ("sum", "", "dL/dW_hh"),
        SEQUENCE % ("sum", ", truncate: 1", "dL/dW_hh"),
        SEQUENCE % ("last", ", truncate: 2", "W_hh@1"),
    ],
)
def test_what_autograd_finds_is_left_to_it(problem: str, tmp_path: Path) -> None:
    script = call("export", written(tmp_path, problem), "--to", "torch").output
    assert "Written out" not in script and "L.backward()\n" in script
    assert ("@ h_1.detach()" in script) == ("truncate" in problem)


MAKES = {
    "sgd": "SGD(parameters, lr=eta)",
    "momentum": "SGD(parameters, lr=eta, momentum=mu)",
    "nesterov": "SGD(parameters, lr=eta, momentum=mu, nesterov=True)",
    "adagrad": "Adagrad(parameters, lr=eta, eps=epsilon)",
    "rmsprop": "RMSprop(parameters, lr=eta, alpha=rho, eps=epsilon)",
    "adam": "Adam(parameters, lr=eta, betas=(beta1, beta2), eps=epsilon)",
    "adamw": "AdamW(parameters, lr=eta, betas=(beta1, beta2), eps=epsilon, weight_decay=lam / eta)",
}


def test_optimizers_of_the_same_formula_are_pytorchs_own(tmp_path: Path) -> None:
    for name, block in OPTIMIZERS.items():
        if block.follows_gradient:
            settings = ", ".join(f"{key}: {value}" for key, value in SETTINGS[name].items())
            training = f"training: {{optimizer: {name}, {settings}, steps: 9}}\nask: [W1@9]\n"
            script = call("export", written(tmp_path, BASE % "" + training), "--to", "torch").output
            if name in MAKES:
                assert f"optimizer = torch.optim.{MAKES[name]}\n" in script
                assert "    optimizer.zero_grad()\n    L.backward()\n    # Update\n    optimizer.step()\n" in script
            else:
                assert "torch.optim has no optimizer of this formula" in script and "optimizer.step" not in script


@pytest.mark.parametrize(
    ("training", "ask", "why"),
    [
        ("optimizer: adam", "v_W1@2", "v_W1 is asked for"),
        ("learning_rate: 0.1", "eta", "eta is asked for"),
        ("learning_rate: 0.1, clip_norm: 1", "W1@1", "clip_grad_norm_ divides by the norm + 1e-6"),
        ("learning_rate: 0.1, schedule: {kind: exponential, factor: 0.9}", "W1@1", "the rate of the schedule"),
        ("optimizer: adam, state: {t: 3}", "W1@1", "continues from a given state"),
        ("learning_rate: 0.1, gradients: {W2: [[1]]}", "W1@1", "states gradients"),
    ],
)
def test_an_update_that_pytorch_makes_otherwise_is_written_out(
    training: str, ask: str, why: str, tmp_path: Path
) -> None:
    text = f"training: {{{training}, steps: 2}}\nask: [{ask}, W2@2]\n"
    script = call("export", written(tmp_path, BASE % "" + text), "--to", "torch").output
    told = " ".join(line.strip("# ") for line in script.splitlines() if line.startswith("#"))
    assert why in told and "L.backward()" in script and "with torch.no_grad():\n" in script
    assert "torch.optim." not in script


def test_values_alone_need_no_autograd(tmp_path: Path) -> None:
    path = written(tmp_path, BASE % "" + "rounding: {a1: {decimals: 1}}\nask: [L]\n")
    script = call("export", path, "--to", "torch").output
    assert "requires_grad" not in script and "autograd.grad" not in script


@with_torch
def test_names_that_the_script_has_already(tmp_path: Path) -> None:
    names = ["torch", "parameters", "parameter", "optimizer", "grad", "t", "W1_before", "dict", "element", "total"]
    text = {
        "parameters": {name: [[0.1 * i, 1.0]] for i, name in enumerate(names)},
        "inputs": {"x": [[1.0, 0.5], [2.0, -1.0], [0.5, 0.5]]},
        "conventions": {"samples": "rows"},
        "equations": [f"z = x @ ({' + '.join(names)}).T", "L = sum(sigmoid(z)^2)"],
        "loss": "L",
        "training": {"optimizer": "adam", "steps": 8, "batch_size": 1},
    }
    many = solved(tmp_path, **text, ask=["dL/dz@5", *(f"{name}@end" for name in names), "torch@7 - torch@6"])
    few = solved(tmp_path, **text, ask=["optimizer@1", "torch@2 - torch", "dL/dgrad@1"])
    runs = run_scripts(tmp_path, {"many": exported(many, "torch"), "few": exported(few, "torch")})
    compare(runs["many"], many)
    compare(runs["few"], few)


@with_torch
def test_every_operation_has_its_value_and_shape(tmp_path: Path) -> None:
    """One script with every case of the operations, those of backward passes among them."""
    lines, expected, defined = ["import torch", "torch.set_default_dtype(torch.float64)", "answers = {}"], {}, set()
    for i, case in enumerate(WAYS):
        bench, language = Bench(case), Torch(Identifiers())
        node = language.node(bench.call, bench.shapes, lambda name: ast.Name(str(name)))
        for name, value in bench.values.items():
            lines.append(f"{name} = torch.tensor({np.asarray(value, dtype=float).tolist()})")
        for function in language.functions.values():
            lines += function.lines
        lines.append(f'answers["{i}"] = {code(node)}')
        expected[str(i)] = bench.value()
        defined.add(case.op)
    run = run_scripts(tmp_path, {"operations": "\n".join(lines) + "\n"}, "ignore")["operations"]
    for id, value in expected.items():
        same(run.answers[id], value, 1e-12, str(WAYS[int(id)]))
    assert defined == set(REGISTRY) - {"jacobian"}


def test_every_activation_is_pytorchs_own() -> None:
    own = {name for name, operation in REGISTRY.items() if operation.activation and not operation.torch}
    assert own == {"identity", "tanh", "sign", "step"}  # the first two are torch's under NumPy's names
