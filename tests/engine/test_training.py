"""The trainer: references, epochs and batches, interruptions, divergence, time and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.engine import run, training
from nnsolve.engine.compiled import code
from nnsolve.engine.run import Run
from nnsolve.engine.training import Divergence, Trainer
from nnsolve.problem.loader import load_problem
from tests.engine import test_updates
from tests.engine.solving import assert_close, failure, solved
from tests.engine.training import assert_same, by_code, by_traces, read

X, Y = [[0, 0], [1, 0], [0, 1], [1, 1]], [[0], [1], [1], [0]]
START = {
    "W1": [[0.1, -0.3, 0.7], [0.5, 0.9, -0.2]],
    "b1": [0.3, -0.6, 0.2],
    "W2": [[0.4], [-0.8], [0.25]],
    "b2": [-0.1],
}


def xor(batch: int | str, epochs: int = 10_000, **training: Any) -> dict[str, Any]:
    """The XOR network of the notebook "Neural networks handcrafted" (D. Krzemiński, 2018), from fixed weights."""
    return {
        "conventions": {"weights": "columns", "samples": "rows"},
        "layers": [
            {"dense": {"W": START["W1"], "b": START["b1"], "activation": "sigmoid"}},
            {"dense": {"W": START["W2"], "b": START["b2"], "activation": "sigmoid"}},
        ],
        "inputs": {"x": X},
        "targets": {"y": Y},
        "loss": {"name": "half_squared_error", "reduction": "sum"},
        "training": {"learning_rate": 0.1, "epochs": epochs, "batch_size": batch, **training},
    }


def by_notebook(batch: bool, epochs: int) -> tuple[dict[str, Any], Any]:
    """The notebook's loop: an update for each sample, or one for all four."""
    w1, b1, w2, b2 = (np.atleast_2d(np.array(START[key])) for key in ("W1", "b1", "W2", "b2"))
    error = np.zeros(epochs)
    for n in range(epochs):
        sums = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
        for x, (y,) in zip(np.array(X), np.array(Y), strict=True):
            lay1 = 1 / (1 + np.exp(-(np.dot(w1.T, x) + b1)))
            lay2 = 1 / (1 + np.exp(-(np.dot(w2.T, lay1.T) + b2)))
            error[n] += (0.5 * (lay2 - y) ** 2).item()
            delta_l2 = (lay2 - y) * lay2 * (1 - lay2)
            delta_l1 = np.dot(w2, delta_l2) * (lay1 * (1 - lay1)).T
            found = np.outer(x, delta_l1), delta_l1.T, (delta_l2 * lay1).T, delta_l2
            if batch:
                sums = [total + part for total, part in zip(sums, found, strict=True)]
            else:
                w1, b1, w2, b2 = (p - 0.1 * part for p, part in zip((w1, b1, w2, b2), found, strict=True))
        if batch:
            w1, b1, w2, b2 = (p - 0.1 * total for p, total in zip((w1, b1, w2, b2), sums, strict=True))
    return {"W1": w1, "b1": b1, "W2": w2, "b2": b2}, error / 4


@pytest.mark.parametrize("batch", [1, "all"])
def test_the_notebook_after_10000_epochs(batch: int | str, tmp_path: Path) -> None:
    expected, error = by_notebook(batch == "all", 10_000)
    found = by_code(Run(read(tmp_path, **xor(batch))), 10_000 * (4 if batch == 1 else 1))
    for name, value in found.parameters.items():
        assert np.abs(value - expected[str(name)]).max() < 1e-9
    assert np.abs(np.array(found.losses) - error).max() < 1e-12


def test_the_notebook_through_the_front_door(tmp_path: Path) -> None:
    """40,000 updates in a solution: parameters at the end, losses of epochs, a value on the way."""
    expected, error = by_notebook(False, 2000)
    asks = ["W1@end", "W2@8000", "L@e1..e3", "L@e2000", "L@e1000", "W1@8000", "a2@7999"]
    found = solved(tmp_path, **xor(1, 2000), ask=asks)
    assert np.abs(found["W1@end"] - expected["W1"]).max() < 1e-9
    assert np.abs(found["W2@8000"] - expected["W2"]).max() < 1e-9
    for epoch in (1, 2, 3, 1000, 2000):
        assert found[f"L@e{epoch}"] == pytest.approx(error[epoch - 1], rel=1e-9)


