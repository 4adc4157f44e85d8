"""A mistake made in working on from a wrong answer of one's own is named, whatever spoiled that one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnsolve.checking.check import check, check_many
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.mistakes.examples import NETWORK
from nnsolve.checking.model import Item
from nnsolve.checking.route import OFTEN
from nnsolve.report.display import solve


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onward")
    (folder / "network.yaml").write_text(f"{NETWORK.partition('ask:')[0]}ask: [dL/dz2, dL/dW1, W1@1]\n")
    return folder


def text(value: np.ndarray) -> str:
    return f"[{', '.join(map(text, value))}]" if value.ndim else f"{value:.6g}"


def student(folder: Path, name: str, gradient: np.ndarray, updated: np.ndarray) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(
        f"problem: network\nstudent: {name}\nanswers: {{dL/dW1: {text(gradient)}, W1@1: {text(updated)}}}\n"
    )
    return path


def spoiled(folder: Path, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The weights, and a gradient with errors that nothing explains."""
    solution = solve(folder / "network.yaml")
    gradient = np.asarray(solution["dL/dW1"])
    return np.asarray(solution["W1"]), gradient + np.random.default_rng(seed).normal(0, 0.3, gradient.shape)


def updated(item: Item) -> tuple[list[str], str]:
    return [cause.code for cause in item.causes], item.message


def test_a_step_without_learning_rate_is_named_though_its_gradient_is_wrong(folder: Path) -> None:
    weights, gradient = spoiled(folder, 1)
    result = check(student(folder, "a", gradient, weights - gradient), folder, diagnose)
    codes, message = updated(result.items[2])
    assert codes[0] == "learning-rate-missing" and message.endswith("worked out from your dL/dW1")
    assert not result.items[1].causes


@pytest.mark.parametrize("seed", range(3))
def test_random_numbers_after_a_wrong_gradient_are_just_wrong(folder: Path, seed: int) -> None:
    weights, gradient = spoiled(folder, seed)
    other = weights + np.random.default_rng(seed + 100).normal(0, 0.3, weights.shape)
    result = check(student(folder, "b", gradient, other), folder, diagnose)
    assert (result.items[2].verdict, *updated(result.items[2])) == ("wrong", [], result.items[2].message)
    assert "worked out" not in result.items[2].message


def test_the_hundredth_student_is_told_the_same(folder: Path) -> None:
    paths = []
    for n in range(2 * OFTEN):
        weights, gradient = spoiled(folder, n)
        paths.append(student(folder, f"c{n:03}", gradient, weights + 0.3 * gradient))
    found = check_many(paths, problems=folder, diagnose=diagnose).results
    assert {tuple(updated(result.items[2])[0]) for result in found} == {("ascent-for-descent",)}


def test_a_second_mistake_is_named_alone_where_the_first_one_stands_in_an_earlier_answer(folder: Path) -> None:
    """The two together from the right values are still named, but behind it; the slips of the file are one and one."""
    solution = solve(folder / "network.yaml")
    weights, gradient = np.asarray(solution["W1"]), -np.asarray(solution["dL/dW1"])
    error = -np.asarray(solution["dL/dz2"])
    path = folder / "second.yaml"
    numbers = {"dL/dz2": error, "dL/dW1": gradient, "W1@1": weights - gradient}
    answers = ", ".join(f"{ask}: {text(value)}" for ask, value in numbers.items())
    path.write_text(f"problem: network\nstudent: second\nanswers: {{{answers}}}\n")
    result = check(path, folder, diagnose)
    codes, message = updated(result.items[2])
    assert codes[0] == "learning-rate-missing" and "target-minus-prediction" in codes[1:]
    assert message.endswith("worked out from your dL/dW1")
    assert [item.verdict for item in result.items] == ["wrong", "carried", "wrong"]
    assert [[cause.code for cause in slip.causes] for slip in result.slips if slip.items == ("W1@1",)] == [
        ["learning-rate-missing"]
    ]
