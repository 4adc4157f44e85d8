"""What a report says of the updates that it does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnsolve
from nnsolve.report.formats import FORMATS
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import sections


def printed(tmp_path: Path, asked: str) -> str:
    path = tmp_path / "problem.yaml"
    path.write_text(
        "parameters: {w: 1}\n"
        "equations: [L = w^2]\n"
        "loss: L\n"
        "training: {learning_rate: 0.1, epochs: 20}\n"
        f"ask: [{asked}]\n"
    )
    return str(report(nnsolve.solve(path).sections, Style(80)))


def test_updates_that_are_left_out_are_named(tmp_path: Path) -> None:
    assert "Updates 2 to 8 are made in the same way and not shown." in printed(tmp_path, "w@9")
    text = printed(tmp_path, "w@3, w@9")
    assert "Update 2 is made in the same way and not shown." in text
    assert "Updates 4 to 8 are made in the same way and not shown." in text
    assert "Updates 2 to 20 are made in the same way and not shown." in printed(tmp_path, "L@20")
    assert "Updates 2 to 3 are made in the same way and not shown." in printed(tmp_path, "w@4")


def test_nothing_is_said_where_every_update_is_shown(tmp_path: Path) -> None:
    for asked in ("w@1", "w@3", "L@2", "L@3", "L"):
        assert "not shown" not in printed(tmp_path, asked)


SEEN = "The loss of an epoch is the mean over its samples, each before the update that uses it."


def test_what_the_loss_of_an_epoch_is_stands_below_the_answers() -> None:
    asked = sections("xor-stochastic")
    text = str(report(asked, Style(120)))
    assert text.count(f"  {SEEN}\n") == 1 and text.endswith(SEEN + "\n")
    for format in ("html", "markdown", "latex"):
        assert FORMATS[format](asked, Style(120)).count(SEEN) == 1


@pytest.mark.parametrize("asked", ["L@19", "L@end", "w@e3", "dL/dw@e3"])
def test_a_loss_of_one_moment_is_no_mean(asked: str, tmp_path: Path) -> None:
    assert "The loss of an epoch is the mean" in " ".join(printed(tmp_path, "L@e3 - L").split())
    assert "mean over" not in printed(tmp_path, asked)
