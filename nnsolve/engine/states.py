"""States before the first time step: what `initial:` gives, else zeros in the shape that the recurrence keeps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nnsolve.core.diagnostics import Findings, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape
from nnsolve.engine.data import Data
from nnsolve.engine.infer import Shapes
from nnsolve.engine.normal import Normalizer
from nnsolve.engine.scope import Scope
from nnsolve.problem.model import Problem

MAX_TRIALS = 500

_STATE = re.compile(r"(.+)_(\d{1,9})", re.ASCII | re.DOTALL)


class InitialStates:
    """The states that equations for any step t need from beyond the ends of time: h_0, where `h_{t-1}` is used."""

    def __init__(self, problem: Problem, data: Data, scope: Scope) -> None:
        self.problem = problem
        self.data = data
        self.scope = scope
        self.missing: dict[Name, Name] = {}  # each with the step whose shape it shares

    def read(self, used: set[str], findings: Findings) -> None:
        """Define what `initial:` gives, but for what layers have `used`."""
        for text, value in self.problem.initial.items():
            if text in used:
                continue
            with findings:
                name = self.state(text)
                several = self.scope.ambiguous(text)
                if name is None and several:
                    message = f"initial: {text} could be {', '.join(map(str, several))}"
                    raise ProblemError.of("ambiguous-name", message, value.place, "write the layer number")
                if name is None:
                    known = [str(state) for state in self.data.leaves if self.data.leaves[state].role == "initial"]
                    message = f"initial: {text} is no state of a sequence"
                    help = "it gives what lies before the first step: h_0, where an equation uses h_{t-1}"
                    help = f"here: {', '.join(known)}" if known else help
                    raise ProblemError.of("unknown-key", message, value.place, help)
                self.data.leaf(name, self.data.batch.get(str(name), value), "initial")

    def check_used(self, drafts: Iterable[Equation], used: set[str], findings: Findings) -> None:
        """Report what `initial:` gives and neither an equation nor a layer (which have `used`) takes."""
        given = {text: value for text, value in self.problem.initial.items() if text not in used}
        taken = {name for equation in drafts for name in references(equation.expr)} if given else set()
        for text, value in given.items():
            if self.scope.find(text) not in taken:
                states = [str(name) for name in taken if name in self.missing]
                help = f"the equations use {', '.join(states)}" if states else "leave it out"
                findings.error("unknown-key", f"initial: nothing uses {text}", value.place, help)

    def state(self, text: str) -> Name | None:
        """The step of a sequence, beyond those that have equations, that a text means."""
        found = _STATE.fullmatch(text)
        steps = self.scope.sequence(found[1]) if found and text not in self.scope.names else ()
        return steps[0]._replace(time=int(found[2])) if found and steps else None

    def assume(self, equations: Sequence[Equation]) -> None:
        """States that equations use and nothing defines are 0; `settle` finds their shapes."""
        for equation in equations:
            for used in references(equation.expr):
                if self.scope.find(used.stem) is not None:
                    continue
                name = self.state(used.stem)
                if name is None:
                    continue
                steps = self.scope.sequence(used.stem.rpartition("_")[0])
                near = steps[0] if name.time == 0 else steps[-1]
                if near not in self.data.leaves and name.time in (0, len(steps) + 1):
                    self.scope.define(name, equation.place)
                    self.missing[name] = near

    def settle(self, order: Sequence[Equation], normalizer: Normalizer) -> None:
        """Give the missing states the shape that is the same one step later; raises where that is not one shape.

        States that do not need each other are settled one after another, so that many layers take few trials.
        """
        needs = {name: self._needs(name, order) for name in self.missing}
        unsettled = dict(self.missing)
        while unsettled:
            group = min((_together(name, needs) & unsettled.keys() for name in unsettled), key=len)
            self._settle({name: unsettled.pop(name) for name in self.missing if name in group}, order, normalizer)

    def _needs(self, name: Name, order: Sequence[Equation]) -> set[Name]:
        """The missing states that a state needs one step later, itself included."""
        chain = _closure(order, {self.missing[name]})
        return {name, *(used for equation in chain for used in references(equation.expr) if used in self.missing)}

    def _settle(self, states: Mapping[Name, Name], order: Sequence[Equation], normalizer: Normalizer) -> None:
        """Give states that need each other their shapes."""
        chain = _closure(order, set(states.values()))
        fitting: list[dict[Name, Shape]] = []
        failures: set[str] = set()
        candidates = _candidates(self.data.shapes)
        for shapes in itertools.islice(itertools.product(candidates, repeat=len(states)), MAX_TRIALS):
            assigned = dict(zip(states, shapes, strict=True))
            try:
                if self.fits(assigned, chain, normalizer):
                    fitting.append(assigned)
            except ProblemError as error:
                failures.add(str(error))
                last = error
        if not fitting and len(failures) == 1:
            raise last  # whatever the state, something else is wrong
        if len(fitting) != 1:
            names = ", ".join(map(str, states))
            place = chain[0].place if chain else None
            message = f"the shape of {names} does not follow from the equations"
            help = f"say it:  initial: {{{', '.join(f'{name}: ...' for name in states)}}}"
            raise ProblemError.of("unknown-shape", message, place, help)
        for name, shape in fitting[0].items():
            self.data.store(name, np.zeros(shape.dims), shape, "initial", self.scope.places.get(name))

    def fits(self, assigned: Mapping[Name, Shape], chain: Sequence[Equation], normalizer: Normalizer) -> bool:
        """Whether states of these shapes have the same shapes one step later; raises where equations fail with them."""
        shapes = Shapes(self.data.shapes.layout)
        shapes.named = {**self.data.shapes.named, **assigned}
        trial = normalizer.on_trial(shapes)
        for equation in chain:
            trial.equations(equation.name, equation.expr, equation.place, shortcuts=False)
        return all(shapes.named[self.missing[name]].dims == shape.dims for name, shape in assigned.items())


def _together(name: Name, needs: Mapping[Name, set[Name]]) -> set[Name]:
    """A state and all that it needs, those that these need included."""
    found: set[Name] = set()
    pending = [name]
    while pending:
        state = pending.pop()
        if state not in found:
            found.add(state)
            pending.extend(needs[state])
    return found


def _closure(order: Sequence[Equation], names: set[Name]) -> list[Equation]:
    """The equations that names need, in order."""
    needed = set(names)
    chain = []
    for equation in reversed(order):
        if equation.name in needed:
            needed.update(references(equation.expr))
            chain.append(equation)
    return chain[::-1]


def _candidates(shapes: Shapes) -> list[Shape]:
    """The shapes that a state may have: a number, or as many features as some axis of the data, for every sample."""
    layout: Layout = shapes.layout
    samples = max([1, *(layout.count(shape) for name, shape in shapes.named.items() if name.time is not None)])
    found = {SCALAR}
    for shape in shapes.named.values():
        for n in shape.dims:
            many = (n, samples) if layout.features == 0 else (samples, n)
            found.add(layout.vector(n) if samples == 1 else Shape(many))
    return sorted(found, key=lambda shape: shape.dims)
