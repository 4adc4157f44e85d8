"""Sequences and equations for any step t, against NumPy loops written out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.spelling import spell
from nnsolve.engine.gradients import layer_gradients
from nnsolve.problem.loader import load_problem
from tests.engine.solving import assert_close, codes, failure, formulas, solved

W = np.array([[0.4, -0.3], [0.2, 0.6]])
U = np.array([[0.5, 0.1, -1.0], [-0.6, 0.7, 0.2]])
B = np.array([0.1, -0.2])
V = np.array([[1.0, -0.5], [0.3, 0.8]])
X = np.array([[1.0, -0.5, 2.0], [0.3, 0.0, -1.0], [0.5, 1.5, 0.2]])
Y = np.array([[0.5, 0.1], [-0.2, 0.4], [0.0, 1.0]])
EQUATIONS = ["z_t = W @ h_{t-1} + U @ x_t + b", "h_t = tanh(z_t)", "y_hat_t = V @ h_t"]
ELMAN: dict[str, Any] = {
    "conventions": {"samples": "columns", "weights": "rows", "count_from": 1},
    "parameters": {"W": W, "U": U, "b": B, "V": V},
    "inputs": {"x": X},
    "targets": {"y": Y},
    "equations": EQUATIONS,
}


def elman(h: np.ndarray, x: np.ndarray = X, y: np.ndarray = Y) -> dict[str, Any]:
    """Forward and backward through time, a column a sample; the loss is the half squared error of all steps."""
    T = len(x)
    hs, outputs = [h], []
    for t in range(T):
        hs.append(np.tanh(W @ hs[-1] + U @ x[t] + B[:, None]))
        outputs.append(V @ hs[-1])
    grads: dict[str, Any] = {"W": np.zeros_like(W), "U": np.zeros_like(U), "b": 0.0, "V": np.zeros_like(V)}
    shares: list[Any] = [None] * T
    carried = np.zeros_like(hs[0])
    deltas: list[Any] = []
    dhs: list[Any] = []
    for t in reversed(range(T)):
        error = outputs[t] - y[t]
        dh = V.T @ error + carried
        dz = dh * (1 - hs[t + 1] ** 2)
        shares[t] = dz @ hs[t].T
        grads["W"] += shares[t]
        grads["U"] += dz @ x[t].T
        grads["b"] += dz.sum(axis=1)
        grads["V"] += error @ hs[t + 1].T
        carried = W.T @ dz
        deltas.insert(0, dz)
        dhs.insert(0, dh)
    loss = 0.5 * sum(float(np.sum((o - q) ** 2)) for o, q in zip(outputs, y, strict=True))
    return {"h": hs, "y_hat": outputs, "L": loss, "grads": grads, "dz": deltas, "dh": dhs, "shares": shares}


def columns(rows: np.ndarray) -> np.ndarray:
    """A step's vector as a column."""
    return np.asarray([row[:, None] for row in rows])


def test_templates_are_the_loop_written_out(tmp_path: Path) -> None:
    found = solved(tmp_path, **ELMAN, loss={"name": "half_squared_error", "over_time": "sum"}, ask=["L"])
    reference = elman(np.zeros((2, 1)), columns(X), columns(Y))
    assert_close(found["L"], reference["L"])
    for t in (1, 2, 3):
        assert_close(found[f"h_{t}"], reference["h"][t].ravel())
        assert_close(found[f"dL/dz_{t}"], reference["dz"][t - 1].ravel())
        assert_close(found[f"dL/dh_{t}"], reference["dh"][t - 1].ravel())
        assert_close(found[f"dL/dW_{t}"], reference["shares"][t - 1])
    for name, gradient in reference["grads"].items():
        assert_close(found[f"dL/d{name}"], gradient)
    assert_close(found["h"], np.array([h.ravel() for h in reference["h"][1:]]))
    assert_close(found["h_T"], found["h_3"])
    assert_close(found["dL/dh"], np.array([dh.ravel() for dh in reference["dh"]]))


