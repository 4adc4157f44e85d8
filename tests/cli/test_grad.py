"""`nnsolve grad`: which gradients, the chain rule, and their check by differences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnsolve.engine import gradients
from nnsolve.engine.gradients import LayerGradients
from tests.cli.calling import NETWORK, PARTS, PROBLEMS, SCALAR, call, written

KINK = "parameters: {w: 0}\nequations:\n  - L = relu(w)\nloss: L\nask: [L]\n"


def keys(*args: str) -> list[str]:
    return list(json.loads(call("grad", *args, "--format", "json").output)["gradients"])


def test_a_problem_without_parameters_is_no_passed_check(tmp_path: Path) -> None:
    path = written(tmp_path, "inputs: {s: [1, 2]}\nequations:\n  - L = sum(s^2)\nloss: L\nask: [L]\n")
    for options in ([], ["--verify"], ["--format", "json"]):
        result = call("grad", path, *options)
        assert result.exit_code == 2
        assert "no parameters" in result.output and "--of s" in result.output
    assert call("grad", path, "--of", "s", "--verify").exit_code == 0


def test_an_element_is_told_from_an_unknown_name() -> None:
    result = call("grad", NETWORK, "--of", "W1[1,2]")
    assert result.exit_code == 2
    assert "elements have no chain rule of their own" in result.output and "--of W1\n" in result.output


def test_all_parameters_are_explained_where_none_is_named() -> None:
    assert keys(NETWORK) == ["dell/dW1", "dell/db1", "dell/dW2", "dell/db2"]
    assert keys(SCALAR) == ["dC/dw_1", "dC/dw_2", "dC/db"]


def test_a_layer_or_a_quantity_is_chosen() -> None:
    assert keys(NETWORK, "--layer", "2") == ["dell/dW2", "dell/db2"]
    assert keys(NETWORK, "--of", "hbar1") == ["dell/dhbar1"]
    assert keys(NETWORK, "--of", "dell/dW1") == ["dell/dW1"]


def test_each_factor_is_shown() -> None:
    output = call("grad", NETWORK, "--layer", "1").output
    assert "upstream" in output and "local" in output and "product" in output
    assert "∂h̄¹/∂W¹" in output


def test_brief_shows_the_values_alone() -> None:
    output = call("grad", NETWORK, "--layer", "2", "--detail", "brief").output
    assert "upstream" not in output and "0.920510" in output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--layer", "3"], "there is no layer 3"),
        (["--of", "W9"], "error[unknown-name]"),
        (["--layer", "1", "--of", "W1"], "exclude each other"),
        (["--layer", "one"], "not a valid integer"),
        (["--part", "b"], "the problem has no parts"),
    ],
)
def test_what_is_not_there_is_2(args: list[str], message: str) -> None:
    result = call("grad", NETWORK, *args)
    assert result.exit_code == 2
    assert message in result.output


def test_a_problem_without_a_loss_is_2() -> None:
    result = call("grad", PARTS)
    assert result.exit_code == 2
    assert "error[missing-loss]" in result.output


def test_verify_compares_every_element() -> None:
    result = call("grad", NETWORK, "--verify")
    assert result.exit_code == 0
    assert "12 elements, largest relative deviation" in result.output
    assert result.output.count("agrees") == 4
    document = json.loads(call("grad", NETWORK, "--verify", "--format", "json").output)
    assert document["verification"]["dell/dW1"]["passed"] is True
    assert document["verification"]["dell/dW1"]["elements"] == 12


def test_verify_names_kinks(tmp_path: Path) -> None:
    result = call("grad", written(tmp_path, KINK), "--verify")
    assert result.exit_code == 0
    assert "kink" in result.output


def test_verify_says_why_nothing_is_compared(tmp_path: Path) -> None:
    text = "parameters: {w: 2}\nequations:\n  - a = w^2\n  - L = a^2\ngiven: {a: 3}\nloss: L\nask: [L]\n"
    result = call("grad", written(tmp_path, text), "--verify")
    assert result.exit_code == 0
    assert "not compared" in result.output


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_wrong_gradient_is_found_and_is_1(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    right = gradients.layer_gradients

    def wrong(*args: object) -> LayerGradients:
        found = right(*args)  # type: ignore[arg-type]
        checks = tuple(c._replace(deviation=0.5, scale=1.0, worst=(0,) * len(c.worst)) for c in found.verifications)
        return found._replace(verifications=checks)

    monkeypatch.setattr(gradients, "layer_gradients", wrong)
    result = call("grad", NETWORK, "--of", "b1", "--verify", "--format", format)
    assert result.exit_code == 1
    if format == "text":
        assert "DEVIATES: 4 elements, largest relative deviation 5e-1 at [1]" in " ".join(result.output.split())
    else:
        assert json.loads(result.output)["verification"]["dell/db1"]["passed"] is False


def test_the_gradients_of_a_part(tmp_path: Path) -> None:
    text = (
        "parameters: {w: 2}\ninputs: {x: 1}\nequations:\n  - L = w * x\nloss: L\nask: [L]\n"
        "parts:\n  - {id: b, inputs: {x: 5}, ask: [L]}\n"
    )
    path = written(tmp_path, text)
    assert json.loads(call("grad", path, "--part", "b", "--format", "json").output)["gradients"] == {"dL/dw": 5.0}


def test_where_only_parts_ask_one_is_named_unless_there_is_but_one(tmp_path: Path) -> None:
    text = "parameters: {w: 2}\nequations: [L = w * x]\nloss: L\nparts:\n  - {id: b, inputs: {x: 5}, ask: [L]}\n"
    path = written(tmp_path, text)
    assert json.loads(call("grad", path, "--format", "json").output)["gradients"] == {"dL/dw": 5.0}
    path = written(tmp_path, text + "  - {id: c, inputs: {x: 4}, ask: [L]}\n")
    result = call("grad", path)
    assert result.exit_code == 2 and "the problem has the parts b, c" in result.output
    assert "choose one: --part ID" in result.output
    assert json.loads(call("grad", path, "--part", "c", "--format", "json").output)["gradients"] == {"dL/dw": 4.0}


@pytest.mark.parametrize("name", ["binary-nll-gradient", "relu-softmax-2-4-2-step"])
def test_verify_moves_a_prediction_that_a_shortcut_leaves_out(name: str) -> None:
    result = call("grad", str(PROBLEMS / f"{name}.yaml"), "--of", "y_hat", "--verify", "--detail", "brief")
    assert result.exit_code == 0 and "agrees" in result.output, result.output


def test_the_gradient_of_the_loss_by_itself_is_1() -> None:
    assert "agrees" in call("grad", SCALAR, "--of", "C", "--verify").output
    document = json.loads(call("grad", SCALAR, "--of", "C", "--format", "json").output)
    assert document["gradients"] == {"dC/dC": 1.0}


def test_verify_says_where_the_loss_is_not_defined(tmp_path: Path) -> None:
    nowhere = written(tmp_path, "parameters: {w: 0}\nequations:\n  - L = ln(w)\nloss: L\nask: [L]\n")
    assert "not compared: the loss is no finite number" in " ".join(call("grad", nowhere, "--verify").output.split())
    tiny = written(tmp_path, "parameters: {w: 1e-9}\nequations:\n  - L = ln(w)\nloss: L\nask: [L]\n")
    assert "agrees: 1 element" in call("grad", tiny, "--verify").output
    partly = written(tmp_path, "parameters: {w: [0, 1]}\nequations:\n  - L = sum(sqrt(w))\nloss: L\nask: [L]\n")
    assert "agrees" in call("grad", partly, "--verify").output


def test_the_loss_that_is_asked_for_is_proposed(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    text = "parameters: {w: 2}\nequations: [C = w^2]\nask: [dC/dw]\n"
    path.write_text(text)
    result = call("grad", str(path))
    assert result.exit_code == 2
    assert "help: add  loss: C" in result.stderr
    path.write_text(text + "loss: C\n")
    assert call("grad", str(path)).exit_code == 0
