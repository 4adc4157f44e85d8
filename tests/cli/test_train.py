"""`nnsolve train`: what is trained, what is printed and written, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.report import figure
from tests.cli.calling import PROBLEMS, call, process, written

XOR = str(PROBLEMS / "xor-mini-batches.yaml")
LINE = """title: A line
conventions: {samples: rows, weights: rows}
layers:
  - dense: {W: [[0.1]], b: [0]}
inputs: {x: [[0], [1], [2], [3]]}
targets: {y: [[1], [3], [5], [7]]}
loss: {name: half_squared_error, reduction: mean}
training: {learning_rate: 0.1, epochs: 100, batch_size: all}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def document(*args: str) -> dict:  # type: ignore[type-arg]
    result = call("train", *args, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)  # type: ignore[no-any-return]


# What is trained ------------------------------------------------------------------------------------------------------


def test_parameters_and_losses_are_those_that_run_shows(tmp_path: Path) -> None:
    found, solution = document(XOR), nnsolve.solve(XOR)
    for name, value in found["parameters"].items():
        np.testing.assert_allclose(value, solution[f"{name}@end"], rtol=1e-12)
    for epoch, loss in found["loss"]["epochs"].items():
        np.testing.assert_allclose(loss, solution[f"L@e{epoch}"], rtol=1e-12)
    assert list(found["loss"]["epochs"]) == ["1", "2", "3"]
    np.testing.assert_allclose(found["loss"]["final"]["value"], solution["L@end"], rtol=1e-12)
    np.testing.assert_allclose(found["predictions"]["outputs"]["a2"], solution["y_hat@end"].ravel(), rtol=1e-12)
    assert (found["updates"], found["epochs"], found["predictions"]["right"]) == (6, 3, 3)


@pytest.mark.parametrize(
    ("args", "updates", "epochs"),
    [
        ([], 6, 3),
        (["--epochs", "5"], 10, 5),
        (["--steps", "7"], 7, 3),
        (["--steps", "0"], 0, 0),
        (["--steps", "1"], 1, 0),
    ],
)
def test_the_command_line_may_say_how_long(args: list[str], updates: int, epochs: int) -> None:
    found = document(XOR, *args)
    assert (found["updates"], found["epochs"]) == (updates, epochs)
    assert len(found["loss"]["epochs"]) == epochs
    result = call("train", XOR, *args)
    assert result.exit_code == 0
    assert ("Parameters before any update" if not updates else f"Parameters after {updates} update") in result.output


def test_a_line_is_learnt() -> None:
    path = written(Path(), LINE)
    found = document(path, "--epochs", "2000")
    assert np.allclose(found["parameters"]["W"], 2) and np.allclose(found["parameters"]["b"], 1)
    assert found["loss"]["final"]["value"] < 1e-12


def test_a_problem_without_a_loss_shows_no_losses() -> None:
    result = call("train", str(PROBLEMS / "perceptron-and.yaml"))
    assert result.exit_code == 0
    assert "Loss" not in result.output and "4 of 4 are right (100%)." in result.output


def test_a_problem_without_a_prediction_shows_none() -> None:
    text = "parameters: {w: 3}\nequations:\n  - C = (w - 1)^2\nloss: C\ntraining: {learning_rate: 0.25, steps: 3}\n"
    result = call("train", written(Path(), text))
    assert result.exit_code == 0 and "Predictions" not in result.output
    assert "update  loss" in result.output and "C@end =  0.0625" in result.output  # (w - 1) is halved by each update


PARTS = LINE.replace("training:", "ask: [L]\ntraining:") + "parts:\n  - {id: b, training: {epochs: 3}, ask: [L]}\n"


def test_a_part_is_trained_where_it_is_named() -> None:
    path = written(Path(), PARTS)
    assert document(path)["updates"] == 100
    assert document(path, "--part", "b")["updates"] == 3
    result = call("train", path, "--part", "c")
    assert result.exit_code == 2 and "error[unknown-part]" in result.output


