"""Free-form equations: random programs and chosen ones against autograd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import autograd
import numpy as np
import pytest

from tests.engine.helpers import assert_close, solved
from tests.engine.programs import RandomProgram, random_program


def written(value: Any) -> Any:
    value = np.asarray(value)
    return value.ravel() if value.ndim == 2 and value.shape[1] == 1 else value


def problem(program: RandomProgram) -> dict[str, Any]:
    used = " ".join(term.text for _, term in program.equations)
    leaves = {name: written(value) for name, value in program.leaves.items() if name in used}
    return {
        "conventions": {"samples": "columns", "count_from": 1},
        "parameters": leaves,
        "equations": [f"{name} = {term.text}" for name, term in program.equations],
        "loss": "L",
        "ask": ["L"],
    }


@pytest.mark.parametrize("seed", range(120))
def test_random_program(seed: int, tmp_path: Path) -> None:
    program = random_program(seed)
    text = problem(program)
    found = solved(tmp_path, **text)
    values = program.run(program.leaves)
    for name, _ in program.equations:
        expected = np.asarray(values[name], dtype=float)
        assert np.isfinite(expected).all()
        assert_close(np.ravel(found[name]), np.ravel(expected), 1e-11)
    gradients = autograd.grad(lambda leaves: program.run(leaves)["L"])(program.leaves)
    for name in text["parameters"]:
        assert_close(np.ravel(found[f"dL/d{name}"]), np.ravel(gradients[name]), 1e-11)
        assert np.shape(found[f"dL/d{name}"]) == np.shape(text["parameters"][name])
    shifts = {name: np.zeros(np.shape(values[name])) for name, _ in program.equations[:-1]}
    deltas = autograd.grad(lambda shift: program.run(program.leaves, shift)["L"])(shifts)
    for name, delta in deltas.items():
        assert_close(np.ravel(found[f"dL/d{name}"]), np.ravel(delta), 1e-11)
