"""Random programs: the same formula as text of the equation language and as a function in autograd's NumPy."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import autograd.numpy as np
import numpy

Dims = tuple[int, ...]
Env = Mapping[str, Any]


class Term(NamedTuple):
    """A formula: its text, and what computes it."""

    text: str
    value: Callable[[Env], Any]


LEAVES: dict[str, Dims] = {
    "s": (),
    "r": (),
    "u": (3, 1),
    "v": (3, 1),
    "w": (2, 1),
    "A": (2, 3),
    "B": (3, 3),
    "C": (3, 2),
    "X": (3, 4),
    "Y": (2, 4),
}
SHAPES = list(dict.fromkeys(LEAVES.values()))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


def norm(x: Any) -> Any:
    """The norm, with the derivative 0 at 0."""
    square = np.sum(x**2)
    return np.sqrt(np.where(square > 0, square, 1.0)) * (square > 0)


UNARY: dict[str, Callable[[Any], Any]] = {
    "tanh({})": np.tanh,
    "sigmoid({})": lambda x: 1 / (1 + np.exp(-x)),
    "sin({})": np.sin,
    "cos({})": np.cos,
    "exp(-({})^2)": lambda x: np.exp(-(x**2)),
    "softplus({})": lambda x: np.log(1 + np.exp(x)),
    "relu({})": lambda x: np.where(x > 0, x, 0.0),
    "abs({})": lambda x: np.where(x > 0, x, -x),
    "silu({})": lambda x: x / (1 + np.exp(-x)),
    "({})^2": lambda x: x**2,
    "({})^3": lambda x: x**3,
    "({})^1": lambda x: x,
    "-({})": lambda x: -x,
    "({}) / 2": lambda x: x / 2,
    "1/3 * ({})": lambda x: x / 3,
    "0 * ({})": lambda x: 0 * x,
    "1 / (1 + ({})^2)": lambda x: 1 / (1 + x**2),
    "2 - ({})": lambda x: 2 - x,
    "sqrt(1 + ({})^2)": lambda x: np.sqrt(1 + x**2),
    "ln(2 + sin({}))": lambda x: np.log(2 + np.sin(x)),
    "max(0, {})": lambda x: np.where(x > 0, x, 0.0),
    "min({}, 0.4)": lambda x: np.where(x < 0.4, x, 0.4),
    "clip({}, -0.5, 0.7)": lambda x: np.where(x < -0.5, -0.5, np.where(x > 0.7, 0.7, x)),
    "leaky_relu({}, slope=0.1)": lambda x: np.where(x > 0, x, 0.1 * x),
    "gelu_tanh({})": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "({}) + ({})": lambda x, y: x + y,
    "({}) - ({})": lambda x, y: x - y,
    "({}) * ({})": lambda x, y: x * y,
    "({}) / (1 + ({})^2)": lambda x, y: x / (1 + y**2),
    "-({}) * ({}) / 2": lambda x, y: -x * y / 2,
    "max({}, {})": np.maximum,
    "min({}, {})": np.minimum,
}
REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum({})": np.sum,
    "mean({})": np.mean,
    "norm({})": norm,
    "max({})": np.max,
    "min({})": np.min,
    "1/2 * sum(({})^2)": lambda x: np.sum(x**2) / 2,
}


class Maker:
    """Draws formulas of a given shape."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: dict[str, Dims] = dict(LEAVES)

    def leaf(self, dims: Dims) -> Term:
        name = self.random.choice([n for n, d in self.names.items() if d == dims])
        return Term(name, lambda env: env[name])

    def term(self, dims: Dims, depth: int) -> Term:
        if depth <= 0:
            return self.leaf(dims)
        makers = [self.unary, self.binary, self.binary, self.scaled]
        if dims:
            makers += [self.product, self.product, self.transposed, self.softmax, self.spread]
        if len(dims) == 2 and dims[1] == 1:
            makers += [self.over_samples, self.column, self.joined]
        if dims == (3, 3):
            makers.append(self.outer)
        if not dims:
            makers += [self.reduced, self.reduced, self.dot, self.inner, self.element]
        return self.random.choice(makers)(dims, depth - 1)

    def unary(self, dims: Dims, depth: int) -> Term:
        text, function = self.random.choice(list(UNARY.items()))
        x = self.term(dims, depth)
        return Term(text.format(x.text), lambda env: function(x.value(env)))

    def binary(self, dims: Dims, depth: int) -> Term:
        text, function = self.random.choice(list(BINARY.items()))
        x, y = self.term(dims, depth), self.term(dims, depth)
        return Term(text.format(x.text, y.text), lambda env: function(x.value(env), y.value(env)))

    def scaled(self, dims: Dims, depth: int) -> Term:
        s, x = self.term((), min(depth, 1)), self.term(dims, depth)
        if self.random.random() < 0.5:
            return Term(f"({s.text}) * ({x.text})", lambda env: s.value(env) * x.value(env))
        return Term(f"({x.text}) - ({s.text})", lambda env: x.value(env) - s.value(env))

    def product(self, dims: Dims, depth: int) -> Term:
        pairs = [(d, e) for d in SHAPES for e in SHAPES if d and e and d[1] == e[0] and (d[0], e[1]) == dims]
        if not pairs:
            return self.leaf(dims)
        left, right = self.random.choice(pairs)
        x, y = self.term(left, depth), self.term(right, depth)
        return Term(f"(({x.text}) @ ({y.text}))", lambda env: np.dot(x.value(env), y.value(env)))

    def transposed(self, dims: Dims, depth: int) -> Term:
        if (dims[1], dims[0]) not in SHAPES:
            return self.leaf(dims)
        x = self.term((dims[1], dims[0]), depth)
        return Term(f"({x.text}).T", lambda env: np.transpose(x.value(env)))

    def softmax(self, dims: Dims, depth: int) -> Term:
        x = self.term(dims, depth)
        if self.random.random() < 0.5:
            return Term(f"softmax({x.text})", lambda env: softmax(x.value(env)))
        return Term(f"log_softmax({x.text})", lambda env: np.log(softmax(x.value(env))))

    def spread(self, dims: Dims, depth: int) -> Term:
        """A vector that is repeated for every sample."""
        if (dims[0], 1) not in SHAPES:
            return self.leaf(dims)
        x, b = self.term(dims, depth), self.term((dims[0], 1), depth)
        text, function = self.random.choice(list(BINARY.items()))
        return Term(text.format(x.text, b.text), lambda env: function(x.value(env), b.value(env)))

    def over_samples(self, dims: Dims, depth: int) -> Term:
        x = self.term((dims[0], 4), depth)
        if self.random.random() < 0.5:
            return Term(f"sum({x.text}, axis=samples)", lambda env: np.sum(x.value(env), axis=1, keepdims=True))
        return Term(f"mean({x.text}, axis=samples)", lambda env: np.mean(x.value(env), axis=1, keepdims=True))

    def column(self, dims: Dims, depth: int) -> Term:
        x = self.term((dims[0], 4), depth)
        i = self.random.randint(1, 4)
        return Term(f"({x.text})[:,{i}]", lambda env: x.value(env)[:, i - 1 : i])

    def joined(self, dims: Dims, depth: int) -> Term:
        if dims[0] != 3:
            x = self.term((3, 1), depth)
            return Term(f"({x.text})[2:]", lambda env: x.value(env)[1:])
        s, x = self.term((), depth), self.term((2, 1), depth)

        def value(env: Env) -> Any:
            return np.concatenate([x.value(env), np.reshape(s.value(env), (1, 1))])

        return Term(f"concat({x.text}, {s.text})", value)

    def outer(self, dims: Dims, depth: int) -> Term:
        x, y = self.term((3, 1), depth), self.term((3, 1), depth)
        return Term(f"outer({x.text}, {y.text})", lambda env: np.dot(x.value(env), np.transpose(y.value(env))))

    def reduced(self, dims: Dims, depth: int) -> Term:
        x = self.term(self.random.choice([d for d in SHAPES if d]), depth)
        text, function = self.random.choice(list(REDUCTIONS.items()))
        return Term(text.format(x.text), lambda env: function(x.value(env)))

    def dot(self, dims: Dims, depth: int) -> Term:
        x, y = self.term((3, 1), depth), self.term((3, 1), depth)
        return Term(f"dot({x.text}, {y.text})", lambda env: np.sum(x.value(env) * y.value(env)))

    def inner(self, dims: Dims, depth: int) -> Term:
        x, y = self.term((2, 1), depth), self.term((2, 1), depth)
        return Term(f"(({x.text}).T @ ({y.text}))", lambda env: np.sum(x.value(env) * y.value(env)))

    def element(self, dims: Dims, depth: int) -> Term:
        x = self.term((2, 3), depth)
        i, j = self.random.randint(1, 2), self.random.randint(1, 3)
        return Term(f"({x.text})[{i},{j}]", lambda env: x.value(env)[i - 1, j - 1])


