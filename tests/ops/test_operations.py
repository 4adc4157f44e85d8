"""Every operation of the registry, at its example and at further cases, against autograd and central differences."""

from __future__ import annotations

import numpy as np
import pytest

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import Call
from nnsolve.core.shapes import Layout
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import definition as definition_of
from tests.ops.laboratory import Bench, Case, assert_close, differentiable
from tests.ops.oracle import ORACLE

ROWS = Layout(1, True)
BATCH = [[0.5, -2.0, 3.25], [1.0, 0.25, -0.75]]
OTHER = [[1.5, -0.5, 2.0], [-1.0, 3.0, 0.75]]
PROBABILITIES = [[0.25, 0.5, 0.125], [0.75, 0.5, 0.875]]
COLUMN, ROW = [[1.5], [-0.5]], [[1.5, -0.5, 2.0]]

NEEDS_A_PROGRAM = {"jacobian"}
"""Computed by a backward pass for each row; tested with the engine."""

EXAMPLES = [
    Case(name, operation.example, operation.example_options)
    for name, operation in REGISTRY.items()
    if name not in NEEDS_A_PROGRAM
]
MORE = [
    Case("add", (BATCH, 2.0)),
    Case("add", (2.0, BATCH, 1.5)),
    Case("add", (BATCH, COLUMN)),
    Case("add", (ROW, BATCH), {}, ROWS),
    Case("add", (BATCH, COLUMN), {}, ROWS, ("tensor", "per_sample")),
    Case("add", (ROW, BATCH), {}, Layout(0, True), ("per_sample", "tensor")),
    Case("mul", (BATCH, 2.0)),
    Case("mul", (2.0, BATCH)),
    Case("mul", (BATCH, COLUMN)),
    Case("mul", (ROW, BATCH), {}, ROWS),
    Case("mul", (BATCH, OTHER, 0.5)),
    Case("mul", (2.0, 3.0)),
    Case("div", (BATCH, 2.0)),
    Case("div", (2.0, BATCH)),
    Case("div", (BATCH, COLUMN)),
    Case("div", (COLUMN, OTHER)),
    Case("div", (OTHER, ROW), {}, Layout(0, True), ("tensor", "per_sample")),
    Case("pow", ([[0.5, 2.0], [1.5, 3.0]], 3.0)),
    Case("pow", (2.0, BATCH)),
    Case("pow", ([[0.5], [2.0]], [[1.0, -1.0], [2.0, 0.5]])),
    Case("ratio", (BATCH, 2.0)),
    Case("ratio", (BATCH, OTHER)),
    Case("xlogy", (PROBABILITIES, 0.3)),
    Case("xlogy", (PROBABILITIES, PROBABILITIES)),
    Case("clip", (BATCH, -0.7, 0.9)),
    Case("max", (BATCH,)),
    Case("max", (BATCH,), {"axis": "features"}),
    Case("max", (BATCH,), {"axis": "samples"}),
    Case("max", (BATCH,), {"axis": "samples"}, ROWS),
    Case("min", (BATCH,), {"axis": "features"}, ROWS),
    Case("min", (BATCH,)),
    Case("max", (BATCH, 0.3)),
    Case("max", (0.3, BATCH)),
    Case("min", (BATCH, COLUMN)),
    Case("max", (1.0, 2.0)),
    *[
        Case(op, (BATCH,), {"axis": axis}, layout)
        for op in ("sum", "mean", "norm")
        for axis in ("features", "samples")
        for layout in (Layout(0, True), ROWS)
    ],
    *[Case(op, (COLUMN,), {"axis": "features"}) for op in ("sum", "mean", "norm")],
    *[Case(op, (COLUMN,), {"axis": "samples"}) for op in ("sum", "mean", "norm")],
    *[Case(op, (BATCH,), {}, layout) for op in ("softmax", "log_softmax") for layout in (Layout(0, True), ROWS)],
    *[Case(op, (BATCH,), {"axis": "samples"}, ROWS) for op in ("softmax", "log_softmax")],
    Case("softmax", (ROW,), {}, ROWS),
    Case("softmax_cross_entropy", (BATCH, PROBABILITIES)),
    Case("softmax_cross_entropy", (BATCH, [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]]), {}, ROWS),
    Case("sigmoid_cross_entropy", (BATCH, PROBABILITIES)),
    Case("matmul", (BATCH, [[1.0], [2.0], [-1.0]])),
    Case("matmul", (ROW, np.transpose(BATCH)), {}, ROWS),
    Case("matmul", (ROW, [[1.0], [2.0], [-1.0]]), {}, Layout(0, True), ("covector", "vector")),
    Case("matmul", ([[1.0], [2.0], [-1.0]], ROW), {}, Layout(0, True), ("vector", "covector")),
    Case("transpose", (COLUMN,)),
    Case("dot", (ROW, [[0.5, 2.0, -1.0]]), {}, ROWS),
    Case("outer", (ROW, [[0.5, 2.0]]), {}, ROWS),
    Case("outer", (COLUMN, ROW), {}, Layout(0, True), ("vector", "covector")),
    *[Case(op, (BATCH,), {}, layout) for op in ("append_one", "prepend_one") for layout in (Layout(0, True), ROWS)],
    *[Case(op, (BATCH,), {}, layout) for op in ("drop_last", "drop_first") for layout in (Layout(0, True), ROWS)],
    Case("index", (BATCH,), {"key": (0, 1)}),
    Case("index", (BATCH,), {"key": ((None, None), 2)}),
    Case("index", (BATCH,), {"key": ((0, 1), (1, None))}),
    Case("index", (BATCH,), {"key": (1, (None, 2))}, ROWS),
    Case("concat", (BATCH, OTHER, BATCH)),
    Case("concat", (BATCH, OTHER), {}, ROWS),
    Case("concat", (BATCH, COLUMN), {"axis": "samples"}),
    Case("concat", (BATCH, ROW), {"axis": "samples"}, ROWS),
    Case("reshape", (BATCH,), {"shape": (6,)}),
    Case("reshape", (BATCH,), {"shape": 6}, ROWS),
    Case("reshape", (COLUMN,), {"shape": (1, 2)}),
    *[
        Case("lookup", (E, i), {"words": words, "count_from": 1}, layout)
        for E, words in ((BATCH, "rows"), (BATCH, "columns"))
        for i, layout in ((2.0, Layout(0, True)), ([[2.0, 1.0, 2.0]], Layout(0, True)), ([[2.0], [1.0], [2.0]], ROWS))
    ],
    Case("scatter_words", (BATCH, [[1.0, 0.0, 1.0]]), {"dims": (2, 2), "words": "rows"}),
    Case("scatter_words", (BATCH, [[3.0], [3.0]]), {"dims": (3, 4), "words": "columns", "count_from": 1}, ROWS),
    Case("cosine", (ROW, [[0.5, 2.0, -1.0]]), {}, ROWS),
    Case("cosine", (ROW, [[0.5], [2.0], [-1.0]])),
    *[
        Case("cosine", (E, v), {"words": words} if said else {}, layout)
        for E, v, words in ((BATCH, ROW, "rows"), (BATCH, COLUMN, "columns"))
        for v in (v, np.transpose(v).tolist())
        for said in (True, False)
        for layout in (Layout(0, True), ROWS)
    ],
    Case("cosine", ([[1.0, 2.0], [-0.5, 0.3]], COLUMN), {"words": "rows"}),
    Case("cosine", ([[1.0, 2.0], [-0.5, 0.3]], COLUMN), {"words": "columns"}, ROWS),
    Case("cosine", (ROW, [[0.5, 2.0, -1.0]]), {"words": "rows"}),
    Case("nearest", (BATCH, COLUMN), {"count": 3, "count_from": 1}),
    Case("nearest", ([[1.0, 0.0, 3.0, 2.0], [0.0, 1.0, 0.0, 0.0]], COLUMN), {"count": 4, "words": "columns"}),
    Case("nearest", (BATCH, ROW), {"words": "rows"}, ROWS),
    Case("huber_error", (BATCH,), {"delta": 0.8}),
    Case("leaky_relu", (BATCH,), {"slope": 0.01}),
    Case("elu", (BATCH,), {"alpha": 0.7}),
    Case("is_max", (BATCH,), {"axis": "features"}),
    Case("is_min", ([[1.0, 1.0, 2.0]],)),
    Case("round", (BATCH,), {"decimals": 1}),
    *[
        Case(name, (0.75,), operation.example_options)
        for name, operation in REGISTRY.items()
        if operation.elementwise and len(operation.arguments) == 1
    ],
]
CASES = [*EXAMPLES, *MORE]
DIFFERENTIABLE = [
    pytest.param(case, i, id=f"{case} d{i}") for case in CASES for i in differentiable(case.op, len(case.args))
]


