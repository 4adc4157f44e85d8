"""Given values as records: each with its name, its address, its shape and its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.given import MOST_INLINE, arranged, caption, is_fresh
from nnsolve.report.scope import Scope
from nnsolve.report.tensors import is_large, rows_of, summary, texts
from nnsolve.report.typeset.compose import EQUALS
from nnsolve.report.typeset.document import Given, Value
from nnsolve.report.typeset.mathematics import Mathematics, Matrix, Number, Prose, row
from nnsolve.report.typeset.symbols import name_symbol, typeset_name
from nnsolve.report.typeset.tensors import ascii_style, matrix, numbers_by_step, step_labels, value_list, value_matrix


def given(steps: Sequence[Step], scope: Scope, seen: Mapping[Name, Step], last: int | None = None) -> Given | None:
    """The given values, as given; what a part shares with the problem (`seen`) is only named."""
    if not steps:
        return None
    scope = scope.exact()
    found = arranged(steps, seen, last)
    values = [value(step, scope, found.sequences.get(step.name, ())) for step in found.here]
    notes = [(f"{batch.run}: ", *_batch(batch.steps, batch.earlier, scope)) for batch in found.batches]
    if found.same:
        notes.append((*_names(found.same, scope), " as above"))
    return Given(tuple(values), tuple(notes))


def value(step: Step, scope: Scope, of_time: Sequence[Name] = ()) -> Value:
    """A single given value."""
    left = typeset_name(step.name, scope, "whole") if of_time else name_symbol(step.name, scope)
    text = caption(step, scope, of_time)
    if is_fresh(step):
        return Value(str(step.name), left, Number("0"), text)
    if is_large(step.value.shape):
        said = summary(step.value, step.shape, scope.style)
        text = f"{text}: {said}" if of_time else f"{said}, {step.role}" if step.role in text.split() else said
    return Value(str(step.name), left, _shown(step, scope, of_time), text)


def _shown(step: Step, scope: Scope, of_time: Sequence[Name]) -> Mathematics:
    if of_time and step.value.ndim == 1:
        return numbers_by_step(step.value.tolist(), of_time, scope)
    found = value_matrix(step.value, scope.style)
    return found._replace(labels=step_labels(of_time, scope)) if of_time and isinstance(found, Matrix) else found


def _names(steps: Sequence[Step], scope: Scope) -> Prose:
    found: list[str | Mathematics] = []
    for step in steps:
        found += [", ", name_symbol(step.name, scope)] if found else [name_symbol(step.name, scope)]
    return tuple(found)


def _batch(steps: Sequence[Step], earlier: Sequence[Step] | None, scope: Scope) -> Prose:
    """What a later run is given; only the names where a batch comes again."""
    if earlier is not None:
        return (*_names(steps, scope), " as ", *_names(earlier, scope))
    found: list[str | Mathematics] = []
    for step in steps:
        found += [",  "] if found else []
        left = name_symbol(step.name, scope)
        if step.value.ndim and (step.value.size > MOST_INLINE or step.value.ndim > 2):
            found += [left, f" ({summary(step.value, step.shape, scope.style)})"]
        else:
            found.append(row(left, EQUALS, _inline(step, scope)))
    return tuple(found)


def _inline(step: Step, scope: Scope) -> Mathematics:
    """A value within a sentence."""
    if not step.value.ndim:
        return value_matrix(step.value, scope.style)
    rows = texts(rows_of(step.value), ascii_style(scope.style))
    return value_list([cell for cells in rows for cell in cells]) if step.shape.flat else matrix(rows)
