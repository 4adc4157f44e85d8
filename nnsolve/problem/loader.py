"""A problem file -> `Problem`, with all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError
from nnsolve.problem.asks import check_id, read_asks
from nnsolve.problem.fields import (
    Context,
    Entry,
    TooManyError,
    known_entries,
    read_fields,
    wrong_type,
)
from nnsolve.problem.model import Conventions, Part, Problem, Text
from nnsolve.problem.numbers import is_null
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode, parse_yaml, read_yaml_findings
from nnsolve.problem.schema import PART, PROBLEM
from nnsolve.problem.sections import (
    equation_name,
    read_conventions,
    read_equations,
    read_layers,
    read_loss,
    read_marking,
    read_rounding,
    read_training,
    read_values,
)
from nnsolve.problem.source import shown
from nnsolve.problem.values import Settings

if TYPE_CHECKING:
    from pathlib import Path

MAX_PARTS = 200
MAX_WORK = 400_000
"""Entries that may be gone through again for the parts: parts times the size of the problem."""

_SPARING = frozenset(("unknown-key", "duplicate-id"))
"""Errors that take nothing else away: the rest of the problem can still be looked at."""

_NAMING = ("parameters", "constants", "inputs", "targets", "initial")
"""The sections whose keys are new names."""

_HELP = {
    "weights": (
        "    weights: rows        # a row per unit, z = W x + b; or columns: a column per unit",
        "weights: rows or weights: columns",
    ),
    "samples": (
        "    samples: columns     # a sample is a column; or rows: a sample is a row",
        "samples: columns or samples: rows",
    ),
}


def load_problem(path: str | Path) -> Problem:
    """The problem of a file; raises `ProblemError` with all findings, in the order of the file, if one is an error."""
    problem, findings = load_problem_findings(path)
    if problem is None:
        raise ProblemError(findings)
    return problem


def problem_of_text(text: str, name: str) -> Problem:
    """The problem that a text describes; `name` stands for a path. Raises `ProblemError` if something is wrong."""
    root, found = parse_yaml(text, name)
    context = Context(name, root, found) if root is not None else None
    problem = _problem(root, context) if root is not None and context is not None else None
    if problem is None or context is None or context.errors:
        raise ProblemError(context.findings if context is not None else found)
    return problem


def load_problem_findings(
    path: str | Path, look_further: Callable[[Problem], list[Diagnostic]] | None = None
) -> tuple[Problem | None, list[Diagnostic]]:
    """The problem of a file, None where it has errors, and all findings (warnings too) in the order of the file.

    `look_further` finds what is wrong with a problem beyond its file: it is asked where the errors of the file leave
    the problem whole, so that all is said at once.
    """
    root, found = read_yaml_findings(path)
    if root is None:
        return None, ProblemError(found).diagnostics
    context = Context(path, root)
    problem = None
    try:
        context.keep(found)
        problem = _problem(root, context)
    except TooManyError:
        pass
    except ProblemError as error:
        context.findings += error.diagnostics
    except (MemoryError, RecursionError):
        context.findings.append(Diagnostic("too-big", "the problem takes too much memory", Place(str(path))))
    findings = ProblemError(context.findings).diagnostics
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors and problem is not None and look_further and all(error.code in _SPARING for error in errors):
        findings = ProblemError([*findings, *look_further(problem)]).diagnostics
    return None if errors else problem, findings


def _problem(root: Node, context: Context) -> Problem | None:
    if not isinstance(root, MapNode):
        help = "a problem file has keys such as title:, layers:, inputs: and ask:"
        wrong_type(root, "a problem file is a mapping", context, help)
        return None
    found = known_entries(root, PROBLEM, "a problem", context)
    parts = found.pop("parts", None)
    complete = parts is None or "ask" in found
    problem = _read(found, context, Problem(context.file, Place(context.file)), complete=complete)
    if parts is None:
        return problem
    return problem._replace(
        parts=_parts(parts, found, problem, context), places={**problem.places, "parts": parts.key.place}
    )


def _read(found: dict[str, Entry], context: Context, start: Problem, *, complete: bool) -> Problem:
    """The problem that the entries describe, without its parts.

    With `complete` what is required must be there; a problem with parts may leave that to them.
    """
    for name in [name for name, entry in found.items() if is_null(entry.node)]:
        wrong_type(found[name].node, f"{name}: is empty", context, "give its value, or delete the line")
        del found[name]
    fields: dict[str, Any] = read_fields(found, PROBLEM, "", context)
    fields["places"] = {name: entry.key.place for name, entry in found.items()}
    conventions = read_conventions(found["conventions"].node, context) if "conventions" in found else Conventions()
    fields["conventions"] = conventions
    first = _count_from(found, conventions)
    settings = Settings(_training_seed(found), first, "conventions" in found, "training" in found)

    def node(name: str) -> Node:
        return found[name].node

    for name in ("parameters", "inputs", "initial"):
        if name in found:
            fields[name] = read_values(node(name), name, context, settings)
    if "constants" in found:
        fields["constants"] = read_values(node("constants"), "constants", context, settings, infinite=True)
    if "targets" in found:
        fields["targets"] = read_values(node("targets"), "targets", context, settings, classes=True)
    if "given" in found:
        fields["given"] = read_values(node("given"), "given", context, settings, addresses=True)
    if "layers" in found:
        fields["layers"] = read_layers(node("layers"), context, settings)
    if "equations" in found:
        fields["equations"] = read_equations(node("equations"), context)
    if "loss" in found:
        fields["loss"] = read_loss(node("loss"), context)
    if "training" in found:
        fields["training"] = read_training(node("training"), context, settings)
    if "rounding" in found:
        fields["rounding"] = read_rounding(node("rounding"), context)
    if "ask" in found:
        fields["ask"] = read_asks(node("ask"), context)
    if "marking" in found:
        fields["marking"] = read_marking(node("marking"), context)
    problem = start._replace(**fields)
    _check_names(found, problem, context)
    if complete:
        _check_complete(found, problem, context)
    return problem


def _training_seed(found: dict[str, Entry]) -> int | None:
    """`training.seed`, which values need before the section is read; its errors are found there."""
    if "training" not in found or not isinstance(found["training"].node, MapNode):
        return None
    node = found["training"].node.get("seed")
    if isinstance(node, ScalarNode) and node.text.isascii() and node.text.isdecimal() and len(node.text) < 20:
        return int(node.text)
    return None if node is None else 0


def _count_from(found: dict[str, Entry], conventions: Conventions) -> int | None:
    """`conventions.count_from`; 0 where it is said but wrong, so that this is reported once and not at every label."""
    node = found["conventions"].node if "conventions" in found else None
    wrong = conventions.count_from is None and isinstance(node, MapNode) and node.get("count_from") is not None
    return 0 if wrong else conventions.count_from


def _check_names(found: dict[str, Entry], problem: Problem, context: Context) -> None:
    """A name stands for one thing: not in two sections, not on the left of two equations."""
    first: dict[str, tuple[str, Place]] = {}

    def see(name: str, where: str, place: Place) -> None:
        if name not in first:
            first[name] = (where, place)
            return
        before, at = first[name]
        message = f"{shown(name)} stands in {where} and before in {before} (line {at.line}, column {at.column})"
        context.error("duplicate-name", message, place, "give one of them another name")

    for section in _NAMING:
        node = found[section].node if section in found else None
        if isinstance(node, MapNode):
            for key, _ in node.entries:
                see(key.text, f"{section}:", key.place)
    for equation in problem.equations:
        name = equation_name(equation)
        if name is not None:
            see(name.text, "equations:", name.place)


def _check_complete(found: dict[str, Entry], problem: Problem, context: Context) -> None:
    """What a problem must say, and what follows from what it says."""
    stated = problem.training is not None and bool(problem.training.gradients)  # then an update is all there is to do
    if "layers" not in found and "equations" not in found and not stated:
        help = "add layers: (- dense: {W: ..., b: ...}) or equations: (- z = W @ x + b)"
        context.error("missing-key", "the problem has neither layers: nor equations:", problem.place, help)
    if "layers" in found:
        _check_conventions(found, context)
    if problem.loss is not None and "targets" not in found:
        _check_loss(problem.loss.text, problem, context)


def _check_loss(loss: Text, problem: Problem, context: Context) -> None:
    """A loss that is named compares with a target; an equation's name or an expression needs none."""
    from nnsolve.blocks.losses import LOSSES

    name = loss.text.strip()
    if name in LOSSES and all(left is None or left.text != name for left in map(equation_name, problem.equations)):
        message = f"the loss {name} compares with a target, but there are no targets:"
        context.error("missing-key", message, loss.place, "add targets: {y: ...}")


