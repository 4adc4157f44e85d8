"""Time steps with the same equations are a loop in the script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.engine.solve import Solution
from nnsolve.report.export.timeloops import FEWEST, Line, consecutive, stretches
from tests.engine.solving import solved
from tests.report.export.running import compare, exported, run_scripts


def recurrent(folder: Path, steps: int, **more: Any) -> Solution:
    text: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "columns"},
        "layers": [{"rnn": {"W_xh": 0.5, "W_hh": 0.25, "b": 0.1, "activation": "tanh"}}],
        "inputs": {"x": [(i * 7 % 5) / 4 for i in range(steps)]},
        "targets": {"y": [(i * 3 % 4) / 4 for i in range(steps)]},
        "loss": {"name": "half_squared_error", "over_time": "sum"},
        "training": {"learning_rate": 0.1, "steps": 1},
        "ask": ["h", "dL/dW_hh", "W_hh@1"],
    }
    return solved(folder, **{**text, **more})


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_more_steps_make_no_longer_script(target: str, tmp_path: Path) -> None:
    ten, hundred = [exported(recurrent(tmp_path, n), target).splitlines() for n in (10, 100)]
    assert len(hundred) - len(ten) < 20  # the given numbers
    assert "    h[t] = " in "\n".join(hundred)


def test_each_line_of_the_loop_is_an_equation(tmp_path: Path) -> None:
    script = exported(recurrent(tmp_path, 9))
    for lines in (
        "for t in range(1, 10):\n    z[t] = W_hh * h[t - 1] + W_xh * x[t] + b\n    h[t] = np.tanh(z[t])\n",
        "for t in range(8, 0, -1):\n    dL_dL_t[t] = 1\n",
        "    dL_dh[t] = dL_dL_t[t] * (h[t] - y[t]) + dL_dz[t + 1] * W_hh\n",
        "dL_dW_hh = sum(dL_dW_hh_t[t] for t in range(1, 10))\n",
    ):
        assert lines in script, script


def test_few_steps_are_written_one_after_the_other(tmp_path: Path) -> None:
    script = exported(recurrent(tmp_path, FEWEST - 1))
    assert "for t in" not in script and "h_2 = np.tanh(z_2)\n" in script


def test_a_wrong_step_in_the_loop_is_found(tmp_path: Path) -> None:
    solution = recurrent(tmp_path, 9)
    script = exported(solution)
    wrong = {
        "h": script.replace("h[t - 1] + ", "h[t - 1] * 1.0000001 + "),
        "b": script.replace("dL_dz[t + 1]", "dL_dz[9]"),
    }
    assert all(text != script for text in wrong.values())
    for run in run_scripts(tmp_path, wrong).values():
        with pytest.raises(AssertionError):
            compare(run, solution)


def test_the_notebook_tells_one_step_and_that_others_are_alike(tmp_path: Path) -> None:
    notebook = json.loads(exported(recurrent(tmp_path, 40), "notebook"))
    told = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert max(map(len, told)) < 5000
    assert any("likewise for t = 2, ..., 40" in text for text in told)
    assert any("likewise for t = 38, ..., 1" in text for text in told)


def lines(*equations: tuple[str, int, str]) -> list[Line]:
    """Equations `name_time = expression`."""
    times = {f"{stem}_{t}": Name(stem, time=t) for stem in "hzL" for t in range(-1, 9)}

    def named(text: str) -> Any:
        from nnsolve.core.expressions import Ref, rewrite

        return rewrite(
            parse(text), lambda node: Ref(times.get(str(node.name), node.name)) if isinstance(node, Ref) else node
        )

    return [Line(Name(stem, time=time), named(text)) for stem, time, text in equations]


@pytest.mark.parametrize(
    ("equations", "found"),
    [
        ([("h", t, f"w * h_{t - 1}") for t in (1, 2, 3, 4)], [(1, 4, 4)]),
        ([("h", t, f"w * h_{t + 1}") for t in (4, 3, 2, 1)], [(4, 1, 4)]),
        ([("h", t, f"w * h_{t - 1}") for t in (1, 2, 4, 5)], [(1, 2, 2), (4, 5, 2)]),  # with a gap
        ([("h", t, f"w * h_{t - 1}") for t in (1, 2, 1)], [(1, 2, 2), (1, 1, 1)]),  # back again
        ([("h", t, f"{t} * h_{t - 1}") for t in (1, 2)], [(1, 1, 1), (2, 2, 1)]),  # not the same
        ([("h", t, "w * h_0") for t in (1, 2)], [(1, 1, 1), (2, 2, 1)]),  # always the first
    ],
)
def test_which_steps_have_the_same_equations(equations: list[Any], found: list[tuple[int, int, int]]) -> None:
    assert [(s.first, s.last, len(s.blocks)) for s in stretches(lines(*equations))] == found


def test_what_is_one_quantity_over_time() -> None:
    assert consecutive([Name("h", time=t) for t in range(2, 7)]) == (2, 6)
    assert consecutive([Name("h", time=t) for t in (1, 2, 4, 5)]) is None
    assert consecutive([Name("h", time=t) for t in (4, 3, 2, 1)]) is None
    assert consecutive([Name("h", time=1), Name("z", time=2), Name("h", time=3), Name("h", time=4)]) is None
