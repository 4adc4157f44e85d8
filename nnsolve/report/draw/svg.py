"""Pictures as SVG: one file, no other file and no script needed, text as text, colours for light and dark pages."""

from __future__ import annotations

import math
from html import escape
from itertools import pairwise
from typing import NamedTuple

from nnsolve.report.draw.runs import SCRIPT, Run, width_of
from nnsolve.report.draw.shapes import Box, Circle, Line, Picture, Point, Shape, Text
from nnsolve.report.style import clean


class Typefaces(NamedTuple):
    """The families for text and for variables, and how wide text is as a part of the room that is kept for it."""

    sans: str
    serif: str
    width: float


COMMON = Typefaces(
    "'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif",
    "'STIX Two Text',Cambria,'Times New Roman','Liberation Serif','DejaVu Serif',serif",
    0.85,
)
"""For a program that takes a sign which a typeface lacks, ⊙ say, from another one."""

LIGHT = {
    "paper": "#ffffff", "ink": "#1d2430", "soft": "#5a6472", "fill": "#f3f6fa", "rim": "#44546a",
    "positive": "#1f5fbf", "negative": "#b4490e", "zero": "#8a94a3", "value": "#13742f", "gradient": "#b3202c",
}  # fmt: skip
DARK = {
    "paper": "#14181f", "ink": "#e8ecf2", "soft": "#a7b1c0", "fill": "#222934", "rim": "#93a3ba",
    "positive": "#7fb2ff", "negative": "#ffa366", "zero": "#8793a5", "value": "#6fd58d", "gradient": "#ff8f8f",
}  # fmt: skip
"""Colours that stand out from the paper by 4.5 to 1 and more."""

_RULES = (
    ("fill", "paper", "paper"),
    ("fill", "ink", "title label unit-name"),
    ("fill", "soft", "note tag weight-zero"),
    ("fill", "value", "unit-value value"),
    ("fill", "gradient", "gradient"),
    ("fill", "positive", "weight-positive"),
    ("fill", "negative", "weight-negative"),
    ("fill", "fill", "unit box operation"),
    ("fill", "rim", "tip"),
    ("stroke", "rim", "unit box operation leaf edge"),
    ("stroke", "positive", "edge-positive"),
    ("stroke", "negative", "edge-negative"),
    ("stroke", "zero", "edge-zero"),
)
"""What has which colour: a property, the colour, and the kinds of shapes."""

_FORMS = (
    ("font-weight:600", "title unit-name"),
    ("fill:none", "edge edge-positive edge-negative edge-zero leaf"),
    ("stroke-dasharray:6 4", "edge-negative"),
    ("stroke-dasharray:2 4", "edge-zero"),
)
"""What does not depend on colours: a negative weight is dashed, one that is zero dotted."""

ROOT, PREFIX = "nnsolve-picture", "nn-"
"""The class of the picture, below which all rules are, and what its other classes begin with.

A page that holds the picture keeps its styles, and the picture its own.
"""


def style_sheet(faces: Typefaces = COMMON) -> str:
    """The rules of every picture.

    They are light as they stand. A browser takes the colours of the page around it, or of the user's choice where the
    picture stands alone; other programs skip what they do not know.
    """
    families = (
        _rule(f"font-family:{faces.sans}", "text"),
        _rule(f"font-family:{faces.serif};font-style:italic", "variable"),
    )
    forms = "".join([*families, *(_rule(form, kinds) for form, kinds in _FORMS)])
    light = "".join(_rule(f"{what}:{LIGHT[colour]}", kinds) for what, colour, kinds in _RULES)
    both = "".join(_rule(f"{what}:light-dark({LIGHT[colour]},{DARK[colour]})", kinds) for what, colour, kinds in _RULES)
    alone = f".{ROOT}:root{{color-scheme:light dark}}"
    return f"{forms}{light}@supports (color:light-dark(red,red)){{{alone}{both}}}"


def _rule(declarations: str, kinds: str) -> str:
    return ",".join(f".{ROOT} .{PREFIX}{kind}" for kind in kinds.split()) + f"{{{declarations}}}"


