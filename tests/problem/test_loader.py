"""Problem files -> `Problem`: what each section becomes, and that all that is wrong is reported at once, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnsolve.core.diagnostics import Diagnostic, ProblemError
from nnsolve.problem import schema
from nnsolve.problem.loader import load_problem, load_problem_findings
from nnsolve.problem.model import Problem, Text

LAYERED = """\
title: Two-layer regression network, L2 loss
source: a notebook
text: What are the values?
conventions:
  weights: rows
  samples: columns
  bias: separate
  count_from: 1
  symbols: {z: hbar, a: h}
  layer_numbers: subscript
layers:
  - dense: {W: [[1, -1, 0], [0, -1, 1]], b: [0, 1/2], activation: relu}
  - dense:
      W: [[1.5, 1], [0, -1]]
      number: 4/2
      symbols: {W: V, z: u}
      activation: round(sigmoid(u))
      flag: true
inputs: {x: [1.2, -1, 2]}
targets: {y: [1.5, -1]}
loss: {name: cross_entropy, reduction: sum, delta: 1/2, kind: soft}
training: {optimizer: adam, learning_rate: 1e-2, steps: 1, beta1: 0.9, update: W1, state: {m_W1: 0, t: 5}}
rounding: {h1: {decimals: 0, ties: zero}, every: {significant: 3}}
ask:
  - hbar1
  - {id: q-d, of: L, decimals: 2, points: 5}
  - "h1[1]"
  - {id: run, of: L@0..3, points: 2}
marking: {points: 2, imprecise: 1/4, carried: 0.8, partial: false}
"""

FREE = """\
parameters: {w1: 0.01, w2: -5}
constants: {m: [0, -inf]}
inputs: {x: 3}
equations:
  - z1 = w1 * x
  -   'C = 1/2 * (z1 - w2)^2'
