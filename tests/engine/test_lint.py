"""Each lint check: what it must find, and what looks like it and is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnsolve
from nnsolve.engine.lint import CHECKS, lint

ROOT = Path(__file__).parents[2]
HEAD = "conventions: {weights: rows, samples: columns, count_from: 1}\n"
LAYER = HEAD + "inputs: {x: [1, 2]}\nlayers:\n  - dense: {W: [[1, 1], [0, 1]], activation: %s}\n"
FLAT = "parameters: {w: 2}\ninputs: {x: 3}\nequations:\n"

SQUARE = "parameters: {W: [[1, 2], [3, 4]]}\ninputs: {x: [1, 2]}\nequations:\n  - z = %s\n"
DOUBTS = ("not-probabilities", "unusual-target", "elementwise-product", "not-finite")
BATCHED = (
    HEAD + "layers:\n  - dense: {W: [[1, 1]]}\ninputs: {x: [[1, 2], [0, 1]]}\ntargets: {y: [[1, 0]]}\n"
    "loss: {name: squared_error, reduction: sum}\ntraining: {learning_rate: 1, steps: 1, batch_size: %s}\n"
)

FOUND = {
    "unused-value: input": ("inputs: {x: 3, u: 1}\nequations:\n  - z = x\nask: [z]\n", "unused-value", (1, 19)),
    "unused-value: target without loss": (
        "inputs: {x: 3}\ntargets: {t: 1}\nequations:\n  - z = x\nask: [z]\n", "unused-value", (2, 14)),
    "unused-value: constant": ("constants: {k: 3}\ninputs: {x: 3}\nequations:\n  - z = x\nask: [z]\n",
                               "unused-value", (1, 16)),
    "unused-equation": (FLAT + "  - z = w * x\n  - p = z + 1\nask: [z]\n", "unused-equation", (5, 5)),
    "unused-symbol": (
        "conventions: {symbols: {c: cell}}\ninputs: {x: 3}\nequations:\n  - z = x\nask: [z]\n",
        "unused-symbol", (1, 1)),
    "unused-symbol: gate": (
        "conventions: {weights: rows, samples: columns, symbols: {W_fx: u}}\nlayers:\n"
        "  - rnn: {W_xh: 2, W_hh: 3, activation: tanh}\ninputs: {x: [1, 0]}\nask: [h_2]\n", "unused-symbol", (1, 1)),
    "unused-training": (FLAT + "  - L = w * x\nloss: L\ntraining: {learning_rate: 1, steps: 1}\nask: [dL/dw]\n",
                        "unused-training", (6, 11)),
    "trivial-ask: input": (FLAT + "  - z = w * x\nask: [z, x]\n", "trivial-ask", (5, 10)),
    "trivial-ask: not updated": (
        "parameters: {w: 2, b: 1}\nequations:\n  - L = w^2 * b\nloss: L\n"
        "training: {learning_rate: 1, steps: 1, update: [w]}\nask: [w@1, b@1]\n", "trivial-ask", (6, 12)),
    "trivial-ask: given": (FLAT + "  - z = w * x\n  - a = z^2\ngiven: {z: 1}\nask: [z, a]\n", "trivial-ask", (7, 7)),
    "rounds-to-zero": (FLAT + "  - z = w * x / 100000\nask: [{of: z, decimals: 3}]\n", "rounds-to-zero", (5, 12)),
    "unchanged-parameter": (
        "parameters: {w: -1}\nequations:\n  - L = relu(w)\nloss: L\n"
        "training: {learning_rate: 1, steps: 1}\nask: [w@1]\n", "unchanged-parameter", (1, 17)),
    "unchanged-parameter: by many updates": (
        "parameters: {w: -1}\nequations:\n  - L = relu(w)\nloss: L\n"
        "training: {learning_rate: 1, steps: 400}\nask: [w@1]\n", "unchanged-parameter", (1, 17)),
    "nothing-asked": (FLAT + "  - z = w * x\n", "nothing-asked", (0, 0)),
    "nothing-asked: part": (
        FLAT + "  - z = w * x\nask: [z]\nparts:\n  - {id: b, inputs: {x: 4}}\n", "nothing-asked", (7, 5)),
    "batch-size": (
        BATCHED % 3 + "ask: [W@1]\n", "batch-size", (7, 40)),
    "elementwise-product: input": (SQUARE % "W * x" + "ask: [z]\n", "elementwise-product", (4, 11)),
    "elementwise-product: activation": (
        SQUARE % "relu(x)\n  - p = W.T * z" + "ask: [p]\n", "elementwise-product", (5, 13)),
    "not-probabilities: function": (
        SQUARE % "W @ x\n  - L = 2 * cross_entropy(z, y)" + "targets: {y: [1, 0]}\nask: [L]\n",
        "not-probabilities", (5, 13)),
    "not-probabilities: expression": (
        SQUARE % "cross_entropy(W @ x, y)" + "targets: {y: [1, 0]}\nask: [z]\n", "not-probabilities", (4, 9)),
    "at-kink: relu": ("parameters: {w: 0}\nequations:\n  - L = relu(w)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "at-kink: abs": ("parameters: {w: 0}\nequations:\n  - L = abs(w)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "at-kink: max": ("parameters: {w: 1}\nequations:\n  - L = max(w, 1)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "at-kink: max of one": (
        "parameters: {w: [1, 1]}\nequations:\n  - L = max(w)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "at-kink: norm": (
        "parameters: {w: [0, 0]}\nequations:\n  - L = norm(w)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "at-kink: inside": (
        "parameters: {w: 0}\nequations:\n  - L = exp(w) + abs(w)\nloss: L\nask: [dL/dw]\n", "at-kink", (3, 5)),
    "not-probabilities": (
        LAYER % "relu" + "targets: {y: {class: 1}}\nloss: cross_entropy\nask: [L]\n", "not-probabilities", (6, 7)),
    "not-probabilities: binary": (
        LAYER % "identity" + "targets: {y: [0, 1]}\nloss: binary_cross_entropy\nask: [L]\n",
        "not-probabilities", (6, 7)),
    "unusual-target: cross_entropy": (
        LAYER % "softmax" + "targets: {y: [1, 1]}\nloss: cross_entropy\nask: [L]\n", "unusual-target", (5, 14)),
    "unusual-target: hinge": (
        LAYER % "identity" + "targets: {y: [0, 1]}\nloss: hinge\nask: [L]\n", "unusual-target", (5, 14)),
    "not-finite": ("inputs: {x: 1000}\nequations:\n  - z = exp(x)\nask: [z]\n", "not-finite", (3, 5)),
    "leading-zero": ("inputs: {x: [6,08]}\nequations:\n  - z = sum(x)\nask: [z]\n", "leading-zero", (1, 16)),
}  # fmt: skip

FINE = {
    "symbols of a stem and of a gate's weight": (
        "conventions: {weights: rows, samples: columns, symbols: {W_xh: U_x, h: s}}\nlayers:\n"
        "  - rnn: {W_xh: 2, W_hh: 3, activation: tanh}\ninputs: {x: [1, 0]}\nask: [s_2]\n"
    ),
    "a parameter that a later mini-batch changes": (
        "conventions: {samples: rows}\nparameters: {w: 1}\ninputs: {x: [[0], [2]]}\nequations:\n  - L = sum(w * x)\n"
        "loss: L\ntraining: {learning_rate: 1, epochs: 1, batch_size: 1}\nask: [w@end]\n"
    ),
    "all samples as the batch": BATCHED % 2 + "ask: [W@1]\n",
    "a parameter scaled by another": (
        "parameters: {W: [[1, 2], [3, 4]], s: [1, 2]}\nequations:\n  - z = W * s\nask: [z]\n"
    ),
    "a mask": ("parameters: {W: [[1, 2], [3, 4]]}\nconstants: {m: [1, 0]}\nequations:\n  - z = W * m\nask: [z]\n"),
    "a vector of weights": ("parameters: {w: [1, 2]}\ninputs: {x: [3, 4]}\nequations:\n  - z = w * x\nask: [z]\n"),
    "probabilities that were rounded": (
        "conventions: {count_from: 1}\ninputs: {a: [0.33, 0.33, 0.33]}\ntargets: {y: {class: 1}}\n"
        "equations:\n  - L = cross_entropy(a, y)\nask: [L]\n"
    ),
    "a parameter that only an ask uses": (
        "parameters: {w: [1, 2]}\ninputs: {x: 1}\nequations:\n  - z = x\nask: [z, size(w)]\n"
    ),
    "a constant of a later part": (
        "constants: {k: 3}\ninputs: {x: 3}\nequations:\n  - z = x\nask: [z]\n"
        "parts:\n  - {id: b, equations: [p = k * x], ask: [p]}\n"
    ),
    "an equation that the loss needs": FLAT + "  - z = w * x\n  - C = z^2\nloss: C\nask: [dC/dw]\n",
    "an equation whose value is given": FLAT + "  - z = w * x\n  - a = z^2\ngiven: {z: 1}\nask: [a]\n",
    "an equation that a derivative starts from": FLAT + "  - z = w * x\n  - p = z^2\nask: [dp/dz]\n",
    "an expression of an input": FLAT + "  - z = w * x\nask: [z, 2 * x]\n",
    "a symbol for the learning rate": (
        "conventions: {symbols: {eta: alpha}}\nparameters: {w: 2}\nequations:\n  - L = w^2\nloss: L\n"
        "training: {learning_rate: 1, steps: 1}\nask: [w@1]\n"
    ),
    "a value that rounds to itself": FLAT + "  - z = w * x\nask: [{of: z, decimals: 0}]\n",
    "a zero": FLAT + "  - z = 0 * w * x\nask: [{of: z, decimals: 2}]\n",
    "a kink that no gradient goes through": (
        "parameters: {w: 0}\nequations:\n  - z = abs(w)\n  - L = w^2\nloss: L\nask: [z, dL/dw]\n"
    ),
    "a kink behind a gradient of 0": (
        "parameters: {w: [0, 1]}\nconstants: {k: [0, 1]}\n"
        "equations:\n  - a = relu(w)\n  - L = sum(k * a)\nloss: L\nask: [dL/dw]\n"
    ),
    "a kink about which the file says": (
        "conventions: {relu_at_zero: 0}\nparameters: {w: 0}\nequations:\n  - L = relu(w)\nloss: L\nask: [dL/dw]\n"
    ),
    "probabilities": LAYER % "softmax" + "targets: {y: {class: 1}}\nloss: cross_entropy\nask: [L]\n",
    "soft targets": LAYER % "softmax" + "targets: {y: [1/3, 2/3]}\nloss: cross_entropy\nask: [L]\n",
    "binary targets": LAYER % "sigmoid" + "targets: {y: [1, 0]}\nloss: binary_cross_entropy\nask: [L]\n",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("case", FOUND)
def test_what_is_suspicious_is_found_where_it_is(tmp_path: Path, case: str) -> None:
    text, code, place = FOUND[case]
    findings = [finding for finding in lint(written(tmp_path, text)) if finding.code == code]
    assert [finding.severity for finding in findings] == ["warning"], findings
    assert findings[0].place is not None and findings[0].place[1:] == place


@pytest.mark.parametrize("case", FINE)
def test_what_is_fine_is_left_alone(tmp_path: Path, case: str) -> None:
    assert lint(written(tmp_path, FINE[case])) == []


def test_an_equation_that_nothing_needs_is_none_where_nothing_is_asked(tmp_path: Path) -> None:
    text = FLAT + "  - z = w * x\n  - p = z + 1\n"
    assert [finding.code for finding in lint(written(tmp_path, text))] == ["nothing-asked"]


@pytest.mark.parametrize("case", [case for case in FOUND if FOUND[case][1] in DOUBTS])
def test_what_is_doubtful_about_the_result_stands_in_the_solution_too(tmp_path: Path, case: str) -> None:
    text, code, _ = FOUND[case]
    assert code in [warning.code for warning in nnsolve.solve(written(tmp_path, text)).warnings]


def test_the_help_about_a_gradient_of_zero_names_relus_only_where_there_are_some(tmp_path: Path) -> None:
    text = FOUND["unchanged-parameter"][0]
    (finding,) = lint(written(tmp_path, text))
    assert "dead ReLUs" in str(finding.help)
    (finding,) = lint(written(tmp_path, text.replace("relu(w)", "(w + 1)^2")))
    assert finding.code == "unchanged-parameter" and "ReLU" not in str(finding.help)


def test_every_check_has_a_case_and_its_code_in_its_docstring() -> None:
    codes = {code for _, code, _ in FOUND.values()}
    for check in CHECKS:
        documented = [word.strip("`:,") for word in (check.__doc__ or "").split() if word.startswith("`")]
        assert documented and set(documented) <= codes, check


@pytest.mark.parametrize("path", sorted((ROOT / "problems").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_problems_are_clean(path: Path) -> None:
    assert lint(path) == []


def test_errors_of_the_program_are_found_together(tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nequations:\n  - z = x @ x\n  - a = rellu(x)\nask: [z]\n"
    assert [finding.code for finding in lint(written(tmp_path, text))] == ["shape-mismatch", "unknown-function"]


def test_what_parts_share_is_said_once(tmp_path: Path) -> None:
    text = "inputs: {x: 3, u: 1}\nequations:\n  - z = x\nask: [z]\nparts:\n  - {id: b, inputs: {x: 4}, ask: [z]}\n"
    assert [finding.code for finding in lint(written(tmp_path, text))] == ["unused-value"]
