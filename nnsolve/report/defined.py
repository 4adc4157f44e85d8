"""What the activations in an equation are: σ(z) = 1 / (1 + exp(−z)), ReLU(z) = z where z > 0, 0 where z ≤ 0."""

from __future__ import annotations

from collections.abc import Iterator

from nnsolve.core.expressions import Call, nodes
from nnsolve.core.trace import Step
from nnsolve.ops import REGISTRY
from nnsolve.ops.facts import Case
from nnsolve.ops.templates import definition, filled, full_options
from nnsolve.report.phrases import Formula, Phrase
from nnsolve.report.scope import Scope


def defined(step: Step, scope: Scope) -> Iterator[tuple[str, Phrase]]:
    """The activations that a forward equation has, by their names, with what they are."""
    if step.phase != "forward" or step.equation is None:
        return
    for call in nodes(step.equation.expr):
        if isinstance(call, Call) and call.op in REGISTRY and REGISTRY[call.op].activation:
            found = _definition(call, scope.of(step.shapes))
            if found:
                yield call.op, found


def _definition(call: Call, scope: Scope) -> Phrase:
    """An activation of its argument, and its definition or its cases; nothing where it does nothing."""
    facts = REGISTRY[call.op].facts
    cases = facts.cases if facts is not None else ()
    head = (Formula(call, scope), " = ")
    if len(cases) > 1:
        said = [part for case in cases for part in (", ", *_case(case, call, scope))]
        return (*head, *said[1:])
    expr = None if cases else definition(call)
    return () if expr is None else (*head, Formula(expr, scope))


def _case(case: Case, call: Call, scope: Scope) -> Phrase:
    """A case: what holds where the argument is above or below 0."""
    expr = filled(case.expr, REGISTRY[call.op], call.args, full_options(call))
    _, _, condition = case.where.partition(" ")
    if scope.style.unicode:
        condition = condition.replace("<=", "≤")
    return (Formula(expr, scope), " where ", Formula(call.args[0], scope), f" {condition}")
