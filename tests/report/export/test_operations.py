"""Every operation of the registry as the code that scripts have, at all cases of the generic tests."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnsolve.ops import REGISTRY
from nnsolve.ops.operation import Operation
from nnsolve.report.export.names import Identifiers
from nnsolve.report.export.python import code
from nnsolve.report.export.spelling import Numpy
from tests.ops.laboratory import Bench, Case, assert_close
from tests.ops.test_operations import CASES

WAYS = [
    *CASES,
    *[Case("round", ([[0.25, -2.75, 2.5, -0.5]],), {"decimals": 1, "ties": ties}) for ties in ("even", "zero", "away")],
    *[Case("round", ([[0.5, -2.5, 1.5, -0.5]],), {"ties": ties}) for ties in ("even", "zero", "away")],
    *[Case(op, ([[0.0, -2.0, 1.0]],), {"at_zero": at}) for op in ("step", "sign", "relu'") for at in (0, 1)],
    Case("concat", (0.5, 2.0)),
    Case("concat", (0.5, [[2.0], [1.0]])),
    Case("sequence", (1.0, 2.0, 3.0), {"whole": 1}),
    Case("time_step", ([[1.0], [2.0]],), {"at": 1, "dims": ()}),
]


def written(case: Case) -> Any:
    """The value of a case's code, in which nothing but NumPy and math is known."""
    bench = Bench(case)
    language = Numpy(Identifiers())
    node = language.node(bench.call, bench.shapes, lambda name: ast.Name(str(name)))
    names = {"np": np, "math": math, **{str(name): value for name, value in bench.values.items()}}
    for function in language.functions.values():
        exec("\n".join(function.lines), names)
    with np.errstate(all="ignore"):
        return eval(code(node), names)


@pytest.mark.parametrize("case", WAYS, ids=str)
def test_the_code_has_the_operations_value_and_shape(case: Case) -> None:
    assert_close(written(case), Bench(case).value(), 1e-13)


def test_every_operation_has_code() -> None:
    assert {case.op for case in WAYS} == set(REGISTRY) - {"jacobian"}


@pytest.mark.parametrize(
    "change",
    [lambda op: op._replace(numpy="x * 2"), lambda op: op._replace(numpy="return np.sin(x)")],
    ids=["expression", "function"],
)
def test_wrong_code_is_found(change: Callable[[Operation], Operation], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "sigmoid", change(REGISTRY["sigmoid"]))
    case = next(case for case in CASES if case.op == "sigmoid")
    with pytest.raises(AssertionError):
        assert_close(written(case), np.asarray(1 / (1 + np.exp(-np.array(case.args[0])))))


def test_an_operation_without_any_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "cosine", REGISTRY["cosine"]._replace(numpy=None))
    with pytest.raises(AssertionError, match="cosine"):
        written(next(case for case in CASES if case.op == "cosine"))