def test_where_only_parts_ask_one_is_named_unless_there_is_but_one() -> None:
    only = PARTS.replace("ask: [L]\ntraining", "training")
    assert document(written(Path(), only))["updates"] == 3
    result = call("train", written(Path(), only + "  - {id: c, ask: [L]}\n"))
    assert result.exit_code == 2 and "choose one: --part ID" in result.output


@pytest.mark.parametrize(
    ("change", "args", "said"),
    [
        (("training: {learning_rate: 0.1, epochs: 100, batch_size: all}\n", ""), [], "error[no-training]"),
        ((", epochs: 100", ""), [], "error[no-steps] problem.yaml:8:1"),
        (("loss: {name: half_squared_error, reduction: mean}\n", ""), [], "error[missing-loss]"),
        (("0.1, epochs", "0.1, rate: 3, epochs"), [], "error[unknown-key]"),
        (("", ""), ["--epochs", "3", "--steps", "4"], "exclude each other"),
        (("", ""), ["--epochs", "-1"], "--epochs"),
        (("", ""), ["--at", "0"], "whole numbers from 1 on"),
        (("", ""), ["--at", "1,x"], "whole numbers from 1 on"),
        (("", ""), ["--at", "101"], "the training has 100 whole epochs"),
        (("", ""), ["-o", "weights.txt"], "does not end in .yaml or .yml or .npz"),
        (("", ""), ["-o", "missing/weights.yaml"], "cannot be written"),
        (("", ""), ["--plot", "curve.gif"], "does not end in .svg or .png"),
        (("", ""), ["-o", "problem.yaml"], "would replace the problem itself"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_done(
    change: tuple[str, str], args: list[str], said: str
) -> None:
    path = written(Path(), LINE.replace(*change))
    result = call("train", path, *args)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split()), result.output
    assert "Traceback" not in result.output and os.listdir() == ["problem.yaml"]


def test_what_else_is_wrong_with_a_problem_without_training_is_said_too() -> None:
    result = call("train", written(Path(), "equations:\n  - z = rellu(x)\ninputs: {x: 1}\n"))
    assert result.exit_code == 2
    assert "error[no-training]" in result.output and "error[unknown-function] problem.yaml:2:9" in result.output


def test_more_numbers_than_yaml_is_read_with_are_refused_at_once() -> None:
    weights = "{random: normal, mean: 0, std: 1, shape: [1, 500000], seed: 1}"
    text = LINE.replace("[[0.1]]", weights).replace("[[0], [1], [2], [3]]", weights)
    text = text.replace("[[1], [3], [5], [7]]", "[[1]]").replace("epochs: 100", "epochs: 1")
    result = call("train", written(Path(), text), "-o", "t.yaml")
    assert result.exit_code == 2 and "write FILE.npz" in result.output
    assert call("train", written(Path(), text), "-o", "t.npz").exit_code == 0
    again = written(Path(), text.replace(weights, "{file: t.npz, key: W}", 1), "again.yaml")
    assert call("train", again).exit_code == 0


def test_doubts_about_the_problem_are_shown() -> None:
    """Targets of 0 and 1 are unusual for a hinge, which takes -1 and 1."""
    text = LINE.replace("half_squared_error", "hinge").replace("[[1], [3], [5], [7]]", "[[1], [0], [1], [1]]")
    result = call("train", written(Path(), text))
    assert result.exit_code == 0 and "warning: hinge expects" in result.output
    assert document("problem.yaml")["warnings"][0]["code"] == "unusual-target"
    assert "warning" not in call("train", written(Path(), text.replace("[0], [1], [1]]", "[-1], [1], [1]]"))).output


# What is printed ------------------------------------------------------------------------------------------------------


def test_the_epochs_of_the_table_can_be_chosen() -> None:
    path = written(Path(), LINE)
    for args in (["--at", "1,7,100"], ["--at", "7", "--at", "100,1"]):
        assert list(document(path, *args)["loss"]["epochs"]) == ["1", "7", "100"]
    output = call("train", path, "--at", "7").output
    assert re.search(r"^ +7  0\.\d+$", output, flags=re.MULTILINE)


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("extra", [[], ["--log"], ["--decimals", "2"]])
def test_the_report_keeps_within_the_width(columns: int, extra: list[str]) -> None:
    output = call("train", XOR, "--epochs", "300", "--width", str(columns), *extra).output
    assert max(map(len, output.splitlines())) <= columns
    assert "Loss" in output and "Predictions after 600 updates" in output


def test_a_pipe_gets_plain_text_and_no_bar() -> None:
    result = process("train", XOR, "--epochs", "300")
    assert result.returncode == 0 and result.stderr == ""
    assert "\x1b" not in result.stdout and "⣀" in result.stdout


def test_a_terminal_without_unicode_gets_ascii() -> None:
    result = process("train", XOR, "--epochs", "300", LC_ALL="C", PYTHONIOENCODING="")
    assert result.returncode == 0
    assert result.stdout.isascii() and ":" in result.stdout


def test_many_samples_are_counted_but_not_listed() -> None:
    rows = ", ".join(f"[{n / 50}]" for n in range(100))
    ys = ", ".join(f"[{int(n >= 50)}]" for n in range(100))
    text = LINE.replace("[[0], [1], [2], [3]]", f"[{rows}]").replace("[[1], [3], [5], [7]]", f"[{ys}]")
    text = text.replace("b: [0]", "b: [0], activation: sigmoid").replace("half_squared_error", "binary_cross_entropy")
    output = call("train", written(Path(), text), "--epochs", "3000").output
    assert "… and 80 more" in output
    assert re.search(r"\b9\d of 100 are right \(9\d%\)", output)
    assert len(output.splitlines()) < 80


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["yaml", "npz"])
def test_a_run_continues_where_another_ended(ending: str) -> None:
    """Adam keeps a state: 3 + 4 epochs are 7, to the last bit."""
    text = LINE.replace("learning_rate", "optimizer: adam, learning_rate").replace("epochs: 100", "epochs: 7")
    path = written(Path(), text)
    result = call("train", path, "--epochs", "3", "-o", f"t.{ending}")
    assert f"t.{ending} is written: W, b and the optimizer's state after 3 updates" in result.output

    def value(name: str) -> str:
        return f"{{file: t.{ending}, key: {name}}}"

    states = ", ".join(f"{name}: {value(name)}" for name in ("t", "m_W", "v_W", "m_b", "v_b"))
    again = text.replace("W: [[0.1]], b: [0]", f"W: {value('W')}, b: {value('b')}")
    again = again.replace("batch_size: all", f"batch_size: all, state: {{{states}}}").replace("epochs: 7", "epochs: 4")
    found, whole = document(written(Path(), again, "again.yaml")), document(path)
    assert found["parameters"] == whole["parameters"] and found["state"] == whole["state"]
    fresh = re.sub(r", state: {.*}}", "}", again)
    assert document(written(Path(), fresh, "fresh.yaml"))["parameters"] != whole["parameters"]


def test_a_parameter_file_is_no_problem() -> None:
    written(Path(), LINE)
    assert call("train", "-o", "trained.yaml").exit_code == 0
    assert call("train").exit_code == 0  # the only problem here is still found
    result = call("run", "trained.yaml")
    assert result.exit_code == 2 and "error[parameter-file]" in result.output
    assert "1 parameter file skipped" in call("lint", ".").output


def test_the_curve_is_drawn_into_a_file() -> None:
    path = written(Path(), LINE)
    for name in ("curve.svg", "curve.PNG"):
        result = call("train", path, "--plot", name, "--log")
        assert result.exit_code == 0 and f"{name} is written" in result.output
        assert Path(name).stat().st_size > 1000


def test_a_missing_library_is_named_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure, "available", lambda: False)
    result = call("train", written(Path(), LINE), "--plot", "curve.svg", "-o", "t.yaml")
    assert result.exit_code == 2 and "python -m pip install 'nnsolve[plot]'" in result.output
    assert os.listdir() == ["problem.yaml"]


