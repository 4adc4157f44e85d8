"""The structured sections of a problem file: layers, equations, loss, training, rounding, marking."""

from __future__ import annotations

import re
from typing import Any

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.problem.asks import one_precision
from nnsolve.problem.fields import (
    Context,
    Entry,
    check_name,
    entries,
    is_identifier,
    known_entries,
    read_fields,
    scalar,
    text_of,
    wrong_type,
)
from nnsolve.problem.model import Conventions, Layer, Loss, Rounding, Schedule, Text, Training, Value
from nnsolve.problem.numbers import BOOLEANS, constant, is_null, looks_numeric, whole_or_float
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode
from nnsolve.problem.schema import CONVENTIONS, HYPERPARAMETERS, LAYER, LOSS, MARKING, ROUND, SCHEDULE, TRAINING
from nnsolve.problem.source import shown
from nnsolve.problem.values import Settings, read_value

_equation = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)")


def read_conventions(node: Node, context: Context) -> Conventions:
    """`conventions:`; what has errors is left unsaid."""
    found = known_entries(node, CONVENTIONS, "conventions", context)
    return Conventions(**read_fields(found, CONVENTIONS, "conventions", context), said=frozenset(found))


def read_values(
    node: Node,
    section: str,
    context: Context,
    settings: Settings,
    *,
    infinite: bool = False,
    classes: bool = False,
    addresses: bool = False,
) -> dict[str, Value]:
    """A mapping from names to values; with `addresses` the keys may be `dL/dz2` or `W1@1` too."""
    result: dict[str, Value] = {}
    for name, entry in entries(node, section, context).items():
        _check_address(entry.key, section, context, addresses)
        value = read_value(entry.node, context, settings, infinite=infinite, classes=classes, sequences=True)
        if value is not None and value.sequences and section not in ("inputs", "targets"):
            help = "write it as a value of one time step: a vector, or a matrix with the samples where samples: says"
            context.error("wrong-type", f"{section}: {name} is no sequence of values over time", value.place, help)
        elif value is not None:
            result[name] = value
    return result


def _check_address(key: ScalarNode, section: str, context: Context, addresses: bool) -> None:
    if addresses and len(key.text) <= 200 and re.fullmatch(r"[^\W\d]\w*(?:/[^\W\d]\w*)?(?:@\w+)?", key.text):
        return
    try:
        check_name(key, section)
    except ProblemError as error:
        context.keep(error.diagnostics)


# layers ---------------------------------------------------------------------------------------------------------------


def read_layers(node: Node, context: Context, settings: Settings) -> tuple[Layer, ...]:
    """`layers:`, a list of `dense: {...}`; the options of each kind are checked where the kind is defined."""
    if not isinstance(node, ListNode):
        wrong_type(node, "layers is a list", context, "write each layer as  - dense: {W: ..., b: ...}")
        return ()
    if not node.items:
        context.error("empty-list", "layers is empty", node.place)
    layers = [_layer(item, context, settings) for item in node.items]
    return tuple([layer for layer in layers if layer is not None])


def _layer(node: Node, context: Context, settings: Settings) -> Layer | None:
    if isinstance(node, ScalarNode) and not is_null(node):  # `- flatten`, a layer without options
        kind, options = node, None
    elif isinstance(node, MapNode) and len(node.entries) == 1:
        kind, options = node.entries[0]
    elif isinstance(node, MapNode) and node.entries:
        first, second = node.entries[0], node.entries[1]
        message = f"a layer has one key, its kind; found {shown(first[0].text)} and {shown(second[0].text)}"
        if not node.flow and (isinstance(first[1], MapNode) or is_null(first[1])):
            help = f"indent the options further than {shown(first[0].text)[1:-1]}:"
        else:
            help = "write - dense: {W: ..., b: ...}"
        context.error("wrong-type", message, second[0].place, help)
        return None
    else:
        wrong_type(node, "a layer is a mapping with one key, its kind", context, "write - dense: {W: ..., b: ...}")
        return None
    _check_address(kind, "layers", context, False)
    if options is None or is_null(options):
        return Layer(kind.text, kind.place, {}, {}, {})
    if not isinstance(options, MapNode):
        wrong_type(options, f"the options of {shown(kind.text)[1:-1]} are a mapping", context, "write {W: ..., b: ...}")
        return None
    values: dict[str, Value] = {}
    plain: dict[str, Any] = {}
    places: dict[str, Place] = {}
    common = {key.text: Entry(key, option) for key, option in options.entries if key.text in LAYER}
    for key, option in options.entries:
        places[key.text] = key.place
        if key.text in LAYER and key.text != "number":
            continue
        try:
            _option(key.text, option, values, plain, context, settings)
        except ProblemError as error:
            context.keep(error.diagnostics)
    plain.update(read_fields(common, LAYER, "", context))
    return Layer(kind.text, options.place if options.flow else kind.place, values, plain, places)


