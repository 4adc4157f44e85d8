"""What is wrong with a recurrent layer is said where it stands, with what it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from tests.blocks import cells
from tests.blocks.cells import Style
from tests.engine.solving import codes, failure, plain, solved

RNN = {"W_hh": [[1, 0], [0, 1]], "W_xh": [[1, 2, 3], [4, 5, 6]], "activation": "tanh"}
X = [[1, 2, 3], [4, 5, 6]]


def gated(style: Style, gates: str) -> dict[str, Any]:
    """A layer of 2 units that read 3 features, all of it right."""
    return cells.parameters(style, list(gates), 2, 3, np.random.default_rng(0)) | style.options


LSTM = gated(Style(), "fiog")
JOINED = gated(Style(joined="h_first"), "fiog")
STACKED = gated(Style(order=("i", "f", "o", "g")), "fiog")
GRU = gated(Style(), "rug") | {"reset": "after"}


def without(options: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in keys}


def said(folder: Path, kind: str, options: dict[str, Any], x: Any = X, **sections: Any) -> Any:
    """The error of a file with one such layer."""
    conventions = {"weights": "rows", "samples": "columns"} | sections.pop("conventions", {})
    lines = [f"{key}: {json.dumps(plain(value))}" for key, value in {"conventions": conventions, **sections}.items()]
    layer = [f"      {key}: {json.dumps(plain(value))}" for key, value in options.items()]
    text = "\n".join([*lines, "layers:", f"  - {kind}:", *layer, f"inputs: {json.dumps(plain({'x': x}))}", ""])
    return failure(folder, text)


CASES = [
    ("rnn", without(RNN, "activation"), "missing-key", ["rnn needs activation", "name, or an expression in u"]),
    ("gru", without(GRU, "reset"), "missing-key", ["gru needs reset", "before or after the matrix product"]),
    ("gru", {**GRU, "reset": "behind"}, "unknown-choice", ["reset is before or after, not behind"]),
    ("gru", {**GRU, "update": "keep"}, "unknown-choice", ["renews or keeps, not keep", "did you mean 'keeps'"]),
    ("rnn", without(RNN, "W_hh"), "missing-key", ["W_hh is missing", "joined: h_first"]),
    (
        "lstm",
        without(LSTM, "W_fx", "W_gh"),
        "missing-key",
        ["W_fx and W_gh are missing", "joined: h_first", "gates: [f, i, o, g]"],
    ),
    (
        "lstm",
        {**LSTM, "W_f": [[1] * 5] * 2},
        "mixed-weights",
        ["W_f is given, but a layer whose weights are written apart"],
    ),
    ("lstm", {**LSTM, "W_x": [[1] * 3] * 8}, "mixed-weights", ["W_x is given", "takes W_fx, W_fh"]),
    (
        "lstm",
        {**JOINED, "W_fx": [[1] * 3] * 2},
        "mixed-weights",
        ["W_fx is given, but joined: h_first takes W_f, W_i, W_o and W_g"],
    ),
    ("lstm", {**STACKED, "b_f": [1, 1]}, "mixed-weights", ["b_f is given, but gates: [i, f, o, g] takes W_x and W_h"]),
    ("lstm", {**LSTM, "b": [1, 2]}, "mixed-weights", ["b is one bias that all gates share", "leave one of them out"]),
    ("lstm", {**STACKED, "gates": ["i", "f", "o"]}, "unknown-choice", ["gates is the order", "gates: [f, i, o, g]"]),
    (
        "lstm",
        {**STACKED, "gates": ["i", "f", "o", "o"]},
        "unknown-choice",
        ["gates is the order in which f, i, o and g"],
    ),
    ("lstm", {**STACKED, "gates": "ifog"}, "unknown-choice", ["gates is the order"]),
    ("lstm", {**STACKED, "gates": {"i": 1}}, "unknown-choice", ["gates is the order"]),
    ("rnn", {**RNN, "return": [1, 2]}, "unknown-choice", ["return is all or last, not a list"]),
    ("embedding", {"words": [[1, 2]], "E": [[1, 2]]}, "unknown-choice", ["words is rows or columns, not a list"]),
    ("gru", gated(Style(joined="x_first"), "rug") | {"reset": "after"}, "mixed-weights", ["one weight over h and x"]),
    ("lstm", {**without(LSTM, "W_gx"), "W_cx": LSTM["W_gx"]}, "unknown-key", ["it is called W_gx here"]),
    ("lstm", {**LSTM, "U_f": LSTM["W_fh"]}, "unknown-key", ["lstm has no option U_f", "it is called W_fh here"]),
    ("lstm", {**LSTM, "W_if": LSTM["W_fx"]}, "unknown-key", ["it is called W_fx here"]),
    ("gru", {**GRU, "W_zx": GRU["W_ux"]}, "unknown-key", ["it is called W_ux here"]),
    ("gru", {**GRU, "W_hn": GRU["W_gh"]}, "unknown-key", ["it is called W_gh here"]),
    ("rnn", {**RNN, "b_h": [1, 2]}, "unknown-key", ["it is called b here"]),
    ("rnn", {**RNN, "W_hh": "ones"}, "wrong-type", ["W_hh of rnn is a number, a list or a matrix"]),
    ("rnn", {**RNN, "bb": [1, 2]}, "unknown-key", ["did you mean 'b'?"]),
    (
        "rnn",
        {**RNN, "W_hh": [[1, 0, 0], [0, 1, 0]]},
        "shape-mismatch",
        ["W_hh is 2x3, but a weight from state to state is square", "weights: rows means a row for each unit"],
    ),
    ("rnn", {**RNN, "W_hh": [1, 2]}, "shape-mismatch", ["W_hh is a list of 2", "a list is a weight of one unit"]),
    ("rnn", {**RNN, "W_hh": [[[1]]]}, "shape-mismatch", ["W_hh has 3 dimensions"]),
    (
        "rnn",
        {**RNN, "W_xh": [[1, 2], [3, 4]]},
        "shape-mismatch",
        ["W_xh has 2 units with 2 inputs", "x_1 has 3 features", "W_xh needs 3 inputs"],
    ),
    (
        "rnn",
        {**RNN, "W_xh": [[1, 4], [2, 5], [3, 6]]},
        "shape-mismatch",
        ["W_xh is 3x2, but it needs 2 rows, as W_hh has", "fits transposed"],
    ),
    ("rnn", {**RNN, "b": [1, 2, 3]}, "shape-mismatch", ["b has shape 3, but there are 2 units"]),
    (
        "lstm",
        {**LSTM, "W_oh": [[1] * 3] * 3},
        "shape-mismatch",
        ["W_oh is 3x3, but it needs 2x2: 2 units, 3 inputs", "W_fh and W_fx"],
    ),
    (
        "lstm",
        {**LSTM, "W_ix": [[1] * 2] * 3},
        "shape-mismatch",
        ["W_ix is 3x2, but it needs 2x3", "W_ix fits transposed"],
    ),
    ("lstm", {**LSTM, "W_ix": 1}, "shape-mismatch", ["W_ix is a number, but it needs 2x3"]),
    ("lstm", {**LSTM, "p_f": [1, 2, 3]}, "shape-mismatch", ["p_f has shape 3, but there are 2 units"]),
    (
        "lstm",
        {**JOINED, "W_f": [[1] * 6] * 2},
        "shape-mismatch",
        ["W_f has 2 units with 6 inputs", "and the state has 2 units", "W_f needs 5 inputs"],
    ),
    (
        "lstm",
        {**JOINED, "W_f": [[1, 2], [3, 4]]},
        "shape-mismatch",
        ["W_f is 2x2, which is not units x (units + inputs)"],
    ),
    ("lstm", {**STACKED, "W_h": [[1, 2]] * 7}, "shape-mismatch", ["W_h is 7x2, but 4 gates of n units need 4n x n"]),
    ("lstm", {**STACKED, "W_x": [[1] * 3] * 6}, "shape-mismatch", ["W_x is 6x3, but it needs 8 rows, as W_h has"]),
    ("lstm", {**STACKED, "b": [1, 2, 3]}, "shape-mismatch", ["b has shape 3, but there are 8 units in 4 gates"]),
    ("lstm", {**LSTM, "return": "first"}, "unknown-choice", ["return is all or last, not first"]),
    ("lstm", {**LSTM, "joined": "yes"}, "unknown-choice", ["joined is h_first or x_first"]),
    ("lstm", {**LSTM, "gate_activation": "sigmoyd"}, "unknown-activation", ["did you mean 'sigmoid'"]),
    ("lstm", {"W_x": 1, "W_h": 2, "gates": ["i", "f", "o", "g"]}, "shape-mismatch", ["W_h is a number, but 4 gates"]),
    ("rnn", {"W": 1, "joined": "h_first", "activation": "tanh"}, "shape-mismatch", ["W is 1x1, which is not units x"]),
    ("rnn", {"W_hh": 1, "W_xh": 2, "activation": "tanh"}, "shape-mismatch", ["1 input", "x_1 has 3 features"]),
]


@pytest.mark.parametrize(("kind", "options", "code", "texts"), CASES)
def test_the_message_says_what_is_needed(
    kind: str, options: dict[str, Any], code: str, texts: list[str], tmp_path: Path
) -> None:
    error = said(tmp_path, kind, options)
    assert codes(error) == [code]
    for text in texts:
        assert text in str(error)
    place = error.diagnostics[0].place
    assert place is not None and place.line > 1


def test_the_place_is_that_of_the_option(tmp_path: Path) -> None:
    error = said(tmp_path, "lstm", {**LSTM, "W_oh": [[1] * 3] * 3})
    line = (tmp_path / "problem.yaml").read_text().splitlines()[error.diagnostics[0].place.line - 1]
    assert line.strip().startswith("W_oh:")


def test_a_single_step_written_without_time(tmp_path: Path) -> None:
    error = said(tmp_path, "rnn", RNN, [1, 2, 3])
    assert "a single step is written [[1, 2]]" in str(error)
    assert codes(said(tmp_path, "rnn", RNN, 3)) == ["not-a-sequence"]


def test_a_sequence_that_is_too_long(tmp_path: Path) -> None:
    layer = {"W_hh": 1, "W_xh": 1, "activation": "tanh"}
    error = said(tmp_path, "rnn", layer, [0.5] * 10_001)
    assert codes(error) == ["too-big"]
    assert "x has 10001 time steps; layers read at most 10000" in str(error)


def test_a_folded_bias_is_refused(tmp_path: Path) -> None:
    error = said(tmp_path, "rnn", RNN, conventions={"bias": "last"})
    assert codes(error) == ["unexpected-bias"]
    assert "say bias: separate" in str(error)


def test_an_initial_state_of_another_size(tmp_path: Path) -> None:
    error = said(tmp_path, "rnn", RNN, initial={"h_0": [1, 2, 3]})
    assert codes(error) == ["shape-mismatch"]
    assert "it needs 2 numbers" in str(error)
    assert codes(said(tmp_path, "rnn", RNN, initial={"c_0": [1, 2]})) == ["unknown-key"]


def test_the_layer_of_an_initial_state(tmp_path: Path) -> None:
    """Its number may be said where it is not needed; where two layers have such a state it has to be."""
    above = {"rnn": {**RNN, "W_xh": [[1, 0], [0, 1]]}}
    conventions = {"weights": "rows", "samples": "rows"}

    def found(layers: list[Any], initial: dict[str, Any], **symbols: str) -> Any:
        return solved(
            tmp_path,
            conventions={**conventions, "symbols": symbols},
            layers=layers,
            inputs={"x": X},
            initial=initial,
        )

    for name in ("h_0", "h1_0"):
        assert found([{"rnn": RNN}], {name: [5, 6]})["h_0"].tolist() == [5, 6]
        assert found([{"rnn": RNN}], {name: [5, 6]}, h="s")["s_0"].tolist() == [5, 6]
        assert found([{"rnn": RNN}, {"dense": {"W": [[1, 1]]}}], {name: [5, 6]})["h_0"].tolist() == [5, 6]
    both = found([{"rnn": RNN}, above], {"h1_0": [5, 6], "h2_0": [7, 8]})
    assert both["h1_0"].tolist() == [5, 6] and both["h2_0"].tolist() == [7, 8]
    with pytest.raises(ProblemError, match="h_0 could be h1_0, h2_0") as raised:
        found([{"rnn": RNN}, above], {"h_0": [5, 6]})
    assert [finding.code for finding in raised.value.diagnostics] == ["ambiguous-name"]


def test_a_layer_above_the_last_step_has_no_sequence(tmp_path: Path) -> None:
    layers = [{"rnn": {**RNN, "return": "last"}}, {"rnn": {**RNN, "W_xh": [[1, 0], [0, 1]]}}]
    sections = {"conventions": {"weights": "rows", "samples": "columns"}, "layers": layers, "inputs": {"x": X}}
    error = failure(tmp_path, "\n".join(f"{key}: {json.dumps(value)}" for key, value in sections.items()))
    assert codes(error) == ["not-a-sequence"]
    assert "return: last" in str(error)


@pytest.mark.parametrize(
    "W_xh",
    [
        [[1, 2, 3, 4], [5, 6, 7, 8]],  # one more than there are features, but no bias can be folded in
        [[1, 2], [3, 4]],  # as many units as the features that are read, but W_hh is square
    ],
)
def test_no_way_out_is_proposed_that_a_recurrent_layer_has_not(W_xh: Any, tmp_path: Path) -> None:
    x = X if len(W_xh[0]) == 4 else [[1, 2, 3], [4, 5, 6]]
    help = str(said(tmp_path, "rnn", {**RNN, "W_xh": W_xh}, x).diagnostics[0].help)
    assert "W_xh needs 3 inputs" in help
    assert "folded" not in help
    assert "transposed" not in help


def test_a_state_that_is_a_number_is_called_one(tmp_path: Path) -> None:
    error = said(tmp_path, "rnn", RNN, initial={"h_0": 1})
    assert "initial: h_0 is a number, but the state is 2x1" in str(error)


def test_a_wrong_state_is_answered_with_the_right_one(tmp_path: Path) -> None:
    assert "here: h_0" in str(said(tmp_path, "rnn", RNN, initial={"h": [1, 2]}))
