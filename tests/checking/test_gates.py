"""Mistakes with recurrent networks, worked out by hand: gates, states and time steps taken for one another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import exp, tanh

import numpy as np
import pytest

from nnsolve.checking.diagnose import Diagnosis
from nnsolve.problem.loader import problem_of_text
from tests.bench.diagnosis import known
from tests.checking.answering import answer

X, Y, H0, C0 = [0.5, -1.0, 2.0], [0.2, 0.1, 0.9], 0.25, -0.4
W = {"f": (0.5, -0.4, 0.3), "i": (0.9, 0.6, -0.2), "o": (-0.7, 0.8, 0.1), "g": (1.1, 0.35, -0.15)}
"""The weights of x and of h, and the bias, of each gate."""

LAYOUTS = {
    "separate": ", ".join(f"W_{g}x: {x}, W_{g}h: {h}, b_{g}: {b}" for g, (x, h, b) in W.items()),
    "joined": "joined: h_first, " + ", ".join(f"W_{g}: [[{h}, {x}]], b_{g}: [{b}]" for g, (x, h, b) in W.items()),
    "stacked": "gates: [f, i, o, g], "
    + ", ".join(f"{name}: {[W[g][k] for g in W]}" for k, name in enumerate(("W_x", "W_h", "b"))),
}


BITS = """
conventions: {weights: rows, samples: rows}
layers:
  - rnn: {W_xh: [[0.7], [0.4]], W_hh: [[0.5, -0.6], [0.3, 0.8]], b: [0.1, -0.2], activation: tanh}
  - dense: {W: [[0.6, -1.1]], b: [0.25], activation: sigmoid}
inputs: {x: {sequences: [[0, 0], [1, 0], [0, 1]]}}
targets: {y: {sequences: [[0, 1], [0, 0], [1, 0]]}}
loss: {name: half_squared_error, reduction: sum, over_time: sum}
training: {optimizer: sgd, learning_rate: 0.3, epochs: 1, batch_size: 1}
ask: [W_hh@1, W_hh@end]
"""


@cache
def diagnosis(layout: str = "separate") -> Diagnosis:
    own = "dL/dW_fh, dL/dW_ix, dL/db_o" if layout == "separate" else "c_3"
    text = f"""
