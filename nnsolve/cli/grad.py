"""`nnsolve grad`: the chain rule for one layer, factor by factor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from nnsolve.cli import completion
from nnsolve.cli.common import harmless, load, problem_argument
from nnsolve.cli.output import style_for, write_report, write_text
from nnsolve.cli.reporting import report_format, report_options
from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.report.formats import TYPESET

if TYPE_CHECKING:
    from nnsolve.engine.solution import Section

DEVIATES = 1
"""Exit status: --verify found a deviation."""


@click.command("grad", short_help="The chain rule for one layer, factor by factor.")
@problem_argument
@click.option("--layer", type=int, metavar="N", shell_complete=completion.layers,
              help="The parameters of layer N; those of all layers if left out.")  # fmt: skip
@click.option(
    "--of", metavar="NAME", shell_complete=completion.quantities, help="One quantity instead: --of W2, --of z1."
)
@click.option("--time", type=int, metavar="T", help="Only what time step T adds to them.")
@click.option("--verify", is_flag=True, help="Compare with central differences of the loss.")
@click.option(
    "--part", metavar="ID", shell_complete=completion.parts, help="The gradients of this part of the problem."
)
@report_options
def command(
    problem: str | None,
    layer: int | None,
    of: str | None,
    time: int | None,
    verify: bool,
    part: str | None,
    detail: str,
    decimals: int | None,
    format: str | None,
    output: str | None,
    width: int | None,
    fragment: bool,
) -> None:
    """The chain rule for one layer, factor by factor: what comes in, the local derivative, their product.

    PROBLEM is a YAML file; left out it is problem.yaml, else the only problem file here.

    \b
    Examples:
      nnsolve grad problem.yaml --layer 2
      nnsolve grad problem.yaml --of W1 --verify
      nnsolve grad problem.yaml --layer 1 --time 3
      nnsolve grad problem.yaml --layer 1 -o layer1.html

    Exit status: 0 done, 1 --verify found a deviation, 2 wrong usage or a broken problem file.
    """
    from nnsolve.engine.gradients import layer_gradients
    from nnsolve.engine.select import one_part

    format = report_format(format, output, fragment)
    if layer is not None and of is not None:
        raise click.UsageError("--layer and --of exclude each other; give one of them")
    if of is not None and "[" in of:
        _refuse_element(of)
    loaded = load(problem, output)
    gradients = layer_gradients(one_part(loaded, part), layer, of, verify, time)
    if not gradients.names:
        _refuse_nothing(gradients.section, loaded.path)
    style = style_for(output, detail, decimals, width)._replace(fragment=fragment, letters=width)
    if format == "text":
        from nnsolve.report.grad import gradient_report

        write_report(gradient_report(gradients, style, verify), output)
    elif format == "json":
        from nnsolve.cli.gradjson import document as json_document

        write_text(json_document(gradients, verify), output)
    else:
        from nnsolve.report.typeset.grad import document

        write_text(TYPESET[format](document(gradients, style, verify), style), output)
    if not all(check.passed for check in gradients.verifications):
        sys.exit(DEVIATES)


def _refuse_element(of: str) -> NoReturn:
    """An element has no equations of its own: the chain rule is that of the whole tensor."""
    whole = of[: of.index("[")].strip()
    message = f"{harmless(of)} is an element, and elements have no chain rule of their own"
    raise ProblemError.of("unknown-name", message, None, f"take the whole: --of {harmless(whole)}")


def _refuse_nothing(section: Section, path: str) -> NoReturn:
    """Without parameters there is nothing to differentiate, and nothing that --verify could find wrong."""
    inputs = [step.name for step in section.trace.steps if step.role == "input"]
    names = inputs or [step.name for step in section.trace.steps if step.equation is not None]
    help = f"name one quantity: --of {names[0]}" if names else "name one quantity with --of"
    raise ProblemError.of("no-parameters", "the problem has no parameters", Place(path), help)
