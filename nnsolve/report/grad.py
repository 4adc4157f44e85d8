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
from nnsolve.report.time import Told, carried_over, note_line, step_heading

INDENT = 2
STATED = "stated in the file, so no chain rule is applied"


def gradient_report(section: Section, names: Collection[Name], style: Style, time: int | None = None) -> Report:
    """The chain rule for the gradients of `names`: the upstream gradients, then each parameter's own factors.

    Of one `time` step: what is carried to it from others, then its own gradients.
    """
    writer = _Writer(section, style, time)
    wanted = [step for step in section.trace.steps if step.name.of is not None and step.name.primal in names]
    lines: list[Line] = []
    if section.title:
        lines += paragraph(clean(section.title, style.unicode), style, "title")
    lines += warning_lines(section.warnings, style)
    if wanted:
        lines += note_line(writer.told.truncation(wanted[0]), style)
    lines += writer.upstream(wanted)
    for step in wanted:
        lines += writer.chain_rule(step)
    while lines and not lines[0]:
        del lines[0]
    return Report(lines)


class _Writer:
    """Writes the gradients of a section; what is explained at one time step is not explained again at others."""

    def __init__(self, section: Section, style: Style, time: int | None) -> None:
        self.style = style
        self.time = time
        self.steps = section.trace.steps
        self.scope = Scope.of_section(section, style)
        self.known = {step.name: step for step in self.steps}
        self.through = carried(self.steps)
        self.told = Told(self.steps, style.detail, section.truncate)

    def lines(self, step: Step) -> list[Line]:
        note = note_line(self.told.shortening(step), self.style)
        return [*note, [], *step_lines(step, self.scope, self.known, self.through, self.told)]

    def shares(self, step: Step) -> list[Step]:
        """What each time step adds to a gradient that is shared over time, in the order of the backward pass."""
        if step.equation is None:
            return []
        names = [name for name in references(step.equation.expr) if self.scope.is_share(name)]
        return [self.known[name] for name in reversed(names) if name in self.known]

    def upstream(self, wanted: list[Step]) -> list[Line]:
        """The gradients that others are computed from, with headings where they belong to time steps."""
        own = {step.name for step in wanted} | {share.name for step in wanted for share in self.shares(step)}
        found = self.collected(wanted)
        order = [step for step in self.steps if step.name in found and step.name not in own]
        lines: list[Line] = []
        here = [step for step in order if self.time in (None, step.name.time)]
        arriving = [step for step in order if step not in here]
        if arriving:
            times = {step.name.time for step in arriving}
            title = f"What reaches step {self.time} from outside"
            if len(times) == 1 and (time := times.pop()) is not None:
                text = carried_over(time, self.time)
                title = text[0].upper() + text[1:]
            lines += [[], *heading(title, self.style, level=1)]
            for step in arriving:
                lines += value_lines(step, self.scope)
        if here:
            lines += [[], *heading("Upstream gradients", self.style, level=1)]
        before: int | None = None
        for step in here:
            if self.time is None:
                lines += step_heading(step, before, self.style)
                before = step.name.time
            lines += self.lines(step)
        return lines

    def collected(self, wanted: list[Step]) -> set[Name]:
        """The names of the gradients that others are computed from, through all links of their chains.

        Of one time step only those that belong to it, and what is carried to it.
        """
        found: set[Name] = set()
        pending = [step for given in wanted for step in (given, *self.shares(given))]
        while pending:
            step = pending.pop()
            if step.equation is None or step.name in found:
                continue
            found.add(step.name)
            if self.time is None or step.name.time == self.time:
                arriving = [u._replace(of=step.name.of) for u, _ in step.equation.chain]
                arriving = arriving or [name for name in references(step.equation.expr) if name.of is not None]
                pending += [self.known[name] for name in arriving if name in self.known]
        return found

    def chain_rule(self, step: Step) -> list[Line]:
        """One gradient: its whole chain, its factors, and its numbers."""
        title = self.scope.name(step.name)
        if step.equation is None:
            lines = [[], *heading(title, self.style, level=1), [], *paragraph(STATED, self.style, "", INDENT)]
            return lines + value_lines(step, self.scope)
        lines = [[], *heading(f"The chain rule for {title}", self.style, level=1)]
        shares = self.shares(step)
        if not shares:
            factors = _factors(step, self.scope, self.known)
            return [*lines, [], *_whole_chain(step, self.scope, self.known), *factors, *self.lines(step)]
        name = self.scope.name(step.name.primal)
        text = f"Every time step uses {name}, so its gradient is the sum of what each step adds:"
        lines += [[], *paragraph(text, self.style, "", INDENT)]
        lines += [[], *paragraph(_sum_over_time(step, shares, self.scope), self.style, "formula", INDENT + 2, INDENT)]
        self.told.first("share")
        before: int | None = None
        for share in shares:
            lines += step_heading(share, before, self.style)
            before = share.name.time
            if not self.told.knows(share):
                lines += [[], *_whole_chain(share, self.scope, self.known), *_factors(share, self.scope, self.known)]
            lines += self.lines(share)
        return [*lines, *step_heading(step, before, self.style), *self.lines(step)]


def _sum_over_time(step: Step, shares: list[Step], scope: Scope) -> str:
    """The rule of backpropagation through time: the sum over the steps t of ∂L/∂z_t · ∂z_t/∂W."""
    sign, dot = ("Σₜ", " · ") if scope.style.unicode else ("sum over t of", " * ")
    terms: list[str] = []
    for share in shares[:1]:
        for u, v in share.equation.chain if share.equation is not None else ():
            outer = scope.at_any_time(u._replace(of=step.name.of))
            terms.append(f"{outer}{dot}{scope.at_any_time(chain.derivative(u, v))}")
    text = " + ".join(terms)
    return f"{scope.name(step.name)} = {sign} {text if len(terms) == 1 else f'({text})'}"


def _whole_chain(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Line]:
    """∂L/∂W₁ = ∂L/∂a₂ · ∂a₂/∂z₂ · ... · ∂z₁/∂W₁, as far back as there is a single path within a time step."""
    factors: list[Name] = []
    here: Step | None = step
    while here is not None and here.equation is not None:
        links = chain.links(here.equation)
        if len(links) != 1 or len(here.equation.chain) != 1 or (factors and links[0][0].time != step.name.time):
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
