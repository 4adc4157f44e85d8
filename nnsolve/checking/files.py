"""Finding files: the answer files below folders, and the problem that an answer file names.

Nothing outside the given folders is read: links that leave them are refused, and a problem is looked up by its name in
the list of a folder, never by a path that a student wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter

from nnsolve.core.diagnostics import Diagnostic, Place
from nnsolve.problem.source import PARAMETERS_HEAD, shown

SUFFIXES = (".yaml", ".yml")

VERDICTS_NAME = "verdicts.yaml"
"""The file of verdicts set by hand; no answer file, wherever it stands."""

MAX_DEPTH = 100
"""Folders within folders that are searched: a walk may need a call for each."""

_SNIFFED = 1 << 16

_FIRST = 1 << 12
"""Bytes that are read of a file before the rest: few have more."""

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_answers = re.compile(rb"^(?:\xef\xbb\xbf)?(?:problem|answers|student):", re.MULTILINE).search
_problem = re.compile(rb"^(?:\xef\xbb\xbf)?(?:layers|equations|ask|parts|conventions|inputs):", re.MULTILINE).search


def answer_files(paths: Iterable[str], but: str | None = None) -> Iterator[str]:
    """The paths, each folder replaced by the answer files below it in the order of their names; each file once.

    `but` is a file that is none, as none of the name `verdicts.yaml` is.
    """
    seen: set[str] = set()
    left_out = but and true_path(but)
    paths = list(paths)
    for path in paths:
        for file in _below(path) if os.path.isdir(path) else (path,):
            if file.endswith(VERDICTS_NAME) and os.path.basename(file) == VERDICTS_NAME:
                continue
            if left_out or len(paths) > 1:  # no folder has a file twice
                spelled = true_path(file)
                if spelled == left_out or spelled in seen:
                    continue
                seen.add(spelled)
            yield file


def _below(folder: str) -> Iterator[str]:
    for found in files_below(folder):
        if found.name.endswith(SUFFIXES) and _is_answer_file(found):
            yield found.path


def files_below(folder: str) -> Iterator[os.DirEntry[str]]:
    """The files below a folder in the order of their names, but for hidden ones, at most `MAX_DEPTH` folders deep.

    The files of a folder come before the folders in it; links to folders are not followed.
    """
    left = [(folder, 0)]
    while left:
        inner, depth = left.pop()
        folders = []
        for found in _visible(inner):
            if not _is_folder(found):
                yield found
            elif depth < MAX_DEPTH and not found.is_symlink():
                folders.append((found.path, depth + 1))
        left += reversed(folders)


def _visible(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, but for what is hidden; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted([entry for entry in entries if entry.name[0] != "."], key=attrgetter("name"))
    except OSError:
        return []


def _is_folder(found: os.DirEntry[str]) -> bool:
    try:
        return found.is_dir()
    except OSError:
        return False


def true_path(path: str) -> str:
    """One spelling for a file, however its folder is reached; a link in its own place stays one."""
    folder, name = os.path.split(path)
    return os.path.join(_true_folder(os.path.join(os.getcwd(), folder)), name)


@lru_cache(maxsize=1000)
def _true_folder(folder: str) -> str:
    return os.path.realpath(folder)


def _is_answer_file(found: os.DirEntry[str]) -> bool:
    """Whether a file in a folder is taken for an answer file: all but problems and trained parameters.

    What cannot be read, and what looks like neither, is a student's broken file.
    """
    try:
        return not found.is_file(follow_symlinks=False) or _holds_answers(found.path)
    except OSError:
        return True


def is_answer_file(path: str) -> bool:
    """Whether a file, had it been found in a folder, were taken for an answer file."""
    name = os.path.basename(path)
    if not name.endswith(SUFFIXES) or name == VERDICTS_NAME or os.path.isdir(path):
        return False
    try:
        return not os.path.isfile(path) or os.path.islink(path) or _holds_answers(path)
    except OSError:
        return True


def _holds_answers(path: str) -> bool:
    descriptor = os.open(path, _READ)
    try:
        start = os.read(descriptor, _FIRST)
        if len(start) == _FIRST:
            start += os.read(descriptor, _SNIFFED - _FIRST)
    finally:
        os.close(descriptor)
    if start.startswith(PARAMETERS_HEAD.encode()):
        return False
    return bool(_answers(start)) or not _problem(start)


def leaves(path: str) -> Diagnostic | None:
    """The finding that a file is a link out of its folder."""
    if not os.path.islink(path):
        return None
    folder = os.path.realpath(os.path.dirname(path) or ".")
    target = os.path.realpath(path)
    if os.path.commonpath([folder, target]) == folder:
        return None
    message = f"{shown(path, 200)} is a link out of its folder, which is not followed"
    return Diagnostic("link-outside", message, Place(path), "hand in the file itself")


class Problems:
    """Problem files by their stems: those in `folder`, or where people keep them.

    Without `folder` these are ./problems, the current folder, the folder of the answer file and the one above it; the
    first that has the problem counts. The first two come first so that no file handed in can take a problem's place.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder
        self._stems: dict[str, dict[str, str]] = {}
        self._is_problem: dict[str, bool] = {}

    def folders(self, answers: str) -> Sequence[str]:
        """Where the problem of an answer file is looked for."""
        if self.folder is not None:
            return (self.folder,)
        beside = os.path.dirname(answers) or "."
        return ("problems", ".", beside, os.path.join(beside, ".."))

    def find(self, stem: str, answers: str) -> str | None:
        """The path of the problem that an answer file names."""
        for folder in self.folders(answers):
            found = self.stems(folder).get(stem)
            if found is not None and self.is_problem(found):
                return found
        return None

    def is_problem(self, path: str) -> bool:
        """Whether a file is no answer file; looked into once, however many answers name it."""
        if path not in self._is_problem:
            self._is_problem[path] = os.path.isfile(path) and not _looks_like_answers(path)
        return self._is_problem[path]

    def stems(self, folder: str) -> dict[str, str]:
        """The problems of a folder: stem -> path."""
        if folder not in self._stems:
            found: dict[str, str] = {}
            try:
                names = sorted(os.listdir(folder), reverse=True)  # .yaml before .yml
            except OSError:
                names = []
            for name in names:
                stem, suffix = os.path.splitext(name)
                path = os.path.join(folder, name)
                if suffix in SUFFIXES and not name.startswith(".") and leaves(path) is None:
                    found[stem] = os.path.normpath(path)
            self._stems[folder] = found
        return self._stems[folder]


def _looks_like_answers(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            start = file.read(_SNIFFED)
    except OSError:
        return False
    return bool(_answers(start)) and not _problem(start)
