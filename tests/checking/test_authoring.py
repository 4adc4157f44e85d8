"""Mistakes that a problem cannot tell: found where the numbers hide them, and only there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from nnsolve.checking.authoring import hidden_mistakes
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.unseen import frequent, unseen
from nnsolve.core.diagnostics import Diagnostic
from nnsolve.engine.solve import Solution
from nnsolve.problem.loader import load_problem

NETWORK = """conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[-0.8, -2], [0.5, 1.5]], b: [0.3, 0.4], activation: relu}
  - dense: {W: [[1.2, 0.4], [0.7, -0.3]], b: [0.2, 0.1], activation: tanh}
inputs: {x: [1.3, 0.8]}
targets: {y: [0.2, 0.7]}
loss: half_squared_error
training: {optimizer: sgd, learning_rate: 0.3, steps: 1}
ask: [L, dL/dW2, dL/dW1, W1@1, b2@1]
"""
RNN = """conventions: {weights: rows, samples: columns}
layers:
  - rnn: {W_xh: [[0.7, -0.2], [0.4, 0.9]], W_hh: [[0.5, -0.6], [0.3, 0.8]], b: [0.1, -0.2], activation: tanh}
inputs: {x: [[0.8, -0.5], [1.1, 0.3]]}
loss: sum(h^2)
ask: [h_2, dL/dh_1, dL/dW_xh]
"""
MOMENTUM = """conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.5, -1.2], [0.9, 0.4]]}}]
inputs: {x: [1.3, -0.8]}
targets: {y: [0.2, 0.7]}
loss: half_squared_error
training: {optimizer: momentum, learning_rate: 0.1, momentum: 0.8, steps: 2}
ask: [W@1, W@2]
"""
LINEAR = """conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.5, -1.2], [0.9, 0.4]]}}]
inputs: {x: [1.3, -0.8]}
targets: {y: [0.2, 0.7]}
loss: half_squared_error
ask: [dL/dW]
"""


class Case(NamedTuple):
    """A problem that shows a mistake; what stands in another that hides it; where and why, and what to change."""

    code: str
    problem: str
    shows: str
    hides: str
    place: tuple[int, int]
    reason: str
    help: str


HIDDEN = {
    "mask of a ReLU": Case(
        "relu-mask-missing", NETWORK, "[-0.8, -2]", "[0.8, 2]", (3, 12), "every unit of a1 is on",
        "choose other numbers for x or W1, so that a unit is off"),
    "ReLU itself": Case(
        "activation-left-out", NETWORK, "[-0.8, -2]", "[0.8, 2]", (3, 12), "every unit of a1 is on", "a unit is off"),
    "transpose of weights": Case(
        "weights-transposed", NETWORK, "[0.7, -0.3]", "[0.4, -0.3]", (4, 13), "W2 is symmetric", "numbers for W2"),
    "transpose of a gradient": Case(
        "transposed", LINEAR, "y: [0.2, 0.7]", "y: [0.96, 1.25]", (6, 7), "", "choose other numbers for x, W or y"),
    "learning rate": Case(
        "learning-rate-missing", NETWORK, "learning_rate: 0.3", "learning_rate: 1", (8, 28), "eta is 1", "for eta"),
    "bias": Case("bias-missing", NETWORK, "[0.2, 0.1]", "[0, 0]", (4, 43), "b2 is 0", "for b2"),
    "momentum": Case("momentum-missing", MOMENTUM, "momentum: 0.8", "momentum: 0", (6, 53), "mu is 0", "for mu"),
    "gradient through time": Case(
        "recurrent-gradient-dropped", RNN, "[[0.5, -0.6], [0.3, 0.8]]", "[[0, 0], [0, 0]]", (3, 44), "W_hh is 0",
        "for W_hh"),
}  # fmt: skip


def solved(folder: Path, text: str) -> Solution:
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    return Solution(load_problem(path))


def found(folder: Path, text: str) -> list[Diagnostic]:
    return list(hidden_mistakes(solved(folder, text)))


@pytest.mark.parametrize("case", HIDDEN.values(), ids=HIDDEN)
def test_mistake_that_the_numbers_hide_is_found_with_the_reason_where_it_is(case: Case, tmp_path: Path) -> None:
    assert case.problem.count(case.shows) == 1
    (warning,) = [w for w in found(tmp_path, case.problem.replace(case.shows, case.hides)) if case.code in w.message]
    assert (warning.code, warning.severity) == ("mistake-hidden", "warning")
    assert case.reason in warning.message
    assert case.help in (warning.help or "")
    assert warning.place is not None and warning.place[1:] == case.place


@pytest.mark.parametrize("problem", [NETWORK, RNN, MOMENTUM, LINEAR], ids=["network", "rnn", "momentum", "linear"])
def test_problem_with_numbers_that_show_every_mistake_has_no_warning(problem: str, tmp_path: Path) -> None:
    assert found(tmp_path, problem) == []


@pytest.mark.parametrize("code", [code for code in CAUSES if frequent(CAUSES[code])])
def test_frequent_mistake_is_shown_by_its_example_and_passes_where_anything_does(code: str, tmp_path: Path) -> None:
    name, ask = CAUSES[code].example
    assert code not in {hidden.slip.code for hidden in unseen(solved(tmp_path, PROBLEMS[name]))}
    passing = [hidden for hidden in unseen(tolerant(tmp_path, PROBLEMS[name])) if hidden.slip.code == code]
    assert any(ask in hidden.passing for hidden in passing)


def tolerant(folder: Path, text: str) -> Solution:
    """The problem with asks that take any number for right."""
    asks = [f"  - {{id: '{ask.id}', of: '{ask.of.text}', atol: 1000}}\n" for ask in solved(folder, text).problem.ask]
    return solved(folder, text[: text.index("ask:")] + "ask:\n" + "".join(asks))


def test_many_hidden_mistakes_make_one_warning(tmp_path: Path) -> None:
    (warning,) = found(tmp_path, MOMENTUM.replace("[W@1, W@2]", "[{of: W@1, atol: 9}]"))
    assert warning.code == "mistake-passes"
    assert re.search(r" in \S+, \S+ in \S+, \S+ in \S+ and \d+ more; no other ask shows that$", warning.message)


COARSE = {
    "decimals": ("[{of: dL/dW2, decimals: 0}]", "decimals: "),
    "decimals of a parameter that hardly changes": ("[{of: W2@1, decimals: 1}]", "decimals: "),
    "default": ("[y_hat@1]", "significant: "),
    "relative tolerance": ("[{id: q, of: L, rtol: 0.5}]", "significant: "),
    "absolute tolerance": ("[{of: dL/dW2, atol: 1}]", "significant: "),
}


@pytest.mark.parametrize("case", COARSE.values(), ids=COARSE)
def test_precision_that_is_proposed_is_enough(case: tuple[str, str], tmp_path: Path) -> None:
    asks, proposed = case
    text = NETWORK[: NETWORK.index("ask:")].replace("rate: 0.3", "rate: 0.01") + f"ask: {asks}\n"
    (warning,) = [w for w in found(tmp_path, text) if w.code == "mistake-passes"]
    assert warning.place is not None and warning.place.line == 9
    (said,) = re.findall(r"^(?:add|write)  (.*?)  (?:to this ask|instead of)", warning.help or "")
    assert said.startswith(proposed)
    of = re.findall(r"of: ([^,}]+)", asks) or [asks.strip("[]")]
    followed = text[: text.index("ask:")] + f"ask: [{{of: {of[0]}, {said}}}]\n"
    assert [w.code for w in found(tmp_path, followed) if w.code == "mistake-passes"] == []


def test_same_mistake_that_several_zeros_hide_is_said_once(tmp_path: Path) -> None:
    text = NETWORK.replace("[0.3, 0.4]", "[0, 0]").replace("[0.2, 0.1]", "[0, 0]")
    (warning,) = found(tmp_path, text)
    assert warning.message == "b1 and b2 are 0: no answer shows the mistake bias-missing in z1"
    assert warning.help == "choose other numbers for b1 or b2"


def test_mistake_in_one_layer_is_found_though_another_layer_shows_it(tmp_path: Path) -> None:
    text = NETWORK.replace("[-0.8, -2]", "[0.8, 2]")
    (warning,) = found(tmp_path, text)
    assert "relu-mask-missing in dL/dz1 " in warning.message
    assert "dL/dz2" not in warning.message


def test_what_one_part_hides_and_another_shows_is_not_hidden(tmp_path: Path) -> None:
    text = NETWORK.replace("[-0.8, -2]", "[0.8, 2]")
    part = "parts:\n  - {id: b, inputs: {x: [%s]}, ask: [dL/dW1]}\n"
    assert found(tmp_path, text + part % "-1.3, 0.1") == []
    assert len(found(tmp_path, text + part % "1.2, 0.9")) == 1


def test_same_formula_is_no_hidden_mistake(tmp_path: Path) -> None:
    """A mean over one number is its sum, whatever the number."""
    text = "inputs: {x: 2.5}\nparameters: {w: 0.3}\nequations: ['L = mean((w * x - 1)^2)']\nloss: L\nask: [L, dL/dw]\n"
    assert found(tmp_path, text) == []


def test_nothing_is_said_about_what_only_a_far_update_may_show(tmp_path: Path) -> None:
    hidden = NETWORK.replace("learning_rate: 0.3", "learning_rate: 1")
    assert [w.message for w in found(tmp_path, hidden) if "learning-rate-missing" in w.message]
    assert found(tmp_path, hidden.replace("steps: 1}", "steps: 100}").replace("b2@1]", "b2@1, W2@100]")) == []


@pytest.mark.parametrize(
    ("bias", "help"),
    [
        ("0.02", "add  significant: 3  to this ask"),  # 6.0 is 6.02 to two digits
        ("0.002", "add  significant: 4, rtol: 0  to this ask"),  # and 6 is 6.002 within 0.1 %
        ("0.2", None),
        ("0.0000002", None),  # who would ask for eight digits?
    ],
)
def test_mistake_that_changes_late_digits_only_passes(bias: str, help: str | None, tmp_path: Path) -> None:
    text = f"parameters: {{w: 2, b: {bias}}}\ninputs: {{x: 3}}\nequations: [z = w * x + b]\nask: [z]\n"
    assert [warning.help for warning in found(tmp_path, text)] == ([help] if help else [])


def test_zeros_that_the_file_does_not_give_are_not_blamed(tmp_path: Path) -> None:
    text = RNN.replace("[[0.8, -0.5], [1.1, 0.3]]", "[[0.8, -0.5]]").replace("[h_2, dL/dh_1, dL/dW_xh]", "[dL/dW_hh]")
    assert found(tmp_path, text) == []
    (warning,) = found(tmp_path, text + "initial: {h_0: [0, 0]}\n")
    assert warning.message.startswith("h_0 is 0: ")
