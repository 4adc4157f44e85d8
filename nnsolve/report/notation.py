"""Formulas on one line: ½ ‖ŷ − y‖², ∂L/∂W₂ = ∂L/∂z₂ a₁ᵀ; in the equation language where Unicode is missing."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nnsolve.core.expressions import Call, Expr, Num, Number, Ref, nodes, rewrite
from nnsolve.core.names import Name
from nnsolve.core.spelling import (
    ATOM,
    POSTFIX,
    POWER,
    PRODUCT,
    SUM,
    binding,
    signed_term,
    spell_number,
    spell_option,
    whole_sequence,
)
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import unfold
from nnsolve.report.scope import Scope, options
from nnsolve.report.stacking import stacked
from nnsolve.report.symbols import subscript, superscript
from nnsolve.report.unfold import spelled

_VULGAR = {
    (1, 2): "½", (1, 3): "⅓", (2, 3): "⅔", (1, 4): "¼", (3, 4): "¾", (1, 5): "⅕", (2, 5): "⅖", (3, 5): "⅗",
    (4, 5): "⅘", (1, 6): "⅙", (5, 6): "⅚", (1, 8): "⅛", (3, 8): "⅜", (5, 8): "⅝", (7, 8): "⅞", (1, 10): "⅒",
}  # fmt: skip
WITHOUT = {"drop_first": "first", "drop_last": "last"}
"""Operations that leave out the feature that the 1 of a folded bias stands in, and which one it is."""

_PLAIN_OPTIONS = {
    "axis": (None, "features"),
    "base": None,
    "at_zero": (0, 0.0, None),
    "decimals": (0,),
    "ties": ("even",),
}


def formula(expr: Expr, scope: Scope) -> str:
    """An expression as one line of text."""
    return (
        write(written(expr, scope), scope)
        if scope.style.unicode
        else spelled(_worded(stacked(unfold(expr), scope), scope))
    )


def written(expr: Expr, scope: Scope) -> Expr:
    """The expression as it is written down: definitions unfolded, gradients of slices stacked, outer products turned.

    An outer product is a column times a row.
    """
    expr = stacked(unfold(expr), scope)
    if not scope.style.unicode or not any(isinstance(node, Call) and node.op == "outer" for node in nodes(expr)):
        return expr

    def change(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.op != "outer":
            return node
        sides = [scope.shape(arg) for arg in node.args]
        if any(side is None or len(side.dims) != 2 for side in sides):
            return node
        turned = [
            arg if side is not None and side.dims[1 - n] == 1 else _turned(arg)
            for n, (arg, side) in enumerate(zip(node.args, sides, strict=True))
        ]
        return Call("matmul", tuple(turned))

    return rewrite(expr, change)


def _turned(expr: Expr) -> Expr:
    return expr.args[0] if isinstance(expr, Call) and expr.op == "transpose" else Call("transpose", (expr,))


def _worded(expr: Expr, scope: Scope) -> Expr:
    """The expression with what only emitted gradients have in words: the equation language has no name for it."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op in WITHOUT:
            inner = spelled(node.args[0])
            inner = inner if isinstance(node.args[0], Ref) else f"({inner})"
            return Ref(Name(f"({inner} {without(node, scope)})"))
        if isinstance(node, Call) and node.op == "jacobian":
            return Ref(Name(_derivatives(node, scope, *(spelled(arg) for arg in node.args))))
        if isinstance(node, Call) and node.op == "time_step":
            inner = spelled(node.args[0])
            return Ref(Name(f"{inner if isinstance(node.args[0], Ref) else f'({inner})'}{at_step(node, scope)}"))
        return node

    changed = rewrite(expr, change)
    if isinstance(expr, Call) and expr.op in WITHOUT and isinstance(changed, Ref):
        return Ref(Name(changed.name.stem[1:-1]))
    return changed


def write(expr: Expr, scope: Scope) -> str:
    """An expression in Unicode."""
    if isinstance(expr, Num):
        return number_sign(expr.value)
    if isinstance(expr, Ref):
        return scope.name(expr.name)
    writer = _WRITERS.get(expr.op)
    return writer(expr, scope) if writer else function(expr, scope)


def number_sign(value: Number) -> str:
    """A number that stands in the formula, as written there; ½ for 1/2."""
    if isinstance(value, Fraction):
        size = abs(value)
        text = _VULGAR.get((size.numerator, size.denominator), f"{size.numerator}/{size.denominator}")
        return text if value > 0 else f"−{text}"
    text = spell_number(value).replace("-", "−")
    return "∞" if text == "inf" else "−∞" if text == "−inf" else text


def tightness(expr: Expr, scope: Scope) -> int:
    """How tightly what is shown binds: a raised layer number, ∂L/∂W or Σ w does not take another exponent."""
    if isinstance(expr, Ref):
        return PRODUCT if expr.name.of else POWER if scope.symbol(expr.name).fenced else ATOM
    if isinstance(expr, Num) and isinstance(expr.value, Fraction):
        return ATOM if expr.value > 0 and len(number_sign(expr.value)) == 1 else PRODUCT
    if isinstance(expr, Call):
        if expr.op in ("transpose", "time_step", "sum", "sqrt"):  # (Σ w)² is not Σ w²
            return POWER
        if expr.op in ("greater", "inside"):
            return ATOM
        if expr.op in WITHOUT:
            return SUM
    return binding(expr)


