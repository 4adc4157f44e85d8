"""The pages of optimizers and schedules: update equations, hyperparameters, the first updates of one number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnsolve.blocks.optimizers import HYPERPARAMETERS, OptimizerBlock, hyperparameter_symbol
from nnsolve.blocks.schedules import ScheduleBlock
from nnsolve.core.expressions import Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.report.explain.page import (
    Curve,
    Equation,
    Example,
    Fact,
    Item,
    Page,
    Part,
    Picture,
    Sentence,
    Writing,
    numbers,
    worked,
)
from nnsolve.report.numbers import number
from nnsolve.report.outline import section_scope
from nnsolve.report.phrases import Formula, listed
from nnsolve.report.style import Style
from nnsolve.report.worked import worked as shown

UPDATES = 2
RATES = 20
"""So many updates are in the picture of a schedule."""


def optimizer_page(block: OptimizerBlock, style: Style) -> Page:
    """The page of one optimizer."""
    example = optimizer_example(block)
    parts = [
        Part("Equations of an update", tuple(_updates(example, style))),
        Part("Properties", tuple(_properties(block, example, style))),
        Part("Hyperparameters", tuple(_hyperparameters(block, style))),
        Part(f"The first {UPDATES} updates", (example,)),
        Part("Source", (Sentence((block.source,)),)),
    ]
    return Page(block.name, "optimizer", block.doc, tuple(parts))


def optimizer_example(block: OptimizerBlock) -> Example:
    """Two updates of one number; of a threshold unit where the optimizer follows no gradient."""
    usual = {key: float(HYPERPARAMETERS[key].usual) for key, value in block.hyperparameters.items() if value is None}
    training: dict[str, Any] = {"optimizer": block.name, **usual, "steps": UPDATES}
    if block.follows_gradient:
        return worked(
            block.name,
            parameters={"W": 3},
            equations=["L = 1/2 * W^2"],
            loss="L",
            training={**training, "learning_rate": 0.1},
            ask=["W@1", "W@2"],
        )
    return worked(
        block.name,
        conventions={"weights": "rows", "samples": "columns", "step_at_zero": 1},
        layers=[{"dense": {"W": [[0.5, -1.0]], "b": [0.25], "activation": "step"}}],
        inputs={"x": [1.0, 2.0]},
        targets={"y": [1.0]},
        training={**training, "learning_rate": 0.1},
        ask=["W@1", "W@2"],
    )


def _updates(example: Example, style: Style) -> Iterator[Equation]:
    """The equations of the first update, as the example below has them."""
    section = example.sections[0]
    scope = section_scope(section, style)
    known = {step.name: step for step in section.trace.context}
    for step in section.trace.steps:
        if step.phase == "update" and step.name.update == 1:
            found = shown(step, scope, known)
            shapes = {name.after(0): shape for name, shape in found.scope.shapes.items()}
            formula = Formula(rewrite(found.equation.expr, _new), found.scope.of(shapes))
            left = Formula(Ref(step.name.after(0)), found.scope.at(0))
            sign = "=" if not found.updated else "←" if style.unicode else "<-"
            yield Equation((left,), (formula,), relation=sign)


def _new(node: Expr) -> Expr:
    """A quantity without the number of the update: in an equation, what the ones above it have made."""
    return Ref(node.name.after(0)) if isinstance(node, Ref) else node


def _properties(block: OptimizerBlock, example: Example, style: Style) -> Iterator[Item]:
    """What it updates and needs, and what it keeps from update to update."""
    if block.follows_gradient:
        yield Fact(("domain",), ("parameters of any shape and any real numbers; each number changes on its own",))
    else:
        yield Fact(("domain",), ("the weights and the bias of one layer: any real numbers",))
    yield Fact(("range",), ("any real numbers",))
    needs = "the gradient of the loss" if block.follows_gradient else "the target minus the prediction; no loss"
    yield Fact(("needs",), (needs,))
    states = [step for step in example.sections[0].trace.steps if step.role == "state"]
    writing = Writing(style, {step.name: step.shape for step in states})
    names = listed(writing.name(step.name) for step in states)
    yield Fact(("keeps",), (*names, ": 0 before the first update") if states else ("nothing",))


def _hyperparameters(block: OptimizerBlock, style: Style) -> Iterator[Item]:
    for key, default in block.hyperparameters.items():
        symbol = Writing(style, {}).name(Name(hyperparameter_symbol(key, block, {})))
        said = (
            f"has to be said, {HYPERPARAMETERS[key].usual} for example"
            if default is None
            else f"{number(default, 4, style)} if it is not said"
        )
        yield Fact((key,), (*symbol, f", {said}"))


def schedule_page(block: ScheduleBlock, style: Style) -> Page:
    """The page of one schedule of the learning rate."""
    example = schedule_example(block, UPDATES)
    parts = [
        Part("Equations of an update", tuple(_schedule_updates(block, example, style))),
        Part("Options", tuple(_schedule_options(block))),
        Part("Picture", (_rates(schedule_example(block, RATES)),)),
        Part(f"The first {UPDATES} updates", (example,)),
        Part("Source", (Sentence((block.source,)),)),
    ]
    return Page(block.name, "schedule", block.doc, tuple(parts))


def schedule_example(block: ScheduleBlock, steps: int) -> Example:
    """Gradient descent of one number with the schedule."""
    return worked(
        block.name,
        parameters={"W": 3},
        equations=["L = 1/2 * W^2"],
        loss="L",
        training={
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "schedule": {"kind": block.name, **block.example},
            "steps": steps,
        },
        ask=[f"rate@{k + 1}" for k in range(steps)],
    )


def _schedule_updates(block: ScheduleBlock, example: Example, style: Style) -> Iterator[Item]:
    """The equations of an update; in that of the rate, which is the first, the schedule's options are symbols."""
    symbols = {key: Ref(Name(key)) for key in block.options}
    rate = block.rate(Ref(Name("eta")), Ref(Name("t")), lambda: Ref(Name("pi")), symbols)
    first, *others = _updates(example, style)
    writing = Writing(style, numbers("eta", "t", "pi", *block.options))
    yield first._replace(right=writing.formula(rate))
    yield from others


def _rates(example: Example) -> Picture:
    """The learning rate of each update."""
    answers = example.sections[0].answers
    rates = {float(k): float(answer.value) for k, answer in enumerate(answers, 1)}
    return Picture((Curve(("the learning rate",), rates),), "update")


def _schedule_options(block: ScheduleBlock) -> Iterator[Item]:
    for key, default in block.options.items():
        said = "has to be said" if default is None else f"{default:g} if it is not said"
        used = f"; {block.example[key]:g} in the example" if key in block.example else ""
        yield Fact((key,), (said + used,))
