"""nnsolve: worked solutions of neural-network homework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.core.diagnostics import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor
    from pathlib import Path

    from nnsolve.checking.check import Report
    from nnsolve.engine.solve import Solution

__version__ = "0.1.0"
__all__ = ["ProblemError", "__version__", "check_many", "solve"]


def solve(path: str | Path) -> Solution:
    """Solve a problem file: `solve("problem.yaml")["dL/dW2"]` is an ndarray.

    Raises `nnsolve.ProblemError` with everything that is wrong with the file.
    """
    from nnsolve.report.display import solve as solve_file  # heavy: numpy and yaml

    return solve_file(path)


def check_many(
    paths: Iterable[str | Path],
    executor: Executor | None = None,
    problems: str | Path | None = None,
    verdicts: str | Path | None = None,
    hide_solution: bool = False,
) -> Report:
    """Check answer files and folders of them: `check_many(["answers"]).results` has a `Result` for each file.

    `problems` is the folder of the problem files. `executor` is any `concurrent.futures.Executor` whose workers see
    the same files; the order of the results does not depend on it. A student's broken file is a result. `verdicts` is a
    file of verdicts set by hand; without it the verdicts.yaml at the top of each folder counts. With `hide_solution`
    the results can be handed out: they have no expected values, nor causes from which these follow.
    """
    from nnsolve.checking.check import check_many as check_files
    from nnsolve.checking.diagnose import diagnose

    return check_files(paths, executor, problems, diagnose, verdicts, hide_solution)
