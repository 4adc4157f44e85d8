"""The chain rule that a gradient comes from: its links, the local derivative, and the equation that it belongs to."""

from __future__ import annotations

from typing import NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, neg, references
from nnsolve.core.names import Name
from nnsolve.report.notation import WITHOUT, without
from nnsolve.report.phrases import Formula, Phrase
from nnsolve.report.scope import Scope, options


class Local(NamedTuple):
    """A local derivative: the factor that the upstream gradient is multiplied by, and how.

    `side` is `times` (elementwise, or of numbers), `left` or `right` (the factor of a matrix product), or `same` where
    the gradient goes through unchanged.
    """

    factor: Expr
    side: str


def local(expr: Expr, upstream: Name) -> Local | None:
    """What the upstream gradient is multiplied by in an emitted gradient; None where it is not a single factor."""
    if isinstance(expr, Ref):
        return Local(Num(1), "same") if expr.name == upstream else None
    if not isinstance(expr, Call) or upstream not in references(expr):
        return None
    if expr.op == "neg":
        inner = local(expr.args[0], upstream)
        return inner and Local(neg(inner.factor), "times" if inner.side == "same" else inner.side)
    if expr.op == "mul":
        others = tuple(arg for arg in expr.args if not (isinstance(arg, Ref) and arg.name == upstream))
        if len(others) != len(expr.args) - 1 or any(upstream in references(arg) for arg in others):
            return None
        return Local(others[0] if len(others) == 1 else Call("mul", others), "times")
    if expr.op == "div" and isinstance(expr.args[0], Ref) and expr.args[0].name == upstream:
        return None if upstream in references(expr.args[1]) else Local(Call("div", (Num(1), expr.args[1])), "times")
    if expr.op == "matmul":
        left, right = expr.args
        if isinstance(left, Ref) and left.name == upstream and upstream not in references(right):
            return Local(right, "right")
        if isinstance(right, Ref) and right.name == upstream and upstream not in references(left):
            return Local(left, "left")
    return None


def derivative(of: Name, by: Name) -> Name:
    """The name of d`of`/d`by`."""
    return by.primal._replace(of=of.primal)


def links(equation: Equation) -> list[tuple[Name, Name]]:
    """The links of the chain rule that do not start at the loss itself."""
    loss = equation.name.of
    return [(u, v) for u, v in equation.chain if loss is None or u.primal.base != loss.base]


class Link(NamedTuple):
    """A term of the chain rule: the gradient that comes in, the local derivative, and how they are multiplied.

    They are `numbers`, taken `elementwise`, or (`turned`) the transposed derivative stands before the gradient.
    """

    upstream: Name
    local: Name
    elementwise: bool
    turned: bool
    numbers: bool


class Rule(NamedTuple):
    """The chain rule as a sum of links; with `own` the loss uses the quantity itself, too."""

    terms: tuple[Link, ...]
    own: Name | None


def rule(equation: Equation, scope: Scope, vector: bool) -> Rule | None:
    """The chain rule that a gradient comes from.

    For a `vector` on the left of a product the local derivative is a transposed Jacobian matrix.
    """
    found = links(equation)
    loss = equation.name.of
    if not found or loss is None:
        return None
    terms: list[Link] = []
    for u, v in found:
        upstream = u._replace(of=loss)
        part = local(equation.expr, upstream) if len(found) == 1 else None
        numbers = scope.scalar(Ref(upstream))
        both = part is not None and part.side == "times" and not numbers
        turned = bool(part and part.side == "left" and vector)
        terms.append(Link(upstream, derivative(u, v), both, turned, numbers))
    return Rule(tuple(terms), loss if len(found) < len(equation.chain) else None)


def rule_text(found: Rule, scope: Scope) -> str:
    """The chain rule as a formula: ∂L/∂a₁ ⊙ ∂a₁/∂z₁, or a sum of such products."""
    unicode = scope.style.unicode
    terms: list[str] = []
    for term in found.terms:
        outer, step = scope.name(term.upstream), scope.name(term.local)
        if term.turned:
            terms.append(f"({step})ᵀ {outer}" if unicode else f"({step}).T @ {outer}")
            continue
        if unicode:
            sign = " ⊙ " if term.elementwise else " · "
        else:
            sign = " * " if term.elementwise or term.numbers else " . "
        terms.append(f"{outer}{sign}{step}")
    if found.own is not None:
        terms.append(f"the part of {scope.name(found.own)} itself")
    return " + ".join(terms)


