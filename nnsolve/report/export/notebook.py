"""A solution as a Jupyter notebook (format 4.5): a cell of equations and one of code for each phase."""

from __future__ import annotations

import json
import re
from typing import Any

from nnsolve.engine.solve import Solution
from nnsolve.report.export.cells import Cell
from nnsolve.report.export.comments import harmless
from nnsolve.report.export.script import Writer, header, write

_SPECIAL = str.maketrans({c: f"&#{ord(c)};" for c in "\\`*_[]<>$&|~"})


def words(text: str) -> str:
    """Text of the problem as Markdown that says just this: no markup, no formula, no link, no second line."""
    return harmless(" ".join(text.split())).translate(_SPECIAL)


def paragraph(text: str) -> str:
    """Words that begin a paragraph, and neither a list nor a heading."""
    found = words(text)
    return f"&#{ord(found[0])};{found[1:]}" if re.match(r"\d+[.)]|[-+#=]", found) else found


def numpy_notebook(solution: Solution, part: str | None = None) -> str:
    """The notebook; its cells have not been run."""
    writer = Writer(solution)
    cells = write(writer, solution, part)
    found = [_markdown(_head(solution)), _code([*writer.prelude(), "", f"{writer.collected} = {{}}"])]
    for cell in cells:
        found += [_markdown(_told(cell)), _code(cell.lines)]
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
            lines += ["", paragraph(said[key])]
    return [*lines, "", "Worked out in NumPy; written by nnsolve export."]


def _told(cell: Cell) -> list[str]:
    """The title of a phase and its equations, in the problem's own notation."""
    equations = ["", "```", *map(harmless, cell.equations), "```"] if cell.equations else []
    return [f"## {words(cell.title)}", *equations]


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
