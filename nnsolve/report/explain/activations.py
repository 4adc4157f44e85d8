"""The page of an activation: formula, where its values lie, the derivative step by step, a picture, a number."""

from __future__ import annotations

import math
from collections.abc import Iterator

from nnsolve.core.expressions import Call, Expr, Num, Ref, nodes
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR
from nnsolve.core.spelling import spell
from nnsolve.engine.study import LAYOUT, Study
from nnsolve.ops import REGISTRY, Operation
from nnsolve.ops.facts import Facts
from nnsolve.ops.operation import UndefinedValueError
from nnsolve.ops.templates import filled
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
from nnsolve.report.phrases import Phrase
from nnsolve.report.style import Style

X, A, INCOMING = Name("x"), Name("a"), Name("g")
VECTOR = (0.5, -2.0, 1.25)
"""The arguments of a function of vectors in pictures and numbers."""

REACH, POINTS = 5.0, 200
"""The picture shows so much to both sides of 0, in so many points (none of them 0, where a function may jump)."""


def activations() -> dict[str, Operation]:
    """The activations of the registry."""
    return {name: operation for name, operation in REGISTRY.items() if operation.activation}


def activation_page(operation: Operation, style: Style) -> Page:
    """The page of one activation."""
    return _Activation(operation, style).page()


class Activation:
    """An activation a = f(x), of a number, or of a vector where it is none that acts element by element.

    Options have the values of the operation's example wherever numbers are computed.
    """

    def __init__(self, operation: Operation) -> None:
        assert operation.facts is not None, operation.name
        self.operation = operation
        self.facts: Facts = operation.facts
        self.shape = SCALAR if operation.elementwise else LAYOUT.vector(len(VECTOR))
        self.settings = {**operation.options, **operation.example_options}
        self.named = [key for key, value in self.settings.items() if key not in ("axis", "at_zero")]
        self.call = Call(operation.name, (Ref(X),), tuple(operation.example_options.items()))
        self.study = self.studied(self.call)

    def studied(self, expr: Expr) -> Study:
        """The study of an expression in x."""
        return Study(A, expr, {X: self.shape, **numbers(*self.named)})

    def written(self, text: str) -> Expr:
        """An expression of the operation's registration; `out` is a, and options stay symbols."""
        options = {key: value for key, value in self.operation.options.items() if key == "axis"}
        return filled(text, self.operation, (Ref(X),), options, {"out": Ref(A)})

    def values(self, x: float) -> dict[Name, float | tuple[float, ...]]:
        """The values of x (of its first element in a vector) and of the options."""
        given: dict[Name, float | tuple[float, ...]] = {Name(key): self.settings[key] for key in self.named}
        given[X] = x if self.shape == SCALAR else (x, *VECTOR[1:])
        return given

    def value(self, x: float, expr: Expr | None = None) -> float:
        """a, or an expression in x and a; of a vector its first element, of a matrix that at its upper left."""
        return float(self.study.at(self.values(x), expr).flat[0])

    @property
    def derivative(self) -> Expr | None:
        """The derivative as the engine has it; None where there is none."""
        if self.operation.no_derivative:
            return None
        return self.study.derivative(X) if self.shape == SCALAR else self.study.matrix(X)


