"""What an editor does with a file: YAML 1.2 and JSON Schema, with nothing of nnsolve."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from nnsolve.checking.jsonschema import SCHEMAS


@cache
def validator(kind: str) -> Draft7Validator:
    return Draft7Validator(SCHEMAS[kind]())


def refused(text: str, kind: str = "problem") -> list[str]:
    """Where and why a file's text is refused."""
    data: Any = YAML(typ="safe", pure=True).load(text)
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator(kind).iter_errors(data)]
