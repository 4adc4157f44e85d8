"""Mistakes with biases."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each, instead
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.expressions import Call, Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene


def _biases(scene: Scene) -> list[Name]:
    """The parameters that are a term of their own in a sum."""
    found: dict[Name, None] = {}
    for equation in scene.program.forward:
        if isinstance(equation.expr, Call) and equation.expr.op == "add":
            terms = [arg.name for arg in equation.expr.args if isinstance(arg, Ref)]
            found.update({name: None for name in terms if name in scene.program.parameters})
    return list(found)


def without(names: set[Name], expr: Expr) -> Expr:
    """Sums without some of their terms."""

    def change(node: Expr) -> Expr:
        if not (isinstance(node, Call) and node.op == "add"):
            return node
        kept = tuple([arg for arg in node.args if not (isinstance(arg, Ref) and arg.name in names)])
        return node if len(kept) == len(node.args) or not kept else kept[0] if len(kept) == 1 else node.with_args(kept)

    return rewrite(expr, change)


def _missing(scene: Scene) -> Iterator[Slip]:
    """Left out of the forward pass alone: who forgets to add a bias still derives by it."""
    biases = _biases(scene)
    for names in [set(biases), *({name} for name in biases)] if len(biases) > 1 else [set(biases)]:
        yield from each("bias-missing", scene.program.forward, partial(without, names))


def _not_updated(scene: Scene) -> Iterator[Slip]:
    biases = _biases(scene)
    changes = {e.name: instead(Ref(e.name.after(0))) for e in scene.parameters if e.name.after(0) in biases}
    if changes:
        yield Slip("bias-not-updated", str(next(iter(changes))), {}, changes)
    if len(changes) > 1:
        for name, change in changes.items():
            yield Slip("bias-not-updated", str(name), {}, {name: change})


def _updated(scene: Scene) -> Iterator[Slip]:
    training = scene.program.problem.training
    if training is not None and training.update is not None and set(_biases(scene)) - set(scene.program.updated):
        yield Slip("frozen-parameter-updated", "training", problem=_all_updated)


def _all_updated(problem: Problem) -> Problem:
    assert problem.training is not None
    return problem._replace(training=problem.training._replace(update=None))


register(
    "bias-missing",
    "The bias is left out.",
    "source",
    _missing,
    ("network", "z1"),
    COMMON,
    paired=True,
)
register(
    "bias-not-updated",
    "The bias is not updated.",
    "emitted",
    _not_updated,
    ("network", "b1@1"),
    paired=True,
)
register(
    "frozen-parameter-updated",
    "Parameters are updated that the problem keeps as they are.",
    "source",
    _updated,
    ("frozen", "z1@1"),
    RARE,
)
