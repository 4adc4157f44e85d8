"""Another loss than the one that the problem names: the absolute error for the squared one, a cross-entropy for it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from nnsolve.blocks.losses import LOSSES, template
from nnsolve.checking.mistakes.batches import is_mean, samples_of
from nnsolve.checking.mistakes.edits import instead, scaled
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, add, nodes, references, substitute
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene

SQUARES = ("squared_error", "half_squared_error")
OTHERS = (*SQUARES, "absolute_error", "binary_cross_entropy", "cross_entropy")
"""The losses that are taken for one another."""


def _other_loss(scene: Scene) -> Iterator[Slip]:
    """Another loss and its gradient; or its value alone."""
    equations = [e for e in scene.forward if scene.loss is not None and e.name._replace(time=None) == scene.loss]
    for other in OTHERS:
        changes = {e.name: instead(new) for e in equations if (new := _with_loss(scene, e, other)) is not None}
        if changes:
            at = str(next(iter(changes)))
            yield Slip("wrong-loss", at, changes)
            yield Slip("wrong-loss", at, emitted=changes)


def _with_loss(scene: Scene, equation: Equation, other: str) -> Expr | None:
    """What an equation is with another loss of its prediction and its target; penalties stay."""
    expr = equation.expr if equation.long is None else equation.long
    terms = expr.args if isinstance(expr, Call) and expr.op == "add" else (expr,)
    targets = {name for name, leaf in scene.program.leaves.items() if leaf.role == "target"}
    own = [term for term in terms if not targets.isdisjoint(references(term))]
    used = dict.fromkeys(name for term in own for name in references(term))
    compared, predicted = [n for n in used if n in targets], [n for n in used if n in scene.program.equations]
    if len(compared) != 1 or len(predicted) != 1 or len(used) != 2 or other in _alike(own):
        return None
    n = samples_of(scene)
    new = substitute(template(LOSSES[other], n), {Name("a"): Ref(predicted[0]), Name("y"): Ref(compared[0])})
    new = scaled(Num(Fraction(1, n)))(new) if is_mean(scene, n) else new
    return add(new, *(term for term in terms if term not in own))


def _alike(terms: list[Expr]) -> tuple[str, ...]:
    """The losses that differ from one by a factor or a root at most: these have causes of their own."""
    ops = {node.op for term in terms for node in nodes(term) if isinstance(node, Call)}
    return SQUARES if ops & {"pow", "norm"} else ("absolute_error",) if "abs" in ops else ()


register(
    "wrong-loss",
    "Another loss is used than the one that the problem names.",
    "source",
    _other_loss,
    ("network", "L"),
    RARE,
)
