"""`nnsolve schema`: the JSON Schema of a kind of file, for editors."""

from __future__ import annotations

import json
import os

import click

from nnsolve.checking.jsonschema import SCHEMAS
from nnsolve.cli.common import harmless
from nnsolve.cli.output import is_file, write_text


@click.command("schema", short_help="Print the JSON Schema of a kind of file, for editors.")
@click.argument("kind", type=click.Choice(list(SCHEMAS)))
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output.")
def command(kind: str, output: str | None) -> None:
    """Print the JSON Schema (draft 7) of a kind of file. With it an editor completes keys, explains them and marks
    mistakes as they are typed.

    KIND is problem, answers or verdicts (those that are set by hand).

    \b
    Examples:
      nnsolve schema problem -o problem.schema.json
      nnsolve schema answers -o answers.schema.json

    In editors with the YAML language server the line that is printed then stands at the top of a file.

    Exit status: 0 printed or written, 2 wrong usage.
    """
    write_text(json.dumps(SCHEMAS[kind](), indent=1, ensure_ascii=False) + "\n", output)
    if output is not None and is_file(output):
        name = os.path.basename(output)
        click.echo(f"{harmless(output)} is written. The line that switches it on, at the top of a file beside it:")
        click.echo(f"# yaml-language-server: $schema={harmless(name)}")
