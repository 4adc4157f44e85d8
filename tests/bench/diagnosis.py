"""How often the mistake behind a wrong answer is named, and how often a random wrong answer is accused of one.

The wrong answers come from `slips`, plain NumPy: each case is the file of a student who made one mistake, or two. A
mistake is looked for in every answer that it makes wrong at four digits; of two mistakes only the one that gives the
answer alone, where there is one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.model import Given
from nnsolve.problem.loader import load_problem
from tests.bench import slips
from tests.bench.slips import Answers
from tests.checking.answering import answer

SEEDS = Path(__file__).parents[2] / "problems"
DIGITS = 4
RANDOM = 12
"""Random wrong answers of each kind to every question."""


class Exercise(NamedTuple):
    """A problem, the values that a set of mistakes gives for its asks, and which mistakes can be made in it."""

    problem: str
    values: Callable[[slips.Made], Answers]
    singles: tuple[str, ...]
    likely: tuple[str, ...] = ()
    asks: Mapping[str, str] = {}  # ask id -> what `misread` calls it
    before: Mapping[str, Any] = {}


def _net(problem: str, net: slips.Net, asks: Mapping[str, str], *, columns: bool = False) -> Exercise:
    def values(made: slips.Made) -> Answers:
        found = slips.two_layers(net, made)
        found = slips.columns(found) if columns else found
        return {ask: found[key] for ask, key in asks.items()}

    return Exercise(problem, values, slips.PROGRAM, slips.LIKELY, asks)


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


ALL = ("z1", "a1", "z2", "a2", "L", "dL/dz2", "dL/dW2", "dL/db2", "dL/da1", "dL/dz1", "dL/dW1", "dL/db1")
UPDATES = ("W1@1", "b1@1", "W2@1", "b2@1")

EXERCISES = (
    _net("regression-3-4-3-l2-norm", slips.REGRESSION, slips.REGRESSION_ASKS),
    _net(
        "relu-softmax-2-4-2-step",
        slips.CLASSES,
        same("a1", "a2", "W2@1", "W1@1", "a1@1", "a2@1"),
        columns=True,
    ),
    _net("network", slips.SMOOTH, same(*ALL, "dL/da2", *UPDATES)),
    _net("classifier", slips.CLASSIFIER, same(*ALL[:-1], "W2@1", "W1@1", "b1@1"), columns=True),
    Exercise(
        "scalar-backpropagation",
        slips.scalar,
        (
            "sign-flipped",
            "target-minus-prediction",
            "half-missing",
            "bias-missing",
            "activation-derivative-missing",
            "derivative-at-activation",
            "derivative-at-preactivation",
            "factor-left-out",
        ),
        ("sign-flipped", "half-missing", "bias-missing", "activation-derivative-missing"),
    ),
    Exercise(
        "softmax-unit-gradient-step",
        slips.unit,
        (
            "sign-flipped",
            "target-minus-prediction",
            "wrong-class",
            "learning-rate-missing",
            "learning-rate-twice",
            "ascent-for-descent",
            "transposed",
        ),
        ("sign-flipped", "target-minus-prediction", "transposed", "ascent-for-descent"),
    ),
    Exercise(
        "optimizer",
        slips.adam,
        (
            "bias-correction-missing",
            "epsilon-inside-root",
            "betas-exchanged",
            "complement-missing",
            "learning-rate-missing",
            "ascent-for-descent",
            "target-minus-prediction",
        ),
        ("bias-correction-missing", "target-minus-prediction", "learning-rate-missing"),
    ),
    Exercise(
        "rnn",
        slips.recurrent,
        (
            "bias-missing",
            "previous-state-missing",
            "target-minus-prediction",
            "recurrent-gradient-dropped",
            "activation-derivative-missing",
            "time-steps-not-summed",
        ),
        ("target-minus-prediction", "recurrent-gradient-dropped", "bias-missing", "activation-derivative-missing"),
    ),
)


def diagnosis(problem: str) -> Diagnosis:
    """The diagnosis of a seed problem, or of an example."""
    if problem not in PROBLEMS:
        return Diagnosis(load_problem(SEEDS / f"{problem}.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.yaml"
        path.write_text(PROBLEMS[problem], encoding="utf-8")
        return Diagnosis(load_problem(path))


class Case(NamedTuple):
    """A student's answers, those that are wrong, and for each of these the mistakes behind it."""

    answers: Mapping[str, Given]
    wrong: Mapping[str, frozenset[str]]
    is_pair: bool


def agrees(given: Given, right: Any) -> bool:
    """Whether an answer is right to its digits."""
    exact = np.ravel(right)
    if given.shape != np.shape(right):
        return False
    return all(
        abs(claim.value - value) <= max(0.5 * claim.unit * 1.0001, 1e-3 * abs(value))
        for claim, value in zip(given.claims, exact, strict=True)
    )


def finite(value: Any) -> bool:
    return bool(np.isfinite(np.asarray(value, dtype=float)).all())