class RandomProgram(NamedTuple):
    """Equations that use one another, the last one a number, and values of the leaves."""

    equations: list[tuple[str, Term]]
    leaves: dict[str, Any]
    shapes: dict[str, Dims]

    def run(self, leaves: Mapping[str, Any], shift: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """All values; `shift` is added to those of equations, to differentiate by them."""
        env = dict(leaves)
        for name, term in self.equations:
            env[name] = term.value(env) + (shift or {}).get(name, 0.0)
        return env


def random_program(seed: int, equations: int = 3, depth: int = 3) -> RandomProgram:
    """A program that is the same for the same seed."""
    maker = Maker(seed)
    rng = numpy.random.default_rng(seed)
    found: list[tuple[str, Term]] = []
    for i in range(equations):
        dims = maker.random.choice(SHAPES)
        term = maker.term(dims, depth)
        found.append((f"t{i}", term))
        maker.names[f"t{i}"] = dims
    parts = [maker.reduced((), 1) for _ in range(2)]
    names = [name for name, _ in found]
    text = " + ".join([p.text for p in parts] + [f"sum({n}^2)" for n in names])
    found.append(
        ("L", Term(text, lambda env: sum(p.value(env) for p in parts) + sum(np.sum(env[n] ** 2) for n in names)))
    )
    leaves = {name: rng.normal(size=dims) for name, dims in LEAVES.items()}
    return RandomProgram(found, leaves, maker.names)
