"""Checking answer files: verdicts and scores, for one student or for ten thousand."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from nnsolve.checking.answerfile import NO_PROBLEM, read_answers
from nnsolve.checking.carried import Carrier, Reruns
from nnsolve.checking.claims import without_percent
from nnsolve.checking.concealed import Answers, Concealer
from nnsolve.checking.files import SUFFIXES, Problems, answer_files, leaves
from nnsolve.checking.follow import follow, without_errors
from nnsolve.checking.items import (
    ROUNDED,
    by_accident,
    charged_once,
    item_of,
    misshapen,
    reason,
    refused,
    rounded_on_the_way,
    rounding_charged_once,
    with_unread,
)
from nnsolve.checking.judge import fits, judge, overall, tolerance_text
from nnsolve.checking.key import Key, Target
from nnsolve.checking.model import (
    AnswerFile,
    Diagnosed,
    Explanation,
    Given,
    Item,
    Result,
    Unreadable,
    score_of,
)
from nnsolve.checking.parcel import packed, unpacked
from nnsolve.checking.verdictfile import find_rulings
from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.core.garbage import collected_seldom
from nnsolve.problem.loader import load_problem
from nnsolve.problem.source import shown

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from pathlib import Path

T = TypeVar("T")

Diagnose: TypeAlias = Callable[[Key, AnswerFile, Sequence[Item], Mapping[str, Reruns]], Diagnosed]
"""Finds the causes of wrong answers; a function of a module, so that processes find it."""

CHUNK = 100
"""Files that a worker is given at a time."""

AHEAD = 32
"""Chunks that are given out before the first one is back, so that memory stays flat."""

MAX_STEPS = 50
"""Answers to what is not asked that are looked at in a file, beyond as many as there are asks."""

MAX_FAR = 5
"""How many of them may come after many updates."""

BROKEN_PROBLEM = "broken-problem"
"""The code of the finding that a problem file cannot be solved: that is nobody's answer's fault."""


class Report(NamedTuple):
    """The results of many files, in the order in which the files were given; `findings` are on what is set by hand."""

    results: tuple[Result, ...]
    findings: tuple[Diagnostic, ...] = ()


def check(path: str | Path, problems: str | Path | None = None, diagnose: Diagnose | None = None) -> Result:
    """Check one answer file; `problems` is the folder of the problem files (see `Problems` for where else)."""
    return _Checker(None if problems is None else str(problems), diagnose).check(str(path))


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
    checker = _Checker(None if problems is None else str(problems), diagnose, hide)
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
        checker = _Checker(None if problems is None else str(problems), diagnose, hide)
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
    folder, files = None if problems is None else str(problems), iter(files)
    waiting: deque[Future[T]] = deque()
    while chunk := tuple(islice(files, CHUNK)):
        waiting.append(executor.submit(_gathered, chunk, folder, diagnose, hide, gather))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _gathered(
    files: Sequence[str],
    folder: str | None,
    diagnose: Diagnose | None,
    hide: bool,
    gather: Callable[[Sequence[Result]], T],
) -> T:
    checker = _worker(folder, diagnose, hide, os.getcwd(), get_ident())
    with collected_seldom():
        return gather([checker.check(file) for file in files])


@lru_cache(maxsize=64)
def _worker(folder: str | None, diagnose: Diagnose | None, hide: bool, cwd: str, thread: int) -> _Checker:
    """The checker of this thread: a problem is solved once in each, since programs and their caches are not shared."""
    return _Checker(folder, diagnose, hide)


class _Solved(NamedTuple):
    """A problem's key and what depends on it alone."""

    key: Key
    carrier: Carrier
    concealer: Concealer
    tolerances: dict[str, str]


