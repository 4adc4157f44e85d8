"""Recurrent layers against numbers that others printed, with plain numbers for weights, stacked, and under a loss."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as np
import numpy
import pytest

from nnsolve.core.names import Name
from nnsolve.engine.scope import Scope
from tests.blocks import cells, pytorch
from tests.blocks.cells import Style, sigmoid
from tests.engine.solving import assert_close, formulas, solved

ORIENTATIONS = list(itertools.product(("rows", "columns"), repeat=2))
CONVENTIONS = {"weights": "rows", "samples": "rows", "count_from": 1}

# PyTorch --------------------------------------------------------------------------------------------------------------

PYTORCH: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "rnn": ({"activation": "tanh"}, ("W_xh", "W_hh", "b_xh", "b_hh")),
    "lstm": ({"gates": ["i", "f", "g", "o"]}, ("W_x", "W_h", "b_x", "b_h")),
    "gru": ({"gates": ["r", "u", "g"], "reset": "after", "update": "keeps"}, ("W_x", "W_h", "b_x", "b_h")),
}
STEMS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def as_in_pytorch(folder: Path, kind: str, **changed: Any) -> dict[str, Any]:
    """What nnsolve computes of PyTorch's layer, under PyTorch's names."""
    options, stems = PYTORCH[kind]
    names = dict(zip(stems, STEMS, strict=True))
    found = solved(
        folder,
        conventions=CONVENTIONS,
        layers=[{kind: {**{stem: pytorch.WEIGHTS[kind][name] for stem, name in names.items()}, **options, **changed}}],
        inputs={"x": pytorch.X},
        initial={"h_0": pytorch.H0, **({"c_0": pytorch.C0} if kind == "lstm" else {})},
        loss="sum(h_1^2) + 2 * sum(h_2^2) + 3 * sum(h_3^2)",
    )
    result = {"h": found["h"], "L": found["L"], "dL/dh_0": found["dL/dh_0"]}
    if kind == "lstm":
        result |= {"c": found["c_3"], "dL/dc_0": found["dL/dc_0"]}
    return result | {f"dL/d{name}": found[f"dL/d{stem}"] for stem, name in names.items()}


@pytest.mark.parametrize("kind", PYTORCH)
def test_values_and_gradients_are_those_of_pytorch(kind: str, tmp_path: Path) -> None:
    found = as_in_pytorch(tmp_path, kind)
    assert set(found) == set(pytorch.RESULTS[kind])
    for name, expected in pytorch.RESULTS[kind].items():
        assert_close(found[name], expected, 1e-11)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("rnn", {"activation": "relu"}),
        ("lstm", {"gates": ["i", "f", "o", "g"]}),
        ("lstm", {"gates": ["f", "i", "g", "o"]}),
        ("gru", {"gates": ["u", "r", "g"]}),
        ("gru", {"reset": "before"}),
        ("gru", {"update": "renews"}),
    ],
)
def test_another_convention_gives_other_numbers(kind: str, changed: dict[str, Any], tmp_path: Path) -> None:
    found, expected = as_in_pytorch(tmp_path, kind, **changed), pytorch.RESULTS[kind]
    assert abs(found["L"] - expected["L"]) > 1e-3


# Plain numbers --------------------------------------------------------------------------------------------------------

ROUNDED_LSTM = {
    **{"W_fh": 0, "W_ih": 0, "W_oh": 0, "W_gh": -100, "W_fx": 0, "W_ix": 100, "W_ox": 100, "W_gx": 50},
    **{"b_f": -100, "b_i": 100, "b_o": 0, "b_g": 0},
    "gate_activation": "round(sigmoid(u))",
    "activation": "round(tanh(u))",
    "output_activation": "round(tanh(u))",
}
PRINTED = [
    ([0, 0, 1, 1, 1, 0], [0, 0, 1, -1, 1, 0]),
    ([1, 1, 0, 1, 1], [1, -1, 0, 1, -1]),
    ([1, 0, 1, 1, 1], [1, 0, 1, -1, 1]),
    ([1, 1, 0, 1, 1, 0, 1, 1, 1], [1, -1, 0, 1, -1, 0, 1, -1, 1]),
    ([1, 0, 0, 1, 1, 0, 1, 1, 1], [1, 0, 0, 1, -1, 0, 1, -1, 1]),
    ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1, -1, 1, -1, 1]),
]


@pytest.mark.parametrize(("x", "h"), PRINTED)
@pytest.mark.parametrize(("weights", "samples"), ORIENTATIONS)
def test_a_scalar_lstm_with_rounded_gates(
    weights: str, samples: str, x: list[int], h: list[int], tmp_path: Path
) -> None:
    """The exercise of a notebook, which prints these states."""
    conventions = {"weights": weights, "samples": samples}
    found = solved(tmp_path, conventions=conventions, layers=[{"lstm": ROUNDED_LSTM}], inputs={"x": x})
    assert found["h"].tolist() == h
    assert isinstance(found["c_2"], float)


def test_several_sequences_of_numbers_go_through_plain_weights(tmp_path: Path) -> None:
    sequences = [x for x, _ in PRINTED if len(x) == 9]
    for samples in ("rows", "columns"):
        found = solved(
            tmp_path,
            conventions={"weights": "rows", "samples": samples},
            layers=[{"lstm": ROUNDED_LSTM}],
            inputs={"x": {"sequences": sequences}},
        )
        states = numpy.array([found[f"h_{t}"].ravel() for t in range(1, 10)])
        assert states.T.tolist() == [h for x, h in PRINTED if len(x) == 9]
        assert found["h_1"].shape == ((2, 1) if samples == "rows" else (1, 2))


KINDS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "rnn": ([""], {"activation": "tanh"}),
    "lstm": (list("ifog"), {}),
    "gru": (list("rug"), {"reset": "before"}),
}


def of_numbers(kind: str, form: str) -> dict[str, Any]:
    """A layer of one unit: -0.3 h + 0.5 x + 0.1 for every gate, written in one of the forms."""
    gates, options = KINDS[kind]
    n = len(gates)
    if form == "joined":
        each = {f"W_{g}" if g else "W": [-0.3, 0.5] for g in gates}
        return {**each, "b": 0.1, "joined": "h_first", **options}
    if form == "stacked":
        return {"W_h": [-0.3] * n, "W_x": [0.5] * n, "b": [0.1] * n, "gates": gates, **options}
    plain = {f"W_{g}h" if g else "W_hh": -0.3 for g in gates} | {f"W_{g}x" if g else "W_xh": 0.5 for g in gates}
    return {**plain, "b": 0.1, **options}


@pytest.mark.parametrize(
    ("kind", "form"), [(k, f) for k in KINDS for f in ("apart", "joined", "stacked") if (k, f) != ("rnn", "stacked")]
)
@pytest.mark.parametrize(("weights", "samples"), ORIENTATIONS)
def test_lists_of_numbers_in_every_form(kind: str, form: str, weights: str, samples: str, tmp_path: Path) -> None:
    """One unit that reads numbers: everything is a number, whether weights are joined, stacked or apart."""
    xs, h, c = [1.0, 2.0, 3.0], 0.0, 0.0
    for x in xs:
        z = -0.3 * h + 0.5 * x + 0.1
        s = sigmoid(z)
        if kind == "rnn":
            h = np.tanh(z)
        elif kind == "lstm":
            c = s * c + s * np.tanh(z)
            h = s * np.tanh(c)
        else:
            h = (1 - s) * h + s * np.tanh(-0.3 * s * h + 0.5 * x + 0.1)
    sections: dict[str, Any] = {"conventions": {"weights": weights, "samples": samples, "count_from": 1}}
    found = solved(tmp_path, **sections, layers=[{kind: of_numbers(kind, form)}], inputs={"x": xs}, loss="sum(h)")
    assert_close(found["h_3"], h)
    assert isinstance(found["h_1"], float)
    both = solved(
        tmp_path,
        **sections,
        layers=[{kind: of_numbers(kind, form)}],
        inputs={"x": {"sequences": [xs, [0, 0, 0]]}},
        loss="sum(h)",
    )
    assert_close(both["h_3"].ravel()[0], h)
    alone = solved(
        tmp_path, **sections, layers=[{kind: of_numbers(kind, form)}], inputs={"x": [0, 0, 0]}, loss="sum(h)"
    )
    for name in of_numbers(kind, form):
        if name[0] in "Wb":
            assert_close(np.ravel(both[f"dL/d{name}"]), np.ravel(found[f"dL/d{name}"] + alone[f"dL/d{name}"]))


def test_reading_a_long_sequence_takes_time_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the texts that the scope is told: ten times the steps, ten times the texts."""
    told: list[str] = []
    alias = Scope.alias

    def counted(scope: Scope, text: str, name: Name) -> None:
        told.append(text)
        alias(scope, text, name)

    monkeypatch.setattr(Scope, "alias", counted)
    counts = []
    for steps in (20, 200):
        told.clear()
        solved(
            tmp_path,
            conventions={"weights": "rows", "samples": "columns"},
            layers=[{"rnn": {"W_hh": 0.5, "W_xh": 1, "activation": "tanh"}}],
            inputs={"x": [1] * steps},
            ask=["h_1"],
        )
        counts.append(len(told))
    assert counts[1] <= 11 * counts[0]


