"""What an exercise of the bench is: a problem worked out in plain NumPy, with the mistakes that students make in it.

A mistake is written `code`, or `code:where` where it can be made in several places (`bias-missing:2`,
`rounded-early:ell:2` for two decimals); `code/another` where both sentences say what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Answers: TypeAlias = dict[str, Any]
Made: TypeAlias = Collection[str]


class Reading(NamedTuple):
    """What one question is given for, by one mistake; the rest of the file is right."""

    ask: str
    mistake: str
    value: Any


class Exercise(NamedTuple):
    """A problem, what a set of mistakes gives for its asks, which are made in it alone and which together."""

    problem: str
    values: Callable[[Made], Answers]
    singles: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    readings: Callable[[Answers], Iterator[Reading]] = lambda right: iter(())


def codes(mistake: str) -> frozenset[str]:
    """The causes any of which says what the mistake was."""
    return frozenset(mistake.partition(":")[0].split("/"))


def each_with_each(some: Collection[str], others: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of different mistakes, one of each collection."""
    found = {frozenset(pair): pair for pair in product(some, others) if pair[0] != pair[1]}
    return tuple(found.values())


def array(value: Any) -> Array:
    return np.array(value, dtype=np.float64)


def relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


def sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def rounded(value: Any, name: str, made: Made) -> Any:
    """What the calculation goes on with: rounded where `rounded-early:name:decimals` is among the mistakes."""
    for mistake in made:
        code, _, where = mistake.partition(":")
        if code == "rounded-early" and where.rpartition(":")[0] == name:
            return np.round(value, int(where.rpartition(":")[2]))
    return value


def misread(right: Answers, *, chances: Collection[str] = ()) -> Iterator[Reading]:
    """Readings of single answers: a matrix transposed, a vector in another order, probabilities in percent, a sign."""
    for ask, value in right.items():
        value = np.asarray(value, dtype=np.float64)
        if value.ndim == 2 and min(value.shape) > 1:
            yield Reading(ask, "transposed", value.T)
        if value.ndim == 1 and len(value) > 1:
            yield Reading(ask, "elements-permuted:reversed", value[::-1])
        if value.ndim == 1 and len(value) > 2:
            yield Reading(ask, "elements-permuted:rotated", np.roll(value, 1))
        if ask in chances:
            yield Reading(ask, "percent", value * 100)
        yield Reading(ask, "sign-flipped", -value)
