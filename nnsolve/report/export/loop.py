"""A section that makes many updates: a loop over them, and what is asked on the way kept by its number of updates."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import groupby

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.engine.program import Program
from nnsolve.engine.solve import ROLES, SectionSolver
from nnsolve.report.export.asked import Asked, Moments, condition, epoch_of, grouped
from nnsolve.report.export.cells import Told
from nnsolve.report.export.equations import Site
from nnsolve.report.export.python import code, literal
from nnsolve.report.export.script import INDENT, Item, Writer

PHASES = {"forward": "# Forward pass", "backward": "# Backward pass", "update": "# Update"}

Extras = dict[tuple[int, ...], list[Equation]]
"""Equations that are computed only where their values are kept, by the moments."""


class Lines:
    """Lines of code, and the equations among them."""

    def __init__(self) -> None:
        self.code: list[str] = []
        self.told: list[Told] = []


class Loop:
    """Writes a section with many updates."""

    def __init__(self, writer: Writer, solver: SectionSolver) -> None:
        self.writer = writer
        self.solver = solver
        self.run = solver.run
        self.program = solver.run.program
        self.asked = Asked(solver)
        self.batched = self.run.batched()
        self.used: set[Name] = {name.after(0) for item in solver.asked for name in references(item.expr)}
        self.in_place: set[Name] = set()
        own = writer.identifiers.own
        self.update, self.epoch, self.position = own("update"), own("epoch"), own("position")
        self.rows, self.order, self.total = own("rows"), own("order"), own("total")
        writer.identifiers.single = True

    def write(self) -> None:
        """The given values, the loop, what comes after it, and the answers."""
        loop, end = self._loop(), self._end()
        cells = self.writer.cells
        self._given()
        cells.add(self.writer.prepared())
        for name in self.program.updated:
            self.writer.forget(self.identifier(name))
        self.writer.begin("training")
        cells.add([*self._kept(), *loop.code])
        cells.equations(loop.told)
        if end.code:
            self.writer.begin(f"after {self.asked.updates} updates")
            cells.add(end.code)
            cells.equations(end.told)
        self.writer.answers(self.solver, self._answer)

    # Names

    def identifier(self, name: Name) -> str:
        return self.writer.identifiers.of(name)

    def name(self, name: Name) -> ast.expr:
        """What stands for a name within the loop: a new value has the name of the old one, where that is not needed."""
        plain = name.after(0)
        new = name.update == 1 and plain in self.program.updated and plain not in self.in_place
        return self.writer.named(name if new else plain)

    def all_of(self, name: Name) -> str:
        """The identifier of what a batch has a part of."""
        return self.writer.identifiers.fresh(("all", name), f"{self.identifier(name)}_all")

    def record(self, name: Name) -> str:
        """The identifier of the values of a name that are kept, by the number of updates."""
        return self.writer.identifiers.fresh(("at", name), f"{self.identifier(name)}_at")

    @property
    def epoch_losses(self) -> str:
        """The identifier of the mean losses, by epoch."""
        loss = self.program.loss
        assert loss is not None
        return self.writer.identifiers.fresh(("epochs", loss), f"{self.identifier(loss)}_epoch")

    def _answer(self, name: Name) -> ast.expr:
        """What stands for a name as it may be asked."""
        if name in self.asked.epochs:
            return _item(self.epoch_losses, epoch_of(name))
        update, plain = self.run.home(name)
        asked = self.asked.after if plain.update or plain in self.program.updated else self.asked.during
        moment = update + plain.update
        kept = plain.after(0) in asked.get(moment, ())
        return _item(self.record(plain.after(0)), moment) if kept else self.writer.named(plain)

    # Before and after the loop

    def _given(self) -> None:
        whole = self.run.whole
        self.writer.begin("given values")
        self.writer.oriented(self.solver)
        values = [(name, leaf.role, leaf.value) for name, leaf in whole.leaves.items()]
        values += [(name, "given", value) for name, value in whole.given.items()]
        for role in ROLES:
            for name, its_role, value in values:
                if its_role == role and name in self.used and self.writer.lists(name):
                    self.writer.given([(self.all_of(name) if name in self.batched else self.identifier(name), value)])

    def _kept(self) -> list[str]:
        """What is kept begins empty, or with what there is before the first update."""
        lines = ["# What is asked for on the way, by the number of updates before it"] if self.asked.kept else []
        for name in self.asked.kept:
            before = name in self.asked.after.get(0, ())
            lines.append(
                f"{self.record(name)} = {{0: {self.writer.snapshot(name)}}}"
                if before
                else f"{self.record(name)} = {{}}"
            )
        if self.asked.epochs:
            lines.append(f"{self.epoch_losses} = {{}}  # the mean over the samples, by epoch")
            if self.run.per_epoch > 1:
                lines.append(f"{self.total} = 0.0")
        return lines

    def _end(self) -> Lines:
        """The run after the last update: over all samples, if it is the last that training makes."""
        lines, updates, names = Lines(), self.asked.updates, self.asked.ends
        program = self.run.whole if updates == self.run.last else self.run.program_at(updates)
        self.in_place = set()
        self.writer.begin_run()
        order = self._order(program, names)
        used = self._use(order, names)
        if names and program is self.run.whole:
            lines.code += [f"{self.identifier(name)} = {self.all_of(name)}" for name in self.batched if name in used]
        elif names:
            lines.code += [*self._samples(str(updates)), *self._batch(used)]
        for phase, equations in groupby(order, lambda equation: equation.phase):
            self._add(lines, phase, equations, program, set(names))
        return lines

    # The loop

    def _loop(self) -> Lines:
        """The loop over the updates."""
        run, inner = self.run, Lines()
        inner.code += self._samples(self.update)
        rest = 0 < run.whole_batches < run.per_epoch
        bodies = [self._updates(position) for position in ([0, run.whole_batches] if rest else [0])]
        inner.told = bodies[0].told
        if all(body.code == bodies[0].code for body in bodies):
            inner.code += bodies[0].code
        else:
            inner.code += [f"if {self.position} < {run.whole_batches}:", *_indented(bodies[0].code)]
            inner.code += ["else:  # the samples that are left", *_indented(bodies[1].code)]
        if self.asked.epochs and run.per_epoch > 1:
            inner.code += [
                f"if {self.position} == {run.per_epoch - 1}:",
                f"{INDENT}{self.epoch_losses}[{self.epoch} + 1] = {self.total} / {run.samples}",
                f"{INDENT}{self.total} = 0.0",
            ]
        inner.code += self._record(self.asked.after, 1, {})
        inner.code = [f"for {self.update} in range({self.asked.updates}):", *_indented(inner.code)]
        return inner

    def _samples(self, update: str) -> list[str]:
        """The lines that say which samples an update sees."""
        run, n = self.run, self.run.batch_size
        training = run.problem.training
        if run.per_epoch == 1:
            return []
        lines = [f"{self.epoch}, {self.position} = divmod({update}, {run.per_epoch})"]
        first = self.position if n == 1 else f"{n} * {self.position}"
        if training is None or not training.shuffle:
            return [*lines, f"{self.rows} = slice({first}, {first} + {n})"]
        draw = f"np.random.default_rng([{training.seed}, {self.epoch}]).permutation({run.samples})"
        return [
            *lines,
            *([f"if {self.position} == 0:"] if update == self.update else []),
            f"{INDENT if update == self.update else ''}{self.order} = {draw}",
            f"{self.rows} = {self.order}[{first} : {first} + {n}]",
        ]

    def _batch(self, used: set[Name]) -> list[str]:
        """The lines that take the samples of an update out of all."""
        rows = self.rows if self.run.whole.shapes.layout.features == 1 else f":, {self.rows}"
        return [f"{self.identifier(name)} = {self.all_of(name)}[{rows}]" for name in self.batched if name in used]

    def _updates(self, position: int) -> Lines:
        """The equations of an update, and what is kept of them."""
        lines, program = Lines(), self.run.program_at(position)
        self.writer.begin_run()
        kept = [name for names in self.asked.during.values() for name in names]
        wanted = [name.after(1) for name in program.updated]
        if self.asked.epochs and program.loss is not None:
            wanted.append(program.loss)
        body = self._order(program, wanted if self.writer.one_by_one else [*wanted, *kept])
        extras = self._extras(program, body)
        aside = [equation for found in extras.values() for equation in found]
        cut = _first_update(body, aside, kept)
        order = [*body[:cut], *aside, *body[cut:]]
        self.in_place = set(program.updated) if self.writer.stepped else _in_place(program, order)
        used = self._use(order, kept)
        lines.code += self._batch(used)
        later = {*kept, *(name for e in order if e.phase != "backward" for name in references(e.expr))}
        before = self._write(lines, body[:cut], program, later, "")
        lines.code += self._record(self.asked.during, 0, extras)
        self._write(lines, body[cut:], program, later, before)
        if self.asked.epochs:
            lines.code.append(self._seen(position, program))
        for name in program.updated:
            if name not in self.in_place:
                lines.code.append(f"{self.identifier(name)} = {self.identifier(name.after(1))}")
        return lines

    def _order(self, program: Program, names: Sequence[Name]) -> list[Equation]:
        """The equations that names need, in order; where derivatives are not written out, also what they are of."""
        found = program.closure(names)
        if not self.writer.one_by_one:
            found += program.closure(
                [e.name.of for e in found if e.name.of in program.equations], {e.name for e in found}
            )
        return program.in_order(found)

    def _extras(self, program: Program, body: Sequence[Equation]) -> Extras:
        """What has to be computed only where it is kept."""
        known = {equation.name for equation in body}
        found: Extras = {}
        for moments, names in grouped(self.asked.during).items():
            found[moments] = program.in_order(program.closure(names, known))
        return found

    def _use(self, equations: Iterable[Equation], names: Iterable[Name]) -> set[Name]:
        """Note which quantities the script needs; those of these equations and names."""
        used = {name.after(0) for equation in equations for name in references(equation.expr)} | set(names)
        self.used |= used
        return used

    def _write(self, lines: Lines, part: Sequence[Equation], program: Program, later: set[Name], before: str) -> str:
        """Equations below the names of their phases; the phase of the last one."""
        for phase, equations in groupby(part, lambda equation: equation.phase):
            if phase != before:
                lines.code.append(PHASES[phase])
            self._add(lines, phase, equations, program, later, 4)
            before = phase
        return before

    def _add(
        self,
        lines: Lines,
        phase: str,
        equations: Iterable[Equation],
        program: Program,
        later: set[Name],
        indent: int = 0,
    ) -> None:
        site = Site(program, program.shapes, self.run.rounding, self.name, self.name)
        items = [Item(e.name, e.name, code(self.name(e.name)), e.expr) for e in equations]
        found = self.writer.run(phase, items, site, later, indent)
        lines.code += found.lines
        lines.told += found.told

    def _record(self, asked: Moments, made: int, extras: Extras) -> list[str]:
        """What is kept of an update: by the number of updates before it, where made is 1 with this one."""
        lines: list[str] = []
        for moments, names in grouped({k - made: names for k, names in asked.items() if k >= made}).items():
            found = Lines()
            for phase, equations in groupby(extras.get(moments, ()), lambda equation: equation.phase):
                self._add(found, phase, equations, self.program, set(names), 8)
            key = str(moments[0] + made) if len(moments) == 1 else f"{self.update} + 1" if made else self.update
            found.code += [f"{self.record(name)}[{key}] = {self.writer.snapshot(name)}" for name in names]
            always = len(moments) == self.asked.updates
            lines += found.code if always else [f"if {condition(self.update, moments)}:", *_indented(found.code)]
        return lines

    def _seen(self, position: int, program: Program) -> str:
        """The loss of an update's batch, as it counts in the mean over the epoch."""
        run, loss = self.run, program.loss
        assert loss is not None
        value = code(self.writer.total(self.writer.named(loss), program.shapes.of(loss)))
        weight = run.weight(position)
        if run.per_epoch > 1:
            return f"{self.total} += {value}" if weight == 1 else f"{self.total} += {weight} * {value}"
        mean = value if weight == run.samples else f"{value} / {run.samples}"
        return f"{self.epoch_losses}[{self.update} + 1] = {mean}"


def _first_update(body: Sequence[Equation], aside: Sequence[Equation], kept: Sequence[Name]) -> int:
    """Where the updates begin; behind them, where what is kept of the run comes after one of them."""
    first = next((i for i, equation in enumerate(body) if equation.phase == "update"), len(body))
    late = any(name.update for equation in aside for name in references(equation.expr))
    late = late or any(equation.name in kept for equation in body[first:])
    return len(body) if late else first


def _in_place(program: Program, order: Sequence[Equation]) -> set[Name]:
    """The parameters whose old value nothing uses once the new one is there."""
    last: dict[Name, int] = {}
    made: dict[Name, int] = {}
    for i, equation in enumerate(order):
        last.update((name, i) for name in references(equation.expr))
        made[equation.name] = i
    return {name for name in program.updated if last.get(name, -1) <= made.get(name.after(1), -1)}


def _item(record: str, key: int) -> ast.expr:
    return ast.Subscript(ast.Name(record), literal(key))


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{INDENT}{line}" if line else line for line in lines]
