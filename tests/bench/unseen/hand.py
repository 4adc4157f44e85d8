"""A student's solution by hand: what is computed at each line, and the mistakes that can be made there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PROBLEMS = Path(__file__).parents[3] / "problems"
OWN = Path(__file__).parent / "problems"


class Hand:
    """Takes the right value of a line, or that of the mistake which is made there; keeps the answers."""

    def __init__(self, made: tuple[str, ...] = (), given: Mapping[str, Any] | None = None, digits: int = 0) -> None:
        self.made = made
        self.given = given or {}
        self.digits = digits
        self.answers: dict[str, Any] = {}
        self.known: set[str] = set()

    def __call__(self, right: Any, **wrong: Any) -> Any:
        """`right`, or the first of `wrong` whose name is among the mistakes made; rounded where that is one."""
        self.known.update(wrong)
        value = next((wrong[name] for name in self.made if name in wrong), right)
        return np.round(value, self.digits) if self.digits and "rounded" in self.made else value

    def does(self, name: str) -> bool:
        """Whether this mistake is made, where a value alone does not tell it."""
        self.known.add(name)
        return name in self.made

    def write(self, ask: str, right: Any, **wrong: Any) -> Any:
        """Write an answer down and go on with it; with what was given instead, if something was."""
        value = self(right, **wrong)
        self.answers[ask] = value
        return np.asarray(self.given[ask]) if ask in self.given else value

    def copy(self, ask: str, right: Any, **wrong: Any) -> None:
        """Write an answer down wrongly and go on with the right value."""
        self.answers[ask] = self(right, **wrong)


class Mistake(NamedTuple):
    """What is done, in plain words, and the codes that a fair teaching assistant would accept for it.

    Codes are separated by spaces; any of them will do. Behind a question mark they are not false, but none of them says
    it well enough to be asked for. Empty: no code says it.
    """

    words: str
    codes: str


class Exercise(NamedTuple):
    """A problem, its solution by hand, the mistakes in it and the likely pairs of them."""

    problem: Path
    solve: Callable[[Hand], None]
    mistakes: dict[str, Mistake]
    pairs: tuple[tuple[str, str], ...] = ()
    digits: int = 2  # decimals of a student who rounds each line


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


def softmax(z: Any, axis: int = -1) -> Any:
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
