"""`loss:` as an equation: a loss by name, an expression, or one of the author's equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from nnsolve.blocks import LOSSES
from nnsolve.core.diagnostics import Findings, Place, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Num, Ref, add, mul
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.engine.scope import Scope
from nnsolve.engine.sequences import check_bound
from nnsolve.problem.model import Loss, Problem


def loss_equations(problem: Problem, scope: Scope, authored: Sequence[Equation], findings: Findings) -> list[Equation]:
    """The equations of the loss with its names resolved, itself last; none where it is one of the author's."""
    loss = problem.loss
    if loss is None:
        return []
    text, place = loss.text.text.strip(), loss.text.place
    equation = next((e for e in authored if str(e.name) == text), None)
    if equation is not None:
        scope.loss = equation.name
        _options_unused(loss.options, loss.option_places, place, findings)
        return []
    name = Name(problem.conventions.symbols.get("L", "L"))
    result: list[Equation] = []
    with findings:
        scope.define(name, place)
        scope.loss = name
        if text in LOSSES:
            _check_options(text, loss.options, loss.option_places)
            result = _named(problem, scope, name, loss)
        elif text.isidentifier() and scope.sequence(text):
            help = f"write  loss: sum({text})  (or mean)"
            raise ProblemError.of("loss-not-scalar", f"{text} has a value for each time step", place, help)
        elif text.isidentifier():
            known = [*LOSSES, *(str(e.name) for e in authored)]
            help = did_you_mean(text, known) or f"losses: {', '.join(LOSSES)}; or an equation's name, or an expression"
            raise ProblemError.of("unknown-loss", f"{text} is not a known loss or equation", place, help)
        else:
            _options_unused(loss.options, loss.option_places, place, findings)
            expr = parse(text, place)
            check_bound("", expr, place, scope)
            result = [Equation(name, scope.resolve(expr, place), place=place)]
    return result


def _check_options(name: str, options: Mapping[str, Any], places: Mapping[str, Place]) -> None:
    """Raise where a named loss is given what it does not have."""
    known = ["reduction", "over_time", *LOSSES[name].options]
    problems = [
        ProblemError.of(
            "unknown-option",
            f"{name} has no option {key}",
            places.get(key),
            did_you_mean(key, known) or f"options: {', '.join(known)}",
        )
        for key in options
        if key not in known
    ]
    if problems:
        raise ProblemError(d for problem in problems for d in problem.diagnostics)


def _options_unused(options: Mapping[str, Any], places: Mapping[str, Place], place: Place, findings: Findings) -> None:
    for key in options:
        findings.error(
            "unknown-key",
            f"{key} belongs to a loss that is named, not to an equation or expression",
            places.get(key, place),
            "say it in the expression: cross_entropy(y_hat, y, reduction=mean)",
        )


def _how_to_predict(name: str, problem: Problem, scope: Scope) -> str:
    """How to say what a named loss compares, in the names of the file where it has a sequence and one target."""
    data = (*problem.inputs, *problem.targets)
    computed = [whole.base for whole in scope.sequences if whole.base not in data]
    if not computed or len(problem.targets) != 1:
        return f"name the prediction's equation y_hat, or write  loss: {name}(NAME, TARGET)"
    last, target = computed[-1], data[-1]
    return f"add  - y_hat_t = {last}_t  to equations; for the last step alone  loss: {name}({last}_T, {target})"


def _named(problem: Problem, scope: Scope, loss: Name, said: Loss) -> list[Equation]:
    """A named loss of y_hat and the only target: of one value, or of each time step and then of all of them."""
    name, place = said.text.text.strip(), said.text.place
    prediction, steps = scope.find("y_hat"), scope.sequence("y_hat")
    if prediction is None and not steps:
        message = f"{name} compares y_hat with the target, but nothing is called y_hat"
        raise ProblemError.of("missing-prediction", message, place, _how_to_predict(name, problem, scope))
    targets = list(problem.targets)
    if len(targets) != 1:
        found = f"the targets are {', '.join(targets)}" if targets else "the file has no targets"
        raise ProblemError.of(
            "missing-target",
            f"{name} needs one target to compare with, but {found}",
            place,
            "add  targets: {y: [...]}"
            if not targets
            else f"write  loss: {name}({prediction or steps[-1]._replace(time=None)}, {targets[0]})",
        )
    over_time = said.options.get("over_time")
    options = tuple((key, value) for key, value in said.options.items() if key != "over_time")
    target = targets[0]
    if not steps:
        assert prediction is not None
        if over_time is not None:
            message = "over_time: says how time steps are put together, but the prediction is a single value"
            raise ProblemError.of("unknown-option", message, said.option_places.get("over_time", place), "leave it out")
        return [Equation(loss, Call(name, (Ref(prediction), Ref(Name(target))), options), place=place)]
    if over_time is None:
        message = f"{name} compares {len(steps)} time steps, and the file does not say how they become one loss"
        help = f"write  loss: {{name: {name}, over_time: sum}}  (or mean, or last: the last step alone)"
        raise ProblemError.of("missing-over-time", message, place, help)
    wanted = scope.sequence(target)
    if over_time == "last":
        last = wanted[-1] if wanted else Name(target)
        return [Equation(loss, Call(name, (Ref(steps[-1]), Ref(last)), options), place=place)]
    if not wanted:
        message = f"{name} compares every time step, but the target {target} is a single value"
        help = "give a value for each time step, or say  over_time: last"
        raise ProblemError.of("not-a-sequence", message, problem.targets[target].place, help)
    parts = [
        Equation(loss._replace(time=y_hat.time), Call(name, (Ref(y_hat), Ref(y)), options), place=place)
        for y_hat, y in zip(steps, wanted, strict=True)
    ]
    for part in parts:
        scope.define(part.name, place)
    total = add(*(Ref(part.name) for part in parts))
    if over_time == "mean":
        total = mul(Num(Fraction(1, len(parts))), total)
    return [*parts, Equation(loss, total, place=place)]
