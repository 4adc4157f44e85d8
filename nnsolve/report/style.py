"""How a report is to look: width, alphabet, digits, detail; and the styles that its parts may have."""

from __future__ import annotations

import re
from typing import NamedTuple


class Style(NamedTuple):
    """What the place where a report appears can show, and what its reader wants to see.

    `width` counts terminal cells. Without `unicode` formulas are written in the equation language. `decimals` forces
    that many on every number. `detail` is `brief` (answers only), `steps`, or `full` (every element written out). A
    `fragment` is pasted into another document; typeset lines have room for so many `letters`, else for those of a page.
    """

    width: int = 80
    unicode: bool = True
    decimals: int | None = None
    detail: str = "steps"
    fragment: bool = False
    letters: int | None = None


Fragment = tuple[str, str]
"""A piece of a line, and the name of its style."""

Line = list[Fragment]

PALETTE = {
    "": "",
    "title": "bold",
    "heading": "bold blue",
    "subheading": "bold",
    "rule": "dim",
    "formula": "bold",
    "note": "dim",
    "address": "dim",
    "result": "green",
    "answer": "bold green",
    "warning": "bold red",
}
"""Style names as rich understands them: readable on dark and on light, and nothing essential is dim."""

_ASCII = {
    "−": "-",
    "–": "-",
    "—": "-",
    "‑": "-",
    "→": "->",
    "←": "<-",
    "⇒": "=>",
    "≤": "<=",
    "≥": ">=",
    "×": "x",
    "·": "*",
    "⊙": "*",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "′": "'",
    "²": "^2",
    "½": "1/2",
    "‖": "||",
    "Φ": "Phi",
    "φ": "phi",
}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def clean(text: str, unicode: bool = True) -> str:
    """Text of the user's on one line: control characters and direction marks cannot reach the terminal.

    Blanks stay blanks, any other control character becomes a visible mark. Without `unicode` what ASCII cannot show is
    transliterated or becomes `?`.
    """
    text = _CONTROL.sub("\ufffd", " ".join(text.split()))
    if unicode or text.isascii():
        return text
    text = "".join(_ASCII.get(character, character) for character in text)
    return text.encode("ascii", "replace").decode("ascii")
