"""`nnsolve train`: run the training loop, and show where it led."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from nnsolve.cli import completion
from nnsolve.cli.common import INTERRUPTED, decimals_option, harmless, load, problem_argument
from nnsolve.cli.output import shows_unicode, style_for, write_file, write_report, write_text
from nnsolve.core.diagnostics import Findings, ProblemError

if TYPE_CHECKING:
    from nnsolve.engine.curve import Curve
    from nnsolve.engine.outcome import Outcome
    from nnsolve.engine.run import Run
    from nnsolve.engine.training import Trainer
    from nnsolve.problem.model import Problem

DIVERGED = 1
"""Exit status: the training left the finite numbers."""

REFRESH = 0.1
"""Seconds between two looks at the progress bar."""


class Epochs(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """Numbers of epochs between commas."""

    name = "epochs"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        words = [word.strip() for word in str(value).split(",")]
        if not all(word.isascii() and word.isdecimal() and len(word) < 12 and int(word) for word in words):
            self.fail(f"{harmless(str(value))!r}: epochs are whole numbers from 1 on, as 1,10,100", param, ctx)
        return tuple(map(int, words))


class Target(click.ParamType):  # type: ignore[type-arg]
    """A file to write, by what its name ends in."""

    name = "file"

    def __init__(self, *endings: str) -> None:
        self.endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = str(value)
        if not path.lower().endswith(self.endings):
            self.fail(f"{harmless(path)!r} does not end in {' or '.join(self.endings)}", param, ctx)
        if os.path.isdir(path) or not os.path.isdir(os.path.dirname(path) or "."):
            self.fail(f"{harmless(path)!r} cannot be written: there is no such folder, or it is one", param, ctx)
        return path


@click.command("train", short_help="Run the training loop; losses, parameters, predictions.")
@problem_argument
@click.option("--epochs", type=click.IntRange(0, 10**9), metavar="N", help="Train N epochs, whatever the file says.")
@click.option("--steps", type=click.IntRange(0, 10**9), metavar="N", help="Make N updates, whatever the file says.")
@click.option("--part", metavar="ID", shell_complete=completion.parts, help="Train this part of the problem.")
@click.option(
    "--at",
    type=Epochs(),
    multiple=True,
    metavar="E,E...",
    help="The epochs of the table: --at 1,10,100; about ten if left out.",
)
@click.option("--log", is_flag=True, help="Draw the loss on a logarithmic scale.")
@click.option(
    "--plot",
    type=Target(".svg", ".png"),
    metavar="FILE",
    help="Draw the curve into FILE.svg or FILE.png (needs matplotlib).",
)
@click.option(
    "-o",
    "--output",
    type=Target(".yaml", ".yml", ".npz"),
    metavar="FILE",
    help="Write the final parameters to FILE.yaml or FILE.npz, for a problem to load.",
)
@decimals_option
@click.option(
    "--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@click.option(
    "--width",
    type=click.IntRange(40, 400),
    metavar="N",
    help="Columns to use; the terminal's if left out (80 in a pipe, or $COLUMNS).",
)
def command(
    problem: str | None,
    epochs: int | None,
    steps: int | None,
    part: str | None,
    at: tuple[tuple[int, ...], ...],
    log: bool,
    plot: str | None,
    output: str | None,
    decimals: int | None,
    format: str,
    width: int | None,
) -> None:
    """Run the training loop: the loss of each epoch, the final parameters, the predictions.

    PROBLEM is a YAML file; left out it is problem.yaml, else the only problem file here. Ctrl-C ends the training and
    shows what was reached.

    \b
    Examples:
      nnsolve train problem.yaml
      nnsolve train problem.yaml --epochs 1000 --at 1,10,100,1000
      nnsolve train problem.yaml -o trained.yaml --plot loss.svg

    Exit status: 0 trained, 1 the loss is no longer finite, 2 wrong usage or a broken problem file, 130 Ctrl-C.
    """  # fmt: skip
    if plot is not None:
        _need_matplotlib()
    from nnsolve.engine.select import one_part

    chosen = _counted(one_part(load(problem, output), part), epochs, steps)
    found, interrupted = _train(chosen, [epoch for group in at for epoch in group], output)
    if format == "json":
        from nnsolve.cli.trainjson import document

        write_text(document(found, interrupted), None)
    else:
        from nnsolve.report.training import training_report

        write_report(training_report(found, style_for(None, "steps", decimals, width), log), None)
    _write_files(found, output, plot, log, quiet=format == "json")
    if found.divergence is not None:
        sys.exit(DIVERGED)
    if interrupted:
        sys.exit(INTERRUPTED)


# What is trained ------------------------------------------------------------------------------------------------------


def _counted(problem: Problem, epochs: int | None, steps: int | None) -> Problem:
    """The problem with as many epochs or updates as are asked for; raises `ProblemError` where none are said."""
    training = problem.training
    if epochs is not None and steps is not None:
        raise click.UsageError("--epochs and --steps exclude each other")
    if training is None:
        raise _untrained(problem)
    if epochs is not None or steps is not None:
        return problem._replace(training=training._replace(epochs=epochs, steps=steps))
    if training.epochs is None and training.steps is None:
        help = "add  epochs: 100  (or steps: 100) to training, or say --epochs 100"
        raise ProblemError.of("no-steps", "training says neither steps nor epochs", training.place, help)
    return problem


def _untrained(problem: Problem) -> ProblemError:
    """The error for a problem without `training:`, with all else that is wrong with it."""
    from nnsolve.engine.run import Run

    findings = Findings()
    with findings:
        Run(problem)
    help = "add  training: {learning_rate: 0.1, epochs: 100}"
    findings.error("no-training", "the problem does not say how it is trained", problem.place, help)
    return ProblemError(findings.diagnostics)


def _train(problem: Problem, at: list[int], output: str | None) -> tuple[Outcome, bool]:
    """Train; what came out, and whether Ctrl-C ended it."""
    from nnsolve.engine.curve import Curve
    from nnsolve.engine.outcome import outcome
    from nnsolve.engine.run import Run
    from nnsolve.engine.training import Trainer

    run = Run(problem)
    assert run.last is not None
    late = [epoch for epoch in at if epoch * run.per_epoch > run.last]
    if late:
        whole = run.last // run.per_epoch
        raise click.UsageError(f"--at {late[0]} comes after the end: the training has {whole} whole epochs")
    _check_size(run, output)
    curve = Curve(at)
    trainer = Trainer(run)
    interrupted = False
    try:
        _advance(trainer, run, curve)
    except KeyboardInterrupt:
        interrupted = True
    return outcome(run, trainer.parameters, trainer.update, curve, trainer.divergence), interrupted


def _check_size(run: Run, output: str | None) -> None:
    """Refuse a YAML file that would be too large to be read again."""
    from nnsolve.report.parameters import MOST_YAML

    count = sum(run.program.shapes.of(name).size for name in {*run.program.parameters, *run.program.updated})
    if output is not None and not output.lower().endswith(".npz") and count > MOST_YAML:
        raise click.UsageError(f"{harmless(output)}: {count} numbers are too many for a YAML file; write FILE.npz")


def _advance(trainer: Trainer, run: Run, curve: Curve) -> None:
    """Make all updates, unless a value is no longer finite; on a terminal with a bar."""
    assert run.last is not None
    many = 1  # updates between two looks at the clock
    with _bar(run) as show:
        while trainer.update < run.last and trainer.divergence is None:
            start = perf_counter()
            trainer.advance(min(trainer.update + many, run.last), curve.add)
            seconds = perf_counter() - start
            if seconds < REFRESH:
                many *= 2
            elif seconds > 2 * REFRESH:
                many = max(many // 2, 1)
            show(trainer.update, curve.last)


@contextmanager
def _bar(run: Run) -> Iterator[Callable[[int, float | None], None]]:
    """What shows how far the training is: nothing where standard error is no terminal that can redraw a line."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda update, loss: None
        return
    from nnsolve.report.progress import Bar

    assert run.last is not None
    with Bar(sys.stderr, shows_unicode(sys.stderr.encoding, os.environ), run.last, run.per_epoch) as bar:
        yield bar.show


