"""Expressions: numbers, references to named quantities, and calls of operations. Immutable and comparable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final, TypeAlias

from nnsolve.core.names import Name

Number: TypeAlias = int | Fraction | float
Option: TypeAlias = int | float | str | tuple["Option", ...] | None


class Num:
    """A number that stands in the formula; fractions in lowest terms stay exact."""

    __slots__ = ("value",)
    size: Final = 1

    def __init__(self, value: Number) -> None:
        self.value = value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Num) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Num({self.value})"


class Ref:
    """A named quantity. `at` is the column offset in the text that it was read from; it does not count as content."""

    __slots__ = ("at", "name")
    size: Final = 1

    def __init__(self, name: Name, at: int = -1) -> None:
        self.name = name
        self.at = at

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Ref({self.name})"


class Call:
    """An operation applied to arguments. Sums and products take any number of them; `a - b` is `add(a, neg(b))`.

    `loose` marks a product that stands unparenthesised beside an `@`; `size` counts the nodes of the tree.
    """

    __slots__ = ("_hash", "_references", "args", "at", "loose", "op", "options", "size")

    def __init__(
        self,
        op: str,
        args: tuple[Expr, ...],
        options: tuple[tuple[str, Option], ...] = (),
        at: int = -1,
        loose: bool = False,
    ) -> None:
        self.op = op
        self.args = args
        self.options = options
        self.at = at
        self.loose = loose
        size = 1
        for arg in args:
            size += arg.size
        self.size: int = size
        self._hash = hash((op, args, options))
        self._references: dict[Name, Ref] | None = None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Call)
            and self._hash == other._hash
            and self.op == other.op
            and self.options == other.options
            and self.args == other.args
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.options]
        return f"{self.op}({', '.join(parts)})"

    def option(self, key: str, default: Option = None) -> Option:
        return next((v for k, v in self.options if k == key), default)

    def with_args(self, args: tuple[Expr, ...]) -> Call:
        """The same call on other arguments."""
        return Call(self.op, args, self.options, self.at, self.loose)


Expr: TypeAlias = Num | Ref | Call

ZERO, ONE = Num(0), Num(1)


def call(op: str, *args: Expr, **options: Option) -> Call:
    """A call, written shortly."""
    return Call(op, args, tuple(options.items()))


def add(*terms: Expr) -> Expr:
    """The sum of terms; a single one stands for itself."""
    return terms[0] if len(terms) == 1 else Call("add", terms)


def mul(*factors: Expr) -> Expr:
    """The elementwise product of factors; a single one stands for itself."""
    return factors[0] if len(factors) == 1 else Call("mul", factors)


def neg(expr: Expr) -> Expr:
    """The negative, as an operation."""
    return Call("neg", (expr,))


def nodes(expr: Expr) -> Iterator[Expr]:
    """Every node of an expression, parents first."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Call):
            stack.extend(reversed(node.args))


def references(expr: Expr) -> Mapping[Name, Ref]:
    """The named quantities that an expression uses, in the order of their first use."""
    if isinstance(expr, Ref):
        return {expr.name: expr}
    if isinstance(expr, Num):
        return {}
    if expr._references is None:
        found: dict[Name, Ref] = {}
        for node in nodes(expr):
            if isinstance(node, Ref):
                found.setdefault(node.name, node)
        expr._references = found
    return expr._references


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Apply `change` to every node, arguments first; untouched parts are shared."""
    if isinstance(expr, Call) and expr.args:
        args = tuple([rewrite(arg, change) for arg in expr.args])
        if args != expr.args:
            expr = expr.with_args(args)
    return change(expr)


def substitute(expr: Expr, values: Mapping[Name, Expr]) -> Expr:
    """Put expressions in the place of names."""
    return rewrite(expr, lambda node: values.get(node.name, node) if isinstance(node, Ref) else node)
