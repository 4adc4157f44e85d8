"""A feed-forward network in every layout of weights, samples and biases, in autograd's NumPy; nothing of nnsolve.

Parameters are in the orientation of the problem file, so that autograd's gradients are, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import autograd
import autograd.numpy as np
import numpy


class Style(NamedTuple):
    """The conventions of a problem file; bias `none` and `shared` are `separate` without b, and with a number."""

    weights: str
    samples: str
    bias: str

    def __str__(self) -> str:
        return f"W-{self.weights}-x-{self.samples}-b-{self.bias}"

    @property
    def section(self) -> dict[str, str]:
        bias = self.bias if self.bias in ("first", "last") else "separate"
        return {"weights": self.weights, "samples": self.samples, "bias": bias}

    def oriented(self, columns: Any) -> Any:
        """A matrix with a sample a column, in the file's orientation."""
        return columns if self.samples == "columns" else np.transpose(columns)

    def parameters(self, rng: Any, inputs: int, units: int) -> dict[str, Any]:
        """Random parameters of a layer as the file gives them."""
        W, b = rng.normal(size=(units, inputs)), rng.normal(size=(units, 1))
        if self.bias == "first":
            W = numpy.hstack([b, W])
        if self.bias == "last":
            W = numpy.hstack([W, b])
        layer: dict[str, Any] = {"W": W if self.weights == "rows" else W.T.copy()}
        if self.bias == "separate":
            layer["b"] = b.ravel()
        if self.bias == "shared":
            layer["b"] = float(b[0, 0])
        return layer

    def pre_activation(self, layer: Mapping[str, Any], x: Any) -> Any:
        """z of a layer for samples in columns."""
        W = layer["W"] if self.weights == "rows" else np.transpose(layer["W"])
        if self.bias == "first":
            return np.dot(W[:, 1:], x) + W[:, :1]
        if self.bias == "last":
            return np.dot(W[:, :-1], x) + W[:, -1:]
        z = np.dot(W, x)
        if self.bias == "separate":
            return z + np.reshape(layer["b"], (-1, 1))
        return z + layer["b"] if self.bias == "shared" else z


STYLES = [
    Style(weights, samples, bias)
    for weights in ("rows", "columns")
    for samples in ("columns", "rows")
    for bias in ("separate", "first", "last", "none", "shared")
]


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


Activation = Callable[[Any], Any]
Loss = Callable[[Any, Any], Any]
ACTIVATIONS: dict[str, Activation] = {
    "identity": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "elu": lambda z: np.where(z > 0, z, np.exp(np.where(z > 0, 0.0, z)) - 1.0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "softmax": softmax,
    "log_softmax": lambda z: np.log(softmax(z)),
}


def forward(
    style: Style, layers: Sequence[Mapping[str, Any]], functions: Sequence[Activation], x: Any, shift: Mapping[str, Any]
) -> dict[str, Any]:
    """z and a of every layer for samples in columns; `shift` is added to values, to differentiate by them."""
    values: dict[str, Any] = {}
    for i, (layer, function) in enumerate(zip(layers, functions, strict=True), 1):
        z = style.pre_activation(layer, x) + shift.get(f"z{i}", 0.0)
        x = function(z) + shift.get(f"a{i}", 0.0)
        values[f"z{i}"], values[f"a{i}"] = z, x
    return values


def solution(
    style: Style,
    layers: Sequence[Mapping[str, Any]],
    functions: Sequence[Activation],
    x: Any,
    loss: Callable[[Any], Any],
) -> dict[str, Any]:
    """All values and gradients by the names of the design, in the file's orientation."""
    values = forward(style, layers, functions, x, {})
    result = {name: style.oriented(value) for name, value in values.items()}
    result["L"] = loss(values[f"a{len(layers)}"])
    shifts = {name: numpy.zeros(value.shape) for name, value in values.items()}
    last = f"a{len(layers)}"
    of_values = autograd.grad(lambda shift: loss(forward(style, layers, functions, x, shift)[last]))(shifts)
    result |= {f"dL/d{name}": style.oriented(value) for name, value in of_values.items()}
    of_layers = autograd.grad(lambda layers: loss(forward(style, layers, functions, x, {})[last]))(list(layers))
    for i, gradients in enumerate(of_layers, 1):
        result |= {f"dL/d{key}{i}": value for key, value in gradients.items()}
    return result


def trained(
    style: Style,
    layers: Sequence[Mapping[str, Any]],
    functions: Sequence[Activation],
    x: Any,
    loss: Callable[[Any], Any],
    rate: float,
    updates: int,
) -> list[dict[str, Any]]:
    """The parameters after some steps of gradient descent."""
    current = [dict(layer) for layer in layers]
    last = f"a{len(layers)}"
    for _ in range(updates):
        gradients = autograd.grad(lambda ls: loss(forward(style, ls, functions, x, {})[last]))(current)
        current = [
            {key: value - rate * g[key] for key, value in layer.items()}
            for layer, g in zip(current, gradients, strict=True)
        ]
    return current
