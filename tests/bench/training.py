"""Compiled training against loops written by hand, and how its time and memory grow."""

from __future__ import annotations

import importlib.util
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from nnsolve.engine.run import Run
from nnsolve.engine.training import Trainer
from nnsolve.problem.loader import load_problem
from tests.bench import loops
from tests.bench.timing import in_turn, ratio
from tests.engine.test_training import START, X, Y, xor
from tests.engine.training import read

Row = tuple[str, str, str]

EPOCHS = 10_000
WIDTH, STEPS = 64, 100


def rows() -> Iterator[Row]:
    """What, its value, and what it has to reach."""
    yield from small()
    yield from images()
    yield from recurrent()
    yield from growth()


def trainer_of(sections: Mapping[str, Any]) -> Trainer:
    """A trainer, compiled: its first updates are made."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(Run(read(Path(folder), **sections)))
    trainer.advance(2 * trainer.plan.per_epoch + 2)
    return trainer


def advance(trainer: Trainer, updates: int) -> None:
    """Some updates, their losses included where there are some."""
    trainer.advance(trainer.update + updates, lambda epoch, loss: None)


def small() -> Iterator[Row]:
    """XOR: 10,000 epochs of four updates, from the problem file to the last loss."""

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            trainer = Trainer(Run(read(Path(folder), **xor(1, EPOCHS))))
        advance(trainer, 4 * EPOCHS)

    targets = [y for (y,) in Y]
    part = EPOCHS // 20
    seconds = in_turn({"ours": ours, "notebook": lambda: loops.notebook(START, X, targets, part)}, rounds=15)
    faster = ratio(seconds["notebook"], seconds["ours"]) * 20
    yield "XOR, 40,000 updates: the notebook's NumPy loop / nnsolve", f"{faster:.1f}", "at least 14"
    if importlib.util.find_spec("torch"):
        torch = importlib.import_module("torch")
        part = EPOCHS // 200
        seconds = in_turn({"ours": ours, "torch": lambda: loops.eager(torch, START, X, targets, part)}, rounds=7)
        faster = ratio(seconds["torch"], seconds["ours"]) * 200
        yield "XOR, 40,000 updates: PyTorch, eager / nnsolve", f"{faster:.0f}", "at least 100"


def images() -> Iterator[Row]:
    """784-128-10 with batches of 64."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(640, 784)), np.eye(10)[rng.integers(0, 10, 640)]
    start: dict[str, Any] = {"W1": rng.normal(size=(784, 128)) / 28, "b1": np.zeros(128)}
    start |= {"W2": rng.normal(size=(128, 10)) / 11, "b2": np.zeros(10)}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "data.npz", x=x, y=y, **start)
        path = Path(folder) / "problem.yaml"
        path.write_text(
            "conventions: {weights: columns, samples: rows}\nlayers:\n"
            + "".join(
                f"  - dense: {{W: {{file: data.npz, key: W{i}}}, b: {{file: data.npz, key: b{i}}}, activation: {a}}}\n"
                for i, a in ((1, "relu"), (2, "softmax"))
            )
            + "inputs: {x: {file: data.npz, key: x}}\ntargets: {y: {file: data.npz, key: y}}\n"
            "loss: {name: cross_entropy, reduction: mean}\n"
            "training: {learning_rate: 0.01, epochs: 10000, batch_size: 64}\n"
        )
        trainer = Trainer(Run(load_problem(path)))
    trainer.advance(500)  # pieces have got their length
    seconds = in_turn(
        {
            "ours": lambda: trainer.advance(trainer.update + 70),
            "loop": lambda: loops.classifier(start, x, y, 64, 7, 0.01),
        },
        rounds=21,
    )
    yield (
        "784-128-10, batches of 64: nnsolve / a NumPy loop",
        f"{ratio(seconds['ours'], seconds['loop']):.2f}",
        "at most 1.05",
    )


def recurrent() -> Iterator[Row]:
    """An LSTM of width 64 over 100 steps: forward, backward, update."""
    rng = np.random.default_rng(0)
    start: dict[str, Any] = {}
    for gate in "fiog":
        start |= {f"W_{gate}{k}": rng.normal(size=(WIDTH, WIDTH)) / 8 for k in "xh"} | {f"b_{gate}": np.zeros(WIDTH)}
    x, y = rng.normal(size=(STEPS, WIDTH)), rng.normal(size=(STEPS, WIDTH))
    trainer = trainer_of(
        {
            "conventions": {"weights": "rows", "samples": "columns"},
            "layers": [{"lstm": start}],
            "inputs": {"x": x},
            "targets": {"y": y},
            "loss": {"name": "half_squared_error", "over_time": "sum"},
            "training": {"learning_rate": 1e-4, "steps": 100_000},
        }
    )
    gates = {key: value.reshape(WIDTH, -1).copy() for key, value in start.items()}
    stack = [np.concatenate([gates[key.format(gate)] for gate in "fiog"]) for key in ("W_{}x", "W_{}h", "b_{}")]
    columns, targets = x[:, :, None], y[:, :, None]
    seconds = in_turn(
        {
            "ours": lambda: trainer.advance(trainer.update + 1),
            "gates": lambda: loops.lstm_by_gates(gates, columns, targets, 1e-4),
            "stacked": lambda: loops.lstm_stacked(stack[0], stack[1], stack[2], columns, targets, 1e-4),
        },
        rounds=101,
    )
    what = "LSTM 64, 100 steps: nnsolve / a loop"
    yield f"{what} gate by gate", f"{ratio(seconds['ours'], seconds['gates']):.2f}", "at most 1.0"
    yield f"{what}, gates stacked", f"{ratio(seconds['ours'], seconds['stacked']):.2f}", "at most 1.5"


def growth() -> Iterator[Row]:
    """Twice the updates take twice the time and the same memory."""
    trainer = trainer_of(xor(1, 10**6))
    advance(trainer, 40_000)
    seconds = in_turn({"once": lambda: advance(trainer, 40_000), "twice": lambda: advance(trainer, 80_000)}, rounds=7)
    yield "XOR, 80,000 updates / 40,000", f"{ratio(seconds['twice'], seconds['once']):.2f}", "about 2"
    tracemalloc.start()
    peaks = []
    for updates in (40_000, 200_000, 2_000_000):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        advance(trainer, updates)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    yield "memory on the way, 2,000,000 updates / 200,000", f"{peaks[2] / peaks[1]:.2f}", "about 1"
    yield "an update of XOR, µs", f"{median(seconds['once']) / 40_000 * 1e6:.2f}", ""
