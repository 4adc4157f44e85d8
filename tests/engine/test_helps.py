"""Helps: what they propose, and that it works when it is done literally."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnsolve.engine.calls import INTERNAL
from nnsolve.ops import REGISTRY
from tests.engine.solving import codes, failure, solve_text

ROWS = "conventions: {weights: rows, samples: rows, count_from: 0}\n"
DATA = "inputs: {x: [[1, 0], [0, 1], [2, -1], [-1, 1]]}\n"
THREE = "layers:\n  - dense: {W: [[1, -1], [0.5, 2], [0, 1]], activation: softmax}\n"
ONE = "layers:\n  - dense: {W: [[1, -1]], activation: sigmoid}\n"


def help_of(folder: Path, text: str) -> str:
    (finding,) = failure(folder, text).diagnostics
    return finding.help or ""


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("inputs: {x: [1, 2]}\nequations: ['z = x[1]']\n", "add  conventions: {count_from: 1}  (or 0)"),
        (
            "conventions: {samples: rows}\ninputs: {x: [1, 2]}\nequations: ['z = x[1]']\n",
            "add  count_from: 1  (or 0)  to conventions",
        ),
        ("inputs: {x: 0}\nequations: [z = step(x)]\n", "add  conventions: {step_at_zero: 0}  (or 1)"),
        (
            "conventions: {samples: rows}\ninputs: {x: 0}\nequations: [z = step(x)]\n",
            "add  step_at_zero: 0  (or 1)  to conventions",
        ),
        (
            "inputs: {x: [1, 2]}\ntargets: {y: {class: 1}}\nequations: [z = sum(x)]\n",
            "add  conventions: {count_from: 0}  (the first class is 0; or count_from: 1)",
        ),
        (
            "conventions: {samples: rows}\ninputs: {x: [1, 2]}\ntargets: {y: {class: 1}}\nequations: [z = sum(x)]\n",
            "add  count_from: 0  (the first class is 0; or count_from: 1)  to conventions",
        ),
    ],
)
def test_what_conventions_lack_is_added_to_those_that_are_there(tmp_path: Path, text: str, help: str) -> None:
    assert help_of(tmp_path, text) == help


@pytest.mark.parametrize("ask", ["[W@1]", "[W@3, L]", "[W@1 - W]", "[W@end]"])
def test_the_training_that_is_proposed_can_be_pasted(tmp_path: Path, ask: str) -> None:
    text = ROWS + DATA + ONE + "targets: {y: [[1], [0], [1], [0]]}\n"
    text += f"loss: {{name: squared_error, reduction: sum}}\nask: {ask}\n"
    help = failure(tmp_path, text).diagnostics[0].help or ""
    line = re.sub("^add *", "", help)
    solve_text(tmp_path, f"{text}{line}\n")


@pytest.mark.parametrize(
    ("targets", "layers", "conventions", "help"),
    [
        ("[0, 1, 0, 2]", THREE, ROWS, "are these classes? Write {class: [0, 1, 0, 2]}"),
        ("[1, 0, 1, 1]", ONE, ROWS, "a flat list is one sample; write [[1], [0], [1], [1]]"),
        ("[[1, 0, 1, 1]]", ONE, ROWS, "write [[1], [0], [1], [1]]"),
        ("[[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]", THREE, ROWS, "with samples: rows a sample is a row"),
        ("[1, 2]", THREE, ROWS, "prediction and target need the same shape"),
    ],
)
def test_a_target_of_another_shape_gets_the_form_that_was_meant(
    tmp_path: Path, targets: str, layers: str, conventions: str, help: str
) -> None:
    text = conventions + DATA + layers + f"targets: {{y: {targets}}}\nloss: {{name: cross_entropy, reduction: mean}}\n"
    error = failure(tmp_path, text)
    assert codes(error) == ["shape-mismatch"]
    finding = error.diagnostics[0]
    assert help in (finding.help or "")
    assert finding.place is not None and finding.place[1:] == (5, 14)


def test_samples_in_columns_are_shown_in_columns(tmp_path: Path) -> None:
    text = "conventions: {weights: rows, samples: columns}\ninputs: {x: [[1, 0, 2], [0, 1, 1]]}\n" + ONE
    text += "targets: {y: [1, 0, 1]}\nloss: {name: squared_error, reduction: sum}\n"
    assert help_of(tmp_path, text) == "a flat list is one sample; write [[1, 0, 1]]"


def test_a_loss_inside_an_expression_gets_its_reduction_there(tmp_path: Path) -> None:
    text = ROWS + DATA + ONE + "targets: {y: [[1], [0], [1], [0]]}\n"
    error = failure(tmp_path, text + "loss: binary_cross_entropy(a, y) + 1/2 * sum(W^2)\n")
    assert error.diagnostics[0].help == "write binary_cross_entropy(a, y, reduction=mean)  (or sum)"
    solve_text(tmp_path, text + "loss: binary_cross_entropy(a, y, reduction=mean) + 1/2 * sum(W^2)\n")


def test_the_functions_that_are_listed_are_those_to_write(tmp_path: Path) -> None:
    help = help_of(tmp_path, "inputs: {x: 1}\nequations: [z = qqqqq(x)]\n")
    listed = help.removeprefix("functions: ").split(", ")
    assert {"log_softmax", "leaky_relu", "gelu_tanh", "cross_entropy", "relu", "ln"} <= set(listed)
    assert not INTERNAL & set(listed)
    assert set(REGISTRY) >= INTERNAL


@pytest.mark.parametrize(
    ("loss", "name"),
    [("mse", "mean_squared_error"), ("ce", "cross_entropy"), ("l2", "l2_norm"), ("mae", "absolute_err")],
)
def test_abbreviated_losses_are_spelled_out_and_not_accepted(tmp_path: Path, loss: str, name: str) -> None:
    text = "inputs: {x: 1}\ntargets: {y: 1}\nequations: [y_hat = 2 * x]\nloss: "
    assert name in help_of(tmp_path, text + loss + "\n")
    assert name in help_of(tmp_path, text + loss + "(y_hat, y)\n")


def test_sequences_that_look_like_samples_get_the_form_that_was_meant(tmp_path: Path) -> None:
    text = ROWS + "inputs: {x: {sequences: [[1, 0], [0, 1]]}}\nlayers: [{rnn: {W_xh: 1, W_hh: 1, activation: tanh}}]\n"
    text += "targets: {y: [[1, 0], [0, 1]]}\nloss: {name: squared_error, over_time: sum, reduction: sum}\n"
    assert "{sequences: [[...], [...]]}" in str(failure(tmp_path, text).diagnostics[0].help)
