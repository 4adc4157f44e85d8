"""What a problem gives: inputs, targets, parameters and constants, several side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.boxes import Piece, text_box, typeset
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.scope import Scope
from nnsolve.report.sequences import joined, label_cells, numbers_by_step, with_steps
from nnsolve.report.style import Line
from nnsolve.report.tensors import (
    column_blocks,
    corners,
    dimensions,
    is_large,
    number_of,
    rows_of,
    summary,
    tensor_box,
    texts,
)

ROLES = ("input", "target", "given", "initial", "parameter", "state", "constant", "hyperparameter")
INDENT = 2
SAID = ("input", "target", "given", "initial", "state")
"""Roles that are told of each value; what a parameter or a constant is can be seen."""

MOST_INLINE = 16
"""Numbers of a later batch that are written on a line."""

GAP = "    "


class Batch(NamedTuple):
    """What a later run is given: which one it is, and `earlier`, the batch that has the same numbers."""

    run: str
    steps: list[Step]
    earlier: list[Step] | None


class Givens(NamedTuple):
    """Given values in the order in which they are shown: those of the first run, of later ones, and what is known.

    `sequences` has the time steps of each value that stands for all of them.
    """

    here: list[Step]
    sequences: Mapping[Name, tuple[Name, ...]]
    batches: list[Batch]
    same: list[Step]


def arranged(steps: Sequence[Step], seen: Mapping[Name, Step], last: int | None) -> Givens:
    """The given values as they are shown; what a part shares with the problem (`seen`) is the `same`.

    After the `last` update there is no other that a batch is for.
    """
    steps, sequences = joined(steps)
    seen = {step.name: step for step in joined(step for step in seen.values() if step.phase == "given")[0]}
    same = [step for step in steps if step.name in seen and _equal(step, seen[step.name])]
    shared = {step.name for step in same}
    later = [step for step in steps if step.name.update > 0 and step.name not in shared]
    apart = {step.name for step in later}
    here = [step for step in steps if step.name not in shared and step.name not in apart]
    first = [step for step in steps if step.name not in apart]
    return Givens(sorted(here, key=_order), sequences, _batches(later, first, last), same)


def given_lines(steps: Sequence[Step], scope: Scope, seen: Mapping[Name, Step], last: int | None = None) -> list[Line]:
    """The given values, as given; what a part shares with the problem (`seen`) is only named."""
    scope = scope.exact()
    if not steps:
        return []
    found = arranged(steps, seen, last)
    lines: list[Line] = [[], *heading("Given", scope.style, level=1)]
    lines += packed_lines(found.here, scope, found.sequences)
    lines += _batch_lines(found.batches, scope)
    if found.same:
        names = ", ".join(scope.name(step.name) for step in found.same)
        lines += [[], *paragraph(f"{names} as above", scope.style, "", INDENT)]
    return lines


def packed_lines(steps: Iterable[Step], scope: Scope, sequences: Mapping[Name, tuple[Name, ...]]) -> list[Line]:
    """Values side by side, as many on a row as fit; one that is too large has lines of its own."""
    lines: list[Line] = []
    row: list[Piece] = []
    room = scope.style.width - INDENT
    for step in steps:
        of_time = sequences.get(step.name, ())
        cell = _cell(step, scope, of_time)
        if cell[1].box.width + cell[0].width > room or (is_large(step.value.shape) and not is_fresh(step)):
            lines += _row(row) + _large(step, scope, of_time)
            row = []
            continue
        if row and sum(piece.width for piece in row) + len(GAP) + cell[0].width + cell[1].width > room:
            lines += _row(row)
            row = []
        row += [Piece(GAP if row else "", cell[0].box, "formula"), cell[1]]
    return lines + _row(row)


def value_lines(step: Step, scope: Scope) -> list[Line]:
    """A single given value."""
    name, value = _cell(step, scope)
    fits = name.width + value.width <= scope.style.width - INDENT
    fits = fits and (is_fresh(step) or not is_large(step.value.shape))
    return _row([name, value]) if fits else _large(step, scope)


def _batches(steps: Sequence[Step], first: Sequence[Step], last: int | None) -> list[Batch]:
    """What later runs are given."""
    runs: dict[int, list[Step]] = {}
    for step in steps:
        runs.setdefault(step.name.update, []).append(step)
    seen = [[step for step in first if step.role in ("input", "target")]]
    found: list[Batch] = []
    for moment, batch in runs.items():
        which = f"after update {moment}, all samples" if moment == last else f"for update {moment + 1}"
        earlier = next((old for old in seen if _again(batch, old)), None)
        found.append(Batch(which, batch, earlier and [_same(step, earlier) for step in batch]))
        if earlier is None:
            seen.append(batch)
    return found


def _batch_lines(batches: Sequence[Batch], scope: Scope) -> list[Line]:
    """A line for each batch, and only the names where one comes again."""
    lines: list[Line] = []
    for which, batch, earlier in batches:
        if earlier is not None:
            names, others = (", ".join(scope.name(step.name) for step in steps) for steps in (batch, earlier))
            text = f"{names} as {others}"
        else:
            text = ",  ".join(f"{scope.name(step.name)} = {_inline(step, scope)}" for step in batch)
        lines += paragraph(f"{which}:  {text}", scope.style, "", INDENT + 4, INDENT)
    return [[], *lines] if lines else []


def _same(step: Step, batch: Sequence[Step]) -> Step:
    return next(other for other in batch if other.name.after(0) == step.name.after(0))


def _again(batch: Sequence[Step], other: Sequence[Step]) -> bool:
    names = {step.name.after(0) for step in other}
    return all(step.name.after(0) in names and _equal(step, _same(step, other)) for step in batch)


def _inline(step: Step, scope: Scope) -> str:
    """A value on one line, as a file has it; what is too large for that by its shape."""
    if not step.value.ndim:
        return number_of(step.value, scope.style)
    if step.value.size > MOST_INLINE or step.value.ndim > 2:
        return f"({summary(step.value, step.shape, scope.style)})"
    rows = [f"[{', '.join(row)}]" for row in texts(rows_of(step.value), scope.style)]
    if step.shape.flat:
        return f"[{', '.join(cell for row in texts(rows_of(step.value), scope.style) for cell in row)}]"
    return f"[{', '.join(rows)}]"


def _order(step: Step) -> int:
    return ROLES.index(step.role) if step.role in ROLES else len(ROLES)


def _equal(step: Step, other: Step) -> bool:
    return step.value.shape == other.value.shape and bool(np.array_equal(step.value, other.value))


def _row(pieces: list[Piece]) -> list[Line]:
    return [[], *typeset(pieces, INDENT)] if pieces else []


def caption(step: Step, scope: Scope, names: Sequence[Name] = ()) -> str:
    """The address, the shape and the role; what says nothing new is left out."""
    parts = [str(step.name)] if scope.style.unicode and scope.name(step.name) != str(step.name) else []
    if names:
        parts += [step.role, f"{len(names)} time steps"]
        return ", ".join(parts)
    parts += [dimensions(step.shape, scope.style)] if step.shape.dims else []
    parts += [step.role] if step.role in SAID else []
    return " ".join(parts)


def is_fresh(step: Step) -> bool:
    """Whether a value is a state before the first update or time step, and all of it is 0."""
    return step.role in ("state", "initial") and not step.value.any()


def _cell(step: Step, scope: Scope, names: Sequence[Name] = ()) -> tuple[Piece, Piece]:
    name = text_box(f"{scope.whole(step.name) if names else scope.name(step.name)} = ")
    if is_fresh(step):
        return Piece("", name, "formula"), Piece("", text_box("0"), "", caption(step, scope))
    if is_large(step.value.shape):
        return Piece("", name, "formula"), Piece("", text_box(""))
    if not names:
        box = tensor_box(step.value, scope.style)
    elif step.value.ndim == 1:
        box = numbers_by_step(step.value.tolist(), names, scope)
    else:
        box = with_steps(tensor_box(step.value, scope.style), names, scope)
    return Piece("", name, "formula"), Piece("", box, "", caption(step, scope, names))


def _large(step: Step, scope: Scope, names: Sequence[Name] = ()) -> list[Line]:
    """A value that needs the whole width: in blocks of columns, or by its corners."""
    style, name = scope.style, text_box(f"{scope.whole(step.name) if names else scope.name(step.name)} = ")
    table = bool(names) and step.value.ndim == 2
    room = style.width - INDENT - name.width - (label_cells(names, scope) if table else 0)
    head = Piece("", name, "formula")
    if is_large(step.value.shape):
        box = corners(step.value, style, room)
        text = summary(step.value, step.shape, style)
        text = f"{caption(step, scope, names)}: {text}" if names else text
        return [
            [],
            *typeset([head, Piece("", with_steps(box, names, scope) if table else box)], INDENT),
            *paragraph(text, style, "note", INDENT + name.width),
        ]
    lines: list[Line] = []
    for columns, box in column_blocks(step.value, style, room):
        if names and not table:
            below = f"t = {names[columns[0]].time} to {names[columns[-1]].time}"
        else:
            below = f"columns {columns[0] + scope.base} to {columns[-1] + scope.base}"
        lead = head if not lines else Piece(" " * name.width, text_box(""))
        lines += [[], *typeset([lead, Piece("", with_steps(box, names, scope) if table else box, "", below)], INDENT)]
    return [*lines, *paragraph(caption(step, scope, names), style, "note", INDENT + name.width)]
