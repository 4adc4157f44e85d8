"""Which values are the same but for rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

ALIKE = 9
"""Elements that agree in so many significant digits are the same."""

NOISE = 1e-15
"""What an exact 0 may be off by, relative to the largest element beside it."""


def alike(a: Tensor, b: Tensor) -> bool:
    """Whether two values of the same shape differ by rounding errors at most."""
    noise = NOISE * np.abs(b).max(initial=0.0)
    return bool((np.abs(a - b) <= 10.0**-ALIKE * np.abs(b) + noise).all())


def digits(value: Tensor) -> Tensor:
    """The elements rounded to their first digits: of a saturated softmax the small ones count, too."""
    with np.errstate(all="ignore"):
        unit = 10.0 ** (np.floor(np.log10(np.abs(value))) - ALIKE + 1)
        return np.where((value == 0) | (unit == 0), 0.0, np.round(value / unit) * unit) + 0.0
