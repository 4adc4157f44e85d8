"""Numbers read well and mislead nobody; matrices read back from their layout."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnsolve.core.shapes import Shape
from nnsolve.report.boxes import Box, width
from nnsolve.report.numbers import number, places, plain, rounded
from nnsolve.report.style import Style
from nnsolve.report.tensors import corners, number_of, summary, tensor_box, texts

ASCII, UNICODE = Style(unicode=False), Style()
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def read(text: str) -> float:
    """A number as printed, read back."""
    mantissa, _, exponent = text.translate(SUPERSCRIPTS).partition("×10")
    return float(mantissa.replace("∞", "inf") + (f"e{exponent}" if exponent else ""))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-15.0, "-15"),
        (0.25, "0.25"),
        (7.1000000000000005, "7.1"),
        (1.2000000000000002, "1.2"),
        (1.00000000000001, "1"),  # Adam's second moment, corrected: 0.001999 / (1 - 0.999**2)
        (0.9999999999999065, "0.9999999999999"),  # sigmoid(30)
        (6.0835844697020525, "6.0836"),
        (0.24048908305088898, "0.2405"),
        (-0.00416236, "-0.004162"),
        (0.9999996941, "0.9999997"),
        (1.0000003, "1.0000003"),
        (0.99999999996, "0.99999999996"),  # a probability: what is left to 1 is the gradient
        (2.9000000003, "2.9000"),  # 3 - 0.1 * 3 / (3 + 1e-8)
        (2.90000001, "2.90000001"),
        (-133.99999999, "-134.0000"),
        (9.9999999996, "10.0000"),  # 10 times that probability
        (-0.99999999996, "-0.99999999996"),
        (3.7751345441365816e-11, "3.7751e-11"),
        (3.059022269e-07, "3.0590e-7"),
        (1e-8, "1e-8"),
        (148413.1591025766, "148413.16"),
        (1234567890123.0, "1.2346e12"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_a_single_number(value: float, text: str) -> None:
    assert number_of(value, ASCII) == text


def test_unicode_signs() -> None:
    assert number_of(-3.7751345441365816e-11, UNICODE) == "−3.7751×10⁻¹¹"
    assert number_of(-math.inf, UNICODE) == "−∞"
    assert number_of(-0.5, UNICODE) == "−0.5"


finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
usual = st.one_of(finite, st.floats(-100, 100), st.integers(-50, 50).map(float), st.floats(-1e-3, 1e-3))


@given(usual)
def test_what_is_printed_is_near(value: float) -> None:
    shown = read(number_of(value, UNICODE))
    assert shown == pytest.approx(value, rel=6e-4, abs=0)


@given(usual)
def test_an_integer_is_printed_only_for_an_integer(value: float) -> None:
    text = number_of(value, ASCII)
    if "." not in text and "e" not in text:
        assert abs(float(text) - value) <= 3e-14 * abs(value)
    if value != 0:
        assert float(text) != 0


@given(st.integers(1, 13), st.sampled_from([-1, 1]), st.integers(-3, 3))
def test_what_is_nearly_an_integer_is_told_from_it(exponent: int, sign: int, base: int) -> None:
    """By its digits where they are few, and where the rest of a probability matters; else by the zeros of rounding."""
    value = base + sign * 10.0**-exponent
    assert f"{value:.0f}" != number_of(value, ASCII)  # what plain rounding would have printed
    if exponent <= 7 or abs(base) <= 1:
        assert read(number_of(value, UNICODE)) != base
    else:
        assert number_of(value, ASCII) in (f"{base}.0000", f"{value:.8f}")


def test_too_few_digits_would_be_noticed() -> None:
    assert f"{0.9999996941:.4f}" == "1.0000"
    assert plain(0.9999996941, 4) == "0.9999997"


@given(st.floats(-1e6, 1e6), st.integers(0, 8))
def test_forced_decimals(value: float, decimals: int) -> None:
    text = plain(value, 4, decimals)
    assert len(text.partition(".")[2]) == decimals
    assert abs(Decimal(text) - Decimal(value)) <= Decimal(5).scaleb(-decimals - 1)  # exact, so that ties are too
    assert text.strip("-0.") or not text.startswith("-")


def test_rounded_as_asked() -> None:
    assert rounded(0.6936, ASCII, decimals=2) == "0.69"
    assert rounded(-0.0001, ASCII, decimals=2) == "0.00"
    assert rounded(1234.5678, ASCII, significant=3) == "1230"
    assert rounded(0.0012345, ASCII, significant=3) == "0.00123"
    assert rounded(1.5e-9, ASCII, significant=3) == "1.50e-9"
    assert rounded(math.nan, ASCII, decimals=2) == "nan"


def parse_box(box: Box) -> np.ndarray:
    return np.array([[read(cell) for cell in row[1:-1].split()] for row in box.rows])


matrices = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=usual)


@given(matrices, st.booleans())
def test_a_matrix_reads_back(matrix: np.ndarray, unicode: bool) -> None:
    box = tensor_box(matrix, Style(unicode=unicode))
    found = parse_box(box)
    assert found.shape == matrix.shape
    for shown, value in zip(found.ravel(), matrix.ravel(), strict=True):
        assert shown == pytest.approx(value, rel=6e-3, abs=0)


@given(matrices, st.booleans())
def test_columns_are_aligned_on_the_point(matrix: np.ndarray, unicode: bool) -> None:
    box = tensor_box(matrix, Style(unicode=unicode))
    assert {width(row) for row in box.rows} == {box.width}
    if matrix.shape[1] == 1 and matrix.shape[0] > 1:
        points = {row.index(".") for row in box.rows if "." in row}
        assert len(points) <= 1
        for row in box.rows:
            if "." not in row and points:  # an integer ends where the point would stand
                assert len(row[: min(points)].rstrip()) == min(points) or not row[min(points)].isdigit()


def test_a_wrong_digit_does_not_read_back() -> None:
    box = tensor_box(np.array([[1.25, 2.0], [3.0, -4.5]]), ASCII)
    spoilt = Box([row.replace("1.25", "1.52") for row in box.rows], box.width)
    assert parse_box(spoilt)[0, 0] != pytest.approx(1.25, rel=6e-3)


def test_one_tensor_has_one_number_of_decimals() -> None:
    count = places([0.0470131, 0.00234065, 0.9442837])
    assert [number(x, count, ASCII) for x in (0.0470131, 0.00234065, 0.9442837)] == ["0.04701", "0.00234", "0.94428"]


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([0.150000004, -0.400000001], ["0.150000004", "-0.400000001"]),
        ([0.40012, 0.100006123, 0.25, 0.3], ["0.40012", "0.10001", "0.25", "0.3"]),
        ([0.5, 1 / 3, 1.25e-5, 0.0], ["0.5", "0.3333", "1.25e-5", "0"]),  # short ones and powers of ten stay
        ([0.4, 0.99999999996], ["0.4", "0.99999999996"]),
        ([math.inf, 0.3333333], ["inf", "0.3333"]),
    ],
)
def test_where_one_number_needs_more_decimals_all_that_are_rounded_have_them(
    column: list[float], shown: list[str]
) -> None:
    assert [text for (text,) in texts([[value] for value in column], ASCII)] == shown


def test_a_large_tensor_is_summarised() -> None:
    matrix = np.arange(784 * 128, dtype=float).reshape(784, 128) / 1e5
    box = corners(matrix, ASCII, 76)
    assert len(box.rows) == 5 and box.width <= 76
    assert "..." in box.rows[0]
    text = summary(matrix, Shape((784, 128)), ASCII)
    assert text == "784x128, 100352 numbers, from 0 to 1.0035, norm 183.5326" or text.startswith(
        "784x128, 100352 numbers"
    )
    assert "norm " + number_of(float(np.linalg.norm(matrix)), ASCII) in text
    assert number_of(float(np.linalg.norm(matrix)) * 1.01, ASCII) not in text


def test_a_summary_says_what_is_not_finite() -> None:
    matrix = np.zeros((30, 30))
    matrix[3, 4] = np.inf
    assert "1 of them not finite" in summary(matrix, Shape((30, 30)), ASCII)
    assert "not finite" not in summary(np.zeros((30, 30)), Shape((30, 30)), ASCII)


def test_the_norm_of_large_numbers_does_not_overflow() -> None:
    assert "norm 3.0000e201" in summary(np.full((30, 30), 1e200), Shape((30, 30)), ASCII).replace("3e201", "3.0000e201")
