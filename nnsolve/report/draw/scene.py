"""What a picture shows of a solved problem: its names, formulas and values, for one sample."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.blocks import LOSSES
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, rewrite
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.engine.graph import Graph
from nnsolve.engine.infer import Shapes
from nnsolve.engine.rounding import in_words
from nnsolve.engine.solution import Section
from nnsolve.report.draw import shapes as drawn
from nnsolve.report.draw.runs import Run, fitted, plain, runs_of, width_of
from nnsolve.report.draw.sampled import Axes, sample_axes
from nnsolve.report.draw.shapes import Picture, framed
from nnsolve.report.elide import readable
from nnsolve.report.notation import extras
from nnsolve.report.outline import section_scope
from nnsolve.report.style import Style, clean
from nnsolve.report.tensors import dimensions, number_of, texts
from nnsolve.report.typeset.compose import Composer
from nnsolve.report.typeset.mathematics import Symbol
from nnsolve.report.typeset.symbols import name_symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.blocks.layer import LayerSite
    from nnsolve.engine.run import Run as Training
    from nnsolve.problem.model import Rounding

    Tensor = NDArray[np.float64]

MOST_LISTED = 4
"""A vector with more elements is shown by its shape."""

MOST_NUMBERED = 8
"""Samples of a batch that are told by their numbers."""

LONGEST_NAME = 150.0
"""The width of a name at the size of 12; a longer one is cut."""

EQUALS = Run(" = ")


class Layer(NamedTuple):
    """A layer as the problem expands it: its kind, and its quantities."""

    kind: str
    site: LayerSite

    def named(self, stem: str) -> Name | None:
        """The layer's quantity of that stem."""
        return next((name for name, (found, _) in self.site.declared.items() if found == stem), None)

    @property
    def title(self) -> str:
        return self.kind if self.site.number is None else f"{self.site.number}: {self.kind}"


class Excerpt(NamedTuple):
    """What is shown of a value: its numbers, a row for each of a matrix; or its shape, and its `norm`."""

    rows: list[list[str]]
    norm: str = ""


