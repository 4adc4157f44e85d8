"""The cell of an LSTM or GRU at one time step: gates as boxes, products and sums as circles on the lines of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nnsolve.blocks import gru, lstm
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr
from nnsolve.core.names import Name
from nnsolve.report.draw.runs import Run, plain, width_of
from nnsolve.report.draw.scene import Layer, Scene
from nnsolve.report.draw.shapes import Box, Circle, Line, Picture, Point, Shape, Text, bounds, moved
from nnsolve.report.notation import function_name

GATES = {"lstm": lstm.GATES, "gru": gru.GATES}
"""The layers that have a cell to draw, with what their gates are called."""

PEEPHOLES = "The peepholes, by which gates see c, are in the equations alone."

RADIUS, HALF = 12.0, 14.0
"""Of a circle, and half the height of a box."""

SIZE, SMALL, TAG, LINE = 12.0, 11.0, 10.0, 18.0
WIDEST = 245.0
"""Of a value beside a line."""

LONGEST = 560.0
"""Of a formula below a cell, even a narrow one."""

STATE, FIRST, SECOND, GATE, BUS = 0.0, 52.0, 104.0, 192.0, 254.0
"""Heights: of the state that runs through, of two levels of operations, of the gates, and of what they read."""

OUTSIDE, INSIDE = 30.0, 62.0
"""How far lines reach out of the cell, and the room between its frame and what stands in it."""

TURN = 34.0
"""How far before the candidate the line turns down to it."""

ORDER = {"lstm": "figo", "gru": "rug"}
"""The gates from the left: the candidate beside the gate that it is multiplied with."""


def drawable(scene: Scene) -> bool:
    """Whether a layer of the problem is an LSTM or a GRU."""
    return any(layer.kind in GATES for layer in scene.layers)


def cell(scene: Scene) -> Picture:
    """The cells of all layers at the scene's step, the first layer at the bottom; raises `ProblemError` without any."""
    layers = [layer for layer in scene.layers if layer.kind in GATES]
    if not layers:
        message = "the problem has no lstm or gru layer, whose cell could be drawn"
        raise ProblemError.of("no-cell", message, scene.problem.place, "leave out --kind")
    shapes: list[Shape] = []
    described: list[str] = []
    for layer in reversed(layers):
        found = _Cell(scene, layer)
        below = bounds(shapes).bottom + 30.0 if shapes else 0.0
        drawn = found.shapes()
        shapes += [moved(shape, 0.0, below - bounds(drawn).top) for shape in drawn]
        described.append(found.described())
    seeing = any(f"p_{gate}" in layer.site.given for layer in layers for gate in "fio")
    return scene.picture(shapes, " ".join(described), [PEEPHOLES] if seeing else [])


class _Wire(NamedTuple):
    """A line along some points, with a tip at its end."""

    points: Sequence[Point]
    arrow: bool = True


