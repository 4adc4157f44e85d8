"""The loss curve in characters: fixed pictures, and what must hold of every one of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnsolve.engine.curve import Curve
from nnsolve.report.boxes import width
from nnsolve.report.lines import plain
from nnsolve.report.plot import Canvas, linear_axis, log_axis, plot_lines
from nnsolve.report.style import Style
from tests.report.test_golden import compare


def drawn(losses: list[float], style: Style, log: bool = False) -> str:
    curve = Curve()
    for epoch, loss in enumerate(losses, 1):
        curve.add(epoch, loss)
    return plain(plot_lines(curve.points, style, "epoch", log))


FALLING = [0.7 * math.exp(-epoch / 50) + 0.05 * math.sin(epoch / 7) ** 2 for epoch in range(1, 301)]


@pytest.mark.parametrize("style", [Style(60), Style(80), Style(120), Style(80, unicode=False)])
@pytest.mark.parametrize("log", [False, True])
def test_curves_are_as_kept(style: Style, log: bool) -> None:
    name = f"plot.{style.width}.{'unicode' if style.unicode else 'ascii'}{'.log' if log else ''}.txt"
    compare(name, drawn(FALLING, style, log))


def test_an_ascii_curve_has_nothing_else() -> None:
    assert drawn(FALLING, Style(80, unicode=False), log=True).isascii()


def test_few_epochs() -> None:
    assert drawn([], Style(80)) == drawn([0.5], Style(80)) == ""
    for losses in ([1.0, 0.5], [1.0, 0.5, 0.4]):
        last = drawn(losses, Style(80)).splitlines()[-1].split()
        assert last == [*map(str, range(1, len(losses) + 1)), "epoch"]


def test_equal_losses_are_a_horizontal_line_in_the_middle() -> None:
    for value in (0.5, 0.0, -3.0, 1e300):
        rows = drawn([value] * 5, Style(80)).splitlines()
        inked = [n for n, row in enumerate(rows[:-2]) if any("\u2801" <= c <= "\u28ff" for c in row)]
        assert len(inked) == 1 and 3 <= inked[0] <= 8, value


def test_the_first_point_is_left_and_the_last_right() -> None:
    rows = drawn([1.0, 0.0], Style(80, unicode=False)).splitlines()
    body = [row.partition("|")[2] or row.partition("+")[2] for row in rows[:-2]]
    inked = [[n for n, c in enumerate(row) if c != " "] for row in body]
    assert inked[0][0] == 0 and inked[-1][-1] == max(map(max, inked))
    starts = [columns[0] for columns in inked]
    assert starts == sorted(starts)
    upside_down = drawn([0.0, 1.0], Style(80, unicode=False)).splitlines()
    assert upside_down != rows


def test_a_log_scale_says_which_losses_it_does_not_have() -> None:
    text = drawn([1.0, 0.1, 0.0, 0.01], Style(80), log=True)
    assert "1 of 4 losses are 0 or less, or not finite: a log scale does not have them." in " ".join(text.split())
    assert "log scale" not in drawn([1.0, 0.1, 0.0, 0.01], Style(80))
    assert "2 of 2 losses" in drawn([0.0, -1.0], Style(80), log=True)


def test_axes_end_in_round_numbers_around_the_values() -> None:
    assert linear_axis([0.13, 0.71]).marks == (0, 0.2, 0.4, 0.6, 0.8)
    assert linear_axis([0.6, 0.68]).marks == (0.6, 0.62, 0.64, 0.66, 0.68)
    assert log_axis([3e-5, 0.7]).marks == (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1)
    assert log_axis([2.2, 7]).marks == (2, 5, 10)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(losses=st.lists(numbers, max_size=30), cells=st.integers(40, 200), unicode=st.booleans(), log=st.booleans())
def test_whatever_the_losses_are_the_curve_keeps_within_the_width(
    losses: list[float], cells: int, unicode: bool, log: bool
) -> None:
    for line in drawn(losses, Style(cells, unicode), log).splitlines():
        assert width(line) <= cells


@given(losses=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30), log=st.booleans())
@example(losses=[1.7e308] * 2, log=False)
@example(losses=[9.99e307] * 2, log=True)
@example(losses=[1.7e308, 6e307], log=True)
@example(losses=[5e-324] * 2, log=True)
@example(losses=[1.0, 1.78e308], log=True)
@example(losses=[5e-324, 1.0], log=True)
@example(losses=[5e-324, 1e-323], log=False)
def test_every_value_lies_on_its_axis(losses: list[float], log: bool) -> None:
    values = [value for value in losses if value > 0 or not log]
    if len(values) < 2:
        return
    axis = log_axis(values) if log else linear_axis(values)
    assert axis.low < axis.high
    for value in values:
        assert -0.01 <= axis.part(value) <= 1.01
    assert axis.part(axis.low) == 0 and axis.part(axis.high) == 1


@pytest.mark.parametrize("unicode", [True, False])
def test_a_line_leaves_no_gap(unicode: bool) -> None:
    canvas = Canvas(10, 5, unicode)
    canvas.line((0, 0), (canvas.columns - 1, canvas.rows - 1))
    assert all(row.strip() for row in canvas.texts())
    assert all(any(row[n] != " " for row in canvas.texts()) for n in range(10))
    canvas.dot(99, -5)  # beyond its edges a dot is on them
    assert canvas.texts()[0][-1] != " "
