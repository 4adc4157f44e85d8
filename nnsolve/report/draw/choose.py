"""Which picture suits a problem: its units, its layers, its time steps, or the graph of its equations."""

from __future__ import annotations

from nnsolve.core.diagnostics import ProblemError
from nnsolve.engine.solution import Section
from nnsolve.report.draw import cell, cells, units
from nnsolve.report.draw.kinds import KINDS
from nnsolve.report.draw.scene import Scene
from nnsolve.report.draw.shapes import Picture
from nnsolve.report.style import Style

MOST_UNITS, MOST_LAYERS = 8, 5
"""A network with more units in a layer, or with more layers, is drawn as blocks."""


def choose(scene: Scene) -> str:
    """The kind of picture that suits a problem."""
    if cell.drawable(scene) and len(scene.layers) == cells.steps(scene) == 1:
        return "cell"
    if cells.drawable(scene):
        return "unrolled"
    if not scene.layers:
        return "graph"
    if units.drawable(scene) and units.widest(scene) <= MOST_UNITS and len(scene.layers) <= MOST_LAYERS:
        return "network"
    return "blocks"


def draw(
    section: Section,
    kind: str | None = None,
    sample: int | None = None,
    step: int = 1,
    decimals: int | None = None,
    heading: bool = True,
) -> Picture:
    """The picture of a whole section, before its first update, for a sample or the first one of the first batch.

    Raises `ProblemError` where it cannot be drawn.
    """
    run = section.run
    assert run is not None
    if sample is not None and not 1 <= sample <= run.samples:
        message = f"there is no sample {sample}: they are 1 to {run.samples}"
        raise ProblemError.of("no-such-sample", message, run.problem.place, "choose one of them: --sample 1")
    scene = Scene(section, run, Style(decimals=decimals), None if sample is None else sample - 1, step, heading)
    if not 1 <= step <= max(last := cells.steps(scene), 1):
        message = f"there is no step {step}: they are 1 to {last}" if last else "the problem has no time steps"
        help = "choose one of them: --step 1" if last else "leave out --step"
        raise ProblemError.of("no-such-step", message, run.problem.place, help)
    return KINDS[kind or choose(scene)](scene)
