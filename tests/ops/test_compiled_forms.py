"""The straight-line and the scalar code of every operation against its value, special numbers included."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnsolve.core.equations import Equation
from nnsolve.core.names import Name
from nnsolve.engine.compiled.arraycode import ArrayCode
from nnsolve.engine.compiled.atoms import NotScalarError
from nnsolve.engine.compiled.graph import Graph
from nnsolve.engine.compiled.lowering import lower
from nnsolve.engine.compiled.scalarcode import ScalarCode
from nnsolve.ops import REGISTRY
from nnsolve.ops.activations import JumpAtZeroError
from nnsolve.ops.primitives import PRIMITIVES, SCALAR_NAMES
from tests.ops.laboratory import Bench, Case
from tests.ops.test_operations import CASES

P = Name("P")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-300, -1e-300, 40.0, -40.0, 708.0, -708.0, 720.0, -720.0]
SPECIAL += [1e4, -1e4, 1e200, -1e200, np.inf, -np.inf, np.nan]
UNROLLED = {"softmax", "log_softmax", "norm", "max", "min", "sum", "mean", "is_max", "is_min", "dot", "outer", "matmul"}
UNROLLED |= {"softmax_cross_entropy", "sigmoid_cross_entropy"}
CALLED = {"round", "lookup", "scatter_words", "cosine", "nearest"}
"""Operations that have no scalar code."""


def graph_of(bench: Bench, scalar: bool) -> Graph:
    """The graph of an update that gives P the value of the operation."""
    bench.shapes.named[P] = bench.shape
    program = SimpleNamespace(
        shapes=bench.shapes,
        updated=[P],
        given={},
        leaves={},
        loss=None,
        closure=lambda wanted: [Equation(P.after(1), bench.call)],
    )
    rounding = SimpleNamespace(rule=lambda name: None)
    return lower(program, rounding, set(bench.names), scalar=scalar)  # type: ignore[arg-type]


def by_arrays(bench: Bench) -> Any:
    """The value that array code computes; twice, as buffers are used again."""
    value = np.full(bench.shape.dims, 7.0)
    code = ArrayCode(graph_of(bench, scalar=False), 1.0, {P: value})
    row = tuple(bench.values[name] for name in code.data)
    with np.errstate(all="ignore"):
        code.advance([[row], [row]], [], 0.0)
    return value


def by_numbers(bench: Bench) -> Any:
    """The value that scalar code computes; None where it raises."""
    code = ScalarCode(graph_of(bench, scalar=True), 1.0)
    row = [x for name in code.data for x in bench.values[name].ravel().tolist()]
    stopped, _, state = code.advance(iter([iter([row])]), [], 0.0, [7.0] * bench.shape.size)
    return None if stopped is not None else np.reshape(state, bench.shape.dims)


def assert_same(found: Any, expected: Any, tolerance: float) -> None:
    assert np.shape(found) == np.shape(expected)
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        same |= np.abs(found - expected) <= tolerance * np.abs(expected)
    assert np.all(same), f"{found}\nis not\n{expected}"


def specials(name: str) -> list[Case]:
    """An operation at all combinations of special numbers, one a tensor."""
    operation = REGISTRY[name]
    count = len(operation.arguments)
    values = SPECIAL if count < 3 else SPECIAL[::3]
    return [Case(name, args, operation.example_options) for args in itertools.product(values, repeat=count)]


ELEMENTWISE = [name for name, operation in REGISTRY.items() if operation.elementwise and operation.value is not None]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_array_code(case: Case) -> None:
    bench = Bench(case)
    assert_same(by_arrays(bench), np.asarray(bench.value(), dtype=float), 1e-14)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scalar_code(case: Case) -> None:
    bench = Bench(case)
    if case.op in CALLED:
        with pytest.raises(NotScalarError):
            by_numbers(bench)
        return
    found = by_numbers(bench)
    assert found is not None
    assert_same(found, np.asarray(bench.value(), dtype=float), 1e-14)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_special_numbers(name: str) -> None:
    """Where scalar code does not raise, it gives what NumPy gives: inf, nan, and 1e-15 of anything else."""
    raised = 0
    for case in specials(name):
        bench = Bench(case)
        try:
            with np.errstate(all="ignore"):
                expected = np.asarray(bench.value(), dtype=float)
        except JumpAtZeroError:
            with pytest.raises(JumpAtZeroError):
                by_arrays(bench)
            assert by_numbers(bench) is None
            continue
        assert_same(by_arrays(bench), expected, 1e-15)
        if name in CALLED:
            continue
        found = by_numbers(bench)
        raised += found is None
        if found is not None:
            assert_same(found, expected, 1e-15 if name != "pow" else 4e-15)
    assert raised <= len(specials(name)) * 3 // 4, "scalar code is of no use"


@pytest.mark.parametrize("name", sorted(UNROLLED))
def test_special_numbers_in_tensors(name: str) -> None:
    rng = np.random.default_rng(5)
    operation = REGISTRY[name]
    for _ in range(150):
        args = []
        for example in operation.example:
            array = np.array(example, dtype=float)
            args.append(np.where(rng.random(array.shape) < 0.3, rng.choice(SPECIAL, array.shape), array))
        count = len(args) if operation.optional == 0 else 1
        bench = Bench(Case(name, tuple(args[:count]), operation.example_options))
        with np.errstate(all="ignore"):
            expected = np.asarray(bench.value(), dtype=float)
        assert_same(by_arrays(bench), expected, 1e-14)
        found = by_numbers(bench)
        if found is not None:
            assert_same(found, expected, 1e-14)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitives(name: str) -> None:
    """The scalar form of every primitive, on all special numbers."""
    primitive = PRIMITIVES[name]
    count = max(i + 1 for i, letter in enumerate("xyz") if letter in primitive.scalar.replace("exp", ""))
    function = eval(f"lambda x, y=0.0, z=0.0: {primitive.scalar}", dict(SCALAR_NAMES))
    for args in itertools.product(SPECIAL if count < 3 else [0.0, 1.0, np.nan], repeat=count):
        with np.errstate(all="ignore"):
            expected = np.asarray(primitive.function(*args))
        try:
            found = function(*args)
        except (ArithmeticError, ValueError):
            assert not primitive.safe, f"{name}{args} raises"
            continue
        assert_same(float(bool(found) if primitive.boolean else found), expected.astype(float), 1e-15)


def test_every_operation_has_a_form() -> None:
    """What has neither straight-line code nor a ufunc is called, or only moves elements."""
    without = {
        name
        for name, operation in REGISTRY.items()
        if operation.value is not None
        and operation.array is None
        and not operation.arranges
        and not isinstance(operation.value, np.ufunc)
    }
    assert without == {"round", "gelu", "normal_cdf", "sign", "step"} | CALLED


def test_the_comparison_can_fail() -> None:
    for wrong in (1.0 + 1e-13, np.nan, np.inf):
        with pytest.raises(AssertionError):
            assert_same(np.array([wrong]), np.array([1.0]), 1e-15)
    with pytest.raises(AssertionError):
        assert_same(np.array([1.0]), np.array([np.nan]), 1e-15)


def test_a_wrong_form_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive sigmoid is 0 where the stable one is 1e-313; relu with < lets nan become 0."""
    naive = REGISTRY["sigmoid"]._replace(array="1.0 / (1.0 + exp(-x))")
    monkeypatch.setitem(REGISTRY, "sigmoid", naive)
    with pytest.raises(AssertionError):
        test_special_numbers("sigmoid")
    monkeypatch.setitem(REGISTRY, "relu", REGISTRY["relu"]._replace(scalar="x if x > 0 else 0.0"))
    with pytest.raises(AssertionError):
        test_special_numbers("relu")
