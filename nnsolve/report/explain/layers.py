"""The page of a layer: its equations, its parameters, an example worked out forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterator

from nnsolve.blocks.layer import LayerBlock
from nnsolve.core.expressions import Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.report.explain.page import Equation, Example, Fact, Item, Page, Part, Sentence, Writing, worked
from nnsolve.report.style import Style
from nnsolve.report.tensors import dimensions

SHOWN = 2
"""The time step whose equations stand for those of every step: the first that has one before."""


def layer_page(block: LayerBlock, style: Style) -> Page:
    """The page of one layer."""
    example = layer_example(block)
    parts = [
        Part("Equations", (*_equations(example, style), *[Sentence((form,), note=True) for form in block.forms])),
        Part("Parameters", tuple(_parameters(block, example, style))),
        Part("An example", (Sentence((_LOSS,), note=True), example)),
        Part("Options", tuple(_options(block))),
        Part("Source", (Sentence((block.source,)),)),
    ]
    return Page(block.name, "layer", block.doc, tuple(parts))


_LOSS = "The loss is half the squared output, so that the gradient of the output is the output itself."


def layer_example(block: LayerBlock) -> Example:
    """The block's example below half the squared output, worked out."""
    return worked(
        block.name,
        conventions={"weights": "rows", "samples": "columns", "count_from": 1},
        layers=[{block.name: block.example}],
        inputs={"x": block.example_input},
        loss="1/2 * sum(y_hat^2)",
    )


def _equations(example: Example, style: Style) -> Iterator[Item]:
    """The equations, with a time step t where they have one."""
    steps = [step for step in example.sections[0].trace.steps if step.phase == "forward" and step.name != Name("L")]
    timed = any(step.name.time for step in steps)
    for step in steps:
        if timed and step.name.time != SHOWN:
            continue
        assert step.equation is not None
        name, expr, shapes = step.name, step.equation.expr, dict(step.shapes)
        if timed:
            shapes = {_at_any(name, style): shape for name, shape in shapes.items()}
            name, expr = _at_any(name, style), _general(expr, style)
        writing = Writing(style, shapes)
        yield Equation(writing.name(name), writing.formula(expr))


def _general(expr: Expr, style: Style) -> Expr:
    """The expression at any time step."""
    return rewrite(expr, lambda node: Ref(_at_any(node.name, style)) if isinstance(node, Ref) else node)


def _at_any(name: Name, style: Style) -> Name:
    """The name at time t for the step shown, at t-1 for the one before."""
    if name.time is None:
        return name
    before = "t-1" if style.unicode else "{t-1}"
    return name._replace(time=None, gate="t" if name.time == SHOWN else before)


def _parameters(block: LayerBlock, example: Example, style: Style) -> Iterator[Item]:
    """Each parameter of the example: its shape, what it is; and how many numbers they are together."""
    given = [step for step in example.sections[0].trace.steps if step.role == "parameter"]
    for step in given:
        writing = Writing(style, {step.name: step.shape})
        meaning = block.options.get(str(step.name), "")
        yield Fact(writing.name(step.name), (f"{dimensions(step.shape, style) or 'a number'}: {meaning}",))
    total = sum(step.value.size for step in given)
    yield Fact(("together",), (f"{total} numbers in this example",) if given else ("none",))


def _options(block: LayerBlock) -> Iterator[Item]:
    for option, meaning in block.options.items():
        yield Fact((option,), (meaning + (" (required)" if option in block.required else ""),))
