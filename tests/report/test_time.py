"""Problems with time: what is given, the order of the steps, shares, what is carried back, what is said once."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from nnsolve.report.display import solve
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.report.solved import printed, sections, told

VECTORS = """
conventions: {samples: columns}
parameters: {W: [[0.1, 0.2], [0.3, -0.4]], U: [[0.5, 1], [-0.6, 2]]}
inputs: {x: [[1, 2], [3, 4], [5, 6]]}
equations:
  - h_t = tanh(W @ h_{t-1} + U @ x_t)
  - L = norm(h)
loss: L
ask: [h, L, dL/dh_2]
"""


def elman(**style: object) -> str:
    return str(report(sections("elman"), Style(100, **style)))  # type: ignore[arg-type]


def lines_with(text: str, start: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith(start)]


def test_a_sequence_is_given_once_with_its_steps(tmp_path: Path) -> None:
    given = elman().split("Forward pass")[0]
    assert "y₁   y₂   y₃" in given and "y = [0.5  0.1  0.2]" in given
    assert given.count("3 time steps") == 2
    assert "y₁ = 0.5" not in given  # a box for each step
    given = printed(tmp_path, VECTORS).split("Forward pass")[0]
    assert "x = x₂ ⎢3  4⎥" in given and "x₃ ⎣5  6⎦" in given


def test_initial_states_are_given_those_of_zeros_briefly() -> None:
    given = elman().split("Forward pass")[0]
    assert "h₀ = 0" in given and "h_0 2×1 initial" in given
    scalars = str(report(sections("lstm-equations"), Style(100))).split("Forward pass")[0]
    assert "h₀ = 0.1" in scalars and "h_0 initial" in scalars and "c₀ = 0" in scalars


def test_long_sequences_are_cut(tmp_path: Path) -> None:
    steps = [[n, -n] for n in range(1, 101)]
    given = printed(tmp_path, VECTORS.replace("[[1, 2], [3, 4], [5, 6]]", str(steps))).split("Forward pass")[0]
    assert "x = x₃   ⎢  3    −3⎥" in given and "x₁₀₀ ⎣100  −100⎦" in given
    assert "x₄" not in given and "100 time steps" in given
    wide = [[float(n)] * 784 for n in range(2)]
    text = VECTORS.replace("[[1, 2], [3, 4], [5, 6]]", str(wide)).replace(
        "U: [[0.5, 1], [-0.6, 2]]", "U: {random: uniform, low: -1, high: 1, shape: [2, 784], seed: 1}"
    )
    assert "x = x₁ ⎡0  0  0  ⋯  0⎤" in printed(tmp_path, text)


def test_several_sequences_keep_their_matrices(tmp_path: Path) -> None:
    text = VECTORS.replace("[[1, 2], [3, 4], [5, 6]]", "{sequences: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}")
    shown = printed(tmp_path, text)
    assert "x₁ = ⎡1  5⎤           x₂ = ⎡3  7⎤" in shown
    assert "h₁ = ⎡" in shown.split("Answers")[1] and "h₂ = ⎡" in shown.split("Answers")[1]


def test_steps_have_headings_in_the_order_of_the_work() -> None:
    titles = [line.split(" ┄")[0] for line in elman().splitlines() if "┄┄" in line]
    assert titles == [
        *("Step t = 1", "Step t = 2", "Step t = 3", "After the last time step"),
        *("Back to step t = 3", "Back to step t = 2", "Back to step t = 1", "Summed over time"),
    ]
    assert "Step t = 1 ....." in elman(unicode=False)


def test_without_time_there_are_no_such_headings() -> None:
    assert "┄" not in str(report(sections("regression-3-4-3-l2-norm"), Style(100)))


def test_sums_over_time_come_when_all_steps_are_done() -> None:
    text = elman()
    assert text.index("∂L/∂V =") > text.index("∂L/∂h₁ =") > text.index("∂L/∂h₂ =")


def test_a_share_is_explained_once() -> None:
    text = elman()
    assert text.count("what step 3 adds to") == 1
    assert "∂L/∂V|ₜ₌₃: what step 3 adds to ∂L/∂V, as every step uses V" in text
    assert "∂L/∂W₂" not in text and "∂L/∂W₃" not in text  # layers
    assert "dL/dV_3: what step 3 adds to dL/dV, as every step uses V" in elman(unicode=False)


def test_what_is_carried_back_is_told_from_what_the_step_gives() -> None:
    text = elman()
    assert "from this step: ŷ₂ = V h₂;  carried back from step 3: z₃ = W h₂ + U x₃ + b" in text
    assert "this step from step 3" in [" ".join(line.split()) for line in text.splitlines()]
    assert "from step 2" in text


GRU = """
conventions: {weights: rows, samples: columns}
layers:
  - gru: {joined: h_first, W_r: [[0.5, 0.2]], W_u: [[0.2, 0.1]], W_g: [[0.7, -0.4]], b_r: [0.1], b_u: [0], b_g: [0.2],
          reset: before}
