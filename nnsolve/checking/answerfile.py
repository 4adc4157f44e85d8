"""Reading answer files, which come from strangers: bounded, nothing interpreted, one bad answer spoils no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeGuard

from nnsolve.checking.claims import claim, is_gap, unread, unreadable
from nnsolve.checking.heads import Mended, moved_back, with_heads
from nnsolve.checking.model import AnswerFile, Claim, Given, Unreadable
from nnsolve.checking.torn import parse_around
from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.problem.notations import with_points
from nnsolve.problem.numbers import described, is_null
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode, parse_yaml
from nnsolve.problem.schema import Key, Table
from nnsolve.problem.source import read_text, shown

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1 << 20
MAX_NODES = 50_000
MAX_DEPTH = 12
MAX_ANSWERS = 2000
MAX_AXES = 4
MAX_NAME = 200
"""Characters of a student's or problem's name, and of an answer's key."""

MAX_FINDINGS = 100
"""Findings of a file that are kept."""

MAX_GAPS = 64
"""Numbers of an answer in rows that are left out, where one sign stands for many."""

GUESSED = 4096
"""Characters of a broken file that are searched for its problem and student."""

NO_PROBLEM = "missing-key"
"""The code of the finding that a file does not say which problem it answers."""

KEYS: Table = {
    "problem": Key("stem", "The name of the problem file, without folder and without .yaml."),
    "student": Key("word", "Who answers: a name or number, as the course has it."),
    "answers": Key("answers", "The answers, each under the id of its ask or any address."),
}


def read_answers(path: str | Path) -> AnswerFile:
    """An answer file; what is wrong with it is in its `findings`, what is wrong with one answer stands in its place."""
    file = str(path)
    try:
        text = read_text(path, Place(file), MAX_BYTES)
    except ProblemError as error:
        findings = [d._replace(help=None) if d.code == "too-big" else d for d in error.diagnostics]
        return AnswerFile(file, None, None, {}, tuple(findings))
    return parse_answers(text, file)


def parse_answers(text: str, file: str) -> AnswerFile:
    """As `read_answers`, of a text that was read already."""
    parse = partial(parse_yaml, file=file, max_depth=MAX_DEPTH, max_nodes=MAX_NODES)
    whole, mended = parse(text), Mended(text)
    if not _has_answers(whole[0]):
        mended = with_heads(text, file, KEYS)
        whole = parse(mended.text) if mended.warnings else whole
    (root, found_wrong), left_out = parse_around(mended.text, whole, parse, is_id)
    findings = [d._replace(help=None) if d.code == "too-many-values" else d for d in found_wrong]
    findings += mended.warnings
    if root is None:
        return AnswerFile(file, *_guessed(mended.text), {}, tuple(findings))
    if not isinstance(root, MapNode):
        help = "write problem:, student: and answers:"
        findings.append(
            Diagnostic("wrong-type", f"an answer file is a mapping; found {described(root)}", root.place, help)
        )
        return AnswerFile(file, None, None, {}, tuple(findings))
    found = _Reader(root, file, findings).read()
    if left_out:
        found = found._replace(answers={**found.answers, **left_out})
    if mended.moved:
        back = {id: moved_back(given, mended.moved) for id, given in found.answers.items()}
        found = found._replace(answers=back)
    return _with_habits(found)


def _has_answers(root: Node | None) -> bool:
    """Whether what was read has answers with their ids, or none at all."""
    node = root.get("answers") if isinstance(root, MapNode) else None
    return node is not None and (isinstance(node, MapNode) or _is_listed(node) or is_null(node))


def _is_listed(node: Node | None) -> TypeGuard[ListNode]:
    """Whether answers are items of a list, `- z1: 3`."""
    return isinstance(node, ListNode) and bool(node.items) and all(isinstance(item, MapNode) for item in node.items)


def _with_habits(found: AnswerFile) -> AnswerFile:
    """The file, with what is wrong with several of its answers alike said once."""
    refused = [one for given in found.answers.values() for one in given.unread[:1]]
    commas = [one for one in refused if _has_comma(one.message)]
    if len(commas) < 2:
        return found
    message = f"{len(commas)} answers have decimal commas"
    place = Place(found.path, commas[0].line, commas[0].column)
    help = "a comma separates numbers; decimals have a point: 0.5"
    return found._replace(findings=(*found.findings, Diagnostic("decimal-commas", message, place, help, "warning")))


_has_comma = re.compile("[^']*'[^']*[0-9],[0-9]").match


def _guessed(text: str) -> tuple[str | None, str | None]:
    """The problem and the student of a file that cannot be read, so that its student has a row with what was asked."""
    return _guess("problem", text), _guess("student", text)


def _guess(key: str, text: str) -> str | None:
    """What a text that cannot be read says in a plain line."""
    found = re.search(rf"^{key}:[ \t]+([\w][\w .()-]{{0,{MAX_NAME - 1}}})$", text[:GUESSED], flags=re.MULTILINE)
    return found[1].strip() if found and found[1].isprintable() else None


