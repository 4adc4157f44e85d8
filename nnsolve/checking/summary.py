"""What many results amount to: a row for each student, a count for each question and each cause."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from nnsolve.checking.claims import MISSING, flat
from nnsolve.checking.model import Item, Result
from nnsolve.checking.solved import BROKEN_PROBLEM
from nnsolve.core.diagnostics import Diagnostic

LISTED = 3
"""Answers to nothing whose ids are listed."""


class Row(NamedTuple):
    """A student's line: `trouble` says why the file could not be checked, `warning` what else is odd about it.

    `by_hand` counts the verdicts that a person set.
    """

    file: str
    student: str | None
    problem: str | None
    score: float
    max_score: float
    trouble: str = ""
    warning: str = ""
    by_hand: int = 0


class Summary:
    """Adds up results; keeps no more of each than its row."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.questions: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        """(problem, ask) -> how often each verdict was given."""
        self.made: dict[str, set[str]] = {}
        """The code of a cause -> who made it, whatever the number of answers that it spoiled.

        What a slip may be besides is not counted: it was made once.
        """
        self.sentences: dict[str, str] = {}
        self.broken: dict[Diagnostic, None] = {}
        """What is wrong with problem files."""
        self.by_hand = 0
        """How many verdicts a person set."""
        self.all_right = True

    def add(self, result: Result) -> None:
        """Count a result."""
        errors = [finding for finding in result.findings if finding.severity == "error"]
        if errors and errors[0].code == BROKEN_PROBLEM:
            self.broken.update(dict.fromkeys(errors))
        trouble = errors[0].message if errors else ""
        by_hand = sum(item.by_hand is not None for item in result.items)
        row = result.file, result.student, result.problem, result.score, result.max_score
        self.rows.append(Row(*row, trouble, _warning(result), by_hand))
        self.by_hand += by_hand
        self.all_right &= not errors
        for item in result.items:
            self.all_right &= item.verdict == "correct"
            if item.asked:
                self.questions[result.problem or "", item.id][item.verdict] += 1
        for slip in result.slips:
            for cause in slip.causes:
                self.made.setdefault(cause.code, set()).add(result.student or result.file)
                self.sentences[cause.code] = cause.message

    def merge(self, other: Summary) -> None:
        """Add what another part of the results amounts to."""
        self.rows += other.rows
        for question, counts in other.questions.items():
            self.questions[question].update(counts)
        for code, students in other.made.items():
            self.made.setdefault(code, set()).update(students)
        self.sentences.update(other.sentences)
        self.broken.update(other.broken)
        self.by_hand += other.by_hand
        self.all_right &= other.all_right

    @property
    def students(self) -> int:
        """How many there are; who has no name counts for each file."""
        return len({row.student or row.file for row in self.rows})

    @property
    def causes(self) -> Counter[str]:
        """How many students made each mistake."""
        return Counter({code: len(students) for code, students in self.made.items()})


def summed(results: Iterable[Result]) -> Summary:
    """The summary of some results."""
    summary = Summary()
    for result in results:
        summary.add(result)
    return summary


def _warning(result: Result) -> str:
    """What is odd about a file that can be checked: what a person should look at, then what its first warning says."""
    asked = [item for item in result.items if item.asked]
    unread = sum(map(_is_unread, asked)) if not any(finding.severity == "error" for finding in result.findings) else 0
    added = {item.id for item in result.items if item.of and not item.asked}
    carried = sum(not added.isdisjoint(item.carried_from) for item in asked)
    counted = [
        f"{unread} unreadable" if unread else "",
        f"{carried} carried from steps that are not asked" if carried else "",
    ]
    return "; ".join(filter(None, [*counted, _first_warning(result)]))


def _is_unread(item: Item) -> bool:
    """Whether an answer, or a number in it that is no gap, cannot be read."""
    if not item.elements:
        return item.verdict == "unreadable"
    texts = zip(item.elements, flat(item.given), strict=True)
    return any(element == "unreadable" and text != MISSING for element, text in texts)


def _first_warning(result: Result) -> str:
    """The first warning on a file: one on the whole of it, else the answers to nothing."""
    for finding in result.findings:
        if finding.severity == "warning":
            is_near = (finding.help or "").startswith("did you mean")
            return f"{finding.message}; {finding.help}" if is_near else finding.message
    nothing = [item for item in result.items if not item.of]
    if len(nothing) < 2:
        return nothing[0].message if nothing else ""
    ids = ", ".join([item.id for item in nothing[:LISTED]])
    return f"{len(nothing)} answers to nothing that is asked: {ids}{' ...' if len(nothing) > LISTED else ''}"
