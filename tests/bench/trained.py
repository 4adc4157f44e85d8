"""How often the mistake behind a wrong answer is named in trainings and sequences.

As in `diagnosis`; the trainings of the notebook are made with fewer epochs, which are still too many to try every
mistake.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.model import Given
from nnsolve.problem.loader import load_problem
from tests.bench import slips_sequences, slips_training
from tests.checking.answering import answer

SEEDS = Path(__file__).parents[2] / "problems"
DIGITS = 4


def diagnosis(problem: str) -> Diagnosis:
    """The diagnosis of a seed problem of fewer epochs."""
    epochs = slips_training.EPOCHS
    text = (SEEDS / f"{problem}.yaml").read_text(encoding="utf-8")
    text = text.replace("L@e1000\n", f"L@e{epochs // 10}\n").replace("10000", str(epochs))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{problem}.yaml"
        path.write_text(text, encoding="utf-8")
        return Diagnosis(load_problem(path))


def files(
    values: Callable[[tuple[str, ...]], Mapping[str, Any]], singles: tuple[str, ...], likely: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Given], dict[str, frozenset[str]]]]:
    """For each mistake, and for the likely pairs: the answers, and the causes of those that are wrong."""
    right = values(())
    for made in (*((code,) for code in singles), *combinations(likely, 2)):
        found = {ask: value for ask, value in values(made).items() if np.isfinite(value).all()}
        alone = {code: values((code,)) for code in made}
        causes = {}
        for ask, value in found.items():
            if np.shape(value) == np.shape(right[ask]) and np.allclose(value, right[ask], rtol=1e-3, atol=1e-9):
                continue
            enough = [code for code, others in alone.items() if _same(others.get(ask), value)]
            causes[ask] = frozenset(code.partition(":")[0] for code in enough or alone)
        yield made, {ask: answer(value, DIGITS) for ask, value in found.items()}, causes


def _same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def rows() -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    named, count = {1: 0, 2: 0}, {1: 0, 2: 0}
    for problem, values, singles, likely in (*slips_training.EXERCISES, *slips_sequences.EXERCISES):
        diagnosed = diagnosis(problem)
        with np.errstate(all="ignore"):
            for made, answers, wrong in files(values, singles, likely):
                for ask, causes in diagnosed.explain(answers, list(wrong)).items():
                    count[len(made)] += 1
                    named[len(made)] += wrong[ask] <= {cause.code for cause in causes}
    for n, what in ((1, "single mistakes"), (2, "pairs")):
        share = f"{100 * named[n] / count[n]:.1f} of 100"
        yield f"trainings, sequences: {what}, {count[n]} answers", share, "at least 98"
