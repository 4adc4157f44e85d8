"""Reports as Markdown: the formulas reach the renderer as they are, and text stays text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from nnsolve.report.typeset.document import Work, shown_at
from nnsolve.report.typeset.markdown import TEX, escaped, markdown
from tests.report.typeset.built import DETAILS, HOSTILE, STEMS, built, hostile
from tests.report.typeset.test_latex import parse

DISPLAYED = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!\\)(?<!\$)\$([^$\n]+)\$(?!\$)")


def rendered(text: str) -> str:
    """What is left as text of a Markdown file: any other mark, emphasis or HTML interrupts it."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    lines: list[str] = []
    for token in parser.parse(text):
        for child in token.children or []:
            lines.append(
                child.content if child.type == "text" else "\n" if child.type == "softbreak" else f"<{child.type}>"
            )
        lines.append("\n\n")
    return "".join(lines)


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("stem", STEMS)
def test_markdown_leaves_every_formula_alone(stem: str, detail: str) -> None:
    text = markdown(built(stem), detail)
    left = rendered(text)
    displayed = DISPLAYED.findall(text)
    inline = INLINE.findall(DISPLAYED.sub("", text))
    assert len(displayed) >= sum(isinstance(block, Work) for block in shown_at(built(stem).blocks, detail))
    for formula in [*displayed, *inline]:
        assert formula in left, formula
        parse(formula)
        assert r"\operatorname" not in formula


@pytest.mark.parametrize(
    "formula", [r"\bar{h}_{1} + \bar{h}_{2} x_{1}", r"a \\ b", r"a \, b", "a*b*c", "[a](b)", "a <b> c", "x\n- 2"]
)
def test_markdown_would_change_other_formulas(formula: str) -> None:
    assert formula not in rendered(f"$$\n{formula}\n$$\n")


def test_formulas_stand_between_blank_lines() -> None:
    text = markdown(built("elman"), "full")
    assert text.count("$$") % 2 == 0
    assert (
        len(re.findall(r"(?:^|\n\n)\$\$\n", text))
        == len(re.findall(r"\n\$\$\n(?:\n|$)", text))
        == text.count("$$") // 2
    )


@pytest.mark.parametrize("stem", STEMS)
def test_every_step_stands_there_with_its_symbol_and_its_address(stem: str) -> None:
    text = markdown(built(stem), "steps")
    for block in shown_at(built(stem).blocks, "steps"):
        if isinstance(block, Work):
            assert f"`{block.address}`" in text and f"\n{TEX.write(block.left)} &" in text


def test_what_a_user_wrote_is_only_text(tmp_path: Path) -> None:
    text = markdown(hostile(tmp_path), "full")
    left = rendered(text)
    assert "<html_inline>" not in left and "<link_open>" not in left and "<image>" not in left
    assert HOSTILE.split("−")[0].strip() in left
    assert text.count("&#36;x&#36;") == 4 and "@all" not in text and "<script" not in text


@pytest.mark.parametrize(
    "words", ["1. first", "- item", "# head", "+ x", "    code", "> quote", "=====", "a*b*c", "a_b_ _c_"]
)
def test_text_is_never_structure(words: str) -> None:
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(escaped(words.strip()))
    assert [token.type for token in parsed] == ["paragraph_open", "inline", "paragraph_close"]
    assert [child.type for child in parsed[1].children or []] in (["text"], ["text", "text"])
