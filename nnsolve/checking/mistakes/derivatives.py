"""Mistakes with the derivatives of activation functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.activations import CONFUSED
from nnsolve.checking.mistakes.edits import each, each_of, factors, instead, over_time, renamed, rewritten, scaled
from nnsolve.checking.mistakes.mistake import COMMON, OFTEN, RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, Call, Expr, Num, Ref, add, call, mul, neg, nodes, references
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene


class _Delta:
    """dL/dz = dL/da f'(z) of an activation a = f(z), the long way where there is a shortcut; or da/dz = f'(z) itself.

    `incoming` is dL/da; `expr` is the whole right side.
    """

    def __init__(self, equation: Equation, a: Name, function: Call, z: Name, incoming: Name | None, expr: Expr) -> None:
        self.equation, self.incoming, self.expr = equation, incoming, expr
        self.a, self.function, self.z = a, function, z

    def times(self, slope: Expr) -> Change:
        """dL/da times something else than f'(z)."""
        return instead(slope if self.incoming is None else mul(Ref(self.incoming), slope))

    def changed(self, change: Change) -> Change:
        """The long way with a change in it."""
        return instead(change(self.expr))


def _deltas(scene: Scene) -> Iterator[_Delta]:
    for a, function, z in scene.activations():
        for equation in scene.backward:
            root = equation.name.of
            if equation.name.primal != z or root is None:
                continue
            incoming = None if root == a else a.gradient(root)
            expr = equation.expr if equation.long is None else equation.long
            if incoming is None or incoming in references(expr):
                yield _Delta(equation, a, function, z, incoming, expr)


def _missing(code: str, *, relu: bool) -> Callable[[Scene], Iterator[Slip]]:
    def slips(scene: Scene) -> Iterator[Slip]:
        deltas = [d for d in _deltas(scene) if (d.function.op == "relu") is relu]
        incoming = {d.equation.name: d.incoming for d in deltas if d.incoming is not None}
        yield from _of_functions(code, deltas, lambda d: None if d.incoming is None else instead(Ref(d.incoming)))
        if not relu:
            yield from each(code, scene.backward, rewritten(_without_slope))
        for names in over_time(incoming):
            yield from each(code, scene.backward, renamed(*((name, incoming[name]) for name in names)))
        yield from _first_step_back(scene, code, incoming)

    return slips


def _first_step_back(scene: Scene, code: str, incoming: Mapping[Name, Name]) -> Iterator[Slip]:
    """The derivatives of a layer missing at the last time step alone, with which the way back begins."""
    last = max((name.time or 0 for name in incoming), default=0)
    layers: dict[int | None, dict[Name, Change]] = {}
    for name, other in incoming.items() if last > 1 else ():
        if name.time == last:
            layers.setdefault(scene.program.layer_of(name.primal), {})[name] = instead(Ref(other))
    for changes in layers.values():
        yield Slip(code, str(next(iter(changes))), {}, changes)


def _of_functions(code: str, deltas: list[_Delta], change: Callable[[_Delta], Change | None]) -> Iterator[Slip]:
    """A slip in all derivatives, in each, and in those of the same function: of the gates and not of the candidate."""
    changes: dict[Name, Change] = {}
    groups: dict[str, list[Name]] = {}
    for delta in deltas:
        found = change(delta)
        if found is not None:
            changes[delta.equation.name] = found
            groups.setdefault(delta.function.op, []).append(delta.equation.name)
    yield from each_of(code, changes)
    for names in groups.values() if len(groups) > 1 else ():
        if len(over_time(names)) > 1:
            yield Slip(code, str(names[0]), {}, {name: changes[name] for name in names})


def is_slope(factor: Expr) -> bool:
    """Whether a factor is the derivative of an activation: the mask of a ReLU, or that of a tanh inside an equation."""
    return isinstance(factor, Call) and (factor.op == "relu'" or _inside(factor) is not None)


def _inside(factor: Expr) -> Call | None:
    """The tanh(u) of 1 - tanh(u)^2."""
    found = next((node for node in nodes(factor) if isinstance(node, Call) and node.op == "tanh"), None)
    return found if found is not None and factor == _tanh_slope(found) else None


def _without_slope(node: Expr) -> Expr:
    if isinstance(node, Call) and node.op == "mul":
        kept = [arg for arg in node.args if _inside(arg) is None]
        return mul(*kept) if kept else node
    return node


def _of_inside(change: Callable[[Call], Expr]) -> Change:
    """Another expression, made of tanh(u), for 1 - tanh(u)^2 inside an equation."""

    def changed(node: Expr) -> Expr:
        inside = _inside(node)
        return node if inside is None else change(inside)

    return rewritten(changed)


