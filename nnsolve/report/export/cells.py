"""The parts of a program: a title with its lines of code. A script has them one after another, a notebook as cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnsolve.core.expressions import Expr
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape


class Told(NamedTuple):
    """An equation that some code computes, for readers: with the shapes of its names, and how it is rounded.

    `alike` is said behind the last one of a time step whose equations others have, too.
    """

    name: Name
    expr: Expr
    shapes: Mapping[Name, Shape]
    rounding: str | None
    alike: str | None = None


class Cell(NamedTuple):
    """Some lines of code, and the equations that they compute, in the part of the problem with this id."""

    title: str
    part: str
    lines: list[str]
    equations: list[Told]


class Cells:
    """Cells in the making: lines go into the one of the title that was said last."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []

    def begin(self, title: str, part: str) -> None:
        """What follows belongs under this title."""
        if not self.cells or self.cells[-1].title != title:
            self.cells.append(Cell(title, part, [], []))

    def add(self, lines: list[str]) -> None:
        """Add lines to the cell."""
        self.cells[-1].lines.extend(lines)

    def equations(self, told: list[Told]) -> None:
        """Add equations that the lines compute."""
        self.cells[-1].equations.extend(told)
