"""A target of another shape than the prediction: what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.shapes import Layout, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SHOWN = 12
"""Numbers of a target that a help writes out."""


def mismatch_help(target: NDArray[np.float64], prediction: Shape, layout: Layout, sequential: bool) -> str:
    """What to write instead of a target, `sequential` if a step of one, that has not the shape of the prediction."""
    samples = layout.count(prediction)
    outputs = prediction.size // max(samples, 1)
    flat = target.size == max(target.shape, default=1)
    whole = bool(np.all((target >= 0) & (target <= outputs) & (target == np.floor(target))))
    numbers = [f"{x:g}" for x in target.ravel()[:MAX_SHOWN].tolist()]
    numbers += ["..."] if target.size > MAX_SHOWN else []
    if flat and target.size == samples and outputs > 1 and whole:
        label = "[...]" if sequential else f"[{', '.join(numbers)}]" if samples > 1 else numbers[0]
        return f"are these classes? Write {{class: {label}}}"
    if flat and target.size == samples and samples > 1 and outputs == 1:
        by_rows = layout.features == 1
        nested = ", ".join(f"[{x}]" for x in numbers) if by_rows else f"[{', '.join(numbers)}]"
        if sequential:
            return "several sequences are written {sequences: [[...], [...]]}"
        return f"a flat list is one sample; write [{nested}]"
    if target.T.shape == prediction.dims:
        axis = "row" if layout.features == 1 else "column"
        return f"the transpose fits: with samples: {axis}s a sample is a {axis}"
    return "prediction and target need the same shape"
