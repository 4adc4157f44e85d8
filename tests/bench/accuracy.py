"""How far emitted gradients are from those of autograd: the worst case of each kind, relative to the tensor's norm."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import autograd
import numpy as np

from nnsolve.blocks import LAYERS
from tests.blocks.test_recurrent import GRUS, RNN_STYLES, a_gru, an_lstm, an_rnn, styles
from tests.blocks.test_recurrent import compared as through_time
from tests.engine.networks import ACTIVATIONS, STYLES, solution
from tests.engine.solving import solved
from tests.engine.test_conventions import _problem
from tests.engine.test_losses import PAIRS, SPECS, network, over_samples, sections, targets
from tests.ops.laboratory import Bench, differentiable
from tests.ops.test_operations import CASES

RECURRENT = {"rnn", "lstm", "gru"}


class Deviation(NamedTuple):
    """One gradient held against autograd's."""

    where: str
    size: float


def deviation(where: str, found: Any, expected: Any) -> Deviation:
    """The norm of the difference, relative to the norm of what is expected.

    A gradient below 1e-12 is 0 but for rounding (that of a bias which all inputs of a softmax share), as everything
    that is compared here is of the order of 1: its difference counts as it is.
    """
    difference = float(np.linalg.norm(np.ravel(found) - np.ravel(expected)))
    norm = float(np.linalg.norm(np.ravel(expected)))
    return Deviation(where, difference / norm if norm > 1e-12 else difference)


def operations() -> Iterator[Deviation]:
    """Every argument of every operation, at its registered example and at more."""
    for case in CASES:
        for i in differentiable(case.op, len(case.args)):
            bench = Bench(case)
            g = bench.incoming()
            yield deviation(str(case), bench.gradient(i, g), bench.oracle_gradient(i, g))


def layers() -> Iterator[Deviation]:
    """Every layout of weights, samples and biases, one sample and several, with each activation."""
    assert set(LAYERS) == {"dense", *RECURRENT, "embedding", "pooling"}, "a layer is not compared"
    for style in STYLES:
        for samples in (1, 5):
            for activation in ACTIVATIONS:
                given, parameters, functions, x, loss = _problem(style, samples, (activation, "sigmoid"))
                expected = solution(style, parameters, functions, x, loss)
                yield from compared(f"{style} {activation}", given, expected)


def recurrent() -> Iterator[Deviation]:
    """Every form in which the weights of recurrent layers are written, through three steps; words and their mean."""
    cases = [an_rnn(style) for style in RNN_STYLES]
    cases += [an_lstm(style) for style in styles("ifog")]
    cases += [a_gru(style, reset) for style, reset in GRUS]
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            for name, found, expected in through_time(Path(folder), *case):
                if name.startswith("dL/d"):
                    yield deviation(f"{name}, {case[1]} {case[0]}", found, expected)
    yield from words()


def words() -> Iterator[Deviation]:
    """The gradient of word vectors, one of which is read twice, behind a mean over time."""
    E = np.random.default_rng(0).normal(size=(4, 3))
    with tempfile.TemporaryDirectory() as folder:
        found = solved(
            Path(folder),
            conventions={"weights": "rows", "samples": "columns", "count_from": 0},
            layers=[{"embedding": {"E": E, "words": "rows"}}, {"pooling": {"over_time": "mean"}}],
            inputs={"x": [2, 0, 2]},
            loss="sum(p^3)",
        )["dL/dE"]
    yield deviation("dL/dE", found, autograd.grad(lambda E: ((E[2] + E[0] + E[2]) / 3) ** 3 @ np.ones(3))(E))


def losses() -> Iterator[Deviation]:
    """Every loss behind every activation that suits it, one sample and several, summed and averaged."""
    for name, activation in PAIRS:
        spec = SPECS[name]
        for reduction in ("one", "sum", "mean"):
            samples = 1 if reduction == "one" else 4
            for style in STYLES[:: len(STYLES) // 3]:
                parameters, functions, x = network(style, activation, samples)
                y = targets(spec.targets, 3, samples)
                text = {"name": name, **spec.options, **({} if reduction == "one" else {"reduction": reduction})}
                given = sections(style, parameters, activation, x, y, loss=text)
                expected = solution(style, parameters, functions, x, over_samples(spec.value, y, reduction))
                yield from compared(f"{name} of {activation}, {reduction}", given, expected)


def compared(where: str, given: dict[str, Any], expected: dict[str, Any]) -> Iterator[Deviation]:
    """The gradients of the parameters of a problem."""
    with tempfile.TemporaryDirectory() as folder:
        found = solved(Path(folder), **given)
        for name, value in expected.items():
            if name.startswith(("dL/dW", "dL/db")):
                yield deviation(f"{name}, {where}", found[name], value)


KINDS = {"operations": operations, "layers": layers, "recurrent layers": recurrent, "losses": losses}
