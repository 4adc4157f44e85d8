"""nnsolve: worked solutions of neural-network homework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.core.diagnostics import ProblemError

if TYPE_CHECKING:
    from pathlib import Path

    from nnsolve.engine.solve import Solution

__version__ = "0.1.0"
__all__ = ["ProblemError", "__version__", "solve"]


def solve(path: str | Path) -> Solution:
    """Solve a problem file: `solve("problem.yaml")["dL/dW2"]` is an ndarray.

    Raises `nnsolve.ProblemError` with everything that is wrong with the file.
    """
    from nnsolve.report.display import solve as solve_file  # heavy: numpy and yaml

    return solve_file(path)
