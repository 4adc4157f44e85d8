"""A student who makes mistakes: asked by a problem's plain NumPy, at each place, whether it is made there.

The same function works a problem out for the one who makes none, for the careful one who makes a mistake wherever it
can be made and carries it on, and for the one who makes it at the last place alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.bench.fresh import words as w

Array = np.ndarray[Any, np.dtype[np.float64]]
Answers = dict[str, Any]


class Student:
    """The mistakes of one student: `student(mistake, place)` says whether it is made there."""

    def __init__(self, mistakes: Iterable[str] = (), only: Mapping[str, str] | None = None) -> None:
        self.mistakes = frozenset(mistakes)
        self.only = dict(only or {})
        self.places: dict[str, list[str]] = {}

    def __call__(self, mistake: str, place: str = "") -> bool:
        asked = self.places.setdefault(mistake, [])
        if place not in asked:
            asked.append(place)
        return mistake in self.mistakes and self.only.get(mistake, place) == place

    def keep(self, value: Any, place: str) -> Any:
        """The intermediate result as the student writes it down and goes on with it."""
        if self(w.ROUNDED_2_DECIMALS, place):
            return np.round(value, 2)
        if self(w.ROUNDED_3_DIGITS, place):
            return significant(value, 3)
        return value


def significant(value: Any, digits: int) -> Any:
    """Each number rounded to so many significant digits."""
    return np.vectorize(lambda number: float(f"{number:.{digits}g}"))(np.asarray(value, float))


class Problem(NamedTuple):
    """One problem: its plain NumPy for a crowd of students, and the pairs of mistakes that are made together."""

    solve: Callable[[Sequence[Student]], list[Answers]]
    pairs: tuple[tuple[str, str], ...]
    explore: Callable[[Student], object]  # the same work for one, as short as it can be: which mistakes have room


def problem(work: Callable[[Student], Answers], *pairs: tuple[str, str]) -> Problem:
    """A problem that is worked out for one student after the other."""
    return Problem(lambda crowd: [work(student) for student in crowd], pairs, work)


class Case(NamedTuple):
    """One student's answers, and the mistakes behind them."""

    problem: str
    mistakes: tuple[str, ...]
    late: bool
    answers: Answers


def students(problem: Problem) -> list[tuple[tuple[str, ...], bool, Student]]:
    """Each single mistake, wherever it can be made and then at its last place alone; and the pairs."""
    explorer = Student()
    problem.explore(explorer)
    found: list[tuple[tuple[str, ...], bool, Student]] = []
    for mistake, places in explorer.places.items():
        found.append(((mistake,), False, Student((mistake,))))
        if len(places) > 1:
            found.append(((mistake,), True, Student((mistake,), {mistake: places[-1]})))
    return found + [(pair, False, Student(pair)) for pair in problem.pairs]


def cases(name: str, problem: Problem) -> list[Case]:
    """The answers of every student of one problem."""
    made = students(problem)
    worked = problem.solve([student for _, _, student in made])
    return [Case(name, mistakes, late, answers) for (mistakes, late, _), answers in zip(made, worked, strict=True)]
