"""Verdicts that a teaching assistant sets by hand, in a file beside the answers: they hold in every run.

    verdicts:
      s0417.yaml:
        q-d: {verdict: correct, why: the other sign convention, given: -6.08}
        dL/dW2: {credit: 0.75}
      s0431.yaml:
        problem: regression-l2        # of a file that does not say it
        q-d: {verdict: correct, why: handed in on paper}

Answer files are named as seen from this file, answers by the ids of their items. Only the file of this name at the top
of a folder that is checked counts, or one that is named to the command: none that a student hands in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from nnsolve.checking.answerfile import answer, is_stem
from nnsolve.checking.claims import NO_NUMBER, numbers
from nnsolve.checking.files import VERDICTS_NAME, files_below, is_answer_file, leaves, true_path
from nnsolve.checking.model import ByHand, Item, Result, Verdict, score_of
from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.problem.fields import Context, Entry, TooManyError, entries, known_entries, read_fields
from nnsolve.problem.numbers import is_null
from nnsolve.problem.reader import ListNode, Node, ScalarNode, read_yaml_findings
from nnsolve.problem.schema import Key, Table
from nnsolve.problem.source import shown

if TYPE_CHECKING:
    from nnsolve.checking.marking import Marking

FILE: Table = {"verdicts": Key("verdicts", "Answer files, each with its answers and the verdicts on them.")}

RULING: Table = {
    "verdict": Key("choice", "The verdict, where it is not the computed one.", get_args(Verdict)),
    "credit": Key("number", "The credit, where it is not what the verdict earns.", low=0, high=1),
    "why": Key("string", "The reason, which the student's report shows."),
    "given": Key("answer", "The answer that this was decided on: it does not hold for another one."),
}


UNKNOWN = "unknown-file"
"""The code of the finding that a file is not there, or is no answer file."""

MAX_FILES = 10_000
"""Answer files that a misspelt name is compared with."""


class Ruling(NamedTuple):
    """What is set by hand for one answer; `given` are its numbers as they were written, None where it is not said."""

    place: Place
    verdict: Verdict | None
    credit: float | None
    why: str
    given: Any


class Stem(NamedTuple):
    """The problem that a file is said to answer."""

    place: Place
    name: str


class Rulings:
    """All that is set by hand in a run; `findings` are warnings, and errors in it that only the answers show.

    `stems` are the problems of files that do not say theirs; `check_as` checks a file as one that answers a problem.
    """

    def __init__(
        self,
        by_file: Mapping[str, Mapping[str, Ruling]],
        findings: Iterable[Diagnostic] = (),
        stems: Mapping[str, Stem] | None = None,
    ) -> None:
        self._by_file = by_file
        self._stems = stems or {}
        self.findings = list(findings)
        self.check_as: Callable[[str, str], Result] | None = None

    def __bool__(self) -> bool:
        return bool(self._by_file)

    @property
    def broken(self) -> bool:
        """Whether one of the findings is an error."""
        return any(finding.severity == "error" for finding in self.findings)

    def apply(self, result: Result) -> Result:
        """The result with what is set by hand; its score is that of the items as they then are."""
        if result.student is not None and self.findings:
            self._name_file_of(result.student, result.file)
        path = true_path(result.file) if self else ""
        if path in self._stems:
            result = self._answering(result, self._stems[path])
        rulings = self._by_file.get(path)
        if not rulings:
            return result
        items = {item.id: item for item in result.items}
        for id, ruling in rulings.items():
            finding = _obstacle(result, items.get(id), id, ruling)
            if finding is None:
                items[id] = _ruled(items[id], ruling, result.marking)
            else:
                self.findings.append(finding)
        open = {id for id, item in items.items() if item.causes}
        left = [slip._replace(items=tuple([id for id in slip.items if id in open])) for slip in result.slips]
        slips = tuple([slip for slip in left if slip.items])
        return result._replace(items=tuple(items.values()), score=score_of(items.values()), slips=slips)

    def _name_file_of(self, student: str, file: str) -> None:
        """Say which file a student handed in for whom a verdict is set by name."""
        message = f"there is no answer file {shown(student)}"
        for n, finding in enumerate(self.findings):
            if finding.code == UNKNOWN and finding.message == message:
                self.findings[n] = finding._replace(help=f"{shown(student)} handed in {file}: write the file's name")

    def _answering(self, result: Result, said: Stem) -> Result:
        """The result as one for the problem that is said here, where the file cannot be checked by what it says."""
        own = result.problem
        if own not in (None, said.name):
            message = f"{result.file} says problem: {shown(own or '')[1:-1]}, not {shown(said.name)[1:-1]}"
            help = "its own is checked" if result.items else f"it is checked as {said.name}: its own is not found"
            self.findings.append(Diagnostic("other-problem", message, said.place, help, "warning"))
        return result if result.items or self.check_as is None else self.check_as(result.file, said.name)


def find_rulings(paths: Sequence[str], named: str | None = None, beside: bool = True) -> Rulings:
    """What is set by hand for the answers below some paths.

    It stands in the file that is named, else (with `beside`) at the top of each path that is a folder. Other files of
    the name are told as warnings. Raises `ProblemError` with all that is wrong with those that are read.
    """
    tops = [os.path.join(path, VERDICTS_NAME) for path in paths if os.path.isdir(path)]
    read = [named] if named else [path for path in dict.fromkeys(tops) if beside and os.path.lexists(path)]
    by_file: dict[str, dict[str, Ruling]] = {}
    findings: list[Diagnostic] = []
    stems: dict[str, Stem] = {}
    for path in read:
        if path != named and (outside := leaves(path)):
            raise ProblemError([outside._replace(help="name it: --verdicts FILE")])
        _Reader(path, by_file, stems, findings).read()
    if any(finding.severity == "error" for finding in findings):
        raise ProblemError(findings)
    known = set(map(true_path, read))
    for path in _all_of_the_name(paths):
        if true_path(path) not in known:
            message = "these verdicts are not read: they are not at the top of a folder that is checked"
            if path in tops:
                message = "these verdicts are not read: other ones are named, or none are wanted"
            findings.append(Diagnostic("not-read", message, Place(path), "name the file: --verdicts FILE", "warning"))
    return Rulings(by_file, findings, stems)


def _all_of_the_name(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.basename(path) == VERDICTS_NAME and not os.path.isdir(path):
            yield path
        yield from (found.path for found in files_below(path) if found.name == VERDICTS_NAME)


# Reading --------------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads one file, and adds what it sets to `by_file` and `stems`, what is wrong with it to `findings`."""

    def __init__(
        self, path: str, by_file: dict[str, dict[str, Ruling]], stems: dict[str, Stem], findings: list[Diagnostic]
    ) -> None:
        self.path = path
        self.by_file = by_file
        self.stems = stems
        self.findings = findings
        self._files: list[str] | None = None

    def read(self) -> None:
        root, findings = read_yaml_findings(self.path)
        if root is None:
            self.findings += findings
            return
        context = Context(self.path, root, findings)
        try:
            top = known_entries(root, FILE, "a verdict file", context)
            for file, entry in _filled(top.get("verdicts"), "verdicts", context):
                self.answers(file, entry, context)
        except TooManyError:
            pass
        self.findings += context.findings

    def answers(self, file: str, entry: Entry, context: Context) -> None:
        """The verdicts on one answer file."""
        path = os.path.join(os.path.dirname(self.path), file)
        found: dict[str, Ruling] = {}
        at = true_path(path) if "\0" not in file and os.path.lexists(path) else None
        if at is not None:
            found = self.by_file.setdefault(at, found)
        else:
            message = f"there is no answer file {shown(file)}"
            context.warning(UNKNOWN, message, entry.key.place, self.near(file, context))
        if at is not None and not is_answer_file(path):
            context.warning(UNKNOWN, f"{shown(file)} is no answer file", entry.key.place)
        for id, item in _filled(entry, f"verdicts.{file}", context):
            if id == "problem" and isinstance(item.node, ScalarNode):
                self.problem(at, item.node, context)
                continue
            ruling = _ruling(item, id, context)
            if ruling is not None and id in found:
                message = f"the verdict on {shown(id)} of {shown(file)} is set twice; the first is at {found[id].place}"
                context.error("set-twice", message, item.key.place, "keep one of them")
            elif ruling is not None:
                found[id] = ruling

    def near(self, file: str, context: Context) -> str | None:
        """Which answer file may be meant: one of that name in a folder below, else one that is spelled nearly so."""
        if self._files is None:
            top = os.path.dirname(self.path) or "."
            paths = (os.path.relpath(found.path, top) for found in files_below(top) if found.name != VERDICTS_NAME)
            self._files = list(islice(paths, MAX_FILES))
        names = ((path, os.path.basename(path)) for path in self._files)
        same = [path for path, name in names if file in (name, os.path.splitext(name)[0])]
        return f"did you mean {same[0]!r}?" if same else context.suggest(file, self._files).strip() or None

    def problem(self, path: str | None, node: ScalarNode, context: Context) -> None:
        """Which problem a file answers."""
        if not is_stem(node.text):
            help = "write its name alone, without folder and without .yaml"
            context.error("bad-name", f"{shown(node.text)} is not the name of a problem", node.place, help)
        elif path is not None:
            self.stems[path] = Stem(node.place, node.text)


