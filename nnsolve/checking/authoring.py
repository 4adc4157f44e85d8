"""What a problem cannot tell: warnings about frequent mistakes that give right answers to everything that it asks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.checking.judge import ASKED_DIGITS, bounds, place
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.unseen import Hidden, passes, unseen
from nnsolve.core.diagnostics import Diagnostic, Place, listed
from nnsolve.core.names import Name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.engine.solve import Solution

    Tensor = NDArray[np.float64]

MOST_DIGITS = 6
"""A mistake that changes an answer in later digits only is none: no more digits are proposed."""

WRITTEN = 1e-4
"""The last digit that is written, in units of the first digit of the largest number."""

MOST_NAMED = 4
"""So many mistakes are named in one warning."""

ON = "on"
"""What is special about a ReLU that lets everything through."""


def hidden_mistakes(solution: Solution) -> Iterator[Diagnostic]:
    """`mistake-hidden`, `mistake-passes`: a frequent mistake that changes no answer, or none beyond its tolerance.

    A mistake that any of the asks shows, in any part, is not hidden; one that cannot be worked out in bounded time is
    taken to be shown.
    """
    found = unseen(solution)
    yield from _unchanged([one for one in found if not one.passing])
    yield from _passing([one for one in found if one.passing])


# Mistakes that change nothing -----------------------------------------------------------------------------------------


class _Reason(NamedTuple):
    """Why mistakes change nothing, as far as that can be seen: what is special, in which way, and where that is."""

    subject: str
    way: str
    place: Place | None


class _Unchanged(NamedTuple):
    """Mistakes that change nothing for the same reason, and the given values of which other ones would show them."""

    reason: _Reason
    mistakes: list[Hidden]
    values: list[Name]


def _unchanged(found: Iterable[Hidden]) -> Iterator[Diagnostic]:
    """One warning for all mistakes with the same reason; where none is seen, for all that concern the same ask."""
    groups: dict[_Reason, _Unchanged] = {}
    for hidden in found:
        values = hidden.section.values(hidden)
        reason = _reason(hidden, values)
        _, mistakes, common = groups.setdefault(reason, _Unchanged(reason, [], list(values)))
        mistakes.append(hidden)
        common[:] = [name for name in common if name in values]
    explained = {hidden.slip.code for reason, group in groups.items() if reason.way for hidden in group.mistakes}
    same: dict[object, list[_Unchanged]] = {}
    for reason, group in groups.items():
        several = [hidden for hidden in group.mistakes if reason.way or hidden.slip.code not in explained]
        if several:
            codes = frozenset([hidden.slip.code for hidden in several])
            same.setdefault((reason.way, codes), []).append(group._replace(mistakes=several))
    yield from map(_warning, same.values())


def _warning(groups: Sequence[_Unchanged]) -> Diagnostic:
    """The same mistakes, hidden by several quantities in the same way."""
    message = f"no answer shows {_mistakes([hidden for group in groups for hidden in group.mistakes])}"
    way, place = groups[0].reason.way, groups[0].reason.place
    if way:
        subjects = [group.reason.subject for group in groups]
        message = f"{listed(subjects)} {'are' if len(subjects) > 1 else 'is'} {way}: {message}"
    values = dict.fromkeys(str(name) for group in groups for name in group.values)
    help = f"choose other numbers for {listed(list(values), 'or')}" if values else "choose other numbers"
    return Diagnostic("mistake-hidden", message, place, help + ", so that a unit is off" * (way == ON), "warning")


def _reason(hidden: Hidden, values: tuple[Name, ...]) -> _Reason:
    section, program = hidden.section, hidden.section.run.program
    a = section.relu_all_on(hidden.slip)
    if a is not None:
        return _Reason(f"every unit of {a}", ON, program.equations[a].place)
    if len(values) == 1:
        leaf = program.leaves[values[0]]
        way = _peculiar(leaf.value)
        if way:
            return _Reason(str(values[0]), way, leaf.place)
    return _Reason("", "", section.targets[hidden.same[0]].asked.ask.of.place)


def _peculiar(value: Tensor) -> str | None:
    """What is special about a given value."""
    if not value.any():
        return "0"
    if (value == 1).all():
        return "1"
    square = value.ndim == 2 and value.shape[0] == value.shape[1] > 1
    return "symmetric" if square and (value == value.T).all() else None


# Mistakes that pass ---------------------------------------------------------------------------------------------------


def _passing(found: Iterable[Hidden]) -> Iterator[Diagnostic]:
    """One warning for all mistakes that the same ask would show if it asked for more digits."""
    groups: dict[str, list[tuple[int, dict[str, float], Hidden]]] = {}
    for hidden in found:
        needed = [
            (*precision, id)
            for id, value in hidden.passing.items()
            if (precision := _precision(value, hidden.section.targets[id])) is not None
        ]
        if needed:
            digits, options, id = min(needed, key=lambda one: one[0])
            groups.setdefault(id, []).append((digits, options, hidden))
    for id, group in groups.items():
        target = group[0][2].section.targets[id]
        _, options, _ = max(group, key=lambda one: one[0])
        several = [hidden for _, _, hidden in group]
        message = f"{id} passes at the asked precision with {_mistakes(several)}; no other ask shows that"
        yield Diagnostic("mistake-passes", message, target.asked.ask.of.place, _more_digits(target, options), "warning")


def _more_digits(target: Target, options: Mapping[str, float]) -> str:
    """What to write so that mistakes do not pass."""
    before = {key: value for key, value in target.options.items() if key in ("decimals", "significant", "rtol", "atol")}
    new, old = (", ".join(f"{key}: {value:g}" for key, value in said.items()) for said in (options, before))
    return f"write  {new}  instead of  {old}" if old else f"add  {new}  to this ask"


def _precision(value: Tensor, target: Target) -> tuple[int, dict[str, float]] | None:
    """The fewest digits, and the options that ask for them, at which a value is judged wrong."""
    option = "decimals" if "decimals" in target.options else "significant"
    largest = max([abs(number) for number in target.values])
    last = MOST_DIGITS - 1 - math.floor(math.log10(largest)) if option == "decimals" else MOST_DIGITS
    for digits in range(target.options.get(option, ASKED_DIGITS), last + 1):
        plain: dict[str, float] = {option: digits}
        for options in (plain, {**plain, "rtol": 0}):
            if not passes(value, tuple(bounds(target.values, target.changes, options))):
                return digits, options
    return None


# Numbers that nobody writes -------------------------------------------------------------------------------------------


def refused_zeros(solution: Solution) -> Iterator[Diagnostic]:
    """`zero-refused`: a number that is 0 as it is written beside a larger one, where the ask has a 0 judged wrong.

    Not where the ask says how many significant digits it wants: these are to be written out.
    """
    for target in Key(solution.problem, solution).targets.values():
        largest = max([abs(value) for value in target.values if math.isfinite(value)], default=0.0)
        last = WRITTEN * place(largest, 1)
        lost = [bound.exact for bound in target.bounds if bound.tolerance < abs(bound.exact) < last / 2]
        if not lost or "significant" in target.options:
            continue
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        message = f"{target.id} has {lost[0]:.2g}{more} beside {largest:.3g}: who writes 0 there is wrong"
        decimals = max(0, round(-math.log10(last)))
        help = f"add  decimals: {decimals}  to this ask if a 0 is right, else  significant: 2  to say that it is not"
        yield Diagnostic("zero-refused", message, target.asked.ask.of.place, help, "warning")


# Wording --------------------------------------------------------------------------------------------------------------


def _mistakes(group: Iterable[Hidden]) -> str:
    """The mistakes, each with the equation that it is made in, or the ask."""
    places: dict[str, str] = {}
    for slip, _, same, passing in sorted(group, key=lambda hidden: -CAUSES[hidden.slip.code].weight):
        several = len(slip.forward) + len(slip.emitted) > 1
        places.setdefault(slip.code, f"from {slip.at} on" if several else f"in {slip.at or [*same, *passing][0]}")
    named = [f"{code} {where}" for code, where in places.items()]
    if len(named) > MOST_NAMED:
        named[MOST_NAMED - 1 :] = [f"{len(named) - MOST_NAMED + 1} more"]
    return f"the mistake{'s' if len(named) > 1 else ''} {listed(named)}"
