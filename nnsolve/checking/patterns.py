"""What the answers of a file say; those that agree with nothing say the same, whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from nnsolve.checking.mistakes.mistake import Combination, Slip
from nnsolve.checking.model import Given

ROUGH = 2
"""Digits that all numbers have at most where everything is rounded: a parameter may then be the given one for that."""

SPELLED = 10_000
"""Answers that are remembered."""

SILENT = -1


class Pattern(NamedTuple):
    """What a file says: a number for each of its answers, the same for the same digits; of silent ones `SILENT`."""

    asks: tuple[str, ...]
    numbers: tuple[int, ...]
    wrong: tuple[str, ...]
    has_digits: bool

    @property
    def silent(self) -> frozenset[str]:
        """The answers that agree with nothing that one mistake gives, or a likely pair."""
        return frozenset([ask for ask, number in zip(self.asks, self.numbers, strict=True) if number == SILENT])


class Look(NamedTuple):
    """A second look at an answer: what one mistake and any other would give, or the pairs that come next."""

    ask: str
    seed: Slip | None


class Explained(NamedTuple):
    """What explains each wrong answer of a file, the best first, and the second looks that were taken for it."""

    fitting: dict[str, list[Combination]]
    looks: Sequence[Look]


class Patterns:
    """The patterns of files; `is_silent` says of an answer of a file whether it agrees with nothing."""

    def __init__(self, is_silent: Callable[[str, Mapping[str, Given]], bool]) -> None:
        self._is_silent = is_silent
        self._count = count()
        self._spelled: dict[Hashable, int] = {}

    def of(self, given: Mapping[str, Given], wrong: Collection[str]) -> Pattern:
        """The pattern of a file."""
        return Pattern(
            tuple(given), tuple([self._number(ask, given) for ask in given]), tuple(wrong), has_digits(given)
        )

    def _number(self, ask: str, given: Mapping[str, Given]) -> int:
        answer = given[ask]
        key = ask, answer.shape, tuple([claim[:3] for claim in answer.claims])
        found = self._spelled.get(key)
        if found is None:
            if self._is_silent(ask, given):
                return SILENT
            if len(self._spelled) == SPELLED:
                self._spelled.clear()
            found = self._spelled[key] = next(self._count)
        return found


def has_digits(given: Mapping[str, Given]) -> bool:
    """Whether any number of a file has more than a few digits."""
    return any([claim[2] > ROUGH for answer in given.values() for claim in answer.claims])
