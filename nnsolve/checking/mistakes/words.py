"""Mistakes with words and their vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.mistake import COMMON, Slip, register
from nnsolve.core.expressions import Call, nodes, references

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


register(
    "wrong-word",
    "The vector of a neighbouring word is taken: check from which number the words are counted.",
    "source",
    _neighbours,
    ("words", "p"),
    COMMON,
)
register(
    "norms-missing",
    "The product of the vectors is not divided by their norms.",
    "asked",
    _norms,
    ("words", "s"),
    COMMON,
)
