"""YAML text -> nodes, each with its place; walks parser events, so nothing is built before it was counted.

`yaml.load` and `yaml.compose` recurse in C and expand aliases; here a file of nested brackets or aliases ends at the
first event over the limit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError
from nnsolve.problem.source import position, read_text, shown, unprintable
from nnsolve.problem.syntax import accident_in_flow, syntax_error

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 2 << 20
MAX_DEPTH = 50
MAX_NODES = 200_000
MAX_ERRORS = 100
"""Where more than this is wrong with a file, the first ones are enough."""


class ScalarNode(NamedTuple):
    """A word, number or text as written (without quotes); `style` is empty for a plain one, else `'`, `"`, `|`, `>`."""

    text: str
    place: Place
    style: str = ""

    @property
    def plain(self) -> bool:
        """Whether it is written without quotes, so that it may be a number or a boolean."""
        return not self.style

    @property
    def text_place(self) -> Place:
        """Where the text begins: behind the opening quote."""
        return self.place.right(1) if self.style in ("'", '"') else self.place


class ListNode(NamedTuple):
    """A list; `flow` if it is written in brackets."""

    items: list[Node]
    place: Place
    flow: bool = False


class MapNode(NamedTuple):
    """A mapping, as pairs in the order of the file; no key stands twice. `flow` if it is written in braces."""

    entries: list[tuple[ScalarNode, Node]]
    place: Place
    flow: bool = False

    def get(self, key: str) -> Node | None:
        """The value of a key, None where it is missing."""
        return next((value for name, value in self.entries if name.text == key), None)


Node: TypeAlias = ScalarNode | ListNode | MapNode


def read_yaml_findings(
    path: str | Path, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES
) -> tuple[Node | None, list[Diagnostic]]:
    """What could be read of a YAML file, and what is wrong with it; no node where the file has to be given up."""
    file = str(path)
    findings: list[Diagnostic] = []
    try:
        text = read_text(path, Place(file), max_bytes)
        return _Walk(text, file, max_depth, max_nodes, findings).document(), findings
    except ProblemError as error:
        return None, findings + error.diagnostics


def parse_yaml(
    text: str, file: str, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES
) -> tuple[Node | None, list[Diagnostic]]:
    """As `read_yaml_findings`, of a text that was read already."""
    findings: list[Diagnostic] = []
    try:
        return _Walk(text, file, max_depth, max_nodes, findings).document(), findings
    except ProblemError as error:
        return None, findings + error.diagnostics


def _events(text: str) -> Any:
    """The parser of libyaml, or where PyYAML was built without it, the one in Python: both have `get_event`."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return yaml.Loader(text)
    return CParser(text)


