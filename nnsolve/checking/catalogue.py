"""The mistakes that answers are held against, each with what it does to the problem that it is registered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.mistakes.mistake import Mistake, Slip
from nnsolve.problem.loader import problem_of_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

STAGES = {
    "source": "in an equation of the forward pass, which is then differentiated as it stands",
    "backward": "in the rules of the backward pass",
    "emitted": "in one equation of the solution",
    "asked": "in what is written down as the answer",
}
"""What each stage edits."""


class Worked(NamedTuple):
    """A mistake at its example: the problem, what is asked there, its right value, and the wrong ones.

    With each wrong value stands the equation in which the mistake bites first; empty where it is the answer itself.
    """

    problem: str
    ask: str
    right: Tensor
    wrong: tuple[tuple[str, Tensor], ...]


def listed() -> dict[str, Mistake]:
    """All mistakes by their codes, in the order of the alphabet."""
    return dict(sorted(CAUSES.items()))


def worked(mistake: Mistake) -> Worked:
    """What a mistake gives at its example, wherever it can be made there; not where that is nothing but zeros."""
    name, ask = mistake.example
    text = PROBLEMS[name]
    evidence = Diagnosis(problem_of_text(text, f"{name}.yaml")).evidence(ask)
    assert evidence is not None
    wrong: list[tuple[str, Tensor]] = []
    for entry in evidence.table.entries:
        places = [_where(made[0]) for made in entry.combinations if len(made) == 1 and made[0].code == mistake.code]
        wrong += [(at, entry.value) for at in places[:1] if entry.value.any()]
    return Worked(text.strip(), ask, evidence.right, tuple(wrong))


def _where(slip: Slip) -> str:
    return slip.at if slip.at or slip.asked is not None else "all equations"
