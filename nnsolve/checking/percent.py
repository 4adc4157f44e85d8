"""Answers in percent where fractions are asked: what they earn, where the problem's marking gives them anything."""

from __future__ import annotations

from collections.abc import Sequence

from nnsolve.checking.claims import claim
from nnsolve.checking.judge import fits, judge
from nnsolve.checking.key import Answers, Target
from nnsolve.checking.marking import Marking
from nnsolve.checking.model import Claim, Given, Item
from nnsolve.core.diagnostics import Place
from nnsolve.problem.reader import ScalarNode

PERCENT = "percent"
"""The code of the cause that gives a right number times 100."""


def with_percent(items: Sequence[Item], given: Answers, marking: Marking) -> list[Item]:
    """The items; those in percent, with its sign or as a cause found, earn that part of what is right in them."""
    return [_credited(item, *given[item.id], marking) if item.id in given else item for item in items]


def _credited(item: Item, target: Target, answer: object, marking: Marking) -> Item:
    if item.verdict not in ("wrong", "unreadable") or not isinstance(answer, Given):
        return item
    if target.options.get("percent") or not fits(answer.shape, target.shape):
        return item
    is_meant = {cause.code for cause in item.causes} == {PERCENT}
    claims, places = list(answer.claims), set()
    for n, one in enumerate(answer.claims):
        if one.text.endswith("%"):
            found = claim(ScalarNode(one.text, Place("")))
            claims[n] = found if isinstance(found, Claim) else one
            places.add(n)
        elif is_meant and item.elements[n] == "wrong":
            claims[n] = one._replace(value=one.value / 100, unit=one.unit / 100)
            places.add(n)
    elements = judge(answer._replace(claims=tuple(claims)), target.bounds)
    earned = [marking.credit(element) * (marking.percent if n in places else 1) for n, element in enumerate(elements)]
    credit = marking.of_credits(earned)
    return item._replace(credit=credit) if credit > item.credit else item
