"""Pooling over time: one value of a whole sequence, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce

from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step
from nnsolve.core.expressions import Expr, Num, add, call, mul


def _mean(steps: Sequence[Expr]) -> Expr:
    return mul(Num(Fraction(1, len(steps))), add(*steps)) if len(steps) > 1 else steps[0]


def _max(steps: Sequence[Expr]) -> Expr:
    return reduce(lambda x, y: call("max", x, y), steps)


POOLS: dict[str, Callable[[Sequence[Expr]], Expr]] = {
    "mean": _mean,
    "sum": lambda steps: add(*steps),
    "max": _max,
}


def expand(site: LayerSite) -> None:
    """Emit p = (e_1 + e_2 + ... + e_T) / T, or their sum, their largest elements; the last step is called p."""
    way = site.word("over_time")
    assert way is not None
    steps = [value for _, value in site.inputs]
    if way == "last":
        site.alias("p", None, steps[-1])
        site.outputs = (Step(None, steps[-1]),)
    else:
        site.outputs = (Step(None, site.equation("p", POOLS[way](steps))),)
    site.output_shape = site.shape


LAYERS["pooling"] = LayerBlock(
    "pooling",
    "p = the mean, sum, maximum or last of a sequence's steps",
    {"over_time": "mean, sum, max (element by element) or last"},
    ("over_time",),
    ("p",),
    expand,
    {"over_time": "mean"},
    [[1.0, -1.0], [0.25, 0.75], [2.0, 0.5]],
    sequential=True,
    words={"over_time": (*POOLS, "last")},
    forms=(
        "With sum there is no factor before the sum. With max each element of the gradient goes to the step that has "
        "the largest value there, with last all of it to the last step.",
    ),
    domain="sequences of vectors of any real numbers",
    range="any real numbers; but for the sum between the least and the largest that the steps have",
    source="Collobert et al.: Natural Language Processing (Almost) from Scratch (2011)",
)
