"""Nested lists of numbers -> arrays of float64, with the place of every number that is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnsolve.core.diagnostics import ProblemError
from nnsolve.problem.fields import Context
from nnsolve.problem.numbers import is_decimal, number
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode
from nnsolve.problem.source import shown

if TYPE_CHECKING:
    from nnsolve.problem.model import Tensor

MAX_AXES = 8


def fixed(array: Tensor) -> Tensor:
    """The array, read-only: parts of a problem share it."""
    array.flags.writeable = False
    return array


def tensor(node: ScalarNode | ListNode, context: Context, infinite: bool) -> Tensor:
    """A number or a nested list as an array of its shape; 0 stands for numbers of a list that have errors.

    Raises `ProblemError` where rows differ or the only number is none.
    """
    import numpy as np

    if isinstance(node, ScalarNode):
        return fixed(np.array(number(node, infinite=infinite)))
    flat: list[float] = []
    shape = _collect(node, flat, context, infinite, 1)
    if len(flat) != math.prod(shape):  # only where there are errors
        return np.zeros(shape)
    return fixed(np.array(flat).reshape(shape))


def _collect(node: ListNode, flat: list[float], context: Context, infinite: bool, depth: int) -> tuple[int, ...]:
    """Append the numbers of a list to `flat`; its shape. Raises `ProblemError` where rows differ."""
    if not node.items:
        raise ProblemError.of("empty-list", "the list is empty", node.place, "a value has at least one number")
    if depth > MAX_AXES:
        raise ProblemError.of("too-deep", f"a tensor has at most {MAX_AXES} axes", node.place)
    first: tuple[int, ...] | None = None
    before = context.errors
    for index, item in enumerate(node.items):
        if type(item) is ScalarNode:
            shape: tuple[int, ...] = ()
            text = item.text
            if not item.style and len(text) < 300 and is_decimal(text):
                value = float(text)
                if text[0] == "0" and node.flow and text[:2].isdigit() and len(text) > 1:
                    _leading_zero(item, context)
                flat.append(value if not math.isinf(value) else _element(item, context, infinite, alone=True))
            else:
                flat.append(_element(item, context, infinite, alone=len(node.items) == 1))
        elif isinstance(item, ListNode):
            shape = _collect(item, flat, context, infinite, depth + 1)
        else:
            message = "a mapping stands inside a list of numbers"
            help = "inside a list, only numbers and lists may stand"
            if isinstance(item, MapNode) and item.get("class") is not None:
                help = "several classes are one list, in targets: {class: [0, 2]}"
            raise ProblemError.of("wrong-type", message, item.place, help)
        if first is None:
            first = shape
        elif shape != first and context.errors == before:  # else a forgotten comma may be why
            raise ragged(item, index, shape, first)
    return (len(node.items), *(first or ()))


def _element(node: ScalarNode, context: Context, infinite: bool, alone: bool) -> float:
    """A number of a list; an error is noted and reading goes on, so that all of them are found."""
    try:
        return number(node, infinite=infinite, among_others=not alone)
    except ProblemError as error:
        context.keep(error.diagnostics)
        return 0.0


def _leading_zero(node: ScalarNode, context: Context) -> None:
    message = f"{shown(node.text)[1:-1]} is read as {float(node.text):g}"
    context.warning("leading-zero", message, node.place, "a decimal comma? write 6.08, a comma separates numbers here")


def ragged(item: Node, index: int, shape: tuple[int, ...], first: tuple[int, ...]) -> ProblemError:
    """The error for a list whose items have another shape than the first one."""

    def what(shape: tuple[int, ...]) -> str:
        if not shape:
            return "is a number"
        return (
            f"has {shape[0]} value{'s' * (shape[0] != 1)}"
            if len(shape) == 1
            else f"has shape {'x'.join(map(str, shape))}"
        )

    message = f"row {index + 1} {what(shape)}, but row 1 {what(first)}"
    return ProblemError.of("ragged", message, item.place, "all rows of a tensor have the same length")
