"""Mistakes with activation functions and their derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each, each_of, instead, renamed, rewritten, scaled
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, Call, Expr, Num, Ref, add, call, mul, neg, references
from nnsolve.core.names import Name
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


class _Delta:
    """dL/dz = dL/da f'(z) of an activation a = f(z)."""

    def __init__(self, equation: Equation, a: Name, function: Call, z: Name, incoming: Name) -> None:
        self.equation = equation
        self.a, self.function, self.z, self.incoming = a, function, z, incoming

    def times(self, slope: Expr) -> Change:
        """dL/da times something else than f'(z)."""
        return lambda expr: mul(Ref(self.incoming), slope)


def _deltas(scene: Scene) -> Iterator[_Delta]:
    for a, function, z in scene.activations():
        for equation in scene.backward:
            if equation.name.primal == z and equation.name.of is not None:
                incoming = a.gradient(equation.name.of)
                if incoming in references(equation.expr):
                    yield _Delta(equation, a, function, z, incoming)


def _missing(scene: Scene) -> Iterator[Slip]:
    code = "activation-derivative-missing"
    found = list(_deltas(scene))
    yield from each_of(code, {d.equation.name: instead(Ref(d.incoming)) for d in found})
    for delta in found:
        users = [e for e in scene.backward if delta.equation.name in references(e.expr)]
        yield from each(code, users, renamed((delta.equation.name, delta.incoming)))


def _bias_early(scene: Scene) -> Iterator[Slip]:
    code, of_layers = "bias-gradient-early", dict[Name, dict[Name, Change]]()
    for delta in _deltas(scene):
        changes = of_layers.setdefault(delta.z._replace(time=None), {})
        for equation in scene.backward:
            if equation.name.of and equation.name.primal in scene.program.leaves:
                bare = equation.expr.args[0] if isinstance(equation.expr, Call) and equation.expr.op == "sum" else None
                if Ref(delta.equation.name) in (equation.expr, bare):
                    changes[equation.name] = renamed((delta.equation.name, delta.incoming))
    for changes in of_layers.values():
        yield from each_of(code, changes)


def _extra(scene: Scene) -> Iterator[Slip]:
    """A shortcut has the derivative in it already: (a - y) f'(z)."""
    slopes = {"sigmoid": _sigmoid_slope, "softmax": _sigmoid_slope}
    for a, function, z in scene.activations():
        for equation in scene.backward:
            if equation.name.primal == z and a in references(equation.expr) and function.op in slopes:
                incoming = a.gradient(equation.name.of) if equation.name.of else None
                if incoming not in references(equation.expr):
                    slope = slopes[function.op](a)
                    change = scaled(slope)
                    yield Slip("activation-derivative-extra", str(equation.name), {}, {equation.name: change})


def _sigmoid_slope(a: Name) -> Expr:
    return mul(Ref(a), add(ONE, neg(Ref(a))))


def _tanh_slope(a: Name) -> Expr:
    return add(ONE, neg(call("pow", Ref(a), Num(2))))


def _at_activation(scene: Scene) -> Iterator[Slip]:
    """f'(a): where the derivative is written in terms of a, a becomes f(a), where of z, z becomes a."""

    def change(delta: _Delta) -> Change:
        if delta.a in references(delta.equation.expr):
            outer = delta.function.with_args((Ref(delta.a),))
            return rewritten(lambda node: outer if node == Ref(delta.a) else node)
        return renamed((delta.z, delta.a))

    yield from each_of("derivative-at-activation", {d.equation.name: change(d) for d in _deltas(scene)})


def _at_preactivation(scene: Scene) -> Iterator[Slip]:
    """a (1 - a) and 1 - a^2 with z in the place of a."""
    found = {d.equation.name: renamed((d.a, d.z)) for d in _deltas(scene) if d.a in references(d.equation.expr)}
    yield from each_of("derivative-at-preactivation", found)


def _of_another(scene: Scene) -> Iterator[Slip]:
    for op in ("sigmoid", "tanh", "relu"):
        found: dict[Name, Change] = {}
        for delta in _deltas(scene):
            if delta.function.op in ("sigmoid", "tanh", "relu", "softmax", "identity") and delta.function.op != op:
                slope = {
                    "sigmoid": _sigmoid_slope(delta.a),
                    "tanh": _tanh_slope(delta.a),
                    "relu": call("relu'", Ref(delta.z)),
                }[op]
                found[delta.equation.name] = delta.times(slope)
        yield from each_of("derivative-of-another-activation", found)