inputs: {x: [[1], [2]]}
targets: {y: [[0.3], [0.1]]}
loss: {name: half_squared_error, over_time: sum}
ask: [dL/dh_1]
"""


def test_joined_states_have_one_notation_in_formulas_and_numbers(tmp_path: Path) -> None:
    text = printed(tmp_path, GRU)
    assert "[r₂ ⊙ h₁; x₂]" in text and " ⊙ [−0.1036]; [2]]" in text
    assert "index(" not in text and "concat(" not in text and "key =" not in text


def test_terms_are_captioned_all_or_not_at_all(tmp_path: Path) -> None:
    text = printed(tmp_path, GRU)
    assert "carried back from step 2: zr₂, zu₂, zg₂, h₂" in text
    assert not [line for line in text.splitlines() if line.strip() in ("this step", "from step 2")]


def test_what_repeats_is_explained_the_first_time() -> None:
    text = elman()
    assert lines_with(text, "∂L/∂z₃ = ")[0].startswith("∂L/∂z₃ = ∂L/∂h₃ ⊙ ∂h₃/∂z₃")
    assert lines_with(text, "∂L/∂z₂ = ")[0].startswith("∂L/∂z₂ = ∂L/∂h₂ ⊙ (1 − h₂²)")
    assert "∂h₃/∂z₃ = 1 − h₃²" in text and "∂h₂/∂z₂" not in text
    assert "∂h₂/∂z₂ = 1 − h₂²" in elman(detail="full")
    for value in ("⎡ 0.2469⎤", "⎡ 0.4299⎤", "⎡ 0.1858⎤"):  # dL/dz_t: the numbers of every step stay
        assert value in text


def test_whole_sequences_are_called_by_their_names(tmp_path: Path) -> None:
    answers = elman().split("Answers")[1]
    assert "h₁ ⎡0.53705  −0.37995⎤" in answers and "∂L/∂h₃ ⎣1.52435  −1.52435⎦" in answers
    text = printed(tmp_path, VECTORS)
    assert "L = ‖h‖" in text and "∂L/∂h₃ = h₃ / L" in text
    for unicode in (True, False):
        whole = printed(tmp_path, VECTORS, Style(100, unicode=unicode))
        assert "sequence" not in whole and "whole" not in whole and "time_step" not in whole
    scalars = str(report(sections("lstm-equations"), Style(100)))
    assert "h₁, h₂, h₃  [−0.086984" in scalars


def test_letters_of_gates_are_written_alike() -> None:
    text = str(report(sections("lstm-equations"), Style(100)))
    assert "z_f₁ = W_f · x₁ + U_f · h₀" in text
    assert "z_i₁ = W_i · x₁ + U_i · h₀" in text and "Wᵢ" not in text


def _count(calls: list[None], frame: object, event: str, argument: object) -> None:
    if event == "call":
        calls.append(None)


@pytest.mark.parametrize("detail", ["steps", "full"])
def test_the_work_grows_as_the_sequence(tmp_path: Path, detail: str) -> None:
    path = tmp_path / "problem.yaml"
    text = (Path(__file__).parent / "problems" / "lstm-equations.yaml").read_text(encoding="utf-8")
    lines, calls = [], []
    for count in (30, 60):
        path.write_text(text.replace("[1, 2, 0.5]", str([0.1] * count)).replace("h_3 - y", "h_T - y"))
        found = solve(path).sections
        counted: list[None] = []
        sys.setprofile(partial(_count, counted))
        try:
            shown = report(found, Style(100, detail=detail))
        finally:
            sys.setprofile(None)
        lines.append(str(shown).count("\n"))
        calls.append(len(counted))
    assert lines[1] < 2.2 * lines[0]
    assert calls[1] < 2.3 * calls[0]


def test_long_sums_over_time_are_cut(tmp_path: Path) -> None:
    text = VECTORS.replace("[[1, 2], [3, 4], [5, 6]]", str([[0.1, 0.2]] * 20)).replace("dL/dh_2", "dL/dW")
    assert "∂L/∂W = ∂L/∂W|ₜ₌₁ + ∂L/∂W|ₜ₌₂ + … + ∂L/∂W|ₜ₌₂₀" in printed(tmp_path, text)
    few = VECTORS.replace("dL/dh_2", "dL/dW")
    assert "∂L/∂W = ∂L/∂W|ₜ₌₁ + ∂L/∂W|ₜ₌₂ + ∂L/∂W|ₜ₌₃" in printed(tmp_path, few)


def test_what_repeats_in_a_long_sequence_is_shown_by_its_results(tmp_path: Path) -> None:
    text = VECTORS.replace("[[1, 2], [3, 4], [5, 6]]", str([[0.1, 0.2]] * 13))
    shown = printed(tmp_path, text)
    assert shown.count("What repeats is shown by its results from here on") == 1
    assert "h₁ = tanh(zₕ,₁)" in shown and "= tanh⎡0.25⎤ = ⎡0.2449⎤" in shown
    assert "  h₁₃ = tanh(zₕ,₁₃) = [0.3" in shown
    full = printed(tmp_path, text, Style(100, detail="full"))
    assert "What repeats" not in full and full.count("= tanh⎡") == 13
    few = printed(tmp_path, VECTORS)
    assert "What repeats" not in few and few.count("= tanh⎡") == 3


def test_remarks_that_do_not_fit_on_a_line_take_one_each() -> None:
    lines = [line.strip() for line in str(report(sections("elman"), Style(60))).splitlines()]
    assert "from this step: ŷ₂ = V h₂" in lines
    assert "carried back from step 3: z₃ = W h₂ + U x₃ + b" in lines


def test_a_slice_is_not_written_twice(tmp_path: Path) -> None:
    text = (
        "parameters: {w: [1, 2, 3]}\nconventions: {count_from: 1}\nequations: ['s = w[2:4]', L = sum(s^2)]\nask: [s]\n"
    )
    assert printed(tmp_path, text).split("Forward pass")[1].split("L = ")[0].count("⎡2⎤") == 1


def test_what_a_step_gives_to_the_loss_is_named_once(tmp_path: Path) -> None:
    training = "training: {learning_rate: 0.1, steps: 1, truncate: 2}\n"
    text = printed(tmp_path, VECTORS.replace("dL/dh_2", "dL/dW") + training)
    assert text.count("L₃ stands for what step 3 gives to L") == 1 and "∂L₃/∂h₂ = " in text
    assert "stands for" not in printed(tmp_path, VECTORS.replace("dL/dh_2", "dL/dW"))


def test_how_far_back_in_time_truncated_gradients_go_is_said_once(tmp_path: Path) -> None:
    text = VECTORS + "training: {learning_rate: 0.1, steps: 2, truncate: %d}\n"
    text = text.replace("norm(h)", "sum(h)").replace("dL/dh_2]", "dL/dh_2, W@2]")
    head = "Backward pass ─"
    one = " ".join(printed(tmp_path, text % 1).split())
    assert "truncate: 1: what the loss gets from a step is not carried back to the steps before it." in one
    two = " ".join(printed(tmp_path, text % 2).split())
    note = "truncate: 2: what the loss gets from a step is carried back over 2 steps, that step and 1 before it."
    assert two.count(note) == 1 and two.index(head) < two.index(note) < two.index("Back to step t = 3")
    assert "truncate" not in printed(tmp_path, text % 3)  # all of it


@pytest.mark.parametrize(("cells", "is_apart"), [(80, True), (160, False)])
def test_steps_whose_lines_are_full_stand_apart(cells: int, is_apart: bool) -> None:
    """What was explained at step 1 is a line at step 2; one that nearly meets its address has a blank line before."""
    lines = told("next-bit-rnn", Style(cells)).splitlines()
    loss = next(n for n, line in enumerate(lines) if line.startswith("  L₂ = "))
    assert (not lines[loss - 1]) is is_apart
    assert lines[loss - 1 - is_apart].startswith("  a⁽²⁾₂ = ")
