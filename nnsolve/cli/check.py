"""`nnsolve check`: check answer files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from shutil import copyfileobj
from tempfile import TemporaryFile
from threading import Event, Thread, current_thread, main_thread
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import click

from nnsolve.cli import completion
from nnsolve.cli.actions import annotate, in_actions, show_on_page
from nnsolve.cli.common import BROKEN, INTERRUPTED, harmless, print_findings
from nnsolve.cli.output import shows_unicode, style_for, write_file, write_report

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from types import FrameType

    from nnsolve.checking.model import Result
    from nnsolve.checking.summary import Summary
    from nnsolve.checking.verdictfile import Rulings
    from nnsolve.report.verdicts.writer import Writer

Send: TypeAlias = Callable[[IO[str]], object]
"""Takes a whole text to where it goes."""

OFTEN, LOOKS = 0.2, 5
"""Seconds between looks at the processes that share the work, and looks before one that is gone counts as lost."""

WRONG = 1
"""Exit status: something is wrong, imprecise, missing or unreadable."""


@click.command("check", short_help="Check answer files.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(), shell_complete=completion.answer_files
)
@click.option(
    "--problems",
    metavar="DIR",
    type=click.Path(),
    help="The folder of the problem files; else ./problems, the current folder, that of the answers "
    "and the one above it.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that share the work.",
)
@click.option("--json", type=click.Path(), metavar="FILE", help="Write the verdicts as JSON; - is standard output.")
@click.option("--csv", type=click.Path(), metavar="FILE", help="Write a table: a row a student, a column a question.")
@click.option("--html", type=click.Path(), metavar="FILE", help="Write a page: the class, and each student's verdicts.")
@click.option("--junit-xml", type=click.Path(), metavar="FILE", help="Write the verdicts as JUnit XML.")
@click.option("--gradescope", type=click.Path(), metavar="FILE", help="Write the results.json of one submission.")
@click.option(
    "--verdicts",
    type=click.Path(),
    metavar="FILE",
    help="Verdicts set by hand; else verdicts.yaml at the top of each folder.",
)
@click.option("--no-verdicts", is_flag=True, help="Read no verdicts.yaml.")
@click.option("--hide-solution", is_flag=True, help="Show no expected value, nor anything from which one follows.")
@click.option("--width", type=click.IntRange(40, 400), metavar="N",
              help="Columns to use; the terminal's if left out (80 in a pipe, or $COLUMNS).")  # fmt: skip
def command(
    paths: tuple[str, ...],
    problems: str | None,
    jobs: int,
    hide_solution: bool,
    width: int | None,
    verdicts: str | None,
    no_verdicts: bool,
    **formats: str | None,
) -> None:
    """Check answers: which are right, which are imprecise, wrong, or right given an earlier wrong one.

    PATH is an answer file, or a folder that is searched for *.yaml and *.yml. For one file every verdict is shown, for
    several the scores and how many were right in each question. Verdicts that were set by hand, in verdicts.yaml at the
    top of a folder, take the place of the computed ones.

    \b
    Examples:
      nnsolve check answers.yaml
      nnsolve check submissions --problems problems --jobs 4 --json verdicts.json
      nnsolve check answers.yaml --hide-solution

    Exit status: 0 every answer is right, 1 an answer is wrong, imprecise, missing or unreadable (so is an answer file
    that names no known problem), 2 wrong usage, a broken problem file or verdicts.yaml, or a lost process of --jobs.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are small: threads would only cost
    from nnsolve.checking.verdictfile import find_rulings

    files = _Files(paths, verdicts)
    _usage(paths, files, problems)
    if verdicts is not None and no_verdicts:
        raise click.UsageError("--verdicts and --no-verdicts exclude each other")
    rulings = find_rulings(paths, verdicts, not no_verdicts)
    outputs = {name.replace("_", "-"): path for name, path in formats.items() if path}
    _distinct(outputs.values(), files)
    if "gradescope" in outputs and files.are_several:
        raise click.UsageError("--gradescope is for one submission: give one answer file")
    done = _Outcome(rulings, _writers(outputs))
    stopped, status = "", INTERRUPTED
    with _Patience() as patience:
        try:
            _check(files, problems, jobs, hide_solution, done, patience)
        except KeyboardInterrupt:
            stopped = "interrupted"
        except _WorkerLostError:
            stopped, status = "Error: a process that shared the work was ended from outside", BROKEN
        patience.writes(partial(done.write, bool(stopped)))
    print_findings([*done.summary.broken, *rulings.findings])
    if "-" not in outputs.values():
        from nnsolve.report.check import class_report, student_report

        style = style_for(None, "steps", None, width)
        one = None if files.are_several else done.last
        report = student_report(one, style) if one else class_report(done.summary, style)
        write_report(report, None)
        if in_actions():
            show_on_page(str(report))
    if stopped:
        click.echo(f"{stopped}: {len(done.summary.rows)} of {len(files)} files were checked", err=True)
    if done.unwritten is not None:
        raise done.unwritten
    if stopped:
        sys.exit(status)
    if done.summary.broken or rulings.broken:
        sys.exit(BROKEN)
    sys.exit(0 if done.summary.all_right else WRONG)


