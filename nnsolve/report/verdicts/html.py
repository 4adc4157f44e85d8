"""Verdicts as a page: the class's picture, a table of students, and the verdicts of each who is not all right."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nnsolve.report.said import (
    SIGNS,
    address_beside,
    earned,
    files_checked,
    points,
    question_names,
    remark,
    said,
    set_by_hand,
    share,
    verdict_of,
)
from nnsolve.report.slips import Slips
from nnsolve.report.style import clean
from nnsolve.report.web.page import Link, page

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Row, Summary

MOST = 3_000_000
"""Characters of single students' verdicts on a page; of those beyond it only the scores are shown."""

LABELS = {"given": "given", "expected": "expected", "asked": "asked"}


class HtmlWriter:
    """One page, written at the end: what stands above comes of all results."""

    def __init__(self) -> None:
        self._students: list[str] = []
        self._shown: set[int] = set()
        """Which results have their verdicts on the page."""
        self._left_out = 0
        self._count = 0
        self._size = 0

    def begin(self) -> str:
        return ""

    def entry(self, result: Result) -> str:
        self._count += 1
        if all(item.verdict == "correct" and item.by_hand is None for item in result.items) and not result.findings:
            return ""
        text = self._student(result)
        if self._size + len(text) > MOST:
            self._left_out += 1
            return ""
        self._size += len(text)
        self._shown.add(self._count)
        self._students.append(text)
        return ""

    def end(self, summary: Summary, interrupted: bool) -> str:
        problems = {row.problem for row in summary.rows if row.problem}
        title = f"Checked answers: {clean(min(problems))}" if len(problems) == 1 else "Checked answers"
        sections = {
            "Questions": _questions(summary) if summary.questions else "",
            "Causes": _causes(summary) if summary.causes else "",
            "Students": _table(summary.rows, self._shown),
            "Verdicts": self._verdicts(),
        }
        parts = [f"<p>{escape(files_checked(summary))}.</p>\n"]
        if by_hand := set_by_hand(summary):
            parts.append(f'<p class="note">{escape(by_hand)}.</p>\n')
        if interrupted:
            parts.append('<p class="alert"><b>Interrupted:</b> answer files are left that were not checked.</p>\n')
        parts += [_section(name, text) for name, text in sections.items() if text]
        links = [Link(name, name.lower()) for name, text in sections.items() if text]
        return page(title, links, "".join(parts), ["report.css", "verdicts.css"])

    def _verdicts(self) -> str:
        if not self._students and not self._left_out:
            return ""
        what = "Of who is not listed here every answer is right."
        if self._left_out:
            what = f"{self._left_out} more have answers that are not right: this page would be too large with them. "
            what += "Check their files alone, or write --json FILE."
        return f'<p class="note">{what}</p>\n{"".join(self._students)}'

    def _student(self, result: Result) -> str:
        """The verdicts on one file, folded to the name and the score."""
        score = f"{points(result.score)} of {points(result.max_score)} points" if result.max_score else "not checked"
        slips = Slips(result.slips)
        top = [f"<p><b>{_text(text)}</b></p>\n{_list(causes)}" for text, causes in slips.top()]
        findings = [
            f'<p class="alert"><b>{_text(finding.severity.capitalize())}:</b> {_text(finding.message)}</p>\n'
            for finding in result.findings
        ]
        items = [self._item(item, result, slips) for item in result.items]
        head = f"<summary><b>{_text(result.student or result.file)}</b> <span>{score}</span></summary>"
        return (
            f'<details class="student" id="student-{self._count}">{head}\n'
            f'<p class="note"><code>{_text(result.file)}</code></p>\n{"".join([*findings, *top])}'
            f'<ul class="verdicts">\n{"".join(items)}</ul></details>\n'
        )

    def _item(self, item: Item, result: Result, slips: Slips) -> str:
        beside = address_beside(item)
        lines: list[str] = []
        for kind, text in said(item, result, slips):
            label = f"<span>{LABELS[kind]}</span> " if kind in LABELS else ""
            lines.append(f'<p class="{kind}">{label}{escape(text)}</p>')
        return (
            f"<li><p>{_verdict(item.verdict)} <code>{_text(item.id)}</code>"
            f"{f' <code>{_text(beside)}</code>' if beside else ''} {verdict_of(item)}"
            f' <span class="earned">{earned(item)}</span></p>{"".join(lines)}</li>\n'
        )