# Several layers, and what stands above -------------------------------------------------------------------------------

STACK = Style("rows", "columns")


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(("last", "over_time"), [(True, "last"), (False, "last"), (False, "sum"), (False, "mean")])
def test_stacked_layers_below_a_dense_one(samples: int, last: bool, over_time: str, tmp_path: Path) -> None:
    """gru -> lstm -> dense, the dense layer at every step or at the last only; a loss at every step or at the last."""
    rng = numpy.random.default_rng(4)
    lower = cells.parameters(STACK, list("rug"), 3, 2, rng)
    upper = cells.parameters(STACK, list("ifog"), 2, 3, rng)
    dense = {"W": rng.normal(size=(2, 2)), "b": rng.normal(size=2)}
    xs = [rng.normal(size=(2, samples)) for _ in range(4)]
    ys = [rng.normal(size=(2, samples)) for _ in range(4)]
    start = rng.normal(size=(3, 1))

    def prediction(p: Any) -> list[Any]:
        first = cells.gru(STACK, p[0], xs, 3, {"h_0": p[3]}, "before", False)
        below = [first[f"h_{t}"] for t in range(1, 5)]
        zeros = {"h_0": numpy.zeros((2, 1)), "c_0": numpy.zeros((2, 1))}
        second = cells.lstm(STACK, p[1], below, 2, zeros, (sigmoid, np.tanh, np.tanh))
        return [np.dot(p[2]["W"], second[f"h_{t}"]) + np.reshape(p[2]["b"], (-1, 1)) for t in range(1, 5)]

    def loss(p: Any) -> Any:
        each = [np.sum((y_hat - y) ** 2) / 2 for y_hat, y in zip(prediction(p), ys, strict=True)]
        return {"sum": sum(each), "mean": sum(each) / 4, "last": each[-1]}[over_time]

    by_sequence = [numpy.array(values).transpose(2, 0, 1) for values in (xs, ys)]
    x, y = (values[0] if samples == 1 else {"sequences": values} for values in by_sequence)
    options = {"name": "half_squared_error", **({"reduction": "sum"} if samples > 1 else {})}
    found = solved(
        tmp_path,
        conventions=STACK.section,
        layers=[
            {"gru": {**lower, "reset": "before"}},
            {"lstm": {**upper, **({"return": "last"} if last else {})}},
            {"dense": dense},
        ],
        inputs={"x": x},
        targets={"y": (by_sequence[1][0][-1] if samples == 1 else ys[-1]) if last else y},
        initial={"h1_0": start.ravel()},
        loss=options if last else {**options, "over_time": over_time},
    )
    p = (lower, upper, dense, start)
    assert_close(found["L"], loss(p))
    assert_close(np.ravel(found["y_hat" if last else "z3_4"]), np.ravel(prediction(p)[-1]))
    gradients = autograd.grad(loss)(p)
    for number, layer in enumerate(gradients[:3], 1):
        for name, value in layer.items():
            head, _, gate = name.partition("_")
            assert_close(found[f"dL/d{head}{number}" + (f"_{gate}" if gate else "")], value, 1e-11)
    assert_close(found["dL/dh1_0"], np.ravel(gradients[3]), 1e-11)


