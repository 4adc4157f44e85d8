"""What a page claims of an activation or a loss, checked by numbers: each check lists what is not so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nnsolve.blocks.losses import LossBlock, Output
from nnsolve.core.expressions import Expr
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR
from nnsolve.engine.study import LAYOUT, Study
from nnsolve.ops import Operation
from nnsolve.report.explain.activations import VECTOR, A, Activation, X
from nnsolve.report.explain.losses import example, through

POINTS = (-3.0, -1.2, -0.3, 0.4, 1.1, 2.5)
FAR = 1000.0
SAMPLES = np.linspace(-15, 15, 602)
"""None of them is 0; further out a value that is never 1 is 1 in double precision."""


def number(activation: Activation, text: str) -> float:
    """A value of the registration: an end of the range, a limit."""
    if text.strip() in ("inf", "-inf"):
        return float(text)
    expr = parse(text.replace("lowest", repr(activation.facts.lowest)))
    return float(Study(Name("v"), expr, {Name(k): SCALAR for k in activation.named}).at(options(activation)))


def options(activation: Activation) -> dict[Name, Any]:
    return {Name(key): activation.settings[key] for key in activation.named}


def wrong_range(operation: Operation) -> Iterator[str]:
    activation = Activation(operation)
    text = activation.facts.range
    values = [activation.value(x) for x in SAMPLES]
    far = [*values, *(activation.value(x) for x in (-FAR, FAR))]
    if text[0] == "{":
        if {number(activation, part) for part in text[1:-1].split(",")} != set(far):
            yield "the values are others"
        return
    low, high = (number(activation, part) for part in text[1:-1].split(","))
    for value in values:
        below = value < low - 1e-15 if text[0] == "[" else value <= low
        above = value > high + 1e-15 if text[-1] == "]" else value >= high
        if below or above:
            yield f"{value} is outside"
    for end, reached in ((low, min(far)), (high, max(far))):
        if not tends(reached, end, 0.01):
            yield f"nothing is near {end}"


def tends(value: float, limit: float, tolerance: float) -> bool:
    """Whether a value far out is near its limit."""
    if math.isinf(limit):
        return abs(value) > 0.05 * FAR and math.copysign(1, value) == math.copysign(1, limit)
    return abs(value - limit) < tolerance


def wrong_limits(operation: Operation) -> Iterator[str]:
    activation = Activation(operation)
    derivative = activation.derivative
    for x, limit, slope in zip((-FAR, FAR), activation.facts.limits, activation.facts.slopes, strict=True):
        if not tends(activation.value(x), number(activation, limit), 1e-9):
            yield f"the value at {x} is not {limit}"
        found = activation.value(x, derivative) if derivative is not None else difference(activation, x)
        if not tends(found, number(activation, slope), 1e-9):
            yield f"the derivative at {x} is not {slope}"


def wrong_identities(operation: Operation) -> Iterator[str]:
    activation = Activation(operation)
    for identity in activation.facts.identities:
        sides = [parse(side) for side in identity.split(" = ")]
        for x in POINTS:
            left, right = (activation.study.at(activation.values(x), side) for side in sides)
            if not np.allclose(left, right, rtol=1e-12, atol=1e-12):
                yield f"{identity} at {x}"


def wrong_growth(operation: Operation) -> Iterator[str]:
    activation = Activation(operation)
    lowest = activation.facts.lowest
    values = [activation.value(x) for x in SAMPLES]
    if lowest is None and np.any(np.diff(values) < 0):
        yield "it falls"
    if lowest is not None:
        assert activation.derivative is not None
        if abs(activation.value(lowest, activation.derivative)) > 1e-12:
            yield "the derivative at the lowest point is not 0"
        if min(values) < activation.value(lowest) or np.all(np.diff(values) >= 0):
            yield "it is no least value"


def wrong_cases(operation: Operation) -> Iterator[str]:
    activation = Activation(operation)
    for case in activation.facts.cases:
        covered = [x for x in (*POINTS, *([0.0] if "=" in case.where else [])) if holds(case.where, x)]
        for x in covered:
            value = activation.studied(activation.written(case.expr)).at(activation.values(x))
            if abs(float(value) - activation.value(x)) > 1e-15:
                yield f"{case} at {x}"
    missed = [
        x for x in POINTS if activation.facts.cases and not any(holds(c.where, x) for c in activation.facts.cases)
    ]
    yield from (f"no case for {x}" for x in missed)


def holds(where: str, x: float) -> bool:
    conditions = {"": True, "x > 0": x > 0, "x < 0": x < 0, "x <= 0": x <= 0, "x >= 0": x >= 0}
    return conditions[where]


def wrong_derivation(operation: Operation) -> Iterator[str]:
    """Steps that are not the derivative, by differences of the value; the engine's own is the last of them."""
    activation = Activation(operation)
    if operation.no_derivative:
        return
    derivative = activation.derivative
    assert derivative is not None
    steps: list[Expr] = [activation.written(step.expr) for step in activation.facts.derivation]
    for x in POINTS:
        expected = matrix(activation, x) if activation.shape != SCALAR else np.array(difference(activation, x))
        for step in (*steps, derivative):
            if not np.allclose(activation.study.at(activation.values(x), step), expected, rtol=1e-8, atol=1e-9):
                yield f"{step} at {x}"


