"""A solved problem as a key: for each ask, and for any address, what is right and how near is near enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.claims import nested
from nnsolve.checking.judge import Bounds, bounds
from nnsolve.checking.marking import Marking
from nnsolve.checking.meant import meant
from nnsolve.checking.model import Given, Unreadable
from nnsolve.core.diagnostics import ProblemError, did_you_mean
from nnsolve.core.expressions import Call, Expr, Ref, references, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import END, Name
from nnsolve.core.spelling import spell
from nnsolve.engine.infer import Shapes
from nnsolve.engine.solve import Asked, SectionSolver, Solution
from nnsolve.problem.model import Ask, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.problem.model import Problem

    Tensor = NDArray[np.float64]

MAX_ADDRESS = 100
"""Characters of an address that a student may add."""

MAX_NUMBERS = 4000
"""Numbers of a quantity that a student may add."""

NEAR = 32
"""Updates after which an added address is far, unless something is asked after as many."""

MAX_REMEMBERED = 500
"""Added addresses that a key keeps, those that mean nothing included."""


class Target(NamedTuple):
    """What an answer is compared with.

    `values` are exact, row by row; `bounds` say how near an answer has to be. `changes` are what the updates changed
    each element by, for a parameter after updates. `points` are 0 unless it is `asked`.
    """

    id: str
    of: str
    section: str
    asked: Asked
    shape: tuple[int, ...]
    values: tuple[float, ...]
    changes: tuple[float, ...] | None
    bounds: tuple[Bounds, ...]
    points: float
    is_asked: bool
    expected: Any

    @property
    def expr(self) -> Expr:
        """What it is, as resolved."""
        return self.asked.expr

    @property
    def options(self) -> Mapping[str, Any]:
        """The ask's own: decimals, rtol, percent, text, ..."""
        return self.asked.ask.options

    @property
    def name(self) -> Name | None:
        """The quantity, where it is one and no expression."""
        return self.expr.name if isinstance(self.expr, Ref) else None

    @property
    def steps(self) -> Sequence[Name]:
        """The steps of a sequence, the first one first; none of anything else."""
        return _steps(self.expr)


Answers: TypeAlias = Mapping[str, tuple[Target, Given | Unreadable]]
"""What is given, by the ids of what it is compared with."""


class Key:
    """The key of a problem; computed once, whatever the number of students.

    Raises `ProblemError` where the problem cannot be solved.
    """

    def __init__(self, problem: Problem, solution: Solution | None = None) -> None:
        self.problem = problem
        self.marking = Marking.of(problem)
        self.solution = solution or Solution(problem)
        self.targets: dict[str, Target] = {}
        for section in self.solution.sections:
            solver = self.solution.solvers[section.id]
            for item in solver.asked:
                id = f"{section.id}.{item.ask.id}" if section.id else item.ask.id
                points = item.ask.options.get("points", self.marking.points)
                self.targets[id] = _target(id, section.id, item, solver, points, is_asked=True)
        self._added: dict[str, Target | str] = {}
        self._asked_at = {
            id: {0, *map(solver.run.resolve_moment, _names(solver))} for id, solver in self.solvers.items()
        }

    @property
    def solvers(self) -> Mapping[str, SectionSolver]:
        """What works out each section, by its id; the problem's own is empty."""
        return self.solution.solvers

    @property
    def max_score(self) -> float:
        """The points of all asks."""
        return float(sum(target.points for target in self.targets.values()))

    def find(self, text: str) -> Target | str:
        """The ask with this id, else what an address means; where there is none, what to write instead."""
        if text in self.targets:
            return self.targets[text]
        found = self._added.get(text)
        if found is None:
            try:
                found = self._address(text)
            except ProblemError as error:
                first = error.diagnostics[0]
                near = self._near(text) if len(text) <= MAX_ADDRESS else None
                found = near or first.help or first.message
            if len(self._added) < MAX_REMEMBERED:
                self._added[text] = found
        return found

    def _near(self, text: str) -> str | None:
        """What a text that is no address may mean: one in another notation, or what is asked by nearly the same."""
        section, dot, address = text.partition(".")
        if not dot or section not in self.solvers:
            section, dot, address = "", "", text
        if section in self.solvers:
            scope = self.solvers[section].program.scope
            for candidate, what in meant(address, scope.names, str(scope.loss) if scope.loss else None):
                with suppress(ProblemError):
                    if self.is_far(section + dot + candidate):
                        continue
                    target = self._address(section + dot + candidate)
                    id = target.id if target.is_asked or target.name is None else f"{section}{dot}{target.name}"
                    return f"did you mean {id!r}{what}?"
        return did_you_mean(text, self.targets)

    def is_far(self, text: str) -> bool:
        """Whether an added address comes after many updates, which it takes a training to know."""
        try:
            section, item = self._meaning(text)
        except ProblemError:
            return False
        return any(self._is_far(section, update) for update in _updates(item.expr, self.solvers[section]))

    def _is_far(self, section: str, update: int) -> bool:
        return update > NEAR and update not in self._asked_at[section]

    def _address(self, text: str) -> Target:
        """What an added address means; what a far one needed is not kept."""
        section, item = self._meaning(text)
        solver = self.solvers[section]
        for target in self.targets.values():
            if target.section == section and _home(target.expr, solver) == _home(item.expr, solver):
                return target
        id = f"{section}.{item.ask.id}" if section else item.ask.id
        found = _target(id, section, item, solver, 0.0, is_asked=False)
        for update in _updates(item.expr, solver):
            if self._is_far(section, update):
                solver.run.forget(update)
        return found

    def _meaning(self, text: str) -> tuple[str, Asked]:
        """The section of an added address and what it asks: a quantity, an element or a sequence.

        It comes at no later update than is asked.
        """
        section, _, address = text.partition(".")
        if section not in self.solvers or not section:
            section, address = "", text
        solver = self.solvers.get(section)
        known = f"asked are {', '.join(list(self.targets)[:20])}"
        if solver is None or len(text) > MAX_ADDRESS:
            raise ProblemError.of("unknown-name", f"{text[:MAX_ADDRESS]} is not defined", None, known)
        parsed = solver.program.scope.resolve(parse(address, addresses=True), None, address=True)
        address = spell(_home(parsed, solver))  # one id, however many ways to write it
        expr, shapes = solver.resolve(address)
        if not isinstance(expr, Ref) and not (isinstance(expr, Call) and expr.op in ("index", "sequence")):
            raise ProblemError.of("not-an-address", f"{address} is no address", None, known)
        run, last = solver.run, max(self._asked_at[section])
        for name in references(expr):
            wanted = run.resolve_moment(name)
            if wanted > last or run.is_seen_loss(name):
                raise ProblemError.of("not-asked", f"{name} comes after all that is asked", None, known)
            if shapes.of(name.after(0) if name not in shapes.named else name).size > MAX_NUMBERS:
                raise ProblemError.of("too-big", f"{name} has too many numbers", None, known)
        return section, Asked(Ask(address, Text(address, self.problem.place), {}), expr, shapes)


