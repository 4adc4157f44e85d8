"""Mistakes with the parts of a right side: a term of a sum or a factor of a product is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from nnsolve.checking.mistakes.derivatives import is_slope
from nnsolve.checking.mistakes.edits import (
    deltas,
    each,
    factors,
    instead,
    over_time,
    product,
    rewritten,
)
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ZERO, Call, Expr, Num, Ref, call, nodes, references, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene

Wanted: TypeAlias = Callable[[Equation, Call, Expr], bool]
"""Whether an argument of a sum or product in an equation may be edited."""

Edit: TypeAlias = Callable[[str, Expr], Change]
"""A change of a part, given the operation that it is an argument of."""


def each_part(
    code: str, equations: Iterable[Equation], wanted: Wanted, edit: Edit, *, forward: bool = False
) -> Iterator[Slip]:
    """An edit of each part of each equation; the same at all time steps, whose equations differ in these alone."""
    known = {equation.name: equation for equation in equations}
    for names in over_time(known):
        found: dict[Expr, dict[Name, Change]] = {}
        for equation in (known[name] for name in names):
            for whole, part in _parts(long_of(equation)):
                if wanted(equation, whole, part):
                    change = edit(whole.op, part)
                    if not forward and equation.long is not None:
                        change = instead(change(equation.long))
                    key = call(whole.op, _from_here(part, equation.name.time))
                    found.setdefault(key, {})[equation.name] = change
        for changes in found.values():
            at = str(next(iter(changes)))
            yield Slip(code, at, changes, {}) if forward else Slip(code, at, {}, changes)


def _parts(expr: Expr) -> Iterator[tuple[Call, Expr]]:
    """The sums and products in an expression, with each of their terms and factors."""
    for whole in nodes(expr):
        if isinstance(whole, Call) and whole.op in ("add", "mul", "matmul") and len(whole.args) > 1:
            yield from ((whole, part) for part in whole.args)


def long_of(equation: Equation) -> Expr:
    """A right side, the long way where there is a shortcut."""
    return equation.expr if equation.long is None else equation.long


def _from_here(expr: Expr, time: int | None) -> Expr:
    """An expression with the time steps counted from one: h_{t-1} of every step is the same."""
    if time is None:
        return expr

    def change(node: Expr) -> Expr:
        if isinstance(node, Ref) and node.name.time is not None:
            return Ref(node.name._replace(time=node.name.time - time))
        return node

    return rewrite(expr, change)


def without(op: str, part: Expr) -> Change:
    """A right side without a part of its sums or products."""
    return with_parts(op, {part: None})


def with_parts(op: str, others: Mapping[Expr, Expr | None]) -> Change:
    """A right side with other parts in the place of some of its sums or products; None leaves one out."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == op and not others.keys().isdisjoint(node.args):
            kept = tuple([arg for part in node.args if (arg := others.get(part, part)) is not None])
            return node if not kept else kept[0] if len(kept) == 1 else node.with_args(kept)
        return node

    return rewritten(change)


def _factor_left_out(scene: Scene) -> Iterator[Slip]:
    """A factor of a product, no ReLU's mask: in the backward pass any one, else constants and what has a time step."""
    code = "factor-left-out"
    constants = {name for name, leaf in scene.program.leaves.items() if leaf.role == "constant"}

    def is_constant(expr: Expr) -> bool:
        return not isinstance(expr, Num) and references(expr).keys() <= constants

    sums = {z for _, _, z in scene.activations()}

    def is_whole_slope(equation: Equation, whole: Call, part: Expr) -> bool:
        """Whether what is left of dL/dz is dL/da: that has a cause of its own."""
        rest = [arg for arg in whole.args if arg != part]
        return equation.name.primal in sums and all(isinstance(arg, Ref) and arg.name.of is not None for arg in rest)

    def of_gradient(equation: Equation, whole: Call, part: Expr) -> bool:
        if whole.op == "matmul":
            dims = scene.shapes(part).dims
            return len(dims) == 2 and dims[0] == dims[1]
        known = isinstance(part, Num) or is_constant(part) or is_slope(part)
        return whole.op == "mul" and not (known or is_whole_slope(equation, whole, part))

    def of_step(equation: Equation, whole: Call, part: Expr) -> bool:
        return whole.op == "mul" and isinstance(part, Ref) and part.name.time is not None

    yield from each_part(code, scene.backward, of_gradient, without)
    yield from _ones(scene)
    yield from each_part(code, [e for e in scene.forward if e.name.time is not None], of_step, without, forward=True)

    found = [node for e in (*scene.forward, *scene.backward) for node in nodes(long_of(e)) if isinstance(node, Call)]
    scales = [node.args[1:] if node.op == "div" else node.args for node in found if node.op in ("div", "mul")]
    for scale in dict.fromkeys(arg for args in scales for arg in args if is_constant(arg)):
        yield from each(code, scene.forward, _unscaled(scale), forward=True)
        yield from each(code, scene.backward, _unscaled(scale))


def _unscaled(scale: Expr) -> Change:
    """Products and quotients without a factor or a divisor."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "div" and node.args[1] == scale:
            return node.args[0]
        rest = [part for part in factors(node) if part != scale]
        return product(rest) if rest else node

    return rewritten(change)


def _ones(scene: Scene) -> Iterator[Slip]:
    """Ones for a factor of a matrix product."""
    for names in over_time(e.name for e in scene.backward if isinstance(e.expr, Call) and e.expr.op == "matmul"):
        for i in range(2):

            def change(expr: Expr, i: int = i) -> Expr:
                if not (isinstance(expr, Call) and expr.op == "matmul"):
                    return expr
                args = [call("pow", arg, ZERO) if j == i else arg for j, arg in enumerate(expr.args)]
                return expr.with_args(tuple(args))

            yield Slip("factor-left-out", str(names[0]), {}, dict.fromkeys(names, change))


def _path_left_out(scene: Scene) -> Iterator[Slip]:
    """One of several gradients that come together in a quantity."""

    def wanted(equation: Equation, whole: Call, part: Expr) -> bool:
        return whole is equation.expr and whole.op == "add" and any(name.of is not None for name in references(part))

    yield from each_part("path-left-out", deltas(scene), wanted, without)


register(
    "factor-left-out",
    "A factor of a product is left out; the chain rule has one for each step.",
    "emitted",
    _factor_left_out,
    ("formula", "dC/dw"),
    RARE,
    paired=True,
)
register(
    "path-left-out",
    "A term of the gradient is left out: it adds up all ways from the quantity to the loss.",
    "backward",
    _path_left_out,
    ("rnn", "dL/dh_2"),
    RARE,
    paired=True,
)
