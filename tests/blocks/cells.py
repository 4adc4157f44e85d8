"""Recurrent layers once more, in autograd's NumPy from their textbook equations; nothing of nnsolve is used.

Inside, everything is a column: a weight has a row for each unit, a state a column for each sample. What a problem file
writes (its orientation, joined or stacked weights) is read here by code of its own, so that autograd's gradients are in
the file's form, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import autograd
import autograd.numpy as np
import numpy

Parameters = Mapping[str, Any]
Function = Callable[[Any], Any]


class Style(NamedTuple):
    """The orientation of weights and samples, and the form in which a layer writes its weights."""

    weights: str = "rows"
    samples: str = "columns"
    joined: str | None = None
    order: tuple[str, ...] = ()
    biases: str = "one"  # one, two, shared, none

    def __str__(self) -> str:
        return "-".join(
            [self.weights, self.samples, self.joined or "apart", "".join(self.order) or "each", self.biases]
        )

    def weight(self, value: Any) -> Any:
        """A weight as the file has it, or back."""
        return value if self.weights == "rows" else np.transpose(value)

    def sample(self, value: Any) -> Any:
        """A state as the file has it, or back."""
        return value if self.samples == "columns" else np.transpose(value)

    @property
    def options(self) -> dict[str, Any]:
        words: dict[str, Any] = {"joined": self.joined} if self.joined else {}
        return words | ({"gates": list(self.order)} if self.order else {})

    @property
    def section(self) -> dict[str, Any]:
        return {"weights": self.weights, "samples": self.samples, "count_from": 1}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def parameters(style: Style, gates: Sequence[str], units: int, inputs: int, rng: Any) -> dict[str, Any]:
    """Random parameters in the file's form; a layer without gates has the gate ''."""
    found: dict[str, Any] = {}
    height = len(style.order) or 1
    for gate in [""] if style.order else gates:
        x, h, both, b = names(style, gate)
        if style.joined:
            found[both] = style.weight(rng.normal(size=(height * units, units + inputs)))
        else:
            found[h] = style.weight(rng.normal(size=(height * units, units)))
            found[x] = style.weight(rng.normal(size=(height * units, inputs)))
        if style.biases == "one":
            found[b] = rng.normal(size=height * units)
        if style.biases == "two":
            two = ("b_hh", "b_xh") if "" in gates else (f"{b}h", f"{b}x") if gate else ("b_h", "b_x")
            found |= {stem: rng.normal(size=height * units) for stem in two}
    if style.biases == "shared":
        found["b"] = rng.normal(size=height * units)
    return found


def names(style: Style, gate: str) -> tuple[str, str, str, str]:
    """The weight over x, over h, over both, and the bias."""
    if gate:
        return f"W_{gate}x", f"W_{gate}h", f"W_{gate}", f"b_{gate}"
    return ("W_x", "W_h", "W", "b") if style.order else ("W_xh", "W_hh", "W", "b")


class Gate(NamedTuple):
    """The weights and biases of one gate, a row for each unit."""

    x: Any
    h: Any
    b_x: Any
    b_h: Any

    def of(self, h: Any, x: Any) -> Any:
        return np.dot(self.h, h) + self.b_h + np.dot(self.x, x) + self.b_x


def gate(style: Style, p: Parameters, letter: str, units: int) -> Gate:
    """One gate's part of a layer's parameters."""
    at = style.order.index(letter) if style.order else 0
    rows = slice(at * units, (at + 1) * units)
    x, h, both, b = names(style, "" if style.order else letter)
    if style.joined:
        W = style.weight(p[both])[rows]
        inputs = W.shape[1] - units
        W_h, W_x = (W[:, :units], W[:, units:]) if style.joined == "h_first" else (W[:, inputs:], W[:, :inputs])
    else:
        W_h, W_x = style.weight(p[h])[rows], style.weight(p[x])[rows]

    def bias(stem: str) -> Any:
        value = p.get(stem, 0.0)
        return np.reshape(value, (-1, 1))[rows if style.order else slice(None)] if np.ndim(value) else value

    two = {"": ("b_xh", "b_hh")}.get(letter, (f"b_{letter}x", f"b_{letter}h"))
    two = ("b_x", "b_h") if style.order else two
    one = bias(b) if b in p else bias("b")
    return Gate(W_x, W_h, bias(two[0]) + one, bias(two[1]))


def rnn(style: Style, p: Parameters, xs: Sequence[Any], units: int, start: Parameters, f: Function) -> dict[str, Any]:
    """Elman 1990: h = f(W_hh h + W_xh x + b)."""
    W, h, values = gate(style, p, "", units), start["h_0"], {}
    for t, x in enumerate(xs, 1):
        values[f"z_{t}"] = W.of(h, x)
        values[f"h_{t}"] = h = f(values[f"z_{t}"])
    return values


def lstm(
    style: Style, p: Parameters, xs: Sequence[Any], units: int, start: Parameters, functions: Sequence[Function]
) -> dict[str, Any]:
    """Hochreiter, Schmidhuber 1997 with the forget gates of Gers et al. 2000; peepholes where p has p_f, p_i, p_o."""
    W = {letter: gate(style, p, letter, units) for letter in "ifog"}
    h, c = start["h_0"], start["c_0"]
    squash, candidate, output = functions
    values: dict[str, Any] = {}

    def peep(letter: str, c: Any) -> Any:
        return np.reshape(p[f"p_{letter}"], (-1, 1)) * c if f"p_{letter}" in p else 0.0

    for t, x in enumerate(xs, 1):
        i = squash(W["i"].of(h, x) + peep("i", c))
        f = squash(W["f"].of(h, x) + peep("f", c))
        g = candidate(W["g"].of(h, x))
        c = f * c + i * g
        o = squash(W["o"].of(h, x) + peep("o", c))
        h = o * output(c)
        values |= {f"{key}_{t}": value for key, value in zip("ifgcoh", (i, f, g, c, o, h), strict=True)}
    return values


def gru(
    style: Style, p: Parameters, xs: Sequence[Any], units: int, start: Parameters, reset: str, keeps: bool
) -> dict[str, Any]:
    """Cho et al. 2014 (reset before); the reset after the product as in cuDNN, PyTorch and Keras' reset_after."""
    W = {letter: gate(style, p, letter, units) for letter in "rug"}
    h = start["h_0"]
    values: dict[str, Any] = {}
    for t, x in enumerate(xs, 1):
        r, u = sigmoid(W["r"].of(h, x)), sigmoid(W["u"].of(h, x))
        if reset == "before":
            g = np.tanh(W["g"].of(r * h, x))
        else:
            g = np.tanh(np.dot(W["g"].x, x) + W["g"].b_x + r * (np.dot(W["g"].h, h) + W["g"].b_h))
        h = u * h + (1 - u) * g if keeps else (1 - u) * h + u * g
        values |= {f"{key}_{t}": value for key, value in zip("rugh", (r, u, g, h), strict=True)}
    return values


def gradients(loss: Callable[[Any, Any], Any], p: Parameters, start: Parameters) -> dict[str, Any]:
    """dL by every parameter and initial state, in the forms in which they are given."""
    found = autograd.grad(loss, 0)(dict(p), dict(start)) | autograd.grad(loss, 1)(dict(p), dict(start))
    return {key: numpy.asarray(value) for key, value in found.items()}
