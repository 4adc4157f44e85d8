"""Mistakes with the terms of the loss and of the update: the weight decay, and the signs of terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.biases import biases
from nnsolve.checking.mistakes.edits import each, instead, leaf_gradients, negated, renamed, rewritten
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.checking.mistakes.parts import Edit, each_part, long_of, with_parts, without
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, add, mul, references
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from nnsolve.checking.mistakes.scene import Scene


def _left_out(scene: Scene) -> Iterator[Slip]:
    code, updates = "weight-decay-missing", scene.program.updates
    if updates is not None and "weight_decay" in updates.hyper:
        decay = updates.hyper["weight_decay"]
        yield from each(code, scene.updates, rewritten(lambda node: mul(ZERO, node) if node == decay else node))
    yield from _of_penalty(scene, code, without)


def penalty_scaled(scene: Scene, code: str, factor: Expr) -> Iterator[Slip]:
    """A penalty with a factor too many."""
    yield from _of_penalty(scene, code, lambda op, part: with_parts(op, {part: mul(factor, part)}))


def _of_penalty(scene: Scene, code: str, edit: Edit) -> Iterator[Slip]:
    """An edit of a term of the loss that is made of parameters alone: in the loss, in its gradient, in both."""

    def wanted(equation: Equation, whole: Call, part: Expr) -> bool:
        return whole is long_of(equation) and whole.op == "add" and _is_penalty(scene, part)

    loss = [e for e in scene.program.forward if e.name == scene.loss]
    yield from each_part(code, loss, wanted, edit, forward=True)
    yield from each_part(code, loss, wanted, edit)
    yield from each_part(code, leaf_gradients(scene), wanted, edit)


def _is_penalty(scene: Scene, part: Expr) -> bool:
    """Whether a term is made of parameters alone."""
    leaves, parameters = scene.program.leaves, set(scene.program.parameters)
    given = {name for name, leaf in leaves.items() if leaf.role in ("parameter", "constant")}
    used = references(part).keys()
    return bool(used & parameters) and used <= given


def _of_biases(scene: Scene) -> Iterator[Slip]:
    """The penalty of each weight for its bias, too: in the loss and its gradient, or in the gradient alone."""
    code, training = "weight-decay-of-bias", scene.program.problem.training
    if training is not None and training.decayed is not None:
        yield Slip(code, "training", problem=_all_decayed)
    own = biases(scene)
    bias_of = {
        weight: bias
        for equation in scene.forward
        for bias in own
        for weight in references(equation.expr)
        if bias in references(equation.expr) and weight in scene.program.parameters and weight != bias
    }
    for equation in scene.forward:
        expr = equation.expr
        if equation.name != scene.loss or not (isinstance(expr, Call) and expr.op == "add"):
            continue
        terms = [term for term in expr.args if _is_penalty(scene, term)]
        decayed = {name for term in terms for name in references(term) if name in scene.program.parameters}
        if terms and decayed <= bias_of.keys():
            more = [renamed(*((name, bias_of[name]) for name in decayed))(term) for term in terms]

            def change(expr: Expr, more: list[Expr] = more) -> Expr:
                return add(expr, *more)

            yield Slip(code, str(equation.name), {equation.name: change})
            yield Slip(code, str(equation.name), {equation.name: change}, {equation.name: instead(expr)})


def _all_decayed(problem: Problem) -> Problem:
    assert problem.training is not None
    return problem._replace(training=problem.training._replace(decayed=None))


def _other_sign(scene: Scene) -> Iterator[Slip]:
    """A term of the loss, of the penalty, or of an update, with the other sign."""
    code = "term-sign"
    targets = {name for name, leaf in scene.program.leaves.items() if leaf.role == "target"}

    def compared(equation: Equation, whole: Call, part: Expr) -> bool:
        return whole.op == "add" and part != whole.args[0] and not targets.isdisjoint(references(whole))

    def edit(op: str, part: Expr) -> Change:
        return with_parts(op, {part: negated(part)})

    loss = [e for e in scene.program.forward if e.name == scene.loss]
    yield from each_part(code, loss, compared, edit, forward=True)
    yield from each_part(code, loss, compared, edit)
    yield from _of_penalty(scene, code, edit)
    yield from each(code, scene.updates, rewritten(_kept_negated(scene)))


KEPT = ("momentum", "decay", "beta1", "beta2", "weight_decay")
"""The hyperparameters that say how much is left of something."""


def _is_product(part: Expr) -> bool:
    return isinstance(part, Call) and part.op == "mul"


def _kept_negated(scene: Scene) -> Change:
    """What is left of earlier steps, and the decay, subtracted for added; the step itself has a cause of its own."""
    updates = scene.program.updates
    kept = {updates.hyper[key].name for key in KEPT if key in updates.hyper} if updates is not None else set()

    def is_kept(part: Expr) -> bool:
        used = references(part).keys()
        return _is_product(part) and not kept.isdisjoint(used) and all(name.of is None for name in used)

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "add" and node.args[0] != ONE:
            return node.with_args(tuple([negated(arg) if is_kept(arg) else arg for arg in node.args]))
        return node

    return change


register(
    "weight-decay-missing",
    "The weight decay, the penalty for large weights, is left out.",
    "source",
    _left_out,
    ("penalized", "L"),
    paired=True,
)
register(
    "weight-decay-of-bias",
    "The weight decay is applied to biases, too, which the problem leaves out of it.",
    "source",
    _of_biases,
    ("penalized_bias", "L"),
    RARE,
)
register(
    "term-sign",
    "A term of a sum has the wrong sign: it is added where it is to be subtracted, or the other way round.",
    "source",
    _other_sign,
    ("momentum", "W@2"),
    RARE,
)
