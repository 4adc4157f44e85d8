"""Formulas nested as deeply as the language allows: the work of a report does not double with each level."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.report.display import solve
from nnsolve.report.style import Style
from nnsolve.report.text import report

DEEP = 50
NESTED = {
    "powers": "^".join(["w"] * DEEP),
    "exponentials": "exp(-" * (DEEP // 2) + "w" + ")" * (DEEP // 2),
    "quotients": "1/exp(" * DEEP + "w" + ")" * DEEP,
    "functions and powers": "exp(1/(1+abs(" * 17 + "w" + ")))^2" * 17,
    "matrix products": "(M @ " * DEEP + "M" + ")" * DEEP,
    "sums of matrix products": "M @ (M + " * (DEEP // 2) + "M" + ")" * (DEEP // 2),
    "sums over rows": "(sum(M) * " * DEEP + "M" + ")" * DEEP,
}


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("expression", NESTED.values(), ids=NESTED.keys())
def test_a_nested_formula_is_reported(tmp_path: Path, expression: str, unicode: bool) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(
        f"inputs: {{w: 1.1, M: [[0.3, 1], [1, 1]]}}\nequations: ['a = {expression}']\nask: [a]\n", encoding="utf-8"
    )
    text = str(report(solve(path).sections, Style(80, unicode, detail="full")))
    assert "a" in text
    assert len(text) < 20_000