class _Cell:
    """One cell: its quantities at the step, and where its gates stand."""

    def __init__(self, scene: Scene, layer: Layer) -> None:
        self.scene = scene
        self.layer = layer
        self.step = scene.step
        self.gates = GATES[layer.kind]
        self.names = {stem: name for name, (stem, time) in layer.site.declared.items() if time == self.step}
        self.before = {stem: name for name, (stem, time) in layer.site.declared.items() if time == self.step - 1}
        self.x = next(step.value.name for step in layer.site.inputs if step.time == self.step)
        here = set(self.names.values())
        self.equations = {e.name: e for e in layer.site.equations if e.name in here}
        labels = [6.0 + width_of(self.valued(self.names[gate]), SMALL) for gate in self.gates]
        labels += [16.0 + width_of((Run(called),), TAG) for called in self.gates.values()]
        self.pitch = max(labels) + TURN + 6.0
        self.after = layer.kind == "gru" and layer.site.word("reset") == "after"
        self.left = -INSIDE - (44.0 if self.after else 0.0)
        self.product = "×" if scene.scope.scalar(self.equations[self.names["h"]].expr) else "⊙"

    def valued(self, name: Name) -> tuple[Run, ...]:
        return self.scene.valued(name, WIDEST, SMALL)

    def shapes(self) -> list[Shape]:
        """The cell with all around it."""
        columns = {gate: n * self.pitch for n, gate in enumerate(ORDER[self.layer.kind])}
        inner, right = (self._lstm if self.layer.kind == "lstm" else self._gru)(columns)
        left = self.left
        frame = Box(left, STATE - 40.0, right - left, BUS + 78.0, "leaf", 12.0)
        shapes: list[Shape] = [frame, Text(left + 12.0, STATE - 20.0, (Run(self.layer.title),), "title", SIZE, "start")]
        shapes += inner
        for gate, x in columns.items():
            shapes += self._gate(gate, x)
        top = bounds(shapes).bottom + 14.0
        for n, equation in enumerate(self._sums()):
            line = self.scene.formula(equation, max(right - left, LONGEST), SIZE)
            shapes.append(Text(left, top + (n + 0.75) * LINE, line, "label", SIZE, "start"))
        return shapes

    def _sums(self) -> list[Equation]:
        """What the gates are taken of: pre-activations, and for stacked weights what these are parts of."""
        gates = {*self.gates, "h", "c"}
        return [e for stem, name in self.names.items() if stem not in gates and (e := self.equations.get(name))]

    def _gate(self, gate: str, x: float) -> list[Shape]:
        """The box of a gate, what it is called, and its value at the line that leaves it."""
        name = self.names[gate]
        return [
            *_box(x, GATE, function_of(self.equations[name].expr, self.scene)),
            Text(x + 16.0, GATE + HALF + 15.0, (Run(self.gates[gate]),), "note", TAG, "start"),
            Text(x + 6.0, GATE - HALF - 20.0, self.valued(name), "value", SMALL, "start"),
        ]

    def _carried(self, stem: str, height: float, right: float) -> list[Shape]:
        """The values of a state before and after the step, at the ends of its line."""
        left = self.left - OUTSIDE - 6.0
        return [
            Text(left, height + 4.0, self.valued(self.before[stem]), "value", SMALL, "end"),
            Text(right + OUTSIDE + 6.0, height + 4.0, self.valued(self.names[stem]), "value", SMALL, "start"),
        ]

    def _input(self, height: float) -> list[Shape]:
        """The line of the input, from below to a height."""
        x, bottom = self.left + 20.0, BUS + 38.0 + OUTSIDE
        return [
            *_wires([_Wire(((x, bottom), (x, height)), arrow=False)]),
            Text(x - 4.0, bottom + 15.0, self.valued(self.x), "value", SMALL, "start"),
        ]

    def _lstm(self, columns: Mapping[str, float]) -> tuple[list[Shape], float]:
        """c runs through above and h below: c = f c + i g, h = o tanh(c)."""
        f, i, o, g = (columns[gate] for gate in "fiog")
        shown = o + self.pitch
        right, start = shown + INSIDE, self.left - OUTSIDE
        h = self.equations[self.names["h"]].expr
        assert isinstance(h, Call)
        wires = [
            _Wire(((start, STATE), (f - RADIUS, STATE))),
            _Wire(((f + RADIUS, STATE), (g - RADIUS, STATE))),
            _Wire(((g + RADIUS, STATE), (right + OUTSIDE, STATE))),
            _Wire(((f, GATE - HALF), (f, STATE + RADIUS))),
            _Wire(((i, GATE - HALF), (i, SECOND), (g - RADIUS, SECOND))),
            _Wire(((g, GATE - HALF), (g, SECOND + RADIUS))),
            _Wire(((g, SECOND - RADIUS), (g, STATE + RADIUS))),
            _Wire(((shown, STATE), (shown, FIRST - HALF))),
            _Wire(((shown, FIRST + HALF), (shown, SECOND - RADIUS))),
            _Wire(((o, GATE - HALF), (o, SECOND), (shown - RADIUS, SECOND))),
            _Wire(((shown, SECOND + RADIUS), (shown, BUS), (right + OUTSIDE, BUS))),
            _Wire(((start, BUS), (o, BUS)), arrow=False),
            *(_Wire(((x, BUS), (x, GATE + HALF))) for x in columns.values()),
        ]
        return [
            *_wires(wires),
            *self._input(BUS),
            *(_dot(x, BUS) for x in (self.left + 20.0, f, i, g)),
            _dot(shown, STATE),
            *_circle(f, STATE, self.product),
            *_circle(g, STATE, "+"),
            *_circle(g, SECOND, self.product),
            *_circle(shown, SECOND, self.product),
            *_box(shown, FIRST, function_of(h.args[-1], self.scene)),
            *self._carried("c", STATE, right),
            *self._carried("h", BUS, right),
        ], right

    def _gru(self, columns: Mapping[str, float]) -> tuple[list[Shape], float]:
        """h runs through above: h = (1 - u) h + u g; the candidate g sees as much of h as r lets through."""
        r, u, g = (columns[gate] for gate in "rug")
        keeps = self.layer.site.word("update", "renews") == "keeps"
        right = g + max(INSIDE, width_of(self.valued(self.names["g"]), SMALL) + 24.0)
        start, branch, turn = self.left - OUTSIDE, self.left + 20.0, g - TURN
        inner, below = BUS - 22.0, BUS + 16.0
        complement = ((u + turn) / 2, SECOND) if keeps else (u, FIRST / 2 + 8.0)
        weight = (branch + r - RADIUS) / 2, FIRST
        wires = [
            _Wire(((start, STATE), (u - RADIUS, STATE))),
            _Wire(((u + RADIUS, STATE), (g - RADIUS, STATE))),
            _Wire(((g + RADIUS, STATE), (right + OUTSIDE, STATE))),
            _Wire(((branch, STATE), (branch, inner), (u - 8.0, inner), (u - 8.0, GATE + HALF))),
            _Wire(((r - 8.0, inner), (r - 8.0, GATE + HALF))),
            *_over((branch, FIRST), (r - RADIUS, FIRST), weight if self.after else None),
            _Wire(((r, GATE - HALF), (r, FIRST + RADIUS))),
            _Wire(((r + RADIUS, FIRST), (turn, FIRST), (turn, inner), (g - 8.0, inner), (g - 8.0, GATE + HALF))),
            *_over((u, GATE - HALF), (u, STATE + RADIUS), None if keeps else complement),
            *_over((u, SECOND), (g - RADIUS, SECOND), complement if keeps else None),
            _Wire(((g, GATE - HALF), (g, SECOND + RADIUS))),
            _Wire(((g, SECOND - RADIUS), (g, STATE + RADIUS))),
            _Wire(((branch, below), (g + 8.0, below)), arrow=False),
            *(_Wire(((x + 8.0, below), (x + 8.0, GATE + HALF))) for x in columns.values()),
        ]
        return [
            *_wires(wires),
            *self._input(below),
            *(_dot(branch, y) for y in (STATE, FIRST)),
            _dot(r - 8.0, inner),
            *(_dot(x + 8.0, below) for x in (r, u)),
            _dot(u, SECOND),
            *_circle(u, STATE, self.product),
            *_circle(g, STATE, "+"),
            *_circle(r, FIRST, self.product),
            *_circle(g, SECOND, self.product),
            *_circle(*complement, "1−"),
            *(_circle(*weight, "W") if self.after else []),
            *self._carried("h", STATE, right),
        ], right

    def described(self) -> str:
        """The cell in words."""
        names = [*self.before.values(), self.x, *self.names.values()]
        values = ", ".join(plain(self.scene.valued(name)) for name in names)
        return f"The cell of {self.layer.title} at step {self.step}: {values}."


