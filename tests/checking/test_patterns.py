"""Files that are alike but for answers that agree with nothing."""

from __future__ import annotations

import numpy as np

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.mistakes.examples import NETWORK
from nnsolve.checking.model import Cause, Given
from nnsolve.checking.reading import allowed_slips
from nnsolve.problem.loader import problem_of_text
from tests.checking.answering import answer


def fresh() -> Diagnosis:
    return Diagnosis(problem_of_text(NETWORK, "network.yaml"))


def causes(diagnosis: Diagnosis, given: dict[str, Given]) -> dict[str, tuple[Cause, ...]]:
    return diagnosis.explain(given, list(given))


def flipped(diagnosis: Diagnosis, other: np.ndarray) -> dict[str, Given]:
    """The answers of a student who takes y - a for a - y, with another one that follows from more than that."""
    return {"dL/dz2": answer(-np.asarray(diagnosis.solution["dL/dz2"]), 6), "W1@1": answer(other, 6)}


def two_slips(diagnosis: Diagnosis) -> np.ndarray:
    """What that mistake and another one give for W1@1, where neither alone does, nor a pair that is tried at once."""
    evidence, question = diagnosis.evidence("W1@1"), diagnosis.tables.question("W1@1")
    assert evidence is not None
    assert question is not None
    seed = next(slip for slip in question.mistaken.slips if slip.code == "target-minus-prediction")
    further = diagnosis.tables.with_others("W1@1", seed)
    assert further is not None
    for entry in further.table.entries:
        given = answer(entry.value, 6)
        if evidence.says_nothing(given, allowed_slips(given)):
            return entry.value
    raise AssertionError("every pair is tried at once")


def test_what_agrees_with_nothing_at_first_is_looked_at_again_in_each_file() -> None:
    diagnosis = fresh()
    random = np.asarray(diagnosis.solution["W1@1"]) + 0.3 + 0.01 * np.arange(9).reshape(3, 3) ** 2
    told, silent = flipped(diagnosis, two_slips(diagnosis)), flipped(diagnosis, random)
    expected = causes(fresh(), told)
    assert len(expected["W1@1"]) > 1
    for _ in range(2):
        assert causes(diagnosis, silent)["W1@1"] == ()
        assert causes(diagnosis, told) == expected


def test_patterns_tell_answers_that_agree_with_something() -> None:
    diagnosis = fresh()
    z, a = np.asarray(diagnosis.solution["z2"]), np.asarray(diagnosis.solution["a2"])
    given = [{"a2": answer(value, 6), "L": answer(9.87654, 6)} for value in (a, z, a + 0.111, a + 0.222)]
    right, as_z, random, other = [diagnosis.pattern(one, ["L"]) for one in given]
    assert random == other
    assert random.silent == {"a2", "L"}
    assert right.silent == as_z.silent == {"L"}
    assert right != as_z
    assert right != diagnosis.pattern(given[0], ["a2", "L"])