conventions: {{weights: rows, samples: columns}}
layers: [{{lstm: {{{LAYOUTS[layout]}}}}}]
inputs: {{x: {X if layout != "joined" else [[x] for x in X]}}}
targets: {{y: {Y if layout != "joined" else [[y] for y in Y]}}}
loss: {{name: half_squared_error, over_time: sum}}
initial: {{h_0: {H0 if layout != "joined" else [H0]}, c_0: {C0 if layout != "joined" else [C0]}}}
ask: [f_1, i_1, o_1, g_2, c_1, h_1, h_2, h_3, L, dL/dh_2, dL/dh_1, dL/dc_2, {own}]
"""
    return Diagnosis(problem_of_text(text, "lstm.yaml"))


def sigmoid(u: float) -> float:
    return 1 / (1 + exp(-u))


def by_hand(slip: str = "", gates: str = "fiog") -> dict[str, float]:
    """All values of the LSTM with a slip in it; `gates` is f, i, o, g or their order for who exchanges two of them."""
    found, made = {"h_0": H0, "c_0": C0}, dict(zip("fiog", gates, strict=True))
    for t, x in enumerate(X, 1):
        h, c = found[f"h_{t - 1}"], found[f"c_{t - 1}"]
        fed = c if slip == "c for h" else found[f"h_{max(t - 2, 0)}"] if slip == "h two steps ago" else h
        for gate, source in made.items():
            wx, wh, b = W[source]
            z = (wh * x + wx * fed if slip == "W_x for W_h" else wx * x + wh * fed) + b
            squashed = tanh(z) if gate == "g" or slip == "tanh for sigmoid" else sigmoid(z)
            found |= {f"z{gate}_{t}": z, f"{gate}_{t}": squashed}
        f, i, o, g = (found[f"{gate}_{t}"] for gate in "fiog")
        if slip == "i and o exchanged in use":
            i, o = o, i
        found[f"c_{t}"] = f * c + i * g
        found[f"h_{t}"] = o * tanh(c if slip == "c of the step before" else found[f"c_{t}"])
    found["L"] = sum((found[f"h_{t}"] - y) ** 2 / 2 for t, y in enumerate(Y, 1))
    return found | backward(found, slip)


def backward(v: Mapping[str, float], slip: str) -> dict[str, float]:
    """The gradients, by the rules of the right network, from values."""
    d: dict[str, float] = {}
    sums = dict.fromkeys(("dL/dW_fh", "dL/dW_ix", "dL/db_o"), 0.0)
    for t in (3, 2, 1):
        f, i, o, g, c, h = (v[f"{name}_{t}"] for name in "fiogch")
        back = {gate: d.get(f"z{gate}_{t + 1}", 0.0) * W[gate][1] for gate in W}
        if slip.startswith("back through"):
            back = {slip[-1]: back[slip[-1]]}
        dh = h - Y[t - 1] + sum(back.values())
        kept = v[f"f_{t}"] if slip == "f of the step before" else v.get(f"f_{t + 1}", 0.0)
        dc = dh * o * (1 - tanh(c) ** 2) + d.get(f"c_{t + 1}", 0.0) * kept
        of = {"f": dc * v[f"c_{t - 1}"], "i": dc * g, "o": dh * tanh(c), "g": dc * i}
        if slip == "i and g exchanged in the gradient":
            of |= {"i": dc * i, "g": dc * g}
        for gate, (a, z) in {"f": (f, v[f"zf_{t}"]), "i": (i, v[f"zi_{t}"]), "o": (o, v[f"zo_{t}"])}.items():
            s = sigmoid(a) if slip == "derivative at a" else z if slip == "derivative of z" else a
            d[f"z{gate}_{t}"] = of[gate] * s * (1 - s)
        d |= {f"zg_{t}": of["g"] * (1 - g**2), f"c_{t}": dc, f"h_{t}": dh}
        if slip == "derivatives missing at the last step" and t == len(X):
            d |= {f"z{gate}_{t}": of[gate] for gate in W}
        sums["dL/dW_fh"] += d[f"zf_{t}"] * v[f"h_{t - 1}"]
        sums["dL/dW_ix"] += d[f"zi_{t}"] * X[t - 1]
        sums["dL/db_o"] += d[f"zo_{t}"]
    return sums | {f"dL/d{name}": value for name, value in d.items()}


def named(ask: str, value: object, layout: str = "separate") -> set[str]:
    """The codes for a wrong answer of six digits: it stands alone."""
    return {cause.code for cause in diagnosis(layout).explain({ask: answer(value, 6)}, [ask])[ask]}


def test_by_hand_is_right_without_a_slip() -> None:
    asks = ("g_2", "h_3", "L", "dL/dh_1", "dL/dc_2", "dL/dW_fh", "dL/dW_ix", "dL/db_o")
    right = [float(diagnosis().solution[ask]) for ask in asks]
    assert [by_hand()[ask] for ask in asks] == pytest.approx(right)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gates", ["ifog", "oifg", "foig", "fgoi"])
def test_gates_that_are_computed_with_the_weights_of_each_other(gates: str, layout: str) -> None:
    made, right = by_hand(gates=gates), by_hand()
    for ask in ("f_1", "i_1", "o_1", "g_2", "h_1", "h_3", "dL/dc_2"):
        if made[ask] != pytest.approx(right[ask]):
            assert "gates-exchanged" in named(ask, made[ask], layout), (ask, gates)
    assert named("h_3", made["h_3"] * 1.0317, layout) == set()


@pytest.mark.parametrize(
    ("slip", "code", "asks"),
    [
        ("i and o exchanged in use", "gates-exchanged", ["h_2", "dL/dh_2", "dL/dW_fh"]),
        ("i and g exchanged in the gradient", "gates-exchanged", ["dL/dh_1", "dL/dW_ix"]),
        ("c for h", "cell-and-state-confused", ["h_2", "L", "dL/dh_2", "dL/dW_ix"]),
        ("h two steps ago", "wrong-time-step", ["h_3", "L", "dL/dh_1"]),
        ("c of the step before", "wrong-time-step", ["h_1", "h_3", "dL/dh_2"]),
        ("f of the step before", "wrong-time-step", ["dL/dc_2", "dL/dW_fh"]),
        ("back through g", "recurrent-gradient-dropped", ["dL/dh_2", "dL/db_o"]),
        ("back through o", "recurrent-gradient-dropped", ["dL/dh_2", "dL/dW_ix"]),
        ("derivatives missing at the last step", "activation-derivative-missing", ["dL/dh_2", "dL/dW_fh", "dL/dh_1"]),
        ("derivative at a", "derivative-at-activation", ["dL/dh_2", "dL/dW_fh"]),
        ("derivative of z", "derivative-at-preactivation", ["dL/dh_2", "dL/dW_fh"]),
    ],
)
def test_slip_in_the_cell_is_named_for_values_and_gradients(slip: str, code: str, asks: list[str]) -> None:
    made = by_hand(slip)
    for ask in asks:
        assert code in named(ask, made[ask]), ask
        assert code not in named(ask, made[ask] * 1.0317), ask


@pytest.mark.parametrize("names", [("tanh for sigmoid", "wrong-activation"), ("W_x for W_h", "wrong-weights")])
def test_slip_in_all_gates_is_named_in_gradients_by_the_right_rules(names: tuple[str, str]) -> None:
    slip, code = names
    made = by_hand(slip)
    for ask in ("h_3", "L", "dL/dh_2", "dL/dc_2", "dL/dW_fh"):
        assert code in named(ask, made[ask]), ask
        assert code not in named(ask, made[ask] * 1.0317), ask


@pytest.mark.parametrize(
    ("slip", "code"),
    [("c for h", "cell-and-state-confused"), ("back through g", "recurrent-gradient-dropped")],
)
def test_gates_exchanged_and_another_slip_are_named_together(slip: str, code: str) -> None:
    made, right, asks = by_hand(slip, gates="ifog"), by_hand(), ("f_1", "i_1", "h_2", "h_3", "dL/dh_2", "dL/dW_ix")
    given = {ask: answer(made[ask], 6) for ask in asks}
    wrong = [ask for ask in asks if made[ask] != pytest.approx(right[ask])]
    found = diagnosis().explain(given, wrong)
    for ask in ("dL/dh_2", "dL/dW_ix"):
        assert {"gates-exchanged", code} <= {cause.code for cause in found[ask]}
    beside = diagnosis().explain(given | {"dL/dW_ix": answer(made["dL/dW_ix"] * 1.0317, 6)}, wrong)
    assert beside["dL/dW_ix"] == ()


def test_value_of_another_gate_is_not_that_of_another_layer() -> None:
    right = by_hand()
    assert named("f_1", right["i_1"]) == {"gates-exchanged"}
    assert "gates-exchanged" not in named("f_1", right["f_2"])


def test_output_of_an_earlier_state_is_of_another_time_step() -> None:
    """What the layer above, which sees the last state alone, makes of h_2 and not of h_3."""
    text = BITS[: BITS.index("targets")].replace("tanh}", "tanh, return: last}") + "ask: [h_2, y_hat]\n"
    diagnosis = Diagnosis(
        problem_of_text(text.replace("{sequences: [[0, 0], [1, 0], [0, 1]]}", "[1, 0, 1]"), "last.yaml")
    )
    z = np.array([0.6, -1.1]) @ np.asarray(diagnosis.solution["h_2"]).ravel() + 0.25
    found = diagnosis.explain({"y_hat": answer(1 / (1 + np.exp(-z)), 6)}, ["y_hat"])["y_hat"]
    assert {cause.code for cause in found} == {"wrong-time-step"}


@pytest.mark.parametrize("own", [False, True])
def test_output_weights_that_are_updated_after_each_step_on_the_way_back(own: bool) -> None:
    """dL/dh_1 with W2 less the share of step 3 and step 2, and of step 1, too, where the update comes first."""
    solution = known("rnn").diagnosis.solution
    h = {t: np.asarray(solution[f"h_{t}"]).ravel() for t in (1, 2, 3)}
    weights, w_hh, d_next, dh = np.array([0.6, -1.1]), np.array([[0.5, -0.6], [0.3, 0.8]]), np.zeros(2), np.zeros(2)
    for t, y in ((3, 0.6), (2, 0.8), (1, 0.3)):
        out = 1 / (1 + np.exp(-(np.array([0.6, -1.1]) @ h[t] + 0.25)))
        d2 = (out - y) * out * (1 - out)
        before, weights = weights, weights - 0.1 * d2 * h[t]
        dh = d2 * (weights if own else before) + w_hh.T @ d_next
        d_next = dh * (1 - h[t] ** 2)
    found = known("rnn").diagnosis.explain({"dL/dh_1": answer(dh, 6)}, ["dL/dh_1"])["dL/dh_1"]
    assert {cause.code for cause in found} == {"updated-weights-used"}


def test_sequence_that_is_read_backwards_in_a_training_by_batches() -> None:
    """Each sequence is in another batch."""
    diagnosis = Diagnosis(problem_of_text(BITS, "bits.yaml"))
    turned = Diagnosis(problem_of_text(BITS.replace("[1, 0], [0, 1]", "[0, 1], [1, 0]"), "turned.yaml"))
    value = turned.solution["W_hh@end"]
    found = diagnosis.explain({"W_hh@end": answer(value)}, ["W_hh@end"])["W_hh@end"]
    assert "sequence-reversed" in {cause.code for cause in found}
