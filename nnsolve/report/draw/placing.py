"""Weights at their lines: where each text stands, so that no other line runs through it and no other text meets it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnsolve.report.draw.runs import Run, width_of
from nnsolve.report.draw.shapes import Area, Point, Text

SIZE = 10.0
"""The size of the weights' texts."""

GAP = 2.0
"""Room around a text."""

CLEAR = 7.0
"""A text that is farther from other lines than this belongs to its own as clearly as any."""

BEST = 0.4
"""Where on its line a text stands if other lines leave it the choice: nearer to the left end, where they fan out."""

_PLACES = sorted([n / 50 for n in range(4, 47)], key=lambda place: abs(place - BEST))


class Edge(NamedTuple):
    """A weight: the line from the left to the right of the room between two columns, its value, its text."""

    start: Point
    end: Point
    weight: float
    text: str

    def at(self, x: float) -> float:
        """The height of the line at x."""
        (x1, y1), (x2, y2) = self.start, self.end
        return y1 + (y2 - y1) * (x - x1) / (x2 - x1)

    def label(self, place: float) -> Text:
        """The text in the middle of the line's part at this place, from 0 to 1."""
        x = self.start[0] + place * (self.end[0] - self.start[0])
        return Text(x, self.at(x) + 0.36 * SIZE, (Run(self.text),), f"weight-{sign(self.weight)}", SIZE)

    def around(self, area: Area) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
        """The two parts of the line that a text in it leaves."""
        (x1, y1), (x2, y2) = self.start, self.end
        slope = abs(y2 - y1) / (x2 - x1)
        half = min((area.right - area.left) / 2, (area.bottom - area.top) / 2 / slope if slope else 1e9)
        middle = (area.left + area.right) / 2
        left, right = middle - half, middle + half
        return (self.start, (left, self.at(left))), ((right, self.at(right)), self.end)


def sign(weight: float) -> str:
    """How a weight is drawn."""
    return "positive" if weight > 0 else "negative" if weight < 0 else "zero"


def room(text: Text) -> Area:
    """What a text keeps free around itself."""
    half = text.width / 2
    middle = text.y - 0.36 * SIZE
    return Area(text.x - half - GAP, middle - 0.55 * SIZE - GAP, text.x + half + GAP, middle + 0.55 * SIZE + GAP)


def placed(edges: list[Edge]) -> list[Text] | None:
    """A text for each line; None where they do not all have room.

    Those that have the fewest free places choose first, each the one that is the farthest from other lines.
    """
    free: list[list[tuple[Text, Area]]] = []
    for n, edge in enumerate(edges):
        if width_of((Run(edge.text),), SIZE) + 2 * GAP > 0.7 * (edge.end[0] - edge.start[0]):
            return None
        texts = [edge.label(place) for place in _PLACES]
        areas = [room(text) for text in texts]
        near = _nearest(areas, edges[:n] + edges[n + 1 :])
        found = [
            (min(distance, CLEAR), (text, area))
            for distance, text, area in zip(near, texts, areas, strict=True)
            if distance > 0 and area.left > edge.start[0] + GAP and area.right < edge.end[0] - GAP
        ]
        if not found:
            return None
        free.append([place for _, place in sorted(found, key=lambda pair: -pair[0])])
    chosen: dict[int, Text] = {}
    taken: list[Area] = []
    for n in sorted(range(len(edges)), key=lambda n: len(free[n])):
        fitting = next(((text, area) for text, area in free[n] if not any(map(area.overlaps, taken))), None)
        if fitting is None:
            return None
        chosen[n] = fitting[0]
        taken.append(fitting[1])
    return [chosen[n] for n in range(len(edges))]


def _nearest(areas: list[Area], lines: list[Edge]) -> list[float]:
    """How far above or below each rectangle the nearest line passes; negative where one runs through it."""
    if not lines:
        return [CLEAR] * len(areas)
    x1, y1, x2, y2 = np.array([(*line.start, *line.end) for line in lines]).T
    left, top, right, bottom = np.array(areas).T[:, :, None]
    ends = [y1 + (y2 - y1) * (x - x1) / (x2 - x1) for x in (left, right)]
    distances = np.maximum(top - np.maximum(*ends), np.minimum(*ends) - bottom)
    return [float(distance) for distance in distances.min(axis=1)]
