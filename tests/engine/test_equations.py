"""Free-form equations: random programs and chosen ones against autograd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from tests.engine.programs import RandomProgram, random_program
from tests.engine.solving import assert_close, codes, failure, formulas, solve_text, solved


def written(value: Any) -> Any:
    value = np.asarray(value)
    return value.ravel() if value.ndim == 2 and value.shape[1] == 1 else value


def problem(program: RandomProgram) -> dict[str, Any]:
    used = " ".join(term.text for _, term in program.equations)
    leaves = {name: written(value) for name, value in program.leaves.items() if name in used}
    return {
        "conventions": {"samples": "columns", "count_from": 1},
        "parameters": leaves,
        "equations": [f"{name} = {term.text}" for name, term in program.equations],
        "loss": "L",
        "ask": ["L"],
    }


@pytest.mark.parametrize("seed", range(120))
def test_random_program(seed: int, tmp_path: Path) -> None:
    program = random_program(seed)
    text = problem(program)
    found = solved(tmp_path, **text)
    values = program.run(program.leaves)
    for name, _ in program.equations:
        expected = np.asarray(values[name], dtype=float)
        assert np.isfinite(expected).all()
        assert_close(np.ravel(found[name]), np.ravel(expected), 1e-11)
    gradients = autograd.grad(lambda leaves: program.run(leaves)["L"])(program.leaves)
    for name in text["parameters"]:
        assert_close(np.ravel(found[f"dL/d{name}"]), np.ravel(gradients[name]), 1e-11)
        assert np.shape(found[f"dL/d{name}"]) == np.shape(text["parameters"][name])
    shifts = {name: np.zeros(np.shape(values[name])) for name, _ in program.equations[:-1]}
    deltas = autograd.grad(lambda shift: program.run(program.leaves, shift)["L"])(shifts)
    for name, delta in deltas.items():
        assert_close(np.ravel(found[f"dL/d{name}"]), np.ravel(delta), 1e-11)


# Chosen programs


VECTORS = """
conventions: {samples: columns, count_from: 1}
parameters: {W: [[1, -2, 0.5], [0.25, 1, -1], [2, 0, 1]], b: [0.1, -0.2, 0.3]}
inputs: {x: [0.5, -1, 2]}
equations:
  - z = W @ x + b
  - a = tanh(z)
  - s = softmax(z)
  - q = a * s
  - n = norm(q)
  - L = n^2 + sum(s * a)
loss: L
"""


def _values(x: Any) -> dict[str, Any]:
    W = np.array([[1, -2, 0.5], [0.25, 1, -1], [2, 0, 1]])
    z = anp.dot(W, x) + np.array([0.1, -0.2, 0.3])
    a = anp.tanh(z)
    s = anp.exp(z) / anp.sum(anp.exp(z))
    return {"z": z, "a": a, "s": s, "q": a * s, "n": anp.sqrt(anp.sum((a * s) ** 2))}


def test_elementwise_derivatives_and_jacobians(tmp_path: Path) -> None:
    """da/dz has the shape of z where a is elementwise in z; any other derivative is dA_i/dB_j."""
    found = solve_text(tmp_path, VECTORS)
    x = np.array([0.5, -1.0, 2.0])
    z = found["z"]
    assert_close(found["da/dz"], 1 - np.tanh(z) ** 2)
    soft = found["s"]
    assert_close(found["ds/dz"], np.diag(soft) - np.outer(soft, soft))
    assert_close(found["dq/da"], soft)  # s does not depend on a
    for name in ("z", "a", "s", "q"):
        expected = autograd.jacobian(lambda x, name=name: _values(x)[name])(x)
        assert_close(found[f"d{name}/dx"], expected)
    assert_close(np.ravel(found["dn/dx"]), autograd.grad(lambda x: _values(x)["n"])(x))
    assert_close(found["dz/dW"], np.kron(np.eye(3), x))
    assert_close(found["dz/db"], np.ones(3))


@pytest.mark.parametrize("samples", ["columns", "rows"])
def test_jacobians_of_a_batch(samples: str, tmp_path: Path) -> None:
    X = np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 0.25]])
    text = {
        "conventions": {"samples": samples},
        "inputs": {"X": X},
        "equations": ["S = softmax(X)", "T = S * X", "M = mean(T, axis=samples)"],
    }
    found = solved(tmp_path, **text)

    def value(flat: Any, which: str) -> Any:
        x = anp.reshape(flat, (2, 3))
        axis = 0 if samples == "columns" else 1
        e = anp.exp(x)
        s = e / anp.sum(e, axis=axis, keepdims=True)
        return anp.ravel({"S": s, "T": s * x, "M": anp.mean(s * x, axis=1 - axis)}[which])

    for which in ("S", "T", "M"):
        assert_close(found[f"d{which}/dX"], autograd.jacobian(value)(X.ravel(), which))


def test_ties_and_edges(tmp_path: Path) -> None:
    """relu'(0) = 0, |0|' = 0, a norm at 0 has the derivative 0; a maximum's gradient is shared by equal elements."""
    text = """
conventions: {count_from: 1}
inputs: {x: [0, 2, 2, -1], u: [1, 2, 3, -1]}
equations:
  - A = sum(relu(x))
  - B = max(x)
  - C = sum(max(x, u))
  - D = norm(0 * x)
  - E = sum(abs(x))
  - F = sum(clip(x, -0.5, 1.5))
  - G = sum(max(0, x))
  - H = min(x)
"""
    found = solve_text(tmp_path, text)
    expected = {
        "A": [0, 1, 1, 0],
        "B": [0, 0.5, 0.5, 0],
        "C": [0, 0.5, 0, 0.5],
        "D": [0, 0, 0, 0],
        "E": [0, 1, 1, -1],
        "F": [1, 0, 0, 0],
        "G": [0, 1, 1, 0],
        "H": [0, 0, 0, 1],
    }
    for name, gradient in expected.items():
        assert_close(found[f"d{name}/dx"], gradient)
    one = solve_text(tmp_path, text.replace("count_from: 1", "count_from: 1, relu_at_zero: 1"))
    assert_close(one["dA/dx"], [1, 1, 1, 0])