def _filled(entry: Entry | None, what: str, context: Context) -> Iterator[tuple[str, Entry]]:
    """The entries of a mapping, those without a value left out."""
    if entry is None or is_null(entry.node):
        return
    for name, found in entries(entry.node, what, context).items():
        if not is_null(found.node):
            yield name, found


def _ruling(entry: Entry, id: str, context: Context) -> Ruling | None:
    """What is set for one answer; None where something is wrong with it."""
    before = context.errors
    found = known_entries(entry.node, RULING, f"the verdict on {shown(id)}", context)
    values = read_fields(found, RULING, "", context)
    given = found["given"].node if "given" in found else None
    unread = [] if given is None else [one for one in answer(given).unread if one.message != NO_NUMBER]
    for refused in unread[:1]:
        place = entry.key.place._replace(line=refused.line, column=refused.column)
        context.error(
            "wrong-type", f"given: {refused.message}", place, "write the answer's numbers, or leave given out"
        )
    if context.errors == before and not {"verdict", "credit"} & set(found):
        help = "write {verdict: correct, why: ...} or {credit: 0.5}"
        context.error("missing-key", f"neither verdict nor credit is said for {shown(id)}", entry.key.place, help)
    if context.errors > before:
        return None
    texts = None if given is None else _texts(given)
    verdict = cast("Verdict | None", values.get("verdict"))
    return Ruling(entry.key.place, verdict, values.get("credit"), values.get("why", ""), texts)


