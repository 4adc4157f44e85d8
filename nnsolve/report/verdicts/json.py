"""Verdicts as JSON (design of the format: `results`, an object a file, and `summary`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nnsolve.checking.claims import numbers
from nnsolve.report.verdicts.writer import encodable, finite

if TYPE_CHECKING:
    from nnsolve.checking.model import ByHand, Explanation, Item, Result
    from nnsolve.checking.summary import Summary
    from nnsolve.core.diagnostics import Diagnostic


class JsonWriter:
    """`{"results": [...], "summary": {...}}`, a result a line."""

    def __init__(self) -> None:
        self.count = 0

    def begin(self) -> str:
        return '{"results": ['

    def entry(self, result: Result) -> str:
        self.count += 1
        return (",\n" if self.count > 1 else "\n") + _dump(self.result(result))

    def end(self, summary: Summary, interrupted: bool) -> str:
        return '\n], "summary": ' + _dump(_summary(summary, interrupted)) + "}\n"

    def result(self, result: Result) -> dict[str, Any]:
        """One result as plain objects."""
        return {
            "file": encodable(result.file),
            "student": result.student,
            "problem": result.problem,
            "score": result.score,
            "max_score": result.max_score,
            "items": [self.item(item) for item in result.items],
            "slips": [_slip(explanation) for explanation in result.slips],
            "findings": [_finding(finding) for finding in result.findings],
        }

    def item(self, item: Item) -> dict[str, Any]:
        """One item as plain objects."""
        return {
            "id": item.id,
            "of": item.of,
            "verdict": item.verdict,
            "credit": item.credit,
            "points": item.points,
            "given": numbers(item.given),
            "expected": finite(item.expected),
            "causes": [cause.code for cause in item.causes],
            "message": item.message,
            "line": item.line,
            "column": item.column,
            "tolerance": item.tolerance,
            "elements": list(item.elements),
            "carried_from": ", ".join(item.carried_from) or None,
            "asked": item.asked,
            "by_hand": _by_hand(item.by_hand),
        }


def _slip(explanation: Explanation) -> dict[str, Any]:
    """The codes of a slip, where it bites first, the ids of the answers that it explains, what else explains them."""
    return {
        "causes": [cause.code for cause in explanation.causes],
        "of": explanation.of,
        "items": list(explanation.items),
        "alternatives": [[cause.code for cause in causes] for causes in explanation.alternatives],
    }


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _by_hand(found: ByHand | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"why": found.why, "computed_verdict": found.verdict, "computed_credit": found.credit}


def _finding(finding: Diagnostic) -> dict[str, Any]:
    place = finding.place
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": encodable(finding.message),
        "help": finding.help,
        "file": encodable(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def _summary(summary: Summary, interrupted: bool) -> dict[str, Any]:
    return {
        "files": len(summary.rows),
        "all_right": summary.all_right,
        "unreadable": sum(bool(row.trouble) for row in summary.rows),
        "questions": [{"problem": problem, "id": id, **counts} for (problem, id), counts in summary.questions.items()],
        "causes": dict(summary.causes.most_common()),
        "by_hand": summary.by_hand,
        "interrupted": interrupted,
    }
