"""Mistakes with words and their vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.mistake import Slip, register
from nnsolve.core.expressions import Call, nodes, references
from nnsolve.problem.model import Problem, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.core.names import Name

    Tensor = NDArray[np.float64]


def _neighbours(scene: Scene) -> Iterator[Slip]:
    """The numbers of all words one too large or too small."""
    words = _words(scene)
    for shift in (1, -1):

        def moved(values: Tensor, shift: int = shift) -> Tensor:
            return values + shift

        if words:
            yield Slip("wrong-word", str(words[0]), given=dict.fromkeys(words, moved))


def _words(scene: Scene) -> list[Name]:
    """The inputs that are numbers of words."""
    looked_up = [e.expr for e in scene.forward if isinstance(e.expr, Call) and e.expr.op == "lookup"]
    leaves = scene.program.leaves
    names = {name: None for expr in looked_up for name in references(expr.args[1])}
    return [name for name in names if name in leaves and leaves[name].role == "input"]


def _norms(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        cosines = [node for node in nodes(view.item.expr) if isinstance(node, Call) and node.op == "cosine"]
        if len(cosines) == 1 and cosines[0] == view.item.expr:
            a, b = (view.evaluated(arg) for arg in cosines[0].args)
            if a.shape == b.shape:
                yield np.asarray(np.sum(a * b))

    yield Slip("norms-missing", "", asked=asked)


def _pooled(scene: Scene) -> Iterator[Slip]:
    """The mean, the maximum or the last for each other; the sum for the mean has a cause of its own."""
    layers = scene.program.problem.layers
    for i, layer in enumerate(layers):
        if layer.kind != "pooling":
            continue
        own = layer.options["over_time"]
        for way in ("mean", "max", "last"):

            def pooled(problem: Problem, i: int = i, own: Text = own, way: str = way) -> Problem:
                layer = problem.layers[i]
                layer = layer._replace(options={**layer.options, "over_time": Text(way, own.place)})
                return problem._replace(layers=(*problem.layers[:i], layer, *problem.layers[i + 1 :]))

            if way != own.text:
                yield Slip("wrong-pooling", "pooling", problem=pooled)


register(
    "wrong-pooling",
    "The vectors of the words are put together in another way than the problem says.",
    "source",
    _pooled,
    ("words", "p"),
)
register(
    "wrong-word",
    "The vector of a neighbouring word is taken: check from which number the words are counted.",
    "source",
    _neighbours,
    ("words", "p"),
)
register(
    "norms-missing",
    "The product of the vectors is not divided by their norms.",
    "asked",
    _norms,
    ("words", "s"),
)
