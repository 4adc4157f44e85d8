"""The workflow and the hooks that the README shows are valid by their readers' own rules, and call what is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement

from nnsolve.cli.main import main
from tests.cli.readme import README, ROOT

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
BLOCKS = re.findall(r"```yml\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
WORKFLOW, CONFIG = BLOCKS
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


def accepted(tmp_path: Path, text: str, *command: str) -> bool:
    """Whether a validator, a module of the test environment, accepts a text."""
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    result = subprocess.run([sys.executable, "-m", *command, str(path)], capture_output=True, text=True, timeout=60)
    return result.returncode == 0


def test_the_workflow_is_one_by_github_s_schema(tmp_path: Path) -> None:
    validator = ("check_jsonschema", "--builtin-schema", "vendor.github-workflows")
    assert accepted(tmp_path, WORKFLOW, *validator)
    assert not accepted(tmp_path, WORKFLOW.replace("runs-on", "run-on"), *validator)


def test_the_hooks_are_some_by_pre_commit_s_rules(tmp_path: Path) -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    assert accepted(tmp_path, text, "pre_commit", "validate-manifest")
    assert not accepted(
        tmp_path, text.replace("language: python", "language: pyhton"), "pre_commit", "validate-manifest"
    )
    assert accepted(tmp_path, CONFIG, "pre_commit", "validate-config")
    assert not accepted(tmp_path, CONFIG.replace("rev:", "revision:"), "pre_commit", "validate-config")


def test_the_hooks_of_the_configuration_are_there() -> None:
    (repository,) = yaml.safe_load(CONFIG)["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == set(HOOKS)


def commands() -> Iterator[list[str]]:
    for step in yaml.safe_load(WORKFLOW)["jobs"]["check"]["steps"]:
        yield from map(shlex.split, step.get("run", "").splitlines())
    for hook in HOOKS.values():
        yield [*hook["entry"].split(), *hook["args"], "a.yaml", "b.yaml"]


def parsed(words: list[str]) -> click.Context:
    """A command line of ours as click understands it; raises what click does where it does not."""
    command = main.get_command(click.Context(main), words[1])
    assert words[0] == "nnsolve" and command is not None
    return command.make_context(words[1], words[2:])


def test_what_is_called_takes_these_options() -> None:
    install, check, *hooks = commands()
    assert install[:4] == ["python", "-m", "pip", "install"] and Requirement(install[4]).name == "nnsolve"
    options = parsed(check).params
    assert options["hide_solution"] and options["no_verdicts"] and options["junit_xml"] == "verdicts.xml"
    assert [parsed(words).params["paths"] for words in hooks] == [("a.yaml", "b.yaml")] * 2
    with pytest.raises(click.UsageError):
        parsed([*check, "--hide"])


def test_the_artifact_is_what_the_check_writes() -> None:
    *_, upload = yaml.safe_load(WORKFLOW)["jobs"]["check"]["steps"]
    assert upload["with"]["path"] == "verdicts.xml" and upload["if"] == "always()"


@pytest.mark.parametrize(
    ("path", "hook"),
    [
        ("answers/s1.yaml", "nnsolve-check"),
        ("submissions/group/s1.yml", "nnsolve-check"),
        ("week1/answers.yaml", "nnsolve-check"),
        ("answers/verdicts.yaml", None),
        ("problems/p.yaml", "nnsolve-lint"),
        ("week1/problem.yaml", "nnsolve-lint"),
        (".github/workflows/answers.yml", None),
        (".pre-commit-config.yaml", None),
        ("mkdocs.yml", None),
    ],
)
def test_a_hook_sees_its_kind_of_file_alone(path: str, hook: str | None) -> None:
    seen = [
        id for id, found in HOOKS.items() if re.search(found["files"], path) and not re.search(found["exclude"], path)
    ]
    assert seen == ([hook] if hook else [])
