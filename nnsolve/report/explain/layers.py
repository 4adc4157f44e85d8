"""The page of a layer: its equations, its parameters, an example worked out forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nnsolve.blocks.layer import LayerBlock
from nnsolve.core.expressions import Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.explain.page import Equation, Example, Fact, Item, Page, Part, Sentence, Writing, worked
from nnsolve.report.style import Style
from nnsolve.report.tensors import dimensions

LOSS = Name("L")
SHOWN = 2
"""The time step whose equations stand for those of every step: the first that has one before."""

_LOSS = "The loss is half the squared output, so that the gradient of the output is the output itself."
_PLAIN = "One unit with numbers for weights. With --detail full: two units, forwards and backwards."
_OF_TIME = (
    "The loss is half the squared output: of it step t itself adds the last term, h; the others come back from step "
    "t + 1. A parameter is used at every step, and its gradient is the sum over all of them."
)


def layer_page(block: LayerBlock, style: Style) -> Page:
    """The page of one layer; a recurrent one is worked out forwards alone unless all details are wanted."""
    example = layer_example(block)
    writing = Writing(style, {})
    parts = [
        Part("Equations", (*_equations(example, style), *[Sentence((form,), note=True) for form in block.forms])),
        Part("Properties", tuple(Fact((key,), writing.sentence(getattr(block, key))) for key in ("domain", "range"))),
        Part("Parameters", tuple(_parameters(block, example, style))),
    ]
    if _is_recurrent(example):
        parts.append(Part("Gradients", (Sentence((_OF_TIME,), note=True), *_gradients(block, style))))
    if _is_recurrent(example) and style.detail != "full":
        parts.append(Part("An example", (Sentence((_PLAIN,), note=True), plain_example(block))))
    else:
        parts.append(Part("An example", (Sentence((_LOSS,), note=True), example)))
    shown = {str(step.name) for step in example.sections[0].trace.steps if step.role == "parameter"}
    if options := tuple(_options(block, shown)):
        parts.append(Part("Other options" if shown else "Options", options))
    parts.append(Part("Source", (Sentence((block.source,)),)))
    return Page(block.name, "layer", block.doc, tuple(parts))


def _is_recurrent(example: Example) -> bool:
    """Whether a state goes over from step to step."""
    return any(step.role == "initial" for step in example.sections[0].trace.steps)


def layer_example(block: LayerBlock, steps: int | None = None) -> Example:
    """The block's example below half the squared output, worked out; `steps` repeats its inputs up to so many."""
    inputs = block.example_input
    problem: dict[str, Any] = {
        "conventions": {"weights": "rows", "samples": "columns", "count_from": 1},
        "layers": [{block.name: block.example}],
        "inputs": {"x": inputs if steps is None else (inputs * steps)[:steps]},
        "loss": "1/2 * sum(y_hat^2)",
    }
    found = worked(block.name, **problem)
    if any(step.role == "parameter" for step in found.sections[0].trace.steps):
        return found
    return worked(block.name, **problem, ask=["L", *(f"dL/dx_{n}" for n in range(1, len(inputs) + 1))])


def plain_example(block: LayerBlock) -> Example:
    """The first unit of a recurrent block's example with the first input, forwards."""
    return worked(
        block.name,
        conventions={"weights": "rows", "samples": "columns", "count_from": 1},
        layers=[{block.name: {key: _first(value) for key, value in block.example.items()}}],
        inputs={"x": [_first(row) for row in block.example_input[:SHOWN]]},
    )


def _first(value: Any) -> Any:
    """The first number of a list of lists."""
    return _first(value[0]) if isinstance(value, list) else value


def _equations(example: Example, style: Style) -> Iterator[Item]:
    """The equations, with a time step t where they have one."""
    steps = [step for step in example.sections[0].trace.steps if step.phase == "forward" and step.name != LOSS]
    timed = any(step.name.time for step in steps)
    if not timed:
        writing = Writing(style, {name: shape for step in steps for name, shape in step.shapes.items()})
        yield from [Equation(writing.name(s.name), writing.formula(s.equation.expr)) for s in steps if s.equation]
        return
    steps = [step for step in steps if step.name.time == SHOWN]
    writing = _writing(steps, style)
    for step in steps:
        assert step.equation is not None
        yield Equation(writing.name(_at_any(step.name, style)), writing.formula(_general(step.equation.expr, style)))


def _gradients(block: LayerBlock, style: Style) -> Iterator[Item]:
    """The gradients at any step that is neither the first nor the last, and those of the parameters."""
    trace = layer_example(block, SHOWN + 1).sections[0].trace.steps
    parameters = {step.name for step in trace if step.role == "parameter"}
    steps = [step for step in trace if step.phase == "backward" and step.name.time == SHOWN]
    writing = _writing(steps, style)
    for step in steps:
        assert step.equation is not None
        right = writing.formula(_general(step.equation.expr, style))
        whole = step.name._replace(time=None)
        if whole.primal in parameters:
            yield Equation(writing.name(whole), right, over_time=True)
        else:
            yield Equation(writing.name(_at_any(step.name, style)), right)


def _writing(steps: Sequence[Step], style: Style) -> Writing:
    """Writes names at any time step, all in one manner."""
    return Writing(style, {_at_any(name, style): shape for step in steps for name, shape in step.shapes.items()})


def _general(expr: Expr, style: Style) -> Expr:
    """The expression at any time step."""
    return rewrite(expr, lambda node: Ref(_at_any(node.name, style)) if isinstance(node, Ref) else node)


def _at_any(name: Name, style: Style) -> Name:
    """The name at time t for the step shown, at t-1 and t+1 for those beside it."""
    if name.time is None:
        return name
    time = {-1: "t-1", 0: "t", 1: "t+1"}[name.time - SHOWN]
    return name._replace(time=None, gate=time if style.unicode or time == "t" else f"{{{time}}}")


def _parameters(block: LayerBlock, example: Example, style: Style) -> Iterator[Item]:
    """Each parameter of the example: its shape, what it is; and how many numbers they are together."""
    given = [step for step in example.sections[0].trace.steps if step.role == "parameter"]
    writing = Writing(style, {step.name: step.shape for step in given})
    for step in given:
        meaning = block.options.get(str(step.name), "")
        yield Fact(
            writing.name(step.name),
            (f"{dimensions(step.shape, style) or 'a number'}: {meaning}{_required(str(step.name), block)}",),
        )
    total = sum(step.value.size for step in given)
    yield Fact(("together",), (f"{total} numbers in this example",) if given else ("none",))


def _options(block: LayerBlock, shown: set[str]) -> Iterator[Item]:
    for option, meaning in block.options.items():
        if option not in shown:
            yield Fact((option,), (meaning + _required(option, block),))


def _required(option: str, block: LayerBlock) -> str:
    return " (required)" if option in block.required else ""
