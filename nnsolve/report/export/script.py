"""A solution as a script of its own in NumPy: what is given, every equation as a line, and the asked values."""

from __future__ import annotations

import ast
import os
from collections.abc import Container, Mapping, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.expressions import Expr, Ref, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.solve import FEW, SectionSolver, Solution
from nnsolve.report.export import values
from nnsolve.report.export.cells import Cell, Cells, Told
from nnsolve.report.export.comments import comment, harmless, heading
from nnsolve.report.export.equations import Equations, Names, Site
from nnsolve.report.export.names import Identifiers
from nnsolve.report.export.python import WIDTH, assignment, code, literal, string
from nnsolve.report.export.spelling import Numpy
from nnsolve.report.export.timeloops import Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MAX_NUMBERS = 200_000
"""Numbers that are written into a script; more of them are no reading."""

INDENT = "    "

TOGETHER = 5
"""Sequences that begin on one line."""


class Item(NamedTuple):
    """An equation to be written: its name as shown and in the program, what it is assigned to, its right side."""

    name: Name
    plain: Name
    target: str
    expr: Expr


class Written(NamedTuple):
    """Lines of code, and the equations that they compute."""

    lines: list[str]
    told: list[Told]


class Writer:
    """Writes the sections of a solution into cells.

    `one_by_one` tells that every equation has lines of its own, so that an equation may stand anywhere; `loops` that
    time steps with the same equations may be a loop.
    """

    one_by_one = True
    loops = True
    library = values.NUMPY
    stepped: Set[Name] = frozenset()
    """What an optimizer of the library changes in its place."""

    def __init__(self, solution: Solution) -> None:
        self.identifiers = Identifiers()
        self.language = self.make_language()
        self.equations = Equations(self.language)
        self.cells = Cells()
        self.collected = self.identifiers.own("answers")
        self.finite = all(np.isfinite(step.value).all() for step in solution.trace) and all(
            np.isfinite(value).all() for value in solution.answers.values()
        )
        self.numbers = 0
        self.path = solution.problem.path
        self._said = False
        self._begun: set[str] = set()  # sequences that the script has
        self._bound: dict[str, tuple[tuple[int, ...], bytes] | None] = {}
        self._part = ""

    # Parts of the script

    def section(self, solver: SectionSolver) -> None:
        """The problem itself or one of its parts."""
        from nnsolve.report.export.loop import Loop
        from nnsolve.report.export.straight import fits, write_steps

        self._part = solver.id
        if fits(solver, FEW):
            write_steps(self, solver)
        else:
            Loop(self, solver).write()

    def begin(self, title: str) -> None:
        """What follows belongs under this title."""
        shown = f"Part {self._part}: {title}" if self._part else title[:1].upper() + title[1:]
        self.cells.begin(shown, self._part)

    def named(self, name: Name) -> ast.expr:
        """The identifier of a quantity, or its place in a sequence."""
        if self.identifiers.is_of_sequence(name):
            return ast.Subscript(ast.Name(self.identifiers.sequence(name)), literal(name.time))
        return ast.Name(self.identifiers.of(name))

    def given(self, values_of: Sequence[tuple[str, Tensor]]) -> None:
        """The lines of given values that the script has not got yet; the numbers of a sequence stand in one line."""
        new = [(target, value) for target, value in values_of if self._is_new(target, value)]
        scalars = [(target, self.scalar(target, float(v))) for target, v in new if not np.ndim(v)]
        if scalars:
            line = f"{', '.join(target for target, _ in scalars)} = {', '.join(text for _, text in scalars)}"
            joined = len(line) <= WIDTH
            self.cells.add([line] if joined else [f"{target} = {text}" for target, text in scalars])
        for target, value in new:
            if np.ndim(value):
                self.cells.add(values.array(target, value, self.library))

    def given_sequence(self, names: Sequence[Name], given: Sequence[Tensor]) -> None:
        """The lines of a quantity's given values at some time steps: in one list, where all of them are new."""
        sequence, first, last = self.identifiers.sequence(names[0]), names[0].time or 0, names[-1].time or 0
        shapes, targets = {np.shape(value) for value in given}, [self.identifiers.of(name) for name in names]
        if len(names) < 2 or len(shapes) > 1 or sequence in self._begun or last - first + 1 != len(names):
            self.cells.add(self.sequences(names))
            self.given(list(zip(targets, given, strict=True)))
            return
        self._begun.add(sequence)
        for target, value in zip(targets, given, strict=True):
            self._is_new(target, value)
        (shape,) = shapes
        rows = np.reshape(np.array(given), (-1, np.size(given[0])) if shape else (1, -1))
        steps = f"{sequence}.reshape{(-1, *shape)}" if shape else f"{sequence}.ravel()"
        self.cells.add(values.array(sequence, rows, self.library))
        self.cells.add([f"{sequence} = dict(enumerate({steps}, start={first}))  # by time steps"])

    def sequences(self, names: Sequence[Name]) -> list[str]:
        """The lines that begin the sequences which these names belong to."""
        found = [self.identifiers.sequence(name) for name in names if self.identifiers.is_of_sequence(name)]
        new = [sequence for sequence in dict.fromkeys(found) if sequence not in self._begun]
        self._begun.update(new)
        lines: list[str] = []
        for start in range(0, len(new), TOGETHER):
            part = new[start : start + TOGETHER]
            begun = f"({{}} for _ in range({len(part)}))" if len(part) > 1 else "{}"
            lines.append(f"{', '.join(part)} = {begun}")
        if len(lines) < 2:
            return [f"{line}  # by time steps" for line in lines]
        return ["# By time steps", *lines]

    def scalar(self, target: str, value: float) -> str:
        """A given number."""
        return values.scalar(value, exact=not self.finite)

    def forget(self, target: str) -> None:
        """A given value has another one from here on, so it is given again where it is needed."""
        self._bound[target] = None

    def _is_new(self, target: str, value: Tensor) -> bool:
        found = (np.shape(value), np.asarray(value).tobytes())
        if self._bound.get(target) == found:
            return False
        self._bound[target] = found
        self.numbers += np.size(value)
        if self.numbers > MAX_NUMBERS:
            message = f"the given values are more than {MAX_NUMBERS} numbers, all of which a script would have to list"
            raise ProblemError.of("too-big", message, Place(self.path), "export a problem with fewer data")
        return True

    def oriented(self, solver: SectionSolver) -> None:
        """Say how vectors lie."""
        if any(step.shape.flat for step in solver.section.trace.steps) and not self._said:
            self._said = True
            rows = solver.program.shapes.layout.features == 1
            way = "rows, arrays of shape (1, n)" if rows else "columns, arrays of shape (n, 1)"
            self.cells.add([f"# Vectors are {way}."])

    def make_language(self) -> Numpy:
        """What expressions are written in."""
        return Numpy(self.identifiers)

    def begin_run(self) -> None:
        """What follows are the equations of another run of the program."""

    def recalled(self, name: Name) -> ast.expr:
        """The identifier of a quantity in the answers, where later updates have been made."""
        return self.named(name)

    def snapshot(self, name: Name) -> str:
        """The code of a value that is to be kept."""
        return self.identifiers.of(name)

    def lists(self, name: Name) -> bool:
        """Whether a given value that equations use is written down."""
        return True

    def prepared(self) -> list[str]:
        """What stands behind the given values."""
        return []

    def run(
        self, phase: str, items: Sequence[Item], site: Site, wanted: Container[Name] = (), indent: int = 0
    ) -> Written:
        """The lines of equations of one phase that follow one another; `wanted` are the names that are used later."""
        written = Written([], [])
        for item in items:
            self.forget(item.target)
            written.lines.extend(self.equations.lines(item.name, item.target, item.expr, site, indent))
            written.told.append(_told(item, site))
        return written

    def looped(
        self, phase: str, items: Sequence[Item], stretch: Stretch, site: Site, wanted: Container[Name] = ()
    ) -> Written:
        """A loop over time steps that have the same equations."""
        for item in items:
            self.forget(item.target)
        time, t, size = stretch.last, self.identifiers.time, len(stretch.blocks[0])

        def names(name: Name) -> ast.expr:
            found = site.names(name)
            if name.time is None or not isinstance(found, ast.Subscript):
                return found
            by = name.time - time
            sign = ast.Sub() if by < 0 else ast.Add()
            place = ast.BinOp(ast.Name(t), sign, literal(abs(by))) if by else ast.Name(t)
            return ast.Subscript(found.value, place)

        body = [item._replace(target=code(names(item.name))) for item in items[-size:]]
        found = self.run(phase, body, site._replace(names=names, time=time), wanted, 4)
        told = [_told(item, site) for item in items[:size]]
        told[-1] = told[-1]._replace(alike=f"likewise for t = {stretch.steps()}")
        return Written([f"for {t} in {stretch.span()}:", *(INDENT + line for line in found.lines)], told)

    def total(self, value: ast.expr, shape: Shape) -> ast.expr:
        """A loss as a number that is added up."""
        return method(value, "item") if shape.dims else value

    def answers(self, solver: SectionSolver, names: Names) -> None:
        """The asked values of a section."""
        self.begin("answers")
        for item in solver.asked:
            value = self.language.node(item.expr, item.shapes, names)
            loss = isinstance(item.expr, Ref) and item.expr.name.after(0) == solver.program.loss
            target = self._answer(solver.id, item.ask.id)
            lines = assignment(target, self.reported(value, item.shape, loss))
            told = f"  # {harmless(item.ask.of.text)}"
            if item.ask.id != item.ask.of.text and len(lines[0]) + len(told) <= WIDTH and len(lines) == 1:
                lines = [lines[0] + told]
            self.cells.add(lines)
        if not solver.asked:
            self._all_steps(solver)

    def _all_steps(self, solver: SectionSolver) -> None:
        """Where nothing is asked, every step is an answer."""
        for step in solver.section.trace.steps:
            if step.equation is not None:
                loss = step.name.after(0) == solver.program.loss
                value = self.reported(self.recalled(step.name), step.shape, loss)
                self.cells.add(assignment(self._answer(solver.id, str(step.name)), value))

    def reported(self, value: ast.expr, shape: Shape, loss: bool) -> ast.expr:
        """A value as reports show it: a vector is flat, a loss a number."""
        if loss and shape.dims:
            return method(value, "item")
        return method(value, "ravel") if shape.flat else value

    def _answer(self, part: str, id: str) -> str:
        return f"{self.collected}[{string(f'{part}.{id}' if part else id)}]"

    # The whole

    def prelude(self) -> list[str]:
        """What stands before everything else: imports, and the functions that the equations use."""
        functions = [line for found in self.language.functions.values() for line in ["", "", *found.lines]]
        lines = ["import math", ""] if any("math." in line for line in functions) else []
        return [*lines, *self.imports(), *functions]

    def imports(self) -> list[str]:
        """The library, and what is set in it."""
        quiet = ["", 'np.seterr(all="ignore")  # some values are not finite']
        return ["import numpy as np", *([] if self.finite else quiet)]

    def printing(self) -> list[str]:
        """The lines that print the answers."""
        name, value = self.identifiers.own("name"), self.identifiers.own("value")
        return [
            f"for {name}, {value} in {self.collected}.items():",
            f'{INDENT}print({name}, "=", {value} if np.ndim({value}) < 2 else f"\\n{{{value}}}")',
        ]


