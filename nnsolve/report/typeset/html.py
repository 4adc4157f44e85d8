"""A report as HTML: a page for a browser, and a fragment for a notebook; mathematics is MathML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from nnsolve.report.draw.svg import svg
from nnsolve.report.typeset.breaking import Page, pieces
from nnsolve.report.typeset.document import (
    ALWAYS,
    FULL,
    STEPS,
    WORKED,
    Alert,
    Answered,
    Answers,
    Block,
    Document,
    Element,
    Elements,
    Figure,
    Given,
    Heading,
    Levels,
    Paragraph,
    Remark,
    Side,
    Value,
    Work,
)
from nnsolve.report.typeset.mathematics import Mathematics, Operator, Prose
from nnsolve.report.typeset.mathml import math
from nnsolve.report.typeset.measure import BINARY, width
from nnsolve.report.web.page import Link, asset, detail_switch
from nnsolve.report.web.page import page as whole_page

KINDS: dict[Levels, str] = {ALWAYS: "", WORKED: "w", STEPS: "s", FULL: "f"}
"""The class of what is shown at some details only; the style sheet hides it at the others."""

LARGEST = 1_900_000
"""Characters of a page that opens at once; of a larger one, what repeats is shown at full detail as at steps."""

PHONE = Page(13.0, scrolls=True)
"""The room beside the left side of an equation on a phone; what is wider than that can be broken."""

PAPER = 38.0
"""The width of a line on paper in the widths of an M, with some to spare."""

SHORTENED = (
    "This solution is long: what repeats an earlier time step is shown at full detail as at steps. "
    "nnsolve run --detail full writes all of it out, and --only writes out single steps."
)


def page(document: Document, detail: str) -> str:
    """A whole page that opens at a `detail`; its reader can switch to the others."""
    found = _page(document, detail)
    if len(found) <= LARGEST or detail == "full":
        return found
    note = Paragraph((SHORTENED,), "note", FULL)
    return _page(document._replace(blocks=(note, *map(_shortened, document.blocks))), detail)


def _page(document: Document, detail: str) -> str:
    writer = _Writer(top=1, linked=True)
    body = writer.blocks(document.blocks)
    return whole_page(document.title, _links(document.blocks), body, ["report.css"], detail)


def fragment(document: Document, detail: str) -> str:
    """A report inside of another page, a notebook's: it has no ids, so that it may stand there twice.

    Its style sheet touches nothing else; mathematics in dollars, which notebooks look for, is not looked for in it.
    """
    body = _Writer(top=2, linked=False).blocks(document.blocks)
    title = f"<h2>{escape(document.title)}</h2>\n"
    style = f"<style>\n{asset('report.css')}</style>\n"
    parts = f"{style}{title}{detail_switch(detail)}{body}"
    return f'<div class="nnsolve notebook tex2jax_ignore mathjax_ignore">\n{parts}</div>\n'


def _shortened(block: Block) -> Block:
    """A step that is told as an earlier one at `steps` is told so at `full`, too."""
    if not isinstance(block, Work):
        return block
    parts: list[Side | Remark] = [*block.sides, *block.remarks, *block.notes]
    if all(part.levels != FULL for part in parts):
        return block
    return block._replace(
        sides=tuple(_without(block.sides)),
        remarks=tuple(_without(block.remarks)),
        notes=tuple(_without(block.notes)),
        elements=None,
    )


def _without(parts: Iterable[Any]) -> list[Any]:
    return [part._replace(levels=WORKED) for part in parts if part.levels != FULL]


def _links(blocks: Iterable[Block]) -> list[Link]:
    """The table of contents: the headings, one below the other."""
    top: list[Link] = []
    open_: list[tuple[int, list[Link]]] = []
    for block in blocks:
        if not isinstance(block, Heading):
            continue
        while open_ and open_[-1][0] >= block.level:
            open_.pop()
        below: list[Link] = []
        (open_[-1][1] if open_ else top).append(Link(block.text, block.id, KINDS[block.levels], below))
        open_.append((block.level, below))
    return top


def _attribute(*kinds: str) -> str:
    """The class attribute."""
    found = " ".join(kind for kind in kinds if kind)
    return f' class="{found}"' if found else ""


class _Writer:
    """Writes blocks; a heading opens a section, and what has a heading is one level below what is above it."""

    def __init__(self, top: int, linked: bool) -> None:
        self.top = top
        self.linked = linked

    def blocks(self, blocks: Sequence[Block]) -> str:
        """The blocks in their sections."""
        parts: list[str] = []
        open_: list[int] = []
        steps = False
        for block in blocks:
            if steps and not isinstance(block, Work):
                parts.append("</div>\n")
                steps = False
            if isinstance(block, Heading):
                while open_ and open_[-1] >= block.level:
                    open_.pop()
                    parts.append("</section>\n")
                open_.append(block.level)
                parts.append(self.heading(block, self.top + len(open_)))
                continue
            if isinstance(block, Work) and not steps:
                parts.append('<div class="steps w">\n')
                steps = True
            parts.append(_WRITERS[type(block)](self, block))
        return "".join([*parts, "</div>\n" if steps else "", "</section>\n" * len(open_)])

    def id(self, id: str, name: str = "id") -> str:
        return f' {name}="{escape(id)}"' if self.linked else ""

    def heading(self, block: Heading, level: int) -> str:
        """The heading, and the beginning of its section."""
        level = min(level, 6)
        section = f"<section{_attribute(KINDS[block.levels])}{self.id(block.id, 'aria-labelledby')}>"
        return f"{section}\n<h{level}{self.id(block.id)}>{escape(block.text)}</h{level}>\n"

    def paragraph(self, block: Paragraph) -> str:
        if block.kind == "title":
            return ""  # above all
        return f"<p{_attribute(block.kind, KINDS[block.levels])}>{sentence(block.text)}</p>\n"

    def alert(self, block: Alert) -> str:
        place = f" <code>{escape(block.place)}</code>" if block.place else ""
        help = f"<p>{escape(block.help)}</p>" if block.help else ""
        kind = escape(block.severity.capitalize())
        return f'<div class="alert" role="note"><p><b>{kind}:</b> {escape(block.message)}{place}</p>{help}</div>\n'

    def figure(self, block: Figure) -> str:
        """A picture; where it is much wider than the page it scrolls."""
        attributes = f'class="picture" tabindex="0" aria-label="Picture" style="--width:{block.picture.width:.0f}px"'
        return f"<figure {attributes}>\n{svg(block.picture)}</figure>\n"

    def given(self, block: Given) -> str:
        values = "".join(map(self.value, block.values))
        notes = "".join([f'<p class="note">{sentence(note)}</p>\n' for note in block.notes])
        return f'<div class="values w">\n{values}</div>\n{notes}'

    def value(self, value: Value) -> str:
        shown = _equation(value.left, [Side("=", value.value, "given")])
        return f"<figure>{shown}<figcaption>{escape(value.caption)}</figcaption></figure>\n"

    def work(self, work: Work) -> str:
        """A step, which folds to its address."""
        shape = f" <span>{escape(work.shape)}</span>" if work.shape else ""
        remarks = "".join([f"<p{_attribute(_kind(remark))}>{sentence(remark.text)}</p>" for remark in work.remarks])
        notes = "".join([f"<p{_attribute('note', _kind(note))}>{sentence(note.text)}</p>" for note in work.notes])
        elements = self.elements(work.elements) if work.elements else ""
        return (
            f"<details{self.id(work.id)} open><summary><code>{escape(work.address)}</code>{shape}</summary>"
            f"{remarks}{_equation(work.left, work.sides)}{notes}{elements}</details>\n"
        )

    def elements(self, elements: Elements) -> str:
        """The arithmetic of single elements."""
        lines = "".join([f"<li>{_element(line)}</li>\n" for line in elements.lines])
        more = f"<li>and {elements.more} more</li>\n" if elements.more else ""
        return f'<ul class="elements f" aria-label="Element by element">\n{lines}{more}</ul>'

    def answers(self, block: Answers) -> str:
        return f'<dl class="answers">\n{"".join(map(self.answer, block.rows))}</dl>\n'

    def answer(self, row: Answered) -> str:
        question = f" {escape(row.question)}" if row.question else ""
        shown = _equation(row.of, [Side("=" if row.of is not None else "", row.value, "result")])
        notes = "".join([f'<p class="note">{sentence(note)}</p>' for note in row.notes])
        return f"<div><dt><code>{escape(row.id)}</code>{question}</dt><dd>{shown}{notes}</dd></div>\n"


def _kind(part: Remark | Side) -> str:
    return KINDS[part.levels] if part.levels != WORKED else ""  # a step as a whole is shown nowhere else


def sentence(text: Prose) -> str:
    """Words with formulas between them."""
    return "".join(
        [escape(part) if isinstance(part, str) else "".join(_formulas(pieces(part, PHONE))) for part in text]
    )


def _element(element: Element) -> str:
    note = f' <p class="note">{escape(element.note)}</p>' if element.note else ""
    return _equation(element.left, element.sides) + note


def _equation(left: Mathematics | None, sides: Sequence[Side]) -> str:
    """The left side, and beside it the others, as many on a line as fit; on paper what is too wide is made smaller."""
    parts = [pieces(side.mathematics, PHONE) for side in sides]
    widest = max([width(piece) for found in parts for piece in found], default=0) + BINARY
    scale = (widest + (width(left) if left is not None else 0)) / PAPER
    style = f' style="--wide:{scale:.2f}"' if scale > 1 else ""
    shown = "".join(map(_side, sides, parts))
    return f'<div class="eq"{style}>{math(left) if left is not None else ""}<div>{shown}</div></div>'


def _side(side: Side, parts: Sequence[Mathematics]) -> str:
    """A side in a single formula, or in several that stand below each other where they do not fit side by side."""
    kinds = ("r" if side.role == "result" else "", _kind(side))
    first, *rest = _formulas(parts, [Operator(side.relation)] if side.relation else [])
    if not rest:
        return first.replace("<math>", f"<math{_attribute(*kinds)}>", 1)
    return f"<span{_attribute('b', *kinds)}>{first}{''.join(rest)}</span>"


def _formulas(parts: Sequence[Mathematics], relation: Sequence[Mathematics] = ()) -> list[str]:
    """The pieces of a formula behind its relation; all but the first go on what stands before them."""
    return [math(part, goes_on=True) if n else math(*relation, part) for n, part in enumerate(parts)]


_WRITERS: dict[type, Callable[[_Writer, Any], str]] = {
    Paragraph: _Writer.paragraph,
    Alert: _Writer.alert,
    Figure: _Writer.figure,
    Given: _Writer.given,
    Work: _Writer.work,
    Answers: _Writer.answers,
}
