"""Mistakes with weights: which of them are used, transposes, and the order of the factors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import (
    and_in_values,
    deltas,
    each,
    everywhere,
    leaf_gradients,
    renamed,
    rewritten,
)
from nnsolve.checking.mistakes.mistake import COMMON, OFTEN, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, add, call, references
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


NEAREST = 3
"""So many parameters of the same shape before and after one are taken for it."""


def _updated(scene: Scene) -> Iterator[Slip]:
    for equation in scene.parameters:
        new = equation.name
        yield from each("updated-weights-used", scene.backward, renamed((new.after(0), new)))
    if len(scene.parameters) > 1:
        pairs = [(e.name.after(0), e.name) for e in scene.parameters]
        yield from each("updated-weights-used", scene.backward, renamed(*pairs))
    for equation in scene.parameters:
        yield from _updated_on_the_way(scene, equation)


def _updated_on_the_way(scene: Scene, update: Equation) -> Iterator[Slip]:
    """W updated after each time step on the way back: by the shares of the later ones, or by the own one, too."""
    weight = update.name.after(0)
    gradient = next((n for n in references(update.expr) if n.of is not None and n.primal == weight), None)
    total = scene.program.equations.get(gradient) if gradient is not None else None
    if total is None:
        return
    shares = [name for name in references(total.expr) if name.time is not None]
    for first in (0, 1) if len(shares) > 1 else ():
        changes: dict[Name, Change] = {}
        for equation in deltas(scene):
            since = first + (equation.name.time or 0)
            done = [Ref(name) for name in shares if name.time is not None and name.time >= since]
            if done and equation.name.time is not None and weight in references(equation.expr):
                changes[equation.name] = _put(Ref(weight), _put(Ref(total.name), add(*done))(update.expr))
        if changes:
            yield Slip("updated-weights-used", str(next(iter(changes))), {}, changes)


def _put(old: Expr, new: Expr) -> Change:
    """An expression in the place of another one."""
    return rewritten(lambda node: new if node == old else node)


def _old(scene: Scene) -> Iterator[Slip]:
    for equation in scene.parameters:
        yield from each("old-weights-used", scene.backward, renamed((equation.name, equation.name.after(0))))


def _wrong_layer(scene: Scene) -> Iterator[Slip]:
    parameters = scene.program.parameters
    for name in parameters:
        dims = scene.dims(name)
        alike = [other for other in parameters if scene.dims(other) in (dims, dims[::-1])]
        here = alike.index(name)
        for other in alike[max(here - NEAREST, 0) : here + NEAREST + 1]:
            if other != name:
                change = renamed((name, other)) if scene.dims(other) == dims else _turned_round(name, other)
                yield from each("wrong-weights", scene.backward, change)
                yield from each("wrong-weights", scene.forward, change, forward=True)
                if here < alike.index(other):
                    both = renamed((name, other), (other, name))
                    yield from everywhere("wrong-weights", scene.forward, both, forward=True)
    yield from _wrong_kind(scene)


def _wrong_kind(scene: Scene) -> Iterator[Slip]:
    """W_x for W_h in all gates at once; or one for the other."""
    gates: dict[tuple[str, str], dict[str, Name]] = {}
    for name in scene.program.parameters:
        if len(name.gate) == 2:
            gates.setdefault((name.stem, name.gate[1]), {})[name.gate[0]] = name
    for one, other in combinations(gates.values(), 2):
        pairs = [(name, other[gate]) for gate, name in one.items() if gate in other]
        back = [(b, a) for a, b in pairs]
        if len(pairs) > 1 and all(scene.dims(a) == scene.dims(b) for a, b in pairs):
            yield from everywhere("wrong-weights", scene.backward, renamed(*pairs))
            yield from everywhere("wrong-weights", scene.backward, renamed(*back))
            both = everywhere("wrong-weights", scene.forward, renamed(*pairs, *back), forward=True)
            yield from and_in_values(scene, both)


def _turned_round(name: Name, other: Name) -> Change:
    """V^T for W and V for W^T in products."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "matmul":
            weight: Expr = Ref(name)
            turned: dict[Expr, Expr] = {weight: call("transpose", Ref(other)), call("transpose", weight): Ref(other)}
            return node.with_args(tuple([turned.get(arg, arg) for arg in node.args]))
        return node

    return rewritten(change)


