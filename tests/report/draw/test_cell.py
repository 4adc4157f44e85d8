"""The cell of an LSTM or GRU: its gates with their values, and lines that lead where the equations say."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from nnsolve.core.diagnostics import ProblemError
from nnsolve.engine.solve import Solution
from nnsolve.report.display import solve
from nnsolve.report.draw.choose import draw
from nnsolve.report.draw.runs import plain
from nnsolve.report.draw.shapes import Box, Circle, Line, Picture
from tests.report.draw.geometry import faults
from tests.report.draw.test_pictures import problem, said
from tests.report.solved import SEEDS

LSTM = SEEDS / "lstm-rounded-gates.yaml"

GRU = """\
conventions: {{weights: rows, samples: columns}}
layers:
  - gru: {{W_rx: 1, W_rh: 0.5, W_ux: -0.5, W_uh: 0.1, W_gx: 0.6, W_gh: 0.4, reset: {reset}, update: {update}}}
inputs: {{x: {x}}}
initial: {{h_0: 0.25}}
"""


def gru(folder: Path, reset: str = "before", update: str = "renews", x: str = "[1, -1]") -> Solution:
    return problem(folder, GRU.format(reset=reset, update=update, x=x))


def _is_in(shape: Circle | Box, x: float, y: float, slack: float = 0.0) -> bool:
    if isinstance(shape, Circle):
        return (x - shape.x) ** 2 + (y - shape.y) ** 2 <= (shape.radius + slack) ** 2
    return shape.x - slack <= x <= shape.x + shape.width + slack and (
        shape.y - slack <= y <= shape.y + shape.height + slack
    )


@pytest.mark.parametrize("step", [1, 4, 6])
def test_the_cell_of_an_lstm_shows_every_gate_and_state_of_its_step(step: int) -> None:
    solution = solve(LSTM)
    picture = draw(solution.solvers["a"].section, "cell", step=step)
    before = {f"{stem}{step - 1}": solution[f"a.{stem}_{step - 1}"] for stem in "ch"}
    now = {f"{stem}{step}": solution[f"a.{stem}_{step}"] for stem in "xfiogch"}
    shown = dict(re.split(" = ", text) for text in said(picture, "value"))
    assert {name: float(text.replace("−", "-")) for name, text in shown.items()} == before | now
    assert {"forget gate", "input gate", "output gate", "candidate"} <= set(said(picture, "note"))
    assert faults(picture) == []


def test_the_rounded_gates_say_so_and_the_others_do_not() -> None:
    labels = said(draw(solve(LSTM).solvers["a"].section, "cell"), "label")
    assert labels.count("round σ") == 3 and labels.count("round tanh") == 2
    path = LSTM.parent.parent / "tests/report/problems/lstm-layer.yaml"
    labels = said(draw(solve(path).solvers[""].section, "cell"), "label")
    assert labels.count("σ") == 3 and labels.count("tanh") == 2


@pytest.mark.parametrize("kind", ["cell", "unrolled", "blocks"])
def test_a_value_that_is_rounded_as_it_is_stored_is_told_below_the_picture(kind: str, tmp_path: Path) -> None:
    """h = o tanh(c) of the values beside it would be another number."""

    def notes(name: str, old: str = "", new: str = "") -> str:
        text = (LSTM.parent / name).read_text(encoding="utf-8")
        assert old in text
        return " ".join(said(draw(problem(tmp_path, text.replace(old, new)).solvers["a"].section, kind), "note"))

    whole, rule = "lstm-rounded-state.yaml", "rounding: {h: {decimals: 0}}"
    assert "The values of h are rounded to 0 decimals, ties to even, as they are stored." in notes(whole)
    both = notes(whole, rule, "rounding: {every: {significant: 9, ties: away}, h: {decimals: 0}}")
    assert both.index("The values of h are rounded to 0 decimals") < both.index(
        "All other computed values are rounded to"
    )
    assert "All computed values are rounded to 9 significant digits, ties away, as" in notes(
        whole, rule, "rounding: {every: {significant: 9, ties: away}}"
    )
    assert "stored" not in notes(whole, rule, "") + notes("lstm-rounded-gates.yaml")  # there an operation rounds


@pytest.mark.parametrize("update", ["renews", "keeps"])
def test_what_is_kept_of_the_state_of_a_gru_is_drawn_as_it_is_computed(update: str, tmp_path: Path) -> None:
    picture = draw(gru(tmp_path, update=update).solvers[""].section, "cell")
    (complement,) = [c for c in picture.shapes if isinstance(c, Circle) and _text_in(picture, c) == "1−"]
    columns = sorted(
        {box.x + box.width / 2 for box in picture.shapes if isinstance(box, Box) and box.kind == "operation"}
    )
    on_the_way_to_the_state = complement.x == pytest.approx(columns[1])
    assert on_the_way_to_the_state == (update == "renews")


def _text_in(picture: Picture, circle: Circle) -> str:
    return "".join(plain(t.runs) for t in picture.texts if _is_in(circle, t.x, t.y))


def test_a_reset_after_the_product_has_the_product_before_it(tmp_path: Path) -> None:
    for reset, drawn in (("after", True), ("before", False)):
        picture = draw(gru(tmp_path, reset).solvers[""].section, "cell")
        assert ("W" in said(picture, "label")) == drawn
        assert faults(picture) == []


def test_lines_meet_at_right_angles_and_pass_no_gate(tmp_path: Path) -> None:
    for picture in (draw(gru(tmp_path).solvers[""].section), draw(solve(LSTM).solvers["a"].section, "cell")):
        for line in (shape for shape in picture.shapes if isinstance(shape, Line)):
            assert all(a[0] == pytest.approx(b[0]) or a[1] == pytest.approx(b[1]) for a, b in pairwise(line.points))


def test_a_single_step_is_drawn_as_its_cell_and_several_unrolled(tmp_path: Path) -> None:
    one = draw(gru(tmp_path, x="[1]").solvers[""].section)
    assert one.description.startswith("The cell of gru at step 1")
    several = draw(gru(tmp_path).solvers[""].section)
    assert several.description.startswith("A network unrolled")


def test_a_step_that_is_not_there_and_a_problem_without_a_cell_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="there is no step 3: they are 1 to 2"):
        draw(gru(tmp_path).solvers[""].section, "cell", step=3)
    with pytest.raises(ProblemError, match="the problem has no time steps"):
        draw(solve(SEEDS / "xor-batch.yaml").solvers[""].section, step=2)
    with pytest.raises(ProblemError, match="no lstm or gru layer"):
        draw(solve(SEEDS / "xor-batch.yaml").solvers[""].section, "cell")


def test_a_shape_is_no_value(tmp_path: Path) -> None:
    """A state of five units is told by its shape, not said to be equal to it."""
    weight = [[0.1] * 5] * 5
    text = (
        "conventions: {weights: rows, samples: columns}\nlayers:\n"
        f"  - rnn: {{W_hh: {weight}, W_xh: {[[0.1]] * 5}, activation: tanh}}\ninputs: {{x: [[1], [2]]}}\n"
    )
    values = said(draw(problem(tmp_path, text).solvers[""].section), "value")
    assert "h1: 5×1" in values and not any("= 5×1" in value for value in values)
