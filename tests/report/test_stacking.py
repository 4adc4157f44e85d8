"""Gradients of slices that fill a tensor are written as one stack; any others stay what they are."""

from __future__ import annotations

import numpy as np
import pytest

from nnsolve.core.expressions import Call, Expr, Ref, add, call
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.problem.model import Conventions
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope
from nnsolve.report.stacking import stacked
from nnsolve.report.style import Style

A, B, C = (Name(stem) for stem in "abc")


def scope(samples: str = "columns", unicode: bool = True) -> Scope:
    return Scope(Style(unicode=unicode), Conventions(samples=samples), {})


def down(name: Name, start: int, stop: int, size: int = 5) -> Expr:
    return call("scatter", Ref(name), key=((start, stop), 0), dims=(size, 1))


def test_parts_that_fill_a_vector_are_stacked_in_their_order() -> None:
    expr = add(down(B, 2, 3), down(A, 0, 2), down(C, 3, 5))
    assert stacked(expr, scope()) == call("concat", Ref(A), Ref(B), Ref(C))
    assert formula(expr, scope()) == "[a; b; c]"
    assert formula(expr, scope(unicode=False)) == "concat(a, b, c)"


def test_the_stack_has_the_value_of_the_sum() -> None:
    expr = add(down(B, 2, 3), down(A, 0, 2), down(C, 3, 5))
    values = {A: np.array([[1.0], [2.0]]), B: np.array([[3.0]]), C: np.array([[4.0], [5.0]])}
    shapes = Shapes(scope().layout)
    shapes.named.update({name: Shape(value.shape, "vector") for name, value in values.items()})
    both = [evaluate(e, shapes, values) for e in (expr, stacked(expr, scope()))]
    np.testing.assert_array_equal(both[0], both[1])
    np.testing.assert_array_equal(both[0].ravel(), [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    "expr",
    [
        add(down(A, 0, 2), down(C, 3, 5)),  # a gap
        add(down(A, 0, 3), down(C, 2, 5)),  # an overlap
        add(down(A, 0, 2), down(B, 2, 4)),  # the end is missing
        add(down(A, 0, 2), down(B, 2, 5), down(C, 0, 2)),  # twice the same place
        add(down(A, 0, 2), Ref(B)),
        down(A, 0, 2),
        add(
            call("scatter", Ref(A), key=(0, (0, 2)), dims=(1, 4)), call("scatter", Ref(B), key=(0, (2, 4)), dims=(1, 4))
        ),
    ],
)
def test_what_does_not_fill_the_features_stays(expr: Expr) -> None:
    assert stacked(expr, scope()) == expr


def test_batches_and_rows_are_stacked_along_their_features() -> None:
    batch = [call("scatter", Ref(n), key=((i, i + 1), (None, None)), dims=(2, 3)) for i, n in enumerate((A, B))]
    assert formula(add(*batch), scope()) == "[a; b]"
    rows = [call("scatter", Ref(n), key=((0, 3), (i, i + 1)), dims=(3, 2)) for i, n in enumerate((A, B))]
    assert formula(add(*rows), scope("rows")) == "[a, b]"
    part = [call("scatter", Ref(n), key=((i, i + 1), (0, 2)), dims=(2, 3)) for i, n in enumerate((A, B))]
    assert isinstance(stacked(add(*part), scope()), Call) and "scatter" in formula(add(*part), scope())
