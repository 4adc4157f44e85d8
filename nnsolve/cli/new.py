"""`nnsolve new`: write a commented starter file."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from nnsolve.cli.common import harmless
from nnsolve.cli.completion import propose
from nnsolve.cli.output import is_file, write_file, write_text

DEFAULT = "layers"


def starters() -> dict[str, str]:
    """The starter files by kind, the default one first."""
    found = {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in files("nnsolve.problem").joinpath("starters").iterdir()
        if entry.name.endswith(".yaml")
    }
    return {kind: found[kind] for kind in sorted(found, key=lambda kind: (kind != DEFAULT, kind))}


def summary(text: str) -> str:
    """What a starter is: its first line."""
    return text.partition("\n")[0].strip("# ")


def _kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return propose(lambda: [(kind, summary(text)) for kind, text in starters().items()], incomplete)


@click.command("new", short_help="Write a commented starter file.")
@click.argument("kind", required=False, default=DEFAULT, metavar="[KIND]", shell_complete=_kinds)
@click.option("-o", "--output", default="problem.yaml", show_default=True, type=click.Path(), metavar="FILE",
              help="The file to write; - is standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--list", "show_list", is_flag=True, help="List the kinds.")
def command(kind: str, output: str, force: bool, show_list: bool) -> None:
    """Write a commented starter file that is solved as it stands; change its numbers to yours.

    KIND is layers (the default), batch, equations or regression.

    \b
    Examples:
      nnsolve new
      nnsolve new equations -o homework3.yaml
      nnsolve new --list

    Exit status: 0 written, 2 wrong usage or the file is there already.
    """
    found = starters()
    if show_list:
        width = max(map(len, found))
        write_text("".join(f"{name:{width}}  {summary(text)}\n" for name, text in found.items()), None)
        return
    if kind not in found:
        from nnsolve.core.diagnostics import did_you_mean

        help = did_you_mean(kind, found) or f"kinds: {', '.join(found)}"
        raise click.UsageError(f"There is no starter called {harmless(kind)!r}; {help}")
    text = found[kind]
    if not is_file(output):
        write_text(text, None)
        return
    if Path(output).is_dir():
        raise click.UsageError(f"{harmless(output)} is a folder; name a file in it")
    if Path(output).exists() and not force:
        raise click.UsageError(f"{harmless(output)} is there already; --force replaces it, -o FILE writes another one")
    name = shlex.quote(output)
    write_file(output, lambda file: file.write(text.replace("problem.yaml", name)))
    click.echo(f"{harmless(output)} is written: {summary(text)}")
    click.echo(f"Change it to your problem, then:  nnsolve run {harmless(name)}")
