"""Answers whose heads are no YAML, z1:[1, 2] or z1 = 3: they are read as they are meant, with a warning.

Nothing is changed in what stands behind a head, so that no number is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeVar

from nnsolve.checking.model import Claim, Given, Unreadable
from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.problem.source import shown

Placed = TypeVar("Placed", Given, Claim, Unreadable)

_head = re.compile(  # bounded, since a line may be as long as a file
    r"""(?P<indent>\ *(?:-\ )?)
    (?P<key>\w[^:=\#"'\n]{0,200}?|"[^"]{1,200}"|'[^']{1,200}')
    (?P<sign>:(?=[^\s:])|\ {0,9}=(?!=)\ {0,9}(?=[^\s=]))
    """,
    re.VERBOSE,
).match
_is_answers = re.compile(r"answers:\s*(?:#.*)?").fullmatch
_comment = re.compile(r"(?:^|\s)#.*")


class Mended(NamedTuple):
    """A text whose answers have heads; the warnings that say so, and from which column on a line moved by one."""

    text: str
    warnings: tuple[Diagnostic, ...] = ()
    moved: Mapping[int, int] = {}


def with_heads(text: str, file: str, keys: Collection[str]) -> Mended:
    """A text with `: ` behind what begins an answer, and behind its `keys`, where that lacks the blank or has `=`."""
    lines = text.splitlines()
    found: dict[str, list[tuple[Place, str, str]]] = {":": [], "=": []}
    moved: dict[int, int] = {}
    for n in _heads(lines, keys):
        head = _head(lines[n])
        if head is None:
            continue
        key, value = head["key"], lines[n][head.end() :]
        begin = max(head.end(), head.end("key") + 2)  # the value stays where it is, if there is room for the blank
        if begin > head.end():
            moved[n + 1] = begin + 1
        lines[n] = f"{head['indent']}{key}:".ljust(begin) + value
        written = f"{key}: {_comment.sub('', value).strip()}"
        found[head["sign"].strip()].append((Place(file, n + 1, head.start("key") + 1), key, shown(written)[1:-1]))
    if not any(found.values()):
        return Mended(text)
    what = {":": "a space is missing behind the colon of", "=": "an equals sign stands for the colon of"}
    warnings = [_warning(what[sign], several) for sign, several in found.items() if several]
    return Mended("\n".join(lines) + "\n", tuple(warnings), moved)


def _warning(what: str, found: Sequence[tuple[Place, str, str]]) -> Diagnostic:
    place, key, written = found[0]
    others = f" and {len(found) - 1} more; they are read" if len(found) > 1 else "; it is read"
    key = shown(key.strip("\"'"))
    return Diagnostic("missing-space", f"{what} {key}{others} all the same", place, f"write {written}", "warning")


def _heads(lines: Sequence[str], keys: Collection[str]) -> list[int]:
    """The lines that may begin an answer, as deep as the first one below `answers:`, or have one of the keys."""
    found = []
    below, indent = False, -1
    for n, line in enumerate(lines):
        text = line.lstrip()
        here = len(line) - len(text)
        if not text or text.startswith("#"):
            continue
        if not here and _is_answers(line):
            below = True
        elif below and indent < 0:
            indent = here
        if (below and here == indent) or (not here and (head := _head(line)) and head["key"] in keys):
            found.append(n)
        below = below and (here > 0 or indent <= 0)
    return found


def moved_back(answer: Given | Unreadable, moved: Mapping[int, int]) -> Given | Unreadable:
    """An answer with the places that it has in the text as it was written."""
    if isinstance(answer, Unreadable):
        return _back(answer, moved)
    claims = tuple([_back(claim, moved) for claim in answer.claims])
    unread = tuple([_back(one, moved) for one in answer.unread])
    return _back(answer, moved)._replace(claims=claims, unread=unread)


def _back(one: Placed, moved: Mapping[int, int]) -> Placed:
    return one._replace(column=one.column - 1) if one.column >= moved.get(one.line, one.column + 1) else one
