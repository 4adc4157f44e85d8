"""Wrong answers from which the right ones follow by one simple step.

Such a step changes all numbers in the same way:

- another sign, another common factor: whole numbers such as 2 and 100, sizes, hyperparameters and scalar constants of
  the problem, ln 2 and ln 10, and these upside down; or whatever makes the numbers add up to 1, or their squares;
- another order of the elements: transposed, backwards, permuted; with a sign or a factor as well;
- a square or a root, a reciprocal, an exponential or a logarithm of each number;
- a tensor that the problem states is added or taken away: the parameter from its update, its gradient from the
  parameter, a bias, a target, 1.

It is decided by the numbers, whatever mistake has led to them. A factor that has to be worked out, such as the
derivative of the only output, is none of these; nor is an activation, a mask, or a product with weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.checking.evidence import MOST_SLIPS
from nnsolve.checking.judge import fits
from nnsolve.checking.key import NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.key import Key, Target
    from nnsolve.checking.model import Given
    from nnsolve.engine.run import Run

    Tensor = NDArray[np.float64]

FEW = (1.0, 2.0)
"""Factors that come along with other steps."""

PLAIN = (1.0, 2.0, 3.0, 4.0, 100.0, math.log(2), math.log(10))
"""Factors in any problem."""

ROUGHLY = 0.05
"""What is that near to 1 is no factor: numbers that are rounded on the way differ by as much."""

POWERS = 3
"""The bias corrections 1 - beta^t of so many updates are among the factors."""

MOST = 1_000_000
"""Numbers that are held against an answer at once, about."""

ALIKE = 0.3
"""How near to a factor the sizes of given and right numbers, added up, are before they are compared one by one."""

TELLING = 2 * (1 - 1e-6)
"""A number that a step changes by less than so many times its rounding says nothing for the step: 0 and 1 do."""

NOISE = 1e-9
"""Rounding errors, relative to the largest number."""

FUNCTIONS: tuple[tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]], ...] = (
    (np.square, lambda x: 2 * x),
    (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
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
    numbers = [leaf.value for leaf in leaves if leaf.role in ("hyperparameter", "constant") and leaf.value.size == 1]
    rates = {abs(number.item()) for number in numbers if np.isfinite(number)}
    shares = {1 - rate**n for rate in rates if rate < 1 for n in range(1, POWERS + 1)}
    sizes = {float(size) for leaf in leaves for size in leaf.value.shape} | {float(run.samples), float(run.per_epoch)}
    factors = sizes | {2 * size for size in sizes} | {size / 2 for size in sizes} | rates | shares | set(PLAIN)
    count = len(target.values)
    return Steps(
        _both_ways(factor for factor in factors if factor == 1 or abs(factor - 1) > ROUGHLY),
        _both_ways(rates | set(FEW)),
        np.array(list(_parameters(run, target))).reshape(-1, count),
        np.array([np.ones(count), *_tensors(run, target)]),
    )


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

    Numbers that were as good as right before say nothing for a step, nor do those that it leaves wide open.
    """
    exact = np.array(target.values)
    if len(given.claims) != len(exact) or not np.isfinite(exact).all():
        return False
    numbers = np.array([claim.value for claim in given.claims])
    half = np.array([0.5 * claim.unit for claim in given.claims])
    is_read = ~np.isnan(numbers)
    near = np.array([bounds.tolerance for bounds in target.bounds]) + NOISE * np.abs(exact).max()
    slips = min(len(exact) // 8, MOST_SLIPS)
    with np.errstate(all="ignore"):
        open = np.abs(exact)
        if fits(given.shape, target.shape):
            open = np.minimum(open, np.abs(numbers - exact))
        for values, reach in _reached(numbers, half, given.shape, exact, steps, slips):
            reach = np.maximum(near, reach)
            missed = (~(np.abs(values - exact) <= reach) & is_read).sum(axis=-1)
            telling = (open >= TELLING * reach).sum(axis=-1)
            if ((missed <= slips) & (2 * missed < telling)).any():
                return True
    return False


def _reached(
    numbers: Tensor, half: Tensor, shape: tuple[int, ...], exact: Tensor, steps: Steps, slips: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The numbers that steps lead to, a row each, and how far each may be off since the given ones are rounded."""
    readings = [(numbers, half)]
    if len(shape) == 2 and min(shape) > 1:
        readings.append((numbers.reshape(shape).T.ravel(), half.reshape(shape).T.ravel()))
    rank = np.argsort(exact)
    for scale in _scales(numbers, exact, steps.factors, slips):
        yield from ((own * scale, np.abs(wide * scale)) for own, wide in readings)
        order = np.argsort(numbers * scale)
        values, reach = np.empty_like(numbers), np.empty_like(half)
        values[rank], reach[rank] = numbers[order] * scale, np.abs(half[order] * scale)
        yield values, reach
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


def _scales(numbers: Tensor, exact: Tensor, factors: Tensor, slips: int) -> Tensor:
    """The common factors that make the given numbers about as large as the right ones."""
    if len(numbers) > 1:
        factors = np.concatenate([factors, _both_ways([abs(numbers.sum()), float(np.linalg.norm(numbers))])])
    kept = np.count_nonzero(~np.isnan(numbers)) - slips
    ratio = np.sort(np.abs(exact))[:kept].sum() / np.sort(np.abs(numbers))[:kept].sum()
    scales: Tensor = factors[np.abs(np.abs(factors) - ratio) <= ALIKE * ratio]
    return scales
