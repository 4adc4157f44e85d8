"""Training by traces and by compiled code, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnsolve.core.names import Name
from nnsolve.engine.compiled import arraycode, atoms
from nnsolve.engine.run import Run
from nnsolve.engine.training import Trainer
from nnsolve.problem.loader import load_problem
from nnsolve.problem.model import Problem
from tests.engine.solving import plain

KINDS = ("arrays", "numbers")


class Trained(NamedTuple):
    """The parameters after some updates, and the losses of the epochs on the way."""

    parameters: dict[Name, Any]
    losses: list[Any]


def force(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training use arrays alone, or single numbers wherever that is possible."""
    if kind == "arrays":
        monkeypatch.setattr(atoms, "MAX_OPERATIONS", -1)
    if kind == "numbers":
        monkeypatch.setattr(arraycode, "cost", lambda graph: float("inf"))
        monkeypatch.setattr(atoms, "MAX_OPERATIONS", 20_000)


def read(folder: Path, **sections: Any) -> Problem:
    """The problem of a file with these sections."""
    path = folder / "problem.yaml"
    path.write_text("\n".join(f"{key}: {json.dumps(plain(value))}" for key, value in sections.items()), "utf-8")
    return load_problem(path)


def by_traces(run: Run, updates: int) -> Trained:
    """A trace for each update."""
    parameters: dict[Name, Any] = {name: run.program.leaves[name].value for name in run.program.updated}
    seen: list[float] = []
    for k in range(updates):
        moment = run.moment_with(k, parameters)
        parameters = moment.next_parameters()
        if run.program.loss is not None:
            seen.append(run.weight(k) * float(moment.value(run.program.loss).ravel()[0]))
    n = run.per_epoch
    ends = range(n, len(seen) + 1, n)
    if run.program.loss is None:
        return Trained(parameters, [None] * (updates // n))
    return Trained(parameters, [sum(seen[end - n : end]) / run.samples for end in ends])


def by_code(run: Run, updates: int, stops: tuple[int, ...] = ()) -> Trained:
    """Compiled code, stopping in between."""
    trainer = Trainer(run)
    losses: list[Any] = []
    for stop in (*stops, updates):
        trainer.advance(stop, lambda epoch, loss: losses.append(loss))
    assert trainer.update == updates
    return Trained(trainer.parameters, losses)


def assert_same(found: Trained, expected: Trained, tolerance: float = 1e-12) -> None:
    """Equal to `tolerance` of the largest entry of a tensor; inf and nan at the same places."""
    assert list(found.parameters) == list(expected.parameters)
    for name, value in expected.parameters.items():
        close(found.parameters[name], value, tolerance)
    assert len(found.losses) == len(expected.losses)
    for loss, other in zip(found.losses, expected.losses, strict=True):
        if other is None:
            assert loss is None
        else:
            close(loss, other, tolerance)


def close(found: Any, expected: Any, tolerance: float) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    finite = np.isfinite(expected)
    assert np.array_equal(finite, np.isfinite(found))
    assert np.array_equal(found[~finite], expected[~finite], equal_nan=True)
    if finite.any():
        scale = max(float(np.abs(expected[finite]).max()), 1e-300)
        difference = float(np.abs(found[finite] - expected[finite]).max())
        assert difference <= tolerance * scale, f"{found} is not {expected}"
