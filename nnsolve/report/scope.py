"""What a formula has to know about where it stands: the shapes of its names, and how the problem writes them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Conventions
from nnsolve.report.style import Style
from nnsolve.report.symbols import Symbol, symbol


class Scope:
    """The style, the conventions and the shapes that formulas of one step are written with.

    `moment` is the number of updates that the surrounding heading names; names of that moment need not repeat it, nor
    need the `single` ones, which exist in one update alone.
    """

    __slots__ = ("base", "conventions", "layout", "moment", "shapes", "single", "style")

    def __init__(
        self,
        style: Style,
        conventions: Conventions,
        shapes: Mapping[Name, Shape],
        moment: int = 0,
        single: Set[Name] = frozenset(),
    ) -> None:
        self.style = style
        self.conventions = conventions
        self.shapes = shapes
        self.moment = moment
        self.single = single
        self.base = 1 if conventions.count_from is None else conventions.count_from
        self.layout = Layout(1 if conventions.samples == "rows" else 0, conventions.samples is not None)

    def at(self, moment: int) -> Scope:
        """The same, below a heading about another number of updates."""
        return Scope(self.style, self.conventions, self.shapes, moment, self.single)

    def of(self, shapes: Mapping[Name, Shape]) -> Scope:
        """The same, for names of other shapes."""
        return Scope(self.style, self.conventions, shapes, self.moment, self.single)

    def exact(self) -> Scope:
        """The same, for values that are not rounded to a forced number of decimals."""
        style = self.style._replace(decimals=None)
        return Scope(style, self.conventions, self.shapes, self.moment, self.single)

    def symbol(self, name: Name) -> Symbol:
        """A name as shown."""
        if not self.style.unicode:
            return Symbol(str(name), False)
        return symbol(name, self.conventions.layer_numbers, name.update if name in self.single else self.moment)

    def name(self, name: Name) -> str:
        """The text of a name."""
        return self.symbol(name).text

    def shape(self, expr: Expr) -> Shape | None:
        """The shape of an expression, or None where it cannot be told."""
        if isinstance(expr, Num):
            return SCALAR
        if isinstance(expr, Ref):
            return self.shapes.get(expr.name)
        shapes = []
        for arg in expr.args:
            shape = self.shape(arg)
            if shape is None:
                return None
            shapes.append(shape)
        if not any(shape.dims for shape in shapes) and expr.op not in ("shape", "reshape", "scatter", "reshaped"):
            return SCALAR
        try:
            return REGISTRY[expr.op].shape(shapes, options(expr), self.layout)
        except (ShapeError, KeyError, TypeError, ValueError, IndexError):
            return None

    def scalar(self, expr: Expr) -> bool:
        """Whether an expression is a number."""
        shape = self.shape(expr)
        return shape is not None and not shape.dims


def options(expr: Call) -> dict[str, Any]:
    """All options of a call, those left out with their defaults."""
    operation = REGISTRY.get(expr.op)
    return {**(operation.options if operation else {}), **dict(expr.options)}
