"""Typeset reports of the problems of the tests."""

from __future__ import annotations

import functools
from pathlib import Path

from nnsolve.report.display import solve
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Block, Document
from nnsolve.report.typeset.report import document
from tests.report.solved import ALL, sections

STEMS = [path.stem for path in ALL]
DETAILS = ["brief", "steps", "full"]

HOSTILE = " ".join(
    (
        r"\input{/etc/passwd} \end{document} 100% $x$ $$ a_b ^^41 #1 &c ~{}| < > \" ` '' -- _i_ *b*",
        r"<script>alert(1)</script> [l](http://e.org) ![i](x) @all www.e.org \u0000 \(x\) \[y\]",
        "− α Ж 😀 \u202e\u200f ﬁ e\u0301 é İ ﷽ “q” ’ ½ × ᵀ",
    )
)
"""A text that tries to be a command in every language that a report is written in."""


@functools.cache
def built(stem: str) -> Document:
    return document(sections(stem), Style())


def hostile(folder: Path) -> Document:
    """A problem whose texts try to be commands."""
    path = folder / "problem.yaml"
    text = "'" + HOSTILE.replace("'", "''") + "'"
    lines = [f"title: {text}", f"source: {text}", f"text: {text}", "inputs: {x: 3}", "constants: {w: 0.5}"]
    lines += ["equations: [z = w * x]", f"ask: [{{id: 'a %$_{{}}^\\', of: z, text: {text}}}]"]
    lines += [f"parts: [{{id: '# $_%\\', text: {text}, inputs: {{x: 4}}, ask: [z]}}]"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return document(solve(path).sections, Style())


def of_kind(blocks: list[Block], kind: type) -> list[Block]:
    return [block for block in blocks if isinstance(block, kind)]
