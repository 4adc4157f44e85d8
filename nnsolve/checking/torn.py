"""Answer files that are no YAML: what breaks one is left out, one by one, until the rest can be read.

In a list, that is a number that was left out with a sign that YAML keeps for itself; else the whole answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from nnsolve.checking.claims import claim
from nnsolve.checking.model import Unreadable
from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.problem.reader import Node, ScalarNode
from nnsolve.problem.source import shown

Parsed: TypeAlias = tuple[Node | None, list[Diagnostic]]

AGAIN = 1 << 20
"""Characters that are parsed again at most, all attempts at a file together."""

CODES = ("syntax", "unclosed", "unquoted", "tab", "missing-space", "indentation", "too-deep")
"""What can be wrong with one answer so that nothing behind it can be read."""

_is_head = re.compile(r"answers:\s*(?:#.*)?").fullmatch
_colon = re.compile(r":(?=\s|$)").search
_word = re.compile(r"[^\W\d][^\s:]*").match
_comment = re.compile(r"(?:^|\s)#.*")
_is_simple = re.compile(r"[^\[\]{}\"':#]+").fullmatch


_has_gap = re.compile(
    r"""(?<=[\[,])(\s*)([^\w\s\[\]{},"'#:]+)(?=\s*[,\]])  # [0.5, ?, *]
    | (?<=[\[,])()([ \t])(?=\s*,)  # [0.5, , 2]
    """,
    re.VERBOSE,
)


class _Entry(NamedTuple):
    """An answer as it stands in a file: the line that begins it, and the one behind it, counted from 0."""

    id: str
    begin: int
    end: int


def parse_around(
    text: str, whole: Parsed, parse: Callable[[str], Parsed], is_id: Callable[[str], bool]
) -> tuple[Parsed, dict[str, Unreadable]]:
    """What a text is without what breaks it, and by their ids the answers that are left out for that.

    Where an error is in no answer, or leaving answers out does not help, it is what the `whole` text is.
    """
    root, findings = whole
    left_out: dict[str, Unreadable] = {}
    if root is not None:
        return whole, left_out
    lines, room = text.splitlines(), AGAIN
    entries = _entries(lines)
    begins = [entry.begin for entry in entries]
    while root is None:
        broken = findings[-1]  # what ended the reading
        line = broken.place.line - 1 if broken.place is not None and broken.code in CODES else -1
        at = bisect_right(begins, line) - 1
        room -= len(text)
        if at < 0 or room < 0:
            return whole, {}
        if at and (before := lines[entries[at - 1].begin]) and not _colon(before):  # it swallows what follows
            at -= 1
            line = entries[at].begin
            broken = _no_colon(before, Place(broken.place.file if broken.place else "", line + 1))
        id, begin, end = entries[at]
        if line >= end or not lines[begin] or not is_id(id):
            return whole, {}
        mended = _without_gaps(lines[begin:end])
        if mended == lines[begin:end]:
            left_out[id] = _unreadable(lines[begin], begin, broken)
            mended = [""] * (end - begin)
        lines[begin:end] = mended
        root, findings = parse("\n".join(lines) + "\n")
    return (root, findings), left_out


def _no_colon(line: str, place: Place) -> Diagnostic:
    text = line.strip()
    help = "write the id of the answer, a colon, a blank and the answer"
    column = line.index(text) + 1
    return Diagnostic("syntax", f"the line {shown(text)} has no colon", place._replace(column=column), help)


def _entries(lines: Sequence[str]) -> list[_Entry]:
    """The answers of a file that has one a line: each may go on in the lines below it."""
    head = next((n for n, line in enumerate(lines) if _is_head(line)), len(lines))
    inside = (n for n in range(head + 1, len(lines)) if lines[n].strip() and not lines[n].lstrip().startswith("#"))
    found: list[tuple[str, int]] = []
    indent = -1
    end = len(lines)
    for n in inside:
        line = lines[n]
        text = line.lstrip()
        here = len(line) - len(text)
        indent = here if indent < 0 else indent
        if not here and (indent or text.startswith(("problem:", "student:"))):
            end = n
            break
        if text.startswith("- ") and here == indent:  # an answer as an item of a list
            text = text[2:].lstrip()
        if (colon := _colon(text)) and not text.startswith(("- ", "[", "{")):
            found.append((text[: colon.start()].strip().strip("\"'"), n))
        elif here == indent and (word := _word(text)):
            found.append((word[0], n))
    ends = [*[begin for _, begin in found[1:]], end]
    return [_Entry(id, begin, end) for (id, begin), end in zip(found, ends, strict=False)]


def _without_gaps(lines: Sequence[str]) -> list[str]:
    """The lines of an answer, with a null wherever a list has no number; no place changes."""

    def null(found: re.Match[str]) -> str:
        return (found[1] or "") + "~" * len(found[2] or found[4])

    return _has_gap.sub(null, "\n".join(lines)).split("\n")


def _unreadable(line: str, begin: int, broken: Diagnostic) -> Unreadable:
    """Why an answer is left out: it is no number, or what the parser says of it."""
    place = broken.place or Place("")
    colon = _colon(line)
    value = _comment.sub("", line[colon.end() :]).strip() if colon else ""
    if broken.code == "syntax" and place.line == begin + 1 and _is_simple(value):
        found = claim(ScalarNode(value, place._replace(column=line.rindex(value) + 1)))
        if isinstance(found, Unreadable):
            return found
    help = broken.help
    if help is None or help.startswith("quote"):  # no answer is a text
        help = "write a number, or a list of numbers in brackets"
    return Unreadable(broken.message, help, place.line, place.column)
