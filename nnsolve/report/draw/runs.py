"""Lines of text with raised and lowered parts, how wide they are, and typeset mathematics written on one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from nnsolve.report.symbols import ACCENTS
from nnsolve.report.typeset.mathematics import (
    Captioned,
    Fenced,
    Fraction,
    Function,
    Mathematics,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Symbol,
    Text,
)


class Run(NamedTuple):
    """A part of a line: its text, how far it is `raised` (-1 lowered, 1 raised), and whether it is a variable."""

    text: str
    raised: int = 0
    variable: bool = False


SCRIPT = 0.72
"""The size of raised and lowered text, in sizes of the line."""

_WIDTHS = (
    ("fijlIJ'|.,;:·!′ₜ ", 0.36),
    ("rt()[]{}-/ℓ²³¹", 0.42),
    ('ckszvxy?_∂`"^*⌊⌋‖', 0.6),
    ("+−=<>≈×⊙→wCDGHNOQUVXAB&#~←", 0.84),
    ("mWM@%½…⋯⋮∑", 1.02),
)
_WIDTH = {character: width for characters, width in _WIDTHS for character in characters}

_MARKS = {
    **ACCENTS,
    "acute": "\u0301",
    "grave": "\u0300",
    "ddot": "\u0308",
    "check": "\u030c",
    "breve": "\u0306",
}


def width_of(runs: Sequence[Run], size: float) -> float:
    """The width of a line in a wide typeface (DejaVu Sans): what other sans-serif faces need is less."""
    return sum(size * (SCRIPT if run.raised else 1.0) * _length(run.text) for run in runs)


@lru_cache(maxsize=4096)
def _length(text: str) -> float:
    """The width of a text in sizes of the line."""
    return sum(map(_advance, text))


def _advance(character: str) -> float:
    known = _WIDTH.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0.0
    if character.isascii() or unicodedata.category(character) in ("Ll", "Nd"):
        return 0.75 if character.isupper() else 0.66
    return 1.05


def plain(runs: Sequence[Run]) -> str:
    """The text of a line alone."""
    return "".join(run.text for run in runs)


def shortened(text: str, room: float, size: float) -> str:
    """A text cut where it has no more room, with dots in place of the rest."""
    if width_of((Run(text),), size) <= room:
        return text
    kept = text
    while kept and width_of((Run(kept + "…"),), size) > room:
        kept = kept[: max(len(kept) - 1 - len(kept) // 8, 0)]
    return kept + "…"


def fitted(runs: Sequence[Run], room: float, size: float) -> tuple[Run, ...]:
    """A line cut where it has no more room."""
    kept: list[Run] = []
    for run in runs:
        free = room - width_of(kept, size)
        scale = SCRIPT if run.raised else 1.0
        if width_of((run,), size) > free:
            return (*kept, run._replace(text=shortened(run.text, free, size * scale)))
        kept.append(run)
    return tuple(kept)


def runs_of(mathematics: Mathematics) -> tuple[Run, ...]:
    """Mathematics on one line: what is above each other stands beside each other, a / b."""
    found: list[Run] = []
    for run in _runs(mathematics, 0):
        if found and found[-1][1:] == run[1:]:
            found[-1] = run._replace(text=found[-1].text + run.text)
        else:
            found.append(run)
    return tuple(found)


_BLANKS = {"=": " = ", "+": " + ", "−": " − ", "≈": " ≈ ", "←": " ← ", "⊙": " ⊙ ", ",": ", ", ">": " > ", "/": " / "}


def _runs(node: Mathematics, raised: int) -> Iterable[Run]:
    if isinstance(node, Number):
        yield Run(_number(node.text), raised)
    elif isinstance(node, Symbol):
        yield from _symbol(node, raised)
    elif isinstance(node, Operator):
        yield Run(_BLANKS.get(node.sign, node.sign) if not raised else node.sign, raised)
    elif isinstance(node, Function):
        yield Run(node.name, raised)
    elif isinstance(node, Text):
        yield Run(node.text, raised)
    elif isinstance(node, Row):
        yield from _row(node, raised)
    elif isinstance(node, Fraction):
        yield from _grouped(node.top, raised)
        yield Run("/", raised)
        yield from _grouped(node.bottom, raised)
    elif isinstance(node, Root):
        yield Run("√(", raised)
        yield from _runs(node.inner, raised)
        yield Run(")", raised)
    elif isinstance(node, Script):
        yield from _runs(node.base, raised)
        if node.sub is not None:
            yield from _runs(node.sub, -1)
        if node.sup is not None:
            yield from _runs(node.sup, 1)
    elif isinstance(node, Fenced):
        yield Run(node.left, raised)
        yield from _runs(node.inner, raised)
        yield Run(node.right, raised)
    elif isinstance(node, Matrix):
        for n, row in enumerate(node.rows):
            yield Run("; " if n else "[", raised)
            for k, cell in enumerate(row):
                yield from ([Run(", ", raised)] if k else [])
                yield from _runs(cell, raised)
        yield Run("]", raised)
    elif isinstance(node, Captioned):
        yield from _runs(node.inner, raised)


def _row(node: Row, raised: int) -> Iterable[Run]:
    """The parts; a sign that nothing stands before is that of what follows."""
    for n, part in enumerate(node.parts):
        if not n and isinstance(part, Operator):
            yield Run(part.sign, raised)
        else:
            yield from _runs(part, raised)


def _grouped(node: Mathematics, raised: int) -> Iterable[Run]:
    """A part of a fraction, in parentheses where it is a sum or a product."""
    inner = list(_runs(node, raised))
    alone = not isinstance(node, Row) or (len(node.parts) == 2 and node.parts[0] == Operator("∂"))
    yield from inner if alone else [Run("(", raised), *inner, Run(")", raised)]


def _number(text: str) -> str:
    mantissa, e, exponent = text.partition("e")
    text = f"{mantissa}×10^{exponent}" if e else text
    return text.replace("-", "−").replace("inf", "∞")


def _symbol(node: Symbol, raised: int) -> Iterable[Run]:
    letter = unicodedata.normalize("NFC", node.letter + _MARKS.get(node.accent, ""))
    yield Run(letter, raised, True)
    if node.raised:
        yield Run(node.raised, 1)
    for n, part in enumerate(node.lowered):
        if n:
            yield Run(",", -1)
        if isinstance(part, str):
            yield Run(part, -1, part.isalpha() and len(part) == 1)
        else:
            yield from _runs(part, -1)
    if node.moment:
        yield Run(node.moment, raised)