def _turned(scene: Scene) -> Iterator[Slip]:
    """W for W^T in a product, where both fit: one of the matrices, or all."""
    dims = {name: scene.dims(name) for name in scene.program.parameters}
    square = [name for name, own in dims.items() if len(own) == 2 and own[0] == own[1] > 1]
    for names in [*([name] for name in square), square] if len(square) > 1 else [square]:

        def change(node: Expr, names: list[Name] = names) -> Expr:
            if not (isinstance(node, Call) and node.op == "matmul"):
                return node
            return node.with_args(tuple([_transposed_weight(arg, names) for arg in node.args]))

        if len(names) > 1:
            yield from everywhere("weights-transposed", scene.backward, rewritten(change))
            yield from everywhere("weights-transposed", scene.forward, rewritten(change), forward=True)
            continue
        yield from each("weights-transposed", scene.backward, rewritten(change))
        yield from each("weights-transposed", scene.forward, rewritten(change), forward=True)
        # the product with the wrong matrix, its gradient by the rule for the right one
        yield from each("weights-transposed", scene.forward, rewritten(change))
        yield from everywhere("weights-transposed", [*scene.forward, *scene.backward], rewritten(change))


def _transposed_weight(arg: Expr, names: list[Name]) -> Expr:
    if isinstance(arg, Ref) and arg.name in names:
        return call("transpose", arg)
    inner = arg.args[0] if isinstance(arg, Call) and arg.op == "transpose" else None
    return inner if isinstance(inner, Ref) and inner.name in names else arg


def _transposed(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        if view.own.ndim == 2 and min(view.own.shape) > 1:
            yield view.own.T

    yield Slip("transposed", "", asked=asked)
    gradients = [e for e in scene.backward if scene.of_loss(e)]
    yield from each("transposed", gradients, _turn_product)


def _turn_product(expr: Expr) -> Expr:
    """A B -> (A B)^T, of a weight's gradient; where the shape does not allow that nothing is made of it."""
    return call("transpose", expr) if isinstance(expr, Call) and expr.op == "matmul" else expr


def _exchanged(scene: Scene) -> Iterator[Slip]:
    """p q^T -> q p^T; and p (V d)^T -> d (V p)^T, where p and d fit into each other's place."""
    code = "factors-exchanged"

    def asked(view: View) -> Iterator[Tensor]:
        equation = scene.program.equations.get(view.name.after(0)) if view.name else None
        if equation is not None and _outer(equation.expr) and view.own.ndim == 2 and min(view.own.shape) > 1:
            yield view.own.T

    yield Slip(code, "", asked=asked)
    for equation in leaf_gradients(scene):
        pair = _outer(equation.expr)
        if pair is None:
            continue
        yield Slip(code, str(equation.name), {}, {equation.name: renamed(pair, (pair[1], pair[0]))})
        for p, q in (pair, (pair[1], pair[0])):
            for d, carrier in _carried(scene, q):
                if d != p and scene.dims(d) == scene.dims(p):
                    changes = {equation.name: renamed((p, d)), carrier: renamed((d, p))}
                    yield Slip(code, str(equation.name), {}, changes)


def _outer(expr: Expr) -> tuple[Name, Name] | None:
    """The two quantities of p q^T or p^T q."""
    if not (isinstance(expr, Call) and expr.op == "matmul"):
        return None
    names = [arg.args[0] if isinstance(arg, Call) and arg.op == "transpose" else arg for arg in expr.args]
    left, right = names
    return (left.name, right.name) if isinstance(left, Ref) and isinstance(right, Ref) else None


def _carried(scene: Scene, delta: Name) -> Iterator[tuple[Name, Name]]:
    """The deltas that weights carry into a delta (or into the dL/da that it contains), and the equations that do it."""
    by_name = {e.name: e for e in scene.backward}
    for name in (delta, *(references(by_name[delta].expr) if delta in by_name else ())):
        if name not in by_name:
            continue
        expr = by_name[name].expr
        if isinstance(expr, Call) and expr.op == "matmul":
            for used in references(expr):
                if used in by_name:
                    yield used, name


register(
    "updated-weights-used",
    "Weights that are already updated are used in the backward pass: every gradient comes from the old ones.",
    "emitted",
    _updated,
    ("network", "dL/da1"),
    COMMON,
    paired=True,
)
register(
    "old-weights-used",
    "The old weights are used in the backward pass, though here each layer is updated before the error goes on.",
    "emitted",
    _old,
    ("layer_by_layer", "dL/dz1"),
    COMMON,
)
register(
    "wrong-weights",
    "The weights of another layer are used.",
    "emitted",
    _wrong_layer,
    ("network", "dL/da1"),
)
register(
    "weights-transposed",
    "The weights stand where their transpose belongs, or the other way round.",
    "emitted",
    _turned,
    ("network", "dL/da1"),
    OFTEN,
    paired=True,
)
register(
    "transposed",
    "The result is transposed: its rows are the columns.",
    "asked",
    _transposed,
    ("network", "dL/dW1"),
    COMMON,
    paired=True,
)
register(
    "factors-exchanged",
    "The two factors of the product have changed places.",
    "emitted",
    _exchanged,
    ("network", "dL/dW1"),
    OFTEN,
    paired=True,
)
