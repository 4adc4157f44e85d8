"""Every element's arithmetic written out: `z₁[1] = 1·3 + 0·14 − 1 = 2`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice, product
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, Ref, nodes
from nnsolve.core.spelling import ATOM, POSTFIX, POWER, PRODUCT, SIGN, SUM, spell_number
from nnsolve.core.trace import Step
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import definition, unfold
from nnsolve.report import notation
from nnsolve.report.boxes import width
from nnsolve.report.lines import broken, paragraph
from nnsolve.report.numbers import number, places
from nnsolve.report.operands import Operands
from nnsolve.report.scope import Scope, options
from nnsolve.report.style import Line
from nnsolve.report.symbols import superscript
from nnsolve.report.tensors import rows_of, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST_LINES = 48
"""Elements of one tensor that are written out; the rest is counted."""

MOST_TERMS = 12
"""Terms of one sum that are written out: the first ones, dots, and the last."""

MOST_ZEROS = 2
"""Terms of a sum with the factor 0 that are still written out."""

LONGEST = 600
"""Characters of one element's arithmetic; an expression that needs more is left to its formula."""

Place = tuple[int, ...]


class UnknownArithmeticError(Exception):
    """An element depends on its operands in a way that has no arithmetic to write out."""


class Text:
    """An arithmetic expression as text, and how tightly it binds."""

    __slots__ = ("binds", "text")

    def __init__(self, text: str, binds: int) -> None:
        self.text = text
        self.binds = binds

    def within(self, place: int) -> str:
        return self.text if self.binds >= place else f"({self.text})"


