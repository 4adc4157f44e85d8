"""Mistakes with recurrent networks: time steps, states and gates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.edits import (
    deltas,
    each,
    each_of,
    everywhere,
    instead,
    leaf_gradients,
    over_time,
    renamed,
    rewritten,
)
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Ref, add, mul, neg, references
from nnsolve.core.names import Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.engine.program import Change

    Tensor = NDArray[np.float64]

GATES = ("f", "i", "o", "g", "r", "u")


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


def _last_step_only(scene: Scene) -> Iterator[Slip]:
    """dL/dW = dL/dW_1 + ... + dL/dW_T with the last share alone, or the first; L = L_1 + ... + L_T with the last."""
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
        if len(steps) > 1:
            last = instead(Ref(max(steps, key=lambda name: name.time or 0)))
            yield Slip("time-steps-not-summed", str(equation.name), {equation.name: last})


def _previous_missing(scene: Scene) -> Iterator[Slip]:
    """W_hh h_{t-1} left out of every pre-activation."""

    def change(equation: Equation) -> Change | None:
        time = equation.name.time
        earlier = {n for n in references(equation.expr) if n.time is not None and time is not None and n.time < time}
        is_sum = isinstance(equation.expr, Call) and equation.expr.op == "add"
        return _dropper(earlier) if earlier and is_sum and _kept(equation.expr, earlier) != equation.expr else None

    changes = {e.name: found for e in scene.forward if (found := change(e)) is not None}
    for slip in each_of("previous-state-missing", changes):
        yield slip._replace(forward=slip.emitted, emitted={})
        if scene.backward:
            yield slip  # the gradient still goes back through it


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
    for gradients in (leaf_gradients(scene), deltas(scene)):
        shares = [e for e in gradients if e.name.time is not None]
        changes = {e.name: change for e in shares if (change := _later_state(e)) is not None}
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


def _later_state(equation: Equation) -> Change | None:
    """h_t for h_{t-1} in the gradient of step t."""
    time = equation.name.time
    earlier = [n for n in references(equation.expr) if n.of is None and n.time is not None and n.time + 1 == time]
    return renamed(*((name, _moved(name, 1)) for name in earlier)) if earlier else None


def _stems(scene: Scene) -> dict[str, list[Name]]:
    """The quantities that have a time step, by their stems."""
    found: dict[str, list[Name]] = {}
    for name in scene.shapes.named:
        if name.time is not None and name.of is None:
            found.setdefault(name.stem, []).append(name)
    return found


def _cell_for_state(scene: Scene) -> Iterator[Slip]:
    """c for h: given, or used by what follows."""
    stems = _stems(scene)
    if "c" not in stems or "h" not in stems:
        return

    def asked(view: View) -> Iterator[Tensor]:
        if any(name.stem in ("c", "h") and name.time is not None for name in references(view.item.expr)):
            yield view.renamed(_other_state)

    yield Slip("cell-and-state-confused", "", asked=asked)
    pairs = [(h, h._replace(stem="c")) for h in stems["h"] if h._replace(stem="c") in scene.shapes.named]
    own = {h for h, _ in pairs}
    others = [e for e in scene.program.forward if e.name not in own]
    yield from everywhere("cell-and-state-confused", others, renamed(*pairs), forward=True)
    cells = [e for e in scene.program.forward if e.name.stem == "c"]
    yield from everywhere("cell-and-state-confused", cells, renamed(*((c, h) for h, c in pairs)), forward=True)


def _other_state(name: Name) -> Name:
    return name._replace(stem={"c": "h", "h": "c"}.get(name.stem, name.stem)) if name.time is not None else name


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
    leaves = scene.program.leaves
    given = {
        name: partial(_replaced, leaves[other].value)
        for names in _sequences(scene)
        for name, other in zip(names, reversed(names), strict=True)
    }
    if given:
        yield Slip("sequence-reversed", str(next(iter(given))), given=given)


def _shifted(scene: Scene) -> Iterator[Slip]:
    """x_{t+1} or x_{t-1} for x_t; zero beyond the sequence."""
    leaves = scene.program.leaves
    for names in _sequences(scene):
        values = [leaves[name].value for name in names]
        nothing = np.zeros_like(values[0])
        for shifted in ([*values[1:], nothing], [nothing, *values[:-1]]):
            given = {name: partial(_replaced, value) for name, value in zip(names, shifted, strict=True)}
            yield Slip("wrong-time-step", str(names[0]), given=given)


def _replaced(other: Tensor, _: Tensor) -> Tensor:
    return other


def _gates(scene: Scene) -> Iterator[Slip]:
    stems = _stems(scene)
    gates = [gate for gate in GATES if gate in stems]
    for i, one in enumerate(gates):
        for other in gates[i + 1 :]:
            pairs = [(n, n._replace(stem=other)) for n in stems[one]]
            pairs += [(n, n._replace(stem=one)) for n in stems[other]]
            users = [e for e in scene.program.forward if e.name.stem in ("c", "h")]
            yield from everywhere("gates-exchanged", users, renamed(*pairs), forward=True)


def _inverted(scene: Scene) -> Iterator[Slip]:
    """(1 - u) h_{t-1} + u g with u and 1 - u exchanged."""
    gates = {n for stem in ("u", "f") for n in _stems(scene).get(stem, ())}
    users = [e for e in scene.program.forward if e.name.stem in ("c", "h") and gates & set(references(e.expr))]

    def inside(node: Expr) -> bool:
        return isinstance(node, Ref) and node.name in gates

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "add" and node.args[0] == ONE:
            (rest,) = node.args[1:] if len(node.args) == 2 else (ZERO,)
            if isinstance(rest, Call) and rest.op == "neg" and rest.args[0] == add(ONE, neg(rest.args[0])):
                return rest.args[0]
            inner = rest.args[0] if isinstance(rest, Call) and rest.op == "neg" else ZERO
            double = isinstance(inner, Call) and inner.op == "add" and inner.args[0] == ONE
            if double and isinstance(inner, Call) and isinstance(inner.args[1], Call):
                return inner.args[1].args[0]  # 1 - (1 - u), as the arguments are changed first
            return node
        return add(ONE, neg(node)) if inside(node) else node

    yield from everywhere("gate-inverted", users, rewritten(change), forward=True)


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
    "This is the value of the neighbouring time step.",
    "asked",
    _wrong_step,
    ("rnn", "h_2"),
    paired=True,
)
register(
    "cell-and-state-confused",
    "The cell state c and the hidden state h are confused.",
    "source",
    _cell_for_state,
    ("lstm", "h_2"),
)
register(
    "gates-exchanged",
    "Two gates have changed places.",
    "source",
    _gates,
    ("lstm", "h_2"),
)
register(
    "gate-inverted",
    "A gate is used the wrong way round: what it keeps and what it lets in are exchanged.",
    "source",
    _inverted,
    ("gru", "h_2"),
    RARE,
)
