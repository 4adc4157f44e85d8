"""`nnsolve causes`: the mistakes that `nnsolve check` names."""

from __future__ import annotations

import json

import click
from click.shell_completion import CompletionItem

from nnsolve.cli.common import harmless
from nnsolve.cli.output import style_for, write_report, write_text
from nnsolve.cli.reporting import WIDTH, format_for, format_option

FORMATS = ("text", "json")


def complete_code(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The codes that begin with what is typed already."""
    from nnsolve.checking.mistakes import CAUSES

    return [CompletionItem(code) for code in sorted(CAUSES) if code.startswith(incomplete)]


@click.command("causes", short_help="List the mistakes that check names, or show one.")
@click.argument("code", required=False, metavar="[CODE]", shell_complete=complete_code)
@format_option(FORMATS)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output.")
@click.option("--width", type=click.IntRange(40, 400), metavar="N",
              help=WIDTH)  # fmt: skip
def command(code: str | None, format: str | None, output: str | None, width: int | None) -> None:
    """List the mistakes that `nnsolve check` looks for: each with its code, and the sentence that a student is told.

    With a CODE, that mistake at a small example: the problem, the right numbers, and those that the mistake gives.

    \b
    Examples:
      nnsolve causes
      nnsolve causes factors-exchanged
      nnsolve causes --format json

    Exit status: 0 listed, 2 there is no such code.
    """
    from nnsolve.checking.catalogue import listed, worked
    from nnsolve.core.diagnostics import did_you_mean
    from nnsolve.report.causes import cause_record, cause_report, list_report

    format = format_for(format, output, FORMATS)
    mistakes = listed()
    if code is not None and code not in mistakes:
        help = did_you_mean(code, list(mistakes)) or "nnsolve causes lists the codes"
        raise click.UsageError(f"There is no mistake {harmless(code)!r}; {help}")
    if format == "json":
        found = (
            [cause_record(mistake) for mistake in mistakes.values()]
            if code is None
            else cause_record(mistakes[code], worked(mistakes[code]))
        )
        write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", output)
        return
    style = style_for(output, "steps", None, width)
    one = None if code is None else mistakes[code]
    write_report(list_report(mistakes, style) if one is None else cause_report(one, worked(one), style), output)
