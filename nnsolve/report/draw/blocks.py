"""Layers as blocks, one below the other: what each computes, its shapes and how many parameters it has."""

from __future__ import annotations

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.report.draw.panel import panel
from nnsolve.report.draw.runs import Run, fitted, plain, width_of
from nnsolve.report.draw.scene import Layer, Scene
from nnsolve.report.draw.shapes import Box, Line, Picture, Shape, Text, bounds
from nnsolve.report.tensors import dimensions

WIDTH, LINE, BETWEEN = 320.0, 18.0, 42.0
SIZE = 12.0


def blocks(scene: Scene) -> Picture:
    """The picture of a problem's layers; raises `ProblemError` where there are none."""
    if not scene.layers:
        message = "the problem has no layers to draw as blocks"
        raise ProblemError.of("no-layers", message, scene.problem.place, "leave out --kind")
    shapes: list[Shape] = [Text(0.0, 0.0, read(scene, scene.layers[0]), "label", SIZE)]
    y = 8.0
    for layer in scene.layers:
        lines = _lines(scene, layer)
        height = len(lines) * LINE + 14.0
        shapes.append(Line(((0.0, y), (0.0, y + BETWEEN - 14.0)), "edge", 1.4, arrow=True))
        y += BETWEEN - 14.0
        shapes.append(Box(-WIDTH / 2, y, WIDTH, height))
        for n, (runs, kind) in enumerate(lines):
            shapes.append(Text(0.0, y + 7.0 + (n + 0.75) * LINE, fitted(runs, WIDTH - 20.0, SIZE), kind, SIZE))
        y += height
        shapes.append(Text(12.0, y + 18.0, given(scene, layer), "label", SIZE, "start"))
    further = panel(scene, scene.further, 0.0, 0.0)
    if further:
        area = bounds(further)
        shapes.append(Line(((0.0, y), (0.0, y + BETWEEN - 14.0)), "edge", 1.4, arrow=True))
        moved = panel(scene, scene.further, -(area.right - area.left) / 2, y + BETWEEN - 14.0 - area.top)
        shapes += moved
    else:
        shapes.append(Line(((0.0, y), (0.0, y + BETWEEN - 14.0)), "edge", 1.4, arrow=True))
    total = sum(scene.shape(name).size for name in scene.program.parameters)
    return scene.picture(shapes, _described(scene), [f"{counted(total)} in all."])


def _lines(scene: Scene, layer: Layer) -> list[tuple[tuple[Run, ...], str]]:
    """What stands in a block."""
    found: list[tuple[tuple[Run, ...], str]] = [((Run(layer.title),), "title")]
    if not layer.site.recurrent:
        formulas = [scene.formula(equation, WIDTH - 20.0, SIZE) for equation in layer.site.equations[:3]]
        found += [(formula, "label") for formula in formulas]
    parameters = list(layer.site.parameters)
    if parameters:
        found += [(line, "label") for line in _listed(scene, parameters)]
        count = sum(scene.shape(name).size for name in parameters)
        found.append(((Run(counted(count)),), "note"))
    return found


def _listed(scene: Scene, names: list[Name]) -> list[tuple[Run, ...]]:
    """Parameters with their shapes, in as many lines as they need."""
    lines: list[tuple[Run, ...]] = [()]
    for n, name in enumerate(names):
        size = dimensions(scene.shape(name), scene.style)
        runs = (*scene.name(name), Run((f" {size}" if size else "") + (", " if n < len(names) - 1 else "")))
        if lines[-1] and width_of((*lines[-1], *runs), SIZE) > WIDTH - 20.0:
            lines.append(())
        lines[-1] = (*lines[-1], *runs)
    return lines


def read(scene: Scene, layer: Layer) -> tuple[Run, ...]:
    """What a layer reads."""
    return _value(scene, [step.value.name for step in layer.site.inputs])


def given(scene: Scene, layer: Layer) -> tuple[Run, ...]:
    """What a layer gives to the next one."""
    return _value(scene, [step.value.name for step in layer.site.outputs])


def _value(scene: Scene, names: list[Name]) -> tuple[Run, ...]:
    """A quantity, or a sequence of them, with its shape."""
    size = dimensions(scene.shape(names[0]), scene.style) or "a number"
    if len(names) == 1:
        return (*scene.name(names[0]), Run(f": {size}"))
    return (*scene.name(names[0]), Run(", …, "), *scene.name(names[-1]), Run(f": {size} each"))


def counted(count: int) -> str:
    """`1 parameter`, `12 parameters`."""
    return f"{count} parameter{'' if count == 1 else 's'}"


def _described(scene: Scene) -> str:
    parts = ["The layers as blocks."]
    for layer in scene.layers:
        parts.append(". ".join(plain(runs) for runs, _ in _lines(scene, layer)) + ".")
    return " ".join(parts)
