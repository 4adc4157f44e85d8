"""The wrong values that the mistakes of a problem give, worked out when they are first needed, then kept for all."""

from __future__ import annotations

from nnsolve.checking.evidence import Evidence
from nnsolve.checking.mistakes.mistake import Slip, SlipName
from nnsolve.checking.mistakes.table import Mistaken
from nnsolve.checking.question import Question
from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.engine.solve import Asked, SectionSolver, Solution
from nnsolve.problem.model import Ask, Text

FURTHER = 500
"""Answers whose values under one mistake and any other are kept."""

QUESTIONS = 10_000
"""Questions that are remembered."""

TABLES = 1000
"""Questions of which is remembered what mistakes give: many of them, 0.1 MB each, are asked by nobody."""


class Tables:
    """What mistakes give for the asks of a problem, and for any other address."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self._mistaken: dict[str, Mistaken] = {}
        self._questions: dict[str, Question | None] = {}
        self._evidence: dict[tuple[str, tuple[int, ...]], Evidence] = {}
        self._further: dict[tuple[str, SlipName | None, tuple[int, ...]], Evidence | None] = {}

    def evidence(self, id: str, trained: tuple[int, ...] = ()) -> Evidence | None:
        """The wrong values of an ask (`part.id` in a part) or of any address; None where there is no such thing.

        For what is late, those of the runs that are `trained`.
        """
        question = self.question(id)
        if question is None:
            return None
        if (id, trained) not in self._evidence:
            if len(self._evidence) == TABLES:
                self._evidence.clear()
            self._evidence[id, trained] = Evidence(question.mistaken.table(question.item, trained))
        return self._evidence[id, trained]

    def question(self, id: str) -> Question | None:
        """What an answer is to; None where there is no such thing."""
        if id not in self._questions:
            if len(self._questions) == QUESTIONS:
                self._questions.clear()
            found = self._asked(id)
            if found is not None and found[0] not in self._mistaken:
                self._mistaken[found[0]] = Mistaken(found[1])
            self._questions[id] = Question.of(found[0], self._mistaken[found[0]], found[2]) if found else None
        return self._questions[id]

    def _asked(self, id: str) -> tuple[str, SectionSolver, Asked] | None:
        solvers = self.solution.solvers
        part, _, rest = id.partition(".")
        section, address = (part, rest) if rest and part in solvers else ("", id)
        solver = solvers.get(section)
        if solver is None:
            return None
        for item in solver.asked:
            if item.ask.id == address:
                return section, solver, item
        place = Place(self.solution.problem.path)
        try:
            return section, solver, Asked(Ask(address, Text(address, place), {}), *solver.resolve(address))
        except ProblemError:
            return None

    def with_others(self, ask: str, seed: Slip | None, trained: tuple[int, ...] = ()) -> Evidence | None:
        """The wrong values of an answer under one mistake and any other; None where the first cannot be made there."""
        key = ask, None if seed is None else seed.name, trained
        if key not in self._further:
            question = self.question(ask)
            if question is None:
                return None
            if len(self._further) == FURTHER:
                del self._further[next(iter(self._further))]
            here = None if seed is None else question.mistaken.slip(seed.name)
            is_made = seed is None or here is not None
            table = question.mistaken.further(question.item, here, trained) if is_made else None
            self._further[key] = None if table is None else Evidence(table)
        return self._further[key]
