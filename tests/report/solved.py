"""Solved problems for the tests of reports."""

from __future__ import annotations

import functools
from pathlib import Path

from nnsolve.engine.solution import Section
from nnsolve.report.display import solve

HERE = Path(__file__).parent
OWN = HERE / "problems"
SEEDS = HERE.parent.parent / "problems"

ALL = sorted([*OWN.glob("*.yaml"), *SEEDS.glob("*.yaml")], key=lambda path: path.stem)


@functools.cache
def sections(stem: str) -> tuple[Section, ...]:
    """The sections of a problem, of this folder or of the seeds."""
    folder = OWN if (OWN / f"{stem}.yaml").exists() else SEEDS
    return solve(folder / f"{stem}.yaml").sections
