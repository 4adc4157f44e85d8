"""What the commands share: finding the problem file, reporting errors, the options of a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnsolve.core.diagnostics import Diagnostic, Place, ProblemError

if TYPE_CHECKING:
    from nnsolve.problem.model import Problem

BROKEN = 2
"""Exit status: wrong usage or a broken problem file."""

INTERRUPTED = 130

MOST_FINDINGS = 200
"""Findings that are printed; of more the number is said."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


# Errors ---------------------------------------------------------------------------------------------------------------


@contextmanager
def reported_errors() -> Iterator[None]:
    """Print what a user can cause to standard error, and exit with its status; no traceback."""
    try:
        yield
    except ProblemError as error:
        print_findings(error.diagnostics)
        sys.exit(BROKEN)
    except BrokenPipeError:  # whoever reads the output has seen enough
        _discard_output()
        sys.exit(0)
    except OSError as error:
        sys.exit(unwritable(error))
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except (MemoryError, RecursionError):
        print_findings([Diagnostic("too-big", "the problem takes too much memory, or is nested too deeply")])
        sys.exit(BROKEN)


def unwritable(error: OSError) -> int:
    """Say that the output cannot be written; the exit status."""
    _discard_output()
    click.echo(f"Error: the output cannot be written: {error.strerror or error}", err=True)
    return BROKEN


def _discard_output() -> None:
    """Keep the interpreter from flushing into a closed pipe or a full disk at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_findings(findings: Iterable[Diagnostic], stream: Any = None) -> None:
    """Findings on standard error (or another stream), the file's own text made harmless."""
    stream = stream or sys.stderr
    coloured = wants_colour(stream)
    listed = list(findings)
    for finding in listed[:MOST_FINDINGS]:
        head, bracket, rest = harmless(str(finding), stream).partition("]")
        if coloured:
            head = click.style(head + bracket, fg="red" if finding.severity == "error" else "magenta", bold=True)
            bracket = ""
        click.echo(head + bracket + rest, file=stream, color=coloured)
    if len(listed) > MOST_FINDINGS:
        click.echo(f"... and {len(listed) - MOST_FINDINGS} more findings", file=stream)


def wants_colour(stream: Any) -> bool:
    """Whether colours are shown: in a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def harmless(text: str, stream: Any = None) -> str:
    """Text without control characters and what the stream's encoding cannot show."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)
    encoding = getattr(stream or sys.stderr, "encoding", None) or "utf-8"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


# The problem ----------------------------------------------------------------------------------------------------------


def find_problem(path: str | None) -> str:
    """The problem file that is meant: the given one, else problem.yaml, else the only one in the folder."""
    if path is not None:
        return path
    if os.path.isfile("problem.yaml"):
        return "problem.yaml"
    found = sorted(p for p in os.listdir() if is_yaml(p) and file_kind(p) == PROBLEM)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(harmless(p) for p in found[:8]) + (", ..." if len(found) > 8 else "")
        raise click.UsageError(f"Several problem files are here; name one of them: {names}")
    raise click.UsageError("There is no problem file here. Name one, or write one: nnsolve new")


def is_yaml(name: str) -> bool:
    """Whether a file's name is that of a YAML file that is not hidden."""
    return name.endswith((".yaml", ".yml")) and not name.startswith(".")


PROBLEM, ANSWERS, VERDICTS, PARAMETERS = "problem", "answer file", "verdict file", "parameter file"


def file_kind(path: str) -> str | None:
    """What a YAML file looks like, by the keys that start a line; None where there is no file."""
    from nnsolve.problem.source import PARAMETERS_HEAD

    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            start = file.read(65536)
    except OSError:
        return PROBLEM
    if start.startswith(PARAMETERS_HEAD.encode()):
        return PARAMETERS
    keys = {line.partition(b":")[0] for line in start.removeprefix(b"\xef\xbb\xbf").splitlines() if b":" in line}
    if b"problem" in keys:
        return ANSWERS
    return VERDICTS if b"verdicts" in keys else PROBLEM


def load(path: str | None, output: str | None = None) -> Problem:
    """The problem that is meant; raises `ProblemError` with all that is wrong, and prints warnings.

    It must not be the file that the output goes to.
    """
    from nnsolve.engine.solve import faults
    from nnsolve.problem.loader import load_problem_findings

    path = find_problem(path)
    if output is not None and os.path.exists(output) and os.path.exists(path) and os.path.samefile(path, output):
        raise click.UsageError(f"-o {harmless(output)} would replace the problem itself; name another file")
    problem, findings = load_problem_findings(path, faults)
    if problem is None and file_kind(path) == ANSWERS:
        help = "give the problem file that its problem: names"
        raise ProblemError.of("answer-file", "this is an answer file, not a problem", Place(path), help)
    if problem is None and file_kind(path) == PARAMETERS:
        help = f"a problem reads it: W: {{file: {os.path.basename(path)}, key: W1}}"
        raise ProblemError.of("parameter-file", "these are trained parameters, not a problem", Place(path), help)
    if problem is None:
        raise ProblemError(findings)
    print_findings(findings)
    return problem


# Options of a report --------------------------------------------------------------------------------------------------


def problem_argument(function: _Function) -> _Function:
    """PROBLEM, which may be left out."""
    from nnsolve.cli.completion import problem_files  # which finds files by what stands above

    return click.argument("problem", required=False, metavar="[PROBLEM]", shell_complete=problem_files)(function)


def decimals_option(function: _Function) -> _Function:
    """--decimals."""
    help = "Show N decimals everywhere; what is computed stays exact."
    return click.option("--decimals", type=click.IntRange(0, 15), metavar="N", help=help)(function)


def spread_option(args: Sequence[str], option: str) -> list[str]:
    """`--only z1 a1` as `--only z1 --only a1`: all words up to the next option or file belong to it."""
    result: list[str] = []
    inside = False
    awaited = False  # the option's first word is taken whatever it looks like
    for arg in args:
        if arg == option:
            inside = awaited = True
            continue
        if arg.startswith(option + "="):
            inside = True
            result.append(arg)
            continue
        if arg.startswith("--") or arg in ("-o", "-h"):
            inside = awaited = False
        if inside and (awaited or not _is_file(arg)):
            result += [option, arg]
            awaited = False
        else:
            inside = False
            result.append(arg)
    return [*result, option] if awaited else result


def _is_file(arg: str) -> bool:
    return arg.endswith((".yaml", ".yml")) or os.path.isfile(arg)
