"""`nnsolve explain`: all about an activation, a loss, a layer, an optimizer or a schedule."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from nnsolve.cli.common import harmless
from nnsolve.cli.output import style_for, write_report, write_text
from nnsolve.cli.reporting import WIDTH, format_for, format_option
from nnsolve.report.formats import TYPESET

FORMATS = ("text", *TYPESET)


def complete_topic(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The topics that begin with what is typed already."""
    from nnsolve.report.explain.topics import topics

    return [CompletionItem(name) for name in topics() if name.startswith(incomplete)]


@click.command("explain", short_help="Explain an activation, loss, layer or optimizer.")
@click.argument("topic", required=False, metavar="[TOPIC]", shell_complete=complete_topic)
@format_option(FORMATS)
@click.option(
    "--detail",
    type=click.Choice(["steps", "full"]),
    default="steps",
    show_default=True,
    help="full: a recurrent layer forwards and backwards with every number, and all arithmetic element by element.",
)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write to FILE; - is standard output.")
@click.option("--width", type=click.IntRange(40, 400), metavar="N",
              help=WIDTH)  # fmt: skip
def command(topic: str | None, format: str | None, detail: str, output: str | None, width: int | None) -> None:
    """Explain an activation, a loss, a layer, an optimizer or a learning-rate schedule.

    The formula, where it is defined and what it tends to, the derivative step by step, a picture, a worked number, the
    source. TOPIC is a name as problem files have it; left out, all topics are listed.

    \b
    Examples:
      nnsolve explain
      nnsolve explain sigmoid
      nnsolve explain adam -o adam.html

    Exit status: 0 explained, 2 there is no such topic.
    """
    from nnsolve.core.diagnostics import did_you_mean
    from nnsolve.report.explain.text import list_report, text_report
    from nnsolve.report.explain.topics import KINDS, pages, topics

    format = format_for(format, output, FORMATS)
    style = style_for(output, detail, None, width)
    if topic is None and format != "text":
        raise click.UsageError(f"The list of topics is text; {format} goes with a TOPIC")
    if topic is None:
        kinds = [(kind.title, {name: entry.doc for name, entry in kind.entries.items()}) for kind in KINDS]
        write_report(list_report(kinds, style), output)
        return
    if topic not in topics():
        help = did_you_mean(topic, topics()) or "nnsolve explain lists the topics"
        raise click.UsageError(f"There is no topic {harmless(topic)!r}; {help}")
    if format == "text":
        write_report(text_report(pages(topic, style), style), output)
        return
    from nnsolve.report.explain.typeset import document

    style = style._replace(unicode=True, letters=width)
    found = document(pages(topic, style), style, pictures=format == "html")
    write_text(TYPESET[format](found, style), output)
