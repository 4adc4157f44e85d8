"""Sequences as students answer them: some of their steps, one more before the first, each step by itself, or as one.

What is given counts wherever it stands: a whole sequence for the asks of its steps, steps for the ask of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from nnsolve.checking.claims import MISSING
from nnsolve.checking.items import misshapen
from nnsolve.checking.judge import fits, judge
from nnsolve.checking.key import Answers, Key, Target
from nnsolve.checking.model import Claim, Given, Unreadable
from nnsolve.core.diagnostics import listed
from nnsolve.core.names import Name

MAX_STEPS = 50
"""Steps of a sequence that is not asked that are taken for answers of their own."""


# One answer to all steps ----------------------------------------------------------------------------------------------


def with_all_steps(key: Key, target: Target, answer: Given) -> Given:
    """An answer to a sequence that has other steps than this: without the step before the first, or with gaps.

    Where the last steps are left out, those that are given are judged: each has to be right where it stands, so that
    nothing is earned by accident. The step before the first is no answer; it must be right to be known for what it is.
    """
    steps, shape = target.steps, answer.shape
    if len(target.shape) == 1 and len(shape) == 2 and 1 in shape:  # one number a step, as a row or a column
        shape = (len(answer.claims),)
    if not steps or not shape or shape[1:] != target.shape[1:]:
        return answer
    size = math.prod(target.shape[1:])
    count, most = shape[0], len(steps)
    if count == most + 1 and _is_before(key, target, steps[0], answer, size):
        return _part(answer, size, len(answer.claims), target.shape)
    if count >= most:
        return answer
    gaps = (_gap(answer),) * (size * (most - count))
    note = _left_out(range(count, most), most)
    return answer._replace(claims=answer.claims + gaps, shape=target.shape, gap=note)


def _is_before(key: Key, target: Target, first: Name, answer: Given, size: int) -> bool:
    """Whether an answer begins with the right values of the step before the first one, as h_0."""
    if first.time is None:
        return False
    before = key.find(_address(target, first._replace(time=first.time - 1)))
    if not isinstance(before, Target) or len(before.values) != size:
        return False
    return set(judge(_part(answer, 0, size, before.shape), before.bounds)) == {"correct"}


def _left_out(left_out: Iterable[int], count: int) -> str:
    """Which of some steps are not given, counted from 0."""
    numbers = [str(n + 1) for n in left_out]
    which = f"step {numbers[0]} is" if len(numbers) == 1 else f"steps {listed(numbers)} are"
    if len(numbers) > 3:
        which = f"{len(numbers)} steps, the first is step {numbers[0]}, are"
    return f"{count - len(numbers)} of {count} steps are given; {which} missing"


def _gap(at: Given | Unreadable) -> Claim:
    return Claim(math.nan, 0.0, 0, MISSING, at.line, at.column)


def _part(answer: Given, begin: int, end: int, shape: tuple[int, ...]) -> Given:
    """Some numbers of an answer as one of their own."""
    claims = answer.claims[begin:end]
    places = {(claim.line, claim.column) for claim in claims}
    unread = tuple([one for one in answer.unread if (one.line, one.column) in places])
    return answer._replace(
        claims=claims, shape=shape, line=claims[0].line, column=claims[0].column, unread=unread, gap=""
    )


def _address(sequence: Target, step: Name) -> str:
    return f"{sequence.section}.{step}" if sequence.section else str(step)


# Several answers ------------------------------------------------------------------------------------------------------


def regrouped(key: Key, given: Answers) -> Answers:
    """What is answered, each ask by what is given for it: a whole by its steps, a step by its whole.

    Only where the ask itself is not answered. What is taken for an ask is no answer of its own any more, since an error
    in it would be carried to itself.
    """
    for target in key.targets.values():
        if target.id not in given and (steps := target.steps):
            given = _gathered(target, steps, given)
    for target, answer in list(given.values()):
        if not target.is_asked and isinstance(answer, Given) and (steps := target.steps):
            given = _split(key, target, steps, answer, given)
    return given


def _gathered(target: Target, steps: Sequence[Name], given: Answers) -> Answers:
    """With an answer to a sequence where some of its steps are given, at least one that is not asked by itself."""
    ids = {one.name: id for id, (one, _) in given.items() if one.name is not None and one.section == target.section}
    answered = {n: ids[step] for n, step in enumerate(steps) if step in ids}
    added = {id for id in answered.values() if not given[id][0].is_asked}
    if not added:
        return given
    first = given[next(iter(answered.values()))][1]
    size = len(target.values) // len(steps)
    claims: list[Claim] = []
    unread: list[Unreadable] = []
    for n in range(len(steps)):
        one, answer = given[answered[n]] if n in answered else (None, None)
        if one is not None and isinstance(answer, Given):
            if fits(answer.shape, one.shape):
                claims += answer.claims
                unread += answer.unread
                continue
            answer = Unreadable(f"step {n + 1}: {misshapen(one, answer)}", None, answer.line, answer.column)
        claims += [_gap(answer or first)] * size
        unread += [answer] * size if isinstance(answer, Unreadable) else []
    left_out = [n for n in range(len(steps)) if n not in answered]
    gap = _left_out(left_out, len(steps)) if left_out else ""
    whole = Given(tuple(claims), target.shape, first.line, first.column, tuple(unread), gap)
    return {**{id: one for id, one in given.items() if id not in added}, target.id: (target, whole)}


def _split(key: Key, target: Target, steps: Sequence[Name], answer: Given, given: Answers) -> Answers:
    """With an answer to each step of a sequence, where any of them is asked and not answered."""
    missing = {one.name for id, one in key.targets.items() if id not in given and one.section == target.section}
    if missing.isdisjoint(steps) or len(steps) > MAX_STEPS:
        return given
    answer = with_all_steps(key, target, answer)
    if not fits(answer.shape, target.shape):
        return given
    size = len(target.values) // len(steps)
    parts: dict[str, tuple[Target, Given | Unreadable]] = {}
    for n, step in enumerate(steps):
        one = key.find(_address(target, step))
        if isinstance(one, Target) and one.id not in given:
            part = _part(answer, n * size, (n + 1) * size, one.shape)
            if not all(claim.text == MISSING for claim in part.claims):
                parts[one.id] = (one, part)
    return {**{id: one for id, one in given.items() if id != target.id}, **parts}
