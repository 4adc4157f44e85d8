"""A page as lines of a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from nnsolve.report.boxes import width
from nnsolve.report.explain.heads import head
from nnsolve.report.explain.page import Equation, Example, Fact, Item, Page, Picture, Sentence
from nnsolve.report.lines import broken, heading, paragraph, wrapped
from nnsolve.report.phrases import Phrase, phrase_text
from nnsolve.report.plot import curve_lines
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.text import Report, report

INDENT = 2
DEEPER = 4


def text_report(pages: Sequence[Page], style: Style) -> Report:
    """Pages one after the other."""
    lines: list[Line] = []
    for page in pages:
        lines += [[]] if lines else []
        lines += page_lines(page, style)
    return Report(lines)


def page_lines(page: Page, style: Style) -> list[Line]:
    """The lines of one page."""
    lines = [*paragraph(f"{page.name}: {page.kind}", style, "title")]
    lines += paragraph(head(page.summary, style), style, "note")
    for part in page.parts:
        lines += [[], *heading(part.heading, style)]
        above: type[Item] | None = None
        for kind, items in groupby(part.items, type):
            led_in = above is Sentence and kind is Equation
            lines += [*([] if led_in else [[]]), *_WRITERS[kind](list(items), style)]
            above = kind
    return lines


def words(phrase: Phrase, style: Style) -> str:
    """A phrase in what the place can show."""
    text = phrase_text(phrase)
    return text if style.unicode else clean(text, unicode=False)


def _sentences(items: list[Sentence], style: Style) -> list[Line]:
    return [line for item in items for line in paragraph(words(item.text, style), style, "note" if item.note else "")]


def _facts(items: list[Fact], style: Style) -> list[Line]:
    """A table of labels and what they say."""
    labels = [words(item.label, style) for item in items]
    column = INDENT + max(map(width, labels)) + 2
    lines: list[Line] = []
    for label, item in zip(labels, items, strict=True):
        for n, part in enumerate(wrapped(words(item.value, style), style.width - column)):
            lead = " " * INDENT + ("" if n else label)
            lines.append([(lead.ljust(column), "note" if n else ""), (part, "formula")])
    return lines


def _equations(items: list[Equation], style: Style) -> list[Line]:
    """Equations, their relations below each other; one that is too long is broken."""
    lefts = [words(item.left, style) for item in items]
    every = "Σₜ " if style.unicode else "sum_t "
    rights = [every * item.over_time + words(item.right, style) for item in items]
    column = DEEPER + max(map(width, lefts))
    sign = max(width(item.relation) for item in items)
    begin = column + sign + 2
    most = max(map(width, rights))
    lines: list[Line] = []
    for item, left, right in zip(items, lefts, rights, strict=True):
        where = words(item.where, style)
        beside = where and begin + most + 3 + width(where) <= style.width
        shown = right.ljust(most) + "   " + where if beside else right
        lead = " " * DEEPER + left.ljust(column - DEEPER)
        parts = broken(shown, style.width - begin)
        lines.append([(lead, "formula"), (f" {item.relation.rjust(sign)} ", ""), (parts[0], "formula")])
        lines += [[(" " * begin, ""), (part, "formula")] for part in parts[1:]]
        if where and not beside:
            lines.append([(" " * begin, ""), (where, "note")])
    return lines


def _pictures(items: list[Picture], style: Style) -> list[Line]:
    lines: list[Line] = []
    for item in items:
        legend = [f"{curve.mark or 'line'}: {words(curve.label, style)}" for curve in item.curves]
        lines += [[(" " * INDENT, ""), ("    ".join(legend), "")], []]
        lines += curve_lines([(curve.points, curve.mark) for curve in item.curves], style, item.along)
    return lines


def _examples(items: list[Example], style: Style) -> list[Line]:
    return [line for item in items for line in report(item.sections, style).lines]


_WRITERS: dict[type[Item], Callable[[Any, Style], list[Line]]] = {
    Sentence: _sentences,
    Fact: _facts,
    Equation: _equations,
    Picture: _pictures,
    Example: _examples,
}


def list_report(kinds: Sequence[tuple[str, Mapping[str, str]]], style: Style) -> Report:
    """The topics of each kind, with one line for each."""
    column = INDENT + max([width(name) for _, entries in kinds for name in entries]) + 2
    lines: list[Line] = []
    for title, entries in kinds:
        lines += [*([[]] if lines else []), *heading(title, style, level=1)]
        for name, summary in entries.items():
            (first, *rest) = wrapped(head(summary, style), style.width - column - 4)
            shown = f"{first} ..." if rest else first
            lines.append([((" " * INDENT + name).ljust(column), "formula"), (shown, "")])
    return Report(lines)