def within(expr: Expr, place: int, scope: Scope) -> str:
    """An expression in a place that asks for parentheses around what binds less tightly."""
    text = write(expr, scope)
    return text if tightness(expr, scope) >= place else f"({text})"


def _add(expr: Call, scope: Scope) -> str:
    parts: list[str] = []
    for term in expr.args:
        sign, body = signed_term(term, not parts)
        parts.append(sign.replace("-", "−"))
        parts.append(within(body, PRODUCT, scope))
    return "".join(parts)


def _neg(expr: Call, scope: Scope) -> str:
    return "−" + within(expr.args[0], PRODUCT, scope)


def factor(expr: Expr, first: bool, op: str, scope: Scope) -> str:
    """A factor of a product; a product of the other kind is parenthesised."""
    if isinstance(expr, Ref):
        return scope.name(expr.name)
    if first and isinstance(expr, Call) and expr.op == op:
        return write(expr, scope)
    return within(expr, POWER, scope)


def _mul(expr: Call, scope: Scope) -> str:
    parts = [factor(expr.args[0], True, "mul", scope)]
    for sign, arg in signs(expr, scope):
        parts.append(sign)
        parts.append(write(arg, scope) if scales(expr, arg, scope) else factor(arg, False, "mul", scope))
    return "".join(parts)


def scales(expr: Call, last: Expr, scope: Scope) -> bool:
    """Whether a product ends in a matrix product that numbers are put before: η xᵀ e needs no parentheses."""
    if not isinstance(last, Call) or last.op != "matmul" or last is not expr.args[-1]:
        return False
    return all(scope.scalar(arg) for arg in expr.args[:-1]) and not scope.scalar(last)


def signs(expr: Call, scope: Scope) -> list[tuple[str, Expr]]:
    """The factors of a product behind the first, each with the sign before it: ⊙ between tensors, · or a blank else."""
    found: list[tuple[str, Expr]] = []
    tensor = not scope.scalar(expr.args[0])
    if len(expr.args) > 2 and not tensor and all(scope.scalar(arg) for arg in expr.args):
        return [(" · ", arg) for arg in expr.args[1:]]
    for left, right in zip(expr.args, expr.args[1:], strict=False):
        number = scope.scalar(right)
        if tensor and not number:
            sign = " ⊙ "
        elif not isinstance(right, Num) and (isinstance(left, Num) or (scope.scalar(left) and not number)):
            sign = " "
        else:
            sign = " · "
        found.append((sign, right))
        tensor = tensor or not number
    return found


def _div(expr: Call, scope: Scope) -> str:
    top, bottom = expr.args
    numerator = (
        write(top, scope) if isinstance(top, Call) and top.op in ("mul", "div") else factor(top, True, "", scope)
    )
    return f"{numerator} / {within(bottom, POWER, scope)}"


def _matmul(expr: Call, scope: Scope) -> str:
    left, right = expr.args
    return f"{factor(left, True, 'matmul', scope)} {factor(right, False, 'matmul', scope)}"


def _pow(expr: Call, scope: Scope) -> str:
    base, exponent = expr.args
    # Adam's β₁ᵗ: which count t it is, the update says in which it stands; β₁^t@1 would read as (β₁^t)@1.
    text = write(exponent, scope.at(exponent.name.update) if isinstance(exponent, Ref) else scope)
    raised = superscript(text.replace("−", "-").replace(" ", "")) if "(" not in text else None
    if raised is None:
        raised = f"^{text}" if tightness(exponent, scope) >= POWER else f"^({text})"
    return within(base, POSTFIX, scope) + raised


def _transpose(expr: Call, scope: Scope) -> str:
    return within(expr.args[0], POSTFIX, scope) + "ᵀ"


def key(expr: Call) -> str:
    """The inside of an index, counted as the file counts: [2], [1..4] from 1 to 4 (in files [1:5]), [:] for all."""
    base = options(expr).get("base") or 0
    parts: list[str] = []
    for part in options(expr)["key"]:
        if not isinstance(part, tuple):
            parts.append(str(part + base))
        elif part == (None, None):
            parts.append(":")
        else:
            first, last = (part[0] or 0) + base, None if part[1] is None else part[1] - 1 + base
            parts.append(str(first) if first == last else f"{first}..{'' if last is None else last}")
    return ",".join(parts)


def _index(expr: Call, scope: Scope) -> str:
    inner = expr.args[0]
    text = scope.name(inner.name) if isinstance(inner, Ref) else within(inner, POSTFIX, scope)
    return f"{text}[{key(expr)}]"


def function_name(op: str, scope: Scope) -> str:
    """What stands before the parentheses of a call."""
    if not scope.style.unicode:
        return op
    operation = REGISTRY.get(op)
    return operation.symbol if operation and operation.symbol else op.replace("'", "′")


