"""Values: a number, a nested list, something random with a seed, a data file, a class label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.problem.fields import Context, Entry, entries, known_entries, read_fields, wrong_type
from nnsolve.problem.model import Value, to_add
from nnsolve.problem.numbers import described, number
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode
from nnsolve.problem.schema import CLASS, FILE, NORMAL, UNIFORM
from nnsolve.problem.source import shown
from nnsolve.problem.tensors import MAX_AXES, fixed, ragged, tensor

if TYPE_CHECKING:
    from nnsolve.problem.model import Tensor

MAX_ELEMENTS = 1 << 25
"""Of all random tensors and data files of a problem together (256 MB)."""

_FORMS = "a number, a list, {random: ...} or {file: ...}"


class Settings:
    """What the rest of the file says about reading a value: the seed of the training, and where counting starts."""

    __slots__ = ("count_from", "has_conventions", "has_training", "seed")

    def __init__(
        self,
        seed: int | None = None,
        count_from: int | None = None,
        has_conventions: bool = False,
        has_training: bool = False,
    ) -> None:
        self.seed = seed
        self.count_from = count_from
        self.has_conventions = has_conventions
        self.has_training = has_training


def read_value(
    node: Node,
    context: Context,
    settings: Settings,
    *,
    infinite: bool = False,
    classes: bool = False,
    sequences: bool = False,
) -> Value | None:
    """The value of a node, None where it has errors (which `context` then has).

    `infinite` allows -inf and inf (a mask), `classes` allows `{class: ...}` (a target), `sequences`
    `{sequences: ...}` (a target or an input). Arrays are read-only: parts of a problem share them.
    """
    # What depends on the settings may differ between parts; lists and numbers do not.
    known = (id(node), settings.seed, settings.count_from) if isinstance(node, MapNode) else (id(node),)
    try:
        return context.values[known]
    except KeyError:
        pass
    before = context.errors
    try:
        value = _read(node, context, settings, infinite, classes, sequences)
    except ProblemError as error:
        context.keep(error.diagnostics)
        value = None
    except MemoryError:
        context.error("too-big", "the value does not fit into memory", node.place)
        value = None
    if context.errors > before:
        value = None
    context.values[known] = value
    return value


def _read(
    node: Node, context: Context, settings: Settings, infinite: bool, classes: bool, sequences: bool
) -> Value | None:
    if isinstance(node, MapNode):
        return _mapping(node, context, settings, infinite, classes, sequences)
    return Value(node.place, tensor(node, context, infinite))


def _mapping(
    node: MapNode, context: Context, settings: Settings, infinite: bool, classes: bool, sequences: bool
) -> Value | None:
    found = entries(node, "the value", context)
    if "random" in found:
        return _random(node, context, settings)
    if "file" in found:
        return _file(node, context, settings, infinite)
    if "class" in found:
        if not classes:
            message = "a class label may only stand in targets:"
            help = "give the numbers; those of a class are its one-hot vector, [0, 1, 0]"
            raise ProblemError.of("wrong-type", message, node.place, help)
        return _class(node, context, settings)
    if "sequences" in found:
        if not sequences:
            message = "several sequences may only stand in inputs: and targets:"
            raise ProblemError.of("wrong-type", message, node.place, "give a number, a list or a matrix")
        return _sequences(node, found, context, settings)
    keys = ", ".join(shown(name) for name in list(found)[:5])
    allowed = [*(["sequences"] if sequences else []), *(["class"] if classes else [])]
    forms = " or ".join([_FORMS, *(f"{{{word}: ...}}" for word in allowed)])
    near = context.suggest(next(iter(found), ""), ["random", "file", *allowed]).strip()
    message = f"a value is {forms}; found a mapping with {keys or 'no keys'}"
    raise ProblemError.of("wrong-type", message, node.place, near or None)


def _sequences(node: MapNode, found: dict[str, Entry], context: Context, settings: Settings) -> Value | None:
    """`{sequences: [[...], [...]]}`: several sequences, each a list of its steps."""
    if len(found) > 1:
        other = next(name for name in found if name != "sequences")
        raise ProblemError.of("unknown-key", f"{shown(other)} stands beside sequences:", found[other].key.place)
    listed = found["sequences"].node
    value = read_value(listed, context, settings)
    if value is None or value.array is None:
        return None
    if value.array.ndim < 2:
        help = "write {sequences: [[0, 1, 1], [1, 0, 1]]}, a list for each sequence"
        raise ProblemError.of("wrong-type", "sequences are lists of time steps", listed.place, help)
    return value._replace(place=node.place, sequences=len(value.array))


def _random(node: MapNode, context: Context, settings: Settings) -> Value | None:
    """`{random: uniform, low: .., high: .., shape: [..]}` or `{random: normal, mean: .., std: .., shape: [..]}`.

    Drawn with `numpy.random.default_rng(seed)`, or with the seed [training.seed, index] where the value has no seed of
    its own; index counts such values through the file, so that each has its own stream.
    """
    import numpy as np

    kind = node.get("random")
    table = NORMAL if isinstance(kind, ScalarNode) and kind.text == "normal" else UNIFORM
    before = context.errors
    found = known_entries(node, table, "a random value", context)
    fields = read_fields(found, table, "", context)
    shape = _shape(found["shape"].node, context) if "shape" in found else None
    for name in ("low", "high", "mean", "std", "shape"):
        if name in table and name not in found:
            what = f"random: {shown(str(fields.get('random', '')))[1:-1]}"
            context.error("missing-key", f"{what} needs {name}:", node.place, f"add {name}: ...")
    if "seed" not in found and settings.seed is None:
        help = "add seed: 0 to it" + (", or to training" if settings.has_training else "")
        context.error("missing-seed", "a random value needs a seed", node.place, help)
    if context.errors > before or shape is None:
        return None
    _charge(context, math.prod(shape), node.place)
    seed: int | list[int] = fields["seed"] if "seed" in fields else [settings.seed or 0, _random_index(node, context)]
    generator = np.random.default_rng(seed)
    if table is NORMAL:
        array = generator.normal(fields["mean"], fields["std"], shape)
    elif fields["low"] > fields["high"]:
        raise ProblemError.of("out-of-range", "low: is larger than high:", found["low"].node.place)
    elif math.isinf(fields["high"] - fields["low"]):
        raise ProblemError.of("out-of-range", "high - low is too large", found["high"].node.place)
    else:
        array = generator.uniform(fields["low"], fields["high"], shape)
    return _checked(np.asarray(array, dtype=np.float64), node.place)


def _checked(array: Tensor, place: Place) -> Value:
    import numpy as np

    if not np.isfinite(array).all():
        raise ProblemError.of("not-finite", "a random value is too large", place)
    return Value(place, fixed(array))


def _random_index(node: MapNode, context: Context) -> int:
    """The number of a random value among those of the file that have no seed of their own.

    Counted in the order of the file, not of reading: a part that is added later changes no value before it.
    """
    if context.random_order is None:
        context.random_order = {}
        stack: list[Node] = [context.root]
        while stack:
            item = stack.pop()
            if isinstance(item, ListNode):
                stack.extend(reversed(item.items))
            elif isinstance(item, MapNode):
                names = {key.text for key, _ in item.entries}
                if "random" in names and "seed" not in names:
                    context.random_order[id(item)] = len(context.random_order)
                stack.extend(value for _, value in reversed(item.entries))
    return context.random_order.get(id(node), len(context.random_order))


def _shape(node: Node, context: Context) -> tuple[int, ...] | None:
    """`[2, 3]`, `4`, or `[]` for a number."""
    sizes = whole_numbers(node, "shape", context, low=1)
    if sizes is not None and len(sizes) > MAX_AXES:
        context.error("too-deep", f"a tensor has at most {MAX_AXES} axes", node.place)
        return None
    return sizes


def whole_numbers(node: Node, what: str, context: Context, *, low: int) -> tuple[int, ...] | None:
    """A whole number or a list of them, none below `low`; None where there are errors."""
    items = node.items if isinstance(node, ListNode) else [node]
    numbers: list[int] = []
    for item in items:
        if not isinstance(item, ScalarNode):
            wrong_type(item, f"{what} has whole numbers", context)
            return None
        try:
            value = number(item)
        except ProblemError as error:
            context.keep(error.diagnostics)
            return None
        if not value.is_integer() or not low <= value <= 2**53:
            message = f"{what} has whole numbers of at least {low}; found {described(item)}"
            context.error("out-of-range", message, item.place)
            return None
        numbers.append(int(value))
    return tuple(numbers)


def _charge(context: Context, elements: int, place: Place) -> None:
    """Count elements that are about to be made; raises `ProblemError` where they are too many."""
    context.elements += elements
    if context.elements > MAX_ELEMENTS:
        message = f"the random values and data files have more than {MAX_ELEMENTS} numbers together"
        raise ProblemError.of("too-big", message, place)


def _class(node: MapNode, context: Context, settings: Settings) -> Value | None:
    """`{class: 2}`, `{class: [4, 2, 3]}`, with `of:` the number of classes; labels as written.

    `{class: [[4, 2], [3, 1]]}` has a list for each of several sequences, and so has `{class: {sequences: ...}}`.
    """
    found = known_entries(node, CLASS, "a class target", context)
    count = read_fields(found, CLASS, "", context).get("of")
    labels = found["class"].node
    inner = entries(labels, "class", context) if isinstance(labels, MapNode) else {}
    if set(inner) == {"sequences"}:
        labels = inner["sequences"].node
        if not (isinstance(labels, ListNode) and all(isinstance(row, ListNode) for row in labels.items)):
            message = "sequences of classes are lists of lists, one for each sequence"
            raise ProblemError.of("wrong-type", message, labels.place, "write {class: [[4, 2], [3, 1]]}")
    rows = labels.items if isinstance(labels, ListNode) else []
    sequences = len(rows) if rows and all(isinstance(row, ListNode) for row in rows) else 0
    classes = _class_sequences(rows, context) if sequences else whole_numbers(labels, "class", context, low=0)
    if settings.count_from is None:
        others = "(the first class is 0; or count_from: 1)"
        help = to_add("conventions", "count_from: 0", others, there=settings.has_conventions)
        message = "a class label needs conventions.count_from"
        context.error("missing-convention", message, labels.place, help)
        return None
    if classes is None or ("of" in found and count is None):
        return None
    if not classes:
        raise ProblemError.of("empty-list", "the list of classes is empty", labels.place)
    first = settings.count_from
    for index, label in enumerate(classes):
        if label < first or (count is not None and label >= first + count):
            item = rows[index * max(sequences, 1) // len(classes)] if rows else labels
            last = f" to {first + count - 1}" if count is not None else ""
            message = f"class {label} does not exist: with count_from: {first}, classes are {first}{last or ', ...'}"
            context.error("out-of-range", message, item.place)
            return None
    return Value(node.place, None, classes, isinstance(labels, ListNode), count, sequences)


def _class_sequences(rows: Sequence[Node], context: Context) -> tuple[int, ...] | None:
    """The labels of several sequences of the same length, one sequence after the other."""
    read = [whole_numbers(row, "class", context, low=0) for row in rows]
    labels = [row for row in read if row is not None]
    if len(labels) < len(read):
        return None
    for index, (row, node) in enumerate(zip(labels, rows, strict=True)):
        if len(row) != len(labels[0]):
            raise ragged(node, index, (len(row),), (len(labels[0]),))
    return tuple([label for row in labels for label in row])


def _file(node: MapNode, context: Context, settings: Settings, infinite: bool) -> Value | None:
    from pathlib import Path

    from nnsolve.problem import datafiles

    before = context.errors
    found = known_entries(node, FILE, "a data file", context)
    fields = read_fields(found, FILE, "", context)
    columns = _columns(found["columns"], context, settings) if "columns" in found else None
    if context.errors > before:
        return None
    request = datafiles.Request(
        name=fields["file"],
        place=found["file"].node.place,
        folder=Path(context.path).parent,
        documents=context.documents,
        key=fields.get("key"),
        header=fields.get("header", False),
        columns=columns,
        keys={name: entry.key.place for name, entry in found.items()},
        infinite=infinite,
    )
    array, size = datafiles.read(request, MAX_ELEMENTS - context.elements, datafiles.MAX_BYTES - context.data_bytes)
    context.data_bytes += size
    _charge(context, array.size, node.place)
    return Value(node.place, fixed(array))


def _columns(entry: Entry, context: Context, settings: Settings) -> list[Any] | None:
    """Columns of a csv file: names, or numbers that are turned to count from 0."""
    items = entry.node.items if isinstance(entry.node, ListNode) else [entry.node]
    result: list[Any] = []
    for item in items:
        if not isinstance(item, ScalarNode):
            wrong_type(item, "columns is a list of names or numbers", context)
            return None
        if item.plain and item.text.isdecimal() and item.text.isascii() and len(item.text) < 10:
            if settings.count_from is None:
                others = "(or 1), or name the columns of a header"
                help = to_add("conventions", "count_from: 0", others, there=settings.has_conventions)
                context.error("missing-convention", "a column number needs conventions.count_from", item.place, help)
                return None
            if int(item.text) < settings.count_from:
                context.error("out-of-range", f"columns are counted from {settings.count_from}", item.place)
                return None
            result.append(int(item.text) - settings.count_from)
        else:
            result.append(item.text)
    if not result:
        context.error("empty-list", "columns is empty", entry.node.place)
        return None
    return result
