"""What a file answers beyond what is asked: steps that the student added, as far as they are looked at."""

from __future__ import annotations

from nnsolve.checking.key import Key
from nnsolve.checking.model import AnswerFile
from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.problem.source import shown

MAX_STEPS = 50
"""Answers to what is not asked that are looked at in a file, beyond as many as there are asks and steps in them."""

MAX_FAR = 5
"""How many of them may come after many updates."""


def bounded(key: Key, answers: AnswerFile) -> tuple[AnswerFile, list[Diagnostic]]:
    """The answers without the steps that are too many or answered already, and findings that say so.

    Each step may have to be worked out anew; and who could answer a quantity twice would try what is right.
    """
    steps = [text for text in answers.answers if text not in key.targets]
    if not steps:
        return answers, []
    asked = sum([1 + len(target.steps) for target in key.targets.values()])
    most = MAX_STEPS + asked  # who answers by addresses, or step by step, is not cut short
    far = [text for text in steps[:most] if key.is_far(text)]
    findings = [
        *_too_many(answers, len(steps), most, "are added"),
        *_too_many(answers, len(far), MAX_FAR, "that are added come after many updates"),
    ]
    left_out = {*steps[most:], *far[MAX_FAR:]}
    for first, texts in _answered_twice(key, answers, [text for text in steps if text not in left_out]):
        answer = answers.answers[texts[0]]
        others = f" and {len(texts) - 1} more are" if len(texts) > 1 else " is"
        message = f"{shown(texts[0])}{others} the same quantity as {shown(first)}, which is answered already"
        place = Place(answers.path, answer.line, answer.column)
        help = f"only the answer to {shown(first)} is judged"
        findings.append(Diagnostic("answered-twice", message, place, help, "warning"))
        left_out.update(texts)
    if not left_out:
        return answers, []
    kept = {text: answer for text, answer in answers.answers.items() if text not in left_out}
    return answers._replace(answers=kept), findings


def _too_many(answers: AnswerFile, count: int, most: int, what: str) -> list[Diagnostic]:
    if count <= most:
        return []
    message = f"{count} steps {what}; the first {most} are looked at"
    return [Diagnostic("too-many-steps", message, Place(answers.path), "answer what is asked", "warning")]


def _answered_twice(key: Key, answers: AnswerFile, steps: list[str]) -> list[tuple[str, list[str]]]:
    """What is answered before, by an ask or a step; and the steps that answer it again."""
    first = {text: text for text in key.targets if text in answers.answers}
    again: dict[str, list[str]] = {}
    for text in steps:
        found = key.find(text)
        if not isinstance(found, str) and first.setdefault(found.id, text) != text:
            again.setdefault(found.id, []).append(text)
    return [(first[id], texts) for id, texts in again.items()]
