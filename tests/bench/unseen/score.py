"""What the diagnosis makes of the unseen mistakes, as rows of the bench."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import nnsolve
from nnsolve.checking.model import Result
from tests.bench.unseen.cases import EXERCISES, Case, carried, cases
from tests.bench.unseen.hand import OWN, PROBLEMS, Hand


def rows() -> Iterator[tuple[str, str, str]]:
    """How often the right cause is named, how often a false one, and whether the verdicts are right."""
    yield "unseen: solutions by hand / nnsolve, worst deviation", f"{deviation():.0e}", "at most 1e-9"
    found = list(judged())
    named = Counter[tuple[str, bool]]()
    for case, result in found:
        if kind := kind_of(case):
            named[kind, explained(case, result)] += 1
    for kind, what in (
        ("single", "unseen mistakes: the right cause is named"),
        ("pair", "unseen pairs of mistakes: both causes are named"),
        ("other", "unseen mistakes without a code: nothing false is named"),
    ):
        yield what, f"{named[kind, True]} of {named[kind, True] + named[kind, False]}", "told in words before"
    alone = sum(explained(case, result) and named_by(result) <= case.fair for case, result in found if case.wanted)
    yield "of the named ones, those without a false one beside", str(alone), "several that fit are all named"
    yield "of all these: digits of the right answers, of another one", "{}, {}".format(*alike(found)), "counted as well"
    right, follow = Counter[bool](), Counter[bool]()
    for case, result in found:
        verdicts = {item.id: item.verdict for item in result.items}
        right.update(verdicts[ask] == "correct" for ask in case.right if ask not in case.differing)
        follow.update(verdicts[ask] != "wrong" for ask in carried(case))
    yield (
        "unseen: right answers to 4 digits that are correct",
        f"{right[True]} of {right.total()}",
        "see README on digits",
    )
    yield "unseen: what follows from a wrong answer is not wrong", f"{follow[True]} of {follow.total()}", "by hand"


def deviation() -> float:
    """How far any answer of the solutions by hand is from the exact one, relative to the largest number in it."""
    worst = 0.0
    for exercise in EXERCISES:
        hand = Hand()
        exercise.solve(hand)
        for ask, exact in nnsolve.solve(exercise.problem).answers.items():
            value, own = np.ravel(exact), np.ravel(hand.answers[ask])
            worst = max(worst, float(np.abs(own - value).max() / (np.abs(value).max() or 1.0)))
    return worst


def judged() -> Iterator[tuple[Case, Result]]:
    """Every case with the verdicts on its file."""
    with tempfile.TemporaryDirectory() as name:
        for problems in (PROBLEMS, OWN):
            folder = Path(name) / problems.parent.name
            folder.mkdir()
            given = {case.write(folder).name: case for case in cases() if case.exercise.problem.parent == problems}
            for result in nnsolve.check_many([folder], problems=problems).results:
                yield given[Path(result.file).name], result


def kind_of(case: Case) -> str:
    """Whether one code should be named, two, or none; empty where no mistake is made."""
    if not case.made:
        return ""
    return ("other", "single", "pair")[len(case.wanted)]


def explained(case: Case, result: Result) -> bool:
    """Whether a fitting code is named for each mistake made; where none fits, whether no false one is."""
    named = named_by(result)
    return all(codes & named for codes in case.wanted) if case.wanted else named <= case.fair


def named_by(result: Result) -> set[str]:
    """All codes that the report names, the alternatives too."""
    named = [item.causes for item in result.items]
    for slip in result.slips:
        named += [slip.causes, *slip.alternatives]
    return {cause.code for causes in named for cause in causes}


def alike(found: list[tuple[Case, Result]]) -> tuple[int, int]:
    """How many mistakes leave all answers right, and how many give just the answers of another one."""
    made = [case for case, _ in found if case.made]
    texts = Counter((case.exercise.problem.stem, json.dumps(case.answers)) for case in made if case.differing)
    return sum(not case.differing for case in made), sum(count - 1 for count in texts.values())
