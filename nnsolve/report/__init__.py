"""Reports: a solution as text for a terminal, as JSON and HTML. This floor formats; it computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnsolve.engine.solve import Solution

__all__ = ["html_of", "renderable"]


def renderable(solution: Solution) -> Any:
    """What rich prints of a solution: its report, as wide as the console."""
    from nnsolve.report.terminal import Fitted

    return Fitted(solution.sections)


def html_of(solution: Solution) -> str:
    """What a notebook shows of a solution."""
    from nnsolve.report.html import fragment
    from nnsolve.report.style import Style

    return fragment(solution.sections, Style(width=110))
