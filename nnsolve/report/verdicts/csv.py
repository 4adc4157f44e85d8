"""Verdicts as a table for spreadsheets: one row a student, a column a question."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from nnsolve.report.style import clean

if TYPE_CHECKING:
    from nnsolve.checking.model import Result
    from nnsolve.checking.summary import Summary

HEADS = ("student", "file", "problem", "score", "max_score", "trouble", "by_hand")


# Where a comma is the decimal sign, cells end at semicolons instead, whatever the quotes.
_formula = re.compile('(?:^|(?<=;))(?=[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')


class CsvWriter:
    """Points by question; empty where a student's problem does not have it, or the file could not be checked."""

    def __init__(self) -> None:
        self._earned: list[dict[tuple[str, str], float]] = []
        self._by_hand: list[str] = []

    def begin(self) -> str:
        return ""

    def entry(self, result: Result) -> str:
        problem = result.problem or ""
        earned = {(problem, item.id): item.credit * item.points for item in result.items if item.asked}
        self._earned.append(earned)
        self._by_hand.append(", ".join(item.id for item in result.items if item.by_hand))
        return ""

    def end(self, summary: Summary, interrupted: bool) -> str:
        several = len({problem for problem, _ in summary.questions}) > 1
        file = io.StringIO()
        rows = csv.writer(file, lineterminator="\r\n")
        heads = [f"{problem}: {id}" if several else id for problem, id in summary.questions]
        rows.writerow([*HEADS, *map(cell, heads)])
        for row, earned, by_hand in zip(summary.rows, self._earned, self._by_hand, strict=True):
            points = [f"{earned[question]:.6g}" if question in earned else "" for question in summary.questions]
            texts = [cell(text or "") for text in (row.student, row.file, row.problem)]
            scores = [f"{row.score:.6g}", f"{row.max_score:.6g}"]
            rows.writerow([*texts, *scores, cell(row.trouble or row.warning), cell(by_hand), *points])
        return file.getvalue()


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection), on one line."""
    return _formula.sub("'", clean(text))