def _updates(expr: Expr, solver: SectionSolver) -> list[int]:
    return [solver.run.resolve_moment(name) for name in references(expr)]


def _names(solver: SectionSolver) -> list[Name]:
    return [name for item in solver.asked for name in references(item.expr)]


def _home(expr: Expr, solver: SectionSolver) -> Expr:
    """The expression with `@end` as the update that it is, so that two spellings are one."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Ref) and node.name.update == END:
            return Ref(node.name.after(solver.run.resolve_moment(node.name)))
        return node

    return rewrite(expr, change)


def _target(id: str, section: str, item: Asked, solver: SectionSolver, points: float, *, is_asked: bool) -> Target:
    value, shape = solver.reported(item)
    values = tuple([float(number) for number in np.ravel(value)])
    dims = tuple(np.shape(value)) if np.size(value) != shape.size else shape.reported
    changes = _changes(item, solver, values)
    steps = len(_steps(item.expr))
    return Target(
        id,
        item.ask.of.text,
        section,
        item,
        dims if len(values) != steps else (steps,),  # one number a step is a vector, however it is written
        values,
        changes,
        tuple(bounds(values, changes, item.ask.options)),
        float(points),
        is_asked,
        nested(values, dims),
    )


def _steps(expr: Expr) -> Sequence[Name]:
    return tuple(references(expr)) if isinstance(expr, Call) and expr.op == "sequence" else ()


def _changes(item: Asked, solver: SectionSolver, values: tuple[float, ...]) -> tuple[float, ...] | None:
    """NAME@k - NAME of a parameter (or a state of the optimizer) after updates, and of its elements; else None."""
    expr, run = item.expr, solver.run
    inner = expr.args[0] if isinstance(expr, Call) and expr.op == "index" else expr
    if not isinstance(inner, Ref) or inner.name.after(0) not in run.program.updated:
        return None
    if not run.resolve_moment(inner.name):
        return None
    start = rewrite(expr, lambda node: Ref(node.name.after(0)) if isinstance(node, Ref) else node)
    shapes = Shapes(item.shapes.layout)
    shapes.named = {**item.shapes.named, inner.name.after(0): item.shapes.named[inner.name]}
    before = np.ravel(solver.reported(Asked(item.ask, start, shapes))[0])
    return tuple([value - float(old) for value, old in zip(values, before, strict=True)])
