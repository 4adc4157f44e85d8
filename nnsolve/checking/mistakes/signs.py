"""Mistakes of sign and direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.activations import misvalued
from nnsolve.checking.mistakes.biases import biases, folded_times
from nnsolve.checking.mistakes.edits import deltas, each, each_layer, instead, negated, rewritten
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.expressions import Call, Expr, Ref, neg, references, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


def _flipped(view: View) -> Iterator[Tensor]:
    yield -view.own


def _sign_flipped(scene: Scene) -> Iterator[Slip]:
    yield Slip("sign-flipped", "", asked=_flipped)
    gradients = [e for e in scene.backward if scene.of_loss(e)]
    yield from each("sign-flipped", gradients, negated)
    sums = {z for _, _, z in scene.activations()}
    yield from each("sign-flipped", [e for e in scene.forward if e.name in sums], negated)
    terms = {Ref(name) for name in biases(scene)}

    def subtracted(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "add":
            return node.with_args(tuple([neg(arg) if arg in terms else arg for arg in node.args]))
        return node

    yield from each("sign-flipped", scene.forward, rewritten(subtracted))
    yield from each("sign-flipped", scene.forward, folded_times(-1))
    yield from misvalued(scene, "sign-flipped", _of_minus("softmax"))


def _given_negated(scene: Scene) -> Iterator[Slip]:
    for name in scene.program.parameters:
        yield Slip("given-negated", str(name), given={name: np.negative})


def _error_terms(scene: Scene) -> Iterator[tuple[Name, Expr]]:
    """The differences prediction - target in the backward pass: the delta, and the difference."""
    targets = {name for name, leaf in scene.program.leaves.items() if leaf.role == "target"}
    for equation in deltas(scene):
        if targets.isdisjoint(references(equation.expr)):
            continue
        yield equation.name, equation.expr


def _target_minus_prediction(scene: Scene) -> Iterator[Slip]:
    updates = scene.program.updates
    if updates is not None and updates.block.name == "perceptron":
        yield from each("target-minus-prediction", scene.parameters, _descended)
    names = [name for name, _ in _error_terms(scene)]
    if names:
        yield Slip("target-minus-prediction", str(names[0]), {}, dict.fromkeys(names, negated))
    if len(names) > 1:
        for name in names:
            yield Slip("target-minus-prediction", str(name), {}, {name: negated})


def _ascended(expr: Expr) -> Expr:
    """W - step -> W + step, the step of an optimizer; of any sum."""
    if isinstance(expr, Call) and expr.op == "add":
        args = tuple([arg.args[0] if isinstance(arg, Call) and arg.op == "neg" else arg for arg in expr.args])
        return expr.with_args(args)
    return expr


def _ascent(scene: Scene) -> Iterator[Slip]:
    block = scene.program.updates.block.name if scene.program.updates else ""
    if block in ("momentum", "nesterov"):
        velocities = [e for e in scene.updates if e.name not in {p.name for p in scene.parameters}]
        yield from each("ascent-for-descent", [*velocities, *scene.parameters][: len(velocities)], _ascended)
    elif block == "perceptron":
        yield from each("ascent-for-descent", scene.parameters, _descended)
    else:
        yield from each_layer("ascent-for-descent", scene, scene.parameters, _ascended)


def _descended(expr: Expr) -> Expr:
    """The perceptron's W + eta (y - y_hat) x^T with the step turned round."""
    if isinstance(expr, Call) and expr.op == "add":
        return expr.with_args((expr.args[0], *(negated(arg) for arg in expr.args[1:])))
    return expr


def _minus_dropped(expr: Expr) -> Expr:
    return rewrite(expr, lambda n: n.args[0] if isinstance(n, Call) and n.op == "neg" else n)


def _of_minus(op: str) -> Change:
    """f(z) -> f(-z): for the sigmoid that is 1 / (1 + exp(z))."""

    def change(expr: Expr) -> Expr:
        return expr.with_args((negated(expr.args[0]),)) if isinstance(expr, Call) and expr.op == op else expr

    return change


def _minus_left_out(scene: Scene) -> Iterator[Slip]:
    yield from misvalued(scene, "minus-left-out", _of_minus("sigmoid"))
    for equation in scene.forward:
        expr = equation.expr if equation.long is None else equation.long
        if _minus_dropped(expr) != expr:
            yield Slip("minus-left-out", str(equation.name), {equation.name: _minus_dropped}, {})
        outer = _ascended(expr)
        if equation.name == scene.loss and outer != expr:
            yield Slip("minus-left-out", str(equation.name), {}, {equation.name: instead(outer)})


register(
    "sign-flipped",
    "It has the opposite sign: check each minus on the way, and which way round the difference is taken.",
    "emitted",
    _sign_flipped,
    ("network", "dL/dW2"),
    COMMON,
    paired=True,
)
register(
    "given-negated",
    "A given parameter is used with the opposite sign.",
    "source",
    _given_negated,
    ("network", "z1"),
    RARE,
)
register(
    "target-minus-prediction",
    "The error at the output is taken as target minus prediction; its derivative is prediction minus target.",
    "emitted",
    _target_minus_prediction,
    ("network", "dL/dz2"),
    COMMON,
    paired=True,
)
register(
    "ascent-for-descent",
    "The step goes up the gradient: descent subtracts the learning rate times the gradient.",
    "emitted",
    _ascent,
    ("network", "W2@1"),
    COMMON,
    paired=True,
)
register(
    "minus-left-out",
    "A minus of the formula is left out.",
    "source",
    _minus_left_out,
    ("formula", "C"),
    paired=True,
)
