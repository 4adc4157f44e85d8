"""Answers to what comes after many updates: which mistakes are trained that far, as not all of them can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from nnsolve.checking.mistakes.mistake import Combination, Identity, identity
from nnsolve.engine.compiled.code import fastest
from nnsolve.engine.run import Run

SECONDS = 2.0
"""How long, about, the trainings with mistakes in them take that are made for the answers of one file."""

FURTHER = 0.5
"""How long those with one mistake and any other take."""

COMPILED = 800
"""So many updates take as long, about, as compiling them."""

FEWEST = 6
"""So many mistakes are tried however long their training takes."""


class Early(NamedTuple):
    """What an answer says about mistakes: which combinations change what is asked, which of these give the answer."""

    changed_by: Set[Identity]
    given_by: Set[Identity]
    is_right: bool

    def agrees(self, made: Identity) -> bool:
        """Whether an answer is what a combination gives: the right value, or what one of two slips gives alone."""
        if made in self.changed_by:
            return made in self.given_by
        alone = [(name,) for name in made if (name,) in self.changed_by]
        return any(name in self.given_by for name in alone) if alone else self.is_right


def affordable(run: Run, updates: int, seconds: float = SECONDS) -> int:
    """How many trainings of so many updates can be made for an answer; the same on every machine."""
    return max(int(seconds / ((updates + COMPILED) * fastest(run))), FEWEST)


def likely(
    combinations: Sequence[Combination], early: Sequence[Early], most: int, read: Set[str] = frozenset()
) -> Iterator[tuple[int, ...]]:
    """Positions of combinations to try, at most some: the likely ones; then more, where these do not give the answer.

    The likely ones are those with which the whole file is explained by the fewest mistakes: a combination that does not
    give an early answer needs another mistake for it. Of equally many mistakes those come first that do explain wrong
    early answers, or that late ones were `read` off by. What is equally likely is tried together. Nobody rounds on the
    way of so many updates.
    """

    def rank(i: int) -> tuple[int, int]:
        own = identity(combinations[i])
        explained = sum(own in answer.given_by for answer in early if not answer.is_right)
        explained += sum(slip.code in read for slip in combinations[i])
        return len(own) + sum(not answer.agrees(own) for answer in early), -explained

    ranks = {i: rank(i) for i, made in enumerate(combinations) if not any(slip.rounding for slip in made)}
    tried = sorted(ranks, key=lambda i: ranks[i])[:most]
    ends = [n for n in range(1, len(tried)) if ranks[tried[n]] != ranks[tried[n - 1]]]
    for end in [*ends, len(tried)]:
        yield tuple(tried[:end])
