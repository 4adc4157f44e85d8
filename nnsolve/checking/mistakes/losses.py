"""Mistakes with losses: constants, averages, norms, logarithms and classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.biases import biases
from nnsolve.checking.mistakes.edits import (
    and_in_values,
    deltas,
    each,
    everywhere,
    leaf_gradients,
    negated,
    over_time,
    rewritten,
    scaled,
)
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.checking.mistakes.penalties import penalty_scaled
from nnsolve.checking.mistakes.updates import rate_scaled
from nnsolve.checking.mistakes.words import cosines
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Num, Ref, add, call, mul, nodes, references, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]

TWO = Num(2)
HALF = Num(Fraction(1, 2))
LOGARITHMS = ("ln", "xlogy", "log_softmax", "softmax_cross_entropy", "sigmoid_cross_entropy")


def _first_gradients(scene: Scene) -> list[Equation]:
    """The gradients in which the loss itself is differentiated: they name no other gradient of it."""
    of_loss = [e for e in scene.backward if scene.of_loss(e)]
    return [e for e in of_loss if not any(used.of == scene.loss for used in references(e.expr))]


def _losses(scene: Scene) -> list[Equation]:
    """The loss, and what it is made of at each time step."""
    loss = scene.loss
    return [e for e in scene.program.forward if loss is not None and e.name._replace(time=None) == loss]


def _times(code: str, factor: Fraction) -> Callable[[Scene], Iterator[Slip]]:
    def slips(scene: Scene) -> Iterator[Slip]:
        def asked(view: View) -> Iterator[Tensor]:
            yield view.own * float(factor)

        yield Slip(code, "", asked=asked)
        change = scaled(Num(factor))
        loss = [e for e in _losses(scene) if e.name == scene.loss]
        yield from each(code, loss, change, forward=True)
        yield from each(code, _first_gradients(scene), change)
        yield from penalty_scaled(scene, code, Num(factor))
        yield from rate_scaled(scene, code, factor)
        if factor < 1:  # half the square of a norm
            yield from each(code, scene.forward, rewritten(_square(Num(factor))), forward=True)

    return slips


def _counts(scene: Scene) -> list[int]:
    """What a mean may be taken over: samples, the features of a prediction, time steps, and both of them."""
    found: set[int] = set()
    steps = max((max(times, default=1) for times in scene.program.scope.sequences.values()), default=1)  # h_0 is none
    for name in scene.predictions():
        dims = scene.dims(name)
        shape = scene.shapes.of(name)
        samples = scene.shapes.layout.count(shape)
        found |= {samples, shape.size, shape.size // max(samples, 1), samples * steps, shape.size * steps}
        found |= set(dims)
    return sorted(n for n in {*found, steps, scene.run.samples, scene.run.batch_size} if n > 1)


def _averaged(code: str, *, divide: bool) -> Callable[[Scene], Iterator[Slip]]:
    def slips(scene: Scene) -> Iterator[Slip]:
        def asked(view: View) -> Iterator[Tensor]:
            if view.name is not None and view.name.after(0)._replace(epoch=None) == scene.loss:
                yield from (view.own / n if divide else view.own * n for n in _counts(scene))

        yield Slip(code, "", asked=asked)
        for n in _counts(scene):
            factor = Num(Fraction(1, n) if divide else Fraction(n))
            loss = [e for e in _losses(scene) if e.name == scene.loss]
            yield from each(code, loss, scaled(factor), forward=True)
            yield from each(code, loss, rewritten(_root_mean(n, divide=divide)), forward=True)
            first = _first_gradients(scene)
            yield from each(code, first, scaled(factor))
            yield from each(code, [e for e in leaf_gradients(scene) if e not in first], scaled(factor))
            offsets = [e for e in leaf_gradients(scene) if e.name.primal in biases(scene) and e.name.time is None]
            if len(offsets) > 1:
                yield from everywhere(code, offsets, scaled(factor))
        averages = [e for e in scene.forward if _is_average(e.expr)] if not divide else []
        for equation in averages:
            yield Slip(code, str(equation.name), {equation.name: _summed})
        wrong, meant = ("mean", "sum") if divide else ("sum", "mean")

        def change(node: Expr) -> Expr:
            known = isinstance(node, Call) and node.op == meant
            return Call(wrong, node.args, node.options) if known and isinstance(node, Call) else node

        yield from each(code, scene.forward, rewritten(change), forward=True)

    return slips


def _is_average(expr: Expr) -> bool:
    """1/n * (a + b + ...) of n terms."""
    if not (isinstance(expr, Call) and expr.op == "mul" and len(expr.args) == 2):
        return False
    count, total = expr.args
    return isinstance(total, Call) and total.op == "add" and count == Num(Fraction(1, len(total.args)))


def _summed(expr: Expr) -> Expr:
    return expr.args[1] if isinstance(expr, Call) else expr


def _root_mean(n: int, *, divide: bool) -> Change:
    """The norm as the root of a mean, or the other way round."""
    factor = Num(math.sqrt(1 / n if divide else n))
    return lambda node: scaled(factor)(node) if isinstance(node, Call) and node.op == "norm" else node


def _target_left_out(scene: Scene) -> Iterator[Slip]:
    """a - y -> a: in the gradients alone, or in the loss."""
    targets = {Ref(name) for name, leaf in scene.program.leaves.items() if leaf.role == "target"}

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "add":
            kept = [arg for arg in node.args if not targets & {arg, negated(arg)}]
            return add(*kept) if kept else node
        return node

    yield from everywhere("target-left-out", deltas(scene), rewritten(change))
    yield from everywhere("target-left-out", scene.forward, rewritten(change), forward=True)


def _last_loss(scene: Scene) -> Iterator[Slip]:
    """Of the losses of all time steps the last alone is differentiated."""
    changes: dict[Name, Change] = {}
    for names in over_time(e.name for e in _first_gradients(scene) if e.name.time is not None):
        last = max(names, key=lambda name: name.time or 0)
        changes.update({name: scaled(ZERO) for name in names if name != last})
    if changes:
        yield Slip("last-loss-alone", str(next(iter(changes))), {}, changes)


def _squared(scene: Scene) -> Iterator[Slip]:
    """||e|| -> ||e||^2, or half of it."""
    for change in (_square(ONE), _square(HALF)):
        yield from each("squared-norm-for-norm", scene.forward, rewritten(change), forward=True)
    yield from cosines("squared-norm-for-norm", _over_norms)(scene)


def _over_norms(cosine: Call, one: Expr, other: Expr) -> list[Expr]:
    """Divided by the norms once more."""
    return [call("div", cosine, mul(one, other))]


def _square(factor: Expr) -> Change:
    """||e|| -> ||e||^2 times a factor."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "norm" and not node.options:
            return mul(factor, call("sum", call("pow", node.args[0], TWO)))
        return node

    return change


