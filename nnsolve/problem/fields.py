"""Reading mappings by their table: unknown keys, wrong types and wrong choices are found here, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError, did_you_mean
from nnsolve.problem.model import Text, Value
from nnsolve.problem.numbers import BOOLEANS, described, is_null, number
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode
from nnsolve.problem.schema import Key, Table
from nnsolve.problem.source import shown

if TYPE_CHECKING:
    from pathlib import Path

    Documents: TypeAlias = dict[Path, tuple[MapNode | ProblemError, int]]
    """YAML files with values that were read, or why they cannot be, and their bytes: each is read once."""

MAX_ERRORS = 200
MAX_SUGGESTIONS = 50

is_identifier = re.compile(r"[^\W\d]\w*").fullmatch
"""Matches a name of the equation language."""

MAX_NAME = 100


class Context:
    """What reading one file needs: its findings, its folder, and what was read already.

    `values` remembers tensors by node, so that a part shares those of the problem instead of reading them again.
    """

    def __init__(self, path: str | Path, root: Node, findings: list[Diagnostic] | None = None) -> None:
        self.file = str(path)
        self.path = path
        self.root = root
        self.findings: list[Diagnostic] = []
        self.errors = 0  # also those that were noted before
        self.values: dict[tuple[int | None, ...], Value | None] = {}
        self.random_order: dict[int, int] | None = None
        self.documents: Documents = {}
        self.elements = 0
        self.data_bytes = 0
        self.asks = 0
        self._suggestions = 0
        self._seen: set[tuple[str, str, Place | None]] = set()
        self.keep(findings or [])

    def error(self, code: str, message: str, place: Place | None, help: str | None = None) -> None:
        """Note an error."""
        self.keep([Diagnostic(code, message, place, help)])

    def warning(self, code: str, message: str, place: Place | None, help: str | None = None) -> None:
        """Note a warning."""
        self.keep([Diagnostic(code, message, place, help, "warning")])

    def keep(self, diagnostics: list[Diagnostic]) -> None:
        """Note findings, each once (parts read the problem again); raises `TooManyError` over the limit."""
        for diagnostic in diagnostics:
            self.errors += diagnostic.severity == "error"
            same = (diagnostic.code, diagnostic.message, diagnostic.place)
            if same in self._seen:
                continue
            self._seen.add(same)
            self.findings.append(diagnostic)
            if len(self.findings) >= MAX_ERRORS:
                self.findings.append(
                    Diagnostic("too-many-errors", f"stopped after {MAX_ERRORS} findings", diagnostic.place)
                )
                raise TooManyError

    def suggest(self, word: str, known: list[str]) -> str:
        """The nearest known word as the beginning of a help line; looked for a bounded number of times."""
        self._suggestions += 1
        near = did_you_mean(word, known) if self._suggestions <= MAX_SUGGESTIONS else None
        return f"{near} " if near else ""


class TooManyError(Exception):
    """Reading ends here; the findings so far are enough."""


class Entry(NamedTuple):
    """A key of a mapping with its value."""

    key: ScalarNode
    node: Node


def entries(node: Node, what: str, context: Context) -> dict[str, Entry]:
    """The entries of a mapping by key; anything else is an error."""
    if isinstance(node, MapNode):
        return {key.text: Entry(key, value) for key, value in node.entries}
    wrong_type(node, f"{what} is a mapping (key: value)", context)
    return {}


def known_entries(node: Node, table: Table, what: str, context: Context) -> dict[str, Entry]:
    """The entries of a mapping whose keys the table knows; others are errors."""
    found = entries(node, what, context)
    for name in [name for name in found if name not in table]:
        unknown_key(found.pop(name).key, list(table), what, context)
    return found


def unknown_key(key: ScalarNode, known: list[str], what: str, context: Context) -> None:
    """The error for a key that is not one of `known`."""
    help = f"{context.suggest(key.text, known)}keys of {what}: {', '.join(known)}"
    context.error("unknown-key", f"{what} has no key {shown(key.text)}", key.place, help)


def wrong_type(node: Node, expected: str, context: Context, help: str | None = None) -> None:
    """The error for a value of the wrong type."""
    if isinstance(node, ScalarNode) and node.plain and re.match(r"\w{1,40}:\S", node.text):
        help = "a space is missing behind the colon"
    context.error("wrong-type", f"{expected}; found {described(node)}", node.place, help)


def read_fields(found: dict[str, Entry], table: Table, what: str, context: Context) -> dict[str, Any]:
    """The values of entries whose kind has a reader here; those with errors are left out."""
    result: dict[str, Any] = {}
    for name, entry in found.items():
        key = table[name]
        if reader := _READERS.get(key.kind):
            try:
                result[name] = reader(entry.node, key, f"{what}.{name}" if what else name)
            except ProblemError as error:
                context.keep(error.diagnostics)
    return result


def _wrong(node: Node, expected: str, help: str | None = None) -> ProblemError:
    return ProblemError.of("wrong-type", f"{expected}; found {described(node)}", node.place, help)


def scalar(node: Node, what: str, expected: str = "a text") -> ScalarNode:
    """The node as a scalar that says something; raises `ProblemError` else."""
    if isinstance(node, ScalarNode) and not is_null(node):
        return node
    raise _wrong(node, f"{what} is {expected}")


def read_string(node: Node, key: Key, what: str) -> str:
    """A text as written, also where YAML would see a number."""
    return scalar(node, what).text


def read_text_key(node: Node, key: Key, what: str) -> Text:
    """A text with its place."""
    return text_of(node, what)


def text_of(node: Node, what: str) -> Text:
    """A text with the place where it begins; raises `ProblemError` for anything else."""
    found = scalar(node, what)
    if not found.text.strip():
        raise ProblemError.of("wrong-type", f"{what} is empty", found.place)
    return Text(found.text, found.text_place)


def read_number(node: Node, key: Key, what: str) -> float:
    """A number or constant expression within the key's bounds."""
    found = scalar(node, what, "a number")
    return _bounded(number(found), found, key, what)


