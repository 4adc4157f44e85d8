"""Checking one answer file: what is wrong with the file itself, the verdicts on its answers, and the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.checking.added import bounded
from nnsolve.checking.answerfile import NO_PROBLEM, read_answers
from nnsolve.checking.files import leaves
from nnsolve.checking.items import item_of
from nnsolve.checking.model import AnswerFile, Result, score_of
from nnsolve.checking.solved import SolvedProblems
from nnsolve.checking.verdicts import Diagnose, Verdicts, verdicts
from nnsolve.core.diagnostics import ProblemError

if TYPE_CHECKING:
    from pathlib import Path


class Checker:
    """Checks one file after the other; what depends on the problem alone is computed once.

    `folder` has the problem files. With `hide` the results have nothing from which the solution follows.
    """

    def __init__(self, folder: str | Path | None, diagnose: Diagnose | None, hide: bool = False) -> None:
        self.problems = SolvedProblems(None if folder is None else str(folder))
        self.diagnose = diagnose
        self.hide = hide

    def check(self, file: str, stem: str | None = None) -> Result:
        """The verdicts on a file; `stem` is the problem that it answers, where it does not say so."""
        answers = _read(file, stem)
        result = Result(file, answers.student, answers.problem, 0.0, 0.0, (), answers.findings)
        if answers.problem is None:
            return result
        try:
            solved = self.problems.named(answers.problem, file)
        except ProblemError as error:
            return result._replace(findings=(*answers.findings, *error.diagnostics))
        answers, left_out = bounded(solved.key, answers)
        findings = (*answers.findings, *left_out)
        if any(finding.severity == "error" for finding in findings):
            items = [item_of(target, None, "unreadable") for target in solved.key.targets.values()]
            found = Verdicts(tuple(items), (), {})
        else:
            found = verdicts(solved, answers, self.diagnose, self.hide)
        result = result._replace(
            score=score_of(found.items),
            max_score=solved.key.max_score,
            items=found.items,
            findings=findings,
            marking=solved.key.marking,
            slips=found.slips,
        )
        return solved.concealer.concealed(result, found.given) if self.hide else result


def _read(file: str, stem: str | None) -> AnswerFile:
    """An answer file as one of the problem `stem`, else of the one that it names itself."""
    outside = leaves(file)
    answers = AnswerFile(file, None, None, {}, (outside,)) if outside else read_answers(file)
    if stem is None:
        return answers
    findings = tuple([finding for finding in answers.findings if finding.code != NO_PROBLEM])
    return answers._replace(problem=stem, findings=findings)
