"""Typeset mathematics as TeX, in the dialects of LaTeX and of Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
from nnsolve.report.typeset.measure import DIGIT, behind

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ℓ": "ell",
}  # fmt: skip

SIGNS = {
    "−": "-", "·": r"\cdot", "⊙": r"\odot", "≈": r"\approx", "←": r"\leftarrow", "∂": r"\partial", "Σ": r"\sum",
    "‖": r"\Vert",
    "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "…": r"\dots", "⊤": r"\top",
}  # fmt: skip

FENCES = {"|": ("\\lvert", "\\rvert"), "‖": ("\\lVert", "\\rVert"), "⌊": ("\\lfloor", ""), "⌋": ("", "\\rfloor")}
ACCENTS = {"bar", "hat", "tilde", "dot", "acute", "grave", "ddot", "check", "breve"}
DOTLESS = {"i": r"\imath", "j": r"\jmath"}
"""Letters that lose their dot below a mark."""

FUNCTIONS = {"ln", "exp", "tanh", "sinh", "cosh", "sin", "cos", "max", "min", "log", "arg", "det"}

_NAME = re.compile(r"(.*?)([₀-₉]*)(′*)")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Dialect(NamedTuple):
    r"""What differs between LaTeX and TeX inside of Markdown.

    Markdown takes a backslash before punctuation for its own, and an underscore between two signs for emphasis: there a
    row ends in `\cr`, a blank stands before each underscore, and `\thinspace` is written out.
    """

    newline: str = r"\\"
    sub: str = "_"
    thin: str = r"\,"
    tight: str = r"\!"
    text: Callable[[str], str] = str
    lt: str = "<"
    gt: str = ">"


class Tex:
    """Writes mathematics in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._signs = {**SIGNS, " ": dialect.thin, "<": dialect.lt, ">": dialect.gt}
        self._signs["/"] = f"{dialect.thin} / {dialect.thin}"

    def write(self, node: Mathematics) -> str:
        """The TeX of a tree."""
        return _WRITERS[type(node)](self, node)

    def number(self, node: Number) -> str:
        mantissa, e, exponent = node.text.partition("e")
        if node.text.lstrip("-") in ("inf", "nan"):
            return node.text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
        return rf"{mantissa} \times 10^{{{exponent}}}" if e else mantissa

    def symbol(self, node: Symbol) -> str:
        letter = self.letter(node.letter)
        text = rf"\{node.accent}{{{DOTLESS.get(letter, letter)}}}" if node.accent in ACCENTS else letter
        if node.lowered:
            parts = [self.symbol(part) if isinstance(part, Symbol) else self.lowered(part) for part in node.lowered]
            text += f"{self.dialect.sub}{{{','.join(parts)}}}"
        if node.raised:
            text += f"^{{{node.raised}}}"
        return text + node.moment

    def letter(self, text: str) -> str:
        """A letter, or a word set upright."""
        if text in GREEK:
            return f"\\{GREEK[text]}"
        return (
            text if len(text) == 1 and text.isascii() and text.isalnum() else rf"\mathrm{{{self.dialect.text(text)}}}"
        )

    def lowered(self, text: str) -> str:
        """What stands below: a number, a letter, two letters (hh), a step (t-1), or a word set upright."""
        short = text.isascii() and (text.isdecimal() or (text.isalnum() and len(text) <= 2))
        return text if short or text in RUNNING else self.letter(text)

    def operator(self, node: Operator) -> str:
        return self._signs.get(node.sign, node.sign)

    def function(self, node: Function) -> str:
        """The name of a function, words in front of it with a small space behind them."""
        found = _NAME.fullmatch(node.name)
        assert found is not None
        words, index, marks = found.groups()
        parts = [self.function_word(word) for word in words.split(" ")]
        below = f"{self.dialect.sub}{{{index.translate(_DIGITS)}}}" if index else ""
        return f" {self.dialect.thin} ".join(parts) + below + "'" * len(marks)

    def function_word(self, word: str) -> str:
        if word in FUNCTIONS:
            return f"\\{word}"
        return f"\\{GREEK[word]}" if word in GREEK else rf"\mathrm{{{self.dialect.text(word)}}}"

    def words(self, node: Text) -> str:
        return rf"\text{{{self.dialect.text(node.text)}}}"

    def row(self, node: Row) -> str:
        parts: list[str] = []
        for n, part in enumerate(node.parts):
            if n and isinstance(node.parts[n - 1], Function) and is_stretched(part):
                parts.append(self.dialect.tight)
            parts.append(self.write(part))
        return " ".join(parts)

    def fraction(self, node: Fraction) -> str:
        return rf"\frac{{{self.write(node.top)}}}{{{self.write(node.bottom)}}}"

    def root(self, node: Root) -> str:
        return rf"\sqrt{{{self.write(node.inner)}}}"

    def script(self, node: Script) -> str:
        base = self.write(node.base)
        if not isinstance(node.base, Symbol | Number | Fenced | Matrix | Operator):
            base = f"{{{base}}}"
        below = "" if node.sub is None else f"{self.dialect.sub}{{{self.write(node.sub)}}}"
        return base + below + ("" if node.sup is None else f"^{{{self.write(node.sup)}}}")

    def fenced(self, node: Fenced) -> str:
        inner = self.write(node.inner)
        left, right = FENCES.get(node.left, (node.left, ""))[0], FENCES.get(node.right, ("", node.right))[1]
        if is_stretched(node):
            return rf"\left{left or '.'} {inner} \right{right or '.'}"
        return f"{left} {inner} {right}" if left[:1] == "\\" else f"{left}{inner}{right}"

    def matrix(self, node: Matrix) -> str:
        """Rows between brackets; numbers below each other by their decimal points."""
        columns = list(zip(*node.rows, strict=True))
        cells = [self.column(column) for column in columns]
        kinds = "".join("r" if any(isinstance(cell, Number) for cell in column) else "c" for column in columns)
        table = self.array(kinds, list(zip(*cells, strict=True)))
        if node.heads:
            heads = " & ".join(map(self.write, node.heads))
            newline = self.dialect.newline
            return self.array(kinds, list(zip(*cells, strict=True)), f"{heads} {newline} \\hline ")
        table = rf"\left[{table}\right]"
        if node.labels:
            labels = self.array("r", [(self.write(label),) for label in node.labels])
            return f"{labels} {table}"
        return table

    def array(self, kinds: str, rows: Sequence[Sequence[str]], head: str = "") -> str:
        body = f" {self.dialect.newline} ".join([" & ".join(row) for row in rows])
        return rf"\begin{{array}}{{{kinds}}} {head}{body} \end{{array}}"

    def column(self, cells: Sequence[Mathematics]) -> list[str]:
        """The cells of a column, with what some have fewer digits behind the point left blank."""
        longest = max(cells, key=behind)
        powers = any(isinstance(cell, Number) and "e" in cell.text for cell in cells)
        blanks = [_blank(cell, longest, powers) if isinstance(cell, Number) else "" for cell in cells]
        return [self.write(cell) + blank for cell, blank in zip(cells, blanks, strict=True)]

    def captioned(self, node: Captioned) -> str:
        return rf"\underset{{{self.write(node.caption)}}}{{{self.write(node.inner)}}}"