def svg(picture: Picture, faces: Typefaces = COMMON) -> str:
    """The picture as an `<svg>` element, to be saved as a file or put into a page."""
    width, height = _n(picture.width), _n(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT}" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">',
        f"<title>{_escaped(picture.title)}</title>",
        f"<desc>{_escaped(picture.description)}</desc>",
        f"<style>{style_sheet(faces)}</style>",
        f'<rect class="{PREFIX}paper" width="{width}" height="{height}"/>',
    ]
    parts += [_element(shape, faces.width) for shape in picture.shapes]
    return "\n".join(parts) + "\n</svg>\n"


def _escaped(text: str) -> str:
    return escape(clean(text))


def _n(value: float) -> str:
    """A length, to a tenth of a pixel."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _element(shape: Shape, wide: float) -> str:
    if isinstance(shape, Text):
        return _text(shape, wide)
    if isinstance(shape, Circle):
        return f'<circle class="{PREFIX}{shape.kind}" cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}"/>'
    if isinstance(shape, Box):
        return (
            f'<rect class="{PREFIX}{shape.kind}" x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
            f'height="{_n(shape.height)}" rx="{_n(shape.radius)}"/>'
        )
    return _line(shape)


def _text(text: Text, wide: float) -> str:
    return (
        f'<text class="{PREFIX}text {PREFIX}{text.kind}" x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}" '
        f'text-anchor="{text.anchor}" xml:space="preserve">{_spans(text.runs, text.size, wide)}</text>'
    )


def _spans(runs: tuple[Run, ...], size: float, wide: float) -> str:
    """The parts of a line; after a raised or lowered one the next goes back to the baseline.

    What is lowered right behind something raised goes back below it, and the rest behind the wider of both.
    """
    parts: list[str] = []
    level, behind = 0, 0.0
    runs = tuple(run for run in runs if run.text)  # an empty one would move nothing back to the baseline
    for n, run in enumerate(runs):
        attributes = f' class="{PREFIX}variable"' if run.variable else ""
        shift = 0.0
        if (level, run.raised) == (1, -1):
            raised, lowered = (wide * width_of((part,), size) for part in (runs[n - 1], run))
            shift, behind = -raised, max(raised - lowered, 0.0)
        elif level == -1 and run.raised != -1:
            shift, behind = behind, 0.0
        if shift:
            attributes += f' dx="{_n(shift)}"'
        if run.raised != level:
            attributes += f' dy="{_n((level - run.raised) * 0.33 * size)}"'
            level = run.raised
        if run.raised:
            attributes += f' font-size="{_n(SCRIPT * size)}"'
        text = _escaped_run(run.text)
        parts.append(f"<tspan{attributes}>{text}</tspan>" if attributes else text)
    return "".join(parts)


def _escaped_run(text: str) -> str:
    """The text of a run, whose blanks at both ends count."""
    inner = text.strip(" ")
    if not inner:
        return text
    before, _, after = text.partition(inner)
    return before + _escaped(inner) + after


def _line(line: Line) -> str:
    """A path, and its tip."""
    points = line.points
    path = f"M{_p(points[0])}"
    for a, b in pairwise(points):
        middle = (a[0] + b[0]) / 2
        path += f"C{_p((middle, a[1]))} {_p((middle, b[1]))} {_p(b)}" if line.curved and a[1] != b[1] else f"L{_p(b)}"
    found = f'<path class="{PREFIX}{line.kind}" d="{path}" stroke-width="{_n(line.width)}"/>'
    return found + (_tip(points[-2], points[-1], line.curved) if line.arrow else "")


def _tip(start: Point, end: Point, curved: bool) -> str:
    """A small triangle at the end of a line, drawn as such: a marker would need an id that another picture has too."""
    angle = 0.0 if curved else math.atan2(end[1] - start[1], end[0] - start[0])
    corners = [end]
    for side in (-1, 1):
        turned = angle + math.pi + side * 0.42
        corners.append((end[0] + 7.5 * math.cos(turned), end[1] + 7.5 * math.sin(turned)))
    return f'<path class="{PREFIX}tip" d="M{" L".join(map(_p, corners))}Z"/>'


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"