def test_each_step_is_an_equation_and_the_shares_are_summed(tmp_path: Path) -> None:
    found = solved(tmp_path, **ELMAN, loss={"name": "half_squared_error", "over_time": "sum"}, ask=["dL/dW", "dW_2"])
    lines = formulas(found)
    assert lines["z_2"] == "W @ h_1 + U @ x_2 + b"
    assert lines["L"] == "L_1 + L_2 + L_3"
    assert lines["dL/dW"] == "dL/dW_1 + dL/dW_2 + dL/dW_3"
    assert lines["dL/dW_2"] == "dL/dz_2 @ h_1.T"
    assert lines["dL/dh_2"] == "V.T @ dL/dy_hat_2 + W.T @ dL/dz_3"
    assert_close(found["dW_2"], found["dL/dW_2"])
    order = [str(step.name) for step in found.trace if step.phase == "forward"]
    assert order.index("L_1") < order.index("z_2") < order.index("L_3") < order.index("L")


@pytest.mark.parametrize("samples", ["columns", "rows"])
def test_several_sequences_are_a_batch_at_every_step(samples: str, tmp_path: Path) -> None:
    xs = np.random.default_rng(1).normal(size=(4, 3, 3))  # sequence, step, feature
    ys = np.random.default_rng(2).normal(size=(4, 3, 2))
    rows = samples == "rows"
    equations = EQUATIONS
    if rows:
        equations = ["z_t = h_{t-1} @ W.T + x_t @ U.T + b", "h_t = tanh(z_t)", "y_hat_t = h_t @ V.T"]
    found = solved(
        tmp_path,
        conventions={"samples": samples, "weights": "rows"},
        parameters=ELMAN["parameters"],
        inputs={"x": {"sequences": xs}},
        targets={"y": {"sequences": ys}},
        equations=equations,
        loss={"name": "half_squared_error", "over_time": "sum", "reduction": "sum"},
        ask=["dL/dW", "h_2"],
    )
    reference = elman(np.zeros((2, 4)), xs.transpose(1, 2, 0), ys.transpose(1, 2, 0))
    assert_close(found["L"], reference["L"])
    assert_close(found["h_2"], reference["h"][2].T if rows else reference["h"][2])
    for name, gradient in reference["grads"].items():
        assert_close(found[f"dL/d{name}"], gradient)


def test_sequences_of_numbers(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        parameters={"w": 0.5, "u": 2},
        inputs={"x": [1, -1, 3]},
        equations=["h_t = w * h_{t-1} + u * x_t", "L = sum(h)"],
        loss="L",
        initial={"h_0": 4},
        ask=["h", "L", "dL/dw", "dL/dh_0", "dL/dx"],
    )
    assert_close(found["h"], [4.0, 0.0, 6.0])
    assert_close(found["L"], 10.0)
    assert_close(found["dL/dh_0"], 0.5 + 0.25 + 0.125)
    assert_close(found["dL/dw"], 4 * 1.75 + 4 * 1.5 + 0 * 1)
    assert_close(found["dL/dx"], [2 * 1.75, 2 * 1.5, 2.0])


@pytest.mark.parametrize(
    ("over_time", "targets", "loss"),
    [
        ("sum", Y, lambda e: float(np.sum(e**2))),
        ("mean", Y, lambda e: float(np.sum(e**2)) / 3),
        ("last", Y[2], lambda e: float(np.sum(e[2] ** 2))),
    ],
)
def test_losses_over_time(over_time: str, targets: Any, loss: Any, tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        **{**ELMAN, "targets": {"y": targets}},
        loss={"name": "squared_error", "over_time": over_time},
        ask=["L"],
    )
    outputs = np.array([o.ravel() for o in elman(np.zeros((2, 1)), columns(X), columns(Y))["y_hat"]])
    assert_close(found["L"], loss(outputs - Y))


@pytest.mark.parametrize(("over_time", "target"), [("last", [0.5]), ("sum", [[0.5], [0.1], [1]])])
def test_a_list_of_one_number_is_that_number_beside_a_number(over_time: str, target: Any, tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        parameters={"w": 0.5},
        inputs={"x": [1, 2, 3]},
        targets={"y": target},
        equations=["y_hat_t = w * x_t"],
        loss={"name": "half_squared_error", "over_time": over_time},
        ask=["L", "dL/dy_hat_3"],
    )
    assert found["dL/dy_hat_3"] == pytest.approx(1.5 - np.ravel(target)[-1])
    gradient = formulas(found)["dL/dy_hat_3"]
    assert gradient == ("y_hat_3 - y" if over_time == "last" else "dL/dL_3 * (y_hat_3 - y_3)")


