"""JSON as the design has it: answers, trace, warnings; vectors flat; what is not finite as a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.language import parse, parse_equation
from nnsolve.report.display import solve
from nnsolve.report.formats import FORMATS
from nnsolve.report.style import Style
from tests.report.solved import ALL, sections


def document(stem: str) -> dict[str, Any]:
    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is not JSON")

    found: dict[str, Any] = json.loads(FORMATS["json"](sections(stem), Style()), parse_constant=refuse)
    return found


def check(found: dict[str, Any]) -> None:
    """The schema of the design, part 5."""
    assert set(found) == {"title", "answers", "trace", "warnings"}
    for step in found["trace"]:
        assert set(step) - {"part"} == {"name", "phase", "formula", "value", "shape"}
        assert step["phase"] in ("given", "forward", "backward", "update")
        value = np.array(step["value"], dtype=float)
        assert list(value.shape) == step["shape"]
        if step["phase"] == "given":
            assert step["formula"].split(" = ")[0] == step["name"]
        else:
            assert step["formula"].startswith(f"{step['name']} = ")


@pytest.mark.parametrize("path", ALL, ids=[path.stem for path in ALL])
def test_every_problem_has_the_schema(path: Path) -> None:
    if path.stem == "large":
        pytest.skip("100,000 numbers say no more than ten")
    check(document(path.stem))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("warnings"),
        lambda d: d["trace"][0].update(shape=[99]),
        lambda d: d["trace"][0].update(phase="middle"),
        lambda d: d["trace"][5].update(formula="something else"),
    ],
)
def test_the_schema_check_can_fail(change: Any) -> None:
    found = document("scalar-backpropagation")
    change(found)
    with pytest.raises(AssertionError):
        check(found)


def test_values_have_full_precision_and_vectors_are_flat() -> None:
    found = document("regression-3-4-3-l2-norm")
    assert found["answers"]["q-d"] == 6.0835844697020525
    assert found["answers"]["q-a"] == [2.2, 4.0, -0.8, 1.2000000000000002]
    assert len(found["answers"]["q-e-W2"]) == 3


def test_formulas_are_of_the_equation_language() -> None:
    for stem in ("regression-3-4-3-l2-norm", "rows-layer-by-layer", "binary-nll-gradient"):
        for step in document(stem)["trace"]:
            _, equals, right = step["formula"].partition(" = ")
            if equals:
                assert parse(right, addresses=True)
    assert parse_equation("z = W @ x").name == "z"


def test_definitions_that_are_shown_are_unfolded() -> None:
    formulas = [step["formula"] for step in document("binary-nll-gradient")["trace"]]
    assert not any("sigmoid_cross_entropy" in formula for formula in formulas)
    assert "NLL = sum(max(z, 0) - y * z + ln(1 + exp(-abs(z))))" in formulas


def test_what_is_not_finite_is_a_text() -> None:
    found = document("not-finite")
    values = {step["name"]: step["value"] for step in found["trace"]}
    assert values["u"][0] == "-inf" and values["L"] == "inf"
    assert "nan" in json.dumps(found["answers"])
    assert found["warnings"][0]["code"] == "not-finite"


def test_asks_of_parts_have_the_name_of_the_part() -> None:
    found = document("relu-relu-softmax-classifier")
    assert "quarters.o" in found["answers"] and "o" in found["answers"]
    assert {step.get("part") for step in found["trace"]} >= {None, "quarters"}


def test_indices_are_counted_as_in_the_file() -> None:
    from nnsolve.core.expressions import call
    from nnsolve.report.unfold import spelled

    first = call("index", parse("a"), key=(0,), base=1)
    assert spelled(first) == "a[1]"
    assert spelled(call("index", parse("a"), key=(0, (1, None)), base=1)) == "a[1,2:]"
    assert spelled(call("index", parse("a"), key=(0,), base=0)) == "a[0]"


def test_what_updates_that_are_not_shown_have_left_is_in_the_trace(tmp_path: Path) -> None:
    """Every name of a formula has a value: w@8 and v_w@8 stand before the loss of the ninth update."""
    path = tmp_path / "problem.yaml"
    path.write_text(
        "equations: [L = 1/2 * (w * x - y)^2]\nparameters: {w: 3}\ninputs: {x: 2}\ntargets: {y: 1}\nloss: L\n"
        "training: {optimizer: momentum, momentum: 0.5, learning_rate: 0.01, steps: 10}\nask: [w@1, L@8, w@9]\n"
    )
    w, v = 3.0, 0.0
    for _ in range(8):
        v = 0.5 * v - 0.01 * (2 * w - 1) * 2
        w += v
    found = json.loads(FORMATS["json"](solve(path).sections, Style()))
    check(found)
    values = {step["name"]: (step["phase"], step["value"]) for step in found["trace"]}
    assert values["w@8"] == ("given", pytest.approx(w, abs=1e-14))
    assert values["v_w@8"] == ("given", pytest.approx(v, abs=1e-14))
    names = [step["name"] for step in found["trace"]]
    assert len(names) == len(set(names)) and names.index("w@8") < names.index("L@8") and "w@5" not in names


def test_given_values_of_a_batch_are_named_by_its_update(tmp_path: Path) -> None:
    """As the data are: a@1 of the batch of the second update is another part of what `given:` says than a."""
    path = tmp_path / "problem.yaml"
    path.write_text(
        "conventions: {samples: rows}\nequations: [a = x * w, L = sum((a - y)^2)]\nparameters: {w: 2}\n"
        "inputs: {x: [[1], [2], [3]]}\ntargets: {y: [[0], [1], [1]]}\ngiven: {a: [[5], [6], [7]]}\nloss: L\n"
        "training: {learning_rate: 0.1, steps: 3, batch_size: 2}\nask: [L, L@1]\n"
    )
    trace = {step["name"]: step for step in json.loads(FORMATS["json"](solve(path).sections, Style()))["trace"]}
    assert trace["a"]["value"] == [[5], [6]] and trace["a@1"]["value"] == [7]
    assert trace["L@1"]["formula"] == "L@1 = sum((a@1 - y@1)^2)" and trace["L@1"]["value"] == 36


def test_states_of_0_are_named_by_the_update_where_a_batch_has_fewer_samples(tmp_path: Path) -> None:
    """h_0 is 0 for two samples, h_0@1 for one: the formula of z_1@1 could not be followed with h_0."""
    path = tmp_path / "problem.yaml"
    path.write_text(
        "conventions: {weights: rows, samples: rows}\n"
        "layers: [{rnn: {W_xh: [[1], [2]], W_hh: [[1, 0], [0, 1]], activation: tanh, return: last}}]\n"
        "inputs: {x: {sequences: [[[1]], [[2]], [[3]], [[4]], [[5]]]}}\n"
        "targets: {y: [[0, 1], [1, 0], [1, 1], [0, 0], [0, 1]]}\n"
        "loss: {name: squared_error, reduction: sum}\n"
        "training: {learning_rate: 0.1, steps: 3, batch_size: 2}\nask: [L, L@1, L@2]\n"
    )
    trace = {step["name"]: step for step in json.loads(FORMATS["json"](solve(path).sections, Style()))["trace"]}
    assert trace["z_1@1"]["formula"].startswith("z_1@1 = h_0 @")
    assert trace["z_1@2"]["formula"].startswith("z_1@2 = h_0@2 @")
    assert trace["h_0"]["shape"] == [2, 2] and trace["h_0@2"]["shape"] == [2]
