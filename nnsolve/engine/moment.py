"""A moment of a run: all values after a number of updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, references
from nnsolve.core.names import Name
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.ops.activations import JumpAtZeroError
from nnsolve.ops.operation import UndefinedValueError
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MAX_VALUES = 1 << 26
"""Numbers computed for one run of the program, all equations together (512 MB)."""


class Moment:
    """All values after a number of updates, each computed when it is first asked for."""

    def __init__(self, program: Program, update: int, parameters: Mapping[Name, Tensor], rounding: Roundings) -> None:
        self.program = program
        self.update = update
        self.rounding = rounding
        self.values: dict[Name, Tensor] = {name: leaf.value for name, leaf in program.leaves.items()}
        self.values.update(program.given)
        self.values.update(parameters)
        self.size = 0  # of what was computed

    def value(self, name: Name) -> Tensor:
        """The value of a name of the program; raises `ProblemError` where it cannot be computed."""
        if name not in self.values:
            self.require([name])
        return self.values[name]

    def require(self, names: Iterable[Name]) -> None:
        """Compute names and all that they need."""
        self.compute(self.program.closure(names, self.values))

    def compute(self, equations: Iterable[Equation]) -> None:
        """Compute equations, each of which comes after what it uses."""
        with np.errstate(all="ignore"):
            for equation in equations:
                if equation.name not in self.values:
                    self.charge(equation)
                    self.values[equation.name] = self.rounding.apply(equation.name, self.result(equation))

    def charge(self, equation: Equation) -> None:
        """Count the numbers that are about to be computed; raises `ProblemError` where they are too many."""
        self.size += self.program.shapes.of(equation.name).size
        if self.size > MAX_VALUES:
            raise ProblemError.of(
                "too-big",
                f"{equation.name} is too much: the equations of one run have at most {MAX_VALUES} numbers together",
                equation.place,
                "use smaller tensors, or ask for less",
            )

    def result(self, equation: Equation) -> Tensor:
        """The value of an equation whose operands are known."""
        if isinstance(equation.expr, Call) and equation.expr.op == "jacobian":
            return self.jacobian(equation.expr)
        try:
            return np.asarray(self.program.function(equation)(self.values), dtype=np.float64)
        except UndefinedValueError as error:
            raise undefined(error, str(equation.name), equation.place, self.program.problem) from None

    def jacobian(self, expr: Call) -> Tensor:
        """d of/d with respect to, a row for each element of `of`: one backward pass for each."""
        of, wrt = (arg.name for arg in expr.args if isinstance(arg, Ref))
        seed, equations = self.program.pullback(of, wrt)
        shape = self.program.shapes.of(of)
        rows = []
        for i in range(shape.size):
            values = dict(self.values)
            unit = np.zeros(shape.size)
            unit[i] = 1.0
            values[seed] = unit.reshape(shape.dims)
            for equation in equations:
                values[equation.name] = evaluate(equation.expr, self.program.shapes, values)
            rows.append(values[equations[-1].name].ravel())
        return np.array(rows)

    def evaluate(self, expr: Expr) -> Tensor:
        """An expression over names of the program."""
        self.require(references(expr))
        return evaluate(expr, self.program.shapes, self.values)

    def next_parameters(self) -> dict[Name, Tensor]:
        """The parameters after the next update."""
        self.require([name.after(1) for name in self.program.updated])
        return {name: self.values[name.after(1)] for name in self.program.updated}


def undefined(error: UndefinedValueError, what: str, place: Place | None, problem: Problem) -> ProblemError:
    """The finding that something has no value."""
    if isinstance(error, JumpAtZeroError):
        others = "1" if str(error) == "step" else "1, -1"
        return ProblemError.of(
            "missing-convention",
            f"{what}: {error} meets 0, and the file does not say which value it has there",
            place,
            problem.to_add("conventions", f"{error}_at_zero: 0", f"(or {others})"),
        )
    return ProblemError.of("out-of-range", f"{what}: {error}", place, "words are counted from conventions.count_from")
