"""The console blocks of the README: their commands, what they say is printed, and what is printed today.

`python -m tests.cli.readme` puts today's output into the README; an output that leaves out lines (...) is left alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
LEFT_OUT = "..."


class Session(NamedTuple):
    """A command of a block; its expected lines stand at [start, end) in the README."""

    command: str
    start: int
    end: int


def sessions(lines: list[str]) -> Iterator[Session]:
    """The commands of all console blocks, in order."""
    inside = False
    command, start = "", 0
    for number, line in enumerate(lines):
        ends = inside and (line == "```" or line.startswith("$ "))
        if ends and command:
            yield Session(command, start, number)
        if line == "```console":
            inside, command = True, ""
        elif inside and line == "```":
            inside, command = False, ""
        elif inside and line.startswith("$ "):
            command, start = line.removeprefix("$ "), number + 1


def printed(command: str, folder: Path) -> list[str]:
    """What a shell in a folder prints for a command, with its errors."""
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "80",
    }
    result = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    return (result.stdout + result.stderr).splitlines()


def play() -> Iterator[tuple[Session, list[str], list[str]]]:
    """Every command with the expected and the printed lines; all in one folder that has the problems."""
    lines = README.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "problems", folder / "problems")
        for session in sessions(lines):
            yield session, lines[session.start : session.end], printed(session.command, folder)


def main() -> None:
    """Put today's output into the README."""
    lines = README.read_text(encoding="utf-8").splitlines()
    for session, expected, now in reversed(list(play())):
        if LEFT_OUT not in expected:
            lines[session.start : session.end] = now
    README.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
