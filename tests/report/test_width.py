"""No line is wider than the terminal, and ASCII reports are ASCII, whatever the problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from nnsolve.report.style import Style
from tests.report.solved import ALL, chain_rule, sections, told

WIDTHS = [40, 60, 80, 120]
IDS = [path.stem for path in ALL]


def overflowing(text: str, width: int) -> list[str]:
    return [line for line in text.splitlines() if cell_len(line) > width]


@pytest.mark.parametrize("path", ALL, ids=IDS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
@pytest.mark.parametrize("detail", ["brief", "steps", "full"])
def test_reports_stay_within_the_width(path: Path, width: int, unicode: bool, detail: str) -> None:
    text = told(path.stem, Style(width, unicode=unicode, detail=detail))
    assert not overflowing(text, width)
    assert unicode or text.isascii()


@pytest.mark.parametrize("path", ALL, ids=IDS)
@pytest.mark.parametrize("decimals", [0, 3, 12])
def test_forced_decimals_stay_within_the_width(path: Path, decimals: int) -> None:
    assert not overflowing(told(path.stem, Style(60, decimals=decimals)), 60)


@pytest.mark.parametrize("path", ALL, ids=IDS)
@pytest.mark.parametrize("width", [60, 80])
def test_chain_rules_stay_within_the_width(path: Path, width: int) -> None:
    for section in sections(path.stem):
        names = {step.name for step in section.trace.steps if step.role == "parameter"}
        assert not overflowing(chain_rule(section, names, Style(width)), width)


def test_an_overflow_is_noticed() -> None:
    text = told("regression-3-4-3-l2-norm", Style(80))
    assert overflowing(text, 79)
