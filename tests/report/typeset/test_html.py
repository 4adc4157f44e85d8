"""Reports as HTML: pages that a strict parser takes, every step with its values, at every detail."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

import nnsolve
from nnsolve.report.display import solve
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Answers, Heading, Paragraph, Work, shown_at
from nnsolve.report.typeset.html import SHORTENED, fragment, page
from nnsolve.report.typeset.mathematics import Captioned, Number
from nnsolve.report.typeset.report import document
from nnsolve.report.web.page import asset
from tests.report.solved import OWN
from tests.report.test_safety import evil_section
from tests.report.typeset.built import DETAILS, STEMS, built, hostile, long_lstm, tree
from tests.report.typeset.pages import (
    classes,
    content,
    elements,
    faults,
    fence_faults,
    fragment_of,
    heading_faults,
    mathml_faults,
    numbers,
    parsed,
    seen,
    short,
)

SVG = "{http://www.w3.org/2000/svg}svg"


def works(stem: str, detail: str) -> list[Work]:
    return [block for block in shown_at(built(stem).blocks, detail) if isinstance(block, Work)]


def numbers_of(node: Any) -> list[str]:
    """The numbers in the records of a formula, its captions left out."""
    if isinstance(node, Number):
        return [node.text]
    if isinstance(node, Captioned):
        return numbers_of(node.inner)
    return [number for part in node for number in numbers_of(part)] if isinstance(node, tuple) else []


def shown_sides(node: Element, detail: str) -> Iterator[Element]:
    """The sides of an equation: a formula each, or several that follow each other."""
    sides = [child for child in node if child in list(seen(node, detail))]
    assert all(short(side) == "math" or "b" in classes(side) for side in sides)
    assert all(short(part) == "math" for side in sides if short(side) == "span" for part in side)
    return iter(sides)


# The page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_has_no_faults(stem: str) -> None:
    assert faults(tree(stem)) == []
    assert [content(node) for node in elements(tree(stem), "title")] == [" ".join(built(stem).title.split())]
    assert [len(elements(tree(stem), name)) for name in ("h1", "main", "nav", "header")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        '<p id="a"></p><p id="a"></p>',
        '<a href="#nowhere">x</a>',
        '<a href="https://example.org">x</a>',
        '<img src="x.png" alt="">',
        "<h1>a</h1><h3>b</h3>",
        "<h2>a</h2>",
        '<p onclick="x()">a</p>',
        "<style>p { background: url(x.png) }</style>",
        "<math><mfrac><mi>a</mi></mfrac></math>",
        "<math><mtable><mtr><mtd></mtd></mtr><mtr><mtd></mtd><mtd></mtd></mtr></mtable></math>",
        "<math><mstyle></mstyle></math>",
    ],
)
def test_faults_are_found(text: str) -> None:
    assert len(faults(parsed(f"<!doctype html><html><head><title>t</title></head><body>{text}</body></html>"))) == 1


def test_the_parser_is_strict() -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        parsed("<!doctype html><title>t</title><p>a</b>")


@pytest.mark.parametrize("stem", STEMS)
def test_every_step_is_there_with_its_values(stem: str) -> None:
    by_id = {node.get("id"): node for node in tree(stem).iter() if short(node) == "details"}
    for detail in ("steps", "full"):
        for work in works(stem, detail):
            step = by_id[work.id]
            (address,) = elements(step[0], "code")
            assert content(address) == work.address
            (equation,) = [child for child in step if "eq" in classes(child)]
            shown = list(seen(equation, detail))
            results = [numbers(node) for node in shown if "r" in classes(node)]
            assert results == [numbers_of(side.mathematics) for side in work.sides if side.role == "result"]
            left, others = equation
            assert short(left) == "math" and len([*shown_sides(others, detail)]) == len(work.sides)


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("stem", STEMS)
def test_what_is_seen_is_what_the_detail_shows(stem: str, detail: str) -> None:
    shown = list(seen(elements(tree(stem), "main")[0], detail))
    blocks = shown_at(built(stem).blocks, detail)
    headings = [content(node) for node in shown if re.fullmatch("h[2-6]", short(node))]
    assert headings == [" ".join(block.text.split()) for block in blocks if isinstance(block, Heading)]
    sentences = {content(node) for node in shown if short(node) == "p"}
    for block in built(stem).blocks:
        if isinstance(block, Paragraph) and block.kind != "title" and isinstance(block.text[0], str):
            words = " ".join("".join(part for part in block.text if isinstance(part, str)).split())
            assert (words in sentences) == (detail in block.levels)
    steps = [content(node[0]) for node in shown if short(node) == "summary"]
    assert steps == [block.address for block in blocks if isinstance(block, Work)]
    asked = [content(node[0]) for node in shown if short(node) == "dt"]
    assert asked == [row.id for block in blocks if isinstance(block, Answers) for row in block.rows]
    links = [content(node) for node in seen(elements(tree(stem), "nav")[0], detail) if short(node) == "a"]
    assert links == headings


@pytest.mark.parametrize("detail", DETAILS)
def test_a_page_opens_at_the_detail_that_was_asked_for(detail: str) -> None:
    radios = [node for node in elements(parsed(page(built("elman"), detail)), "input") if node.get("name") == "detail"]
    assert [node.get("value") for node in radios] == DETAILS
    assert [node.get("value") for node in radios if node.get("checked") is not None] == [detail]
    for value in DETAILS:
        if value != "full":
            assert f'[name="detail"][value="{value}"]:checked' in asset("report.css")


def test_everything_that_can_be_used_has_a_name() -> None:
    found = tree("elman")
    assert all(
        content(node) for node in [*elements(found, "button"), *elements(found, "legend"), *elements(found, "a")]
    )
    radios = [node for label in elements(found, "label") for node in elements(label, "input") if content(label)]
    assert len(radios) == len(elements(found, "input")) == 6
    (skip, *_) = elements(found, "a")
    assert skip.get("href") == "#content" and elements(found, "main")[0].get("id") == "content"
    assert elements(found, "html")[0].get("lang") == "en"
    assert all(node.get("open") is not None for node in elements(elements(found, "main")[0], "details"))


def test_the_only_script_that_runs_is_the_pages_own() -> None:
    (script,) = elements(tree("elman"), "script")
    (policy,) = [node.get("content", "") for node in elements(tree("elman"), "meta") if node.get("http-equiv")]
    digest = base64.b64encode(hashlib.sha256((script.text or "").encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


def test_on_paper_everything_is_unfolded_and_nothing_can_be_switched() -> None:
    (printed,) = re.findall(r"@media print \{(.*)\n\}", asset("page.css"), re.DOTALL)
    for rule in (".controls, .skip, nav { display: none; }", "::details-content { content-visibility: visible;"):
        assert rule in printed
    assert re.search(r"details,[^{]*\{ break-inside: avoid; \}", printed)


def test_on_paper_nothing_is_cut_off() -> None:
    assert "font-size: calc(1em / var(--wide, 1));" in asset("page.css")
    scales = {
        content(figure): [node.get("style") for node in figure if "eq" in classes(node)]
        for figure in elements(tree("wide"), "figure")
        if not list(figure.iter(SVG))
    }
    assert [style for text, [style] in scales.items() if text.endswith("3×14")] == ["--wide:1.70"]
    assert [style for text, [style] in scales.items() if text.endswith("14×1 input")] == [None]
    assert 'style="--wide' not in page(built("elman"), "steps")


def test_a_picture_on_paper_is_as_wide_as_the_paper() -> None:
    (printed,) = re.findall(r"@media print \{(.*)\n\}", asset("page.css"), re.DOTALL)
    assert ".picture { overflow: visible; }" in printed
    assert re.search(r"\.picture svg \{ min-width: 0;[^}]*\}", printed)


PALETTE = re.compile(r"(--\w+|background): light-dark\((#\w{6}), (#\w{6})\)")


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("name", ["--text", "--quiet", "--accent", "--result", "--warning"])
def test_every_colour_of_text_can_be_read(name: str, theme: int) -> None:
    colours = {key: both[theme] for key, *both in PALETTE.findall(asset("report.css") + asset("page.css"))}
    for ground in ("background", "--panel"):
        assert contrast(colours[name], colours[ground]) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# Mathematics ----------------------------------------------------------------------------------------------------------


def test_numbers_stand_below_each_other_by_their_points() -> None:
    text = page(built("regression-3-4-3-l2-norm"), "steps")
    assert "<mtd><mn>6.1</mn></mtd>" in text
    assert '<mtd><mn>4</mn><mspace width="1.55ch"/></mtd>' in text


@pytest.mark.parametrize("stem", STEMS)
def test_both_parentheses_of_a_pair_are_equally_high(stem: str) -> None:
    assert fence_faults(tree(stem)) == []


@pytest.mark.parametrize(("right", "faulty"), [("<mo>)</mo>", True), ('<mo stretchy="false">)</mo>', False)])
def test_parentheses_that_are_not_equally_high_are_found(right: str, faulty: bool) -> None:
    formula = f'<math><mo stretchy="false">(</mo><mi>a</mi></math><math><mo>−</mo><mi>b</mi>{right}</math>'
    assert bool(fence_faults(fragment_of(f'<p><span class="b">{formula}</span></p>'))) == faulty


def first_formula(folder: Path, equation: str, given: str = "a: 1") -> list[Element]:
    """The formulas of the first side of the only step: one, or the pieces that may stand below each other."""
    (folder / "p.yaml").write_text(f"inputs: {{{given}}}\nequations: ['q = {equation}']\nask: [q]\n")
    text = page(document(solve(folder / "p.yaml").sections, Style()), "steps")
    (step,) = [node for node in elements(parsed(text), "details") if node.get("id") == "step-q"]
    (others,) = [child for node in step for child in node if "eq" in classes(node) and short(child) == "div"]
    side = others[0]
    return [*side] if "b" in classes(side) else [side]


def test_a_long_formula_may_be_broken_before_a_sign(tmp_path: Path) -> None:
    first, *rest = first_formula(tmp_path, " + ".join(["a"] * 20) + " - 2 * a")
    assert len(rest) > 1
    assert [content(piece)[:1] for piece in rest] == ["+"] * len(rest)
    assert "".join(map(content, [first, *rest])).count("+") == 19
    signs = [piece[0] for piece in rest]
    assert [sign.get("form") for sign in signs] == ["infix"] * len(rest)  # else there is no space behind it
    assert len(first_formula(tmp_path, "a + 2 * a")) == 1


def test_what_goes_on_within_parentheses_has_its_sign_before_it(tmp_path: Path) -> None:
    *_, last = first_formula(tmp_path, "2 * (" + " - ".join(["a"] * 20) + ")")
    assert content(last)[-1] == ")" and content(last).count("(") == 0
    (sign,) = [node for node in elements(last, "mo")][:1]
    assert (sign.text, sign.get("form")) == ("−", "infix")


def test_a_root_and_a_matrix_stay_whole_on_a_page_that_scrolls(tmp_path: Path) -> None:
    (whole,) = first_formula(tmp_path, "sqrt(" + " + ".join(["a"] * 20) + ")")
    assert len(elements(whole, "msqrt")) == 1
    assert "columns 1 to" not in page(built("wide"), "steps")


def test_marks_stand_above_their_letters(tmp_path: Path) -> None:
    """An accent is set as low as above an x, and the bar of h̄ would cross the h: it is no accent for the browser."""
    (formula,) = first_formula(tmp_path, "2 * hbar", "hbar: 1")
    (marked,) = elements(formula, "mover")
    assert content(marked) == "h‾" and marked.get("accent") is None


@pytest.mark.parametrize(("value", "shown"), [("2e-9", ["2e-9"]), ("1e300 * 1e300", ["inf"]), ("-0.5", ["-0.5"])])
def test_numbers_are_those_of_the_trace(tmp_path: Path, value: str, shown: list[str]) -> None:
    (tmp_path / "p.yaml").write_text(f"inputs: {{x: 1}}\nequations: ['a = x * {value}']\nask: [a]\n")
    text = page(document(solve(tmp_path / "p.yaml").sections, Style()), "steps")
    (result,) = [node for node in elements(parsed(text), "details") if node.get("id") == "step-a"]
    (math,) = [node for node in result.iter() if "r" in classes(node)]
    assert numbers(math) == shown


# Hostile texts --------------------------------------------------------------------------------------------------------


def test_texts_of_the_problem_stay_texts(tmp_path: Path) -> None:
    given = hostile(tmp_path)
    for text in (page(given, "steps"), fragment(given, "steps")):
        assert all(character == "\n" or character.isprintable() for character in text)
        found = parsed(text) if "<!doctype" in text else fragment_of(text)
        assert len(elements(found, "script")) == ("<!doctype" in text)
        assert not elements(found, "i") and not elements(found, "img")
        assert "<script>alert(1)</script>" in content(found)
    assert faults(parsed(page(given, "steps"))) == []


def test_ids_and_findings_stay_texts() -> None:
    tree = parsed(page(document([evil_section()], Style()), "steps"))  # type: ignore[list-item]
    assert len(elements(tree, "script")) == 1 and faults(tree) == []
    for name in ("title", "h1", "h2", "dt", "a"):
        assert any("<script>alert(1)</script>" in content(node) for node in elements(tree, name)), name
    (alert,) = [node for node in tree.iter() if "alert" in classes(node)]
    assert content(alert).count("<script>alert(1)</script>") == 3


def test_the_check_of_hostile_texts_can_fail(tmp_path: Path) -> None:
    text = page(hostile(tmp_path), "steps").replace("&lt;", "<").replace("&gt;", ">")
    assert len(elements(html5lib.HTMLParser().parse(text), "script")) > 1


# In a notebook --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", ["regression-3-4-3-l2-norm", "word-embeddings"])
def test_a_fragment_can_stand_twice_on_a_page(stem: str) -> None:
    text = fragment(built(stem), "steps")
    found = fragment_of(text + text)
    assert not [node for node in found.iter() if node.get("id") or node.get("aria-labelledby") or node.get("for")]
    assert not elements(found, "script") and len(elements(found, "style")) == 2
    assert len(elements(found, "form")) == 2  # radio buttons of the same name in two forms are two groups
    assert [fault for node in found.iter() for fault in mathml_faults(node) if "math" in str(node.tag).lower()] == []
    assert [fault for fault in heading_faults(found) if fault != "h2 below h0"] == []


def test_the_styles_of_a_fragment_are_about_nothing_else() -> None:
    css = re.sub(r"/\*.*?\*/", "", asset("report.css"), flags=re.DOTALL)
    selectors = [selector for rule in re.findall(r"([^{}]+)\{", css) for selector in _split(rule)]
    assert len(selectors) > 20
    assert [selector for selector in selectors if not re.search(r"(^|\s)\.nnsolve\b", selector)] == []


def _split(rule: str) -> list[str]:
    """The selectors of a rule; a comma within parentheses separates none."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", rule) if part.strip()]


def test_a_notebook_shows_the_fragment() -> None:
    solution = nnsolve.solve(OWN / "branch.yaml")
    text = solution._repr_html_()  # type: ignore[attr-defined]
    assert text == fragment(document(solution.sections, Style(), pictures=True), "steps")
    assert "mathjax_ignore" in text and html.escape(solution.problem.title or "") in text


# Size -----------------------------------------------------------------------------------------------------------------


def test_a_scalar_lstm_over_a_hundred_steps_stays_small(tmp_path: Path) -> None:
    """Forward, backward through all of time, and an update; what is left out at full detail is said."""
    given = long_lstm(tmp_path)
    text = page(given, "steps")
    assert len(text.encode()) < 2_000_000
    assert text.count("<details id=") == sum(isinstance(block, Work) for block in given.blocks)
    assert text.count(html.escape(SHORTENED)) == 1
    assert '<p class="note s">What repeats is shown by its results' in text  # at steps; at full it is not so
    whole = page(given, "full")
    assert SHORTENED not in whole and len(whole) > len(text)
