"""Texts of the problem file cannot steer the terminal, and nothing of them is taken as markup."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.report.style import Style, clean
from nnsolve.report.terminal import Fitted, can_show_unicode, print_report, style_of
from nnsolve.report.text import report
from tests.report.solved import sections

EVIL = "[red]x[/red] \x1b[31mred\x1b]0;title\x07 \x9b2J \u202egnirts \r\n\t<script>alert(1)</script>"


def evil_section() -> object:
    (section,) = sections("scalar-backpropagation")
    answers = tuple(answer._replace(id=EVIL, options={"text": EVIL}) for answer in section.answers)
    warning = Diagnostic("code", EVIL, Place(EVIL, 1, 1), EVIL, "warning")
    return section._replace(title=EVIL, text=EVIL, source=EVIL, id=EVIL, answers=answers, warnings=(warning,))


def is_harmless(text: str) -> bool:
    return all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("detail", ["brief", "steps", "full"])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_control_character_reaches_the_terminal(detail: str, unicode: bool) -> None:
    text = str(report([evil_section()], Style(80, unicode, detail=detail)))  # type: ignore[list-item]
    assert is_harmless(text)
    assert "[red]x[/red]" in text


def test_the_check_can_fail() -> None:
    assert not is_harmless(EVIL)
    assert clean("plain text") == "plain text"
    assert clean("a\x1b[31mb") != "a\x1b[31mb"


def printed(force: bool, **options: object) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=force, width=80, legacy_windows=False, **options)  # type: ignore[arg-type]
    print_report(console, report([evil_section()], Style(80)))  # type: ignore[list-item]
    return file.getvalue()


def test_colours_only_where_there_are_some() -> None:
    assert "\x1b[" in printed(True, color_system="standard")
    assert "\x1b[31m" not in printed(True, color_system="standard").replace("\x1b[1;31m", "")
    assert "\x1b" not in printed(False)
    assert "\x1b" not in printed(True, color_system="standard", no_color=True)


def test_colours_change_nothing_but_the_colour() -> None:
    file = io.StringIO()
    content = report(sections("regression-3-4-3-l2-norm"), Style(80))
    print_report(Console(file=file, force_terminal=True, color_system="standard", width=80), content)
    bare = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())
    assert [line.rstrip() for line in bare.splitlines()] == str(content).splitlines()


def test_a_report_fits_its_console() -> None:
    for width in (60, 100, 200):
        file = io.StringIO()
        console = Console(file=file, width=width)
        console.print(Fitted(sections("regression-3-4-3-l2-norm")))
        assert max(cell_len(line) for line in file.getvalue().splitlines()) <= min(width, 120)
    assert style_of(Console(width=30)).width == 40


def test_encodings() -> None:
    assert can_show_unicode("utf-8") and can_show_unicode("UTF8")
    assert not can_show_unicode("latin-1")
    assert not can_show_unicode("ascii")
    assert not can_show_unicode(None)
    assert not can_show_unicode("no such encoding")
