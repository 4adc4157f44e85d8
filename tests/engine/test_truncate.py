"""Truncated backpropagation: each step's loss held constant before it, by central differences of NumPy loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from tests.engine.solving import assert_close, solved

T, N = 4, 2
W = np.array([[0.4, -0.3], [0.2, 0.6]])
U = np.array([[0.5], [-0.6]])
V = np.array([[1.0, -0.5]])
X = [1.0, -0.5, 2.0, 0.3]
Y = [0.5, 0.1, -0.2, 0.4]
EQUATIONS = ["z_t = W @ h_{t-1} + U * x_t", "h_t = tanh(z_t)", "y_hat_t = V @ h_t", "e_t = 1/2 * (y_hat_t - y_t)^2"]


def step(w: np.ndarray, h: np.ndarray, t: int) -> np.ndarray:
    found: np.ndarray = np.tanh(w @ h + U * X[t])
    return found


def step_loss(h: np.ndarray, t: int) -> float:
    return float(0.5 * ((V @ h).item() - Y[t]) ** 2)


def states() -> list[np.ndarray]:
    found = [np.zeros((N, 1))]
    for t in range(T):
        found.append(step(W, found[-1], t))
    return found


def difference(function: Any) -> np.ndarray:
    """The derivative of a function of W, by central differences."""
    result = np.zeros_like(W)
    for i in np.ndindex(*W.shape):
        up, down = W.copy(), W.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        result[i] = (function(up) - function(down)) / 2e-6
    return result


def truncated(k: int, loss: Any, ends: range) -> np.ndarray:
    """The sum over steps t of d loss_t / dW, where the state k steps before is a constant."""
    fixed = states()

    def run(w: np.ndarray, end: int) -> np.ndarray:
        h = fixed[max(end - k + 1, 0)]
        for t in range(max(end - k + 1, 0), end + 1):
            h = step(w, h, t)
        return h

    return sum((difference(lambda w, end=end: loss(run(w, end), end)) for end in ends), np.zeros_like(W))


def solve(tmp_path: Path, k: int | None, equations: list[str], loss: str = "L", **more: Any) -> Any:
    training: dict[str, Any] = {"learning_rate": 0.1, "steps": 1}
    return solved(
        tmp_path,
        conventions={"samples": "columns", "weights": "rows", "count_from": 1},
        parameters={"W": W.tolist(), "U": U.tolist(), "V": V.tolist()},
        inputs={"x": X},
        targets={"y": Y},
        equations=[*EQUATIONS, *equations],
        loss=loss,
        training=training if k is None else {**training, "truncate": k},
        ask=["dL/dW", "W@1", "dL/dh_1", "dL/dh_4"],
        **more,
    )


@pytest.mark.parametrize("k", [1, 2, 3, 4, 9])
@pytest.mark.parametrize(("total", "factor"), [("L = sum(e)", 1.0), ("L = mean(e)", 1 / T)])
def test_each_steps_loss_reaches_k_steps_back(k: int, total: str, factor: float, tmp_path: Path) -> None:
    found = solve(tmp_path, k, [total])
    expected = factor * truncated(k, step_loss, range(T))
    np.testing.assert_allclose(found["dL/dW"], expected, rtol=1e-7, atol=1e-9)
    assert_close(found["W@1"], W - 0.1 * found["dL/dW"])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_other_lengths_give_other_gradients(k: int, tmp_path: Path) -> None:
    shorter, longer = solve(tmp_path, k, ["L = sum(e)"]), solve(tmp_path, k + 1, ["L = sum(e)"])
    assert np.abs(shorter["dL/dU"] - longer["dL/dU"]).max() > 1e-4


@pytest.mark.parametrize("k", [4, 5])
def test_all_steps_are_the_whole_gradient(k: int, tmp_path: Path) -> None:
    whole = solve(tmp_path, None, ["L = sum(e)"])
    found = solve(tmp_path, k, ["L = sum(e)"])
    for address in ("dL/dW", "dL/dh_1", "dL/dh_4", "dL/dW_2"):
        assert_close(found[address], whole[address])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_loss_of_the_last_step_reaches_k_steps_back(k: int, tmp_path: Path) -> None:
    found = solve(tmp_path, k, ["L = sum(e_4)"])
    expected = truncated(k, step_loss, range(T - 1, T))
    np.testing.assert_allclose(found["dL/dW"], expected, rtol=1e-7, atol=1e-9)
    assert not np.any(found["dL/dh_1"])
    assert np.all(found["dL/dh_4"])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_pooled_state_reaches_k_steps_back_from_each_step(k: int, tmp_path: Path) -> None:
    """The loss is not a sum over steps: what enters at a step is its state's share, with the pooled value held."""
    found = solve(tmp_path, k, ["m = mean(h, axis=time)", "L = sum((m - 0.1)^2)"])
    pooled = np.mean(states()[1:], axis=0)
    carried = 2 * (pooled - 0.1) / T
    expected = truncated(k, lambda h, t: float(np.sum(carried * h)), range(T))
    np.testing.assert_allclose(found["dL/dW"], expected, rtol=1e-7, atol=1e-9)


def test_what_entered_at_a_step_has_an_address(tmp_path: Path) -> None:
    summed = solve(tmp_path, 2, ["L = sum(e)"])
    assert_close(summed["dL/dh_2"], summed["de_2/dh_2"] + summed["de_3/dh_2"])
    pooled = solve(tmp_path, 2, ["m = mean(h, axis=time)", "L = sum((m - 0.1)^2)"])
    assert_close(pooled["dL/dh_2"], pooled["dL_2/dh_2"] + pooled["dL_3/dh_2"])


@pytest.mark.parametrize("over_time", ["mean", "last"])
@pytest.mark.parametrize("k", [1, 2, 3, T])
def test_a_prediction_that_a_shortcut_bypasses_gets_its_own_steps_gradient(
    k: int, over_time: str, tmp_path: Path
) -> None:
    """Cross-entropy of a softmax is computed from the logits: the loss does not use the prediction by name."""
    found = solved(
        tmp_path,
        conventions={"samples": "columns", "weights": "rows", "count_from": 0},
        layers=[
            {"rnn": {"W_hh": W.tolist(), "W_xh": U.tolist(), "activation": "tanh"}},
            {"dense": {"W": [[1.0, -0.5], [0.3, 0.2], [0.0, 1.0]], "activation": "softmax"}},
        ],
        inputs={"x": [[x] for x in X]},
        targets={"y": {"class": [0, 2, 1, 1] if over_time == "mean" else 1}},
        loss={"name": "cross_entropy", "over_time": over_time},
        training={"learning_rate": 0.1, "steps": 1, "truncate": k},
        ask=["dL/dy_hat_4", "dL/dW_hh"],
    )
    expected = np.zeros(3)
    expected[1] = -1 / np.ravel(found["y_hat_4"])[1] / (T if over_time == "mean" else 1)
    np.testing.assert_allclose(np.ravel(found["dL/dy_hat_4"]), expected, rtol=1e-12)


def test_a_long_reach_takes_no_longer_than_the_sequence(tmp_path: Path) -> None:
    whole = solve(tmp_path, None, ["L = sum(e)"])
    found = solve(tmp_path, 10**9, ["L = sum(e)"])
    assert_close(found["dL/dW"], whole["dL/dW"])


def test_truncation_without_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="truncate"):
        solved(
            tmp_path,
            parameters={"w": 1},
            equations=["L = w^2"],
            loss="L",
            training={"learning_rate": 0.1, "truncate": 1},
            ask=["w@1"],
        )
