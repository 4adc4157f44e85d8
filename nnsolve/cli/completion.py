"""What the shell proposes behind the Tab key: files by their kind, and addresses of the problem on the line.

A proposal must neither take long nor print anything: what fails, or is not there in time, proposes nothing.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import click
from click.shell_completion import CompletionItem

from nnsolve.cli.common import ANSWERS, PROBLEM, file_kind, find_problem, is_yaml

if TYPE_CHECKING:
    from nnsolve.problem.model import Problem

Proposals: TypeAlias = Iterable[tuple[str, str]]
"""Words, each with what it is."""

SECONDS = 2.0
"""How long a proposal may take."""

MOST_FILES = 500
"""Files of a folder that are looked into."""

_is_plain = re.compile(r"[\w@%+=:,./~-]+").fullmatch
"""Matches what a shell takes as it stands: bash puts a proposal into the line unquoted."""


def propose(found: Callable[[], Proposals], start: str) -> list[CompletionItem]:
    """The proposals that begin with a text; none where looking for them fails or takes long."""
    items: list[CompletionItem] = []

    def look() -> None:
        try:
            items.extend([CompletionItem(word, help=what) for word, what in found() if word.startswith(start)])
        except (Exception, SystemExit):  # a proposal is a courtesy: whatever is wrong, the command itself will say it
            items.clear()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return [item for item in list(items) if _is_plain(item.value)] if not thread.is_alive() else []


# Files ----------------------------------------------------------------------------------------------------------------


def problem_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Problem files, and the folders that lead to them."""
    return _files(PROBLEM, incomplete)


def answer_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Answer files, and the folders that lead to them."""
    return _files(ANSWERS, incomplete)


def _files(kind: str, incomplete: str) -> list[CompletionItem]:
    found = propose(lambda: _files_of(kind, incomplete), incomplete)
    return [CompletionItem(incomplete, type="dir"), *found]


def _files_of(kind: str, incomplete: str) -> Iterator[tuple[str, str]]:
    folder = os.path.dirname(incomplete)
    for name in sorted(filter(is_yaml, os.listdir(os.path.expanduser(folder) or ".")))[:MOST_FILES]:
        path = os.path.join(folder, name)
        if path.startswith(incomplete) and file_kind(os.path.expanduser(path)) == kind:
            yield path, kind


# The problem on the line ----------------------------------------------------------------------------------------------


def addresses(ctx: click.Context, param: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """Addresses of the problem on the line, what is asked first."""
    from nnsolve.engine import addresses as engine

    return propose(lambda: engine.addresses(_part(ctx), incomplete), incomplete)


def quantities(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What has a gradient."""
    from nnsolve.engine import addresses as engine

    return propose(lambda: engine.quantities(_part(ctx)), incomplete)


def layers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The numbers of layers."""
    from nnsolve.engine import addresses as engine

    return propose(lambda: engine.layers(_part(ctx)), incomplete)


def parts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of parts."""
    return propose(lambda: [(p.id, p.problem.title or "") for p in _problem(ctx).parts], incomplete)


def _part(ctx: click.Context) -> Problem:
    """The part of the problem that the line names, else all of it."""
    from nnsolve.engine.select import part_of

    part = ctx.params.get("part")
    return _problem(ctx) if part is None else part_of(_problem(ctx), part)


def _problem(ctx: click.Context) -> Problem:
    from nnsolve.problem.loader import load_problem

    # Where an option still waits for its value, click has not come to the arguments.
    given = ctx.params.get("problem") or next((word for word in ctx.args if is_yaml(os.path.basename(word))), None)
    return load_problem(os.path.expanduser(find_problem(given)))
