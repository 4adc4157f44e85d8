"""Verdicts as a table for spreadsheets: one row a student, a column a question."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from nnsolve.report.said import question_names
from nnsolve.report.style import clean

if TYPE_CHECKING:
    from nnsolve.checking.model import Result
    from nnsolve.checking.summary import Row, Summary

Question: TypeAlias = tuple[str, str]
"""A problem, and the id of one of its asks."""

HEADS = ("student", "file", "problem", "score", "max_score", "trouble", "by_hand")


# Where a comma is the decimal sign, cells end at semicolons instead, whatever the quotes.
_formula = re.compile('(?:^|(?<=;))(?=[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')


class CsvWriter:
    """Points by question; empty where a student's problem does not have it, or the file could not be checked.

    Files of one student for different problems share a row.
    """

    def __init__(self) -> None:
        self._earned: list[dict[Question, float]] = []
        self._by_hand: list[list[Question]] = []

    def begin(self) -> str:
        return ""

    def entry(self, result: Result) -> str:
        problem = result.problem or ""
        earned = {(problem, item.id): item.credit * item.points for item in result.items if item.asked}
        self._earned.append(earned)
        self._by_hand.append([(problem, item.id) for item in result.items if item.by_hand])
        return ""

    def end(self, summary: Summary, interrupted: bool) -> str:
        file = io.StringIO()
        rows = csv.writer(file, lineterminator="\r\n")
        heads = dict(zip(summary.questions, question_names(summary), strict=True))
        rows.writerow([*HEADS, *map(cell, heads.values())])
        for group in _by_student(summary.rows):
            found = [summary.rows[n] for n in group]
            earned = {question: points for n in group for question, points in self._earned[n].items()}
            scores = [math.fsum(row.score for row in found), math.fsum(row.max_score for row in found)]
            rows.writerow(
                [
                    cell(found[0].student or ""),
                    _joined(row.file for row in found),
                    _joined(row.problem for row in found),
                    *[f"{score:.6g}" for score in scores],
                    _joined(row.trouble or row.warning for row in found),
                    _joined(heads.get(question, question[1]) for n in group for question in self._by_hand[n]),
                    *[f"{earned[question]:.6g}" if question in earned else "" for question in summary.questions],
                ]
            )
        return file.getvalue()


def _by_student(rows: Sequence[Row]) -> Iterable[list[int]]:
    """Which files share a row: those of one student, of each problem the first, then of each the second."""
    count: Counter[tuple[str | None, str | None]] = Counter()
    groups: dict[tuple[str, int], list[int]] = {}
    for n, row in enumerate(rows):
        count[row.student, row.problem] += 1
        key = (row.student, count[row.student, row.problem]) if row.student else ("", n)
        groups.setdefault(key, []).append(n)
    return groups.values()


def _joined(texts: Iterable[str | None]) -> str:
    return ", ".join([cell(text) for text in texts if text])


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection), on one line."""
    return _formula.sub("'", clean(text))