def test_without_losses_there_is_no_picture() -> None:
    result = call("train", str(PROBLEMS / "perceptron-and.yaml"), "--plot", "c.svg")
    assert result.exit_code == 0 and "c.svg is not written" in result.stderr and os.listdir() == []


def test_json_stays_json_where_files_are_written() -> None:
    result = call("train", written(Path(), LINE), "--format", "json", "-o", "t.yaml", "--plot", "c.svg")
    assert json.loads(result.stdout)["updates"] == 100
    assert "t.yaml is written" in result.stderr and "c.svg is written" in result.stderr


# How it ends ----------------------------------------------------------------------------------------------------------


def test_a_divergence_is_reported_with_its_place() -> None:
    path = written(Path(), LINE.replace("learning_rate: 0.1", "learning_rate: 10"))
    result = call("train", path, "-o", "t.yaml", "--epochs", "1000")
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert "error: the training diverged: L is the first value that is not finite, at update" in text
    assert "at problem.yaml:7:" in text and "smaller learning_rate (it is 10)" in text
    assert "t.yaml is not written" in text and not Path("t.yaml").exists()
    found = call("train", path, "--epochs", "1000", "--format", "json")
    assert found.exit_code == 1
    diverged = json.loads(found.stdout, parse_constant=lambda name: pytest.fail(name))
    assert diverged["diverged"]["name"] == "L" and diverged["parameters"] == {} and diverged["predictions"] is None
    assert diverged["diverged"]["update"] == diverged["updates"] < 1000
    assert call("train", path, "--steps", str(diverged["updates"] - 1)).exit_code == 0


