"""Generated problems, exported to NumPy and run on their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.networks import STYLES
from tests.engine.solving import solved
from tests.engine.test_losses import network, sections, targets
from tests.report.export.generated import GENERATED, long_sums_and_many_numbers
from tests.report.export.running import compare, exported, run_scripts


@pytest.mark.parametrize("name", GENERATED)
def test_the_scripts_compute_all_that_is_asked(name: str, tmp_path: Path) -> None:
    solutions = GENERATED[name](tmp_path)
    scripts = {f"script_{i}": exported(solution) for i, solution in enumerate(solutions)}
    for run, solution in zip(run_scripts(tmp_path, scripts).values(), solutions, strict=True):
        compare(run, solution)


def test_where_nothing_is_asked_every_step_is_an_answer(tmp_path: Path) -> None:
    layers, _, x = network(STYLES[0], "softmax", 1)
    solution = solved(
        tmp_path, **sections(STYLES[0], layers, "softmax", x, targets("one-hot", 3, 1), loss="cross_entropy")
    )
    run = run_scripts(tmp_path, {"script": exported(solution)})["script"]
    assert {"z1", "a2", "L", "dL/dz2", "dL/dW1"} <= set(run.answers)
    for id, value in run.answers.items():
        assert np.allclose(value, solution[id], rtol=1e-12, atol=1e-14)


def test_long_lines_are_broken(tmp_path: Path) -> None:
    (solution,) = long_sums_and_many_numbers(tmp_path)
    assert max(map(len, exported(solution).splitlines())) <= 120
