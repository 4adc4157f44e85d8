"""The picture within the HTML report."""

from __future__ import annotations

import re

import pytest

from nnsolve.report.formats import FORMATS, TYPESET
from nnsolve.report.style import Style
from tests.cli.calling import NETWORK, call
from tests.report.solved import ALL, sections
from tests.report.typeset.built import drawn, tree

SVG = "{http://www.w3.org/2000/svg}svg"
WITH_ID = re.compile(r"<[^<>]*\sid\s*=", re.IGNORECASE)


@pytest.mark.parametrize("stem", [path.stem for path in ALL])
def test_a_page_holds_the_picture_of_each_section(stem: str) -> None:
    assert len(list(tree(stem).iter(SVG))) == len(sections(stem))
    assert not WITH_ID.search(TYPESET["html"](drawn(stem), Style(fragment=True)))


def test_an_id_is_noticed() -> None:
    assert WITH_ID.search('<p>a</p><svg width="1"\n id="b">') and not WITH_ID.search(
        '<p class="id">id="b" &lt;p id="b"></p>'
    )


def test_single_steps_have_no_picture() -> None:
    assert "<svg" in call("run", NETWORK, "--format", "html").output
    assert "<svg" not in call("run", NETWORK, "--format", "html", "--only", "h1").output


def test_the_page_says_its_title_once() -> None:
    page = FORMATS["html"](sections("regression-3-4-3-l2-norm"), Style())
    assert (
        page.count("3-4-3 regression network, L2 norm, one SGD step") == 3
    )  # <title>, <h1>, and the picture's <title>


def test_forced_decimals_are_those_of_the_picture() -> None:
    page = FORMATS["html"](sections("xor-batch"), Style(decimals=2))
    assert ">0.69</text>" in page and ">0.6856</text>" not in page
