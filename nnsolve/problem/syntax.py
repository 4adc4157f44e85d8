"""What the YAML parser complains about, in words that say what to do."""

from __future__ import annotations

import re
from typing import Any

from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.problem.notations import as_list
from nnsolve.problem.source import shown

_NEAR = 200
"""How many characters around an error are looked at; a line may be as long as a file."""

_CLOSING = {"[": "]", "(": ")", "{": "}"}


def syntax_error(error: Any, text: str, file: str) -> Diagnostic:
    """A diagnostic for what libyaml (or the parser in Python, in nearly the same words) could not read."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML")
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    if mark is None:
        return Diagnostic("syntax", problem, Place(file), "quote texts that hold special characters")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    here = Place(file, mark.line + 1, mark.column + 1)
    found = line[mark.column : mark.column + 1]
    for rule in _RULES:
        if result := rule(problem, here, found, line, context, lines):
            return result
    return Diagnostic("syntax", f"{problem}{_at(found)}", here, "check brackets, quotes and indentation")


def _at(found: str) -> str:
    return f" (at {found!r})" if found else ""


def _tab(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    indent = line[: len(line) - len(line.lstrip())]
    if found == "\t" or "tab character" in problem or ("\t" in indent and "start any token" in problem):
        column = line.find("\t") + 1 or here.column
        message = "a line is indented with a tab; YAML only takes spaces"
        return Diagnostic("tab", message, here._replace(column=column), "replace the tab by spaces")
    return None


def _special(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    if "start any token" not in problem and not (found == "%" and "directive" in problem):
        return None
    rest = _until_closed(line, here.column - 1)
    message = f"a text cannot begin with {found!r}" if found else problem
    return Diagnostic("syntax", message, here, f"quote it: {_quoted(rest)}" if rest else "quote the text")


def _alias(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    if "alphabetic or numeric" not in problem:
        return None
    return Diagnostic("syntax", "a text cannot begin with '*' or '&'", here, "quote the text")


def _flow(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    """Inside brackets and braces: an unquoted `a2[1]`, or a bracket that is never closed."""
    if "',' or '" not in problem and "node content" not in problem:
        return None
    before = line[: here.column - 1]
    near = before[-_NEAR:]  # the patterns below are quadratic in the length of their text
    if found in ("[", "{") and re.search(r"[\w)\]'}]$", near):
        start = re.search(r"[^,\[\]{}:]*$", near)
        begin = len(before) - len(start[0].lstrip() if start else "")
        whole = _until_closed(line, begin)
        message = f"{shown(whole)} is cut at {found!r}, which has a meaning of its own here"
        return Diagnostic("unquoted", message, here._replace(column=begin + 1), _quote_help(line, begin, whole))
    opened = "[" if "']'" in problem else "{" if "'}'" in problem else ""
    if opened and context is not None:
        open_place = Place(here.file, context.line + 1, context.column + 1)
        if found in ("]", "}") and found != _CLOSING[opened]:
            message = f"found {found!r}, but {opened!r} of line {open_place.line} is still open"
            return Diagnostic("syntax", message, here, f"close it with {_CLOSING[opened]!r} first")
        if context.line + 1 != here.line or not found:
            message = f"the bracket {opened!r} is not closed before line {here.line}, column {here.column}"
            return Diagnostic("unclosed", message, open_place, f"add the missing {_CLOSING[opened]!r}")
        message = f"a comma or {_CLOSING[opened]!r} is missing before {shown(line[here.column - 1 :])}"
        return Diagnostic("syntax", message, here, f"separate values by commas, close with {_CLOSING[opened]!r}")
    if found == ",":
        return Diagnostic("syntax", "a value is missing before ','", here, "delete the comma, or add the value")
    if found in ("]", "}"):
        return Diagnostic("syntax", f"{found!r} closes nothing", here, "delete it, or add the opening bracket")
    if not found:
        if context is None or "flow" not in str(problem):
            return Diagnostic("unclosed", "the file ends inside a bracket", here, "add the missing ']' or '}'")
        return None
    return None


def _quote(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    if "escape" in problem or "hexadecimal" in problem or "Unicode character" in problem:
        help = "write the text in single quotes, where a backslash is a backslash"
        return Diagnostic("syntax", "a backslash in double quotes begins an escape such as \\n", here, help)
    if "end of stream" in problem or "document indicator" in problem:
        place = Place(here.file, context.line + 1, context.column + 1) if context is not None else here
        return Diagnostic("unclosed", "a quote is opened here and never closed", place, "add the closing quote")
    return None


def _colon(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    if "mapping values are not allowed" in problem:
        before = line[: here.column - 1].strip()
        if re.match(r"(- )*[\w.]+:\s", before):
            message = "a second colon in one line"
            return Diagnostic("syntax", message, here, "quote the text, or put the second key on a line of its own")
        message = f"the key {shown(before)} stands deeper than the line before it allows"
        return Diagnostic("indentation", message, here, "keys of one mapping start in the same column")
    if "expected ':'" not in problem:
        return None
    number = context.line if context is not None else here.line - 1
    line = lines[number] if number < len(lines) else ""
    place = Place(here.file, number + 1, len(line) - len(line.lstrip()) + 1)
    if word := re.match(r"\s*(?:- )*(\w+):(\S.*)", line):
        help = f"write {shown(f'{word[1]}: {word[2]}')[1:-1]}"
        return Diagnostic("missing-space", "a space is missing behind the colon", place, help)
    message = f"the line {shown(line.strip())} has no colon"
    return Diagnostic("syntax", message, place, "write key: value; a text over several lines is indented")


def _block(problem: str, here: Place, found: str, line: str, context: Any, lines: list[str]) -> Diagnostic | None:
    rest = shown(line[here.column - 1 :].strip())
    if "block sequence entries" in problem:
        return Diagnostic(
            "syntax", "a list cannot begin behind a key", here, "put - on a line of its own, below the key"
        )
    if "expected key" in problem or "'-' indicator" in problem:
        if line[: here.column - 1].strip():
            previous = line[here.column - 2 : here.column - 1]
            message = f"{rest} stands behind a value that has already ended"
            if found in ("]", "}"):
                return Diagnostic("syntax", f"{found!r} closes nothing", here, "delete it, or add the opening bracket")
            help = "quote the whole text" if previous.strip() or found else "put it on a line of its own"
            return Diagnostic("syntax", message, here, help)
        number = context.line + 1 if context is not None else here.line - 1
        what = "a list" if "'-' indicator" in problem else "a mapping"
        message = f"{rest} does not fit into {what} that begins in line {number}"
        return Diagnostic("indentation", message, here, "entries of one list or mapping start in the same column")
    if "comment or line break" in problem:
        return Diagnostic("syntax", "a text cannot begin with '|' or '>'", here, "quote the text")
    return None


_RULES = (_tab, _special, _alias, _flow, _quote, _colon, _block)


def accident_in_flow(text: str, place: Place) -> str:
    """The help for a text that a comma cut: the whole of it, quoted."""
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return _quote_help(line, place.column - 1, _until_closed(line, place.column - 1))


def _until_closed(line: str, begin: int) -> str:
    """The text from a column on, up to where the brackets that it opens are closed and a separator follows."""
    wanted: list[str] = []
    for index in range(begin, min(len(line), begin + _NEAR)):
        character = line[index]
        if character in _CLOSING:
            wanted.append(_CLOSING[character])
        elif wanted and character == wanted[-1]:
            wanted.pop()
        elif not wanted and (character in ",]}" or line.startswith((" #", ": "), index)):
            return line[begin:index].rstrip()
    return line[begin : begin + _NEAR].rstrip()


def _quote_help(line: str, begin: int, whole: str) -> str:
    key = re.search(r"(\w+):\s*$", line[:begin][-_NEAR:])
    if meant := as_list(whole):
        return f"write a list: {f'{key[1]}: ' if key else ''}{meant}"
    quoted = _quoted(whole)
    return f"quote it: {{{key[1]}: {quoted}}}" if key and "{" in line[:begin] else f"quote it: {quoted}"


def _quoted(text: str) -> str:
    """A text as one would quote it in the file; cut where it is long."""
    text = text if len(text) <= 60 else text[:60] + "..."
    return f'"{text}"' if '"' not in text and "\\" not in text else f"'{text}'"