class _Reader:
    def __init__(self, root: MapNode, file: str, findings: list[Diagnostic]) -> None:
        self.root = root
        self.file = file
        self.findings = findings

    def error(self, code: str, message: str, place: Place, help: str | None = None) -> None:
        self.findings.append(Diagnostic(code, message, place, help))

    def warn(self, code: str, message: str, place: Place, help: str) -> None:
        self.findings.append(Diagnostic(code, message, place, help, "warning"))

    def read(self) -> AnswerFile:
        root = self.root
        entries = {key.text: value for key, value in root.entries if key.text in KEYS}
        others = [(key, value) for key, value in root.entries if key.text not in KEYS]
        if others and "answers" in entries and is_null(entries["answers"]):
            entries["answers"] = self.beside(others)
        else:
            for key, _ in others:
                near = did_you_mean(key.text, tuple(KEYS))
                help = near or f"keys of an answer file: {', '.join(KEYS)}; answers stand below answers:"
                self.warn("unknown-key", f"an answer file has no key {shown(key.text)}", key.place, help)
        problem = self.word("problem", entries.get("problem"), "write problem: and the name of the problem file")
        if problem is not None and not is_stem(problem):
            message = f"{shown(problem)} is not the name of a problem"
            place = entries["problem"].place
            self.error("bad-name", message, place, "write its name alone, without folder and without .yaml")
            problem = None
        elif "problem" not in entries:
            help = "add problem: and the name of the problem file, without .yaml"
            self.error(NO_PROBLEM, "the file does not say which problem it answers", root.place, help)
        student = self.word("student", entries["student"], "write student: s0417") if "student" in entries else None
        answers = self.answers(entries.get("answers"))
        errors_first = sorted(self.findings, key=lambda finding: finding.severity != "error")
        return AnswerFile(self.file, problem, student, answers, tuple(errors_first[:MAX_FINDINGS]))

    def beside(self, entries: list[tuple[ScalarNode, Node]]) -> MapNode:
        """The answers that stand beside an empty `answers:`, where nothing else can be meant."""
        message = f"the answers are not indented, from {shown(entries[0][0].text)} on; they are read all the same"
        self.warn("not-indented", message, entries[0][0].place, "begin each line below answers: with two blanks")
        return MapNode(entries, entries[-1][0].place)

    def listed(self, node: ListNode) -> MapNode:
        """The answers that are items of a list; of two with the same id the first."""
        message = "the answers are a list, with a - before them; they are read all the same"
        self.warn("listed", message, node.place, "write id: answer in each line, without the -")
        entries: dict[str, tuple[ScalarNode, Node]] = {}
        twice = 0
        for item in node.items:
            if twice >= MAX_FINDINGS:
                break
            for key, value in item.entries if isinstance(item, MapNode) else ():
                if key.text in entries:
                    before = entries[key.text][0].place
                    message = f"the key {shown(key.text)} stands twice; the first is in line {before.line}"
                    self.error("duplicate-key", message, key.place, "keep one of them")
                    twice += 1
                entries.setdefault(key.text, (key, value))
        return MapNode(list(entries.values()), node.place)

    def word(self, key: str, node: Node | None, help: str) -> str | None:
        """The value of `problem:` or `student:`, a short text in one line."""
        if node is None or is_null(node):
            return None
        if not isinstance(node, ScalarNode):
            self.error("wrong-type", f"{key} is a word; found {described(node)}", node.place, help)
            return None
        text = node.text.strip()
        if len(text) > MAX_NAME or not text.isprintable():
            message = f"{key}: {shown(text)} is too long or has signs that cannot be shown"
            self.error("bad-name", message, node.place, f"at most {MAX_NAME} letters in one line")
            return None
        return text or None

    def answers(self, node: Node | None) -> dict[str, Given | Unreadable]:
        if node is None or is_null(node):
            return {}
        if _is_listed(node):
            node = self.listed(node)
        if not isinstance(node, MapNode):
            self.error("wrong-type", f"answers is a mapping; found {described(node)}", node.place, "write id: answer")
            return {}
        if len(node.entries) > MAX_ANSWERS:
            message = f"there are {len(node.entries)} answers; at most {MAX_ANSWERS} are read"
            self.error("too-many-answers", message, node.place, "answer what is asked")
            return {}
        result: dict[str, Given | Unreadable] = {}
        for key, value in node.entries:
            if not is_id(key.text):
                self.error("bad-name", f"{shown(key.text)} is not the id of an answer", key.place)
            elif not is_null(value):  # left blank: missing
                result[key.text] = answer(value)
        if self.findings:
            self.confine(node, result)
        return result

    def confine(self, node: MapNode, result: dict[str, Given | Unreadable]) -> None:
        """What is wrong within a single answer makes that one unreadable, not the file."""
        starts = [(key.place.line, key.place.column, key.text) for key, _ in node.entries]
        below = [key.place.line for key, _ in self.root.entries if key.place.line > node.place.line]
        end = min(below, default=None)
        kept = []
        for finding in self.findings:
            place = finding.place
            owner = None
            if finding.severity == "error" and place is not None and (end is None or place.line < end):
                before = [start for start in starts if start[:2] <= (place.line, place.column)]
                owner = before[-1][2] if before else None
            if owner is None or place is None:
                kept.append(finding)
                continue
            if finding.code == "duplicate-key":
                twice = [key.text for key, _ in node.entries if shown(key.text) in finding.message]
                owner = twice[0] if twice else owner
            result[owner] = Unreadable(finding.message, finding.help, place.line, place.column)
        self.findings = kept


