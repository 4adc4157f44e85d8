"""Time: which inputs are sequences, and equations that are written once for every time step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from nnsolve.blocks import LAYERS
from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.expressions import Expr, Ref, nodes, references, rewrite
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.engine.scope import Scope
from nnsolve.problem.model import Problem, Text
from nnsolve.problem.sections import equation_name

MAX_EQUATIONS = 200_000
"""Of all steps together that equations for any step t stand for."""

MAX_STEPS = 10_000
"""Of a sequence that layers read: each step has equations of its own."""

_SUBSCRIPT = re.compile(r"(.*[^_])_(?:t|\{(t)?([+-]?\d+)?\})", re.ASCII | re.DOTALL)


class Moving(NamedTuple):
    """A text such as `h_{t-1}`: the stem, and the step relative to t (or, `h_{2}`, a fixed one)."""

    stem: str
    offset: int
    fixed: bool = False

    def at(self, t: int) -> int:
        """The time step that is meant in the equation of step t."""
        return self.offset if self.fixed else t + self.offset


def moving(text: str) -> Moving | None:
    """What a name means with a time step that is not a plain number behind it; None for any other name."""
    found = _SUBSCRIPT.fullmatch(text)
    if not found:
        return None
    stem, letter, number = found.groups()
    return Moving(stem, int(number or 0), fixed="{" in text and letter is None)


def sequential_inputs(problem: Problem) -> set[str]:
    """The inputs and targets whose outermost list is time: those that `x_t` names, and what recurrent layers read."""
    found: set[str] = set()
    inputs = list(problem.inputs)
    if any(layer.kind in LAYERS and LAYERS[layer.kind].sequential for layer in problem.layers):
        found.add(inputs[0] if len(inputs) == 1 else "x")
    texts = [*problem.equations, *([problem.loss.text] if problem.loss else [])]
    literal = {*problem.inputs, *problem.targets, *problem.parameters, *problem.constants}
    literal |= {name.text for name in map(equation_name, problem.equations) if name and not moving(name.text)}
    for text in texts:
        for name in _names(text):
            step = moving(name)
            if step and name not in literal and (step.stem in problem.inputs or step.stem in problem.targets):
                found.add(step.stem)
    return found


def _names(text: Text) -> Iterable[str]:
    """The names on the right side of an equation; none where it cannot be read, which is reported elsewhere."""
    left = equation_name(text)
    right = text.text[text.text.index("=") + 1 :] if left else text.text
    try:
        return [name.stem for name in references(parse(right))]
    except ProblemError:
        return []


def at_step(expr: Expr, t: int, scope: Scope) -> Expr:
    """The expression of one step: `h_{t-1}` becomes h_2 in the equation of step 3."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Ref) or node.name.stem in scope.names:
            return node
        step = moving(node.name.stem)
        return Ref(Name(f"{step.stem}_{step.at(t)}"), node.at) if step else node

    return rewrite(expr, change)


def check_bound(left: str, expr: Expr, place: Place | None, scope: Scope) -> None:
    """Raise where an equation without a step t of its own uses `h_t`."""
    for node in nodes(expr):
        if isinstance(node, Ref) and node.name.stem not in scope.names:
            step = moving(node.name.stem)
            if step and not step.fixed:
                where = place.right(node.at) if place is not None and node.at >= 0 else place
                if moving(left):
                    message = f"{left} is written for every step t, but no input is a sequence, which says how many"
                    help = "x_t on the right is step t of an input that lists its steps: inputs: {x: [1, 0, 1]}"
                    raise ProblemError.of("unbound-step", message, where, help)
                raise ProblemError.of(
                    "unbound-step",
                    f"{node.name.stem} stands in an equation that is not one of a step t",
                    where,
                    f"{step.stem} alone is the whole sequence, as in sum({step.stem}); {step.stem}_3 is its step 3",
                )
