"""A report as LaTeX: a document that compiles as it is, or a fragment for one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nnsolve.report.typeset.breaking import LineOf, Page, lines, packed, pieces
from nnsolve.report.typeset.document import (
    Alert,
    Answered,
    Answers,
    Document,
    Elements,
    Given,
    Heading,
    Paragraph,
    Value,
    Work,
    shown_at,
)
from nnsolve.report.typeset.escape import escaped
from nnsolve.report.typeset.mathematics import Captioned, Mathematics, Operator, Prose, Text, row
from nnsolve.report.typeset.measure import BINARY, LETTER_OF_TEXT, width
from nnsolve.report.typeset.tex import Dialect, Tex

PAGE = 46.5
"""The width of a line in the widths of an M, with the margins of the preamble."""

ARTICLE = 32
"""The same for a fragment: the width of a line of an article with its own margins."""

INDENT = 1.5

PREAMBLE = r"""\documentclass[10pt,a4paper,fleqn]{article}
\usepackage[margin=2cm]{geometry}
\usepackage{amsmath}
\setlength{\mathindent}{1.5em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setlength{\arraycolsep}{3pt}
\AtBeginDocument{\abovedisplayskip=6pt \belowdisplayskip=6pt}
\allowdisplaybreaks
\sloppy
"""

FRAGMENT = "% Needs \\usepackage{amsmath} in the preamble.\n"
"""The first line of what is pasted into another document."""

SETTINGS = "\\begingroup\\sloppy\\setlength{\\arraycolsep}{3pt}\n"
"""What the widths of lines rely on, in a group: the document around a fragment keeps its own."""

HEADINGS = {1: "subsection", 2: "subsubsection", 3: "paragraph"}

TEX = Tex(Dialect(text=escaped))


def latex(document: Document, detail: str, fragment: bool = False, letters: int | None = None) -> str:
    """The document at one detail; lines have room for so many `letters`, else for those of the page."""
    room = ARTICLE if fragment else PAGE
    page = Page(LETTER_OF_TEXT * letters if letters else room, 0, document.count_from)
    body = "".join([_WRITERS[type(block)](block, page) for block in shown_at(document.blocks, detail)])
    if fragment:
        return f"{FRAGMENT}{SETTINGS}{body}\\par\\endgroup\n"
    return f"{PREAMBLE}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def sentence(prose: Prose) -> str:
    """Words with formulas between them."""
    return "".join([escaped(part) if isinstance(part, str) else f"${TEX.write(part)}$" for part in prose])


def sentence_width(prose: Prose) -> float:
    """The width of a sentence in the letters of a note."""
    return 0.85 * sum([LETTER_OF_TEXT * len(part) if isinstance(part, str) else width(part) for part in prose])


def note(prose: Prose) -> str:
    """A sentence in small letters."""
    return f"{{\\footnotesize {sentence(prose)}}}"


def below(prose: Prose) -> str:
    """A sentence below a step, its fractions as large as those of a formula on lines of its own."""
    return f"{{\\footnotesize\\everymath{{\\displaystyle}}\\hangindent=1.5em\\hangafter=0 {sentence(prose)}\\par}}\n"


def _heading(block: Heading, page: Page) -> str:
    return f"\n\\{HEADINGS[block.level]}*{{{escaped(block.text)}}}\n"


def _paragraph(block: Paragraph, page: Page) -> str:
    text = sentence(block.text)
    if block.kind == "title":
        return f"{{\\noindent\\LARGE\\bfseries {text}\\par}}\n"
    if block.kind == "source":
        return f"\\emph{{{text}}}\n\n"
    return f"\n{note(block.text)}\n" if block.kind == "note" else f"\n{text}\n"


def _alert(block: Alert, page: Page) -> str:
    parts = [f"\\textbf{{{escaped(block.severity.capitalize())}: {escaped(block.message)}}}"]
    parts += [f"at {escaped(block.place)}"] if block.place else []
    parts += [escaped(block.help)] if block.help else []
    return "\n" + " \\\\\n".join(parts) + "\n"


def _given(block: Given, page: Page) -> str:
    cells = [cell for value in block.values for cell in _cells(value, page)]
    rows = packed(list(map(width, cells)), page.room - INDENT)
    text = display([" \\qquad ".join([TEX.write(cells[n]) for n in row]) for row in rows], "gather*")
    return text + "".join([f"\n{sentence(prose)}\n" for prose in block.notes])


def _cells(value: Value, page: Page) -> list[Mathematics]:
    """A given value, in blocks of columns where it is too wide; below it what it is."""
    head = row(value.left, Operator("="))
    found = pieces(value.value, page._replace(room=page.room - width(head) - INDENT))
    if len(found) == 1 and value.caption:
        found = [Captioned(found[0], Text(value.caption))]
    else:
        found += [Text(value.caption)] if value.caption else []
    return [row(head, found[0]), *found[1:]]


def _work(block: Work, page: Page) -> str:
    label = f"{block.address}  {block.shape}".strip()
    taken = 0.41 * len(label) + 2
    room = page.room - INDENT - width(block.left) - BINARY
    found = lines(block.sides, page._replace(room=room, taken=taken))
    texts = [line_text(line) for line in found]
    texts[0] = f"{TEX.write(block.left)} {texts[0]} \\tag*{{\\footnotesize {escaped(label)}}}"
    remark = _joined([remark.text for remark in block.remarks])
    at = max((n for n, line in enumerate(found[:2]) if line.role == "formula"), default=0)
    needed = width(found[at].mathematics) + sentence_width(remark) + 3 + (0 if at else taken)
    beside = bool(remark) and needed <= room
    if beside:
        texts[at] += f" \\qquad \\text{{{note(remark)}}}"
    said = [*([remark] if remark and not beside else []), *[found.text for found in block.notes]]
    text = display(texts, "align*") + "".join(map(below, said))
    return text + (_elements(block.elements, page) if block.elements else "")


def _elements(block: Elements, page: Page) -> str:
    """The arithmetic of single elements, in small letters."""
    found: list[str] = []
    for line in block.lines:
        room = page.room / 0.9 - INDENT - width(line.left) - BINARY
        texts = [line_text(part) for part in lines(line.sides, page._replace(room=room))]
        texts[0] = f"{TEX.write(line.left)} {texts[0]}"
        texts[-1] += f" \\quad \\text{{{escaped(line.note)}}}" if line.note else ""
        found += texts
    more = f"{{\\footnotesize {block.more} more elements are left out}}\n\n" if block.more else ""
    return f"{{\\footnotesize\n{display(found, 'align*')}}}\n{more}"


def _answers(block: Answers, page: Page) -> str:
    items = [_answer(row, page) for row in block.rows]
    return "\\begin{description}\n" + "".join(items) + "\\end{description}\n"


def _answer(answer: Answered, page: Page) -> str:
    question = f" {escaped(answer.question)}\\\\" if answer.question else ""
    head = f"{TEX.write(answer.of)} = " if answer.of is not None else ""
    taken = width(answer.of) + BINARY if answer.of is not None else 0
    room = page.room - 3 - taken - 0.6 * len(answer.id)
    first, *rest = pieces(answer.value, page._replace(room=room))
    text = f"\\item[{{{escaped(answer.id)}}}]{question} $\\displaystyle {head}{TEX.write(first)}$"
    text += "".join([f" \\\\\n$\\displaystyle {TEX.write(part)}$" for part in rest])
    return text + "".join([f" \\\\\n{note(prose)}" for prose in answer.notes]) + "\n"


def _joined(sentences: Sequence[Prose]) -> Prose:
    found: list[str | Mathematics] = []
    for prose in sentences:
        found += ["; ", *prose] if found else prose
    return tuple(found)


def line_text(line: LineOf) -> str:
    """A line of an alignment behind its left side."""
    relation = TEX.write(Operator(line.relation)) if line.relation else "\\quad {}"
    return f"&{relation} {TEX.write(line.mathematics)}"


def display(rows: Iterable[str], environment: str) -> str:
    """Lines of mathematics."""
    first, *rest = [*rows] or [""]
    # The formula stays on the page of what follows it.
    body = " \\\\*\n".join([first, " \\\\\n".join(rest)]) if rest else first
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}\n" if body else ""


_WRITERS: dict[type, Callable[[Any, Page], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Alert: _alert,
    Given: _given,
    Work: _work,
    Answers: _answers,
}
