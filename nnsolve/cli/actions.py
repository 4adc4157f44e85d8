"""Output in a step of GitHub Actions, whose runner takes lines that are printed for commands.

The runner obeys `::name properties::data` where a line begins so, blanks aside, and `##[name]data` anywhere in a line,
on both streams (ActionCommand.cs of actions/runner). Most of what is printed here has text of strangers in it: all of
it is defused, and only `annotate` sends commands.
"""

from __future__ import annotations

import html
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

MOST_ON_PAGE = 100_000
"""Characters of a report on the page of a run; GitHub takes a megabyte for all of a step."""

# What is no visible ASCII counts as blank: the runner trims every blank of Unicode. A lone \r ends a line for it.
_command = re.compile(rb"(?:(?<![^\r\n])[^\x21-\x7e\r\n]*)(?=::)")
_old_command = re.compile(rb"##(?=\[)")


def in_actions() -> bool:
    """Whether this runs in a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def defused(data: bytes) -> bytes:
    r"""Whole lines that are no commands: `::` at the beginning is `\::`, and `##[` is `# #[`."""
    return _old_command.sub(b"# #", _command.sub(rb"\g<0>\\", data))


class Defused(io.BufferedIOBase):
    """A binary stream for text of strangers; a line is passed on when it is whole, so that none comes in two halves."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._rest: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        head, newline, tail = bytes(data).rpartition(b"\n")
        if newline:
            self.stream.write(defused(b"".join([*self._rest, head, newline])))
            self._rest.clear()
        self._rest.append(tail)
        return len(data)

    def flush(self) -> None:
        self.stream.flush()

    def finish(self) -> None:
        """Pass on what no newline ended."""
        self.stream.write(defused(b"".join(self._rest)))
        self._rest.clear()
        self.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()


@contextmanager
def defused_output() -> Iterator[None]:
    """In a step of GitHub Actions nothing that is printed meanwhile is taken for a command."""
    if not in_actions():
        yield
        return
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_wrapped, before)
    try:
        yield
    finally:
        during = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = before
        for stream in during:
            stream.flush()
            if found := _defused(stream):
                stream.detach()  # type: ignore[attr-defined]  # else it is closed with its wrapper
                found.finish()


def _wrapped(stream: TextIO) -> TextIO:
    if not hasattr(stream, "buffer"):  # a text that a program keeps for itself
        return stream
    stream.flush()
    binary: Any = Defused(stream.buffer)
    return io.TextIOWrapper(binary, stream.encoding, stream.errors, line_buffering=bool(stream.line_buffering))


def _defused(stream: TextIO) -> Defused | None:
    binary = getattr(stream, "buffer", None)
    return binary if isinstance(binary, Defused) else None


def show_on_page(report: str) -> None:
    """Add a report to the page of the run, as it is: nothing in it is markup."""
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(page, "a", encoding="utf-8") as file:
            file.write(f"<pre>\n{html.escape(report[:MOST_ON_PAGE])}\n</pre>\n")


def annotate(commands: str) -> None:
    """Send lines that are commands, on standard error: what is written to standard output stays as it is."""
    sys.stderr.flush()
    if found := _defused(sys.stderr):
        found.stream.write(commands.encode())
        found.flush()
    else:
        sys.stderr.write(commands)