class _Files:
    """The answer files; but for the first two they are looked for while these are checked already."""

    def __init__(self, paths: tuple[str, ...], but: str | None) -> None:
        from nnsolve.checking.files import answer_files

        self._search = partial(answer_files, paths, but)
        self._left = self._search()
        self._found = list(islice(self._left, 2))

    @property
    def are_several(self) -> bool:
        return len(self._found) > 1

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[str]:
        yield from self._found
        for path in self._left:
            self._found.append(path)
            yield path

    def __len__(self) -> int:
        # Searched again, since Ctrl-C may have ended the search.
        self._found, self._left = list(self._search()), iter(())
        return len(self._found)


def _usage(paths: tuple[str, ...], files: _Files, problems: str | None) -> None:
    """What is wrong with the arguments themselves."""
    for path in paths:
        if not os.path.lexists(path):
            raise click.UsageError(f"{harmless(path)} does not exist")
    if problems is not None and not os.path.isdir(problems):
        raise click.UsageError(f"--problems {harmless(problems)} is no folder")
    if not files:
        raise click.UsageError(f"There are no answer files in {', '.join(map(harmless, paths))}")


def _distinct(outputs: Collection[str], files: _Files) -> None:
    """No output takes the place of another one, or of an answer file."""
    from nnsolve.checking.files import true_path

    targets = [os.path.realpath(path) for path in outputs if path != "-"]
    if len(set(targets)) + ("-" in outputs) < len(outputs):
        raise click.UsageError("two formats cannot go to the same file")
    existing = set(filter(os.path.lexists, targets))
    for path in existing.intersection(map(true_path, files)) if existing else ():
        raise click.UsageError(f"{harmless(path)} is an answer file, which the output would replace")


class _Outcome:
    """What comes of a run: the summary, the last result, and the pieces of the files to write."""

    def __init__(self, rulings: Rulings, writers: list[tuple[Writer, Send]]) -> None:
        from nnsolve.checking.summary import Summary

        self.rulings = rulings
        self.summary: Summary = Summary()
        self.last: Result | None = None
        self.unwritten: click.UsageError | None = None
        # On disk until the end: memory stays flat, and what is there is written whole if the run is interrupted.
        self.texts = [
            (writer, TemporaryFile("w+", encoding="utf-8", newline=""), send)  # noqa: SIM115
            for writer, send in writers
        ]
        for writer, pieces, _ in self.texts:
            pieces.write(writer.begin())

    @property
    def is_summary(self) -> bool:
        """Whether nothing is needed of the results but what they amount to."""
        return not (self.texts or self.rulings)

    def add(self, result: Result) -> None:
        result = self.rulings.apply(result)
        self.summary.add(result)
        self.last = result
        for writer, pieces, _ in self.texts:
            pieces.write(writer.entry(result))

    def write(self, interrupted: bool) -> None:
        """Write every format; `unwritten` is the first error, where one cannot be written."""
        for writer, pieces, send in self.texts:
            pieces.write(writer.end(self.summary, interrupted))
            pieces.seek(0)
            try:
                send(pieces)
            except click.UsageError as error:
                self.unwritten = self.unwritten or error
            pieces.close()


