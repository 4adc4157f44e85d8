"""Every operation once more, written in autograd's NumPy from its definition; nothing of nnsolve is used.

An operation that is missing here fails the tests: a new one is compared with something independent from its first day.
Functions take the operation's tensors and its options, `axis` as a number (0 or 1) or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd.numpy as np
import numpy
from autograd.extend import defvjp, primitive

erf = primitive(numpy.vectorize(math.erf, otypes=[float]))
defvjp(erf, lambda ans, x: lambda g: g * 2.0 / np.sqrt(np.pi) * np.exp(-(x**2)))


def sigmoid(x: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def cdf(x: Any) -> Any:
    return 0.5 * (1.0 + erf(x / np.sqrt(2.0)))


def pdf(x: Any) -> Any:
    return np.exp(-(x**2) / 2.0) / np.sqrt(2.0 * np.pi)


def softmax(x: Any, axis: int | None = None) -> Any:
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def total(x: Any, axis: int | None) -> Any:
    return np.sum(x, axis=axis, keepdims=axis is not None)


def extreme(one: Callable[..., Any], two: Callable[..., Any]) -> Callable[..., Any]:
    def value(x: Any, y: Any = None, axis: int | None = None) -> Any:
        return one(x, axis=axis, keepdims=axis is not None) if y is None else two(x, y)

    return value


def ones_row(x: Any, axis: int) -> Any:
    dims = list(x.shape)
    dims[axis] = 1
    return np.ones(dims)


def index(x: Any, key: Any, base: int) -> Any:
    parts = [numpy.arange(*slice(*part).indices(n)) if isinstance(part, tuple) else [part]
             for part, n in zip(key, x.shape, strict=True)]  # fmt: skip
    return x[numpy.ix_(*parts)]


def scatter(x: Any, key: Any, dims: Any) -> Any:
    result = numpy.zeros(dims)
    rows, columns = (range(*slice(*p).indices(n)) if isinstance(p, tuple) else [p]
                     for p, n in zip(key, dims, strict=True))  # fmt: skip
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            result[r, c] = numpy.reshape(x, (len(rows), len(columns)))[i, j]
    return result


def sum_of(*parts: Any) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = result + part
    return result


def product_of(*parts: Any) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = result * part
    return result


def rounded(x: Any, decimals: int, ties: str) -> Any:
    assert ties == "even"
    return numpy.round(x, decimals)


def word_vectors(E: Any, words: str | None) -> list[Any]:
    """The vector of each word."""
    return [E[k, :] for k in range(E.shape[0])] if words == "rows" else [E[:, k] for k in range(E.shape[1])]


def lookup(E: Any, i: Any, words: str, count_from: int) -> Any:
    found = np.array([word_vectors(E, words)[int(n) - count_from] for n in numpy.ravel(i)])
    return found if numpy.ndim(i) == 2 and numpy.shape(i)[1] == 1 else found.T


def scatter_words(g: Any, i: Any, dims: Any, words: str, count_from: int) -> Any:
    result = numpy.zeros(dims)
    by_sample = g if numpy.ndim(i) == 2 and numpy.shape(i)[1] == 1 and numpy.size(i) > 1 else g.T
    for n, part in zip(numpy.ravel(i), numpy.reshape(by_sample, (numpy.size(i), -1)), strict=True):
        for k, value in enumerate(part):
            result[(int(n) - count_from, k) if words == "rows" else (k, int(n) - count_from)] += value
    return result


def cosine(x: Any, y: Any, words: str | None) -> Any:
    def of(a: Any, b: Any) -> Any:
        return np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))

    y = np.ravel(y)
    if words is None and x.size == y.size:
        return of(np.ravel(x), y)
    words = words or ("rows" if x.shape[1] == y.size else "columns")
    return np.array([of(vector, y) for vector in word_vectors(x, words)])


def nearest(E: Any, v: Any, count: int, words: str | None, count_from: int) -> Any:
    found = list(numpy.atleast_1d(cosine(E, v, words)))
    order: list[float] = []
    for _ in range(count):
        best = max(range(len(found)), key=lambda k: (found[k], -k))
        order.append(best + count_from)
        found[best] = -math.inf
    return numpy.array(order)


ORACLE: dict[str, Callable[..., Any]] = {
    # arithmetic
    "add": sum_of,
    "neg": lambda x: -x,
    "mul": product_of,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "ratio": lambda x, y: x / y,
    "xlogy": lambda x, y: x * np.log(y),
    # functions
    "exp": np.exp,
    "ln": np.log,
    "log2": lambda x: np.log(x) / np.log(2.0),
    "log10": lambda x: np.log(x) / np.log(10.0),
    "sqrt": lambda x: x**0.5,
    "abs": lambda x: np.where(x < 0, -x, x),
    "sin": np.sin,
    "cos": np.cos,
    "floor": lambda x: numpy.vectorize(math.floor)(x) * 1.0,
    "round": rounded,
    "clip": lambda x, low, high: np.where(x < low, low, np.where(x > high, high, x)),
    # activations
    "identity": lambda x: 1.0 * x,
    "relu": lambda x, at_zero: np.where(x > 0, x, 0.0),
    "relu'": lambda x, at_zero: np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_zero)),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "leaky_relu'": lambda x, slope: np.where(x > 0, 1.0, slope),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * (np.exp(x) - 1.0)),
    "elu'": lambda x, alpha: np.where(x > 0, 1.0, alpha * np.exp(x)),
    "sigmoid": sigmoid,
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "softplus": lambda x: np.log(1.0 + np.exp(x)),
    "silu": lambda x: x / (1.0 + np.exp(-x)),
    "gelu": lambda x: x * cdf(x),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "normal_cdf": cdf,
    "normal_pdf": pdf,
    "sign": lambda x, at_zero: np.where(x > 0, 1.0, np.where(x < 0, -1.0, at_zero or 0.0)),
    "abs'": lambda x: np.where(x > 0, 1.0, np.where(x < 0, -1.0, 0.0)),
    "step": lambda x, at_zero: np.where(x > 0, 1.0, 0.0),
    "softmax": softmax,
    "log_softmax": lambda x, axis: np.log(softmax(x, axis)),
    # linear algebra
    "matmul": lambda x, y: np.dot(x, y),
    "transpose": lambda x: x.T,
    "dot": lambda x, y: np.sum(x * y),
    "outer": lambda x, y: np.reshape(x, (-1, 1)) * np.reshape(y, (1, -1)),
    "append_one": lambda x, axis: np.concatenate([x, ones_row(x, axis)], axis=axis),
    "prepend_one": lambda x, axis: np.concatenate([ones_row(x, axis), x], axis=axis),
    "drop_last": lambda x, axis: x[:-1] if axis == 0 else x[:, :-1],
    "drop_first": lambda x, axis: x[1:] if axis == 0 else x[:, 1:],
    # reductions
    "sum": total,
    "mean": lambda x, axis: total(x, axis) / (x.size if axis is None else x.shape[axis]),
    "norm": lambda x, axis: np.sqrt(total(x**2, axis)),
    "max": extreme(np.max, np.maximum),
    "min": extreme(np.min, np.minimum),
    # losses
    "softmax_cross_entropy": lambda x, y, axis: -np.sum(y * np.log(softmax(x, axis))),
    "sigmoid_cross_entropy": lambda x, y: -np.sum(y * np.log(sigmoid(x)) + (1 - y) * np.log(1 - sigmoid(x))),
    "huber_error": lambda x, delta: np.where(np.abs(x) <= delta, x**2 / 2, delta * (np.abs(x) - delta / 2)),
    # rearranging
    "index": index,
    "scatter": scatter,
    "concat": lambda *parts, axis: np.concatenate(parts, axis=axis),
    "sequence": lambda *steps, whole: np.array([s.ravel() for s in steps]) if steps[0].size > 1 else np.array(steps),
    "time_step": lambda x, at, dims: np.reshape(x[at], dims),
    "reshape": lambda x, shape: np.reshape(x, shape),
    "reshaped": lambda x, dims: np.reshape(x, dims),
    "shape": lambda x: numpy.array(x.shape, dtype=float).reshape(-1, 1),
    "size": lambda x: float(x.size),
    # words
    "lookup": lookup,
    "scatter_words": scatter_words,
    "cosine": cosine,
    "nearest": nearest,
    # masks and repeated gradients
    "greater": lambda x, y, tie: np.where(x > y, 1.0, np.where(x < y, 0.0, tie)),
    "inside": lambda x, low, high: np.where((low < x) & (x < high), 1.0, 0.0),
    "is_max": lambda x, axis: (x == total_max(x, axis)) / numpy.sum(x == total_max(x, axis), axis=axis, keepdims=True),
    "is_min": lambda x, axis: (
        (x == -total_max(-x, axis)) / numpy.sum(x == -total_max(-x, axis), axis=axis, keepdims=True)
    ),
    "diag": lambda x: numpy.diag(numpy.ravel(x)),
    "ones": lambda x: numpy.ones(x.shape),
    "zeros": lambda x: numpy.zeros(x.shape),
}


def total_max(x: Any, axis: int | None) -> Any:
    return numpy.max(x, axis=axis, keepdims=True)