class Scene:
    """One section of a solution, before its first update; with a `heading` its title stands above the picture.

    The values are those of the first batch that has the `sample`, which is counted from 0. A cell is drawn at a `step`.
    """

    def __init__(
        self,
        section: Section,
        run: Training,
        style: Style,
        sample: int | None = None,
        step: int = 1,
        heading: bool = True,
    ) -> None:
        self.section = section
        self.run = run
        update = 0 if sample is None else run.first_use(sample)
        self.batch = run.rows(update).tolist()
        self.sample = 0 if sample is None else self.batch.index(sample)
        self.moment = moment = run.moment_with(update, {}) if update else run.moment_of(0)
        self.style = style
        self.step = step
        self.heading = heading
        self.program = moment.program
        self.problem = self.program.problem
        self.shapes = self.program.shapes
        self.scope = section_scope(section, style).of(self.shapes.named)
        self.layers = [Layer(kind, site) for kind, site in self.program.network.sites]
        self.sampled = self._sampled((equation.name, equation.expr) for equation in self.program.forward)

    def with_shapes(self, graph: Graph) -> Scene:
        """The same, with formulas over the nodes of a graph."""
        found = copy.copy(self)
        found.shapes = Shapes(self.shapes.layout)
        found.shapes.named = {**self.shapes.named, **{node.name: node.shape for node in graph.nodes}}
        found.sampled = found._sampled((node.name, node.expr) for node in graph.nodes if node.expr is not None)
        found.scope = self.scope.of(found.shapes.named)
        return found

    def _sampled(self, computed: Iterable[tuple[Name, Expr]]) -> Mapping[Name, Axes]:
        """The axes of each value that run over the samples."""
        leaves = self.program.leaves.items()
        data = [name for name, leaf in leaves if leaf.role in ("input", "target", "initial")]
        return sample_axes([*data, *self.program.given], computed, self.shapes, len(self.batch))

    @property
    def title(self) -> str:
        title, part = clean(self.section.title or ""), clean(self.section.id)
        return f"{title} ({part})" if part and title else title or part

    @property
    def notes(self) -> list[str]:
        """What has to be said about the values."""
        notes = ["The values are those before the first update."] if self.program.updates else []
        if self.run.samples > 1:
            shown = f"Shown is sample {self.batch[self.sample] + 1} of {self.run.samples}"
            notes.append(f"{shown}{self._of_several()}.")
        return [*notes, *_rounded(self.problem.rounding)]

    def _of_several(self) -> str:
        """Of which samples the loss is, where they are several."""
        loss = self.program.loss
        if loss is None or len(self.batch) == 1:
            return ""
        found = f"; {plain(self.name(loss))} is that of "
        if len(self.batch) == self.run.samples:
            return f"{found}all"
        numbers = [str(sample + 1) for sample in self.batch]
        few = f"samples {listed(numbers)}" if len(numbers) <= MOST_NUMBERED else ""
        return f"{found}its batch, {few or f'{len(numbers)} samples'}"

    def picture(self, shapes: Sequence[drawn.Shape], description: str, notes: Sequence[str]) -> Picture:
        """A picture of these shapes, with what has to be said below them."""
        found = framed(shapes, self.title if self.heading else "", [*notes, *self.notes])
        return Picture(found.width, found.height, found.shapes, self.title or "A network", clean(description))

    # Names and formulas

    def name(self, name: Name, element: int | None = None) -> tuple[Run, ...]:
        """A name, or that of one of its elements."""
        symbol = name_symbol(name, self.scope)
        if element is not None and isinstance(symbol, Symbol):
            symbol = symbol._replace(lowered=(*symbol.lowered, str(element + self.scope.base)))
        return fitted(cleaned(runs_of(symbol)), LONGEST_NAME, 12.0)

    def letter(self, name: Name) -> tuple[Run, ...]:
        """The letter of a name alone."""
        symbol = name_symbol(name, self.scope)
        assert isinstance(symbol, Symbol)
        return cleaned(runs_of(Symbol(symbol.letter, symbol.accent)))

    def expression(self, expr: Expr) -> tuple[Run, ...]:
        return cleaned(runs_of(Composer(self.scope).whole(expr)))

    def extras(self, expr: Call) -> list[str]:
        """The options of a call that change its value."""
        return extras(expr, self.scope)

    def formula(self, equation: Equation, room: float = math.inf, size: float = 12.0) -> tuple[Run, ...]:
        """`name = expression` for a place of that width."""
        name = (*self.name(equation.name), EQUALS)
        return (*name, *self.right_side(equation, room - width_of(name, size), size))

    def right_side(self, equation: Equation, room: float, size: float) -> tuple[Run, ...]:
        """What an equation computes, with dots in the middle of a long sum.

        A loss has its name where it is evaluated in another form than it is taught, and where its formula has no room.
        """
        step = Step(equation.name, equation.phase, np.zeros(()), self.shape(equation.name), equation)
        found = self.expression((readable(step, unicode=True).equation or equation).expr)
        called = self.program.normalizer.called.get(equation.name)
        if called is not None and (equation.long is not None or width_of(found, size) > room):
            found = self.expression(rewrite(called, _titled))
        return fitted(found, room, size)

    # Values

    def shape(self, name: Name) -> Shape:
        return self.shapes.of(name)

    def numbers(self, name: Name) -> list[str]:
        """The elements of a value for one sample, as the report writes them."""
        value, _ = self.of_sample(name, self.moment.value(name), self.shape(name))
        return [text for row in texts(np.atleast_2d(value).tolist(), self.style) for text in row]

    def of_sample(self, name: Name, value: Tensor, shape: Shape) -> tuple[Tensor, Shape]:
        """The part of a quantity, or of its gradient, that belongs to the shown sample; else all of it."""
        if not self.batched(name, shape):
            return value, shape
        part = value[:, self.sample] if self.shapes.layout.features == 0 else value[self.sample]
        shape = self.shapes.layout.vector(part.size)
        return part.reshape(shape.dims), shape

    def batched(self, name: Name, shape: Shape) -> bool:
        """Whether a matrix has the samples on one axis: a parameter with as many rows has not, nor a Gram matrix."""
        return self.sampled.get(name) == frozenset({self.shapes.layout.axis("samples")}) and shape.kind == "tensor"

    def excerpt(self, name: Name, value: Tensor, shape: Shape, most: int) -> Excerpt:
        """The numbers of a quantity, or of its gradient, for the shown sample; of more than that the shape and norm."""
        value, shape = self.of_sample(name, value, shape)
        if value.size <= most and value.ndim <= 2:
            rows = value.reshape(1, -1) if shape.flat else np.atleast_2d(value)
            return Excerpt(texts(rows.tolist(), self.style))
        norm = number_of(np.sqrt(np.sum(np.square(value))), self.style)
        return Excerpt([[dimensions(shape, self.style)]], norm)

    def value(self, name: Name) -> str:
        """The value of a quantity in a few characters: a number, a short list, or its shape."""
        value, shape = self.moment.value(name), self.shape(name)
        if not self.is_listed(name):
            return dimensions(self.of_sample(name, value, shape)[1], self.style)
        (found,) = self.excerpt(name, value, shape, MOST_LISTED).rows
        return f"[{', '.join(found)}]" if len(found) > 1 else found[0]

    def is_listed(self, name: Name) -> bool:
        """Whether a quantity is a number or a short list."""
        found = self.excerpt(name, self.moment.value(name), self.shape(name), MOST_LISTED)
        return not found.norm and len(found.rows) == 1

    def valued(self, name: Name, room: float = math.inf, size: float = 12.0) -> tuple[Run, ...]:
        """`name = value`; the shape of a value for which there is no room: half a number would mislead."""
        found = (*self.name(name), EQUALS, Run(self.value(name)))
        if self.is_listed(name) and width_of(found, size) <= room:
            return found
        return fitted((*self.name(name), Run(f": {dimensions(self.shape(name), self.style) or '…'}")), room, size)

    # Equations beside the layers

    @property
    def further(self) -> list[Equation]:
        """The equations of the forward pass that no layer has."""
        inside = {equation.name for layer in self.layers for equation in layer.site.equations}
        return [equation for equation in self.program.forward if equation.name not in inside]


def _rounded(rules: Sequence[Rounding]) -> Iterator[str]:
    """Which values are rounded, which no operation of a picture shows; what holds for all others comes last."""
    others = "All other computed values" if len(rules) > 1 else "All computed values"
    for rule in sorted(rules, key=lambda rule: rule.name is None):
        which = others if rule.name is None else f"The values of {clean(rule.name.text)}"
        yield f"{which} are {in_words(rule)}, as they are stored."


def listed(words: Sequence[str]) -> str:
    """Words within a sentence: a, b and c."""
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def _titled(node: Expr) -> Expr:
    """A call of a loss with its name in words, and its mean over the samples as one of them."""
    if not isinstance(node, Call) or node.op not in LOSSES:
        return node
    mean = "mean " if node.option("reduction") == "mean" else ""
    options = tuple(pair for pair in node.options if pair[0] != "reduction")
    return Call(mean + LOSSES[node.op].title, node.args, options)


def cleaned(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """A line without control characters; what the file calls things may hold any."""
    return tuple(run._replace(text=_kept(run.text)) for run in runs)


def _kept(text: str) -> str:
    inner = text.strip(" ")
    before, _, after = text.partition(inner) if inner else (text, "", "")
    return before + clean(inner) + after
