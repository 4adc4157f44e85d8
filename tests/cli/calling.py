"""Calling the command line: in this process where that is enough, as a process of its own where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from nnsolve.cli.main import main

ROOT = Path(__file__).parents[2]
PROBLEMS = ROOT / "problems"
NETWORK = str(PROBLEMS / "regression-3-4-3-l2-norm.yaml")
SCALAR = str(PROBLEMS / "scalar-backpropagation.yaml")
PARTS = str(PROBLEMS / "relu-relu-softmax-classifier.yaml")


def call(*args: str) -> Result:
    """Run a command in this process; an exception that reaches the top is raised."""
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def process(
    *args: str, cwd: Path | None = None, timeout: float = 60, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process, with an environment of its own."""
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    return subprocess.run(
        ["nnsolve", *args],
        cwd=cwd,
        env={"PATH": path, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
    )


def written(folder: Path, text: str, name: str = "problem.yaml") -> str:
    """A file with this text; its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)
