"""Running a program with slips in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnsolve.checking.mistakes.mistake import Slip
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Expr
from nnsolve.core.names import Name
from nnsolve.core.shapes import ShapeError
from nnsolve.engine.program import Change, Program
from nnsolve.engine.run import Run

IMPOSSIBLE = (ProblemError, ShapeError, LookupError, ValueError, ArithmeticError)
"""What a program with a slip in it may raise: shapes that do not fit, no derivative, an equation that needs itself."""


def mistaken(run: Run, slips: Sequence[Slip]) -> Run | None:
    """The run with slips made in it, one after the other; None where the result makes no sense."""
    forward, emitted = _joined([s.forward for s in slips]), _joined([s.emitted for s in slips])
    given = {name: change for slip in slips for name, change in slip.given.items()}
    rules = tuple([rule for slip in slips for rule in slip.rounding])
    try:
        for slip in slips:
            if slip.problem is not None:
                run = Run(slip.problem(run.problem))
        if forward or emitted or given:
            run = run.edited(lambda program: _edited(program.edited(forward, emitted, given), (*forward, *emitted)))
        return run.rounded(rules) if rules else run
    except IMPOSSIBLE:
        return None


def _joined(edits: Sequence[Mapping[Name, Change]]) -> dict[Name, Change]:
    """Changes of the same equation become one."""
    joined: dict[Name, Change] = {}
    for changes in edits:
        for name, change in changes.items():
            joined[name] = _after(joined[name], change) if name in joined else change
    return joined


def _after(first: Change, second: Change) -> Change:
    def change(expr: Expr) -> Expr:
        return second(first(expr))

    return change


def _edited(program: Program, names: Sequence[Name]) -> Program:
    """The edited program; raises `ShapeError` where a right side has lost its shape."""
    for name in names:
        equation = program.equations.get(name)
        if equation is not None and program.shapes(equation.expr).dims != program.shapes.of(name).dims:
            raise ShapeError(f"{name} has lost its shape")
    return program