def _bias_early(scene: Scene) -> Iterator[Slip]:
    code, of_layers = "bias-gradient-early", dict[Name, dict[Name, Change]]()
    for delta in _deltas(scene):
        if delta.incoming is None:
            continue
        changes = of_layers.setdefault(delta.z._replace(time=None), {})
        change = renamed((delta.equation.name, delta.incoming))
        for equation in scene.backward:
            if equation.name.of and equation.name.primal not in scene.program.equations:
                bare = equation.expr.args[0] if isinstance(equation.expr, Call) and equation.expr.op == "sum" else None
                if Ref(delta.equation.name) in (equation.expr, bare):
                    changes[equation.name] = change
    for changes in of_layers.values():
        yield from each_of(code, changes)
    if sum(map(bool, of_layers.values())) > 1:
        both = {name: change for changes in of_layers.values() for name, change in changes.items()}
        yield Slip(code, str(next(iter(both))), {}, both)


def _extra(scene: Scene) -> Iterator[Slip]:
    """A shortcut has the derivative in it already: (a - y) f'(z)."""
    for delta in _deltas(scene):
        if delta.equation.long is not None and delta.function.op in ("sigmoid", "softmax"):
            name = delta.equation.name
            yield Slip("activation-derivative-extra", str(name), {}, {name: scaled(_sigmoid_slope(Ref(delta.a)))})


def _twice(scene: Scene) -> Iterator[Slip]:
    """dL/da f'(z)^2, where no shortcut has one of them in it."""
    changes: dict[Name, Change] = {}
    for delta in _deltas(scene):
        if delta.equation.long is None and (slope := _slope(delta)) is not None:
            changes[delta.equation.name] = scaled(slope)
    yield from each_of("activation-derivative-twice", changes)


def _slope(delta: _Delta) -> Expr | None:
    """What dL/da is multiplied by, which is no mask."""
    rest = [factor for factor in factors(delta.expr) if factor != (delta.incoming and Ref(delta.incoming))]
    is_product = delta.incoming is None or len(rest) == len(factors(delta.expr)) - 1 > 0
    return mul(*rest) if is_product and not any(map(_is_mask, rest)) else None


def _is_mask(factor: Expr) -> bool:
    return isinstance(factor, Call) and factor.op == "relu'"


def _sigmoid_slope(a: Expr) -> Expr:
    return mul(a, add(ONE, neg(a)))


def _tanh_slope(a: Expr) -> Expr:
    return add(ONE, neg(call("pow", a, Num(2))))


def _not_squared(scene: Scene) -> Iterator[Slip]:
    """1 - a for 1 - a^2."""
    found = [d for d in _deltas(scene) if d.function.op == "tanh"]
    slope = {d.equation.name: d.times(add(ONE, neg(Ref(d.a)))) for d in found}
    yield from each_of("derivative-not-squared", slope)


def _sign_inside(scene: Scene) -> Iterator[Slip]:
    """a (1 + a) for a (1 - a), 1 + a^2 for 1 - a^2."""
    changes: dict[Name, Change] = {}
    for delta in _deltas(scene):
        a = Ref(delta.a)
        if delta.function.op == "sigmoid":
            changes[delta.equation.name] = delta.times(mul(a, add(ONE, a)))
        elif delta.function.op == "tanh":
            changes[delta.equation.name] = delta.times(add(ONE, call("pow", a, Num(2))))
    yield from each_of("derivative-sign", changes)
    inside = _of_inside(lambda a: add(ONE, call("pow", a, Num(2))))
    yield from each("derivative-sign", scene.backward, inside)


def _diagonal(scene: Scene) -> Iterator[Slip]:
    """dL/da a (1 - a), element by element."""
    found = [d for d in _deltas(scene) if d.function.op == "softmax"]
    changes = {d.equation.name: d.times(_sigmoid_slope(Ref(d.a))) for d in found}
    yield from each_of("softmax-derivative-diagonal", changes)


def _at_activation(scene: Scene) -> Iterator[Slip]:
    """f'(a): where the derivative is written in terms of a, a becomes f(a), where of z, z becomes a."""

    def change(delta: _Delta) -> Change:
        if delta.a in references(delta.expr):
            outer = delta.function.with_args((Ref(delta.a),))
            return delta.changed(rewritten(lambda node: outer if node == Ref(delta.a) else node))
        return delta.changed(renamed((delta.z, delta.a)))

    yield from _of_functions("derivative-at-activation", list(_deltas(scene)), change)
    twice = _of_inside(lambda inside: _tanh_slope(inside.with_args((inside,))))
    yield from each("derivative-at-activation", scene.backward, twice)