given: {z1: 2, dL/dz1: 1}
loss: C
ask: [z1, dC/dw1]
"""


Load = Callable[[str], Any]
"""The `Problem` of a text; where it lacks what a test looks at, that fails."""

Errors = Callable[[str], list[tuple[str, str]]]
Only = Callable[[str], Diagnostic]


def findings_of(text: str, folder: Path) -> tuple[Problem | None, list[Diagnostic]]:
    path = folder / "p.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return load_problem_findings(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each of many examples takes the place of the one before."""
    return tmp_path_factory.mktemp("examples")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str) -> Problem:
        (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
        return load_problem(tmp_path / "p.yaml")

    return load


@pytest.fixture
def errors(tmp_path: Path) -> Errors:
    def errors(text: str) -> list[tuple[str, str]]:
        """Code and line:column of each finding."""
        problem, findings = findings_of(text, tmp_path)
        assert (problem is None) == any(f.severity == "error" for f in findings)
        return [(f.code, f"{f.place.line}:{f.place.column}" if f.place else "") for f in findings]

    return errors


@pytest.fixture
def only(tmp_path: Path) -> Only:
    def only(text: str) -> Diagnostic:
        _, findings = findings_of(text, tmp_path)
        assert len(findings) == 1, findings
        return findings[0]

    return only


# what is read ---------------------------------------------------------------------------------------------------------


def test_a_problem_with_layers(load: Load) -> None:
    problem = load(LAYERED)
    assert (problem.title, problem.source) == ("Two-layer regression network, L2 loss", "a notebook")
    assert problem.conventions.weights == "rows"
    assert problem.conventions.count_from == 1
    assert problem.conventions.symbols == {"z": "hbar", "a": "h"}
    assert problem.conventions.step_at_zero is None
    first, second = problem.layers
    assert (first.kind, first.place.line, first.place.column) == ("dense", 12, 12)
    assert first.values["W"].array.tolist() == [[1, -1, 0], [0, -1, 1]]
    assert first.values["b"].array.tolist() == [0, 0.5]
    assert (first.values["W"].place.line, first.values["W"].place.column) == (12, 16)
    assert first.options["activation"].text == "relu"
    assert second.place.line == 13
    assert second.options["number"] == 2
    assert isinstance(second.options["number"], int)
    assert float(second.values["number"].array) == 2
    assert second.options["symbols"] == {"W": "V", "z": "u"}
    assert second.options["activation"].text == "round(sigmoid(u))"
    assert second.options["flag"] is True
    assert second.option_places["activation"].line == 17
    assert problem.inputs["x"].array.tolist() == [1.2, -1, 2]
    assert problem.loss.text.text == "cross_entropy"
    assert problem.loss.options["reduction"] == "sum"
    assert problem.loss.options["delta"] == 0.5
    assert isinstance(problem.loss.options["kind"], Text)
    training = problem.training
    assert (training.optimizer, training.learning_rate, training.steps) == ("adam", 0.01, 1)
    assert training.hyperparameters == {"beta1": 0.9}
    assert [name.text for name in training.update] == ["W1"]
    assert set(training.state) == {"m_W1", "t"}
    one, every = problem.rounding
    assert (one.name.text, one.decimals, one.significant, one.ties) == ("h1", 0, None, "zero")
    assert (every.name, every.decimals, every.significant, every.ties) == (None, None, 3, "even")
    assert [ask.id for ask in problem.ask] == ["hbar1", "q-d", "h1[1]", "run@0", "run@1", "run@2", "run@3"]
    assert [ask.of.text for ask in problem.ask[3:]] == ["L@0", "L@1", "L@2", "L@3"]
    assert problem.ask[1].options == {"decimals": 2, "points": 5}
    assert problem.ask[3].options == {"points": 0.5}
    assert problem.marking == {"points": 2, "imprecise": 0.25, "carried": 0.8, "partial": False}
    assert problem.where("loss").line == 21
    assert problem.where("given") == problem.place


def test_a_problem_with_equations_only(load: Load) -> None:
    problem = load(FREE)
    first, second = problem.equations
    assert first == Text("z1 = w1 * x", first.place)
    assert (first.place.line, first.place.column) == (5, 5)
    assert (second.place.line, second.place.column) == (6, 8)
    assert problem.constants["m"].array.tolist() == [0, -np.inf]
    assert set(problem.given) == {"z1", "dL/dz1"}
    assert problem.loss.text.text == "C"


def test_yaml_1_2_words_stay_words(load: Load) -> None:
    problem = load("equations: [z = w]\ntitle: no\ntext: 1:30\nask: [{id: on, of: z}, {id: 010, of: w}]\n")
    assert (problem.title, problem.text) == ("no", "1:30")
    assert [ask.id for ask in problem.ask] == ["on", "010"]


def test_layers_without_options_and_lists_of_words(load: Load) -> None:
    start = "conventions: {weights: rows, samples: rows}\nlayers:\n"
    problem = load(
        start + "  - flatten\n  - relu:\n  - lstm: {gates: [i, f, o, g], W: [e, 1], b: pi/2, c: 5, joined: h_first}\n"
    )
    assert [layer.kind for layer in problem.layers] == ["flatten", "relu", "lstm"]
    lstm = problem.layers[2]
    assert [gate.text for gate in lstm.options["gates"]] == ["i", "f", "o", "g"]
    assert lstm.values["W"].array.tolist() == [np.e, 1]
    assert float(lstm.values["b"].array) == lstm.options["b"] == np.pi / 2
    assert "joined" not in lstm.values


@pytest.mark.parametrize("loss", ["z", "a2", "1/2 * sum(z^2)", "cross_entropy(z, w)"])
def test_a_loss_that_is_no_named_one_needs_no_targets(load: Load, loss: str) -> None:
    assert load(f"equations: [z = w]\nloss: {loss}\n").loss.text.text == loss


def test_ranges_of_epochs(load: Load) -> None:
    problem = load("equations: [L = w]\nask: [L@e1..3, L@e4..e5, W1@0..1 - W1]\n")
    assert [ask.of.text for ask in problem.ask] == ["L@e1", "L@e2", "L@e3", "L@e4", "L@e5", "W1@0 - W1", "W1@1 - W1"]


# parts ----------------------------------------------------------------------------------------------------------------

PARTS = """\
title: base
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: {random: normal, mean: 0, std: 1, shape: [2, 2]}, b: [1, 2], activation: relu}
inputs: {x: [1, 2], u: 1}
loss: {name: cross_entropy, reduction: sum}
training: {learning_rate: 1/10, steps: 5, seed: 3}
parts:
  - {id: a, targets: {y: {class: 2}}, ask: [z1, a1]}
  - id: b
    title: the second
    inputs: {x: [3, 4]}
    targets: {y: {random: uniform, low: 0, high: 1, shape: 2}}
    training: {epochs: 2}
    loss: squared_error
    ask: [z1]
"""


def test_a_part_is_the_problem_with_its_own_entries_over_it(load: Load) -> None:
    problem = load(PARTS)
    first, second = problem.parts
    assert (first.id, second.id, second.place.line) == ("a", "b", 10)
    assert first.problem.title == "base"
    assert second.problem.title == "the second"
    assert [ask.id for ask in first.problem.ask] == ["z1", "a1"]
    assert problem.ask == ()
    assert second.problem.inputs["x"].array.tolist() == [3, 4]
    assert float(second.problem.inputs["u"].array) == 1
    assert (first.problem.training.steps, first.problem.training.epochs) == (5, None)
    assert (second.problem.training.steps, second.problem.training.epochs) == (None, 2)
    assert second.problem.training.learning_rate == 0.1
    assert second.problem.loss.options == {}
    assert first.problem.targets["y"].classes == (2,)
    assert second.problem.parts == ()


def test_parts_share_the_random_values_of_the_problem(load: Load) -> None:
    problem = load(PARTS)
    weights = problem.layers[0].values["W"].array
    assert all(part.problem.layers[0].values["W"].array is weights for part in problem.parts)
    assert np.array_equal(weights, np.random.default_rng([3, 0]).normal(0, 1, (2, 2)))
    target = problem.parts[1].problem.targets["y"].array
    assert np.array_equal(target, np.random.default_rng([3, 1]).uniform(0, 1, 2))


def test_errors_of_the_problem_are_not_repeated_for_its_parts(errors: Errors) -> None:
    text = PARTS.replace("u: 1", "u: one").replace("std: 1", "std: -1")
    assert errors(text) == [("out-of-range", "4:47"), ("not-a-number", "5:24")]


@pytest.mark.parametrize(
    ("part", "code", "place"),
    [
        ("{ask: [z]}", "missing-key", "2:9"),
        ("{id: a.b, ask: [z]}", "bad-id", "2:14"),
        ("{id: [a], ask: [z]}", "wrong-type", "2:14"),
        ("{id: x, ask: [z]}, {id: x, ask: [z]}", "duplicate-id", "2:28"),
        ("{id: a, parts: []}", "unknown-key", "2:17"),
        ("{id: a, inputs: {x: y}}", "not-a-number", "2:29"),
        ("[a]", "wrong-type", "2:9"),
    ],
)
def test_wrong_parts(errors: Errors, part: str, code: str, place: str) -> None:
    assert errors(f"equations: [z = w]\nparts: [{part}]\n") == [(code, place)]


def test_an_id_of_a_part_may_not_be_one_of_the_problem(errors: Errors) -> None:
    text = "equations: [z = w]\nask: [{id: a.z, of: z}]\nparts: [{id: a, ask: [z]}]\n"
    assert errors(text) == [("duplicate-id", "3:23")]


# what is refused ------------------------------------------------------------------------------------------------------


def test_all_findings_come_in_the_order_of_the_file(errors: Errors) -> None:
    text = LAYERED.replace("title:", "titel:").replace("weights: rows", "weights: row").replace("1e-2", "fast")
    text = text.replace("x: [1.2, -1, 2]", "x: [1.2, [1], 2]").replace("beta1", "beta3").replace("- hbar1", "- *hbar1")
    codes = ["unknown-key", "unknown-choice", "ragged", "not-a-number", "unknown-key", "alias"]
    assert [code for code, _ in errors(text)][:6] == codes


def test_loading_raises_all_of_them(load: Load) -> None:
    with pytest.raises(ProblemError) as caught:
        load("titel: x\nequations: [z = w]\nask: [{off: z}]\n")
    assert [d.code for d in caught.value.diagnostics] == ["unknown-key", "missing-key", "unknown-key"]


def test_warnings_are_findings_but_no_errors(tmp_path: Path) -> None:
    problem, findings = findings_of("equations: [z = w]\ninputs: {x: [6,08]}\n", tmp_path)
    assert problem is not None
    assert [f.code for f in findings] == ["leading-zero"]
    assert findings[0].severity == "warning"


@pytest.mark.parametrize(
    ("text", "code", "place", "part"),
    [
        ("[1]", "wrong-type", "1:1", "a problem file is a mapping"),
        ("just text", "wrong-type", "1:1", "found 'just text'"),
        ("title: x", "missing-key", "0:0", "neither layers: nor equations:"),
        ("equations: [z = w]\nlayer: []", "unknown-key", "2:1", "did you mean 'layers'?"),
        ("equations: [z = w]\nloss:", "wrong-type", "2:6", "found nothing"),
        ("equations: [z = w]\ntitle: [a]", "wrong-type", "2:8", "found a list"),
        ("equations: [z = w]\ntraining: sgd", "wrong-type", "2:11", "mapping"),
        ("equations: [z = w]\ntraining:\n  steps:3", "wrong-type", "3:3", "space is missing"),
        # equations
        ("equations: z = w", "wrong-type", "1:12", "write a list"),
        ("equations: {z: w}", "wrong-type", "1:12", "= instead of a colon"),
        ("equations:\n  - z: W x", "wrong-type", "2:5", "write - z = W x"),
        ("equations: [z]", "not-an-equation", "1:13", "name ="),
        ("equations: [z == w]", "not-an-equation", "1:13", "name ="),
        ("equations: ['z[1] = w']", "not-an-equation", "1:14", "name ="),
        ("equations: [W@1 = w]", "not-an-equation", "1:13", "name ="),
        ("equations: [z = w, z = x]", "duplicate-name", "1:20", "line 1, column 13"),
        # names
        ("equations: [z = w]\ninputs: {x y: 1}", "not-a-name", "2:10", "'x y'"),
        ("equations: [z = w]\ninputs: {2x: 1}", "not-a-name", "2:10", "'2x'"),
        ("equations: [z = w]\ninputs: {'\u202ex': 1}", "not-a-name", "2:10", "\\u202e"),
        ("equations: [z = w]\ninputs: {w: 1}\nparameters: {w: 1}", "duplicate-name", "2:10", "parameters: (line 3"),
        ("equations: [z = w]\ninputs: {z: 1}", "duplicate-name", "1:13", "inputs: (line 2, column 10)"),
        ("equations: [z = w]\ngiven: {z z: 1}", "not-a-name", "2:9", "given"),
        # layers
        ("layers: [dense: {W: 1}]", "missing-convention", "1:1", "weights: rows  "),
        ("layers: [dense: {W: 1}]\nconventions: {weights: rows}", "missing-convention", "2:1", "samples: columns or"),
        ("layers: {dense: {}}\nconventions: {weights: rows, samples: rows}", "wrong-type", "1:9", "- dense:"),
        ("layers: []\nconventions: {weights: rows, samples: rows}", "empty-list", "1:9", "empty"),
        (
            "conventions: {weights: rows, samples: rows}\nlayers:\n  - dense:\n    W: 1",
            "wrong-type",
            "4:5",
            "indent the options further than dense:",
        ),
        ("conventions: {weights: rows, samples: rows}\nlayers: [dense: [1]]", "wrong-type", "2:17", "mapping"),
        ("conventions: {weights: rows, samples: rows}\nlayers: [dense: {W: }]", "wrong-type", "2:21", "no value"),
        ("conventions: {weights: rows, samples: rows}\nlayers: [dense: {W: 1_0}]", "not-a-number", "2:21", "write 10"),
        (
            "conventions: {weights: rows, samples: rows}\nlayers: [dense: {symbols: W}]",
            "wrong-type",
            "2:27",
            "{z: hbar}",
        ),
        ("conventions: {weights: rows, samples: rows}\nlayers: [dense: {number: 1.5}]", "wrong-type", "2:26", "whole"),
        ("conventions: {weights: rows, samples: rows}\nlayers: [dense: {number: two}]", "not-a-number", "2:26", "two"),
        (
            "conventions: {weights: rows, samples: rows}\nlayers: [dense: {activation: [a]}]",
            "wrong-type",
            "2:30",
            "list",
        ),
        # conventions
        ("equations: [z = w]\nconventions: {count_from: 2}", "unknown-choice", "2:27", "0 or 1"),
        ("equations: [z = w]\nconventions: {count_from: '2'}\ntargets: {y: {class: 1}}", "unknown-choice", "2:27", ""),
        ("equations: [z = w]\nconventions: {samples: column}", "unknown-choice", "2:24", "did you mean 'columns'?"),
        ("equations: [z = w]\nconventions: {symbols: {z: 1}}", "not-a-name", "2:28", "'1'"),
        ("equations: [z = w]\nconventions: {symbols: [z]}", "wrong-type", "2:24", "{z: hbar}"),
        ("equations: [z = w]\ntargets: {y: {class: 1}}", "missing-convention", "2:22", "count_from"),
        # loss
        ("equations: [z = w]\nloss: squared_error", "missing-key", "2:7", "no targets:"),
        ("equations: [z = w]\nloss: {reduction: sum}", "missing-key", "2:7", "no name:"),
        ("equations: [z = w]\nloss: {name: z, reduction: summe}", "unknown-choice", "2:28", "did you mean 'sum'?"),
        ("equations: [z = w]\nloss: [z]", "wrong-type", "2:7", "name"),
        # training
        ("equations: [z = w]\ntraining: {learning_rat: 1}", "unknown-key", "2:12", "did you mean 'learning_rate'?"),
        ("equations: [z = w]\ntraining: {steps: 1, epochs: 1}", "conflict", "2:22", "one of them"),
        ("equations: [z = w]\ntraining: {steps: 1.5}", "wrong-type", "2:19", "whole number"),
        ("equations: [z = w]\ntraining: {steps: -1}", "out-of-range", "2:19", "at least 0"),
        ("equations: [z = w]\ntraining: {steps: 1e300}", "out-of-range", "2:19", "at most"),
        ("equations: [z = w]\ntraining: {batch_size: some}", "wrong-type", "2:24", "or all"),
        ("equations: [z = w]\ntraining: {batch_size: 0}", "out-of-range", "2:24", "at least 1"),
        ("equations: [z = w]\ntraining: {shuffle: yes, seed: 1}", "wrong-type", "2:21", "write true or false"),
        ("equations: [z = w]\ntraining: {shuffle: true}", "missing-seed", "2:12", "seed"),
        ("equations: [z = w]\ntraining: {order: layerwise}", "unknown-choice", "2:19", "layer_by_layer"),
        ("equations: [z = w]\ntraining: {momentum: fast}", "not-a-number", "2:22", "fast"),
        ("equations: [z = w]\ntraining: {state: {m W: 1}}", "not-a-name", "2:20", "training.state"),
        # rounding
        ("equations: [z = w]\nrounding: {decimals: 2}", "wrong-type", "2:12", "every: {decimals"),
        ("equations: [z = w]\nrounding: {z: 2}", "wrong-type", "2:15", "{decimals: 2"),
        ("equations: [z = w]\nrounding: {z: {ties: even}}", "missing-key", "2:15", "decimals"),
        ("equations: [z = w]\nrounding: {z: {decimals: 1, significant: 1}}", "conflict", "2:29", "one of them"),
        (
            "equations: [z = w]\nrounding: {z: {decimals: 1, ties: up}}",
            "unknown-choice",
            "2:35",
            "even or zero or away",
        ),
        # ask
        ("equations: [z = w]\nask: z, w", "wrong-type", "2:6", "write ask: [z, w]"),
        ("equations: [z = w]\nask: z, w[1]", "wrong-type", "2:6", "- z1"),
        ("equations: [z = w]\nask: {z: 1}", "wrong-type", "2:6", "[z1, a1]"),
        ("equations: [z = w]\nask: [[z]]", "wrong-type", "2:7", "quotes"),
        ("equations: [z = w]\nask: [z, z]", "duplicate-id", "2:10", "line 2"),
        ("equations: [z = w]\nask: [z@0..3, z@2]", "duplicate-id", "2:15", "'z@2'"),
        ("equations: [z = w]\nask: [{id: a}]", "missing-key", "2:7", "of:"),
        ("equations: [z = w]\nask: [{of: z, decimal: 2}]", "unknown-key", "2:15", "did you mean 'decimals'?"),
        ("equations: [z = w]\nask: [{of: z, decimals: 2, significant: 2}]", "conflict", "2:28", "one of them"),
        ("equations: [z = w]\nask: [{of: z, decimals: -2}]", "out-of-range", "2:25", "at least 0"),
        ("equations: [z = w]\nask: [{of: z, rtol: -2}]", "out-of-range", "2:21", "at least 0"),
        ("equations: [z = w]\nask: [z@3..1]", "bad-range", "2:8", "L@0..19"),
        ("equations: [z = w]\nask: [z@0..99999999]", "bad-range", "2:8", "at most"),
        ("equations: [z = w]\nask: [z..3]", "bad-range", "2:7", "behind @"),
        ("equations: [z = w]\nmarking: 3", "wrong-type", "2:10", "mapping"),
        ("equations: [z = w]\nmarking: {imprecise: 2}", "out-of-range", "2:22", "at most 1"),
        ("equations: [z = w]\nmarking: {carried: -1}", "out-of-range", "2:20", "at least 0"),
        ("equations: [z = w]\nmarking: {partial: 0.5}", "wrong-type", "2:20", "true or false"),
        ("equations: [z = w]\nmarking: {carry: 1}", "unknown-key", "2:11", "'carry'"),
    ],
)
def test_each_mistake_is_named_with_its_place(only: Only, text: str, code: str, place: str, part: str) -> None:
    finding = only(text)
    assert finding.code == code and finding.place is not None
    assert f"{finding.place.line}:{finding.place.column}" == place
    assert part in f"{finding.message} {finding.help}"


def test_the_help_for_missing_conventions_is_what_to_add(only: Only) -> None:
    help = only("layers: [dense: {W: 1}]").help or ""
    assert "  conventions:\n" in help
    assert "    weights: rows " in help
    assert "    samples: columns " in help


def test_messages_never_print_control_characters_or_long_texts(tmp_path: Path) -> None:
    bad = "\u202e" * 5000
    _, findings = findings_of(f'equations: ["{bad}"]\nask: [{{of: "{bad}", "{bad}": 1}}]\nloss: ["{bad}"]\n', tmp_path)
    text = "".join(map(str, findings))
    assert findings
    assert "\u202e" not in text
    assert len(text) < 5000


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"key{i}: 1\n" for i in range(20_000)),
        "equations: [z = w]\nparameters: {" + "".join(f"k{i}: foo, " for i in range(20_000)) + "}",
        "equations: [" + "z = w, " * 20_000 + "]",
        "equations: [z = w]\nask: [" + ", ".join(f"L{i}@0..999" for i in range(20_000)) + "]",
        "equations: [z = w]\nparameters: {"
        + "".join(f"k{i}: 1, " for i in range(5000))
        + "}\nparts: ["
        + ", ".join(f"{{id: p{i}, inputs: {{x: 1}}}}" for i in range(190))
        + "]",
    ],
)
def test_large_files_end_with_a_bounded_number_of_findings(tmp_path: Path, text: str) -> None:
    problem, findings = findings_of(text, tmp_path)
    assert problem is None
    assert len(findings) <= 201