class _Activation(Activation):
    def __init__(self, operation: Operation, style: Style) -> None:
        super().__init__(operation)
        more = numbers(*self.named, "u", "v", "x_i", "x_j", "a_i", "a_j")
        self.writing = Writing(style, {X: self.shape, A: self.shape, INCOMING: self.shape, **more})
        self.slope = self.writing.name(X.gradient(A))

    def page(self) -> Page:
        parts = [
            Part("Formula", tuple(self.formula())),
            Part("Properties", tuple(self.properties())),
            Part("Derivative", tuple(self.steps())),
            Part("Picture", (self.picture(),)),
            Part("A number", (self.example(),)),
            Part("Source", (Sentence((self.operation.source,)),)),
        ]
        return Page(self.operation.name, "activation", self.operation.doc, tuple(parts))

    def formula(self) -> Iterator[Item]:
        """a = f(x) = its definition, or what it is in each case; then the functions in it that have letters."""
        left = (*self.writing.name(A), " = ", *self.writing.formula(Call(self.operation.name, (Ref(X),))))
        if not self.facts.cases:
            expr = self.written(self.operation.definition or "")
            yield Equation(left, self.writing.formula(expr))
            yield from self.letters(expr)
        for n, case in enumerate(self.facts.cases):
            yield Equation(() if n else left, self.writing.formula(self.written(case.expr)), self.writing.where(case))
        for key in self.named:
            default = self.operation.options[key]
            said = "has to be said" if default is ... else f"is {default:g} if it is not said"
            form = f"{self.operation.name}(u, {key}={self.settings[key]:g})"
            yield Sentence((*self.writing.name(Name(key)), f" {said}: activation: {form}"), note=True)

    def letters(self, expr: Expr) -> Iterator[Item]:
        """What the letters of functions stand for that have no name everyone knows."""
        derivative = self.derivative
        calls = [*nodes(expr), *(nodes(derivative) if derivative is not None else ())]
        for name in dict.fromkeys([node.op for node in calls if isinstance(node, Call)]):
            operation = REGISTRY[name]
            if operation.symbol and operation.symbol in operation.doc:
                yield Sentence((operation.doc,), note=True)

    # Properties

    def properties(self) -> Iterator[Item]:
        vector = self.shape != SCALAR
        element = "each element of a: " if vector else ""
        yield Fact(("domain",), ("vectors of any real numbers" if vector else "all real numbers",))
        yield Fact(("range",), (element, *self.range()) if element else self.range())
        for end, infinity in enumerate((-math.inf, math.inf)):
            x = Name("x_i") if vector else X
            yield Fact((*self.writing.name(x), " to ", *self.writing.formula(Num(infinity))), self.limit(end))
        yield from self.at_zero()
        if self.facts.lowest is not None:
            where = self.writing.number(self.facts.lowest)
            yield Fact(("growth",), ("falls as x grows up to ", *where, ", then rises"))
        elif not vector:
            yield Fact(("growth",), ("never falls as x grows",))
        for n, identity in enumerate(self.facts.identities):
            left, right = identity.split(" = ")
            equation = (*self.writing.formula(parse(left)), " = ", *self.writing.formula(parse(right)))
            yield Fact(() if n else ("for every x",), equation)

    def range(self) -> Phrase:
        """The range in words."""
        text = self.facts.range
        ends = [self.end(part) for part in text[1:-1].split(",")]
        if text[0] == "{":
            return (*ends[0], " or ", *ends[1])
        below, above = "-inf" not in text, ", inf" not in text
        if below and above:
            return ("between ", *ends[0], " and ", *ends[1], ", and never one of these")
        if below:
            return (*ends[0], " or more") if text[0] == "[" else ("more than ", *ends[0])
        return ("less than ", *ends[1]) if above else ("all real numbers",)

    def end(self, text: str) -> Phrase:
        """An end of the range; the least value is computed where it is taken."""
        if "lowest" not in text:
            return self.value_text(text.strip())
        assert self.facts.lowest is not None
        return ("about ", *self.writing.number(self.value(self.facts.lowest)))

    def limit(self, end: int) -> Phrase:
        """What the value and the derivative tend to."""
        index = "_i" if self.shape != SCALAR else ""
        a, x = Name(f"a{index}"), Name(f"x{index}")
        value, slope = (self.value_text(limits[end]) for limits in (self.facts.limits, self.facts.slopes))
        more = (", ", *self.writing.name(x.gradient(a)), " to ", *slope)
        return (*self.writing.name(a), " goes to ", *value, *more)

    def value_text(self, text: str) -> Phrase:
        """A value of the registration: an expression, or an infinity."""
        return self.writing.formula(Num(float(text)) if text in ("inf", "-inf") else parse(text))

    def at_zero(self) -> Iterator[Item]:
        """The values at 0; where the function or its derivative jumps there, what holds instead."""
        if self.shape != SCALAR:
            return
        try:
            value = (*self.writing.name(A), " = ", *self.writing.number(self.value(0.0)))
        except UndefinedValueError:
            yield Fact(("at 0",), (f"it jumps; the file says its value (conventions: {self.operation.name}_at_zero)",))
            return
        derivative = self.derivative
        assert derivative is not None
        taken = self.writing.number(self.value(0.0, derivative))
        sides = [self.value(x, derivative) for x in (-1e-9, 1e-9)]
        if abs(sides[1] - sides[0]) < 1e-6:
            yield Fact(("at 0",), (*value, ", ", *self.slope, " = ", *taken, self.settled()))
            return
        left, right = map(self.writing.number, sides)
        yield Fact(
            ("at 0",),
            (
                *value,
                "; ",
                *self.slope,
                " jumps from ",
                *left,
                " to ",
                *right,
                ", and is taken as ",
                *taken,
                self.settled(),
            ),
        )

    def settled(self) -> str:
        """The options that numbers were computed with."""
        return "".join([f" ({key} = {self.settings[key]:g})" for key in self.named])

    # Derivative

    def steps(self) -> Iterator[Item]:
        """The derivation, from the definition to what the engine uses."""
        study, derivative = self.study, self.derivative
        if self.facts.cases:
            yield from self.by_cases()
        for n, step in enumerate(self.facts.derivation, 1):
            yield Sentence((f"{n}. ", *self.writing.sentence(step.why)))
            yield Equation(self.slope, self.writing.formula(self.written(step.expr)))
        if derivative is None:
            yield Sentence((f"No gradient passes through it: {self.operation.no_derivative}.",))
            return
        if self.facts.result:
            number = f"{len(self.facts.derivation) + 1}. " if self.facts.derivation else ""
            yield Sentence((number, *self.writing.sentence(self.facts.result)))
            yield Equation(self.slope, self.writing.formula(derivative))
        if self.shape != SCALAR:
            yield Sentence(("A gradient g of a becomes that of x by the transpose of this matrix:",))
            yield Equation(
                self.writing.name(X.gradient(Name("L"))), self.writing.formula(study.carried_back(X, INCOMING))
            )

    def by_cases(self) -> Iterator[Item]:
        """The derivative in each case."""
        for case in self.facts.cases:
            expr = self.written(case.expr)
            yield Equation(self.slope, self.writing.formula(self.studied(expr).derivative(X)), self.writing.where(case))

    # Numbers

    def picture(self) -> Picture:
        """The function and its derivative."""
        xs = [REACH * (2 * n / (POINTS - 1) - 1) for n in range(POINTS)]
        derivative = self.derivative
        index = "_1" if self.shape != SCALAR else ""
        a, x = Name(f"a{index}"), Name(f"x{index}")
        curves = [Curve(self.writing.name(a), {v: self.value(v) for v in xs})]
        if derivative is not None:
            slopes = {v: self.value(v, derivative) for v in xs}
            curves.append(Curve(self.writing.name(x.gradient(a)), slopes, "o"))
        return Picture(tuple(curves), self.writing.scope.name(x))

    def example(self) -> Item:
        """a and da/dx, worked out: of a number on each side of 0 where the function is defined in cases."""
        x: object = 0.5
        if self.shape != SCALAR:
            x = VECTOR
        elif len(self.facts.cases) > 1:
            x = (0.5, -2.0)
        name, asked = self.operation.name, [] if self.operation.no_derivative else ["da/dx"]
        found = worked(name, inputs={"x": x}, equations=[f"a = {spell(self.call)}"], ask=["a", *asked])
        if self.facts.cases:
            return found
        definition = spell(self.written(self.operation.definition or ""))
        long = worked(name, inputs={"x": x}, equations=[f"a = {definition}"], ask=["a"])
        return spliced(found, long)


def spliced(short: Example, long: Example) -> Example:
    """An example whose forward pass is another one's: what a function is defined to be instead of its name."""
    section = short.sections[0]
    before = [step for step in long.sections[0].trace.steps if step.phase in ("given", "forward")]
    after = [step for step in section.trace.steps if step.phase not in ("given", "forward")]
    return Example((section._replace(trace=section.trace._replace(steps=(*before, *after))),))