# Files ----------------------------------------------------------------------------------------------------------------


def _need_matplotlib() -> None:
    from nnsolve.report.figure import available

    if not available():
        raise click.UsageError("--plot needs matplotlib; install it with:  python -m pip install 'nnsolve[plot]'")


def _write_files(found: Outcome, output: str | None, plot: str | None, log: bool, quiet: bool) -> None:
    """The parameters and the picture; a line on each, on standard error where the output is for a program."""
    if not quiet and (output or plot):
        click.echo()
    if output is not None:
        _write_parameters(found, output, quiet)
    if plot is not None and not found.curve.points:
        click.echo(f"{harmless(plot)} is not written: there are no losses to draw", err=True)
    elif plot is not None:
        from nnsolve.report.figure import write_figure

        format = plot.lower().rpartition(".")[2]
        write_file(plot, lambda file: write_figure(file, format, found, log), binary=True)
        click.echo(f"{harmless(plot)} is written: the loss curve", err=quiet)


def _write_parameters(found: Outcome, path: str, quiet: bool) -> None:
    from nnsolve.report.parameters import kept, write_npz, yaml_text

    if found.divergence is not None:
        click.echo(f"{harmless(path)} is not written: the training diverged", err=True)
        return
    if path.lower().endswith(".npz"):
        write_file(path, lambda file: write_npz(file, kept(found)), binary=True)
    else:
        text = yaml_text(found, os.path.basename(path))
        write_file(path, lambda file: file.write(text))
    names = ", ".join(str(step.name.after(0)) for step in found.parameters if step.role == "parameter")
    if any(step.role == "state" for step in found.parameters):
        names += " and the optimizer's state"
    click.echo(f"{harmless(path)} is written: {names} after {found.updates} updates", err=quiet)
