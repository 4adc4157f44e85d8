"""Answers that are nearly right in several numbers, though no mistake gives them: something was rounded on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnsolve.checking.items import ROUNDED
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.model import Cause, Diagnosed, Given, Item
from nnsolve.checking.slips import explanation
from nnsolve.core.expressions import references

SEVERAL = 2
"""So many wrong numbers are nearly right at least: one that is may be a slip of the pen."""

NEARLY = 0.01
"""How far they are off at most, relative to the largest number of the answer."""

SMALL = 0.1
"""The same relative to themselves."""


def with_rounded(found: Diagnosed, key: Key, given: Mapping[str, Given], wrong: Sequence[Item]) -> Diagnosed:
    """What explains a file, and rounding what nothing else does and is nearly right: before any update.

    What an update changes is small, and so is what a mistake makes of it.
    """
    near = {item.id: count for item in wrong if not found.causes.get(item.id) and (count := _near(item, key, given))}
    if sum(near.values()) < SEVERAL:
        return found
    cause = Cause(ROUNDED, CAUSES[ROUNDED].message, "")
    causes = {**found.causes, **dict.fromkeys(near, (cause,))}
    return found._replace(causes=causes, slips=(*found.slips, explanation([(cause,)], tuple(near))))


def _near(item: Item, key: Key, given: Mapping[str, Given]) -> int:
    """How many numbers of an answer are wrong, if all of these are nearly right."""
    target, answer = key.find(item.id), given.get(item.id)
    if not isinstance(target, Target) or answer is None or not item.elements:
        return 0
    run = key.solvers[target.section].run
    if any(run.is_seen_loss(name) or run.resolve_moment(name) > 0 for name in references(target.expr)):
        return 0
    most = NEARLY * max([abs(bounds.exact) for bounds in target.bounds])
    wrong = [
        (abs(claim.value - bounds.exact), abs(bounds.exact))
        for claim, bounds, element in zip(answer.claims, target.bounds, item.elements, strict=True)
        if element == "wrong"
    ]
    return len(wrong) if all(off <= most and off <= SMALL * size for off, size in wrong) else 0
