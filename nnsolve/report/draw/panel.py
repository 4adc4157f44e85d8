"""What is computed beside the layers, above all the loss: equations with their values in a box."""

from __future__ import annotations

from nnsolve.core.equations import Equation
from nnsolve.report.draw.runs import Run
from nnsolve.report.draw.scene import Scene
from nnsolve.report.draw.shapes import Box, Shape, Text

MOST = 5
"""Equations that are listed; of more the last ones, the loss among them."""

ROOM, SIZE, LINE = 300.0, 12.0, 17.0


def panel(scene: Scene, equations: list[Equation], left: float, middle: float) -> list[Shape]:
    """A box with equations and their values, its left edge in the middle at a point; nothing without equations."""
    lines: list[tuple[tuple[Run, ...], str]] = []
    if len(equations) > MOST:
        lines.append(((Run(f"{len(equations) - MOST} more equations"),), "note"))
    for equation in equations[-MOST:]:
        lines.append((scene.formula(equation, ROOM, SIZE), "label"))
        before = "= " if scene.is_listed(equation.name) else "a value of "
        lines.append(((Run(before + scene.value(equation.name)),), "value"))
    if not equations:
        return []
    top = middle - len(lines) * LINE / 2
    texts = [
        Text(left + 10.0, top + (n + 0.75) * LINE, runs, kind, SIZE, "start") for n, (runs, kind) in enumerate(lines)
    ]
    width = max(text.width for text in texts) + 20.0
    return [Box(left, top - 6.0, width, len(lines) * LINE + 12.0), *texts]
