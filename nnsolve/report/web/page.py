"""A page that is one file: nothing of it comes from elsewhere, and nothing in it is run but its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import NamedTuple

DETAILS = {"brief": "Brief", "steps": "Steps", "full": "Full"}
COLOURS = {"system": "As the system", "light": "Light", "dark": "Dark"}


class Link(NamedTuple):
    """A line of the table of contents; `of` are the lines below it, `kind` the class of what it leads to."""

    text: str
    id: str
    kind: str = ""
    of: Sequence[Link] = ()


MOST_LINKS = 12
"""Links below another that are open from the start."""


@cache
def asset(name: str) -> str:
    """A style sheet or a script that stands beside this file."""
    return files("nnsolve.report.web").joinpath(name).read_text(encoding="utf-8")


def page(title: str, links: Sequence[Link], body: str, styles: Iterable[str], detail: str | None = None) -> str:
    """A whole page; with `detail` its reader can switch between brief, steps and full."""
    script = asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; form-action 'none'"
    css = "".join(map(asset, [*styles, "page.css"]))
    choices = [detail_switch(detail)] if detail else []
    choices.append(_switch("Colours", "colours", COLOURS, "system"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(title)}</title>
<style>
{css}</style>
</head>
<body class="nnsolve">
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>{escape(title)}</h1>
<div class="controls">
{"".join(choices)}<p class="buttons" hidden><button type="button" data-fold="open">Unfold all</button>
<button type="button" data-fold="closed">Fold all</button>
<button type="button" data-print>Print</button></p>
</div>
<p class="unseen" role="status"></p>
</header>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
{_contents(links)}</nav>
<main id="content" tabindex="-1">
{body}</main>
<script>{script}</script>
</body>
</html>
"""


def detail_switch(detail: str) -> str:
    """The switch between brief, steps and full."""
    return _switch("Detail", "detail", DETAILS, detail)


def _switch(legend: str, name: str, choices: dict[str, str], chosen: str) -> str:
    """Radio buttons in a form of their own: the names of two switches on a page do not meet, and Enter does nothing."""
    radios = [
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" if value == chosen else ""}> {text}'
        "</label>\n"
        for value, text in choices.items()
    ]
    radio = "".join(radios)
    return f'<form method="dialog" autocomplete="off"><fieldset><legend>{legend}</legend>\n{radio}</fieldset></form>\n'


def _contents(links: Sequence[Link]) -> str:
    return f"<ul>\n{''.join(map(_entry, links))}</ul>\n" if links else ""


def _entry(link: Link) -> str:
    below = _contents(link.of)
    if len(link.of) > MOST_LINKS:
        below = f"<details><summary>{len(link.of)} sections</summary>{below}</details>"
    kind = f' class="{link.kind}"' if link.kind else ""
    return f'<li{kind}><a href="#{escape(link.id)}">{escape(link.text)}</a>{below}</li>\n'
