"""The records of single answers: what was given, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from nnsolve.checking.claims import nested
from nnsolve.checking.judge import (
    fits_start,
    is_cut_off,
    is_near,
    is_old,
    is_rearranged,
    is_rounded_away,
    overall,
    verdicts,
)
from nnsolve.checking.key import Key, Target
from nnsolve.checking.marking import Marking
from nnsolve.checking.model import Claim, Explanation, Given, Item, Unreadable, Verdict

REARRANGED = {"transposed", "factors-exchanged", "elements-permuted"}
"""The codes of the causes that give the right numbers in wrong places."""

REMEMBERED = 1000
"""Verdicts on the elements of an answer of which is remembered how they are told."""

TOO_FEW = "too few digits"

ROUNDED = "rounded-early"
"""The code of the cause that spoils digits only."""


def item_of(
    target: Target,
    answer: Given | None,
    verdict: Verdict,
    credit: float = 0.0,
    elements: tuple[Verdict, ...] = (),
    message: str = "",
    tolerance: str = "",
    at: Claim | None = None,
) -> Item:
    """The record of an answer; None where there is none that can be read. It stands `at` a number that is to blame."""
    given = None if answer is None else nested([claim[3] for claim in answer.claims], answer.shape)
    place = at or answer
    line, column = (None, None) if place is None else (place.line, place.column)
    return Item(
        target.id,
        target.of,
        verdict,
        credit,
        target.points,
        given,
        target.expected,
        (),
        message,
        tolerance,
        line,
        column,
        elements,
        asked=target.is_asked,
    )


def refused(target: Target, answer: Unreadable) -> Item:
    """The record of an answer that cannot be read."""
    message = f"{answer.message}; {answer.help}" if answer.help else answer.message
    return item_of(target, None, "unreadable", message=message)._replace(line=answer.line, column=answer.column)


def with_unread(item: Item, answer: Given | Unreadable) -> Item:
    """The item with what is wrong with those of its numbers that cannot be read, and which of its steps are missing."""
    if answer.unread:
        first, count = answer.unread[0], len(answer.unread)
        at = f"{'at' if count == 1 else 'the first at'} {first.line}:{first.column}"
        item = item.saying(f"{count} of {len(item.elements)} numbers cannot be read, {at}: {first.message}", first.help)
    return item.saying(answer.gap) if isinstance(answer, Given) else item


def by_accident(item: Item, target: Target, answer: Given, marking: Marking) -> Item:
    """The item, without credit for those of its elements that are right because of where a rearrangement left them.

    That is so where all numbers are the right ones and at most half of them stand where they belong: an answer that
    only looks rearranged, since most of it is right, keeps what it earns.
    """
    codes = {cause.code for cause in item.causes}
    if item.verdict != "wrong" or not codes or not codes <= REARRANGED or not item.credit or marking.rearranged == 1:
        return item
    if 2 * item.elements.count("correct") > len(item.elements) or not is_rearranged(answer, target.bounds):
        return item
    return item.saying("the others are right by accident")._replace(credit=marking.rearranged * item.credit)


def rounded_on_the_way(item: Item, target: Target, answer: Given, key: Key) -> Item:
    """The item, imprecise in those of its wrong numbers that are near enough for rounding to make the difference.

    Wrong as it is where one of them is what a parameter was before its updates: that is no matter of digits.
    """
    wrong = [n for n, element in enumerate(item.elements) if element == "wrong"]
    near = [n for n in wrong if is_near(answer.claims[n], target.bounds[n])]
    if not near or any(is_old(answer.claims[n], target.bounds[n]) for n in wrong):
        return item
    elements = tuple(["imprecise" if n in near else element for n, element in enumerate(item.elements)])
    verdict, message = overall([*elements, "imprecise"]), "rounded on the way"
    if verdict == "wrong":
        message = f"{told(elements, verdict, target, key)}; the others are {message}"
    credit = max(item.credit, key.marking.of_elements(elements))
    return item._replace(verdict=verdict, elements=elements, credit=credit, message=message)


def rounding_charged_once(items: Sequence[Item], before: Sequence[Item], marking: Marking) -> list[Item]:
    """The items; where several are imprecise for what was rounded on the way, the first alone is charged for it.

    `before` are the items as they are by the exact values: what is wrong there and imprecise now was rounded so.
    """
    first = ""
    result = []
    for item, exact in zip(items, before, strict=True):
        pairs = list(zip(item.elements, exact.elements, strict=True)) if item is not exact else []
        if item.asked and ("imprecise", "wrong") in pairs:
            if first:
                again = max(marking.carried, marking.imprecise)
                credits = [again if pair == ("imprecise", "wrong") else marking.credit(pair[0]) for pair in pairs]
                credit = max(item.credit, marking.of_credits(credits))
                item = item.saying(f"charged once, at {first}")._replace(credit=credit)
            first = first or item.id
        result.append(item)
    return result


def charged_once(items: Sequence[Item], slips: Sequence[Explanation], marking: Marking) -> list[Item]:
    """The items, those with `repeated` credit that a slip explains for which an earlier ask is charged in full."""
    charged: dict[int, str] = {}
    result = []
    for item in items:
        slip = next((n for n, slip in enumerate(slips) if item.id in slip.items), None)
        is_charged = slip is not None and item.asked and item.verdict == "wrong"
        if slip is not None and is_charged and charged.setdefault(slip, item.id) != item.id:
            credits = [marking.repeated if element == "wrong" else marking.credit(element) for element in item.elements]
            credit = max(item.credit, marking.of_credits(credits or [marking.repeated]))
            item = item.saying(f"its slip is charged once, at {charged[slip]}")._replace(credit=credit)
        result.append(item)
    return result


def misshapen(target: Target, answer: Given) -> str:
    """What is wrong with an answer that has another shape than what is asked."""
    found, expected = f"is {shape_text(answer.shape)}", f"{shape_text(target.shape)} is expected"
    if count := len(target.steps):
        is_of_steps = len(answer.shape) > 0 and answer.shape[1:] == target.shape[1:]
        found = f"has {answer.shape[0]} steps" if is_of_steps else found
        expected = f"{count}{'' if is_of_steps else ' steps'} are expected, each {shape_text(target.shape[1:])}"
    message = f"this {found}, but {expected}"
    if answer.shape == target.shape[::-1]:
        return f"{message}; rows and columns are exchanged"
    texts = [claim.text for claim in answer.claims]
    if len(texts) == 2 * len(target.values) and all(text.lstrip("+-−").isdigit() for text in texts):
        return f"{message}; a decimal has a point: {texts[0]}.{texts[1]}"
    return message


def shape_text(shape: Sequence[int]) -> str:
    """A shape in words."""
    if not shape:
        return "one number"
    if len(shape) == 1:
        return f"a list of {shape[0]}"
    return f"a {'x'.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'tensor'}"


def reason(
    elements: Sequence[Verdict], verdict: Verdict, target: Target, answer: Given, key: Key, *, hide: bool = False
) -> str:
    """What is wrong with an answer by the exact values, what its digits have to do with it, or (not to `hide`) a sign.

    Where the solution is hidden, what is right by accident counts as wrong, and nothing tells it from the rest.
    """
    wrong = [n for n, element in enumerate(elements) if element == "wrong"]
    why = ""
    if target.changes is not None and (count := sum(fits_start(answer.claims[n], target.bounds[n]) for n in wrong)):
        some = "" if count == len(wrong) else f"{count} of them {_has(count)} "
        why = f"{some}too few digits: the value before the update fits them as well"
    elif not hide and (count := sum(is_rounded_away(answer.claims[n], target.bounds[n]) for n in wrong)):
        some = "" if count == len(wrong) else f"{count} of them {'is' if count == 1 else 'are'} "
        why = f"{some}rounded to so few digits that more than half of the value is lost"
    elif not hide and wrong and target.options.get("percent") and _is_percentage(target, answer):
        why = f"without a sign it is no percentage: write {answer.claims[wrong[0]].text} %"
    elif not hide and wrong and all(is_cut_off(answer.claims[n], target.bounds[n]) for n in wrong):
        why = "cut off, not rounded"
    coarse = elements.count("imprecise") if wrong and not hide else 0
    more = f"{coarse} more {_has(coarse)} {TOO_FEW}" if coarse else ""
    return "; ".join(filter(None, [told(elements, verdict, target, key, hide=hide), why, more]))


def _is_percentage(target: Target, answer: Given) -> bool:
    """Whether an answer is right once all its numbers are taken for percentages."""
    claims = [claim._replace(value=claim.value / 100, unit=claim.unit / 100) for claim in answer.claims]
    signs = any(claim.text.endswith("%") for claim in answer.claims)
    return not signs and "wrong" not in verdicts(answer._replace(claims=tuple(claims)), target.bounds)


def told(elements: Sequence[Verdict], verdict: Verdict, target: Target, key: Key, *, hide: bool = False) -> str:
    """What is wrong with an answer of several numbers, or counts (to `hide` which), and where the first stands."""
    base = key.problem.conventions.count_from
    count_from = 1 if base is None else base
    return _told(tuple(elements), verdict, target.shape, count_from, hide=hide)


@lru_cache(maxsize=REMEMBERED)
def _told(
    elements: tuple[Verdict, ...], verdict: Verdict, shape: tuple[int, ...], count_from: int, *, hide: bool
) -> str:
    short = TOO_FEW if verdict == "imprecise" else ""
    if len(elements) == 1 or verdict == "unreadable":
        return short
    off = sum(element == verdict for element in elements)
    index, rest = [], next(n for n, element in enumerate(elements) if element == verdict)
    for size in reversed(shape):
        index.append(rest % size + count_from)
        rest //= size
    verb = ("counts as", "count as") if hide else ("is", "are")
    what = f"{_has(off)} {short}" if short else f"{verb[off > 1]} wrong"
    where = ",".join(map(str, reversed(index)))
    return f"{off} of {len(elements)} numbers {what}, {'at' if off == 1 else 'the first is'} [{where}]"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
