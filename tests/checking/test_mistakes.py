"""Every registered mistake at its example: it bites there, is found, and its sentence gives nothing away."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.mistakes.mistake import Mistake
from nnsolve.problem.loader import load_problem
from tests.bench.diagnosis import known
from tests.checking.answering import answer


def diagnosis(name: str) -> Diagnosis:
    return known(name).diagnosis


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("mistake", CAUSES.values(), ids=CAUSES)
def test_mistake_bites_in_its_example_and_is_named_for_it(mistake: Mistake) -> None:
    diagnosed = diagnosis(mistake.example.problem)
    evidence = diagnosed.evidence(mistake.example.ask)
    assert evidence is not None
    entries = [
        entry
        for entry in evidence.table.entries
        if any(len(made) == 1 and made[0].code == mistake.code for made in entry.combinations)
    ]
    assert entries, "it changes nothing there"
    for entry in entries:
        right = evidence.table.right
        assert entry.value.shape != right.shape or not np.allclose(entry.value, right, rtol=1e-9, atol=0)
    named = [
        {
            cause.code
            for cause in diagnosed.explain({mistake.example.ask: answer(e.value, 6)}, [mistake.example.ask])[
                mistake.example.ask
            ]
        }
        for e in entries
    ]
    assert any(mistake.code in codes for codes in named)


@cache
def counted(name: str, folder: Path) -> Diagnosis:
    """An example in which elements are counted from 1."""
    problem = yaml.safe_load(PROBLEMS[name])
    problem.setdefault("conventions", {}).setdefault("count_from", 1)
    path = folder / f"{name}-counted.yaml"
    path.write_text(yaml.safe_dump(problem, sort_keys=False), encoding="utf-8")
    return Diagnosis(load_problem(path))


@pytest.mark.parametrize(
    ("problem", "ask"), sorted({mistake.example for mistake in CAUSES.values()}), ids=lambda text: text
)
def test_slices_of_one_element_are_held_against_every_mistake(problem: str, ask: str, folder: Path) -> None:
    diagnosed = counted(problem, folder)
    part, dot, id = ask.rpartition(".")
    text = {item.ask.id: item.ask.of.text for item in diagnosed.solution.solvers[part].asked}.get(id, id)
    for start in (0, 1, 2):
        for axes in (1, 2):
            index = ", ".join([f"{start}:{start + 1}"] * axes)
            address = f"{part}{dot}{text}[{index}]"
            evidence = diagnosed.evidence(address)
            if evidence is not None:  # of a vector, or of a matrix
                assert evidence.right.size == 1
                assert diagnosed.explain({address: answer(evidence.right + 0.123, 6)}, [address]).keys() == {address}


def test_neighbour_of_a_slice_is_named() -> None:
    diagnosed = diagnosis("network")
    value = np.asarray(diagnosed.solution["z1"]).ravel()[2:3]
    found = diagnosed.explain({"z1[2:3]": answer(value, 6)}, ["z1[2:3]"])["z1[2:3]"]
    assert "neighbouring-element" in {cause.code for cause in found}


@pytest.mark.parametrize("mistake", CAUSES.values(), ids=CAUSES)
def test_sentence_is_one_and_gives_no_number_away(mistake: Mistake) -> None:
    assert mistake.message[0].isupper() and mistake.message.endswith(".")
    assert len(mistake.message) <= 160
    assert not re.search(r"\d{2}|\d\.\d|[3-9]", mistake.message)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", mistake.code)


def test_right_answer_is_no_mistake() -> None:
    diagnosed = diagnosis("network")
    evidence = diagnosed.evidence("dL/dW2")
    assert evidence is not None
    assert diagnosed.explain({"dL/dW2": answer(evidence.right)}, ["dL/dW2"]) == {"dL/dW2": ()}


def test_flipped_sign_of_a_gradient_is_named_once_for_all_that_follows() -> None:
    diagnosed = diagnosis("network")
    asks = ["dL/dz2", "dL/dW2", "dL/dz1", "dL/dW1"]
    given = {ask: answer(-np.asarray(diagnosed.solution[ask])) for ask in asks}
    causes = [next(c for c in found if c.code == "sign-flipped") for found in diagnosed.explain(given, asks).values()]
    assert len(causes) == len(asks)
    assert len(set(causes)) == 1
