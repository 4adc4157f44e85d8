"""Reports as LaTeX: they compile, nothing that a user wrote is a command, numbers are those of the solution."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError

from nnsolve.core.expressions import Num
from nnsolve.report.typeset.document import Work, shown_at
from nnsolve.report.typeset.escape import escaped
from nnsolve.report.typeset.latex import FRAGMENT, PREAMBLE, TEX, latex
from nnsolve.report.typeset.markdown import markdown
from nnsolve.report.typeset.mathematics import Captioned, Matrix, Number
from tests.report.solved import ALL, SEEDS, sections
from tests.report.test_golden import compare
from tests.report.typeset.built import DETAILS, HOSTILE, STEMS, built, hostile

PDFLATEX = shutil.which("pdflatex")

ARTICLE = "\\documentclass{{article}}\\usepackage{{amsmath}}\\begin{{document}}\n{}\\end{{document}}\n"


@functools.cache
def parse(text: str) -> None:
    """Raises where a brace, an environment or a formula does not end."""
    LatexWalker(text, tolerant_parsing=False).get_latex_nodes()


def parse_paragraphs(text: str) -> None:
    """Raises where a paragraph of a document holds what does not end in it."""
    head, begin, body = text.partition(r"\begin{document}")
    body, end, rest = body.partition(r"\end{document}")
    assert not rest.strip()
    for paragraph in [head, begin + end, *body.split("\n\n")]:
        parse(paragraph)


def compiled(text: str, folder: Path) -> str:
    """The log of pdflatex."""
    assert PDFLATEX is not None
    (folder / "report.tex").write_text(text, encoding="utf-8")
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = (folder / "report.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[log.find("\n!") :][:600]
    return log


def numbers(tex: str) -> list[list[float]]:
    """The rows of a matrix, or a single number, read from what is printed."""
    body = re.sub(r"\\(left\[|right\])|\\begin\{array\}\{\w+\}|\\end\{array\}|\\(phantom|hspace)\{[^}]*\}", "", tex)
    body = re.sub(r" \\times 10\^\{(-?\d+)\}", r"e\1", body).replace(r"\infty", "inf").replace(r"\mathrm{nan}", "nan")
    return [[float(cell) for cell in row.split("&")] for row in body.split(r"\\")]


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("stem", STEMS)
def test_everything_that_begins_ends(stem: str, detail: str) -> None:
    text = latex(built(stem), detail)
    parse_paragraphs(text)
    assert text.isascii()
    assert text.startswith(PREAMBLE) and text.count(r"\begin{document}") == text.count(r"\end{document}") == 1


@pytest.mark.parametrize("broken", [r"\frac{1}{2", r"\begin{align*} x", r"$\left[ x", "{a}}"])
def test_the_parser_notices_what_does_not_end(broken: str) -> None:
    with pytest.raises(LatexWalkerParseError):
        parse(broken)


@pytest.mark.parametrize("stem", STEMS)
def test_every_step_stands_there_with_its_symbol_and_its_address(stem: str) -> None:
    text = latex(built(stem), "steps")
    for block in shown_at(built(stem).blocks, "steps"):
        if isinstance(block, Work):
            left, label = f"{TEX.write(block.left)} &", f"\\tag*{{\\footnotesize {escaped(block.address)}"
            assert any(line.startswith(left) and label in line for line in text.splitlines()), block.address


@pytest.mark.parametrize("stem", STEMS)
def test_printed_results_read_back_as_the_values_at_their_digits(stem: str) -> None:
    text = latex(built(stem), "full")
    steps = [step for section in sections(stem) for step in section.trace.steps if step.equation is not None]
    blocks = [block for block in built(stem).blocks if isinstance(block, Work)]
    for step, block in zip(steps, blocks, strict=True):
        assert step.equation is not None
        if isinstance(step.equation.expr, Num):
            continue
        result = block.sides[-1].mathematics
        result = result.inner if isinstance(result, Captioned) else result
        tex = TEX.write(result)
        if not isinstance(result, Matrix | Number) or "dots" in tex:
            continue
        rows = result.rows if isinstance(result, Matrix) else ((result,),)
        digits = [[cell.text for cell in row if isinstance(cell, Number)] for row in rows]
        expected = np.atleast_2d(step.value).tolist()
        for cells, texts, values in zip(numbers(tex), digits, expected, strict=True):
            for cell, shown, value in zip(cells, texts, values, strict=True):
                assert cell == pytest.approx(value, rel=1e-4 if "e" in shown else 1e-13, abs=_half(shown), nan_ok=True)
        assert tex in text or len(rows[0]) > 6  # a wide one is in blocks of columns


def _half(text: str) -> float:
    """Half of the place of the last digit."""
    if "e" in text or text.lstrip("-") in ("inf", "nan"):
        return 0.0
    return 0.5000001 * 10.0 ** -len(text.partition(".")[2])


@pytest.mark.parametrize("fragment", [False, True])
def test_what_a_user_wrote_is_never_a_command(tmp_path: Path, fragment: bool) -> None:
    text = latex(hostile(tmp_path), "full", fragment)
    parse(text)
    assert text.isascii()
    for command in (r"\input", r"\(", r"\[", "^^", r"\u0000", "%c", "#1"):
        assert not re.search(rf"(?<!\\){re.escape(command)}", text.removeprefix(FRAGMENT)), command
    assert text.count(r"\end{document}") == (not fragment)
    assert text.count(r"\textbackslash{}input\{/etc/passwd\}") >= 4
    assert "100\\% \\$x\\$ \\$\\$ a\\_b" in text and "[U+1F600]" in text and r"\'{e}" in text


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
def test_what_a_user_wrote_compiles(tmp_path: Path) -> None:
    compiled(latex(hostile(tmp_path), "full"), tmp_path)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
def test_every_character_of_the_tables_compiles(tmp_path: Path) -> None:
    every = " ".join(map(chr, [*range(32, 127), *range(0xA0, 0x180), *range(0x2000, 0x2300)]))
    compiled(f"{PREAMBLE}\\begin{{document}}\n{escaped(every)}\n\\end{{document}}\n", tmp_path)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
@pytest.mark.parametrize("stem", STEMS)
def test_documents_compile_and_stay_on_the_page(stem: str, tmp_path: Path) -> None:
    log = compiled(latex(built(stem), "full"), tmp_path)
    over = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide", log)]
    assert max(over, default=0) <= 2


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
def test_a_fragment_compiles_in_a_document_with_amsmath(tmp_path: Path) -> None:
    text = latex(built("elman"), "steps", fragment=True)
    assert text.startswith("% Needs \\usepackage{amsmath}") and "\\documentclass" not in text
    compiled(ARTICLE.format(text), tmp_path)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
@pytest.mark.parametrize("stem", [path.stem for path in ALL if path.parent == SEEDS])
def test_a_fragment_stays_on_the_page_of_an_article(stem: str, tmp_path: Path) -> None:
    assert "Overfull \\hbox" not in compiled(ARTICLE.format(latex(built(stem), "full", fragment=True)), tmp_path)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
def test_lines_that_run_off_an_article_are_found(tmp_path: Path) -> None:
    text = latex(built("xor-batch"), "full", fragment=True, letters=97)
    assert "Overfull \\hbox" in compiled(ARTICLE.format(text), tmp_path)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed; the parser has read the same texts")
@pytest.mark.parametrize("stem", ["regression-3-4-3-l2-norm", "xor-batch"])
def test_with_fewer_letters_a_fragment_stays_within_one_of_two_columns(stem: str, tmp_path: Path) -> None:
    start = "\\documentclass[10pt,twocolumn]{article}\\usepackage{amsmath}\\begin{document}\n"
    narrow, wide = [latex(built(stem), "steps", True, letters) for letters in (45, None)]
    assert "Overfull \\hbox" not in compiled(f"{start}{narrow}\\end{{document}}\n", tmp_path)
    assert "Overfull \\hbox" in compiled(f"{start}{wide}\\end{{document}}\n", tmp_path)


def test_detail_chooses_what_is_shown() -> None:
    brief, steps, full = (latex(built("elman"), detail) for detail in DETAILS)
    assert "subsection*{Forward pass}" not in brief and "subsection*{Answers}" in brief
    assert len(brief) < len(steps) < len(full)
    assert HOSTILE not in full


@pytest.mark.parametrize("stem", ["scalar-backpropagation", "elman"])
def test_documents_are_as_kept(stem: str) -> None:
    compare(f"typeset.{stem}.tex", latex(built(stem), "steps"))
    compare(f"typeset.{stem}.md", markdown(built(stem), "steps"))
