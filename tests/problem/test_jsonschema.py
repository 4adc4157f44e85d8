"""The JSON Schemas: what the loader accepts they accept, what they can see is wrong they refuse, all is explained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from nnsolve.blocks.layer import COMMON
from nnsolve.checking import verdictfile
from nnsolve.checking.answerfile import KEYS, read_answers
from nnsolve.checking.jsonschema import SCHEMAS
from nnsolve.cli.new import starters
from nnsolve.engine.lint import lint
from nnsolve.ops import REGISTRY
from nnsolve.problem import schema
from nnsolve.problem.loader import load_problem_findings
from tests.problem.editing import refused, validator

ROOT = Path(__file__).parents[2]
PROBLEMS = [*sorted((ROOT / "problems").glob("*.yaml")), *sorted((ROOT / "tests/report/problems").glob("*.yaml"))]
PRINTED = sorted((ROOT / "problems/printed").glob("*.yaml"))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one(kind: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[kind]())
    text = json.dumps(SCHEMAS[kind]())
    assert "://" not in text.replace("http://json-schema.org/draft-07/schema#", "")
    references = {name.split('"')[0] for name in text.split('"#/definitions/')[1:]}
    assert references == set(SCHEMAS[kind]()["definitions"])


@pytest.mark.parametrize(("kind", "files"), [("problem", PROBLEMS), ("answers", PRINTED)])
def test_every_file_of_the_repository_is_valid_for_a_validator_of_its_own(
    kind: str, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMAS[kind]()), encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("titel: x\n", encoding="utf-8")
    run = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(tmp_path / "schema.json")]
    assert len(files) >= 10
    result = subprocess.run([*run, *map(str, files)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout
    assert subprocess.run([*run, str(tmp_path / "wrong.yaml")], capture_output=True, timeout=120).returncode == 1


BASE = """\
title: A problem with everything
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: [[1, 2], [3, 4]], b: [0, 1/2], activation: relu}
  - dense: {W: {random: normal, mean: 0, std: 1, shape: [2, 2], seed: 0}}
inputs: {x: [1, sqrt(2)]}
targets: {y: {class: 2}}
loss: {name: huber, delta: 1}
training:
  {optimizer: momentum, learning_rate: 0.1, momentum: 0.9, steps: 1, schedule: {kind: step, every: 2, factor: 0.5}}
rounding: {a1: {decimals: 2}}
ask:
  - z1
  - {id: q, of: L, decimals: 3}
