"""The verdicts on the answers of a file: by the exact values, by the student's own, by what was rounded on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nnsolve.checking.carried import Reruns
from nnsolve.checking.claims import without_percent
from nnsolve.checking.follow import follow, without_errors
from nnsolve.checking.items import (
    ROUNDED,
    by_accident,
    charged_once,
    item_of,
    misshapen,
    reason,
    refused,
    rounded_on_the_way,
    rounding_charged_once,
    with_unread,
)
from nnsolve.checking.judge import fits, judge, overall, tolerance_text
from nnsolve.checking.key import Answers, Key, Target
from nnsolve.checking.model import AnswerFile, Diagnosed, Explanation, Given, Item, Unreadable
from nnsolve.checking.percent import with_percent
from nnsolve.checking.solved import Solved
from nnsolve.checking.steps import regrouped, with_all_steps
from nnsolve.core.diagnostics import listed
from nnsolve.problem.source import shown

Diagnose: TypeAlias = Callable[[Key, AnswerFile, Sequence[Item], Mapping[str, Reruns]], Diagnosed]
"""Finds the causes of wrong answers; a function of a module, so that processes find it."""


class Verdicts(NamedTuple):
    """The items of a file, the slips that explain several of them, and the answers that they judge."""

    items: tuple[Item, ...]
    slips: tuple[Explanation, ...]
    given: Answers


def verdicts(solved: Solved, answers: AnswerFile, diagnose: Diagnose | None, hide: bool) -> Verdicts:
    """The verdicts on a file: those of the asks in their order, then what the student added.

    With `hide` the reason of a verdict has no expected value.
    """
    key = solved.key
    given, nothing = _given(key, answers)
    items = [
        _judged(solved, target, given[id][1], hide) if id in given else item_of(target, None, "missing")
        for id, target in key.targets.items()
    ]
    items += [_judged(solved, target, answer, hide) for target, answer in given.values() if not target.is_asked]
    slips: tuple[Explanation, ...] = ()
    if any(item.verdict not in ("correct", "missing") for item in items):
        before = items
        items, follows, reruns = follow(key, solved.carrier, items, given)
        by_id = {id: answer for id, (_, answer) in given.items()}
        items, slips = _explained(key, answers._replace(answers=by_id), items, reruns, diagnose)
        items = without_errors(key, items, follows)
        items = rounding_charged_once(items, before, key.marking)
        if key.marking.repeated:
            items = charged_once(items, slips, key.marking)
        if key.marking.percent:
            items = with_percent(items, given, key.marking)
        items = [with_unread(item, given[item.id][1]) if item.elements else item for item in items]
    return Verdicts((*items, *nothing), slips, given)


def _given(key: Key, answers: AnswerFile) -> tuple[Answers, list[Item]]:
    """What is answered, the asks first; and the records of answers to nothing."""
    found: dict[str, tuple[Target, Given | Unreadable]] = {}
    for text, answer in answers.answers.items():
        target = key.targets.get(text)
        if target is not None:
            found[text] = (target, answer)
    nothing: list[Item] = []
    asked = len(found)
    for text, answer in answers.answers.items() if asked < len(answers.answers) else ():
        if text in key.targets:
            continue
        meant = key.find(text)
        if isinstance(meant, str):
            message = f"{shown(text)} is nothing that is asked or computed here: {meant}"
            place = (answer.line, answer.column)
            nothing.append(Item(text, "", "unreadable", 0.0, 0.0, None, None, (), message, "", *place, asked=False))
        else:
            found[meant.id] = (meant, answer)
    is_short = asked < len(key.targets) and asked < len(found)  # what is missing may stand among what is added
    given = regrouped(key, found) if is_short else found
    return {id: (target, _as_asked(key, target, answer)) for id, (target, answer) in given.items()}, nothing


def _as_asked(key: Key, target: Target, answer: Given | Unreadable) -> Given | Unreadable:
    """The answer as its ask takes it: percentages only where it asks for them, and all steps of a sequence."""
    if type(answer) is Unreadable:
        return answer
    if answer.shape != target.shape and target.steps:  # type: ignore[union-attr]
        answer = with_all_steps(key, target, answer)  # type: ignore[arg-type]
    return answer if target.options.get("percent") else without_percent(answer)  # type: ignore[arg-type]


def _judged(solved: Solved, target: Target, answer: Given | Unreadable, hide: bool) -> Item:
    """The verdict on one answer by the exact value."""
    if type(answer) is Unreadable:
        return refused(target, answer)
    assert type(answer) is Given
    if answer.unread and not (answer.shape and fits(answer.shape, target.shape)):
        return refused(target, answer.unread[0])
    tolerance = solved.tolerances.get(target.id)
    if tolerance is None:
        tolerance = solved.tolerances[target.id] = tolerance_text(target.options, target.changes is not None)
    if not fits(answer.shape, target.shape):
        return item_of(target, answer, "wrong", message=misshapen(target, answer), tolerance=tolerance)
    elements = tuple(judge(answer, target.bounds))
    verdict = overall(elements)
    if verdict == "correct":
        return item_of(target, answer, verdict, 1.0, elements, tolerance=tolerance)
    first = elements.index(verdict)
    credit = solved.key.marking.of_elements(elements)
    message = reason(elements, verdict, target, answer, solved.key, hide=hide)
    return item_of(target, answer, verdict, credit, elements, message, tolerance, answer.claims[first])


def _explained(
    key: Key, answers: AnswerFile, items: list[Item], reruns: Mapping[str, Reruns], diagnose: Diagnose | None
) -> tuple[list[Item], tuple[Explanation, ...]]:
    """The items with the causes of what is wrong; what was rounded on the way is imprecise."""
    wrong = [item for item in items if item.verdict == "wrong"]
    if diagnose is None or not wrong:
        return items, ()
    found = diagnose(key, answers, wrong, reruns)
    result = []
    for item in items:
        if causes := found.causes.get(item.id):
            item = item._replace(causes=causes)
        if item.id in found.after:
            item = item.saying(f"worked out from your {listed(found.after[item.id])}")
        if not item.causes or not item.elements:
            result.append(item)
            continue
        target, answer = key.find(item.id), answers.answers.get(item.id)
        assert isinstance(target, Target)
        assert isinstance(answer, Given)
        if item.verdict == "wrong" and {cause.code for cause in item.causes} == {ROUNDED}:
            item = rounded_on_the_way(item, target, answer, key)
        result.append(by_accident(item, target, answer, key.marking))
    return result, found.slips
