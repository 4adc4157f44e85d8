"""Mistakes with words and their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from nnsolve.blocks.pooling import POOLS
from nnsolve.checking.mistakes.edits import instead
from nnsolve.checking.mistakes.mistake import Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, call, mul, nodes, references, rewrite
from nnsolve.problem.model import Problem, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View
    from nnsolve.core.names import Name

    Tensor = NDArray[np.float64]


def _neighbours(scene: Scene) -> Iterator[Slip]:
    """The numbers of all words one too large or too small; those of the nearest ones as well."""
    words = _words(scene)
    for shift in (1, -1):

        def moved(values: Tensor, shift: int = shift) -> Tensor:
            return values + shift

        if words:
            yield Slip("wrong-word", str(words[0]), given=dict.fromkeys(words, moved))

    def asked(view: View) -> Iterator[Tensor]:
        if isinstance(view.item.expr, Call) and view.item.expr.op == "nearest":
            yield from (view.own + shift for shift in (1, -1))

    yield Slip("wrong-word", "", asked=asked)


def _words(scene: Scene) -> list[Name]:
    """The inputs that are numbers of words."""
    looked_up = [e.expr for e in scene.forward if isinstance(e.expr, Call) and e.expr.op == "lookup"]
    leaves = scene.program.leaves
    names = {name: None for expr in looked_up for name in references(expr.args[1])}
    return [name for name in names if name in leaves and leaves[name].role == "input"]


def cosines(code: str, change: Callable[[Call, Expr, Expr], Iterable[Expr]]) -> Callable[[Scene], Iterator[Slip]]:
    """Something else for the cosine of two vectors, which is given the cosine and the norms of both."""

    def changes(scene: Scene, expr: Expr) -> Iterator[Expr]:
        found = [node for node in nodes(expr) if isinstance(node, Call) and node.op == "cosine"]
        for cosine in dict.fromkeys(found):
            one, other = cosine.args
            if scene.shapes(one).size == scene.shapes(other).size:
                others = change(cosine, call("norm", one), call("norm", other))
                yield from (_with(expr, cosine, new) for new in others)

    def slips(scene: Scene) -> Iterator[Slip]:
        def asked(view: View) -> Iterator[Tensor]:
            yield from (view.reported(view.evaluated(expr)) for expr in changes(scene, view.item.expr))

        yield Slip(code, "", asked=asked)
        for equation in scene.forward:
            for expr in changes(scene, equation.expr):
                yield Slip(code, str(equation.name), {equation.name: instead(expr)})

    return slips


def _with(expr: Expr, old: Expr, new: Expr) -> Expr:
    """An expression with another one in the place of a part."""
    return rewrite(expr, lambda node: new if node == old else node)


def _without_norms(cosine: Call, one: Expr, other: Expr) -> Iterator[Expr]:
    """The product of the vectors, or divided by one of the norms."""
    yield mul(cosine, one, other)
    yield mul(cosine, one)
    yield mul(cosine, other)


def _pooled(scene: Scene) -> Iterator[Slip]:
    """The mean, the maximum or the last for each other; the sum for the mean has a cause of its own."""
    for equation in scene.forward:
        last = None if equation.name == scene.loss else _last_pooled(equation)
        if last is not None:
            yield Slip("wrong-pooling", str(equation.name), {equation.name: instead(last)})
    layers = scene.program.problem.layers
    for i, layer in enumerate(layers):
        if layer.kind != "pooling":
            continue
        own = layer.options["over_time"]
        for way in ("mean", "max"):

            def pooled(problem: Problem, i: int = i, own: Text = own, way: str = way) -> Problem:
                layer = problem.layers[i]
                layer = layer._replace(options={**layer.options, "over_time": Text(way, own.place)})
                return problem._replace(layers=(*problem.layers[:i], layer, *problem.layers[i + 1 :]))

            if way != own.text:
                yield Slip("wrong-pooling", "pooling", problem=pooled)


def _last_pooled(equation: Equation) -> Expr | None:
    """The last of several time steps that are put together."""
    steps = [Ref(name) for name in references(equation.expr) if name.time is not None]
    is_pooled = len(steps) > 1 and any(pool(steps) == equation.expr for pool in POOLS.values())
    return steps[-1] if is_pooled else None


register(
    "wrong-pooling",
    "The vectors of the words are put together in another way than the problem says.",
    "source",
    _pooled,
    ("words", "p"),
)
register(
    "wrong-word",
    "A neighbouring word is taken: check from which number the words are counted.",
    "source",
    _neighbours,
    ("words", "p"),
)
register(
    "norms-missing",
    "The product of the vectors is not divided by their norms.",
    "source",
    cosines("norms-missing", _without_norms),
    ("words", "s"),
)
