"""The parts of a program: a title with its lines of code. A script has them one after another, a notebook as cells."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """Some lines of code, and the equations that they compute as text."""

    title: str
    lines: list[str]
    equations: list[str]


class Cells:
    """Cells in the making: lines go into the one of the title that was said last."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []

    def begin(self, title: str) -> None:
        """What follows belongs under this title."""
        if not self.cells or self.cells[-1].title != title:
            self.cells.append(Cell(title, [], []))

    def add(self, lines: list[str]) -> None:
        """Add lines to the cell."""
        self.cells[-1].lines.extend(lines)

    def equations(self, texts: list[str]) -> None:
        """Add equations that the lines compute."""
        self.cells[-1].equations.extend(texts)
