"""What is suspicious about a problem that can be solved: a function for each check, with its stable code.

A check yields warnings that are true and worth reading; what is merely unusual is no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import Diagnostic, Findings, Place, ProblemError
from nnsolve.core.expressions import Call, Expr, Ref, nodes, references
from nnsolve.core.names import END, Name
from nnsolve.engine.kinks import at_kinks
from nnsolve.engine.solve import Asked, SectionSolver, Solution, faults
from nnsolve.problem.loader import load_problem_findings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MAX_UPDATES = 50
"""How many updates are looked at for a parameter that none of them changes."""

Solvers = list[SectionSolver]
Check = Callable[[Solvers], Iterator[Diagnostic]]


def lint(path: str | Path, further: Sequence[Callable[[Solution], Iterable[Diagnostic]]] = ()) -> list[Diagnostic]:
    """All findings about a problem file, in its order: its errors, or the warnings about a problem without any.

    `further` are checks of its solution beyond those of this floor.
    """
    findings = Findings()
    with findings:
        problem, found = load_problem_findings(path, faults)
        findings.diagnostics += found
        if problem is not None:
            solution = Solution(problem)
            findings.diagnostics += solution.warnings
            solvers = [solution.solvers[section.id] for section in solution.sections]
            for check in CHECKS:
                with findings:
                    findings.diagnostics += check(solvers)
            for beyond in further:
                with findings:
                    findings.diagnostics += beyond(solution)
    return ProblemError(dict.fromkeys(findings.diagnostics)).diagnostics


def _warning(code: str, message: str, place: Place | None, help: str | None = None) -> Diagnostic:
    return Diagnostic(code, message, place, help, "warning")


# What nothing uses ----------------------------------------------------------------------------------------------------


def unused_values(solvers: Solvers) -> Iterator[Diagnostic]:
    """`unused-value`: an input, target, parameter or constant that no equation and no ask uses."""
    used = {name for solver in solvers for name in _used(solver)}
    for solver in solvers:
        for name, leaf in solver.program.leaves.items():
            if leaf.role not in ("hyperparameter", "state") and name not in used:
                help = "is a loss: missing?" if leaf.role == "target" and solver.program.loss is None else "delete it?"
                yield _warning("unused-value", f"the {leaf.role} {name} is used by no equation", leaf.place, help)


def _used(solver: SectionSolver) -> set[Name]:
    names: set[Name] = set()
    for equation in [*solver.program.forward, *solver.program.equations.values()]:
        for expr in (equation.expr, equation.long, equation.shortcut):
            names |= set(references(expr)) if expr is not None else set()
    return names | {name.primal.after(0) for item in solver.asked for name in references(item.expr)}


def unused_equations(solvers: Solvers) -> Iterator[Diagnostic]:
    """`unused-equation`: an equation of the author's that is neither asked nor needed for what is, or for the loss."""
    if not all(solver.asked for solver in solvers):
        return
    needed = {place for solver in solvers for place in _needed(solver)}
    for solver in solvers:
        for text in solver.problem.equations:
            if text.place not in needed:
                name = text.text.partition("=")[0].strip()
                message = f"nothing that is asked needs {name}"
                yield _warning("unused-equation", message, text.place, f"add {name} to ask:, or delete the equation")


def _needed(solver: SectionSolver) -> set[Place]:
    """The places of the equations that the asks and the loss need; those of values that are given instead count too."""
    program = solver.run.whole
    roots = [program.loss] if program.loss is not None else []
    for item in solver.asked:
        for name in references(item.expr):
            made = (name.after(0) in program.updated and name.update) or name.after(0) in program.derived
            plain = name.after(1) if made else name.after(0)
            roots += [plain] if name.of is None else [plain, name.of]
    needed = [equation.name for equation in program.closure(roots)] + [name for name in roots if name in program.given]
    needed += [name for equation in program.closure(roots) for name in references(equation.expr)]
    return {program.equations[name].place or Place("") for name in needed if name in program.equations}


def unused_symbols(solvers: Solvers) -> Iterator[Diagnostic]:
    """`unused-symbol`: conventions.symbols renames a stem that the problem does not have."""
    known = [name for solver in solvers for name in solver.program.scope.names.values()]
    stems = {text for name in known for text in (name.stem, name._replace(layer=None, time=None).base)}
    for solver in solvers:
        for stem, symbol in solver.problem.conventions.symbols.items():
            if symbol not in stems:
                message = f"symbols renames {stem} to {symbol}, but the problem has no {stem}"
                help = "equations are written in their own names; symbols renames what layers, loss and training name"
                yield _warning("unused-symbol", message, solver.problem.where("conventions"), help)


def unused_training(solvers: Solvers) -> Iterator[Diagnostic]:
    """`unused-training`: an update that nothing asked comes after."""
    if not all(solver.asked for solver in solvers):
        return
    asked = {name for solver in solvers for item in solver.asked for name in references(item.expr)}
    if any(name.update or name.epoch is not None for name in asked):
        return
    for solver in solvers:
        training, updated = solver.problem.training, solver.program.updated
        if training is not None and updated:
            message = "training makes an update, but nothing is asked that comes after one"
            yield _warning(
                "unused-training", message, training.place, f"add {updated[0]}@1 to ask:, or delete training:"
            )


# Asks -----------------------------------------------------------------------------------------------------------------


