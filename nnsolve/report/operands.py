"""What the names of one equation stand for, and what can be shown of it without computing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import ShapeError, resolve_axis
from nnsolve.ops import REGISTRY
from nnsolve.report.scope import Scope, options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

REARRANGING = frozenset(
    (
        *("transpose", "index", "append_one", "prepend_one", "drop_first", "drop_last", "concat"),
        *("reshape", "reshaped", "sequence", "time_step"),
    )
)
"""Operations that compute nothing: their results are shown, not written as calls."""


class Operands:
    """The values that names of one equation stand for."""

    __slots__ = ("operands", "scope")

    def __init__(self, operands: Mapping[Name, Tensor], scope: Scope) -> None:
        self.operands = operands
        self.scope = scope

    def known(self, expr: Expr) -> Tensor | None:
        """The value of a name, or of a rearrangement of one; None where something would have to be computed."""
        if isinstance(expr, Ref):
            return self.operands.get(expr.name)
        if not isinstance(expr, Call) or expr.op not in REARRANGING:
            return None
        values = [self.known(arg) for arg in expr.args]
        if any(value is None for value in values):
            return None
        found: Tensor | None = rearranged(expr, values, self.scope)
        return found


def rearranged(expr: Call, values: list[Any], scope: Scope) -> Any:
    """The elements of values in another order: a transpose, an element, a 1 put before or behind."""
    settings = options(expr)
    if "axis" in settings:
        shape = scope.shape(expr.args[0])
        if shape is None:
            return None
        try:
            axis = resolve_axis(settings["axis"], shape, scope.layout)
        except ShapeError:
            return None
        settings["axis"] = scope.layout.features if axis is None else axis
    operation = REGISTRY[expr.op]
    assert operation.value is not None
    result = operation.value(*values, **settings)
    shape = scope.shape(expr)
    return result.reshape(shape.dims) if shape is not None else result