marking: {imprecise: 0.25}
"""

EDITS = [
    ("unknown-key", "title:", "titel:"),
    ("unknown-key", "count_from: 1", "count_form: 1"),
    ("unknown-key", "decimals: 3", "digits: 3"),
    ("unknown-key", "activation:", "activatoin:"),
    ("unknown-key", "{class: 2}", "{class: 2, off: 3}"),
    ("unknown-key", "seed: 0}", "sead: 0}"),
    ("unknown-key", "{imprecise: 0.25}", "{imprecse: 0.25}"),
    ("unknown-key", "momentum: 0.9,", "momentum: 0.9, beta1: 0.9,"),
    ("unknown-key", "every: 2,", "every: 2, over: 3,"),
    ("unknown-option", "delta: 1", "delat: 1"),
    ("unknown-layer", "- dense: {W: [", "- dens: {W: ["),
    ("unknown-choice", "weights: rows", "weights: row"),
    ("unknown-choice", "count_from: 1", "count_from: 2"),
    ("unknown-choice", "random: normal", "random: norm"),
    ("unknown-optimizer", "optimizer: momentum", "optimizer: momentun"),
    ("unknown-schedule", "kind: step", "kind: stairs"),
    ("missing-key", "name: huber, ", ""),
    ("missing-key", "of: L, ", ""),
    ("missing-key", "mean: 0, ", ""),
    ("missing-key", ", momentum: 0.9", ""),
    ("missing-key", "every: 2, ", ""),
    ("missing-key", "kind: step, ", ""),
    ("missing-key", "W: [[1, 2], [3, 4]], ", ""),
    ("missing-key", "{a1: {decimals: 2}}", "{a1: {ties: even}}"),
    ("missing-convention", "samples: columns, ", ""),
    ("missing-convention", "conventions: {weights: rows, samples: columns, count_from: 1}\n", ""),
    ("missing-seed", "steps: 1", "steps: 1, shuffle: true"),
    ("conflict", "steps: 1", "steps: 1, epochs: 2"),
    ("conflict", "decimals: 3", "decimals: 3, significant: 2"),
    ("conflict", "{decimals: 2}", "{decimals: 2, significant: 2}"),
    ("out-of-range", "learning_rate: 0.1", "learning_rate: -0.1"),
    ("out-of-range", "momentum: 0.9", "momentum: 1"),
    ("out-of-range", "decimals: 3", "decimals: -1"),
    ("out-of-range", "shape: [2, 2]", "shape: [0, 2]"),
    ("out-of-range", "factor: 0.5", "factor: 0"),
    ("out-of-range", "imprecise: 0.25", "imprecise: 2"),
    ("out-of-range", "{class: 2}", "{class: -1}"),
    ("wrong-type", "steps: 1", "steps: 1.5"),
    ("wrong-type", "[1, sqrt(2)]", "[1, true]"),
    ("wrong-type", "[1, sqrt(2)]", "[1, {a: 1}]"),
    ("wrong-type", "{random: normal,", "{rand: normal,"),
    ("wrong-type", "{random: normal, mean: 0, std: 1, shape: [2, 2], seed: 0}", "{class: 1}"),
    ("wrong-type", "inputs: {x: [1, sqrt(2)]}", "inputs: [1, 2]"),
    ("wrong-type", "inputs: {x: [1, sqrt(2)]}", "inputs: {x: }"),
    ("wrong-type", "  - z1", "  - [z1]"),
    ("wrong-type", "{a1: {decimals: 2}}", "{decimals: 2}"),
    ("wrong-type", "marking: {imprecise: 0.25}", "marking: 3"),
    ("wrong-type", "title: A problem with everything", "title: [a]"),
    ("empty-list", "[1, sqrt(2)]", "[]"),
    ("not-a-number", "[1, sqrt(2)]", "[1, one]"),
    ("unknown-function", "[1, sqrt(2)]", "[1, log(2)]"),
    ("not-finite", "[1, sqrt(2)]", "[1, .inf]"),
    ("not-a-name", "inputs: {x:", "inputs: {x y:"),
    ("not-an-equation", "loss: {", "equations: [z1 + 1]\nloss: {"),
    ("bad-id", "id: q", "id: ' '"),
    ("missing-key", "title: A problem", "parts: [{title: a}]\ntitle: A problem"),
    ("bad-id", "title: A problem", "parts: [{id: a.b}]\ntitle: A problem"),
    ("unknown-key", "title: A problem", "parts: [{id: a, marking: {}}]\ntitle: A problem"),
]


def test_what_the_wrong_files_are_made_from_is_right(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(BASE, encoding="utf-8")
    assert [finding for finding in lint(path) if finding.severity == "error"] == []
    assert refused(BASE) == []


@pytest.mark.parametrize(("code", "old", "new"), EDITS)
def test_loader_and_schema_refuse_the_same_mistake(code: str, old: str, new: str, tmp_path: Path) -> None:
    assert BASE.count(old) == 1
    text = BASE.replace(old, new)
    path = tmp_path / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    assert code in [finding.code for finding in lint(path) if finding.severity == "error"]
    assert refused(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[1, sqrt(2)]", "[1e-3, 2*exp(-1)]"),
        ("[1, sqrt(2)]", "['1/3', 010]"),
        ("[1, sqrt(2)]", "[-(1/3)^2, 0x1F]"),
        ("[1, sqrt(2)]", "{random: uniform, low: -1/2, high: 1/2, shape: 2, seed: 1}"),
        ("[1, sqrt(2)]", "[e, pi]"),
        ("title: A problem with everything", "title: 2021"),
        ("{class: 2}", "[0, 1]"),
        ("learning_rate: 0.1", "learning_rate: 1/10"),
        ("steps: 1", "steps: 4/2"),
        ("count_from: 1", "count_from: '1'"),
        ("{name: huber, delta: 1}", "squared_error"),
        ("{name: huber, delta: 1}", "1/2 * sum((y_hat - y)^2)"),
        ("activation: relu", "activation: 'max(u, 0.1 * u)'"),
        ("activation: relu", "number: 3"),
        ("{a1: {decimals: 2}}", "{every: {significant: 3, ties: away}}"),
        ("{a1: {decimals: 2}}", "{dL/da1: {decimals: 3}}"),
        ("conventions: {", "constants: {m: [0, -inf, -.inf]}\nconventions: {"),
        ("conventions: {", "given: {dL/dz2: [1, 0]}\nconventions: {"),
        ("ask:\n  - z1\n  - {id: q, of: L, decimals: 3}", "ask: z1"),
        ("ask:\n  - z1\n", "parts: [{id: a, inputs: {x: [1, 2]}, loss: {delta: 2}, ask: [a1]}]\nask:\n  - z1\n"),
    ],
)
def test_what_the_loader_accepts_the_schema_accepts(old: str, new: str, tmp_path: Path) -> None:
    assert BASE.count(old) == 1
    text = BASE.replace(old, new)
    path = tmp_path / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_problem_findings(path)[0] is not None
    assert refused(text) == []


def test_a_problem_may_leave_what_is_required_to_its_parts() -> None:
    part = "{id: a, conventions: {weights: rows, samples: rows}, training: {learning_rate: 1}, ask: [z]}"
    text = "layers: [{dense: {W: 1}}]\ninputs: {x: 1}\ntraining: {steps: 1}\n"
    assert refused(f"{text}parts: [{part}]\n") == []
    assert refused(f"{text}ask: [z]\nparts: [{part}]\n")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_example_is_valid_and_no_option_can_be_misspelt(name: str) -> None:
    block = LAYERS[name]
    head = "conventions: {weights: rows, samples: columns}\ninputs: {x: [1]}\n"

    def with_options(options: Any) -> list[str]:
        return refused(f"{head}layers: {json.dumps([{name: options}])}\n")

    assert with_options(block.example) == []
    assert with_options({**block.example, "Wx_": 1})
    assert all(with_options({k: v for k, v in block.example.items() if k != key}) for key in block.required)
    for option, words in block.words.items():
        assert all(not with_options({**block.example, option: word}) for word in words)
        assert not words or with_options({**block.example, option: "anything"})
    for option, order in block.orders.items():
        assert not with_options({**block.example, option: order[::-1]})
        assert with_options({**block.example, option: order[1:]})


def test_every_key_and_name_is_explained() -> None:
    """Of each table and of each registry: what is added there is in the schema, with its sentence."""
    explained = dict(_explained(SCHEMAS["problem"]()))
    tables = [table for table in vars(schema).values() if isinstance(table, dict) and table is not schema.LAYER]
    tables = [table for table in tables if all(isinstance(key, schema.Key) for key in table.values())]
    assert len(tables) >= 13
    for table in tables:
        for name, key in table.items():
            assert key.text and key.text in explained[name], name
    for kind, block in LAYERS.items():
        assert block.doc in explained[kind]
        for option, text in {**COMMON, **block.options}.items():
            assert text in explained[option], (kind, option)
    for registry in (LOSSES, OPTIMIZERS, SCHEDULES):
        for name, entry in registry.items():
            assert entry.doc in explained[name], name
    for name, operation in REGISTRY.items():
        assert not operation.activation or operation.doc in explained[name]
    for kind, of_kind in (("answers", [KEYS]), ("verdicts", [verdictfile.FILE, verdictfile.RULING])):
        explained = dict(_explained(SCHEMAS[kind]()))
        assert all(key.text in explained[name] for table in of_kind for name, key in table.items())


def _explained(node: Any) -> dict[str, set[str]]:
    """Every key or constant of a schema with its descriptions; one without any is an error."""
    found: dict[str, set[str]] = {}
    stack = [node]
    while stack:
        item = stack.pop()
        stack += item.values() if isinstance(item, dict) else item if isinstance(item, list) else []
        if not isinstance(item, dict):
            continue
        if isinstance(item.get("const"), str) and "description" in item:
            found.setdefault(item["const"], set()).add(item["description"])
        if item.get("additionalProperties") is False:
            for name, value in item["properties"].items():
                found.setdefault(name, set()).add(value["description"])
    return found


@pytest.mark.parametrize("kind", starters())
def test_every_starter_is_valid(kind: str) -> None:
    assert refused(starters()[kind].text, kind if kind in SCHEMAS else "problem") == []


def test_the_examples_that_editors_show_are_valid() -> None:
    shown = [(name, example) for name, key in schema.PROBLEM.items() for example in key.examples]
    assert len(shown) >= 5
    for name, example in shown:
        rest = {"equations": ["z = w"], "conventions": {"weights": "rows", "samples": "rows"}}
        assert list(validator("problem").iter_errors({**rest, name: example})) == [], name
    for key in schema.PROBLEM.values():
        if len(key.examples) == 1:  # it is what the YAML language server inserts, where nested lists lose their shape
            (example,) = key.examples
            parts = (
                [part for part in example.values() if isinstance(part, list)]
                if isinstance(example, dict)
                else [example]
            )
            assert not [item for part in parts for item in part if isinstance(item, list | dict)], example


ANSWERS = "problem: l2\nstudent: s0417\nanswers: {a: 6.08, b: 2/3, c: '4.7 %', d: [[1, −2.], [3, 4e-2]], e: }\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("problem: l2\n", ""),
        ("problem: l2", "problem: ../l2"),
        ("problem: l2", "problem: [l2]"),
        ("student: s0417", "student: [s0417]"),
        ("answers:", "anwsers:"),
        ("6.08", "6.08 m"),
        ("6.08", "true"),
        ("6.08", "{a: 1}"),
        ("6.08", "[]"),
        ("2/3", "2/0"),
        ("2/3", "sqrt(2)"),
    ],
)
def test_reader_and_schema_refuse_the_same_answers(old: str, new: str, tmp_path: Path) -> None:
    def complaints(text: str) -> list[object]:
        (tmp_path / "answers.yaml").write_text(text, encoding="utf-8")
        read = read_answers(tmp_path / "answers.yaml")
        return [*read.findings, *(answer for answer in read.answers.values() if hasattr(answer, "message"))]

    assert ANSWERS.count(old) == 1
    assert complaints(ANSWERS) == [] and refused(ANSWERS, "answers") == []
    text = ANSWERS.replace(old, new)
    assert complaints(text) and refused(text, "answers")


VERDICTS = "verdicts:\n  a.yaml:\n    q: {verdict: correct, why: a slip, given: [1, 2]}\n    r: {credit: 0.75}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("verdicts:", "verdict:"),
        ("verdict: correct", "verdict: corect"),
        ("why:", "wy:"),
        ("0.75", "1.5"),
        ("{credit: 0.75}", "{why: no}"),
        ("given: [1, 2]", "given: [1, no]"),
        ("{credit: 0.75}", "0.75"),
    ],
)
def test_reader_and_schema_refuse_the_same_verdicts(old: str, new: str, tmp_path: Path) -> None:
    from nnsolve.core.diagnostics import ProblemError

    (tmp_path / "a.yaml").write_text(ANSWERS, encoding="utf-8")
    path = tmp_path / "verdicts.yaml"
    path.write_text(VERDICTS, encoding="utf-8")
    assert verdictfile.find_rulings([], str(path)).findings == [] and refused(VERDICTS, "verdicts") == []
    text = VERDICTS.replace(old, new)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemError):
        verdictfile.find_rulings([], str(path))
    assert text != VERDICTS and refused(text, "verdicts")