def _option(
    name: str, node: Node, values: dict[str, Value], plain: dict[str, Any], context: Context, settings: Settings
) -> None:
    """Sort one option of a layer: tensors to `values`, words to `plain`, numbers to both."""
    if isinstance(node, MapNode):
        if any(key.text in ("random", "file", "class", "sequences") for key, _ in node.entries):
            if (value := read_value(node, context, settings)) is not None:
                values[name] = value
        else:
            plain[name] = plain_value(node)
    elif isinstance(node, ListNode):
        if node.items and all(_is_word(item) for item in node.items):  # gates: [i, f, o, g]
            plain[name] = tuple([text_of(item, name) for item in node.items])
        elif (value := read_value(node, context, settings)) is not None:
            values[name] = value
    elif is_null(node):
        wrong_type(node, f"{shown(name)[1:-1]} has no value", context, "give its value, or delete the line")
    elif node.plain and node.text in BOOLEANS:
        plain[name] = BOOLEANS[node.text]
    elif looks_numeric(node) or constant(node) is not None:
        if (value := read_value(node, context, settings)) is not None:
            values[name] = value
            plain[name] = whole_or_float(node)
    else:
        plain[name] = text_of(node, name)


def _is_word(node: Node) -> bool:
    """Whether an item of a list is a word, not a number or constant."""
    return isinstance(node, ScalarNode) and bool(is_identifier(node.text)) and constant(node) is None


