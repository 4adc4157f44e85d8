"""One simplifier for emitted equations: signs, constants, double transposes, (AB)ᵀ, repeated terms.

Equations of the author are never rewritten. Every rule keeps the value; where a factor 1 or `ones` is dropped, the
shapes say that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Num, Number, Option, Ref, call, nodes
from nnsolve.engine.infer import Shapes
from nnsolve.ops import REGISTRY

LINEAR = {"matmul", "transpose", "sum", "mean", "index", "scatter", "reshape", "reshaped", "drop_first", "drop_last"}
"""Operations of which a factor 0 makes 0."""


def simplify(expr: Expr, shapes: Shapes) -> Expr:
    """The normal form of an emitted expression."""
    return _Simplifier(shapes).simplify(expr)


def side_by_side(terms: Sequence[Expr], shapes: Shapes) -> Expr | None:
    """Parts that `scatter` puts side by side until they fill the whole, as one `concat`; None for other sums."""
    parts = [term for term in terms if isinstance(term, Call) and term.op == "scatter"]
    if len(parts) < 2 or len(parts) < len(terms) or len({part.option("dims") for part in parts}) > 1:
        return None
    features = shapes.layout.features
    for axis in (features, 1 - features) if shapes.layout.said else (features,):
        spans = sorted([(*_span(part, axis), i) for i, part in enumerate(parts)])
        starts, ends = [start for start, _, _ in spans], [end for _, end, _ in spans]
        if starts == [0, *ends[:-1]] and ends[-1] == _length(parts[0], axis):
            along: dict[str, Option] = {} if axis == features else {"axis": "samples"}
            return call("concat", *(parts[i].args[0] for _, _, i in spans), **along)
    return None


def _length(part: Call, axis: int) -> int:
    dims = part.option("dims")
    length = dims[axis] if isinstance(dims, tuple) and len(dims) == 2 else 0
    return length if isinstance(length, int) else 0


def _span(part: Call, axis: int) -> tuple[int, int]:
    """The places of a part along an axis, if it fills the other one; else (-1, -1)."""
    key = part.option("key")
    if not isinstance(key, tuple) or len(key) != 2:
        return -1, -1
    (start, end), (first, last) = (_ends(key[i], _length(part, i)) for i in (axis, 1 - axis))
    return (start, end) if (first, last) == (0, _length(part, 1 - axis)) else (-1, -1)


def _ends(key: Option, length: int) -> tuple[int, int]:
    """Where an index or slice begins and ends."""
    if isinstance(key, tuple):
        start, end = key
        return (start if isinstance(start, int) else 0, end if isinstance(end, int) else length)
    return (key, key + 1) if isinstance(key, int) else (-1, -1)


class _Simplifier:
    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def simplify(self, expr: Expr) -> Expr:
        """The expression with its arguments, then itself in normal form."""
        if not isinstance(expr, Call):
            return expr
        args = tuple([self.simplify(arg) for arg in expr.args])
        if args != expr.args:
            if not REGISTRY[expr.op].acts_elementwise(len(args)):
                if expr.op in LINEAR and ZERO in args:
                    return ZERO
                args = tuple([self.in_shape(new, old) for new, old in zip(args, expr.args, strict=True)])
            expr = expr.with_args(args)
        elif expr.op in LINEAR and ZERO in args:
            return ZERO
        rule = _RULES.get(expr.op)
        return rule(self, expr) if rule else expr

    def in_shape(self, new: Expr, old: Expr) -> Expr:
        """A simplified argument with as many elements as before: 1 for `x^0` is a number, but its sum is not 1."""
        shape = self.shapes(old)
        if new is old or self.shapes(new).dims == shape.dims:
            return new
        like = next((node for node in nodes(old) if isinstance(node, Ref) and self.shapes(node) == shape), old)
        return call("zeros", like) if new == ZERO else self.product([new, call("ones", like)])

    # Sums

    def add(self, expr: Call) -> Expr:
        """Flatten, add up numbers and equal terms, draw a common coefficient out, put a positive term first."""
        counts: dict[Expr | None, Number] = {}
        for term in _terms(expr):
            coefficient, rest = _coefficient(term)
            counts[rest] = counts.get(rest, 0) + coefficient
        counts = {rest: count for rest, count in counts.items() if count != 0}
        sizes: set[Number] = {count if count > 0 else -count for count in counts.values()}
        common: Number = sizes.pop() if len(sizes) == 1 and len(counts) > 1 and None not in counts else 1
        terms = [
            Num(count) if rest is None else self.scaled(count if common == 1 else 1 if count > 0 else -1, rest)
            for rest, count in counts.items()
        ]
        if not terms:
            return ZERO
        joined = side_by_side(terms, self.shapes)
        if joined is not None:
            return self.scaled(common, joined)
        if _is_negative(terms[0]):
            first = next((i for i, term in enumerate(terms) if not _is_negative(term)), 0)
            terms.insert(0, terms.pop(first))
        return self.scaled(common, terms[0] if len(terms) == 1 else Call("add", tuple(terms)))

    # Products

    def product(self, factors: list[Expr]) -> Expr:
        """One coefficient in front, quotients drawn together, powers of one base counted up, ones dropped."""
        coefficient: Number = 1
        powers: dict[Expr, list[tuple[Number, Expr]]] = {}
        floats: list[Expr] = []
        pending: list[tuple[Expr, int]] = [(factor, 1) for factor in reversed(factors)]
        while pending:
            factor, sign = pending.pop()
            number, rest = _coefficient(factor)
            if sign < 0 and (isinstance(number, float) or number == 0):
                if abs(number) == 1:
                    coefficient = coefficient * number
                else:
                    floats.append(Num(number))
            else:
                coefficient = coefficient * (number if sign > 0 else Fraction(1) / number)
            if isinstance(rest, Call) and rest.op == "mul":
                pending.extend((arg, sign) for arg in reversed(rest.args))
            elif isinstance(rest, Call) and rest.op == "div":
                pending += [(rest.args[1], -sign), (rest.args[0], sign)]
            elif rest is not None:
                base, exponent = _base(rest)
                powers.setdefault(base, []).append((sign * exponent, rest))
        if coefficient == 0:
            return ZERO
        top, bottom = _counted(powers)
        top = self.without_ones(_multiplied_out(top))
        if isinstance(coefficient, Fraction):
            coefficient = coefficient.numerator if coefficient.denominator == 1 else coefficient
        if bottom or floats:
            return self.scaled(coefficient, Call("div", (_product_of(top), _product_of([*floats, *bottom]))))
        if not top:
            return Num(coefficient)
        return self.scaled(coefficient, _product_of(top))

    def scaled(self, coefficient: Number, expr: Expr) -> Expr:
        """`coefficient * expr`, with a sign drawn into a difference: -(t - y) is y - t."""
        if coefficient == 0:
            return ZERO
        if coefficient < 0:
            flipped = _flipped(expr)
            if flipped is not None:
                return self.scaled(-coefficient, flipped)
            return _negative(self.scaled(-coefficient, expr))
        if coefficient == 1:
            return expr
        if isinstance(expr, Num):
            return Num(coefficient * expr.value)
        if isinstance(expr, Call) and expr.op == "mul":
            return expr.with_args((Num(coefficient), *expr.args))
        if isinstance(expr, Call) and expr.op == "div":
            top, bottom = expr.args
            if top == ONE:
                return expr.with_args((Num(coefficient), bottom))
            return expr.with_args((self.scaled(coefficient, top), bottom))
        return Call("mul", (Num(coefficient), expr))

    def without_ones(self, factors: list[Expr]) -> list[Expr]:
        """Drop `ones(x)` where the other factors have the shape of the whole product already."""
        kept = list(factors)
        for factor in factors:
            if isinstance(factor, Call) and factor.op == "ones":
                others = [other for other in kept if other is not factor]
                if self.shapes(_product_of(others)).dims == self.shapes(_product_of(kept)).dims:
                    kept = others
        return kept

    def ratio(self, expr: Call) -> Expr:
        coefficient, above = _coefficient(expr.args[0])
        if above is None or coefficient == 1:
            return expr
        return self.scaled(coefficient, expr.with_args((above, expr.args[1])))

    def power(self, expr: Call) -> Expr:
        base, exponent = expr.args
        if exponent == ONE:
            return base
        if exponent == ZERO:
            return ONE
        return _power(base, 2) if exponent == Num(2) else expr

    # Linear algebra

    def matmul(self, expr: Call) -> Expr:
        (a, left), (b, right) = (_coefficient(arg) for arg in expr.args)
        if left is None or right is None:
            return expr
        return self.scaled(a * b, expr.with_args((left, right)))

    def transpose(self, expr: Call) -> Expr:
        coefficient, inner = _coefficient(expr.args[0])
        if inner is None or not self.shapes(inner).dims:
            return expr.args[0]
        if isinstance(inner, Call) and inner.op == "transpose":
            return self.scaled(coefficient, inner.args[0])
        if isinstance(inner, Call) and inner.op == "matmul":
            left, right = (self.transpose(Call("transpose", (arg,))) for arg in inner.args)
            return self.scaled(coefficient, self.matmul(Call("matmul", (right, left))))
        return self.scaled(coefficient, Call("transpose", (inner,)))

    def sum(self, expr: Call) -> Expr:
        coefficient, inner = _coefficient(expr.args[0])
        if inner is None or not self.shapes(inner).dims:
            return expr.args[0]
        if expr.options and not self.shapes(expr).dims:
            expr = Call("sum", expr.args)  # along the features of one vector: all of it
        if isinstance(inner, Call) and inner.op == "ones" and not expr.options:
            return Num(coefficient * self.shapes(inner).size)
        if isinstance(inner, Call) and inner.op == "mul" and not expr.options:
            scalars = [f for f in inner.args if not self.shapes(f).dims]
            if scalars:
                rest = [f for f in inner.args if self.shapes(f).dims]
                inner_sum = self.sum(expr.with_args((_product_of(rest),)))
                return self.scaled(coefficient, self.product([*scalars, inner_sum]))
        return self.scaled(coefficient, expr.with_args((inner,)))


def _at_step(simplifier: _Simplifier, expr: Call) -> Expr:
    """One step of a sequence is that step; of what is computed from sequences element by element, the same of them."""
    at = expr.option("at")
    assert isinstance(at, int)
    found = _part(expr.args[0], at, simplifier.shapes)
    return expr if found is None else simplifier.simplify(found)


def _part(expr: Expr, at: int, shapes: Shapes) -> Expr | None:
    if isinstance(expr, Call) and expr.op == "sequence":
        return expr.args[at]
    if not shapes(expr).dims:
        return expr
    if not isinstance(expr, Call) or not REGISTRY[expr.op].acts_elementwise(len(expr.args)):
        return None
    parts = [_part(arg, at, shapes) for arg in expr.args]
    known = [part for part in parts if part is not None]
    return expr.with_args(tuple(known)) if len(known) == len(parts) else None


_RULES: dict[str, Callable[[_Simplifier, Call], Expr]] = {
    "time_step": _at_step,
    "add": _Simplifier.add,
    "neg": lambda self, call: self.product([Num(-1), *call.args]),
    "mul": lambda self, call: self.product(list(call.args)),
    "div": lambda self, call: self.product([call]),
    "ratio": _Simplifier.ratio,
    "pow": _Simplifier.power,
    "matmul": _Simplifier.matmul,
    "transpose": _Simplifier.transpose,
    "sum": _Simplifier.sum,
}


def _terms(expr: Expr) -> list[Expr]:
    """The terms of a sum, those of sums inside it included."""
    terms: list[Expr] = []
    pending = [expr]
    while pending:
        term = pending.pop()
        if isinstance(term, Call) and term.op == "add":
            pending.extend(reversed(term.args))
        else:
            terms.append(term)
    return terms


def _coefficient(expr: Expr) -> tuple[Number, Expr | None]:
    """The numeric factor of an expression, and the rest (None: it is a number)."""
    if isinstance(expr, Num):
        return expr.value, None
    if isinstance(expr, Call):
        if expr.op == "neg":
            number, rest = _coefficient(expr.args[0])
            return -number, rest
        if expr.op == "mul" and isinstance(expr.args[0], Num):
            return expr.args[0].value, _product_of(list(expr.args[1:]))
    return 1, expr


def _base(factor: Expr) -> tuple[Expr, Number]:
    """A factor as a power with a whole exponent."""
    if isinstance(factor, Call) and factor.op == "pow" and isinstance(factor.args[1], Num):
        exponent = factor.args[1].value
        if isinstance(exponent, int):
            return factor.args[0], exponent
    return factor, 1


def _counted(powers: dict[Expr, list[tuple[Number, Expr]]]) -> tuple[list[Expr], list[Expr]]:
    """The factors above and below the line; a base that occurs once stays as it was written."""
    top: list[Expr] = []
    bottom: list[Expr] = []
    for base, found in powers.items():
        exponent = sum(power for power, _ in found)
        if len(found) == 1:
            below = exponent < 0 < _base(found[0][1])[1] or exponent > 0 > _base(found[0][1])[1]
            (bottom if below else top).append(found[0][1])
        elif exponent:
            (top if exponent > 0 else bottom).append(_power(base, exponent if exponent > 0 else -exponent))
    return top, bottom


def _power(base: Expr, exponent: Number) -> Expr:
    if isinstance(base, Call) and base.op == "sqrt" and exponent == 2:
        return base.args[0]
    return base if exponent == 1 else Call("pow", (base, Num(exponent)))


def _multiplied_out(factors: list[Expr]) -> list[Expr]:
    """`ratio(x, y) * y` is x, also where y is 0."""
    for ratio in factors:
        if isinstance(ratio, Call) and ratio.op == "ratio" and ratio.args[1] in factors:
            rest = [ratio.args[0] if factor is ratio else factor for factor in factors]
            rest.remove(ratio.args[1])
            return _multiplied_out(rest)
    return factors


def _product_of(factors: list[Expr]) -> Expr:
    if not factors:
        return ONE
    return factors[0] if len(factors) == 1 else Call("mul", tuple(factors))


def _negative(expr: Expr) -> Expr:
    return Num(-expr.value) if isinstance(expr, Num) else Call("neg", (expr,))


def _is_negative(expr: Expr) -> bool:
    return (isinstance(expr, Call) and expr.op == "neg") or (isinstance(expr, Num) and expr.value < 0)


def _flipped(expr: Expr) -> Expr | None:
    """The negative of a difference of named quantities, or of a product or quotient that has one as a factor."""
    if not isinstance(expr, Call):
        return None
    if expr.op == "add":
        plain = [term.args[0] if isinstance(term, Call) and term.op == "neg" else term for term in expr.args]
        signs = [_is_negative(term) for term in expr.args]
        if len(plain) == 2 and all(isinstance(term, Ref) for term in plain) and signs == [False, True]:
            return Call("add", (plain[1], Call("neg", (plain[0],))))
        return None
    if expr.op in ("mul", "div", "ratio"):
        places = range(len(expr.args)) if expr.op == "mul" else range(1)
        for i in places:
            flipped = _flipped(expr.args[i])
            if flipped is not None:
                return expr.with_args((*expr.args[:i], flipped, *expr.args[i + 1 :]))
    return None
