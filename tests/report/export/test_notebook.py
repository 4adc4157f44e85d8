"""Notebooks: valid by Jupyter's own rules, the same numbers, and nothing of the problem's texts taken for markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from markdown_it import MarkdownIt

import nnsolve
from nnsolve.report.export.comments import harmless
from tests.engine.solving import solved
from tests.report.export.running import compare, exported, run_scripts
from tests.report.export.test_problems import PROBLEMS
from tests.report.export.test_safety import HOSTILE

QUICK = [path for path in PROBLEMS if not path.stem.startswith(("next-bit", "xor-batch", "xor-stochastic"))]


def sources(notebook: Any, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_notebooks_are_valid(path: Path) -> None:
    nbformat.validate(json.loads(exported(nnsolve.solve(path), "notebook")))


def test_the_validation_can_fail() -> None:
    notebook = json.loads(exported(nnsolve.solve(PROBLEMS[0]), "notebook"))
    del notebook["cells"][1]["outputs"]
    with pytest.raises(nbformat.ValidationError):
        nbformat.validate(notebook)


def test_the_cells_compute_what_is_asked(tmp_path: Path) -> None:
    solutions = {path.stem: nnsolve.solve(path) for path in QUICK}
    scripts = {}
    for stem, solution in solutions.items():
        scripts[stem] = "\n".join(sources(json.loads(exported(solution, "notebook")), "code"))
    for stem, run in run_scripts(tmp_path, scripts).items():
        compare(run, solutions[stem])
        assert run.printed


def test_each_phase_is_told_and_then_computed() -> None:
    path = next(path for path in PROBLEMS if path.stem == "relu-softmax-2-4-2-step")
    notebook = json.loads(exported(nnsolve.solve(path), "notebook"))
    told = sources(notebook, "markdown")
    assert told[0].startswith("# 2-4-2 network with ReLU and softmax, both weight updates\n")
    backward = next(text for text in told if text.startswith("## Backward pass"))
    assert r"\frac{\partial L}{\partial z^{2}} &= a^{2} - y \cr" in backward
    titles = [text.splitlines()[0] for text in told[1:]]
    assert titles == [
        f"## {title}"
        for title in (
            "Given values",
            "Forward pass",
            "Backward pass",
            "Update",
            "After 1 update: forward pass",
            "Answers",
        )
    ]


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "# a", "- a", "12. a", "=====", "<script>alert(1)</script> ![x](http://x.y/z) [a](b) $x$ `c` **d** # e"],
    ids=ascii,
)
def test_texts_are_no_markup(text: str, tmp_path: Path) -> None:
    """A reader of Markdown finds a heading and paragraphs of this very text, without links, code or HTML in them."""
    solution = solved(tmp_path, inputs={"x": [1, 2]}, equations=["s = sum(x^2)"], ask=["s"])
    solution.problem = solution.problem._replace(title=text, source=text, text=text)
    notebook = json.loads(exported(solution, "notebook"))
    nbformat.validate(notebook)
    (head, *_) = sources(notebook, "markdown")
    assert len(head.splitlines()) == 7
    assert all(c.isprintable() or c == "\n" for c in head)
    assert not re.search(r"(?<!\\)\$|\\\(|\\\)", head.replace("\\[", "").replace("\\]", ""))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(head)
    assert [token.type for token in tokens if token.nesting == 1] == ["heading_open", *["paragraph_open"] * 3]
    said = " ".join(harmless(" ".join(text.split())).split())
    for token in tokens:
        if token.type == "inline" and token.map is not None and token.map[0] < 6:
            assert token.children is not None
            assert {child.type for child in token.children} <= {"text", "text_special", "softbreak"}
            assert "".join(child.content for child in token.children) == said
