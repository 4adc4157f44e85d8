"""The closing table: what was asked, and the value of each, as a student would write it down."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnsolve.core.expressions import Ref, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.solution import Answer
from nnsolve.report.boxes import width
from nnsolve.report.lines import paragraph, wrapped
from nnsolve.report.notation import formula
from nnsolve.report.notes import NOWHERE, Carried, carried_phrase
from nnsolve.report.numbers import rounded
from nnsolve.report.phrases import phrase_text
from nnsolve.report.scope import Scope
from nnsolve.report.sequences import label_cells, steps_of, steps_text, with_steps
from nnsolve.report.style import Line, clean
from nnsolve.report.tensors import bracketed, column_blocks, corners, is_large, picked, summary, texts
from nnsolve.report.unfold import spelled

INDENT = 2
LEAST_ROOM = 16
"""Cells that a value needs beside its names; with fewer it stands below them."""

MOST_MATRICES = 6
"""Time steps of a sequence of matrices that are all shown."""


def answer_lines(answers: tuple[Answer, ...], scope: Scope, prefix: str = "", through: Carried = NOWHERE) -> list[Line]:
    """A row for each ask: its id, what it is, its value; and a note at what is no gradient of the loss itself."""
    ids = [clean(f"{prefix}.{answer.id}" if prefix else answer.id, scope.style.unicode) for answer in answers]
    what = [_quantity(answer, scope, shown) for answer, shown in zip(answers, ids, strict=True)]
    most = scope.style.width // 3
    first = min(max(map(width, ids), default=0), most)
    second = min(max(map(width, what), default=0), most)
    lines: list[Line] = []
    was_tall = False
    for answer, shown, quantity in zip(answers, ids, what, strict=True):
        if answer.options.get("text"):
            lines += [[(" " * INDENT, ""), (part, "")] for part in _texts(answer, scope)]
        margin = INDENT + first + (2 + second if second else 0) + 2
        narrow = scope.style.width - margin < LEAST_ROOM
        crowded = narrow or width(shown) > first or width(quantity) > second
        margin = 2 * INDENT if narrow else margin
        value = _value(answer, scope, scope.style.width - margin)
        middle = 0 if crowded else (len(value) - 1) // 2
        heads = [_head(shown, quantity, first, second, crowded)]
        tall = answer.value.ndim == 2 and len(value) > 1
        if lines and lines[-1] and (tall or was_tall):
            lines.append([])
        was_tall = tall
        if crowded:
            lines += [[(" " * INDENT, ""), (part, "formula")] for part in wrapped(heads[0], scope.style.width - INDENT)]
        for n, text in enumerate(value):
            left = heads[0] if n == middle and not crowded else ""
            lines.append(
                [(" " * INDENT, ""), (left + " " * (margin - INDENT - width(left)), "formula"), (text, "answer")]
            )
        for name in references(answer.expr):
            if name in through and name.of is not None:
                note = phrase_text(carried_phrase(through[name], name.of, scope))
                lines += paragraph(note, scope.style, "note", margin)
    return lines


def _head(shown: str, quantity: str, first: int, second: int, crowded: bool) -> str:
    if crowded:
        return f"{shown}  {quantity}".rstrip()
    return shown + " " * (first - width(shown)) + (f"  {quantity}" + " " * (second - width(quantity)) if second else "")


def _texts(answer: Answer, scope: Scope) -> list[str]:
    return wrapped(clean(str(answer.options["text"]), scope.style.unicode), scope.style.width - INDENT)


def _quantity(answer: Answer, scope: Scope, shown: str) -> str:
    names = listed_steps(answer)
    if names:
        return steps_text(names, scope)
    return formula(answer.expr, scope) if is_told(answer, scope, shown) else ""


def listed_steps(answer: Answer) -> list[Name]:
    """The steps of a sequence of numbers, which are named one by one; none for anything else."""
    return steps_of(answer.expr) if answer.value.ndim == 1 else []


def is_told(answer: Answer, scope: Scope, shown: str) -> bool:
    """Whether what an answer is says more than its id does."""
    plain = str(answer.expr.name) if isinstance(answer.expr, Ref) else spelled(answer.expr)
    return formula(answer.expr, scope) != shown and (scope.style.unicode or plain != shown)


def is_summarised(answer: Answer) -> bool:
    """Whether a value is too large to be shown whole."""
    value = answer.value
    return bool(value.ndim) and (value.size > 60 if value.ndim == 1 else is_large(value.shape))


def _value(answer: Answer, scope: Scope, room: int) -> list[str]:
    """The value in lines of at most `room` cells: a number, a list, or a matrix."""
    value, style = answer.value, scope.style
    names = steps_of(answer.expr)
    if names and value.ndim > 2:
        return _matrices(answer, names, scope, room)
    if names and value.ndim == 2:
        room -= label_cells(names, scope)
    if is_summarised(answer):
        column = value.reshape(-1, 1) if value.ndim == 1 else value
        box = corners(column, style, room)
        box = with_steps(box, names, scope) if names else box
        return [*box.rows, *wrapped(summary(value, answer.shape, style), room)]
    rows = value_texts(answer, scope)
    if value.ndim == 0:
        return [rows[0][0]]
    if value.ndim == 1:
        return wrapped("[" + ", ".join(rows[0]) + "]", room)
    box = bracketed(rows, style)
    if box.width <= room:
        return list(with_steps(box, names, scope).rows if names else box.rows)
    lines: list[str] = []
    for columns, block in column_blocks(value, style, room):
        block = with_steps(block, names, scope) if names else block
        lines += [*block.rows, f"columns {columns[0] + scope.base} to {columns[-1] + scope.base}"]
    return lines


def _matrices(answer: Answer, names: list[Name], scope: Scope, room: int) -> list[str]:
    """A sequence of matrices, one below the other; of a long one the first and the last."""
    lines: list[str] = []
    room -= label_cells(names, scope) + 2
    for i in picked(len(names), MOST_MATRICES):
        if i < 0:
            lines.append("⋮" if scope.style.unicode else ":")
            continue
        step = answer._replace(expr=Ref(names[i]), value=answer.value[i], shape=Shape(answer.value[i].shape))
        found = _value(step, scope, room)
        label = f"{scope.name(names[i])} = "
        for n, text in enumerate(found):
            lines.append((label if n == (len(found) - 1) // 2 else " " * width(label)) + text)
    return lines


def value_texts(answer: Answer, scope: Scope) -> list[list[str]]:
    """The numbers of an answer, rounded as the ask says, else with a few more digits than the steps show."""
    options, style = answer.options, scope.style
    percent = bool(options.get("percent"))
    value = np.atleast_2d(answer.value) * (100 if percent else 1)
    rows: list[list[float]] = value.tolist()
    sign = " %" if percent else ""
    decimals, significant = _digits(options.get("decimals")), _digits(options.get("significant"))
    if style.decimals is not None:
        decimals, significant = style.decimals, None
    if decimals is None and significant is None and not percent:
        return texts(rows, style, 2 if value.size <= 4 else 1)
    if decimals is None and significant is None:
        decimals = 2
    return [[rounded(x, style, decimals=decimals, significant=significant) + sign for x in row] for row in rows]


def _digits(option: Any) -> int | None:
    return int(option) if isinstance(option, int) else None
