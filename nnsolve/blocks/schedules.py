"""Learning-rate schedules: the rate of an update as an expression in t, the number of updates (or epochs) before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from nnsolve.core.expressions import ONE, Expr, Num, Ref, add, call, mul, neg


class ScheduleBlock(NamedTuple):
    """A schedule: its options (those without a default have to be given), and the rate.

    `rate(eta, t, pi, options)` is the learning rate of the update that t updates (epochs) were made before; options are
    numbers, or symbols that stand for them.
    """

    name: str
    doc: str
    options: Mapping[str, float | None]
    rate: Callable[[Ref, Ref, Callable[[], Ref], Mapping[str, Expr]], Expr]
    example: Mapping[str, float]
    source: str = ""


def _step(eta: Ref, t: Ref, pi: Callable[[], Ref], options: Mapping[str, Expr]) -> Expr:
    drops = t if options["every"] == ONE else call("floor", call("div", t, options["every"]))
    return mul(eta, call("pow", options["factor"], drops))


def _exponential(eta: Ref, t: Ref, pi: Callable[[], Ref], options: Mapping[str, Expr]) -> Expr:
    return mul(eta, call("pow", options["factor"], t))


def _cosine(eta: Ref, t: Ref, pi: Callable[[], Ref], options: Mapping[str, Expr]) -> Expr:
    over, lowest = options["over"], options["lowest"]
    angle = call("div", mul(pi(), call("min", t, over)), over)
    half_wave = add(ONE, call("cos", angle))
    if lowest == Num(0):
        return mul(Num(Fraction(1, 2)), eta, half_wave)
    return add(lowest, mul(Num(Fraction(1, 2)), add(eta, neg(lowest)), half_wave))


SCHEDULES = {
    block.name: block
    for block in (
        ScheduleBlock(
            "step",
            "eta factor^floor(t / every): the rate drops by a factor every so many updates (epochs)",
            {"every": None, "factor": None},
            _step,
            {"every": 4, "factor": 0.5},
            source="PyTorch: torch.optim.lr_scheduler.StepLR",
        ),
        ScheduleBlock(
            "exponential",
            "eta factor^t",
            {"factor": None},
            _exponential,
            {"factor": 0.8},
            source="Senior, Heigold, Ranzato, Yang: An Empirical Study of Learning Rates in Deep Neural Networks for "
            "Speech Recognition (2013)",
        ),
        ScheduleBlock(
            "cosine",
            "lowest + 1/2 (eta - lowest) (1 + cos(pi min(t, over) / over)): half a wave, then the lowest rate",
            {"over": None, "lowest": 0.0},
            _cosine,
            {"over": 10},
            source="Loshchilov, Hutter: SGDR (2017), (5), without restarts",
        ),
    )
}
