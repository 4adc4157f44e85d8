"""Verdicts as annotations of GitHub Actions: workflow commands that show each at the line of its number."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from nnsolve.checking.files import true_path
from nnsolve.report.said import verdict_of
from nnsolve.report.style import clean
from nnsolve.report.verdicts.writer import encodable, explanation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnsolve.checking.model import Result
    from nnsolve.checking.summary import Summary
    from nnsolve.core.diagnostics import Diagnostic

LEVELS = {"wrong": "error", "unreadable": "error", "imprecise": "warning", "carried": "notice"}

MOST = {"error": 10, "warning": 10, "notice": 9}
"""Annotations that are sent of each level: GitHub shows ten a step, and one notice says how many are left out."""


class GithubWriter:
    """Errors for what is wrong, unreadable or missing, warnings for what is imprecise, notices for what is carried.

    `root` is the folder of the repository, which paths are relative to.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._sent: dict[str, None] = {}
        self._levels: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def begin(self) -> str:
        return ""

    def entry(self, result: Result) -> str:
        return "".join(filter(None, self._commands(result)))

    def end(self, summary: Summary, interrupted: bool) -> str:
        counts = [f"{n} more {level}{'' if n == 1 else 's'}" for level, n in self._left_out.items()]
        rest = "not shown here: --json FILE or --junit-xml FILE writes all"
        return f"::notice title=nnsolve::{', '.join(counts)} {rest}\n" if counts else ""

    def _commands(self, result: Result) -> Iterator[str]:
        for finding in result.findings:
            yield self._finding(finding, result.file)
        for item in result.items:
            if item.verdict in LEVELS and item.line is not None:
                title = f"{item.id}: {verdict_of(item)}"
                lines = explanation(item, result)
                yield self._command(LEVELS[item.verdict], result.file, item.line, item.column, title, lines)
        missing = [item.id for item in result.items if item.verdict == "missing"]
        if missing:
            title = f"{len(missing)} answer{'' if len(missing) == 1 else 's'} missing"
            yield self._command("error", result.file, 1, None, title, [", ".join(missing)])

    def _finding(self, finding: Diagnostic, file: str) -> str:
        place = finding.place
        lines = [finding.message, *([finding.help] if finding.help else [])]
        file, line, column = place or (file, 0, 0)
        return self._command(finding.severity, file, line or 1, column, finding.code, lines)

    def _command(self, level: str, file: str, line: int, column: int | None, title: str, lines: list[str]) -> str:
        """One annotation; empty where there are enough, or it was sent before."""
        properties = {"file": self._path(file), "line": str(line), "col": str(column or ""), "title": clean(title)}
        head = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
        command = f"::{level} {head}::{_data(chr(10).join(map(clean, lines)))}\n"
        if command in self._sent:
            return ""
        if self._levels[level] >= MOST[level]:
            self._left_out[level] += 1
            return ""
        self._levels[level] += 1
        self._sent[command] = None
        return command

    def _path(self, file: str) -> str:
        path = true_path(file)
        try:
            inside = os.path.commonpath([self.root, path]) == self.root
        except ValueError:  # on another drive
            inside = False
        return encodable(os.path.relpath(path, self.root) if inside else path).replace(os.sep, "/")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return clean(_data(text).replace(":", "%3A").replace(",", "%2C"))