def _texts(node: Node) -> Any:
    """Numbers as they are written, nested as they are."""
    if isinstance(node, ListNode):
        return tuple([_texts(item) for item in node.items])
    return cast("ScalarNode", node).text


# Applying -------------------------------------------------------------------------------------------------------------


def _obstacle(result: Result, item: Item | None, id: str, ruling: Ruling) -> Diagnostic | None:
    """Why a ruling is not applied."""
    of = f"{shown(id)} of {result.file}"
    if not result.items:
        message = f"the verdict on {of} is not applied: the file cannot be checked"
        return Diagnostic("not-applied", message, ruling.place, "say its problem: beside the answers", "warning")
    if item is None:
        known = [item.id for item in result.items]
        address = next((f"did you mean {item.id!r}?" for item in result.items if item.of == id), None)
        help = address or did_you_mean(id, known) or f"it has {', '.join(known[:20])}"
        return Diagnostic("unknown-ask", f"{result.file} has no answer {shown(id)}", ruling.place, help)
    if ruling.given is not None and numbers(ruling.given) != numbers(item.given):
        message = f"the verdict on {of} is not applied: the answer is another one now"
        return Diagnostic("answer-changed", message, ruling.place, "decide again, and change given:", "warning")
    return None


def _ruled(item: Item, ruling: Ruling, marking: Marking) -> Item:
    verdict = ruling.verdict or item.verdict
    credit = ruling.credit
    if credit is None:
        credit = marking.credit(verdict)
    why = f": {ruling.why}" if ruling.why else ""
    message = f"set by hand{why} (nnsolve: {item.verdict}, credit {item.credit:.4g})"
    by_hand = ByHand(ruling.why, item.verdict, item.credit)
    if verdict == item.verdict:
        return item.saying(message)._replace(credit=credit, by_hand=by_hand)
    return item._replace(
        verdict=verdict, credit=credit, causes=(), message=message, elements=(), carried_from=(), by_hand=by_hand
    )