class _Checker:
    """Checks one file after the other; what depends on the problem alone is computed once."""

    def __init__(self, folder: str | None, diagnose: Diagnose | None, hide: bool = False) -> None:
        self.problems = Problems(folder)
        self.diagnose = diagnose
        self.hide = hide
        self._solved: dict[str, _Solved | ProblemError] = {}

    def check(self, file: str, stem: str | None = None) -> Result:
        """The verdicts on a file; `stem` is the problem that it answers, where it does not say so."""
        outside = leaves(file)
        answers = AnswerFile(file, None, None, {}, (outside,)) if outside else read_answers(file)
        if stem is not None:
            known = [finding for finding in answers.findings if finding.code != NO_PROBLEM]
            answers = answers._replace(problem=stem, findings=tuple(known))
        findings = list(answers.findings)
        if answers.problem is None:
            return Result(file, answers.student, None, 0.0, 0.0, (), tuple(findings))
        try:
            solved = self.solved(answers.problem, file)
        except ProblemError as error:
            findings += error.diagnostics
            return Result(file, answers.student, answers.problem, 0.0, 0.0, (), tuple(findings))
        answers, left_out = _bounded(solved.key, answers)
        findings += left_out
        slips: tuple[Explanation, ...] = ()
        given: Answers = {}
        if any(finding.severity == "error" for finding in findings):
            items = [item_of(target, None, "unreadable") for target in solved.key.targets.values()]
        else:
            items, slips, given = self.items(solved, answers)
        score, key = score_of(items), solved.key
        result = Result(
            file,
            answers.student,
            answers.problem,
            score,
            key.max_score,
            tuple(items),
            tuple(findings),
            key.marking,
            slips,
        )
        return solved.concealer.concealed(result, given) if self.hide else result

    def solved(self, stem: str, file: str) -> _Solved:
        """The key of the problem that a file names; raises `ProblemError` where there is none, or it is broken."""
        path = self.problems.find(stem, file)
        if path is None:
            folders = self.problems.folders(file)
            known = [name for folder in folders for name in self.problems.stems(folder)]
            where = f"looked for in {', '.join(map(os.path.normpath, folders))}; name its folder: --problems DIR"
            near = did_you_mean(stem, known)
            help = f"{near} {where}" if near else where
            name, suffix = os.path.splitext(stem)
            if suffix in SUFFIXES:
                help = f"leave {suffix} out: write problem: {shown(name)[1:-1]}"
            raise ProblemError.of("unknown-problem", f"there is no problem {shown(stem)}", Place(file), help)
        if path not in self._solved:
            try:
                key = Key(load_problem(path))
                self._solved[path] = _Solved(key, Carrier(key), Concealer(key), {})
            except ProblemError as error:
                message = f"the problem {path} cannot be solved"
                first = Diagnostic(BROKEN_PROBLEM, message, Place(path), "nnsolve lint shows what is wrong with it")
                self._solved[path] = ProblemError([first, *error.diagnostics])
        found = self._solved[path]
        if isinstance(found, ProblemError):
            raise found
        return found

    def items(self, solved: _Solved, answers: AnswerFile) -> tuple[list[Item], tuple[Explanation, ...], Answers]:
        """The verdicts: those of the asks in their order, then what the student added; the slips; and what is given."""
        key = solved.key
        given: dict[str, tuple[Target, Given | Unreadable]] = {}
        added: list[Item] = []
        for text, answer in answers.answers.items():
            target = key.targets.get(text)
            if target is not None:
                given[text] = (target, _asked(target, answer))
        for text, answer in answers.answers.items():
            if text in given:
                continue
            found = key.find(text)
            if isinstance(found, str):
                message = f"{shown(text)} is nothing that is asked or computed here: {found}"
                place = (answer.line, answer.column)
                added.append(Item(text, "", "unreadable", 0.0, 0.0, None, None, (), message, "", *place, asked=False))
            else:
                given[found.id] = (found, _asked(found, answer))
        items = [
            self.judged(solved, target, given[id][1]) if id in given else item_of(target, None, "missing")
            for id, target in key.targets.items()
        ]
        items += [self.judged(solved, target, answer) for id, (target, answer) in given.items() if not target.is_asked]
        slips: tuple[Explanation, ...] = ()
        if any(item.verdict not in ("correct", "missing") for item in items):
            before = items
            items, follows, reruns = follow(key, solved.carrier, items, given)
            by_id = {id: answer for id, (_, answer) in given.items()}
            items, slips = self.explained(key, answers._replace(answers=by_id), items, reruns)
            items = without_errors(key, items, follows)
            items = rounding_charged_once(items, before, key.marking)
            if key.marking.repeated:
                items = charged_once(items, slips, key.marking)
            items = [with_unread(item, given[item.id][1]) if item.elements else item for item in items]
        return items + added, slips, given

    def judged(self, solved: _Solved, target: Target, answer: Given | Unreadable) -> Item:
        """The verdict on one answer by the exact value."""
        if type(answer) is Unreadable:
            return refused(target, answer)
        assert type(answer) is Given
        if answer.unread and not (answer.shape and fits(answer.shape, target.shape)):
            return refused(target, answer.unread[0])
        tolerance = solved.tolerances.get(target.id)
        if tolerance is None:
            tolerance = solved.tolerances[target.id] = tolerance_text(target.options, target.changes is not None)
        if not fits(answer.shape, target.shape):
            return item_of(target, answer, "wrong", message=misshapen(target, answer), tolerance=tolerance)
        elements = tuple(judge(answer, target.bounds))
        verdict = overall(elements)
        if verdict == "correct":
            return item_of(target, answer, verdict, 1.0, elements, tolerance=tolerance)
        first = next(n for n, element in enumerate(elements) if element != "correct")
        credit = solved.key.marking.of_elements(elements)
        message = reason(elements, verdict, target, answer, solved.key, hide=self.hide)
        item = item_of(target, answer, verdict, credit, elements, message, tolerance)
        claim = answer.claims[first]
        return item._replace(line=claim.line, column=claim.column)

    def explained(
        self, key: Key, answers: AnswerFile, items: list[Item], reruns: Mapping[str, Reruns]
    ) -> tuple[list[Item], tuple[Explanation, ...]]:
        """The items with the causes of what is wrong; what was rounded on the way is imprecise."""
        wrong = [item for item in items if item.verdict == "wrong"]
        if self.diagnose is None or not wrong:
            return items, ()
        found = self.diagnose(key, answers, wrong, reruns)
        result = []
        for item in items:
            item = item._replace(causes=found.causes.get(item.id, item.causes))
            if item.id in found.after:
                message = f"worked out from your {' and '.join(found.after[item.id])}"
                item = item._replace(message=f"{item.message}; {message}" if item.message else message)
            target, answer = key.find(item.id), answers.answers.get(item.id)
            if not item.causes or not item.elements or not isinstance(target, Target) or not isinstance(answer, Given):
                result.append(item)
                continue
            if item.verdict == "wrong" and {cause.code for cause in item.causes} == {ROUNDED}:
                item = rounded_on_the_way(item, target, answer, key)
            result.append(by_accident(item, target, answer, key.marking))
        return result, found.slips


