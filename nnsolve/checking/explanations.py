"""What explains the wrong answers of a file: the mistakes that all of them, and the right ones, speak for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from nnsolve.checking.evidence import Evidence, Matches
from nnsolve.checking.judge import place
from nnsolve.checking.mistakes.late import Early
from nnsolve.checking.mistakes.mistake import CAUSES, RARE, Combination, Identity, Slip, SlipName
from nnsolve.checking.model import Given

ACCUSED = 0.02
"""The chance that a wrong answer which none of the mistakes made is accused all the same, at most."""

STOPPED = 0.001
"""The same of a mistake that cannot have reached the answer, as all is right that stands on its way there."""

WRITTEN = 0.1
"""The same where the numbers of a right answer are written just as the mistake would leave them."""

INHERITED = 3
"""Digits that are left of an answer that was worked out with numbers that were rounded."""

NAMED = 6
"""So many mistakes are named for one answer at most, about."""

SEEDS = 2
"""So many mistakes of a file are tried together with every other one."""


class Found(NamedTuple):
    """The entries of one ask that agree with its answer; `copies` as `Evidence.matches` has it."""

    evidence: Evidence
    matches: Matches
    copies: bool = False

    @property
    def is_explained(self) -> bool:
        return any(chance <= ACCUSED for chance in self.matches.crowd)

    def knowing(self, denied: Set[SlipName], given: Given) -> Found:
        """The same where some slips are known not to be made: with them go many accidents."""
        if self.is_explained or not (denied and self.matches.entries):
            return self
        return self._replace(matches=self.evidence.matches(given, denied=denied, copies=self.copies))


def said(found: Iterable[Found], is_right: bool) -> Early:
    """What tables of wrong values say of an answer."""
    changed_by: set[Identity] = set()
    given_by: set[Identity] = set()
    for evidence, matches, _ in found:
        changed_by |= evidence.identities
        given_by.update(made for position in matches.entries for made, _ in evidence.made(position))
    return Early(changed_by, given_by, is_right)


class Clues(NamedTuple):
    """What the right answers of a file say.

    `denied` are the slips that alone would have made one of them wrong. `written` are those that give just the numbers
    that are written, once for each answer: a = 0.27 in a file of four digits was rounded, and may have been used.
    `stop` says of a combination whether right answers stand on every way from one of its slips to a wrong answer.
    """

    denied: Set[SlipName]
    written: Mapping[SlipName, Sequence[Slip]]
    stop: Callable[[str, Combination], bool]

    def deny(self, made: Identity) -> bool:
        """Whether a mistake would have made one of them wrong."""
        return not self.denied.isdisjoint(made)


class Support(NamedTuple):
    """How many wrong answers a combination of slips explains, and the chance that they all agree by accident.

    `answers` are those with just its values, `covered` also those that one of its slips gives alone.
    """

    answers: int
    chance: float
    covered: int


def _corroborated(found: Mapping[str, Sequence[Found]]) -> dict[Identity, Support]:
    """Each combination of slips with the answers that it explains.

    That some k of m wrong answers agree by accident with one of N values is at most N times the number of choices of k
    out of m times the product of their chances.
    """
    parts: dict[Identity, dict[str, tuple[float, int]]] = {}
    for id, several in found.items():
        for evidence, matches, _ in several:
            for position, chance in zip(matches.entries, matches.chances, strict=True):
                for made, _ in evidence.made(position):
                    parts.setdefault(made, {}).setdefault(id, (chance, position + 1))
    result = {}
    for made, answers in parts.items():
        chance = math.prod(chance for chance, _ in answers.values()) * math.comb(len(found), len(answers))
        rank = max(rank for _, rank in answers.values())
        covered = answers.keys() | {ask for name in made for ask in parts.get((name,), ())}
        result[made] = Support(len(answers), min(1.0, chance * rank), len(covered))
    return result


class Explanation(NamedTuple):
    """A combination of slips that explains an answer, the others that it explains, whether a right one denies it."""

    combination: Combination
    support: Support
    denied: bool

    @property
    def rounds(self) -> bool:
        """Whether something is rounded: that gives few digits, which much else gives, too."""
        return any(slip.rounding for slip in self.combination)

    @property
    def extent(self) -> int:
        """How often slips are made: in each equation that they change, or in each answer that was read off wrongly."""
        answers = self.support.answers
        return sum(answers if slip.asked else len(slip.forward) + len(slip.emitted) for slip in self.combination)


def explained(found: Mapping[str, Sequence[Found]], clues: Clues) -> dict[str, list[Explanation]]:
    """What is accepted for each answer, the best first: what explains most other ones.

    What a right answer denies is left out where anything else explains an answer, or where it cannot have reached it
    and few digits speak for it; pairs where a single slip does as well.
    """
    together = _corroborated(found)
    result = {}
    for ask, several in found.items():
        accepted: dict[Identity, Explanation] = {}
        for evidence, matches, _ in several:
            for position, chance, crowd in zip(*matches, strict=True):
                for made, combination in evidence.made(position):
                    if made in accepted:
                        continue
                    support = together[made]
                    accident = min(crowd, support.chance) if support.answers > 1 else crowd
                    seldom = (chance if len(made) == 1 else crowd) <= WRITTEN
                    written = seldom and any(name in clues.written for name in made)
                    denied = clues.deny(made)
                    if denied and accident > STOPPED and clues.stop(ask, combination):
                        continue
                    if accident <= ACCUSED or written:
                        accepted[made] = Explanation(combination, support, denied)
        best = sorted(
            accepted.values(),
            key=lambda one: (one.denied, -one.support.covered, len(one.combination), one.rounds, one.extent),
        )
        if best and not best[0].denied:
            best = [one for one in best if not one.denied]
        single = bool(best) and len(best[0].combination) == 1
        result[ask] = [one for one in best if len(one.combination) == 1] if single else best
    return result


def roughly(evidence: Evidence | None, given: Given) -> list[Combination]:
    """The single mistakes that give a wrong answer to fewer digits: it was worked out with rounded numbers."""
    if evidence is None:
        return []
    claims = tuple([claim._replace(unit=max(claim.unit, _rough_unit(claim.value))) for claim in given.claims])
    entries, _, crowd = evidence.matches(given._replace(claims=claims))
    accepted = [i for i, chance in zip(entries, crowd, strict=True) if chance <= ACCUSED]
    return [made for i in accepted for made in evidence.table.entries[i].combinations if len(made) == 1]


def _rough_unit(value: float) -> float:
    """The place value of the last of `INHERITED` significant digits; 0 for 0 and for what cannot be read."""
    return place(value, INHERITED) if math.isfinite(value) else 0.0


def singly(explained: Iterable[Explanation]) -> bool:
    """Whether a single slip explains an answer, one that no right answer denies and that is no rare mistake."""
    alone = [one.combination[0] for one in explained if len(one.combination) == 1 and not one.denied]
    return any(CAUSES[slip.code].weight > RARE for slip in alone)


def seeds(explained: Iterable[Sequence[Explanation]], clues: Clues) -> list[Slip]:
    """The slips of a file's answers that other slips may come on top of: those that explain most of them."""
    slips = {name: made[0] for name, made in clues.written.items()}
    answers: dict[SlipName, int] = {}
    for several in explained:
        here = {slip.name: slip for one in several if not one.denied for slip in one.combination if slip.is_likely}
        for name, slip in here.items():
            slips[name] = slip
            answers[name] = answers.get(name, 0) + 1
    for name, made in clues.written.items():
        answers[name] = answers.get(name, 0) + len(made)
    return [slips[name] for name in sorted(answers, key=lambda name: -answers[name])[:SEEDS]]


def fewest(explained: Sequence[Explanation]) -> list[Combination]:
    """The best combinations that explain an answer, of a few mistakes in all."""
    codes: set[str] = set()
    chosen = []
    for explanation in explained:
        codes.update(slip.code for slip in explanation.combination)
        if len(codes) > NAMED:
            break
        chosen.append(explanation.combination)
    return chosen
