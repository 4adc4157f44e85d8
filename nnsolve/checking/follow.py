"""Which answers follow from a student's own earlier ones: those that carry an error, those that carry few digits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nnsolve.checking.carried import Carried, Carrier, Own, Reruns
from nnsolve.checking.claims import meant_units
from nnsolve.checking.items import told
from nnsolve.checking.judge import ASKED_DIGITS, is_near, overall, place
from nnsolve.checking.key import Key, Target
from nnsolve.checking.model import Given, Item, Unreadable, Verdict
from nnsolve.checking.route import Home
from nnsolve.core.diagnostics import listed


class Follows(NamedTuple):
    """An answer that fails by the exact values, `right` by own earlier ones: the places of the numbers that are."""

    item: Item
    target: Target
    answer: Given
    found: Carried
    right: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the answer stays wrong."""
        return all(element != "wrong" or n in self.right for n, element in enumerate(self.item.elements))

    def by_digits(self) -> Follows:
        """Without those of its numbers that are too far off for the digits of others to be an excuse."""
        claims, bounds = self.answer.claims, self.target.bounds
        return self._replace(right=tuple([n for n in self.right if is_near(claims[n], bounds[n])]))

    def judged(self, key: Key, errors: bool = True) -> Item:
        """The item: carried, or imprecise where it follows from the digits of others and no `errors` of theirs."""
        item, found, right, marking = self.item, self.found, self.right, key.marking
        verdict: Verdict = "carried" if found.of and errors else "imprecise"
        names = listed(found.of or found.rounded)
        if verdict == "imprecise":  # what is rounded itself is so whatever it follows from
            right = tuple([n for n in right if item.elements[n] == "wrong"])
        if item.verdict == verdict or (self.right and not right):
            return item
        if not right:
            return item.saying(f"it follows from the digits of your {names}, which are too few")
        elements = [verdict if n in right else element for n, element in enumerate(item.elements)]
        by_own = {n: found.elements[n] if verdict == "carried" else "correct" for n in right}
        digits = [by_own.get(n, element) for n, element in enumerate(item.elements)]
        earned = [marking.credit(digit) for digit in digits]
        earned = [marking.credit(verdict) * credit if n in right else credit for n, credit in enumerate(earned)]
        message = f"right, given your {names}"
        if verdict == "imprecise":
            message = f"rounded on the way: right by the digits of your {names}"
        if "imprecise" in digits:
            message += f"; {told(digits, 'imprecise', self.target, key)}"
        item = item._replace(
            verdict=overall(elements),
            credit=max(marking.of_credits(earned), item.credit),
            elements=tuple(elements),
            message=message,
        )
        if self.is_whole:
            return item._replace(carried_from=found.of if verdict == "carried" else ())
        first = elements.index("wrong")
        text = f"{told(elements, 'wrong', self.target, key)}; the others are {message}"
        claim = self.answer.claims[first]
        return item._replace(message=text, line=claim.line, column=claim.column)


def follow(
    key: Key, carrier: Carrier, items: list[Item], given: Mapping[str, tuple[Target, Given | Unreadable]]
) -> tuple[list[Item], dict[str, Follows], dict[str, Reruns]]:
    """The items, those carried that are right for the student's own earlier values; and how these follow.

    With the sections run again with the student's values.
    """
    sections: dict[str, dict[Home, Own]] = {}
    for item in items:
        if item.id not in given:
            continue
        target, answer = given[item.id]
        for home, places in carrier.homes(target).items():
            own = _own(item, target, answer) if places is None else _step(item, target, answer, places)
            known = sections.setdefault(target.section, {})
            if own is not None and (home not in known or own.right):
                known[home] = own
    reruns = {section: carrier.with_own(section, own) for section, own in sections.items()}
    result: list[Item] = []
    follows: dict[str, Follows] = {}
    for item in items:
        if item.verdict in ("wrong", "imprecise") and item.elements:
            target, answer = given[item.id]
            if isinstance(answer, Given) and target.section in reruns:
                found = _followed(
                    item, reruns[target.section].judged(target, answer, carrier.homes(target)), target, answer
                )
                if found is not None:
                    follows[item.id] = found
                    item = found.judged(key)
        result.append(item)
    return result, follows, reruns


