"""A problem becomes a program: layers, equations and loss expanded, put in order of dependence, with their shapes."""

from __future__ import annotations

from collections.abc import Mapping

from nnsolve.blocks.optimizers import hyperparameter_symbols
from nnsolve.core.diagnostics import Findings, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref, references
from nnsolve.core.language import parse, parse_equation
from nnsolve.core.names import Name
from nnsolve.core.shapes import Layout
from nnsolve.engine.data import Data
from nnsolve.engine.infer import Shapes
from nnsolve.engine.layers import Network
from nnsolve.engine.loss import loss_equation
from nnsolve.engine.normal import Normalizer, Settings
from nnsolve.engine.program import Program
from nnsolve.engine.scope import Scope
from nnsolve.problem.model import Problem, Text, Value


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
        self.data = Data(problem, batch, self.scope, self.shapes)
        self.network = Network(problem, self.data, self.scope)
        self.drafts: dict[Name, Equation] = {}  # read, but not yet in normal form
        self.equations: dict[Name, Equation] = {}
        self.given: dict[Name, Value] = {}
        self.replaced: set[Name] = set()
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
        if problem.initial:
            message, help = "initial: gives the first states of recurrent layers, and there are none", "leave it out"
            findings.error("unknown-key", message, problem.where("initial"), help)
        authored = [equation for equation in map(self.parsed, problem.equations) if equation]
        findings.raise_errors()
        self.drafts = {equation.name: equation for equation in self.network.equations}
        loss = loss_equation(problem, self.scope, authored, findings)
        for equation in authored:
            with findings:
                expr = self.scope.resolve(equation.expr, equation.place)
                self.drafts[equation.name] = equation._replace(expr=expr)
        if loss:
            self.drafts[loss.name] = loss
        self.stop_on_errors()
        self.replacements()
        for name in self.ordered():
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
            known = hyperparameter_symbols(self.problem.conventions.symbols)
            for ask in self.problem.ask:
                try:
                    self.scope.resolve(parse(ask.of.text, ask.of.place, addresses=True), ask.of.place, address=True)
                except ProblemError as error:
                    if not any(finding.message.split(" ")[0] in known for finding in error.diagnostics):
                        self.findings.diagnostics += error.diagnostics
        self.findings.raise_errors()

    # Equations

    def parsed(self, text: Text) -> Equation | None:
        """An equation as read; its name is defined at once, so that later ones can use it."""
        draft: Equation | None = None
        with self.findings:
            name, expr = parse_equation(text.text, text.place)
            known = Name(name)
            self.scope.define(known, text.place)
            draft = Equation(known, expr, place=text.place)
        return draft

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
                self.replaced |= {name for name in self.drafts if rounding.name.text in (str(name), name.stem)}

    # Order and normal form

    def ordered(self) -> list[Name]:
        """The drafts in an order in which each comes after what it uses; raises on a circle."""
        order: list[Name] = []
        state: dict[Name, int] = {}
        for start in self.drafts:
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
        if draft.name == self.scope.loss and draft.name not in self.equations:
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
        base = f"z_{name}"
        text, count = base, 1
        while self.scope.find(text) is not None:
            count += 1
            text = f"{base}_{count}"
        fresh = Name(text)
        self.scope.define(fresh, self.drafts[name].place if name in self.drafts else None)
        return fresh
