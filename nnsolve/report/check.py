"""The report on checked answers: for one student every verdict, for many the scores and the class's picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.report.boxes import width
from nnsolve.report.lines import heading, justified, line_width, paragraph
from nnsolve.report.said import (
    SIGNS,
    address_beside,
    earned,
    files_checked,
    points,
    remark,
    said,
    set_by_hand,
    share,
    verdict_of,
)
from nnsolve.report.slips import Slips
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.table import TextColumn, fitted, table_lines, table_width
from nnsolve.report.text import Report, warning_lines

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Row, Summary

NAME = 10
"""Cells that the name of a student, problem or question keeps at least where a table is too wide."""

GROUP = 6
"""As few cells are enough for a name that stands once above several rows."""


def student_report(result: Result, style: Style) -> Report:
    """Every verdict on one file."""
    lines: list[Line] = []
    names = [clean(name, style.unicode) for name in (result.student, result.problem) if name]
    lines += heading(": ".join(names) or clean(result.file, style.unicode), style, "title")
    lines += warning_lines(result.findings, style)
    if not result.items:
        return Report(lines)
    slips = Slips(result.slips)
    for text, causes in slips.top():
        lines += [[], *paragraph(clean(text, style.unicode), style, "formula", 2, 0)]
        for cause in causes:
            lines += paragraph(clean(cause, style.unicode), style, "", 4, 2)
    lines.append([])
    for item in result.items:
        lines += _item(item, result, slips, style)
    score = f"{points(result.score)} of {points(result.max_score)} points"
    lines += [[], [(score, "answer" if result.score == result.max_score else "formula")]]
    return Report(lines)


def _item(item: Item, result: Result, slips: Slips, style: Style) -> list[Line]:
    unicode = style.unicode
    sign, plain, name = SIGNS[item.verdict]
    left: Line = [(f"{sign if unicode else plain} ", name), (clean(item.id, unicode), "formula")]
    if of := clean(address_beside(item), unicode):
        left.append((f"  {of}", "address"))
    left.append((f"  {verdict_of(item)}", name))
    lines = justified(left, [(earned(item), "note")], style.width)
    for kind, text in said(item, result, slips, unicode):
        if kind in LABELS:
            lines += _labelled(kind, text, style)
        else:
            name, indent = _SAID[kind]
            lines += paragraph(text, style, name, indent, 2)
    return lines


LABELS = ("given", "expected", "asked")
BESIDE = 12
"""Where what stands beside them begins."""

_SAID = {"message": ("", 2), "cause": ("", 4), "place": ("address", 2)}
"""The style of each other line beside a verdict, and how far what follows is indented."""


def _labelled(label: str, text: str, style: Style) -> list[Line]:
    """Numbers behind a label; a matrix that is too wide for a line has a row a line."""
    room = style.width - BESIDE - 1
    numbers, gap, tolerance = text.partition("  (")
    rows = [numbers] if width(numbers) <= room else numbers.replace("], [", "],\n[").split("\n")
    fits = not gap or width(rows[-1] + gap + tolerance) < room
    rows[-1] += gap + tolerance if fits else ""
    lines: list[Line] = []
    depth = 0
    for row in rows:
        lines += paragraph(row, style, "", BESIDE + depth + 1, BESIDE + depth)
        depth += row.count("[") - row.count("]")
    if not fits:
        lines += paragraph(f"({tolerance}", style, "", BESIDE + 1, BESIDE)
    lines[0][0] = (f"  {label}".ljust(BESIDE), "")
    return lines


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
    lines += [[], *paragraph(files_checked(summary), style, "formula")]
    if by_hand := set_by_hand(summary):
        lines.append([(by_hand, "note")])
    return Report(lines)


def _students(rows: list[Row], style: Style) -> list[Line]:
    def cells(texts: list[str | None]) -> list[str]:
        return [clean(text or "", style.unicode) for text in texts]

    several = len({row.problem for row in rows if row.problem}) > 1
    columns = [TextColumn("student", cells([row.student or row.file for row in rows]), style="formula", least=NAME)]
    if several:
        columns.append(TextColumn("problem", cells([row.problem for row in rows]), least=NAME))
    columns.append(TextColumn("points", [points(row.score) if row.max_score else "" for row in rows], right=True))
    columns.append(TextColumn("of", [points(row.max_score) if row.max_score else "" for row in rows], right=True))
    head, *found = table_lines(fitted(columns, style.width, style.unicode))
    lines = [head]
    for line, row in zip(found, rows, strict=True):
        lines.append(line)
        if text := clean(remark(row), style.unicode):
            name = "warning" if row.trouble or row.warning else "note"
            if line_width(line) + 2 + width(text) <= style.width:
                line.append((f"  {text}", name))
            else:
                lines += paragraph(text, style, name, 4)
    return lines


def _questions(summary: Summary, style: Style) -> list[Line]:
    """How many answers there are of each verdict; where words do not fit above the numbers, signs stand for them."""
    counts: list[Counter[str]] = list(summary.questions.values())
    problems, names = ([clean(text, style.unicode) for text in texts] for texts in zip(*summary.questions, strict=True))
    firsts = [text if n == 0 or text != problems[n - 1] else "" for n, text in enumerate(problems)]
    known = [verdict for verdict in SIGNS if any(count[verdict] for count in counts)]
    signs = {verdict: SIGNS[verdict][not style.unicode] for verdict in known}

    def columns(heads: Iterable[str]) -> list[TextColumn]:
        found = [TextColumn("problem", firsts, least=GROUP)] if len(set(problems)) > 1 else []
        found.append(TextColumn("question", names, style="formula", least=NAME))
        found.append(TextColumn("right", [f"{share(count)} %" for count in counts], right=True, style="answer"))
        for verdict, head in zip(known, heads, strict=True):
            found.append(TextColumn(head, [str(count[verdict]) for count in counts], right=True))
        return fitted(found, style.width, style.unicode)

    table = columns(known)
    if table_width(table) <= style.width:
        return table_lines(table)
    legend = "  ".join(f"{sign} {verdict}" for verdict, sign in signs.items())
    return [*paragraph(legend, style, "note", 2), [], *table_lines(columns(signs.values()))]
