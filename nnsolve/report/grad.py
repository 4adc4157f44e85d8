"""`nnsolve grad`: the chain rule for some parameters, factor by factor."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, add, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report import chain
from nnsolve.report.boxes import pad, width
from nnsolve.report.given import value_lines
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.notation import formula
from nnsolve.report.notes import carried
from nnsolve.report.scope import Scope
from nnsolve.report.steps import step_lines
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.tensors import dimensions
from nnsolve.report.text import Report, warning_lines

INDENT = 2
STATED = "stated in the file, so no chain rule is applied"


def gradient_report(section: Section, names: Collection[Name], style: Style) -> Report:
    """The chain rule for the gradients of `names`: the upstream gradients, then each parameter's own factors."""
    scope = Scope.of_section(section, style)
    known = {step.name: step for step in section.trace.steps}
    through = carried(section.trace.steps)
    wanted = [step for step in section.trace.steps if step.name.of is not None and step.name.primal in names]
    lines: list[Line] = []
    if section.title:
        lines += paragraph(clean(section.title, style.unicode), style, "title")
    lines += warning_lines(section.warnings, style)
    own = {step.name for step in wanted}
    upstream: dict[Name, Step] = {}
    for step in wanted:
        _collect(step, known, upstream)
    order = [step for step in section.trace.steps if step.name in upstream and step.name not in own]
    if order:
        lines += [[], *heading("Upstream gradients", style, level=1)]
        for step in order:
            lines += [[], *step_lines(step, scope, known, through)]
    for step in wanted:
        title = scope.name(step.name)
        if step.equation is None:
            lines += [[], *heading(title, style, level=1), [], *paragraph(STATED, style, "", INDENT)]
            lines += value_lines(step, scope)
            continue
        lines += [[], *heading(f"The chain rule for {title}", style, level=1)]
        lines += [[], *_whole_chain(step, scope, known), *_factors(step, scope, known), []]
        lines += step_lines(step, scope, known, through)
    while lines and not lines[0]:
        del lines[0]
    return Report(lines)


def _collect(step: Step, known: Mapping[Name, Step], found: dict[Name, Step]) -> None:
    """The gradients that a gradient is computed from, through all links of its chain."""
    if step.equation is None or step.name in found:
        return
    found[step.name] = step
    for u, _ in step.equation.chain:
        upstream = known.get(u._replace(of=step.name.of))
        if upstream is not None:
            _collect(upstream, known, found)


def _whole_chain(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Line]:
    """∂L/∂W₁ = ∂L/∂a₂ · ∂a₂/∂z₂ · ... · ∂z₁/∂W₁, as far back as there is a single path."""
    factors: list[Name] = []
    here: Step | None = step
    while here is not None and here.equation is not None:
        links = chain.links(here.equation)
        if len(links) != 1 or len(here.equation.chain) != 1:
            factors.append(here.name)
            break
        (u, v) = links[0]
        factors.append(chain.derivative(u, v))
        here = known.get(u._replace(of=here.name.of))
    if len(factors) < 2:
        return []
    sign = " · " if scope.style.unicode else " * "
    text = f"{scope.name(step.name)} = " + sign.join(scope.name(name) for name in reversed(factors))
    return paragraph(text, scope.style, "formula", INDENT + 2, INDENT)


def _factors(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Line]:
    """A row for each factor: what it is, its shape, where it comes from; then the product of the shapes."""
    equation = step.equation
    if equation is None:
        return []
    scope = scope.of({**step.shapes, step.name: step.shape})
    rows: list[tuple[str, str, str, str]] = []
    for u, v in equation.chain:
        upstream = u._replace(of=step.name.of)
        source = known.get(u)
        reason = ""
        if source is not None and source.equation is not None:
            expr = source.equation.long or source.equation.expr
            reason = f"from {scope.name(u)} = {formula(expr, scope.of(source.shapes))}"
        if upstream in step.shapes:
            outer = dimensions(step.shapes[upstream], scope.style) or "number"
            rows.append(("upstream", scope.name(upstream), outer, ""))
        name = scope.name(chain.derivative(u, v))
        found = chain.effect(equation.expr, upstream, scope)
        if found is None:
            own = _own_part(equation, scope) if (u, v) not in chain.links(equation) else ""
            rows.append(("local", f"{name}: {own}" if own else name, "", reason))
            continue
        shape = None if found.factor is None else scope.shape(found.factor)
        size = "" if shape is None else dimensions(shape, scope.style) or "number"
        rows.append(("local", f"{name}: {found.text}", size, reason))
    rows.append(("product", formula(equation.expr, scope), dimensions(step.shape, scope.style) or "number", ""))
    return _table(rows, scope.style)


def _own_part(equation: Equation, scope: Scope) -> str:
    """The terms of a gradient that come from the loss itself and not from what lies between."""
    expr = equation.expr
    if not isinstance(expr, Call) or expr.op != "add":
        return ""
    arriving = [u._replace(of=equation.name.of) for u, _ in chain.links(equation)]
    own = [arg for arg in expr.args if not any(name in references(arg) for name in arriving)]
    return formula(add(*own), scope) if own else ""


def _table(rows: list[tuple[str, str, str, str]], style: Style) -> list[Line]:
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
