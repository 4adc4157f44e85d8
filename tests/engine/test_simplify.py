"""Emitted gradients read as in a textbook: signs, constants, transposes, powers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.solving import formulas, solve_text

CASES = [
    ("sum(w * x)", "w", "x"),
    ("mean((w - x)^2)", "x", "2/3 * (x - w)"),
    ("1/2 * (s - q)^2", "s", "s - q"),
    ("1/2 * (s - q)^2", "q", "q - s"),
    ("(s - q)^2 / 2", "s", "s - q"),
    ("-(s - q)^2", "s", "2 * (q - s)"),
    ("0.5 * sum((w - x)^2)", "w", "w - x"),
    ("(s - 1)^2 * 3 / 4", "s", "3/2 * (s - 1)"),
    ("ln(s / q)", "s", "1 / s"),
    ("ln(s / q)", "q", "-1 / q"),
    ("sqrt(s^2 + q^2)", "s", "s / L"),
    ("exp(-s^2 / 2)", "s", "-L * s"),
    ("norm(x)^2", "x", "2 * x"),
    ("norm(w - x)", "x", "(x - w) / L"),
    ("(2 * s)^2", "s", "8 * s"),
    ("s^2 + s^2 + 3 * s^2", "s", "10 * s"),
    ("s - -q", "q", "1"),
    ("s * q^3 + s^2 / q", "q", "3 * s * q^2 - s^2 / q^2"),
    ("-s / q", "s", "-1 / q"),
    ("s^q", "q", "L * ln(s)"),
    ("s^-2", "s", "-2 * s^(-3)"),
    ("sin(s) * cos(q)", "q", "-sin(s) * sin(q)"),
    ("sum((x * s)^2) / 3", "x", "2/3 * x * s^2"),
    ("sum(softmax(w) * x)", "w", "softmax(w) * (x - L)"),
    ("sum(A @ x)", "x", "A.T @ ones(A @ x)"),
    ("norm(A.T.T @ x)", "A", "((A @ x) / L) @ x.T"),
    ("sum((x.T @ A.T)^2)", "A", "2 * (A @ x @ x.T)"),
    ("sum(w) * s", "w", "s * ones(w)"),
    ("s * 0 + q", "s", "0"),
]


@pytest.mark.parametrize(("loss", "of", "expected"), CASES)
def test_the_gradient_reads_as_in_a_textbook(loss: str, of: str, expected: str, tmp_path: Path) -> None:
    text = f"""
conventions: {{samples: columns}}
inputs: {{x: [0.5, 2, 1]}}
parameters: {{w: [1, 2, 3], A: [[1, 2, 3], [4, 5, 6]], s: 2, q: 3}}
equations: ["L = {loss}"]
loss: L
ask: [dL/d{of}]
"""
    assert formulas(solve_text(tmp_path, text))[f"dL/d{of}"] == expected
