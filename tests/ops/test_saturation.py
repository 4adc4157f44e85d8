"""Where exp and log overflow or vanish the values and derivatives are those of the exact formula."""

from __future__ import annotations

from decimal import Decimal, getcontext
from math import exp, expm1, log, log1p

import numpy as np
import pytest

from nnsolve.core.shapes import Layout
from tests.ops.laboratory import Bench, Case

BIG = 1e4
getcontext().prec = 60
getcontext().Emin, getcontext().Emax = -(10**8), 10**8


def value(op: str, *args: object, **options: object) -> np.ndarray:
    return np.asarray(Bench(Case(op, args, options)).value())


def exact_sigmoid(x: float) -> float:
    return float(1 / (1 + (-Decimal(x)).exp()))


@pytest.mark.parametrize("x", [-BIG, -745.0, -40.0, -1e-9, 0.0, 1e-9, 40.0, 745.0, BIG])
def test_scalars(x: float) -> None:
    assert value("sigmoid", x) == pytest.approx(exact_sigmoid(x), rel=1e-15, abs=5e-324)
    assert value("softplus", x) == pytest.approx(float((1 + Decimal(x).exp()).ln()), rel=1e-15, abs=5e-324)
    assert value("tanh", x) == pytest.approx(np.tanh(x))
    assert value("silu", x) == pytest.approx(float(Decimal(x) / (1 + (-Decimal(x)).exp())), rel=1e-15, abs=1e-320)
    assert value("elu", x) == pytest.approx(x if x > 0 else expm1(x), rel=1e-15)
    assert np.isfinite(value("gelu", x)) and np.isfinite(value("gelu_tanh", x))


@pytest.mark.parametrize("op", ["sigmoid", "tanh", "softplus", "silu", "gelu", "elu", "relu"])
@pytest.mark.parametrize("x", [-BIG, BIG])
def test_derivatives(op: str, x: float) -> None:
    slope = Bench(Case(op, (x,))).gradient(0, np.array(1.0))
    flat = op in ("sigmoid", "tanh") or x < 0
    assert slope == pytest.approx(0.0 if flat else 1.0, abs=1e-300)


@pytest.mark.parametrize("layout", [Layout(0, True), Layout(1, True)])
def test_softmax(layout: Layout) -> None:
    logits = np.array([[BIG, 0.0, -BIG], [0.0, 40.0, 0.0], [-BIG, -BIG, -BIG]]).T
    probabilities = np.array([[1, 0, 0], [exp(-40), 1, exp(-40)], [1 / 3] * 3]).T
    small = -log1p(2 * exp(-40))
    logs = np.array([[0, -BIG, -2 * BIG], [small - 40, small, small - 40], [-log(3)] * 3]).T
    if layout.features:
        logits, probabilities, logs = logits.T, probabilities.T, logs.T
    np.testing.assert_allclose(Bench(Case("softmax", (logits,), {}, layout)).value(), probabilities, 1e-14, 1e-300)
    np.testing.assert_allclose(Bench(Case("log_softmax", (logits,), {}, layout)).value(), logs, 1e-14)


def test_cross_entropies() -> None:
    column = [[BIG], [0.0], [-BIG]]
    assert value("softmax_cross_entropy", column, [[0.0], [0.0], [1.0]]) == 2 * BIG
    assert value("softmax_cross_entropy", column, [[1.0], [0.0], [0.0]]) == 0
    assert value("sigmoid_cross_entropy", column, [[0.0], [1.0], [1.0]]) == pytest.approx(2 * BIG + log(2), rel=1e-15)
    assert value("sigmoid_cross_entropy", column, [[1.0], [0.5], [0.0]]) == pytest.approx(log(2), rel=1e-15)
    assert value("sigmoid_cross_entropy", 40.0, 1.0) == pytest.approx(exp(-40), rel=1e-14)
    for op in ("softmax_cross_entropy", "sigmoid_cross_entropy"):
        slope = Bench(Case(op, (column, [[0.0], [0.0], [1.0]]))).gradient(0, np.array(1.0))
        assert np.isfinite(slope).all()


def test_limits() -> None:
    """0 ln 0 = 0, 0 / 0 counts as 0 where a rule says `ratio`, and no square overflows in a norm."""
    assert value("xlogy", 0.0, 0.0) == 0
    assert value("ratio", 0.0, 0.0) == 0
    assert value("norm", [[3e200], [4e200]]) == pytest.approx(5e200, rel=1e-15)
    assert value("norm", [[0.0], [0.0]]) == 0
    assert not np.any(Bench(Case("norm", ([[0.0], [0.0]],))).gradient(0, np.array(1.0)))