def _at_preactivation(scene: Scene) -> Iterator[Slip]:
    """a (1 - a) and 1 - a^2 with z in the place of a."""
    found = [d for d in _deltas(scene) if d.a in references(d.expr)]
    yield from _of_functions("derivative-at-preactivation", found, lambda d: d.changed(renamed((d.a, d.z))))
    yield from each("derivative-at-preactivation", scene.backward, _of_inside(lambda a: _tanh_slope(a.args[0])))


def _of_another(scene: Scene) -> Iterator[Slip]:
    """g'(z) for f'(z), or what g'(z) is in terms of g(z) with f(z) in its place."""
    code = "derivative-of-another-activation"
    deltas = [d for d in _deltas(scene) if d.function.op in CONFUSED]
    for op, slope in (("sigmoid", _sigmoid_slope), ("tanh", _tanh_slope)):
        others = [d for d in deltas if d.function.op != op]
        yield from each_of(code, {d.equation.name: d.times(slope(Ref(d.a))) for d in others})
        yield from each_of(code, {d.equation.name: d.times(slope(call(op, Ref(d.z)))) for d in others})
    yield from each(code, scene.backward, _of_inside(_sigmoid_slope))
    smooth = [d for d in deltas if d.function.op != "relu"]
    yield from each_of(code, {d.equation.name: d.times(call("relu'", Ref(d.z))) for d in smooth})


def _inverted(scene: Scene) -> Iterator[Slip]:
    """1 - relu'(z) for relu'(z); z - relu(z) for relu(z), and the other mask with it."""

    def change(node: Expr) -> Expr:
        return add(ONE, neg(node)) if isinstance(node, Call) and node.op == "relu'" else node

    def negative(node: Expr) -> Expr:
        return neg(node.with_args((neg(node.args[0]),))) if isinstance(node, Call) and node.op == "relu" else node

    yield from each("relu-mask-inverted", scene.backward, rewritten(change))
    yield from each("relu-mask-inverted", scene.forward, rewritten(negative), forward=True)


register(
    "activation-derivative-missing",
    "The derivative of the activation is missing.",
    "backward",
    _missing("activation-derivative-missing", relu=False),
    ("classifier", "dL/dW1"),
    COMMON,
    paired=True,
)
register(
    "relu-mask-missing",
    "The mask of the ReLU is missing: nothing comes back through a unit that is off.",
    "backward",
    _missing("relu-mask-missing", relu=True),
    ("network", "dL/dW1"),
    COMMON,
    paired=True,
)
register(
    "bias-gradient-early",
    "The gradient of the bias is taken before the derivative of the activation: it is that of the pre-activation.",
    "emitted",
    _bias_early,
    ("network", "dL/db1"),
    2.0,
    paired=True,
)
register(
    "activation-derivative-extra",
    "The derivative of the output activation is applied although prediction minus target already has it in it.",
    "backward",
    _extra,
    ("classifier", "dL/dz1"),
    OFTEN,
    paired=True,
)
register(
    "activation-derivative-twice",
    "The derivative of the activation is multiplied in twice.",
    "backward",
    _twice,
    ("classifier", "dL/dz1"),
    RARE,
)
register(
    "derivative-at-activation",
    "The derivative of the activation is taken at the activation; it belongs to the pre-activation.",
    "backward",
    _at_activation,
    ("network", "dL/dz2"),
    OFTEN,
    paired=True,
)
register(
    "derivative-at-preactivation",
    "The derivative is written in terms of the activation, but the pre-activation was put in.",
    "backward",
    _at_preactivation,
    ("network", "dL/dz2"),
    OFTEN,
    paired=True,
)
register(
    "derivative-of-another-activation",
    "The derivative is that of another activation function.",
    "backward",
    _of_another,
    ("network", "dL/dz2"),
    2.0,
    paired=True,
)
register(
    "derivative-not-squared",
    "In the derivative of tanh the square is left out: it is one minus the square of the activation.",
    "backward",
    _not_squared,
    ("classifier", "dL/dz1"),
    paired=True,
)
register(
    "derivative-sign",
    "In the derivative of the activation a plus stands where a minus belongs.",
    "backward",
    _sign_inside,
    ("classifier", "dL/dz1"),
    RARE,
    paired=True,
)
register(
    "softmax-derivative-diagonal",
    "The softmax is differentiated element by element: each of its outputs depends on all pre-activations.",
    "backward",
    _diagonal,
    ("classifier", "dL/dz1"),
    RARE,
)
register(
    "relu-mask-inverted",
    "The ReLU is the wrong way round: what is positive passes, and the gradient where the unit is on.",
    "backward",
    _inverted,
    ("network", "dL/dz1"),
    2.0,
    paired=True,
)
