"""A section in straight-line code: the steps of its trace, one after the other."""

from __future__ import annotations

import ast
from itertools import groupby

from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.infer import Shapes
from nnsolve.engine.solve import SectionSolver
from nnsolve.report.export.equations import Site
from nnsolve.report.export.script import Writer

PHASES = {"given": "given values", "forward": "forward pass", "backward": "backward pass", "update": "update"}

APART = 3
"""Where time steps have at least so many equations each, they are set apart."""


def fits(solver: SectionSolver, most: int) -> bool:
    """Whether what is asked takes at most so many updates, all of which the trace then has."""
    names = [name for item in solver.asked for name in references(item.expr)]
    if any(name.epoch is not None and name.after(0) == solver.program.loss for name in names):
        return False
    homes = [solver.run.home(name) for name in names]
    return max((update + (plain.update == 1) for update, plain in homes), default=0) <= most


def write_steps(writer: Writer, solver: SectionSolver) -> None:
    """The steps of a solution that makes few updates, each a line; then its answers."""
    steps = solver.section.trace.steps
    writer.identifiers.single = max((step.name.update for step in steps), default=0) <= 1
    for (phase, made), group in groupby(steps, lambda step: (step.phase, _made(step))):
        writer.begin(_title(phase, made))
        if phase == "given":
            _write_given(writer, solver, list(group))
            continue
        listed = list(group)
        by_time = [list(found) for _, found in groupby(listed, lambda step: step.name.time)]
        apart = len(listed) >= APART * len(by_time) > APART
        for i, found in enumerate(by_time):
            if apart:
                time = found[0].name.time
                writer.cells.add([*([""] if i else []), *([] if time is None else [f"# Step {time}"])])
            for step in found:
                _write_step(writer, solver, step, made)
    writer.answers(solver, lambda name: _shown(name, solver, writer))


def _write_given(writer: Writer, solver: SectionSolver, steps: list[Step]) -> None:
    """Given values; the numbers of a sequence together."""
    writer.oriented(solver)
    for _, group in groupby(steps, lambda step: (step.name._replace(time=None), step.name.time is None or step.role)):
        writer.given([(writer.identifiers.of(step.name), step.value) for step in group])


def _write_step(writer: Writer, solver: SectionSolver, step: Step, made: int) -> None:
    assert step.equation is not None
    program = solver.run.moment_of(made).program
    shapes = Shapes(program.shapes.layout)
    shapes.named.update(step.shapes)
    site = Site(
        program, shapes, solver.run.rounding, writer.named, lambda name: writer.named(solver.shifted(name, made))
    )
    lines, text = writer.lines(step.name, writer.identifiers.of(step.name), step.equation.expr, site)
    writer.cells.add(lines)
    writer.cells.equations([text])


def _made(step: Step) -> int:
    """The updates that were made before a step."""
    return step.name.update - (step.phase == "update")


def _title(phase: str, updates: int) -> str:
    """The title of a phase; from the second run on, with the updates made before."""
    if not updates:
        return PHASES[phase]
    return f"after {updates} update{'s' if updates > 1 else ''}: {PHASES[phase]}"


def _shown(name: Name, solver: SectionSolver, writer: Writer) -> ast.expr:
    """What stands for a name as it may be asked."""
    update, plain = solver.run.home(name)
    return writer.named(solver.shifted(plain, update))
