"""Many students who train at once: every array has a student to an entry of its first axis.

Many epochs of a tiny network take seconds in NumPy, whether one student trains it or fifty.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Array, Student

EPOCHS = 20
"""Instead of the notebook's 10,000, which would take minutes to diagnose for all students."""


class Crowd:
    """The students of one training; `pick` takes the wrong value for those who make the mistake at that place."""

    def __init__(self, students: Sequence[Student]) -> None:
        self.students = students
        self.size = len(students)
        self.known: dict[tuple[str, str], Any] = {}

    def __call__(self, mistake: str, place: str = "") -> Any:
        """Who makes the mistake there, as an array (students, 1, 1); None where nobody does."""
        key = (mistake, place)
        if key not in self.known:
            made = np.array([student(mistake, place) for student in self.students])
            self.known[key] = made.reshape(-1, 1, 1) if made.any() else None
        return self.known[key]

    def pick(self, mistake: str, place: str, wrong: Callable[[], Array], right: Array) -> Array:
        """`wrong()` for those who make the mistake, `right` for the others."""
        made = self(mistake, place)
        return right if made is None else np.where(made, wrong(), right)

    def number(self, mistake: str, place: str, wrong: float, right: float) -> Array:
        """A number for each student, worked out once before a training."""
        made = self(mistake, place)
        return np.full((self.size, 1, 1), right) if made is None else np.where(made, wrong, right)

    def initial(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        """The same initial parameters for each student: the k-th of the file is drawn with the seed [0, k]."""
        drawn = {
            name: np.random.default_rng([0, k]).uniform(-1, 1, shape) for k, (name, shape) in enumerate(shapes.items())
        }
        return {name: np.repeat(np.atleast_2d(value)[None], self.size, axis=0) for name, value in drawn.items()}


def sigmoid(u: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(u, -500, 500))))


def rates(s: Crowd, eta: float, names: Sequence[str]) -> dict[str, Array]:
    """What each student multiplies a gradient by, with the sign of the step."""
    return {
        name: s.number(w.RATE_LEFT_OUT, name, 1 / eta, 1.0)
        * s.number(w.RATE_TWICE, name, eta, 1.0)
        * s.number(w.ASCENT, name, 1.0, -1.0)
        * eta
        for name in names
    }


def activate(s: Crowd, z: Array, place: str) -> Array:
    return s.pick(w.OTHER_ACTIVATION, place, lambda: np.tanh(z), sigmoid(z))


def slope(s: Crowd, z: Array, a: Array, place: str) -> Array:
    """sigmoid'(z) = a (1 - a), or what the students take for it."""
    value = a * (1 - a)
    value = s.pick(w.OTHER_ACTIVATION, place, lambda: 1 - a**2, value)
    value = s.pick(w.DERIVATIVE_MISSING, place, lambda: np.ones_like(a), value)
    value = s.pick(w.DERIVATIVE_OF_OTHER, place, lambda: 1 - a**2, value)
    value = s.pick(w.DERIVATIVE_AT_PREACTIVATION, place, lambda: z * (1 - z), value)
    return s.pick(w.DERIVATIVE_AT_ACTIVATION, place, lambda: sigmoid(a) * (1 - sigmoid(a)), value)