def test_a_last_update_that_leads_out_of_the_finite_numbers_is_a_divergence() -> None:
    path = written(Path(), LINE.replace("learning_rate: 0.1", "learning_rate: 10"))
    updates = json.loads(call("train", path, "--epochs", "1000", "--format", "json").stdout)["updates"]
    result = call("train", path, "--steps", str(updates))
    assert result.exit_code == 1 and "diverged" in result.output


ENDLESS = LINE.replace("epochs: 100,", "epochs: 1000000000,")


def interrupted(*args: str) -> tuple[int, str, str]:
    """Start a training with standard error on a terminal, wait for its bar, press Ctrl-C: status, output, terminal."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "nnsolve", "train", *args]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "TERM": "xterm", "COLUMNS": "80"}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=inside, env=environment, text=True, encoding="utf-8"
    )
    os.close(inside)
    shown, end = b"", time.monotonic() + 60
    while b"loss 0.0" not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536)
    running.send_signal(signal.SIGINT)
    try:
        output, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    while select.select([terminal], [], [], 0.2)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        shown += piece
    os.close(terminal)
    return running.returncode, output, shown.decode("utf-8", "replace")


def test_ctrl_c_shows_and_writes_what_was_reached() -> None:
    path = written(Path(), ENDLESS)
    status, output, shown = interrupted(path, "-o", "t.yaml")
    assert status == 130
    assert re.search(r"epoch \d+/1000000000", shown) and "Traceback" not in shown + output
    made = re.search(r"(\d+) of 1000000000 updates.*\(interrupted\)", " ".join(output.split()))
    assert made is not None and int(made[1]) > 0
    assert f"Parameters after {made[1]} updates" in output and "Predictions after" in output
    assert f"t.yaml is written: W, b after {made[1]} updates" in output
    text = LINE.replace("W: [[0.1]], b: [0]", "W: {file: t.yaml, key: W}, b: {file: t.yaml, key: b}")
    reached = document(written(Path(), text, "again.yaml"), "--steps", "0")["parameters"]
    assert np.allclose(reached["W"], 2, atol=0.5)


def test_ctrl_c_is_said_in_json_too() -> None:
    status, output, _ = interrupted(written(Path(), ENDLESS), "--format", "json")
    assert status == 130
    found = json.loads(output)
    assert found["interrupted"] and found["updates"] > 0