def _text(text: str) -> str:
    """A stranger's text: no markup, no control characters."""
    return escape(clean(text))


def _section(name: str, text: str) -> str:
    id = name.lower()
    return f'<section aria-labelledby="{id}">\n<h2 id="{id}">{name}</h2>\n{text}</section>\n'


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join([f'<li>{_text(text)}</li>' for text in texts])}</ul>\n"


def _verdict(verdict: str) -> str:
    """The sign of a verdict; its word stands beside it."""
    return f'<b class="{verdict}" aria-hidden="true">{SIGNS[verdict][0]}</b>'


def _bar(part: float, whole: float, text: str) -> str:
    """How much of a whole something is, in numbers, and as a bar before them."""
    bar = f'<i aria-hidden="true"><i style="width:{100 * part / whole:.0f}%"></i></i>'
    return f'<span class="bar">{bar} {text}</span>'


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose rows begin with what they are about; where it is too wide it is scrolled, with the keyboard too.

    On a phone its cells follow each other; the roles say that it is a table all the same.
    """
    head = "".join([f'<th role="columnheader" scope="col">{head}</th>' for head in heads])
    body: list[str] = []
    for about, *others in rows:
        cells = "".join([f'<td role="cell">{cell}</td>' for cell in others])
        body.append(f'<tr role="row"><th role="rowheader" scope="row">{about}</th>{cells}</tr>\n')
    scrolled = f'<div class="scroll" role="group" aria-label="{heads[0]} table" tabindex="0">'
    return f'{scrolled}<table role="table">\n<tr role="row">{head}</tr>\n{"".join(body)}</table></div>\n'


def _questions(summary: Summary) -> str:
    """For each question how many answers had each verdict."""
    counts: list[Counter[str]] = list(summary.questions.values())
    verdicts = [verdict for verdict in SIGNS if any(count[verdict] for count in counts)]
    heads = ["Question", "Right", *[f"{_verdict(verdict)} {verdict}" for verdict in verdicts]]
    rows = [
        [
            _text(name),
            _bar(count["correct"], count.total(), f"{share(count)} %"),
            *[_counted(verdict, count[verdict]) for verdict in verdicts],
        ]
        for name, count in zip(question_names(summary), counts, strict=True)
    ]
    return _grid(heads, rows)


def _counted(verdict: str, count: int) -> str:
    """How many answers had a verdict; its name stands above it, on a phone beside it."""
    beside = f'<span class="beside" aria-hidden="true">{_verdict(verdict)} {verdict} </span>'
    return f"{beside}{count}" if count else f'<span class="none">{count}</span>'


def _causes(summary: Summary) -> str:
    """What wrong answers are consistent with, the most frequent first."""
    rows = [
        [
            f"<code>{_text(code)}</code>",
            _bar(count, summary.students, f"{count} of {summary.students}"),
            _text(summary.sentences[code]),
        ]
        for code, count in summary.causes.most_common()
    ]
    return _grid(["Cause", "Students", "What it is"], rows)


def _table(rows: Sequence[Row], shown: set[int]) -> str:
    """A row a student; who has verdicts on the page is a link to them."""
    several = len({row.problem for row in rows if row.problem}) > 1
    cells: list[list[str]] = []
    for number, row in enumerate(rows, 1):
        name = _text(row.student or row.file)
        of = f"{points(row.score)} of {points(row.max_score)}"
        score = _bar(row.score, row.max_score, of) if row.max_score else ""
        kind = "trouble" if row.trouble or row.warning else "note"
        beside = f'<span class="{kind}">{_text(text)}</span>' if (text := remark(row)) else ""
        cells.append(
            [
                f'<a href="#student-{number}">{name}</a>' if number in shown else name,
                *([_text(row.problem or "")] if several else []),
                f"{score} {beside}",
            ]
        )
    return _grid(["Student", *(["Problem"] if several else []), "Points"], cells)
