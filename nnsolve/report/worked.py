"""A step as it is written down: which formula, which rule before it, what is said beside and below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Ref, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report import chain
from nnsolve.report.elide import is_whole, readable
from nnsolve.report.notation import formula, written
from nnsolve.report.notes import NOWHERE, Carried, notes, reason
from nnsolve.report.phrases import Formula, Phrase, quantity
from nnsolve.report.scope import Scope
from nnsolve.report.stages import exact_value, is_constant, is_jacobian
from nnsolve.report.taught import taught
from nnsolve.report.time import Arrivals, Told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Worked(NamedTuple):
    """A step of a solution as every report writes it down.

    `step` has the equation that is shown, `left` is what it computes. `updated` says that a value is replaced by a new
    one. `exact` is what was rounded to the result. The chain `rule` is None where the formula says the same. A `bare`
    step is shown by its formula and its result only.
    """

    step: Step
    scope: Scope
    left: Formula
    updated: bool
    exact: Tensor | None
    rule: chain.Rule | None
    remark: list[Phrase]
    notes: list[Phrase]
    bare: bool

    @property
    def equation(self) -> Equation:
        """The equation that is shown."""
        assert self.step.equation is not None
        return self.step.equation

    @property
    def puts_in(self) -> bool:
        """Whether there is anything that numbers can be put in for."""
        expr = written(self.equation.expr, self.scope)
        return not (isinstance(expr, Ref) or is_jacobian(expr) or is_constant(expr)) and is_whole(self.step)

    @property
    def result_caption(self) -> Phrase:
        """What stands below the result of an update."""
        if not (self.updated and self.step.shape.dims):
            return ()
        new = quantity(self.step.name, self.scope.at(self.step.name.update))
        return ("new ", new) if self.scope.style.unicode else (new,)

    def captions(self) -> dict[Name, Phrase]:
        """What stands below the operands: the names in an update, else from which time step a gradient comes."""
        if not self.result_caption:
            return {name: (text,) for name, text in Arrivals(self.step).captions(self.step.name.of).items()}
        found: dict[Name, Phrase] = {}
        for name in references(self.equation.expr):
            old = same_quantity(self.step.name, name) and self.scope.style.unicode
            found[name] = (*(["old "] if old else []), quantity(name, self.scope))
        return found


def worked(
    step: Step, scope: Scope, known: Mapping[Name, Step], through: Carried = NOWHERE, told: Told | None = None
) -> Worked:
    """A step as it is written down; `known` finds the step of a name, `through` what an error went through.

    What was `told` for another time step is not explained again.
    """
    told = told or Told()
    again = told.explained(step)
    textbook = taught(step, scope, known)
    exact = exact_value(step, scope)
    step = readable(textbook or step, scope.style.unicode)
    assert step.equation is not None
    scope = scope.of(step.shapes)
    vector, backward = step.shape.kind == "vector", step.phase == "backward"
    expr = chain.upstream_first(step.equation, scope) if backward else step.equation.expr
    equation = step.equation._replace(expr=expr)
    step = step._replace(equation=equation)
    updated = step.phase == "update" and not is_single(step)
    main = formula(expr, scope)
    rule = chain.rule(equation, scope, vector) if backward and not again else None
    local = chain.local_derivative(equation, scope, vector) if backward else None
    said = step._replace(equation=equation._replace(long=None)) if again else step
    return Worked(
        step,
        scope,
        quantity(step.name, scope.at(step.name.update) if updated else scope),
        updated,
        exact,
        rule if rule and chain.rule_text(rule, scope) != main else None,
        reason(step, scope, known, local, again),
        notes(
            said,
            scope,
            main,
            through=through.get(step.name, frozenset()),
            taught=textbook is not None,
            rounded=exact is not None or is_jacobian(expr),
            more=told.notes(step, scope),
        ),
        again and told.is_long and exact is None,
    )


def is_single(step: Step) -> bool:
    """Whether a step of an update is no new value of something, but exists in this update alone."""
    if step.phase != "update" or step.equation is None:
        return False
    return not any(same_quantity(step.name, name) for name in references(step.equation.expr))


def same_quantity(name: Name, other: Name) -> bool:
    """Whether a name is another value of the quantity that is computed."""
    return name.of is None and other.after(0) == name.after(0) and other != name
