"""Recurrent layers against textbook equations in autograd's NumPy, in every form in which their weights are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import autograd.numpy as np
import numpy
import pytest

from tests.blocks import cells
from tests.blocks.cells import Style, sigmoid
from tests.engine.solving import assert_close, solved

UNITS, INPUTS, STEPS = 2, 3, 3

RNN_STYLES = [
    Style(weights, samples, joined, biases=biases)
    for weights in ("rows", "columns")
    for samples in ("columns", "rows")
    for joined in (None, "h_first", "x_first")
    for biases in ("one", "two", "none")
    if not (joined and biases == "two")
]


def styles(gates: str, *, joined: bool = True) -> list[Style]:
    """Every form of a layer with gates, in every orientation."""
    orders = ((), tuple(gates), tuple(reversed(gates)), tuple(gates[1:] + gates[:1]))
    return [
        Style(weights, samples, form, order, biases)
        for weights, samples in (("rows", "columns"), ("columns", "columns"), ("rows", "rows"), ("columns", "rows"))
        for form in ((None, "h_first", "x_first") if joined else (None,))
        for order in orders
        for biases in ("one", "two", "shared", "none")
        if not (form and biases == "two") and not (order and biases == "shared")
    ]


Run = Callable[[Style, Mapping[str, Any], list[Any], Mapping[str, Any]], dict[str, Any]]


def compared(
    folder: Path,
    style: Style,
    kind: str,
    gates: list[str],
    run: Run,
    options: Mapping[str, Any],
    samples: int = 1,
    states: tuple[str, ...] = ("h_0",),
    extra: tuple[str, ...] = (),
) -> Iterator[tuple[str, Any, Any]]:
    """All values and gradients of a layer with random parameters, for one sequence or several: found and expected."""
    rng = numpy.random.default_rng(sum(map(ord, str(style))) + samples)
    p = cells.parameters(style, gates, UNITS, INPUTS, rng) | {stem: rng.normal(size=UNITS) for stem in extra}
    xs = [rng.normal(size=(INPUTS, samples)) for _ in range(STEPS)]
    start = {state: rng.normal(size=(UNITS, samples)) for state in states}
    by_sequence = numpy.array(xs).transpose(2, 0, 1)
    found = solved(
        folder,
        conventions=style.section,
        layers=[{kind: {**p, **style.options, **options}}],
        inputs={"x": by_sequence[0] if samples == 1 else {"sequences": by_sequence}},
        initial={state: value.ravel() if samples == 1 else style.sample(value) for state, value in start.items()},
        loss=" + ".join(f"{t} * sum(h_{t}^3)" for t in range(1, STEPS + 1)),
    )

    def shown(value: Any) -> Any:
        return numpy.ravel(value) if samples == 1 else style.sample(value)

    def loss(p: Any, start: Any) -> Any:
        values = run(style, p, xs, start)
        return sum(t * np.sum(values[f"h_{t}"] ** 3) for t in range(1, STEPS + 1))

    for name, value in run(style, p, xs, start).items():
        yield name, found[name], shown(value)
    for name, value in cells.gradients(loss, p, start).items():
        yield f"dL/d{name}", found[f"dL/d{name}"], shown(value) if name in start else value


def check(*args: Any) -> None:
    """Compare values to 1e-12 and gradients to 1e-11."""
    for name, found, expected in compared(*args):
        assert_close(found, expected, 1e-11 if name.startswith("dL/d") else 1e-12)


def an_rnn(style: Style) -> tuple[Any, ...]:
    """What `compared` needs for an rnn."""

    def run(style: Style, p: Mapping[str, Any], xs: list[Any], start: Mapping[str, Any]) -> dict[str, Any]:
        return cells.rnn(style, p, xs, UNITS, start, sigmoid)

    return style, "rnn", [""], run, {"activation": "sigmoid"}


def an_lstm(style: Style) -> tuple[Any, ...]:
    """What `compared` needs for an lstm."""

    def run(style: Style, p: Mapping[str, Any], xs: list[Any], start: Mapping[str, Any]) -> dict[str, Any]:
        return cells.lstm(style, p, xs, UNITS, start, (sigmoid, np.tanh, np.tanh))

    return style, "lstm", list("ifog"), run, {}, 1 if style.biases == "one" else 3, ("h_0", "c_0")


def a_gru(style: Style, reset: str) -> tuple[Any, ...]:
    """What `compared` needs for a gru."""
    keeps = style.samples == "rows"

    def run(style: Style, p: Mapping[str, Any], xs: list[Any], start: Mapping[str, Any]) -> dict[str, Any]:
        return cells.gru(style, p, xs, UNITS, start, reset, keeps)

    options = {"reset": reset} | ({"update": "keeps"} if keeps else {})
    return style, "gru", list("rug"), run, options, 3 if style.biases == "one" else 1


GRUS = [(style, "before") for style in styles("rug")] + [(style, "after") for style in styles("rug", joined=False)]


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("style", RNN_STYLES, ids=str)
def test_rnn(style: Style, samples: int, tmp_path: Path) -> None:
    check(tmp_path, *an_rnn(style), samples)


@pytest.mark.parametrize("style", styles("ifog"), ids=str)
def test_lstm(style: Style, tmp_path: Path) -> None:
    check(tmp_path, *an_lstm(style))


@pytest.mark.parametrize("style", [Style(), Style("columns", "rows", "x_first", tuple("gofi"))], ids=str)
@pytest.mark.parametrize("extra", [("p_f", "p_i", "p_o"), ("p_f",), ("p_o",)])
@pytest.mark.parametrize("samples", [1, 3])
def test_peepholes_and_other_activations(style: Style, extra: tuple[str, ...], samples: int, tmp_path: Path) -> None:
    functions = (lambda u: 0.5 * np.tanh(u) + 0.5, sigmoid, np.sin)
    check(
        tmp_path,
        style,
        "lstm",
        list("ifog"),
        lambda style, p, xs, start: cells.lstm(style, p, xs, UNITS, start, functions),
        {"gate_activation": "1/2 * tanh(u) + 1/2", "activation": "sigmoid", "output_activation": "sin(u)"},
        samples,
        ("h_0", "c_0"),
        extra,
    )


@pytest.mark.parametrize(("style", "reset"), GRUS, ids=str)
def test_gru(style: Style, reset: str, tmp_path: Path) -> None:
    check(tmp_path, *a_gru(style, reset))
