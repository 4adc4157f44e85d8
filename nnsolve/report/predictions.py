"""The predictions for the samples as a table: inputs, target, prediction, and what they decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.engine.predictions import Column, Predictions
from nnsolve.report.lines import paragraph
from nnsolve.report.numbers import number, places
from nnsolve.report.scope import Scope
from nnsolve.report.style import Line
from nnsolve.report.table import TextColumn, table_lines, table_width
from nnsolve.report.tensors import aligned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST = 20
"""Samples that are listed; of more their number is said."""

LENGTHS = (8, 6, 4, 3, 2)
"""Numbers of a list that are written out, as many of them as fit."""


def prediction_lines(found: Predictions, scope: Scope) -> list[Line]:
    """A row for each of the first samples, and how many of all are right."""
    columns, missing = _fitting(found, scope)
    lines = table_lines(columns)
    more = found.rows - MOST
    if more > 0:
        lines.append([(f"  {'…' if scope.style.unicode else '...'} and {more} more", "note")])
    if missing:
        names = ", ".join(scope.name(column.name) for column in missing)
        lines += paragraph(f"without {names}, which would be too wide", scope.style, "note", 2)
    text = _summary(found, scope)
    return [*lines, [], *paragraph(text, scope.style, "", 2)] if text else lines


def _fitting(found: Predictions, scope: Scope) -> tuple[list[TextColumn], list[Column]]:
    """The columns, with lists shortened and then inputs left out until they fit; and the inputs left out."""
    count = min(found.rows, MOST)
    numbers = _numbers(found, count, scope)
    by_class = found.decisions is not None and found.decisions.rule == "largest"
    outputs = [found.prediction] if found.target is None or by_class else [found.target, found.prediction]
    inputs, missing = list(found.inputs), list[Column]()
    shortest = LENGTHS[-1]
    lengths = [*((n, LENGTHS[0]) for n in LENGTHS), *((shortest, n) for n in LENGTHS[1:])]
    while True:
        for of_inputs, of_outputs in lengths:
            columns = list(numbers)
            columns += [_column(column, scope, of_inputs) for column in inputs]
            columns += [_column(column, scope, of_outputs) for column in outputs]
            columns[-1] = columns[-1]._replace(style="result")
            columns += _decided(found, count, scope)
            if table_width(columns) <= scope.style.width:
                return columns, missing
        if not inputs:
            return columns, missing
        missing.insert(0, inputs.pop())


def _numbers(found: Predictions, count: int, scope: Scope) -> list[TextColumn]:
    """Which sample a row is of, and which time step, counted from 1."""
    columns = []
    if found.samples > 1:
        samples = [str(n // found.steps + scope.base) for n in range(count)]
        columns.append(TextColumn("sample", samples, right=True))
    if found.steps > 1:
        columns.append(TextColumn("step", [str(n % found.steps + 1) for n in range(count)], right=True))
    return columns


def _column(column: Column, scope: Scope, length: int) -> TextColumn:
    rows: list[list[float]] = column.rows[:MOST].tolist()
    kept = [_shortened(row, length) for row in rows]
    count = places([value for head, tail in kept for value in (*head, *tail)])
    dots = ["…" if scope.style.unicode else "..."]
    texts = []
    for head, tail in kept:
        before, after = ([number(value, count, scope.style) for value in part] for part in (head, tail))
        texts.append([*before, *dots, *after] if after else before)
    texts = [list(row) for row in zip(*[aligned(list(cells)) for cells in zip(*texts, strict=True)], strict=True)]
    cells = [f"[{', '.join(row)}]" if column.shape else row[0] for row in texts]
    return TextColumn(scope.name(column.name), cells)


def _shortened(row: list[float], length: int) -> tuple[list[float], list[float]]:
    """The first numbers of a row, and its last one where some are left out between."""
    return (row, []) if len(row) <= length else (row[: length - 1], row[-1:])


def _decided(found: Predictions, count: int, scope: Scope) -> list[TextColumn]:
    """What the predictions decide, and whether it is right; a target that is a class is shown as its number."""
    decisions = found.decisions
    if decisions is None:
        return []
    base = scope.base if decisions.rule == "largest" else 0
    cells = [_list([value + base for value in row]) for row in decisions.decided[:count].tolist()]
    columns = [] if decisions.given else [TextColumn("rounded" if decisions.rule == "rounded" else "class", cells)]
    right = decisions.right
    if right is not None and decisions.rule == "largest":
        assert decisions.targets is not None and found.target is not None
        classes = [str(label + base) for label in decisions.targets[:count, 0].tolist()]
        columns.append(TextColumn(f"of {scope.name(found.target.name)}", classes))
    if right is not None:
        yes, no = ("✓", "✗") if scope.style.unicode else ("right", "wrong")
        columns.append(TextColumn("", [yes if good else no for good in right[:count].tolist()]))
    return columns


def _list(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else str(values)


def _summary(found: Predictions, scope: Scope) -> str:
    """How the decision is made, and how many are right."""
    if found.decisions is None:
        return ""
    name = scope.name(found.prediction.name)
    rules = {
        "largest": f"The class is that of the largest {name}, counted from {scope.base}.",
        "rounded": f"{name} is rounded to 0 or 1; from 0.5 on it is 1.",
        "sign": f"The class is the sign of {name}.",
    }
    text = "" if found.decisions.given else rules[found.decisions.rule]
    right = found.decisions.right
    if right is None:
        return text
    count, total = int(right.sum()), found.rows
    return f"{text} {count} of {total} {'is' if total == 1 else 'are'} right ({100 * count / total:.4g}%).".lstrip()
