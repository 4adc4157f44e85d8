"""Which mistakes explain wrong answers: only those whose digits agree better than coincidence could."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from nnsolve.checking.evidence import MOST_SLIPS, Evidence, Matches
from nnsolve.checking.key import Key
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.table import Combination, Entry, Mistaken
from nnsolve.checking.model import AnswerFile, Cause, Given, Item
from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.engine.solve import Asked, SectionSolver, Solution
from nnsolve.problem.model import Ask, Problem, Text

ACCUSED = 0.008
"""The chance that a wrong answer which none of the mistakes made is accused all the same."""

NAMED = 6
"""So many mistakes are named for one answer at most, about."""


REMEMBERED = 10_000
"""Answers of which is remembered what they agree with."""


class _Found(NamedTuple):
    """The entries of one ask that agree with its answer."""

    evidence: Evidence
    matches: Matches


class Diagnosis:
    """The mistakes of a problem, worked out when they are first needed, then kept for every student."""

    def __init__(self, problem: Problem, solution: Solution | None = None) -> None:
        self.solution = solution or Solution(problem)
        self._mistaken: dict[str, Mistaken] = {}
        self._evidence: dict[str, Evidence | None] = {}
        self._matches: dict[tuple[str, tuple[int, ...], tuple[tuple[float, float], ...]], Matches] = {}

    # What mistakes give

    def evidence(self, id: str) -> Evidence | None:
        """The wrong values of an ask (`part.id` in a part) or of any address; None where there is no such thing."""
        if id not in self._evidence:
            self._evidence[id] = self._work_out(id)
        return self._evidence[id]

    def _work_out(self, id: str) -> Evidence | None:
        found = self._asked(id)
        if found is None:
            return None
        section, solver, item = found
        if section not in self._mistaken:
            self._mistaken[section] = Mistaken(solver)
        return Evidence(self._mistaken[section].table(item))

    def _asked(self, id: str) -> tuple[str, SectionSolver, Asked] | None:
        solvers = self.solution.solvers
        part, _, rest = id.partition(".")
        section, address = (part, rest) if rest and part in solvers else ("", id)
        solver = solvers.get(section)
        if solver is None:
            return None
        for item in solver.asked:
            if item.ask.id == address:
                return section, solver, item
        place = Place(self.solution.problem.path)
        try:
            return section, solver, Asked(Ask(address, Text(address, place), {}), *solver.resolve(address))
        except ProblemError:
            return None

    # What explains answers

    def explain(self, given: Mapping[str, Given], wrong: Collection[str]) -> dict[str, tuple[Cause, ...]]:
        """For each wrong answer the mistakes that would give it; none where that could be coincidence."""
        found: dict[str, _Found] = {}
        for id in wrong:
            evidence = self.evidence(id) if id in given else None
            if evidence is not None:
                found[id] = _Found(evidence, self._remembered(id, evidence, given[id]))
        together = _corroborated(found)
        return {id: _named(found[id], together) if id in found else () for id in wrong}

    def _remembered(self, id: str, evidence: Evidence, given: Given) -> Matches:
        """What agrees with an answer: many students give the same wrong one."""
        key = id, given.shape, tuple([(claim.value, claim.unit) for claim in given.claims])
        found = self._matches.get(key)
        if found is None:
            if len(self._matches) == REMEMBERED:
                self._matches.clear()
            found = self._matches[key] = _matches(evidence, given)
        return found


def _matches(evidence: Evidence, given: Given) -> Matches:
    """What agrees with an answer; of a large one a few elements may be slips of the pen."""
    exact = evidence.matches(given)
    n = len(given.claims)
    if n < 8 or any(chance <= ACCUSED for chance in exact.crowd):
        return exact
    loose = evidence.matches(given, min(n // 8, MOST_SLIPS))
    return loose if any(chance <= ACCUSED for chance in loose.crowd) else exact


class _Support(NamedTuple):
    """How many wrong answers a combination of slips explains, and the chance that they all agree by accident."""

    answers: int
    chance: float


Identity: TypeAlias = tuple[int, ...]
"""The slips of a combination as objects: the same one in each answer that it changes."""


def _corroborated(found: Mapping[str, _Found]) -> dict[Identity, _Support]:
    """Each combination of slips with the answers that it explains.

    That some k of m wrong answers agree by accident with one of N values is at most N times the number of choices of k
    out of m times the product of their chances.
    """
    parts: dict[Identity, dict[str, tuple[float, int]]] = {}
    for id, (evidence, matches) in found.items():
        for position, chance in zip(matches.entries, matches.chances, strict=True):
            for combination in evidence.table.entries[position].combinations:
                parts.setdefault(_identity(combination), {}).setdefault(id, (chance, position + 1))
    result = {}
    for identity, several in parts.items():
        chance = math.prod(chance for chance, _ in several.values()) * math.comb(len(found), len(several))
        rank = max(rank for _, rank in several.values())
        result[identity] = _Support(len(several), min(1.0, chance * rank))
    return result


def _identity(combination: Combination) -> Identity:
    return tuple([id(slip) for slip in combination])


def _extent(combination: Combination, support: _Support) -> int:
    """How often slips are made: in each equation that they change, or in each answer that was read off wrongly."""
    return sum(support.answers if slip.asked else len(slip.forward) + len(slip.emitted) for slip in combination)


def _named(found: _Found, together: Mapping[Identity, _Support]) -> tuple[Cause, ...]:
    """The causes of one answer: single slips before pairs, those first that explain other answers, too."""
    accepted: list[tuple[Entry, Combination, _Support]] = []
    for position, crowd in zip(found.matches.entries, found.matches.crowd, strict=True):
        entry = found.evidence.table.entries[position]
        for combination in entry.combinations:
            support = together[_identity(combination)]
            if crowd <= ACCUSED or (support.answers > 1 and support.chance <= ACCUSED):
                accepted.append((entry, combination, support))
    singles = [one for one in accepted if len(one[1]) == 1]
    chosen = sorted(singles or accepted, key=lambda one: (-one[2].answers, _extent(*one[1:])))
    causes: dict[str, Cause] = {}
    sets: list[frozenset[str]] = []
    for _, combination, _ in chosen:
        codes = frozenset(slip.code for slip in combination)
        if codes in sets:
            continue
        if len(causes.keys() | codes) > NAMED:
            break
        sets.append(codes)
        for slip in combination:
            causes.setdefault(slip.code, Cause(slip.code, CAUSES[slip.code].message, slip.at))
    return tuple(causes.values())


_DIAGNOSES: WeakKeyDictionary[Key, Diagnosis] = WeakKeyDictionary()
"""One for each key: a key belongs to one thread, and so does what is worked out for it."""


def diagnose(key: Key, answers: AnswerFile, wrong: Sequence[Item]) -> dict[str, tuple[Cause, ...]]:
    """The causes of the wrong items of an answer file, by their ids."""
    diagnosis = _DIAGNOSES.get(key)
    if diagnosis is None:
        diagnosis = _DIAGNOSES[key] = Diagnosis(key.problem, key.solution)
    given = {id: answer for id, answer in answers.answers.items() if isinstance(answer, Given)}
    return diagnosis.explain(given, [item.id for item in wrong])
