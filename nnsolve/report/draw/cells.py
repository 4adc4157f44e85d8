"""What an unrolled picture shows: what is computed at each time step, in rows from the input to the output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, nodes, references
from nnsolve.core.names import Name
from nnsolve.ops import REGISTRY
from nnsolve.report.draw.scene import Scene

MOST_LISTED = 6
"""Quantities of a cell that are listed."""


class Row(NamedTuple):
    """A layer, or the equations that the file writes for every step t: those of each step, None for one without."""

    title: str
    equations: Mapping[int | None, list[Equation]]

    @property
    def names(self) -> set[Name]:
        return {equation.name for found in self.equations.values() for equation in found}

    def used(self, time: int | None) -> set[Name]:
        """What the equations of a step use."""
        return {name for equation in self.equations.get(time, []) for name in references(equation.expr)}


def steps(scene: Scene) -> int:
    """How many time steps the problem has; 0: none."""
    return max([equation.name.time for equation in scene.program.forward if equation.name.time is not None], default=0)


def rows(scene: Scene) -> list[Row]:
    """The layers from below, and above them what equations compute at each step."""
    forward = {equation.name: equation for equation in scene.program.forward}
    found = [
        Row(layer.title, _by_time(forward[e.name] for e in layer.site.equations if e.name in forward))
        for layer in scene.layers
    ]
    own = [equation for equation in scene.further if equation.name.time is not None]
    return [*found, Row("", _by_time(own))] if own else found


def _by_time(equations: Iterable[Equation]) -> dict[int | None, list[Equation]]:
    found: dict[int | None, list[Equation]] = {}
    for equation in equations:
        found.setdefault(equation.name.time, []).append(equation)
    return found


def drawable(scene: Scene) -> bool:
    """Whether every row uses what the one below it gives, what the file gives, and its own values before."""
    found = rows(scene)
    below: set[Name] = set()
    given = set(scene.program.leaves)
    for row in found:
        if None in row.equations and len(row.equations) > 1:
            return False
        for time in row.equations:
            rest = row.used(time) - below - row.names
            if not rest <= given or (below and any(_is_read(scene, name) for name in rest)):
                return False
            if time is not None and not _is_near(time, row.used(time) & row.names):
                return False
        below = row.names
    return bool(found) and steps(scene) > 0


def _is_read(scene: Scene, name: Name) -> bool:
    """Whether a name is a step of an input."""
    return bool(name.time) and scene.program.leaves[name].role == "input"


def _is_near(time: int, names: set[Name]) -> bool:
    """Whether a step uses its own values and those of the step before, no others."""
    return all(name.time is None or time - 1 <= name.time <= time for name in names)


def shown(equations: list[Equation]) -> list[Name]:
    """The quantities that a cell lists: where they are many without pre-activations, and of those the last ones."""
    names = [equation.name for equation in equations]
    if len(names) > MOST_LISTED:
        alone = [equation.expr for equation in equations if len(references(equation.expr)) == 1]
        activated = {
            name for expr in alone if any(_activates(node) for node in nodes(expr)) for name in references(expr)
        }
        names = [name for name in names if name not in activated]
    return names[-MOST_LISTED:]


def _activates(node: Expr) -> bool:
    return isinstance(node, Call) and REGISTRY[node.op].activation


def inputs(scene: Scene, row: Row, time: int) -> list[Name]:
    """What the first row reads of the file at a step."""
    return [
        name
        for name in row.used(time)
        if name in scene.program.leaves and name.time == time and scene.program.leaves[name].role == "input"
    ]


def carried(row: Row, time: int) -> list[Name]:
    """What a step gives to the next one."""
    return [equation.name for equation in row.equations.get(time, []) if equation.name in row.used(time + 1)]


def weights(scene: Scene, equations: list[Equation], operand: set[Name]) -> list[Name]:
    """The parameters that are multiplied with some quantities."""
    found: dict[Name, None] = {}
    for equation in equations:
        for node in nodes(equation.expr):
            if isinstance(node, Call) and node.op in ("matmul", "mul"):
                for n, arg in enumerate(node.args):
                    others = [other for k, other in enumerate(node.args) if k != n]
                    if operand & set(references(arg)):
                        found.update(dict.fromkeys(name for other in others for name in _parameters(scene, other)))
    return list(found)


def _parameters(scene: Scene, expr: Expr) -> list[Name]:
    return [name for name in references(expr) if name in scene.program.parameters]
