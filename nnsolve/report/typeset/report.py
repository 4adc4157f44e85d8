"""A solution as a document: the title, what is given, every step, the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report.draw.choose import draw
from nnsolve.report.notes import carried, seen_note
from nnsolve.report.outline import outline, section_scope
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style, clean
from nnsolve.report.typeset.answers import answers
from nnsolve.report.typeset.blocks import Blocks
from nnsolve.report.typeset.document import ALWAYS, STEPS, WORKED, Document, Figure, Paragraph
from nnsolve.report.typeset.given import given
from nnsolve.report.typeset.steps import Teller, work


def document(sections: Sequence[Section], style: Style, pictures: bool = False) -> Document:
    """The report of a solution, for every detail, and with `pictures`; of the `style` only the decimals count."""
    writer = _Writer(style._replace(unicode=True, detail="full"), pictures)
    if sections:
        writer.head(sections[0])
    seen: dict[Name, Step] = {}
    for n, section in enumerate(sections):
        writer.section(section, seen)
        if not n:
            seen = {step.name: step for step in section.trace.steps}
    title = clean(sections[0].title or "") if sections else ""
    base = Scope.of_section(sections[0], style).base if sections else 1
    return Document(title or "Solution", tuple(writer.blocks), base)


class _Writer(Blocks):
    """Writes the blocks of a solution."""

    def __init__(self, style: Style, pictures: bool) -> None:
        super().__init__()
        self.style = style
        self.pictures = pictures
        self.said: set[str] = set()

    def head(self, section: Section) -> None:
        """What stands above all sections: the title, the source, the question."""
        self.words(section.title, "title")
        self.words(section.source, "source")
        self.words(section.question if section.id else section.text, "question")

    def section(self, section: Section, seen: Mapping[Name, Step]) -> None:
        """The problem itself, or one of its parts."""
        if section.id:
            self.heading(f"Part {clean(section.id)}", 1, "", ALWAYS)
            if section.text != section.question:
                self.words(section.text, "text")
        self.alerts(section.warnings)
        if self.pictures and section.run is not None:
            self.picture(section)
        self.steps(section, seen)
        if section.answers:
            self.heading("Answers", 2 if section.id else 1, section.id, ALWAYS)
            scope = Scope.of_section(section, self.style)
            self.blocks.append(answers(section.answers, scope, section.id, carried(section.trace.context)))
            if note := seen_note(section):
                self.blocks.append(Paragraph((note,), "note"))

    def picture(self, section: Section) -> None:
        """The picture of a section, unless it is too large to be drawn."""
        with suppress(ProblemError):
            self.blocks.append(Figure(draw(section, decimals=self.style.decimals, heading=False)))

    def steps(self, section: Section, seen: Mapping[Name, Step]) -> None:
        """The given values, then the steps below headings that tell the phase and the update."""
        context = section.trace.context
        above = 1 if section.id else 0
        scope = section_scope(section, self.style)
        known = {step.name: step for step in context}
        through = carried(context)
        values = given([step for step in section.trace.steps if step.phase == "given"], scope, seen, section.last)
        if values is not None:
            self.heading("Given", above + 1, section.id)
            self.blocks.append(values)
        teller = Teller(context, section.truncate, self.said)
        for kind, text, step, at in outline(section, scope, teller.short):
            if kind == "step":
                id = self.id("step", section.id, str(step.name))
                self.blocks.append(work(step, at, known, through, teller, id))
            elif kind in ("phase", "time"):
                self.heading(text, above + (1 if kind == "phase" else 2), section.id)
            else:
                self.words(text, "note", STEPS if kind == "shortening" else WORKED)
