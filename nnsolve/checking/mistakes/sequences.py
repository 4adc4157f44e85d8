"""Mistakes with recurrent networks: time steps and states."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.edits import (
    and_in_values,
    deltas,
    each,
    each_of,
    instead,
    leaf_gradients,
    over_time,
    renamed,
    rewritten,
)
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ZERO, Call, Expr, Ref, add, mul, references
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.engine.program import Change

    Tensor = NDArray[np.float64]


def _kept(expr: Expr, drop: set[Name]) -> Expr:
    """A sum without the terms that use some gradients; zero where nothing is left of it."""
    terms = expr.args if isinstance(expr, Call) and expr.op == "add" else (expr,)
    kept = [term for term in terms if drop.isdisjoint(references(term))]
    return add(*kept) if kept else mul(ZERO, expr)


def _later(equation: Equation) -> set[Name]:
    """The gradients of later time steps that an equation uses."""
    time = equation.name.time
    return {n for n in references(equation.expr) if n.of is not None and time is not None and (n.time or 0) > time}


def _dropper(drop: set[Name]) -> Change:
    return lambda expr: _kept(expr, drop)


def _recurrent_dropped(scene: Scene) -> Iterator[Slip]:
    changes: dict[Name, Change] = {}
    for equation in scene.backward:
        later = _later(equation)
        if later and equation.name.primal in scene.program.equations:
            changes[equation.name] = _dropper(later)
    yield from each_of("recurrent-gradient-dropped", changes)
    yield from _one_way_back(scene)


def _one_way_back(scene: Scene) -> Iterator[Slip]:
    """The gradient that comes back from the next time step through one gate alone."""
    ways: dict[str, dict[Name, Change]] = {}
    for equation in scene.backward:
        later = _later(equation) if equation.name.primal in scene.program.equations else set()
        for stem in sorted({name.stem for name in later}):
            others = {name for name in later if name.stem != stem}
            if others:
                ways.setdefault(stem, {})[equation.name] = _dropper(others)
    for changes in ways.values():
        yield Slip("recurrent-gradient-dropped", str(next(iter(changes))), {}, changes)


def _last_step_only(scene: Scene) -> Iterator[Slip]:
    """dL/dW = dL/dW_1 + ... + dL/dW_T with the last share alone, or the first; L = L_1 + ... + L_T likewise."""
    for pick in (max, min):
        changes: dict[Name, Change] = {}
        for equation in scene.backward:
            shares = [
                n for n in references(equation.expr) if n.time is not None and n._replace(time=None) == equation.name
            ]
            if len(shares) > 1:
                kept = pick(shares, key=lambda n: n.time or 0)
                changes[equation.name] = _dropper(set(shares) - {kept})
        yield from each_of("time-steps-not-summed", changes)
    for equation in scene.forward:
        steps = [name for name in references(equation.expr) if name._replace(time=None) == scene.loss == equation.name]
        for pick in (max, min) if len(steps) > 1 else ():
            one = instead(Ref(pick(steps, key=lambda name: name.time or 0)))
            alone = Slip("time-steps-not-summed", str(equation.name), {equation.name: one})
            yield from and_in_values(scene, [alone])


def _previous_missing(scene: Scene) -> Iterator[Slip]:
    """W_hh h_{t-1} left out of every pre-activation; of h_{t-1} and c_{t-1} one or both."""
    code, states = "previous-state-missing", _states(scene)

    def changes(left_out: Collection[str]) -> dict[Name, Change]:
        found: dict[Name, Change] = {}
        for equation in scene.forward:
            earlier = {n for n in references(equation.expr) if n.stem in left_out and _lag(equation, n) > 0}
            is_sum = isinstance(equation.expr, Call) and equation.expr.op == "add"
            if earlier and is_sum and _kept(equation.expr, earlier) != equation.expr:
                found[equation.name] = _dropper(earlier)
        return found

    slips = list(each_of(code, changes(states)))
    for state in states if len(states) > 1 else ():
        own = changes([state])
        if len(over_time(own)) > 1:
            slips.append(Slip(code, str(next(iter(own))), {}, own))
    yield from and_in_values(scene, (slip._replace(forward=slip.emitted, emitted={}) for slip in slips))


def _lag(equation: Equation, name: Name) -> int:
    """How many time steps a quantity is older than the equation that uses it."""
    return 0 if equation.name.time is None or name.time is None else equation.name.time - name.time


def _states(scene: Scene) -> list[str]:
    """The stems of what is used at the next time step."""
    return list(dict.fromkeys(n.stem for e in scene.program.forward for n in references(e.expr) if _lag(e, n) > 0))


def _wrong_step(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        timed = [name for name in references(view.item.expr) if name.time is not None]
        for names in [timed, *([name] for name in timed)] if len(timed) > 1 else [timed] if timed else []:
            for shift in (-1, 1):
                moved = {name: _moved(name, shift) for name in names}
                try:
                    yield view.renamed(lambda name, moved=moved: moved.get(name, name))  # type: ignore[misc]
                except (LookupError, ProblemError):
                    continue  # there is no such step

    yield Slip("wrong-time-step", "", asked=asked)
    yield from _shifted(scene)
    yield from and_in_values(scene, _older_state(scene))
    for gradients in (leaf_gradients(scene), deltas(scene)):
        shares = [e for e in gradients if e.name.time is not None]
        for lag in (1, -1):
            changes = {e.name: change for e in shares if (change := _own_state(e, lag)) is not None}
            yield from each_of("wrong-time-step", changes)
    slopes = {e.name: change for e in deltas(scene) if (change := _earlier_slope(scene, e)) is not None}
    yield from each_of("wrong-time-step", slopes)


def _earlier_slope(scene: Scene, equation: Equation) -> Change | None:
    """tanh'(z_{t-1}) for tanh'(z_t): the derivative is made of the state before."""
    own = [n for n in references(equation.expr) if n.of is None and n.time is not None and n.time == equation.name.time]
    earlier = [(name, _moved(name, -1)) for name in own]
    known = all(name in scene.program.equations or name in scene.program.leaves for _, name in earlier)
    return renamed(*earlier) if earlier and known else None


def _moved(name: Name, shift: int) -> Name:
    return name if name.time is None else name._replace(time=name.time + shift)


def _own_state(equation: Equation, lag: int) -> Change | None:
    """h_t for h_{t-1} in the gradient of step t, and for h_{t+1}."""
    others = [n for n in references(equation.expr) if n.of is None and n.time is not None and _lag(equation, n) == lag]
    return renamed(*((name, _moved(name, lag)) for name in others)) if others else None


def _older_state(scene: Scene) -> Iterator[Slip]:
    """h_{t-2} for h_{t-1} in the recurrent input; h_{t-1} for h_t in what else is made of it."""
    known = {*scene.program.equations, *scene.program.leaves}
    for state in _states(scene):
        for lag in (0, 1):
            changes: dict[Name, Change] = {}
            for equation in scene.forward:
                used = [n for n in references(equation.expr) if n.stem == state and n.time is not None]
                pairs = [(n, _moved(n, -1)) for n in used if _lag(equation, n) == lag and _moved(n, -1) in known]
                if pairs:
                    changes[equation.name] = renamed(*pairs)
            if changes:
                yield Slip("wrong-time-step", str(next(iter(changes))), changes)


def stems(scene: Scene) -> dict[str, list[Name]]:
    """The quantities that have a time step, by their stems."""
    found: dict[str, list[Name]] = {}
    for name in scene.shapes.named:
        if name.time is not None and name.of is None:
            found.setdefault(name.stem, []).append(name)
    return found


def _initial(scene: Scene) -> Iterator[Slip]:
    """Ones for the zeros before the first step."""
    states = [name for name, leaf in scene.program.leaves.items() if leaf.role == "initial" and not leaf.value.any()]
    if states:
        yield Slip("initial-state", str(states[0]), given=dict.fromkeys(states, np.ones_like))


def _initial_left_out(scene: Scene) -> Iterator[Slip]:
    """Zeros for the given state before the first step: everywhere, or in the gradients alone."""
    code = "initial-state-left-out"
    states = [name for name, leaf in scene.program.leaves.items() if leaf.role == "initial" and leaf.value.any()]
    if states:
        yield Slip(code, str(states[0]), given=dict.fromkeys(states, np.zeros_like))

    def change(node: Expr) -> Expr:
        return mul(ZERO, node) if isinstance(node, Ref) and node.name in states else node

    yield from each(code, leaf_gradients(scene), rewritten(change))


def _sequences(scene: Scene) -> list[list[Name]]:
    """The inputs that have time steps."""
    leaves = scene.program.leaves
    return over_time(name for name, leaf in leaves.items() if leaf.role == "input" and name.time is not None)


def _reversed(scene: Scene) -> Iterator[Slip]:
    """x_T, ..., x_1."""
    leaves = scene.run.whole.leaves
    given = {
        name: partial(_replaced, leaves[other].value)
        for names in _sequences(scene)
        for name, other in zip(names, reversed(names), strict=True)
    }
    if given:
        yield Slip("sequence-reversed", str(next(iter(given))), given=given)


def _shifted(scene: Scene) -> Iterator[Slip]:
    """x_{t+1} or x_{t-1} for x_t; zero beyond the sequence."""
    leaves = scene.run.whole.leaves
    for names in _sequences(scene):
        values = [leaves[name].value for name in names]
        nothing = np.zeros_like(values[0])
        for shifted in ([*values[1:], nothing], [nothing, *values[:-1]]):
            given = {name: partial(_replaced, value) for name, value in zip(names, shifted, strict=True)}
            yield Slip("wrong-time-step", str(names[0]), given=given)


def _replaced(other: Tensor, own: Tensor) -> Tensor:
    """Other values for those of all samples; batches are then cut out of them."""
    return other if other.shape == own.shape else own


register(
    "recurrent-gradient-dropped",
    "The part of the gradient that comes back from the next time step is left out.",
    "backward",
    _recurrent_dropped,
    ("rnn", "dL/dh_1"),
    COMMON,
    paired=True,
)
register(
    "time-steps-not-summed",
    "Only one time step is counted: the loss, and the gradient of shared weights, are made of all of them.",
    "backward",
    _last_step_only,
    ("rnn", "dL/dW_hh"),
    COMMON,
    paired=True,
)
register(
    "previous-state-missing",
    "The previous state is left out.",
    "source",
    _previous_missing,
    ("rnn", "h_2"),
    paired=True,
)
register(
    "initial-state",
    "The states before the first step are zero; others are used.",
    "source",
    _initial,
    ("rnn", "h_1"),
    RARE,
)
register(
    "initial-state-left-out",
    "The state before the first time step is taken as zero; another one is given.",
    "source",
    _initial_left_out,
    ("rnn_from", "dL/dW_hh"),
    paired=True,
)
register(
    "sequence-reversed",
    "The sequence is read from its end.",
    "source",
    _reversed,
    ("rnn", "h_3"),
    RARE,
)
register(
    "wrong-time-step",
    "The value of a neighbouring time step is taken.",
    "asked",
    _wrong_step,
    ("rnn", "h_2"),
    paired=True,
)
