"""Pages as Markdown, LaTeX and HTML: the same formulas, typeset."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnsolve.report.explain.page import Page, Picture
from nnsolve.report.explain.topics import pages, topics
from nnsolve.report.explain.typeset import document
from nnsolve.report.formats import TYPESET
from nnsolve.report.style import Style
from tests.report.typeset.test_latex import PDFLATEX, compiled

STYLE = Style(80)


def typeset(topic: str, format: str, style: Style = STYLE) -> str:
    return TYPESET[format](document(pages(topic, style), style), style)


def shown(page: Page) -> list[str]:
    return [part.heading for part in page.parts if not any(isinstance(item, Picture) for item in part.items)]


@pytest.mark.parametrize("topic", topics())
@pytest.mark.parametrize("format", TYPESET)
def test_every_page_is_typeset_with_all_its_parts(topic: str, format: str) -> None:
    text = typeset(topic, format)
    for page in pages(topic, STYLE):
        for heading in shown(page):
            assert heading in text
    assert "picture" not in text.partition("<body")[2 if format == "html" else 0].lower()  # none is there


@pytest.mark.parametrize(("topic", "count"), [("sigmoid", 1), ("step", 2), ("huber", 1), ("lstm", 0), ("adam", 0)])
def test_a_page_for_the_browser_has_the_curves(topic: str, count: int) -> None:
    text = TYPESET["html"](document(pages(topic, STYLE), STYLE, pictures=True), STYLE)
    assert text.count("<svg") == count


def test_a_second_page_of_a_name_has_its_title() -> None:
    assert typeset("step", "markdown").count("step: schedule") == 1


@pytest.mark.parametrize("topic", ["step", "lstm", "adam", "cross_entropy"])
def test_no_id_stands_twice_in_a_page(topic: str) -> None:
    ids = re.findall(r' id="([^"]*)"', typeset(topic, "html"))
    assert len(ids) > 5 and len(ids) == len(set(ids))


@pytest.mark.parametrize("detail", ["steps", "full"])
@pytest.mark.parametrize("topic", topics())
def test_the_latex_of_a_page_is_ascii(topic: str, detail: str) -> None:
    """The preamble declares no other character."""
    assert typeset(topic, "latex", Style(80, detail=detail)).isascii()


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the test above has read the same texts")
@pytest.mark.parametrize("detail", ["steps", "full"])
@pytest.mark.parametrize("topic", ["lstm", "gru", "rnn"])
def test_the_page_of_a_recurrent_layer_compiles(topic: str, detail: str, tmp_path: Path) -> None:
    compiled(typeset(topic, "latex", Style(80, detail=detail)), tmp_path)


@pytest.mark.parametrize(
    ("format", "sign"),
    [
        ("latex", r"= \sum_{t} "),
        ("markdown", r"= \sum _{t} "),
        ("html", "<mo>=</mo><munder><mo>∑</mo><mi>t</mi></munder>"),
    ],
)
def test_the_gradient_of_a_parameter_is_summed_over_the_steps(format: str, sign: str) -> None:
    text = typeset("lstm", format)
    assert text.count(sign) == 12 and "Σ" not in text


def test_the_derivation_of_the_sigmoid() -> None:
    found = typeset("sigmoid", "markdown")
    assert r"$a = \sigma (x) = \frac{1}{1 + e^{- x}}$" in found
    assert r"$\frac{\partial a}{\partial x} = a \cdot (1 - a)$" in found
    assert r"x$ to $-\infty$: $a$ goes to $0$" in found


@pytest.mark.parametrize(
    ("format", "gate", "step"),
    [
        ("latex", "W_{fh}", "h_{t-1}"),
        ("markdown", "W _{fh}", "h _{t-1}"),
        (
            "html",
            "<msub><mi>W</mi><mrow><mi>f</mi><mi>h</mi></mrow></msub>",
            "<msub><mi>h</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msub>",
        ),
    ],
)
def test_what_stands_below_a_letter_is_in_italics(format: str, gate: str, step: str) -> None:
    """MathML sets two letters in one element upright, as a word is."""
    text = typeset("lstm", format)
    assert gate in text and step in text
    assert not re.search(r"mathrm\{t|<mtext>t[-+]|<mi>fh", text)