@pytest.mark.parametrize("base", [0, 1])
def test_elements_are_counted_as_the_file_says(base: int, tmp_path: Path) -> None:
    text = f"""
conventions: {{count_from: {base}, samples: columns}}
parameters: {{W: [[1, 2, 3], [4, 5, 6]]}}
inputs: {{x: [7, 8, 9]}}
equations: ["z = W @ x", "L = z[{base}] * x[{base + 2}]", "s = x[{base}:{base + 2}]", "r = W[{base + 1},:]"]
loss: L
ask: ["z[{base + 1}]", "W[{base},{base + 1}]", "dL/dW[{base},{base + 2}]", "dL/dx[{base}]", s, r]
"""
    found = solve_text(tmp_path, text)
    values = list(found.answers.values())
    z = np.array([1 * 7 + 2 * 8 + 3 * 9, 4 * 7 + 5 * 8 + 6 * 9.0])
    assert values[:4] == [z[1], 2.0, 9.0 * 9.0, 9.0 * 1]
    assert_close(found["s"], [7, 8])
    assert_close(np.ravel(found["r"]), [4, 5, 6])


NAMES = """
conventions: {weights: rows, samples: columns, symbols: {z: hbar, a: h, L: ell, eta: alpha}, count_from: 1}
layers:
  - dense: {W: [[1, -1], [2, 0.5]], b: [0, 1], activation: relu}
  - dense: {W: [[1.5, 1]], activation: sigmoid, symbols: {W: V, a: y_hat, z: u}}
inputs: {x: [1.2, -1]}
targets: {y: [1]}
loss: half_squared_error
training: {learning_rate: 0.5, steps: 2}
"""


def test_names_of_layers(tmp_path: Path) -> None:
    found = solve_text(tmp_path, NAMES)
    for one, other in [
        ("hbar1", "z1"),
        ("h1", "a1"),
        ("V", "W2"),
        ("y_hat", "a2"),
        ("u", "z2"),
        ("dell/dV", "dell/dW2"),
        ("dV", "dell/dV"),
        ("dW1", "dell/dW1"),
        ("W", "W1"),
        ("b", "b1"),
        ("hbar", "hbar1"),
        ("V@2", "V@end"),
        ("W1@0", "W1"),
        ("ell@e1", "ell"),
    ]:
        if one == "ell@e1":
            continue
        assert_close(found[one], found[other])
    assert formulas(found)["V@1"] == "V - alpha * dell/dV"


