"""The kinds of keys as JSON Schema (draft 7): numbers, words, names and values, and a table as a mapping."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from nnsolve.problem.numbers import CONSTANTS, FUNCTIONS, MAX_LENGTH
from nnsolve.problem.schema import CLASS, FILE, NORMAL, UNIFORM, Key, Table
from nnsolve.problem.tensors import MAX_AXES

Schema: TypeAlias = dict[str, Any]

_START, _MORE = r"[A-Za-z_\u0080-\uffff]", r"[A-Za-z0-9_\u0080-\uffff]*"
NAME = rf"{_START}{_MORE}"
"""A name of the equation language, in a regular expression that means the same in Python and in JavaScript."""

ADDRESS = rf"{NAME}(?:/{NAME})?(?:@[A-Za-z0-9_]+)?"
"""A name, a derivative or an update, as `given` and `rounding` have them."""

_words = "|".join(map(re.escape, (*CONSTANTS, *FUNCTIONS)))
_PATTERN = rf"^(?=.*[0-9]|.*\b(?:{'|'.join(CONSTANTS)})\b)(?:[-+*/^().\s0-9]|[eE](?=[-+]?[0-9])|\b(?:{_words})\b)+$"

EXPRESSION: dict[str, Schema] = {"expression": {"type": "string", "pattern": _PATTERN, "maxLength": MAX_LENGTH}}
"""The definition of a constant expression: whether its brackets close is left to the loader."""

_WRITTEN = ["string", "number"]
"""The types of a text as written, which YAML may take for a number.

It may take it for a boolean, too. That is left out: editors would propose true and false for every title.
"""

TEXT: Schema = {"type": _WRITTEN, "pattern": r"\S"}


def any_of(*schemas: Schema) -> Schema:
    """What one of the schemas accepts."""
    return {"anyOf": list(schemas)}


def reference(name: str) -> Schema:
    """What a definition of the same document accepts."""
    return {"$ref": f"#/definitions/{name}"}


def listed(items: Schema, low: int = 0, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **({"minItems": low} if low else {}), **more}


def names_of(blocks: Iterable[tuple[str, str]]) -> list[Schema]:
    """One schema for each name, with what it is."""
    return [{"const": name, "description": doc} for name, doc in blocks]


def mapping(properties: Mapping[str, Schema], required: Iterable[str] = (), **more: Any) -> Schema:
    """A mapping that has no other keys than these."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(properties), **needed, "additionalProperties": False, **more}


def named(values: Schema, names: str = NAME, **more: Any) -> Schema:
    """A mapping from names to values."""
    return {"type": "object", "propertyNames": {"pattern": f"^{names}$"}, "additionalProperties": values, **more}


def not_both(one: str, other: str) -> Schema:
    """Two keys of a mapping exclude each other."""
    return {"dependencies": {one: {"properties": {other: False}}}}


def described(key: Key, schema: Schema) -> Schema:
    """The schema of a key with its sentence and its examples."""
    examples = {"examples": list(key.examples)} if key.examples else {}
    return {"description": key.text, **schema, **examples}


# Numbers and words ----------------------------------------------------------------------------------------------------


def bounded(key: Key, type: str = "number") -> Schema:
    """A number within the key's bounds, or a constant expression."""
    bounds = {
        "minimum": key.low,
        "maximum": key.high,
        "exclusiveMinimum": key.above,
        "exclusiveMaximum": key.below,
    }
    said = {word: int(bound) if bound.is_integer() else bound for word, bound in _said(bounds)}
    return any_of({"type": type, **said}, reference("expression"))


def _said(bounds: Mapping[str, float | None]) -> list[tuple[str, float]]:
    return [(word, float(bound)) for word, bound in bounds.items() if bound is not None]


