"""What is wrong with a problem comes out as findings, with code, place and help; never anything else."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from nnsolve.core.diagnostics import ProblemError
from tests.engine.solving import codes, failure, solve_text

NETWORK = """conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[1, 2], [3, 4]], b: [0, 1], activation: relu}
  - dense: {W: [[1, -1]], activation: sigmoid}
inputs: {x: [1, 2]}
targets: {y: [1]}
loss: squared_error
"""
FREE = """parameters: {w: [1, 2, 3], A: [[1, 2, 3], [4, 5, 6]]}
inputs: {x: [0.5, -1]}
targets: {t: [1, 0]}
equations:
  - z = A @ w + x
  - L = sum((z - t)^2)
loss: L
"""
BATCH = NETWORK.replace("x: [1, 2]", "x: [[1, 2, 3], [3, 4, 5]]").replace("y: [1]", "y: [[1, 0, 1]]")


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


CASES = {
    "wrong inputs": (replaced(NETWORK, "x: [1, 2]", "x: [1, 2, 3]"), "shape-mismatch", "3:13", "inputs"),
    "folded bias left out": (
        replaced(NETWORK, "W: [[1, 2], [3, 4]]", "W: [[1, 2, 5], [3, 4, 5], [1, 1, 1]]"),
        "shape-mismatch",
        "3:13",
        "bias 1 left out",
    ),
    "transposed weights": (
        replaced(NETWORK, "[[1, 2], [3, 4]], b: [0, 1]", "[[1, 2, 3], [4, 5, 6]], b: [0, 1]").replace(
            "x: [1, 2]", "x: [1, 2, 3, 4]"
        ),
        "shape-mismatch",
        "3:13",
        None,
    ),
    "wrong bias": (replaced(NETWORK, "b: [0, 1]", "b: [0, 1, 2]"), "shape-mismatch", "3:34", "2 numbers"),
    "bias beside a folded one": (
        replaced(NETWORK, "samples: columns", "samples: columns, bias: last")
        .replace("[[1, 2], [3, 4]]", "[[1, 2, 0], [3, 4, 0]]")
        .replace("[[1, -1]]", "[[1, -1, 0]]"),
        "unexpected-bias",
        "3:",
        "bias: separate",
    ),
    "wrong target": (replaced(NETWORK, "y: [1]", "y: [1, 2]"), "shape-mismatch", "6:14", "the same shape"),
    "no target": (replaced(NETWORK, "targets: {y: [1]}\n", ""), "missing-key", "6:7", "targets"),
    "two targets": (replaced(NETWORK, "{y: [1]}", "{y: [1], t: [2]}"), "missing-target", "7:7", "squared_error("),
    "no prediction": (
        replaced(FREE, "loss: L", "loss: squared_error").replace("- L =", "- E ="),
        "missing-prediction",
        "7:7",
        "y_hat",
    ),
    "no input": (replaced(NETWORK, "inputs: {x: [1, 2]}\n", ""), "missing-input", "2:1", "inputs"),
    "unknown loss": (replaced(NETWORK, "squared_error", "sqared_error"), "unknown-loss", "7:7", "squared_error"),
    "unknown activation": (replaced(NETWORK, "relu", "rellu"), "unknown-activation", "3:57", "relu"),
    "activation without u": (replaced(NETWORK, "relu", "2 * v"), "unknown-activation", "3:57", "u"),
    "unknown layer": (
        replaced(NETWORK, "- dense: {W: [[1, 2]", "- dens: {W: [[1, 2]"),
        "unknown-layer",
        "3:11",
        "dense",
    ),
    "unknown option of a layer": (replaced(NETWORK, "b: [0, 1]", "bias: [0, 1]"), "unknown-key", "3:34", "b"),
    "no weights": (replaced(NETWORK, "W: [[1, -1]], ", ""), "missing-key", "4:12", "W"),
    "unknown optimizer": (
        NETWORK + "training: {optimizer: sdg, learning_rate: 1}\n",
        "unknown-optimizer",
        "8:12",
        "sgd",
    ),
    "no learning rate": (NETWORK + "training: {steps: 1}\n", "missing-key", "8:1", "learning_rate"),
    "hyperparameter of another optimizer": (
        NETWORK + "training: {learning_rate: 1, momentum: 0.9}\n",
        "unknown-key",
        "8:",
        None,
    ),
    "training without a loss": (
        replaced(NETWORK, "loss: squared_error\n", "") + "training: {learning_rate: 1}\n",
        "missing-loss",
        "7:1",
        "loss",
    ),
    "update of what is no parameter": (
        NETWORK + "training: {learning_rate: 1, update: [W1, W3]}\n",
        "unknown-parameter",
        "8:43",
        "W",
    ),
    "no reduction": (BATCH, "missing-reduction", "7:7", "reduction: mean"),
    "wrong reduction": (
        replaced(BATCH, "squared_error", "{name: squared_error, reduction: average}"),
        "*",
        "7:",
        None,
    ),
    "no batch size": (
        replaced(BATCH, "squared_error", "{name: squared_error, reduction: sum}")
        + "training: {learning_rate: 1, steps: 1}\n",
        "missing-batch-size",
        "8:",
        "batch_size: all",
    ),
    "shuffle without a seed": (
        replaced(BATCH, "squared_error", "{name: squared_error, reduction: sum}")
        + "training: {learning_rate: 1, epochs: 1, batch_size: 1, shuffle: true}\nask: [W1@1]\n",
        "missing-seed",
        "8:",
        "seed",
    ),
    "class without count_from": (
        replaced(NETWORK, "y: [1]", "y: {class: 1}"),
        "missing-convention",
        "6:",
        "count_from",
    ),
    "class out of range": (
        replaced(NETWORK, "y: [1]", "y: {class: 3}").replace("columns}", "columns, count_from: 1}"),
        "class-out-of-range",
        "6:",
        None,
    ),
    "class of nothing": (
        replaced(FREE, "t: [1, 0]", "t: {class: 1}").replace("(z - t)", "(z - x)") + "conventions: {count_from: 1}\n",
        "unknown-classes",
        "3:",
        "of: 4",
    ),
    "class used before it is compared": (
        replaced(FREE, "t: [1, 0]", "t: {class: 1}") + "conventions: {count_from: 1}\n",
        "shape-mismatch",
        "6:",
        "of: 4",
    ),
    "index without count_from": (FREE + "ask: ['z[1]']\n", "missing-convention", "8:9", "count_from"),
    "index out of range": (
        FREE + "conventions: {count_from: 1}\nask: ['z[3]']\n",
        "shape-mismatch",
        "9:9",
        None,
    ),
    "index before the first": (
        FREE + "conventions: {count_from: 1}\nask: ['z[0]']\n",
        "shape-mismatch",
        "9:9",
        None,
    ),
    "unknown name": (replaced(FREE, "A @ w", "B @ w"), "unknown-name", "5:9", None),
    "near name": (replaced(FREE, "sum((z - t)", "sum((zz - t)"), "unknown-name", "6:14", "'z'"),
    "gradient in an equation": (replaced(FREE, "A @ w", "A @ dw"), "unknown-name", "5:13", None),
    "unknown function": (replaced(FREE, "sum((", "summ(("), "unknown-function", "6:9", "sum"),
    "log": (replaced(FREE, "sum((z - t)^2)", "log(sum(z))"), "unknown-function", "6:9", "ln"),
    "unknown option": (replaced(FREE, "(z - t)^2)", "(z - t)^2, axes=features)"), "unknown-option", "6:9", "axis"),
    "too many arguments": (replaced(FREE, "(z - t)^2)", "(z - t)^2, z)"), "wrong-arguments", "6:9", "sum(x)"),
    "missing option": (replaced(FREE, "A @ w + x", "leaky_relu(A @ w)"), "missing-option", "5:9", "slope"),
    "wrong shapes": (replaced(FREE, "A @ w", "w @ A"), "shape-mismatch", "5:", None),
    "sum of other shapes": (replaced(FREE, "+ x", "+ w"), "shape-mismatch", "5:", None),
    "matrix product with a number": (replaced(FREE, "+ x", "+ 2 @ x"), "shape-mismatch", "5:", "*"),
    "mixed products": (replaced(FREE, "+ x", "+ x * A @ w"), "mixed-products", "5:", "parenthes"),
    "loss is a vector": (replaced(FREE, "sum((z - t)^2)", "(z - t)^2"), "loss-not-scalar", "6:", "sum("),
    "duplicate equation": (replaced(FREE, "- L =", "- z = x\n  - L ="), "duplicate-name", "6:", None),
    "equation named as an input": (replaced(FREE, "- z =", "- x = w\n  - z ="), "duplicate-name", "5:", None),
    "circle": (replaced(FREE, "+ x\n", "+ x * L\n"), "cyclic-equations", "5:", None),
    "equation of itself": (replaced(FREE, "+ x\n", "+ z\n"), "cyclic-equations", "5:", None),
    "round": (
        replaced(FREE, "(z - t)", "(round(z) - t)") + "ask: [dL/dw]\n",
        "no-derivative",
        None,
        "rounding",
    ),
    "sign": (replaced(FREE, "(z - t)", "(sign(z) - t)") + "ask: [dL/dw]\n", "no-derivative", None, None),
    "step": (
        replaced(FREE, "(z - t)", "(step(z, at_zero=1) - t)") + "ask: [dL/dw]\n",
        "no-derivative",
        None,
        None,
    ),
    "step meets 0": (
        replaced(FREE, "A @ w + x", "step(0 * x)") + "ask: [z]\n",
        "missing-convention",
        "5:",
        "step_at_zero",
    ),
    "ask of what is not there": (FREE + "ask: [z, q]\n", "unknown-name", "8:10", None),
    "shape of a number": (FREE + "ask: [shape(L), size(L)]\n", "shape-mismatch", "8:7", "size"),
    "derivative of an input": (FREE + "ask: [dx/dw]\n", "not-an-equation", None, None),
    "ask between shapes": (FREE + "ask: [z + w]\n", "shape-mismatch", "8:7", None),
    "update without training": (FREE + "ask: [w@1]\n", "no-such-update", "8:7", "training"),
    "given of a parameter": (FREE + "given: {w: [1, 2, 3]}\n", "not-an-equation", "8:", None),
    "given of another shape": (FREE + "given: {z: [1, 2, 3]}\n", "shape-mismatch", "8:", None),
    "rounding of nothing": (FREE + "rounding: {q: {decimals: 1}}\n", "unknown-name", "8:", None),
    "ambiguous layer": (NETWORK + "ask: [W]\n", "ambiguous-name", "8:7", "layer number"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_error_has_a_code_a_place_and_help(case: str, tmp_path: Path) -> None:
    text, code, place, help = CASES[case]
    error = failure(tmp_path, text)
    if code.startswith("*"):
        assert not code[1:] or code[1:] in codes(error)
    else:
        assert codes(error) == [code]
    found = error.diagnostics[0]
    assert found.place is not None and found.place.file.endswith("problem.yaml")
    assert found.place.line and found.place.column, str(error)
    if place is not None:
        assert f"{found.place.line}:{found.place.column}".startswith(place), str(error)
    if help is not None:
        assert found.help and (help in found.help or help in found.message), str(error)


def test_several_faults_are_reported_at_once(tmp_path: Path) -> None:
    text = (
        FREE.replace("A @ w", "B @ w").replace("sum((", "sum((q + ")
        + "ask: [z, nothing]\ntraining: {optimizer: sdg, learning_rate: 1}\n"
    )
    error = failure(tmp_path, text)
    assert codes(error)[:2] == ["unknown-name", "unknown-name"]
    lines = [found.place.line for found in error.diagnostics if found.place]
    assert lines == sorted(lines)


def test_faults_of_shapes_are_reported_at_once(tmp_path: Path) -> None:
    text = FREE.replace("- L =", "- p = w + x\n  - q = A @ A\n  - r = p * 2\n  - L =")
    error = failure(tmp_path, text)
    assert codes(error) == ["shape-mismatch", "shape-mismatch"]  # r would fit, were there a p


def test_a_product_of_a_number_needs_no_parentheses(tmp_path: Path) -> None:
    found = solve_text(tmp_path, FREE.replace("A @ w", "2 * A @ w"))
    assert list(found["z"]) == [28.5, 63.0]


WORDS = [
    *[
        "W1",
        "a1",
        "z",
        "L",
        "x",
        "y",
        "t",
        "0",
        "-1",
        "softmax",
        "relu",
        "sum",
        "mean",
        "rows",
        "columns",
        "@1",
        "@end",
        "@e1",
        "dL/dW1",
        "dz/dw",
        "'",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "*",
        "@",
        "/",
        "^",
    ],
    *[
        "axis=samples",
        "{class: 9}",
        "[1, 2]",
        "1e400",
        "null",
        "nan",
        "\n",
        "  ",
        "a[1]",
        "T",
        ".T",
        "u",
        "x^0",
        "huber",
    ],
    *["norm(", "shape(x)", "0 * x", "x - x", "@0..3", "dL/dL", "round(x)", "dot(x, y)", "reduction=sum", "step", "-"],
]
LARGE = """conventions: {weights: rows, samples: rows, count_from: 1}
layers:
  - dense: {W: [[1, 2], [3, 4]], b: [0, 1], activation: "relu(u) + 0.1 * u"}
  - dense: {W: [[1, -1]], b: 0.5, activation: sigmoid}
