"""How much the digits of an answer say for a mistake: the chance that a wrong answer agrees with it by accident."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.checking.claims import meant_units
from nnsolve.checking.mistakes.collected import Table
from nnsolve.checking.mistakes.mistake import Combination, Identity, Slip, SlipName, identity
from nnsolve.checking.model import Given

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

DECADE = 2 * math.log(10)
"""A random number of either sign, of any size within a factor of ten, is within a small distance d of v with the chance
2 d / (DECADE |v|)."""

SMALL = {0: 0.35, 1: 0.15}
"""How often a wrong answer has these numbers, up to their sign, whatever the mistake; other digits: `SMALL_INTEGER`."""

SMALL_INTEGER = 0.05

COPIED = 0.01
"""How often a wrong answer is by accident just what the file gives for the parameter before its updates."""

SLACK = 1e-9
"""Relative rounding error of a calculation that was written down with all its digits."""


MOST_SLIPS = 3
"""Elements of a large answer that may be slips of the pen."""

FAR = 0.05
"""What a mistake changes of an answer by less, relative to it, that answer may hide."""

FEW = 4
"""Digits of what may have been rounded before the calculation went on."""

DENIED = 50
"""Sets of denied slips of which is remembered what they leave."""

TINY = 1e-300
"""No chance counts as smaller."""


class Matches(NamedTuple):
    """Which entries of a table an answer agrees with, and with what chance it would by accident.

    `entries` are positions in the table. `chances` has for each the chance that a random wrong answer, of as many
    digits as the given one, agrees with this value; `crowd` that it agrees with any value at least as telling: those
    that are more likely, or less easily met by accident, and none that right answers deny before one that they do not.
    """

    entries: tuple[int, ...]
    chances: tuple[float, ...]
    crowd: tuple[float, ...]


NOTHING = Matches((), (), ())


class Group(NamedTuple):
    """The wrong values of one shape, a row each: their positions in the table, their priors, and `_least` of them.

    `sizes` says how large they are, `apart` how far from the right value (infinite where that has another shape), and
    `whole` how far from the next integer, which is written by chance as often as `floor` says. `columns` has the first
    elements of the rows in ascending order, each with its row.
    """

    positions: NDArray[np.int64]
    values: Tensor
    priors: Tensor
    least: Tensor
    sizes: Tensor
    apart: Tensor
    whole: Tensor
    floor: Tensor
    columns: tuple[tuple[list[float], list[int]], ...]

    def near(self, numbers: Iterable[tuple[Any, ...]], slips: int) -> list[int]:
        """Rows, among which are all that agree with an answer in all numbers but at most some `slips`.

        Each number comes with the place value of its last digit.
        """
        found = []
        for number, (ordered, row) in zip(numbers, self.columns, strict=False):
            value = number[0]
            reach = 0.5 * number[1] * (1 + 1e-6) + 2 * SLACK * abs(value)
            first = bisect_left(ordered, value - reach)
            if first < len(ordered) and ordered[first] <= value + reach:
                found.append(row[first : bisect_right(ordered, value + reach, first)])
            elif slips:
                slips -= 1
            else:
                return []  # as nearly always
        found.sort(key=len)
        return sorted({i for rows in found[: slips + 1] for i in rows})


def _group(table: Table, found: Sequence[int]) -> Group:
    entries = [table.entries[i] for i in found]
    values = np.array([entry.value.ravel() for entry in entries])
    columns = []
    for column in values[:, : MOST_SLIPS + 1].T:
        order = np.argsort(column, kind="stable")
        columns.append((column[order].tolist(), order.tolist()))
    priors = np.array([entry.prior for entry in entries])
    sizes, integers = np.abs(values), np.abs(np.round(values))
    apart = (
        np.abs(values - table.right.ravel()) if table.right.size == values.shape[1] else np.full_like(values, np.inf)
    )
    floor = np.select([integers == 0, integers == 1, integers < 10], [SMALL[0], SMALL[1], SMALL_INTEGER], 0.0)
    return Group(
        np.array(found), values, priors, _least(values), sizes, apart, np.abs(sizes - integers), floor, tuple(columns)
    )


class Made(NamedTuple):
    """What gives a wrong value: some slips, and what they are called together.

    `rounds` says whether something is rounded: that gives few digits, which much else gives, too. `changed` are the
    equations that the slips change, `read` those of them by which an answer is read off wrongly.
    """

    name: Identity
    slips: Combination
    rounds: bool
    changed: int
    read: int

    @classmethod
    def of(cls, slips: Combination) -> Made:
        """Slips that are made together."""
        changed = sum(len(slip.forward) + len(slip.emitted) for slip in slips if not slip.asked)
        read = sum(slip.asked is not None for slip in slips)
        return cls(identity(slips), slips, any(slip.rounding for slip in slips), changed, read)


class Evidence:
    """The wrong values of a table, by their shapes, ready to be held against answers."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.right = table.right
        self.first = float(self.right.ravel()[0]) if self.right.size else math.nan
        self.least = _least(table.right.ravel())
        self._denied: dict[tuple[int, Set[SlipName]], NDArray[np.bool_]] = {}
        self._changed: frozenset[SlipName] | None = None
        self._made: dict[int, list[Made]] = {}
        by_shape: dict[tuple[int, ...], list[int]] = {}
        for i, entry in enumerate(table.entries):
            by_shape.setdefault(squeezed(entry.value.shape), []).append(i)
        self.groups = {shape: _group(table, found) for shape, found in by_shape.items()}

    def made(self, position: int) -> list[Made]:
        """What gives an entry."""
        found = self._made.get(position)
        if found is None:
            found = self._made[position] = [Made.of(slips) for slips in self.table.entries[position].combinations]
        return found

    @cached_property
    def identities(self) -> frozenset[Identity]:
        """What gives any of the entries."""
        return frozenset([made.name for position in range(len(self.table.entries)) for made in self.made(position)])

    def changed_by(self) -> frozenset[SlipName]:
        """The names of the slips that alone make an answer wrong, by more than rounding does.

        Each answer is read off on its own: slips in that say nothing about others.
        """
        if self._changed is None:
            entries = [entry for entry in self.table.entries if entry.single and self._is_far(entry.value)]
            alone = [made[0] for entry in entries for made in entry.combinations if len(made) == 1]
            self._changed = frozenset([slip.name for slip in alone if slip.asked is None])
        return self._changed

    def _is_far(self, value: Tensor) -> bool:
        right = self.right
        return value.shape != right.shape or bool((np.abs(value - right) > FAR * np.abs(right)).any())

    def written_as(self, given: Given) -> Iterator[Slip]:
        """The slips that alone give just the numbers that are written, though these are right as far as they go."""
        group = self.groups.get(squeezed(given.shape))
        if group is not None and min(claim.digits for claim in given.claims) <= FEW:
            claimed, _ = _claimed(given)
            same = (np.abs(group.values - claimed) <= SLACK * np.abs(claimed)).all(axis=1)
            for position in group.positions[same].tolist():
                yield from (made[0] for made in self.table.entries[position].combinations if len(made) == 1)

    def matches(
        self, given: Given, slips: int = 0, denied: Set[SlipName] = frozenset(), *, copies: bool = False
    ) -> Matches:
        """The entries that agree with an answer in all elements but at most some `slips`.

        The slips that are `denied` were hardly made. With `copies` what the file gives for a parameter is taken for a
        copy of it, however few digits it has.
        """
        group = self._group(given)
        rows = group.near(given.claims, slips) if group else None
        if not group or not rows:
            return NOTHING
        positions, priors = group.positions, group.priors
        claimed, units = _claimed(given)
        half = 0.5 * units * (1 + 1e-6)
        off = np.abs(group.values[rows] - claimed) > np.maximum(half, group.least[rows])
        missed = off.sum(axis=1).tolist()
        found = [row for row, count in zip(rows, missed, strict=True) if count <= slips]
        if not found:
            return NOTHING
        chances = self._chances(group, claimed, half, slips)
        if copies and self._is_copied(claimed):
            same = (np.abs(group.values - claimed) <= group.least).all(axis=1)
            chances = np.where(same, np.minimum(chances, COPIED), chances)
        telling = -priors / np.maximum(chances, TINY)
        keys = (telling, self._only_denied(group, denied)) if denied else (telling,)
        order = np.lexsort(keys)
        crowd = np.empty(len(chances))
        crowd[order] = np.minimum(np.cumsum(chances[order]), 1.0)
        return Matches(tuple(positions[found].tolist()), tuple(chances[found].tolist()), tuple(crowd[found].tolist()))

    def is_near(self, given: Given, numbers: Iterable[tuple[Any, ...]], slips: int = 0) -> bool:
        """Whether an answer, were these its numbers, may agree with an entry in all of them but at most some `slips`.

        Each number comes with the place value of its last digit. Soon decided for the many that do not.
        """
        group = self._group(given)
        return group is not None and bool(group.near(numbers, slips))

    def _group(self, given: Given) -> Group | None:
        """The wrong values of the shape of an answer."""
        group = self.groups.get(squeezed(given.shape))
        return group if group is not None and len(given.claims) == group.values.shape[1] else None

    def _is_copied(self, claimed: Tensor) -> bool:
        """Whether an answer is what the file gives for the parameter, to the last digit."""
        if self.table.given is None or self.table.given.size != len(claimed):
            return False
        given = self.table.given.ravel()
        return bool((np.abs(given - claimed) <= _least(given)).all())

    def _only_denied(self, group: Group, denied: Set[SlipName]) -> NDArray[np.bool_]:
        """Which entries nothing gives but what is denied; many students have the same answers right."""
        key = id(group), denied
        if key not in self._denied:
            if len(self._denied) == DENIED:
                self._denied.clear()
            entries = [self.made(position) for position in group.positions.tolist()]
            found = [not any(denied.isdisjoint(made.name) for made in entry) for entry in entries]
            self._denied[key] = np.array(found)
        return self._denied[key]

    def says_nothing(self, given: Given, slips: int) -> bool:
        """Whether an answer is neither right nor agrees with anything: soon decided for the many of which it is so."""
        return not (self._may_be_right(given) or self.is_near(given, given.claims, slips))

    def _may_be_right(self, given: Given) -> bool:
        """Whether the first number of an answer is right, about."""
        first = given.claims[0]
        return not abs(self.first - first[0]) > max(first[1], 2e-3 * abs(self.first))

    def is_right(self, given: Given) -> bool:
        """Whether an answer is right to its digits, or within 0.1 %."""
        if squeezed(given.shape) != squeezed(self.right.shape) or not self._may_be_right(given):
            return False
        units = meant_units(given.claims)
        return all(
            [
                abs(value - claim[0]) <= max(0.5 * unit * (1 + 1e-6), 1e-3 * abs(value))
                for value, claim, unit in zip(self.right.ravel().tolist(), given.claims, units, strict=True)
            ]
        )

    def _chances(self, group: Group, claimed: Tensor, half: Tensor, slips: int) -> Tensor:
        """For each value the chance that a random wrong answer agrees with it in all elements but some `slips`.

        Elements that are right say nothing for a mistake; a value that is wrong there speaks against it.
        """
        n = len(claimed)
        reach = np.maximum(half, group.least)
        agree = np.abs(group.values - claimed) <= reach
        with np.errstate(all="ignore"):  # a 0 has no size
            scale = np.where(group.sizes <= reach, group.apart, np.minimum(group.sizes, group.apart))
            each = np.minimum(2 / DECADE * reach / scale, 1.0)
        each[np.isnan(each)] = 1.0
        if self.right.size == n:
            is_right = np.abs(self.right.ravel() - claimed) <= np.maximum(half, self.least)
            if is_right.any():
                each = np.where(is_right, agree if not slips else 1.0, each)
        each = np.where(group.whole <= reach, np.maximum(each, group.floor), each)
        if not slips:
            result: Tensor = np.prod(each, axis=1)
            return result
        missed = np.count_nonzero(~agree, axis=1)
        own = np.prod(np.where(agree, each, 1.0), axis=1)
        easiest = np.prod(np.sort(each, axis=1)[:, slips:], axis=1)  # of a value that does not agree
        ways = np.array([math.comb(n, min(int(k), slips)) for k in missed], dtype=float)
        chances: Tensor = np.minimum(ways * np.where(missed <= slips, own, easiest), 1.0)
        return chances


def _claimed(given: Given) -> tuple[Tensor, Tensor]:
    """The numbers of an answer, and the units of their last digits."""
    return np.array([claim.value for claim in given.claims]), np.array(meant_units(given.claims))


def _least(values: Tensor) -> Tensor:
    """How far a claim may be from a value because of rounding errors, however many digits it has."""
    result: Tensor = SLACK * np.abs(values) + 4 * np.spacing(np.abs(values))
    return result


@lru_cache(maxsize=1024)
def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its ones: a column, a row and a list are the same vector."""
    return tuple([n for n in shape if n != 1])