def choice(key: Key) -> Schema:
    """One of the key's words; its numbers may be quoted."""
    if all(isinstance(word, str) for word in key.choices):
        return {"enum": list(key.choices)}
    quoted = "|".join(str(number) for number in key.choices)
    return any_of({"enum": list(key.choices)}, {"type": "string", "pattern": f"^(?:{quoted})$"})


def whole_numbers(low: int, **more: Any) -> Schema:
    """A whole number or a list of them."""
    one = bounded(Key("integer", "", low=low), "integer")
    return any_of(one, listed(one, **more))


def _columns(key: Key) -> Schema:
    one = any_of({"type": "string"}, {"type": "integer", "minimum": 0})
    return any_of(one, listed(one, 1))


def _classes(key: Key) -> Schema:
    one = bounded(Key("integer", "", low=0), "integer")
    rows = listed(listed(one, 1), 1)
    return any_of(one, listed(one, 1), rows, _sequences(rows))


def _sequences(rows: Schema) -> Schema:
    several = {"description": "Several sequences, each a list of its time steps.", **rows}
    return mapping({"sequences": several}, ("sequences",))


KINDS: dict[str, Callable[[Key], Schema]] = {
    "string": lambda key: {"type": _WRITTEN},
    "text": lambda key: TEXT,
    "id": lambda key: {**TEXT, "maxLength": 200},
    "part id": lambda key: {"type": _WRITTEN, "pattern": r"^[^.]*[^.\s][^.]*$", "maxLength": 200},
    "integer": lambda key: bounded(key, "integer"),
    "number": bounded,
    "boolean": lambda key: {"type": "boolean"},
    "choice": choice,
    "names": lambda key: any_of(TEXT, listed(TEXT)),
    "strings": lambda key: named({"type": "string", "pattern": f"^{NAME}$"}),
    "batch_size": lambda key: any_of(*bounded(key, "integer")["anyOf"], {"const": "all"}),
    "shape": lambda key: whole_numbers(1, maxItems=MAX_AXES),
    "columns": _columns,
    "classes": _classes,
    "values": lambda key: named(reference("value")),
    "constants": lambda key: named(reference("constant")),
    "inputs": lambda key: named(reference("input")),
    "targets": lambda key: named(reference("target")),
    "given": lambda key: named(reference("value"), ADDRESS),
}
"""By kind, the schema of a key; those of structured sections are added where they are made."""


def properties(table: Table, kinds: Mapping[str, Callable[[Key], Schema]] = KINDS) -> dict[str, Schema]:
    """The schema of each key of a table."""
    return {name: described(key, kinds[key.kind](key)) for name, key in table.items()}


# Values ---------------------------------------------------------------------------------------------------------------


def values() -> dict[str, Schema]:
    """The definitions of values: numbers, lists, random tensors, files, several sequences, classes."""
    finite = {"type": "number", "minimum": -sys.float_info.max, "maximum": sys.float_info.max}
    number = any_of(finite, reference("expression"))
    infinite = any_of({"type": "number"}, reference("expression"), {"enum": ["inf", "-inf", "+inf"]})
    made = [reference(name) for name in ("uniform", "normal", "file")]
    return {
        "list": listed(any_of(number, reference("list")), 1),
        "value": any_of(number, reference("list"), *made),
        "infinite list": listed(any_of(infinite, reference("infinite list")), 1),
        "constant": any_of(infinite, reference("infinite list"), *made),
        "sequences": _sequences(listed(reference("list"), 1)),
        "input": any_of(number, reference("list"), *made, reference("sequences")),
        "class": mapping(properties(CLASS), ("class",)),
        "target": any_of(number, reference("list"), reference("class"), *made, reference("sequences")),
        "uniform": _random("uniform", UNIFORM),
        "normal": _random("normal", NORMAL),
        "file": mapping(properties(FILE), ("file",)),
    }


def _random(distribution: str, table: Table) -> Schema:
    found = properties(table)
    found["random"] = {"description": table["random"].text, "const": distribution}
    return mapping(found, [name for name in table if name != "seed"])