def _asked(target: Target, answer: Given | Unreadable) -> Given | Unreadable:
    """The answer as its ask takes it: percentages only where it asks for them."""
    return answer if type(answer) is Unreadable or target.options.get("percent") else without_percent(answer)  # type: ignore[arg-type]


def _bounded(key: Key, answers: AnswerFile) -> tuple[AnswerFile, list[Diagnostic]]:
    """The answers without the steps that are too many or answered already, and findings that say so.

    Each step may have to be worked out anew; and who could answer a quantity twice would try what is right.
    """
    steps = [text for text in answers.answers if text not in key.targets]
    if not steps:
        return answers, []
    findings: list[Diagnostic] = []
    most = MAX_STEPS + len(key.targets)  # who answers by addresses is not cut short
    if len(steps) > most:
        message = f"{len(steps)} steps are added; the first {most} are looked at"
        findings.append(Diagnostic("too-many-steps", message, Place(answers.path), "answer what is asked", "warning"))
    far = [text for text in steps[:most] if key.is_far(text)]
    if len(far) > MAX_FAR:
        message = f"{len(far)} steps that are added come after many updates; the first {MAX_FAR} are looked at"
        findings.append(Diagnostic("too-many-steps", message, Place(answers.path), "answer what is asked", "warning"))
    left_out = {*steps[most:], *far[MAX_FAR:]}
    first = {text: text for text in key.targets if text in answers.answers}
    again: dict[str, list[str]] = {}
    for text in steps[:most]:
        if text in left_out:
            continue
        found = key.find(text)
        if not isinstance(found, str) and first.setdefault(found.id, text) != text:
            again.setdefault(found.id, []).append(text)
    for id, texts in again.items():
        answer = answers.answers[texts[0]]
        others = f" and {len(texts) - 1} more are" if len(texts) > 1 else " is"
        message = f"{shown(texts[0])}{others} the same quantity as {shown(first[id])}, which is answered already"
        place = Place(answers.path, answer.line, answer.column)
        help = f"only the answer to {shown(first[id])} is judged"
        findings.append(Diagnostic("answered-twice", message, place, help, "warning"))
        left_out.update(texts)
    if not left_out:
        return answers, []
    kept = {text: answer for text, answer in answers.answers.items() if text not in left_out}
    return answers._replace(answers=kept), findings
