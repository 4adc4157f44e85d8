"""The trace: every step of a solution with its operands and result; all reports and checks read this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.core.diagnostics import Place
from nnsolve.core.equations import Equation
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Step(NamedTuple):
    """One line of a worked solution.

    `name` and `equation.expr` are as printed (with `@k` from the second run on); for the phase `given`, `equation` is
    None. `value` has the internal two-dimensional form, `shape` says how it is reported. `rounding` tells how the value
    was rounded as it was stored.
    """

    name: Name
    phase: str  # given | forward | backward | update
    value: Tensor
    shape: Shape
    equation: Equation | None = None
    operands: Mapping[Name, Tensor] = {}
    shapes: Mapping[Name, Shape] = {}
    role: str = ""  # of a given: input | target | parameter | constant | hyperparameter | state | given
    rounding: str | None = None
    place: Place | None = None


class Trace(NamedTuple):
    """The steps of a solution, in the order in which they are worked out.

    Of a selection, `steps` are what is shown and `whole` all that they rest on.
    """

    steps: tuple[Step, ...]
    first_not_finite: Name | None = None
    whole: tuple[Step, ...] = ()

    @property
    def context(self) -> tuple[Step, ...]:
        """Every step, those that a selection leaves out included."""
        return self.whole or self.steps