def nothing_asked(solvers: Solvers) -> Iterator[Diagnostic]:
    """`nothing-asked`: the problem, or a part, asks for nothing."""
    for solver in solvers:
        if not solver.asked:
            results = solver.program.results or [name.after(1) for name in solver.program.updated]
            some = ", ".join(str(name) for name in results[:3])
            which = f"part {solver.id} asks for nothing" if solver.id else "nothing is asked"
            yield _warning("nothing-asked", which, solver.problem.place, f"add  ask: [{some}]")


def trivial_asks(solvers: Solvers) -> Iterator[Diagnostic]:
    """`trivial-ask`: what is asked stands in the file, or is a parameter that training leaves alone."""
    for solver in solvers:
        for item in solver.asked:
            name = _quantity(item.expr)
            if name is None or name.of is not None:
                continue
            program, plain = solver.program, name.after(0)
            after = bool(name.update) or name.epoch is not None
            if (plain in program.given and not after) or (plain in program.leaves and not after):
                yield _trivial(item, f"{item.ask.of.text} is given in the file")
            elif plain in program.parameters and plain not in program.updated:
                yield _trivial(item, f"training does not update {plain}, so {item.ask.of.text} is what the file gives")


def _trivial(item: Asked, message: str) -> Diagnostic:
    return _warning("trivial-ask", message, item.ask.of.place, "ask for what has to be worked out")


def _quantity(expr: Expr) -> Name | None:
    """The quantity that is asked for, or an element of it."""
    if isinstance(expr, Call) and expr.op == "index":
        expr = expr.args[0]
    return expr.name if isinstance(expr, Ref) else None


def rounded_away(solvers: Solvers) -> Iterator[Diagnostic]:
    """`rounds-to-zero`: a value that is not 0, asked with so few decimals that nothing is left of it."""
    for solver in solvers:
        for item, answer in zip(solver.asked, solver.section.answers, strict=True):
            decimals = item.ask.options.get("decimals")
            if not isinstance(decimals, int) or item.ask.options.get("percent"):
                continue
            size = float(np.max(np.abs(answer.value), initial=0.0))
            if 0 < size < 0.5 * 10.0**-decimals:
                message = (
                    f"{item.ask.id} is at most {size:.1e} in size; with decimals: {decimals} nothing is left of it"
                )
                yield _warning(
                    "rounds-to-zero", message, item.ask.of.place, "ask for more decimals, or  significant: 3"
                )


# Values ---------------------------------------------------------------------------------------------------------------


def unchanged_parameters(solvers: Solvers) -> Iterator[Diagnostic]:
    """`unchanged-parameter`: a parameter that no update changes, of those that training makes (at most 50)."""
    for solver in solvers:
        for step in solver.section.trace.steps:
            plain = step.name.after(0)
            if step.phase != "update" or step.name.update != 1 or plain not in solver.program.parameters:
                continue
            before = solver.program.leaves[plain]
            updates = _updates_without_change(solver, plain, before.value)
            if updates:
                gradients = [value for name, value in step.operands.items() if name.of is not None]
                dead = bool(gradients) and not any(np.any(value) for value in gradients)
                which = "the first update does not change" if updates == 1 else f"none of {updates} updates changes"
                message = f"{which} {plain}" + (": its gradient is 0" if dead else "")
                yield _warning("unchanged-parameter", message, before.place, _reason(solver, dead))


def _updates_without_change(solver: SectionSolver, name: Name, before: Tensor) -> int:
    """How many updates leave a parameter as it is, 0 where one of them changes it."""
    names = [name for item in solver.asked for name in references(item.expr) if name.update != END]
    asked = max((name.update for name in names), default=1)
    last = solver.run.last if solver.run.last is not None else max(asked, 1)
    updates = max(min(last, MAX_UPDATES), 1)
    for update in range(updates):
        if not np.array_equal(solver.run.moment(update).value(name.after(1)).ravel(), before.ravel()):
            return 0
    return updates


def _reason(solver: SectionSolver, dead: bool) -> str | None:
    """Why a gradient may be 0, as far as this network can have that reason."""
    if not dead:
        return None
    relu = any(isinstance(node, Call) and node.op == "relu" for e in solver.program.forward for node in nodes(e.expr))
    return "dead ReLUs (every pre-activation below 0), or a loss at its minimum?" if relu else "a loss at its minimum?"


def gradients_at_kinks(solvers: Solvers) -> Iterator[Diagnostic]:
    """`at-kink`: a gradient goes through relu, abs, max, min or a norm where it has a kink."""
    for solver in solvers:
        for found in at_kinks(solver):
            message = f"{found.equation}: {found.function} is at a kink where a gradient goes through it"
            yield _warning("at-kink", f"{message}; {found.convention}", found.place, found.help)


def oversized_batches(solvers: Solvers) -> Iterator[Diagnostic]:
    """`batch-size`: a mini-batch of more samples than there are."""
    for solver in solvers:
        training = solver.problem.training
        size = training.batch_size if training is not None else None
        if training is not None and isinstance(size, int) and size > solver.run.samples:
            samples = "1 sample" if solver.run.samples == 1 else f"{solver.run.samples} samples"
            message = f"batch_size is {size}, but there {'is' if solver.run.samples == 1 else 'are'} only {samples}"
            yield _warning(
                "batch-size", message, training.places.get("batch_size", training.place), "say  batch_size: all"
            )


CHECKS: tuple[Check, ...] = (
    unused_values,
    unused_equations,
    unused_symbols,
    unused_training,
    nothing_asked,
    trivial_asks,
    rounded_away,
    unchanged_parameters,
    gradients_at_kinks,
    oversized_batches,
)
