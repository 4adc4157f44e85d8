"""A part of a solution: one of the problem's parts, or only some addresses."""

from __future__ import annotations

from collections.abc import Sequence

from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.engine.run import Run
from nnsolve.engine.solution import Section
from nnsolve.engine.solve import SectionSolver, Solution
from nnsolve.problem.model import Ask, Problem, Text


def part_of(problem: Problem, part: str) -> Problem:
    """The problem with what a part replaces; raises `ProblemError` where there is no such part."""
    found = next((p.problem for p in problem.parts if p.id == part), None)
    if found is not None:
        return found
    ids = [p.id for p in problem.parts]
    known = f"the parts are {', '.join(ids)}" if ids else "the problem has no parts"
    raise ProblemError.of(
        "unknown-part", f"there is no part {part}", Place(problem.path), did_you_mean(part, ids) or known
    )


def one_part(problem: Problem, part: str | None) -> Problem:
    """The part that is named; else the problem itself, or its only part where only parts ask.

    Raises `ProblemError` where several parts ask and none is named.
    """
    if part is not None:
        return part_of(problem, part)
    if not problem.parts or problem.ask:
        return problem
    if len(problem.parts) == 1:
        return problem.parts[0].problem
    ids = ", ".join(found.id for found in problem.parts)
    raise ProblemError.of("no-part", f"the problem has the parts {ids}", problem.place, "choose one: --part ID")


def select(solution: Solution, addresses: Sequence[str] = (), part: str | None = None) -> tuple[Section, ...]:
    """The sections of a solution, reduced to a part and to some addresses.

    An address is an ask's id, or an address or expression as in `ask:`; `b.z1` is meant for part b alone, `z1` for
    every section that has it. Steps and answers are those of the addresses alone. Raises `ProblemError` for an address
    that is in none of them.
    """
    sections = solution.sections
    if part is not None:
        part_of(solution.problem, part)
        sections = tuple(section for section in sections if section.id == part)
    if not addresses:
        return sections
    wanted = [_wanted(solution, sections, address) for address in dict.fromkeys(addresses)]
    failed = [finding for found in wanted if not found.asks for finding in found.findings]
    if failed:
        raise ProblemError(dict.fromkeys(failed))
    reduced = []
    for section in sections:
        asks = [found.asks[section.id] for found in wanted if section.id in found.asks]
        if asks:
            reduced.append(_reduced(solution.solvers[section.id], asks))
    return tuple(reduced)


class _Wanted:
    """An address, the ask that it means in each section, and why it means none in the others."""

    def __init__(self) -> None:
        self.asks: dict[str, Ask] = {}
        self.findings: list[Diagnostic] = []


def _wanted(solution: Solution, sections: Sequence[Section], address: str) -> _Wanted:
    found = _Wanted()
    place = Place(f"--only {address}")
    head, _, rest = address.partition(".")
    here = [section for section in sections if section.id and section.id == head and rest]
    text = rest if here else address
    for section in here or sections:
        solver = solution.solvers[section.id]
        known = next((ask for ask in solver.problem.ask if ask.id == text), None)
        try:
            if known is None:
                solver.resolve(text, place)
            found.asks[section.id] = known or Ask(text, Text(text, place), {})
        except ProblemError as error:
            found.findings += error.diagnostics
    return found


def _reduced(solver: SectionSolver, asks: list[Ask]) -> Section:
    """The section with these asks only, and the steps that compute the quantities in them."""
    solver = SectionSolver(solver.problem._replace(ask=tuple(asks)), solver.id)
    used = {name for item in solver.asked for name in references(item.expr)}
    shown = {_step_name(name, solver.run) for name in used if not solver.run.is_seen_loss(name)}
    steps = tuple(step for step in solver.section.trace.steps if step.name in shown)
    trace = solver.section.trace._replace(steps=steps, whole=solver.section.trace.steps)
    return solver.section._replace(text=None, source=None, question=None, trace=trace, run=None)


def _step_name(name: Name, run: Run) -> Name:
    """What the trace calls a quantity: `W@end` of one update is `W@1`."""
    return name.after(run.resolve_moment(name))
