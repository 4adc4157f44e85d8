"""Remarks beside and below a step: where it comes from, shortcuts, roundings, gradients that are none of the loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report.elide import LONGEST
from nnsolve.report.phrases import Formula, Phrase, listed, phrase_text, quantity
from nnsolve.report.scope import Scope
from nnsolve.report.style import clean
from nnsolve.report.tensors import is_large, summary
from nnsolve.report.time import Arrivals, carried_over

MOST_SOURCES = 3
"""Equations that a gradient comes from and that are written out; of more only the names are given."""

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


def carried_phrase(names: Iterable[Name], of: Name, scope: Scope) -> Phrase:
    """Why a value is not the gradient of the loss `of`."""
    updated = [(quantity(name, scope.at(name.update)),) for name in sorted(names, key=str)]
    return (
        "with the updated ",
        *listed(updated, " and "),
        " (order: layer_by_layer), so it is not the gradient of ",
        quantity(of, scope),
        " itself",
    )


def seen_note(section: Section) -> str:
    """What the loss of an epoch is, where one is asked; it stands in no step."""
    run, asked = section.run, [name for answer in section.answers for name in references(answer.expr)]
    if run is None or not any(map(run.is_seen_loss, asked)):
        return ""
    return "The loss of an epoch is the mean over its samples, each before the update that uses it."


def reason(
    step: Step, scope: Scope, known: Mapping[Name, Step], local: Formula | None, told: bool = False
) -> list[Phrase]:
    """Which equations a gradient comes from, and the local derivative where there is a single one.

    Where that was `told` for another time step, only from which step the gradient is carried back. What comes from
    several time steps is a phrase for each.
    """
    equation = step.equation
    if equation is None or step.phase != "backward" or not equation.chain:
        return []
    arrivals = Arrivals(step)
    if told:
        times = [(carried_over(time, step.name.time),) for time in arrivals.others]
        return [listed(times)] if times else []
    if arrivals.others:
        return _by_step(arrivals, step, scope, known)
    names = arrivals.here
    sources = [_source(name, scope, known) for name in names]
    whole = [source for source in sources if source]
    if len(names) == 1:
        source: Phrase = ("from ", whole[0]) if whole else ()
        parts = [*source, *([":  "] if source and local else []), *([local] if local else [])]
        return [tuple(parts)] if parts else []
    if len(names) > MOST_SOURCES or not whole:
        return []
    named = [(source or quantity(name, scope),) for name, source in zip(names, sources, strict=True)]
    return [("from ", *listed(named))]


def _by_step(arrivals: Arrivals, step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Phrase]:
    """The equations that a gradient comes from: those of its own time step, then those that carry it from others."""
    groups = [("from this step", arrivals.here)] if arrivals.here else []
    groups += [(carried_over(time, step.name.time), names) for time, names in arrivals.others.items()]
    found: list[Phrase] = []
    for title, names in groups:
        few = len(names) <= MOST_SOURCES
        sources = [(_source(name, scope, known) if few else None) or quantity(name, scope) for name in names]
        found.append((f"{title}: ", *listed([(source,) for source in sources])))
    return found


def _source(name: Name, scope: Scope, known: Mapping[Name, Step]) -> Formula | None:
    """An equation of the forward pass; only the name where it is a loss in one with what comes before it."""
    source = known.get(name)
    if source is None and scope.style.unicode:  # a run that did without it: its equation reads the same
        source = known.get(name.after(0))
    if source is None or source.equation is None or source.equation.expr.size > LONGEST:
        return None
    if source.equation.long is not None:
        return quantity(name, scope)
    return Formula(source.equation.expr, scope.of(source.shapes), name)


def notes(
    step: Step,
    scope: Scope,
    main: str,
    *,
    through: frozenset[Name],
    taught: bool,
    rounded: bool,
    more: Sequence[Phrase] = (),
) -> list[Phrase]:
    """What else is to be said below a step whose formula reads `main`, and `more`.

    How it was `rounded` is said if that changed it.
    """
    equation = step.equation
    found: list[Phrase] = []
    if equation is not None and equation.long is not None:
        other = Formula(equation.long, scope)
        if taught:
            found.append(("evaluated as ", other, ", which cannot overflow"))
        elif phrase_text((other,)) != main:
            kind = "a shortcut; the long way is" if step.phase == "backward" else "safe from overflow; the same as"
            found.append((f"{kind} ", other))
    if through and step.name.of is not None:
        found.append(carried_phrase(through, step.name.of, scope))
    if step.value.ndim and is_large(step.value.shape):
        found.append((summary(step.value, step.shape, scope.style),))
    if step.rounding and rounded:
        found.append((clean(step.rounding, scope.style.unicode),))
    return [*found, *more]
