"""Typeset mathematics as a tree: what LaTeX and MathML write, each in its own way."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Number(NamedTuple):
    """A number as it is shown, in ASCII: `-1.5`, `3.775e-11`, `inf`."""

    text: str


class Symbol(NamedTuple):
    """A quantity: W₂ or ŷ₃. A `letter` of several characters is a word.

    `accent` is bar, hat, tilde, dot, or whatever mark stands above the letter. `raised` is the layer number where the
    problem raises it (`2`, `(2)`, `[2]`), `lowered` what stands below, from left to right, and `moment` (`@2`) follows.
    """

    letter: str
    accent: str = ""
    raised: str = ""
    lowered: tuple[str | Symbol, ...] = ()
    moment: str = ""


class Operator(NamedTuple):
    """A sign between or before others: + − · ⊙ = ≈ ← ∂ Σ , / > | and the dots ⋯ ⋮ ⋱ …; a blank is a thin space."""

    sign: str


class Function(NamedTuple):
    """The name of a function: ReLU, σ, tanh; a mark behind it (ReLU′) belongs to the name."""

    name: str


class Text(NamedTuple):
    """Words inside of mathematics."""

    text: str


class Row(NamedTuple):
    """One after the other."""

    parts: tuple[Mathematics, ...]


class Fraction(NamedTuple):
    """One over the other."""

    top: Mathematics
    bottom: Mathematics


class Root(NamedTuple):
    """A square root."""

    inner: Mathematics


class Script(NamedTuple):
    """Something with an exponent, an index, or both."""

    base: Mathematics
    sub: Mathematics | None = None
    sup: Mathematics | None = None


class Fenced(NamedTuple):
    """Between signs as high as what they enclose: ( ) [ ] | | ‖ ‖ ⌊ ⌋; an empty sign is none.

    Of a `broken` pair one sign stands here, the other on another line: both are as high as a line.
    """

    left: str
    inner: Mathematics
    right: str
    broken: bool = False


class Matrix(NamedTuple):
    """Rows between square brackets; `labels` stand before them (time steps), `heads` above the columns.

    Where elements are left out ⋯, ⋮ and ⋱ stand in their places.
    """

    rows: tuple[tuple[Mathematics, ...], ...]
    labels: tuple[Mathematics, ...] = ()
    heads: tuple[Mathematics, ...] = ()


class Captioned(NamedTuple):
    """Something with a caption below it: `old W₂`."""

    inner: Mathematics
    caption: Mathematics


Mathematics: TypeAlias = (
    Number | Symbol | Operator | Function | Text | Row | Fraction | Root | Script | Fenced | Matrix | Captioned
)

SIGMA = Operator("Σ")
OVER_TIME = Script(SIGMA, sub=Symbol("t"))
"""The sum over the steps t."""

Prose: TypeAlias = tuple[str | Mathematics, ...]
"""A sentence: words, and mathematics between them."""


def row(*parts: Mathematics) -> Mathematics:
    """Parts one after the other; rows among them are opened, a single part stands for itself."""
    found: list[Mathematics] = []
    for part in parts:
        if isinstance(part, Row):
            found += part.parts
        else:
            found.append(part)
    return found[0] if len(found) == 1 else Row(tuple(found))


def separated(parts: list[Mathematics], sign: str) -> Mathematics:
    """Parts with a sign between them."""
    found: list[Mathematics] = []
    for part in parts:
        found += [Operator(sign), part] if found else [part]
    return row(*found)


def is_sum(part: Mathematics) -> bool:
    """Whether this is the sign Σ, with or without what it sums over."""
    return part == SIGMA or (isinstance(part, Script) and part.base == SIGMA)