def _told(item: Item, site: Site) -> Told:
    shapes = {name: site.shapes.of(name) for name in references(item.expr)}
    return Told(item.name, item.expr, shapes, site.rounding.describe(item.name))


def method(value: ast.expr, name: str) -> ast.expr:
    """The call of a method."""
    return ast.Call(ast.Attribute(value, name), [], [])


def write(writer: Writer, solution: Solution, part: str | None) -> list[Cell]:
    """The cells of a solution, or of one of its parts."""
    shown = [section.id for section in solution.sections]
    for id, solver in solution.solvers.items():
        if id in shown and part in (None, id):
            writer.section(solver)
    return writer.cells.cells


def header(solution: Solution) -> Mapping[str, str]:
    """What is said at the top: title, source and text of the problem."""
    problem = solution.problem
    found = {"title": problem.title, "source": problem.source, "text": problem.text}
    return {key: text for key, text in found.items() if text}


def numpy_script(solution: Solution, part: str | None = None) -> str:
    """The script in NumPy."""
    return script(Writer(solution), solution, part, "# The solution of the problem below, worked out in NumPy alone.")


def script(writer: Writer, solution: Solution, part: str | None, first: str) -> str:
    """A script. Its first two lines are its own: there Python would look for the name of an encoding."""
    cells = write(writer, solution, part)
    lines = [first, "#", *comment(f"Written by nnsolve export from {os.path.basename(solution.problem.path)}")]
    for text in header(solution).values():
        lines += ["#", *comment(text)]
    lines += ["", *writer.prelude(), *([""] if writer.language.functions else []), ""]
    lines.append(f"{writer.collected} = {{}}")
    for cell in cells:
        lines += ["", heading(cell.title), "", *cell.lines]
    return "\n".join([*lines, "", *writer.printing(), ""])
