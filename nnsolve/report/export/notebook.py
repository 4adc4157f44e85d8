"""A solution as a Jupyter notebook (format 4.5): a cell of equations and one of code for each phase."""

from __future__ import annotations

import json
from typing import Any

from nnsolve.core.expressions import references
from nnsolve.engine.solve import Solution
from nnsolve.ops.templates import unfold
from nnsolve.report.elide import shortened
from nnsolve.report.export.cells import Cell, Told
from nnsolve.report.export.comments import harmless
from nnsolve.report.export.script import Writer, header, write
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style
from nnsolve.report.typeset.compose import formula
from nnsolve.report.typeset.markdown import TEX, aligned, escaped
from nnsolve.report.typeset.mathematics import Operator, Text, row
from nnsolve.report.typeset.symbols import name_symbol


def words(text: str) -> str:
    """Text of the problem as Markdown that says just this: no markup, no formula, no link, no second line."""
    return escaped(harmless(" ".join(text.split())))


def numpy_notebook(solution: Solution, part: str | None = None) -> str:
    """The notebook; its cells have not been run."""
    writer = Writer(solution)
    cells = write(writer, solution, part)
    found = [_markdown(_head(solution)), _code([*writer.prelude(), "", f"{writer.collected} = {{}}"])]
    for cell in cells:
        found += [_markdown(_told(cell, solution)), _code(cell.lines)]
    found.append(_code(writer.printing()))
    document = {
        "cells": [{"id": f"cell-{i}", **cell} for i, cell in enumerate(found, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _head(solution: Solution) -> list[str]:
    """Title, source and question; and where the notebook comes from."""
    said = header(solution)
    lines = [f"# {words(said.get('title', 'Solution'))}"]
    for key in ("source", "text"):
        if key in said:
            lines += ["", words(said[key])]
    return [*lines, "", "Worked out in NumPy; written by nnsolve export."]


def _told(cell: Cell, solution: Solution) -> list[str]:
    """The title of a phase and its equations, in the problem's own notation."""
    lines = [f"## {words(cell.title)}"]
    if cell.equations:
        scope = Scope.of_section(solution.solvers[cell.part].section, Style())
        lines += ["", *aligned([_row(told, scope) for told in cell.equations]).split("\n")]
    return lines


def _row(told: Told, scope: Scope) -> str:
    """A row of an alignment: what an update changes stands before an arrow."""
    changed = told.name.update > 0 and told.name.after(0) in references(told.expr)
    left = name_symbol(told.name.after(0) if changed else told.name, scope)
    right = formula(shortened(unfold(told.expr), True), scope.of(told.shapes))
    said = [Text(f", {text}") for text in (told.rounding, told.alike) if text]
    return f"{TEX.write(left)} &{TEX.write(Operator('←' if changed else '='))} {TEX.write(row(right, *said))}"


def _markdown(lines: list[str]) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _source(lines)}


def _code(lines: list[str]) -> dict[str, Any]:
    start = 0
    while start < len(lines) and not lines[start]:
        start += 1
    source = _source(lines[start:])
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def _source(lines: list[str]) -> list[str]:
    """Lines as a notebook stores them, each but the last with its end."""
    return [line + "\n" for line in lines[:-1]] + lines[-1:]