def test_every_operation_has_an_example() -> None:
    missing = {name for name, op in REGISTRY.items() if not op.example} - NEEDS_A_PROGRAM
    assert not missing


def test_every_operation_is_compared_with_an_independent_one() -> None:
    assert set(REGISTRY) - NEEDS_A_PROGRAM == set(ORACLE)


def test_every_operation_says_what_its_derivative_is_or_why_there_is_none() -> None:
    for name, operation in REGISTRY.items():
        answers = [bool(operation.gradient), bool(operation.no_derivative), operation.adjoint_only]
        if not operation.gradient and operation.definition:
            answers.append(True)
        assert any(answers), name
        assert not (operation.gradient and operation.no_derivative), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value(case: Case) -> None:
    bench = Bench(case)
    expected = np.asarray(bench.oracle(*bench.arrays), dtype=float)
    assert_close(bench.value(), np.reshape(expected, bench.shape.dims))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_shape_rule_agrees_with_the_value(case: Case) -> None:
    bench = Bench(case)
    operation = REGISTRY[case.op]
    if operation.value is None:
        assert bench.value().shape == bench.shape.dims
        return
    with np.errstate(all="ignore"):
        value = operation.value(*bench.arrays, **bench.options())
    assert np.size(value) == bench.shape.size
    if case.op != "reshape":
        assert tuple(n for n in np.shape(value) if n != 1) == tuple(n for n in bench.shape.dims if n != 1)


