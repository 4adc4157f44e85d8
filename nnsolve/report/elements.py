"""Every element's arithmetic written out: `z₁[1] = 1·3 + 0·14 − 1 = 2`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, Ref, nodes
from nnsolve.core.spelling import ATOM, PRODUCT, SIGN, spell_number
from nnsolve.core.trace import Step
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import definition, unfold
from nnsolve.report import notation
from nnsolve.report.arithmetic import Arithmetic, Term
from nnsolve.report.boxes import width
from nnsolve.report.lines import broken, paragraph
from nnsolve.report.numbers import number, number_text, places
from nnsolve.report.operands import Operands
from nnsolve.report.scope import Scope, options
from nnsolve.report.style import Line
from nnsolve.report.tensors import rows_of, texts
from nnsolve.report.typeset.compose import constant

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


class Elements(Arithmetic):
    """Writes the elements of one step's expression."""

    def __init__(self, step: Step, scope: Scope) -> None:
        super().__init__(scope.style)
        self.scope = scope
        self.operands = Operands(step.operands, scope)
        self.ascii = scope.style._replace(unicode=False)
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

    def element(self, expr: Expr, at: Place) -> Term:
        """The arithmetic of one element of an expression; given up as soon as a part of it is too long to be shown.

        The elements of nested sums and products are longer than anything that could be written.
        """
        text = self._element(expr, at)
        if len(text.text) > LONGEST:
            raise UnknownArithmeticError
        return text

    def _element(self, expr: Expr, at: Place) -> Term:
        if isinstance(expr, Num):
            return self.constant(expr)
        dims = self.shape(expr)
        at = tuple(0 if n == 1 else i for i, n in zip(at, dims, strict=False)) if dims else ()
        known = self.known(expr)
        if known is not None:
            value, decimals = known
            return self.number(number(float(value[at] if at else value), decimals, self.ascii))
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
        return self.applied(expr, [self.element(arg, at) for arg in expr.args])

    def constant(self, expr: Num) -> Term:
        unicode = self.style.unicode
        text = notation.number_sign(expr.value) if unicode else spell_number(expr.value)
        return Term(text, PRODUCT if "/" in text else SIGN if text[0] in "-−" else ATOM, constant(expr))

    def applied(self, expr: Call, args: list[Term]) -> Term:
        """A function of numbers."""
        operation = REGISTRY.get(expr.op)
        more = notation.extras(expr, self.scope)
        if operation and operation.fences and self.style.unicode and not more:
            return self.fences(operation.fences[0], args[0], operation.fences[1])
        return self.call(notation.function_name(expr.op, self.scope), args, more)

    def add(self, expr: Call, at: Place) -> Term:
        return self.total([self.term(arg, at) for arg in expr.args], gap(len(expr.args)))

    def term(self, expr: Expr, at: Place) -> tuple[str, Term]:
        """A term of a sum: its sign in the formula, and what follows it."""
        if isinstance(expr, Call) and expr.op == "neg":
            return "-", self.element(expr.args[0], at)
        return "+", self.element(expr, at)

    def arguments(self, expr: Call, at: Place) -> list[Term]:
        """The same element of every argument."""
        return [self.element(arg, at) for arg in expr.args]

    def matrix_product(self, expr: Call, at: Place) -> Term:
        left, right = expr.args
        count = self.shape(left)[-1]
        i, j = at or (0, 0)
        inner = shortened(((k,) for k in range(count)), count)
        factors = ([self.element(left, (i, k)), self.element(right, (k, j))] for (k,) in inner)
        return self.total((("+", self.times(pair)) for pair in factors), gap(count))

    def transpose(self, expr: Call, at: Place) -> Term:
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

    def summation(self, expr: Call, at: Place) -> Term:
        where, count = self.reduced(expr, at)
        inner = expr.args[0]
        if MOST_ZEROS < count <= 4096:
            places = list(where)
            kept = [place for place in places if not self.vanishes(inner, place)]
            if kept and count - len(kept) > MOST_ZEROS:
                self.zeros += count - len(kept)
                places, count = kept, len(kept)
            where = iter(places)
        return self.total((("+", self.element(inner, place)) for place in shortened(where, count)), gap(count))

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

    def mean(self, expr: Call, at: Place) -> Term:
        _, count = self.reduced(expr, at)
        return self.quotient(self.summation(expr, at), self.number(str(count)))

    def extreme(self, expr: Call, at: Place) -> Term:
        if len(expr.args) > 1:
            return self.applied(expr, self.arguments(expr, at))
        where, count = self.reduced(expr, at)
        args = [self.element(expr.args[0], place) for place in islice(where, MOST_TERMS)]
        return self.call(expr.op, args, ["…"] if count > MOST_TERMS else [])