def test_updates_made_by_compiled_code_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hand-written loops of other tests hold where nothing is traced but what is shown."""
    monkeypatch.setattr(run, "COMPILED_FROM", 1)
    for size in (1, 3, "all"):
        for style in (test_updates.STYLE, test_updates.ROWS):
            test_updates.test_batches(style, size, "mean", tmp_path)
    test_updates.test_shuffle_goes_through_every_sample_once(tmp_path)


@pytest.mark.parametrize("size", [1, 3, 4, "all"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_pieces_of_any_size(size: int | str, shuffle: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the loop comes up for air changes nothing."""
    more = {"shuffle": True, "seed": 3} if shuffle and size != "all" else {}
    run = Run(read(tmp_path, **xor(size, 50, **more)))
    expected = by_traces(run, 20 * run.per_epoch)
    for length in (0.0, 1e-4, 10.0):
        monkeypatch.setattr(training, "PIECE", length)
        assert_same(by_code(run, 20 * run.per_epoch, (1, 2, 7, 8, 11)), expected)
    monkeypatch.setattr("nnsolve.engine.compiled.batches.MAX_NUMBERS", 4)
    assert_same(by_code(run, 20 * run.per_epoch, (5,)), expected)


def test_an_epoch_is_reported_only_where_all_of_it_was_seen(tmp_path: Path) -> None:
    trainer = Trainer(Run(read(tmp_path, **xor(1, 50))))
    seen: list[int] = []
    trainer.advance(6)
    trainer.advance(17, lambda epoch, loss: seen.append(epoch))
    assert seen == [3, 4]
    trainer.advance(20, lambda epoch, loss: seen.append(epoch))
    assert seen == [3, 4, 5]


def test_back_to_the_beginning(tmp_path: Path) -> None:
    """What is loaded without parameters is what the file gives, not what the trainer happens to have."""
    run = Run(read(tmp_path, **xor("all", 50)))
    trainer = Trainer(run)
    trainer.advance(3)
    trainer.load(0, {})
    for name, value in trainer.parameters.items():
        np.testing.assert_array_equal(value, run.program.leaves[name].value)


