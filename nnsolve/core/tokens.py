"""The words of the equation language: numbers, names, signs, time steps `_{t-1}`; in addresses `dL/dW1` and `@2`."""

from __future__ import annotations

import re
from typing import NamedTuple

from nnsolve.core.diagnostics import Place, ProblemError

MAX_LENGTH = 1_000_000

NAME = r"[^\W\d]\w*"
SUBSCRIPT = r"(?<=_)\{\s*(?:t\s*(?:[+-]\s*\d{1,9})?|\d{1,9})\s*\}"
"""A time step behind a name's underscore: `h_{t-1}`, `h_{2}`; `h_t` and `h_2` need no braces."""

MOMENT = re.compile(r"@(?:(\d+)|e(\d+)|(end))(?!\w)")
DERIVATIVE = re.compile(rf"d({NAME})/d({NAME})")


def _token_pattern(address: str) -> re.Pattern[str]:
    return re.compile(
        rf"""{address}\s*(?:
          (?P<number>(?:\d[\d_]*(?:\.(?!T\b)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
        | (?P<name>{NAME}(?:{SUBSCRIPT}|'*))
        | (?P<op>\*\*|\.T\b|[-+*/@^()\[\],:=])
        )""",
        re.VERBOSE,
    )


_TOKENS = _token_pattern("")
_ADDRESS_TOKENS = _token_pattern(rf"(?P<moment>(?<=\w)@(?:\d+|e\d+|end)(?!\w)) | \s*(?P<derivative>d{NAME}/d{NAME}) |")


class Token(NamedTuple):
    """A word of the language; `at` is its offset in the text.

    Kinds: number, name, derivative, moment, op (signs and brackets) and end.
    """

    kind: str
    text: str
    at: int


def tokenize(text: str, place: Place | None, addresses: bool) -> list[Token]:
    """The tokens of a text, closed by an `end` token."""
    if len(text) > MAX_LENGTH:
        raise ProblemError.of("too-long", f"the text has {len(text)} characters; at most {MAX_LENGTH} are read", place)
    pattern = _ADDRESS_TOKENS if addresses else _TOKENS
    tokens: list[Token] = []
    at = 0
    while found := pattern.match(text, at):
        kind = found.lastgroup or ""
        word = found[kind]
        tokens.append(Token(kind, "".join(word.split()) if "{" in word else word, found.start(kind)))
        at = found.end()
    rest = text[at:].lstrip()
    if rest:
        help = _HINTS.get(rest[0])
        if rest[0] == "." and tokens and tokens[-1].text in _MODULES:
            help = f"functions stand alone: write {rest[1:].split('(')[0][:40]}(...) without {tokens[-1].text}."
        raise syntax_error(f"{rest[0]!r} has no meaning here", text, place, len(text) - len(rest), help)
    tokens.append(Token("end", "", len(text.rstrip())))
    return tokens


LOG_HELP = "say which logarithm: ln (natural), log2 or log10"
"""`log` alone is natural in some fields and decimal in others, so that it is no function here."""

_MODULES = ("np", "numpy", "math", "torch", "nn", "F", "tf", "jnp")

_HINTS = {
    "·": "write * for an elementwise product, @ for a matrix product",
    "×": "write * for an elementwise product, @ for a matrix product",
    "⊙": "write * for an elementwise product",
    "−": "write the minus sign as -",
    "%": "there is no remainder operation; write 0.5 for 50%",
    "!": "there are no comparisons; step(x) is 1 where x > 0",
    "<": "there are no comparisons; step(x) is 1 where x > 0",
    ">": "there are no comparisons; step(x) is 1 where x > 0",
    ".": "transpose is written W.T",
    ";": "write one equation a line",
    "'": "transpose is written W.T; relu'(z) is the derivative of an activation",
    "{": "group with ( ) and index with [ ]",
}


def syntax_error(message: str, text: str, place: Place | None, at: int, help: str | None = None) -> ProblemError:
    """A finding about one column of a text."""
    shown = text if len(text) <= 80 else text[max(0, at - 40) : at + 40]
    return ProblemError.of("syntax", f"{message}, in {shown!r}", place.right(at) if place else None, help)
