"""Records of answer checking: what a student gave, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from nnsolve.checking.marking import Marking
from nnsolve.core.diagnostics import Diagnostic

Verdict: TypeAlias = Literal["correct", "imprecise", "carried", "wrong", "missing", "unreadable"]


class Claim(NamedTuple):
    """A number as a student wrote it.

    `unit` is the place value of its last digit (0.01 for 6.08; 0 for a fraction, which is exact), `digits` counts its
    significant digits.
    """

    value: float
    unit: float
    digits: int
    text: str
    line: int
    column: int


class Unreadable(NamedTuple):
    """What stands where an answer or one of its numbers is expected and is none: why, and what to write."""

    message: str
    help: str | None
    line: int
    column: int

    @property
    def unread(self) -> tuple[Unreadable, ...]:
        """As of an answer that can be read in part."""
        return (self,)


class Given(NamedTuple):
    """An answer: its numbers row by row; the shape is () for a single one.

    A number of a list that cannot be read has the value NaN, and says why in `unread`; so has one of a step that is
    left out, and `gap` says which.
    """

    claims: tuple[Claim, ...]
    shape: tuple[int, ...]
    line: int
    column: int
    unread: tuple[Unreadable, ...] = ()
    gap: str = ""


class AnswerFile(NamedTuple):
    """An answer file as read; `findings` are what is wrong with it beyond single answers."""

    path: str
    problem: str | None
    student: str | None
    answers: Mapping[str, Given | Unreadable]
    findings: tuple[Diagnostic, ...] = ()


class Cause(NamedTuple):
    """A mistake that would give exactly the digits of an answer.

    `code` is stable (`sign-flipped`), `message` helps the student and gives no number away, `of` names the equation in
    which it bites first.
    """

    code: str
    message: str
    of: str = ""


class ByHand(NamedTuple):
    """That a person set a verdict or its credit: why, and what was computed."""

    why: str
    verdict: Verdict
    credit: float


class Explanation(NamedTuple):
    """A slip: one mistake, or two together, with all the wrong answers that it explains (`items`).

    `of` names the equation in which it bites first. Each of the `alternatives` explains these answers as well.
    """

    causes: tuple[Cause, ...]
    of: str
    items: tuple[str, ...]
    alternatives: tuple[tuple[Cause, ...], ...] = ()


class Diagnosed(NamedTuple):
    """What is consistent with wrong answers: the causes of each by its id, and the slips that explain several.

    `after` has the wrong answers that were the start of those that a cause explains for the student's own values alone.
    """

    causes: Mapping[str, tuple[Cause, ...]]
    slips: tuple[Explanation, ...] = ()
    after: Mapping[str, tuple[str, ...]] = {}


class Item(NamedTuple):
    """What one answer is worth: an ask of the problem, or (`asked` false) an address that the student added.

    `credit` is between 0 and 1, `elements` has the verdict of each number; `carried_from` names the earlier answers
    that this one is right for.
    """

    id: str
    of: str
    verdict: Verdict
    credit: float
    points: float
    given: Any
    expected: Any
    causes: tuple[Cause, ...] = ()
    message: str = ""
    tolerance: str = ""
    line: int | None = None
    column: int | None = None
    elements: tuple[Verdict, ...] = ()
    carried_from: tuple[str, ...] = ()
    asked: bool = True
    by_hand: ByHand | None = None

    def saying(self, *more: str | None) -> Item:
        """The item with more behind its message."""
        return self._replace(message="; ".join(filter(None, [self.message, *more])))


class Result(NamedTuple):
    """An answer file with its verdicts; where it cannot be read, `findings` say why and every item is unreadable.

    `marking` is what verdicts earn in its problem. `slips` say once what explains several wrong answers.
    """

    file: str
    student: str | None
    problem: str | None
    score: float
    max_score: float
    items: tuple[Item, ...]
    findings: tuple[Diagnostic, ...] = ()
    marking: Marking = Marking()
    slips: tuple[Explanation, ...] = ()


def score_of(items: Iterable[Item]) -> float:
    """The points of some items, without what rounding adds to them."""
    return float(round(sum([item.credit * item.points for item in items]), 9))
