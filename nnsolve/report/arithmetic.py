"""Arithmetic with numbers, as a line of text and as typeset mathematics at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnsolve.core.spelling import ATOM, POSTFIX, POWER, PRODUCT, SIGN, SUM
from nnsolve.report.numbers import number_text
from nnsolve.report.style import Style
from nnsolve.report.symbols import superscript
from nnsolve.report.typeset.mathematics import (
    Fenced,
    Fraction,
    Function,
    Mathematics,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Symbol,
    Text,
    row,
    separated,
)


class Term:
    """An arithmetic expression, and how tightly it binds."""

    __slots__ = ("binds", "text", "tree")

    def __init__(self, text: str, binds: int, tree: Mathematics) -> None:
        self.text = text
        self.binds = binds
        self.tree = tree

    def within(self, place: int) -> Term:
        """The expression, in parentheses where it binds less tightly than its place asks for."""
        return self if self.binds >= place else self.fenced()

    def fenced(self) -> Term:
        """The expression in parentheses."""
        return Term(f"({self.text})", ATOM, Fenced("(", self.tree, ")"))


class Arithmetic:
    """Writes arithmetic in the signs of a style."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.unicode = style.unicode
        self.minus = "−" if style.unicode else "-"
        self.dots = "…" if style.unicode else "..."

    def number(self, digits: str) -> Term:
        """A number that is given in ASCII."""
        text = number_text(digits, self.style)
        return Term(text, SIGN if text[0] in "-−" else PRODUCT if "×" in text else ATOM, Number(digits))

    def total(self, terms: Iterable[tuple[str, Term]], gap: int | None) -> Term:
        """A sum of signed terms, with dots before the term at `gap`; a negative term is subtracted."""
        parts: list[str] = []
        trees: list[Mathematics] = []
        found = list(terms)
        if len(found) == 1 and found[0][0] == "+":
            return found[0][1]
        for n, (sign, term) in enumerate(found):
            if n == gap:
                parts.append(f" + {self.dots}")
                trees += [Operator("+"), Operator("…")]
            negative = term.text[0] == self.minus
            if sign == "-":
                term, sign = (term.fenced() if negative else term.within(PRODUCT)), self.minus
            elif negative and parts:
                bare = term.binds > SUM or not _sums(term.text[1:])
                term, sign = (_opposite(term), self.minus) if bare else (term.fenced(), "+")
            parts.append(f" {sign} {term.text}" if parts else f"{'' if sign == '+' else sign}{term.text}")
            trees += [] if sign == "+" and not trees else [Operator("+" if sign == "+" else "−")]
            trees.append(term.tree)
        return Term("".join(parts), SUM, row(*trees))

    def times(self, factors: Sequence[Term]) -> Term:
        """A product."""
        first = factors[0] if factors[0].binds == SIGN else factors[0].within(SIGN)
        parts = [first, *(factor.within(POWER) for factor in factors[1:])]
        text = ("·" if self.unicode else "*").join([part.text for part in parts])
        return Term(text, PRODUCT, separated([part.tree for part in parts], "·"))

    def negative(self, inner: Term) -> Term:
        inner = inner.within(POWER if inner.text[0] == self.minus else PRODUCT)
        return Term(self.minus + inner.text, SIGN, row(Operator("−"), inner.tree))

    def quotient(self, top: Term, bottom: Term) -> Term:
        above = top if top.binds == SIGN else top.within(PRODUCT)
        return Term(f"{above.text} / {bottom.within(POWER).text}", PRODUCT, Fraction(top.tree, bottom.tree))

    def power(self, base: Term, exponent: Term) -> Term:
        lifted = superscript(exponent.text.replace("−", "-")) if self.unicode else None
        base, raised = base.within(POSTFIX), lifted or f"^{exponent.within(POSTFIX).text}"
        tree = base.fenced().tree if isinstance(base.tree, Fraction) else base.tree
        return Term(base.text + raised, POWER, Script(tree, sup=exponent.tree))

    def exponential(self, inner: Term) -> Term:
        text, tree = inner.text, inner.tree
        if text.startswith(f"{self.minus}({self.minus}") and text.count("(") == 1:
            text, tree = text[3:-1], _twice_negated(tree)
        simple = all(c in "0123456789.-−" for c in text)
        return Term(f"e^{text}" if simple else f"e^({text})", POWER, Script(Symbol("e"), sup=tree))

    def root(self, inner: Term) -> Term:
        text = f"√{inner.within(ATOM).text}" if self.unicode else f"sqrt({inner.text})"
        return Term(text, ATOM, Root(inner.tree))

    def condition(self, left: Term, right: Term) -> Term:
        tree = Fenced("[", row(left.tree, Operator(">"), right.tree), "]")
        return Term(f"[{left.text} > {right.text}]", ATOM, tree)

    def call(self, name: str, args: Sequence[Term], more: Sequence[str] = ()) -> Term:
        """A function of numbers, and what else stands between its parentheses."""
        inside = separated([*[arg.tree for arg in args], *map(Text, more)], ",")
        text = ", ".join([*[arg.text for arg in args], *more])
        return Term(f"{name}({text})", ATOM, row(Function(name), Fenced("(", inside, ")")))

    def fences(self, left: str, inner: Term, right: str) -> Term:
        """Fences around a number: |x|."""
        return Term(f"{left}{inner.text}{right}", ATOM, Fenced(left, inner.tree, right))


def _opposite(term: Term) -> Term:
    """What follows the minus that a term begins with."""
    return Term(term.text[1:], term.binds, _without_minus(term.tree))


def _without_minus(tree: Mathematics) -> Mathematics:
    if isinstance(tree, Number):
        return Number(tree.text[1:])
    if isinstance(tree, Fraction):
        return tree._replace(top=_without_minus(tree.top))
    first, *rest = tree.parts  # type: ignore[union-attr]  # a sum or product begins with its minus, or with a number
    return row(*rest) if isinstance(first, Operator) else row(_without_minus(first), *rest)


def _twice_negated(tree: Mathematics) -> Mathematics:
    """What −(−x) is."""
    inner = tree.parts[1] if isinstance(tree, Row) else tree
    return _without_minus(inner.inner) if isinstance(inner, Fenced) else tree


def _sums(text: str) -> bool:
    """Whether a sum is written in a text outside of any parentheses."""
    depth = 0
    for n, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and sign in "+−-" and text[n - 1 : n] == " ":
            return True
    return False
