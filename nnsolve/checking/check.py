"""Checking answer files, one or ten thousand: here, or shared among the workers of an executor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from nnsolve.checking.checker import Checker
from nnsolve.checking.files import answer_files
from nnsolve.checking.model import Result
from nnsolve.checking.parcel import packed, unpacked
from nnsolve.checking.verdictfile import find_rulings
from nnsolve.checking.verdicts import Diagnose
from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.garbage import collected_seldom

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from pathlib import Path

T = TypeVar("T")

CHUNK = 100
"""Files that a worker is given at a time."""

AHEAD = 32
"""Chunks that are given out before the first one is back, so that memory stays flat."""


class Report(NamedTuple):
    """The results of many files, in the order in which the files were given; `findings` are on what is set by hand."""

    results: tuple[Result, ...]
    findings: tuple[Diagnostic, ...] = ()


def check(path: str | Path, problems: str | Path | None = None, diagnose: Diagnose | None = None) -> Result:
    """Check one answer file; `problems` is the folder of the problem files (see `Problems` for where else)."""
    return Checker(problems, diagnose).check(str(path))


def check_many(
    paths: Iterable[str | Path],
    executor: Executor | None = None,
    problems: str | Path | None = None,
    diagnose: Diagnose | None = None,
    verdicts: str | Path | None = None,
    hide: bool = False,
) -> Report:
    """Check answer files and folders of them.

    `executor` is any `concurrent.futures.Executor`, whose workers see the same files; the order of the results is that
    of the files whatever it is. `verdicts` is a file of verdicts set by hand, else those on top of the folders count;
    raises `ProblemError` with what is wrong with them. With `hide` the results have nothing from which the solution
    follows (see `concealed`).
    """
    given = list(map(str, paths))
    named = None if verdicts is None else str(verdicts)
    rulings = find_rulings(given, named)
    rulings.check_as = check_as(problems, diagnose, hide)
    with collected_seldom():
        results = map(rulings.apply, checked(answer_files(given, named), executor, problems, diagnose, hide))
        return Report(tuple(results), tuple(rulings.findings))


def check_as(
    problems: str | Path | None = None, diagnose: Diagnose | None = None, hide: bool = False
) -> Callable[[str, str], Result]:
    """What checks a file as one that answers a problem, whatever it says itself."""
    checker = Checker(problems, diagnose, hide)
    return checker.check


def checked(
    files: Iterable[str],
    executor: Executor | None = None,
    problems: str | Path | None = None,
    diagnose: Diagnose | None = None,
    hide: bool = False,
) -> Iterator[Result]:
    """The results of files, one after the other; nothing is set by hand."""
    if executor is None:
        checker = Checker(problems, diagnose, hide)
        yield from map(checker.check, files)
    else:
        for parcel in gathered(files, packed, executor, problems, diagnose, hide):
            yield from unpacked(parcel)


def gathered(
    files: Iterable[str],
    gather: Callable[[Sequence[Result]], T],
    executor: Executor,
    problems: str | Path | None = None,
    diagnose: Diagnose | None = None,
    hide: bool = False,
) -> Iterator[T]:
    """What `gather`, a function of a module, makes of the results of some files at a time, where they are checked.

    The files may still be looked for while the first ones are checked.
    """
    files = iter(files)
    waiting: deque[Future[T]] = deque()
    while chunk := tuple(islice(files, CHUNK)):
        waiting.append(executor.submit(_gathered, chunk, problems, diagnose, hide, gather))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _gathered(
    files: Sequence[str],
    problems: str | Path | None,
    diagnose: Diagnose | None,
    hide: bool,
    gather: Callable[[Sequence[Result]], T],
) -> T:
    checker = _worker(problems, diagnose, hide, os.getcwd(), get_ident())
    with collected_seldom():
        return gather([checker.check(file) for file in files])


@lru_cache(maxsize=64)
def _worker(problems: str | Path | None, diagnose: Diagnose | None, hide: bool, cwd: str, thread: int) -> Checker:
    """The checker of this thread: a problem is solved once in each, since programs and their caches are not shared."""
    return Checker(problems, diagnose, hide)
