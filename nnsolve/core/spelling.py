"""Expressions as text of the equation language (design part 4); `parse(spell(e))` gives `e` again."""

from __future__ import annotations

from fractions import Fraction

from nnsolve.core.expressions import Call, Expr, Num, Number, Option, Ref
from nnsolve.core.names import Name

SUM, SIGN, PRODUCT, POWER, POSTFIX, ATOM = range(1, 7)
"""How tightly a construct binds; an argument that binds less tightly than its place needs parentheses."""


def spell_number(value: Number) -> str:
    """The shortest text that reads back as the same number."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return repr(value)


def binding(expr: Expr) -> int:
    """How tightly the outermost construct of an expression binds."""
    if isinstance(expr, Num):
        return PRODUCT if isinstance(expr.value, Fraction) else SIGN if expr.value < 0 else ATOM
    if isinstance(expr, Call):
        return _BINDING.get(expr.op, ATOM)
    return ATOM


_BINDING = {
    "add": SUM,
    "neg": SIGN,
    "mul": PRODUCT,
    "div": PRODUCT,
    "matmul": PRODUCT,
    "pow": POWER,
    "transpose": POSTFIX,
    "index": POSTFIX,
}


def spell(expr: Expr) -> str:
    """The expression as text of the language."""
    if isinstance(expr, Num):
        return spell_number(expr.value)
    if isinstance(expr, Ref):
        return str(expr.name)
    writer = _WRITERS.get(expr.op, _call)
    return writer(expr)


def _in(expr: Expr, place: int) -> str:
    text = spell(expr)
    return text if binding(expr) >= place else f"({text})"


def _call(expr: Call) -> str:
    parts = [spell(arg) for arg in expr.args]
    parts += [f"{key}={spell_option(value)}" for key, value in expr.options]
    return f"{expr.op}({', '.join(parts)})"


def spell_option(value: Option) -> str:
    """The value of an option: a word, a number, a list."""
    if isinstance(value, tuple):
        return "[" + ", ".join(spell_option(v) for v in value) + "]"
    return str(value)


def signed_term(term: Expr, first: bool) -> tuple[str, Expr]:
    """The sign to write before a term of a sum, and what follows it."""
    if isinstance(term, Call) and term.op == "neg":
        return ("-" if first else " - "), term.args[0]
    if isinstance(term, Num) and term.value < 0 and not first:
        return " - ", Num(-term.value)
    return ("" if first else " + "), term


def _add(expr: Call) -> str:
    parts: list[str] = []
    for term in expr.args:
        sign, body = signed_term(term, not parts)
        parts.append(sign)
        parts.append(_in(body, PRODUCT))
    return "".join(parts)


def _neg(expr: Call) -> str:
    return "-" + _in(expr.args[0], PRODUCT)


def _factor(arg: Expr, op: str, first: bool) -> str:
    """A factor of a product: one that mixes `*` and `@` is parenthesised, and so is a quotient that is not first."""
    inner = (
        arg.op if isinstance(arg, Call) else "div" if isinstance(arg, Num) and isinstance(arg.value, Fraction) else ""
    )
    chained = {"mul": ("div",), "div": ("mul", "div"), "matmul": ("matmul",)}[op]
    return spell(arg) if first and inner in chained else _in(arg, POWER)


def _mul(expr: Call) -> str:
    return " * ".join(_factor(arg, "mul", i == 0) for i, arg in enumerate(expr.args))


def _div(expr: Call) -> str:
    return f"{_factor(expr.args[0], 'div', True)} / {_in(expr.args[1], POWER)}"


def _matmul(expr: Call) -> str:
    return f"{_factor(expr.args[0], 'matmul', True)} @ {_in(expr.args[1], POWER)}"


def _pow(expr: Call) -> str:
    base = expr.args[0]
    of = isinstance(base, Ref) and base.name.of is not None  # who reads dL/dW^2 takes W alone to be squared
    return f"{f'({spell(base)})' if of else _in(base, POSTFIX)}^{_in(expr.args[1], POWER)}"


def _transpose(expr: Call) -> str:
    return f"{_in(expr.args[0], POSTFIX)}.T"


def _index(expr: Call) -> str:
    return f"{_in(expr.args[0], POSTFIX)}[{spell_key(expr.option('key'), expr.option('base', 0))}]"


def spell_key(key: Option, base: Option = 0) -> str:
    """The inside of an index, counted from `base`: `2`, `1,2`, `:,1:5`."""
    assert isinstance(key, tuple)
    return ",".join(
        ":".join(_end(end, base) for end in part) if isinstance(part, tuple) else _end(part, base) for part in key
    )


def _end(index: Option, base: Option) -> str:
    return str(index + base) if isinstance(index, int) and isinstance(base, int) else ""


def _sequence(expr: Call) -> str:
    """All steps of a quantity are its name without a time step."""
    whole = whole_sequence(expr)
    return _call(expr) if whole is None else str(whole)


def whole_sequence(expr: Call) -> Name | None:
    """The quantity whose steps a `sequence` call lists, where it lists all of them."""
    first = expr.args[0]
    return first.name._replace(time=None) if expr.option("whole") and isinstance(first, Ref) else None


_WRITERS = {
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "div": _div,
    "matmul": _matmul,
    "pow": _pow,
    "transpose": _transpose,
    "index": _index,
    "sequence": _sequence,
}
