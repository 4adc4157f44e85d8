"""What an activation is stands below its first step, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.ops import REGISTRY
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Work
from tests.report.solved import printed
from tests.report.typeset.built import built

PROBLEM = """
inputs: {{x: [1, -2]}}
conventions: {{step_at_zero: 1, sign_at_zero: 0}}
equations: ['z = 2 * x', 'a = {activation}', 'b = {activation}']
ask: [a, b]
"""


@pytest.mark.parametrize(
    ("activation", "definition"),
    [
        ("sigmoid(z)", "σ(z) = 1 / (1 + exp(−z))"),
        ("tanh(z)", "tanh(z) = (exp(z) − exp(−z)) / (exp(z) + exp(−z))"),
        ("softmax(z)", "softmax(z) = exp(z) / Σ(exp(z))"),
        ("relu(z)", "ReLU(z) = z where z > 0, 0 where z ≤ 0"),
        ("leaky_relu(z, slope=0.1)", "LeakyReLU(z, slope = 0.1) = z where z > 0, 0.1 z where z ≤ 0"),
        ("relu(z + 3 * x)", "ReLU(z_a) = z_a where z_a > 0, 0 where z_a ≤ 0"),
    ],
)
def test_an_activation_is_defined_once(tmp_path: Path, activation: str, definition: str) -> None:
    text = printed(tmp_path, PROBLEM.format(activation=activation))
    assert text.count(f"\n    {definition}\n") == 1
    assert text.index(definition) < text.index("  b = ")


@pytest.mark.parametrize("activation", ["identity(z)", "exp(z)", "z + 1"])
def test_nothing_is_said_of_other_functions(tmp_path: Path, activation: str) -> None:
    assert " where " not in printed(tmp_path, PROBLEM.format(activation=activation))


def test_without_unicode_it_is_in_the_equation_language(tmp_path: Path) -> None:
    text = printed(tmp_path, PROBLEM.format(activation="relu(z)"), Style(80, unicode=False))
    assert "relu(z) = z where z > 0, 0 where z <= 0" in text


@pytest.mark.parametrize("activation", [name for name, found in REGISTRY.items() if found.activation])
def test_every_activation_but_the_identity_can_be_defined(tmp_path: Path, activation: str) -> None:
    options = ", slope=0.1" if activation == "leaky_relu" else ""
    text = printed(tmp_path, PROBLEM.format(activation=f"{activation}(z{options})"))
    note = text.split("  a = ")[1].split("  b = ")[0].splitlines()
    assert any(" = " in line and line.startswith("    ") and "(z" in line.split(" = ")[0] for line in note) == (
        activation != "identity"
    )


def test_parts_do_not_define_again_what_another_part_did() -> None:
    works = [block for block in built("relu-relu-softmax-classifier").blocks if isinstance(block, Work)]
    said = [note for work in works for note in work.notes if " where " in note.text]
    assert len(said) == 1
