"""Text of a file that may be anything: bounded, regular, UTF-8, without control characters."""

from __future__ import annotations

import os
import re
import stat
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from nnsolve.core.diagnostics import Place, ProblemError

if TYPE_CHECKING:
    from pathlib import Path

_ASCII = re.compile("[^\t\n\r\x20-\x7e]")
_PLAIN = bytes([*b"\t\n\r", *range(0x20, 0x7F)])

_SHOWN = 60

PARAMETERS_HEAD = "# Parameters of nnsolve train"
"""How a file of trained parameters begins; no problem and no answer begins so."""


@cache
def _unicode() -> re.Pattern[str]:
    return re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def unprintable(text: str) -> re.Match[str] | None:
    """The first character that YAML allows in no text; a byte-order mark is tolerated in front only."""
    return (_ASCII if text.isascii() else _unicode()).search(text)


def shown(text: str, limit: int = _SHOWN) -> str:
    """The text quoted for a message: control characters escaped, cut to `limit` characters."""
    return repr(text) if len(text) <= limit else repr(text[:limit])[:-1] + "..." + repr(text)[0]


def size_text(size: int) -> str:
    """A number of bytes for a message."""
    for unit, name in ((1 << 20, "MB"), (1 << 10, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def open_regular(path: str | Path, place: Place) -> BinaryIO:
    """The file, opened for reading; raises `ProblemError` for what is missing, unreadable or no regular file."""
    name = shown(str(path), 200)
    try:
        # Asked before opening: opening a device or a FIFO may already do something, or wait for ever.
        if (problem := _irregular(os.stat(path))) is None:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            file = os.fdopen(descriptor, "rb")
            if (problem := _irregular(os.fstat(descriptor))) is None:
                return file
            file.close()
    except FileNotFoundError:
        raise ProblemError.of("file-not-found", f"{name} does not exist", place) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ProblemError.of("file-unreadable", f"{name} cannot be read: {reason}", place) from None
    raise ProblemError.of("not-a-file", f"{name} is {problem}; a file is expected", place)


def _irregular(status: os.stat_result) -> str | None:
    """What a path is, unless it is a regular file."""
    if stat.S_ISREG(status.st_mode):
        return None
    return "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"


def read_text(path: str | Path, place: Place, max_bytes: int) -> str:
    """The text of a file without its byte-order mark; never reads more than `max_bytes` + 1 bytes.

    Raises `ProblemError` for what cannot be opened, is too big, is not UTF-8 or holds control characters.
    """
    file = str(path)
    with open_regular(path, place) as stream:
        try:
            size = min(os.fstat(stream.fileno()).st_size, max_bytes)
            data = stream.read(size + 1)  # room for max_bytes takes longer to get than most files to read
            if len(data) > size:
                data += stream.read(max_bytes + 1 - len(data))
        except (OSError, MemoryError) as error:
            raise ProblemError.of("file-unreadable", f"the file cannot be read: {error}", place) from None
    if len(data) > max_bytes:
        message = f"the file is larger than {size_text(max_bytes)}"
        raise ProblemError.of(
            "too-big", message, place, "put large tensors into a .csv, .npy or .npz file: {file: x.npy}"
        )
    return decoded(data, file)


def decoded(data: bytes, file: str) -> str:
    """The text of a file without its byte-order mark; raises `ProblemError` where it is not UTF-8, or no text."""
    if not data.translate(None, _PLAIN):  # most files: four times as fast as the search
        return data.decode("ascii")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(file, data, error) from None
    text = text.removeprefix("\ufeff")
    if found := unprintable(text):
        line, column = position(text, found.start())
        message = f"the control character {found[0]!r} may not stand in a file"
        raise ProblemError.of("control-character", message, Place(file, line, column), "delete it")
    return text


def _not_utf8(file: str, data: bytes, error: UnicodeDecodeError) -> ProblemError:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        help = "the file looks like UTF-16; save it as UTF-8"
    else:
        help = "save the file as UTF-8"
    line, column = position(data[: error.start].decode("utf-8").removeprefix("\ufeff"), None)
    message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} ({error.reason})"
    return ProblemError.of("not-utf8", message, Place(file, line, column), help)


def position(text: str, index: int | None) -> tuple[int, int]:
    """Line and column, counted from 1, of a character (None: of the end)."""
    before = text if index is None else text[:index]
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")
