"""One layer's gradients on their own, and their check by central differences."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.core.expressions import Ref, references, substitute
from nnsolve.core.names import Name
from nnsolve.engine.moment import Moment
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.engine.solution import Section
from nnsolve.engine.solve import SectionSolver
from nnsolve.problem.model import Ask, Problem, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MAX_CHECKED = 400
"""Elements of one tensor that are compared; of a larger one they are spread evenly."""

TOLERANCE = 1e-6
"""The largest deviation that counts as rounding, relative to the largest gradient of the tensor (at least 1e-6)."""


class Verification(NamedTuple):
    """A gradient held against differences of the loss.

    `deviation` is the largest difference between the two, `worst` its index, `scale` what it is measured by. `kinks`
    counts elements at which the loss has a kink: the slopes to both sides differ, and the gradient lies between them;
    `undefined` those beside which the loss is no finite number.
    `skipped` says why nothing could be compared.
    """

    name: Name
    checked: int = 0
    total: int = 0
    deviation: float = 0.0
    scale: float = 1.0
    worst: tuple[int, ...] = ()
    exact: float = 0.0
    numeric: float = 0.0
    kinks: int = 0
    undefined: int = 0
    skipped: str | None = None

    @property
    def relative(self) -> float:
        """The largest deviation, relative to the largest gradient of the tensor."""
        return self.deviation / self.scale

    @property
    def passed(self) -> bool:
        return self.skipped is not None or bool(self.relative <= TOLERANCE)


class LayerGradients(NamedTuple):
    """The solution as far as the gradients of some quantities need it, at one `time` step if that is set."""

    section: Section
    names: tuple[Name, ...]
    verifications: tuple[Verification, ...] = ()
    time: int | None = None


def layer_gradients(
    problem: Problem, layer: int | None, of: str | None, verify: bool = False, time: int | None = None
) -> LayerGradients:
    """The gradients of the loss with respect to a layer's parameters, or to one quantity (`of`).

    With `time` they are what that step adds to them. Raises `ProblemError` where there is no such layer, quantity or
    time step, or no loss.
    """
    bare = problem._replace(ask=(), parts=())
    program = SectionSolver(bare).program
    place = Place(problem.path)
    if program.loss is None:
        raise ProblemError.of(
            "missing-loss", "there are no gradients without a loss", place, _which_loss(problem, program)
        )
    names = _chosen(program, layer, of, place)
    if time is not None:
        names = _at_step(program, names, time, place)
    asks = tuple(Ask(str(n), Text(str(n), place), {}) for n in (name.gradient(program.loss) for name in names))
    solver = SectionSolver(bare._replace(ask=asks))
    checks = tuple(check(solver.run.moment(0), name) for name in names) if verify else ()
    return LayerGradients(solver.section, names, checks, time)


def _which_loss(problem: Problem, program: Program) -> str:
    """What to write as the loss: the quantity whose derivatives are asked, if there is one."""
    for ask in problem.ask:
        name = program.parse_address(ask.of.text)
        if name is not None and name.of is not None and program.shapes.of(name.of).size == 1:
            return f"add  loss: {name.of}"
    return "name it in the file:  loss:  an equation, an expression, or a loss such as squared_error (with targets)"


def _chosen(program: Program, layer: int | None, of: str | None, place: Place) -> tuple[Name, ...]:
    if of is not None:
        text = of.split("/d", 1)[1] if of.startswith("d") and "/d" in of else of
        name = program.parse_address(text) or program.scope.share(text)
        steps = program.scope.sequence(text)
        if name is None and steps:
            return steps
        if name is None or name.update or name.epoch is not None:
            help = did_you_mean(text, program.scope.names) or f"known names: {', '.join(program.scope.names)}"
            raise ProblemError.of("unknown-name", f"{of} is not defined", place, help)
        return (name.primal,)
    if layer is None:
        return tuple(program.parameters)
    layers = sorted({program.layer_of(name) for name in program.parameters} - {None}, key=lambda n: n or 0)
    chosen = tuple(name for name in program.parameters if program.layer_of(name) == layer)
    if not chosen:
        there = (
            f"the layers with parameters are {', '.join(map(str, layers))}" if layers else "the problem has no layers"
        )
        raise ProblemError.of(
            "unknown-layer", f"there is no layer {layer}: {there}", place, "or name a quantity: --of W1"
        )
    return chosen


def _at_step(program: Program, names: tuple[Name, ...], time: int, place: Place) -> tuple[Name, ...]:
    """What a time step adds to the gradients of parameters, and those of the sequences' values at that step."""
    last = max([e.name.time for e in program.forward if e.name.time is not None], default=0)
    if not last:
        raise ProblemError.of("no-such-step", "the problem has no time steps", place, "leave out --time")
    if not 1 <= time <= last:
        raise ProblemError.of("no-such-step", f"there is no time step {time}: they are 1 to {last}", place)
    found = [share for name in names if (share := _share(program, name, time)) is not None]
    if not found:
        several = len(names) > 1
        message = f"{', '.join(map(str, names))} {'are' if several else 'is'} not used at time step {time}"
        raise ProblemError.of("no-such-step", message, place, "leave out --time")
    return tuple(found)


def _share(program: Program, name: Name, time: int) -> Name | None:
    """A quantity's use at a time step: W_3 of a parameter that is shared over time, h_3 itself."""
    assert program.loss is not None
    if name.time is not None:
        return name if name.time == time else None
    share = name._replace(time=time)
    if share in program.differentiator.shares(program.loss, name):
        return share
    only = {u.time for u in program.differentiator.links(program.loss, name)}
    return name if only == {time} else None


