"""A page about one topic, as records that a writer turns into lines of a terminal or into a typeset document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from nnsolve.core.expressions import Expr, Num, Ref
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.engine.solution import Section
from nnsolve.engine.solve import Solution
from nnsolve.ops.facts import Case
from nnsolve.problem.loader import problem_of_text
from nnsolve.problem.model import Conventions
from nnsolve.report.phrases import Formula, Phrase
from nnsolve.report.scope import Naming, Scope
from nnsolve.report.style import Style
from nnsolve.report.symbols import Writing as NameWriting
from nnsolve.report.symbols import can_be_lowered


class Sentence(NamedTuple):
    """A sentence; a `note` explains what stands above it."""

    text: Phrase
    note: bool = False


class Equation(NamedTuple):
    """An equation; without a left side it goes on with the one above. `where` says in which case it holds.

    With `over_time` the right side is summed over the steps t.
    """

    left: Phrase
    right: Phrase
    where: Phrase = ()
    relation: str = "="
    over_time: bool = False


class Fact(NamedTuple):
    """A property of the topic; facts that follow each other are a table."""

    label: Phrase
    value: Phrase


class Curve(NamedTuple):
    """A curve of a picture and what it shows, `mark` the character it is drawn with, a line without one."""

    label: Phrase
    points: Mapping[float, float]
    mark: str = ""


class Picture(NamedTuple):
    """Curves over one axis."""

    curves: tuple[Curve, ...]
    along: str


class Example(NamedTuple):
    """A small problem, worked out."""

    sections: tuple[Section, ...]


Item: TypeAlias = Sentence | Equation | Fact | Picture | Example


class Part(NamedTuple):
    """What stands below one heading."""

    heading: str
    items: tuple[Item, ...]


class Page(NamedTuple):
    """All that is told about a topic; `kind` says what it is: activation, loss, layer, optimizer or schedule."""

    name: str
    kind: str
    summary: str
    parts: tuple[Part, ...]


class Writing:
    """Writes formulas about some quantities as parts of sentences."""

    def __init__(self, style: Style, shapes: Mapping[Name, Shape]) -> None:
        naming = Naming(NameWriting(lowered=all(map(can_be_lowered, shapes))))
        self.scope = Scope(style, Conventions(samples="columns"), dict(shapes), naming=naming)

    def formula(self, expr: Expr) -> Phrase:
        """An expression."""
        return (Formula(expr, self.scope),)

    def name(self, name: Name) -> Phrase:
        """A name."""
        return self.formula(Ref(name))

    def where(self, case: Case) -> Phrase:
        """In which case something holds."""
        if not case.where:
            return ()
        left, relation, right = case.where.split(" ")
        sign = relation.replace("<=", "≤") if self.scope.style.unicode else relation
        return ("where ", *self.formula(parse(left)), f" {sign} ", *self.formula(parse(right)))

    def number(self, value: float) -> Phrase:
        """A number, to four significant digits where it has more."""
        short = float(f"{value:.4g}")
        return self.formula(Num(int(short) if short.is_integer() else short))

    def sentence(self, text: str) -> Phrase:
        """A sentence, in which expressions stand between backticks."""
        parts = text.split("`")
        return tuple(
            [
                Formula(parse(part, addresses=True), self.scope) if n % 2 else part
                for n, part in enumerate(parts)
                if part
            ]
        )


def numbers(*names: str) -> dict[Name, Shape]:
    """The shapes of names that stand for numbers."""
    return dict.fromkeys(map(Name, names), SCALAR)


def worked(name: str, **problem: Any) -> Example:
    """A problem with these sections, worked out; JSON is YAML."""
    text = "\n".join([f"{key}: {json.dumps(value)}" for key, value in problem.items()])
    return Example(Solution(problem_of_text(text, f"{name}.yaml")).sections)
