"""A solution that shows itself: as the report in a notebook and wherever rich prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.engine.solve import Solution
from nnsolve.problem.loader import load_problem

if TYPE_CHECKING:
    from pathlib import Path

    from nnsolve.report.terminal import Fitted

NOTEBOOK_WIDTH = 110


class DisplayedSolution(Solution):
    """A solution whose value in a notebook cell is its report."""

    def _repr_html_(self) -> str:
        from nnsolve.report.html import fragment
        from nnsolve.report.style import Style

        return fragment(self.sections, Style(width=NOTEBOOK_WIDTH))

    def __rich__(self) -> Fitted:
        from nnsolve.report.terminal import Fitted

        return Fitted(self.sections)


def solve(path: str | Path) -> DisplayedSolution:
    """Solve a problem file; raises `ProblemError` with everything that is wrong with it."""
    return DisplayedSolution(load_problem(path))
