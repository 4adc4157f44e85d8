"""Terminals, pipes, files: colours, widths, signs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from nnsolve.cli.output import shows_unicode
from tests.cli.calling import NETWORK, PROBLEMS, SCALAR, process

pty = pytest.importorskip("pty")

ESCAPE = "\x1b"
PATH = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])


def in_terminal(*args: str, columns: int = 80, **environment: str) -> str:
    """What a command writes to a terminal of some width."""
    import fcntl
    import struct
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    env = {"PATH": PATH, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
    process = subprocess.Popen(["nnsolve", *args], stdin=child, stdout=child, stderr=child, env=env)
    os.close(child)
    data = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close(parent)
    process.wait(60)
    return data.decode("utf-8").replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_terminal_gets_colours_and_the_same_text_as_a_pipe() -> None:
    shown = in_terminal("run", SCALAR)
    assert ESCAPE in shown
    piped = process("run", SCALAR, COLUMNS="80").stdout
    assert [line.rstrip() for line in plain(shown).splitlines()] == piped.splitlines()
    assert ESCAPE not in piped


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_codes_where_they_are_not_wanted(environment: dict[str, Any]) -> None:
    assert ESCAPE not in in_terminal("run", SCALAR, **environment)
    assert ESCAPE not in in_terminal("run", "missing.yaml", **environment)


def test_errors_are_coloured_in_a_terminal_alone() -> None:
    assert ESCAPE in in_terminal("run", "missing.yaml")
    assert ESCAPE not in process("run", "missing.yaml").stderr


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_is_filled_and_not_exceeded(columns: int) -> None:
    lines = plain(in_terminal("run", NETWORK, columns=columns)).splitlines()
    cells = [sum(not unicodedata.combining(c) for c in unicodedata.normalize("NFD", line)) for line in lines]
    assert max(cells) == columns


def test_a_very_wide_or_narrow_terminal_is_bounded() -> None:
    assert max(map(len, plain(in_terminal("run", SCALAR, columns=300)).splitlines())) == 120
    assert max(map(len, plain(in_terminal("run", SCALAR, columns=20)).splitlines())) <= 48


def test_columns_decide_in_a_pipe() -> None:
    assert max(map(len, process("run", SCALAR, COLUMNS="100").stdout.splitlines())) == 100
    assert max(map(len, process("run", SCALAR).stdout.splitlines())) == 80
    assert max(map(len, process("run", SCALAR, "--width", "60", COLUMNS="100").stdout.splitlines())) == 60


SEVERAL = """
import json, sys
from nnsolve.__main__ import run

for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    print("the next command")
    try:
        run()
    except SystemExit as end:
        assert not end.code, arguments
"""
"""Runs several commands, one after the other, in one process."""


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "", "LANG": "C"}],
)
def test_ascii_where_the_output_has_no_utf8(environment: dict[str, Any]) -> None:
    paths = [NETWORK, SCALAR, str(PROBLEMS / "softmax-cross-entropy-logits.yaml")]
    commands = [["grad", path, "--verify"] for path in (NETWORK, SCALAR)]
    commands += [["run", path, "--detail", detail] for path in paths for detail in ("steps", "full")]
    result = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)], env={"PATH": PATH, **environment}, capture_output=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    printed = result.stdout.split(b"the next command\n")[1:]
    assert len(printed) == len(commands) and all(part.strip() for part in printed)
    linted = process("lint", *paths, **environment)
    assert linted.returncode == 0 and linted.stdout.isascii() and linted.stdout
    assert not process("run", NETWORK, PYTHONIOENCODING="utf-8").stdout.isascii()


def test_a_title_that_ascii_cannot_show_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(
        "title: Übung 𝔸 → é\nequations:\n  - z = x\ninputs: {x: 1}\nask: [{id: größe, of: z}]\n", encoding="utf-8"
    )
    for args in (["run"], ["run", "--format", "json"], ["lint", "."]):
        result = process(*args, cwd=tmp_path, PYTHONIOENCODING="ascii")
        assert result.returncode == 0 and result.stdout.isascii(), result.stderr


@pytest.mark.parametrize(
    ("environment", "encoding", "unicode"),
    [
        ({}, "utf-8", True),
        ({}, "ascii", False),
        ({}, None, False),
        ({"LANG": "C"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "utf-8", True),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8"}, "utf-8", True),
        ({"LANG": "C", "PYTHONIOENCODING": ":replace"}, "utf-8", False),
        ({"LANG": "C", "PYTHONUTF8": "1"}, "utf-8", True),
        ({"LANG": "de_DE.UTF-8"}, "utf-8", True),
    ],
)
def test_what_decides_about_signs(environment: dict[str, str], encoding: str | None, unicode: bool) -> None:
    assert shows_unicode(encoding, environment) == unicode


def test_a_file_is_utf8_and_without_colours_wherever_it_is_written_from(tmp_path: Path) -> None:
    in_terminal("run", SCALAR, "-o", str(tmp_path / "a.txt"), LANG="C")
    text = (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert "∂C/∂w₁" in text and ESCAPE not in text


@pytest.mark.parametrize("reader", ["head -1", "true"])
@pytest.mark.parametrize("args", ["run {p} --detail full", "run {p} --format json", "grad {p}", "lint {p}", "--help"])
def test_a_reader_that_has_enough_is_no_error(reader: str, args: str) -> None:
    command = f"nnsolve {args.format(p=NETWORK)} | {reader}"
    result = subprocess.run(["sh", "-c", command], env={"PATH": PATH}, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
    assert result.stderr == ""


@pytest.mark.parametrize("args", ["run {p}", "grad {p}", "lint {p}", "new --list", "--help", "run missing.yaml"])
def test_a_closed_output_is_no_traceback(args: str) -> None:
    command = f"nnsolve {args.format(p=SCALAR)} >&- 2>&1"
    result = subprocess.run(["sh", "-c", command], env={"PATH": PATH}, capture_output=True, text=True, timeout=60)
    assert result.returncode in (0, 2)
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("args", ["run {p}", "grad {p} --format json", "lint {p}", "--help"])
def test_a_full_disk_is_said(args: str) -> None:
    command = f"nnsolve {args.format(p=SCALAR)} > /dev/full"
    result = subprocess.run(["sh", "-c", command], env={"PATH": PATH}, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: the output cannot be written")


@pytest.mark.parametrize("columns", ["", "0", "-5", "wide", "10", "9" * 5000])
def test_a_strange_width_is_no_error(columns: str) -> None:
    lines = process("run", SCALAR, COLUMNS=columns).stdout.splitlines()
    assert 40 <= max(map(len, lines)) <= 120
