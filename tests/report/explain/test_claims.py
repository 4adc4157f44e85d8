"""Nothing on a page is wrong: formulas, limits, ranges and derivations against numbers; wrong ones are caught."""

from __future__ import annotations

from typing import Any

import pytest

from nnsolve.blocks import LOSSES
from nnsolve.ops import REGISTRY, Operation
from nnsolve.ops.facts import Case, Facts, Step
from nnsolve.report.explain.activations import activations
from tests.report.explain.claims import (
    slopes,
    value,
    wrong_cases,
    wrong_derivation,
    wrong_growth,
    wrong_identities,
    wrong_least,
    wrong_limits,
    wrong_output,
    wrong_pieces,
    wrong_range,
)

CHECKS = (wrong_range, wrong_limits, wrong_identities, wrong_growth, wrong_cases, wrong_derivation)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", activations())
def test_what_is_said_of_an_activation_holds(name: str, check: object) -> None:
    assert callable(check)
    assert list(check(REGISTRY[name])) == []


def changed(name: str, **fields: object) -> Operation:
    facts = REGISTRY[name].facts
    assert isinstance(facts, Facts)
    return REGISTRY[name]._replace(facts=facts._replace(**fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("check", "operation"),
    [
        (wrong_range, changed("sigmoid", range="(-1, 1)")),
        (wrong_range, changed("relu", range="(0, inf)")),
        (wrong_range, changed("relu", range="[0, 9)")),
        (wrong_range, changed("silu", range="[-1, inf)")),
        (wrong_range, changed("step", range="{-1, 1}")),
        (wrong_range, changed("softmax", range="(0, 2)")),
        (wrong_limits, changed("tanh", limits=("0", "1"))),
        (wrong_limits, changed("elu", slopes=("1", "1"))),
        (wrong_limits, changed("relu", limits=("0", "-inf"))),
        (wrong_limits, changed("log_softmax", slopes=("0", "0"))),
        (wrong_identities, changed("sigmoid", identities=("sigmoid(-x) = -sigmoid(x)",))),
        (wrong_growth, changed("silu", lowest=None)),
        (wrong_growth, changed("gelu", lowest=-0.7)),
        (wrong_growth, changed("relu", lowest=-1.0)),
        (wrong_cases, changed("elu", cases=(Case("x", "x > 0"), Case("exp(x)", "x <= 0")))),
        (wrong_cases, changed("relu", cases=(Case("x", "x > 0"),))),
        (wrong_derivation, changed("sigmoid", derivation=(Step("exp(-x) / (1 + exp(-x))", ""),))),
        (wrong_derivation, changed("tanh", derivation=(Step("1 - out", ""),))),
        (wrong_derivation, changed("softmax", derivation=(Step("outer(out, out) - diag(out)", ""),))),
    ],
)
def test_what_is_wrong_is_caught(check: object, operation: Operation) -> None:
    assert callable(check)
    assert list(check(operation))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_least_where_the_prediction_is_the_target(name: str) -> None:
    assert list(wrong_least(LOSSES[name])) == []


@pytest.mark.parametrize(("name", "at"), [("l2_norm", (1.0, -1.0, 0.5)), ("absolute_error", (1.0, -1.0, 0.5))])
def test_where_a_loss_has_no_gradient_0_is_taken(name: str, at: tuple[float, ...]) -> None:
    block = LOSSES[name]
    assert "and 0 is taken" in block.why
    assert list(slopes(block._replace(example=(at, block.example[1])))) == [0, 0, 0]
    assert any(slopes(block))


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("hinge", (1.0, -1.0), (0.9, -1.0)),
        ("hinge", (7.0, -3.0), (7.0, 3.0)),
        ("multiclass_hinge", (2.0, 1.0, -3.0), (1.9, 1.0, -3.0)),
    ],
)
def test_a_hinge_is_0_wherever_its_page_says_so(name: str, right: tuple[float, ...], wrong: tuple[float, ...]) -> None:
    block = LOSSES[name]
    assert block.least
    assert value(block._replace(example=(right, block.example[1]))) == 0
    assert value(block._replace(example=(wrong, block.example[1]))) > 0


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_says_how_its_gradient_is_found(name: str) -> None:
    assert LOSSES[name].why


def test_a_loss_that_is_less_elsewhere_is_caught() -> None:
    assert list(wrong_least(LOSSES["hinge"]._replace(target="real")))
    assert list(wrong_least(LOSSES["cross_entropy"]._replace(prediction="probability")))


@pytest.mark.parametrize("name", [name for name, block in LOSSES.items() if block.output])
def test_the_gradient_through_the_output_is_derived_rightly(name: str) -> None:
    block = LOSSES[name]
    assert block.output is not None
    assert list(wrong_output(block, block.output)) == []
    for n, step in enumerate(block.output.derivation):
        steps = list(block.output.derivation)
        steps[n] = Step(f"2 * ({step.expr})", step.why)
        assert list(wrong_output(block, block.output._replace(derivation=tuple(steps)))) == [f"2 * ({step.expr})"]


HUBER = LOSSES["huber"]
PIECES = HUBER.pieces


def test_a_loss_in_pieces_is_what_its_cases_say() -> None:
    assert [name for name, block in LOSSES.items() if block.pieces] == ["huber"]
    for delta in (0.6, 1.0, 2.0):
        assert list(wrong_pieces(HUBER._replace(example_options={"delta": delta}))) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"cases": (Case("e^2", "abs(e) <= delta"), Case("delta * (abs(e) - 1/2 * delta)", "abs(e) > delta"))},
        {"cases": (Case("1/2 * e^2", "abs(e) <= delta"), Case("delta * abs(e)", "abs(e) > delta"))},
        {"cases": (Case("1/2 * e^2", "abs(e) <= delta"),)},
        {"gradient": "a - y"},
        {"gradient": "clip(y - a, -delta, delta)"},
    ],
    ids=str,
)
def test_wrong_pieces_are_caught(fields: dict[str, Any]) -> None:
    assert PIECES is not None
    assert list(wrong_pieces(HUBER._replace(pieces=PIECES._replace(**fields))))