def extras(expr: Call, scope: Scope) -> list[str]:
    """The options that change the value, as written in a call."""
    operation = REGISTRY.get(expr.op)
    defaults, unspoken = (operation.options, operation.unspoken) if operation else ({}, ())
    return [
        f"{name} = {spell_option(value).replace('-', '−')}"
        for name, value in expr.options
        if name not in unspoken
        and not (name == "axis" and (value is None or along_all(expr, scope)))
        and (value != defaults.get(name) or name not in defaults)
        and not (name == "at_zero" and value in (None, 0, 0.0))
    ]


def along_all(expr: Call, scope: Scope) -> bool:
    """Whether the axis of a reduction is the only one there is."""
    shape = scope.shape(expr.args[0]) if expr.args else None
    return shape is None or shape.kind in ("scalar", "vector") or options(expr).get("axis") is None


def function(expr: Call, scope: Scope) -> str:
    """A call: f(x, y), or fences around its argument."""
    operation = REGISTRY.get(expr.op)
    more = extras(expr, scope)
    args = ", ".join([write(arg, scope) for arg in expr.args] + more)
    if operation and operation.fences and not more:
        return f"{operation.fences[0]}{args}{operation.fences[1]}"
    name = function_name(expr.op, scope)
    if name in ("√", "Σ") and not more and isinstance(expr.args[0], Ref) and not scope.symbol(expr.args[0].name).fenced:
        return f"{name}{args}" if name == "√" else f"{name} {args}"
    return f"{name}({args})"


def _sum(expr: Call, scope: Scope) -> str:
    axis = options(expr).get("axis")
    if axis is None or along_all(expr, scope):
        return function(Call("sum", expr.args), scope)
    return f"Σ_{axis}({write(expr.args[0], scope)})"


def _stacked(before: str, after: str) -> Callable[[Call, Scope], str]:
    """One thing after the other along the features: [x; 1] below each other, [x, 1] side by side."""

    def writer(expr: Call, scope: Scope) -> str:
        parts = [before, *[write(arg, scope) for arg in expr.args], after]
        down = scope.layout.axis(str(options(expr).get("axis") or "features")) == 0
        return f"[{('; ' if down else ', ').join(part for part in parts if part)}]"

    return writer


def _greater(expr: Call, scope: Scope) -> str:
    return f"[{within(expr.args[0], SUM, scope)} > {within(expr.args[1], SUM, scope)}]"


def _inside(expr: Call, scope: Scope) -> str:
    x, low, high = (write(arg, scope) for arg in expr.args)
    return f"[{low} < {x} < {high}]"


def without(expr: Call, scope: Scope) -> str:
    """What is left out: `without its last row`."""
    down = scope.layout.axis(str(options(expr).get("axis") or "features")) == 0
    return f"without its {WITHOUT[expr.op]} {'row' if down else 'column'}"


def _without(expr: Call, scope: Scope) -> str:
    return f"{within(expr.args[0], POSTFIX, scope)} {without(expr, scope)}"


def _jacobian(expr: Call, scope: Scope) -> str:
    return _derivatives(expr, scope, *(write(arg, scope) for arg in expr.args))


def _derivatives(expr: Call, scope: Scope, of: str, by: str) -> str:
    """A Jacobian matrix in words: which derivatives, and where each stands."""
    order = ["", ""]
    for n, arg in enumerate(expr.args):
        shape = scope.shape(arg)
        if shape is not None and len(shape.dims) == 2 and min(shape.dims) > 1:
            order[n] = " (row by row)"
    return (
        f"the derivatives of {of} with respect to {by}: a row for each element of {of}{order[0]}, "
        f"a column for each element of {by}{order[1]}"
    )


def _sequence(expr: Call, scope: Scope) -> str:
    """All steps of a quantity are its name."""
    whole = whole_sequence(expr)
    return function(expr, scope) if whole is None else scope.whole(whole)


def _time_step(expr: Call, scope: Scope) -> str:
    """One step's part of a sequence."""
    inner = expr.args[0]
    text = scope.name(inner.name) if isinstance(inner, Ref) else within(inner, POSTFIX, scope)
    return text + at_step(expr, scope)


def at_step(expr: Call, scope: Scope) -> str:
    """Which step of a sequence is meant, behind it."""
    step = str(int(options(expr)["at"]) + 1)
    return f"|ₜ₌{subscript(step)}" if scope.style.unicode else f"|t={step}"


_WRITERS: dict[str, Callable[[Call, Scope], str]] = {
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "div": _div,
    "matmul": _matmul,
    "pow": _pow,
    "transpose": _transpose,
    "index": _index,
    "sum": _sum,
    "append_one": _stacked("", "1"),
    "prepend_one": _stacked("1", ""),
    "concat": _stacked("", ""),
    "drop_first": _without,
    "drop_last": _without,
    "greater": _greater,
    "inside": _inside,
    "jacobian": _jacobian,
    "sequence": _sequence,
    "time_step": _time_step,
}
