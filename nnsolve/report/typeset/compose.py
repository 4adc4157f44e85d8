"""Expressions as typeset mathematics, as formulas and with the numbers put in: by the rules of the terminal report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction as Ratio
from itertools import pairwise
from typing import TYPE_CHECKING

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.spelling import ATOM, POSTFIX, POWER, PRODUCT, SIGN, SUM, signed_term, spell_number, whole_sequence
from nnsolve.ops import REGISTRY
from nnsolve.report import notation
from nnsolve.report.operands import Operands
from nnsolve.report.scope import Scope, options
from nnsolve.report.tensors import is_large
from nnsolve.report.typeset.mathematics import (
    SIGMA,
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
    is_sum,
    row,
    separated,
)
from nnsolve.report.typeset.symbols import PARTIAL, name_symbol, typeset_name
from nnsolve.report.typeset.tensors import value_matrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

WIDEST = 12
"""A matrix with more columns keeps its name where numbers are put in: with it no formula fits on a page."""

MINUS, EQUALS, BLANK = Operator("−"), Operator("="), Operator(" ")


class Composer(Operands):
    """Composes expressions of one equation; names that have operands are shown by their values."""

    __slots__ = ("captioned", "captions", "named", "put")

    def __init__(
        self,
        scope: Scope,
        operands: Mapping[Name, Tensor] | None = None,
        captions: Mapping[Name, Mathematics] | None = None,
    ) -> None:
        super().__init__(operands or {}, scope)
        self.captions = captions or {}
        self.captioned = 0
        self.put = 0  # tensors whose numbers are shown
        self.named = 0  # tensors that are too large for that

    def whole(self, expr: Expr) -> Mathematics:
        """An expression that stands alone."""
        return self.write(notation.written(expr, self.scope))

    def write(self, expr: Expr, alone: bool = True) -> Mathematics:
        """An expression; a negative number that does not stand `alone` is put in parentheses."""
        if isinstance(expr, Num):
            found = constant(expr)
            return found if alone or expr.value >= 0 else parentheses(found)
        value = self.known(expr)
        if value is not None:
            return self.value(expr, value, alone)
        if isinstance(expr, Ref):
            return name_symbol(expr.name, self.scope)
        if expr.op == "mul":
            return self.product(expr, alone)
        if expr.op == "matmul":
            return self.matrix_product(expr, alone)
        return _WRITERS.get(expr.op, Composer.function)(self, expr)

    def value(self, expr: Expr, value: Tensor, alone: bool) -> Mathematics:
        """A value put in; what is too large for that keeps its name."""
        if is_large(value.shape) or (value.ndim == 2 and value.shape[1] > WIDEST):
            self.named += 1
            return Composer(self.scope).write(expr)
        self.put += value.ndim > 0
        found = value_matrix(value, self.scope.style)
        if isinstance(found, Number) and not alone and found.text[0] == "-":
            found = parentheses(found)
        caption = self.captions.get(expr.name) if isinstance(expr, Ref) else None
        self.captioned += caption is not None
        return found if caption is None else Captioned(found, caption)

    def within(self, expr: Expr, place: int, alone: bool = False) -> Mathematics:
        """An expression in a place that asks for parentheses around what binds less tightly."""
        found = self.write(expr, alone)
        return found if self.tightness(expr, found) >= place else parentheses(found)

    def tightness(self, expr: Expr, found: Mathematics) -> int:
        """How tightly what is shown binds: a fraction has parentheses around it only below an exponent."""
        if self.known(expr) is not None:
            return POWER if isinstance(found, Number) and "e" in found.text else ATOM
        if isinstance(found, Fenced):
            return ATOM
        if isinstance(found, Fraction) or (isinstance(expr, Call) and expr.op == "exp" and isinstance(found, Script)):
            return POWER
        if isinstance(expr, Ref):
            fenced = isinstance(found, Script) or (isinstance(found, Symbol) and (found.raised or found.moment))
            return POWER if expr.name.of or fenced else ATOM
        if isinstance(expr, Num):
            return ATOM if expr.value >= 0 else SIGN
        if expr.op == "sum":
            return PRODUCT  # what follows would be summed up, too
        return notation.tightness(expr, self.scope)

    def add(self, expr: Call) -> Mathematics:
        """Terms; a sum Σ has parentheses before one that could be taken for a part of it, which no other sum is."""
        signed = [signed_term(term, not n) for n, term in enumerate(expr.args)]
        terms = [self.within(body, PRODUCT, alone=not n and not sign) for n, (sign, body) in enumerate(signed)]
        parts: list[Mathematics] = []
        for (sign, _), term, after in zip(signed, terms, [*terms[1:], SIGMA], strict=True):
            parts += [Operator(sign.strip().replace("-", "−"))] if sign else []
            parts.append(term if has_sum(after) or not is_open(term) else parentheses(term))
        return row(*parts)

    def negative(self, expr: Call) -> Mathematics:
        return row(MINUS, self.within(expr.args[0], PRODUCT))

    def first_factor(self, expr: Call, alone: bool) -> Mathematics:
        """What a product begins with; a product of the other kind is parenthesised."""
        first = expr.args[0]
        return (
            self.write(first, alone)
            if isinstance(first, Call) and first.op == expr.op
            else self.within(first, POWER, alone)
        )

    def product(self, expr: Call, alone: bool = True) -> Mathematics:
        parts = [self.first_factor(expr, alone)]
        for sign, arg in notation.signs(expr, self.scope):
            scaled = self.known(arg) is None and notation.scales(expr, arg, self.scope)
            scaled = scaled or (isinstance(arg, Call) and arg.op == "sum" and arg is expr.args[-1])
            found = self.write(arg) if scaled else self.within(arg, POWER)
            if sign == " " and self.operands:
                sign = "·"  # between numbers a blank would not do
            parts += [Operator(sign.strip() or " "), found]
        return row(*parts)

    def matrix_product(self, expr: Call, alone: bool = True) -> Mathematics:
        return row(self.first_factor(expr, alone), BLANK, self.within(expr.args[1], POWER))

    def quotient(self, expr: Call) -> Mathematics:
        """Over a bar; a matrix that is put in stands before a slash."""
        top, bottom = expr.args
        above, below = self.write(top), self.write(bottom)
        if isinstance(above, Matrix | Captioned) and not isinstance(below, Matrix | Captioned):
            return row(above, Operator("/"), self.within(bottom, POWER))
        return Fraction(above, below)

    def power(self, expr: Call) -> Mathematics:
        base, exponent = expr.args
        # Adam's β₁ᵗ: which count t it is, the update says in which it stands; β₁^t@1 would read as (β₁^t)@1.
        inner = self.scope.at(exponent.name.update) if isinstance(exponent, Ref) else self.scope
        above = Composer(inner, self.operands).write(exponent)
        return Script(self.within(base, POSTFIX), sup=above)

    def transposed(self, expr: Call) -> Mathematics:
        return Script(self.within(expr.args[0], POSTFIX), sup=Operator("⊤"))

    def indexed(self, expr: Call) -> Mathematics:
        """Elements of a quantity; of what has to be computed first, in parentheses."""
        text = notation.key(expr)
        key = Number(text) if text.isdecimal() else Text(text.replace("..", "…"))
        return row(self.within(expr.args[0], POSTFIX), Fenced("[", key, "]"))

    def exponential(self, expr: Call) -> Mathematics:
        """e with an exponent; exp( ) of a tensor."""
        if not self.scope.scalar(expr.args[0]):
            return self.function(expr)
        return Script(Symbol("e"), sup=self.write(expr.args[0]))

    def root(self, expr: Call) -> Mathematics:
        return Root(self.write(expr.args[0]))

    def total(self, expr: Call) -> Mathematics:
        """Σ before what is summed up."""
        axis = options(expr).get("axis")
        everything = axis is None or notation.along_all(expr, self.scope)
        sign: Mathematics = SIGMA if everything else Script(SIGMA, sub=Text(str(axis)))
        inner = self.write(expr.args[0])
        bare = isinstance(inner, Matrix | Captioned | Fraction | Symbol | Script | Number)
        return row(sign, BLANK, inner) if bare else row(sign, parentheses(inner))

    def function(self, expr: Call) -> Mathematics:
        """A call: f(x, y), or fences around its argument."""
        operation = REGISTRY.get(expr.op)
        more = [Text(option) for option in notation.extras(expr, self.scope)]
        args = [self.write(arg) for arg in expr.args]
        if operation and operation.fences and not more:
            return Fenced(operation.fences[0], separated(args, ","), operation.fences[1])
        name = Function(notation.function_name(expr.op, self.scope))
        if len(args) == 1 and not more and isinstance(args[0], Matrix):
            return row(name, args[0])  # brackets of a matrix serve as parentheses
        return row(name, parentheses(separated([*args, *more], ",")))

    def stack(self, expr: Call) -> Mathematics:
        """One thing after the other along the features: below each other, or side by side."""
        parts = [self.write(arg) for arg in expr.args]
        if expr.op == "append_one":
            parts.append(Number("1"))
        elif expr.op == "prepend_one":
            parts.insert(0, Number("1"))
        down = self.scope.layout.axis(str(options(expr).get("axis") or "features")) == 0
        return Matrix(tuple((part,) for part in parts) if down else (tuple(parts),))

    def shortened(self, expr: Call) -> Mathematics:
        """A matrix, and in words which row or column of it is left out."""
        return row(self.within(expr.args[0], POSTFIX), Text(f" {notation.without(expr, self.scope)}"))

    def condition(self, expr: Call) -> Mathematics:
        """[x > y], which is 1 where it holds."""
        left, right = (self.within(arg, SUM) for arg in expr.args)
        return Fenced("[", row(left, Operator(">"), right), "]")

    def inside(self, expr: Call) -> Mathematics:
        """[low < x < high], which is 1 where it holds."""
        x, low, high = (self.write(arg) for arg in expr.args)
        return Fenced("[", row(low, Operator("<"), x, Operator("<"), high), "]")

    def jacobian(self, expr: Call) -> Mathematics:
        """The matrix of ∂f_i/∂x_j; a note says in words where each stands."""
        of, by = (
            row(PARTIAL, Script(found, sub=Symbol(index)) if not isinstance(found, Symbol) else lower(found, index))
            for found, index in zip([self.write(arg) for arg in expr.args], "ij", strict=True)
        )
        return Script(Fenced("[", Fraction(of, by), "]"), sub=row(Symbol("i"), Operator(","), Symbol("j")))

    def sequence(self, expr: Call) -> Mathematics:
        """All steps of a quantity are its name."""
        whole = whole_sequence(expr)
        return self.function(expr) if whole is None else typeset_name(whole, self.scope, "whole")

    def one_step(self, expr: Call) -> Mathematics:
        """One step's part of a sequence."""
        step = Number(str(int(options(expr)["at"]) + 1))
        inner = Fenced("", self.within(expr.args[0], POSTFIX), "|")
        return Script(inner, sub=row(Symbol("t"), EQUALS, step))