def test_a_vector_layer_reads_the_numbers_of_a_scalar_one(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        conventions={"weights": "rows", "samples": "columns"},
        layers=[
            {"rnn": {"W_xh": 0.5, "W_hh": 0.25, "activation": "identity"}},
            {"rnn": {"W_xh": [1, 2], "W_hh": [[0, 1], [0, 0]], "activation": "identity"}},
            {"dense": {"W": [[1, 1]]}},
        ],
        inputs={"x": [2, 4]},
        loss="sum(y_hat_2)",
    )
    assert found["h1"].tolist() == [1.0, 2.25]
    assert found["h2_2"].tolist() == [2.25 + 2, 4.5]
    assert found["y_hat_2"].tolist() == [8.75]
    assert_close(found["dL/dW1_xh"], 2 * 2 + 3 * (4 + 0.25 * 2))


def test_one_vector_is_the_initial_state_of_every_sequence(tmp_path: Path) -> None:
    """Also where it is put beside the inputs of all sequences: joined weights."""
    for form in ({"W_hh": [[1, 0], [0, 1]], "W_xh": [[1], [1]]}, {"W": [[1, 0, 1], [0, 1, 1]], "joined": "h_first"}):
        found = solved(
            tmp_path,
            conventions={"weights": "rows", "samples": "columns"},
            layers=[{"rnn": {**form, "activation": "identity"}}],
            inputs={"x": {"sequences": [[1, 1], [2, 0]]}},
            initial={"h_0": [10, 20]},
        )
        assert found["h_2"].tolist() == [[12.0, 12.0], [22.0, 22.0]]