def _blank(cell: Number, longest: Mathematics, powers: bool) -> str:
    """What is missing behind a number; with powers of ten in its column only about as wide, else exactly."""
    if powers:
        missing = DIGIT * (behind(longest) - behind(cell))
        return rf"\hspace{{{missing:.2f}em}}" if missing else ""
    most, own = (_zeros(number) for number in (longest, cell))
    return rf"\phantom{{{most[len(own) :]}}}" if len(own) < len(most) else ""


def _zeros(cell: Mathematics) -> str:
    """The decimal point of a number and as many zeros as there are digits behind it."""
    _, point, digits = cell.text.partition(".") if isinstance(cell, Number) else ("", "", "")
    return point + "0" * len(digits)


def is_stretched(node: Mathematics) -> bool:
    """Whether fences have to be higher than a line."""
    if not isinstance(node, Fenced) or node.broken:
        return False
    return node.left == "" or is_high(node.inner)


def is_high(node: Any) -> bool:
    """Whether something is higher than a line: a fraction, a root or a matrix of several rows."""
    if isinstance(node, Fraction | Root):
        return True
    if isinstance(node, Matrix):
        return len(node.rows) > 1 or bool(node.heads) or any(map(is_high, node.rows[0]))
    if isinstance(node, Row):
        return any(map(is_high, node.parts))
    if isinstance(node, Fenced | Captioned):
        return is_high(node.inner)
    return isinstance(node, Script) and is_high(node.base)


_WRITERS: dict[type, Callable[[Tex, Any], str]] = {
    Number: Tex.number,
    Symbol: Tex.symbol,
    Operator: Tex.operator,
    Function: Tex.function,
    Text: Tex.words,
    Row: Tex.row,
    Fraction: Tex.fraction,
    Root: Tex.root,
    Script: Tex.script,
    Fenced: Tex.fenced,
    Matrix: Tex.matrix,
    Captioned: Tex.captioned,
}
