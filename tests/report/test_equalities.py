"""An equality sign stands only between what is equal: rounded values, taught formulas, gradients that are none."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nnsolve.core.trace import Step
from nnsolve.report.notes import carried
from nnsolve.report.scope import Scope
from nnsolve.report.stages import exact_value
from nnsolve.report.style import Style
from nnsolve.report.taught import AGREES, taught
from nnsolve.report.text import report
from tests.report.arithmetic import evaluate
from tests.report.solved import printed, sections

ROUNDED = """
parameters: {w: 0.3, b: 0.0525}
inputs: {x: 0.5}
equations: [z = w * x + b, a = z^2]
rounding: {z: {decimals: 1}}
ask: [z, a]
"""
LOGISTIC = """
conventions: {{weights: rows, samples: columns}}
layers: [{{dense: {{W: [[1, {weight}]], b: 0, activation: sigmoid}}}}]
inputs: {{x: [1, 2]}}
targets: {{y: [{target}]}}
loss: binary_cross_entropy
training: {{optimizer: sgd, learning_rate: 0.1, steps: 1}}
ask: [L, L@1, dL/dW, b@1]
"""


def equalities(line: str) -> list[str]:
    """The sides of a chain of equalities in numbers, up to the sign of a rounding."""
    return re.split(r"~=|≈", line.strip(), maxsplit=1)[0].split(" = ")[2:]


def holds(line: str) -> bool:
    values = [evaluate(side.split("   ")[0]) for side in equalities(line)]
    return len(values) > 1 and max(values) - min(values) < 1e-3


@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_a_rounded_result_stands_behind_its_exact_value(tmp_path: Path, unicode: bool) -> None:
    text = printed(tmp_path, ROUNDED, Style(80, unicode=unicode))
    line = next(line for line in text.splitlines() if line.startswith("  z = "))
    assert "= 0.2025 ≈ 0.2" in line if unicode else "= 0.2025 ~= 0.2" in line
    assert holds(line)
    assert "= 0.04" in next(line for line in text.splitlines() if line.startswith("  a = "))  # 0.2², not 0.2025²


def test_a_false_equality_is_noticed() -> None:
    assert not holds("  z = w · x + b = 0.3 · 0.5 + 0.0525 = 0.15 + 0.0525 = 0.2")


def test_elements_of_a_rounded_result_are_true_too(tmp_path: Path) -> None:
    text = printed(
        tmp_path,
        "inputs: {x: [0.125, 3]}\nequations: [a = 1 * x + 1]\nrounding: {a: {decimals: 1}}\nask: [a]\n",
        Style(80, detail="full"),
    )
    assert "a[1] = 1·0.125 + 1 = 1.125 ≈ 1.1" in text
    assert "a[2] = 1·3 + 1 = 4" in text and "4 ≈" not in text


def test_what_rounding_does_not_change_is_equal(tmp_path: Path) -> None:
    text = printed(tmp_path, ROUNDED.replace("0.0525", "0.05"))
    assert "≈" not in text and "rounded" not in text
    noise = "inputs: {x: 0.1}\nequations: [L = x + 0.2]\nrounding: {every: {decimals: 2}}\nask: [L]\n"
    assert 0.1 + 0.2 != 0.3
    assert "≈" not in printed(tmp_path, noise) and "= 0.3" in printed(tmp_path, noise)


def scope(stem: str) -> Scope:
    (section, *_) = sections(stem)
    return Scope(Style(), section.conventions, {})


def test_exact_values_come_from_the_operands() -> None:
    (section,) = sections("rows-layer-by-layer")
    step = section.trace.steps[-1]
    assert exact_value(step, scope("rows-layer-by-layer")) is None
    moved = step._replace(value=step.value + 0.1, rounding="rounded")
    exact = exact_value(moved, scope("rows-layer-by-layer"))
    assert exact is not None and np.array_equal(exact, step.value)


CARRIED = "with the updated W⁽²⁾ (order: layer_by_layer), so it is not the gradient of L itself"


def test_gradients_carried_through_updated_weights_say_so() -> None:
    text = " ".join(str(report(sections("rows-layer-by-layer"), Style(80))).split())
    assert text.count(CARRIED) == 4  # dL/da1, dL/dz1, dL/dW1, and the answer that is an element of dL/dW1
    (section,) = sections("rows-layer-by-layer")
    assert {str(name) for name in carried(section.trace.steps)} == {"dL/da1", "dL/dz1", "dL/dW1"}


@pytest.mark.parametrize("stem", ["batch-three-steps", "relu-softmax-2-4-2-step", "branch"])
def test_gradients_of_the_loss_do_not_say_so(stem: str) -> None:
    assert not carried(sections(stem)[0].trace.steps)
    assert "layer_by_layer" not in str(report(sections(stem), Style(80)))


def test_the_loss_is_shown_as_it_is_taught(tmp_path: Path) -> None:
    text = printed(tmp_path, LOGISTIC.format(weight=0.5, target=1))
    assert "L = −Σ(y ⊙ ln(a) + (1 − y) ⊙ ln(1 − a))" in text
    assert "= −Σ([1] ⊙ ln[0.8808] + (1 − [1]) ⊙ ln(1 − [0.8808]))" in text
    assert "evaluated as Σ(max(z, 0) − y ⊙ z + ln(1 + exp(−|z|))), which cannot overflow" in " ".join(text.split())
    assert text.count("  L = −Σ(") == 2  # of L and of L@1, whichever of the predictions were worked out


@pytest.mark.parametrize("weight", [14, 400], ids=["1 - a loses its digits", "1 - a is 0"])
def test_where_the_taught_formula_fails_the_stable_one_is_shown(tmp_path: Path, weight: int) -> None:
    text = printed(tmp_path, LOGISTIC.format(weight=weight, target=0))
    assert "L = Σ(max(z, 0)" in text
    assert "safe from overflow; the same as −Σ(y ⊙ ln(a)" in " ".join(text.split())
    assert "evaluated as" not in text


def loss(stem: str) -> tuple[Step, dict[object, Step]]:
    (section, *_) = sections(stem)
    known: dict[object, Step] = {step.name: step for step in section.trace.steps}
    return next(step for step in section.trace.steps if step.name == section.loss), known


def test_the_taught_formula_must_give_the_value_that_is_printed() -> None:
    step, known = loss("rows-layer-by-layer")
    at = scope("rows-layer-by-layer")
    assert taught(step, at, known) is not None  # type: ignore[arg-type]
    assert taught(step._replace(value=step.value * (1 + 3 * AGREES)), at, known) is None  # type: ignore[arg-type]


def test_a_long_way_that_reads_the_same_is_not_mentioned(tmp_path: Path) -> None:
    text = printed(
        tmp_path,
        LOGISTIC.format(weight=0.5, target=1).replace(
            "loss: binary_cross_entropy", "loss: binary_cross_entropy(a, y) + 1/2 * sum(W^2)"
        ),
    )
    assert "= ∂L/∂z xᵀ + W" in text
    assert "the long way is ∂L/∂z xᵀ" not in text
    assert "the long way is ∂L/∂a ⊙ a" in text
