"""How often the mistake behind a wrong answer is named in trainings and sequences.

As in `diagnosis`; the trainings of the notebook are made with fewer epochs, which are still too many to try every
mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np

from nnsolve.checking.diagnose import Diagnosis
from tests.bench import slips_sequences, slips_training
from tests.bench.diagnosis import loaded, outcomes, share
from tests.bench.diagnosis import source as seed
from tests.bench.slips.exercise import Exercise

EXERCISES = tuple(
    [
        Exercise(problem, values, singles, tuple(combinations(likely, 2)))
        for problem, values, singles, likely in (*slips_training.EXERCISES, *slips_sequences.EXERCISES)
    ]
)


def source(problem: str) -> str:
    """The file of a seed problem, with fewer epochs."""
    epochs = slips_training.EPOCHS
    return seed(problem).replace("L@e1000\n", f"L@e{epochs // 10}\n").replace("10000", str(epochs))


@cache
def diagnosis(problem: str) -> Diagnosis:
    """The diagnosis of a seed problem of fewer epochs."""
    return loaded(problem, source(problem)).diagnosis


def rows() -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    with np.errstate(all="ignore"):
        found = outcomes(EXERCISES, source)
    telling = [outcome for outcome in found if not outcome.says_nothing]
    for kind in ("single", "pair"):
        some = [outcome for outcome in telling if outcome.kind == kind]
        yield f"trainings, sequences: {kind} mistakes, {len(some)} answers", str(share(some)), "at least 98"
    yield f"  with answers of 0, 1 and -1 alone, {len(found)}", str(share(found)), ""
