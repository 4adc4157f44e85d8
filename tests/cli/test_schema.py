"""`nnsolve schema`: what is printed is the schema, and what is said to be the line for editors is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnsolve.checking.jsonschema import SCHEMAS
from tests.cli.calling import call


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_printed_alone(kind: str) -> None:
    result = call("schema", kind)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == SCHEMAS[kind]()
    assert kind in call("schema", "--help").output


def test_the_schema_is_written_and_the_line_for_editors_is_said(tmp_path: Path) -> None:
    result = call("schema", "problem", "-o", str(tmp_path / "p.json"))
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8")) == SCHEMAS["problem"]()
    assert result.output.splitlines()[-1] == "# yaml-language-server: $schema=p.json"


@pytest.mark.parametrize("args", [[], ["problems"], ["problem", "-o", "missing/p.json"]])
def test_wrong_usage_is_2(args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("schema", *args)
    assert result.exit_code == 2
    assert "Error:" in result.output
