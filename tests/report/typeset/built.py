"""Typeset reports of the problems of the tests."""

from __future__ import annotations

import functools
from pathlib import Path
from xml.etree.ElementTree import Element

from nnsolve.report.display import solve
from nnsolve.report.formats import TYPESET
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Block, Document
from nnsolve.report.typeset.report import document
from tests.report.solved import ALL, sections
from tests.report.typeset.pages import parsed

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

LSTM = """title: A scalar LSTM
conventions: {{weights: rows, samples: columns}}
layers:
  - lstm: {{W_fx: 0.5, W_fh: 0.1, b_f: 0.2, W_ix: 1, W_ih: 0.3, b_i: -1,
            W_ox: 0.7, W_oh: -0.2, b_o: 0, W_gx: 0.9, W_gh: -1, b_g: 0.1}}
inputs: {{x: {x}}}
targets: {{y: {y}}}
loss: {{name: half_squared_error, over_time: sum}}
training: {{learning_rate: 0.1, steps: 1}}
ask: [h_100, dL/dW_fx, W_fx@1]
"""


@functools.cache
def built(stem: str) -> Document:
    return document(sections(stem), Style())


@functools.cache
def drawn(stem: str) -> Document:
    """The document of a problem with its pictures, as pages have them."""
    return document(sections(stem), Style(), pictures=True)


@functools.cache
def tree(stem: str) -> Element:
    """The page of a problem."""
    return parsed(TYPESET["html"](drawn(stem), Style()))


def hostile(folder: Path) -> Document:
    """A problem whose texts try to be commands."""
    path = folder / "problem.yaml"
    text = "'" + HOSTILE.replace("'", "''") + "'"
    lines = [f"title: {text}", f"source: {text}", f"text: {text}", "inputs: {x: 3}", "constants: {w: 0.5}"]
    lines += ["equations: [z = w * x]", f"ask: [{{id: 'a %$_{{}}^\\', of: z, text: {text}}}]"]
    lines += [f"parts: [{{id: '# $_%\\', text: {text}, inputs: {{x: 4}}, ask: [z]}}]"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return document(solve(path).sections, Style())


def long_lstm(folder: Path) -> Document:
    """A scalar LSTM over a hundred steps: forward, backward through all of time, and an update."""
    path = folder / "lstm.yaml"
    path.write_text(LSTM.format(x=[t * 7 % 5 - 2 for t in range(100)], y=[t % 3 - 1 for t in range(100)]))
    return document(solve(path).sections, Style())


def of_kind(blocks: list[Block], kind: type) -> list[Block]:
    return [block for block in blocks if isinstance(block, kind)]
