"""The report on checked answers: for one student every verdict, for many the scores and the class's picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nnsolve.core.diagnostics import Place
from nnsolve.report.lines import heading, justified, paragraph
from nnsolve.report.slips import Slips
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.table import TextColumn, table_lines
from nnsolve.report.text import Report, warning_lines

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

WORDS = {"carried": "right, carried forward"}

MOST_SHOWN = 600
"""Characters of an answer that are shown."""

DIGITS = 6
"""Significant digits of an expected value."""


def student_report(result: Result, style: Style, hide: bool) -> Report:
    """Every verdict on one file; with `hide` nothing from which the solution follows."""
    lines: list[Line] = []
    names = [clean(name, style.unicode) for name in (result.student, result.problem) if name]
    lines += heading(": ".join(names) or clean(result.file, style.unicode), style, "title")
    lines += warning_lines(result.findings, style)
    if not result.items:
        return Report(lines)
    slips = Slips(result.slips, style)
    lines += [*slips.top(), []]
    for item in result.items:
        lines += _item(item, result, slips, style, hide)
    score = f"{_points(result.score)} of {_points(result.max_score)} points"
    lines += [[], [(score, "answer" if result.score == result.max_score else "formula")]]
    return Report(lines)


def _item(item: Item, result: Result, slips: Slips, style: Style, hide: bool) -> list[Line]:
    unicode = style.unicode
    sign, plain, name = SIGNS[item.verdict]
    lead = f"{sign if unicode else plain} "
    id, of = clean(item.id, unicode), clean(item.of, unicode)
    left: Line = [(lead, name), (id, "formula")]
    if of and of != id and not id.endswith("." + of):
        left.append((f"  {of}", "address"))
    left.append((f"  {WORDS.get(item.verdict, item.verdict)}", name))
    earned = f"{_points(item.credit * item.points)} of {_points(item.points)}" if item.asked else "not asked"
    lines = justified(left, [(earned, "note")], style.width)
    if item.verdict in ("correct", "missing") and item.by_hand is None:
        return lines
    if item.given is not None:
        lines += paragraph(f"given     {tensor_text(item.given, unicode)}", style, "", 12, 2)
    if item.given is not None and item.expected is not None and not hide:
        tolerance = f"  ({item.tolerance})" if item.tolerance else ""
        lines += paragraph(f"expected  {tensor_text(item.expected, unicode)}{tolerance}", style, "", 12, 2)
    elif item.tolerance:
        lines += paragraph(f"asked     {item.tolerance}", style, "", 12, 2)
    if item.message:
        lines += paragraph(clean(item.message, unicode), style, "", 2, 2)
    lines += slips.of(item)
    if item.line is not None:
        place = Place(result.file, item.line, item.column or 0)
        lines += paragraph(f"at {clean(str(place), unicode)}", style, "address", 2, 2)
    return lines


def tensor_text(value: Any, unicode: bool = True) -> str:
    """Numbers in brackets: those of a student as written."""
    text = clean(_bracketed(value), unicode)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " ..."


def _bracketed(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_bracketed, value))}]"
    return value if isinstance(value, str) else f"{value:.{DIGITS}g}"


def _points(points: float) -> str:
    return f"{points:.6g}"


# Many -----------------------------------------------------------------------------------------------------------------


def class_report(summary: Summary, style: Style) -> Report:
    """Students with their scores; for each question how many were right; causes by how frequent they are."""
    lines = heading("Students", style, "heading", 1)
    lines += [[], *_students(summary.rows, style)]
    if summary.questions:
        lines += [[], *heading("Questions", style, "heading", 1), [], *_questions(summary, style)]
    if summary.causes:
        lines += [[], *heading("Causes, by the number of students", style, "heading", 1), []]
        for code, count in summary.causes.most_common():
            sentence = clean(summary.sentences[code], style.unicode)
            lines += paragraph(f"{count} of {summary.students}  {code}: {sentence}", style, "", 6, 2)
    scores = [row.score / row.max_score for row in summary.rows if row.max_score]
    mean = f", {100 * math.fsum(scores) / len(scores):.3g} % of the points on average" if scores else ""
    count = len(summary.rows)
    lines += [[], [(f"{count} answer file{'' if count == 1 else 's'}{mean}", "formula")]]
    if summary.by_hand:
        verdicts = "verdict is" if summary.by_hand == 1 else "verdicts are"
        lines.append([(f"{summary.by_hand} {verdicts} set by hand", "note")])
    return Report(lines)


def _students(rows: list[Row], style: Style) -> list[Line]:
    def cells(texts: list[str | None]) -> list[str]:
        return [clean(text or "", style.unicode) for text in texts]

    several = len({row.problem for row in rows}) > 1
    columns = [TextColumn("student", cells([row.student or row.file for row in rows]), style="formula")]
    if several:
        columns.append(TextColumn("problem", cells([row.problem for row in rows])))
    columns.append(TextColumn("points", [_points(row.score) if row.max_score else "" for row in rows], right=True))
    columns.append(TextColumn("of", [_points(row.max_score) if row.max_score else "" for row in rows], right=True))
    lines = table_lines(columns)
    for line, row in zip(lines[1:], rows, strict=True):
        if row.trouble:
            line.append((f"  {clean(row.trouble, style.unicode)[:200]}", "warning"))
    return lines


def _questions(summary: Summary, style: Style) -> list[Line]:
    several = len({problem for problem, _ in summary.questions}) > 1
    names = [f"{problem}: {id}" if several else id for problem, id in summary.questions]
    counts: list[Counter[str]] = list(summary.questions.values())
    columns = [TextColumn("question", [clean(name, style.unicode) for name in names], style="formula")]
    columns.append(TextColumn("right", [f"{_share(count)} %" for count in counts], right=True, style="answer"))
    for verdict in SIGNS:
        if any(count[verdict] for count in counts):
            columns.append(TextColumn(verdict, [str(count[verdict]) for count in counts], right=True))
    return table_lines(columns)


def _share(counts: Counter[str]) -> str:
    return f"{100 * counts['correct'] / counts.total():.0f}"
