"""Remarks beside and below a step: where it comes from, shortcuts, roundings, gradients that are none of the loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.elide import LONGEST
from nnsolve.report.lines import broken
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope
from nnsolve.report.style import Line, clean
from nnsolve.report.tensors import is_large, summary
from nnsolve.report.time import Arrivals, carried_over

MOST_SOURCES = 3
"""Equations that a gradient comes from and that are written out; of more only the names are given."""

SEPARATOR = ";  "
"""Between the remarks beside a step; where they do not fit on one line, each begins a line."""

Carried = Mapping[Name, frozenset[Name]]
"""The gradients that were carried through updated parameters, and which these are."""

NOWHERE: Carried = MappingProxyType({})


def carried(steps: Iterable[Step]) -> Carried:
    """Which gradients are no gradients of the loss: they use a parameter that was already updated, or such a gradient.

    With `order: layer_by_layer` the error goes through the new weights, while activations and deltas stay.
    """
    found: dict[Name, frozenset[Name]] = {}
    for step in steps:
        if step.phase != "backward" or step.equation is None:
            continue
        used = references(step.equation.expr)
        new = {name for name in used if name.of is None and name.update > step.name.update}
        through = frozenset(new).union(*(found[name] for name in used if name in found))
        if through:
            found[step.name] = through
    return found


def carried_text(names: Iterable[Name], of: str, scope: Scope) -> str:
    """Why a value is not the gradient of the loss `of`."""
    through = " and ".join(scope.at(name.update).name(name) for name in sorted(names, key=str))
    return f"with the updated {through} (order: layer_by_layer), so it is not the gradient of {of} itself"


def reason(step: Step, scope: Scope, known: Mapping[Name, Step], local: str | None, told: bool = False) -> str:
    """Which equations a gradient comes from, and the local derivative where there is a single one.

    Where that was `told` for another time step, only from which step the gradient is carried back.
    """
    equation = step.equation
    if equation is None or step.phase != "backward" or not equation.chain:
        return ""
    arrivals = Arrivals(step)
    if told:
        return ", ".join(carried_over(time, step.name.time) for time in arrivals.others)
    if arrivals.others:
        return _by_step(arrivals, step, scope, known)
    names = arrivals.here
    texts = [_source(name, scope, known) for name in names]
    whole = [text for text in texts if text]
    if len(names) == 1:
        source = f"from {whole[0]}" if whole else ""
        return f"{source}:  {local}" if source and local else source or local or ""
    if len(names) > MOST_SOURCES or not whole:
        return ""
    return "from " + ", ".join(text or scope.name(name) for name, text in zip(names, texts, strict=True))


def _by_step(arrivals: Arrivals, step: Step, scope: Scope, known: Mapping[Name, Step]) -> str:
    """The equations that a gradient comes from: those of its own time step, then those that carry it from others."""
    groups = [("from this step", arrivals.here)] if arrivals.here else []
    groups += [(carried_over(time, step.name.time), names) for time, names in arrivals.others.items()]
    texts = []
    for title, names in groups:
        sources = [_source(name, scope, known) or scope.name(name) for name in names]
        sources = sources if len(names) <= MOST_SOURCES else [scope.name(name) for name in names]
        texts.append(f"{title}: {', '.join(sources)}")
    return SEPARATOR.join(texts)


def _source(name: Name, scope: Scope, known: Mapping[Name, Step]) -> str:
    """An equation of the forward pass; only the name where it is a loss in one with what comes before it."""
    source = known.get(name)
    if source is None and scope.style.unicode:  # a run that did without it: its equation reads the same
        source = known.get(name.after(0))
    if source is None or source.equation is None or source.equation.expr.size > LONGEST:
        return ""
    if source.equation.long is not None:
        return scope.name(name)
    return f"{scope.name(name)} = {formula(source.equation.expr, scope.of(source.shapes))}"


def note_lines(
    step: Step,
    scope: Scope,
    column: int,
    main: str,
    *,
    through: frozenset[Name],
    taught: bool,
    rounded: bool,
    more: Sequence[str] = (),
) -> list[Line]:
    """What else is to be said below a step whose formula reads `main`, and `more`.

    How it was `rounded` is said if that changed it.
    """
    equation = step.equation
    texts: list[str] = []
    if equation is not None and equation.long is not None:
        other = formula(equation.long, scope)
        if taught:
            texts.append(f"evaluated as {other}, which cannot overflow")
        elif other != main:
            kind = "a shortcut; the long way is" if step.phase == "backward" else "safe from overflow; the same as"
            texts.append(f"{kind} {other}")
    if through and step.name.of is not None:
        texts.append(carried_text(through, scope.name(step.name.of), scope))
    if step.value.ndim and is_large(step.value.shape):
        texts.append(summary(step.value, step.shape, scope.style))
    if step.rounding and rounded:
        texts.append(clean(step.rounding, scope.style.unicode))
    texts += more
    lines: list[Line] = []
    for text in texts:
        for n, part in enumerate(broken(text, max(scope.style.width - column - 2, 8))):
            lines.append([(" " * (column + 2 if n else column), ""), (part, "note")])
    return lines