def local_derivative(equation: Equation, scope: Scope, vector: bool) -> Formula | None:
    """The local derivative as an equation: ∂a₁/∂z₁ = ReLU′(z₁)."""
    found = links(equation)
    loss = equation.name.of
    if len(found) != 1 or loss is None:
        return None
    (u, v), upstream = found[0], found[0][0]._replace(of=loss)
    part = local(equation.expr, upstream)
    if part is None:
        return None
    name = derivative(u, v)
    if part.side in ("left", "right"):
        return Formula(transposed(part.factor), scope, name) if part.side == "left" and vector else None
    return Formula(part.factor, scope, name)


def transposed(expr: Expr) -> Expr:
    """The transpose, without doubling one."""
    if isinstance(expr, Call) and expr.op == "transpose":
        return expr.args[0]
    return Call("transpose", (expr,))


def upstream_first(equation: Equation, scope: Scope) -> Expr:
    """A product of numbers with the gradient that comes in as the first factor: ∂L/∂y · 2 · v · h."""
    expr, loss = equation.expr, equation.name.of
    found = links(equation)
    if len(found) != 1 or loss is None or not isinstance(expr, Call) or expr.op != "mul":
        return expr
    first = Ref(found[0][0]._replace(of=loss))
    if expr.args[0] == first or expr.args.count(first) != 1 or not all(map(scope.scalar, expr.args)):
        return expr
    return expr.with_args((first, *(arg for arg in expr.args if arg != first)))


class Effect(NamedTuple):
    """What a local derivative does to the gradient that comes in: a factor (or none), and what happens in words."""

    factor: Expr | None
    told: Phrase


def effect(expr: Expr, upstream: Name, scope: Scope) -> Effect | None:
    """What an emitted gradient makes of one gradient that comes in; None where words would be longer than it."""
    part = local(expr, upstream)
    if part is not None:
        if part.side == "same":
            return Effect(None, ("1, the gradient goes through",))
        if part.side == "times":
            return _times(part.factor, scope)
        return Effect(part.factor, (Formula(part.factor, scope), f", from the {part.side}"))
    if not isinstance(expr, Call):
        return None
    if expr.op == "add":
        terms = [arg for arg in expr.args if upstream in references(arg)]
        return effect(terms[0], upstream, scope) if len(terms) == 1 else _masks(terms, upstream, scope)
    if expr.op in ("sum", *WITHOUT) and expr.args:
        inner = effect(expr.args[0], upstream, scope)
        if expr.op == "sum":
            over = "samples" if options(expr).get("axis") is not None else "elements"
            if over == "samples":
                over = str(options(expr)["axis"])
            then = f"summed over the {over}"
        else:
            then = without(expr, scope)
        if inner is None:
            return None
        return Effect(inner.factor, (*(("1",) if inner.factor is None else inner.told), f", {then}"))
    if expr.op == "matmul":
        turned = Formula(Call("transpose", (Ref(upstream),)), scope)
        left, right = expr.args
        if right == turned.expr and upstream not in references(left):
            return Effect(left, (Formula(left, scope), ", from the left of ", turned))
        if left == turned.expr and upstream not in references(right):
            return Effect(right, (Formula(right, scope), ", from the right of ", turned))
    return None


def _times(factor: Expr, scope: Scope) -> Effect:
    """A factor of a product of numbers, or of one that is taken element by element."""
    text = Formula(factor, scope)
    return Effect(factor, (text,) if scope.scalar(factor) else (text, ", element by element"))


def _masks(terms: list[Expr], upstream: Name, scope: Scope) -> Effect | None:
    """Several terms that all multiply the same gradient: the sum of their factors."""
    parts = [local(term, upstream) for term in terms]
    if not terms or any(part is None or part.side != "times" for part in parts):
        return None
    return _times(Call("add", tuple([part.factor for part in parts if part])), scope)