def cases(exercise: Exercise) -> Iterator[Case]:
    """Each mistake alone, the likely pairs, and each way of misreading a question."""
    right = exercise.values(())
    alone = {code: exercise.values((code,)) for code in exercise.singles}
    for code, values in alone.items():
        yield _case(right, values, {code: values}, is_pair=False)
    for pair in combinations(exercise.likely, 2):
        yield _case(right, exercise.values(pair), {code: alone[code] for code in pair}, is_pair=True)
    if exercise.asks:
        yield from _misread(exercise, right)


def _case(right: Answers, values: Answers, alone: Mapping[str, Answers], *, is_pair: bool) -> Case:
    answers = {ask: answer(values[ask], DIGITS) for ask in values if finite(values[ask])}
    wrong = {}
    for ask, given in answers.items():
        if not agrees(given, right[ask]):
            enough = [code for code, other in alone.items() if ask in other and _same(values[ask], other[ask])]
            wrong[ask] = frozenset(enough or alone)
    return Case(answers, wrong, is_pair)


def _same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def _misread(exercise: Exercise, right: Answers) -> Iterator[Case]:
    named = {meant: right[ask] for ask, meant in exercise.asks.items()}
    ids = {meant: ask for ask, meant in exercise.asks.items()}
    net = {"network": slips.SMOOTH, "regression-3-4-3-l2-norm": slips.REGRESSION}.get(exercise.problem)
    before = {} if net is None else {key: np.array(getattr(net, key), dtype=float) for key in ("W1", "b1", "W2", "b2")}
    answers = {ask: answer(value, DIGITS) for ask, value in right.items()}
    for meant, ask in ids.items():
        for code, value in slips.misread(meant, named, before).items():
            given = answer(value, DIGITS)
            if not agrees(given, right[ask]):
                yield Case({**answers, ask: given}, {ask: frozenset({code})}, is_pair=False)


class Share(NamedTuple):
    """How many of some cases."""

    found: int
    of: int

    def __str__(self) -> str:
        return f"{100 * self.found / max(self.of, 1):.1f} of 100"


class Missed(NamedTuple):
    """An answer whose mistake was not named."""

    problem: str
    ask: str
    made: frozenset[str]
    named: frozenset[str]
    is_pair: bool


def recall(exercises: tuple[Exercise, ...] = EXERCISES) -> tuple[Share, Share, list[Missed]]:
    """Of the answers that a mistake made wrong: those for which it is named; singles, pairs, and what was missed."""
    found, total = {False: 0, True: 0}, {False: 0, True: 0}
    missed = []
    for exercise in exercises:
        diagnosed = diagnosis(exercise.problem)
        for case in cases(exercise):
            for ask, causes in diagnosed.explain(case.answers, list(case.wrong)).items():
                named = frozenset(cause.code for cause in causes)
                made = case.wrong[ask]
                total[case.is_pair] += 1
                if made <= named or (len(made) < 2 and not made):
                    found[case.is_pair] += 1
                else:
                    missed.append(Missed(exercise.problem, ask, made, named, case.is_pair))
    return Share(found[False], total[False]), Share(found[True], total[True]), missed


def accusations(digits: int, exercises: tuple[Exercise, ...] = EXERCISES) -> Share:
    """Of random wrong answers: those that are accused of a mistake.

    Three kinds: numbers of any size within a factor of ten, numbers around the right ones, and the right tensor with
    one of its numbers wrong.
    """
    rng = np.random.default_rng(digits)
    accused = total = 0
    for exercise in exercises:
        diagnosed = diagnosis(exercise.problem)
        for ask, value in exercise.values(()).items():
            for kind in range(3):
                for _ in range(RANDOM):
                    wrong = _random(np.asarray(value, dtype=float), kind, rng)
                    given = answer(wrong, digits)
                    if agrees(given, value):
                        continue
                    total += 1
                    accused += bool(diagnosed.explain({ask: given}, [ask])[ask])
    return Share(accused, total)


def _random(value: Any, kind: int, rng: np.random.Generator) -> Any:
    size = np.abs(value) + 0.1 * (np.abs(value).max() or 1.0)
    if kind == 0:
        return size * 10 ** rng.uniform(-0.5, 0.5, value.shape) * rng.choice([-1, 1], value.shape)
    if kind == 1:
        return value + size * rng.normal(0, 0.5, value.shape)
    flat = np.array(value).ravel()
    i = rng.integers(flat.size)
    flat[i] += size.ravel()[i] * rng.normal(0, 1)
    return flat.reshape(value.shape)


def rows() -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    single, pair, _ = recall()
    both = Share(single.found + pair.found, single.of + pair.of)
    yield f"mistake named, {both.of} answers of {DIGITS} digits", str(both), "at least 98"
    yield f"  single mistakes, {single.of} answers", str(single), ""
    yield f"  pairs, {pair.of} answers", str(pair), ""
    for digits, most in ((4, 1), (2, 2)):
        share = accusations(digits)
        yield f"random wrong answers of {digits} digits accused, of {share.of}", str(share), f"at most {most}"
