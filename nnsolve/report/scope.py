"""What a formula has to know about where it stands: the shapes of its names, and how the problem writes them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError
from nnsolve.engine.solution import Section
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Conventions
from nnsolve.report.style import Style
from nnsolve.report.symbols import PLAIN, Symbol, Writing, can_be_lowered, stem, symbol


class Naming(NamedTuple):
    """How the names of one section are shown.

    `shares` are those that stand for one time step's use of something (the W_2 of dL/dW_2), `labels` those for what one
    step gives to the loss (the L_2 of dL_2/dh_1), and `single` those that exist in one update alone.
    """

    writing: Writing = PLAIN
    shares: Set[Name] = frozenset()
    labels: Set[Name] = frozenset()
    single: Set[Name] = frozenset()


_FROM_NUMBERS = ("shape", "reshape", "scatter", "reshaped", "sequence")
"""Operations that make a tensor even of numbers."""


class Scope:
    """The style, the conventions and the shapes that formulas of one step are written with.

    `moment` is the number of updates that the surrounding heading names; names of that moment need not repeat it, nor
    need the single ones.
    """

    __slots__ = ("base", "conventions", "layout", "moment", "naming", "shapes", "style")

    def __init__(
        self,
        style: Style,
        conventions: Conventions,
        shapes: Mapping[Name, Shape],
        moment: int = 0,
        naming: Naming | None = None,
    ) -> None:
        self.style = style
        self.conventions = conventions
        self.shapes = shapes
        self.moment = moment
        self.naming = naming or Naming(Writing(conventions.layer_numbers))
        self.base = 1 if conventions.count_from is None else conventions.count_from
        self.layout = Layout(1 if conventions.samples == "rows" else 0, conventions.samples is not None)

    @classmethod
    def of_section(cls, section: Section, style: Style, single: Set[Name] = frozenset()) -> Scope:
        """The scope of a section, where no shapes are known yet."""
        steps = section.trace.context
        names = {name.primal.after(0) for step in steps for name in (step.name, *step.operands)}
        values = {name.after(0) for step in steps for name in (step.name, *step.operands) if name.of is None}
        shares = {name for name in names - values if name.time is not None and name._replace(time=None) in values}
        labels = {step.name.of for step in steps if step.name.of is not None and step.name.of.time is not None} - values
        lowered = all(map(can_be_lowered, names))
        roles = {step.name.primal: step.role for step in steps}
        writing = Writing(section.conventions.layer_numbers, lowered, counted(roles))
        return cls(style, section.conventions, {}, 0, Naming(writing, shares, labels, single))

    def at(self, moment: int) -> Scope:
        """The same, below a heading about another number of updates."""
        return Scope(self.style, self.conventions, self.shapes, moment, self.naming)

    def of(self, shapes: Mapping[Name, Shape]) -> Scope:
        """The same, for names of other shapes."""
        return Scope(self.style, self.conventions, shapes, self.moment, self.naming)

    def exact(self) -> Scope:
        """The same, for values that are not rounded to a forced number of decimals."""
        return Scope(self.style._replace(decimals=None), self.conventions, self.shapes, self.moment, self.naming)

    def is_share(self, name: Name) -> bool:
        """Whether a gradient is only what one time step adds to one."""
        return name.of is not None and name.primal.after(0) in self.naming.shares

    def symbol(self, name: Name) -> Symbol:
        """A name as shown."""
        if not self.style.unicode:
            return Symbol(str(name), False)
        moment = name.update if name in self.naming.single else self.moment
        return symbol(name, self.naming.writing, moment, "share" if self.is_share(name) else "")

    def moment_of(self, name: Name) -> str:
        """`@2` behind a name that is of another moment than the heading says; else nothing."""
        said = name.update if name in self.naming.single else self.moment
        return name.moment if name.epoch is not None or name.update != said else ""

    def name(self, name: Name) -> str:
        """The text of a name."""
        return self.symbol(name).text

    def whole(self, name: Name) -> str:
        """The text of a sequence's name, without a time step."""
        return symbol(name, self.naming.writing, self.moment, "whole").text if self.style.unicode else str(name)

    def at_any_time(self, name: Name) -> str:
        """The text of a name, or of a derivative, at any time step t."""
        if self.style.unicode:
            return symbol(name, self.naming.writing, self.moment, "any").text
        by, of = (
            "" if part is None else part._replace(time=None, of=None).base + ("" if part.time is None else "_t")
            for part in (name, name.of)
        )
        return f"d{of}/d{by}" if of else by

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
        if not any(shape.dims for shape in shapes) and expr.op not in _FROM_NUMBERS:
            return SCALAR
        try:
            return REGISTRY[expr.op].shape(shapes, options(expr), self.layout)
        except (ShapeError, KeyError, TypeError, ValueError, IndexError):
            return None

    def scalar(self, expr: Expr) -> bool:
        """Whether an expression is a number."""
        shape = self.shape(expr)
        return shape is not None and not shape.dims


def counted(roles: Mapping[Name, str]) -> frozenset[str]:
    """Letters whose numbers are those of no layer, by the roles of names; what is computed has none.

    Where there are layers, that are all letters but theirs. Equations do not say which numbers are those of layers;
    those of hyperparameters, constants and inputs are not, unless an equation gives the same letter (h1 for h2).
    """
    layers = {stem(name.stem)[0] for name in roles if name.layer is not None}
    if not layers:
        layers = {stem(name.stem)[0] for name, role in roles.items() if role in ("", "parameter")}
    return frozenset(stem(name.stem)[0] for name in roles) - layers


def options(expr: Call) -> dict[str, Any]:
    """All options of a call, those left out with their defaults."""
    operation = REGISTRY.get(expr.op)
    return {**(operation.options if operation else {}), **dict(expr.options)}
