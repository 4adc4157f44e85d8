"""A recurrent network unrolled over time: a column for each step, the states on the arrows between them."""

from __future__ import annotations

from typing import NamedTuple

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.report.draw.cells import Row, carried, drawable, inputs, rows, shown, steps, weights
from nnsolve.report.draw.panel import panel
from nnsolve.report.draw.runs import Run, fitted, plain, width_of
from nnsolve.report.draw.scene import Scene
from nnsolve.report.draw.shapes import Box, Line, Picture, Shape, Text

MOST_STEPS = 6
"""Steps that are all drawn; of more the first ones, dots, and the last."""

SIZE, SMALL, LINE, WIDEST = 12.0, 11.0, 17.0, 240.0
ABOVE = 46.0
"""Room between two rows."""


class Cell(NamedTuple):
    """A box: its place, and what is written in it."""

    left: float
    top: float
    width: float
    height: float
    lines: list[tuple[tuple[Run, ...], str]]

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    def shapes(self, kind: str) -> list[Shape]:
        texts = [
            Text(self.middle, self.top + 6.0 + (n + 0.75) * LINE, runs, style, SIZE)
            for n, (runs, style) in enumerate(self.lines)
        ]
        return [Box(self.left, self.top, self.width, self.height, kind), *texts]


def unrolled(scene: Scene) -> Picture:
    """The picture; raises `ProblemError` where there are no time steps, or more than rows above each other."""
    if not drawable(scene):
        reason = "has no time steps" if not steps(scene) else "is no stack of layers, each reading the one below it"
        message = f"the problem {reason}, so it cannot be unrolled"
        raise ProblemError.of("no-sequence", message, scene.problem.place, "leave out --kind")
    return _Drawing(scene).picture()


