"""Steps of a solution as records: the sides of each equation, and at which details each is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nnsolve.core.expressions import Num
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.report import chain
from nnsolve.report import elements as arithmetic
from nnsolve.report.elements import element_index, elements, zeros_text
from nnsolve.report.elide import is_whole
from nnsolve.report.notation import written
from nnsolve.report.notes import Carried
from nnsolve.report.phrases import Phrase
from nnsolve.report.scope import Scope
from nnsolve.report.stages import stage
from nnsolve.report.tensors import MOST_COLUMNS, dimensions, is_large, texts
from nnsolve.report.time import Told
from nnsolve.report.typeset.compose import BLANK, Composer, formula, parentheses
from nnsolve.report.typeset.document import FULL, STEPS, WORKED, Element, Elements, Levels, Remark, Side, Work
from nnsolve.report.typeset.mathematics import (
    Captioned,
    Fenced,
    Mathematics,
    Number,
    Operator,
    Script,
    Text,
    row,
    separated,
)
from nnsolve.report.typeset.prose import inside, prose, typeset
from nnsolve.report.typeset.symbols import name_symbol
from nnsolve.report.typeset.tensors import ascii_style, value_list, value_matrix
from nnsolve.report.worked import Worked, worked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Teller:
    """What was explained already, in a report of all steps and in one where every step is explained in full."""

    def __init__(self, steps: tuple[Step, ...], truncate: int | None, said: set[str] | None = None) -> None:
        said = set() if said is None else said
        self.short = Told(steps, "steps", truncate, said)
        self.full = Told(steps, "full", truncate, said)

    def worked(self, step: Step, scope: Scope, known: Mapping[Name, Step], through: Carried) -> tuple[Worked, Worked]:
        """A step in full, and as it is shown where an equal one was explained before."""
        again = self.short.knows(step)
        full = worked(step, scope, known, through, self.full)
        if again:
            return full, worked(step, scope, known, through, self.short)
        self.short.explained(step)
        self.short.notes(step, scope)
        return full, full


def work(step: Step, scope: Scope, known: Mapping[Name, Step], through: Carried, teller: Teller, id: str) -> Work:
    """The record of one step."""
    full, short = teller.worked(step, scope, known, through)
    found = full.step
    return Work(
        id,
        str(step.name),
        dimensions(step.shape, scope.style),
        step.phase,
        typeset(full.left),
        _sides(full, short),
        _remarks(full.remark, short.remark),
        _remarks(full.notes, short.notes),
        _elements(full) if is_whole(found) else None,
    )


def _remarks(full: Sequence[Phrase], short: Sequence[Phrase]) -> tuple[Remark, ...]:
    """Sentences, each at the details at which it is said."""
    if full is short:
        return tuple([Remark(prose(phrase)) for phrase in full])
    everything, some = [prose(phrase) for phrase in full], [prose(phrase) for phrase in short]
    found = [Remark(text, WORKED if text in some else FULL) for text in everything]
    return (*found, *[Remark(text, STEPS) for text in some if text not in everything])


def _sides(full: Worked, short: Worked) -> tuple[Side, ...]:
    """The sides of the equation: the rule, the formula, the numbers put in, what they come to, the result."""
    expr, scope = full.equation.expr, full.scope
    found: list[Side] = []
    if full.rule is not None:
        found.append(Side("=", rule(full.rule, scope), "rule", levels=WORKED if short.rule is not None else FULL))
    found.append(Side("=", formula(expr, scope), "formula"))
    if not isinstance(expr, Num):
        captioned = full.step.value.ndim > 0 and full.step.value.shape[0] > 1
        numbers = _numbers(full, captioned)
        found += [side._replace(levels=FULL) for side in numbers] if short.bare else numbers
        found += _result(full, captioned, short.bare)
    return _related(found, full.updated)


def _related(sides: list[Side], updated: bool) -> tuple[Side, ...]:
    """The sides, the first one that is shown behind an arrow where a value is replaced."""
    if not updated:
        return tuple(sides)
    first: Levels = sides[0].levels
    arrows = [sides[0]._replace(relation="←")]
    arrows += [side._replace(relation="←") if first == FULL and n == 0 else side for n, side in enumerate(sides[1:])]
    return tuple(arrows)


def rule(found: chain.Rule, scope: Scope) -> Mathematics:
    """The chain rule as a formula: ∂L/∂a₁ ⊙ ∂a₁/∂z₁, or a sum of such products."""
    terms: list[Mathematics] = []
    for term in found.terms:
        outer, step = name_symbol(term.upstream, scope), name_symbol(term.local, scope)
        if term.turned:
            terms.append(row(Script(parentheses(step), sup=Operator("⊤")), BLANK, outer))
        else:
            terms.append(row(outer, Operator("⊙" if term.elementwise else "·"), step))
    if found.own is not None:
        terms.append(row(Text("the part of "), name_symbol(found.own, scope), Text(" itself")))
    return separated(terms, "+")


def _numbers(found: Worked, captioned: bool) -> list[Side]:
    """The operands put in, what the parts of the expression come to, and what was rounded to the result."""
    return [*_put_in(found, captioned), *_exact(found)]


def _put_in(found: Worked, captioned: bool) -> list[Side]:
    if not found.puts_in:
        return []
    step, scope = found.step, found.scope
    expr = written(found.equation.expr, scope)
    captions = {name: inside(phrase) for name, phrase in found.captions().items()} if captioned else {}
    composer = Composer(scope, step.operands, captions)
    if composer.known(expr) is not None:
        return []  # what is put in is the result already
    mathematics = composer.write(expr)
    arriving = not found.result_caption
    if arriving and composer.captioned < len(captions):  # all are told from each other, or none
        composer = Composer(scope, step.operands)
        mathematics = composer.write(expr)
    if composer.named and not composer.put:
        return []
    sides = [Side("=", mathematics, "numbers")]
    between = stage(expr, step, composer, scope) if arriving else None
    if between is not None and not any(is_large(value.shape) for value in between.values.values()):
        shapes = {**step.shapes, **{name: Shape(value.shape, "tensor") for name, value in between.values.items()}}
        settled = Composer(scope.of(shapes), {**step.operands, **between.values})
        sides.append(Side("=", settled.write(between.expr), "stage", between.essential))
    return sides


def _exact(found: Worked) -> list[Side]:
    """What a rounded value was before; nothing where it is too large or looks the same."""
    if found.exact is None or is_large(found.exact.shape):
        return []
    before = value_matrix(found.exact, found.scope.style)
    same = before == value_matrix(found.step.value, found.scope.style)
    return [] if same else [Side("=", before, "exact")]


def _result(found: Worked, captioned: bool, bare: bool) -> list[Side]:
    """The value of a step; in a long sequence a vector is a list."""
    step, style = found.step, found.scope.style
    relation = "=" if found.exact is None else "≈"
    value = value_matrix(step.value, style)
    if captioned and found.result_caption:
        value = Captioned(value, inside(found.result_caption))
    if not (bare and step.shape.flat and step.value.size <= MOST_COLUMNS):
        return [Side(relation, value, "result")]
    (numbers,) = texts([step.value.ravel().tolist()], ascii_style(style))
    return [Side(relation, value_list(numbers), "result", levels=STEPS), Side(relation, value, "result", levels=FULL)]


def _elements(found: Worked) -> Elements | None:
    """The arithmetic of the elements."""
    lines = [_element(element, found) for element in elements(found.step, found.scope, found.exact)]
    return Elements(tuple(lines), found.step.value.size - len(lines)) if lines else None


def _element(element: arithmetic.Element, found: Worked) -> Element:
    name, index = name_symbol(found.step.name, found.scope), element_index(found.step, element.at, found.scope)
    sides = [Side("=", element.term.tree, "numbers", levels=FULL)]
    sides += [] if element.exact is None else [Side("=", Number(element.exact), "exact", levels=FULL)]
    relation = "=" if element.exact is None else "≈"
    sides.append(Side(relation, Number(element.result), "result", levels=FULL))
    note = zeros_text(element.zeros) if element.zeros else ""
    return Element(row(name, Fenced("[", Text(index), "]")) if index else name, tuple(sides), note)
