"""Answer files and verdict files as JSON Schema (draft 7), for editors."""

from __future__ import annotations

from nnsolve.checking.answerfile import KEYS, MAX_ANSWERS, MAX_NAME
from nnsolve.checking.verdictfile import FILE, RULING
from nnsolve.problem.jsonkinds import EXPRESSION, KINDS, Schema, any_of, listed, mapping, properties, reference
from nnsolve.problem.jsonschema import document, problem_schema

_SIGN = "[-+−]?"
_DECIMAL = rf"{_SIGN}(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]{_SIGN}[0-9]+)?(?: ?%)?"
_FRACTION = rf"{_SIGN}[0-9]+ ?/ ?0*[1-9][0-9]*"

_ID: Schema = {"minLength": 1, "maxLength": MAX_NAME}
_EMPTY: Schema = {"type": "null"}


def answers_schema() -> Schema:
    """The schema of an answer file."""
    kinds = {
        "stem": {"type": ["string", "number"], "pattern": r"^[^.~/\\:][^/\\:]*$", "maxLength": MAX_NAME},
        "word": {"type": ["string", "number", "boolean", "null"], "maxLength": MAX_NAME},
        "answers": any_of(_EMPTY, _by_id(any_of(_EMPTY, reference("answer")), maxProperties=MAX_ANSWERS)),
    }
    found = {name: {"description": key.text, **kinds[key.kind]} for name, key in KEYS.items()}
    whole = mapping(found, ("problem",))
    description = "What a student answers: for each ask of a problem, a number or a list of numbers."
    return document("answers", "nnsolve answers", description, whole, _numbers())


def verdicts_schema() -> Schema:
    """The schema of a file of verdicts that are set by hand."""
    kinds = {**KINDS, "answer": lambda key: reference("answer")}
    ruling = mapping(properties(RULING, kinds), **any_of({"required": ["verdict"]}, {"required": ["credit"]}))
    by_file = any_of(_EMPTY, _by_id(any_of(_EMPTY, _by_id(any_of(_EMPTY, ruling)))))
    kinds["verdicts"] = lambda key: by_file
    description = "Verdicts that a teaching assistant sets by hand, by answer file and ask."
    whole = mapping(properties(FILE, kinds))
    return document("verdicts", "nnsolve verdicts", description, whole, {**EXPRESSION, **_numbers()})


def _by_id(values: Schema, **more: int) -> Schema:
    return {"type": "object", "propertyNames": _ID, "additionalProperties": values, **more}


def _numbers() -> dict[str, Schema]:
    number = any_of({"type": "number"}, {"type": "string", "pattern": f"^(?:{_DECIMAL}|{_FRACTION})$"})
    return {"answer": any_of(number, listed(reference("answer"), 1))}


SCHEMAS = {"problem": problem_schema, "answers": answers_schema, "verdicts": verdicts_schema}
"""By kind of file, what makes its schema."""
