"""What PyTorch finds and does by itself in a section, and why it does not: its gradients, its optimizers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, nodes, references
from nnsolve.core.names import Name
from nnsolve.engine.solve import SectionSolver
from nnsolve.engine.truncate import TruncatedDifferentiator
from nnsolve.engine.updates import Updates
from nnsolve.report.export.python import calling, literal

Options = Mapping[str, tuple[str, ...]]
"""Options of PyTorch by the hyperparameters that they take; of several they take the tuple."""

ADAM: Options = {"lr": ("learning_rate",), "betas": ("beta1", "beta2"), "eps": ("epsilon",)}

OPTIMIZERS: Mapping[str, tuple[str, Options]] = {
    "sgd": ("SGD", {"lr": ("learning_rate",)}),
    "momentum": ("SGD", {"lr": ("learning_rate",), "momentum": ("momentum",)}),
    "nesterov": ("SGD", {"lr": ("learning_rate",), "momentum": ("momentum",)}),
    "adagrad": ("Adagrad", {"lr": ("learning_rate",), "eps": ("epsilon",)}),
    "rmsprop": ("RMSprop", {"lr": ("learning_rate",), "alpha": ("decay",), "eps": ("epsilon",)}),
    "adam": ("Adam", ADAM),
    "adamw": ("AdamW", ADAM),
}
"""PyTorch's optimizers with the formulas of ours.

PyTorch's momentum is b <- mu b + g, W <- W - eta b: with eta the same throughout, b is -v / eta.
"""

RENEWED = "the error goes on through renewed weights (order: layer_by_layer)"


class Plan(NamedTuple):
    """How a section is written.

    `by_hand` says why its gradients are written out; None where autograd `follows` the equations, or there are none.
    `stepped` are the parameters that an optimizer of PyTorch changes; where there are none, `why` says why the update
    is written out.
    """

    by_hand: str | None
    follows: bool
    stepped: tuple[Name, ...] = ()
    why: str | None = None


def plan(solver: SectionSolver) -> Plan:
    """What PyTorch does by itself."""
    found = _needed(solver)
    backward = [equation for equation in found if equation.name.of is not None]
    by_hand = _why_by_hand(solver, found, backward) if backward else None
    follows = bool(backward) and by_hand is None
    updates = solver.program.updates
    made = any(equation.phase == "update" for equation in found)
    if updates is None or not made or not updates.block.follows_gradient:
        return Plan(by_hand, follows)
    why = _why_no_optimizer(solver, updates)
    return Plan(by_hand, follows, () if why else tuple(updates.parameters), why)


def _needed(solver: SectionSolver) -> list[Equation]:
    """The equations of all that is asked, with those of an update where one is made."""
    program, run = solver.program, solver.run
    if not solver.asked:
        return [step.equation for step in solver.section.trace.steps if step.equation is not None]
    homes = [run.home(name) for item in solver.asked for name in references(item.expr)]
    made = any(update or plain.update for update, plain in homes)
    updates = [name.after(1) for name in program.updated] if made else []
    return program.closure([*(plain for _, plain in homes), *updates])


def _why_by_hand(solver: SectionSolver, found: Sequence[Equation], backward: Sequence[Equation]) -> str | None:
    """Why autograd does not find the gradients of the solution."""
    program, differentiator = solver.program, solver.program.differentiator
    if any(name.update for equation in backward for name in references(equation.expr)):
        return RENEWED
    if any(solver.run.rounding.rule(equation.name) for equation in found if equation.phase != "update"):
        return "autograd would differentiate the values as they were before rounding"
    if any(isinstance(node, Call) and node.op == "relu'" and node.option("at_zero") for node in _calls(backward)):
        return "the derivative of relu at 0 is 0 in PyTorch (relu_at_zero: 1)"
    if isinstance(differentiator, TruncatedDifferentiator):
        if differentiator.one_by_one:
            return f"autograd goes back through all steps (truncate: {differentiator.steps})"
        if any(equation.name.of != program.loss for equation in backward):
            return f"truncate: {differentiator.steps} is for the gradient of the loss alone"
    replaced = [name for name in program.given if name.of is None]
    for equation in backward if replaced else ():
        root, v = equation.name.of, equation.name.primal
        assert root is not None
        for name in replaced:
            if name != v and name in differentiator.needed(root, [v]):
                return f"autograd does not go through {name}, which is given"
    return None


def _calls(equations: Sequence[Equation]) -> list[Expr]:
    return [node for equation in equations for node in nodes(equation.expr)]


def _why_no_optimizer(solver: SectionSolver, updates: Updates) -> str | None:
    """Why no optimizer of PyTorch does what the equations of the update say."""
    program, training = solver.program, updates.training
    asked = {solver.run.home(name)[1].after(0) for item in solver.asked for name in references(item.expr)}
    asked |= {step.name.after(0) for step in solver.section.trace.steps if not solver.asked}
    own = [n for n in (*updates.state, *sorted(updates.derived, key=str), *updates.hyper.names.values()) if n in asked]
    if training.order == "layer_by_layer":
        return RENEWED
    if updates.block.name not in OPTIMIZERS:
        return "torch.optim has no optimizer of this formula"
    if updates.hyper.schedule is not None:
        return "the rate of the schedule is an equation of its own"
    if "clip_norm" in updates.hyper:
        return "torch.nn.utils.clip_grad_norm_ divides by the norm + 1e-6"
    if training.state:
        return "the optimizer continues from a given state"
    if training.gradients:
        return "the problem states gradients"
    if own:
        return f"{own[0]} is asked for, and torch.optim keeps it to itself"
    if any(solver.run.rounding.rule(name) for name in updates.equations):
        return "values of the update are rounded"
    gradients = [program.equation(name.gradient(updates.loss)) for name in updates.parameters]
    if any(gradient is not None and is_zero(gradient.expr) for gradient in gradients):
        return "torch.optim leaves out a parameter that the loss does not depend on"
    return None


def is_zero(expr: Expr) -> bool:
    """Whether a gradient is zero, so that autograd knows none."""
    return expr == Num(0) or (isinstance(expr, Call) and expr.op == "zeros")


def constructed(updates: Updates, parameters: str, identifier: Callable[[Name], str]) -> ast.expr:
    """The call that makes the optimizer; `parameters` is the list of all, `identifier` of what is named in it."""
    names = {key: ast.Name(identifier(name)) for key, name in updates.hyper.names.items()}
    title, options = OPTIMIZERS[updates.block.name]
    values = {key: _value([names[text] for text in texts]) for key, texts in options.items()}
    if updates.block.name == "nesterov":
        values["nesterov"] = literal(True)
    listed: ast.expr = ast.Name(parameters)
    if "weight_decay" in names:
        decay: ast.expr = names["weight_decay"]
        if updates.block.name == "adamw":  # PyTorch multiplies it by the learning rate
            decay = ast.BinOp(decay, ast.Div(), names["learning_rate"])
        values["weight_decay"] = decay
        spared = [name for name in updates.parameters if name not in updates.decayed]
        if spared:
            decayed = [name for name in updates.parameters if name in updates.decayed]
            listed = ast.List([_group(decayed, identifier), _group(spared, identifier, weight_decay=literal(0))])
    return calling(f"torch.optim.{title}", listed, **values)


def _group(names: Sequence[Name], identifier: Callable[[Name], str], **options: ast.expr) -> ast.expr:
    """Parameters with options of their own."""
    found = {"params": ast.List([ast.Name(identifier(name)) for name in names]), **options}
    return ast.Dict([literal(key) for key in found], list(found.values()))


def _value(parts: Sequence[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.Tuple(list(parts))
