"""A report as HTML: the text of the terminal in a <pre>, in colours that suit light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nnsolve.engine.solution import Section
from nnsolve.report.style import Style
from nnsolve.report.text import report

STYLES = {
    "title": "font-weight:bold",
    "heading": "font-weight:bold;color:#2f6fd0",
    "subheading": "font-weight:bold",
    "rule": "opacity:.4",
    "formula": "font-weight:bold",
    "note": "opacity:.65",
    "address": "opacity:.65",
    "result": "color:#1a8a3a",
    "answer": "font-weight:bold;color:#1a8a3a",
    "warning": "font-weight:bold;color:#c22f2f",
}
PAGE = "line-height:1.25;font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre;overflow-x:auto"


def fragment(sections: Sequence[Section], style: Style) -> str:
    """The report in a <pre> element."""
    parts: list[str] = []
    for line in report(sections, style).lines:
        for text, name in line:
            css = STYLES.get(name)
            parts.append(f'<span style="{css}">{escape(text)}</span>' if css else escape(text))
        parts.append("\n")
    return f'<pre style="{PAGE}">{"".join(parts)}</pre>'


def page(sections: Sequence[Section], style: Style) -> str:
    """A whole page."""
    title = escape(sections[0].title or "Solution") if sections else "Solution"
    head = f'<meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{title}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{fragment(sections, style)}</body></html>\n'
