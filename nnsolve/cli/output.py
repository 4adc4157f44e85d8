"""Where a report goes: what a terminal, a pipe or a file can show, and writing to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from nnsolve.cli.common import harmless, wants_colour

if TYPE_CHECKING:
    from nnsolve.report.style import Style
    from nnsolve.report.text import Report

NARROWEST, WIDEST = 40, 120
"""A report takes no less and no more than these cells, so that formulas and their addresses stay together."""


def style_for(path: str | None, detail: str, decimals: int | None, width: int | None) -> Style:
    """What the place that a report goes to can show."""
    from nnsolve.report.style import Style

    if width is None:
        width = max(NARROWEST, min(columns(), WIDEST))
    unicode = is_file(path) or shows_unicode(sys.stdout.encoding, os.environ)
    return Style(width, unicode, decimals, detail)


def columns() -> int:
    """The width of the terminal: $COLUMNS, else what the terminal says, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdecimal() and int(given[:6]) > 0:
        return int(given[:6])
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def is_file(path: str | None) -> bool:
    """Whether the output goes to a file, which is UTF-8."""
    return path is not None and path != "-"


def shows_unicode(encoding: str | None, environment: Mapping[str, str]) -> bool:
    """Whether brackets, Greek letters and raised digits can be shown.

    Python itself speaks UTF-8 where the locale is C; the terminal then need not. An encoding that the user chose for
    Python counts; without any locale (a container, a cron job) Python's choice does.
    """
    from nnsolve.report.terminal import can_show_unicode

    chosen = environment.get("PYTHONIOENCODING", "").partition(":")[0] or environment.get("PYTHONUTF8") == "1"
    if not chosen and _plain_locale(environment):
        return False
    return can_show_unicode(encoding)


def _plain_locale(environment: Mapping[str, str]) -> bool:
    locale = environment.get("LC_ALL")
    if not locale:
        ctype = environment.get("LC_CTYPE")
        # Python sets LC_CTYPE=C.UTF-8 itself where LANG=C (PEP 538)
        locale = environment.get("LANG") if ctype in (None, "", "C.UTF-8") else ctype
    return locale in ("C", "POSIX")


def write_report(report: Report, path: str | None) -> None:
    """Print a finished report, in colour where that is possible."""
    if is_file(path) or not wants_colour(sys.stdout):
        write_text(str(report), path)
        return
    from rich.console import Console

    from nnsolve.report.terminal import print_report

    print_report(Console(file=sys.stdout, highlight=False), report)


def write_text(text: str, path: str | None) -> None:
    """Write text to standard output, or to a file."""
    if not is_file(path):
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    assert path is not None
    write_file(path, lambda file: file.write(text))


def write_file(path: str, write: Callable[[Any], object], binary: bool = False) -> None:
    """Write a file that is replaced only when all is written; a device or a pipe is written to directly."""
    direct = os.path.exists(path) and not os.path.isfile(path)
    target = os.path.realpath(path)  # a link stays one
    folder, name = os.path.split(target)
    temporary = path if direct else os.path.join(folder, f".{name}.{os.getpid()}.part")  # not that of another run
    try:
        with open(temporary, "wb") if binary else open(temporary, "w", encoding="utf-8", newline="\n") as file:
            write(file)
        if not direct:
            os.replace(temporary, target)
    except OSError as error:
        raise click.UsageError(f"{harmless(path)} cannot be written: {error.strerror}") from None
    finally:
        if not direct and os.path.exists(temporary):  # also where Ctrl-C came in between
            os.remove(temporary)
