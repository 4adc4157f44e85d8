"""What is said of checked answers, in words: what stands beside a verdict, and what a whole class comes to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.core.diagnostics import Place
from nnsolve.report.slips import Slips
from nnsolve.report.style import clean

if TYPE_CHECKING:
    from collections import Counter

    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Row, Summary

SIGNS = {
    "correct": ("✓", "+", "answer"),
    "imprecise": ("≈", "~", "result"),
    "carried": ("↪", ">", "result"),
    "wrong": ("✗", "x", "warning"),
    "missing": ("–", "-", "note"),
    "unreadable": ("?", "?", "warning"),
}
"""The sign of each verdict, in Unicode and in ASCII, and its style."""


MOST_SHOWN = 600
"""Characters of an answer that are shown."""

DIGITS = 6
"""Significant digits of an expected value."""


class Said(NamedTuple):
    """A line beside a verdict: what is `given`, `expected` or `asked`, a `message`, a `cause`, the `place`."""

    kind: str
    text: str


def said(item: Item, result: Result, slips: Slips, unicode: bool = True) -> list[Said]:
    """What is said of an answer; of a right one nothing."""
    if item.verdict in ("correct", "missing") and item.by_hand is None:
        return []
    lines: list[Said] = []
    if item.given is not None:
        lines.append(Said("given", tensor_text(item.given, unicode)))
    if item.given is not None and item.expected is not None:
        tolerance = f"  ({item.tolerance})" if item.tolerance else ""
        lines.append(Said("expected", expected_text(item, unicode) + tolerance))
    elif item.tolerance:
        lines.append(Said("asked", item.tolerance))
    if item.message:
        lines.append(Said("message", clean(item.message, unicode)))
    lines += [Said("cause", clean(text, unicode)) for text in slips.of(item)]
    if place := place_of(item, result):
        lines.append(Said("place", f"at {clean(str(place), unicode)}"))
    return lines


def verdict_of(item: Item) -> str:
    """The verdict on an answer in words."""
    if item.verdict == "unreadable" and set(item.elements) - {"unreadable"}:
        return "incomplete"
    return "right, carried forward" if item.verdict == "carried" else item.verdict


def place_of(item: Item, result: Result) -> Place | None:
    """Where an answer, or the first of its numbers that is not right, stands."""
    return None if item.line is None else Place(result.file, item.line, item.column or 0)


def earned(item: Item) -> str:
    """The points of an answer."""
    return f"{points(item.credit * item.points)} of {points(item.points)}" if item.asked else "not asked"


def address_beside(item: Item) -> str:
    """The address of an answer where its id does not say it."""
    return "" if item.of == item.id or item.id.endswith("." + item.of) else item.of


def tensor_text(value: Any, unicode: bool = True) -> str:
    """Numbers in brackets: those of a student as written."""
    text = clean(_bracketed(value), unicode)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " ..."


def expected_text(item: Item, unicode: bool = True) -> str:
    """What is right, in percent where the answer is."""
    return tensor_text(_in_percent(item.expected) if _has_percent(item.given) else item.expected, unicode)


def _has_percent(given: Any) -> bool:
    return any(map(_has_percent, given)) if isinstance(given, tuple) else given.endswith("%")


def _in_percent(value: Any) -> Any:
    return tuple(map(_in_percent, value)) if isinstance(value, tuple) else f"{_number(100 * value)} %"


def _bracketed(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_bracketed, value))}]"
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value + 0.0:.{DIGITS}g}"  # -0 becomes 0


def points(points: float) -> str:
    """Points to two decimals, without zeros behind them."""
    return f"{round(points, 2):.9g}"


def share(counts: Counter[str]) -> str:
    """How many answers to a question are right, in percent."""
    return f"{100 * counts['correct'] / counts.total():.0f}"


def files_checked(summary: Summary) -> str:
    """How many answer files there were, the mean of their scores, and which files it is without."""
    scores = [row.score / row.max_score for row in summary.rows if row.max_score]
    count = len(summary.rows)
    text = f"{count} answer file{'' if count == 1 else 's'}"
    if not scores:
        return text
    text += f", {100 * math.fsum(scores) / len(scores):.3g} % of the points on average"
    unread = sum(bool(row.trouble and row.max_score and not row.score) for row in summary.rows)
    if unread:
        text += f"; {unread} that cannot be read {'counts' if unread == 1 else 'count'} as 0"
    if left := count - len(scores):
        text += f"; {left} that cannot be checked {'is' if left == 1 else 'are'} left out"
    return text


def remark(row: Row) -> str:
    """What is to be said of a student beside the score, in few words."""
    by_hand = f"{row.by_hand} set by hand" if row.by_hand else ""
    return "; ".join(filter(None, [(row.trouble or row.warning)[:200], by_hand]))


def set_by_hand(summary: Summary) -> str:
    """How many verdicts a person set; empty where there are none."""
    if not summary.by_hand:
        return ""
    return f"{summary.by_hand} {'verdict is' if summary.by_hand == 1 else 'verdicts are'} set by hand"


def question_names(summary: Summary) -> list[str]:
    """The ids of the questions, behind their problems where there are several of these."""
    several = len({problem for problem, _ in summary.questions}) > 1
    return [f"{problem}: {id}" if several else id for problem, id in summary.questions]
