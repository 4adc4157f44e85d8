"""A program: the equations of a problem in order, and those that differentiation and the optimizer add on demand."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Container, Iterable, Mapping, Set
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref, call, references, substitute
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.data import Data
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.evaluate import Function, compiled
from nnsolve.engine.infer import MAX_ELEMENTS
from nnsolve.engine.layers import Network
from nnsolve.engine.truncate import TruncatedDifferentiator
from nnsolve.engine.updates import Updates
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.normal import Normalizer

    Tensor = NDArray[np.float64]

Change: TypeAlias = Callable[[Expr], Expr]
"""What an edit makes of the right side of an equation."""


class Program:
    """The equations of a problem, forward in order of dependence; gradients and updates are emitted when asked for.

    Inside a program a name carries update 0, or 1 for what the update makes: the new value of a parameter or of the
    optimizer's state, and what is `derived` on the way. What run it belongs to is known to the run alone. `updated` are
    the values that go over from one run to the next.
    """

    def __init__(
        self,
        problem: Problem,
        data: Data,
        network: Network,
        forward: tuple[Equation, ...],
        given: dict[Name, Tensor],
        normalizer: Normalizer,
    ) -> None:
        self.problem = problem
        self.data = data
        self.scope, self.shapes, self.leaves = data.scope, data.shapes, data.leaves
        self.network = network
        self.forward = forward
        self.given = given
        self.normalizer = normalizer
        self.loss = self.scope.loss
        self.equations: dict[Name, Equation] = {equation.name: equation for equation in forward}
        self.differentiator = self._differentiator()
        self.parameters = [name for name, leaf in self.leaves.items() if leaf.role == "parameter"]
        self.results = self._results()
        self._functions: dict[Expr, Function] = {}  # shared with the programs that are edited from this one
        self.updates = Updates(self, problem.training) if problem.training else None
        self.updated = [*self.updates.parameters, *self.updates.state] if self.updates else []
        self.derived: Set[Name] = self.updates.derived if self.updates else frozenset()

    def _differentiator(self) -> Differentiator:
        training, base = self.problem.training, self.problem.conventions.count_from or 0
        if training is None or training.truncate is None or self.loss is None:
            return Differentiator(self.forward, self.shapes, base)
        found = TruncatedDifferentiator(self.forward, self.shapes, base, self.loss, training.truncate)
        self.scope.labels = {str(label): label for label in found.labels}
        return found

    def _results(self) -> list[Name]:
        """The forward equations that nothing else uses, and those that are replaced: what the forward pass is for."""
        used = {name for equation in self.forward for name in references(equation.expr)}
        return [e.name for e in self.forward if e.name in self.given or e.name not in used]

    # Addresses

    def layer_of(self, name: Name) -> int | None:
        """The number of the layer that a quantity belongs to."""
        return self.network.numbers.get(name)

    def parse_address(self, text: str) -> Name | None:
        """The quantity that an address without an element means, or None."""
        try:
            expr = parse(text, addresses=True)
        except ProblemError:
            return None
        return self.scope.resolve_name(expr.name) if isinstance(expr, Ref) else None

    # Equations on demand

    def function(self, equation: Equation) -> Function:
        """The equation, compiled."""
        found = self._functions.get(equation.expr)
        if found is None:
            found = self._functions[equation.expr] = compiled(equation.expr, self.shapes)
        return found

    def equation(self, name: Name) -> Equation | None:
        """The equation of a name, emitted if need be; None for a given value. Raises where there is no derivative."""
        if name in self.equations:
            return self.equations[name]
        if name.of is not None:
            return self._gradient(name)
        if self.updates and name in self.updates.equations:
            equation = self.equations[name] = self.updates.equations[name]
            return equation
        return None

    def _gradient(self, name: Name) -> Equation:
        root, v = name.of, name.primal
        assert root is not None
        if root not in self.differentiator.forward and str(root) not in self.scope.labels:
            raise ProblemError.of("not-an-equation", f"{root} is not an equation, so it has no derivatives")
        whole = self.differentiator.whole(v)
        if whole != v and not self.differentiator.used_at(whole, v.time):
            message = f"{name} is no share of {root}'s gradient: {whole} has no use of its own at step {v.time}"
            raise ProblemError.of("unknown-name", message, None, f"ask for d{root.base}/d{whole.base}")
        if self.shapes.of(root).size > 1 and not self.differentiator.is_elementwise(root, v):
            return self._jacobian(name, root, v)
        equation = self.differentiator.gradient(root, v)
        training = self.problem.training
        if (
            training
            and training.order == "layer_by_layer"
            and root == self.loss
            and self.differentiator.whole(v) not in self.parameters
        ):
            renewed = {p: Ref(p.after(1)) for p in references(equation.expr) if p in self.updated}
            if renewed:
                equation = equation._replace(expr=substitute(equation.expr, renewed), long=None)
        self.equations[name] = equation
        return equation

    def _jacobian(self, name: Name, root: Name, v: Name) -> Equation:
        """d root_i / d v_j, a row for each element of root, elements counted row by row."""
        shape = Shape((self.shapes.of(root).size, self.shapes.of(v).size))
        if shape.size > MAX_ELEMENTS:
            raise ProblemError.of(
                "too-big",
                f"{name} is a matrix of {shape} numbers; at most {MAX_ELEMENTS} are computed",
                self.equations[root].place,
                "ask for the derivative of one number: of the loss, or of an element in an equation of its own",
            )
        self.shapes.named[name] = shape
        expr = self.differentiator.matrix_form(root, v) or call("jacobian", Ref(root), Ref(v))
        equation = Equation(name, expr, "backward", self.equations[root].place, chain=((root, v),))
        self.equations[name] = equation
        return equation

    def pullback(self, root: Name, v: Name) -> tuple[Name, list[Equation]]:
        """The equations that carry a gradient of root, given under the returned name, back to v."""
        label = Name(f"<{root}>")
        seed = root.gradient(label)
        names = [u for u in self.differentiator.needed(root, [v]) if u != v]
        return seed, [self.differentiator.gradient(root, u, Ref(seed), label) for u in [*names, v]]

    def in_order(self, equations: Iterable[Equation]) -> list[Equation]:
        """Equations as a solution lists them: forward as in the file, the gradients from the loss backwards, updates.

        Where each layer is updated before the error goes on to the layer below, gradients and updates keep their order.
        """
        differentiator = self.differentiator
        updates = self.updates.order if self.updates else {}
        training = self.problem.training
        interleaved = training is not None and training.order == "layer_by_layer"

        def key(equation: Equation) -> tuple[float, ...]:
            name = equation.name
            if equation.phase == "forward":
                return 0, differentiator.order[name]
            if interleaved:
                return (1,)
            if name.of is not None and name.of in differentiator.parts:
                assert self.loss is not None
                return 1, False, *differentiator.stage(self.loss, name.primal), name.of.time or 0
            if name.of is not None:
                return 1, name.of != self.loss, *differentiator.stage(name.of, name.primal), math.inf
            return 2, updates[name]

        return sorted(equations, key=key)

    def closure(self, names: Iterable[Name], known: Container[Name] = ()) -> list[Equation]:
        """The equations that names need, each after what it uses; what is `known` or replaced needs nothing."""
        order: list[Equation] = []
        done: set[Name] = set()
        waiting: set[Name] = set()  # for what they use
        for start in names:
            stack: list[Name | Equation] = [start]
            while stack:
                name = stack.pop()
                if isinstance(name, Equation):
                    order.append(name)
                    waiting.discard(name.name)
                    continue
                if name in done:
                    if name in waiting:
                        raise self._circular(waiting)
                    continue
                if name in known or name in self.given:
                    continue
                done.add(name)
                equation = self.equation(name)
                if equation is not None:
                    stack.append(equation)
                    waiting.add(name)
                    stack += [used for used in reversed([*references(equation.expr)]) if used not in known]
        return order
        return order

    def _circular(self, waiting: Container[Name]) -> ProblemError:
        """The error of an update through new weights that themselves wait for the error that they carry."""
        training = self.problem.training
        names = " and ".join(str(name) for name in self.parameters if name.after(1) in waiting)
        message = f"order: layer_by_layer carries the error through the new {names}, made of that error itself"
        help = "a weight of several layers or time steps has one update after all of them: leave order out"
        place = training.places.get("order", training.place) if training else None
        return ProblemError.of("conflict", message, place, help)

    # Edits

    def edited(
        self,
        forward: Mapping[Name, Change],
        emitted: Mapping[Name, Change],
        given: Mapping[Name, Callable[[Tensor], Tensor]] = {},
    ) -> Program:
        """This program with some equations changed: `forward` ones before the rest is differentiated, `emitted` after.

        `given` changes what the file gives. A shortcut that bypasses a changed equation is not taken. Right sides keep
        their shapes.
        """
        program = copy.copy(self)
        program.leaves = {
            name: leaf._replace(value=given[name](leaf.value)) if name in given else leaf
            for name, leaf in self.leaves.items()
        }
        if forward:
            program.forward = tuple([_changed(equation, forward) for equation in self.forward])
            program.equations = {equation.name: equation for equation in program.forward}
            program.differentiator = program._differentiator()
        else:
            program.equations = dict(self.equations)
        for name, change in emitted.items():
            equation = program.equation(name)
            if equation is not None:
                program.equations[name] = equation._replace(expr=change(equation.expr), long=None)
        return program


def _changed(equation: Equation, changes: Mapping[Name, Change]) -> Equation:
    """A forward equation as the changes leave it."""
    if equation.long is not None and not changes.keys().isdisjoint(equation.bypassed):
        equation = equation._replace(expr=equation.long, long=None, shortcut=None, bypassed=())
    change = changes.get(equation.name)
    if change is None:
        return equation
    long = None if equation.long is None else change(equation.long)
    expr = change(equation.expr)
    if long is not None and expr == equation.expr:  # what the change is about the shortcut does not show
        return equation._replace(expr=long, long=None, shortcut=None, bypassed=())
    return equation._replace(expr=expr, long=long, shortcut=equation.shortcut and change(equation.shortcut))
