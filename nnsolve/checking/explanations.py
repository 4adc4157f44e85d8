"""What explains the wrong answers of a file: the mistakes that all of them, and the right ones, speak for."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from nnsolve.checking.evidence import Evidence, Made, Matches
from nnsolve.checking.judge import place
from nnsolve.checking.mistakes.late import Early
from nnsolve.checking.mistakes.mistake import CAUSES, RARE, Combination, Identity, Slip, SlipName
from nnsolve.checking.model import Claim, Given

ACCUSED = 0.02
"""The chance that a wrong answer which none of the mistakes made is accused all the same, at most."""

STOPPED = 0.001
"""The same of a mistake that cannot have reached the answer, as all is right that stands on its way there."""

WRITTEN = 0.1
"""The same where the numbers of a right answer are written just as the mistake would leave them."""

INHERITED = 3
"""Digits that are left of an answer that was worked out with numbers that were rounded."""

COARSE = 1.01 * 10.0 ** (1 - INHERITED)
"""The place value of the last of so many digits, relative to the number, at most: 9.996 is 10.0."""

NAMED = 6
"""So many mistakes are named for one answer at most, about."""

SEEDS = 2
"""So many mistakes of a file are tried together with every other one."""

OF_PAIRS = 4
"""The same where all that explains anything is pairs: any of these may have the mistake."""


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
        given_by.update(made.name for position in matches.entries for made in evidence.made(position))
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

    def wrote(self, made: Made, chance: float, crowd: float) -> bool:
        """Whether a right answer is written just as a mistake would leave it that hardly any other answer agrees with.

        Of a pair that answer has to tell from all others that are as likely.
        """
        if not self.written or (chance if len(made.slips) == 1 else crowd) > WRITTEN:
            return False
        return any(name in self.written for name in made.name)

    def deny(self, made: Identity) -> bool:
        """Whether a mistake would have made one of them wrong."""
        return not self.denied.isdisjoint(made)


Agreeing: TypeAlias = Mapping[Identity, Mapping[str, tuple[float, int]]]
"""For each combination of slips the answers that agree with it: the chance of that, and the rank of its value."""


def _agreeing(found: Mapping[str, Sequence[Found]]) -> Agreeing:
    agreeing: dict[Identity, dict[str, tuple[float, int]]] = {}
    for ask, several in found.items():
        for evidence, matches, _ in several:
            for position, chance in zip(matches.entries, matches.chances, strict=True):
                for made in evidence.made(position):
                    agreeing.setdefault(made.name, {}).setdefault(ask, (chance, position + 1))
    return agreeing


def _accident(answers: Collection[tuple[float, int]], wrong: int) -> float:
    """The chance that some answers agree with a combination of slips by accident.

    That some k of m wrong answers agree with one of N values is at most N times the number of choices of k out of m
    times the product of their chances.
    """
    chance = math.prod([chance for chance, _ in answers]) * math.comb(wrong, len(answers))
    return min(1.0, chance * max([rank for _, rank in answers]))


class Explanation(NamedTuple):
    """A combination of slips that explains an answer; whether a right one denies it.

    It gives so many `answers` just its values; `covered` are also those that one of its slips gives alone.
    """

    made: Made
    answers: int
    covered: int
    denied: bool

    @property
    def is_single(self) -> bool:
        return len(self.made.slips) == 1

    @property
    def rank(self) -> tuple[float, ...]:
        """The best come first; among equals where slips are made least often: in equations, or in reading answers."""
        made = self.made
        extent = made.changed + made.read * self.answers
        return self.denied, -self.covered, len(made.slips), made.rounds, extent


def explained(found: Mapping[str, Sequence[Found]], clues: Clues) -> dict[str, list[Explanation]]:
    """What is accepted for each answer, the best first: what explains most other ones.

    What a right answer denies is left out where anything else explains an answer, or where it cannot have reached it
    and few digits speak for it; pairs where a single slip does as well.
    """
    agreeing = _agreeing(found)
    result: dict[str, list[Explanation]] = {}
    for ask, several in found.items():
        accepted: dict[Identity, Explanation] = {}
        for evidence, matches, _ in several:
            for position, chance, crowd in zip(*matches, strict=True):
                for made in evidence.made(position):
                    name = made.name
                    if name in accepted:
                        continue
                    answers = agreeing[name]
                    accident = min(crowd, _accident(answers.values(), len(found))) if len(answers) > 1 else crowd
                    if accident > ACCUSED and not clues.wrote(made, chance, crowd):
                        continue
                    denied = clues.deny(name)
                    if denied and accident > STOPPED and clues.stop(ask, made.slips):
                        continue
                    covered = answers.keys() if len(name) == 1 else _covered(name, agreeing)
                    accepted[name] = Explanation(made, len(answers), len(covered), denied)
        best = sorted(accepted.values(), key=_rank) if len(accepted) > 1 else list(accepted.values())
        if best and not best[0].denied:
            best = [one for one in best if not one.denied]
        if best and best[0].is_single:
            best = [one for one in best if one.is_single]
        result[ask] = best
    return result


_rank = attrgetter("rank")


def _covered(name: Identity, agreeing: Agreeing) -> Set[str]:
    """The answers that a combination explains, or one of its slips alone."""
    return set().union(agreeing[name], *[agreeing.get((slip,), ()) for slip in name])


def roughly(evidence: Evidence | None, given: Given) -> list[Combination]:
    """The single mistakes that give a wrong answer to fewer digits: it was worked out with rounded numbers."""
    if evidence is None or not evidence.is_near(given, map(_about, given.claims)):
        return []
    claims = tuple(map(_roughly, given.claims))
    entries, _, crowd = evidence.matches(given._replace(claims=claims))
    accepted = [i for i, chance in zip(entries, crowd, strict=True) if chance <= ACCUSED]
    return [made for i in accepted for made in evidence.table.entries[i].combinations if len(made) == 1]


def _about(claim: Claim) -> tuple[float, float]:
    """A number, and no less than the place value of its last digit `_roughly`."""
    return claim[0], max(claim[1], COARSE * abs(claim[0]))


def _roughly(claim: Claim) -> Claim:
    """A number of at most `INHERITED` significant digits; as it is if it cannot be read."""
    value, unit, digits, text, line, column = claim
    return (
        Claim(value, max(unit, place(value, INHERITED)), digits, text, line, column) if math.isfinite(value) else claim
    )


def singly(explained: Iterable[Explanation]) -> bool:
    """Whether a single slip explains an answer, one that no right answer denies and that is no rare mistake."""
    alone = [one.made.slips[0] for one in explained if one.is_single and not one.denied]
    return any(CAUSES[slip.code].weight > RARE for slip in alone)


def seeds(explained: Iterable[Sequence[Explanation]], clues: Clues) -> list[Slip]:
    """The slips of a file's answers that other slips may come on top of: those that explain most of them.

    Of slips that explain as many answers the likely ones come first.
    """
    explained = list(explained)
    is_any_single = any(one.is_single and not one.denied for several in explained for one in several)
    slips = {name: made[0] for name, made in clues.written.items()}
    answers: dict[SlipName, int] = {}
    for several in explained:
        here = {slip.name: slip for one in several if not one.denied for slip in one.made.slips}
        for name, slip in here.items():
            slips[name] = slip
            answers[name] = answers.get(name, 0) + 1
    for name, made in clues.written.items():
        answers[name] = answers.get(name, 0) + len(made)
    best = sorted(answers, key=lambda name: (-answers[name], not slips[name].is_likely))
    return [slips[name] for name in best[: SEEDS if is_any_single else OF_PAIRS]]


def fewest(explained: Sequence[Explanation]) -> list[Combination]:
    """The best combinations that explain an answer, of a few mistakes in all."""
    codes: set[str] = set()
    chosen = []
    for explanation in explained:
        slips = explanation.made.slips
        codes.update([slip.code for slip in slips])
        if len(codes) > NAMED:
            break
        chosen.append(slips)
    return chosen
