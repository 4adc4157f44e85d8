"""`nnsolve new`: write a commented starter file."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

from nnsolve.cli.common import harmless
from nnsolve.cli.completion import propose
from nnsolve.cli.output import is_file, write_file, write_text

DEFAULT = "layers"


class Starter(NamedTuple):
    """A starter file, and the name that it is written to and that its comments call it by."""

    text: str
    file: str

    @property
    def summary(self) -> str:
        """What it is: its first line."""
        return self.text.partition("\n")[0].strip("# ")

    def commands(self, name: str) -> list[str]:
        """What can be done with it, as its comments say, under another name."""
        found = [line.removeprefix("#   ") for line in self.text.splitlines() if line.startswith("#   nnsolve ")]
        return [line.partition("  ")[0].replace(self.file, name) for line in found]


def starters() -> dict[str, Starter]:
    """The starter files by kind, the default one first; problems before what goes with them."""
    problems = {kind: Starter(text, "problem.yaml") for kind, text in _texts("nnsolve.problem").items()}
    others = {kind: Starter(text, f"{kind}.yaml") for kind, text in _texts("nnsolve.checking").items()}
    return {DEFAULT: problems[DEFAULT], **problems, **others}


def _texts(package: str) -> dict[str, str]:
    found = files(package).joinpath("starters").iterdir()
    named = [(entry.name.removesuffix(".yaml"), entry) for entry in found if entry.name.endswith(".yaml")]
    return {kind: entry.read_text(encoding="utf-8") for kind, entry in sorted(named, key=lambda pair: pair[0])}


def _kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return propose(lambda: [(kind, starter.summary) for kind, starter in starters().items()], incomplete)


@click.command("new", short_help="Write a commented starter file.")
@click.argument("kind", required=False, default=DEFAULT, metavar="[KIND]", shell_complete=_kinds)
@click.option("-o", "--output", type=click.Path(), metavar="FILE",
              help="The file to write; problem.yaml, answers.yaml or verdicts.yaml if left out. "
              "- is standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--list", "show_list", is_flag=True, help="List the kinds.")
def command(kind: str, output: str | None, force: bool, show_list: bool) -> None:
    """Write a commented starter file that works as it stands; change its numbers to yours.

    KIND is a problem: layers (the default), batch, equations, gru, lstm, regression, rnn or training. Or it is answers
    or verdicts (those that are set by hand), to the problem that `nnsolve new` writes.

    \b
    Examples:
      nnsolve new
      nnsolve new equations -o homework3.yaml
      nnsolve new answers
      nnsolve new --list

    Exit status: 0 written, 2 wrong usage or the file is there already.
    """
    found = starters()
    if show_list:
        width = max(map(len, found))
        write_text("".join(f"{name:{width}}  {starter.summary}\n" for name, starter in found.items()), None)
        return
    if kind not in found:
        from nnsolve.core.diagnostics import did_you_mean

        help = did_you_mean(kind, found) or f"kinds: {', '.join(found)}"
        raise click.UsageError(f"There is no starter called {harmless(kind)!r}; {help}")
    starter = found[kind]
    path = output or starter.file
    if not is_file(path):
        write_text(starter.text, None)
        return
    if Path(path).is_dir():
        raise click.UsageError(f"{harmless(path)} is a folder; name a file in it")
    if Path(path).exists() and not force:
        raise click.UsageError(f"{harmless(path)} is there already; --force replaces it, -o FILE writes another one")
    name = shlex.quote(path)
    write_file(path, lambda file: file.write(starter.text.replace(starter.file, name)))
    click.echo(f"{harmless(path)} is written: {starter.summary}")
    click.echo(f"Change its numbers to yours, then:  {harmless(starter.commands(name)[0])}")
