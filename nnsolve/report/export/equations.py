"""Equations as lines of code, with the problem's own notation behind them where that reads differently."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from nnsolve.core.expressions import Call, Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.engine.infer import Shapes
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.report.export.comments import comment, harmless
from nnsolve.report.export.python import WIDTH, assignment, calling, code, literal
from nnsolve.report.export.spelling import Numpy
from nnsolve.report.export.timeloops import in_general
from nnsolve.report.unfold import spelled

Names = Callable[[Name], ast.expr]

LONGEST = 240
"""Characters of a formula that still explains something."""


class Site(NamedTuple):
    """Where equations are written: their program, shapes, how values are rounded, and what stands for a name.

    `plain` is what stands for a name as the program has it, where `names` takes those that are shown (W1@1). In a loop
    over time steps `time` is the one that the equations are of.
    """

    program: Program
    shapes: Shapes
    rounding: Roundings
    names: Names
    plain: Names
    time: int | None = None

    def spelled(self, name: Name, expr: Expr) -> str:
        """The equation in the problem's own notation; in a loop over time steps in general, h_t = tanh(z_t)."""
        time = self.time
        if time is None:
            return f"{name} = {spelled(expr)}"

        def general(node: Expr) -> Expr:
            return Ref(Name(in_general(node.name, time))) if isinstance(node, Ref) else node

        return f"{in_general(name, time)} = {spelled(rewrite(expr, general))}"


class Equations:
    """Writes equations as assignments."""

    def __init__(self, language: Numpy) -> None:
        self.language = language

    def lines(self, name: Name, target: str, expr: Expr, site: Site, indent: int = 0) -> list[str]:
        """The lines of `target = expr`."""
        text = site.spelled(name, expr)
        if isinstance(expr, Call) and expr.op == "jacobian":
            before, value = self.jacobian(expr, site, indent)
            said = True
        else:
            before, value = [], self.language.node(expr, site.shapes, site.names)
            said = _canonical(code(value)) == _canonical(spelled(_renamed(expr, site.names)))
            said = said or (isinstance(expr, Call) and self.language.over_time(expr, site.names) is not None)
        rule = site.rounding.rule(name)
        if rule is not None:
            value = self.language.rounded(value, rule)
            text += f", {site.rounding.describe(name)}"
            said = False
        lines = assignment(target, value, indent)
        if not said and len(text) <= LONGEST:
            lines = explained(lines, text, indent)
        return [*before, *lines]

    def jacobian(self, expr: Call, site: Site, indent: int) -> tuple[list[str], ast.expr]:
        """A derivative that is a matrix: a backward pass for each of its rows."""
        of, wrt = (arg.name.after(0) for arg in expr.args if isinstance(arg, Ref))
        seed, equations = site.program.pullback(of, wrt)
        identifiers, shape = self.language.identifiers, site.program.shapes.of(of)
        rows, unit = identifiers.own("rows_so_far"), identifiers.own("unit")

        def names(name: Name) -> ast.expr:
            if name.of == seed.of:
                return ast.Name(identifiers.fresh(("row", name), f"d{of.base}_d{name.base}_row"))
            return site.plain(name)

        inner = site._replace(shapes=site.program.shapes, names=names, rounding=Roundings((), site.program))
        body = assignment(code(names(seed)), self.called("np.reshape", ast.Name(unit), literal(shape.dims)))
        for each in equations:
            body += self.lines(each.name, code(names(each.name)), each.expr, inner, indent + 4)
        body.append(f"{rows}.append({code(self.called('np.ravel', names(equations[-1].name)))})")
        head = [f"{rows} = []", f"for {unit} in {code(self.called('np.eye', literal(shape.size)))}:"]
        return [*head, *(f"    {line}" for line in body)], self.called("np.stack", ast.Name(rows))

    def called(self, function: str, *args: ast.expr) -> ast.expr:
        """The call of a function of NumPy, or of what the language has in its place."""
        return self.language.translated(calling(function, *args))


def explained(lines: list[str], text: str, indent: int = 0) -> list[str]:
    """Lines with a comment behind them, or above them where there is no room."""
    shown = f"  # {harmless(text)}"
    if len(lines) == 1 and indent + len(lines[0]) + len(shown) <= WIDTH:
        return [lines[0] + shown]
    return [*comment(text), *lines]


def _renamed(expr: Expr, names: Names) -> Expr:
    """The expression with the identifiers of the script for its names."""
    return rewrite(expr, lambda node: Ref(Name(code(names(node.name)))) if isinstance(node, Ref) else node)


def _canonical(text: str) -> str:
    """What code and formula have in common where they read alike."""
    text = re.sub(r", (?:axis|dim|keepdims?)=\w+|\b(?:np|torch)\.(?:nn\.functional\.)?", "", text)
    text = text.replace("**", "^").replace("_prime", "'")
    return re.sub(r"\s", "", text)
