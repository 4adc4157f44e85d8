"""`nnsolve grad` as a document: the chain rule, factor by factor, the gradients, and how they were verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnsolve.core.spelling import spell
from nnsolve.core.trace import Step
from nnsolve.report.factors import Entry, Factor, entries, factors, sum_over_time, whole_chain
from nnsolve.report.notes import carried
from nnsolve.report.outline import section_scope
from nnsolve.report.phrases import phrase_text
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style, clean
from nnsolve.report.typeset.answers import answers
from nnsolve.report.typeset.blocks import Blocks
from nnsolve.report.typeset.compose import EQUALS
from nnsolve.report.typeset.document import ALWAYS, FULL, STEPS, WORKED, Document, Given, Levels, Paragraph
from nnsolve.report.typeset.given import value
from nnsolve.report.typeset.mathematics import OVER_TIME, Mathematics, Operator, Prose, row, separated
from nnsolve.report.typeset.prose import prose
from nnsolve.report.typeset.steps import Teller, work
from nnsolve.report.typeset.symbols import name_symbol, typeset_name
from nnsolve.report.verified import gradient_of, verdict

if TYPE_CHECKING:
    from nnsolve.engine.gradients import LayerGradients

KINDS = {"upstream": "Upstream: ", "local": "Local: ", "product": "Product: "}


def document(gradients: LayerGradients, style: Style, verify: bool) -> Document:
    """The report of some gradients, for every detail; of the `style` only the decimals count."""
    style = style._replace(unicode=True, detail="full")
    section = gradients.section
    writer = _Writer(gradients, style)
    writer.words(section.title, "title")
    writer.words(section.source, "source")
    writer.alerts(section.warnings)
    for entry in entries(gradients, writer.scope, writer.teller.short):
        writer.entry(entry)
    writer.heading("Gradients", 1, section.id, ALWAYS)
    scope = Scope.of_section(section, style)
    writer.blocks.append(answers(section.answers, scope, "", writer.through))
    if verify:
        writer.verified(gradients)
    return Document(clean(section.title or "") or "Gradients", tuple(writer.blocks), scope.base)


class _Writer(Blocks):
    """Writes the blocks of the chain rule."""

    def __init__(self, gradients: LayerGradients, style: Style) -> None:
        super().__init__()
        section = gradients.section
        self.part = section.id
        self.scope = section_scope(section, style)
        self.known = {step.name: step for step in section.trace.steps}
        self.through = carried(section.trace.steps)
        self.teller = Teller(section.trace.steps, section.truncate)

    def entry(self, entry: Entry) -> None:
        """A part of the report."""
        step = entry.step
        if entry.kind in ("heading", "time"):
            level = 1 if entry.kind == "heading" else 2
            self.heading(phrase_text(entry.text), level, self.part, address=_address(entry))
        elif step is None:
            note = entry.kind == "note"
            self.told(prose(entry.text), "note" if note else "text", STEPS if note else WORKED)
        elif entry.kind == "arriving":
            self.blocks.append(Given((value(step, self.scope),)))
        elif entry.kind == "step":
            id = self.id("step", self.part, str(step.name))
            self.blocks.append(work(step, self.scope, self.known, self.through, self.teller, id))
        elif entry.kind == "sum":
            self.told((_sum_over_time(step, entry.shares, self.scope),), "text", WORKED)
        else:
            self.factors(step, FULL if entry.again else WORKED)

    def told(self, text: Prose, kind: str, levels: Levels) -> None:
        self.blocks.append(Paragraph(text, kind, levels))

    def factors(self, step: Step, levels: Levels) -> None:
        """The whole chain, then each factor."""
        names = [name_symbol(name, self.scope) for name in whole_chain(step, self.known)]
        if names:
            left = name_symbol(step.name, self.scope)
            self.told((row(left, EQUALS, separated(names, "·")),), "text", levels)
        for factor in factors(step, self.scope, self.known):
            self.told(_factor(factor), "text", levels)

    def verified(self, gradients: LayerGradients) -> None:
        """What central differences of the loss say about each gradient."""
        section = gradients.section
        self.heading("Compared with central differences", 1, self.part, ALWAYS)
        for check, answer in zip(gradients.verifications, section.answers, strict=True):
            name = name_symbol(gradient_of(check, section), self.scope)
            self.told((name, f" {verdict(check, answer.shape, self.scope)}"), "text", ALWAYS)


def _address(entry: Entry) -> str:
    """A heading with the addresses of its quantities, of which its id is made."""
    return "".join(part if isinstance(part, str) else spell(part.expr) for part in entry.text)


def _factor(factor: Factor) -> Prose:
    """A factor: what it is, its shape, where it comes from."""
    said = [KINDS[factor.kind], *prose(factor.what)]
    said += [f"  ({factor.size})"] if factor.size else []
    return (*said, ", ", *prose(factor.reason)) if factor.reason else tuple(said)


def _sum_over_time(step: Step, shares: Sequence[Step], scope: Scope) -> Mathematics:
    """The sum over the steps t of what each adds."""
    terms = [
        row(typeset_name(upstream, scope, "any"), Operator("·"), typeset_name(local, scope, "any"))
        for upstream, local in sum_over_time(step, shares)
    ]
    return row(name_symbol(step.name, scope), EQUALS, OVER_TIME, separated(terms, "+"))
