"""Wrong answers from which the right ones follow by one simple step.

Such a step changes all numbers in the same way:

- another sign, another common factor: whole numbers such as 2 and 100, sizes and their squares, every single number
  that the problem states (for a single right number also those of small tensors), ln 2 and ln 10, these upside down,
  and products of two stated ones; or whatever makes the numbers add up to 1, or their squares;
- another order of the elements: transposed, backwards, permuted, with a sign or a factor as well; one place further;
- a square or a root, a reciprocal, an exponential or a logarithm of each number;
- a tensor that the problem states is added or taken away: the parameter from its update, its gradient from the
  parameter, its decay, a bias, a target, 1;
- what is given for each sample is added up, or each sample's step.

It is decided by the numbers, whatever mistake has led to them. A factor that has to be worked out, such as the
derivative of the only output, is none of these; nor is an activation, a mask, or a product with several weights. A
number of few digits may be near to such a step by chance: then too much is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.checking.evidence import MOST_SLIPS
from nnsolve.checking.judge import FARTHEST, fits
from nnsolve.checking.key import NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.key import Key, Target
    from nnsolve.checking.model import Given
    from nnsolve.engine.data import Leaf
    from nnsolve.engine.run import Run

    Tensor = NDArray[np.float64]

FEW = (1.0, 2.0)
"""Factors that come along with other steps."""

TEN = 10.0
"""A decimal point moved by one place."""

PLAIN = (1.0, 2.0, 3.0, 4.0, TEN, 100.0, math.log(2), math.log(10))
"""Factors in any problem."""

ROUGHLY = 0.05
"""What is that near to 1 is no factor: numbers that are rounded on the way differ by as much."""

POWERS = 3
"""The bias corrections 1 - beta^t of so many updates are among the factors."""

FEW_NUMBERS = 16
"""Tensors of at most so many numbers are small: each may be a factor. Products are taken of at most so many."""

MOST = 1_000_000
"""Numbers that are held against an answer at once, about."""

ALIKE = 0.3
"""How much the sizes of given and right numbers, added up, may be off a factor before they are compared one by one."""

NOISE = 1e-9
"""Rounding errors, relative to the largest number."""

FUNCTIONS: tuple[tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]], ...] = (
    (np.square, lambda x: 2 * x),
    (np.sqrt, lambda x: 0.5 / np.sqrt(np.abs(x))),
    (np.reciprocal, lambda x: 1 / np.square(x)),
    (np.exp, np.exp),
    (np.log, np.reciprocal),
)
"""Functions of each number, with their derivatives."""


class Steps(NamedTuple):
    """What is known without working anything out, for one asked quantity.

    `factors` are common ones, `rates` those few that come along with the quantity's own `parameters` (what is updated,
    or what the gradient is of), `tensors` whatever else has its elements; these are listed one behind the other, in a
    row each.
    """

    factors: Tensor
    rates: Tensor
    parameters: Tensor
    tensors: Tensor


def steps_of(key: Key, target: Target) -> Steps:
    """The steps that are held against answers to a quantity."""
    run = key.solvers[target.section].run
    leaves = run.whole.leaves.values()
    rates = _stated(leaf for leaf in leaves if leaf.role in ("hyperparameter", "constant") and leaf.value.size == 1)
    single = _stated(leaf for leaf in leaves if leaf.value.size == 1)
    basic = {*(rates if len(single) > FEW_NUMBERS else single), *(1 - rate for rate in rates)}
    count = len(target.values)
    stated = _stated(leaf for leaf in leaves if leaf.value.size <= (FEW_NUMBERS if count == 1 else 1))
    shares = {1 - rate**n for rate in rates if rate < 1 for n in range(1, POWERS + 1)}
    samples = {float(run.samples), float(run.per_epoch)}
    sizes = samples | {float(size) for leaf in leaves for size in leaf.value.shape}
    sizes |= {size * other for size in sizes for other in (0.5, 2, size)}
    factors = {*sizes, *stated, *shares, *PLAIN, *_products(_both_ways(basic))}
    return Steps(
        _both_ways(factor for factor in factors if factor == 1 or abs(factor - 1) > ROUGHLY),
        _both_ways({*rates, *FEW, TEN, *samples, *_products(rates)}),
        np.array(list(_parameters(run, target))).reshape(-1, count),
        np.array([np.ones(count), *_tensors(run, target)]),
    )


def _stated(leaves: Iterable[Leaf]) -> set[float]:
    """The sizes of the numbers of some givens."""
    return {abs(number) for leaf in leaves for number in leaf.value.ravel().tolist() if math.isfinite(number)}


def _products(numbers: Iterable[float]) -> set[float]:
    """The products of two numbers."""
    return {abs(float(a * b)) for a, b in combinations(numbers, 2)}


def _both_ways(numbers: Iterable[float]) -> Tensor:
    """Numbers that are not 0 and their reciprocals, with both signs, each once."""
    both = [power for number in numbers if number for power in (number, 1 / number)]
    return np.unique([*both, *(-power for power in both)])


def _parameters(run: Run, target: Target) -> Iterator[Tensor]:
    """The parameter that an update starts from, or that a gradient is of: as given, and before this update."""
    if target.changes is not None:
        yield np.array(target.values) - np.array(target.changes)
    name = target.name
    if name is None or name.primal.after(0) not in run.program.updated:
        return
    update = run.resolve_moment(name) - (name.of is None)
    if 0 <= update <= NEAR:
        before = run.value(name.primal.after(update)).ravel()
        if before.size == len(target.values):
            yield before


def _tensors(run: Run, target: Target) -> Iterator[Tensor]:
    """What the problem states that has the shape of a quantity, also once for each sample."""
    for leaf in run.whole.leaves.values():
        if leaf.role != "hyperparameter" and leaf.value.any():
            with suppress(ValueError):
                stated = np.broadcast_to(leaf.value, target.asked.shape.dims).ravel()
                if len(stated) == len(target.values):
                    yield stated


def is_undone(given: Given, target: Target, steps: Steps) -> bool:
    """Whether a simple step leads from a wrong answer to the right numbers, but for as many slips as a cause may leave.

    Half a unit of the last digit that was written is near enough. What was as good as right before says nothing for a
    step, nor what is judged as wrong after it.
    """
    exact = np.array(target.values)
    if not np.isfinite(exact).all():
        return False
    if len(given.claims) != len(exact):
        return _is_added_up(given, exact, steps)
    numbers = np.array([claim.value for claim in given.claims])
    half = np.array([0.5 * claim.unit for claim in given.claims])
    is_read = ~np.isnan(numbers)
    numbers, half = np.where(is_read, numbers, 1.0), np.where(is_read, half, np.inf)  # what is unread may be anything
    near = np.array([bounds.tolerance for bounds in target.bounds]) + NOISE * np.abs(exact).max()
    if _is_moved(given, numbers, np.maximum(near, half), exact):
        return True
    far = np.maximum(near, FARTHEST * np.abs(exact))
    slips = min(len(exact) // 8, MOST_SLIPS)
    with np.errstate(all="ignore"):
        open = np.abs(exact)
        if fits(given.shape, target.shape):
            open = np.minimum(open, np.where(is_read, np.abs(numbers - exact), np.inf))
        for values, reach in _reached(numbers, half, given.shape, near, exact, steps, slips):
            is_known = reach < np.inf
            off, reach = np.abs(values - exact), np.maximum(near, (1 + NOISE) * reach)
            missed = (~(off <= reach) & is_known).sum(axis=-1)
            telling = ((off <= far) & (open >= np.minimum(reach, far)) & is_known).sum(axis=-1)
            if ((missed <= slips) & (2 * missed < telling)).any():
                return True
    return False


def _is_moved(given: Given, numbers: Tensor, reach: Tensor, exact: Tensor) -> bool:
    """Whether the right numbers stand one place further, but for those that then have none: the steps before or after.

    What is right in its own place as well says nothing.
    """
    own, right, enough = (values.reshape(given.shape) for values in (numbers, exact, reach))
    is_right = np.abs(own - right) <= enough
    for axis in range(right.ndim):
        for earlier, later in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            here = (*[slice(None)] * axis, earlier)
            there = (*[slice(None)] * axis, later)
            off = np.abs(own[here] - right[there])
            telling = (off <= FARTHEST * np.abs(right[there])) & ~is_right[here]
            if (off <= enough[there]).all() and telling.any():
                return True
    return False


def _is_added_up(given: Given, exact: Tensor, steps: Steps) -> bool:
    """Whether the right numbers are the sums of the rows or columns, or of the steps in these from the parameter."""
    if len(given.shape) != 2:
        return False
    numbers = np.array([claim.value for claim in given.claims]).reshape(given.shape)
    half = np.array([0.5 * claim.unit for claim in given.claims]).reshape(given.shape)
    for values, wide in ((numbers, half), (numbers.T, half.T)):
        if values.shape[1] == len(exact):
            reach = (1 + NOISE) * wide.sum(axis=0)
            for old in (np.zeros(len(exact)), *steps.parameters):
                if (np.abs(old + (values - old).sum(axis=0) - exact) <= reach).all():
                    return True
    return False


def _reached(
    numbers: Tensor,
    half: Tensor,
    shape: tuple[int, ...],
    near: Tensor,
    exact: Tensor,
    steps: Steps,
    slips: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The numbers that steps lead to, a row each, and how far each may be off since the given ones are rounded."""
    readings = [(numbers, half)]
    if len(shape) == 2 and min(shape) > 1:
        readings.append((numbers.reshape(shape).T.ravel(), half.reshape(shape).T.ravel()))
    for scale in _scales(numbers, half, exact, steps.factors, slips):
        yield from ((own * scale, np.abs(wide * scale)) for own, wide in readings)
        yield _ordered(numbers * scale, np.abs(half * scale), near, exact)
    few, rates = _both_ways(FEW)[:, None], steps.rates[:, None]
    for own, wide in readings:
        for function, slope in FUNCTIONS:
            scaled = own * few
            value, reach = function(scaled), np.abs(slope(scaled) * wide * few)
            yield value, reach
            yield -value, reach
        for tensors in _in_parts(steps.tensors, 1):
            for sign in (1, -1):
                yield sign * own + tensors, wide
                yield sign * own - tensors, wide
            yield own + 2 * tensors, wide
            yield own - 2 * tensors, wide
        for parameters in _in_parts(steps.parameters, len(rates)):
            old, reach = parameters[:, None], np.abs(wide * rates)
            yield (own - old) * rates, reach
            yield old + own * rates, reach
            yield old + (own - old) * rates, reach
            yield own + old * rates, wide


