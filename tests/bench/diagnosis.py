"""How often the mistake behind a wrong answer is named.

The wrong answers come from `slips`, plain NumPy: each case is the file of a student who made one mistake, or two, and
went on with what came out. It is looked for in every answer that `nnsolve check` calls wrong; of two mistakes only the
one that gives the answer alone, where there is one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnsolve.checking.check import check_many
from nnsolve.checking.diagnose import Diagnosis, diagnose, diagnosis_of
from nnsolve.checking.judge import fits, judge, overall
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.model import Given
from nnsolve.problem.loader import load_problem
from tests.bench.slips import formulas, networks, regression, steps, units
from tests.bench.slips.exercise import Answers, Exercise, codes
from tests.checking.answering import answer

SEEDS = Path(__file__).parents[2] / "problems"
DIGITS = 4

EXERCISES = (*units.EXERCISES, *formulas.EXERCISES, *steps.EXERCISES, *regression.EXERCISES)
"""Those over problems/."""


NAMES = frozenset({*PROBLEMS, *(path.stem for path in SEEDS.glob("*.yaml"))})
"""The problems of `problems/`, and the examples of mistakes."""


class Known(NamedTuple):
    """A problem that is ready for answers."""

    key: Key
    diagnosis: Diagnosis

    def is_wrong(self, ask: str, given: Given) -> bool:
        target = self.key.targets[ask]
        return not fits(given.shape, target.shape) or overall(judge(given, target.bounds)) == "wrong"


@cache
def known(problem: str) -> Known:
    """A problem of `problems/`, or an example of a mistake, by its name."""
    return loaded(problem, PROBLEMS[problem]) if problem in PROBLEMS else _ready(SEEDS / f"{problem}.yaml")


def loaded(name: str, source: str) -> Known:
    """A problem by its file's text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(source, encoding="utf-8")
        return _ready(path)


def _ready(path: Path) -> Known:
    key = Key(load_problem(path))
    return Known(key, diagnosis_of(key))


def source(problem: str) -> str:
    """The file of a seed problem, or of an example."""
    return PROBLEMS.get(problem) or (SEEDS / f"{problem}.yaml").read_text(encoding="utf-8")


class Case(NamedTuple):
    """A student's answers, and for each of them the mistakes that it comes from where it is wrong."""

    problem: str
    answers: Mapping[str, Given]
    made: Mapping[str, tuple[str, ...]]
    kind: str

    def text(self) -> str:
        """The answer file."""
        lines = [f"  {json.dumps(ask)}: {_nested(given)}" for ask, given in self.answers.items()]
        return "\n".join([f"problem: {self.problem}", "answers:", *lines, ""])


def _nested(given: Given) -> str:
    """The numbers of an answer in brackets, as they are written."""
    return str(np.array([claim.text for claim in given.claims]).reshape(given.shape).tolist()).replace("'", "")


def cases(exercise: Exercise) -> Iterator[Case]:
    """Each mistake alone, the likely pairs, and each way of misreading a question."""
    right = exercise.values(())

    def case(values: Answers, alone: Mapping[str, Answers], kind: str) -> Case:
        shortest = any("rounded-early" in codes(mistake) for mistake in alone)
        answers = {ask: answer(value, DIGITS, shortest=shortest) for ask, value in values.items() if _finite(value)}
        made = {}
        for ask, given in answers.items():
            enough = [mistake for mistake, other in alone.items() if _gives(other[ask], given)]
            made[ask] = tuple(enough or alone)
        return Case(exercise.problem, answers, made, kind)

    alone = {mistake: exercise.values((mistake,)) for mistake in (*exercise.singles, *sum(exercise.pairs, ()))}
    for mistake in exercise.singles:
        yield case(alone[mistake], {mistake: alone[mistake]}, "single")
    for pair in exercise.pairs:
        yield case(exercise.values(pair), {mistake: alone[mistake] for mistake in pair}, "pair")
    for ask, mistake, value in exercise.readings(right):
        values = {**right, ask: value}
        yield case(values, {mistake: values}, "reading")


