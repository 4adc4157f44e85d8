"""How often the mistake behind a wrong answer is named, through all that `nnsolve check` does with the file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nnsolve
from tests.bench.fresh import embeddings, lstm, mini_batches, next_bit, perceptron, regression, softmaxes, units, xor
from tests.bench.fresh.codes import CODES
from tests.bench.fresh.crowd import EPOCHS
from tests.bench.fresh.student import Answers, Case, Problem, Student, students

SEEDS = Path(__file__).parents[3] / "problems"
DIGITS = 4
TOLD = frozenset(("wrong", "imprecise"))
"""The verdicts that come with a cause: what is right given an earlier wrong answer has that one's."""

ROUNDED = "rounded on the way"
"""How the message begins where an answer is right but for the digits of an earlier one."""

PROBLEMS: dict[str, Problem] = {
    name: problem
    for module in (units, softmaxes, regression, lstm, embeddings, perceptron, mini_batches, xor, next_bit)
    for name, problem in module.PROBLEMS.items()
}


TRAINED = frozenset((*xor.PROBLEMS, *next_bit.PROBLEMS))
FEW = 20
"""So many students of a training stand for one of them in the bench, which has little time."""


class Outcome(NamedTuple):
    """A wrong answer: the mistakes behind it, what is named for it, and for the wrong ones above it in the file."""

    case: Case
    ask: str
    mistakes: tuple[str, ...]
    named: frozenset[str]
    above: frozenset[str]

    @property
    def found(self) -> bool:
        """Whether each mistake is named, of two at least one for this answer; the other may be known from above."""
        here = [bool(CODES[mistake] & self.named) for mistake in self.mistakes]
        known = [bool(CODES[mistake] & (self.named | self.above)) for mistake in self.mistakes]
        return any(here) and all(known)

    @property
    def is_pair(self) -> bool:
        return len(self.case.mistakes) > 1


def written(value: Any) -> Any:
    """An answer to four significant digits."""
    array = np.asarray(value, dtype=float)
    if array.ndim:
        return [written(element) for element in array]
    return float(f"{float(array):.{DIGITS}g}") + 0.0


def text(value: Any) -> str:
    """An answer as it is written in the file."""
    return f"[{', '.join(map(text, value))}]" if isinstance(value, list) else f"{value:.{DIGITS}g}"


def finite(answers: Answers) -> Answers:
    return {ask: written(value) for ask, value in answers.items() if np.isfinite(np.asarray(value, dtype=float)).all()}


def shortened(name: str) -> str:
    """The problem's file, with fewer epochs where it has very many."""
    text = (SEEDS / f"{name}.yaml").read_text(encoding="utf-8")
    return text.replace("L@e1000\n", f"L@e{EPOCHS // 10}\n").replace("10000", str(EPOCHS))


class Solved(NamedTuple):
    """A problem's cases as written, the exact answers, and what each mistake of a pair gives alone."""

    cases: list[Case]
    right: Answers
    alone: dict[str, Answers]


def solved(name: str, problem: Problem) -> Solved:
    made = students(problem)
    extra = dict.fromkeys(mistake for pair in problem.pairs for mistake in pair)
    crowd = [Student(), *[student for _, _, student in made], *[Student((mistake,)) for mistake in extra]]
    with np.errstate(all="ignore"):
        right, *others = problem.solve(crowd)
    worked = list(map(finite, others))
    cases = [Case(name, *made[i][:2], worked[i]) for i in range(len(made))]
    return Solved(cases, right, dict(zip(extra, worked[len(made) :], strict=True)))


def tells(given: Any, exact: Any) -> bool:
    """Whether the wrong numbers of an answer tell anything: not where they are 0, 1 or -1, or right but for digits."""
    written = np.ravel(given).astype(float)
    if written.size == np.size(exact):
        units = np.array([10.0 ** int(Decimal(text(number)).as_tuple().exponent) for number in written.tolist()])
        written = written[np.abs(written - np.ravel(exact)) > 0.5001 * units]
    return not set(written.tolist()) <= {-1.0, 0.0, 1.0}


def judged(solutions: dict[str, Solved]) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        for name in solutions:
            (Path(folder) / f"{name}.yaml").write_text(shortened(name), encoding="utf-8")
        answers = Path(folder) / "answers"
        answers.mkdir()
        paths: list[Path] = []
        cases: list[Case] = []
        for name, solution in solutions.items():
            for case in solution.cases:
                paths.append(answers / f"{len(paths):05}.yaml")
                lines = [f"  {json.dumps(ask)}: {text(value)}\n" for ask, value in case.answers.items()]
                paths[-1].write_text(f"problem: {name}\nanswers:\n{''.join(lines)}", encoding="utf-8")
                cases.append(case)
        results = nnsolve.check_many(paths, problems=folder).results
    for case, result in zip(cases, results, strict=True):
        assert not result.findings, result.findings
        above: frozenset[str] = frozenset()
        for item in result.items:
            named = frozenset(cause.code for cause in item.causes)
            if item.message.startswith(ROUNDED):
                named |= {"rounded-early"}
            solution = solutions[case.problem]
            if item.verdict in TOLD and tells(case.answers[item.id], solution.right[item.id]):
                alone = {mistake: solution.alone[mistake] for mistake in case.mistakes} if case.mistakes[1:] else {}
                enough = [m for m, answers in alone.items() if answers.get(item.id) == case.answers[item.id]]
                yield Outcome(case, item.id, tuple(enough[:1]) or case.mistakes, named, above)
            above |= named


def few(name: str, solution: Solved) -> Solved:
    """Of a training every few cases: each file takes long."""
    return solution._replace(cases=solution.cases[::FEW]) if name in TRAINED else solution


def rows() -> Iterator[tuple[str, str, str]]:
    """Whether the solutions are right, and how often the mistakes are named; of trainings for some of the students."""
    yield "fresh: solutions by hand / nnsolve, worst deviation", f"{deviation():.0e}", "at most 1e-9"
    found = list(judged({name: few(name, solved(name, problem)) for name, problem in PROBLEMS.items()}))
    for kind, what in ((False, "single mistakes"), (True, "pairs of them")):
        named = [outcome.found for outcome in found if outcome.is_pair is kind]
        share = f"{100 * sum(named) / len(named):.1f} of 100"
        yield f"fresh {what}: named, of {len(named)} wrong answers", share, "at least 98"


def deviation() -> float:
    """How far any answer without mistakes is from that of nnsolve, relative to the largest number in it."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, problem in PROBLEMS.items():
            path = Path(folder) / f"{name}.yaml"
            path.write_text(shortened(name), encoding="utf-8")
            (own,) = problem.solve([Student()])
            for ask, exact in nnsolve.solve(path).answers.items():
                off = np.abs(np.ravel(own[ask]) - np.ravel(exact))
                worst = max(worst, float(np.max(off) / (np.abs(exact).max() or 1.0)))
    return worst
