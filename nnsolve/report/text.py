"""The report for a terminal: what is given, every step, and a closing table of what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report.answers import answer_lines
from nnsolve.report.boxes import width
from nnsolve.report.given import given_lines
from nnsolve.report.lines import heading, paragraph, plain
from nnsolve.report.notes import carried, seen_note
from nnsolve.report.outline import outline, section_scope
from nnsolve.report.scope import Scope
from nnsolve.report.steps import step_lines
from nnsolve.report.style import PALETTE, Line, Style, clean
from nnsolve.report.time import Told, note_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

LONG = 40
"""Lines of steps after which a warning that stands above them is repeated below."""


class Report:
    """A finished report: `str` is its plain text, rich prints it in colour."""

    __slots__ = ("lines",)

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def __str__(self) -> str:
        return plain(self.lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment
        from rich.style import Style as RichStyle

        styles = {name: RichStyle.parse(text) for name, text in PALETTE.items()}
        end = Segment("\n")
        for line in self.lines:
            for text, name in line:
                yield Segment(text, styles[name] if name else None)
            yield end


def report(sections: Sequence[Section], style: Style) -> Report:
    """The report of a solution."""
    lines = _head(sections[0], style) if sections else []
    seen: dict[Name, Step] = {}
    said: set[str] = set()
    for n, section in enumerate(sections):
        if section.id:
            text = f"Part {clean(section.id, style.unicode)}"
            lines += [[], *heading(text, style, level=0)]
        elif n:
            lines.append([])
        lines += _section(section, style, seen, said)
        if not n:
            seen = {step.name: step for step in section.trace.steps}
    while lines and not lines[0]:
        del lines[0]
    return Report(lines)


def _head(section: Section, style: Style) -> list[Line]:
    """What stands above all sections: the title, the source, the question."""
    lines: list[Line] = []
    if section.title:
        lines += paragraph(clean(section.title, style.unicode), style, "title")
    if section.source:
        lines += paragraph(clean(section.source, style.unicode), style, "note")
    question = section.question if section.id else section.text
    if question:
        lines += [[], *paragraph(clean(question, style.unicode), style)]
    return lines


def _section(section: Section, style: Style, seen: Mapping[Name, Step], said: set[str]) -> list[Line]:
    lines: list[Line] = []
    if section.id and section.text and section.text != section.question:
        lines += [[], *paragraph(clean(section.text, style.unicode), style)]
    lines += warning_lines(section.warnings, style)
    if style.detail != "brief":
        steps = _trace(section, style, seen, said)
        lines += steps
        if len(steps) > LONG:
            lines += warning_lines(section.warnings, style)
    if section.answers:
        scope = Scope.of_section(section, style)
        lines += [[], *heading("Answers", style, level=1), [], *_answers(section, scope)]
    return lines


def _answers(section: Section, scope: Scope) -> list[Line]:
    lines = answer_lines(section.answers, scope, section.id, carried(section.trace.context))
    seen = seen_note(section)
    return [*lines, *([[], *paragraph(seen, scope.style, "note", 2)] if seen else [])]


def warning_lines(warnings: Iterable[Diagnostic], style: Style) -> list[Line]:
    """Findings about the results: what, where, what to do."""
    lines: list[Line] = []
    for warning in warnings:
        sign = "⚠ " if style.unicode else ""
        text = f"{sign}{warning.severity}: {clean(warning.message, style.unicode)}"
        lines += [[], *paragraph(text, style, "warning", 2, 0)]
        if warning.place:
            lines += paragraph(f"at {clean(str(warning.place), style.unicode)}", style, "", 2)
        if warning.help:
            lines += paragraph(clean(warning.help, style.unicode), style, "", 2)
    return lines


def _ends_soon(line: Line, style: Style) -> bool:
    """Whether a step leaves room before its address, so that the eye finds the next one without a blank line."""
    return width("".join([text for text, name in line if name != "address"]).rstrip()) <= style.width * 2 // 3


def _trace(section: Section, style: Style, seen: Mapping[Name, Step], said: set[str]) -> list[Line]:
    """The given values, then the steps below headings that tell the phase and the update."""
    context = section.trace.context
    scope = section_scope(section, style)
    known = {step.name: step for step in context}
    through = carried(context)
    lines = given_lines([step for step in section.trace.steps if step.phase == "given"], scope, seen, section.last)
    told = Told(context, style.detail, section.truncate, said)
    headed = was_short = False
    for kind, text, step, at in outline(section, scope, told):
        if kind == "phase":
            lines += [[], *heading(text, style, level=1)]
        elif kind == "time":
            lines += [[], *heading(text, style, "subheading", level=2)]
        elif kind != "step":
            lines += note_line(text, style)
        if kind != "step":
            headed = True
            continue
        again = told.knows(step)
        found = step_lines(step, at, known, through, told)
        short = again and len(found) == 1 and _ends_soon(found[0], style)
        lines += [*([] if short and was_short and not headed else [[]]), *found]
        headed, was_short = False, short
    return lines