def test_a_step_ahead_runs_backwards_through_time(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        inputs={"x": [1, 2, 3]},
        equations=["g_t = 0.5 * g_{t+1} + x_t", "d_t = x_t * x_{3}"],
        ask=["g_1", "d_2"],
    )
    assert_close(found["g_1"], 1 + 0.5 * (2 + 0.5 * 3))
    assert_close(found["d_2"], 6.0)


def test_a_sequence_in_untimed_equations(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        inputs={"x": [[1, 2], [3, 4], [5, 7]]},
        equations=["s_t = 2 * x_t", "m = mean(s, axis=time)", "a = mean(s)", "t1 = sum(x)", "n = norm(x)"],
        ask=["m", "a", "t1", "n"],
    )
    assert_close(found["m"], [6.0, 26 / 3])
    assert_close(found["a"], 44 / 6)
    assert_close(found["t1"], 22.0)
    assert_close(found["n"], np.sqrt(1 + 4 + 9 + 16 + 25 + 49))


def test_classes_at_every_step(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        **{
            **ELMAN,
            "targets": {"y": {"class": [2, 1, 2]}},
            "equations": [*EQUATIONS[:2], "o_t = V @ h_t", "y_hat_t = softmax(o_t)"],
        },
        loss={"name": "cross_entropy", "over_time": "sum"},
        ask=["L", "dL/do_1", "dL/dW"],
    )
    outputs = elman(np.zeros((2, 1)), columns(X), columns(Y))["y_hat"]
    p = [np.exp(o.ravel()) / np.exp(o).sum() for o in outputs]
    assert_close(found["L"], -np.log(p[0][1]) - np.log(p[1][0]) - np.log(p[2][1]))
    assert_close(found["dL/do_1"], p[0] - [0, 1])


def test_classes_of_several_sequences(tmp_path: Path) -> None:
    xs = np.random.default_rng(1).normal(size=(2, 3, 3))
    sections: dict[str, Any] = {
        **ELMAN,
        "inputs": {"x": {"sequences": xs}},
        "equations": [*EQUATIONS[:2], "o_t = V @ h_t", "y_hat_t = softmax(o_t)"],
        "loss": {"name": "cross_entropy", "over_time": "sum", "reduction": "sum"},
        "ask": ["L"],
    }
    labels = [[2, 1, 2], [1, 1, 2]]
    by_class = solved(tmp_path, **{**sections, "targets": {"y": {"class": labels}}})
    one_hot = np.eye(2)[np.array(labels) - 1]
    by_vector = solved(tmp_path, **{**sections, "targets": {"y": {"sequences": one_hot}}})
    assert_close(by_class["L"], by_vector["L"])
    assert_close(by_class["y_1"], [[0.0, 1.0], [1.0, 0.0]])
    said = solved(tmp_path, **{**sections, "targets": {"y": {"class": {"sequences": labels}}}})
    assert_close(said["y"], by_class["y"])


@pytest.mark.parametrize("several", [False, True])
def test_of_classes_for_every_step_the_last_alone_is_compared(several: bool, tmp_path: Path) -> None:
    """As of vectors; the steps that are not compared have the same classes, and are shown all the same."""
    xs = np.random.default_rng(1).normal(size=(2, 3, 3))
    labels = [[2, 1, 2], [1, 1, 1]]
    sections: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "rows", "count_from": 1},
        "layers": [
            {"rnn": {"W_xh": [[1, 0, 2], [0, 1, 1]], "W_hh": [[0.5, 0], [0, 0.5]], "activation": "tanh"}},
            {"dense": {"W": [[1, 2], [3, -1]], "activation": "softmax"}},
        ],
        "inputs": {"x": {"sequences": xs} if several else xs[0]},
        "targets": {"y": {"class": labels if several else labels[0]}},
        "loss": {"name": "cross_entropy", "over_time": "last", **({"reduction": "sum"} if several else {})},
        "ask": ["y"],
    }
    every = solved(tmp_path, **sections)
    last = {"class": [2, 1]} if several else {"class": 2}
    alone = solved(tmp_path, **{**sections, "targets": {"y": last}, "ask": ["L"]})
    assert_close(every["L"], alone["L"])
    assert_close(every["y_2"], [[1.0, 0.0], [1.0, 0.0]] if several else [1.0, 0.0])
    wrong = {**sections, "targets": {"y": {"class": [[2, 9, 2], [1, 1, 1]] if several else [2, 1]}}}
    with pytest.raises(ProblemError):
        solved(tmp_path, **wrong)


