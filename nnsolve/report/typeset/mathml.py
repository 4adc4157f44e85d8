"""Mathematics as MathML Core, which browsers show without a library, and screen readers read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from nnsolve.report.symbols import RUNNING
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
from nnsolve.report.typeset.measure import behind
from nnsolve.report.typeset.tex import is_stretched

ACCENTS = {
    "bar": "‾",
    "hat": "ˆ",
    "tilde": "˜",
    "dot": "˙",
    "acute": "´",
    "grave": "`",
    "ddot": "¨",
    "check": "ˇ",
    "breve": "˘",
}

SIGNS = {"Σ": "∑"}

LETTERS = frozenset("∂⊤…⋯⋮⋱")
"""Signs that stand like a letter, without the space around an operator."""

TIGHT = frozenset("@'′")

_NAME = re.compile(r"(.*?)([₀-₉]*)(′*)")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def math(*parts: Mathematics, goes_on: bool = False) -> str:
    """A formula, its parts one after the other; it may go on one that stands before it."""
    opened = [inner for part in parts for inner in (part.parts if isinstance(part, Row) else (part,))]
    return f"<math>{_parts(opened, goes_on)}</math>"


def write(node: Mathematics) -> str:
    """A tree as exactly one MathML element."""
    return _WRITERS[type(node)](node)


def _spread(node: Mathematics) -> str:
    """A tree where several elements may stand: a row needs no element of its own."""
    return _parts(node.parts) if isinstance(node, Row) else write(node)


def _parts(parts: Iterable[Mathematics], goes_on: bool = False) -> str:
    """Parts one after the other, which may go on what stands before them."""
    found: list[str] = []
    form = "infix" if goes_on else "prefix"  # a sign that is the first one, or behind another, belongs to what follows
    for part in parts:
        signed = form and isinstance(part, Operator) and part.sign in "−+"
        found.append(f'<mo form="{form}">{part.sign}</mo>' if signed else write(part))  # type: ignore[union-attr]
        form = "prefix" if isinstance(part, Operator) else ""
    return "".join(found)


def _row(node: Row) -> str:
    return f"<mrow>{_parts(node.parts)}</mrow>"


def _number(node: Number) -> str:
    mantissa, e, exponent = node.text.replace("-", "−").replace("inf", "∞").partition("e")
    if not e:
        return f"<mn>{mantissa}</mn>"
    power = f"<msup><mn>10</mn><mn>{exponent}</mn></msup>"
    return f"<mrow><mn>{mantissa}</mn><mo>×</mo>{power}</mrow>"


def _letter(text: str) -> str:
    """A letter, upright where it is a word; what a name's owner wrote is no markup."""
    kind = "mn" if text.isdecimal() else "mi" if text.isalpha() else "mtext"
    return f"<{kind}>{escape(text)}</{kind}>"


def _symbol(node: Symbol, power: str = "") -> str:
    found = _letter(node.letter)
    if node.accent:
        mark = escape(ACCENTS.get(node.accent, node.accent))
        # Not accent="true": many fonts then set the mark as low as above an x, and the bar of h̄ crosses the h.
        found = f'<mover>{found}<mo stretchy="false">{mark}</mo></mover>'
    found = _scripted(found, _below(node.lowered), power or (_letter(node.raised) if node.raised else ""))
    return f"<mrow>{found}<mtext>{escape(node.moment)}</mtext></mrow>" if node.moment else found


def _scripted(base: str, sub: str, sup: str) -> str:
    """Something with an index, an exponent, or both, one above the other."""
    kind = f"m{'sub' if sub else ''}{'sup' if sup else ''}"
    return f"<{kind}>{base}{sub}{sup}</{kind}>" if sub or sup else base


def _lowered(text: str) -> str:
    """What stands below: as `_letter`, but two letters (hh) are no word, and a step (t-1) is a difference."""
    if text in RUNNING[::2]:
        return f"<mrow><mi>{text[0]}</mi><mo>{text[1].replace('-', '−')}</mo><mn>{text[2:]}</mn></mrow>"
    if len(text) == 2 and text.isascii() and text.isalpha():
        return f"<mrow><mi>{text[0]}</mi><mi>{text[1]}</mi></mrow>"
    return _letter(text)


