"""Two slips made one on top of the other give what they give when they are made at once."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from nnsolve.checking.mistakes.apply import IMPOSSIBLE, EditedRuns, Settled, mistaken
from nnsolve.checking.mistakes.scene import View
from nnsolve.checking.mistakes.table import Mistaken
from nnsolve.engine.run import Run
from nnsolve.engine.solve import Asked, Solution
from nnsolve.problem.loader import load_problem

PROBLEMS = Path(__file__).parents[2] / "problems"

SOME = (
    "softmax-unit-gradient-step",
    "relu-softmax-2-4-2-step",
    "xor-mini-batches",
    "xor-batch",
    "word-embeddings",
    "lstm-rounded-state",
    "next-bit-rnn",
)

PAIRS = 40


def _value(found: Mistaken, item: Asked, run: Run | None) -> np.ndarray | None:
    if run is None:
        return None
    try:
        with np.errstate(all="ignore"):
            return View(found.scene, item, run).own
    except IMPOSSIBLE:
        return None


def _differing(found: Mistaken, pairs: int = PAIRS) -> list[str]:
    """The pairs of slips, and what they give differently one after the other."""
    made = [slip for slip in found.slips if found.edited.run((slip,)) is not None]
    random.Random(0).shuffle(made)
    differing = []
    for one, other in list(zip(made, made[1:] + made[:1], strict=True))[:pairs]:
        runs = found.edited.run((one, other)), mistaken(found.solver.run, (one, other))
        for item in found.solver.asked:
            if not found.scene.near(item):
                continue
            value, expected = (_value(found, item, run) for run in runs)
            same = value is expected is None or (
                value is not None
                and expected is not None
                and value.shape == expected.shape
                and np.allclose(value, expected, rtol=1e-12, atol=1e-14, equal_nan=True)
            )
            if not same:
                differing.append(f"{one.name} {other.name}: {item.ask.id}")
    return differing


@pytest.mark.parametrize("problem", SOME)
def test_slips_one_after_the_other_are_slips_made_at_once(problem: str) -> None:
    solution = Solution(load_problem(PROBLEMS / f"{problem}.yaml"))
    for solver in list(solution.solvers.values())[:2]:
        assert _differing(Mistaken(solver)) == []


def test_what_a_slip_reaches_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settled, "without", lambda self, slip: dict(self.values))
    solution = Solution(load_problem(PROBLEMS / f"{SOME[0]}.yaml"))
    assert _differing(Mistaken(solution.solvers[""]))


def test_the_order_of_slips_in_the_same_equation_counts() -> None:
    solution = Solution(load_problem(PROBLEMS / "xor-stochastic.yaml"))
    found = Mistaken(solution.solvers[""])
    one, other = (
        found.slip((code, "dL/dz1", place))
        for code, place in (("activation-derivative-missing", 0), ("derivative-at-activation", 0))
    )
    assert one is not None
    assert other is not None
    edited = EditedRuns(found.scene)
    assert [made[0] for made in edited._orders(one, other)] == [one]


def test_a_sign_is_flipped_in_what_another_slip_puts_there() -> None:
    solution = Solution(load_problem(PROBLEMS / "binary-nll-gradient.yaml"))
    found = Mistaken(solution.solvers[""])
    made = [slip for slip in found.slips if slip.at == "dNLL/dz"]
    (sign,) = (slip for slip in made if slip.code == "target-minus-prediction")
    (slope,) = (slip for slip in made if slip.code == "derivative-at-preactivation")
    (item,) = (item for item in found.solver.asked if item.ask.id == "dNLL/dW")
    alone = _value(found, item, mistaken(found.solver.run, [slope]))
    assert alone is not None
    for both in ((sign, slope), (slope, sign)):
        for run in (EditedRuns(found.scene).run(both), mistaken(found.solver.run, both)):
            value = _value(found, item, run)
            assert value is not None
            np.testing.assert_allclose(value, -alone)


def test_a_pair_that_is_in_use_is_made_once_for_each_order_of_its_slips() -> None:
    found = Mistaken(Solution(load_problem(PROBLEMS / f"{SOME[0]}.yaml")).solvers[""])
    edited = EditedRuns(found.scene)
    one, other = [slip for slip in found.slips if edited.run((slip,)) is not None][:2]
    run = edited.run((one, other))
    assert run is not None
    assert edited.run((one, other)) is run
    assert edited.run((other, one)) is not run
