"""`nnsolve run`: solve a problem and print every step."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from nnsolve.cli import completion
from nnsolve.cli.common import load, print_findings, problem_argument, spread_option
from nnsolve.cli.output import style_for, write_report, write_text
from nnsolve.cli.reporting import report_format, report_options
from nnsolve.core.diagnostics import Diagnostic
from nnsolve.report.formats import FORMATS


class RunCommand(click.Command):
    """`--only` takes all words up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["words"] = list(args)
        return super().parse_args(ctx, spread_option(args, "--only"))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        words = spread_option([*ctx.meta["words"], incomplete], "--only")
        if words[-2:-1] == ["--only"] and not incomplete.startswith("-"):
            return completion.addresses(ctx, None, incomplete)
        return super().shell_complete(ctx, incomplete)


@click.command("run", cls=RunCommand, short_help="Solve a problem and print every step.")
@problem_argument
@click.option("--only", multiple=True, metavar="ADDRESS...", shell_complete=completion.addresses,
              help="Only these steps and answers: --only z1 dL/dW1.")  # fmt: skip
@click.option("--part", metavar="ID", shell_complete=completion.parts, help="Only this part of the problem.")
@report_options
def command(
    problem: str | None,
    only: tuple[str, ...],
    part: str | None,
    detail: str,
    decimals: int | None,
    format: str | None,
    output: str | None,
    width: int | None,
    fragment: bool,
) -> None:
    """Solve a problem and print every step: the formula, the numbers put in, the result.

    PROBLEM is a YAML file; left out it is problem.yaml, else the only problem file here.

    \b
    Examples:
      nnsolve run problem.yaml
      nnsolve run problem.yaml --only z1 dL/dW1 --detail full
      nnsolve run problem.yaml --format json -o solution.json
      nnsolve run problem.yaml -o solution.html
      nnsolve run problem.yaml -o solution.tex --detail full
      nnsolve run problem.yaml --format markdown --fragment

    Exit status: 0 solved, 2 wrong usage or a broken problem file.
    """
    from nnsolve.engine.select import select
    from nnsolve.engine.solve import Solution

    format = report_format(format, output, fragment)
    loaded = load(problem, output)
    sections = select(Solution(loaded), only, part)
    if detail == "brief" and not any(section.answers for section in sections):
        message, help = "nothing is asked, so there are no answers to print", "add  ask: [...],  or name it: --only z1"
        print_findings([Diagnostic("nothing-asked", message, loaded.place, help, "warning")])
    style = style_for(output, detail, decimals, width)._replace(fragment=fragment, letters=width)
    if format == "text":
        from nnsolve.report.text import report

        write_report(report(sections, style), output)
    else:
        write_text(FORMATS[format](sections, style), output)
