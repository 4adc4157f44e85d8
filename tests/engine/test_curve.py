"""The losses of a training in flat memory: which epochs are kept, and which make a table."""

from __future__ import annotations

import tracemalloc

import pytest

from nnsolve.engine.curve import MOST, ROWS, Curve, round_step


def curve(epochs: int, wanted: tuple[int, ...] = ()) -> Curve:
    found = Curve(wanted)
    for epoch in range(1, epochs + 1):
        found.add(epoch, 1 / epoch)
    return found


@pytest.mark.parametrize(
    ("epochs", "rows"),
    [
        (0, []),
        (1, [1]),
        (3, [1, 2, 3]),
        (12, list(range(1, 13))),
        (13, [1, 2, 4, 6, 8, 10, 12, 13]),
        (100, [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (300, [1, 50, 100, 150, 200, 250, 300]),
        (MOST + 1, [1, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000, 2001]),
        (123_456, [1, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000, 123_456]),
    ],
)
def test_a_table_has_the_first_and_the_last_epoch_and_round_ones_between(epochs: int, rows: list[int]) -> None:
    assert curve(epochs).table == {epoch: 1 / epoch for epoch in rows}


def test_however_many_epochs_there_are_the_table_is_about_as_long() -> None:
    found = Curve()
    for epoch in range(1, 30_001):
        found.add(epoch, 1.0)
        if epoch % 97 == 0:
            table = found.table
            assert (epoch < 2 * ROWS or ROWS / 2 - 1 <= len(table) <= ROWS + 2) and {1, epoch} <= set(table)
            assert set(range(round_step(epoch, ROWS), epoch, round_step(epoch, ROWS))) <= set(table)


def test_wanted_epochs_are_kept_as_far_as_they_are_reached() -> None:
    wanted = (7, 1, 99_991, 200_000)
    assert curve(100_000, wanted).table == {1: 1.0, 7: 1 / 7, 99_991: 1 / 99_991}


def test_memory_stays_flat() -> None:
    few = curve(2 * MOST)
    tracemalloc.start()
    many = curve(50 * MOST)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 1_000_000
    assert len(few.points) <= MOST + 2 and MOST / 5 <= len(many.points) <= MOST + 2
    assert list(many.points) == sorted(many.points)


def test_what_came_after_a_divergence_is_forgotten() -> None:
    found = curve(100, wanted=(10, 90))
    found.cut(50)
    assert max(found.points) == 50 and found.table == {10: 0.1}
    found.cut(70)
    assert found.epochs == 50


@pytest.mark.parametrize(
    ("count", "parts", "step"), [(0, 5, 1), (5, 5, 1), (6, 5, 2), (11, 5, 5), (51, 5, 20), (10**9, 10, 10**8)]
)
def test_round_steps(count: int, parts: int, step: int) -> None:
    assert round_step(count, parts) == step
