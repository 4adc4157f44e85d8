"""`nnsolve grad` as text: the chain rule for some parameters, factor by factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.answers import answer_lines
from nnsolve.report.boxes import pad, width
from nnsolve.report.factors import Entry, Factor, entries, factors, sum_over_time, whole_chain
from nnsolve.report.given import value_lines
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.notes import carried
from nnsolve.report.phrases import phrase_text
from nnsolve.report.scope import Scope
from nnsolve.report.steps import step_lines
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.text import Report, warning_lines
from nnsolve.report.time import Told, note_line
from nnsolve.report.verified import verification_lines

if TYPE_CHECKING:
    from nnsolve.engine.gradients import LayerGradients

INDENT = 2


def gradient_report(gradients: LayerGradients, style: Style, verify: bool = False) -> Report:
    """The whole report: the chain rule, the gradients, and how far they are from differences of the loss."""
    section = gradients.section
    lines = [] if style.detail == "brief" else [*chain_lines(gradients, style), []]
    scope = Scope.of_section(section, style)
    lines += [*heading("Gradients", style, level=1), [], *answer_lines(section.answers, scope)]
    if verify:
        lines += verification_lines(section, gradients.verifications, style)
    return Report(lines)


def chain_lines(gradients: LayerGradients, style: Style) -> list[Line]:
    """The chain rule for the gradients: the upstream gradients, then each parameter's own factors."""
    section = gradients.section
    lines: list[Line] = []
    if section.title:
        lines += paragraph(clean(section.title, style.unicode), style, "title")
    lines += warning_lines(section.warnings, style)
    writer = _Writer(gradients, style)
    for entry in entries(gradients, writer.scope, writer.told):
        lines += writer.lines(entry)
    while lines and not lines[0]:
        del lines[0]
    return lines


class _Writer:
    """Writes the gradients of a section; what is explained at one time step is not explained again at others."""

    def __init__(self, gradients: LayerGradients, style: Style) -> None:
        section = gradients.section
        self.style = style
        self.scope = Scope.of_section(section, style)
        self.known = {step.name: step for step in section.trace.steps}
        self.through = carried(section.trace.steps)
        self.told = Told(section.trace.steps, style.detail, section.truncate)

    def lines(self, entry: Entry) -> list[Line]:
        """A part of the report."""
        text, step = phrase_text(entry.text), entry.step
        if step is None:
            return self.words(entry.kind, text)
        if entry.kind == "arriving":
            return value_lines(step, self.scope)
        if entry.kind == "step":
            return [[], *step_lines(step, self.scope, self.known, self.through, self.told)]
        if entry.kind == "sum":
            rule = _sum_over_time(step, entry.shares, self.scope)
            return [[], *paragraph(rule, self.style, "formula", INDENT + 2, INDENT)]
        if entry.again:
            return []
        rows = [(row.kind, phrase_text(row.what), row.size, phrase_text(row.reason)) for row in self.factors(step)]
        return [[], *_whole_chain(step, self.scope, self.known), *_table(rows, self.style)]

    def factors(self, step: Step) -> list[Factor]:
        return factors(step, self.scope, self.known)

    def words(self, kind: str, text: str) -> list[Line]:
        if kind == "heading":
            return [[], *heading(text, self.style, level=1)]
        if kind == "time":
            return [[], *heading(text, self.style, "subheading", level=2)]
        return note_line(text, self.style) if kind == "note" else [[], *paragraph(text, self.style, "", INDENT)]


def _sum_over_time(step: Step, shares: Sequence[Step], scope: Scope) -> str:
    """The rule of backpropagation through time: the sum over the steps t of ∂L/∂z_t · ∂z_t/∂W."""
    sign, dot = ("Σₜ", " · ") if scope.style.unicode else ("sum over t of", " * ")
    terms = [dot.join(map(scope.at_any_time, term)) for term in sum_over_time(step, shares)]
    text = " + ".join(terms)
    return f"{scope.name(step.name)} = {sign} {text if len(terms) == 1 else f'({text})'}"


def _whole_chain(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Line]:
    """∂L/∂W₁ = ∂L/∂a₂ · ∂a₂/∂z₂ · ... · ∂z₁/∂W₁."""
    names = whole_chain(step, known)
    if not names:
        return []
    sign = " · " if scope.style.unicode else " * "
    text = f"{scope.name(step.name)} = {sign.join(map(scope.name, names))}"
    return paragraph(text, scope.style, "formula", INDENT + 2, INDENT)


def _table(rows: Sequence[tuple[str, str, str, str]], style: Style) -> list[Line]:
    """A row for each factor: what it is, its shape; below it where it comes from."""
    first = max(width(row[0]) for row in rows)
    third = max(width(row[2]) for row in rows)
    second = min(max(width(row[1]) for row in rows), max(style.width - INDENT - first - third - 4, 20))
    lines: list[Line] = []
    for kind, what, size, reason in rows:
        parts = paragraph(what, style._replace(width=second), "formula")
        for n, line in enumerate(parts):
            lead = kind if n == 0 else ""
            tail = pad("", second - sum(width(text) for text, _ in line)) + "  " + (size if n == 0 else "")
            lines.append([(" " * INDENT, ""), (pad(lead, first) + "  ", "note"), *line, (tail, "")])
        if reason:
            lines += paragraph(reason, style, "note", INDENT + first + 4, INDENT + first + 2)
    return lines
