"""Losses: shorthand that expands to an expression over a prediction `a` and a target `y` (natural logarithms)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnsolve.core.expressions import Expr
from nnsolve.core.language import parse
from nnsolve.ops.facts import Case, Step

KINDS = {
    "real": "any real numbers",
    "probability": "between 0 and 1 for each output",
    "distribution": "the probabilities of the classes: not negative, with the sum 1",
    "sign": "-1 or 1",
    "one-hot": "1 for the right class, 0 for the others",
}
"""What predictions and targets may be."""


class Output(NamedTuple):
    """The activation a = f(z) that a loss usually follows, and how dL/dz is found.

    Each step is an expression over a and y that is equal to the one before, and why; `result` says why the last is what
    the engine uses.
    """

    activation: str
    derivation: tuple[Step, ...]
    result: str


class Pieces(NamedTuple):
    """What an operation of the loss is of an error e in each case, and the gradient of the loss over a and y."""

    operation: str
    cases: tuple[Case, ...]
    gradient: str


class LossBlock(NamedTuple):
    """A loss, summed over a sample's outputs and over the samples.

    `total` is its expression in the language; `per_sample` the one for several samples, where summing the expression
    over all of them would mean something else. `mean_over_outputs` divides by the number of outputs, too.
    `options` are numbers that it has to be given, each with what it means. A loss that is defined in `pieces` has them
    with its options as symbols.

    `prediction` and `target` are among `KINDS`, with an `example` of both; the loss is least where they are equal, and
    where `least` says so besides. `why` tells how the gradient is found, and what it is taken as where there is none.
    """

    name: str
    doc: str
    total: str
    per_sample: str | None = None
    mean_over_outputs: bool = False
    options: Mapping[str, str] = {}
    prediction: str = "real"
    target: str = "real"
    least: str = ""
    why: str = ""
    example: tuple[tuple[float, ...], tuple[float, ...]] = ((0.5, -1.0, 2.0), (1.0, -1.0, 0.5))
    example_options: Mapping[str, float] = {}
    pieces: Pieces | None = None
    output: Output | None = None
    source: str = ""

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("cross_entropy", "cross-entropy").replace("_", " ")


LOSSES = {
    block.name: block
    for block in (
        LossBlock(
            "squared_error",
            "sum((a - y)²)",
            "sum((a - y)^2)",
            why="Chain rule: the derivative of `e^2` is `2 * e`, and e = a - y grows as a does.",
            source="Bishop: Pattern Recognition and Machine Learning (2006), 1.5.5",
        ),
        LossBlock(
            "half_squared_error",
            "½ sum((a - y)²)",
            "1/2 * sum((a - y)^2)",
            why="Chain rule: the derivative of `e^2` is `2 * e`, of which 1/2 leaves e = a - y.",
            source="Bishop: Pattern Recognition and Machine Learning (2006), 5.2, equation (5.14)",
        ),
        LossBlock(
            "mean_squared_error",
            "mean((a - y)²) over a sample's outputs",
            "sum((a - y)^2)",
            mean_over_outputs=True,
            why="Chain rule: the derivative of `e^2` is `2 * e` with e = a - y; the factor before the sum stays.",
            source="Goodfellow, Bengio, Courville: Deep Learning (2016), 5.1.4",
        ),
        LossBlock(
            "l2_norm",
            "‖a - y‖, the square root of the squared error",
            "norm(a - y)",
            per_sample="sum(norm(a - y, axis=features))",
            why="The norm is the square root of `sum((a - y)^2)`. Chain rule: the derivative of `sqrt(u)` is `1 / (2 "
            "* sqrt(u))`, here `1 / (2 * L)`, and that of the sum is `2 * (a - y)`. Where a = y there is no "
            "derivative, and 0 is taken.",
            source="Goodfellow, Bengio, Courville: Deep Learning (2016), 2.5",
        ),
        LossBlock(
            "absolute_error",
            "sum(|a - y|)",
            "sum(abs(a - y))",
            why="The derivative of `abs(e)` is 1 where e > 0 and -1 where e < 0: the sign of e = a - y. At 0 it "
            "jumps, and 0 is taken.",
            source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.1.2",
        ),
        LossBlock(
            "binary_cross_entropy",
            "-sum(y ln a + (1 - y) ln(1 - a)), a a probability for each output; in nats",
            "-sum(xlogy(y, a) + xlogy(1 - y, 1 - a))",
            prediction="probability",
            target="probability",
            example=((0.8, 0.3), (1.0, 0.0)),
            output=Output(
                "sigmoid",
                (
                    Step(
                        "((1 - y) / (1 - a) - y / a) * (a * (1 - a))",
                        "Chain rule: `dL/da` times the derivative of the sigmoid, `a * (1 - a)`.",
                    ),
                    Step("(1 - y) * a - y * (1 - a)", "Multiply out: `1 - a` and a cancel."),
                ),
                "The products `y * a` cancel.",
            ),
            why="The derivative of `ln(a)` is `1 / a`, that of `ln(1 - a)` is `-1 / (1 - a)`.",
            source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.2",
        ),
        LossBlock(
            "cross_entropy",
            "-sum(y ln a), a the probabilities of the classes; in nats",
            "-sum(xlogy(y, a))",
            prediction="distribution",
            target="distribution",
            example=((0.7, 0.2, 0.1), (1.0, 0.0, 0.0)),
            output=Output(
                "softmax",
                (
                    Step(
                        "a * (-y / a - sum(a * (-y / a)))",
                        "Chain rule: a softmax makes `a * (g - sum(a * g))` of a gradient g. Here g is `dL/da`, "
                        "that is `-y / a`.",
                    ),
                    Step("a * sum(y) - y", "Multiply out: a cancels in both products."),
                ),
                "The targets of a sample have the sum 1.",
            ),
            why="The derivative of `ln(a)` is `1 / a`; y is a factor.",
            source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.2.2.3",
        ),
        LossBlock(
            "hinge",
            "sum(max(0, 1 - y a)), y -1 or +1",
            "sum(max(0, 1 - y * a))",
            target="sign",
            example=((0.4, -2.0), (1.0, -1.0)),
            why="The derivative of `max(0, m)` is 1 where m > 0, else 0; that is what [m > 0] stands for. Chain rule "
            "with m = `1 - y * a`: its derivative is -y.",
            least="wherever `y * a` is 1 or more",
            source="Shalev-Shwartz, Ben-David: Understanding Machine Learning (2014), 15.2",
        ),
        LossBlock(
            "multiclass_hinge",
            "sum over the wrong classes of max(0, 1 + a_j - a_y), y one-hot",
            "sum((1 - y) * max(0, 1 + a - sum(y * a, axis=features)))",
            target="one-hot",
            example=((0.5, 1.0, -2.0), (1.0, 0.0, 0.0)),
            why="The derivative of `max(0, m)` is 1 where m > 0, else 0; that is what [m > 0] stands for. Each wrong "
            "class whose m is positive adds 1 at its own place and -1 at the place of the right class, where y is"
            " 1.",
            least="wherever the right class is ahead of every other one by 1 or more",
            source="Weston, Watkins: Support Vector Machines for Multi-Class Pattern Recognition (1999), with the "
            "margin 1 in place of 2",
        ),
        LossBlock(
            "huber",
            "e²/2 where |e| = |a - y| <= delta, else delta (|e| - delta/2); summed",
            "sum(huber_error(a - y, delta=delta))",
            options={"delta": "the largest error that counts by its square"},
            example_options={"delta": 1.0},
            pieces=Pieces(
                "huber_error",
                (
                    Case("1/2 * e^2", "abs(e) <= delta"),
                    Case("delta * (abs(e) - 1/2 * delta)", "abs(e) > delta"),
                ),
                "clip(a - y, -delta, delta)",
            ),
            why="The derivative is e in the first case, and delta or -delta, with the sign of e, in the second: e cut"
            " off at both ends.",
            source="Huber: Robust Estimation of a Location Parameter (1964)",
        ),
    )
}


def template(block: LossBlock, samples: int) -> Expr:
    """The expression of the loss over the names `a` and `y`."""
    return parse(block.per_sample if block.per_sample and samples > 1 else block.total)