def _root(scene: Scene) -> Iterator[Slip]:
    """||e||^2 -> ||e||."""

    def change(node: Expr) -> Expr:
        squares = isinstance(node, Call) and node.op == "sum" and not node.options
        if squares and isinstance(node, Call) and isinstance(node.args[0], Call) and node.args[0].op == "pow":
            return call("norm", node.args[0].args[0])
        return node

    for equation in _losses(scene):
        yield from each("norm-for-squared-norm", [equation], rewritten(change), forward=True)
        yield from each("norm-for-squared-norm", [equation], rewritten(change))  # in the value alone


def _logarithm(code: str, base: int) -> Callable[[Scene], Iterator[Slip]]:
    def slips(scene: Scene) -> Iterator[Slip]:
        def asked(view: View) -> Iterator[Tensor]:
            if view.is_seen_loss:
                yield view.own / math.log(base)

        def change(node: Expr) -> Expr:
            if isinstance(node, Call) and node.op in LOGARITHMS:
                return scaled(Num(1 / math.log(base)))(node)
            return node

        changed = list(each(code, scene.forward, rewritten(change), forward=True))
        yield from and_in_values(scene, changed)
        if changed:
            yield Slip(code, "", asked=asked)

    return slips


def _first_class(scene: Scene) -> Iterator[Slip]:
    """One-hot targets, each moved by one class; of two classes the other."""
    axis = scene.shapes.layout.features
    for name, leaf in scene.program.leaves.items():
        value = leaf.value
        if leaf.role != "target" or value.ndim != 2 or not np.isin(value, (0, 1)).all():
            continue
        if value.shape[axis] == 1:
            yield Slip("wrong-class", str(name), given={name: lambda values: 1 - values})
            continue
        if not (value.sum(axis=axis) == 1).all():
            continue
        for shift in (-1, 1):

            def moved(values: Tensor, shift: int = shift) -> Tensor:
                return np.roll(values, shift, axis=axis)

            yield Slip("wrong-class", str(name), given={name: moved})


