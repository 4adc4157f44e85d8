"""`nnsolve grad` typeset: the same equations, factors and numbers as in its text, at each detail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnsolve.engine.gradients import LayerGradients, layer_gradients
from nnsolve.problem.loader import load_problem
from nnsolve.report.grad import gradient_report
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Answers, Document, Heading, Work, shown_at
from nnsolve.report.typeset.grad import document
from nnsolve.report.typeset.html import page
from nnsolve.report.typeset.latex import latex
from nnsolve.report.typeset.markdown import markdown
from tests.report.solved import OWN, SEEDS
from tests.report.typeset.built import DETAILS
from tests.report.typeset.pages import parsed
from tests.report.typeset.test_latex import parse

PROBLEMS = [SEEDS / "regression-3-4-3-l2-norm.yaml", SEEDS / "next-bit-rnn-bptt.yaml", OWN / "batch-three-steps.yaml"]


def gradients(path: Path, layer: int | None = 1, time: int | None = None) -> LayerGradients:
    return layer_gradients(load_problem(path), layer, None, True, time)


def built(found: LayerGradients) -> Document:
    return document(found, Style(), True)


def addresses(found: Document, detail: str) -> list[str]:
    return [block.address for block in shown_at(found.blocks, detail) if isinstance(block, Work)]


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_every_format_can_be_read(path: Path) -> None:
    found = built(gradients(path))
    for detail in DETAILS:
        parse(latex(found, detail))
        assert "agrees" in markdown(found, detail)
    assert parsed(page(found, "steps")) is not None


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_every_gradient_on_the_way_is_a_step_once(path: Path) -> None:
    given = gradients(path)
    wanted = [str(answer.id) for answer in given.section.answers]
    shown = addresses(built(given), "steps")
    assert len(shown) == len(set(shown)) and set(wanted) <= set(shown)
    assert addresses(built(given), "brief") == []


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_headings_have_the_symbols_of_the_terminal_and_ids_of_letters(path: Path) -> None:
    given = gradients(path)
    lines = str(gradient_report(given, Style(80))).splitlines()
    wanted = [line.rstrip(" ─┄") for line in lines if line.startswith("The chain rule for ")]
    found = [block for block in built(given).blocks if isinstance(block, Heading) and "chain rule" in block.text]
    assert wanted and [heading.text for heading in found] == wanted
    assert all(re.search("-d(l|ell)-d[wb]", heading.id) for heading in found)


def test_the_factors_stand_before_the_step() -> None:
    text = markdown(built(gradients(PROBLEMS[0])), "steps")
    title = text.index("## The chain rule for ∂ℓ/∂W¹\n")
    product = text.index(r"Product: $\frac{\partial \ell}{\partial \bar{h}^{1}} \thinspace x^{\top}$  (4×3)", title)
    assert title < text.index("Upstream: ", title) < text.index("Local: ", title) < product
    assert product < text.index("`dell/dW1`  4×3", product)
    assert r"$x^{\top}$, from the right  (1×3), from $\bar{h}^{1} = W^{1} \thinspace x + b^{1}$" in text


def test_what_repeats_over_time_is_explained_once_but_at_full_detail() -> None:
    found = built(gradients(PROBLEMS[1]))
    counts = [markdown(found, detail).count("Local: ") for detail in DETAILS]
    assert counts == [0, 4, 8]
    assert markdown(found, "steps").count(r"\sum") >= 4


def test_of_one_time_step_what_arrives_is_given() -> None:
    found = built(gradients(PROBLEMS[1], time=1))
    (title, *_) = [block.text for block in found.blocks if isinstance(block, Heading)]
    assert title == "Carried back from step 2"
    assert "dL/dz1_2" not in addresses(found, "full") and "`dL/dz1_1`" in markdown(found, "steps")


def test_a_deviation_is_said() -> None:
    given = gradients(PROBLEMS[0])
    wrong = [check._replace(deviation=1.0, scale=1.0, worst=(0, 0)) for check in given.verifications]
    text = markdown(built(given._replace(verifications=tuple(wrong))), "brief")
    assert "DEVIATES" in text and "DEVIATES" not in markdown(built(given), "brief")
    assert any(isinstance(block, Answers) for block in built(given).blocks)
