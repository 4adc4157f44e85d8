"""The mistakes that answers are held against, as lines of a terminal: all of them, or one at its example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnsolve.checking.catalogue import STAGES, Worked
from nnsolve.checking.mistakes.mistake import Mistake
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.said import tensor_text
from nnsolve.report.style import Line, Style
from nnsolve.report.text import Report

INDENT = 2

MOST = 3
"""Places of a mistake that are shown in one example."""

DIGITS = 4


def list_report(mistakes: Mapping[str, Mistake], style: Style) -> Report:
    """Each code, and what a student is told."""
    lines: list[Line] = []
    for code, mistake in mistakes.items():
        lines += [[(code, "formula")], *paragraph(mistake.message, style, indent=INDENT)]
    return Report(lines)


def cause_report(mistake: Mistake, found: Worked, style: Style) -> Report:
    """One mistake: what a student is told, what it edits, and the numbers of its example without it and with it."""
    lines = [*paragraph(mistake.code, style, "title"), *paragraph(mistake.message, style)]
    lines += [*paragraph(f"It is made {STAGES[mistake.stage]}.", style, "note"), []]
    lines += heading("Example", style)
    lines += [[(line, "")] for line in found.problem.splitlines()]
    lines += [[], [(f"{found.ask} is asked", "formula")], *_value("right", found.right, style)]
    for at, wrong in found.wrong[:MOST]:
        lines += _value(f"with the mistake in {at or 'the answer'}", wrong, style)
    if len(found.wrong) > MOST:
        lines += paragraph(f"and {len(found.wrong) - MOST} more, where it is made elsewhere", style, "note", INDENT)
    return Report(lines)


def cause_record(mistake: Mistake, found: Worked | None = None) -> dict[str, Any]:
    """The same for programs; with what it gives where that is `found`."""
    record: dict[str, Any] = {"code": mistake.code, "message": mistake.message, "stage": mistake.stage}
    if found is not None:
        wrong = [{"at": at, "value": value.tolist()} for at, value in found.wrong]
        record["example"] = {"problem": found.problem, "of": found.ask, "right": found.right.tolist(), "wrong": wrong}
    return record


def _value(label: str, value: Any, style: Style) -> list[Line]:
    numbers = tensor_text(_rounded(value.tolist()), style.unicode)
    return paragraph(f"{label}  {numbers}", style, indent=2 * INDENT, first=INDENT)


def _rounded(value: Any) -> Any:
    return tuple(map(_rounded, value)) if isinstance(value, list) else f"{value + 0.0:.{DIGITS}g}"
