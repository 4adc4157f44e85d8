"""Mistakes with momentum and adaptive step sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nnsolve.checking.mistakes.edits import each, everywhere, instead, renamed, rewritten
from nnsolve.checking.mistakes.mistake import COMMON, RARE, Slip, register
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Num, Ref, add, call, neg
from nnsolve.core.names import Name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.checking.mistakes.scene import Scene, View

    Tensor = NDArray[np.float64]


def _hyper(scene: Scene, key: str) -> Ref | None:
    updates = scene.program.updates
    found = updates.hyper[key] if updates is not None and key in updates.hyper else None
    return found if isinstance(found, Ref) else None


def _of_stem(scene: Scene, stem: str) -> list[Equation]:
    return [e for e in scene.updates if e.name.stem.startswith(f"{stem}_")]


def _uncorrected(scene: Scene) -> Iterator[Slip]:
    """m_hat = m and v_hat = v, both or one of them; or m is given where m_hat is asked."""
    code = "bias-correction-missing"
    both = {}

    def asked(view: View) -> Iterator[Tensor]:
        if view.name is not None and view.name.stem.startswith(("m_hat_", "v_hat_")):
            yield view.of(view.name._replace(stem=view.name.stem.replace("_hat_", "_", 1)))

    yield Slip(code, "", asked=asked)
    for stem in ("m_hat", "v_hat"):
        changes = {}
        for equation in _of_stem(scene, stem):
            if isinstance(equation.expr, Call) and equation.expr.op == "div":
                changes[equation.name] = instead(equation.expr.args[0])
        if changes:
            yield Slip(code, str(next(iter(changes))), {}, changes)
        both.update(changes)
    if both:
        yield Slip(code, str(next(iter(both))), {}, both)


def _epsilon_inside(scene: Scene) -> Iterator[Slip]:
    """sqrt(v) + epsilon -> sqrt(v + epsilon)."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "add" and len(node.args) == 2:
            root, epsilon = node.args
            if isinstance(root, Call) and root.op == "sqrt":
                return call("sqrt", add(root.args[0], epsilon))
        return node

    yield from everywhere("epsilon-inside-root", scene.parameters, rewritten(change))


def _betas_exchanged(scene: Scene) -> Iterator[Slip]:
    first, second = _hyper(scene, "beta1"), _hyper(scene, "beta2")
    if first is not None and second is not None:
        change = renamed((first.name, second.name), (second.name, first.name))
        yield from everywhere("betas-exchanged", scene.updates, change)


def _momentum_missing(scene: Scene) -> Iterator[Slip]:
    """v = -eta g, without what is left of the velocity before."""
    states = set(scene.program.updates.state) if scene.program.updates else set()

    def change(node: Expr) -> Expr:
        return ZERO if isinstance(node, Ref) and node.name in states and _is_mean(node.name) else node

    yield from everywhere("momentum-missing", scene.updates, rewritten(change))


def _is_mean(name: Name) -> bool:
    return name.stem.startswith(("v_", "m_"))


def _complement(code: str, *, present: bool) -> Callable[[Scene], Iterator[Slip]]:
    """(1 - beta) g -> g; or the other way, g -> (1 - beta) g in the velocity of momentum."""

    def slips(scene: Scene) -> Iterator[Slip]:
        decays = {r for key in ("beta1", "beta2", "momentum", "decay") if (r := _hyper(scene, key)) is not None}

        def left_out(node: Expr) -> Expr:
            if isinstance(node, Call) and node.op == "mul":
                kept = [arg for arg in node.args if not _is_complement(arg, decays)]
                if kept and len(kept) < len(node.args):
                    return kept[0] if len(kept) == 1 else node.with_args(tuple(kept))
            return node

        means = [e for e in scene.updates if _is_mean(e.name) and "hat" not in e.name.stem]
        if present:
            yield from each(code, means, rewritten(left_out))
            return
        for equation in means:
            expr = equation.expr
            if isinstance(expr, Call) and expr.op == "add" and rewritten(left_out)(expr) == expr and decays:
                decay = next(iter(decays))
                first, *rest = expr.args
                new = add(first, *(call("mul", add(ONE, neg(decay)), term) for term in rest))
                yield Slip(code, str(equation.name), {}, {equation.name: instead(new)})

    return slips


def _complement_exchanged(scene: Scene) -> Iterator[Slip]:
    """beta m + (1 - beta) g -> (1 - beta) m + beta g."""
    decays = [r for key in ("beta1", "beta2", "decay") if (r := _hyper(scene, key)) is not None]
    other: dict[Expr, Expr] = {}
    for decay in decays:
        complement = add(ONE, neg(decay))
        other |= {decay: complement, complement: decay}

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and node.op == "mul" and node.args[0] in other:
            return node.with_args((other[node.args[0]], *node.args[1:]))
        return node

    means = [e for e in scene.updates if _is_mean(e.name) and "hat" not in e.name.stem]
    yield from each("complement-exchanged", means, rewritten(change))


def _is_complement(expr: Expr, decays: set[Ref]) -> bool:
    return any(expr == add(ONE, neg(decay)) for decay in decays)


def _square_missing(scene: Scene) -> Iterator[Slip]:
    """v of g instead of g^2."""

    def change(node: Expr) -> Expr:
        squared = isinstance(node, Call) and node.op == "pow" and node.args[1] == Num(2)
        return node.args[0] if squared and isinstance(node, Call) else node

    yield from everywhere("square-missing", _of_stem(scene, "v"), rewritten(change))


def _root_missing(scene: Scene) -> Iterator[Slip]:
    def change(node: Expr) -> Expr:
        return node.args[0] if isinstance(node, Call) and node.op == "sqrt" else node

    yield from everywhere("root-missing", scene.parameters, rewritten(change))


register(
    "bias-correction-missing",
    "The running means are not corrected for their start at zero.",
    "emitted",
    _uncorrected,
    ("optimizer", "W@1"),
    COMMON,
    paired=True,
)
register(
    "epsilon-inside-root",
    "The epsilon stands inside the root; it is added to the root.",
    "emitted",
    _epsilon_inside,
    ("optimizer", "W@1"),
)
register(
    "betas-exchanged",
    "The two betas have changed places.",
    "emitted",
    _betas_exchanged,
    ("optimizer", "W@2"),
)
register(
    "momentum-missing",
    "What is left of the earlier steps is left out: each step starts anew.",
    "emitted",
    _momentum_missing,
    ("momentum", "W@2"),
    COMMON,
    paired=True,
)
register(
    "complement-missing",
    "In the running mean the new gradient is not multiplied by one minus beta.",
    "emitted",
    _complement("complement-missing", present=True),
    ("optimizer", "W@2"),
)
register(
    "complement-exchanged",
    "In the running mean beta and one minus beta have changed places.",
    "emitted",
    _complement_exchanged,
    ("optimizer", "W@2"),
)
register(
    "complement-extra",
    "The gradient is multiplied by one minus the momentum, which this form of momentum does not do.",
    "emitted",
    _complement("complement-extra", present=False),
    ("momentum", "W@1"),
)
register(
    "square-missing",
    "The second running mean is that of the squared gradient; the square is left out.",
    "emitted",
    _square_missing,
    ("optimizer", "v_W@1"),
    RARE,
)
register(
    "root-missing",
    "The root of the second running mean is left out.",
    "emitted",
    _root_missing,
    ("optimizer", "W@1"),
    RARE,
)
