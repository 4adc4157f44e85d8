"""Text of a problem never becomes code: titles, ids, names are comments, strings, identifiers, whatever they hold."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnsolve
from nnsolve.core.names import Name
from nnsolve.engine.solve import Solution
from nnsolve.report.export.comments import comment, heading
from nnsolve.report.export.names import RESERVED, Identifiers
from nnsolve.report.export.python import string
from tests.engine.solving import solved
from tests.report.export.running import compare, exported, run_scripts

HOSTILE = [
    'a\nraise SystemExit("out")',
    "a\r\nraise SystemExit('out')",
    '"""\nraise SystemExit("out")\n"""',
    "'''\nimport os\n'''",
    'x"] = 0; raise SystemExit("out"); y["',
    "\\",
    "\\N{BULLET} \\x00 {name} %s",
    "coding: utf-7",
    "-*- coding: utf-7 -*- +AAo-raise SystemExit",
    "right\u202eto\u2066left\u2069",
    "line\u2028paragraph\u2029next\x85form\x0cfeed\x0b",
    "zero\x00byte\x1b[31m",
    "#!/bin/sh",
    "ein Übergang σ ∂ℓ/∂h̄¹ 😀",
    "x" * 500,
]


def problem(text: str, folder: Path) -> str:
    """The script of a problem with a text wherever a text may stand, also one that the loader would refuse."""
    found = solved(
        folder,
        inputs={"x": [1, 2]},
        equations=["s = sum(x^2)"],
        ask=["s"],
        parts=[{"id": "p", "inputs": {"x": [3, 4]}, "ask": ["s"]}],
    ).problem
    (part,) = found.parts
    ask = found.ask[0]._replace(id=text)
    found = found._replace(title=text, source=text, text=text, ask=(ask,), parts=(part._replace(id=text),))
    return exported(Solution(found._replace(path=f"folder/{text}")))


def tokens(script: str) -> list[tuple[int, str]]:
    """The tokens of a script without its comments and the lines between them; of a text only that it is one."""
    skipped = (tokenize.COMMENT, tokenize.NL)
    found = tokenize.tokenize(io.BytesIO(script.encode()).readline)
    kept = [token for token in found if token.type not in skipped]
    return [(token.type, "" if token.type == tokenize.STRING else token.string) for token in kept]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_texts_stay_in_their_comments(text: str, tmp_path: Path) -> None:
    assert tokens(problem(text, tmp_path)) == tokens(problem("harmless", tmp_path))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_script_with_such_texts_runs_and_says_nothing_invisible(text: str, tmp_path: Path) -> None:
    script = problem(text, tmp_path)
    run = run_scripts(tmp_path, {"script": script})["script"]
    assert list(run.answers) == [text, f"{text}.s"]
    assert all(c.isprintable() or c == "\n" for c in script)


def test_the_name_of_the_file_is_no_declaration_of_an_encoding(tmp_path: Path) -> None:
    path = tmp_path / "coding: utf-7.yaml"
    path.write_text("{inputs: {x: 1}, equations: [y = 2 * x], ask: [y]}", encoding="utf-8")
    script = exported(nnsolve.solve(path))
    first, second, *_ = script.splitlines()
    assert "coding" not in first + second
    assert tokenize.detect_encoding(io.BytesIO(script.encode()).readline)[0] == "utf-8"


@given(st.text())
def test_any_text_is_a_string(text: str) -> None:
    assert ast.literal_eval(string(text)) == text
    assert string(text).isprintable()


@given(st.text())
def test_any_text_is_a_comment(text: str) -> None:
    for line in [*comment(text), heading(text)]:
        assert line.startswith("#") and line.isprintable()


NAMES = [
    "lambda",
    "print",
    "np",
    "math",
    "answers",
    "update",
    "x_all",
    "sigmoid",
    "range",
    "__import__",
    "match",
    "ﬁ",
    "θ",
]


def test_names_that_python_or_the_script_has_already(tmp_path: Path) -> None:
    """Names that are keywords, functions, or what a script calls something of its own."""
    names = [
        *NAMES,
        "total",
        "epoch",
        "position",
        "rows",
        "order",
        "name",
        "value",
        "relu",
        "relu_",
        "None_",
        "sum",
        "l",
    ]
    text = {
        "parameters": {name: [[0.1 * i, 1.0]] for i, name in enumerate(names)},
        "inputs": {"x": [[1.0, 0.5], [2.0, -1.0], [0.5, 0.5]]},
        "conventions": {"samples": "rows"},
        "equations": [f"z = x @ ({' + '.join(names)}).T", "a = relu(sigmoid(z))", "L = sum(a^2)"],
        "loss": "L",
        "training": {"learning_rate": 0.1, "steps": 8, "batch_size": 1},
        "ask": ["z", "L@5", "dL/dz@5", "L@e2", *(f"{name}@end" for name in names), "lambda@3", "np@7 - np@6"],
    }
    solution = solved(tmp_path, **text)
    compare(run_scripts(tmp_path, {"script": exported(solution)})["script"], solution)


def test_names_that_differ_where_identifiers_do_not(tmp_path: Path) -> None:
    text = {
        "parameters": {"dL_dw": 3, "w": 2, "fi": 1, "ﬁ": 4, "w_new": 5},
        "equations": ["L = w^2 * dL_dw + fi * ﬁ + w_new^2"],
        "loss": "L",
        "training": {"learning_rate": 0.1, "steps": 1},
        "ask": ["L", "dL/dw", "dL_dw", "dL/dfi", "dL/dﬁ", "w@1", "w_new", "w_new@1", "fi@1", "ﬁ@1"],
    }
    solution = solved(tmp_path, **text)
    compare(run_scripts(tmp_path, {"script": exported(solution)})["script"], solution)


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_identifiers_are_identifiers_and_never_alike(texts: list[str]) -> None:
    identifiers = Identifiers()
    found = [identifiers.of(Name(text)) for text in texts]
    assert all(text.isidentifier() and not keyword.iskeyword(text) and text not in RESERVED for text in found)
    assert len(set(found)) == len(found)
    assert [identifiers.of(Name(text)) for text in texts] == found
    assert all(ast.parse(text).body[0].value.id == text for text in found)  # type: ignore[attr-defined]
