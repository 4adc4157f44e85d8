"""The formats of a report, by the names that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nnsolve.engine.solution import Section
from nnsolve.report.style import Style

if TYPE_CHECKING:
    from nnsolve.report.typeset.document import Document

Format = Callable[[Sequence[Section], Style], str]


def _text(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.text import report

    return str(report(sections, style))


def _json(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.json import text

    return text(sections, style)


def _html(document: Document, style: Style) -> str:
    from nnsolve.report.typeset.html import fragment, page

    return (fragment if style.fragment else page)(document, style.detail)


def _markdown(document: Document, style: Style) -> str:
    from nnsolve.report.typeset.markdown import markdown

    return markdown(document, style.detail, style.fragment, style.letters)


def _latex(document: Document, style: Style) -> str:
    from nnsolve.report.typeset.latex import latex

    return latex(document, style.detail, style.fragment, style.letters)


TYPESET: dict[str, Callable[[Document, Style], str]] = {"html": _html, "markdown": _markdown, "latex": _latex}
"""From a document to the whole text, for the formats with typeset formulas."""


def _typeset(format: str) -> Format:
    def write(sections: Sequence[Section], style: Style) -> str:
        from nnsolve.report.typeset.report import document

        return TYPESET[format](document(sections, style, pictures=format == "html"), style)

    return write


FORMATS: dict[str, Format] = {"text": _text, "json": _json, **{format: _typeset(format) for format in TYPESET}}
"""From sections and a style to the whole text; another format is another line here."""
