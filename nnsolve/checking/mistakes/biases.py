"""Mistakes with biases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from functools import partial
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each, everywhere, instead, rewritten
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.expressions import ZERO, Call, Expr, Num, Ref, add, mul, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


def biases(scene: Scene) -> list[Name]:
    """The parameters that are a term of their own in a sum."""
    return list(dict.fromkeys(name for names in _by_sum(scene) for name in names))


def _by_sum(scene: Scene) -> list[tuple[Name, ...]]:
    """The biases of each sum."""
    found: dict[tuple[Name, ...], None] = {}
    for equation in scene.program.forward:
        if isinstance(equation.expr, Call) and equation.expr.op == "add":
            terms = [arg.name for arg in equation.expr.args if isinstance(arg, Ref)]
            if own := tuple([name for name in terms if name in scene.program.parameters]):
                found[own] = None
    return list(found)


def without(names: Set[Name], expr: Expr) -> Expr:
    """Sums without some of their terms."""

    def change(node: Expr) -> Expr:
        if not (isinstance(node, Call) and node.op == "add"):
            return node
        kept = tuple([arg for arg in node.args if not (isinstance(arg, Ref) and arg.name in names)])
        return node if len(kept) == len(node.args) or not kept else kept[0] if len(kept) == 1 else node.with_args(kept)

    return rewrite(expr, change)


def _missing(scene: Scene) -> Iterator[Slip]:
    """Left out of the forward pass alone, as who forgets to add a bias still derives by it; or of the updates, too.

    All of them, those of one sum, one alone, and of sums with several biases one of each.
    """
    code, sums, updated = "bias-missing", _by_sum(scene), {e.name.after(0) for e in scene.parameters}
    one_of_each = [frozenset(names[at] for names in sums) for at in (0, -1)]
    alone = [frozenset([name]) for name in biases(scene)]
    for names in dict.fromkeys([frozenset(biases(scene)), *map(frozenset, sums), *one_of_each, *alone]):
        for slip in everywhere(code, scene.program.forward, partial(without, names)):
            yield slip
            if kept := {name.after(1): instead(Ref(name)) for name in biases(scene) if name in names & updated}:
                yield slip._replace(emitted={**slip.emitted, **kept})
    yield from each(code, scene.program.forward, folded_times(0))


def folded_times(factor: int) -> Change:
    """A bias that is folded into the weights, times a factor: the 1 of its input is another number."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op in ("append_one", "prepend_one"):
            only_one = node.with_args((mul(ZERO, node.args[0]),))
            return add(node, mul(Num(factor - 1), only_one))
        return node

    return rewritten(change)


def _not_updated(scene: Scene) -> Iterator[Slip]:
    found = biases(scene)
    changes = {e.name: instead(Ref(e.name.after(0))) for e in scene.parameters if e.name.after(0) in found}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is not None and view.name.after(1) in changes and scene.run.resolve_moment(view.name) > 0:
            yield view.after(0)

    if changes:
        yield Slip("bias-not-updated", "", asked=asked)
        yield Slip("bias-not-updated", str(next(iter(changes))), {}, changes)
    if len(changes) > 1:
        for own in [*([name] for name in changes), *_of_layers(scene, changes)]:
            yield Slip("bias-not-updated", str(own[0]), {}, {name: changes[name] for name in own})


def _of_layers(scene: Scene, names: Iterable[Name]) -> list[list[Name]]:
    """The biases of each layer that has several ones, among others."""
    layers: dict[int | None, list[Name]] = {}
    for name in names:
        layers.setdefault(scene.program.layer_of(name.after(0)), []).append(name)
    return [own for own in layers.values() if len(own) > 1 and len(layers) > 1]


def _updated(scene: Scene) -> Iterator[Slip]:
    training = scene.program.problem.training
    if training is not None and training.update is not None and set(biases(scene)) - set(scene.program.updated):
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
    paired=True,
)
