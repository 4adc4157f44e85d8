"""A solution as a PyTorch script: the forward pass as in the problem, gradients by autograd, updates as formulas.

So it is a second opinion on every gradient. What autograd cannot do in the same way (a gradient that is truncated after
more than one step, weights that are renewed in the middle of the backward pass) is refused.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Container, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.program import Program
from nnsolve.engine.solve import SectionSolver, Solution
from nnsolve.report.export import values
from nnsolve.report.export.equations import Site
from nnsolve.report.export.python import code
from nnsolve.report.export.script import INDENT, Item, Writer, Written, method, script
from nnsolve.report.export.spelling import Numpy
from nnsolve.report.export.torchcode import Torch, unwritable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

TOGETHER = 4
"""Gradients that one line asks for."""

FIRST = "# The solution of the problem below, worked out in PyTorch: the gradients are those of autograd."


def torch_script(solution: Solution, part: str | None = None) -> str:
    """The script in PyTorch; raises `ProblemError` where autograd cannot do what is asked."""
    return script(TorchWriter(solution), solution, part, FIRST)


class TorchWriter(Writer):
    """Writes a solution in PyTorch."""

    one_by_one = False
    library = values.Library("torch.tensor", "torch.zeros", "torch.float64")

    def make_language(self) -> Numpy:
        return Torch(self.identifiers)

    def imports(self) -> list[str]:
        shuffled = any("np.random" in line for cell in self.cells.cells for line in cell.lines)
        return [
            *(["import numpy as np"] if shuffled else []),
            "import torch",
            "",
            "torch.set_default_dtype(torch.float64)",
        ]

    def section(self, solver: SectionSolver) -> None:
        self.truncated = truncated(solver)
        super().section(solver)

    def begin_run(self) -> None:
        self.tracked: set[Name] = set()
        self.marked: set[str] = set()

    # Values

    def scalar(self, value: float) -> str:
        return f"torch.tensor({values.scalar(value, exact=False).replace('np.', 'torch.')})"

    def reported(self, value: ast.expr, shape: Shape, loss: bool) -> ast.expr:
        if not shape.dims or loss:
            return method(value, "item")
        found = method(value, "detach")
        return method(found, "ravel") if shape.flat else found

    def total(self, value: ast.expr, shape: Shape) -> ast.expr:
        return method(value, "detach")

    def printing(self) -> list[str]:
        name, value = self.identifiers.own("name"), self.identifiers.own("value")
        return [f"for {name}, {value} in {self.collected}.items():", f'{INDENT}print({name}, "=", {value})']

    # Equations

    def run(
        self, phase: str, items: Sequence[Item], site: Site, wanted: Container[Name] = (), indent: int = 0
    ) -> Written:
        if phase == "forward":
            return self.forward(items, site, _gradients(wanted, items[0].name.update, site), indent)
        if phase == "backward":
            return self.backward([item for item in items if item.name in wanted], site, indent)
        found = super().run(phase, items, site, (), indent + 4)
        return Written(["with torch.no_grad():", *(INDENT + line for line in found.lines)], found.told)

    def forward(self, items: Sequence[Item], site: Site, gradients: Sequence[Name], indent: int) -> Written:
        """The equations; what a derivative is taken of, and autograd does not follow yet, it follows from there on."""
        found = Written(self.mark(site, gradients), [])
        wrt = {name.primal.after(0) for name in gradients}
        shares = {name for name in wrt if _is_share(name, site.program)}
        for item in items:
            own = self.within(item, site, shares)
            for alias in shares - self.tracked:
                if alias.time == item.plain.time and alias._replace(time=None) in _plain(item.expr):
                    whole = code(site.plain(alias._replace(time=None)))
                    found.lines.append(
                        f"{self.identifiers.of(alias)} = {whole}.clone()  # as step {alias.time} uses it"
                    )
                    self.tracked.add(alias)
            lines = super().run("forward", [item], own, (), indent)
            found.lines.extend(lines.lines)
            found.told.extend(lines.told)
            if self.tracked & _plain(item.expr):
                self.tracked.add(item.plain)
            elif item.plain in wrt:
                self.tracked.add(item.plain)
                found.lines.append(f"{item.target}.requires_grad_()")
        return found

    def mark(self, site: Site, gradients: Sequence[Name]) -> list[str]:
        """The lines that let autograd follow the parameters, and other given values that a derivative is taken of."""
        if not gradients:
            return []
        program = site.program
        wrt = [name.primal.after(0) for name in gradients]
        names = [name for name in program.leaves if name in program.parameters or name in wrt]
        self.tracked.update(names)
        new = [target for name in names if (target := code(site.plain(name))) not in self.marked]
        self.marked.update(new)
        if len(new) < 2:
            return [f"{target}.requires_grad_()" for target in new]
        each = self.identifiers.own("parameter")
        return [f"for {each} in ({', '.join(new)}):", f"{INDENT}{each}.requires_grad_()"]

    def within(self, item: Item, site: Site, shares: Set[Name]) -> Site:
        """The names as one equation uses them: its step's share of a weight, the mere values of what time cuts off."""
        time = item.plain.time

        def names(name: Name) -> ast.expr:
            share = name.after(0)._replace(time=time)
            if time is not None and name.time is None and share in shares:
                return ast.Name(self.identifiers.of(share))
            cut = self.truncated and time is not None and name.time not in (None, time)
            found = site.names(name)
            return method(found, "detach") if cut and name.after(0) in self.tracked else found

        return site._replace(names=names)

    def backward(self, items: Sequence[Item], site: Site, indent: int) -> Written:
        """The gradients that are used later, those of one quantity together."""
        found = Written([], [])
        roots: dict[Name, list[Item]] = defaultdict(list)
        for item in items:
            assert item.name.of is not None
            if item.expr == Num(0) or (isinstance(item.expr, Call) and item.expr.op == "zeros"):
                found.lines.append(f"{item.target} = torch.zeros_like({self.wrt(item, site)})")
            elif item.name.of not in site.program.equations:
                raise unwritable(f"{item.name}, of what one time step alone gives to the loss")
            else:
                roots[item.name.of].append(item)
        calls = [call for root, each in roots.items() for call in self.calls(root, each, site, indent)]
        for i, lines in enumerate(calls):
            kept = ", retain_graph=True)" if i + 1 < len(calls) else ")"
            found.lines.extend([*lines[:-1], lines[-1].replace("|)", kept)])
        return found

    def calls(self, root: Name, items: Sequence[Item], site: Site, indent: int) -> list[list[str]]:
        """The lines of each call of autograd; `|)` ends it, where the graph may have to be kept."""
        program, of = site.program, code(site.plain(root))
        calls: list[list[str]] = []
        if program.shapes.of(root).size > 1:
            for item in items:
                wrt = self.wrt(item, site)
                if program.differentiator.is_elementwise(root, item.name.primal.after(0)):
                    calls.append([f"({item.target},) = torch.autograd.grad({of}.sum(), [{wrt}]|)"])
                    continue
                rows, element = self.identifiers.own("rows_so_far"), self.identifiers.own("element")
                one = f"torch.autograd.grad({element}, {wrt}, retain_graph=True)[0].ravel()"
                calls.append(
                    [f"{rows} = [{one} for {element} in {of}.ravel()]", f"{item.target} = torch.stack({rows})"]
                )
            return calls
        for start in range(0, len(items), TOGETHER):
            part = items[start : start + TOGETHER]
            targets = ", ".join(item.target for item in part)
            wrts = ", ".join(self.wrt(item, site) for item in part)
            line = f"{targets if len(part) > 1 else f'({targets},)'} = torch.autograd.grad({of}, [{wrts}]|)"
            calls.append([line])
        return calls

    def wrt(self, item: Item, site: Site) -> str:
        """What a derivative is taken of."""
        plain = item.name.primal.after(0)
        return self.identifiers.of(plain) if _is_share(plain, site.program) else code(site.plain(plain))