def read_integer(node: Node, key: Key, what: str) -> int:
    """A whole number within the key's bounds."""
    found = scalar(node, what, "a whole number")
    value = number(found)
    if not value.is_integer():
        raise _wrong(node, f"{what} is a whole number")
    _bounded(value, found, key, what)
    # Through float a large seed would change.
    return int(found.text) if re.fullmatch(r"[-+]?[0-9]{1,30}", found.text) else int(value)


def _bounded(value: float, node: ScalarNode, key: Key, what: str) -> float:
    if key.low is not None and value < key.low:
        raise ProblemError.of(
            "out-of-range", f"{what} is at least {key.low:g}; found {shown(node.text)[1:-1]}", node.place
        )
    if key.high is not None and value > key.high:
        raise ProblemError.of(
            "out-of-range", f"{what} is at most {key.high:g}; found {shown(node.text)[1:-1]}", node.place
        )
    if (key.above is not None and value <= key.above) or (key.below is not None and value >= key.below):
        lower = f"at least {key.low:g} and " if key.low is not None else ""
        bound = f"greater than {key.above:g}" if key.above is not None else f"{lower}less than {key.below:g}"
        raise ProblemError.of("out-of-range", f"{what} is {bound}; found {shown(node.text)[1:-1]}", node.place)
    return value


def read_boolean(node: Node, key: Key, what: str) -> bool:
    """true or false; nothing else, `no` is a word."""
    if isinstance(node, ScalarNode) and node.plain and node.text in BOOLEANS:
        return BOOLEANS[node.text]
    raise _wrong(node, f"{what} is true or false", "write true or false")


def read_choice(node: Node, key: Key, what: str) -> str | int:
    """One of the key's words or numbers."""
    for choice in key.choices:
        if isinstance(node, ScalarNode) and node.text == str(choice):
            return choice
    allowed = [str(choice) for choice in key.choices]
    if not isinstance(node, ScalarNode):
        raise _wrong(node, f"{what} is {' or '.join(allowed)}")
    near = did_you_mean(node.text, allowed)
    message = f"{what} is {' or '.join(allowed)}; found {described(node)}"
    raise ProblemError.of("unknown-choice", message, node.place, near)


def read_names(node: Node, key: Key, what: str) -> tuple[Text, ...]:
    """One name, or a list of them."""
    if isinstance(node, ListNode):
        return tuple([text_of(item, f"an item of {what}") for item in node.items])
    return (text_of(node, f"{what} (a name or a list of names)"),)


def read_strings(node: Node, key: Key, what: str) -> dict[str, str]:
    """A mapping from words to words, both identifiers."""
    if not isinstance(node, MapNode):
        raise _wrong(node, f"{what} is a mapping from names to names", "write {z: hbar}")
    result: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for name, value in node.entries:
        try:
            text = scalar(value, f"{what}.{shown(name.text)[1:-1]}", "a name")
            for word in (name, text):
                check_name(word, what)
            result[name.text] = text.text
        except ProblemError as error:
            problems += error.diagnostics
    if problems:
        raise ProblemError(problems)
    return result


def read_batch_size(node: Node, key: Key, what: str) -> int | str:
    """A number of samples, or all."""
    if isinstance(node, ScalarNode) and node.text == "all":
        return "all"
    if isinstance(node, ScalarNode) and is_identifier(node.text):
        raise _wrong(node, f"{what} is a whole number or all")
    return read_integer(node, key, what)


def check_name(node: ScalarNode, what: str) -> None:
    """Raise `ProblemError` where a text is no name of the equation language."""
    if len(node.text) > MAX_NAME:
        raise ProblemError.of("not-a-name", f"a name of {len(node.text)} characters in {what}", node.place)
    if not is_identifier(node.text):
        message = f"{shown(node.text)} in {what} is not a name"
        raise ProblemError.of(
            "not-a-name", message, node.place, "a name has letters, digits and _, and starts with a letter"
        )


_READERS: dict[str, Callable[[Node, Key, str], Any]] = {
    "string": read_string,
    "text": read_text_key,
    "id": read_string,
    "activation": read_text_key,
    "loss name": read_text_key,
    "optimizer": read_text_key,
    "schedule kind": read_text_key,
    "integer": read_integer,
    "number": read_number,
    "boolean": read_boolean,
    "choice": read_choice,
    "names": read_names,
    "strings": read_strings,
    "batch_size": read_batch_size,
}
