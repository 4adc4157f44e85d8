"""`loss:` as an equation: a loss by name, an expression, or one of the author's equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnsolve.blocks import LOSSES
from nnsolve.core.diagnostics import Findings, Place, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.engine.scope import Scope
from nnsolve.problem.model import Problem


def loss_equation(problem: Problem, scope: Scope, authored: Sequence[Equation], findings: Findings) -> Equation | None:
    """The equation of the loss with its names resolved, or None where it is one of the author's."""
    loss = problem.loss
    if loss is None:
        return None
    text, place = loss.text.text.strip(), loss.text.place
    equation = next((e for e in authored if str(e.name) == text), None)
    if equation is not None:
        scope.loss = equation.name
        _options_unused(loss.options, loss.option_places, place, findings)
        return None
    name = Name(problem.conventions.symbols.get("L", "L"))
    result = None
    with findings:
        scope.define(name, place)
        scope.loss = name
        if text in LOSSES:
            _check_options(text, loss.options, loss.option_places)
            expr = _named(problem, scope, text, loss.options, place)
            result = Equation(name, expr, place=place)
        elif text.isidentifier():
            known = [*LOSSES, *(str(e.name) for e in authored)]
            help = did_you_mean(text, known) or f"losses: {', '.join(LOSSES)}; or an equation's name, or an expression"
            raise ProblemError.of("unknown-loss", f"{text} is not a known loss or equation", place, help)
        else:
            _options_unused(loss.options, loss.option_places, place, findings)
            result = Equation(name, scope.resolve(parse(text, place), place), place=place)
    return result


def _check_options(name: str, options: Mapping[str, Any], places: Mapping[str, Place]) -> None:
    """Raise where a named loss is given what it does not have."""
    known = ["reduction", *LOSSES[name].options]
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


def _named(problem: Problem, scope: Scope, name: str, options: Mapping[str, Any], place: Place) -> Expr:
    prediction = scope.find("y_hat")
    if prediction is None:
        raise ProblemError.of(
            "missing-prediction",
            f"{name} compares y_hat with the target, but nothing is called y_hat",
            place,
            f"name the prediction's equation y_hat, or write  loss: {name}(NAME, TARGET)",
        )
    targets = list(problem.targets)
    if len(targets) != 1:
        found = f"the targets are {', '.join(targets)}" if targets else "the file has no targets"
        raise ProblemError.of(
            "missing-target",
            f"{name} needs one target to compare with, but {found}",
            place,
            "add  targets: {y: [...]}" if not targets else f"write  loss: {name}({prediction}, {targets[0]})",
        )
    return Call(name, (Ref(prediction), Ref(Name(targets[0]))), tuple(options.items()))