class _Patience:
    """Ctrl-C waits while something is written down, so that every format has the same results; so does an order to end.

    What ends a run, as a time limit in CI does, is an interruption like Ctrl-C.
    """

    def __init__(self) -> None:
        self.handler: Any = None
        self.terminated: Any = signal.SIG_DFL
        self.is_writing = False
        self.waiting: tuple[int, FrameType | None] | None = None

    def __enter__(self) -> _Patience:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and current_thread() is main_thread():
            self.handler = handler
            signal.signal(signal.SIGINT, self._caught)
            self.terminated = signal.signal(signal.SIGTERM, self._caught)
        return self

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self.is_writing and self.waiting is None:  # twice means now
            self.waiting = number, frame
        else:
            self.handler(number, frame)

    def writes(self, write: Callable[[], None]) -> None:
        """Write without being interrupted; what came meanwhile takes effect then."""
        self.is_writing = True
        try:
            write()
        finally:
            self.is_writing = False
        if self.waiting is not None:
            waiting, self.waiting = self.waiting, None
            self.handler(*waiting)

    def __exit__(self, *error: object) -> None:
        if self.handler is not None:
            signal.signal(signal.SIGINT, self.handler)
            signal.signal(signal.SIGTERM, self.terminated)


def _writers(outputs: dict[str, str]) -> list[tuple[Writer, Send]]:
    """What writes each format that is asked for, and where to; in a step of GitHub Actions annotations too."""
    found: list[tuple[Writer, Send]] = []
    if outputs:
        from nnsolve.report.verdicts import WRITERS

        for name, path in outputs.items():
            found.append((WRITERS[name](), _print if path == "-" else partial(_copy, path)))
    if in_actions():
        from nnsolve.report.verdicts.github import GithubWriter

        writer = GithubWriter(os.environ.get("GITHUB_WORKSPACE") or ".")
        found.append((writer, lambda pieces: annotate(pieces.read())))
    return found


def _print(pieces: IO[str]) -> None:
    copyfileobj(pieces, sys.stdout)
    sys.stdout.flush()


def _copy(path: str, pieces: IO[str]) -> None:
    write_file(path, lambda file: copyfileobj(pieces, file))


def _check(files: _Files, problems: str | None, jobs: int, hide: bool, done: _Outcome, patience: _Patience) -> None:
    from nnsolve.checking.check import check_as, checked, gathered
    from nnsolve.checking.diagnose import diagnose
    from nnsolve.checking.summary import summed

    done.rulings.check_as = check_as(problems, diagnose, hide)
    with ExitStack() as stack:
        show = stack.enter_context(_bar(files))
        executor = stack.enter_context(_workers(jobs)) if jobs > 1 and files.are_several else None
        add: Iterator[Callable[[], None]]
        if executor is not None and done.is_summary:
            parts = gathered(files, summed, executor, problems, diagnose, hide)
            add = (partial(done.summary.merge, part) for part in parts)
        else:
            add = (partial(done.add, result) for result in checked(files, executor, problems, diagnose, hide))
        for one in add:
            patience.writes(one)
            show(len(done.summary.rows))


class _WorkerLostError(Exception):
    """A process that shared the work is gone: killed, or out of memory."""


@contextmanager
def _workers(jobs: int) -> Iterator[Executor]:
    """Processes that share the work. After an interruption they are ended: nobody waits for what they are at."""
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
    from multiprocessing import active_children

    executor = ProcessPoolExecutor(jobs, initializer=_leave_interrupts)
    watch = _Watch()
    try:
        with watch:
            yield executor
    except BaseException as error:
        for process in active_children():
            process.kill()
        executor.shutdown(wait=False, cancel_futures=True)
        if watch.has_lost or isinstance(error, BrokenExecutor):
            raise _WorkerLostError from None
        raise
    executor.shutdown()


def _leave_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal; the first one decides what comes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Watch:
    """Interrupts the main thread when a process is gone and the executor does not see it.

    It does not where the process was killed in the middle of a result: the executor then waits for the rest of it.
    """

    def __init__(self) -> None:
        self.has_lost = False
        self._ends = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        from multiprocessing import active_children

        most = missed = 0
        while missed < LOOKS:
            if self._ends.wait(OFTEN):
                return
            now = len(active_children())
            most, missed = max(most, now), missed + 1 if now < most else 0
        self.has_lost = True
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)


@contextmanager
def _bar(files: _Files) -> Iterator[Callable[[int], None]]:
    """What shows how many files are done: nothing for one, or where standard error is no terminal."""
    if not files.are_several or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda count: None
        return
    from nnsolve.report.progress import FileBar

    with FileBar(sys.stderr, shows_unicode(sys.stderr.encoding, os.environ), len(files)) as bar:
        yield bar.show