def _in_parts(tensors: Tensor, times: int) -> list[Tensor]:
    """Tensors, few at a time where they are large."""
    return np.array_split(tensors, 1 + tensors.size * times // MOST)


def _ordered(numbers: Tensor, half: Tensor, near: Tensor, exact: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers in that order which leads to most right ones, found by going through both from below."""
    is_read = half < np.inf
    order, rank = np.argsort(numbers[is_read]), np.argsort(exact)
    own, wide = numbers[is_read][order].tolist(), half[is_read][order].tolist()
    values, reach = np.full_like(exact, np.nan), np.full_like(exact, np.inf)
    left: list[int] = []
    empty: list[int] = []
    n = 0
    for at, right, enough in zip(rank.tolist(), exact[rank].tolist(), near[rank].tolist(), strict=True):
        while n < len(own) and own[n] < right - max(enough, wide[n]):
            left.append(n)
            n += 1
        if n < len(own) and own[n] <= right + max(enough, wide[n]):
            values[at], reach[at] = own[n], wide[n]
            n += 1
        else:
            empty.append(at)
    for at, other in zip(empty, [*left, *range(n, len(own))], strict=False):
        values[at], reach[at] = own[other], wide[other]
    return values, reach


def _scales(numbers: Tensor, half: Tensor, exact: Tensor, factors: Tensor, slips: int) -> Tensor:
    """The common factors that make the given numbers about as large as the right ones."""
    is_read = half < np.inf
    read, right = numbers[is_read], exact[is_read]
    for whole, of_read, of_right in (
        (exact.sum(), read.sum(), right.sum()),
        (np.linalg.norm(exact), np.linalg.norm(read), np.linalg.norm(right)),
    ):
        if len(exact) > 1 and abs(whole - 1) <= NOISE:  # whatever is not normalized is a multiple
            factors = np.concatenate([factors, _both_ways([abs(of_read / of_right)])])
    kept = len(read) - slips  # so many numbers fit at least: those between the smallest and the largest
    sizes, own = np.sort(np.abs(exact)), np.sort(np.abs(read))
    least = sizes[:kept].sum() / own[-kept:].sum()
    most = sizes[-kept:].sum() / own[:kept].sum()
    scales: Tensor = factors[((1 - ALIKE) * least <= np.abs(factors)) & (np.abs(factors) <= (1 + ALIKE) * most)]
    return scales
