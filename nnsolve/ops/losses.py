"""Operations that only losses need: softmax and sigmoid in one with the logarithm that follows them, and huber."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.shapes import SCALAR, Layout, Shape, broadcast
from nnsolve.ops.activations import _log_softmax
from nnsolve.ops.operation import Operation, elementwise, register


def _both(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    broadcast("cross-entropy", list(shapes), layout)
    return SCALAR


def _softmax_cross_entropy(x: Any, y: Any, axis: int | None = None) -> Any:
    logs = _log_softmax(x, axis=axis)
    return -np.sum(np.where(np.equal(y, 0), 0.0, y * np.where(np.equal(y, 0), 0.0, logs)))


def _sigmoid_cross_entropy(x: Any, y: Any) -> Any:
    return np.sum(np.maximum(x, 0.0) - y * x + np.log1p(np.exp(-np.abs(x))))


def _huber(x: Any, delta: float) -> Any:
    size = np.abs(x)
    return np.where(size <= delta, 0.5 * x * x, delta * (size - 0.5 * delta))


register(
    Operation(
        "softmax_cross_entropy",
        ("x", "y"),
        "-sum(y * ln(softmax(x))) of logits x, for targets y that sum to 1 in every sample; finite for any logits",
        _softmax_cross_entropy,
        _both,
        options={"axis": "features"},
        gradient={"x": "g * (softmax(x, axis=axis) - y)", "y": "-g * log_softmax(x, axis=axis)"},
        definition="-sum(y * log_softmax(x, axis=axis))",
        shown_as_definition=True,
        array="-add.reduce(where(equal(y, 0.0), 0.0, y * log_softmax(x, axis=axis)))",
        torch="-torch.sum(y * torch.log_softmax(x, dim=axis))",
        example=([[0.5], [-2.0], [1.25]], [[0.0], [0.25], [0.75]]),
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.3",
    )
)
register(
    Operation(
        "sigmoid_cross_entropy",
        ("x", "y"),
        "-sum(y * ln(sigmoid(x)) + (1 - y) * ln(1 - sigmoid(x))) of logits x; finite for any logits",
        _sigmoid_cross_entropy,
        _both,
        gradient={"x": "g * (sigmoid(x) - y)", "y": "-g * x"},
        definition="sum(max(x, 0) - y * x + ln(1 + exp(-abs(x))))",
        shown_as_definition=True,
        array="add.reduce(maximum(x, 0.0) - y * x + log1p(exp(-absolute(x))))",
        torch='torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction="sum")',
        example=([[0.5], [-2.0], [1.25]], [[0.0], [1.0], [0.75]]),
        source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.2",
    )
)
elementwise(
    "huber_error",
    _huber,
    "x²/2 where |x| <= delta, else delta * (|x| - delta/2)",
    symbol="huber",
    options={"delta": ...},
    gradient={"x": "g * clip(x, -delta, delta)"},
    array="size = absolute(x); where(less_equal(size, delta), 0.5 * x * x, delta * (size - 0.5 * delta))",
    scalar="0.5 * x * x if abs(x) <= delta else delta * (abs(x) - 0.5 * delta)",
    torch='torch.nn.functional.huber_loss(x, torch.zeros_like(x), reduction="none", delta=delta)',
    example=([[0.5, -2.0, 3.25]],),
    example_options={"delta": 1.0},
    source="Huber: Robust Estimation of a Location Parameter (1964)",
)
