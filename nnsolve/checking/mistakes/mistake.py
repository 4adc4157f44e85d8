"""A mistake as a record: what it is called, what it tells the student, and the edits that make it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from nnsolve.core.names import Name
from nnsolve.engine.program import Change
from nnsolve.problem.model import Problem, Rounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]

Stage: TypeAlias = Literal["source", "backward", "emitted", "asked"]
"""What is edited: a source equation (the rest is then differentiated again), the rules of the backward pass (every
equation that they emit), one emitted equation, or the asked value itself."""

COMMON, OFTEN, USUAL, RARE = 8.0, 4.0, 3.0, 1.0
"""How often mistakes are made, in relation to each other."""


class Slip(NamedTuple):
    """A mistake made at one place of a program: the equations that it changes, or what it gives for an asked value.

    `at` is the equation in which it bites first (empty: the asked value). `forward` equations are changed before the
    rest is differentiated, `emitted` ones after; `given` changes inputs, targets and parameters, `problem` what the
    file says, `rounding` how values are rounded as they are stored. `asked` gives the wrong values of what is asked,
    none where it does not apply.
    """

    code: str
    at: str
    forward: Mapping[Name, Change] = {}
    emitted: Mapping[Name, Change] = {}
    given: Mapping[Name, Callable[[Tensor], Tensor]] = {}
    problem: Callable[[Problem], Problem] | None = None
    rounding: tuple[Rounding, ...] = ()
    asked: Callable[[View], Iterable[Tensor]] | None = None
    update: int | None = None  # that which it is made in alone, by how many come before it; else in all of them
    place: int = 0  # which of the slips with this code and `at` it is

    is_likely: bool = False  # one of those that others are looked for besides

    @property
    def name(self) -> SlipName:
        """What it is called in every part of a problem."""
        return self.code, self.at, self.place


Combination: TypeAlias = tuple[Slip, ...]
"""Slips that are made together."""

SlipName: TypeAlias = tuple[str, str, int]

Identity: TypeAlias = tuple[SlipName, ...]
"""The slips of a combination by name: the same ones in every part of a problem."""


def identity(combination: Combination) -> Identity:
    """What the slips of a combination are called."""
    return tuple(sorted([slip.name for slip in combination]))


class Example(NamedTuple):
    """A problem by its name in `examples`, and an ask of it whose value the mistake changes."""

    problem: str
    ask: str


class Mistake(NamedTuple):
    """A mistake: a stable code, a sentence that helps the student and gives no number away, and its slips in a program.

    `weight` says how common it is. `paired` mistakes are tried together with others, too.
    """

    code: str
    message: str
    stage: Stage
    slips: Callable[[Scene], Iterable[Slip]]
    example: Example
    weight: float = USUAL
    paired: bool = False


CAUSES: dict[str, Mistake] = {}


def register(
    code: str,
    message: str,
    stage: Stage,
    slips: Callable[[Scene], Iterable[Slip]],
    example: tuple[str, str],
    weight: float = USUAL,
    *,
    paired: bool = False,
) -> None:
    """Add a mistake to those that answers are held against."""
    assert code not in CAUSES, code
    CAUSES[code] = Mistake(code, message, stage, slips, Example(*example), weight, paired)