def _other_class(scene: Scene) -> Iterator[Slip]:
    """The neighbours of an asked element; of two that are put together the one for the other."""

    def asked(view: View) -> Iterator[Tensor]:
        expr = view.item.expr
        if isinstance(expr, Call) and expr.op == "index":
            values = view.evaluated(expr.args[0]).ravel()
            for i in np.flatnonzero(values == view.own.ravel()) if view.own.size == 1 else ():
                for j in (i - 1, i + 1):
                    if 0 <= j < len(values):
                        yield np.reshape(values[j], view.own.shape)

        chosen = list(dict.fromkeys(n for n in nodes(expr) if isinstance(n, Call) and n.op == "index"))
        if len(chosen) == 2:
            one, other = chosen
            exchanged: dict[Expr, Expr] = {one: other, other: one}
            yield view.evaluated(rewrite(expr, lambda node: exchanged.get(node, node)))

    yield Slip("neighbouring-element", "", asked=asked)


register(
    "half-missing",
    "A factor 1/2 is missing, or a 2 is too many.",
    "emitted",
    _times("half-missing", Fraction(2)),
    ("network", "L"),
    COMMON,
    paired=True,
)
register(
    "half-extra",
    "A factor 1/2 is too many, or a 2 is missing.",
    "emitted",
    _times("half-extra", Fraction(1, 2)),
    ("network", "dL/dz2"),
    COMMON,
    paired=True,
)
register(
    "mean-for-sum",
    "A mean is taken where the sum belongs.",
    "source",
    _averaged("mean-for-sum", divide=True),
    ("batch", "L"),
    5.0,
    paired=True,
)
register(
    "sum-for-mean",
    "A sum is taken where the mean belongs.",
    "source",
    _averaged("sum-for-mean", divide=False),
    ("batch", "L"),
    5.0,
    paired=True,
)
register(
    "target-left-out",
    "The target is not subtracted: the error is prediction minus target, not the prediction itself.",
    "emitted",
    _target_left_out,
    ("network", "dL/da2"),
    paired=True,
)
register(
    "last-loss-alone",
    "Only the loss of the last time step is sent back; every time step has a loss of its own.",
    "backward",
    _last_loss,
    ("rnn", "dL/dh_1"),
    paired=True,
)
register(
    "squared-norm-for-norm",
    "The square of the norm is taken where the norm itself belongs.",
    "source",
    _squared,
    ("norm", "L"),
    paired=True,
)
register(
    "norm-for-squared-norm",
    "The norm is taken where its square belongs.",
    "source",
    _root,
    ("network", "L"),
    paired=True,
)
register(
    "log2-for-ln",
    "The logarithm is taken to base 2; the natural one is meant.",
    "source",
    _logarithm("log2-for-ln", 2),
    ("classifier", "L"),
    paired=True,
)
register(
    "log10-for-ln",
    "The logarithm is the decimal one; the natural one is meant.",
    "source",
    _logarithm("log10-for-ln", 10),
    ("classifier", "L"),
    paired=True,
)
register(
    "wrong-class",
    "The target is another class: check from which number the classes are counted.",
    "source",
    _first_class,
    ("classifier", "L"),
    paired=True,
)
register(
    "neighbouring-element",
    "This is the neighbouring element: check from which number the elements are counted.",
    "asked",
    _other_class,
    ("classifier", "second"),
    RARE,
    paired=True,
)