class Elements:
    """Writes the elements of one step's expression."""

    def __init__(self, step: Step, scope: Scope) -> None:
        self.scope = scope
        self.style = scope.style
        self.operands = Operands(step.operands, scope)
        self.zeros = 0  # terms with a factor that is 0, left out of what was written last
        self._known: dict[Expr, tuple[Tensor, int] | None] = {}

    def shape(self, expr: Expr) -> tuple[int, ...]:
        shape = self.scope.shape(expr)
        if shape is None:
            raise UnknownArithmeticError
        return shape.dims

    def known(self, expr: Expr) -> tuple[Tensor, int] | None:
        """A value that needs no arithmetic, and the decimals that its elements are shown with."""
        if expr not in self._known:
            value = self.operands.known(expr)
            self._known[expr] = None if value is None else (value, _decimals(value))
        return self._known[expr]

    def element(self, expr: Expr, at: Place) -> Text:
        """The arithmetic of one element of an expression; given up as soon as a part of it is too long to be shown.

        The elements of nested sums and products are longer than anything that could be written.
        """
        text = self._element(expr, at)
        if len(text.text) > LONGEST:
            raise UnknownArithmeticError
        return text

    def _element(self, expr: Expr, at: Place) -> Text:
        if isinstance(expr, Num):
            return self.constant(expr)
        dims = self.shape(expr)
        at = tuple(0 if n == 1 else i for i, n in zip(at, dims, strict=False)) if dims else ()
        known = self.known(expr)
        if known is not None:
            value, decimals = known
            return _number_text(number(float(value[at] if at else value), decimals, self.style))
        if isinstance(expr, Ref):
            raise UnknownArithmeticError
        writer = _WRITERS.get(expr.op)
        if writer is not None:
            return writer(self, expr, at)
        unfolded = definition(expr)
        if unfolded is not None:
            return self.element(unfold(unfolded), at)
        operation = REGISTRY.get(expr.op)
        if operation is None or not operation.elementwise:
            raise UnknownArithmeticError
        args = [self.element(arg, at).text for arg in expr.args]
        return self.call(expr, args)

    def constant(self, expr: Num) -> Text:
        unicode = self.style.unicode
        text = notation.number_sign(expr.value) if unicode else spell_number(expr.value)
        return Text(text, PRODUCT) if "/" in text else _number_text(text)

    def call(self, expr: Call, args: list[str]) -> Text:
        """A function of numbers."""
        operation = REGISTRY.get(expr.op)
        more = notation.extras(expr, self.scope)
        if operation and operation.fences and self.style.unicode and not more:
            return Text(f"{operation.fences[0]}{args[0]}{operation.fences[1]}", ATOM)
        return Text(f"{notation.function_name(expr.op, self.scope)}({', '.join(args + more)})", ATOM)

    def total(self, terms: Iterator[tuple[str, Text]], count: int) -> Text:
        """A sum of `count` signed terms; a negative term is subtracted."""
        minus = "−" if self.style.unicode else "-"
        dots = "…" if self.style.unicode else "..."
        parts: list[str] = []
        for n, (sign, term) in enumerate(terms):
            if count > MOST_TERMS and n == MOST_TERMS - 1:
                parts.append(f" + {dots}")
            text, negative = term.text, term.text[0] == minus
            if sign == "-":
                text = term.within(PRODUCT) if not negative else f"({text})"
                parts.append(f" {minus} {text}" if parts else f"{minus}{text}")
            elif negative and parts:
                parts.append(f" {minus} {text[1:]}" if term.binds > SUM or not _sums(text[1:]) else f" + ({text})")
            else:
                parts.append(f" + {text}" if parts else text)
        if count == 1 and len(parts) == 1 and term.text == parts[0]:
            return term
        return Text("".join(parts), SUM)

    def times(self, factors: list[Text]) -> Text:
        """A product."""
        dot = "·" if self.style.unicode else "*"
        first = factors[0].within(SIGN) if factors[0].binds != SIGN else factors[0].text
        return Text(dot.join([first, *(f.within(POWER) for f in factors[1:])]), PRODUCT)

    def add(self, expr: Call, at: Place) -> Text:
        return self.total((self.term(arg, at) for arg in expr.args), len(expr.args))

    def term(self, expr: Expr, at: Place) -> tuple[str, Text]:
        """A term of a sum: its sign in the formula, and what follows it."""
        if isinstance(expr, Call) and expr.op == "neg":
            return "-", self.element(expr.args[0], at)
        return "+", self.element(expr, at)

    def negative(self, expr: Call, at: Place) -> Text:
        inner = self.element(expr.args[0], at)
        minus = "−" if self.style.unicode else "-"
        return Text(f"{minus}{inner.within(POWER if inner.text[0] == minus else PRODUCT)}", SIGN)

    def product(self, expr: Call, at: Place) -> Text:
        return self.times([self.element(arg, at) for arg in expr.args])

    def quotient(self, expr: Call, at: Place) -> Text:
        top, bottom = (self.element(arg, at) for arg in expr.args)
        return Text(f"{top.within(PRODUCT) if top.binds != SIGN else top.text} / {bottom.within(POWER)}", PRODUCT)

    def power(self, expr: Call, at: Place) -> Text:
        base, exponent = (self.element(arg, at) for arg in expr.args)
        lifted = superscript(exponent.text.replace("−", "-")) if self.style.unicode else None
        return Text(base.within(POSTFIX) + (lifted or f"^{exponent.within(POSTFIX)}"), POWER)

    def exponential(self, expr: Call, at: Place) -> Text:
        inner = self.element(expr.args[0], at)
        text = inner.text
        minus = "−" if self.style.unicode else "-"
        if text.startswith(f"{minus}({minus}") and text.count("(") == 1:
            text = text[3:-1]
        simple = all(c in "0123456789.-−" for c in text)
        return Text(f"e^{text}" if simple else f"e^({text})", POWER)

    def root(self, expr: Call, at: Place) -> Text:
        inner = self.element(expr.args[0], at)
        return Text(f"√{inner.within(ATOM)}" if self.style.unicode else f"sqrt({inner.text})", ATOM)

    def matrix_product(self, expr: Call, at: Place) -> Text:
        left, right = expr.args
        count = self.shape(left)[-1]
        i, j = at or (0, 0)
        inner = shortened(((k,) for k in range(count)), count)
        factors = ([self.element(left, (i, k)), self.element(right, (k, j))] for (k,) in inner)
        return self.total((("+", self.times(pair)) for pair in factors), count)

    def transpose(self, expr: Call, at: Place) -> Text:
        return self.element(expr.args[0], at[::-1])

    def reduced(self, expr: Call, at: Place) -> tuple[Iterator[Place], int]:
        """The places of the elements that a reduction takes together."""
        dims = self.shape(expr.args[0])
        axis = options(expr).get("axis")
        out = self.scope.shape(expr)
        if axis is None or out is None or not out.dims:
            spans = [range(n) for n in dims]
        else:
            along = self.scope.layout.axis(str(axis))
            spans = [range(n) if k == along else range(i, i + 1) for k, (i, n) in enumerate(zip(at, dims, strict=True))]
        return product(*spans), int(np.prod([len(span) for span in spans]))

    def summation(self, expr: Call, at: Place) -> Text:
        where, count = self.reduced(expr, at)
        inner = expr.args[0]
        if MOST_ZEROS < count <= 4096:
            places = list(where)
            kept = [place for place in places if not self.vanishes(inner, place)]
            if kept and count - len(kept) > MOST_ZEROS:
                self.zeros += count - len(kept)
                places, count = kept, len(kept)
            where = iter(places)
        return self.total((("+", self.element(inner, place)) for place in shortened(where, count)), count)

    def vanishes(self, expr: Expr, at: Place) -> bool:
        """Whether an element is a product with a known factor that is 0, as the terms of all classes but one are."""
        if not isinstance(expr, Call):
            return False
        if expr.op == "neg":
            return self.vanishes(expr.args[0], at)
        if expr.op != "mul":
            return False
        for arg in expr.args:
            known = self.known(arg)
            if known is None or not known[0].ndim:
                continue
            value = known[0]
            if value[tuple(0 if n == 1 else i for i, n in zip(at, value.shape, strict=False))] == 0:
                return True
        return False

    def mean(self, expr: Call, at: Place) -> Text:
        _, count = self.reduced(expr, at)
        return Text(f"{self.summation(expr, at).within(PRODUCT)} / {count}", PRODUCT)

    def extreme(self, expr: Call, at: Place) -> Text:
        if len(expr.args) > 1:
            return self.call(expr, [self.element(arg, at).text for arg in expr.args])
        where, count = self.reduced(expr, at)
        texts = [self.element(expr.args[0], place).text for place in islice(where, MOST_TERMS)]
        return Text(f"{expr.op}({', '.join(texts)}{', …' if count > MOST_TERMS else ''})", ATOM)

    def condition(self, expr: Call, at: Place) -> Text:
        left, right = (self.element(arg, at).text for arg in expr.args)
        return Text(f"[{left} > {right}]", ATOM)


