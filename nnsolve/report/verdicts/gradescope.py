"""Verdicts as the results.json of a Gradescope autograder (gradescope-autograders.readthedocs.io/en/latest/specs)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nnsolve.checking.model import score_of
from nnsolve.report.said import verdict_of
from nnsolve.report.style import clean
from nnsolve.report.verdicts.writer import explanation

if TYPE_CHECKING:
    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Summary


class GradescopeWriter:
    """One submission: its score, and a test for each ask."""

    def __init__(self) -> None:
        self._tests: list[dict[str, Any]] = []
        self._score = 0.0
        self._output: list[str] = []

    def begin(self) -> str:
        return ""

    def entry(self, result: Result) -> str:
        self._score += result.score
        self._tests += [self._test(item, result) for item in result.items if item.asked]
        self._output += [clean(finding.message) for finding in result.findings]
        more = [item for item in result.items if not item.asked and item.verdict == "unreadable"]
        self._output += [clean(f"{item.id}: {item.message}") for item in more]  # a slip in an id leaves it missing
        return ""

    def end(self, summary: Summary, interrupted: bool) -> str:
        output = "\n".join(self._output)
        if interrupted:
            output = "The check was interrupted."
        elif summary.all_right:
            output = "All answers are right."
        document = {"score": self._score, "output": output, "output_format": "text", "tests": self._tests}
        return json.dumps(document, allow_nan=False, indent=1) + "\n"

    def _test(self, item: Item, result: Result) -> dict[str, Any]:
        lines = [verdict_of(item), *explanation(item, result)]
        return {
            "name": clean(item.id),
            "score": score_of([item]),
            "max_score": item.points,
            "status": "passed" if item.credit == 1 else "failed",
            "output": "\n".join(map(clean, lines)),
            "output_format": "text",
        }
