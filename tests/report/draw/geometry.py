"""What may not happen in a picture, found from its shapes: texts that meet, lines through texts, texts cut off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnsolve.report.draw.shapes import Area, Box, Circle, Line, Picture, Point, Text, area_of

SLACK = 0.01
INWARDS = np.array([1.0, 1.0, -1.0, -1.0])

Array = NDArray[np.float64]


def faults(picture: Picture) -> list[str]:
    """Everything that is wrong with a picture's geometry."""
    texts = picture.texts
    areas = np.array([text.area for text in texts]).reshape(-1, 4)
    found = [f"{_said(texts[i])} meets {_said(texts[j])}" for i, j in np.argwhere(_overlaps(areas, areas)) if i < j]
    for shape in picture.shapes:
        area = np.array([area_of(shape)])
        if (area[:, :2] < 0).any() or area[0, 2] > picture.width or area[0, 3] > picture.height:
            found.append(f"{shape} is cut off")
        near = np.flatnonzero(_overlaps(area, areas)[0])
        if isinstance(shape, Line) and len(near):
            points = np.array(list(_along(shape)))
            found += [f"a line runs through {_said(texts[n])}" for n in near if _holds_one(areas[n], points)]
        elif isinstance(shape, Circle | Box):
            found += [f"{_said(texts[n])} leaves {shape}" for n in near if _leaves(texts[n].area, shape)]
    return found


def _overlaps(some: Array, others: Array) -> NDArray[np.bool_]:
    """Which rectangles share more than an edge, each of some with each of others."""
    a, b = some[:, None, :] + SLACK * INWARDS, others[None, :, :]
    found = (a[..., :2] <= b[..., 2:]) & (b[..., :2] <= a[..., 2:])
    return np.asarray(found.all(axis=-1))


def _said(text: Text) -> str:
    return repr("".join(run.text for run in text.runs))


def _holds_one(area: Array, points: Array) -> bool:
    """Whether one of the points lies in a rectangle."""
    return bool(((area[:2] < points) & (points < area[2:])).all(axis=1).any())


def _leaves(area: Area, shape: Circle | Box) -> bool:
    """Whether a text is neither inside nor outside of a circle or box."""
    if not area.overlaps(area_of(shape), -SLACK):
        return False
    corners = [(x, y) for x in (area.left, area.right) for y in (area.top, area.bottom)]
    if isinstance(shape, Circle):
        near = max(area.left, min(shape.x, area.right)), max(area.top, min(shape.y, area.bottom))
        if math.dist(near, (shape.x, shape.y)) >= shape.radius:
            return False
        return any(math.dist(corner, (shape.x, shape.y)) > shape.radius for corner in corners)
    box = area_of(shape)
    return not all(box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in corners)


def _along(line: Line) -> Iterator[Point]:
    """Points on a line, close to each other; a curved one is drawn as cubic Bézier curves."""
    for (x1, y1), (x2, y2) in pairwise(line.points):
        count = 2 + int(math.dist((x1, y1), (x2, y2)) / 2)
        middle = (x1 + x2) / 2
        for n in range(count + 1):
            t = n / count
            if line.curved:
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                yield a * x1 + (b + c) * middle + d * x2, (a + b) * y1 + (c + d) * y2
            else:
                yield x1 + t * (x2 - x1), y1 + t * (y2 - y1)
