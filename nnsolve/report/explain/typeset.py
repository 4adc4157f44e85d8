"""Pages as a typeset document; where it cannot hold a drawing the pictures are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnsolve.report.draw.curves import Curve, curves
from nnsolve.report.draw.runs import runs_of
from nnsolve.report.explain.heads import head
from nnsolve.report.explain.page import Equation, Example, Fact, Item, Page, Part, Picture, Sentence
from nnsolve.report.phrases import Formula
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Block, Document, Figure, Heading, Paragraph, Work
from nnsolve.report.typeset.mathematics import OVER_TIME, Mathematics, Operator, row
from nnsolve.report.typeset.prose import inside, prose, typeset
from nnsolve.report.typeset.report import document as solution_document


def document(pages: Sequence[Page], style: Style, pictures: bool = False) -> Document:
    """The document of one or more pages, with or without their `pictures`."""
    blocks: list[Block] = []
    for page in pages:
        title = f"{page.name}: {page.kind}"
        blocks.append(Heading(title, 1, page.kind) if blocks else Paragraph((title,), "title"))
        blocks += _page(page, style, pictures)
    return Document(pages[0].name, tuple(blocks))


def _page(page: Page, style: Style, pictures: bool) -> Iterator[Block]:
    yield Paragraph((head(page.summary, style),), "question")
    for part in page.parts:
        if not pictures and any(isinstance(item, Picture) for item in part.items):
            continue
        id = f"{page.kind}-{part.heading}".lower().replace(" ", "-")
        yield Heading(part.heading, 1, id)
        yield from _part(part, id, style)


def _part(part: Part, id: str, style: Style) -> Iterator[Block]:
    for item in part.items:
        if isinstance(item, Example):
            yield from _example(item, id, style)
        elif isinstance(item, Picture):
            found = [Curve(runs_of(inside(curve.label)), curve.points) for curve in item.curves]
            yield Figure(curves(found, item.along, style))
        else:
            yield _line(item)


def _line(item: Item) -> Paragraph:
    """A sentence, a fact or an equation."""
    if isinstance(item, Sentence):
        return Paragraph(prose(item.text), "note" if item.note else "text")
    if isinstance(item, Fact):
        return Paragraph((*prose(item.label), ": ", *prose(item.value)), "text")
    assert isinstance(item, Equation)
    every = (OVER_TIME,) if item.over_time else ()
    found = row(*map(_side, item.left), Operator(item.relation), *every, *map(_side, item.right))
    return Paragraph((found, *((" ", *prose(item.where)) if item.where else ())), "equation")


def _side(part: str | Formula) -> Mathematics:
    """A part of a side of an equation: a formula, or the sign between two."""
    return Operator(part.strip()) if isinstance(part, str) else typeset(part)


def _example(example: Example, id: str, style: Style) -> Iterator[Block]:
    """The solution of an example, one level below the heading of its part."""
    for block in solution_document(example.sections, style).blocks:
        if isinstance(block, Heading):
            yield block._replace(level=block.level + 1, id=f"{id}-{block.id}")
        elif isinstance(block, Work):
            yield block._replace(id=f"{id}-{block.id}")
        else:
            yield block
