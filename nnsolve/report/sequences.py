"""Whole sequences: all time steps of a quantity as one table, each with the name of its step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.spelling import whole_sequence
from nnsolve.core.trace import Step
from nnsolve.report.boxes import Box, beside, pad, width
from nnsolve.report.scope import Scope
from nnsolve.report.tensors import GAP, MOST_COLUMNS, MOST_ROWS, picked, texts


def steps_of(expr: Expr) -> list[Name]:
    """The steps of a sequence that is asked for as a whole; none for anything else."""
    if not isinstance(expr, Call) or expr.op != "sequence" or whole_sequence(expr) is None:
        return []
    return [arg.name for arg in expr.args if isinstance(arg, Ref)]


def with_steps(box: Box, names: Sequence[Name], scope: Scope) -> Box:
    """A table with a row for each time step (or for the first and the last ones), each behind the name of its step."""
    dots = "⋮" if scope.style.unicode else ":"
    labels = [dots if i < 0 else scope.name(names[i]) for i in picked(len(names), MOST_ROWS)]
    cells = max(map(width, labels))
    return beside(Box([f"{pad(label, cells)} " for label in labels], cells + 1, box.base), box)


def label_cells(names: Sequence[Name], scope: Scope) -> int:
    """How many cells the names of the steps take beside a table."""
    return max([width(scope.name(name)) + 1 for name in names], default=0)


def numbers_by_step(values: Sequence[float], names: Sequence[Name], scope: Scope) -> Box:
    """Numbers side by side, each below the name of its step."""
    (numbers,) = texts([list(values)], scope.style)
    labels = [scope.name(name) for name in names]
    cells = [max(width(label), width(number)) for label, number in zip(labels, numbers, strict=True)]
    above = GAP.join(" " * (n - width(label)) + label for n, label in zip(cells, labels, strict=True))
    below = GAP.join(" " * (n - width(number)) + number for n, number in zip(cells, numbers, strict=True))
    return Box([f" {above} ", f"[{below}]"], width(below) + 2, 1)


def steps_text(names: Sequence[Name], scope: Scope) -> str:
    """The steps of a sequence by their names: h₁, h₂, h₃."""
    few = len(names) <= 3
    dots = "…" if scope.style.unicode else "..."
    return ", ".join([*map(scope.name, names if few else names[:2]), *([] if few else [dots, scope.name(names[-1])])])


def joined(steps: Iterable[Step]) -> tuple[list[Step], dict[Name, tuple[Name, ...]]]:
    """Given values with those of a sequence in one, where its first step stands; and the steps of each such one.

    Steps that are matrices, of several sequences at once, stay on their own.
    """
    groups: dict[tuple[Name, str], list[Step]] = {}
    for step in steps:
        groups.setdefault(_group(step), []).append(step)
    found: list[Step] = []
    names: dict[Name, tuple[Name, ...]] = {}
    for (name, _), members in groups.items():
        if len(members) == 1:
            found += members
            continue
        values = [step.value for step in members]
        count = len(values)
        if values[0].ndim:
            value, shape = np.stack([value.ravel() for value in values]), Shape((count, values[0].size))
        elif count > MOST_COLUMNS:
            value, shape = np.reshape(values, (count, 1)), Shape((count, 1))
        else:
            value, shape = np.array(values, dtype=float), Shape((count,), "vector")
        names[name] = tuple(step.name for step in members)
        found.append(members[0]._replace(name=name, value=value, shape=shape))
    return found, names


def _group(step: Step) -> tuple[Name, str]:
    """What a given value is a part of; a value that is no time step of a sequence of numbers or vectors is its own."""
    in_time = step.name.time is not None and step.name.time >= 1
    if in_time and (step.shape.flat or not step.shape.dims):
        return step.name._replace(time=None), step.role
    return step.name, step.role