def plain_value(node: Node) -> Any:
    """A node as Python objects: numbers, booleans, None, `Text`, lists, dicts."""
    if isinstance(node, MapNode):
        return {key.text: plain_value(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [plain_value(item) for item in node.items]
    if is_null(node):
        return None
    if node.plain and node.text in BOOLEANS:
        return BOOLEANS[node.text]
    if node.plain and looks_numeric(node) and constant(node) is not None:
        return whole_or_float(node)
    return Text(node.text, node.text_place)


# equations ------------------------------------------------------------------------------------------------------------


def read_equations(node: Node, context: Context) -> tuple[Text, ...]:
    """`equations:`, a list of `name = expression`; the expressions are parsed by the engine."""
    if not isinstance(node, ListNode):
        help = "write a list: - z1 = W1 @ x"
        if isinstance(node, MapNode):
            help = "write a list with = instead of a colon: - z1 = W1 @ x"
        wrong_type(node, "equations is a list", context, help)
        return ()
    result: list[Text] = []
    for item in node.items:
        if isinstance(item, MapNode) and len(item.entries) == 1 and isinstance(value := item.entries[0][1], ScalarNode):
            key = item.entries[0][0]
            help = f"write - {shown(key.text, 100)[1:-1]} = {shown(value.text, 100)[1:-1]}"
            context.error("wrong-type", "an equation is written with =, not with a colon", key.place, help)
            continue
        if not isinstance(item, ScalarNode) or is_null(item):
            wrong_type(item, "an equation is a text: name = expression", context, "write - z1 = W1 @ x")
            continue
        text = Text(item.text, item.text_place)
        if equation_name(text) is None:
            message = f"{shown(item.text)} is no equation: it does not begin with  name ="
            context.error("not-an-equation", message, text.place, "write - z1 = W1 @ x")
            continue
        result.append(text)
    return tuple(result)


def equation_name(equation: Text) -> Text | None:
    """The name on the left side, with its place; None where the text does not begin with `name =`."""
    found = _equation.match(equation.text)
    return Text(found[1], equation.place.right(found.start(1))) if found else None


# loss and training ----------------------------------------------------------------------------------------------------


def read_loss(node: Node, context: Context) -> Loss | None:
    """`loss:`, a name, an expression, or a mapping with `name:` and options; None where it has errors.

    The options `reduction` and `over_time` are plain words; further ones are the loss's own, their texts `Text`.
    """
    if isinstance(node, ScalarNode):
        try:
            return Loss(text_of(node, "loss"), {}, {})
        except ProblemError as error:
            context.keep(error.diagnostics)
            return None
    if not isinstance(node, MapNode):
        wrong_type(node, "loss is a name, an expression or a mapping", context, "write {name: cross_entropy}")
        return None
    found = entries(node, "loss", context)
    known = {name: entry for name, entry in found.items() if name in LOSS}
    options = read_fields(known, LOSS, "loss", context)
    text = options.pop("name", None)
    for name, entry in found.items():
        if name not in LOSS:
            try:
                options[name] = _loss_option(name, entry.node)
            except ProblemError as error:
                context.keep(error.diagnostics)
    if "name" not in found:
        help = f"write {{name: cross_entropy}}; keys of loss: {', '.join(LOSS)} and the options of the loss"
        context.error("missing-key", "loss has no name:", node.place, help)
    return Loss(text, options, {name: entry.key.place for name, entry in found.items()}) if text else None


def _loss_option(name: str, node: Node) -> Any:
    found = scalar(node, shown(name)[1:-1], "a number or a word")
    if found.plain and found.text in BOOLEANS:
        return BOOLEANS[found.text]
    if looks_numeric(found) or constant(found) is not None:
        return whole_or_float(found)
    return Text(found.text, found.text_place)


def read_training(node: Node, context: Context, settings: Settings) -> Training | None:
    """`training:`; None where it is no mapping."""
    if not isinstance(node, MapNode):
        wrong_type(
            node, "training is a mapping", context, "write training: {optimizer: sgd, learning_rate: 0.1, steps: 1}"
        )
        return None
    found = known_entries(node, TRAINING, "training", context)
    fields = read_fields(found, TRAINING, "training", context)
    if "steps" in found and "epochs" in found:
        message = "training has steps and epochs; one of them says how long it runs"
        context.error("conflict", message, found["epochs"].key.place, "keep one of them")
    if fields.get("shuffle") and "seed" not in found:
        message = "shuffle: true needs a seed"
        context.error("missing-seed", message, found["shuffle"].key.place, "add seed: 0 to training")
    for name in ("state", "gradients"):
        if name in found:
            section = f"training.{name}"
            fields[name] = read_values(found[name].node, section, context, settings)
    if "schedule" in found:
        fields["schedule"] = _schedule(found["schedule"].node, context)
    fields["hyperparameters"] = {name: fields.pop(name) for name in HYPERPARAMETERS if name in fields}
    if "optimizer" in fields:
        fields["optimizer"] = fields["optimizer"].text
    return Training(node.place, places={name: entry.key.place for name, entry in found.items()}, **fields)


def _schedule(node: Node, context: Context) -> Schedule | None:
    """`schedule:`; which numbers a kind takes is checked where the kind is defined."""
    what = "training.schedule"
    if not isinstance(node, MapNode):
        wrong_type(node, f"{what} is a mapping", context, "write schedule: {kind: step, every: 10, factor: 0.5}")
        return None
    found = known_entries(node, SCHEDULE, what, context)
    fields = read_fields(found, SCHEDULE, what, context)
    kind, per = fields.pop("kind", None), fields.pop("per", None)
    if "kind" not in found:
        context.error("missing-key", f"{what} has no kind:", node.place, "add kind: step, exponential or cosine")
    numbers = {name: float(value) for name, value in fields.items()}
    return Schedule(node.place, kind, numbers, per, {name: entry.key.place for name, entry in found.items()})


# rounding -------------------------------------------------------------------------------------------------------------


def read_rounding(node: Node, context: Context) -> tuple[Rounding, ...]:
    """`rounding: {h: {decimals: 0, ties: zero}}`, or `every:` for all equations.

    Ties go to the even digit where the file does not say, as in `every: {decimals: 2}`.
    """
    result: list[Rounding] = []
    for name, entry in entries(node, "rounding", context).items():
        if name != "every":
            _check_address(entry.key, "rounding", context, True)
        if name in ROUND:
            help = f"write every: {{{name}: ...}}, or the name of an equation"
            context.error("wrong-type", f"rounding has names of equations, not {name}:", entry.key.place, help)
            continue
        what = f"rounding.{shown(name)[1:-1]}"
        if not isinstance(entry.node, MapNode):
            wrong_type(entry.node, f"{what} is a mapping", context, "write {decimals: 2, ties: even}")
            continue
        found = known_entries(entry.node, ROUND, what, context)
        fields = read_fields(found, ROUND, what, context)
        one_precision(found, what, context)
        if "decimals" not in found and "significant" not in found:
            context.error("missing-key", f"{what} says no precision", entry.node.place, "add decimals: 2")
        if len(fields) == len(found):
            result.append(
                Rounding(
                    None if name == "every" else Text(name, entry.key.text_place),
                    fields.get("decimals"),
                    fields.get("significant"),
                    fields.get("ties", "even"),
                    entry.node.place,
                )
            )
    return tuple(result)


def read_marking(node: Node, context: Context) -> dict[str, Any]:
    """`marking:`, what answers earn."""
    return read_fields(known_entries(node, MARKING, "marking", context), MARKING, "marking", context)
