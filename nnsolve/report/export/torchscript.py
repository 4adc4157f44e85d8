"""A solution as a PyTorch script: the forward pass as in the problem, gradients by autograd, updates by torch.optim.

So it is a second opinion on every gradient. What PyTorch computes otherwise is written out as in NumPy, with the reason
beside it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Container, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.expressions import Expr, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.program import Program
from nnsolve.engine.solve import FEW, SectionSolver, Solution
from nnsolve.engine.truncate import TruncatedDifferentiator
from nnsolve.report.export import values
from nnsolve.report.export.autograd import constructed, is_zero, plan
from nnsolve.report.export.comments import comment
from nnsolve.report.export.equations import Site
from nnsolve.report.export.python import assignment, code
from nnsolve.report.export.script import INDENT, Item, Writer, Written, method, script
from nnsolve.report.export.spelling import Numpy
from nnsolve.report.export.straight import fits
from nnsolve.report.export.timeloops import Stretch
from nnsolve.report.export.torchcode import Torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

TOGETHER = 4
"""Gradients that one line asks for."""

FIRST = "# The solution of the problem below, worked out in PyTorch."


def torch_script(solution: Solution, part: str | None = None) -> str:
    """The script in PyTorch."""
    return script(TorchWriter(solution), solution, part, FIRST)


class TorchWriter(Writer):
    """Writes a solution in PyTorch.

    A parameter that an optimizer changes is one tensor throughout. What is asked of it before a step is cloned.
    """

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

    def __init__(self, solution: Solution) -> None:
        super().__init__(solution)
        self.followed = False  # whether autograd follows anything so far
        self.marked: dict[
            str, Name
        ] = {}  # what it has been told to follow in this section, and in straight code before
        self.earlier: dict[str, Name] = {}
        self.with_gradient: set[str] = set()  # tensors that an earlier backward pass has left one to
        self.numbers_alone: set[str] = set()  # what is no tensor

    def section(self, solver: SectionSolver) -> None:
        self.solver = solver
        self.plan = plan(solver)
        self.one_by_one = not self.plan.follows
        self.followed |= self.plan.follows
        self.stepped = frozenset(self.plan.stepped)
        self.straight = fits(solver, FEW)
        self.earlier |= self.marked
        self.marked = dict(self.earlier) if self.straight else {}
        self.made = 0  # steps of the optimizer, in straight code
        self.told: set[str] = set()
        homes = [solver.run.home(name) for item in solver.asked for name in references(item.expr)]
        self.asked = {solver.shifted(plain, update) if self.straight else plain for update, plain in homes}
        if not solver.asked:
            self.asked = {step.name for step in solver.section.trace.steps if step.equation is not None}
        self.loops = self.one_by_one or not self._differs_over_time()
        self._hyperparameters()
        super().section(solver)

    def _differs_over_time(self) -> bool:
        """Whether time steps with the same equations differ in what autograd follows, or how far it goes back."""
        program = self.solver.program
        training = program.problem.training
        truncated = training is not None and training.truncate is not None and training.truncate > 1
        return truncated or any(name.of and _is_share(name.primal.after(0), program) for name in self.asked)

    def _hyperparameters(self) -> None:
        """An optimizer takes numbers, equations take tensors."""
        updates = self.solver.program.updates
        targets = {self.identifiers.of(name) for name in updates.hyper.names.values()} if updates else set()
        chosen = targets if self.stepped else set()
        for target in targets & (chosen ^ self.numbers_alone):
            self.forget(target)
        self.numbers_alone = chosen

    def begin_run(self) -> None:
        self.tracked: set[Name] = set(self.stepped)
        if not self.straight:  # a body of a loop
            self.told = set()
            self.marked = {}
        self.marked |= {self.identifiers.of(name): name for name in self.plan.stepped}

    # Names and values

    def named(self, name: Name) -> ast.expr:
        plain = name.after(0)
        return super().named(plain if self.stepped and plain in self.solver.program.updated else name)

    def recalled(self, name: Name) -> ast.expr:
        plain = name.after(0)
        if plain not in self.stepped or name.update >= self.made:
            return self.named(name)
        if name.update:
            return super().named(name)
        return ast.Name(self.identifiers.fresh(("before", plain), f"{self.identifiers.of(plain)}_before"))

    def snapshot(self, name: Name) -> str:
        found = self.identifiers.of(name)
        return f"{found}.detach().clone()" if name in self.stepped else found

    def lists(self, name: Name) -> bool:
        updates = self.solver.program.updates
        return not self.stepped or updates is None or name.after(0) not in updates.state

    def scalar(self, target: str, value: float) -> str:
        text = values.scalar(value, exact=False).replace("np.", "torch.")
        return text if target in self.numbers_alone else f"torch.tensor({text})"

    def _is_new(self, target: str, value: Tensor) -> bool:
        found = super()._is_new(target, value)
        if found and self.straight:
            self.marked.pop(target, None)
            self.earlier.pop(target, None)
            self.with_gradient.discard(target)
        return found

    def reported(self, value: ast.expr, shape: Shape, loss: bool) -> ast.expr:
        if not shape.dims or loss:
            return method(value, "item")
        found = method(value, "detach") if self.followed else value
        return method(found, "ravel") if shape.flat else found

    def total(self, value: ast.expr, shape: Shape) -> ast.expr:
        return method(value, "detach") if self.followed else value

    def printing(self) -> list[str]:
        name, value = self.identifiers.own("name"), self.identifiers.own("value")
        return [f"for {name}, {value} in {self.collected}.items():", f'{INDENT}print({name}, "=", {value})']

    def prepared(self) -> list[str]:
        """The parameters, and the optimizer that changes them."""
        updates = self.solver.program.updates
        if not self.stepped or updates is None:
            return []
        own, of = self.identifiers.own, self.identifiers.of
        listed = ast.List([ast.Name(of(name)) for name in self.plan.stepped])
        parameters, each, optimizer = own("parameters"), own("parameter"), own("optimizer")
        follow = [f"for {each} in {parameters}:", f"{INDENT}{each}.requires_grad_()"]
        return [
            *assignment(parameters, listed),
            *(follow if self.plan.follows else []),
            *assignment(optimizer, constructed(updates, parameters, of)),
        ]

    # Equations

    def run(
        self, phase: str, items: Sequence[Item], site: Site, wanted: Container[Name] = (), indent: int = 0
    ) -> Written:
        if phase == "update" and self.stepped:
            return Written(self.step(site), [])
        if self.one_by_one:
            found = super().run(phase, items, site, wanted, indent)
            why = {"backward": self.plan.by_hand, "update": self.plan.why}.get(phase)
            return found._replace(lines=[*self.remark(why), *found.lines])
        if phase == "forward":
            return self.forward(items, site, _gradients(wanted, items[0].name.update, site), indent)
        if phase == "backward":
            return self.backward([item for item in items if item.name in wanted], site, indent)
        return self.without_autograd(phase, items, site, indent, self.remark(self.plan.why))

    def looped(
        self, phase: str, items: Sequence[Item], stretch: Stretch, site: Site, wanted: Container[Name] = ()
    ) -> Written:
        if self.one_by_one:
            return super().looped(phase, items, stretch, site, wanted)
        gradients = _gradients(wanted, items[0].name.update, site)
        lines = self.mark(site, gradients) if gradients else []
        wrt = {name.primal.after(0) for name in gradients}
        for item in items:
            if self.tracked & _plain(item.expr) or item.plain in wrt:
                self.tracked.add(item.plain)
        of_steps = {item.plain for item in items}
        last = {name._replace(time=stretch.last) for name in gradients if name.primal.after(0) in of_steps}
        found = super().looped(phase, items, stretch, site, {*gradients, *last})
        return found._replace(lines=[*lines, *found.lines])

    def without_autograd(
        self, phase: str, items: Sequence[Item], site: Site, indent: int, remark: Sequence[str] = ()
    ) -> Written:
        """Equations that nothing is differentiated through."""
        found = super().run(phase, items, site, (), indent + 4)
        return found._replace(lines=[*remark, "with torch.no_grad():", *(INDENT + line for line in found.lines)])

    def remark(self, why: str | None) -> list[str]:
        """Why something is written out, said once."""
        if why is None or why in self.told:
            return []
        self.told.add(why)
        return comment(f"Written out, since {why}.")

    def forward(self, items: Sequence[Item], site: Site, gradients: Sequence[Name], indent: int) -> Written:
        """The equations; what a derivative is taken of, and autograd does not follow yet, it follows from there on."""
        if not gradients:
            return self.without_autograd("forward", items, site, indent)
        found = Written(self.mark(site, gradients), [])
        wrt = {name.primal.after(0) for name in gradients}
        kept = {name.primal.after(0) for name in gradients if name.of == site.program.loss}
        shares = {name for name in wrt if _is_share(name, site.program)}
        for item in items:
            own = self.within(item, site, shares)
            for alias in shares - self.tracked:
                if alias.time == item.plain.time and alias._replace(time=None) in _plain(item.expr):
                    whole, share = code(site.plain(alias._replace(time=None))), self.identifiers.of(alias)
                    found.lines.append(f"{share} = {whole}.clone()  # as step {alias.time} uses it")
                    found.lines.extend([f"{share}.retain_grad()"] if alias in kept else [])
                    self.tracked.add(alias)
            lines = super().run("forward", [item], own, (), indent)
            found.lines.extend(lines.lines)
            found.told.extend(lines.told)
            if self.tracked & _plain(item.expr):
                self.tracked.add(item.plain)
                found.lines.extend([f"{item.target}.retain_grad()"] if item.plain in kept else [])
            elif item.plain in wrt:
                self.tracked.add(item.plain)
                found.lines.append(f"{item.target}.requires_grad_()")
        return found

    def mark(self, site: Site, gradients: Sequence[Name]) -> list[str]:
        """The lines that let autograd follow the parameters, and other given values that a derivative is taken of."""
        program = site.program
        wrt = {name.primal.after(0) for name in gradients}
        names = [name for name in (*program.leaves, *program.given) if name in program.parameters or name in wrt]
        self.tracked.update(names)
        new = {target: name for name in names if (target := code(site.plain(name))) not in self.marked}
        self.marked.update(new)
        return self.for_each(list(new), ".requires_grad_()")

    def for_each(self, targets: Sequence[str], change: str) -> list[str]:
        """The lines that do the same with several tensors."""
        if len(targets) < 2:
            return [f"{target}{change}" for target in targets]
        each = self.identifiers.own("parameter")
        return [f"for {each} in ({', '.join(targets)}):", f"{INDENT}{each}{change}"]

    def within(self, item: Item, site: Site, shares: Set[Name]) -> Site:
        """The names as one equation uses them: its step's share of a weight, the mere values of what time cuts off."""
        time, differentiator = item.plain.time, site.program.differentiator

        def names(name: Name) -> ast.expr:
            share = name.after(0)._replace(time=time)
            if time is not None and name.time is None and share in shares:
                return ast.Name(self.identifiers.of(share))
            found = site.names(name)
            if time is None or name.time is None or not isinstance(differentiator, TruncatedDifferentiator):
                return found
            cut = differentiator.is_near(time, time) and not differentiator.is_near(time, name.time)
            return method(found, "detach") if cut and name.after(0) in self.tracked else found

        return site._replace(names=names)

    def backward(self, items: Sequence[Item], site: Site, indent: int) -> Written:
        """The gradients that are used later: those of the loss by one backward pass, then all others."""
        loss = site.program.loss
        told = [item for item in items if not self.stepped or item.name in self.asked]
        lines = self.sequences([item.name for item in told])
        lines += [f"{i.target} = torch.zeros_like({self.wrt(i, site)})" for i in told if is_zero(i.expr)]
        roots: dict[Name, list[Item]] = defaultdict(list)
        for item in told:
            if item.name.of is not None and not is_zero(item.expr):
                roots[item.name.of].append(item)
        of_loss = roots.pop(loss, []) if loss is not None else []
        calls = [call for root, each in roots.items() for call in self.calls(root, each, site)]
        if loss is not None and any(item.name.of == loss and not is_zero(item.expr) for item in items):
            # first: the other passes would add to what tensors in between retain
            kept = "retain_graph=True" if calls else ""
            lines += [*self.cleared(bool(indent)), f"{code(site.plain(loss))}.backward({kept})"]
            lines += [f"{item.target} = {self.found(item, site)}" for item in of_loss]
        for i, call in enumerate(calls):
            kept = ", retain_graph=True)" if i + 1 < len(calls) else ")"
            lines += [*call[:-1], call[-1].replace("|)", kept)]
        return Written(lines, [])

    def cleared(self, looped: bool) -> list[str]:
        """The lines that forget gradients of an earlier backward pass, to which PyTorch would add."""
        renewed = {*self.solver.program.updated, *self.solver.run.batched()}
        here = [t for t, name in self.marked.items() if not looped or name in self.stepped or name not in renewed]
        before = [target for target in self.earlier if target not in self.marked]
        stale = [target for target in (*here, *before) if target in self.with_gradient or (looped and target in here)]
        self.with_gradient.update(here)
        mine = {self.identifiers.of(name) for name in self.stepped}
        step = [f"{self.identifiers.own('optimizer')}.zero_grad()"] if mine.intersection(stale) else []
        return [*step, *self.for_each([target for target in stale if target not in mine], ".grad = None")]

    def found(self, item: Item, site: Site) -> str:
        """The gradient that a backward pass has left; a copy of one that is clipped in place."""
        clipped = item.name.primal.after(0) in self.stepped and self._clipping() is not None
        return f"{self.wrt(item, site)}.grad{'.clone()' if clipped else ''}"

    def calls(self, root: Name, items: Sequence[Item], site: Site) -> list[list[str]]:
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

    def step(self, site: Site) -> list[str]:
        """The lines of an update by the optimizer; before it, copies of the parameters that are asked for."""
        lines: list[str] = []
        of, own, loss = self.identifiers.of, self.identifiers.own, site.program.loss
        before, self.made = self.made, self.made + self.straight
        for name in self.plan.stepped:
            self.forget(of(name))
            if self.straight and name.after(before) in self.asked:
                lines.append(f"{code(self.recalled(name.after(before)))} = {self.snapshot(name)}")
        clipping = self._clipping()
        if loss is not None and not self.plan.follows:
            copied = ".clone()" if clipping is not None else ""
            gradients = [code(site.plain(name.gradient(loss))) for name in self.plan.stepped]
            lines += [f"{of(n)}.grad = {g}{copied}" for n, g in zip(self.plan.stepped, gradients, strict=True)]
        if clipping is not None:
            lines.append(f"torch.nn.utils.clip_grad_value_({own('parameters')}, {of(clipping)})")
        return [*lines, f"{own('optimizer')}.step()"]

    def _clipping(self) -> Name | None:
        updates = self.solver.program.updates
        return updates.hyper.names.get("clip_value") if updates is not None else None


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
