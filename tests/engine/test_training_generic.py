"""Compiled training against traces: every problem, random programs, every layout, loss and activation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import Place
from nnsolve.engine.run import Run
from nnsolve.problem.loader import load_problem
from nnsolve.problem.model import Problem, Training
from tests.engine.networks import ACTIVATIONS, STYLES, Style
from tests.engine.programs import random_program
from tests.engine.test_equations import problem as random_problem
from tests.engine.test_losses import PAIRS, SPECS, network, sections, targets
from tests.engine.training import KINDS, Trained, assert_same, by_code, by_traces, force, read

PROBLEMS = sorted((Path(__file__).parents[2] / "problems").glob("*.yaml"))


@pytest.fixture(params=KINDS, autouse=True)
def kind(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    force(request.param, monkeypatch)
    return str(request.param)


def runs(problem: Problem) -> Iterator[Run]:
    """The problem and its parts; one that trains nothing is trained by gradient descent."""
    for each in (problem, *[part.problem for part in problem.parts]):
        if each.training is None and (each.loss is None or not Run(each).whole.parameters):
            continue
        descent = Training(Place(""), learning_rate=0.01, steps=10, batch_size="all")
        yield Run(each if each.training else each._replace(training=descent))


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_problems(path: Path) -> None:
    for run in runs(load_problem(path)):
        updates = min(2 * run.per_epoch + 3, 40)
        assert_same(by_code(run, updates, (1, 3)), by_traces(run, updates))


def test_there_are_problems_that_train() -> None:
    assert sum(1 for path in PROBLEMS for _ in runs(load_problem(path))) >= 7


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed: int, tmp_path: Path) -> None:
    text = random_problem(random_program(seed, equations=4))
    problem = read(tmp_path, **text, training={"learning_rate": 1e-4, "steps": 6})
    run = Run(problem)
    assert_same(by_code(run, 6, (4,)), by_traces(run, 6), 1e-11)


def trained(folder: Path, style: Style, names: tuple[str, str], size: int | str, factor: float = 1, **more: Any) -> Run:
    """A network of two layers with an activation before a loss; its parameters times a factor."""
    layers, _, x = network(style, names[1], 5)
    parameters = [{key: factor * value for key, value in layer.items()} for layer in layers]
    y = targets(SPECS[names[0]].targets, 3, 5)
    options = SPECS[names[0]].options
    loss = {"name": names[0], **options, "reduction": "mean"}
    training = {"learning_rate": 0.05, "epochs": 10, "batch_size": size, **more}
    return Run(read(folder, **sections(style, parameters, names[1], x, y, loss=loss, training=training)))


_TRACED: dict[object, Trained] = {}


def traced(case: object, run: Run, updates: int) -> Trained:
    """`by_traces` of a case, once for both kinds of code."""
    if case not in _TRACED:
        _TRACED[case] = by_traces(run, updates)
    return _TRACED[case]


@pytest.mark.parametrize("size", [1, 2, "all"])
@pytest.mark.parametrize("style", STYLES, ids=str)
def test_layouts(style: Style, size: int | str, tmp_path: Path) -> None:
    run = trained(tmp_path, style, ("squared_error", "tanh"), size)
    assert_same(by_code(run, 3 * run.per_epoch), by_traces(run, 3 * run.per_epoch))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_losses(names: tuple[str, str], shuffle: bool, tmp_path: Path) -> None:
    more = {"shuffle": True, "seed": 3} if shuffle else {}
    run = trained(tmp_path, STYLES[0], names, 2, **more)
    assert_same(by_code(run, 10, (4, 5)), traced((names, shuffle), run, 10))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation: str, tmp_path: Path) -> None:
    run = trained(tmp_path, STYLES[-1], ("squared_error", activation), 2)
    assert_same(by_code(run, 7), by_traces(run, 7))


@pytest.mark.parametrize("factor", [1e2, 1e4, 1e160, -1e4])
@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_saturation(names: tuple[str, str], factor: float, tmp_path: Path) -> None:
    """Where exponentials overflow, quotients are of 0 and logarithms of 0, both go on alike, to inf and nan."""
    run = trained(tmp_path, STYLES[0], names, 1, factor)
    assert_same(by_code(run, 12), traced((names, 1, factor), run, 12), 1e-9)


def test_rounding_order_and_given_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    shapes = {"W": (3, 4), "b": (4,)}, {"W": (4, 2), "b": (2,)}
    layers = [
        {"dense": {key: rng.normal(size=s) for key, s in part.items()} | {"activation": "sigmoid"}} for part in shapes
    ]
    base: dict[str, Any] = {
        "conventions": {"weights": "columns", "samples": "rows"},
        "layers": layers,
        "inputs": {"x": rng.normal(size=(5, 3))},
        "targets": {"y": rng.random(size=(5, 2))},
        "loss": {"name": "half_squared_error", "reduction": "sum"},
    }
    training = {"learning_rate": 0.3, "steps": 12, "batch_size": 2}
    cases: list[dict[str, Any]] = [
        {"training": {**training, "order": "layer_by_layer"}},
        {"training": {**training, "update": ["W2", "b1"]}},
        {"training": {**training, "gradients": {"W2": rng.normal(size=(4, 2)), "b1": rng.normal(size=4)}}},
        {"training": training, "given": {"a1": rng.random(size=(5, 4))}},
        {"training": training, "rounding": {"every": {"decimals": 3}}},
        {"training": training, "rounding": {"a1": {"decimals": 2, "ties": "zero"}, "W1": {"significant": 4}}},
    ]
    for case in cases:
        run = Run(read(tmp_path, **base, **case))
        assert_same(by_code(run, 11), by_traces(run, 11))


def test_parameters_that_take_one_anothers_values(tmp_path: Path) -> None:
    """Rotations of the parameters: what is overwritten was read before."""
    text = {
        "parameters": {"u": [1.0, 2.0], "v": [3.0, -1.0], "w": [0.5, 0.25]},
        "equations": ["s = u * v", "L = sum(s * w) + sum(u) + sum(v^2)"],
        "loss": "L",
        "training": {"learning_rate": 1, "steps": 5},
    }
    run = Run(read(tmp_path, **text))
    assert_same(by_code(run, 5), by_traces(run, 5))
