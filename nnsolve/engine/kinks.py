"""Where a gradient goes through a function at a point where it has a kink: a convention decides its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Place
from nnsolve.core.expressions import Call, Num, nodes
from nnsolve.core.names import Name
from nnsolve.core.spelling import spell
from nnsolve.engine.moment import Moment
from nnsolve.engine.solve import SectionSolver

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


class Kink(NamedTuple):
    """A function in an equation that is differentiated at a kink, what decides there, and how to say or avoid it."""

    equation: Name
    function: str
    convention: str
    place: Place | None
    help: str | None


def at_kinks(solver: SectionSolver) -> Iterator[Kink]:
    """The forward equations that a shown gradient goes through at a kink where it is not 0 anyway."""
    moment, roots = solver.run.moment(0), _roots(solver)
    for equation in solver.program.forward:
        root = roots.get(equation.name)
        if root is None:
            continue
        upstream = _upstream(root, equation.name, moment)
        for node in nodes(equation.expr):
            if not isinstance(node, Call) or _said(solver, node):
                continue
            mask = _kinked(node, moment)
            if mask is None or not np.any(mask):
                continue
            if node == equation.expr and np.shape(mask) == np.shape(upstream) and not np.any(mask & (upstream != 0)):
                continue
            yield Kink(equation.name, _shown(node), _convention(node), equation.place, _help(node))


def _roots(solver: SectionSolver) -> dict[Name, Name]:
    """What is differentiated through each equation in the solution's first run."""
    roots: dict[Name, Name] = {}
    for step in solver.section.trace.steps:
        if step.phase == "backward" and step.equation is not None and not step.name.update and step.name.of is not None:
            for u, _ in step.equation.chain:
                roots.setdefault(u, step.name.of)
    return roots


def _upstream(root: Name, u: Name, moment: Moment) -> NDArray[np.float64]:
    """The gradient that comes into an equation."""
    return np.ones(np.shape(moment.value(u))) if u == root else moment.value(u.gradient(root))


def _kinked(node: Call, moment: Moment) -> Mask | None:
    """Where the arguments of a function are at a kink; None for a smooth one."""
    if node.op in ("relu", "leaky_relu", "abs"):
        return np.asarray(moment.evaluate(node.args[0]) == 0)
    if node.op in ("max", "min") and len(node.args) == 2:
        return np.asarray(moment.evaluate(node.args[0]) == moment.evaluate(node.args[1]))
    if node.op in ("max", "min") and node.option("axis") is None:
        value = moment.evaluate(node.args[0])
        extreme = value.max() if node.op == "max" else value.min()
        return np.asarray(np.sum(value == extreme) > 1)
    if node.op == "norm" and node.option("axis") is None:
        return np.asarray(not np.any(moment.evaluate(node.args[0])))
    return None


def _said(solver: SectionSolver, node: Call) -> bool:
    """Whether the file itself says what the derivative is there."""
    return node.op in ("relu", "norm") and "relu_at_zero" in solver.problem.conventions.said


def _shown(node: Call) -> str:
    text = spell(Call(node.op, node.args))
    return text if len(text) <= 60 else text[:57] + "..."


def _convention(node: Call) -> str:
    if node.op in ("max", "min"):
        with_number = len(node.args) == 2 and any(isinstance(arg, Num) for arg in node.args)
        return "the derivative there is taken as 0" if with_number else "equal elements share the gradient"
    return {
        "relu": f"relu'(0) is taken as {node.option('at_zero', 0)}",
        "leaky_relu": "its slope below 0 is taken",
        "abs": "the derivative of abs at 0 is taken as 0",
        "norm": "the derivative of a norm at 0 is taken as 0",
    }[node.op]


def _help(node: Call) -> str | None:
    if node.op in ("relu", "norm"):
        return "say it in the file: relu_at_zero: 0  (or 1) in conventions"
    return "other values avoid it"