def has_sum(found: Mathematics) -> bool:
    """Whether there is a sign Σ in what is shown, not within parentheses."""
    return any(map(is_sum, found.parts if isinstance(found, Row) else (found,)))


def is_open(found: Mathematics) -> bool:
    """Whether what is shown ends in a sum with nothing around what is summed up."""
    parts = found.parts if isinstance(found, Row) else ()
    return any(is_sum(sign) and after == BLANK for sign, after in pairwise(parts))


def parentheses(inner: Mathematics) -> Mathematics:
    """Something in parentheses."""
    return Fenced("(", inner, ")")


def lower(symbol: Symbol, index: str) -> Symbol:
    """A symbol with one more index."""
    return symbol._replace(lowered=(*symbol.lowered, index))


def constant(expr: Num) -> Mathematics:
    """A number that stands in the formula, as written there; a fraction over a bar."""
    value = expr.value
    if not isinstance(value, Ratio):
        mantissa, e, exponent = spell_number(value).partition("e")
        return Number(f"{mantissa}e{int(exponent)}" if e else mantissa)
    found = Fraction(Number(str(abs(value.numerator))), Number(str(value.denominator)))
    return found if value > 0 else row(MINUS, found)


def formula(expr: Expr, scope: Scope) -> Mathematics:
    """An expression with the names of its quantities."""
    return Composer(scope).whole(expr)


_WRITERS: dict[str, Callable[[Composer, Call], Mathematics]] = {
    "add": Composer.add,
    "neg": Composer.negative,
    "div": Composer.quotient,
    "pow": Composer.power,
    "transpose": Composer.transposed,
    "index": Composer.indexed,
    "exp": Composer.exponential,
    "sqrt": Composer.root,
    "sum": Composer.total,
    "append_one": Composer.stack,
    "prepend_one": Composer.stack,
    "concat": Composer.stack,
    "drop_first": Composer.shortened,
    "drop_last": Composer.shortened,
    "greater": Composer.condition,
    "inside": Composer.inside,
    "jacobian": Composer.jacobian,
    "sequence": Composer.sequence,
    "time_step": Composer.one_step,
}