def test_the_share_of_a_single_step(tmp_path: Path) -> None:
    """Where one step is all that there is, its share is the whole gradient; a step that the loss passes by adds 0."""
    one = solved(tmp_path, **{**ELMAN, "inputs": {"x": [[1, -1, 2]]}}, loss="sum(h_1^2)")
    assert_close(one["dL/dU_1"], one["dL/dU"])
    assert abs(one["dL/dU"]).max() > 0
    some = solved(tmp_path, **ELMAN, loss="sum(y_hat_2^2)")
    assert_close(some["dL/dV_2"], some["dL/dV"])
    assert_close(some["dL/dV_1"], 0 * some["dL/dV"])
    with pytest.raises(KeyError, match="no use of its own at step 9"):
        some["dL/dV_9"]


def test_mini_batches_of_sequences_of_classes(tmp_path: Path) -> None:
    """A batch has the labels of its sequences; classes and the same targets one-hot train alike."""
    labels = [[2, 1, 2], [1, 1, 2], [1, 2, 2]]
    sections: dict[str, Any] = {
        **ELMAN,
        "inputs": {"x": {"sequences": np.random.default_rng(1).normal(size=(3, 3, 3))}},
        "equations": [*EQUATIONS[:2], "o_t = V @ h_t", "y_hat_t = softmax(o_t)"],
        "loss": {"name": "cross_entropy", "over_time": "sum", "reduction": "sum"},
        "training": {"learning_rate": 0.1, "epochs": 2, "batch_size": 2},
        "ask": ["L@e1", "W@2", "W@end"],
    }
    by_class = solved(tmp_path, **{**sections, "targets": {"y": {"class": labels}}})
    one_hot = solved(tmp_path, **{**sections, "targets": {"y": {"sequences": np.eye(2)[np.array(labels) - 1]}}})
    for address in sections["ask"]:
        assert_close(by_class[address], one_hot[address])
    assert np.abs(by_class["W@end"] - by_class["W@2"]).max() > 1e-3


@pytest.mark.parametrize("loss", [{"name": "half_squared_error", "over_time": "mean"}, "sum(h)"])
def test_gradients_through_time_agree_with_central_differences(loss: Any, tmp_path: Path) -> None:
    solved(tmp_path, **ELMAN, initial={"h_0": [0.3, -0.2]}, loss=loss, ask=["h_3"])
    checked = layer_gradients(load_problem(tmp_path / "problem.yaml"), None, None, verify=True)
    assert {str(check.name) for check in checked.verifications} >= {"W", "U", "b"}
    for check in checked.verifications:
        assert check.skipped is None or str(check.name) == "V"
        assert check.passed


def test_a_name_that_ends_in_t_is_a_name_where_there_is_no_time(tmp_path: Path) -> None:
    found = solved(tmp_path, inputs={"x_t": 2, "w_1": 5}, equations=["h_t = 3 * x_t + w_1"], ask=["h_t"])
    assert_close(found["h_t"], 11.0)


def test_updates_of_shared_weights(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        **ELMAN,
        loss={"name": "half_squared_error", "over_time": "sum"},
        training={"learning_rate": 0.1, "steps": 3},
        ask=["W@1", "h_2@1", "dL/dW_2@1", "h@2", "L@0..3"],
    )
    assert_close(found["W@1"], W - 0.1 * found["dL/dW"])
    assert found["h@2"].shape == (3, 2)
    assert found["L@3"] < found["L@0"]
    assert "z_1@1" in {str(step.name) for step in found.trace}
    assert spell(next(s.equation.expr for s in found.trace if str(s.name) == "z_2@1" and s.equation)) == (
        "W@1 @ h_1@1 + U@1 @ x_2 + b@1"
    )


