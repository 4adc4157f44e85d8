"""Cases of the unseen mistakes: what each would hand in, what is expected of the verdicts, what was named."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from tests.bench.unseen import batches, classifiers, equations, optimizers, regression, sequences, states, words, xor
from tests.bench.unseen.hand import Exercise, Hand

EXERCISES: tuple[Exercise, ...] = (
    *regression.EXERCISES,
    *classifiers.EXERCISES,
    *optimizers.EXERCISES,
    *equations.EXERCISES,
    *sequences.EXERCISES,
    *words.EXERCISES,
    *states.EXERCISES,
    *batches.EXERCISES,
    *xor.EXERCISES,
)


class Case(NamedTuple):
    """One answer file: a problem with one mistake or two, or none."""

    exercise: Exercise
    made: tuple[str, ...]
    answers: dict[str, Any]  # as written, to 4 significant digits
    right: dict[str, Any]

    @property
    def name(self) -> str:
        return "+".join(self.made) or "right"

    @property
    def wanted(self) -> list[set[str]]:
        """For each mistake the codes of which one has to be named; empty where the vocabulary lacks one of them."""
        codes = [self.exercise.mistakes[name].codes for name in self.made]
        return [] if any(c == "" or c.startswith("?") for c in codes) else [set(c.split()) for c in codes]

    @property
    def fair(self) -> set[str]:
        """All codes that are not false, needed or not."""
        return {c for name in self.made for c in self.exercise.mistakes[name].codes.lstrip("?").split()}

    @property
    def differing(self) -> list[str]:
        """The asks whose answer is not the right one."""
        return [ask for ask in self.right if self.answers[ask] != self.right[ask]]

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.exercise.problem.stem}.{self.name}.yaml"
        document = {"problem": self.exercise.problem.stem, "student": self.name, "answers": self.answers}
        path.write_text(yaml.safe_dump(document, default_flow_style=None, sort_keys=False), encoding="utf-8")
        return path


def cases(exercises: tuple[Exercise, ...] = EXERCISES) -> Iterator[Case]:
    """Every exercise solved rightly, with each mistake, and with each likely pair of them."""
    for exercise in exercises:
        right = solved(exercise, ())
        for made in ((), *((name,) for name in exercise.mistakes), *exercise.pairs):
            yield Case(exercise, made, solved(exercise, made), right)


def solved(exercise: Exercise, made: tuple[str, ...], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answers of a student who makes these mistakes, to 4 significant digits."""
    hand = Hand(made, given, exercise.digits)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exercise.solve(hand)
    return {ask: written(value) for ask, value in hand.answers.items()}


def written(value: Any) -> Any:
    """Numbers to 4 significant digits; what is not finite is left blank."""
    if isinstance(value, np.ndarray | list | tuple) and np.ndim(value):
        return [written(element) for element in value]
    number = float(np.asarray(value).reshape(-1)[0] if np.ndim(value) else value)
    return float(f"{number:.4g}") + 0.0 if np.isfinite(number) else None


def carried(case: Case) -> set[str]:
    """The wrong answers that are right given all those that the student wrote before them, to the digits written."""
    found: set[str] = set()
    given: dict[str, Any] = {}
    for ask in case.differing:
        answer = case.answers[ask]
        if given and same(solved(case.exercise, (), given).get(ask), answer):
            found.add(ask)
        if np.shape(answer) == np.shape(case.right[ask]) and np.any(answer) and None not in np.ravel(answer):
            given[ask] = answer
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for one unit of the fourth digit."""
    if np.shape(one) != np.shape(other) or None in np.ravel(one) or None in np.ravel(other):
        return False
    a, b = np.ravel(one).astype(float), np.ravel(other).astype(float)
    return bool(np.all(np.abs(a - b) <= 10.0 ** (np.floor(np.log10(np.maximum(np.abs(b), 1e-12))) - 3) * 1.01))