def _check_conventions(found: dict[str, Entry], context: Context) -> None:
    """`layers:` mean nothing without knowing what is a row of a weight matrix and of the data."""
    node = found["conventions"].node if "conventions" in found else None
    said = {key.text for key, _ in node.entries} if isinstance(node, MapNode) else set()
    missing = [name for name in _HELP if name not in said]
    if not missing:
        return
    names = " and ".join(f"conventions.{name}" for name in missing)
    if node is None:
        help = "add\n" + "\n".join(["  conventions:", *(_HELP[name][0] for name in missing)])
    else:
        help = "add to conventions:  " + ",  ".join(_HELP[name][1] for name in missing)
    place = found["conventions"].key.place if node is not None else found["layers"].key.place
    context.error("missing-convention", f"layers: needs {names}", place, help)


# parts ----------------------------------------------------------------------------------------------------------------


def _parts(entry: Entry, base: dict[str, Entry], problem: Problem, context: Context) -> tuple[Part, ...]:
    """`parts:`, each read as the problem with its own entries over it."""
    node = entry.node
    if not isinstance(node, ListNode):
        wrong_type(node, "parts is a list", context, "write - id: a, and the part's keys below it")
        return ()
    if not node.items:
        context.error("empty-list", "parts is empty", node.place)
    work = sum(_size(e.node) for e in base.values())
    if len(node.items) > MAX_PARTS or len(node.items) * work > MAX_WORK:
        message = f"{len(node.items)} parts are too many for a problem of this size"
        context.error("too-big", message, node.place, "split the file; put large tensors into data files")
        return ()
    result: list[Part] = []
    ids: dict[str, Place] = {}
    asked = {ask.id for ask in problem.ask}
    for item in node.items:
        part = _part(item, base, problem, context, len(result))
        if part is None:
            continue
        if part.id in ids:
            message = f"the part {shown(part.id)} stands twice; the first is in line {ids[part.id].line}"
            context.error("duplicate-id", message, part.place, "give it another id")
        ids.setdefault(part.id, part.place)
        for ask in part.problem.ask:
            if f"{part.id}.{ask.id}" in asked:
                message = f"{shown(f'{part.id}.{ask.id}')} is also an id of the problem itself"
                context.error("duplicate-id", message, ask.of.place, "give it another id")
        result.append(part)
    return tuple(result)


