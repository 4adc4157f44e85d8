"""A feed-forward network: units in columns, a line for each weight, and what is computed from the outputs."""

from __future__ import annotations

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.report.draw.matrices import weights
from nnsolve.report.draw.panel import panel
from nnsolve.report.draw.placing import Edge, placed, room, sign
from nnsolve.report.draw.runs import Run, fitted, plain
from nnsolve.report.draw.scene import Scene
from nnsolve.report.draw.shapes import Area, Box, Circle, Line, Picture, Shape, Text, bounds
from nnsolve.report.draw.units import NAME, TAG, VALUE, Column, Unit, columns, drawable

RADIUS = 25.0
"""Of a unit; one with a longer value is as high, and wider."""

PITCHES = ((90.0, 150.0), (98.0, 210.0), (116.0, 280.0))
"""Distances between units and between columns, tried until every weight has room at its line."""

LEGEND = "Solid lines are positive weights, dashed ones negative, dotted ones 0; the thicker, the larger."


def network(scene: Scene) -> Picture:
    """The picture of a chain of dense layers; raises `ProblemError` for any other problem."""
    if not drawable(scene):
        message = "only dense layers that read one value, no sequence, are drawn unit by unit"
        raise ProblemError.of("no-network", message, scene.problem.place, "leave out --kind")
    return _Drawing(scene, columns(scene)).picture()


class _Drawing:
    """The columns with the distances at which the weights have room."""

    def __init__(self, scene: Scene, found: list[Column]) -> None:
        self.scene = scene
        self.columns = found
        self.halves = [max([RADIUS, *(unit.width / 2 for unit in column.units if unit)]) for column in found]
        for least, gap in PITCHES:
            self.pitch, self.gap = least, gap
            self.labels = [placed(self.edges(n)) for n in range(1, len(found))]
            if None not in self.labels:
                break

    def left(self, n: int) -> float:
        """Where the circles of a column begin."""
        return sum(self.gap + 2 * half for half in self.halves[:n])

    def middle(self, n: int) -> float:
        """Where the centres of a column's circles stand."""
        return self.left(n) + self.halves[n]

    def heights(self, column: Column) -> list[float]:
        """Where the units of a column stand, dots included; the middle of every column is at 0."""
        return [(k - (len(column.units) - 1) / 2) * self.pitch for k in range(len(column.units))]

    def units(self, column: Column) -> list[tuple[float, Unit]]:
        """The units that are drawn, each with its height."""
        return [(y, unit) for y, unit in zip(self.heights(column), column.units, strict=True) if unit]

    def edges(self, n: int) -> list[Edge]:
        """The lines that lead to a column, from the right of each circle to the left of the next."""
        weights = self.columns[n].weights
        assert weights is not None
        start, end = self.left(n) - self.gap, self.left(n)
        return [
            Edge((start, source), (end, target), float(weights.drawn[k, j]), weights.texts[k][j])
            for k, (target, _) in enumerate(self.units(self.columns[n]))
            for j, (source, _) in enumerate(self.units(self.columns[n - 1]))
        ]

    def picture(self) -> Picture:
        """The whole picture."""
        shapes: list[Shape] = []
        largest = max([float(np.abs(c.weights.drawn).max(initial=0.0)) for c in self.columns if c.weights] or [0.0])
        for n, column in enumerate(self.columns):
            if n:
                shapes += _lines(self.edges(n), self.labels[n - 1], largest or 1.0)
            shapes += self._circles(column, self.middle(n), self.halves[n])
        shapes += self._formulas()
        shapes += self._further()
        shapes += self._tables(bounds(shapes))
        apart = [LEGEND]
        if None in self.labels:
            apart.append("Where the lines leave no room, the weights stand in matrices: a row for each unit.")
        return self.scene.picture(shapes, self._described(), apart)

    def _circles(self, column: Column, x: float, half: float) -> list[Shape]:
        shapes: list[Shape] = []
        for y, unit in zip(self.heights(column), column.units, strict=True):
            if unit is None:
                shapes += [Circle(x, y + k * 10.0, 1.8, "tip") for k in (-1, 0, 1)]
                continue
            shapes.append(
                Circle(x, y, RADIUS)
                if half == RADIUS
                else Box(x - half, y - RADIUS, 2 * half, 2 * RADIUS, "unit", RADIUS)
            )
            shapes.append(Text(x, y - 3.0, unit.name, "unit-name", NAME))
            shapes.append(Text(x, y + 12.0, (Run(unit.value),), "unit-value", VALUE))
            if unit.bias:
                shapes.append(Text(x, y - RADIUS - 5.0, unit.bias, "tag", TAG))
            if unit.target:
                shapes.append(Text(x, y + RADIUS + 13.0, unit.target, "tag", TAG))
        return shapes

    def _formulas(self) -> list[Shape]:
        """The equations of each layer below its column."""
        lowest = max(self.heights(column)[-1] for column in self.columns) + RADIUS + 40.0
        width = self.gap + 2 * min(self.halves) - 14.0
        return [
            Text(self.middle(n), lowest + k * 19.0, fitted(formula, width, NAME), "label", NAME)
            for n, column in enumerate(self.columns)
            for k, formula in enumerate(column.formulas)
        ]

    def _further(self) -> list[Shape]:
        """What is computed from the outputs."""
        right = self.middle(len(self.columns) - 1) + self.halves[-1]
        left = right + max(60.0, self.gap / 2)
        found = panel(self.scene, self.scene.further, left, 0.0)
        if not found:
            return []
        return [*(Line(((right, y), (left, 0.0)), "edge", 1.0) for y, _ in self.units(self.columns[-1])), *found]

    def _tables(self, above: Area) -> list[Shape]:
        """The matrices of weights that have no room at their lines, side by side below the rest."""
        shapes: list[Shape] = []
        left, top = above.left, above.bottom + 20.0
        for column, labels in zip(self.columns[1:], self.labels, strict=True):
            if labels is not None or column.weights is None:
                continue
            name, rows = self.scene.name(column.weights.name), column.weights.whole
            found = weights(name, rows, left, top)
            if left > above.left and bounds(found).right > above.right:
                left, top = above.left, bounds(shapes).bottom + 14.0
                found = weights(name, rows, left, top)
            shapes += found
            left = bounds(found).right + 26.0
        return shapes

    def _described(self) -> str:
        """The picture in words."""
        parts = []
        for column in self.columns:
            found = [f"{plain(unit.name)} = {unit.value}" if unit else "..." for unit in column.units]
            parts.append(f"{'; '.join(map(plain, column.formulas))}: {', '.join(found)}.")
        parts += [f"{plain(self.scene.valued(equation.name))}." for equation in self.scene.further]
        return " ".join(["A network of units.", *parts])


def _lines(edges: list[Edge], labels: list[Text] | None, largest: float) -> list[Shape]:
    """Lines as thick as their weights are large, each broken where its weight stands."""
    shapes: list[Shape] = []
    for n, edge in enumerate(edges):
        size = min(abs(edge.weight) / largest, 1.0) if np.isfinite(edge.weight) else 1.0
        kind, width = f"edge-{sign(edge.weight)}", 1.1 + 1.9 * size
        if labels is None:
            shapes.append(Line((edge.start, edge.end), kind, width))
            continue
        shapes += [Line(part, kind, width) for part in edge.around(room(labels[n]))]
        shapes.append(labels[n])
    return shapes
