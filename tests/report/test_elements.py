"""`--detail full`: each line of arithmetic is true, to the digits that it shows."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.arithmetic import evaluate, half_unit, tolerance
from tests.report.solved import printed, sections

PROBLEMS = [
    "regression-3-4-3-l2-norm",
    "scalar-backpropagation",
    "softmax-cross-entropy-logits",
    "softmax-unit-gradient-step",
    "relu-relu-softmax-classifier",
    "relu-softmax-2-4-2-step",
    "binary-nll-gradient",
    "batch-three-steps",
    "rows-layer-by-layer",
    "wide",
]
ELEMENT = re.compile(r"\S+?\[\d+(?:,\d+)?\](?:@\d+)? = .* = \S+$")


def chains(stem: str, style: Style) -> list[str]:
    """The lines `z[1] = 1·3 + 0·14 − 1 = 2` of a full report, in one column."""
    text = str(report(sections(stem), style._replace(detail="full", width=2000)))
    found = []
    for line in text.splitlines():
        for part in re.split(r" {4,}", line.strip()):
            if ELEMENT.match(part) and "…" not in part and "..." not in part:
                found.append(part)
    return found


def check(chain: str) -> None:
    """Raise where the last number is not what the arithmetic before it comes to."""
    _, _, rest = chain.partition("] = ") if "@" not in chain.partition(" = ")[0] else chain.partition(" = ")
    arithmetic, _, result = rest.rpartition(" = ")
    value, shown = evaluate(arithmetic), evaluate(result)
    if not math.isfinite(value):
        assert value == shown
        return
    allowed = 1.01 * (tolerance(arithmetic) + half_unit(re.sub("[−-]", "", result))) + 1e-12 * abs(value)
    assert abs(value - shown) <= allowed, f"{chain}: {value}, not {shown} (within {allowed})"


@pytest.mark.parametrize("stem", PROBLEMS)
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_each_line_is_true(stem: str, unicode: bool) -> None:
    found = chains(stem, Style(unicode=unicode))
    assert found or stem == "scalar-backpropagation"
    for chain in found:
        check(chain)


def test_a_dot_product_is_written_as_on_a_solution_sheet() -> None:
    assert "h̄¹[1] = 1·1.2 − 1·(−1) + 0·2 + 0 = 2.2" in chains("regression-3-4-3-l2-norm", Style())
    assert "p[1] = e^2 / (e^2 + e^−1 + e^5 + e^0) = 0.04701" in chains("softmax-cross-entropy-logits", Style())


def test_indices_count_from_where_the_file_says() -> None:
    assert any(chain.startswith("a[0] = ") for chain in chains("softmax-unit-gradient-step", Style()))
    assert not any(chain.startswith("a[3] = ") for chain in chains("softmax-unit-gradient-step", Style()))


@pytest.mark.parametrize(
    "wrong",
    [
        "z[1] = 1·3 + 0·14 − 1 = 3",
        "z[1] = 1·3 + 0·14 + (−1) = 4",
        "p[1] = e^2 / (e^2 + e^−1 + e^5 + e^0) = 0.04711",
        "L[1] = (1 − 3)² = −4",
        "a[1] = 1 / (1 + e^1.15) = 0.2415",
    ],
)
def test_a_wrong_line_is_caught(wrong: str) -> None:
    with pytest.raises(AssertionError):
        check(wrong)


def test_the_number_of_lines_is_bounded() -> None:
    text = str(report(sections("large"), Style(80, detail="full")))
    assert len(text.splitlines()) < 1200
    assert "100304 more elements are left out" in text
    assert len(text) < 120_000


def test_terms_with_the_factor_0_are_counted_instead_of_written(tmp_path: Path) -> None:
    problem = """
inputs: {p: [0.5, 0.25, 0.125, 0.125]}
targets: {y: [0, 1, 0, 0]}
equations: ['L = -sum(y * ln(p))']
ask: [L]
"""
    text = printed(tmp_path, problem, Style(100, detail="full"))
    assert "L = −1·ln(0.25) = 1.3863  (without 3 terms with the factor 0)" in text
    assert "0·ln" not in text
    two = printed(tmp_path, problem.replace("[0, 1, 0, 0]", "[0, 1, 0, 1]"), Style(100, detail="full"))
    assert "0·ln(0.5) + 1·ln(0.25) + 0·ln(0.125) + 1·ln(0.125)" in two and "without" not in two