def _size(node: Node, depth: int = 3) -> int:
    """How many entries a section has that reading a part goes through again (tensors are shared)."""
    if isinstance(node, MapNode):
        return 1 + (sum(_size(value, depth - 1) for _, value in node.entries) if depth else 0)
    if isinstance(node, ListNode):
        return 1 + (sum(_size(item, depth - 1) for item in node.items) if depth else 0)
    return 1


def _part(node: Node, base: dict[str, Entry], problem: Problem, context: Context, index: int) -> Part | None:
    if not isinstance(node, MapNode):
        wrong_type(node, "a part is a mapping", context, "write {id: b, inputs: {...}, ask: [...]}")
        return None
    own = known_entries(node, PART, "a part", context)
    identity = own.pop("id", None)
    name = None
    if identity is None:
        context.error("missing-key", "the part has no id:", node.place, "add id: a")
    else:
        try:
            name = _part_id(identity.node)
        except ProblemError as error:
            context.keep(error.diagnostics)
    merged = {key: entry for key, entry in base.items() if key not in ("ask", "marking")}
    for key, entry in own.items():
        merged[key] = _over(merged[key], entry, key) if key in merged else entry
    whole = _read(merged, context, Problem(context.file, node.place), complete=True)
    return None if name is None else Part(name, node.place, whole._replace(marking=problem.marking))


def _part_id(node: Node) -> str:
    if not isinstance(node, ScalarNode) or is_null(node):
        raise ProblemError.of("wrong-type", "the id of a part is a word", node.place, "write id: a")
    check_id(node.text, node.place, "the id of a part")
    if "." in node.text:
        message = f"the part's id {shown(node.text)} has a dot, which separates it from its asks: b.z1"
        raise ProblemError.of("bad-id", message, node.place, "write it without dots")
    return node.text


def _over(below: Entry, above: Entry, name: str) -> Entry:
    """A part's entry over the problem's: mappings key by key, anything else replaces."""
    if not isinstance(below.node, MapNode) or not isinstance(above.node, MapNode):
        return above
    entries = {key.text: (key, value) for key, value in below.node.entries}
    if name == "training" and (above.node.get("steps") or above.node.get("epochs")):
        # A part that counts in epochs does not mean the steps of the problem as well.
        entries = {key: pair for key, pair in entries.items() if key not in ("steps", "epochs")}
    entries.update({key.text: (key, value) for key, value in above.node.entries})
    return Entry(above.key, MapNode(list(entries.values()), above.node.place, above.node.flow))
