"""Steps that several problems share, as each student takes them."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Array, Student


def delta(s: Student, a: Array, y: Array | float, da: Array) -> Array:
    """dL/dz = a - y before a sigmoid or softmax with its cross-entropy; `da` is dL/da, its derivative left out."""
    dz = a - y
    if s(w.TARGET_MINUS_OUTPUT):
        dz = y - a
    if s(w.DERIVATIVE_EXTRA):
        dz = (a - y) * a * (1 - a)
    if s(w.DERIVATIVE_MISSING):
        dz = da
    if s(w.TWO_EXTRA):
        dz = 2 * (a - y)
    return dz


def relu_mask(s: Student, z: Array) -> Array:
    """relu'(z): 1 where z > 0."""
    mask = (z > 0).astype(float)
    if s(w.MASK_MISSING):
        mask = np.ones_like(z)
    if s(w.MASK_INVERTED, "backward"):
        mask = 1 - mask
    return mask


def ln_of_base(s: Student) -> float:
    """What a natural logarithm is divided by: 1, or ln 2 or ln 10 where the student takes another base."""
    return float(np.log(2) if s(w.LOG_2) else np.log(10) if s(w.LOG_10) else 1.0)