def shortened(where: Iterator[Place], count: int) -> Iterator[Place]:
    """The places of a long sum that are written out: the first ones and the last."""
    if count <= MOST_TERMS:
        return where
    return chain(islice(where, MOST_TERMS - 1), islice(where, count - MOST_TERMS, count - MOST_TERMS + 1))


def _sums(text: str) -> bool:
    """Whether a sum is written in a text outside of any parentheses."""
    depth = 0
    for n, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and sign in "+−-" and text[n - 1 : n] == " ":
            return True
    return False


def _number_text(text: str) -> Text:
    return Text(text, SIGN if text[0] in "-−" else PRODUCT if "×" in text else ATOM)


def _decimals(value: Tensor) -> int:
    return places(value.ravel()[:400].tolist())


def element_texts(step: Step, scope: Scope, exact: Tensor | None = None) -> list[str]:
    """The arithmetic of the first elements of a step; none where it has none to write out.

    `exact` is what was rounded to the value of the step.
    """
    assert step.equation is not None
    expr = unfold(step.equation.expr)
    writer = Elements(step, scope)
    if writer.known(expr) is not None or _is_written(expr, step):
        return []
    results = texts(rows_of(step.value), scope.style) if step.value.size <= 4096 else None
    before = None if exact is None or exact.size > 4096 else texts(rows_of(exact), scope.style)
    about = "≈" if scope.style.unicode else "~="
    found: list[str] = []
    try:
        for at in islice(np.ndindex(step.value.shape), MOST_LINES):
            i, j = (0, 0, *at)[-2:]
            result = results[i][j] if results else number(float(step.value[at]), 4, scope.style)
            if before and before[i][j] != result:
                result = f"{before[i][j]} {about} {result}"
            writer.zeros = 0
            text = writer.element(expr, at).text
            if writer.zeros:
                result += f"  (without {writer.zeros} terms with the factor 0)"
            found.append(f"{_label(step, at, scope)} = {text} = {result}")
    except UnknownArithmeticError:
        return []
    return found


def element_lines(step: Step, scope: Scope, indent: int, exact: Tensor | None = None) -> list[Line]:
    """The arithmetic of the elements of a step, one a line, in columns where they are short."""
    found = element_texts(step, scope, exact)
    lines = _columns(found, indent, scope.style.width - indent)
    if found and step.value.size > len(found):
        lines += paragraph(f"{step.value.size - len(found)} more elements are left out", scope.style, "note", indent)
    return lines


def _is_written(expr: Expr, step: Step) -> bool:
    """Whether the numbers put in say it all: a formula of single numbers, without a function to unfold."""
    if any(value.ndim for value in step.operands.values()):
        return False
    calls = [node.op for node in nodes(expr) if isinstance(node, Call)]
    return not any(REGISTRY[op].definition for op in calls if op in REGISTRY)


def _label(step: Step, at: Place, scope: Scope) -> str:
    name = scope.name(step.name)
    if not at:
        return name
    if step.shape.flat:
        return f"{name}[{max(at) + scope.base}]"
    return f"{name}[{','.join(str(i + scope.base) for i in at)}]"


def _columns(found: list[str], indent: int, room: int) -> list[Line]:
    widest = max([width(text) for text in found], default=0)
    across = max(1, min(3, (room + 4) // (widest + 4)))
    lines: list[Line] = []
    if across == 1:
        for text in found:
            for n, part in enumerate(broken(text, room - 4)):
                lines.append([(" " * (indent + (4 if n else 0)), ""), (part, "")])
        return lines
    down = -(-len(found) // across)
    for row in range(down):
        cells = found[row::down]
        filled = [cell + " " * (widest - width(cell)) for cell in cells]
        lines.append([(" " * indent, ""), ("    ".join(filled).rstrip(), "")])
    return lines


_WRITERS: dict[str, Callable[[Elements, Call, Place], Text]] = {
    "add": Elements.add,
    "neg": Elements.negative,
    "mul": Elements.product,
    "div": Elements.quotient,
    "pow": Elements.power,
    "exp": Elements.exponential,
    "sqrt": Elements.root,
    "matmul": Elements.matrix_product,
    "transpose": Elements.transpose,
    "sum": Elements.summation,
    "mean": Elements.mean,
    "max": Elements.extreme,
    "min": Elements.extreme,
    "greater": Elements.condition,
}