def function_of(expr: Expr, scene: Scene) -> tuple[Run, ...]:
    """The function that an activation is, without its argument: σ, or round σ."""
    found: list[str] = []
    while isinstance(expr, Call) and len(expr.args) == 1:
        found.append(function_name(expr.op, scene.scope))
        expr = expr.args[0]
    return (Run(" ".join(found) or "="),)


def _box(x: float, y: float, runs: tuple[Run, ...]) -> list[Shape]:
    width = max(2 * HALF + 8.0, width_of(runs, SIZE) + 12.0)
    return [
        Box(x - width / 2, y - HALF, width, 2 * HALF, "operation", 5.0),
        Text(x, y + 0.36 * SIZE, runs, "label", SIZE),
    ]


def _circle(x: float, y: float, sign: str) -> list[Shape]:
    return [Circle(x, y, RADIUS, "operation"), Text(x, y + 0.36 * SIZE, (Run(sign),), "label", SIZE)]


def _dot(x: float, y: float) -> Shape:
    """Where a line branches; lines that only cross have none."""
    return Circle(x, y, 2.4, "tip")


def _over(start: Point, end: Point, node: Point | None) -> list[_Wire]:
    """A line along an axis, with an operation in its middle or without."""
    if node is None:
        return [_Wire((start, end))]
    side, up = (
        RADIUS * ((end[0] > start[0]) - (end[0] < start[0])),
        RADIUS * ((end[1] > start[1]) - (end[1] < start[1])),
    )
    return [_Wire((start, (node[0] - side, node[1] - up))), _Wire(((node[0] + side, node[1] + up), end))]


def _wires(wires: Sequence[_Wire]) -> list[Shape]:
    return [Line(tuple(wire.points), "edge", 1.4, arrow=wire.arrow) for wire in wires]