@pytest.mark.parametrize(("case", "i"), DIFFERENTIABLE)
def test_derivative_against_autograd(case: Case, i: int) -> None:
    bench = Bench(case)
    incoming = bench.incoming()
    assert_close(bench.gradient(i, incoming), bench.oracle_gradient(i, incoming))


@pytest.mark.parametrize(("case", "i"), DIFFERENTIABLE)
def test_derivative_against_central_differences(case: Case, i: int) -> None:
    bench = Bench(case)
    incoming = bench.incoming()
    assert_close(bench.gradient(i, incoming), bench.difference_gradient(i, incoming), 1e-8)


@pytest.mark.parametrize("case", [c for c in CASES if REGISTRY[c.op].definition], ids=str)
def test_value_is_that_of_the_definition(case: Case) -> None:
    bench = Bench(case)
    operation = REGISTRY[case.op]
    assert operation.definition
    definition = definition_of(bench.call)
    assert definition is not None
    value = bench.evaluate(definition)
    finite = np.isfinite(value)  # x ln y and x / y are defined by their limits where the definition is 0 * inf or 0 / 0
    assert finite.any()
    assert_close(np.where(finite, bench.value(), 0), np.where(finite, value, 0))


@pytest.mark.parametrize("name", [n for n, op in REGISTRY.items() if op.no_derivative])
def test_an_operation_without_a_derivative_says_so(name: str) -> None:
    operation = REGISTRY[name]
    bench = Bench(Case(name, operation.example, operation.example_options))
    if operation.no_derivative == "constant":
        assert not np.any(bench.gradient(0, bench.incoming()))
        return
    with pytest.raises(ProblemError) as caught:
        bench.gradient(0, bench.incoming())
    (found,) = caught.value.diagnostics
    assert found.code == "no-derivative"
    assert operation.no_derivative is not None and operation.no_derivative in found.message
    assert found.help


@pytest.mark.parametrize(
    ("name", "argument", "wrong"),
    [
        ("sigmoid", "x", "g * out * (1 + out)"),
        ("sigmoid", "x", "-g * out * (1 - out)"),
        ("tanh", "x", "g * (1 - out)"),
        ("div", "y", "g * x / y^2"),
        ("softmax", "x", "out * g"),
        ("softmax_cross_entropy", "x", "g * (y - softmax(x, axis=axis))"),
        ("norm", "x", "g * x"),
        ("mean", "x", "g"),
        ("log_softmax", "x", "g - exp(out)"),
        ("dot", "x", "g * x"),
        ("huber_error", "x", "g * x"),
        ("sin", "x", "g * cos(x) * 1.000001"),
    ],
)
def test_a_wrong_rule_is_caught(name: str, argument: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = REGISTRY[name]
    rules = {**operation.gradient, argument: wrong}
    monkeypatch.setitem(REGISTRY, name, operation._replace(gradient=rules))
    case = Case(name, operation.example, operation.example_options)
    i = operation.arguments.index(argument)
    with pytest.raises(AssertionError):
        test_derivative_against_autograd(case, i)
    with pytest.raises(AssertionError):
        test_derivative_against_central_differences(case, i)


def test_a_wrong_product_rule_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The factors of dL/dW = delta x^T exchanged."""
    operation = REGISTRY["matmul"]
    wrong = {**operation.gradient, "x": lambda site, i: Call("matmul", (Call("transpose", (site.args[1],)), site.g))}
    monkeypatch.setitem(REGISTRY, "matmul", operation._replace(gradient=wrong))
    square = Case("matmul", ([[1.0, 2.0], [3.0, 5.0]], [[0.5, -1.0], [2.0, 0.25]]))
    with pytest.raises(AssertionError):
        test_derivative_against_autograd(square, 0)


def test_a_wrong_value_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = REGISTRY["softplus"]
    monkeypatch.setitem(REGISTRY, "softplus", operation._replace(value=lambda x: np.log(2.0 + np.exp(x))))
    with pytest.raises(AssertionError):
        test_value(Case("softplus", operation.example))
