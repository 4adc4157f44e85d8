"""Problem files as JSON Schema (draft 7), for editors: completion, hover, and errors as they are typed.

Everything is generated from the tables that the loader reads by and from the registries of layers, losses, optimizers
and schedules. What depends on numbers, shapes or names that a file makes up is left to `nnsolve lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from nnsolve.blocks.layer import COMMON, LayerBlock
from nnsolve.blocks.optimizers import OPTIONAL, OptimizerBlock
from nnsolve.blocks.schedules import ScheduleBlock
from nnsolve.ops import REGISTRY
from nnsolve.problem.jsonkinds import (
    ADDRESS,
    EXPRESSION,
    KINDS,
    NAME,
    TEXT,
    Schema,
    any_of,
    bounded,
    described,
    listed,
    mapping,
    named,
    names_of,
    not_both,
    properties,
    reference,
    values,
)
from nnsolve.problem.loader import MAX_PARTS
from nnsolve.problem.schema import (
    ASK,
    CONVENTIONS,
    HYPERPARAMETERS,
    LAYER,
    LOSS,
    MARKING,
    PART,
    PROBLEM,
    ROUND,
    SCHEDULE,
    TRAINING,
    Key,
)

DRAFT = "http://json-schema.org/draft-07/schema#"


def document(name: str, title: str, description: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """A schema with its head and the definitions that it refers to."""
    head = {"$schema": DRAFT, "$id": f"urn:nnsolve:{name}", "title": title, "description": description}
    return {**head, **schema, "definitions": dict(definitions)}


def problem_schema() -> Schema:
    """The schema of a problem file."""
    whole = mapping(properties(PROBLEM, _SECTIONS))
    whole["properties"]["loss"] = described(PROBLEM["loss"], _loss(("name",)))
    whole["properties"]["training"] = described(PROBLEM["training"], {"allOf": [reference("training"), _SEED]})
    whole |= {"if": _COMPLETE, "then": _required()}
    description = "A neural-network exercise: weights, inputs, targets, and what is asked."
    return document("problem", "nnsolve problem", description, whole, {**EXPRESSION, **values(), **_sections()})


# Layers ---------------------------------------------------------------------------------------------------------------


def _layer() -> Schema:
    """`- dense: {...}`, a mapping with one key."""
    kinds = {name: {"description": block.doc, **_options(block)} for name, block in LAYERS.items()}
    return mapping(kinds, minProperties=1, maxProperties=1)


def _options(block: LayerBlock) -> Schema:
    options = {
        name: {"description": text, **_option(block, name)} for name, text in {**COMMON, **block.options}.items()
    }
    return mapping(options, block.required)


def _option(block: LayerBlock, name: str) -> Schema:
    if name == "symbols":
        return {**KINDS["strings"](LAYER[name]), "propertyNames": {"enum": list(block.stems)}}
    if name in LAYER:
        return _SECTIONS[LAYER[name].kind](LAYER[name])
    if name in block.words:
        return {"enum": list(block.words[name])}
    if name in block.orders:
        order = list(block.orders[name])
        return listed({"enum": order}, len(order), maxItems=len(order), uniqueItems=True)
    return reference("value")


def _activation(key: Key) -> Schema:
    known = [(name, operation.doc) for name, operation in REGISTRY.items() if operation.activation]
    return any_of(*names_of(known), TEXT)


# Loss and training ----------------------------------------------------------------------------------------------------


def _loss_name(key: Key) -> Schema:
    return any_of(*names_of((name, block.doc) for name, block in LOSSES.items()), TEXT)


def _loss(required: Iterable[str] = ()) -> Schema:
    """A name, an expression, or a mapping; that of a part need not have what the problem's has already."""
    number = bounded(Key("number", ""))
    own = {name: {"description": text, **number} for block in LOSSES.values() for name, text in block.options.items()}
    return any_of(*_loss_name(LOSS["name"])["anyOf"], mapping(properties(LOSS, _SECTIONS) | own, required))


def _training(key: Key) -> Schema:
    return mapping(properties(TRAINING, _SECTIONS), **not_both("steps", "epochs"))


def _schedule(key: Key) -> Schema:
    kinds = [_when("kind", name, _schedule_takes(block)) for name, block in SCHEDULES.items()]
    return mapping(properties(SCHEDULE, _SECTIONS), ("kind",), allOf=kinds)