def test_each_sequence_keeps_its_own_initial_state_in_a_batch(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    xs, ys, h0 = rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    w_xh, w_hh, v = rng.normal(size=(2, 1)), rng.normal(size=(2, 2)), np.array([[1.0, -1.0]])
    found = solved(
        tmp_path,
        conventions={"weights": "rows", "samples": "columns"},
        layers=[{"rnn": {"W_xh": w_xh, "W_hh": w_hh, "activation": "tanh"}}, {"dense": {"W": v}}],
        inputs={"x": {"sequences": xs}},
        targets={"y": {"sequences": ys}},
        initial={"h_0": h0},
        loss={"name": "half_squared_error", "reduction": "sum", "over_time": "sum"},
        training={"learning_rate": 0.1, "epochs": 2, "batch_size": 1},
        ask=["h_1@1", "W_hh@end"],
    )
    for update in range(8):
        i = update % 4
        hs = [h0[:, [i]]]
        for t in range(3):
            hs.append(np.tanh(w_hh @ hs[-1] + w_xh * xs[i, t]))
        if update == 1:
            assert_close(found["h_1@1"], hs[1].ravel())
        changes = [np.zeros_like(p) for p in (w_xh, w_hh, v)]
        carried: Any = 0.0
        for t in (2, 1, 0):
            error = v @ hs[t + 1] - ys[i, t]
            dz = (v.T @ error + carried) * (1 - hs[t + 1] ** 2)
            changes = [c + d for c, d in zip(changes, (dz * xs[i, t], dz @ hs[t].T, error @ hs[t + 1].T), strict=True)]
            carried = w_hh.T @ dz
        w_xh, w_hh, v = (p - 0.1 * c for p, c in zip((w_xh, w_hh, v), changes, strict=True))
    assert_close(found["W_hh@end"], w_hh)


TEXT = """
conventions: {samples: columns, weights: rows}
parameters: {w: 0.5}
inputs: {x: [1, 2, 3]}
targets: {y: [1, 2, 3]}
"""


@pytest.mark.parametrize(
    ("rest", "code", "line", "help"),
    [
        ("equations: ['h_t = w * x_t', 'L = sum(h_t)']", "unbound-step", 6, "sum(h)"),
        ("equations: ['h_t = w * x_t', 'y_hat_t = h_t']\nloss: squared_error", "missing-over-time", 7, "over_time"),
        ("equations: ['h_t = w * x_t']\nloss: {name: squared_error, over_time: sum}", "missing-prediction", 7, "y_hat"),
        ("equations: ['h_t = w * x_t']\nloss: squared_error", "missing-prediction", 7, "squared_error(h_T, y)"),
        ("equations: ['h_t = w * x_{t-1}']", "unknown-name", 6, "initial: {x_0: ...}"),
        ("equations: ['h_t = w * x_{t-9}']", "unknown-name", 6, "than one step before"),
        ("equations: ['h_t = w_t * x_t']", "unknown-name", 6, "without time steps"),
        ("equations: ['h_t = w * x_t']\ninitial: {h_0: 1}", "unknown-key", 7, "leave it out"),
        ("equations: ['h_t = w * h_{t-1} + x_t']\ninitial: {h_4: 1}", "unknown-key", 7, "h_0"),
        ("equations: ['h_t = w * x_t']\nask: [dh/dw]", "unknown-name", 7, "dh_3/dw"),
        ("equations: ['h_t = w * h_{t-1} + x_t']\ninitial: {c_0: 1}", "unknown-key", 7, "h_0"),
        ("equations: ['h_t = w * x_t', 'h_2 = 5']", "duplicate-name", 6, None),
        ("equations: ['h_t = w * x_t + h_t']", "cyclic-equations", 6, None),
        ("equations: ['h_t = w * x_t']\nloss: h", "loss-not-scalar", 7, "sum(h)"),
        ("equations: ['h_t = w * x_t']\nask: [h_4]", "unknown-name", 7, "h_1 to h_3"),
        ("equations: ['h_t = w * x_t', 'L = sum(h)']\nloss: L\nask: [dL/dw_7]", "unknown-name", 8, None),
    ],
)
def test_what_is_wrong_with_time_is_said(rest: str, code: str, line: int, help: str | None, tmp_path: Path) -> None:
    error = failure(tmp_path, TEXT.strip() + "\n" + rest.replace("loss:", "loss:") + "\n")
    assert code in codes(error)
    found = next(d for d in error.diagnostics if d.code == code)
    assert found.place is not None
    assert abs(found.place.line - line) <= 1
    assert help is None or help in str(found.help)


def test_what_is_wrong_at_every_step_is_said_once(tmp_path: Path) -> None:
    error = failure(tmp_path, TEXT + "equations: ['h_t = w_t * x_t', 'k_t = v * x_t']\n")
    assert [found.message.split()[0] for found in error.diagnostics] == ["w_1", "v"]


def test_an_equation_for_every_step_of_nothing(tmp_path: Path) -> None:
    error = failure(tmp_path, "parameters: {w: 0.5}\ninputs: {x: 3}\nequations: ['h_t = w * h_{t-1} + x_t']\n")
    assert codes(error) == ["unbound-step"]
    assert "no input is a sequence" in str(error)
    assert "inputs: {x: [1, 0, 1]}" in str(error.diagnostics[0].help)


def test_an_update_cannot_wait_for_itself(tmp_path: Path) -> None:
    """The error of a step comes through W, whose new value is made of it: layer by layer means nothing there."""
    sections: dict[str, Any] = {**ELMAN, "loss": "sum(h_3)", "ask": ["W@1"]}
    training = {"learning_rate": 0.1, "steps": 1, "order": "layer_by_layer"}
    with pytest.raises(ProblemError, match="layer_by_layer carries the error through the new W") as caught:
        solved(tmp_path, **sections, training=training)
    assert caught.value.diagnostics[0].place is not None
    solved(tmp_path, **sections, training={**training, "update": ["U"]})


def test_layers_have_a_most_of_equations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnsolve.engine.layers.MAX_EQUATIONS", 7)
    layer = {"rnn": {"W_xh": 1, "W_hh": 1, "activation": "tanh"}}
    conventions = {"weights": "rows", "samples": "columns"}
    solved(tmp_path, conventions=conventions, layers=[layer], inputs={"x": [1, 2, 3]}, ask=["h_3"])
    with pytest.raises(ProblemError, match="more than 7 equations"):
        solved(tmp_path, conventions=conventions, layers=[layer, layer], inputs={"x": [1, 2, 3]}, ask=["h2_3"])


def test_sequences_of_different_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="u has 2 time steps, but x has 3"):
        solved(tmp_path, inputs={"x": [1, 2, 3], "u": [1, 2]}, equations=["h_t = x_t + u_t"], ask=["h"])


