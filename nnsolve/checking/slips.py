"""Slips: which of a student's wrong answers one mistake explains together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.mistake import Combination, Identity, Slip, identity
from nnsolve.checking.model import Cause, Explanation

REMEMBERED = 1000
"""Causes that are kept: one for each of its many answers is enough."""


def grouped(fitting: Mapping[str, Sequence[Combination]]) -> tuple[Explanation, ...]:
    """The fewest combinations of mistakes that explain all answers, about: the one that explains most of them first.

    `fitting` has for each answer what explains it, the best first. What explains the same answers as well is an
    alternative, unless it takes more mistakes that explain no other answer.
    """
    left = {
        answer: {identity(made): made for made in combinations}
        for answer, combinations in fitting.items()
        if combinations
    }
    found: list[Explanation] = []
    known: set[int] = set()
    while left:
        items, combinations = _most(left)
        new = {id(made): sum(id(slip) not in known for slip in made) for made in combinations}
        combinations = [made for made in combinations if new[id(made)] == min(new.values())]
        known.update(id(slip) for made in combinations for slip in made)
        named: dict[frozenset[str], Combination] = {}
        for made in combinations:
            named.setdefault(frozenset(slip.code for slip in made), made)
        found.append(explanation([tuple(map(cause_of, made)) for made in named.values()], items))
        left = {answer: combinations for answer, combinations in left.items() if answer not in items}
    return tuple(found)


def explanation(ways: Sequence[tuple[Cause, ...]], items: tuple[str, ...]) -> Explanation:
    """The slip that explains some answers in one or several ways, the best first."""
    first, *others = ways
    return Explanation(first, next((cause.of for cause in first if cause.of), ""), items, tuple(others))


def _most(fitting: Mapping[str, Mapping[Identity, Combination]]) -> tuple[tuple[str, ...], list[Combination]]:
    """The largest set of answers that a combination explains, and all that explain just these, the best first."""
    explained: dict[Identity, list[str]] = {}
    made: dict[Identity, Combination] = {}
    behind: dict[Identity, int] = {}
    for answer, combinations in fitting.items():
        for rank, key in enumerate(combinations):
            explained.setdefault(key, []).append(answer)
            behind[key] = behind.get(key, 0) + rank
        made |= combinations
    items = explained[max(explained, key=lambda key: (len(explained[key]), -len(key), -behind[key]))]
    best = sorted([key for key, answers in explained.items() if answers == items], key=behind.__getitem__)
    return tuple(items), [made[key] for key in best]


def cause_of(slip: Slip) -> Cause:
    """What a slip is called."""
    return _cause(slip.code, slip.at)


@lru_cache(maxsize=REMEMBERED)
def _cause(code: str, at: str) -> Cause:
    return Cause(code, CAUSES[code].message, at)
