"""Verdicts as JUnit XML: a test suite a file, a test case an answer.

Attributes are those of Jenkins (junit-10.xsd of its xUnit plugin), in which a suite has a `file` and a test case has no
line: places stand in the texts, which are what GitLab shows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from nnsolve.report.said import place_of
from nnsolve.report.style import clean
from nnsolve.report.verdicts.writer import explanation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Summary
    from nnsolve.core.diagnostics import Place

_illegal = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JunitWriter:
    """What earns full credit passes, carried answers too; else what cannot be read is an error, the rest a failure."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def begin(self) -> str:
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="nnsolve">\n'

    def entry(self, result: Result) -> str:
        findings = [finding for finding in result.findings if finding.severity == "error"]
        tags = [tag(item) for item in result.items]
        failures, errors = tags.count("failure"), tags.count("error") + bool(findings)
        tests = len(result.items) + bool(findings)
        counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="0"'
        who = self._class(result)
        lines = [f"<testsuite name={quoted(result.student or result.file)} file={quoted(result.file)} {counts}>"]
        if findings:
            notes, places = [finding.message for finding in findings], [finding.place for finding in findings]
            lines += [_open(who, "file"), _failed("error", findings[0].code, notes, places), "</testcase>"]
        for item in result.items:
            lines += [_open(who, item.id), *self._verdict(item, result), "</testcase>"]
        warnings = [finding for finding in result.findings if finding.severity == "warning"]
        lines += [_out(f"{one.message}; {one.help}" if one.help else one.message) for one in warnings]
        return "\n".join([*lines, "</testsuite>\n"])

    def end(self, summary: Summary, interrupted: bool) -> str:
        return "</testsuites>\n"

    def _class(self, result: Result) -> str:
        """The class of the test cases of a file: GitLab takes those of one class and name for the same one."""
        who = ".".join(filter(None, [result.problem, result.student or result.file]))
        if who in self._known:
            who = f"{who}.{result.file}"
        self._known.add(who)
        return who

    def _verdict(self, item: Item, result: Result) -> list[str]:
        notes = explanation(item, result)
        if item.verdict != "correct":
            notes = [item.verdict, *notes]
        if not (kind := tag(item)):
            return list(map(_out, notes))
        return [_failed(kind, item.verdict, notes, [place_of(item, result)])]


def tag(item: Item) -> str | None:
    """What an answer is in a test: an error, a failure, or None for one that passes."""
    if item.credit == 1:
        return None
    return "error" if item.verdict == "unreadable" else "failure"


def _open(who: str, name: str) -> str:
    """The head of a test case."""
    return f"<testcase classname={quoted(who)} name={quoted(name)}>"


def _failed(kind: str, type: str, notes: list[str], places: Iterable[Place | None]) -> str:
    lines = [*notes, *[f"at {place}" for place in places if place]]
    text = "\n".join([escape(_legal(line)) for line in lines])
    return f"<{kind} type={quoted(type)} message={quoted('; '.join(notes))}>{text}</{kind}>"


def _out(text: str) -> str:
    return f"<system-out>{escape(_legal(text))}</system-out>"


def quoted(text: str) -> str:
    """A text as an attribute, without what XML 1.0 allows nowhere."""
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return _illegal.sub("\ufffd", clean(text))