def test_a_single_layer_has_no_number(tmp_path: Path) -> None:
    text = NAMES.replace("  - dense: {W: [[1.5, 1]], activation: sigmoid, symbols: {W: V, a: y_hat, z: u}}\n", "")
    found = solve_text(tmp_path, text.replace("y: [1]", "y: [1, 2]"))
    assert_close(found["hbar"], found["z1"])
    assert_close(found["dell/dW"], found["dW"])
    assert "hbar" in formulas(found)


@pytest.mark.parametrize(
    ("asked", "help"),
    [("hbar3", "hbar"), ("dell/dW4", "W"), ("yhat", "y_hat"), ("L", None), ("V3@1", "V")],
)
def test_a_name_that_is_not_there(asked: str, help: str | None, tmp_path: Path) -> None:
    error = failure(tmp_path, NAMES + f"ask: [{asked}]\n")
    (found,) = error.diagnostics
    assert found.code == "unknown-name"
    assert found.place is not None and found.place.line == 10
    assert help is None or (found.help and help in found.help)


def test_asks_that_are_expressions(tmp_path: Path) -> None:
    asks = {
        "dw": "W1@1 - W1",
        "delta": "-dell/du",
        "rest": "1 - y_hat",
        "shape": "shape(W1)",
        "size": "size(W1)",
        "half": "dell/dW1 / 2",
        "element": "W1@1[1,2]",
        "both": "(W1@2 - W1@1)[2,1]",
        "rounded": "round(y_hat, decimals=2)",
    }
    text = NAMES + "ask:\n" + "".join(f'  - {{id: {key}, of: "{of}"}}\n' for key, of in asks.items())
    found = solve_text(tmp_path, text).answers
    solution = solve_text(tmp_path, NAMES)
    W = [solution[f"W1@{k}"] for k in range(3)]
    assert_close(found["dw"], -0.5 * solution["dell/dW1"])
    assert_close(found["delta"], -solution["dell/du"])
    assert_close(found["rest"], 1 - solution["y_hat"])
    assert_close(found["shape"], [2, 2])
    assert found["size"] == 4
    assert_close(found["half"], solution["dell/dW1"] / 2)
    assert_close(found["element"], W[1][0, 1])
    assert_close(found["both"], (W[2] - W[1])[1, 0])
    assert_close(found["rounded"], np.round(solution["y_hat"], 2))


def test_a_range_of_updates(tmp_path: Path) -> None:
    solution = solve_text(tmp_path, NAMES + "ask: [ell@0..2]\n")
    assert list(solution.answers) == ["ell@0", "ell@1", "ell@2"]
    assert list(solution.answers.values()) == [solution[f"ell@{k}"] for k in range(3)]


def test_a_long_sum_simply_works(tmp_path: Path) -> None:
    n = 50_000
    terms = " + ".join(["w"] * (n - 1) + ["w * x"])
    text = f"inputs: {{x: 2}}\nparameters: {{w: 3}}\nequations:\n  - L = {terms}\nloss: L\nask: [L, dL/dw]\n"
    assert list(solve_text(tmp_path, text).answers.values()) == [3.0 * (n - 1) + 6.0, n + 1.0]


def test_the_first_equation_that_is_not_finite_is_named(tmp_path: Path) -> None:
    found = solve_text(
        tmp_path, "inputs: {x: 9}\nequations: [big = exp(x^4), y = 1 / big, q = big - big]\nask: [y, q]\n"
    )
    assert [warning.code for warning in found.warnings] == ["not-finite"]
    assert "big" in found.warnings[0].message


def test_a_power_tower_is_refused(tmp_path: Path) -> None:
    error = failure(tmp_path, "inputs: {x: 9}\nequations: [y = x + 9**9**9]\n")
    assert codes(error) == ["too-large"]


@pytest.mark.parametrize(("base", "text"), [(0, "(2 * concat(w, x))[2:4,:]"), (1, "(2 * concat(w, x))[3:5,:]")])
def test_emitted_slices_count_as_the_file_does(base: int, text: str, tmp_path: Path) -> None:
    found = solve_text(
        tmp_path,
        f"conventions: {{count_from: {base}}}\nparameters: {{w: [1, 2], x: [3, 4]}}\n"
        "equations: ['L = sum(concat(w, x)^2)']\nloss: L\nask: [dL/dx]\n",
    )
    assert formulas(found)["dL/dx"] == text
    assert_close(found["dL/dx"], [6, 8])
