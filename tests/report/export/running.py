"""Exported scripts run where there is nothing but Python and NumPy, and their answers beside those of nnsolve."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnsolve.engine.solve import Solution
from nnsolve.report.export.formats import EXPORTS

DRIVER = """
import contextlib, io, json, sys

class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("nnsolve", "tests", "yaml", "click", "rich"):
            raise ImportError(name + " is not there")

sys.meta_path.insert(0, Refuses())

def plain(value):
    import numpy
    array = numpy.array(value.tolist() if hasattr(value, "tolist") else value, dtype=float)
    return {"shape": list(array.shape), "values": [repr(x) for x in array.ravel().tolist()]}

for path in sys.argv[1:]:
    printed = io.StringIO()
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed), open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), names)
    found = {id: plain(value) for id, value in names["answers"].items()}
    print(json.dumps({"answers": found, "printed": printed.getvalue()}))
"""
"""Runs the scripts whose paths it gets, and prints for each of them a line: its answers, and what it printed."""


class Run:
    """What a script computed and printed."""

    def __init__(self, text: str) -> None:
        found = json.loads(text)
        self.printed: str = found["printed"]
        self.answers: dict[str, Any] = {
            id: np.reshape([float(x) for x in value["values"]], value["shape"])
            for id, value in found["answers"].items()
        }


def run_scripts(folder: Path, scripts: Mapping[str, str], warnings: str = "error") -> dict[str, Run]:
    """Scripts run one after the other in one process of their own; a warning fails unless it is said otherwise."""
    paths = []
    for name, text in scripts.items():
        path = folder / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    result = subprocess.run(
        [sys.executable, "-I", "-W", warnings, "-c", DRIVER, *paths],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=900,
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr
    return dict(zip(scripts, map(Run, result.stdout.splitlines()), strict=True))


def exported(solution: Solution, target: str = "numpy", part: str | None = None) -> str:
    return EXPORTS[target](solution, part)


def compare(run: Run, solution: Solution, tolerance: float = 1e-12) -> None:
    """Every asked value, to the tolerance relative to its largest element."""
    expected = solution.answers
    assert list(run.answers) == list(expected)
    for id, value in expected.items():
        same(run.answers[id], value, tolerance, id)


def same(found: Any, expected: Any, tolerance: float, id: str = "") -> None:
    expected = np.asarray(expected, dtype=float)
    assert found.shape == expected.shape, id
    finite = np.isfinite(expected)
    assert np.array_equal(found[~finite], expected[~finite], equal_nan=True), id
    if finite.any():
        scale = float(np.abs(expected[finite]).max())
        difference = float(np.abs(found[finite] - expected[finite]).max())
        assert difference <= tolerance * scale, f"{id}: {found} is not {expected} (off by {difference})"
