"""How far emitted gradients are from those of autograd: the worst case of each kind, relative to the tensor's norm."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnsolve.blocks import LAYERS
from tests.engine.networks import ACTIVATIONS, STYLES, solution
from tests.engine.solving import solved
from tests.engine.test_conventions import _problem
from tests.engine.test_losses import PAIRS, SPECS, network, over_samples, sections, targets
from tests.ops.laboratory import Bench
from tests.ops.test_operations import CASES, differentiable


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
    assert set(LAYERS) == {"dense"}, "a layer is not compared"
    for style in STYLES:
        for samples in (1, 5):
            for activation in ACTIVATIONS:
                given, parameters, functions, x, loss = _problem(style, samples, (activation, "sigmoid"))
                expected = solution(style, parameters, functions, x, loss)
                yield from compared(f"{style} {activation}", given, expected)


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


KINDS = {"operations": operations, "layers": layers, "losses": losses}
