"""Whole reports at fixed widths, kept as files. `NNSOLVE_UPDATE_GOLDEN=1 pytest tests/report` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nnsolve.core.names import Name
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import chain_rule, sections

GOLDEN = Path(__file__).parent / "golden"
OTHERS = ("grad.", "plot.", "train.")
"""What the names of kept texts begin with that are no whole reports of a solution."""

UPDATE = bool(os.environ.get("NNSOLVE_UPDATE_GOLDEN"))

CASES = [
    ("regression-3-4-3-l2-norm", Style(60)),
    ("regression-3-4-3-l2-norm", Style(80)),
    ("regression-3-4-3-l2-norm", Style(120)),
    ("regression-3-4-3-l2-norm", Style(80, unicode=False)),
    ("regression-3-4-3-l2-norm", Style(80, detail="full")),
    ("regression-3-4-3-l2-norm", Style(80, detail="brief")),
    ("regression-3-4-3-l2-norm", Style(80, decimals=2)),
    ("relu-softmax-2-4-2-step", Style(80)),
    ("scalar-backpropagation", Style(80)),
    ("scalar-backpropagation", Style(60, unicode=False, detail="full")),
    ("relu-relu-softmax-classifier", Style(80)),
    ("softmax-cross-entropy-logits", Style(80, detail="full")),
    ("softmax-unit-gradient-step", Style(120)),
    ("batch-three-steps", Style(80)),
    ("rows-layer-by-layer", Style(80)),
    ("not-finite", Style(80)),
    ("adam-stated-gradients", Style(60)),
    ("adam-stated-gradients", Style(80)),
    ("adam-stated-gradients", Style(120)),
    ("adam-stated-gradients", Style(80, unicode=False)),
    ("nesterov-clipped-schedule", Style(80)),
    ("wide", Style(60)),
    ("large", Style(80)),
    ("elman", Style(100)),
    ("elman", Style(60, unicode=False)),
    ("lstm-equations", Style(80)),
    ("lstm-layer", Style(100)),
]


def file_name(stem: str, style: Style) -> str:
    parts = [stem, str(style.width), "unicode" if style.unicode else "ascii"]
    parts += [style.detail] if style.detail != "steps" else []
    parts += [f"decimals-{style.decimals}"] if style.decimals is not None else []
    return ".".join(parts) + ".txt"


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), (
        f"{name} differs; NNSOLVE_UPDATE_GOLDEN=1 accepts what is printed now"
    )


def shown(stem: str, style: Style) -> str:
    # The place in a warning is where this checkout lies.
    lines = str(report(sections(stem), style)).splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("at /"))


@pytest.mark.parametrize(("stem", "style"), CASES, ids=[file_name(*case) for case in CASES])
def test_reports_are_as_kept(stem: str, style: Style) -> None:
    compare(file_name(stem, style), shown(stem, style))


@pytest.mark.parametrize("style", [Style(80), Style(60, unicode=False)], ids=["80.unicode", "60.ascii"])
def test_the_chain_rule_of_a_layer_is_as_kept(style: Style) -> None:
    (section,) = sections("regression-3-4-3-l2-norm")
    text = chain_rule(section, {Name("W", 1), Name("b", 1)}, style)
    compare(f"grad.{file_name('regression-3-4-3-l2-norm', style)}", text)


def test_the_chain_rule_through_time_is_as_kept() -> None:
    (section,) = sections("elman")
    text = chain_rule(section, {Name("W")}, Style(100))
    compare(f"grad.{file_name('elman', Style(100))}", text)


def test_every_kept_report_has_a_case() -> None:
    known = {file_name(*case) for case in CASES}
    assert {path.name for path in GOLDEN.glob("*.txt") if not path.name.startswith(OTHERS)} == known


def test_a_changed_number_is_noticed() -> None:
    text = shown("scalar-backpropagation", Style(80))
    assert "= 0.2884" in text
    if not UPDATE:
        with pytest.raises(AssertionError):
            compare(file_name("scalar-backpropagation", Style(80)), text.replace("= 0.2884", "= 0.2885"))