def gap(count: int) -> int | None:
    """Before which of the terms that are written out some are left out."""
    return MOST_TERMS - 1 if count > MOST_TERMS else None


def shortened(where: Iterator[Place], count: int) -> Iterator[Place]:
    """The places of a long sum that are written out: the first ones and the last."""
    if count <= MOST_TERMS:
        return where
    return chain(islice(where, MOST_TERMS - 1), islice(where, count - MOST_TERMS, count - MOST_TERMS + 1))


def _decimals(value: Tensor) -> int:
    return places(value.ravel()[:400].tolist())


class Element(NamedTuple):
    """One element: where it stands, its arithmetic, its value before it was rounded (where that shows), its value.

    `zeros` terms with the factor 0 are left out. Numbers are in ASCII.
    """

    at: Place
    term: Term
    exact: str | None
    result: str
    zeros: int


def elements(step: Step, scope: Scope, exact: Tensor | None = None) -> list[Element]:
    """The arithmetic of the first elements of a step; none where it has none to write out.

    `exact` is what was rounded to the value of the step.
    """
    assert step.equation is not None
    expr = unfold(step.equation.expr)
    writer = Elements(step, scope)
    if writer.known(expr) is not None or _is_written(expr, step):
        return []
    results = texts(rows_of(step.value), writer.ascii) if step.value.size <= 4096 else None
    before = None if exact is None or exact.size > 4096 else texts(rows_of(exact), writer.ascii)
    found: list[Element] = []
    try:
        for at in islice(np.ndindex(step.value.shape), MOST_LINES):
            i, j = (0, 0, *at)[-2:]
            result = results[i][j] if results else number(float(step.value[at]), 4, writer.ascii)
            unrounded = before[i][j] if before and before[i][j] != result else None
            writer.zeros = 0
            term = writer.element(expr, at)
            found.append(Element(at, term, unrounded, result, writer.zeros))
    except UnknownArithmeticError:
        return []
    return found


def zeros_text(count: int) -> str:
    """What is said of terms that are left out."""
    return f"(without {count} terms with the factor 0)"


def _element_text(found: Element, step: Step, scope: Scope) -> str:
    result = number_text(found.result, scope.style)
    if found.exact is not None:
        about = "≈" if scope.style.unicode else "~="
        result = f"{number_text(found.exact, scope.style)} {about} {result}"
    more = f"  {zeros_text(found.zeros)}" if found.zeros else ""
    name = scope.name(step.name)
    index = element_index(step, found.at, scope)
    return (
        f"{name}[{index}] = {found.term.text} = {result}{more}"
        if index
        else f"{name} = {found.term.text} = {result}{more}"
    )


def element_lines(step: Step, scope: Scope, indent: int, exact: Tensor | None = None) -> list[Line]:
    """The arithmetic of the elements of a step, one a line, in columns where they are short."""
    found = [_element_text(element, step, scope) for element in elements(step, scope, exact)]
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


def element_index(step: Step, at: Place, scope: Scope) -> str:
    """The index of an element as the file counts; nothing for a number."""
    if step.shape.flat and at:
        return str(max(at) + scope.base)
    return ",".join(str(i + scope.base) for i in at)


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


_WRITERS: dict[str, Callable[[Elements, Call, Place], Term]] = {
    "add": Elements.add,
    "neg": lambda self, expr, at: self.negative(*self.arguments(expr, at)),
    "mul": lambda self, expr, at: self.times(self.arguments(expr, at)),
    "div": lambda self, expr, at: self.quotient(*self.arguments(expr, at)),
    "pow": lambda self, expr, at: self.power(*self.arguments(expr, at)),
    "exp": lambda self, expr, at: self.exponential(*self.arguments(expr, at)),
    "sqrt": lambda self, expr, at: self.root(*self.arguments(expr, at)),
    "greater": lambda self, expr, at: self.condition(*self.arguments(expr, at)),
    "matmul": Elements.matrix_product,
    "transpose": Elements.transpose,
    "sum": Elements.summation,
    "mean": Elements.mean,
    "max": Elements.extreme,
    "min": Elements.extreme,
}