def test_parameters_are_copies(tmp_path: Path) -> None:
    trainer = Trainer(Run(read(tmp_path, **xor("all", 50))))
    before = trainer.parameters
    kept = {name: value.copy() for name, value in before.items()}
    trainer.advance(50)
    assert all(np.array_equal(before[name], kept[name]) for name in kept)
    trainer.parameters[Name("W", 1)][...] = 0
    assert trainer.parameters[Name("W", 1)].any()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_a_finished_update(
    kind: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an update over arrays, which changes parameters in place."""
    monkeypatch.setattr("nnsolve.engine.compiled.atoms.MAX_OPERATIONS", -1)
    problem = Run(read(tmp_path, **xor(1, 50)))
    trainer = Trainer(problem)
    trainer.advance(9)
    arrays = trainer._codes[True, False].arrays
    plain, calls = np.subtract, []

    def interrupted(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 40:
            raise kind
        return plain(*args, **options)

    arrays._advance.__globals__["subtract"] = interrupted
    with pytest.raises(kind):
        trainer.advance(200)
    assert 9 <= trainer.update < 200
    expected = by_traces(problem, trainer.update)
    assert all(np.allclose(trainer.parameters[name], value, rtol=1e-12) for name, value in expected.parameters.items())
    arrays._advance.__globals__["subtract"] = plain
    trainer.advance(60)
    assert_same(by_code(problem, 60), by_traces(problem, 60))
    assert all(np.allclose(trainer.parameters[n], v, rtol=1e-12) for n, v in by_traces(problem, 60).parameters.items())


# Divergence


def diverging(rate: float, **more: Any) -> dict[str, Any]:
    return {
        "parameters": {"w": 1.0},
        "inputs": {"x": 2.0},
        "equations": ["z = w * x", "L = z^4"],
        "loss": "L",
        "training": {"learning_rate": rate, "steps": 500},
        **more,
    }


@pytest.mark.parametrize("watched", [False, True])
def test_divergence_is_found_where_it_began(watched: bool, tmp_path: Path) -> None:
    problem = Run(read(tmp_path, **diverging(1.0)))
    trainer = Trainer(problem)
    trainer.advance(300, (lambda epoch, loss: None) if watched else None)
    w, k = 1.0, 0
    with np.errstate(all="ignore"):
        while np.isfinite(np.float64(2 * w) ** 4):
            w, k = w - 4 * np.float64(2 * w) ** 3 * 2, k + 1
    assert trainer.divergence == Divergence(k, Name("L"), problem.program.equations[Name("L")].place)
    assert str(trainer.divergence.place).endswith("problem.yaml:3:27")
    assert trainer.update == 300


def test_what_does_not_diverge(tmp_path: Path) -> None:
    trainer = Trainer(Run(read(tmp_path, **diverging(1e-3))))
    trainer.advance(400, lambda epoch, loss: None)
    assert trainer.divergence is None


def test_an_infinite_constant_is_no_divergence(tmp_path: Path) -> None:
    """A mask of -inf before a softmax is what it is."""
    path = tmp_path / "problem.yaml"
    path.write_text(
        "conventions: {samples: columns}\nparameters: {w: [1, 2]}\nconstants: {m: [0, -inf]}\n"
        "equations: ['s = w + m', 'a = softmax(s)', 'L = sum(a * w)']\nloss: L\n"
        "training: {learning_rate: 0.1, steps: 90}\n"
    )
    problem = Run(load_problem(path))
    trainer = Trainer(problem)
    trainer.advance(90, lambda epoch, loss: None)
    assert trainer.divergence is None
    assert_same(by_code(problem, 90), by_traces(problem, 90))


def test_a_jump_that_is_met_late_is_an_error_with_its_place(tmp_path: Path) -> None:
    """w goes 60, 59, ..., 1, 0, and the file does not say what the sign of 0 is."""
    text = {
        "parameters": {"w": 60, "u": 1},
        "equations": ["s = sign(w)", "L = u * s"],
        "loss": "L",
        "training": {"learning_rate": 1, "steps": 100, "gradients": {"w": 1}},
    }
    problem = read(tmp_path, **text)
    trainer = Trainer(Run(problem))
    with pytest.raises(ProblemError, match="s: sign meets 0") as error:
        trainer.advance(100, lambda epoch, loss: None)
    assert trainer.update == 60
    assert str(error.value.diagnostics[0].place).endswith("problem.yaml:2:14")


# Time and memory


def test_too_many_updates_are_refused_and_a_notebook_is_not(tmp_path: Path) -> None:
    text = xor(1, 10**9)
    lines = "\n".join(f"{key}: {value}" for key, value in text.items()).replace("'", '"')
    (found,) = failure(tmp_path, lines + "\nask: ['W1@end']\n").diagnostics
    assert found.code == "too-many-updates"
    problem = Run(read(tmp_path, **xor(1)))
    problem.check(Name("W", 1, update=40_000))
    assert code.seconds(problem) * 40_000 < run.MAX_SECONDS / 10


def test_few_updates_compile_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "Trainer", None)
    solved(tmp_path, **xor(1, 50), ask=["W1@5", "L@e3"])


def test_memory_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PIECE", 0.002)
    trainer = Trainer(Run(read(tmp_path, **xor(1, 10**6))))
    for _ in range(8):  # short calls do not make the pieces of a long one longer
        trainer.advance(trainer.update + 2000, lambda epoch, loss: None)

    def peak(updates: int) -> int:
        tracemalloc.reset_peak()
        trainer.advance(trainer.update + updates, lambda epoch, loss: None)
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    few = peak(4000)
    # What another thread of the process makes meanwhile counts as well, and is there once.
    is_flat = any(peak(40_000) < 2 * few + 100_000 for _ in range(3))
    tracemalloc.stop()
    assert is_flat


def test_time_is_linear(tmp_path: Path) -> None:
    trainer = Trainer(Run(read(tmp_path, **xor(1, 10**6))))
    trainer.advance(10_000)
    seconds = []
    for updates in (10_000, 40_000):
        began = time.process_time()
        trainer.advance(trainer.update + updates, lambda epoch, loss: None)
        seconds.append(time.process_time() - began)
    assert seconds[1] < 10 * seconds[0]


def test_a_gradient_for_each_update_is_a_sample_of_a_linear_loss(tmp_path: Path) -> None:
    """As the README has it: L = sum(w * g), whose gradient with respect to w is g."""
    gradients = np.array([[0.5, -1.0], [0.1, 0.4]])
    found = solved(
        tmp_path,
        conventions={"samples": "rows"},
        parameters={"w": [[1, -2]]},
        inputs={"g": gradients},
        equations=["L = sum(w * g)"],
        loss="L",
        training={"optimizer": "adam", "learning_rate": 0.1, "epochs": 1, "batch_size": 1},
        ask=["w@2"],
    )
    w, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert_close(np.ravel(found["w@2"]), w)