def test_the_example_problems_load() -> None:
    paths = sorted((Path(__file__).parents[2] / "problems").glob("*.yaml"))
    assert paths
    for path in paths:
        assert load_problem_findings(path)[1] == []


# anything -------------------------------------------------------------------------------------------------------------

WORDS = [*schema.PROBLEM, *schema.CONVENTIONS, *schema.TRAINING, *schema.ASK, *schema.UNIFORM, *schema.FILE]
WORDS += [
    "rows",
    "columns",
    "dense",
    "z = W x",
    "L@0..3",
    "class",
    "uniform",
    "normal",
    "true",
    "1/3",
    "-inf",
    "",
    "id",
]


def spelled(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(spelled(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {spelled(item)}" for key, item in value.items()) + "}"
    return str(value)


anything = st.recursive(
    st.sampled_from([word for word in WORDS if "," not in word]) | st.integers(-3, 20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(schema.PROBLEM)), anything, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_structure_is_read_or_refused(folder: Path, value: Mapping[str, object]) -> None:
    text = "".join(f"{key}: {spelled(item)}\n" for key, item in value.items())
    problem, findings = findings_of(text, folder)
    assert (problem is None) == any(f.severity == "error" for f in findings)
    places = [(f.place.line, f.place.column) for f in findings if f.place is not None]
    assert places == sorted(places) and len(places) == len(findings)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(folder: Path, data: bytes) -> None:
    path = folder / "p.yaml"
    path.write_bytes(data)
    try:
        load_problem(path)
    except ProblemError as error:
        assert error.diagnostics


@given(st.sampled_from([LAYERED, FREE, PARTS]), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_problem_never_ends_in_a_traceback(folder: Path, text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    until = data.draw(st.integers(at, min(at + 30, len(text))))
    put = data.draw(st.text(st.sampled_from("[]{}:,'\"\t\n&*!-# 01e.z@"), max_size=3))
    findings_of(text[:at] + put + text[until:], folder)
    findings_of(text[:at], folder)


# helps ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["z", '"z[1,2]"', "max(z, w)"])
def test_a_single_ask_needs_no_list(load: Load, ask: str) -> None:
    assert [a.id for a in load(f"equations: [z = w]\nask: {ask}").ask] == [ask.strip('"')]


@pytest.mark.parametrize(
    ("text", "code", "place", "help"),
    [
        ("equations: [z = w]\ntraining: {learning_rate: 0,1, steps: 1}", "decimal-comma", "2:27", "write 0.1"),
        ("equations: [z = w]\ninputs: {x: -2,5}", "decimal-comma", "2:13", "write -2.5"),
        ("equations: [z = w]\ninputs: {x: (0.5, -1)}", "unquoted", "2:13", "write a list: x: [0.5, -1]"),
        ("equations: [z = w]\ninputs: {x: np.array([0.5, -1])}", "unquoted", "2:13", "write a list: x: [0.5, -1]"),
        ("equations: [z = w]\ntraining: 3", "wrong-type", "2:11", "training: {optimizer: sgd, learning_rate: 0.1"),
    ],
)
def test_what_was_meant_is_offered(tmp_path: Path, text: str, code: str, place: str, help: str) -> None:
    _, findings = findings_of(text, tmp_path)
    first = findings[0]
    assert first.place is not None and first.help is not None
    assert (first.code, f"{first.place.line}:{first.place.column}") == (code, place)
    assert help in first.help


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("training: {lr: 1}", schema.TRAINING),
        ("training: {optimiser: sgd}", schema.TRAINING),
        ("titel: x", schema.PROBLEM),
        ("loss: {reduction: sum}", schema.LOSS),
    ],
)
def test_helps_list_every_key_that_there_is(only: Only, key: str, table: Mapping[str, object]) -> None:
    help = only(f"equations: [z = w]\n{key}").help or ""
    assert all(re.search(rf"\b{word}\b", help) for word in table)


def test_the_usual_abbreviation_of_a_key_is_known(only: Only) -> None:
    assert "'learning_rate'" in (only("equations: [z = w]\ntraining: {lr: 1}").help or "")
