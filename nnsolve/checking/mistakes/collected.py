"""The wrong values of one quantity, each with every mistake that gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nnsolve.checking.mistakes.digits import are_alike, digits
from nnsolve.checking.mistakes.mistake import CAUSES, RARE, Combination

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

ValueKey: TypeAlias = tuple[tuple[int, ...], bytes]
"""What equal values have in common: their shape and their first digits."""

Kinds: TypeAlias = tuple[tuple[str, bool], ...]
"""Mistakes by their codes, each with whether it is made in all updates."""

NUMBERS = 1 << 23
"""Numbers that are computed for the single slips of one section, for its pairs, and for one table (64 MB)."""

BLOCK = 256
"""Values that are compared at a time."""

ALL = 200.0
"""What the weights of all mistakes add up to, about."""


class Entry(NamedTuple):
    """A wrong value, the combinations of slips that give it, and how likely they are in relation to the others."""

    value: Tensor
    combinations: tuple[Combination, ...]
    prior: float
    single: bool


class Table(NamedTuple):
    """The right value of an asked quantity, and the wrong ones, the likely first.

    `given` is what the file gives for it, where it is a parameter after updates.
    """

    right: Tensor
    entries: tuple[Entry, ...]
    given: Tensor | None = None


def _weight(combination: Combination) -> float:
    """How often slips are made; two independent ones come together as seldom as both are rare."""
    weights = [CAUSES[slip.code].weight if slip.update is None else RARE for slip in combination]
    return weights[0] if len(weights) == 1 else weights[0] * weights[1] / ALL


class Collection:
    """Wrong values, each with all combinations that give it."""

    def __init__(self, right: Tensor) -> None:
        self.right = right
        self.found: dict[ValueKey, tuple[Tensor, list[Combination]]] = {}
        self.of_singles: Mapping[ValueKey, list[Combination]] = {}
        self.numbers = 0

    def add(self, made: Iterable[tuple[Combination, Tensor]]) -> None:
        """Add values unless they are right, not finite, or what one of two slips gives alone."""
        made = iter(made)
        while some := list(islice(made, BLOCK)):
            for (combination, value), key in zip(some, self._keys([value for _, value in some]), strict=True):
                if key is not None:
                    self._add(key, value, combination)

    def _keys(self, values: Sequence[Tensor]) -> list[ValueKey | None]:
        """What equal values have in common, the first digits of their elements; None of the right and of no numbers."""
        by_shape: dict[tuple[int, ...], list[int]] = {}
        for i, value in enumerate(values):
            by_shape.setdefault(value.shape, []).append(i)
        keys: list[ValueKey | None] = [None] * len(values)
        for shape, places in by_shape.items():
            rows = np.array([values[i] for i in places]).reshape(len(places), -1)
            is_wrong = np.isfinite(rows).all(axis=1)
            if shape == self.right.shape:
                with np.errstate(invalid="ignore"):
                    is_wrong &= ~are_alike(rows, self.right.ravel())
            for i, wrong, row in zip(places, is_wrong.tolist(), digits(rows), strict=True):
                if wrong:
                    keys[i] = shape, row.tobytes()
        return keys

    def _add(self, key: ValueKey, value: Tensor, combination: Combination) -> None:
        if len(combination) > 1 and any(made[0] in combination for made in self.of_singles.get(key, ())):
            return
        if key not in self.found:
            self.numbers += value.size
            if self.numbers > NUMBERS:
                return
            self.found[key] = value, []
        self.found[key][1].append(combination)

    def alone(self, value: Tensor, combination: Combination) -> None:
        """What a slip gives alone, and needs no second one."""
        (key,) = self._keys([value])
        if key is not None:
            self.of_singles = {**self.of_singles, key: [combination]}

    def singles_done(self) -> None:
        """From now on pairs are added: what one of the two gives alone needs no second one."""
        self.of_singles = {key: list(made) for key, (_, made) in self.found.items()}

    def table(self) -> Table:
        """The entries, each as likely as what gives it: a mistake that can be made in many places is likely in none."""
        places: dict[Kinds, int] = {}
        for _, made in self.found.values():
            for kinds in {_kinds(combination) for combination in made}:
                places[kinds] = places.get(kinds, 0) + 1
        entries = []
        for value, made in self.found.values():
            single = len(made[0]) == 1
            weights = {_kinds(c): _weight(c) / places[_kinds(c)] for c in made}
            ordered = sorted(made, key=lambda c: -weights[_kinds(c)])
            entries.append(Entry(value, tuple(ordered), sum(weights.values()), single))
        entries.sort(key=lambda entry: (not entry.single, -entry.prior))
        return Table(self.right, tuple(entries))


def _kinds(combination: Combination) -> Kinds:
    """What some slips are called, and whether they are made in one update alone."""
    return tuple([(slip.code, slip.update is None) for slip in combination])
