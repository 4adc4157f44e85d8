r"""A report as Markdown with mathematics, for GitHub and Jupyter.

Formulas stand between `$` on a line and between `$$` on lines of their own: the one form that both know. On GitHub
the text between the signs is read as Markdown first, so no formula has anything in it that Markdown changes: no
backslash before punctuation (rows end in `\cr`), a blank before each underscore (it can then open emphasis, but nothing
closes it), no `<` or `*`, and `\operatorname`, which GitHub refuses, is not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nnsolve.report.typeset.breaking import LineOf, Page, lines, packed, pieces
from nnsolve.report.typeset.document import (
    Alert,
    Answered,
    Answers,
    Block,
    Document,
    Elements,
    Given,
    Heading,
    Paragraph,
    Value,
    Work,
    shown_at,
)
from nnsolve.report.typeset.mathematics import Mathematics, Operator, Prose, row
from nnsolve.report.typeset.measure import BINARY, LETTER_OF_TEXT, width
from nnsolve.report.typeset.tex import Dialect, Tex

PAGE = 36.0
"""The width of a line in the widths of an M: what GitHub shows without scrolling, with its wider matrices."""

_IN_MATHEMATICS = re.compile(r"[^A-Za-z0-9 .,;:()/+×=@'-]")


def _plain(text: str) -> str:
    """Words inside of a formula: only what neither Markdown nor TeX gives a meaning to."""
    return _IN_MATHEMATICS.sub(" ", text.replace("−", "-"))


TEX = Tex(
    Dialect(
        newline=r"\cr",
        sub=" _",
        thin=r"\thinspace",
        tight="",
        text=_plain,
        lt=r"\lt",
        gt=r"\gt",
    )
)


def markdown(document: Document, detail: str, fragment: bool = False, letters: int | None = None) -> str:
    """The document at one detail; a fragment has no title and no source.

    Lines of formulas have room for so many `letters`, else for those of a page on GitHub.
    """
    page = Page(LETTER_OF_TEXT * letters if letters else PAGE, 0, document.count_from)
    blocks = [block for block in shown_at(document.blocks, detail) if not (fragment and _is_head(block))]
    parts = [_WRITERS[type(block)](block, page) for block in blocks]
    return "\n\n".join([part for part in parts if part]) + "\n"


def _is_head(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.kind in ("title", "source")


def escaped(text: str) -> str:
    """Text of any kind: nothing in it is Markdown, HTML, a link, a mention or mathematics."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    text = re.sub(r"([\\`*_\[\]{}|~!])", r"\\\1", text).replace("$", "&#36;")
    text = re.sub(r"(?<=[A-Za-z0-9])(:)(?=//)|(?<=www)(\.)", lambda found: f"&#{ord(found[0])};", text)
    return re.sub(r"^(\d+)([.)])|^([#+=-])", _unlisted, text)


def _unlisted(found: re.Match[str]) -> str:
    """What would begin a list, a heading or a line at the beginning of a paragraph."""
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}"


def sentence(prose: Prose) -> str:
    """Words with formulas between them."""
    return "".join([escaped(part) if isinstance(part, str) else f"${TEX.write(part)}$" for part in prose])


def display(tex: str) -> str:
    """A formula on lines of its own."""
    return f"$$\n{tex}\n$$"


def aligned(rows: list[str]) -> str:
    """Lines of an equation below each other."""
    body = " \\cr\n".join(rows)
    return display(f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}")


def _line(line: LineOf) -> str:
    relation = TEX.write(Operator(line.relation)) if line.relation else r"\quad {}"
    return f"&{relation} {TEX.write(line.mathematics)}"


def _heading(block: Heading, page: Page) -> str:
    return f"{'#' * (block.level + 1)} {escaped(block.text)}"


def _paragraph(block: Paragraph, page: Page) -> str:
    text = sentence(block.text)
    if block.kind == "title":
        return f"# {text}"
    return f"*{text}*" if block.kind in ("source", "note") else text


def _alert(block: Alert, page: Page) -> str:
    parts = [f"**{block.severity.capitalize()}:** {escaped(block.message)}"]
    parts += [f"at {escaped(block.place)}"] if block.place else []
    parts += [escaped(block.help)] if block.help else []
    return "\n".join([f"> {part}  " for part in parts])


def _given(block: Given, page: Page) -> str:
    """Values side by side, and below each row what they are."""
    wholes = [row(value.left, Operator("="), value.value) for value in block.values]
    parts: list[str] = []
    for members in packed(list(map(width, wholes)), page.room):
        found = pieces(wholes[members[0]], page)
        shown = [TEX.write(wholes[n]) for n in members] if len(found) == 1 else []
        parts += [display(r" \qquad ".join(shown))] if shown else [display(TEX.write(part)) for part in found]
        captions = [_caption(block.values[n]) for n in members if block.values[n].caption]
        parts += [";  ".join(captions)] if captions else []
    return "\n\n".join([*parts, *[sentence(prose) for prose in block.notes]])


def _caption(value: Value) -> str:
    return f"${TEX.write(value.left)}$: {escaped(value.caption)}"


def _beside(left: Mathematics, page: Page) -> Page:
    """The room beside the left side of an equation."""
    return page._replace(room=page.room - width(left) - BINARY)


def _work(block: Work, page: Page) -> str:
    found = lines(block.sides, _beside(block.left, page))
    texts = [_line(line) for line in found]
    texts[0] = f"{TEX.write(block.left)} {texts[0]}"
    remarks = [sentence(remark.text) for remark in block.remarks]
    head = f"`{block.address}`{'  ' + block.shape if block.shape else ''}"
    parts = ["; ".join([head, *remarks]) if remarks else head, aligned(texts)]
    parts += [f"{sentence(note.text)}" for note in block.notes]
    return "\n\n".join([*parts, *([_elements(block.elements, page)] if block.elements else [])])


def _elements(block: Elements, page: Page) -> str:
    """The arithmetic of single elements."""
    found: list[str] = []
    for line in block.lines:
        texts = [_line(part) for part in lines(line.sides, _beside(line.left, page))]
        texts[0] = f"{TEX.write(line.left)} {texts[0]}"
        texts[-1] += rf" \quad \text{{{_plain(line.note)}}}" if line.note else ""
        found += texts
    more = f"\n\n{block.more} more elements are left out" if block.more else ""
    return aligned(found) + more


def _answers(block: Answers, page: Page) -> str:
    return "\n\n".join([_answer(row, page) for row in block.rows])


def _answer(answer: Answered, page: Page) -> str:
    question = f": {escaped(answer.question)}" if answer.question else ""
    head: list[Mathematics] = [] if answer.of is None else [answer.of, Operator("=")]
    found = pieces(answer.value, page._replace(room=page.room - sum(map(width, head))))
    shown = [display(TEX.write(row(*head, part) if not n else part)) for n, part in enumerate(found)]
    notes = [sentence(prose) for prose in answer.notes]
    return "\n\n".join([f"**{escaped(answer.id)}**{question}", *shown, *notes])


_WRITERS: dict[type, Callable[[Any, Page], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Alert: _alert,
    Given: _given,
    Work: _work,
    Answers: _answers,
}
