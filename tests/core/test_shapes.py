"""Names and their spelling; which shapes may stand together in an elementwise operation, and which may not."""

from __future__ import annotations

import pytest

from nnsolve.core.names import END, Name
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError, broadcast, resolve_axis

COLUMNS, ROWS, UNSAID = Layout(0, True), Layout(1, True), Layout(0, False)


def tensor(*dims: int) -> Shape:
    return Shape(dims)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (Name("W", 1), "W1"),
        (Name("W", 1, "fx"), "W1_fx"),
        (Name("h", time=3), "h_3"),
        (Name("c", 2, time=0), "c2_0"),
        (Name("W", 1, "fx", of=Name("L"), update=2), "dL/dW1_fx@2"),
        (Name("L", epoch=3), "L@e3"),
        (Name("L", update=END), "L@end"),
        (Name("W", 2).gradient(Name("ell")).after(1), "dell/dW2@1"),
    ],
)
def test_names_are_spelled_in_the_order_of_their_parts(name: Name, text: str) -> None:
    assert str(name) == text


def test_the_parts_of_a_name() -> None:
    gradient = Name("W", 2, of=Name("L"), update=3)
    assert gradient.primal == Name("W", 2, update=3)
    assert gradient.after(0).moment == ""
    assert Name("L", epoch=2).after(1) == Name("L", update=1)


@pytest.mark.parametrize(
    ("shapes", "layout", "result"),
    [
        ([SCALAR, SCALAR], COLUMNS, SCALAR),
        ([SCALAR, tensor(2, 3)], COLUMNS, tensor(2, 3)),
        ([tensor(2, 3), tensor(2, 3)], COLUMNS, tensor(2, 3)),
        ([tensor(2, 3), COLUMNS.vector(2)], COLUMNS, tensor(2, 3)),
        ([ROWS.vector(3), tensor(2, 3)], ROWS, tensor(2, 3)),
        ([tensor(2, 3), Shape((1, 3), "per_sample")], COLUMNS, tensor(2, 3)),
        ([tensor(2, 3), Shape((2, 1), "per_sample")], ROWS, tensor(2, 3)),
        ([COLUMNS.vector(2), tensor(2, 1)], COLUMNS, COLUMNS.vector(2)),
        ([SCALAR, COLUMNS.vector(2), tensor(2, 3), SCALAR], COLUMNS, tensor(2, 3)),
    ],
)
def test_what_may_stand_together(shapes: list[Shape], layout: Layout, result: Shape) -> None:
    assert broadcast("a sum", shapes, layout).dims == result.dims
    assert broadcast("a sum", shapes[::-1], layout).dims == result.dims


@pytest.mark.parametrize(
    ("shapes", "layout"),
    [
        ([COLUMNS.vector(2), COLUMNS.vector(3)], COLUMNS),
        ([tensor(2, 3), tensor(3, 2)], COLUMNS),
        ([tensor(2, 3), COLUMNS.vector(3)], COLUMNS),
        ([tensor(2, 3), Shape((1, 3), "covector")], COLUMNS),
        ([tensor(2, 3), tensor(1, 3)], COLUMNS),
        ([COLUMNS.vector(3), Shape((1, 3), "covector")], COLUMNS),
        ([tensor(2, 3), Shape((2, 1), "covector")], ROWS),
        ([tensor(2, 2), tensor(2, 3)], COLUMNS),
        ([Shape((2, 2, 2)), tensor(2, 2)], COLUMNS),
    ],
)
def test_nothing_else_is_repeated(shapes: list[Shape], layout: Layout) -> None:
    """NumPy would repeat some of these in silence: a column and a row make a matrix."""
    for given in (shapes, shapes[::-1]):
        with pytest.raises(ShapeError, match="equal shapes"):
            broadcast("a sum", given, layout)


def test_a_transpose_is_suspected_where_it_would_help() -> None:
    with pytest.raises(ShapeError) as caught:
        broadcast("a sum", [tensor(2, 3), tensor(3, 2)], COLUMNS)
    assert caught.value.help is not None and "transpose" in caught.value.help


def test_axes() -> None:
    assert resolve_axis("features", tensor(2, 3), COLUMNS) == 0
    assert resolve_axis("features", tensor(2, 3), ROWS) == 1
    assert resolve_axis("samples", tensor(2, 3), ROWS) == 0
    assert resolve_axis(None, tensor(2, 3), ROWS) is None
    assert resolve_axis("features", UNSAID.vector(2), UNSAID) == 0
    for axis, shape, layout in (
        ("rows", tensor(2, 3), COLUMNS),
        ("features", tensor(2, 3), UNSAID),
        ("features", Shape((2, 2, 2)), COLUMNS),
    ):
        with pytest.raises(ShapeError):
            resolve_axis(axis, shape, layout)


def test_how_shapes_are_reported() -> None:
    assert COLUMNS.vector(4).reported == ROWS.vector(4).reported == (4,)
    assert tensor(4, 1).reported == (4, 1)
    assert SCALAR.reported == ()
    assert COLUMNS.count(tensor(2, 5)) == 5 and ROWS.count(tensor(2, 5)) == 2 and ROWS.count(ROWS.vector(5)) == 1
