"""Scalars -> numbers: the YAML 1.2 core schema, and constant expressions such as `1/3` or `2*exp(1)`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.expressions import Expr, Num, Ref
from nnsolve.core.language import parse
from nnsolve.core.tokens import LOG_HELP
from nnsolve.problem.notations import as_list, as_sum, listed, with_commas, with_points
from nnsolve.problem.reader import Node, ScalarNode
from nnsolve.problem.source import shown

MAX_LENGTH = 400
"""Characters of a number or constant expression."""

is_decimal = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?").fullmatch
"""Matches a decimal number of the core schema: `010` is ten, `1e-3` a number, `1:30` none."""

_is_whole = re.compile(r"[-+]?[0-9]+").fullmatch
_is_based = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+").fullmatch
_is_infinite = re.compile(r"([-+]?)\.?(?:inf|Inf|INF)").fullmatch
_is_nan = re.compile(r"\.?nan", re.IGNORECASE).fullmatch
_is_grouped = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?").fullmatch
_is_comma = re.compile(r"[-+−]?[0-9]+,[0-9]+").fullmatch
_begins_as_number = re.compile(r"[-+−]?\.?\d").match

BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NULLS = ("", "~", "null", "Null", "NULL")

CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "abs": abs,
    "sin": math.sin,
    "cos": math.cos,
}


def is_null(node: Node) -> bool:
    """Whether nothing is given (`x:`)."""
    return type(node) is ScalarNode and not node.style and node.text in NULLS


def described(node: Node) -> str:
    """What a node is, for "found ..."."""
    if not isinstance(node, ScalarNode):
        return "a list" if "items" in node._fields else "a mapping"
    if is_null(node):
        return "nothing"
    if node.plain and node.text in BOOLEANS:
        return f"the boolean {node.text}"
    return f"the number {shown(node.text)[1:-1]}" if node.plain and is_decimal(node.text) else shown(node.text)


def number(node: ScalarNode, *, infinite: bool = False, among_others: bool = False) -> float:
    """The number that a scalar spells, also as a constant expression; raises `ProblemError`.

    Infinite ones (`-.inf`, `-inf`) only where `infinite` allows them; NaN never. `among_others` says that it is one of
    several items of a list.
    """
    text = node.text
    if not node.style and len(text) <= MAX_LENGTH:
        if is_decimal(text):
            return _finite(float(text), node)
        if _is_based(text):
            try:
                return float(int(text, 0))
            except OverflowError:
                raise _overflow(node) from None
        if found := _is_infinite(text):
            if infinite:
                return -math.inf if found[1] == "-" else math.inf
            help = "only an entry of constants: may be infinite"
            raise ProblemError.of("not-finite", f"{shown(text)} is not a finite number", node.place, help)
    refuse(node, among_others)
    try:
        expr = parse(text, node.text_place)
    except ProblemError as error:
        first = error.diagnostics[0]
        help = first.help or "a value is a number, a constant expression such as 1/3 or sqrt(2), or a list"
        raise ProblemError.of(
            "not-a-number", f"{shown(text)} is not a number: {first.message}", first.place, help
        ) from None
    try:
        return _finite(_fold(expr, node), node)
    except OverflowError:
        raise _overflow(node) from None
    except ZeroDivisionError:
        raise ProblemError.of("not-a-number", f"{shown(text)} divides by zero", node.place) from None
    except ValueError:
        message = f"{shown(text)} is not a real number"
        raise ProblemError.of(
            "not-a-number", message, node.place, "check the argument of sqrt, ln or the power"
        ) from None


def whole_or_float(node: ScalarNode) -> int | float:
    """As `number`, but an int where it is written as a whole number."""
    if node.plain and len(node.text) <= 15 and _is_whole(node.text):
        return int(node.text)
    return number(node)


def looks_numeric(node: ScalarNode) -> bool:
    """Whether a text is meant as a number, so that it has to be one."""
    return bool(_begins_as_number(node.text)) or bool(_is_infinite(node.text)) or bool(_is_nan(node.text))


def constant(node: ScalarNode) -> float | None:
    """The number that a text spells, None where it is something else (`relu`, `round(sigmoid(u))`)."""
    try:
        return number(node)
    except ProblemError:
        return None


def _finite(value: float, node: ScalarNode) -> float:
    if math.isinf(value):
        raise _overflow(node)
    return value


def _overflow(node: ScalarNode) -> ProblemError:
    message = f"{shown(node.text)} is too large; the largest number is about 1.8e308"
    return ProblemError.of("not-finite", message, node.place)


def refuse(node: ScalarNode, among_others: bool) -> None:
    """Raise for what is no number, with the fix where there is a usual one."""
    text, place = node.text, node.place
    if is_null(node) or not text.strip():
        raise ProblemError.of("wrong-type", "found nothing where a number is expected", place)
    if len(text) > MAX_LENGTH:
        message = f"a number of {len(text)} characters; at most {MAX_LENGTH} are read"
        raise ProblemError.of("too-long", message, place)
    if node.plain and text in BOOLEANS:
        raise ProblemError.of(
            "wrong-type", f"found the boolean {text} where a number is expected", place, "write 1 or 0"
        )
    if _is_nan(text):
        raise ProblemError.of("not-a-number", f"{shown(text)} is not allowed", place, "give every value as a number")
    help = None
    rows = as_list(text)
    if meant := with_points(text):
        alike = len({row.count(",") for row in text.split(";")}) == 1
        help = f"write decimals with a point: {meant}" + (f"; if these are rows: {rows}" if rows and alike else "")
        raise ProblemError.of("not-a-number", f"{shown(text)} is not a number", place, help)
    if rows:
        raise _not_a_list(text, rows[1:-1] if among_others else rows, place)
    if _is_grouped(text):
        help = f"write {text.replace('_', '')}"
    elif _is_comma(text):
        help = f"write {text.replace(',', '.').replace('−', '-')}"
    elif meant := listed(text):
        help = f"write a list, without quotes: {meant}" if node.style else f"write a list: {meant}"
    elif ";" in text:
        help = "separate items with commas"
    elif "−" in text or "–" in text:
        help = f"write {shown(text.replace('−', '-').replace('–', '-'))[1:-1]}, with the minus sign of the keyboard"
    elif len(text) <= MAX_LENGTH and not text.isascii() and any(c.isdigit() for c in text):
        help = "write digits 0 to 9"
    if help:
        raise ProblemError.of("not-a-number", f"{shown(text)} is not a number", place, help)


def _not_a_list(text: str, meant: str, place: Place) -> ProblemError:
    """The error for numbers that stand together without being a list."""
    if ";" not in text and with_commas(text):
        sum = as_sum(text)
        help = f"a comma is missing: {meant}" + (f"; one number is written {sum}" if sum else "")
        return ProblemError.of("missing-comma", f"{shown(text)} is not one number", place, help)
    help = f"separate items with commas: {meant}" if ";" in text else f"write a list: {meant}"
    return ProblemError.of("not-a-number", f"{shown(text)} is not a number", place, help)


def _fold(expr: Expr, node: ScalarNode) -> float:
    """The value of a constant expression; its depth is bounded by the parser."""
    if isinstance(expr, Num):
        return float(expr.value)
    if isinstance(expr, Ref):
        name = str(expr.name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise _unknown(f"the name {shown(name)}", node, expr.at)
    args = [_fold(arg, node) for arg in expr.args]
    if not expr.options:
        if expr.op == "add":
            return math.fsum(args) if len(args) > 2 else args[0] + args[1]
        if expr.op == "mul":
            return math.prod(args)
        if expr.op == "neg":
            return -args[0]
        if expr.op == "div":
            return args[0] / args[1]
        if expr.op == "pow":
            return _power(args[0], args[1])
        if expr.op in FUNCTIONS and len(args) == 1:
            return FUNCTIONS[expr.op](args[0])
    if expr.op == "log":
        place = node.text_place.right(max(expr.at, 0))
        raise ProblemError.of("unknown-function", "log is not a known function", place, LOG_HELP)
    raise _unknown(f"the operation {shown(expr.op)}", node, expr.at)


def _power(base: float, exponent: float) -> float:
    result = base**exponent
    if isinstance(result, complex):  # (-8)^(1/3)
        raise ValueError
    return float(result)


def _unknown(what: str, node: ScalarNode, at: int) -> ProblemError:
    place: Place = node.text_place.right(max(at, 0))
    help = f"a constant expression has numbers, + - * / ^, pi, e and {', '.join(FUNCTIONS)}"
    return ProblemError.of("not-a-number", f"{shown(node.text)} is not a number: it has {what}", place, help)
