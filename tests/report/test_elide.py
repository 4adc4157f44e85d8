"""Formulas too long to read are cut down; their results stay."""

from __future__ import annotations

from pathlib import Path

import nnsolve
from nnsolve.report.elide import LONGEST
from nnsolve.report.style import Style
from nnsolve.report.text import report


def printed(tmp_path: Path, terms: int, unicode: bool = True) -> str:
    path = tmp_path / "sum.yaml"
    path.write_text(f"equations: [s = {' + '.join(['x'] * terms)}, L = s^2]\nparameters: {{x: 2}}\nask: [s, dL/dx]\n")
    return str(report(nnsolve.solve(path).sections, Style(80, unicode)))


def test_a_long_sum_is_cut_down_and_its_result_is_not(tmp_path: Path) -> None:
    text = printed(tmp_path, 50_000)
    assert len(text) < 3000
    assert "x + x + x + x + x + … + x" in text
    assert "= 100000 " in text
    assert "200000 · 50000 = 1×10¹⁰" in text


def test_a_formula_that_can_be_read_is_whole(tmp_path: Path) -> None:
    text = printed(tmp_path, LONGEST - 1)
    assert "…" not in text
    assert text.count("x + ") > 100


def test_the_gap_is_ascii_where_unicode_is_missing(tmp_path: Path) -> None:
    text = printed(tmp_path, 1000, unicode=False)
    assert text.isascii()
    assert "x + ... + x" in text
