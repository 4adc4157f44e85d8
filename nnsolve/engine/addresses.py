"""The addresses of a problem, by name alone: nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

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
    differentiable = {gradient.primal for gradient in _gradients(program)}
    yield from [(str(name), what) for name, what in _values(program) if name in differentiable]


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
    program = run.program
    yield from [(str(equation.name), "forward pass") for equation in program.forward]
    yield from [(str(gradient), "gradient") for gradient in _gradients(program, start)]
    if program.updates and run.last != 0:
        for name in program.updates.parameters:
            yield str(name.after(1)), "after the first update"


def _values(program: Program) -> Iterator[tuple[Name, str]]:
    for name in program.parameters:
        yield name, "parameter"
    for equation in program.forward:
        yield equation.name, "forward pass"


def _gradients(program: Program, start: str = "") -> Iterator[Name]:
    """The gradients of the loss that begin with a text and that exist: some functions have no derivative."""
    loss = program.loss
    if loss is None:
        return
    known: set[Name] = set()
    for gradient in [name.gradient(loss) for name, _ in _values(program) if name != loss]:
        if str(gradient).startswith(start):
            with suppress(ProblemError):
                known |= {equation.name for equation in program.closure([gradient], known)}
                yield gradient


def _run(problem: Problem) -> Run:
    """The problem before its first update; the first of its parts where they have what the problem lacks."""
    if not problem.parts:
        return Run(problem)
    try:
        return Run(problem)
    except ProblemError:
        return Run(problem.parts[0].problem)
