"""A problem becomes a program: layers, equations and loss expanded, put in order of dependence, with their shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nnsolve.blocks import LOSSES
from nnsolve.core.diagnostics import Findings, Place, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref, references
from nnsolve.core.language import parse, parse_equation
from nnsolve.core.names import Name
from nnsolve.core.shapes import Layout
from nnsolve.engine.data import Data
from nnsolve.engine.infer import Shapes
from nnsolve.engine.layers import Network
from nnsolve.engine.loss import loss_equations
from nnsolve.engine.normal import Normalizer, Settings
from nnsolve.engine.program import Program
from nnsolve.engine.scope import Scope
from nnsolve.engine.sequences import MAX_EQUATIONS, at_step, check_bound, moving, sequential_inputs
from nnsolve.engine.states import InitialStates
from nnsolve.engine.updates import may_mean
from nnsolve.problem.model import Problem, Text, Value
from nnsolve.problem.sections import equation_name


def build(problem: Problem, batch: Mapping[str, Value] | None = None) -> Program:
    """The program of a problem; raises `ProblemError` with all its findings.

    `batch` replaces inputs and targets by those of one mini-batch.
    """
    return _Builder(problem, batch or {}).build()


class _Builder:
    def __init__(self, problem: Problem, batch: Mapping[str, Value]) -> None:
        self.problem = problem
        conventions = problem.conventions
        layout = Layout(1 if conventions.samples == "rows" else 0, conventions.samples is not None)
        self.shapes = Shapes(layout)
        self.scope = Scope()
        self.findings = Findings()
        self.data = Data(problem, batch, self.scope, self.shapes, sequential_inputs(problem))
        self.network = Network(problem, self.data, self.scope)
        self.drafts: dict[Name, Equation] = {}  # read, but not yet in normal form
        self.equations: dict[Name, Equation] = {}
        self.given: dict[Name, Value] = {}
        self.replaced: set[Name] = set()
        self.steps = 0  # of equations that are written for any step t
        self.normalizer = Normalizer(
            Settings(
                conventions.count_from,
                conventions.relu_at_zero,
                conventions.step_at_zero,
                conventions.sign_at_zero,
                "conventions" in problem.places,
            ),
            self.shapes,
            self.defining,
            self.data.settle_target,
            self.data.is_distribution,
            self.fresh_name,
            self.data.leaves,
        )

    def build(self) -> Program:
        """Read, expand, order and check; every step reports all that it finds before the next one begins."""
        problem, findings = self.problem, self.findings
        self.data.read(findings)
        self.network.read(findings)
        self.read_targets()
        authored = [equation for text in problem.equations for equation in self.parsed(text)]
        initial = InitialStates(problem, self.data, self.scope)
        initial.read(self.network.initial_used, findings)
        findings.raise_errors()
        initial.assume(authored)
        self.drafts = {equation.name: equation for equation in self.network.equations}
        loss = loss_equations(problem, self.scope, authored, findings)
        self.resolve(authored)
        self.drafts.update({equation.name: equation for equation in loss})
        self.stop_on_errors()
        initial.check_used(self.drafts.values(), self.network.initial_used, findings)
        self.replacements()
        order = self.ordered()
        with findings:
            initial.settle([self.drafts[name] for name in order], self.normalizer)
        self.stop_on_errors()
        for name in order:
            with findings:
                self.normalize(self.drafts[name])
        self.stop_on_errors()
        self.data.unsettled(findings)
        self.stop_on_errors()
        return Program(
            problem,
            self.data,
            self.network,
            tuple(self.equations.values()),
            {name: self.data.replacement(name, value, "given") for name, value in self.given.items()},
            self.normalizer,
        )

    def stop_on_errors(self) -> None:
        """Raise what was found, together with names in asks that nothing will define."""
        if self.findings.errors:
            training, symbols = self.problem.training, self.problem.conventions.symbols
            for ask in self.problem.ask:
                try:
                    self.scope.resolve(parse(ask.of.text, ask.of.place, addresses=True), ask.of.place, address=True)
                except ProblemError as error:
                    unknown = [finding.message.split(" ")[0] for finding in error.diagnostics]
                    if training is None or not any(may_mean(text, training, symbols) for text in unknown):
                        self.findings.diagnostics += error.diagnostics
        self.findings.raise_errors()

    # Equations

    def read_targets(self) -> None:
        """Define the targets; one that a sequence is compared with, step by step, is a sequence."""
        problem = self.problem
        sequence = bool(self.network.prediction) and self.network.prediction[0].time is not None
        sequence |= any(name.text == "y_hat_t" for text in problem.equations if (name := equation_name(text)))
        if problem.loss and problem.loss.text.text.strip() in LOSSES and sequence:
            over_time = problem.loss.options.get("over_time")
            for text, value in problem.targets.items():
                if over_time in ("sum", "mean") or (over_time == "last" and self.has_steps(value)):
                    self.data.sequential.add(text)
        self.data.read_section(problem.targets, "target", self.findings)

    def has_steps(self, target: Value) -> bool:
        """Whether a target has a value for each step, though only the last is compared: else it has its size."""
        last = self.network.prediction[-1:] and self.network.output_shape
        if not last or not self.data.length:
            return False
        if target.array is None:
            labels = target.classes if target.batch and self.data.layout.count(last) == 1 else None
            return labels is not None and len(labels) == self.data.length[1]
        if target.array.ndim == 0:
            return False
        return target.array.size != last.size and len(target.array) == self.data.length[1]

    def parsed(self, text: Text) -> list[Equation]:
        """An equation as read, one for each step where it is written for any step t; later ones can use its names."""
        drafts: list[Equation] = []
        with self.findings:
            left, expr = parse_equation(text.text, text.place)
            step = moving(left)
            if step is None or self.data.length is None:
                check_bound(left, expr, text.place, self.scope)
                drafts = [Equation(Name(left), expr, place=text.place)]
            else:
                length = self.data.length[1]
                self.steps += length
                if self.steps > MAX_EQUATIONS:
                    message = f"the equations stand for more than {MAX_EQUATIONS} steps together"
                    raise ProblemError.of("too-big", message, text.place, "use a shorter sequence")
                drafts = [
                    Equation(Name(step.stem, time=t), at_step(expr, t, self.scope), place=text.place)
                    for t in range(1, length + 1)
                ]
            for draft in drafts:
                self.scope.define(draft.name, text.place)
        return drafts

    def resolve(self, equations: list[Equation]) -> None:
        """Find out what the names in equations mean; what is wrong at every step of one is said once."""
        failed: set[Place | None] = set()
        for equation in equations:
            if equation.place in failed:
                continue
            try:
                expr = self.scope.resolve(equation.expr, equation.place)
                self.drafts[equation.name] = equation._replace(expr=expr)
            except ProblemError as error:
                self.findings.diagnostics += error.diagnostics
                failed.add(equation.place)

    # Replaced values

    def replacements(self) -> None:
        """`given:` and `rounding:` name equations; the value between an activation and its loss may be among them."""
        for text, value in self.problem.given.items():
            with self.findings:
                expr = self.scope.resolve(parse(text, value.place, addresses=True), value.place, address=True)
                if not isinstance(expr, Ref) or expr.name.of is not None or expr.name not in self.drafts:
                    raise ProblemError.of(
                        "not-an-equation",
                        f"given: {text} is not an equation of the forward pass",
                        value.place,
                        "given replaces the value of an equation; inputs and parameters are changed where they stand",
                    )
                self.given[expr.name] = self.data.batch.get(str(expr.name), value)
        self.replaced |= set(self.given)
        for rounding in self.problem.rounding:
            if rounding.name is None:
                self.replaced |= set(self.drafts)
            else:
                text = rounding.name.text
                self.replaced |= {name for name in self.drafts if text in (str(name), name.stem)}
                self.replaced |= set(self.scope.sequence(text))

    # Order and normal form

    def ordered(self) -> list[Name]:
        """The drafts in an order in which each comes after what it uses; raises on a circle."""
        order: list[Name] = []
        state: dict[Name, int] = {}
        for start in sorted(self.drafts, key=lambda name: math.inf if name.time is None else name.time):
            stack = [(start, iter(self.uses(start)))]
            if state.get(start):
                continue
            state[start] = 1
            while stack:
                name, rest = stack[-1]
                for used in rest:
                    if state.get(used) == 1:
                        circle = [n for n, _ in stack]
                        self.circle(circle[circle.index(used) :])
                        return order
                    if not state.get(used):
                        state[used] = 1
                        stack.append((used, iter(self.uses(used))))
                        break
                else:
                    state[name] = 2
                    order.append(name)
                    stack.pop()
        return order

    def uses(self, name: Name) -> list[Name]:
        """The equations that an equation needs."""
        return [used for used in references(self.drafts[name].expr) if used in self.drafts]

    def circle(self, names: list[Name]) -> None:
        """Report a circle."""
        path = (
            " needs ".join(map(str, [*names, names[0]]))
            if len(names) < 8
            else f"{names[0]} in a circle of {len(names)}"
        )
        self.findings.error(
            "cyclic-equations",
            f"the equations depend on each other: {path}",
            self.drafts[names[0]].place,
            "one of them has to come from inputs and parameters alone",
        )
        self.findings.raise_errors()

    def normalize(self, draft: Equation) -> None:
        """Bring an equation into normal form; its shape is known from then on."""
        missing = [name for name in references(draft.expr) if name not in self.shapes.named]
        if any(name in self.drafts for name in missing):
            return  # reported at the equation that failed
        if draft.name._replace(time=None) == self.scope.loss and draft.name not in self.equations:
            self.data.align_target(draft.expr)
        equations = self.normalizer.equations(draft.name, draft.expr, draft.place)
        for equation in equations:
            if equation.long is not None and set(references(equation.long)) & self.replaced:
                equation = equation._replace(expr=equation.long, shortcut=equation.expr)
            self.equations[equation.name] = equation
        shape = self.shapes.named[draft.name]
        if draft.name == self.scope.loss and shape.size != 1:
            raise ProblemError.of(
                "loss-not-scalar",
                f"the loss {draft.name} has shape {shape}, but a loss is one number",
                draft.place,
                "sum it up: sum((y_hat - y)^2)",
            )

    # What the normal form asks

    def defining(self, name: Name) -> Expr | None:
        """The right side of an equation that is in normal form."""
        equation = self.equations.get(name)
        return equation.expr if equation else None

    def fresh_name(self, name: Name) -> Name:
        """A name for the argument of an activation that stands inside the equation of `name`."""
        base = f"z_{name._replace(time=None)}"
        fresh, count = Name(base, time=name.time), 1
        while self.scope.find(str(fresh)) is not None:
            count += 1
            fresh = Name(f"{base}_{count}", time=name.time)
        self.scope.define(fresh, self.drafts[name].place if name in self.drafts else None)
        return fresh
