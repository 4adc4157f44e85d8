"""Mistakes with activation functions: left out, taken for one another, given for what goes in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each, each_of, everywhere, instead, over_time, renamed, rewritten
from nnsolve.checking.mistakes.mistake import OFTEN, RARE, Slip, register
from nnsolve.core.expressions import Call, Expr, Num, Ref, call, mul, nodes, references
from nnsolve.core.names import Name
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]

CONFUSED = ("sigmoid", "tanh", "relu", "softmax", "identity")
"""Activations that are taken for one another."""


EXPONENTIAL = ("exp", "sigmoid", "softmax")
"""Functions with an exponential that is written down."""


def _left_out(scene: Scene) -> Iterator[Slip]:
    """a = z, differentiated as that or still by the rule of f; f(u) -> u of one function in all equations."""
    code = "activation-left-out"
    found = {a: instead(Ref(z)) for a, f, z in scene.activations() if f.op not in ("identity", "softmax")}
    for slip in each_of(code, found):
        yield slip._replace(forward=slip.emitted, emitted={})
    if scene.backward:
        yield from each_of(code, found)
    for op in ("sigmoid", "tanh", "relu"):
        bare = rewritten(partial(_bare, op))
        if any(bare(e.expr) != e.expr for e in scene.forward if e.name not in found):
            yield from everywhere(code, scene.forward, bare, forward=True)


def _bare(op: str, node: Expr) -> Expr:
    return node.args[0] if isinstance(node, Call) and node.op == op else node


def misvalued(scene: Scene, code: str, change: Change, *, together: bool = False) -> Iterator[Slip]:
    """Activations whose value alone is another: dL/dz is still worked out from them by the rule of the right one."""
    short = {name: e for e in scene.forward if e.long is not None for name in e.bypassed}
    found = [e.name for e in scene.forward if change(e.expr) != e.expr]
    for names in [found] if together and found else over_time(found):
        changes: dict[Name, Change] = dict.fromkeys(names, change)
        for loss in (short[name] for name in names if name in short):
            if loss.long is not None:
                changes[loss.name] = instead(loss.long)
        yield Slip(code, str(names[0]), {}, changes)


def _replaced(scene: Scene, code: str, change: Change) -> Iterator[Slip]:
    """Another function and its derivative; of one that has a shortcut with the loss also with a - y kept."""
    short = {name for e in scene.forward for name in e.bypassed}
    yield from (slip for slip in misvalued(scene, code, change) if not short.isdisjoint(slip.emitted))
    yield from each(code, scene.forward, change, forward=True)


def _softmax_left_out(scene: Scene) -> Iterator[Slip]:
    def change(expr: Expr) -> Expr:
        return expr.args[0] if isinstance(expr, Call) and expr.op == "softmax" else expr

    yield from _replaced(scene, "softmax-left-out", change)


def _not_normalized(scene: Scene) -> Iterator[Slip]:
    def change(expr: Expr) -> Expr:
        return call("exp", expr.args[0]) if isinstance(expr, Call) and expr.op == "softmax" else expr

    yield from _replaced(scene, "softmax-not-normalized", change)


def _wrong_axis(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "softmax":
            other = "features" if node.option("axis") == "samples" else "samples"
            return call("softmax", *node.args, axis=other)
        return node

    yield from _replaced(scene, "softmax-wrong-axis", rewritten(change))


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
    code, own = "wrong-activation", {a for a, _, _ in scene.activations()}
    inside = [e for e in scene.forward if e.name not in own]
    for op in ("sigmoid", "tanh", "relu"):

        def change(node: Expr, op: str = op) -> Expr:
            plain = isinstance(node, Call) and node.op in CONFUSED and node.op != op
            return call(op, *node.args) if plain and isinstance(node, Call) else node

        yield from each(code, scene.forward, rewritten(change), forward=True)
        yield from misvalued(scene, code, rewritten(change))
        if len(over_time(e.name for e in scene.forward if rewritten(change)(e.expr) != e.expr)) > 1:
            yield from misvalued(scene, code, rewritten(change), together=True)
        if any(rewritten(change)(e.expr) != e.expr for e in scene.backward):  # the value of one inside an equation
            yield from everywhere(code, [*inside, *scene.backward], rewritten(change))
    yield from _replaced(scene, code, rewritten(_moved_tanh))


def _moved_tanh(node: Expr) -> Expr:
    """(tanh(z) + 1) / 2 for the sigmoid, which is that of z / 2."""
    is_sigmoid = isinstance(node, Call) and node.op == "sigmoid"
    return call("sigmoid", mul(Num(2), *node.args)) if is_sigmoid and isinstance(node, Call) else node


def _other_base(scene: Scene) -> Iterator[Slip]:
    """10^z or 2^z for e^z, in all functions that have it or in those of a kind; derived by the rule for e^z."""
    own = [op for op in EXPONENTIAL if any(_has(e.expr, op) for e in scene.forward)]
    for scale in (Num(math.log(2)), Num(math.log(10))):
        for ops in [own, *([op] for op in own)] if len(own) > 1 else [own]:

            def change(node: Expr, ops: Sequence[str] = ops, scale: Num = scale) -> Expr:
                grows = isinstance(node, Call) and node.op in ops
                return node.with_args((mul(scale, node.args[0]),)) if grows and isinstance(node, Call) else node

            yield from misvalued(scene, "wrong-base", rewritten(change), together=True)


def _has(expr: Expr, op: str) -> bool:
    return any(isinstance(node, Call) and node.op == op for node in nodes(expr))


def _step_at_zero(scene: Scene) -> Iterator[Slip]:
    if scene.program.problem.conventions.step_at_zero is not None:
        yield Slip("step-at-zero", "conventions", problem=_other_step)


def _other_step(problem: Problem) -> Problem:
    conventions = problem.conventions
    return problem._replace(conventions=conventions._replace(step_at_zero=1 - (conventions.step_at_zero or 0)))


def _z_for_a(scene: Scene) -> Iterator[Slip]:
    pairs = {a: z for a, _, z in scene.activations()}

    def asked(view: View) -> Iterator[Tensor]:
        if any(name.after(0) in pairs for name in references(view.item.expr)):
            yield view.renamed(lambda name: pairs.get(name.after(0), name).after(name.update))

    yield Slip("z-for-a", "", asked=asked)
    for a, z in pairs.items():
        yield from each("z-for-a", scene.backward, _in_products(a, z))
    inside = [e for e in scene.forward if e.name not in pairs]
    yield from each("z-for-a", inside, rewritten(_argument), forward=True)


def _argument(node: Expr) -> Expr:
    """u for tanh(u), inside an equation: c in h = o * tanh(c)."""
    return node.args[0] if isinstance(node, Call) and node.op in CONFUSED and node.op != "softmax" else node


def _in_products(a: Name, z: Name) -> Change:
    """z in the place of a where a is a factor of a matrix product: the gradient of the next weights."""

    def change(node: Expr) -> Expr:
        return renamed((a, z))(node) if isinstance(node, Call) and node.op == "matmul" else node

    return rewritten(change)


def _a_for_z(scene: Scene) -> Iterator[Slip]:
    pairs = {z: a for a, _, z in scene.activations()}

    def asked(view: View) -> Iterator[Tensor]:
        if any(name.after(0) in pairs for name in references(view.item.expr)):
            yield view.renamed(lambda name: pairs.get(name.after(0), name).after(name.update))

    yield Slip("a-for-z", "", asked=asked)


register(
    "activation-left-out",
    "The activation function is left out.",
    "source",
    _left_out,
    ("network", "a2"),
    OFTEN,
    paired=True,
)
register(
    "softmax-left-out",
    "The softmax is left out.",
    "source",
    _softmax_left_out,
    ("classifier", "a2"),
    paired=True,
)
register(
    "softmax-not-normalized",
    "The exponentials of the softmax are not divided by their sum.",
    "source",
    _not_normalized,
    ("classifier", "a2"),
    RARE,
    paired=True,
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
    paired=True,
)
register(
    "wrong-activation",
    "Another activation function is used than the one that the problem names.",
    "source",
    _confused,
    ("network", "a2"),
    2.0,
    paired=True,
)
register(
    "wrong-base",
    "The exponential is taken to another base than e.",
    "source",
    _other_base,
    ("classifier", "a2"),
    RARE,
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
    paired=True,
)
register(
    "a-for-z",
    "The activation stands where the pre-activation belongs.",
    "asked",
    _a_for_z,
    ("network", "z2"),
)