class _Walk:
    """One pass over the events of a text."""

    def __init__(self, text: str, file: str, max_depth: int, max_nodes: int, findings: list[Diagnostic]) -> None:
        self.text = text
        self.file = file
        self.max_depth = max_depth
        self.max_nodes = max_nodes
        self.findings = findings

    def place(self, mark: Any) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1)

    def error(self, code: str, message: str, place: Place, help: str | None = None) -> None:
        self.findings.append(Diagnostic(code, message, place, help))
        if len(self.findings) >= MAX_ERRORS:
            raise ProblemError.of("too-many-errors", f"stopped after {MAX_ERRORS} errors", place)

    def document(self) -> Node:
        """The only document of the text."""
        if "%" in self.text and (found := _DIRECTIVE.search(self.text)):
            place = Place(self.file, *position(self.text, found.start(1)))
            raise ProblemError.of("directive", f"the directive {found[1]} may not be used", place, "delete the line")
        try:
            root = self.walk()
        except yaml.YAMLError as error:
            raise ProblemError([syntax_error(error, self.text, self.file)]) from None
        except (MemoryError, RecursionError):
            raise ProblemError.of("too-big", "the file takes too much memory", Place(self.file)) from None
        if root is None:
            raise ProblemError.of("empty-file", "the file is empty", Place(self.file))
        return root

    def walk(self) -> Node | None:
        # The loop that every file goes through: locals instead of attributes, and one place made per node.
        file, max_nodes, max_depth = self.file, self.max_nodes, self.max_depth
        new = tuple.__new__
        next_event = _events(self.text).get_event
        root: Node | None = None
        stack: list[tuple[Any, ScalarNode | None]] = []
        parent: Any = None  # the list or mapping that is open
        key: ScalarNode | None = None  # its key that waits for a value
        count = 0
        node: Any
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent or kind is SequenceStartEvent or kind is MappingStartEvent:
                count += 1
                if count > max_nodes:
                    message = f"the file has more than {max_nodes} values"
                    help = "put large tensors into a .csv, .npy or .npz file: {file: x.npy}"
                    raise ProblemError.of("too-many-values", message, self.place(event.start_mark), help)
                mark = event.start_mark
                place = new(Place, (file, mark.line + 1, mark.column + 1))
                if event.anchor is not None or event.tag is not None:
                    self.refuse_decoration(event, place)
                if kind is ScalarEvent:
                    text, style = event.value, event.style or ""
                    node = new(ScalarNode, (text, place, style))
                    if style:
                        if style == '"' and (found := unprintable(text)):
                            message = f"the control character {found[0]!r} may not stand in a text"
                            self.error("control-character", message, place, "delete it")
                    elif ("(" in text or ")" in text) and parent is not None and parent.flow:
                        self.check_brackets(node)
                elif kind is SequenceStartEvent:
                    node = new(ListNode, ([], place, event.flow_style))
                else:
                    node = new(MapNode, ([], place, event.flow_style))
                if parent is None:
                    root = node
                elif type(parent) is ListNode:
                    parent.items.append(node)
                elif key is None:
                    key = self.key(node)
                else:
                    parent.entries.append((key, node))
                    key = None
                if kind is not ScalarEvent:
                    if len(stack) >= max_depth:
                        message = f"lists and mappings are nested more than {max_depth} deep"
                        raise ProblemError.of("too-deep", message, place)
                    stack.append((parent, key))
                    parent, key = node, None
            elif kind is SequenceEndEvent:
                parent, key = stack.pop()
            elif kind is MappingEndEvent:
                self.check_mapping(parent)
                parent, key = stack.pop()
            elif kind is AliasEvent:
                place = self.place(event.start_mark)
                self.error("alias", f"an alias (*{shown(event.anchor)[1:-1]}) may not be used", place, _ALIAS_HELP)
                node = ScalarNode("", place, "'")
                if type(parent) is ListNode:
                    parent.items.append(node)
                elif parent is not None:
                    if key is not None:
                        parent.entries.append((key, node))
                    key = None if key is not None else node
            elif kind is DocumentStartEvent and root is not None:
                place = self.place(event.start_mark)
                message = "a second document begins here; a file holds one problem"
                raise ProblemError.of("several-documents", message, place, "delete the line ---, or split the file")
        return root

    def key(self, node: Node) -> ScalarNode:
        """The node as a key; what is no word is refused and gets a stand-in, so that reading goes on."""
        if type(node) is ScalarNode:
            if node.text == "<<" and not node.style:
                self.error("merge-key", "merging with << is not supported", node.place, "write the entries out")
            return node
        what = "a list" if type(node) is ListNode else "a mapping"
        help = "a key is a word; quote a text with brackets in it"
        self.error("complex-key", f"{what} cannot be a key", node.place, help)
        return ScalarNode("", node.place, "'")

    def refuse_decoration(self, event: Any, place: Place) -> None:
        """Anchors and tags are refused: what a value is must be seen where it stands."""
        if event.anchor is not None:
            message = f"an anchor (&{shown(event.anchor)[1:-1]}) may not be used"
            self.error("anchor", message, place, "delete it, and write the value where it is needed")
        if event.tag is not None:
            message = f"a tag ({shown(event.tag)[1:-1]}) may not be used"
            self.error("tag", message, place, "delete it; quote the text if it begins with an exclamation mark")

    def check_mapping(self, node: MapNode) -> None:
        """No key twice; and in braces, the key without a value that a forgotten space or quote leaves behind."""
        if node.flow:
            self.join_decimals(node)
        entries = node.entries
        if len({key.text for key, _ in entries}) != len(entries):
            first: dict[str, ScalarNode] = {}
            for key, _ in entries:
                if key.text in first:
                    before = first[key.text].place
                    message = f"the key {shown(key.text)} stands twice; the first is in line {before.line}"
                    self.error("duplicate-key", message, key.place, "keep one of them")
                first.setdefault(key.text, key)
            node.entries[:] = [(k, v) for k, v in entries if first[k.text] is k]
        if node.flow:
            for key, value in entries:
                if type(value) is ScalarNode and not value.text and not value.style and not key.style:
                    word, colon, rest = key.text.partition(":")
                    if colon and rest and word.isidentifier():
                        message = f"a space is missing behind the colon in {shown(key.text)}"
                        self.error("missing-space", message, key.place, f"write {shown(f'{word}: {rest}')[1:-1]}")

    def join_decimals(self, node: MapNode) -> None:
        """`{b: 0,5}`: a decimal comma leaves a whole number and a key of digits without a value behind."""
        entries = node.entries
        for i in range(len(entries) - 1, 0, -1):
            (_, before), (key, value) = entries[i - 1], entries[i]
            if not (key.plain and _DIGITS.fullmatch(key.text) and type(value) is ScalarNode and not value.text):
                continue
            if type(before) is ScalarNode and before.plain and _WHOLE.fullmatch(before.text) and value.plain:
                written, meant = f"{before.text},{key.text}", f"{before.text}.{key.text}"
                message = f"{shown(written)} is no number: a comma separates entries here"
                self.error("decimal-comma", message, before.place, f"write {meant}")
                entries[i - 1 : i + 1] = [(entries[i - 1][0], before._replace(text=meant))]

    def check_brackets(self, node: ScalarNode) -> None:
        """`[f(a, b)]`: inside brackets and braces a comma ends a text, also one between parentheses."""
        if node.text.count("(") > node.text.count(")"):
            found = accident_in_flow(self.text, node.place)  # also of a list in the notation of Python
            message = f"the text {shown(node.text)} was cut at a comma, which separates values here"
            self.error("unquoted", message, node.place, found)


_DIGITS = re.compile("[0-9]{1,20}")
_WHOLE = re.compile("[-+]?[0-9]{1,20}")

# libyaml takes quadratic time over them.
_DIRECTIVE = re.compile("(?:^|[\n\r\x85\u2028\u2029])(%TAG|%YAML)")
_ALIAS_HELP = "write the value out; quote a text that begins with *"
