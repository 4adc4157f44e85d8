"""Long equations on lines: broken before signs, nothing lost, and no wider than the page where that can be."""

from __future__ import annotations

import re

import pytest

from nnsolve.report.typeset.breaking import Page, lines, packed, pieces
from nnsolve.report.typeset.document import Side
from nnsolve.report.typeset.latex import TEX
from nnsolve.report.typeset.mathematics import (
    Captioned,
    Fenced,
    Mathematics,
    Matrix,
    Number,
    Operator,
    Root,
    row,
    separated,
)
from nnsolve.report.typeset.measure import width

PAGE = Page(20, 0, 1)


def matrix(columns: int, rows: int = 2) -> Matrix:
    return Matrix(tuple(tuple(Number(f"0.{10 + i + j}") for j in range(columns)) for i in range(rows)))


def total(count: int, sign: str = "+") -> Mathematics:
    return separated([Number(f"0.{100 + n}") for n in range(count)], sign)


def printed(found: list[Mathematics]) -> list[str]:
    return re.findall(r"0\.\d+", " ".join(map(TEX.write, found)))


@pytest.mark.parametrize(
    "node",
    [
        total(20),
        total(20, "·"),
        Fenced("(", total(20), ")"),
        Root(total(20)),
        row(Operator("−"), Fenced("(", row(Number("0.5"), Operator("·"), total(20)), ")")),
        row(matrix(3), Operator("+"), matrix(4), Operator("−"), matrix(3)),
    ],
)
def test_what_is_too_wide_is_broken_and_nothing_is_lost(node: Mathematics) -> None:
    found = pieces(node, PAGE)
    assert len(found) > 1
    assert max(map(width, found)) <= PAGE.room
    assert printed(found) == printed([node])


def test_the_two_fences_of_a_broken_pair_are_as_high_as_a_line() -> None:
    node = Fenced("(", row(matrix(4), Operator("−"), matrix(4), Operator("+"), matrix(2)), ")")
    first, *_, last = map(TEX.write, pieces(node, PAGE))
    assert first.startswith(r"(\left[") and last.endswith(r"\right])")
    assert TEX.write(node).startswith(r"\left( ") and TEX.write(node).endswith(r" \right)")


def test_a_wide_matrix_is_shown_in_blocks_of_columns_counted_as_the_file_does() -> None:
    found = pieces(matrix(14), PAGE._replace(base=0))
    blocks = [block for block in found if isinstance(block, Captioned)]
    captions = [TEX.write(block.caption) for block in blocks]
    assert captions[0].startswith(r"\text{columns 0 to ") and captions[-1].endswith("13}")
    assert len(blocks) == len(found) and printed(found[:1])[:3] == printed([matrix(14)])[:3]


def test_a_list_is_broken_behind_a_comma() -> None:
    found = pieces(total(20, ","), PAGE)
    assert len(found) > 1
    assert all(TEX.write(line).endswith(",") for line in found[:-1])
    assert not any(TEX.write(line).startswith(",") for line in found)


@pytest.mark.parametrize("node", [matrix(14), Root(total(20))])
def test_what_has_no_sign_stays_whole_where_a_page_scrolls(node: Mathematics) -> None:
    assert pieces(node, PAGE._replace(scrolls=True)) == [node]
    assert len(pieces(node, PAGE)) > 1


def test_a_sum_stays_with_what_is_summed_up() -> None:
    first, *_ = pieces(row(Operator("Σ"), Operator(" "), matrix(14)), PAGE)
    assert TEX.write(first).startswith(r"\sum \, \underset")


def test_what_fits_stays_together() -> None:
    sides = [Side("=", Number("1"), "formula"), Side("=", Number("2"), "numbers"), Side("≈", Number("3"), "result")]
    (line,) = lines(sides, PAGE)
    assert (line.relation, TEX.write(line.mathematics)) == ("=", r"1 = 2 \approx 3")
    assert len(lines(sides, PAGE._replace(taken=18))) == 2


def test_a_stage_that_is_not_essential_gives_way() -> None:
    sides = [
        Side("=", total(4), "numbers"),
        Side("=", total(4), "stage", essential=False),
        Side("=", Number("3"), "result"),
    ]
    (line,) = lines(sides, PAGE)
    assert len(printed([line.mathematics])) == 4
    kept = [sides[0], sides[1]._replace(essential=True), sides[2]]
    assert len(lines(kept, PAGE)) == 3


def test_things_stand_side_by_side_as_they_fit() -> None:
    assert packed([8, 8, 8, 30, 1], 20) == [[0, 1], [2], [3], [4]]