def _finite(value: Any) -> bool:
    return bool(np.isfinite(np.asarray(value, dtype=float)).all())


def _gives(value: Any, given: Given) -> bool:
    """Whether a value is written with the digits of an answer."""
    units = np.array([claim.unit for claim in given.claims])
    claimed = np.array([claim.value for claim in given.claims])
    return np.size(value) == claimed.size and bool((np.abs(np.ravel(value) - claimed) <= 0.5001 * units).all())


class Share(NamedTuple):
    """How many of some cases."""

    found: int
    of: int

    def __str__(self) -> str:
        return f"{100 * self.found / max(self.of, 1):.1f} of 100"


class Outcome(NamedTuple):
    """A wrong answer, the mistakes that it comes from, and the causes that are named for it."""

    problem: str
    target: Target
    given: Given
    made: tuple[str, ...]
    named: frozenset[str]
    kind: str

    @property
    def found(self) -> bool:
        return all(codes(mistake) & self.named for mistake in self.made)

    @property
    def says_nothing(self) -> bool:
        """Whether its wrong numbers are 0, 1 or -1, which many a mistake gives, or all right but for too few digits."""
        target = self.target
        if _gives(target.values, self.given):
            return True
        numbers = [claim.value for claim in self.given.claims]
        if fits(self.given.shape, target.shape):
            verdicts = judge(self.given, target.bounds)
            numbers = [number for number, verdict in zip(numbers, verdicts, strict=True) if verdict == "wrong"]
        return all(number in (-1, 0, 1) for number in numbers)


def outcomes(exercises: Iterable[Exercise] = EXERCISES, source: Callable[[str], str] = source) -> list[Outcome]:
    """Every answer that `check` calls wrong (not those that are right given an earlier wrong one), in every case."""
    listed = [case for exercise in exercises for case in cases(exercise)]
    with tempfile.TemporaryDirectory() as folder:
        targets = {}
        for name in {case.problem for case in listed}:
            path = Path(folder) / f"{name}.yaml"
            path.write_text(source(name), encoding="utf-8")
            targets[name] = Key(load_problem(path)).targets
        answers = Path(folder) / "answers"
        answers.mkdir()
        paths = [answers / f"{i:05}.yaml" for i in range(len(listed))]
        for path, case in zip(paths, listed, strict=True):
            path.write_text(case.text(), encoding="utf-8")
        results = check_many(paths, problems=folder, diagnose=diagnose).results
    found = []
    for case, result in zip(listed, results, strict=True):
        assert not result.findings, result.findings
        for item in result.items:
            if item.verdict == "wrong":
                named = frozenset(cause.code for cause in item.causes)
                made = case.made[item.id]
                target = targets[case.problem][item.id]
                found.append(Outcome(case.problem, target, case.answers[item.id], made, named, case.kind))
    return found


def share(some: Iterable[Outcome]) -> Share:
    """Of some wrong answers: those whose mistake is named."""
    found = [outcome.found for outcome in some]
    return Share(sum(found), len(found))


def rows() -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    found = outcomes()
    telling = [outcome for outcome in found if not outcome.says_nothing]
    yield f"mistake named, {len(telling)} wrong answers of {DIGITS} digits", str(share(telling)), "at least 98"
    for kind in ("single", "pair", "reading"):
        some = [outcome for outcome in telling if outcome.kind == kind]
        yield f"  of {kind} mistakes, {len(some)}", str(share(some)), ""
    examples = [outcome for outcome in outcomes(networks.EXERCISES) if not outcome.says_nothing]
    yield f"  in the examples of mistakes, {len(examples)}", str(share(examples)), ""
    yield f"  with answers of 0, 1 and -1 alone, {len(found)}", str(share(found)), ""
