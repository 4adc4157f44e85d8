"""What is doubtful about numbers that can be computed: usual mistakes that give a result without an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, nodes
from nnsolve.core.spelling import spell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.moment import Moment
    from nnsolve.engine.normal import Comparison
    from nnsolve.engine.program import Program

    Tensor = NDArray[np.float64]

SUM_TOLERANCE = 0.02
"""How far probabilities may be from a sum of 1: the file may give or round them."""


def doubts(moment: Moment) -> Iterator[Diagnostic]:
    """The warnings about a moment's program and values."""
    for comparison in moment.program.normalizer.comparisons:
        yield from _unsuitable(comparison, moment)
    for equation in moment.program.forward:
        yield from _spread(equation, moment.program)


def _warning(code: str, message: str, equation: Equation, at: int, help: str) -> Diagnostic:
    place = equation.place.right(at) if equation.place is not None and at >= 0 else equation.place
    return Diagnostic(code, message, place, help, "warning")


# What losses compare --------------------------------------------------------------------------------------------------


def _unsuitable(comparison: Comparison, moment: Moment) -> Iterator[Diagnostic]:
    """`not-probabilities`, `unusual-target`: what a cross-entropy or hinge compares is not what it is made for."""
    name, prediction, target, place = comparison
    if name not in ("cross_entropy", "binary_cross_entropy", "hinge", "multiclass_hinge"):
        return
    axis = moment.program.shapes.layout.features
    a, y = moment.evaluate(prediction), moment.evaluate(target)
    if "cross_entropy" in name and not _probabilities(a, axis if name == "cross_entropy" else None, SUM_TOLERANCE):
        fix = "softmax" if name == "cross_entropy" else "sigmoid"
        by_layer = isinstance(prediction, Ref) and moment.program.layer_of(prediction.name) is not None
        help = f"is  activation: {fix}  missing?" if by_layer else f"is {fix}({spell(prediction)}) meant?"
        message = f"{name} takes probabilities, but {spell(prediction)} has other values"
        yield Diagnostic("not-probabilities", message, place, help, "warning")
    if expected := _unusual(name, y, axis):
        leaf = moment.program.leaves.get(target.name) if isinstance(target, Ref) else None
        message = f"{name} expects {expected}; {spell(target)} has other values"
        yield Diagnostic("unusual-target", message, leaf.place if leaf else place, None, "warning")


def _probabilities(value: Tensor, axis: int | None, tolerance: float = 1e-6) -> bool:
    """Whether all are between 0 and 1 and, along an axis, sum to 1; what is not finite is reported elsewhere."""
    if not np.isfinite(value).all():
        return True
    inside = bool(np.all((value >= 0) & (value <= 1)))
    if axis is None or value.ndim < 2 or value.shape[axis] == 1:
        return inside
    return inside and bool(np.allclose(value.sum(axis=axis), 1.0, rtol=0, atol=tolerance))


def _unusual(name: str, y: Tensor, axis: int) -> str | None:
    """What a loss expects of its targets, where they are something else."""
    if name == "cross_entropy" and not _probabilities(y, axis):
        return "probabilities that sum to 1 (one-hot, or shares)"
    if name == "binary_cross_entropy" and not _probabilities(y, None):
        return "targets between 0 and 1"
    if name == "hinge" and not np.isin(y, (-1.0, 1.0)).all():
        return "targets of -1 or 1"
    if name == "multiclass_hinge" and not (np.isin(y, (0.0, 1.0)).all() and np.all(y.sum(axis=axis) == 1)):
        return "a one-hot target"
    return None


# `*` where `@` is meant -----------------------------------------------------------------------------------------------


def _spread(equation: Equation, program: Program) -> Iterator[Diagnostic]:
    """`elementwise-product`: `W * x`, where an input or activation is spread over a matrix of parameters."""
    for node in nodes(equation.long or equation.expr):
        if not isinstance(node, Call) or node.op != "mul":
            continue
        matrices = [arg for arg in node.args if _is_weight_matrix(arg, program)]
        vectors = [arg for arg in node.args if _is_data_vector(arg, program)]
        if matrices and vectors:
            weight, vector = spell(matrices[0]), spell(vectors[0])
            message = f"{equation.name}: * is elementwise, so {vector} is spread over the matrix {weight}"
            help = f"@ is the matrix product: {weight} @ {vector}"
            yield _warning("elementwise-product", message, equation, node.at, help)


def _is_weight_matrix(expr: Expr, program: Program) -> bool:
    """Whether an expression is a parameter, possibly transposed, with several rows and columns."""
    plain = expr.args[0] if isinstance(expr, Call) and expr.op == "transpose" else expr
    return (
        isinstance(plain, Ref) and plain.name in program.parameters and min(program.shapes(plain).dims, default=1) > 1
    )


def _is_data_vector(expr: Expr, program: Program) -> bool:
    """Whether an expression is one sample's input, or worked out from something; not a parameter, not a constant."""
    if isinstance(expr, Num):
        return False
    leaf = program.leaves.get(expr.name) if isinstance(expr, Ref) else None
    shape = program.shapes(expr)
    return shape.kind == "vector" and shape.size > 1 and (leaf is None or leaf.role == "input")