def test_a_state_whose_shape_does_not_follow_has_to_be_given(tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        "conventions": {"samples": "columns"},
        "parameters": {"A": [[1, 0], [0, 1]]},
        "inputs": {"x": [1, 2]},
        "equations": ["s_t = 0.5 * s_{t-1} + 0 * x_t", "o_t = A @ s_t"],
        "ask": ["s_2"],
    }
    with pytest.raises(ProblemError):
        solved(tmp_path, **sections)
    assert_close(solved(tmp_path, **sections, initial={"s_0": [4, 8]})["s_2"], [1.0, 2.0])


def test_symbols_name_weights_of_gates_too(tmp_path: Path) -> None:
    """`W_hh: w` renames this weight, `W: V` all of that stem; the usual names and a layer's number go on working."""
    symbols = {"W_hh": "w", "W_xh": "u_x", "z": "s"}
    rnn = {"W_hh": 0.5, "W_xh": 2, "activation": "tanh"}
    problem = {
        "conventions": {"samples": "columns", "weights": "rows", "symbols": symbols},
        "layers": [{"rnn": rnn}],
        "inputs": {"x": [1, 0, -1]},
        "targets": {"y": 0.5},
        "loss": {"name": "half_squared_error", "over_time": "last"},
    }
    one = solved(tmp_path, **problem)
    assert formulas(one)["s_2"] == "w * h_1 + u_x * x_2"
    for text, other in (("w", "W_hh"), ("dL/du_x", "dL/dW_xh"), ("dL/dw_2", "dL/dW_hh_2")):
        assert_close(one[text], one[other])
    two = solved(tmp_path, **{**problem, "layers": [{"rnn": rnn}, {"rnn": {**rnn, "W_xh": 3}}]})
    assert_close(two["u2_x"], 3.0)
    assert formulas(two)["s2_2"] == "w2 * h2_1 + u2_x * h1_2"
