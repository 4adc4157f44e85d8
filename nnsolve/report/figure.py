"""The loss curve as a picture, drawn by matplotlib, which is an extra."""

from __future__ import annotations

import warnings
from typing import IO

from nnsolve.engine.outcome import Outcome
from nnsolve.report.style import clean
from nnsolve.report.training import unit

FORMATS = ("svg", "png")


def available() -> bool:
    """Whether matplotlib is there; it is not imported."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def write_figure(stream: IO[bytes], format: str, found: Outcome, log: bool = False) -> None:
    """Write the loss of each epoch as a curve; the same picture for the same losses."""
    import matplotlib
    from matplotlib.figure import Figure

    points = {x: y for x, y in found.curve.points.items() if y > 0 or not log}
    # Neither the day nor a random number is part of an SVG file; its texts stay texts.
    with matplotlib.rc_context({"svg.hashsalt": "nnsolve", "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a title may be in any script
        figure = Figure(figsize=(6.4, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(list(points), list(points.values()), marker="o" if len(points) < 30 else "", markersize=4)
        axes.set_xlabel(unit(found))
        axes.set_ylabel("mean loss per sample" if found.run.samples > 1 else "loss")
        axes.set_title(clean(found.problem.title or "Loss"), parse_math=False, wrap=True)
        axes.grid(alpha=0.3)
        if log:
            axes.set_yscale("log")
        metadata = {"Date": None} if format == "svg" else {"Software": None}
        figure.savefig(stream, format=format, dpi=150, metadata=metadata)
