"""A problem file -> its solution: the trace of every section, and what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Diagnostic, Findings, Place, ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Expr, Ref, references, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.core.trace import Step, Trace
from nnsolve.engine.data import Leaf
from nnsolve.engine.doubts import doubts
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.engine.moment import Moment, undefined
from nnsolve.engine.run import Run
from nnsolve.engine.solution import Answer, Section
from nnsolve.ops.operation import UndefinedValueError
from nnsolve.problem.model import Ask, Problem, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

DATA = ("input", "target", "initial")
ROLES = (*DATA, "parameter", "state", "constant", "hyperparameter", "given")
"""What the file gives, in the order in which a solution lists it."""

FEW = 3
"""So many updates are all shown; of more the first one, and those that are asked for."""


class Asked(NamedTuple):
    """An ask with its names resolved, and the shapes of the quantities in it at their moments."""

    ask: Ask
    expr: Expr
    shapes: Shapes

    @property
    def shape(self) -> Shape:
        return self.shapes(self.expr)


class SectionSolver:
    """Works out one section: the problem itself, or one of its parts."""

    def __init__(self, problem: Problem, id: str = "", question: str | None = None) -> None:
        self.id = id
        self.question = question
        self.problem = problem
        self.run = Run(problem)
        self.program = self.run.program
        self._cut = frozenset(self.run.batched())
        self.asked = self._asks()
        self.section = self._section()

    # What is asked

    def _asks(self) -> list[Asked]:
        findings = Findings()
        asked = []
        for ask in self.problem.ask:
            with findings:
                asked.append(Asked(ask, *self.resolve(ask.of.text, ask.of.place)))
        findings.raise_errors()
        return asked

    def resolve(self, text: str, place: Place | None = None) -> tuple[Expr, Shapes]:
        """An address or an expression over addresses, resolved, with the shapes in it; raises `ProblemError`."""
        run = self.run
        expr = self.program.scope.resolve(parse(text, place, addresses=True), place, address=True)
        shapes = Shapes(self.program.shapes.layout)
        for name, ref in references(expr).items():
            try:
                run.check(name)
                program = run.program_of(name)
                program.equation(name.after(0))
                shapes.named[name] = program.shapes.of(name.after(0))
            except ProblemError as error:
                where = place.right(ref.at) if place else None
                raise ProblemError([d._replace(place=d.place or where) for d in error.diagnostics]) from None
        if isinstance(expr, Ref):
            return expr, shapes
        normalizer = self.program.normalizer.with_shapes(shapes)
        return normalizer.equations(Name("ask"), expr, place, shortcuts=False)[-1].expr, shapes

    def value(self, item: Asked) -> Tensor:
        """The value of a resolved ask."""
        values = {name: self.run.value(name) for name in references(item.expr)}
        try:
            return evaluate(item.expr, item.shapes, values)
        except UndefinedValueError as error:
            raise undefined(error, item.ask.id, item.ask.of.place, self.problem) from None

    # The trace

    def _section(self) -> Section:
        trace = self._trace()  # first: it computes in one go what the answers then look up
        answers = tuple(
            Answer(item.ask.id, item.ask.of.text, item.expr, *self.reported(item), item.ask.options)
            for item in self.asked
        )
        problem = self.problem
        return Section(
            self.id,
            problem.title,
            problem.text,
            problem.source,
            problem.conventions,
            trace,
            answers,
            self._warnings(trace),
            self.program.loss,
            self.question,
            problem.training.truncate if problem.training else None,
            self.run,
            self.run.last,
        )

    def reported(self, item: Asked) -> tuple[Tensor, Shape]:
        shape = item.shape
        if isinstance(item.expr, Ref) and item.expr.name.after(0) == self.program.loss:
            shape = SCALAR
        return reported(self.value(item), shape), shape

    def _wanted(self) -> dict[int, list[Name]]:
        """Which values are asked for at which update; by default all of the first one.

        An update that is shown is shown for all its parameters. The first is shown even where only a later one is asked
        for, and so are all where they are few.
        """
        wanted: dict[int, list[Name]] = {0: []}
        program, run = self.program, self.run
        for item in self.asked:
            for name in references(item.expr):
                update, plain = run.home(name)
                if name.epoch is not None and plain == program.loss:
                    continue  # the mean of what was seen on the way: no single run computes it
                if update > 0 and plain in program.updated:
                    wanted.setdefault(update - 1, []).append(plain.after(1))
                else:
                    wanted.setdefault(update, []).append(plain)
        updates = [name.after(1) for name in program.updated]
        if not self.asked:
            loss = program.loss
            wanted[0] += updates or [name.gradient(loss) for name in program.parameters if loss is not None]
        made = max(update + any(name.update for name in names) for update, names in wanted.items())
        for update in range(made if made <= FEW else 1):
            wanted.setdefault(update, []).extend(updates)
        for names in wanted.values():
            if any(name.update for name in names):
                names += updates
        return wanted

    def _trace(self) -> Trace:
        steps: list[Step] = []
        not_finite: Name | None = None
        for update, names in sorted(self._wanted().items()):
            moment = self.run.moment_of(update)
            forward = moment.program.results if update == 0 else []
            order = moment.program.closure([*names, *forward])
            moment.compute(order)
            equations = moment.program.in_order(order)
            steps += self._given(moment, equations, update)
            steps += [self._step(equation, moment) for equation in equations]
        for step in steps:
            if not_finite is None and step.phase != "given" and not np.isfinite(step.value).all():
                not_finite = step.name
        return Trace(tuple(steps), not_finite)

    def _given(self, moment: Moment, equations: Iterable[Equation], update: int) -> list[Step]:
        """What the file gives and the equations use; from the second run on only what the batch changes."""
        program = moment.program
        used = {name for equation in equations for name in references(equation.expr)}
        used |= {name.after(0) for item in self.asked for name in references(item.expr)}
        roles = [(name, leaf.role, leaf.place) for name, leaf in program.leaves.items()]
        roles += [(name, "given", None) for name in program.given]
        steps = []
        for role in ROLES:
            for name, its_role, place in roles:
                shown = self.shifted(name, update)
                if its_role == role and name in used and (update == 0 or (shown != name and role in (*DATA, "given"))):
                    shape = program.shapes.of(name)
                    steps.append(Step(shown, "given", moment.values[name], shape, role=role, place=place))
        return steps

    def _step(self, equation: Equation, moment: Moment) -> Step:
        """One line of the trace; from the second run on the names say after which update they were computed."""
        k, shapes = moment.update, moment.program.shapes
        names = {name: self.shifted(name, k) for name in references(equation.expr)}
        if k:
            equation = self._shifted_equation(equation, k)
        name = equation.name
        return Step(
            name,
            equation.phase,
            moment.values[self._plain(name, k)],
            shapes.of(name.after(0)),
            equation,
            {shown: moment.values[plain] for plain, shown in names.items()},
            {shown: shapes.of(plain) for plain, shown in names.items()},
            rounding=moment.rounding.describe(self._plain(name, k)),
            place=equation.place,
        )

    def _plain(self, name: Name, k: int) -> Name:
        """The program's own name of a value of run k."""
        return name.after(name.update - k) if name.update else name

    def shifted(self, name: Name, k: int) -> Name:
        """What a name of the program is called in the run after k updates."""
        if k == 0:
            return name
        plain = name.after(0)
        if plain in self.program.given:
            return name.after(k) if plain in self._cut else plain
        leaf = self.program.leaves.get(plain)
        if leaf is not None and plain not in self.program.updated:
            in_batches = leaf.role in DATA and self.run.batch_size != self.run.samples
            return name if not in_batches or self._is_fixed(plain, leaf, k) else name.after(k)
        return name.after(name.update + k)

    def _is_fixed(self, name: Name, leaf: Leaf, k: int) -> bool:
        """Whether a state before the first step is the same in every batch: one for all, or 0 for as many samples."""
        if leaf.role != "initial" or name not in self._cut:
            return leaf.role == "initial"
        return not leaf.value.any() and self.run.moment_of(k).values[name].shape == leaf.value.shape

    def _shifted_equation(self, equation: Equation, k: int) -> Equation:
        def shift(expr: Expr) -> Expr:
            return rewrite(expr, lambda node: Ref(self.shifted(node.name, k)) if isinstance(node, Ref) else node)

        return equation._replace(
            name=self.shifted(equation.name, k),
            expr=shift(equation.expr),
            long=None if equation.long is None else shift(equation.long),
            chain=tuple((self.shifted(u, k), self.shifted(v, k)) for u, v in equation.chain),
        )

    def _warnings(self, trace: Trace) -> tuple[Diagnostic, ...]:
        found = tuple(doubts(self.run.moment(0)))
        if trace.first_not_finite is None:
            return found
        step = next(step for step in trace.steps if step.name == trace.first_not_finite)
        kind = "not a number" if np.isnan(step.value).any() else "infinite"
        return (
            *found,
            Diagnostic(
                "not-finite",
                f"{step.name} is {kind}; it is the first equation whose result is not finite",
                step.place,
                "what is computed from it cannot be trusted",
                "warning",
            ),
        )


