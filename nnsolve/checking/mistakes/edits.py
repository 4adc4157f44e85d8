"""Edits that mistakes share: changes of a right side, and ways to say where they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.mistake import Slip
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, mul, neg, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene


def negated(expr: Expr) -> Expr:
    """-(expr)."""
    return expr.args[0] if isinstance(expr, Call) and expr.op == "neg" else neg(expr)


def scaled(factor: Expr) -> Change:
    """factor * (expr)."""
    return lambda expr: mul(factor, expr)


def instead(other: Expr) -> Change:
    """Another right side altogether."""
    return lambda expr: other


def renamed(*pairs: tuple[Name, Name]) -> Change:
    """Other quantities in the place of some, all at once."""
    table = dict(pairs)

    def change(expr: Expr) -> Expr:
        return rewrite(expr, lambda node: Ref(table.get(node.name, node.name)) if isinstance(node, Ref) else node)

    return change


def rewritten(change: Callable[[Expr], Expr]) -> Change:
    """Every node changed, arguments first."""
    return lambda expr: rewrite(expr, change)


def everywhere(code: str, equations: Iterable[Equation], change: Change, *, forward: bool = False) -> Iterator[Slip]:
    """One slip that is made in all equations that a change changes."""
    found = [e for e in equations if change(e.expr) != e.expr]
    if found:
        changes = {e.name: change for e in found}
        at = str(found[0].name)
        yield Slip(code, at, changes, {}) if forward else Slip(code, at, {}, changes)


def and_in_values(scene: Scene, slips: Iterable[Slip]) -> Iterator[Slip]:
    """Slips of the forward pass; and each in the values alone, the gradients by the rules of the right equations."""
    for slip in slips:
        yield slip
        if scene.backward:
            yield slip._replace(forward={}, emitted=slip.forward)


def over_time(names: Iterable[Name]) -> list[list[Name]]:
    """The same quantity at all time steps together: who makes a mistake at one makes it at the others."""
    found: dict[Name, list[Name]] = {}
    for name in names:
        found.setdefault(name._replace(time=None), []).append(name)
    return list(found.values())


def each(code: str, equations: Iterable[Equation], change: Change, *, forward: bool = False) -> Iterator[Slip]:
    """A slip in one equation (the same at all time steps), in all that a change changes; and in each of them.

    What is summed over time steps is changed in its terms or in the sum.
    """
    found = [e for e in equations if change(e.expr) != e.expr]
    summed = {e.name._replace(time=None) for e in found if e.name.time is not None}
    for some in ([e for e in found if e.name not in summed], [e for e in found if e.name in summed]):
        groups = over_time(e.name for e in some)
        if len(groups) > 1:
            yield from everywhere(code, some, change, forward=forward)
        for names in groups:
            yield from everywhere(code, [e for e in some if e.name in names], change, forward=forward)


def each_of(code: str, changes: Mapping[Name, Change]) -> Iterator[Slip]:
    """The same, where each emitted equation has a change of its own."""
    groups = over_time(changes)
    if len(groups) > 1:
        yield Slip(code, str(next(iter(changes))), {}, changes)
    for names in groups:
        yield Slip(code, str(names[0]), {}, {name: changes[name] for name in names})


def each_layer(code: str, scene: Scene, equations: Iterable[Equation], change: Change) -> Iterator[Slip]:
    """The same, and in all of a layer: its weights and its bias."""
    found = [e for e in equations if change(e.expr) != e.expr]
    yield from each(code, found, change)
    layers: dict[int | None, list[Equation]] = {}
    for equation in found:
        layers.setdefault(scene.program.layer_of(equation.name.after(0)), []).append(equation)
    for own in layers.values() if len(layers) > 1 else ():
        if len(own) > 1:
            yield from everywhere(code, own, change)


def factors(expr: Expr) -> tuple[Expr, ...]:
    """The factors of an elementwise product; anything else is its only factor."""
    return expr.args if isinstance(expr, Call) and expr.op == "mul" else (expr,)


def product(parts: Iterable[Expr]) -> Expr:
    """The product of factors; 1 of none."""
    listed = tuple(parts)
    return mul(*listed) if listed else Num(1)


def deltas(scene: Scene) -> list[Equation]:
    """The gradients of the loss by quantities that are computed."""
    return [e for e in scene.backward if scene.of_loss(e) and e.name.primal in scene.program.equations]


def leaf_gradients(scene: Scene) -> list[Equation]:
    """The gradients of the loss by parameters and inputs, those of single time steps included."""
    return [e for e in scene.backward if scene.of_loss(e) and e.name.primal not in scene.program.equations]
