"""Answers with numbers that cannot be read: each of these earns nothing, and spoils no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nnsolve.checking.model import Item
from tests.checking.answering import judged
from tests.cli.calling import call, written

Judged = Callable[..., dict[str, Item]]

PROBLEM = """\
parameters: {W: [[2, 3], [5, 7]], s: 3.17, B: [[2.03, 7.01, 6.07], [3.11, 2.17, 8.29], [5.27, 4.23, 1.91]]}
inputs: {x: [1.5, -0.25]}
equations: [z = W @ x, a = s * z, L = sum(a), V = transpose(W), big = -(-B)]
loss: L
ask: [z, a, V, big, {id: share, of: z / 10, percent: true}]
"""
# z = [2.25, 5.75], a = [7.1325, 18.2275], V = [[2, 5], [3, 7]], share = [22.5 %, 57.5 %]


@pytest.fixture
def items(tmp_path: Path) -> Judged:
    written(tmp_path, PROBLEM, "p.yaml")

    def of(*answers: str) -> dict[str, Item]:
        return judged(tmp_path, answers)

    return of


@pytest.mark.parametrize(
    ("answer", "elements", "message"),
    [
        ("[2.25, ?]", ("correct", "unreadable"), "1 of 2 numbers cannot be read, at 3:13: there is no number"),
        ("[2.25, ]", (), "a list of 1"),
        ("[n/a, 5.75]", ("unreadable", "correct"), "at 3:7: 'n/a' is not a number"),
        ("[225 %, 5.75]", ("unreadable", "correct"), "'225 %' is in percent, which is not asked here"),
        ("[tbd, 575 %]", ("unreadable", "unreadable"), "2 of 2 numbers cannot be read, the first at 3:7: 'tbd'"),
        ("[5.85, -]", ("wrong", "unreadable"), "1 of 2 numbers is wrong, at [1]; 1 of 2 numbers cannot be read"),
    ],
)
def test_the_others_are_judged(items: Judged, answer: str, elements: tuple[str, ...], message: str) -> None:
    item = items(f"z: {answer}")["z"]
    assert item.elements == elements and message in item.message
    assert item.credit == pytest.approx(elements.count("correct") / 2)
    assert item.verdict == ("wrong" if "wrong" in elements or not elements else "unreadable")


def test_what_spoils_the_shape_spoils_the_answer(items: Judged) -> None:
    """[2.25 5.75] is one number that cannot be read, which is no answer in half."""
    item = items("z: [2.25 5.75]")["z"]
    assert (item.verdict, item.credit, item.elements) == ("unreadable", 0, ())
    assert item.message == "'2.25 5.75' is not one number; a comma is missing: [2.25, 5.75]"


def test_what_cannot_be_read_carries_nothing_and_is_never_right(items: Judged) -> None:
    found = items("z: [2.5, ?]", "a: [7.925, 18.2275]")
    assert found["a"].verdict == "wrong" and found["a"].elements == ("wrong", "correct")
    found = items("z: [2.5, 5.75]", "a: [7.925, ?]")
    assert found["a"].elements == ("carried", "unreadable") and found["a"].credit == 0.5
    assert found["a"].message.startswith("right, given your z; 1 of 2 numbers cannot be read")


def test_a_cause_is_found_by_the_others(items: Judged) -> None:
    """Where they are enough for one; only a whole answer that is transposed loses what is right on its diagonal."""
    for last, credit in (("1.91", 0), ("?", 2 / 9)):
        item = items(f"big: [[2.03, 3.11, 5.27], [7.01, 2.17, 4.23], [6.07, 8.29, {last}]]")["big"]
        assert "transposed" in [cause.code for cause in item.causes] and item.credit == credit
    assert not items("big: [[2.03, 3.17, 5.27], [?, 2.17, ?], [?, ?, ?]]")["big"].causes
    assert not items("big: [[9.93, ?, ?], [?, ?, ?], [?, ?, ?]]")["big"].causes


def test_percentages_are_read_where_they_are_asked(items: Judged) -> None:
    item = items("share: [22.5 %, ?]")["share"]
    assert item.elements == ("correct", "unreadable")


def test_every_format_has_it(items: Judged, tmp_path: Path) -> None:
    items("z: [2.25, ?]", "a: [~, 18.2275]")
    path = str(tmp_path / "in" / "a.yaml")
    shown = call("check", path, "--problems", str(tmp_path)).output
    assert "? z  incomplete" in shown and "given     [2.25, ?]" in shown and "0.5 of 1" in shown
    document = json.loads(call("check", path, "--problems", str(tmp_path), "--json", "-").output)
    z, a = document["results"][0]["items"][:2]
    assert z["given"] == [2.25, None] and z["elements"] == ["correct", "unreadable"] and z["credit"] == 0.5
    assert a["given"] == [None, 18.2275] and (a["line"], a["column"]) == (4, 7)
