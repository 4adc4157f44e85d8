"""A function on its own, apart from any problem: its values and its derivative, as an equation and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import Layout, Shape
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

LAYOUT = Layout(0, True)
"""Vectors are columns."""


class Study:
    """The equation `out` = `expr` over named quantities of these shapes."""

    def __init__(self, out: Name, expr: Expr, shapes: Mapping[Name, Shape]) -> None:
        self.out = out
        self.expr = expr
        self.shapes = Shapes(LAYOUT)
        self.shapes.named.update(shapes)
        self.shapes.named[out] = self.shapes(expr)
        self._found = Differentiator([Equation(out, expr)], self.shapes)

    def derivative(self, by: Name) -> Expr:
        """d`out`/d`by` as a solution emits it; raises `ProblemError` where there is none."""
        return self._found.gradient(self.out, by).expr

    def matrix(self, by: Name) -> Expr | None:
        """The matrix of the derivatives of one vector with respect to another, where it has a formula."""
        return self._found.matrix_form(self.out, by)

    def carried_back(self, by: Name, incoming: Name) -> Expr:
        """The gradient of `by` where that of `out` is `incoming`."""
        self.shapes.named[incoming] = self.shapes.of(self.out)
        return self._found.gradient(self.out, by, Ref(incoming), Name("label")).expr

    def at(self, values: Mapping[Name, Any], expr: Expr | None = None) -> Tensor:
        """The value of `out`, or of an expression over it and the named quantities; raises `UndefinedValueError`."""
        given = {
            name: np.reshape(np.asarray(value, dtype=float), self.shapes.of(name).dims)
            for name, value in values.items()
        }
        found = evaluate(self.expr, self.shapes, given)
        return found if expr is None else evaluate(expr, self.shapes, {**given, self.out: found})