def _schedule_takes(block: ScheduleBlock) -> Schema:
    others = {name: False for name in SCHEDULE if name not in ("kind", "per", *block.options)}
    return {"required": [name for name, default in block.options.items() if default is None], "properties": others}


def _optimizer_takes(block: OptimizerBlock) -> Schema:
    """What has to be said for an optimizer, and what must not."""
    known = (*block.hyperparameters, *(OPTIONAL if block.follows_gradient else ()))
    needed = [name for name, default in block.hyperparameters.items() if default is None]
    return {"required": needed, "properties": {name: False for name in HYPERPARAMETERS if name not in known}}


def _when(key: str, value: str, then: Schema, said: bool = True) -> Schema:
    """What holds where a key has a value; or, where it need not be `said`, is left out."""
    return {"if": {"properties": {key: {"const": value}}, **({"required": [key]} if said else {})}, "then": then}


_SEED: Schema = {
    "if": {"properties": {"shuffle": {"const": True}}, "required": ["shuffle"]},
    "then": {"required": ["seed"]},
}


# Rounding, asks, parts ------------------------------------------------------------------------------------------------


def _rounding(key: Key) -> Schema:
    said = any_of({"required": ["decimals"]}, {"required": ["significant"]})
    one = mapping(properties(ROUND), **said, **not_both("decimals", "significant"))
    every = {"every": {"description": "All equations.", **one}}
    return named(one, rf"(?!(?:{'|'.join(ROUND)})$){ADDRESS}", properties=every)


def _asks(key: Key) -> Schema:
    ask = mapping(properties(ASK), ("of",), **not_both("decimals", "significant"))
    return any_of(TEXT, listed(any_of(TEXT, ask)))


def _part() -> Schema:
    return mapping(properties(PART, _SECTIONS), ("id",))


_SECTIONS: dict[str, Callable[[Key], Schema]] = {
    **KINDS,
    "conventions": lambda key: reference("conventions"),
    "list of layers": lambda key: listed(reference("layer"), 1),
    "list of equations": lambda key: listed({"type": "string", "pattern": rf"^\s*{NAME}\s*=(?!=)"}),
    "activation": _activation,
    "loss": lambda key: _loss(),
    "loss name": _loss_name,
    "training": lambda key: reference("training"),
    "optimizer": lambda key: any_of(*names_of((name, block.doc) for name, block in OPTIMIZERS.items())),
    "schedule": _schedule,
    "schedule kind": lambda key: any_of(*names_of((name, block.doc) for name, block in SCHEDULES.items())),
    "rounding": lambda key: reference("rounding"),
    "list of asks": lambda key: reference("asks"),
    "marking": lambda key: mapping(properties(MARKING)),
    "list of parts": lambda key: listed(reference("part"), 1, maxItems=MAX_PARTS),
}


def _sections() -> dict[str, Schema]:
    """The definitions that a problem and its parts share."""
    return {
        "conventions": mapping(properties(CONVENTIONS)),
        "layer": _layer(),
        "training": _training(PROBLEM["training"]),
        "rounding": _rounding(PROBLEM["rounding"]),
        "asks": _asks(PROBLEM["ask"]),
        "part": _part(),
    }


# What is required -----------------------------------------------------------------------------------------------------

_COMPLETE: Schema = any_of({"required": ["ask"]}, {"not": {"required": ["parts"]}})
"""A problem that asks nothing itself may leave what is required to its parts."""


_SILENT: Schema = {"doNotSuggest": True}
"""Editors do not propose a key for what only restricts it: it is proposed where it is described."""


def _required() -> Schema:
    """What a problem has to say."""
    stated = {"required": ["training"], "properties": {"training": {"required": ["gradients"], **_SILENT}}}
    conventions = {"conventions": {"required": ["weights", "samples"], **_SILENT}}
    return {
        **any_of({"required": ["layers"]}, {"required": ["equations"]}, stated),
        "dependencies": {"layers": {"required": ["conventions"], "properties": conventions}},
        "properties": {
            "training": {
                **_SILENT,
                "allOf": [
                    _when("optimizer", name, _optimizer_takes(block), said=name != "sgd")
                    for name, block in OPTIMIZERS.items()
                ],
            }
        },
    }