def difference(activation: Activation, x: float, h: float = 1e-3) -> float:
    """The derivative of the value by the five-point formula."""
    at = activation.value
    return (at(x - 2 * h) - 8 * at(x - h) + 8 * at(x + h) - at(x + 2 * h)) / (12 * h)


def matrix(activation: Activation, x: float, h: float = 1e-3) -> Any:
    """The derivatives of all elements by all elements, a column for each argument."""
    base = np.array([x, *VECTOR[1:]])
    columns = []
    for j in range(len(base)):
        at = [activation.study.at({X: base + step * h * np.eye(len(base))[j]}).ravel() for step in (-2, -1, 1, 2)]
        columns.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h))
    return np.array(columns).T


def wrong_output(block: LossBlock, output: Output) -> Iterator[str]:
    """Steps from dL/da to dL/dz that are not the derivative, by differences of the loss of z."""
    found = through(block._replace(output=output))
    values = {step.name: step.value for step in found.sections[0].trace.steps}
    z, y = values[Name("z")], values[Name("y")]
    shapes = {Name("z"): LAYOUT.vector(z.size), Name("y"): LAYOUT.vector(z.size)}
    activation = Study(A, parse(f"{output.activation}(z)"), shapes)
    loss = Study(Name("L"), parse(block.total), {A: shapes[Name("z")], Name("y"): shapes[Name("z")]})

    def at(shifted: Any) -> float:
        a = activation.at({Name("z"): shifted, Name("y"): y})
        return float(loss.at({A: a, Name("y"): y}))

    h, expected = 1e-3, np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        e = np.zeros(z.shape)
        e[index] = h
        expected[index] = (at(z - 2 * e) - 8 * at(z - e) + 8 * at(z + e) - at(z + 2 * e)) / (12 * h)
    for step in output.derivation:
        if not np.allclose(loss.at({A: values[A], Name("y"): y}, parse(step.expr)), expected, rtol=1e-8, atol=1e-9):
            yield step.expr
    if not np.allclose(values[Name("z").gradient(Name("L"))], expected, rtol=1e-8):
        yield "the engine's"


def drawn(kind: str, count: int, seed: int) -> Iterator[Any]:
    """Predictions or targets of a kind."""
    random = np.random.default_rng(seed)
    for _ in range(50):
        if kind == "distribution":
            yield random.dirichlet(np.ones(count))
        elif kind == "probability":
            yield random.uniform(0.001, 0.999, count)
        elif kind == "sign":
            yield random.choice([-1.0, 1.0], count)
        elif kind == "one-hot":
            yield np.eye(count)[random.integers(count)]
        else:
            yield random.normal(scale=3, size=count)


def wrong_least(block: LossBlock) -> Iterator[str]:
    """Predictions whose loss is below that of the target itself."""
    from nnsolve.report.explain.losses import L, Y, equation

    shape = LAYOUT.vector(len(block.example[0]))
    study = Study(L, equation(example(block), L), {A: shape, Y: shape})
    count = shape.size
    pairs = zip(drawn(block.prediction, count, 3), drawn(block.target, count, 4), strict=True)
    for a, y in pairs:
        if float(study.at({A: a, Y: y})) < float(study.at({A: y, Y: y})) - 1e-12:
            yield f"a = {a}, y = {y}"


def wrong_pieces(block: LossBlock) -> Iterator[str]:
    """Errors at which the cases are not the loss, or the gradient is not its derivative; the error is a, as y is 0."""
    from nnsolve.report.explain.losses import A, E, L, Y, equation

    assert block.pieces is not None
    one = LAYOUT.vector(1)
    loss = equation(example(block), L)
    deltas = {Name(key): value for key, value in block.example_options.items()}
    study = Study(L, loss, {A: one, Y: one, E: SCALAR, **dict.fromkeys(deltas, SCALAR)})
    for e in (-3.0, -1.25, -0.75, 0.5, 1.5, 4.0):
        given = {A: [e], Y: [0.0], E: e, **deltas}
        found = [
            float(study.at(given, parse(case.expr)))
            for case in block.pieces.cases
            if eval(case.where, {"abs": abs}, {"e": e, **block.example_options})
        ]
        if len(found) != 1 or abs(found[0] - float(study.at(given))) > 1e-12:
            yield f"{found} at e = {e}"
        h = 1e-4
        high, low = (float(study.at({**given, A: [e + step]})) for step in (h, -h))
        if abs((high - low) / (2 * h) - study.at(given, parse(block.pieces.gradient)).item()) > 1e-7:
            yield f"gradient at e = {e}"


def slopes(block: LossBlock) -> list[float]:
    """The gradient of a loss at its example."""
    return [float(slope) for slope in np.ravel(example(block).sections[0].answers[1].value)]


def value(block: LossBlock) -> float:
    """The loss at its example."""
    return float(example(block).sections[0].answers[0].value)
