"""`nnsolve grad` through time: the sum over the steps, one step alone, and their check by differences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnsolve.core.names import Name
from nnsolve.engine import differentiate
from nnsolve.engine.gradients import layer_gradients
from nnsolve.problem.loader import load_problem
from nnsolve.report.style import Style
from tests.cli.calling import SCALAR, call, written
from tests.report.solved import chain_rule

ELMAN = (Path(__file__).parent.parent / "report" / "problems" / "elman.yaml").read_text(encoding="utf-8")
LSTM = """
conventions: {weights: rows, samples: columns}
layers:
  - lstm:
      gates: [i, f, o, g]
      W_x: {random: uniform, low: -1, high: 1, shape: [8, 1], seed: 1}
      W_h: {random: uniform, low: -1, high: 1, shape: [8, 2], seed: 2}
      b: {random: uniform, low: -1, high: 1, shape: [8], seed: 3}
      return: last
  - dense: {W: [[1.5, -1]], b: [0.1]}
inputs: {x: [[1], [2], [-1]]}
targets: {y: [0.3]}
loss: half_squared_error
ask: [L]
"""


@pytest.fixture
def elman(tmp_path: Path) -> str:
    return written(tmp_path, ELMAN)


def gradients(path: str, *args: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(call("grad", path, *args, "--format", "json").output)["gradients"]
    return found


def test_a_shared_weight_is_summed_over_time(elman: str) -> None:
    output = call("grad", elman, "--of", "W", "--width", "100").output
    assert "Every time step uses W, so its gradient is the sum of what each step adds:" in output
    assert "∂L/∂W = Σₜ ∂L/∂zₜ · ∂zₜ/∂W" in output
    assert "carried back from step 3: z₃ = W h₂ + U x₃ + b" in output  # the recursion
    order = ["∂L/∂h₂ =", "∂L/∂h₁ =", "∂L/∂W|ₜ₌₃ =", "∂L/∂W|ₜ₌₂ =", "∂L/∂W|ₜ₌₁ =", "= ∂L/∂W|ₜ₌₁ + ∂L/∂W|ₜ₌₂ + ∂L/∂W|ₜ₌₃"]
    places = [output.index(text) for text in order]
    assert places == sorted(places)


def test_ascii_has_the_sum_in_words(elman: str) -> None:
    found = layer_gradients(load_problem(elman), None, "W")
    text = chain_rule(found.section, found.names, Style(80, unicode=False))
    assert text.isascii()
    assert "dL/dW = sum over t of dL/dz_t * dz_t/dW" in text


def test_the_shares_add_up(elman: str) -> None:
    total = gradients(elman, "--of", "b")["dL/db"]
    shares = [gradients(elman, "--of", f"b_{t}")[f"dL/db_{t}"] for t in (1, 2, 3)]
    assert total == pytest.approx([sum(values) for values in zip(*shares, strict=True)])
    assert shares[0] != shares[1]


def test_one_step_of_all_parameters(elman: str) -> None:
    assert list(gradients(elman, "--time", "2")) == ["dL/dW_2", "dL/dU_2", "dL/db_2", "dL/dV_2"]
    assert list(gradients(elman, "--time", "2", "--of", "W")) == ["dL/dW_2"]
    assert list(gradients(elman, "--of", "h")) == ["dL/dh_1", "dL/dh_2", "dL/dh_3"]
    assert list(gradients(elman, "--of", "h", "--time", "1")) == ["dL/dh_1"]


def test_a_step_alone_shows_what_is_carried_to_it_and_no_further_steps(elman: str) -> None:
    output = call("grad", elman, "--time", "1", "--width", "100").output
    assert "Carried back from step 2 ─" in output
    assert output.index("∂L/∂z₂ = ⎡ 0.4299⎤") < output.index("∂L/∂h₁ =")
    assert "∂L/∂h₂ =" not in output and "∂L/∂z₃" not in output
    assert "∂L/∂W|ₜ₌₁ = ∂L/∂h₁ · ∂h₁/∂z₁ · ∂z₁/∂W" in output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--time", "4"], "there is no time step 4: they are 1 to 3"),
        (["--time", "0"], "there is no time step 0: they are 1 to 3"),
        (["--time", "two"], "not a valid integer"),
        (["--of", "W_9"], "W has no use of its own at step 9"),
        (["--of", "h_9"], "h_9 is not defined"),
        (["--of", "h_2", "--time", "3"], "h_2 is not used at time step 3"),
    ],
)
def test_a_step_that_is_not_there_is_2(elman: str, args: list[str], message: str) -> None:
    result = call("grad", elman, *args)
    assert result.exit_code == 2
    assert message in result.output


def test_without_time_there_are_no_steps(tmp_path: Path) -> None:
    result = call("grad", SCALAR, "--time", "1")
    assert result.exit_code == 2 and "the problem has no time steps" in result.output
    result = call("grad", written(tmp_path, LSTM), "--layer", "2", "--time", "1")
    assert result.exit_code == 2 and "are not used at time step 1" in result.output


@pytest.mark.parametrize("args", [[], ["--time", "1"], ["--time", "3"], ["--of", "h"], ["--of", "x"]])
@pytest.mark.parametrize("problem", [ELMAN, LSTM])
def test_verify_compares_sums_and_shares(tmp_path: Path, problem: str, args: list[str]) -> None:
    result = call("grad", written(tmp_path, problem), *args, "--verify", "--detail", "brief")
    assert result.exit_code == 0, result.output
    assert "agrees" in result.output and "not compared" not in result.output


def test_verify_finds_a_share_of_another_step(elman: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = differentiate.Differentiator.links

    def wrong(self: differentiate.Differentiator, root: Name, v: Name) -> object:
        if v.time == 2 and str(v) == "U_2":
            v = v._replace(time=3)
        return right(self, root, v)

    monkeypatch.setattr(differentiate.Differentiator, "links", wrong)
    result = call("grad", elman, "--of", "U_2", "--verify")
    assert result.exit_code == 1 and "DEVIATES" in result.output


def test_a_truncated_gradient_is_not_compared_with_the_loss(tmp_path: Path) -> None:
    cut = written(tmp_path, ELMAN.replace("steps: 1", "steps: 1, truncate: 2"))
    result = call("grad", cut, "--verify")
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert "∂L/∂U – not compared: truncate: 2 leaves out what reaches further back" in text
    assert "∂L/∂V ✓ agrees" in text  # nothing of it is cut off
    checks = json.loads(call("grad", cut, "--verify", "--format", "json").output)["verification"]
    assert checks["dL/dU"]["passed"] is None and "on purpose" in checks["dL/dU"]["reason"]
    whole = written(tmp_path, ELMAN.replace("steps: 1", "steps: 1, truncate: 3"))
    assert "not compared" not in call("grad", whole, "--verify").output


def test_long_sequences_have_no_long_chains(tmp_path: Path) -> None:
    text = "parameters: {w: 0.9}\ninputs: {x: XS}\nequations: [h_t = w * h_{t-1} + x_t, L = h_T^2]\nloss: L\nask: [L]\n"
    lengths = []
    for count in (200, 400):
        output = call("grad", written(tmp_path, text.replace("XS", str([1] * count))), "--of", "w").output
        lengths.append(len(output))
        assert "factor" not in output and "Traceback" not in output
    assert lengths[1] < 2.2 * lengths[0]