def check(moment: Moment, name: Name) -> Verification:
    """Hold dL/d`name` against central differences of the loss, with all else kept.

    What one time step adds to a gradient is compared with differences in which that step's use alone is moved.

    Two estimates are taken for each element, the five-point formula with a wide step (truncation error O(h^4)) and the
    two-point formula with a narrow one, which a kink nearby disturbs less; the nearer one counts.
    """
    program = moment.program
    loss = program.loss
    assert loss is not None
    reason = _unverifiable(program, name)
    if reason:
        return Verification(name, skipped=reason)
    base = moment.value(program.differentiator.whole(name))
    plain = Roundings((), program)
    upstream = {n: moment.values[n] for n in program.leaves}
    exact = Moment(program, moment.update, upstream, plain).value(name.gradient(loss))
    moved = _seeing(program, name)

    def loss_at(index: tuple[int, ...], step: float) -> float:
        shifted = np.array(base, dtype=np.float64)
        shifted[index] += step
        probe = Moment(moved, moment.update, {**upstream, name: shifted}, plain)
        return float(probe.value(loss).ravel()[0])

    chosen = np.linspace(0, base.size - 1, min(base.size, MAX_CHECKED)).astype(int)
    indices = [tuple(map(int, np.unravel_index(i, base.shape))) for i in chosen]
    scale = max(float(np.max(np.abs(exact[np.isfinite(exact)]), initial=0.0)), 1e-6)
    result = Verification(name, len(indices), base.size, scale=scale)
    for index in indices:
        given = float(exact[index])
        numeric, kink = _slope(partial(loss_at, index), float(base[index]), given, scale)
        if kink:
            result = result._replace(kinks=result.kinks + 1)
            continue
        if math.isnan(numeric):
            result = result._replace(undefined=result.undefined + 1)
            continue
        deviation = abs(given - numeric)
        if not deviation <= result.deviation:
            result = result._replace(deviation=deviation, worst=index, exact=given, numeric=numeric)
    if result.undefined == len(indices):
        return result._replace(skipped=f"the loss is no finite number beside this {name}")
    training = program.problem.training
    if not result.passed and training is not None and training.truncate is not None:
        reason = f"truncate: {training.truncate} leaves out what reaches further back, so it is on purpose not"
        return Verification(name, skipped=f"{reason} the gradient of the loss")
    return result


def _slope(loss: Callable[[float], float], at: float, exact: float, scale: float) -> tuple[float, bool]:
    """The slope of the loss along one element, and whether the loss has a kink there.

    The steps are those of a number of the size of 1; where they lead out of what the loss is defined for (a probability
    of 1e-9), they are taken relative to the number itself. The slope is nan where both do.
    """
    for size in (max(1.0, abs(at)), abs(at)):
        best, kink = _slope_with(loss, 1e-3 * size, 1e-6 * size, exact, scale)
        if math.isfinite(best) or not at:
            break
    return best, kink


def _slope_with(
    loss: Callable[[float], float], wide: float, narrow: float, exact: float, scale: float
) -> tuple[float, bool]:
    five = (loss(-2 * wide) - 8 * loss(-wide) + 8 * loss(wide) - loss(2 * wide)) / (12 * wide)
    below, middle, above = loss(-narrow), loss(0.0), loss(narrow)
    two = (above - below) / (2 * narrow)
    finite = [estimate for estimate in (five, two) if math.isfinite(estimate)]
    if not finite:
        return math.nan, False
    best = min(finite, key=lambda estimate: abs(estimate - exact))
    if abs(best - exact) > TOLERANCE * scale:
        left, right = (middle - below) / narrow, (above - middle) / narrow
        slack = 1e-3 * max(abs(left), abs(right), scale)
        if abs(right - left) > slack and min(left, right) - slack <= exact <= max(left, right) + slack:
            return best, True
    return best, False


def _seeing(program: Program, name: Name) -> Program:
    """The program, changed where the loss would not move with `name`.

    Where a shortcut leaves it out, the long way is taken; and of what is shared over time the equations of one step use
    a quantity of its own.
    """
    whole = program.differentiator.whole(name)
    changed = {e.name: e._replace(expr=e.long) for e in program.forward if e.long is not None and whole in e.bypassed}
    if whole != name:
        assert program.loss is not None
        for u in program.differentiator.shares(program.loss, whole)[name]:
            equation = changed.get(u, program.equations[u])
            changed[u] = equation._replace(expr=substitute(equation.expr, {whole: Ref(name)}))
    if not changed:
        return program
    moved = copy.copy(program)
    moved.equations = {**program.equations, **changed}
    moved._functions = {}
    return moved


def _unverifiable(program: Program, name: Name) -> str | None:
    """Why differences of the loss cannot show this gradient, or None."""
    loss = program.loss
    assert loss is not None
    training = program.problem.training
    if training is not None and training.order == "layer_by_layer" and _carried(program, name):
        return "order: layer_by_layer carries the error through updated weights, so it is not the gradient of the loss"
    between = [u for u in program.differentiator.needed(loss, [name]) if u in program.given]
    if between or name in program.given:
        return f"{(between or [name])[0]} is given, so the loss does not move with {name}"
    return None


def _carried(program: Program, name: Name) -> bool:
    """Whether the emitted gradient uses an updated weight."""
    loss = program.loss
    assert loss is not None
    return any(used.update for equation in program.closure([name.gradient(loss)]) for used in references(equation.expr))