def _inverted(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        return add(ONE, neg(node)) if isinstance(node, Call) and node.op == "relu'" else node

    yield from each("relu-mask-inverted", scene.backward, rewritten(change))


def _left_out(scene: Scene) -> Iterator[Slip]:
    code = "activation-left-out"
    found = {a: instead(Ref(z)) for a, f, z in scene.activations() if f.op not in ("identity", "softmax")}
    yield from (Slip(code, slip.at, slip.emitted) for slip in each_of(code, found))


def _softmax_left_out(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        return node.args[0] if isinstance(node, Call) and node.op == "softmax" else node

    yield from each("softmax-left-out", scene.forward, rewritten(change), forward=True)


def _not_normalized(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        return call("exp", node.args[0]) if isinstance(node, Call) and node.op == "softmax" else node

    yield from each("softmax-not-normalized", scene.forward, rewritten(change), forward=True)


def _wrong_axis(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "softmax":
            other = "features" if node.option("axis") == "samples" else "samples"
            return call("softmax", *node.args, axis=other)
        return node

    yield from each("softmax-wrong-axis", scene.forward, rewritten(change), forward=True)


def _temperature(scene: Scene) -> Iterator[Slip]:
    """softmax(beta z) -> softmax(z / beta), and the other way."""
    constants = {
        name for name, leaf in scene.program.leaves.items() if not scene.dims(name) and leaf.role == "constant"
    }
    feeding = {
        r for e in scene.forward if isinstance(e.expr, Call) and e.expr.op == "softmax" for r in references(e.expr)
    }

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "mul" and len(node.args) == 2:
            scalar = next((arg for arg in node.args if isinstance(arg, Ref) and arg.name in constants), None)
            if scalar is not None:
                (other,) = [arg for arg in node.args if arg is not scalar]
                return call("div", other, scalar)
        if isinstance(node, Call) and node.op == "div":
            top, bottom = node.args
            if isinstance(bottom, Ref) and bottom.name in constants:
                return mul(bottom, top)
        return node

    yield from each(
        "temperature-inverted", [e for e in scene.forward if e.name in feeding], rewritten(change), forward=True
    )


def _confused(scene: Scene) -> Iterator[Slip]:
    for op in ("sigmoid", "tanh", "relu"):

        def change(expr: Expr, op: str = op) -> Expr:
            plain = isinstance(expr, Call) and expr.op in ("sigmoid", "tanh", "relu", "identity") and expr.op != op
            return call(op, *expr.args) if plain and isinstance(expr, Call) else expr

        yield from each("wrong-activation", scene.forward, rewritten(change), forward=True)


def _step_at_zero(scene: Scene) -> Iterator[Slip]:
    if scene.program.problem.conventions.step_at_zero is not None:
        yield Slip("step-at-zero", "conventions", problem=_other_step)


def _other_step(problem: Problem) -> Problem:
    conventions = problem.conventions
    return problem._replace(conventions=conventions._replace(step_at_zero=1 - (conventions.step_at_zero or 0)))


def _z_for_a(scene: Scene) -> Iterator[Slip]:
    pairs = {a: z for a, _, z in scene.activations()}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is not None and view.name.after(0) in pairs:
            yield view.renamed(lambda a: pairs[a.after(0)].after(a.update))

    yield Slip("z-for-a", "", asked=asked)
    for a, z in pairs.items():
        yield from each("z-for-a", scene.backward, _in_products(a, z))


def _in_products(a: Name, z: Name) -> Change:
    """z in the place of a where a is a factor of a matrix product: the gradient of the next weights."""

    def change(node: Expr) -> Expr:
        return renamed((a, z))(node) if isinstance(node, Call) and node.op == "matmul" else node

    return rewritten(change)


def _a_for_z(scene: Scene) -> Iterator[Slip]:
    pairs = {z: a for a, _, z in scene.activations()}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is not None and view.name.after(0) in pairs:
            yield view.of(pairs[view.name.after(0)].after(view.name.update))
        if view.name is not None and view.name.of is not None and view.name.primal.after(0) in pairs:
            other = pairs[view.name.primal.after(0)].gradient(view.name.of)
            yield view.of(other.after(view.name.update))

    yield Slip("a-for-z", "", asked=asked)


register(
    "activation-derivative-missing",
    "The derivative of the activation is missing (for ReLU the mask: nothing comes back through a unit that is off).",
    "backward",
    _missing,
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
    ("classifier", "dL/dz2"),
    paired=True,
)
register(
    "derivative-at-activation",
    "The derivative of the activation is taken at the activation; it belongs to the pre-activation.",
    "backward",
    _at_activation,
    ("network", "dL/dz2"),
    paired=True,
)
register(
    "derivative-at-preactivation",
    "The derivative is written in terms of the activation, but the pre-activation was put in.",
    "backward",
    _at_preactivation,
    ("network", "dL/dz2"),
    paired=True,
)
register(
    "derivative-of-another-activation",
    "The derivative is that of another activation function.",
    "backward",
    _of_another,
    ("network", "dL/dz2"),
    2.0,
)
register(
    "relu-mask-inverted",
    "The mask of the ReLU is the wrong way round: the gradient passes where the unit is on.",
    "backward",
    _inverted,
    ("network", "dL/dz1"),
    2.0,
)
register(
    "activation-left-out",
    "The activation function is left out.",
    "source",
    _left_out,
    ("network", "a2"),
    paired=True,
)
register(
    "softmax-left-out",
    "The softmax is left out.",
    "source",
    _softmax_left_out,
    ("classifier", "a2"),
)
register(
    "softmax-not-normalized",
    "The exponentials of the softmax are not divided by their sum.",
    "source",
    _not_normalized,
    ("classifier", "a2"),
    RARE,
)
register(
    "softmax-wrong-axis",
    "The softmax is taken over the samples; it belongs to each sample's features.",
    "source",
    _wrong_axis,
    ("batch", "a2"),
    RARE,
)
register(
    "temperature-inverted",
    "The temperature is the wrong way round: it multiplies where it divides, or divides where it multiplies.",
    "source",
    _temperature,
    ("temperature", "p"),
    2.0,
)
register(
    "wrong-activation",
    "Another activation function is used than the one that the problem names.",
    "source",
    _confused,
    ("network", "a2"),
    2.0,
)
register(
    "step-at-zero",
    "The step function has the other value at zero.",
    "source",
    _step_at_zero,
    ("step", "W@2"),
)
register(
    "z-for-a",
    "The pre-activation stands where the activation belongs.",
    "asked",
    _z_for_a,
    ("network", "a1"),
)
register(
    "a-for-z",
    "The activation stands where the pre-activation belongs.",
    "asked",
    _a_for_z,
    ("network", "z2"),
)