def _below(parts: tuple[str | Symbol, ...]) -> str:
    """What stands below a letter: 1,2."""
    found = [_symbol(part) if isinstance(part, Symbol) else _lowered(part) for part in parts]
    if len(found) < 2:
        return "".join(found)
    return f"<mrow>{'<mo>,</mo>'.join(found)}</mrow>"


def _operator(node: Operator) -> str:
    if node.sign == " ":
        return '<mspace width=".2em"/>'
    sign = escape(SIGNS.get(node.sign, node.sign))
    if node.sign in LETTERS:
        return f"<mi>{sign}</mi>"
    return f"<mtext>{sign}</mtext>" if node.sign[0] in TIGHT else f"<mo>{sign}</mo>"


def _function(node: Function) -> str:
    """The name of a function: ReLU, or ReLU with a prime or an index behind it."""
    name, index, primes = _NAME.fullmatch(node.name).groups()  # type: ignore[union-attr]
    found = f"<mi>{escape(name)}</mi>"
    if index:
        found = f"<msub>{found}<mn>{index.translate(_DIGITS)}</mn></msub>"
    return f"<msup>{found}<mo>{primes}</mo></msup>" if primes else found


def _text(node: Text) -> str:
    """Words; blanks at their ends are kept."""
    return f"<mtext>{escape(re.sub('^ | $', chr(160), node.text))}</mtext>"


def _fraction(node: Fraction) -> str:
    return f"<mfrac>{write(node.top)}{write(node.bottom)}</mfrac>"


def _root(node: Root) -> str:
    return f"<msqrt>{_spread(node.inner)}</msqrt>"


def _script(node: Script) -> str:
    sub = "" if node.sub is None else write(node.sub)
    sup = "" if node.sup is None else write(node.sup)
    if isinstance(node.base, Symbol) and not (sub or node.base.raised or node.base.moment):
        return _symbol(node.base, sup)
    if isinstance(node.base, Operator) and sub and not sup:
        return f"<munder>{write(node.base)}{sub}</munder>"
    return _scripted(write(node.base), sub, sup)


def _fenced(node: Fenced) -> str:
    """Fences that are not higher than they have to be, which would set them apart from what they enclose.

    Where the left one is missing, a line before has it, and what is enclosed goes on.
    """
    start = "<mo>" if is_stretched(node) else '<mo stretchy="false">'
    left = f"{start}{escape(node.left)}</mo>" if node.left else ""
    right = f"{start}{escape(node.right)}</mo>" if node.right else ""
    inner = node.inner.parts if isinstance(node.inner, Row) else (node.inner,)
    return f"<mrow>{left}{_parts(inner, goes_on=not left)}{right}</mrow>"


def _matrix(node: Matrix) -> str:
    """Rows between brackets; labels stand before them, heads above the columns."""
    columns = [_column(cells) for cells in zip(*node.rows, strict=True)]
    rows = "".join([f"<mtr>{''.join(cells)}</mtr>" for cells in zip(*columns, strict=True)])
    kind = ' class="n"' if any(isinstance(cell, Number) for cells in node.rows for cell in cells) else ""
    if node.heads:
        heads = "".join([_cell(head) for head in node.heads])
        return f'<mtable class="heads"><mtr>{heads}</mtr>{rows}</mtable>'
    brackets = f"<mrow><mo>[</mo><mtable{kind}>{rows}</mtable><mo>]</mo></mrow>"
    if not node.labels:
        return brackets
    labels = "".join([f"<mtr>{_cell(label)}</mtr>" for label in node.labels])
    return f'<mrow><mtable class="labels">{labels}</mtable>{brackets}</mrow>'


def _column(cells: Sequence[Mathematics]) -> list[str]:
    """The cells of a column; numbers have their decimal points below each other."""
    most = max(map(behind, cells))
    return [_cell(cell, most - behind(cell) if isinstance(cell, Number) else 0) for cell in cells]


def _cell(node: Mathematics, blank: float = 0) -> str:
    space = f'<mspace width="{blank:g}ch"/>' if blank else ""
    return f"<mtd>{_spread(node)}{space}</mtd>"


def _captioned(node: Captioned) -> str:
    return f"<munder>{write(node.inner)}<mrow>{_spread(node.caption)}</mrow></munder>"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Number: _number,
    Symbol: _symbol,
    Operator: _operator,
    Function: _function,
    Text: _text,
    Row: _row,
    Fraction: _fraction,
    Root: _root,
    Script: _script,
    Fenced: _fenced,
    Matrix: _matrix,
    Captioned: _captioned,
}
