"""`nnsolve lint`: check problem files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from nnsolve.cli import completion
from nnsolve.cli.common import ANSWERS, BROKEN, PARAMETERS, VERDICTS, file_kind, harmless, print_findings

if TYPE_CHECKING:
    from nnsolve.core.diagnostics import Diagnostic

WARNINGS = 1
"""Exit status: there are warnings, and --strict."""


SKIPPED = (ANSWERS, VERDICTS, PARAMETERS)
"""Kinds of files that are no problems."""


@click.command("lint", short_help="Check problem files.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(), shell_complete=completion.problem_files
)
@click.option("--strict", is_flag=True, help="Warnings too make the exit status 1.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(paths: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Check problem files: everything that is wrong with each, and what is suspicious about it.

    PATH is a problem file, or a folder that is searched for *.yaml and *.yml. Answer files, verdicts set by hand
    and trained parameters are skipped.

    \b
    Examples:
      nnsolve lint problem.yaml
      nnsolve lint problems --strict

    Exit status: 0 no errors, 1 warnings and --strict, 2 errors or wrong usage.
    """
    from nnsolve.checking.authoring import hidden_mistakes, refused_zeros
    from nnsolve.checking.files import leaves
    from nnsolve.engine.lint import lint

    files = list(dict.fromkeys(path for given in paths for path in _files(given)))
    outside = {path: finding for path in files if path not in paths and (finding := leaves(path))}
    kinds = {path: None if path in outside else file_kind(path) for path in files}
    problems = [path for path, kind in kinds.items() if kind not in SKIPPED]
    if not files:
        raise click.UsageError(f"There are no .yaml or .yml files in {', '.join(map(harmless, paths))}")
    found: dict[str, list[Diagnostic]] = {}
    for path in problems:
        found[path] = [outside[path]] if path in outside else lint(path, [hidden_mistakes, refused_zeros])
        if not as_json:
            print_findings(found[path], sys.stdout)
    everything = [finding for findings in found.values() for finding in findings]
    errors = sum(finding.severity == "error" for finding in everything)
    if as_json:
        import json

        click.echo(json.dumps([_entry(finding, path) for path in found for finding in found[path]], indent=2))
    else:
        click.echo(_summary(list(kinds.values()), errors, len(everything) - errors))
    if errors:
        sys.exit(BROKEN)
    if everything and strict:
        sys.exit(WARNINGS)


def _files(given: str) -> Iterator[str]:
    """The path itself, or the YAML files below a folder; hidden folders are left out."""
    from nnsolve.checking.files import SUFFIXES, files_below

    if not os.path.isdir(given):
        yield given
        return
    yield from (found.path for found in files_below(given) if found.name.endswith(SUFFIXES))


def _entry(finding: Diagnostic, path: str) -> dict[str, Any]:
    place = finding.place
    return {
        "severity": finding.severity,
        "code": finding.code,
        "file": place.file if place else path,
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "message": finding.message,
        "help": finding.help,
    }


def _summary(kinds: list[str | None], errors: int, warnings: int) -> str:
    skipped = [_count(kinds.count(kind), kind) for kind in SKIPPED if kind in kinds]
    files = sum(kind not in SKIPPED for kind in kinds)
    parts = [_count(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
    text = f"{_count(files, 'problem file')}: {' and '.join(parts) or 'no errors, no warnings'}"
    return f"{text}; {' and '.join(skipped)} skipped" if skipped else text


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