def test_the_gradients_of_stacked_gates_stand_one_below_the_other(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        conventions={"weights": "rows", "samples": "columns", "count_from": 1},
        layers=[{"lstm": {"W_x": [[1]] * 8, "W_h": [[1, 0]] * 8, "gates": ["i", "f", "o", "g"]}}],
        inputs={"x": [1, 2]},
        loss="sum(h_2)",
        ask=["dL/dz_2"],
    )
    assert formulas(found)["dL/dz_2"] == "concat(dL/dzi_2, dL/dzf_2, dL/dzo_2, dL/dzg_2)"
    assert formulas(found)["zo_2"] == "z_2[5:7]"


@pytest.mark.parametrize(
    ("slices", "gradient"),
    [
        (("1:3", "3:5"), "concat(dL/du, dL/dv)"),
        (("3:5", "1:3"), "concat(dL/dv, dL/du)"),
        ((":3", "3:"), "concat(dL/du, dL/dv)"),
        (("1:3", "2:4"), None),
        (("1:3", "1:3"), None),
        (("2:4", "4:6"), None),
    ],
)
def test_only_parts_that_fill_the_whole_are_put_side_by_side(
    slices: tuple[str, str], gradient: str | None, tmp_path: Path
) -> None:
    """u = s[...]^2 and v = 3 s[...]: what overlaps is added up, what is left out is 0."""
    s = numpy.array([1.0, 2.0, 3.0, 4.0] if "6" not in slices[1] else [1.0, 2.0, 3.0, 4.0, 5.0])
    found = solved(
        tmp_path,
        conventions={"samples": "columns", "count_from": 1},
        parameters={"w": s},
        equations=["s = 1 * w", f"u = s[{slices[0]}]", f"v = s[{slices[1]}]", "L = sum(u^2) + 3 * sum(v)"],
        loss="L",
        ask=["dL/ds"],
    )
    expected = numpy.zeros(s.size)
    for part, values in zip(slices, (2 * s, numpy.full(s.size, 3.0)), strict=True):
        first, _, last = part.partition(":")
        span = slice(int(first) - 1 if first else 0, int(last) - 1 if last else s.size)
        expected[span] += values[span]
    assert_close(found["dL/ds"], expected)
    formula = formulas(found)["dL/ds"]
    assert ("scatter" in formula) is (gradient is None)
    if gradient:
        assert formula == gradient
