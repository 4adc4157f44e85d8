"""Verdicts as JUnit XML: a test suite a file, a test case an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from nnsolve.report.style import clean
from nnsolve.report.verdicts.writer import explanation

if TYPE_CHECKING:
    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Summary

_illegal = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JunitWriter:
    """What earns full credit passes, carried answers too; else what cannot be read is an error, the rest a failure."""

    def begin(self) -> str:
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="nnsolve">\n'

    def entry(self, result: Result) -> str:
        findings = [finding for finding in result.findings if finding.severity == "error"]
        tags = [tag(item) for item in result.items]
        failures, errors = tags.count("failure"), tags.count("error") + bool(findings)
        tests = len(result.items) + bool(findings)
        counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="0"'
        lines = [f"<testsuite name={quoted(result.student or result.file)} {counts}>"]
        if findings:
            message = quoted("; ".join(finding.message for finding in findings))
            lines += [_open(result, "file"), f"<error message={message}/>", "</testcase>"]
        for item in result.items:
            lines += [_open(result, item.id), *self._verdict(item, result), "</testcase>"]
        return "\n".join([*lines, "</testsuite>\n"])

    def end(self, summary: Summary, interrupted: bool) -> str:
        return "</testsuites>\n"

    def _verdict(self, item: Item, result: Result) -> list[str]:
        notes = explanation(item, result)
        if item.verdict != "correct":
            notes = [item.verdict, *notes]
        if not (kind := tag(item)):
            return [f"<system-out>{escape(_legal(note))}</system-out>" for note in notes]
        return [f"<{kind} type={quoted(item.verdict)} message={quoted('; '.join(notes))}/>"]


def tag(item: Item) -> str | None:
    """What an answer is in a test: an error, a failure, or None for one that passes."""
    if item.credit == 1:
        return None
    return "error" if item.verdict == "unreadable" else "failure"


def _open(result: Result, name: str) -> str:
    return f"<testcase classname={quoted(result.problem or result.file)} name={quoted(name)}>"


def quoted(text: str) -> str:
    """A text as an attribute, without what XML 1.0 allows nowhere."""
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return _illegal.sub("\ufffd", clean(text))