def is_id(text: str) -> bool:
    """Whether a text can be the id of an answer: short, and in one line."""
    return len(text) <= MAX_NAME and text.isprintable()


def is_stem(text: str) -> bool:
    """Whether a text can be the stem of a problem file: no folder, nothing hidden."""
    return bool(text) and not text.startswith((".", "~")) and not any(sign in text for sign in "/\\:\0")


def answer(node: Node) -> Given | Unreadable:
    """An answer: a number, or a list (of lists) of numbers."""
    if type(node) is not ListNode:
        found = claim(node)
        if type(found) is Unreadable:
            return found
        return Given((found,), (), node.place.line, node.place.column)  # type: ignore[arg-type]
    claims: list[Claim] = []
    refused: list[Unreadable] = []
    shape = _collect(node, claims, refused, 1)
    if type(shape) is Unreadable:
        return shape
    return Given(tuple(claims), shape, node.place.line, node.place.column, tuple(refused))  # type: ignore[arg-type]


def _collect(
    node: ListNode, claims: list[Claim], refused: list[Unreadable], depth: int
) -> tuple[int, ...] | Unreadable:
    """Append the numbers of a list, and what is wrong with those that cannot be read; its shape."""
    place = node.place
    items: Sequence[Node] = node.items
    if not items:
        return Unreadable(
            "found an empty list where numbers are expected", "write its numbers", place.line, place.column
        )
    if depth > MAX_AXES:
        return Unreadable(f"lists are nested more than {MAX_AXES} deep", None, place.line, place.column)
    before = len(claims), len(refused)
    if type(items[0]) is not ListNode:
        for item in items:
            found = claim(item)
            if type(found) is Unreadable:
                if type(item) is ListNode:
                    if (whole := _with_rows(node, before[1])) is None:
                        return found
                    del claims[before[0] :], refused[before[1] :]
                    return _collect(whole, claims, refused, depth)
                if len(refused) == before[1] and (spoiled := _with_decimal_commas(node)):
                    return spoiled
                found, why = unread(item, found)
                refused.append(why)
            claims.append(found)  # type: ignore[arg-type]
        return (len(items),)
    first: tuple[int, ...] | None = None
    for item in items:
        if type(item) is not ListNode:
            if whole := _with_rows(node, before[1]):
                del claims[before[0] :], refused[before[1] :]
                return _collect(whole, claims, refused, depth)
            message = f"found {described(item)} in a list of lists"
            return Unreadable(message, "each row is a list of its own", item.place.line, item.place.column)
        shape = _collect(item, claims, refused, depth + 1)
        if type(shape) is Unreadable:
            return shape
        if first is not None and shape != first:
            message = f"the rows differ in length: {_count(first)} and {_count(shape)}"  # type: ignore[arg-type]
            return Unreadable(message, "give every row as many numbers", item.place.line, item.place.column)
        first = shape  # type: ignore[assignment]
    assert first is not None
    return (len(items), *first)


def _with_rows(node: ListNode, known: int) -> ListNode | None:
    """A matrix in which rows are left out, ? for [1, 2], with a gap for each of their numbers; None if it is none.

    So many gaps are `known` before it.
    """
    row = next(item for item in node.items if isinstance(item, ListNode))
    others = [item for item in node.items if not isinstance(item, ListNode)]
    are_gaps = all(isinstance(item, ScalarNode) and is_gap(item.text) for item in others)
    is_matrix = all(isinstance(number, ScalarNode) for number in row.items)
    if not (are_gaps and is_matrix) or known + len(others) * len(row.items) > MAX_GAPS:
        return None
    count = len(row.items)
    items = [item if isinstance(item, ListNode) else ListNode([item] * count, item.place) for item in node.items]
    return ListNode([*items], node.place)


def _with_decimal_commas(node: ListNode) -> Unreadable | None:
    """Why a list is none whose numbers have decimal commas, [0,25; 1,5]: each comma separates two items."""
    whole = ",".join([item.text for item in node.items if isinstance(item, ScalarNode)])
    return unreadable(ScalarNode(whole, node.place)) if with_points(whole) else None


def _count(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
