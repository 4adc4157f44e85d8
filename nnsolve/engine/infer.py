"""Shapes of expressions, inferred before anything is computed."""

from __future__ import annotations

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError
from nnsolve.core.spelling import spell
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import full_options

MAX_ELEMENTS = 1 << 25
"""Of one computed value, named or not (256 MB): an outer product of two long vectors would fill any memory."""


class Shapes:
    """The shapes of named quantities, and those of expressions over them.

    `at` looks a name up as it stands in the program (update 0, or 1 for an updated parameter).
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.named: dict[Name, Shape] = {}
        self._derived: dict[Name, Shape] = {}
        self._known: dict[Expr, Shape] = {}

    def __call__(self, expr: Expr) -> Shape:
        """The shape of an expression; raises `ShapeError` where operands do not fit."""
        if isinstance(expr, Num):
            return SCALAR
        if isinstance(expr, Ref):
            return self.of(expr.name)
        known = self._known.get(expr)
        if known is None:
            known = self._known[expr] = self._infer(expr)
        return known

    def of(self, name: Name) -> Shape:
        """The shape of a named quantity; a gradient has the shape of what it is taken with respect to.

        The share of one time step in the gradient of a quantity without time (dL/dW_3) has that quantity's shape.
        Raises `ShapeError` for a class target whose number of classes is not known yet.
        """
        shape = self.named.get(name) or self._derived.get(name)
        if shape is None:
            plain = name.primal.after(0)
            shape = self.named.get(name.after(0)) or self.named.get(plain) or self.named.get(plain._replace(time=None))
            if shape is None:
                raise ShapeError(
                    f"{name} is given as a class, but nothing says how many classes there are",
                    "write {class: 2, of: 4}, or compare it with a prediction in a loss",
                )
            self._derived[name] = shape
        return shape

    def _infer(self, expr: Call) -> Shape:
        shapes = [self(arg) for arg in expr.args]
        try:
            shape = REGISTRY[expr.op].shape(shapes, full_options(expr), self.layout)
        except ShapeError as error:
            raise ShapeError(_with_operands(str(error), expr, shapes), error.help) from None
        if shape.size > MAX_ELEMENTS:
            raise ShapeError(f"the result would be {shape}, and a value has at most {MAX_ELEMENTS} numbers")
        return shape


def _with_operands(message: str, expr: Call, shapes: list[Shape]) -> str:
    """Name the operands in the message of a shape rule."""
    texts = [_short(arg) for arg in expr.args]
    if expr.op == "matmul" and all(shape.dims for shape in shapes):
        return f"{texts[0]} is {shapes[0]} but {texts[1]} is {shapes[1]}"
    listed = [f"{text} is {shape}" for text, shape in zip(texts, shapes, strict=True) if shape.dims][:4]
    return f"{message} ({', '.join(listed)})" if len(expr.args) > 1 and listed else message


def _short(expr: Expr) -> str:
    text = spell(expr)
    return text if len(text) <= 40 else text[:37] + "..."