def reported(value: Tensor, shape: Shape) -> Tensor:
    """A value as reports, JSON and Python show it: a vector is flat, a number has no dimensions."""
    return np.reshape(value, shape.reported) if shape.flat or not shape.dims else value


class Solution:
    """The solution of a problem file.

    `solution["dL/dW2"]` is the value at an address (`"b.z1"` in part b): an ndarray, or a float for a number. `answers`
    maps each asked id to its value, `trace` lists the steps.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        findings = Findings()
        self._solvers: dict[str, SectionSolver] = {}
        own = Findings() if problem.parts and not problem.ask else findings  # what it lacks its parts may give
        with own:
            self._solvers[""] = SectionSolver(problem)
        for part in problem.parts:
            with findings:
                self._solvers[part.id] = SectionSolver(part.problem, part.id, problem.text)
        if findings.errors:
            raise ProblemError(_once(findings.diagnostics))

    @property
    def solvers(self) -> Mapping[str, SectionSolver]:
        """What works out the problem's own section (under the empty text) and each part's."""
        return self._solvers

    @property
    def sections(self) -> tuple[Section, ...]:
        """The problem's own section, unless only its parts ask something, and those of its parts."""
        only_parts = bool(self.problem.parts) and not self.problem.ask
        return tuple([solver.section for id, solver in self._solvers.items() if id or not only_parts])

    @property
    def trace(self) -> tuple[Step, ...]:
        """The steps of all sections."""
        return tuple(step for section in self.sections for step in section.trace.steps)

    @property
    def answers(self) -> Mapping[str, Any]:
        """Each asked id (`part.id` in a part) with its value."""
        return {
            f"{section.id}.{answer.id}" if section.id else answer.id: _python(answer.value)
            for section in self.sections
            for answer in section.answers
        }

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Findings about the results: what is doubtful about them, and the first equation that is not finite."""
        return tuple(warning for section in self.sections for warning in section.warnings)

    def __getitem__(self, address: str) -> Any:
        """The value at an address; raises `AddressError`, a `KeyError`, where there is none."""
        part, _, rest = address.partition(".")
        solver = self._solvers.get("")
        if part in self._solvers and rest:
            solver, address = self._solvers[part], rest
        if solver is None:
            raise AddressError(f"{address} belongs to a part: write {next(iter(self._solvers))}.{address}")
        try:
            place = Place(self.problem.path)
            asked = Asked(Ask(address, Text(address, place), {}), *solver.resolve(address))
            return _python(solver.reported(asked)[0])
        except ProblemError as error:
            raise AddressError(str(error)) from error


class AddressError(KeyError):
    """There is no value at an address."""

    def __str__(self) -> str:
        return str(self.args[0])


def _python(value: Tensor) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _once(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings without repetition: every part finds the faults of what it shares with the problem."""
    return list(dict.fromkeys(diagnostics))


def faults(problem: Problem) -> list[Diagnostic]:
    """What keeps a problem from being solved."""
    try:
        Solution(problem)
    except ProblemError as error:
        return error.diagnostics
    return []
