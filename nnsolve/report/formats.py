"""The formats of a report, by the names that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnsolve.engine.solution import Section
from nnsolve.report.style import Style

Format = Callable[[Sequence[Section], Style], str]


def _text(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.text import report

    return str(report(sections, style))


def _json(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.json import text

    return text(sections, style)


def _html(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.typeset.html import fragment, page
    from nnsolve.report.typeset.report import document

    return (fragment if style.fragment else page)(document(sections, style, pictures=True), style.detail)


def _markdown(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.typeset.markdown import markdown
    from nnsolve.report.typeset.report import document

    return markdown(document(sections, style), style.detail)


def _latex(sections: Sequence[Section], style: Style) -> str:
    from nnsolve.report.typeset.latex import latex
    from nnsolve.report.typeset.report import document

    return latex(document(sections, style), style.detail, style.fragment)


FORMATS: dict[str, Format] = {"text": _text, "json": _json, "html": _html, "markdown": _markdown, "latex": _latex}
"""From sections and a style to the whole text; another format is another line here."""

FRAGMENTS = ("latex", "html")
"""Formats that also come without what stands around the report, to be pasted into another document."""
