"""Pictures as PNG, by resvg, which is an extra."""

from __future__ import annotations

from nnsolve.report.draw.shapes import Picture
from nnsolve.report.draw.svg import Typefaces, svg

ZOOM = 2.0
"""Pixels for each of the picture's own, so that small text stays legible."""

COMPLETE = Typefaces(
    "'DejaVu Sans','Arial Unicode MS','Lucida Sans Unicode',sans-serif",
    "'DejaVu Sans','STIX Two Text','Cambria Math','Arial Unicode MS',serif",
    1.0,
)
"""Those that have the mathematical signs: for one that is missing resvg sets the whole line in another typeface."""


def available() -> bool:
    """Whether resvg is there; it is not imported."""
    from importlib.util import find_spec

    return find_spec("resvg_py") is not None


def png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg(picture, COMPLETE), zoom=ZOOM, background="#ffffff"))