inputs: {x: [[1, 2], [3, 4], [5, 6]]}
targets: {y: [[1], [0], [1]]}
loss: {name: binary_cross_entropy, reduction: mean}
training: {learning_rate: 0.1, epochs: 2, batch_size: 2, shuffle: true, seed: 1, update: [W1], order: layer_by_layer}
rounding: {a1: {decimals: 2, ties: zero}}
ask: [a2, L@e1, dL/dW1, W1@end, {id: q, of: W1@1 - W1}, "a1[1,2]", da1/dz1, shape(W1), L@0..2]
"""
EVERYTHING = """parameters: {w: [1, 2, 3], A: [[1, 2, 3], [4, 5, 6]]}
constants: {k: 2}
inputs: {x: [0.5, -1]}
targets: {t: {class: 2}}
conventions: {count_from: 1, samples: columns}
equations:
  - z = A @ w + x * k
  - p = softmax(z)
  - m = max(z, 0.5) - norm(w[1:3])
  - L = cross_entropy(p, t) + sum(m^2) + concat(z, w)[2]
loss: L
parts: [{id: b, inputs: {x: [1, 1]}, given: {z: [1, 2]}, ask: [L, dL/dw, dp/dz]}]
training: {learning_rate: 0.5, steps: 2}
ask: [L, dL/dA, w@2, dz/dw, "dL/dw[2]", m]
"""


def mutated(text: str, draw: random.Random) -> str:
    """A file with one to three words replaced, put in, left out or exchanged."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        words = re.findall(r"\w+|\s+|[^\w\s]", text)
        i, j = draw.randrange(len(words)), draw.randrange(len(words))
        change = draw.random()
        if change < 0.35:
            words[i] = draw.choice(WORDS)
        elif change < 0.5:
            words.insert(i, draw.choice(WORDS))
        elif change < 0.65:
            del words[i]
        elif change < 0.85:
            words[i], words[j] = words[j], words[i]
        else:
            words[i] = words[j]
        text = "".join(words)
    return text


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("seed", range(8))
def test_nothing_but_a_problem_error_comes_out_of_a_spoiled_file(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    solutions = 0
    for _ in range(150):
        text = mutated(draw.choice([LARGE, EVERYTHING, NETWORK, FREE]), draw)
        try:
            solutions += bool(solve_text(tmp_path, text).trace)
        except ProblemError as error:
            assert all(found.place is not None and found.message for found in error.diagnostics), text
        except Exception as error:
            raise AssertionError(f"{error!r} comes out of:\n{text}") from error
    assert 3 < solutions < 140


@pytest.mark.parametrize(
    "text",
    [
        # a class target in another place than a loss's target
        EVERYTHING.replace("max(z, 0.5)", "max(t, 0.5)"),
        EVERYTHING.replace("cross_entropy(p, t)", "cross_entropy(t, p)"),
        EVERYTHING.replace("  - p =", "  - q = t\n  - p ="),
        # dz is no gradient in an equation
        EVERYTHING.replace("x * k", "x * dz"),
    ],
)
def test_files_that_once_broke_the_solver(text: str, tmp_path: Path) -> None:
    assert failure(tmp_path, text).diagnostics


def test_names_in_asks_are_reported_with_the_faults_of_equations(tmp_path: Path) -> None:
    text = replaced(NETWORK, "loss: squared_error", "loss: huber")
    text += "training: {learning_rate: 0.1}\nask: [z1, nowhere, eta, W1@1]\n"
    with pytest.raises(ProblemError) as refused:
        solve_text(tmp_path, text)
    assert [finding.code for finding in refused.value.diagnostics] == ["missing-option", "unknown-name"]


RANDOM = "{random: uniform, low: 0, high: 1, seed: 1, shape: "
TOO_BIG = {
    "an outer product": ("outer(a, a)", "[100000]", "c", "shape-mismatch", "2:18"),
    "an outer product inside": ("sum(2 * outer(a, a))", "[100000]", "c", "shape-mismatch", "2:26"),
    "a matrix product": ("a @ a.T", "[100000, 1]", "c", "shape-mismatch", "2:20"),
    "a Jacobian": ("a + sum(a)", "[100000]", "dc/da", "too-big", "2:14"),
    "an ask": ("sum(a)", "[100000]", "outer(a, a)", "shape-mismatch", "3:8"),
}


@pytest.mark.parametrize("case", TOO_BIG.values(), ids=TOO_BIG.keys())
def test_what_would_fill_the_memory_is_refused_where_it_stands(tmp_path: Path, case: tuple[str, ...]) -> None:
    expression, shape, ask, code, place = case
    text = f"inputs: {{a: {RANDOM}{shape}}}}}\nequations: ['c = {expression}']\nask: ['{ask}']\n"
    (found,) = failure(tmp_path, text).diagnostics
    assert found.code == code
    assert "at most" in found.message
    assert str(found.place).endswith(place)


def test_many_large_values_are_refused_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnsolve.engine.moment.MAX_VALUES", 10)
    text = "inputs: {a: [1, 2, 3]}\nequations: ['b = 2 * a', 'c = 2 * b', 'e = 2 * c', 'f = 2 * e']\nask: [f]\n"
    (found,) = failure(tmp_path, text).diagnostics
    assert (found.code, str(found.place).rpartition("yaml:")[2]) == ("too-big", "2:53")


@pytest.mark.parametrize("address", ["w@999999999", "w@end", "L@e999999999", "L@999999999"])
def test_a_training_that_never_ends_is_refused(tmp_path: Path, address: str) -> None:
    length = "epochs: 1000000000" if "e" in address else "steps: 1000000000"
    text = (
        "parameters: {w: 1}\nequations: ['L = w^2']\nloss: L\n"
        f"training: {{learning_rate: 0.1, {length}}}\nask: ['{address}']\n"
    )
    (found,) = failure(tmp_path, text).diagnostics
    assert found.code == "too-many-updates"
    assert found.place and found.place.line == 5


def test_an_unknown_name_in_an_activation_lists_names_of_the_file_alone(tmp_path: Path) -> None:
    (finding,) = failure(tmp_path, replaced(NETWORK, "activation: relu", 'activation: "max(u, v)"')).diagnostics
    assert (finding.code, str(finding.message)) == ("unknown-name", "v is not defined")
    assert finding.help is not None and "\0" not in finding.help and "x" in finding.help


def test_an_unknown_option_of_a_loss_is_reported_where_it_stands(tmp_path: Path) -> None:
    text = replaced(NETWORK, "loss: squared_error", "loss: {name: squared_error, reducton: mean}")
    (finding,) = failure(tmp_path, text).diagnostics
    assert (finding.code, finding.help) == ("unknown-option", "did you mean 'reduction'?")
    assert finding.place is not None and (finding.place.line, finding.place.column) == (7, 29)
