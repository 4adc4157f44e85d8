"""What a picture is made of: texts, lines, circles and boxes, with their places, before they are written as SVG.

Lengths are in pixels at the picture's own size, y grows downwards. A `kind` is a class of the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from nnsolve.report.draw.runs import Run, shortened, width_of

LINE_HEIGHT = 1.3
"""The height of a line of text, in font sizes."""

Point: TypeAlias = tuple[float, float]


class Area(NamedTuple):
    """A rectangle, by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Area, gap: float = 0.0) -> bool:
        """Whether two rectangles share a point, or come nearer to each other than the gap."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )


class Text(NamedTuple):
    """A line of text, its baseline at y; x is its `start`, `middle` or `end`."""

    x: float
    y: float
    runs: tuple[Run, ...]
    kind: str = "label"
    size: float = 12.0
    anchor: str = "middle"

    @property
    def width(self) -> float:
        return width_of(self.runs, self.size)

    @property
    def area(self) -> Area:
        """The room that the text takes, raised and lowered parts included."""
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return Area(left, self.y - 0.85 * self.size, left + self.width, self.y + 0.3 * self.size)


class Line(NamedTuple):
    """A straight line through some points, or with `curved` one that leaves and arrives horizontally."""

    points: tuple[Point, ...]
    kind: str = "edge"
    width: float = 1.2
    curved: bool = False
    arrow: bool = False


class Circle(NamedTuple):
    """A circle around a point."""

    x: float
    y: float
    radius: float
    kind: str = "unit"


class Box(NamedTuple):
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    kind: str = "box"
    radius: float = 6.0


Shape: TypeAlias = Text | Line | Circle | Box


class Picture(NamedTuple):
    """A picture, with a title and a description for those who do not see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str = ""
    description: str = ""

    @property
    def texts(self) -> list[Text]:
        return [shape for shape in self.shapes if isinstance(shape, Text)]


MARGIN = 16.0
WIDEST_NOTE = 560.0


def framed(shapes: Sequence[Shape], heading: str, notes: Sequence[str]) -> Picture:
    """Shapes moved to the middle of a picture, with a heading above and notes below them."""
    area = bounds(shapes)
    inner = max(area.right - area.left, 280.0)
    head = [shortened(line, inner, 15.0) for line in wrapped(heading, inner, 15.0)[:2]]
    foot = [line for note in notes for line in wrapped(note, min(inner, WIDEST_NOTE), 11.0)]
    width = inner + 2 * MARGIN
    top = MARGIN + len(head) * 15.0 * LINE_HEIGHT + (8.0 if head else 0.0)
    x, y = (width - (area.right - area.left)) / 2 - area.left, top - area.top
    placed: list[Shape] = [moved(shape, x, y) for shape in shapes]
    for n, line in enumerate(head):
        placed.append(Text(width / 2, MARGIN + 15.0 * (1 + n * LINE_HEIGHT), (Run(line),), "title", 15.0))
    y = top + area.bottom - area.top + (22.0 if foot else 0.0)
    for n, line in enumerate(foot):
        placed.append(Text(MARGIN, y + n * 11.0 * LINE_HEIGHT, (Run(line),), "note", 11.0, "start"))
    y += (max(len(foot) - 1, 0)) * 11.0 * LINE_HEIGHT
    return Picture(width, y + MARGIN, tuple(placed))


def wrapped(text: str, room: float, size: float) -> list[str]:
    """A text in lines that fit into the room; a word that does not is shortened."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of((Run(longer),), size) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(word, room, size))
    return lines


def bounds(shapes: Sequence[Shape]) -> Area:
    """The smallest rectangle that holds all shapes."""
    areas = [area_of(shape) for shape in shapes]
    if not areas:
        return Area(0.0, 0.0, 0.0, 0.0)
    return Area(
        min(a.left for a in areas), min(a.top for a in areas), max(a.right for a in areas), max(a.bottom for a in areas)
    )


def area_of(shape: Shape) -> Area:
    """The rectangle that a shape takes."""
    if isinstance(shape, Text):
        return shape.area
    if isinstance(shape, Circle):
        return Area(shape.x - shape.radius, shape.y - shape.radius, shape.x + shape.radius, shape.y + shape.radius)
    if isinstance(shape, Box):
        return Area(shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
    xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
    return Area(min(xs), min(ys), max(xs), max(ys))


def moved(shape: Shape, x: float, y: float) -> Shape:
    """The shape at another place."""
    if isinstance(shape, Line):
        return shape._replace(points=tuple((px + x, py + y) for px, py in shape.points))
    return shape._replace(x=shape.x + x, y=shape.y + y)
