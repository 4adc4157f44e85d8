"""A section in straight-line code: the steps of its trace, one after the other."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import groupby

from nnsolve.core.expressions import Num, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.infer import Shapes
from nnsolve.engine.solve import SectionSolver
from nnsolve.report.export.equations import Site
from nnsolve.report.export.script import Item, Writer
from nnsolve.report.export.timeloops import Line, Stretch, stretches

PHASES = {"given": "given values", "forward": "forward pass", "backward": "backward pass", "update": "update"}

APART = 3
"""Where time steps have at least so many equations each, they are set apart."""

Part = tuple[Stretch | None, list[Step]]
"""Steps that are written together: those of a loop over time, or some that follow one another."""


def fits(solver: SectionSolver, most: int) -> bool:
    """Whether what is asked takes at most so many updates, all of which the trace then has."""
    names = [name for item in solver.asked for name in references(item.expr)]
    if any(map(solver.run.is_seen_loss, names)):
        return False
    homes = [solver.run.home(name) for name in names]
    return max((update + (plain.update == 1) for update, plain in homes), default=0) <= most


def write_steps(writer: Writer, solver: SectionSolver) -> None:
    """The steps of a solution that makes few updates, each a line; then its answers."""
    steps = solver.section.trace.steps
    writer.identifiers.single = max((step.name.update for step in steps), default=0) <= 1
    phases = [(key, list(group)) for key, group in groupby(steps, lambda step: (step.phase, _made(step)))]
    writer.identifiers.by_time = writer.loops and any(_is_long(found, writer, phase) for (phase, _), found in phases)
    writer.identifiers.timeless = {step.name.primal.after(0) for step in steps}
    wanted, last = _wanted(solver), -1
    for (phase, made), listed in phases:
        writer.begin(_title(phase, made))
        if phase == "given":
            _write_given(writer, solver, listed)
            writer.cells.add(writer.prepared() if not made else [])
            continue
        if made != last:
            writer.begin_run()
            last = made
        site = _site(writer, solver, listed, made)
        if phase == "backward" and not writer.one_by_one:
            writer.cells.add(_roots(writer, solver, steps, site, made, wanted))
        _write_phase(writer, phase, listed, site, wanted)
    writer.answers(solver, lambda name: _shown(name, solver, writer))
    writer.identifiers.by_time = False


def _write_phase(writer: Writer, phase: str, listed: list[Step], site: Site, wanted: set[Name]) -> None:
    """The equations of a phase of one run; time steps with the same equations in a loop."""
    apart = len(listed) >= APART * len({step.name.time for step in listed})
    parts: list[Part] = [(None, listed)]
    if writer.one_by_one or phase == "forward":
        parts = _parts(listed, writer.identifiers.by_time, apart)
        writer.cells.add(writer.sequences([step.name for step in listed]))
    for i, (stretch, found) in enumerate(parts):
        items, time = [_item(writer, step) for step in found], found[0].name.time
        headed = apart and len(parts) > 1
        comment = [f"# Step {time}"] if headed and time is not None and stretch is None else []
        writer.cells.add([*([""] if i and headed else []), *comment])
        if stretch is None:
            written = writer.run(phase, items, site, wanted)
        else:
            written = writer.looped(phase, items, stretch, site, wanted)
        writer.cells.add(written.lines)
        writer.cells.equations(written.told)


def _is_long(steps: list[Step], writer: Writer, phase: str) -> bool:
    """Whether a phase has a loop over time."""
    return (writer.one_by_one or phase == "forward") and any(s.is_loop for s in stretches(list(map(_line, steps))))


def _line(step: Step) -> Line:
    assert step.equation is not None or step.phase == "given"
    return Line(step.name, step.equation.expr if step.equation is not None else Num(0))


def _parts(steps: list[Step], loops: bool, apart: bool) -> list[Part]:
    """The loops over time, and between them the steps of each time step, where they are set apart."""
    parts: list[Part] = []
    for stretch in stretches(list(map(_line, steps))):
        if loops and stretch.is_loop:
            parts.append((stretch, steps[stretch.blocks[0].start : stretch.blocks[-1].stop]))
            continue
        for block in stretch.blocks:
            found = steps[block.start : block.stop]
            if apart or not parts or parts[-1][0] is not None:
                parts.append((None, found))
            else:
                parts[-1][1].extend(found)
    return parts


def _wanted(solver: SectionSolver) -> set[Name]:
    """The names that are asked for, or that other equations than gradients use; all, where nothing is asked."""
    steps = solver.section.trace.steps
    if not solver.asked:
        return {step.name for step in steps}
    asked = {name for item in solver.asked for name in references(item.expr)}
    wanted = {solver.shifted(plain, update) for update, plain in map(solver.run.home, asked)}
    used = [step.equation.expr for step in steps if step.equation and step.phase != "backward"]
    return wanted | {name for expr in used for name in references(expr)}


def _write_given(writer: Writer, solver: SectionSolver, steps: list[Step]) -> None:
    """Given values; the numbers of a sequence together."""
    writer.oriented(solver)
    listed = [step for step in steps if writer.lists(step.name)]
    for _, group in groupby(listed, lambda step: (step.name._replace(time=None), step.name.time is None or step.role)):
        found = list(group)
        if writer.identifiers.is_of_sequence(found[0].name):
            writer.given_sequence([step.name for step in found], [step.value for step in found])
        else:
            writer.given([(writer.identifiers.of(step.name), step.value) for step in found])


def _site(writer: Writer, solver: SectionSolver, steps: list[Step], made: int) -> Site:
    program = solver.run.moment_of(made).program
    shapes = Shapes(program.shapes.layout)
    for step in steps:
        shapes.named.update(step.shapes)
    return Site(
        program, shapes, solver.run.rounding, writer.named, lambda name: writer.named(solver.shifted(name, made))
    )


def _roots(
    writer: Writer, solver: SectionSolver, steps: Sequence[Step], site: Site, made: int, wanted: set[Name]
) -> list[str]:
    """The lines of what is differentiated, and not among the steps: gradients in formulas can do without it."""
    program = site.program
    of_run = [step.name for step in steps if _made(step) == made]
    roots = {name.of for name in of_run if name.of is not None and name in wanted and name.of in program.equations}
    missing = program.in_order(program.closure(roots, {name.after(0) for name in of_run}))
    if not missing:
        return []
    shown = [solver.shifted(equation.name, made) for equation in missing]
    items = [Item(n, e.name, writer.identifiers.of(n), e.expr) for n, e in zip(shown, missing, strict=True)]
    plain = site._replace(shapes=program.shapes, names=site.plain)
    return [*writer.sequences(shown), *writer.run("forward", items, plain, wanted).lines]


def _item(writer: Writer, step: Step) -> Item:
    assert step.equation is not None
    plain = step.name.after(1 if step.phase == "update" else 0)
    return Item(step.name, plain, writer.identifiers.of(step.name), step.equation.expr)


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
    return writer.recalled(solver.shifted(plain, update))
