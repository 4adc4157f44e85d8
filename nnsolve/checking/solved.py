"""Problems as checking needs them: each is solved once, with all that depends on it alone."""

from __future__ import annotations

import os
from typing import NamedTuple

from nnsolve.checking.carried import Carrier
from nnsolve.checking.concealed import Concealer
from nnsolve.checking.files import SUFFIXES, Problems
from nnsolve.checking.key import Key
from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.problem.loader import load_problem
from nnsolve.problem.source import shown

BROKEN_PROBLEM = "broken-problem"
"""The code of the finding that a problem file cannot be solved: that is nobody's answer's fault."""


class Solved(NamedTuple):
    """A problem's key and what depends on it alone; `tolerances` says how near an answer has to be, by its id."""

    key: Key
    carrier: Carrier
    concealer: Concealer
    tolerances: dict[str, str]


class SolvedProblems:
    """The problems that answer files name, looked for in `folder` or where people keep them (see `Problems`)."""

    def __init__(self, folder: str | None) -> None:
        self.problems = Problems(folder)
        self._solved: dict[str, Solved | ProblemError] = {}

    def named(self, stem: str, file: str) -> Solved:
        """The problem that an answer file names; raises `ProblemError` where there is none, or it is broken."""
        path = self.problems.find(stem, file)
        if path is None:
            raise self._unknown(stem, file)
        if path not in self._solved:
            self._solved[path] = _solved(path)
        found = self._solved[path]
        if isinstance(found, ProblemError):
            raise found
        return found

    def _unknown(self, stem: str, file: str) -> ProblemError:
        folders = self.problems.folders(file)
        known = [name for folder in folders for name in self.problems.stems(folder)]
        where = f"looked for in {', '.join(map(os.path.normpath, folders))}; name its folder: --problems DIR"
        near = did_you_mean(stem, known)
        help = f"{near} {where}" if near else where
        name, suffix = os.path.splitext(stem)
        if suffix in SUFFIXES:
            help = f"leave {suffix} out: write problem: {shown(name)[1:-1]}"
        return ProblemError.of("unknown-problem", f"there is no problem {shown(stem)}", Place(file), help)


def _solved(path: str) -> Solved | ProblemError:
    """A problem file with what depends on it alone, or what is wrong with it."""
    try:
        key = Key(load_problem(path))
        return Solved(key, Carrier(key), Concealer(key), {})
    except ProblemError as error:
        message = f"the problem {path} cannot be solved"
        first = Diagnostic(BROKEN_PROBLEM, message, Place(path), "nnsolve lint shows what is wrong with it")
        return ProblemError([first, *error.diagnostics])
