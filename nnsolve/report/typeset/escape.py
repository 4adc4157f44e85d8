"""Any text as LaTeX in ASCII: nothing in it is a command, and what pdflatex has no glyph for is named by its code."""

from __future__ import annotations

import unicodedata

from nnsolve.report.typeset.tex import GREEK

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\char34{}", "`": r"\textasciigrave{}",
}  # fmt: skip

_LETTERS = {
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}", "Œ": r"\OE{}",
    "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": r"\textquoteleft{}",
    "’": "'", "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "„": ",,", "…": r"\dots{}", "•": r"\textbullet{}", "§": r"\S{}", "¶": r"\P{}", "©": r"\copyright{}",
    "¿": r"\textquestiondown{}", "¡": r"\textexclamdown{}", "\u00a0": "~", "‑": "-", "°": r"\ensuremath{^\circ}",
}  # fmt: skip

_SIGNS = {
    "−": "-", "×": r"\times", "·": r"\cdot", "÷": r"\div", "±": r"\pm", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "≈": r"\approx", "∞": r"\infty", "→": r"\to", "←": r"\leftarrow", "⇒": r"\Rightarrow", "↔": r"\leftrightarrow",
    "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "√": r"\surd", "∈": r"\in", "∉": r"\notin",
    "∀": r"\forall", "∃": r"\exists", "⊙": r"\odot", "⊗": r"\otimes", "⊤": r"\top", "ᵀ": r"^\top", "′": r"'",
    "‖": r"\Vert", "⌊": r"\lfloor", "⌋": r"\rfloor", "½": r"\tfrac12", "⅓": r"\tfrac13", "¼": r"\tfrac14",
    "¾": r"\tfrac34", "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "ℝ": r"\mathbf{R}", "µ": r"\mu", "∝": r"\propto",
    "¬": r"\neg", "∧": r"\wedge", "∨": r"\vee", "⊕": r"\oplus", "✓": r"\surd", "ϕ": r"\phi", "ϵ": r"\epsilon",
}  # fmt: skip

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True))

_MARKS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r"\"", "\u0304": r"\=",
    "\u0306": r"\u", "\u0307": r"\.", "\u030a": r"\r", "\u030c": r"\v", "\u030b": r"\H", "\u0327": r"\c",
    "\u0323": r"\d", "\u0331": r"\b",
}  # fmt: skip


def escaped(text: str) -> str:
    """Text of any kind between other LaTeX."""
    if text.isascii() and text.replace(" ", "").isalnum():
        return text
    found = "".join(map(_character, _composed(text)))
    return found.replace("--", "-{}-").replace("--", "-{}-").replace("''", "'{}'").replace("''", "'{}'")


def _composed(text: str) -> list[str]:
    """The characters, each with the marks that belong to it."""
    found: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if found and unicodedata.combining(character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _character(text: str) -> str:
    if text in _SPECIAL:
        return _SPECIAL[text]
    if len(text) == 1 and " " <= text <= "~":
        return text
    if text in _LETTERS:
        return _LETTERS[text]
    if text in _SIGNS:
        return rf"\ensuremath{{{_SIGNS[text]}}}"
    if text in GREEK:
        return rf"\ensuremath{{\{GREEK[text]}}}"
    if text in _RAISED:
        return rf"\ensuremath{{^{{{_RAISED[text]}}}}}"
    if text in _LOWERED:
        return rf"\ensuremath{{_{{{_LOWERED[text]}}}}}"
    parts = unicodedata.normalize("NFD", text)
    letter, marks = parts[0], parts[1:]
    if letter.isascii() and letter.isalpha() and len(marks) == 1 and marks[0] in _MARKS:
        return rf"{_MARKS[marks[0]]}{{{_DOTLESS.get(letter, letter) if marks[0] in _ABOVE else letter}}}"
    return "".join([f"[U+{ord(character):04X}]" for character in text])


_DOTLESS = {"i": r"\i", "j": r"\j"}
_ABOVE = frozenset(_MARKS) - {"\u0327", "\u0323", "\u0331"}
