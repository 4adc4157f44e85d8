"""Solved problems for the tests of reports."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path

from nnsolve.core.names import Name
from nnsolve.engine.gradients import LayerGradients
from nnsolve.engine.solution import Section
from nnsolve.report.display import solve
from nnsolve.report.grad import chain_lines
from nnsolve.report.lines import plain
from nnsolve.report.style import Style
from nnsolve.report.text import report

HERE = Path(__file__).parent
OWN = HERE / "problems"
SEEDS = HERE.parent.parent / "problems"

ALL = sorted([*OWN.glob("*.yaml"), *SEEDS.glob("*.yaml")], key=lambda path: path.stem)


@functools.cache
def sections(stem: str) -> tuple[Section, ...]:
    """The sections of a problem, of this folder or of the seeds."""
    folder = OWN if (OWN / f"{stem}.yaml").exists() else SEEDS
    return solve(folder / f"{stem}.yaml").sections


@functools.cache
def told(stem: str, style: Style) -> str:
    """The report of a problem."""
    return str(report(sections(stem), style))


def chain_rule(section: Section, names: Collection[Name], style: Style) -> str:
    """What `nnsolve grad` says of the gradients of some names, in a section that has them."""
    return plain(chain_lines(LayerGradients(section, tuple(names)), style))


def printed(folder: Path, text: str, style: Style | None = None) -> str:
    """The report of a problem that is written out in a test."""
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    return str(report(solve(path).sections, style or Style(100)))