def _is_share(name: Name, program: Program) -> bool:
    """Whether a name is one step's use of something that has no time."""
    known = name in program.leaves or name in program.equations
    return not known and name.time is not None and name._replace(time=None) in program.leaves


def _plain(expr: Expr) -> set[Name]:
    return {name.after(0) for name in references(expr)}


def _gradients(wanted: Container[Name], update: int, site: Site) -> list[Name]:
    """The derivatives of one run that are wanted and have to be computed."""
    assert isinstance(wanted, Set)
    return [name for name in wanted if name.of and name.update == update and name.after(0) not in site.program.given]


def truncated(solver: SectionSolver) -> bool:
    """Whether gradients do not go through time at all; raises `ProblemError` for what autograd does otherwise."""
    program, training = solver.program, solver.problem.training
    names = [name for item in solver.asked for name in references(item.expr)]
    updates = any(solver.run.home(name)[0] or name.update for name in names) and program.updates is not None
    followed = program.updates is not None and program.updates.block.follows_gradient and updates
    if not followed and not any(name.of for name in names) and names:
        return False
    if training is not None and training.order == "layer_by_layer":
        raise unwritable("error that is carried through weights which are renewed already (order: layer_by_layer)")
    if solver.problem.rounding:
        raise unwritable("derivatives of values that are rounded as they are stored")
    if any(name.of is None for name in program.given):
        raise unwritable("derivatives through values that are given in the place of equations")
    steps = training.truncate if training is not None else None
    if steps is not None and steps > 1:
        raise unwritable(f"gradient that each loss carries back over {steps} steps (truncate: {steps})")
    return steps == 1
