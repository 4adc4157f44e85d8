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
    return bool(are_alike(a.ravel(), b.ravel()))


def are_alike(rows: Tensor, numbers: Tensor) -> NDArray[np.bool_]:
    """Which rows differ from some numbers by rounding errors at most."""
    noise = NOISE * np.abs(numbers).max(initial=0.0)
    found: NDArray[np.bool_] = (np.abs(rows - numbers) <= 10.0**-ALIKE * np.abs(numbers) + noise).all(axis=-1)
    return found


def digits(value: Tensor) -> Tensor:
    """The elements rounded to their first digits: of a saturated softmax the small ones count, too."""
    with np.errstate(all="ignore"):
        unit = 10.0 ** (np.floor(np.log10(np.abs(value))) - ALIKE + 1)
        return np.where((value == 0) | (unit == 0), 0.0, np.round(value / unit) * unit) + 0.0