class _Drawing:
    """The rows from below, in columns of one width."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rows = rows(scene)
        last = steps(scene)
        self.times = list(range(1, last + 1)) if last <= MOST_STEPS else [1, 2, 3, 4, last]
        self.gap_after = 4 if last > MOST_STEPS else 0
        labels = [self._label(row, t, name) for row in self.rows for t in self.times for name in carried(row, t)]
        self.gap = max([46.0, *(width_of(label, SMALL) + 24.0 for label in labels)])
        contents = [
            line for row in self.rows for t in row.equations if t in (None, *self.times) for line in self._lines(row, t)
        ]
        contents += [line for time in self.times for line in self._read(time)]
        self.width = max([70.0, *(width_of(runs, SIZE) + 20.0 for runs, _ in contents)])
        self.cells: dict[tuple[int, int | None], Cell] = {}

    # Texts

    def _lines(self, row: Row, time: int | None) -> list[tuple[tuple[Run, ...], str]]:
        """The title of a cell and the values in it."""
        found = [(self.scene.valued(name, WIDEST, SIZE), "value") for name in shown(row.equations[time])]
        return [((Run(row.title),), "title"), *found] if row.title else found

    def _read(self, time: int) -> list[tuple[tuple[Run, ...], str]]:
        return [(self.scene.valued(name, WIDEST, SIZE), "value") for name in inputs(self.scene, self.rows[0], time)]

    def _label(self, row: Row, time: int, name: Name) -> tuple[Run, ...]:
        """What stands at the arrow of a state: its weight where there is one, else the state."""
        found = weights(self.scene, row.equations.get(time + 1, []), {name})
        return self.scene.name(found[0] if len(found) == 1 else name)

    # Places

    def column(self, time: int) -> float:
        """Where the cells of a step begin."""
        n = self.times.index(time)
        dots = 1 if self.gap_after and time > self.gap_after else 0
        return (n + dots) * (self.width + self.gap)

    def _place(self) -> None:
        """The cells, the first row at the bottom."""
        base = 0.0
        for step in self.times:
            read = self._read(step)
            if read:
                height = len(read) * LINE + 12.0
                self.cells[-1, step] = Cell(self.column(step), -height, self.width, height, read)
                base = min(base, -height)
        for n, row in enumerate(self.rows):
            contents = {time: self._lines(row, time) for time in row.equations if time is None or time in self.times}
            height = max(len(lines) for lines in contents.values()) * LINE + 12.0
            top = base - (ABOVE if n or (-1, 1) in self.cells else 0.0) - height
            for time, lines in contents.items():
                left, width = self._span(n, row) if time is None else (self.column(time), self.width)
                self.cells[n, time] = Cell(left, top, width, height, lines)
            base = top

    def _span(self, n: int, row: Row) -> tuple[float, float]:
        """The columns of what has no time: those of what it reads."""
        below = [cell for (k, time), cell in self.cells.items() if k == n - 1 and self._reads(row, None, n - 1, time)]
        below = below or [cell for (k, _), cell in self.cells.items() if k == n - 1]
        left, right = min(cell.left for cell in below), max(cell.left + cell.width for cell in below)
        return left, right - left

    def _reads(self, row: Row, time: int | None, k: int, other: int | None) -> bool:
        """Whether a cell uses what another one, of the row below, gives."""
        if k < 0:
            return other == time
        return any(equation.name in row.used(time) for equation in self.rows[k].equations.get(other, []))

    # Shapes

    def picture(self) -> Picture:
        """The whole picture."""
        self._place()
        shapes: list[Shape] = []
        for (n, time), cell in self.cells.items():
            shapes += cell.shapes("leaf" if n < 0 else "box")
            if n >= 0:
                shapes += self._from_below(n, time, cell)
                if time is not None:
                    shapes += self._from_before(n, time, cell)
        shapes += self._dots()
        shapes += self._further()
        left_out = [f"Steps {self.gap_after + 1} to {self.times[-1] - 1} are left out."] if self.gap_after else []
        return self.scene.picture(shapes, self._described(), left_out)

    def _from_below(self, n: int, time: int | None, cell: Cell) -> list[Shape]:
        """The arrows from the row below, with the weight beside them."""
        shapes: list[Shape] = []
        row = self.rows[n]
        for (k, other), source in self.cells.items():
            if k != n - 1 or not self._reads(row, time, k, other):
                continue
            x = source.middle if other is not None else cell.middle
            shapes.append(Line(((x, source.top), (x, cell.top + cell.height)), "edge", 1.4, arrow=True))
            found = weights(self.scene, row.equations[time], self._given(k, other))
            if len(found) == 1:
                y = (source.top + cell.top + cell.height) / 2 + 4.0
                shapes.append(Text(x + 7.0, y, fitted(self.scene.name(found[0]), 60.0, SMALL), "label", SMALL, "start"))
        return shapes

    def _given(self, k: int, time: int | None) -> set[Name]:
        """What a cell gives."""
        if k < 0:
            assert time is not None
            return set(inputs(self.scene, self.rows[0], time))
        return {equation.name for equation in self.rows[k].equations.get(time, [])}

    def _from_before(self, n: int, time: int, cell: Cell) -> list[Shape]:
        """The arrows from the step before, or from the state that the file gives."""
        row = self.rows[n]
        used = row.used(time)
        names = [name for name in used if name.time == time - 1 and (name in row.names or self._initial(name))]
        names.sort(key=str)
        shapes: list[Shape] = []
        for k, name in enumerate(names):
            y = cell.top + cell.height * (k + 1) / (len(names) + 1)
            shapes.append(Line(((cell.left - self.gap, y), (cell.left, y)), "edge", 1.4, arrow=True))
            label = fitted(self._label(row, time - 1, name), self.gap - 16.0, SMALL)
            shapes.append(Text(cell.left - self.gap / 2, y - 6.0, label, "label", SMALL))
            if self._initial(name):
                runs = self.scene.valued(name, WIDEST, SMALL)
                shapes.append(Text(cell.left - self.gap - 6.0, y + 4.0, runs, "value", SMALL, "end"))
        return shapes

    def _initial(self, name: Name) -> bool:
        leaf = self.scene.program.leaves.get(name)
        return leaf is not None and leaf.role == "initial"

    def _dots(self) -> list[Shape]:
        """The place of the steps that are left out."""
        if not self.gap_after:
            return []
        x = self.column(self.gap_after) + self.width + self.gap + self.width / 2
        found: list[Shape] = []
        for n, row in enumerate(self.rows):
            cell = self.cells.get((n, self.gap_after))
            if cell is None:
                continue
            found.append(Text(x, cell.top + cell.height / 2 + 5.0, (Run("⋯"),), "title", 18.0))
            for k in range(count := len(carried(row, self.gap_after))):
                y = cell.top + cell.height * (k + 1) / (count + 1)
                left = cell.left + cell.width
                found.append(Line(((left, y), (left + self.gap, y)), "edge", 1.4, arrow=True))
        return found

    def _further(self) -> list[Shape]:
        """What is computed from the cells, at the end of a line that gathers them."""
        equations = [equation for equation in self.scene.further if equation.name.time is None]
        if not equations:
            return []
        used = {name for equation in equations for name in references(equation.expr)}
        top = min(cell.top for cell in self.cells.values()) - 26.0
        right = max(cell.left + cell.width for cell in self.cells.values()) + 24.0
        shapes: list[Shape] = []
        rising: list[float] = []
        highest = len(self.rows) - 1
        for (n, time), cell in self.cells.items():
            if n == highest and used & self._given(n, time):
                rising.append(cell.middle)
                shapes.append(Line(((cell.middle, cell.top), (cell.middle, top))))
        if rising:
            shapes.append(Line(((min(rising), top), (right, top)), "edge", 1.2, arrow=True))
        return [*shapes, *panel(self.scene, equations, right, top)]

    def _described(self) -> str:
        parts = [f"A network unrolled over {steps(self.scene)} time steps."]
        for cell in self.cells.values():
            parts.append("; ".join(plain(runs) for runs, _ in cell.lines) + ".")
        return " ".join(parts)
