"""Mistakes with the cells of LSTM and GRU: their gates and states taken for one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import and_in_values, everywhere, instead, renamed, rewritten
from nnsolve.checking.mistakes.mistake import RARE, Slip, register
from nnsolve.checking.mistakes.sequences import stems
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Ref, add, neg, references
from nnsolve.core.names import Name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.engine.program import Change

    Tensor = NDArray[np.float64]

GATES = ("f", "i", "o", "g", "r", "u")


def _cell_for_state(scene: Scene) -> Iterator[Slip]:
    """c for h: given, or used by what follows, or in the recurrent input alone."""
    code, named = "cell-and-state-confused", stems(scene)
    if "c" not in named or "h" not in named:
        return

    def asked(view: View) -> Iterator[Tensor]:
        if any(name.stem in ("c", "h") and name.time is not None for name in references(view.item.expr)):
            yield view.renamed(_other_state)

    yield Slip(code, "", asked=asked)
    pairs = [(h, h._replace(stem="c")) for h in named["h"] if h._replace(stem="c") in scene.shapes.named]
    own = {h for h, _ in pairs}
    others = [e for e in scene.program.forward if e.name not in own]
    within = [e for e in others if own.isdisjoint(n for n in references(e.expr) if n.time == e.name.time)]
    within = [e for e in within if e.name.time is not None]
    cells = [e for e in scene.program.forward if e.name.stem == "c"]
    for users, change in (
        (others, renamed(*pairs)),
        (within, renamed(*pairs)),
        (cells, renamed(*((c, h) for h, c in pairs))),
    ):
        yield from and_in_values(scene, everywhere(code, users, change, forward=True))


def _other_state(name: Name) -> Name:
    return name._replace(stem={"c": "h", "h": "c"}.get(name.stem, name.stem)) if name.time is not None else name


def _gates(scene: Scene) -> Iterator[Slip]:
    """Two gates exchanged: given, where they are used, in their gradients, or all that they are computed from."""
    code, named = "gates-exchanged", stems(scene)
    gates = [gate for gate in GATES if gate in named]
    if len(gates) < 2:
        return

    def asked(view: View) -> Iterator[Tensor]:
        for kind in ("", "z"):
            own = {name.stem for name in references(view.item.expr)} & {kind + gate for gate in gates}
            for one in own if len(own) == 1 else ():
                for other in gates:
                    if kind + other != one:
                        yield view.renamed(lambda name, other=kind + other: _another(name, other))  # type: ignore[misc]

    yield Slip(code, "", asked=asked)
    users = [e for e in scene.program.forward if e.name.stem in ("c", "h")]
    for one, other in combinations(gates, 2):
        pairs = [(n, n._replace(stem=other)) for n in named[one]] + [(n, n._replace(stem=one)) for n in named[other]]
        yield from and_in_values(scene, everywhere(code, users, renamed(*pairs), forward=True))
        yield from and_in_values(scene, _made_of_each_other(scene, one, other))
        own = [e for e in scene.backward if scene.of_loss(e) and e.name.primal in dict(pairs)]
        yield from everywhere(code, own, renamed(*pairs))


def _another(name: Name, stem: str) -> Name:
    return name if name.time is None or name.of is not None else name._replace(stem=stem)


def _made_of_each_other(scene: Scene, one: str, other: str) -> Iterator[Slip]:
    """The pre-activations of two gates that differ in their weights alone, computed with each other's."""
    equations, parameters = scene.program.equations, set(scene.program.parameters)
    sums = {a: equations[z] for a, _, z in scene.activations()}
    changes: dict[Name, Change] = {}
    for name, first in sums.items():
        second = sums.get(name._replace(stem=other))
        if name.stem == one and name.time is not None and second is not None:
            inputs = [references(e.expr).keys() - parameters for e in (first, second)]
            if inputs[0] == inputs[1]:
                changes |= {first.name: instead(second.expr), second.name: instead(first.expr)}
    if changes:
        yield Slip("gates-exchanged", str(next(iter(changes))), changes)


def _inverted(scene: Scene) -> Iterator[Slip]:
    """(1 - u) h_{t-1} + u g with u and 1 - u exchanged."""
    gates = {n for stem in ("u", "f") for n in stems(scene).get(stem, ())}
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
    "cell-and-state-confused",
    "The cell state c and the hidden state h are confused.",
    "source",
    _cell_for_state,
    ("lstm", "h_2"),
    paired=True,
)
register(
    "gates-exchanged",
    "Two gates have changed places.",
    "source",
    _gates,
    ("lstm", "h_2"),
    paired=True,
)
register(
    "gate-inverted",
    "A gate is used the wrong way round: what it keeps and what it lets in are exchanged.",
    "source",
    _inverted,
    ("gru", "h_2"),
    RARE,
)