def without_errors(key: Key, items: list[Item], follows: Mapping[str, Follows]) -> list[Item]:
    """The items: what follows from answers that are imprecise, and from none that is wrong, is imprecise as well."""
    imprecise = {item.id for item in items if item.verdict == "imprecise"}
    if not imprecise:
        return items
    open = {id: found.by_digits() for id, found in follows.items() if found.found.of}
    settled: set[str] = set()
    known = -1
    while len(settled) > known:  # asks may stand in any order; once is enough where each follows from those before it
        known = len(settled)
        for id, found in open.items():
            if id not in settled and imprecise.issuperset(found.found.of):
                settled.add(id)
                imprecise.update([id] if found.is_whole else [])
    if not settled:
        return items
    return [
        open[item.id].judged(key, errors=False)._replace(causes=item.causes)
        if item.id in settled and item.verdict != "imprecise"
        else item
        for item in items
    ]


def _followed(item: Item, several: Iterable[Carried], target: Target, answer: Given) -> Follows | None:
    """How an answer follows from the student's own: of a tensor half of what is wrong has to."""
    wrong = [n for n, element in enumerate(item.elements) if element not in ("correct", "unreadable")]
    for found in several:
        right = tuple([n for n in wrong if found.elements[n] != "wrong"])
        if right and 2 * len(right) >= len(wrong) and (found.of or item.verdict == "wrong"):
            follows = Follows(item, target, answer, found, right)
            return follows if found.of else follows.by_digits()
    return None


def _own(item: Item, target: Target, answer: Given | Unreadable) -> Own | None:
    """The answer as a value to go on with; None for one of the wrong shape, all zeros or unreadable."""
    if (
        type(answer) is not Given
        or answer.unread
        or answer.gap
        or not item.elements
        or not any([claim[0] for claim in answer.claims])
    ):
        return Own(item.id, target.values, (0.0,) * len(target.values), True) if item.verdict == "correct" else None
    if item.verdict == "correct":
        off = [abs(claim[0] - value) for claim, value in zip(answer.claims, target.values, strict=True)]
        return Own(item.id, target.values, tuple(off), True)
    written = tuple([claim[0] for claim in answer.claims])
    units = [
        unit if element != "wrong" or (unit < 1 and claim[2] >= ASKED_DIGITS) else _wrong_unit(claim[0], unit)
        for claim, unit, element in zip(answer.claims, meant_units(answer.claims), item.elements, strict=True)
    ]
    return Own(item.id, written, tuple([_HALF * unit for unit in units]), False)


def _wrong_unit(value: float, unit: float) -> float:
    """The place value of the last digit of a wrong number: 8 is exact, 0.4 is 0.40.

    Else every number would follow from a few wrong digits.
    """
    return 0.0 if unit >= 1 else min(unit, place(value, ASKED_DIGITS)) if value else unit


def _step(item: Item, target: Target, answer: Given | Unreadable, places: Sequence[int]) -> Own | None:
    """The answer to a step of a sequence, by the places of its numbers."""
    if not isinstance(answer, Given) or not item.elements:
        return None
    elements = tuple([item.elements[place] for place in places])
    if "unreadable" in elements:
        return None
    values = tuple([target.values[place] for place in places])
    claims = tuple([answer.claims[place] for place in places])
    part = item._replace(verdict=overall(elements), elements=elements)
    return _own(part, target._replace(values=values), answer._replace(claims=claims, unread=(), gap=""))


_HALF = 0.5 - 1e-6  # that 30.5 is written 30 and 10.5 is written 11 happens to nobody at once
