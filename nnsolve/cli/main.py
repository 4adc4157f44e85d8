"""The command line: a group whose commands are loaded when they are called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nnsolve import __version__
from nnsolve.cli.actions import defused_output
from nnsolve.core.garbage import SELDOM

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A command: its module below `nnsolve.cli`, and its line in the help."""

    module: str
    help: str


COMMANDS = {
    "run": Entry("run", "Solve a problem and print every step."),
    "train": Entry("train", "Run the training loop; losses, parameters, predictions."),
    "grad": Entry("grad", "The chain rule for one layer, factor by factor."),
    "draw": Entry("draw", "Draw the network, or the graph of the equations."),
    "explain": Entry("explain", "Explain an activation, loss, layer or optimizer."),
    "export": Entry("export", "Write a script or notebook of its own that computes the same."),
    "check": Entry("check", "Check answer files."),
    "causes": Entry("causes", "List the mistakes that check names, or show one."),
    "answers": Entry("answers", "Print an answer file, blank or with the solution."),
    "new": Entry("new", "Write a commented starter file."),
    "lint": Entry("lint", "Check problem files."),
    "schema": Entry("schema", "Print the JSON Schema of a kind of file, for editors."),
}


class LazyGroup(click.Group):
    """Lists its commands without importing them: `--help` needs neither NumPy nor YAML."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        gc.set_threshold(SELDOM)  # what starts up stays
        command = importlib.import_module(f"nnsolve.cli.{COMMANDS[name].module}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that a shell proposes, and the options; no command is imported for it."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=entry.help) for name, entry in COMMANDS.items()]
        return [item for item in found if item.value.startswith(incomplete)] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the arguments and run; a stream that is closed or full is no reason for a traceback."""
        if sys.stdout is None or sys.stderr is None:  # closed by the shell: `>&-`
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it stays open to the end
            sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
        if "_NNSOLVE_COMPLETE" in os.environ:
            importlib.import_module("nnsolve.cli.shells")
        try:
            with defused_output():
                return super().main(*args, **kwargs)
        except OSError as error:
            from nnsolve.cli.common import unwritable

            sys.exit(unwritable(error))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a user can cause ends in a message, not in a traceback."""
        from nnsolve.cli.common import reported_errors

        with reported_errors():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; suggest the nearest one to a name that is not known."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS and not ctx.resilient_parsing:
            from nnsolve.core.diagnostics import did_you_mean

            help = did_you_mean(name, COMMANDS) or f"commands: {', '.join(COMMANDS)}"
            ctx.fail(f"No such command {name!r}; {help}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nnsolve")
def main() -> None:
    """Worked solutions of neural-network homework.

    A YAML file describes weights, inputs, targets and what is asked; nnsolve prints every step: the formula, the
    numbers put in, the result.

    \b
    nnsolve new                     write a starter file, problem.yaml
    nnsolve run problem.yaml        solve it
    nnsolve train problem.yaml      run its training loop
    nnsolve grad --layer 2          explain one layer's gradients
    nnsolve check answers.yaml      check answers

    Where PROBLEM is left out it is problem.yaml in the current folder, else the only problem file there.
    """
