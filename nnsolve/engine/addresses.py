"""The addresses of a problem, by name alone: nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.engine.program import Program
from nnsolve.engine.run import Run
from nnsolve.problem.model import Problem


def addresses(problem: Problem, start: str = "") -> Iterator[tuple[str, str]]:
    """What may be asked of a problem and begins with a text, each with what it is."""
    found: set[str] = set()
    for address, what in (*_asked(problem), *_computed(problem, start)):
        if address.startswith(start) and address not in found:
            found.add(address)
            yield address, what


def quantities(problem: Problem) -> Iterator[tuple[str, str]]:
    """What the loss may be differentiated with respect to: parameters, and what its equations give."""
    program = _run(problem).program
    for name, what in _values(program):
        if program.loss is not None and name != program.loss and _emitted(program, name.gradient(program.loss)):
            yield str(name), what


def layers(problem: Problem) -> Iterator[tuple[str, str]]:
    """The numbers of the layers that have parameters, each with these."""
    program = _run(problem).program
    numbers = [program.layer_of(name) for name in program.parameters]
    for number in sorted({number for number in numbers if number is not None}):
        yield (
            str(number),
            ", ".join(str(name) for name, at in zip(program.parameters, numbers, strict=True) if at == number),
        )


def _asked(problem: Problem) -> Iterator[tuple[str, str]]:
    for ask in problem.ask:
        yield ask.id, "asked"
    for part in problem.parts:
        for ask in part.problem.ask:
            yield f"{part.id}.{ask.id}", f"asked in part {part.id}"


def _computed(problem: Problem, start: str) -> Iterator[tuple[str, str]]:
    """The values of the forward pass, the gradients of the loss, and the parameters after the first update."""
    run = _run(problem)
    program, loss = run.program, run.program.loss
    values = list(_values(program))
    yield from [(str(name), what) for name, what in values if name not in program.parameters]
    if loss is not None:
        for name in [name for name, _ in values if name != loss]:
            gradient = name.gradient(loss)
            if str(gradient).startswith(start) and _emitted(program, gradient):
                yield str(gradient), "gradient"
    if program.updates and run.last != 0:
        for name in program.updates.parameters:
            yield str(name.after(1)), "after the first update"


def _values(program: Program) -> Iterator[tuple[Name, str]]:
    for name in program.parameters:
        yield name, "parameter"
    for equation in program.forward:
        yield equation.name, "forward pass"


def _emitted(program: Program, gradient: Name) -> bool:
    try:
        return program.equation(gradient) is not None
    except ProblemError:
        return False


def _run(problem: Problem) -> Run:
    """The problem before its first update; the first of its parts where they have what the problem lacks."""
    if not problem.parts:
        return Run(problem)
    try:
        return Run(problem)
    except ProblemError:
        return Run(problem.parts[0].problem)
