"""What is remembered, looked up or packed on the way changes no verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnsolve.checking.check import check_many
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.evidence import MOST_SLIPS, Evidence
from nnsolve.checking.mistakes import table
from nnsolve.checking.mistakes.collected import Entry, Table
from nnsolve.checking.mistakes.examples import NETWORK
from nnsolve.checking.parcel import packed, unpacked
from nnsolve.core.diagnostics import Place
from nnsolve.problem.source import read_text
from tests.bench.checking import write
from tests.checking.answering import answer


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A problem of its own, of which nothing is known yet; with fewer pairs of mistakes it is soon worked out anew."""
    monkeypatch.setattr(table, "WORK", 2_000)
    monkeypatch.setattr(table, "MORE", 20_000)
    (tmp_path / "network.yaml").write_text(f"{NETWORK}# A course's own.\n", encoding="utf-8")
    write(tmp_path / "answers", 6, wrong=True)
    (tmp_path / "answers" / "broken.yaml").write_text("problem: network\nanswers: {z1: [1, 2", encoding="utf-8")
    return tmp_path


def test_a_student_alone_gets_the_verdicts_that_the_class_gets(course: Path) -> None:
    together = check_many([course / "answers"], problems=course, diagnose=diagnose).results
    assert {item.verdict for result in together for item in result.items} >= {"correct", "carried", "wrong"}
    for result in together:
        assert check_many([result.file], problems=course, diagnose=diagnose).results == (result,)


def test_the_same_numbers_in_other_files_are_explained_alike_and_others_anew(course: Path) -> None:
    write(course / "others", 6, wrong=True, random=False)
    paths = sorted((course / "others").iterdir())
    for path in paths:  # all of it again, a line lower; then with one other digit; then less of it
        text = path.read_text(encoding="utf-8")
        path.with_suffix(".lower.yaml").write_text(text.replace("answers:", "# mine\nanswers:"), encoding="utf-8")
        path.with_suffix(".digit.yaml").write_text(text.replace("W1@1: [[", "W1@1: [[1"), encoding="utf-8")
        path.with_suffix(".less.yaml").write_text(text[: text.index("  dL/dW1")], encoding="utf-8")
    together = check_many([course / "others"], problems=course, diagnose=diagnose).results
    assert len(together) == 24
    for result in together:
        assert check_many([result.file], problems=course, diagnose=diagnose).results == (result,)
    causes = {Path(result.file).name: [item.causes for item in result.items] for result in together}
    assert any(any(codes) for codes in causes.values())
    for path in paths:
        assert causes[path.name] == causes[path.with_suffix(".lower.yaml").name]


def test_results_are_the_same_behind_the_parcel(course: Path) -> None:
    results = list(check_many([course / "answers"], problems=course, diagnose=diagnose).results)
    assert any(item.causes for result in results for item in result.items) and any(r.findings for r in results)
    back = unpacked(packed(results))
    assert back == results
    assert [list(map(type, result.items)) for result in back] == [list(map(type, result.items)) for result in results]


@pytest.mark.parametrize("slips", range(MOST_SLIPS + 1))
def test_no_wrong_value_that_agrees_is_overlooked(slips: int) -> None:
    rng = np.random.default_rng(slips)
    values = np.round(rng.normal(size=(40, 24)), 1)  # many first elements are the same
    evidence = Evidence(Table(np.zeros(24), tuple([Entry(value, (), 1.0, True) for value in values])))
    for position, value in enumerate(values):
        given = value.copy()
        given[rng.choice(23 if position % 2 else slips + 1, size=slips, replace=False)] += 3
        assert position in evidence.matches(answer(given), slips).entries
        given[-1] += 7  # one slip too many
        assert position not in evidence.matches(answer(given), slips).entries


@pytest.mark.parametrize("size", [0, 1, 5000, 5001])
def test_a_file_is_read_up_to_its_limit(tmp_path: Path, size: int) -> None:
    path = tmp_path / "answers.yaml"
    path.write_bytes(b"x" * size)
    if size > 5000:
        with pytest.raises(Exception, match="larger than"):
            read_text(path, Place(str(path)), 5000)
    else:
        assert read_text(path, Place(str(path)), 5000) == "x" * size


def test_a_file_that_does_not_know_its_size_is_read_whole() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc here")
    assert path.stat().st_size == 0
    assert "\nPid:" in read_text(path, Place(str(path)), 1 << 20)
