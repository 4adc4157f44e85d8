"""The page of a loss: formula, what it compares, its gradients, a picture, a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnsolve.blocks.losses import KINDS, LossBlock, template
from nnsolve.core.expressions import Call, Expr, Ref, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.engine.study import LAYOUT, Study
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
from nnsolve.report.phrases import Formula
from nnsolve.report.style import Style

L, A, Y, Z, G, E = map(Name, ("L", "a", "y", "z", "g", "e"))
POINTS = 200
_MINUS = re.compile(r"-(?=\w)")
REACH, PROBABILITIES = 3.0, (0.1, 0.99)
"""The picture shows so much on both sides of the target; of probabilities these."""


def loss_page(block: LossBlock, style: Style) -> Page:
    """The page of one loss."""
    return _Loss(block, style).page()


def call(block: LossBlock) -> str:
    """The loss as a function of the equation language."""
    options = "".join([f", {key}={value:g}" for key, value in block.example_options.items()])
    return f"{block.name}(a, y{options})"


def example(block: LossBlock) -> Example:
    """The loss of the block's example and its gradient, worked out."""
    a, y = block.example
    return worked(
        block.name, inputs={"a": a}, targets={"y": y}, equations=[f"L = {call(block)}"], loss="L", ask=["L", "dL/da"]
    )


def equation(found: Example, name: Name) -> Expr:
    """The expression that computes something in an example."""
    step: Step = next(step for step in found.sections[0].trace.steps if step.name == name)
    assert step.equation is not None
    return step.equation.expr


class _Loss:
    """A loss of one sample, of as many outputs as the block's example has."""

    def __init__(self, block: LossBlock, style: Style) -> None:
        self.block = block
        self.shape = LAYOUT.vector(len(block.example[0]))
        vectors = dict.fromkeys((A, Y, Z, G, A.gradient(L)), self.shape)
        self.writing = Writing(style, {**vectors, **numbers("L", "e", *block.options)})
        self.example = example(block)
        self.study = Study(L, equation(self.example, L), {A: self.shape, Y: self.shape})
        self.derivative = equation(self.example, A.gradient(L))

    def page(self) -> Page:
        block = self.block
        parts = [
            Part("Formula", tuple(self.formula())),
            Part("Properties", tuple(self.properties())),
            Part("Gradient", tuple(self.gradient())),
        ]
        if block.output is not None:
            parts.append(Part(f"Gradient through a {block.output.activation}", tuple(self.through())))
        parts += [
            Part("Picture", tuple(self.picture())),
            Part("A number", (self.example,)),
            Part("Source", (Sentence((block.source,)),)),
        ]
        return Page(block.name, "loss", block.doc, tuple(parts))

    def formula(self) -> Iterator[Item]:
        left = self.writing.name(L)
        if (pieces := self.block.pieces) is None:
            yield Equation(left, self.writing.formula(self.study.expr))
        else:
            yield Equation(left, self.writing.formula(_without_options(template(self.block, 1))))
            of_error = self.writing.formula(Call(pieces.operation, (Ref(E),)))
            for n, case in enumerate(pieces.cases):
                right = self.writing.formula(parse(case.expr))
                yield Equation(() if n else of_error, right, self.writing.where(case))
        if self.block.mean_over_outputs:
            yield Sentence((f"Here of {self.shape.size} outputs: the sum is divided by their number.",), note=True)
        for key, meaning in self.block.options.items():
            yield Sentence(
                (*self.writing.name(Name(key)), f": {meaning}; it has to be said: {call(self.block)}"), note=True
            )

    def properties(self) -> Iterator[Item]:
        yield Fact(("prediction a",), (self.signed(KINDS[self.block.prediction]),))
        yield Fact(("target y",), (self.signed(KINDS[self.block.target]),))
        least = self.study.at({A: self.block.example[1], Y: self.block.example[1]})
        at = f" where a = y, for y = {self.listed(self.block.example[1])}"
        if self.block.least:
            at = f" {self.block.least}"
        yield Fact(("least value",), (*self.writing.number(float(least)), *self.writing.sentence(at)))
        yield Fact(("several samples",), ("the file says reduction: sum or mean",))

    def gradient(self) -> Iterator[Item]:
        pieces = self.block.pieces
        expr = self.derivative if pieces is None else parse(pieces.gradient)
        yield Sentence(self.writing.sentence(self.signed(self.block.why)))
        yield Equation(self.writing.name(A.gradient(L)), self.writing.formula(expr))

    def through(self) -> Iterator[Item]:
        """The gradient with respect to what the output's activation is taken of."""
        output = self.block.output
        assert output is not None
        yield Sentence(self.writing.sentence(f"With a = `{output.activation}(z)` the gradient of z is short."))
        left = self.writing.name(Z.gradient(L))
        for n, step in enumerate(output.derivation, 1):
            yield Sentence((f"{n}. ", *self.writing.sentence(step.why)))
            yield Equation(left, self.writing.formula(parse(step.expr)))
        yield Sentence((f"{len(output.derivation) + 1}. ", *self.writing.sentence(output.result)))
        yield Equation(left, self.writing.formula(equation(through(self.block), Z.gradient(L))))

    def picture(self) -> Iterator[Item]:
        """The loss and its derivative as the first element of the prediction changes."""
        prediction, target = self.block.example
        low, high = PROBABILITIES if self.block.prediction != "real" else (target[0] - REACH, target[0] + REACH)
        xs = [low + (high - low) * n / (POINTS - 1) for n in range(POINTS)]
        values: dict[float, float] = {}
        slopes: dict[float, float] = {}
        for x in xs:
            given = {A: (x, *prediction[1:]), Y: target}
            values[x] = float(self.study.at(given))
            slopes[x] = float(self.study.at(given, self.derivative).flat[0])
        first = Name("a_1")
        curves = Curve(self.writing.name(L), values), Curve(self.writing.name(first.gradient(L)), slopes, "o")
        rest = " The others stay." if len(prediction) > 1 else ""
        fixed: list[str | Formula] = [f"a = {self.listed(prediction)}, y = {self.listed(target)}"]
        for key, value in self.block.example_options.items():
            fixed += [", ", *self.writing.name(Name(key)), " = ", *self.writing.number(value)]
        yield Sentence((*fixed, f": what if the first element of a changes?{rest}"), note=True)
        yield Picture(curves, self.writing.scope.name(first))

    def listed(self, values: tuple[float, ...]) -> str:
        return self.signed(f"[{', '.join([f'{value:g}' for value in values])}]")

    def signed(self, text: str) -> str:
        """A text with minus signs before numbers, where they can be shown; not within formulas."""
        parts = text.split("`")
        if self.writing.scope.style.unicode:
            parts[::2] = [_MINUS.sub("\u2212", part) for part in parts[::2]]
        return "`".join(parts)


def through(block: LossBlock) -> Example:
    """The loss of an output's activation, worked out with respect to what that is taken of."""
    assert block.output is not None
    z = [0.5, -1.0, 2.0][: len(block.example[0])]
    equations = [f"a = {block.output.activation}(z)", f"L = {call(block)}"]
    y = block.example[1]
    return worked(block.name, inputs={"z": z}, targets={"y": y}, equations=equations, loss="L", ask=["L", "dL/dz"])


def _without_options(expr: Expr) -> Expr:
    """The expression as it is written where its options are said elsewhere."""
    return rewrite(expr, lambda node: Call(node.op, node.args) if isinstance(node, Call) else node)
