"""The answers as records: what was asked, and its value as a student would write it down."""

from __future__ import annotations

from collections.abc import Sequence

from nnsolve.core.expressions import Ref, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.solution import Answer
from nnsolve.report.answers import MOST_MATRICES, is_summarised, is_told, listed_steps, value_texts
from nnsolve.report.notes import Carried, carried_phrase
from nnsolve.report.scope import Scope
from nnsolve.report.sequences import steps_of
from nnsolve.report.style import clean
from nnsolve.report.tensors import picked, summary
from nnsolve.report.typeset.compose import EQUALS, formula
from nnsolve.report.typeset.document import Answered, Answers
from nnsolve.report.typeset.mathematics import Mathematics, Matrix, Number, Operator, Prose, Text, row, separated
from nnsolve.report.typeset.prose import prose
from nnsolve.report.typeset.symbols import name_symbol
from nnsolve.report.typeset.tensors import DOTS_BELOW, ascii_style, corner_matrix, step_labels


def answers(asked: Sequence[Answer], scope: Scope, prefix: str, through: Carried) -> Answers:
    """A row for each ask: its id, what it is, its value; and a note at what is no gradient of the loss itself."""
    return Answers(tuple(_answered(answer, scope, prefix, through) for answer in asked))


def _answered(answer: Answer, scope: Scope, prefix: str, through: Carried) -> Answered:
    id = clean(f"{prefix}.{answer.id}" if prefix else answer.id)
    notes: list[Prose] = [
        prose(carried_phrase(through[name], name.of, scope))
        for name in references(answer.expr)
        if name in through and name.of is not None
    ]
    if is_summarised(answer):
        notes.insert(0, (summary(answer.value, answer.shape, scope.style),))
    question = clean(str(answer.options.get("text") or ""))
    return Answered(id, question, _quantity(answer, scope, id), _value(answer, scope), tuple(notes))


def _quantity(answer: Answer, scope: Scope, id: str) -> Mathematics | None:
    """What is asked; None where the id says it already."""
    names = listed_steps(answer)
    if names:
        few = len(names) <= 3
        shown = [name_symbol(name, scope) for name in (names if few else names[:2])]
        return separated([*shown, *([] if few else [Operator("…"), name_symbol(names[-1], scope)])], ",")
    return formula(answer.expr, scope) if is_told(answer, scope, id) else None


def _value(answer: Answer, scope: Scope) -> Mathematics:
    """The value: a number, a list, a matrix, or a sequence of matrices."""
    value, names = answer.value, steps_of(answer.expr)
    labels = step_labels(names, scope)
    if names and value.ndim > 2:
        return _matrices(answer, names, scope)
    if is_summarised(answer):
        column = value.reshape(-1, 1) if value.ndim == 1 else value
        return corner_matrix(column, ascii_style(scope.style))._replace(labels=labels)
    rows = [[_number(text) for text in texts] for texts in value_texts(answer, _in_ascii(scope))]
    if value.ndim == 0:
        return rows[0][0]
    if value.ndim == 1:
        return row(Operator("["), separated(rows[0], ","), Operator("]"))
    return Matrix(tuple(map(tuple, rows)), labels)


def _matrices(answer: Answer, names: Sequence[Name], scope: Scope) -> Mathematics:
    """A sequence of matrices, one below the other; of a long one the first and the last."""
    rows: list[tuple[Mathematics]] = []
    for i in picked(len(names), MOST_MATRICES):
        if i < 0:
            rows.append((DOTS_BELOW,))
            continue
        step = answer._replace(expr=Ref(names[i]), value=answer.value[i], shape=Shape(answer.value[i].shape))
        rows.append((row(name_symbol(names[i], scope), EQUALS, _value(step, scope)),))
    return Matrix(tuple(rows))


def _number(text: str) -> Mathematics:
    """A number, with a sign for percent behind it."""
    digits, _, sign = text.partition(" ")
    return row(Number(digits), Text(f" {sign}")) if sign else Number(digits)


def _in_ascii(scope: Scope) -> Scope:
    return Scope(ascii_style(scope.style), scope.conventions, scope.shapes, scope.moment, scope.naming)
