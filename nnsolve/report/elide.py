"""Formulas too long to read, with their middle left out."""

from __future__ import annotations

from nnsolve.core.expressions import Call, Expr, Ref, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step

LONGEST = 150
"""Operations and operands of a formula that is printed whole."""

HEAD = 5
"""Terms of a long sum or product that are printed before the gap; the last one follows it."""


MOST_STEPS = 12
"""Terms of a sum over time that are all printed; of a longer one only the first and the last."""


def readable(step: Step, unicode: bool) -> Step:
    """The step, with a formula that is too long to read cut down; its result is the same."""
    equation = step.equation
    if equation is None:
        return step
    found = shortened(equation.expr, unicode)
    if found is equation.expr:
        return step
    long = equation.long if _is_long_sum_over_time(equation.expr) else None
    return step._replace(equation=equation._replace(expr=found, long=long))


def shortened(expr: Expr, unicode: bool) -> Expr:
    """An expression that is too long to read cut down, any other as it is."""
    gap = Ref(Name("…" if unicode else "..."))
    if isinstance(expr, Call) and _is_long_sum_over_time(expr):
        first, second, *_, last = expr.args
        return expr.with_args((first, second, gap, last))
    return expr if expr.size <= LONGEST else _cut(expr, LONGEST, gap)


def _is_long_sum_over_time(expr: Expr) -> bool:
    """Whether an expression adds up something of each of many time steps: dL/dW_1 + dL/dW_2 + ..."""
    if not isinstance(expr, Call) or expr.op != "add" or len(expr.args) <= MOST_STEPS:
        return False
    terms = [[name.time for name in references(arg)] for arg in expr.args]
    times = [times[0] for times in terms if len(times) == 1 and times[0] is not None]
    return len(set(times)) == len(terms)


def is_whole(step: Step) -> bool:
    """Whether every operand of the step's formula is known: none was left out."""
    return step.equation is not None and all(name in step.operands for name in references(step.equation.expr))


def _cut(expr: Expr, room: int, gap: Ref) -> Expr:
    if not isinstance(expr, Call) or expr.size <= room:
        return expr
    if room < 2:
        return gap
    args = expr.args
    if len(args) > HEAD + 2:
        args = (*args[:HEAD], gap, args[-1])
    share = (room - 1) // len(args)
    return expr.with_args(tuple([arg if arg is gap else _cut(arg, share, gap) for arg in args]))
