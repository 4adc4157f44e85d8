"""Mistakes with the samples of a batch: of all of them only one is counted, or they are not added up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.edits import leaf_gradients, rewritten, scaled
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, add, call, nodes, rewrite, substitute
from nnsolve.core.shapes import Shape
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


def samples_of(scene: Scene) -> int:
    """How many samples the loss is made of."""
    count = scene.shapes.layout.count
    return max((count(scene.shapes.of(name)) for name in scene.predictions()), default=1)


def is_mean(scene: Scene, n: int) -> bool:
    """Whether something is divided by the number of samples in the loss."""
    found = [node for e in scene.forward if e.name == scene.loss for node in nodes(e.expr)]
    shares = [node.value for node in found if isinstance(node, Num) and isinstance(node.value, Fraction)]
    return n > 1 and any(share.denominator % n == 0 for share in shares)


def _gradients(scene: Scene) -> list[Equation]:
    """The gradients of the parameters."""
    return [e for e in leaf_gradients(scene) if e.name.primal._replace(time=None) in scene.program.parameters]


def _only(shape: Shape, axis: int, i: int, x: Expr) -> Expr:
    """One row or column of a matrix."""
    key = tuple([(i, i + 1) if at == axis else (None, None) for at in range(len(shape.dims))])
    return call("index", x, key=key, base=0)


def _of_product(scene: Scene, i: int, n: int, times: int) -> Change:
    """Matrix products that add up n samples, with one of them alone."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "matmul":
            left, right = node.args
            if scene.shapes(right).dims[0] == n:
                one = node.with_args((_only(scene.shapes(left), 1, i, left), _only(scene.shapes(right), 0, i, right)))
                return _times(times, one)
        return node

    return rewritten(change)


def _of_sum(scene: Scene, i: int, n: int, times: int) -> Change:
    """Sums over n samples, with one of them alone."""
    layout = scene.shapes.layout

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and _adds_samples(scene, node, n):
            one = _only(scene.shapes(node.args[0]), 1 - layout.features, i, node.args[0])
            return _times(times, node.with_args((one,)))
        return node

    return rewritten(change)


def _adds_samples(scene: Scene, node: Call, n: int) -> bool:
    is_sum = node.op == "sum" and node.option("axis") in (None, "samples")
    return is_sum and scene.shapes.layout.count(scene.shapes(node.args[0])) == n


def _of_loss(scene: Scene, i: int, n: int, times: int) -> Change:
    """The loss of one sample; the penalty stays."""
    shapes = scene.shapes

    def of_sample(node: Expr) -> Expr:
        is_batch = isinstance(node, Ref) and shapes.layout.count(shapes.of(node.name)) == n
        return _only(shapes(node), 1 - shapes.layout.features, i, node) if is_batch else node

    def change(expr: Expr) -> Expr:
        terms = expr.args if isinstance(expr, Call) and expr.op == "add" else (expr,)
        others = [rewrite(term, of_sample) for term in terms]
        return add(*(one if one == old else _times(times, one) for one, old in zip(others, terms, strict=True)))

    return change


def _times(times: int, expr: Expr) -> Expr:
    return expr if times == 1 else scaled(Num(times))(expr)


def _one_alone(scene: Scene) -> Iterator[Slip]:
    """The loss of the first or the last sample, and the gradients of it; the gradients alone, or a kind of them.

    Of a mean both with the number of samples that it is divided by and without.
    """
    code, n = "one-sample-alone", samples_of(scene)
    found = _gradients(scene)
    loss = [e.name for e in scene.forward if e.name == scene.loss]
    for times in (1, n) if is_mean(scene, n) else (1,):
        for i in (0, n - 1) if n > 1 else ():
            for name in loss:
                yield Slip(code, str(name), {name: _of_loss(scene, i, n, times)})
            kinds = [
                {e.name: change for e in found if change(e.expr) != e.expr}
                for change in (_of_product(scene, i, n, times), _of_sum(scene, i, n, times))
            ]
            both = {**kinds[0], **kinds[1]}
            for changes in [both, *kinds] if all(kinds) else [both]:
                if changes:
                    yield Slip(code, str(next(iter(changes))), {}, changes)


def _not_summed(scene: Scene) -> Iterator[Slip]:
    """dL/dz for dL/db, a row or column for each sample; and b - eta dL/dz."""
    n = samples_of(scene)
    found = [(e.name, e.expr) for e in _gradients(scene)] if n > 1 else []
    sums = {name: expr.args[0] for name, expr in found if isinstance(expr, Call) and _adds_samples(scene, expr, n)}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is None:
            return
        update, name = view.run.home(view.name)
        if name in sums:
            yield view.run.moment(update).evaluate(sums[name])
        elif update > 0 and name in view.run.program.updated:
            equation = view.run.program.equation(name.after(1))
            if equation is not None and (each := substitute(equation.expr, sums)) != equation.expr:
                yield view.run.moment(update - 1).evaluate(each)

    yield Slip("samples-not-summed", "", asked=asked)


register(
    "one-sample-alone",
    "Only one sample is counted: the loss and its gradients are made of all samples of the batch.",
    "backward",
    _one_alone,
    ("batch", "dL/dW2"),
    RARE,
    paired=True,
)
register(
    "samples-not-summed",
    "The gradient of the bias is not added up over the samples of the batch.",
    "asked",
    _not_summed,
    ("batch", "dL/db2"),
    RARE,
)
