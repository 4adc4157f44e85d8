"""A solution that shows itself: as the report in a notebook, when printed and wherever rich prints it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nnsolve.core.diagnostics import ProblemError
from nnsolve.engine.solve import Solution, faults
from nnsolve.problem.loader import load_problem_findings

if TYPE_CHECKING:
    from pathlib import Path

    from nnsolve.report.terminal import Fitted

PRINTED_WIDTH = 100


class DisplayedSolution(Solution):
    """A solution whose value in a notebook cell is its report; `print` writes it as plain text."""

    def __str__(self) -> str:
        from nnsolve.report.style import Style
        from nnsolve.report.terminal import can_show_unicode
        from nnsolve.report.text import report

        style = Style(width=PRINTED_WIDTH, unicode=can_show_unicode(getattr(sys.stdout, "encoding", None)))
        return str(report(self.sections, style)).rstrip("\n")

    def __repr__(self) -> str:
        if not getattr(self, "_solvers", None):  # looked at while it is made
            return object.__repr__(self)
        name = self.problem.path.replace("\\", "/").rpartition("/")[2]
        count = len(self.answers)
        return f"<solution of {name}: {count} answer{'' if count == 1 else 's'}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self) if cycle else str(self))

    def _repr_html_(self) -> str:
        from nnsolve.report.style import Style
        from nnsolve.report.typeset.html import fragment
        from nnsolve.report.typeset.report import document

        style = Style()
        return fragment(document(self.sections, style, pictures=True), style.detail)

    def __rich__(self) -> Fitted:
        from nnsolve.report.terminal import Fitted

        return Fitted(self.sections)


def solve(path: str | Path) -> DisplayedSolution:
    """Solve a problem file; raises `ProblemError` with everything that is wrong with it."""
    problem, findings = load_problem_findings(path, faults)
    if problem is None:
        raise ProblemError(findings)
    return DisplayedSolution(problem)
