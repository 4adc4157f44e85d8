"""How often a wrong answer that no mistake made is accused of one: chance, and slips that nothing explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnsolve.checking.mistakes.apply import IMPOSSIBLE, mistaken
from nnsolve.checking.mistakes.mistake import Slip
from nnsolve.checking.mistakes.scene import Scene, View
from tests.bench.diagnosis import SEEDS, Known, Share, known
from tests.checking.answering import answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor: TypeAlias = "NDArray[np.float64]"

ROUNDS = 12
"""Wrong answers of each kind to every question."""

TENTHS = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)

PROBLEMS = tuple(sorted(path.stem for path in SEEDS.glob("*.yaml")))


def _sizes(value: Tensor) -> Tensor:
    return np.asarray(np.abs(value) + 0.1 * (np.abs(value).max() or 1.0))


def any_size(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """Numbers of either sign within half a decade of the right ones."""
    return np.asarray(_sizes(value) * 10 ** rng.uniform(-0.5, 0.5, value.shape) * rng.choice([-1, 1], value.shape))


def around(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """Numbers around the right ones."""
    return value + _sizes(value) * rng.normal(0, 0.5, value.shape)


def one_wrong(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """The right tensor with one of its numbers wrong."""
    return _at_one(value, rng, lambda x: x + (abs(x) + 0.1 * (np.abs(value).max() or 1.0)) * rng.normal())


def one_digit(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """One digit of one of its numbers is another."""

    def change(x: float) -> float:
        place = 10.0 ** (np.floor(np.log10(abs(x) or 1.0)) - rng.integers(digits))
        return float(x + place * rng.choice([-1, 1]) * rng.integers(1, 6))

    return _at_one(value, rng, change)


def two_digits(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """Two digits of one of its numbers have changed places."""

    def change(x: float) -> float:
        mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
        listed = list(mantissa.lstrip("-").replace(".", ""))
        i = int(rng.integers(max(len(listed) - 1, 1)))
        listed[i : i + 2] = listed[i : i + 2][::-1]
        return float(np.copysign(float(f"{listed[0]}.{''.join(listed[1:])}e{exponent}"), x))

    return _at_one(value, rng, change)


def ten_percent(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """One of its numbers is a tenth too large or too small."""
    return _at_one(value, rng, lambda x: x * rng.choice([0.9, 1.1]))


def point_moved(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """The decimal point of one of its numbers is in the wrong place (not by two, which would be a percentage)."""
    return _at_one(value, rng, lambda x: x * rng.choice([0.001, 0.1, 10.0, 1000.0]))


def small_integers(value: Tensor, digits: int, rng: np.random.Generator) -> Tensor:
    """Integers from -9 to 9."""
    return np.asarray(rng.integers(-9, 10, value.shape), dtype=np.float64)


def _at_one(value: Tensor, rng: np.random.Generator, change: Callable[[float], float]) -> Tensor:
    flat = np.array(value, dtype=np.float64).ravel()
    i = rng.integers(flat.size)
    flat[i] = change(float(flat[i]))
    return flat.reshape(value.shape)


Kind: TypeAlias = Callable[[Any, int, np.random.Generator], Any]
CHANCE: tuple[Kind, ...] = (any_size, around, one_wrong)
STRUCTURED: tuple[Kind, ...] = (one_digit, two_digits, ten_percent, point_moved, small_integers)


def accusations(kinds: Iterable[Kind], digits: int, problems: Iterable[str] = PROBLEMS) -> Share:
    """Of wrong answers of some kinds: those that are accused of a mistake."""
    rng = np.random.default_rng(digits)
    accused = total = 0
    for problem in problems:
        checked = known(problem)
        for ask, target in checked.key.targets.items():
            value = np.reshape(target.values, target.shape)
            for kind in kinds:
                for _ in range(ROUNDS):
                    given = answer(kind(value, digits, rng), digits)
                    if checked.is_wrong(ask, given):
                        total += 1
                        accused += bool(checked.diagnosis.explain({ask: given}, [ask])[ask])
    return Share(accused, total)


def misreadings(digits: int, problems: Iterable[str] = PROBLEMS) -> Share:
    """The same for files in which a number of the problem is misread, and the calculation goes on with it."""
    rng = np.random.default_rng(digits)
    accused = total = 0
    for problem in problems:
        checked = known(problem)
        for answers in _misread(checked, rng):
            given = {ask: answer(value, digits) for ask, value in answers.items() if np.isfinite(value).all()}
            wrong = [ask for ask in given if checked.is_wrong(ask, given[ask])]
            total += len(wrong)
            accused += sum(map(bool, checked.diagnosis.explain(given, wrong).values()))
    return Share(accused, total)


def _instead(changed: Tensor, value: Tensor) -> Tensor:
    return changed


def _misread(checked: Known, rng: np.random.Generator) -> Iterator[Mapping[str, Tensor]]:
    """The asked values with one wrong number in a parameter, an input or a target, for some numbers of each."""
    for section, solver in checked.key.solvers.items():
        scene = Scene(solver)
        for name, leaf in solver.run.whole.leaves.items():
            for _ in range(min(leaf.value.size, 4) if leaf.role != "constant" else 0):
                changed = _at_one(leaf.value, rng, lambda x: x + (abs(x) or 1.0) * rng.choice(TENTHS))
                run = mistaken(solver.run, [Slip("", "", given={name: partial(_instead, changed)})])
                if run is not None:
                    prefix = f"{section}." if section else ""
                    near = [item for item in solver.asked if scene.near(item)]
                    with suppress(*IMPOSSIBLE):  # there is no word 1.2
                        yield {prefix + item.ask.id: View(scene, item, run).own for item in near}


def rows() -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    for digits, most in ((4, 1), (2, 2)):
        share = accusations(CHANCE, digits)
        yield f"random wrong answers of {digits} digits accused, of {share.of}", str(share), f"at most {most}"
        for kind in STRUCTURED:
            share = accusations([kind], digits)
            yield f"  {kind.__name__.replace('_', ' ')}, of {share.of}", str(share), ""
        share = misreadings(digits)
        yield f"  a number of the problem misread, of {share.of}", str(share), ""
