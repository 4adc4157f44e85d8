"""Mistakes with updates: the learning rate, and which value of a parameter is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each_layer, everywhere, instead, rewritten
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.expressions import ONE, Expr, Num, Ref, call, mul, references
from nnsolve.core.names import Name
from nnsolve.engine.program import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


def _rate(scene: Scene) -> Ref | None:
    """The learning rate as update equations write it."""
    updates = scene.program.updates
    found = updates.hyper["learning_rate"] if updates and "learning_rate" in updates.hyper else None
    return found if isinstance(found, Ref) else None


def _rate_missing(scene: Scene) -> Iterator[Slip]:
    yield from _rate_changed(scene, "learning-rate-missing", ONE)


def _rate_twice(scene: Scene) -> Iterator[Slip]:
    rate = _rate(scene)
    if rate is not None:
        yield from _rate_changed(scene, "learning-rate-twice", mul(rate, rate))


def _rate_misread(scene: Scene) -> Iterator[Slip]:
    """A tenth of the rate, or ten times it."""
    for factor in (Fraction(1, 10), Fraction(10)):
        yield from rate_scaled(scene, "learning-rate-misread", factor)


def rate_scaled(scene: Scene, code: str, factor: Fraction) -> Iterator[Slip]:
    """The rate of every step with a factor too many, which the gradient has not: adaptive steps would lose it there."""
    rate = _rate(scene)
    if rate is not None:
        yield from everywhere(code, scene.updates, _instead_of(rate, mul(Num(factor), rate)))


def _rate_inverted(scene: Scene) -> Iterator[Slip]:
    rate = _rate(scene)
    if rate is not None:
        yield from everywhere("learning-rate-inverted", scene.updates, _instead_of(rate, call("div", ONE, rate)))


def _rate_changed(scene: Scene, code: str, other: Expr) -> Iterator[Slip]:
    rate = _rate(scene)
    if rate is not None:
        yield from each_layer(code, scene, scene.updates, _instead_of(rate, other))


def _instead_of(rate: Expr, other: Expr) -> Change:
    return rewritten(lambda node: other if node == rate else node)


def _gradient_for_parameter(scene: Scene) -> Iterator[Slip]:
    """The gradient of the last update, or of the first one."""

    def asked(view: View) -> Iterator[Tensor]:
        update = _update(scene, view)
        if update and view.name is not None and scene.loss is not None:
            gradient = view.name.gradient(scene.loss)
            yield from (view.of(gradient.after(other)) for other in {update - 1, 0})

    yield Slip("gradient-for-parameter", "", asked=asked)


def _step_for_parameter(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        update = _update(scene, view)
        if update and view.name is not None:
            before = view.of(view.name.after(update - 1))
            yield before - view.own
            yield view.own - before

    yield Slip("step-for-parameter", "", asked=asked)


def _parameter_for_gradient(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        name = _derived_by(scene, view)
        if name is not None:
            asked = [other.update for other in _also_asked(scene, [name]) if other.epoch is None]
            for update in dict.fromkeys([name.update + 1, *asked]):
                yield view.of(name.after(update))

    yield Slip("parameter-for-gradient", "", asked=asked)


def _step_for_gradient(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        name = _derived_by(scene, view)
        if name is not None:
            step = view.of(name.after(name.update + 1)) - view.of(name)
            yield step
            yield -step

    yield Slip("step-for-gradient", "", asked=asked)


def _derived_by(scene: Scene, view: View) -> Name | None:
    """The parameter that a gradient of the loss is asked by, after as many updates; None where none is asked."""
    name = view.name
    if name is None or name.of is None or name.of != scene.loss:
        return None
    parameter = name.primal.after(name.update)
    return parameter if parameter.after(0) in scene.program.updated else None


def _update(scene: Scene, view: View) -> int:
    """The number of updates after which a parameter is asked; 0 where nothing of the kind is."""
    name = view.name
    is_parameter = name is not None and name.of is None and name.after(0) in scene.program.parameters
    return scene.run.resolve_moment(name) if is_parameter and name is not None else 0


def _not_updated(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        names = references(view.item.expr)
        if all(name.epoch is None for name in names) and any(scene.run.resolve_moment(name) > 0 for name in names):
            yield view.renamed(lambda name: name.after(0)) if view.name is None else view.after(0)

    yield Slip("not-updated", "", asked=asked)
    for equation in scene.parameters:
        yield Slip("not-updated", str(equation.name), {}, {equation.name: instead(Ref(equation.name.after(0)))})


def _wrong_update(scene: Scene) -> Iterator[Slip]:
    def asked(view: View) -> Iterator[Tensor]:
        if view.name is not None and view.name.epoch is not None:
            epochs = _other_epochs(scene, view.name)
            yield from (view.of(other) for other in epochs if view.run is scene.run or _is_on_the_way(other, view.name))
        if view.is_seen_loss:
            yield view.run.loss_after((view.name.epoch or 0) if view.name is not None else 0)
        names = references(view.item.expr)
        if not names or any(name.epoch is not None for name in names):
            return
        own, last = max(scene.run.resolve_moment(name) for name in names), scene.run.last or 0
        beyond = (last + 1, last + scene.run.per_epoch) if own == last and view.name is not None else ()
        for update in _other_updates(scene, own, names):
            if view.run is not scene.run and update > own + scene.run.per_epoch:
                continue  # nobody trains on with a mistake to see what comes then
            if 0 < update <= last or (update == 0 and own > 1) or update in beyond:
                moved = partial(_moved, scene, own, update)
                yield view.renamed(moved) if view.name is None else view.after(update)

    yield Slip("wrong-update", "", asked=asked)


def _other_updates(scene: Scene, own: int, names: Iterable[Name]) -> list[int]:
    """One update or epoch too few or too many; updates counted as epochs, epochs as updates; others that are asked."""
    n = scene.run.per_epoch
    asked = [scene.run.resolve_moment(name) for name in _also_asked(scene, names) if name.epoch is None]
    others = [own - 1, own + 1, own - n, own + n, own // n, own * n, *asked]
    return [update for update in dict.fromkeys(others) if update != own]


def _other_epochs(scene: Scene, name: Name) -> Iterator[Name]:
    """The epochs before and after one, and those of which the loss is asked, too."""
    assert name.epoch is not None
    last = (scene.run.last or 0) // scene.run.per_epoch
    asked = [other.epoch for other in _also_asked(scene, [name]) if other.epoch is not None]
    for epoch in dict.fromkeys([name.epoch - 1, name.epoch + 1, *asked]):
        if 0 < epoch <= last and epoch != name.epoch:
            yield name._replace(epoch=epoch)


def _is_on_the_way(other: Name, name: Name) -> bool:
    """Whether an epoch comes before another one, or next to it."""
    return (other.epoch or 0) <= (name.epoch or 0) + 1


def _also_asked(scene: Scene, names: Iterable[Name]) -> list[Name]:
    """The same quantities as they are asked after other updates or epochs."""
    plain = {name.after(0) for name in names}
    asked = [name for item in scene.asked for name in references(item.expr)]
    return [name for name in asked if name.after(0) in plain]


def _moved(scene: Scene, own: int, update: int, name: Name) -> Name:
    """A name after another number of updates, where it is one after so many."""
    return name.after(update) if scene.run.resolve_moment(name) == own else name


register(
    "learning-rate-missing",
    "The learning rate is left out of the step.",
    "emitted",
    _rate_missing,
    ("network", "W1@1"),
    COMMON,
    paired=True,
)
register(
    "learning-rate-twice",
    "The learning rate is applied twice.",
    "emitted",
    _rate_twice,
    ("network", "W1@1"),
    2.0,
    paired=True,
)
register(
    "learning-rate-inverted",
    "The step is divided by the learning rate instead of being multiplied by it.",
    "emitted",
    _rate_inverted,
    ("network", "W1@1"),
    RARE,
)
register(
    "learning-rate-misread",
    "The learning rate is ten times too large or too small: look where its decimal point is.",
    "emitted",
    _rate_misread,
    ("network", "W1@1"),
    RARE,
    paired=True,
)
register(
    "gradient-for-parameter",
    "This is the gradient; the updated parameter is asked for.",
    "asked",
    _gradient_for_parameter,
    ("network", "W1@1"),
    COMMON,
)
register(
    "step-for-parameter",
    "This is the step alone; the updated parameter is asked for.",
    "asked",
    _step_for_parameter,
    ("network", "W1@1"),
)
register(
    "parameter-for-gradient",
    "This is the updated parameter; the gradient is asked for.",
    "asked",
    _parameter_for_gradient,
    ("network", "dL/dW1"),
)
register(
    "step-for-gradient",
    "This is the step, the gradient times the learning rate; the gradient is asked for.",
    "asked",
    _step_for_gradient,
    ("network", "dL/dW1"),
)
register(
    "not-updated",
    "This is the value before the update.",
    "asked",
    _not_updated,
    ("network", "W1@1"),
    COMMON,
)
register(
    "wrong-update",
    "This is the value after another number of updates.",
    "asked",
    _wrong_update,
    ("optimizer", "W@2"),
)
