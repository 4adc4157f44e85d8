"""The updates of a program: the equations that the optimizer of `training:` emits, and the state that it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.blocks.optimizers import HYPERPARAMETERS, OPTIMIZERS, Update, hyperparameter_symbol, of_parameter
from nnsolve.core.diagnostics import Findings, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, Call, Expr, Num, Ref, add, call, mul, neg, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR
from nnsolve.engine.data import Leaf
from nnsolve.engine.hyperparameters import Hyperparameters, optimizer
from nnsolve.engine.simplify import simplify
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Text, Training, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnsolve.engine.program import Program


class Updates:
    """Which parameters of a program are updated, and by which equations.

    `equations` holds all of one update, under their names in the program (W1@1, m_W1@1, m_hat_W1@1): first what the
    parameters share, then parameter after parameter. `state` are the names that carry over to the next update as the
    parameters do; `derived` those that live within one update alone. Hyperparameters become constants of the program,
    gradients that the file states replace computed ones. Raises `ProblemError` with all that is wrong with `training:`.
    """

    def __init__(self, program: Program, training: Training) -> None:
        self.program = program
        self.training = training
        self.loss = program.loss or Name(program.problem.conventions.symbols.get("L", "L"))
        self.block = optimizer(training)
        findings = Findings()
        self.hyper = Hyperparameters(program.data, training, self.block, findings)
        chosen = self._named(training.update, findings)
        self.parameters = [name for name in program.parameters if name in chosen]
        self.decayed = self._decayed(findings)
        self._check(self._state_gradients(findings), findings)
        findings.raise_errors()
        self.state: list[Name] = []
        self.derived: set[Name] = set()
        self.equations: dict[Name, Equation] = {}
        self._shared: dict[str, Ref] = {}
        self._texts: dict[Name, list[str]] = {name: [] for name in self.parameters}
        for text, name in program.scope.names.items():
            if name in self._texts:
                self._texts[name].append(text)
        self._emit(findings)
        self._read_state(findings)
        findings.raise_errors()
        self.order = {name: i for i, name in enumerate(self.equations)}

    # What the file says

    def _named(self, texts: tuple[Text, ...] | None, findings: Findings) -> set[Name]:
        """The parameters that a list names; all where it is left out."""
        if texts is None:
            return set(self.program.parameters)
        return {name for text in texts if (name := self._parameter(text, findings))}

    def _parameter(self, text: Text, findings: Findings) -> Name | None:
        name = self.program.scope.find(text.text)
        if name in self.program.parameters:
            return name
        texts = [str(parameter) for parameter in self.program.parameters]
        help = did_you_mean(text.text, texts) or f"parameters: {', '.join(texts)}"
        findings.error("unknown-parameter", f"{text.text} is not a parameter", text.place, help)
        return None

    def _decayed(self, findings: Findings) -> set[Name]:
        """The parameters that `weight_decay` is for."""
        training = self.training
        if training.decayed is not None and "weight_decay" not in training.hyperparameters:
            place, help = training.places["decayed"], "add  weight_decay: 0.01, or leave decayed out"
            findings.error("unknown-key", "decayed: means nothing without weight_decay", place, help)
        for text in training.decayed or ():
            name = self.program.scope.find(text.text)
            if name in self.program.parameters and name not in self.parameters:
                help = "leave it out, or add it to update:"
                findings.error("unknown-parameter", f"{text.text} is not updated", text.place, help)
        return self._named(training.decayed, findings)

    def _check(self, stated: set[Name], findings: Findings) -> None:
        """Report what does not go together."""
        training = self.training
        if training.truncate is not None and not self.program.scope.sequences:
            message = "truncate: means nothing without a recurrent layer"
            findings.error("unknown-key", message, training.places.get("truncate", training.place), "leave it out")
        if self.program.loss is None and self.block.follows_gradient and not set(self.parameters) <= stated:
            findings.error("missing-loss", "training needs a loss", training.place, "add  loss: squared_error")
        if "clip_norm" in self.hyper and "clip_value" in self.hyper:
            message = "training has clip_norm and clip_value; which comes first would change the numbers"
            findings.error("conflict", message, training.places["clip_value"], "keep one of them")
        if "clip_norm" in self.hyper and training.order == "layer_by_layer":
            message = "clip_norm needs every gradient before the first update, and order: layer_by_layer has not got it"
            help = "use clip_value, or leave order out"
            findings.error("conflict", message, training.places["clip_norm"], help)

    def _state_gradients(self, findings: Findings) -> set[Name]:
        """`gradients:` states the gradient of a parameter: it is given, and nothing is differentiated for it."""
        stated = set()
        for text, value in self.training.gradients.items():
            name = self._parameter(Text(text, value.place), findings)
            if name is None:
                continue
            with findings:
                self.program.given[name.gradient(self.loss)] = self.program.data.replacement(name, value, "gradients")
            stated.add(name)
        return stated

    def _read_state(self, findings: Findings) -> None:
        """`state:` gives the values that a run continues from."""
        program = self.program
        for text, value in self.training.state.items():
            count = self._shared.get("count")
            name = count.name.after(0) if count is not None and text == "t" else program.scope.find(text)
            if name is None or name not in self.state:
                self._unknown_state(text, value, findings)
                continue
            with findings:
                array = program.data.replacement(name, value, "state")
                if count is not None and name == count.name.after(0) and (array < 0 or array != np.floor(array)):
                    message = f"state: t is {float(array):g}, but it counts the updates before this one"
                    raise ProblemError.of(
                        "out-of-range", message, value.place, "t is a whole number, 0 before the first"
                    )
                program.leaves[name] = Leaf(array, "state", value.place)

    def _unknown_state(self, text: str, value: Value, findings: Findings) -> None:
        """Report a state that the optimizer does not keep."""
        kept = [str(name) for name in self.state]
        parameter = next((p for p in self.program.parameters if text.endswith(f"_{p}")), None)
        if parameter is not None and parameter not in self.parameters:
            message, help = f"{parameter} is not updated, so {text} is not kept", "leave it out, or add it to update:"
        else:
            message = f"{self.block.name} keeps no {text}"
            help = did_you_mean(text, kept) or (f"its state: {', '.join(kept)}" if kept else "leave state out")
        findings.error("unknown-key", message, value.place, help)

    # The equations

    def _emit(self, findings: Findings) -> None:
        """Emit the equations of an update."""
        self._learning_rate()
        if "count" in self._shared:  # the schedule uses t as it was before
            counted = self._shared["count"].name
            self.equations[counted] = self.equations.pop(counted)
        own: dict[Name, Equation] = {}
        for parameter in self.parameters:
            with findings:
                self._emit_update(parameter, own)
        self.equations |= own

    def _emit_update(self, parameter: Name, own: dict[Name, Equation]) -> None:
        """Emit the equations of one parameter's update."""
        g = self._gradient(parameter)
        followed = Ref(parameter.gradient(self.loss)) if g is None else Ref(of_parameter("g", parameter).after(1))
        update = Update(
            Ref(parameter),
            followed,
            parameter in self.decayed,
            lambda key: self._learning_rate() if key == "learning_rate" else self.hyper[key],
            self._count,
            self._scheduled,
            self._error,
            lambda error: self._through(parameter, error),
        )
        new = self.block.new_parameter(update)
        if not self.block.follows_gradient:
            new = simplify(new, self.program.shapes)
        emitted = {**({} if g is None else {followed.name: g}), **update.emitted}
        for name, expr in emitted.items():
            own[name] = self._equation(name, expr)
            plain = name.after(0)
            self._define(plain, parameter, kept=plain in update.kept)
        own[parameter.after(1)] = self._equation(parameter.after(1), new)

    def _equation(self, name: Name, expr: Expr) -> Equation:
        return Equation(name, expr, "update", self.training.place)

    def _define(self, name: Name, parameter: Name | None, kept: bool) -> None:
        """A quantity of the updates, with an address for every text that means its parameter."""
        scope, place = self.program.scope, self.training.place
        shape = SCALAR if parameter is None else self.program.shapes.of(parameter)
        scope.define(name, place)
        if parameter is not None:
            stem = name.stem.removesuffix(parameter.stem)
            for text in self._texts[parameter]:
                scope.alias(stem + text, name)
        self.program.shapes.named[name] = shape
        if kept:
            self.state.append(name)
            self.program.leaves[name] = Leaf(np.zeros(shape.dims), "state", None)
        else:
            self.derived.add(name)

    def _once(self, key: str, name: Name, expr: Expr, kept: bool = False) -> Ref:
        """Emit an equation that all parameters share."""
        self._define(name, None, kept)
        self.equations[name.after(1)] = self._equation(name.after(1), expr)
        return self._shared.setdefault(key, Ref(name.after(1)))

    def _count(self) -> Ref:
        """The number of this update, t@1 = t + 1."""
        if "count" not in self._shared:
            t = self.hyper.free("t", "updates")
            self._once("count", t, add(Ref(t), ONE), kept=True)
        return self._shared["count"]

    def _learning_rate(self) -> Ref:
        if "rate" not in self._shared:
            self._shared["rate"] = self.hyper.rate(
                lambda: Ref(self._count().name.after(0)), lambda name, expr: self._once(name.stem, name, expr)
            )
        return self._shared["rate"]

    def _scheduled(self, expr: Expr) -> Expr:
        """An expression times the factor of the schedule alone."""
        rate, eta = self._learning_rate(), self.hyper["learning_rate"]
        return expr if rate == eta else mul(call("div", rate, eta), expr)

    def _gradient(self, parameter: Name) -> Expr | None:
        """What the optimizer sees: the gradient clipped, plus that of lambda/2 ||W||^2; None for the plain gradient."""
        plain = Ref(parameter.gradient(self.loss))
        expr: Expr = plain
        if "clip_norm" in self.hyper:
            c = self.hyper["clip_norm"]
            expr = mul(call("div", c, call("max", c, self._norm())), plain)
        elif "clip_value" in self.hyper:
            c = self.hyper["clip_value"]
            expr = call("clip", plain, neg(c), c)
        penalized = "weight_decay" in self.hyper and "weight_decay" not in self.block.hyperparameters
        if penalized and parameter in self.decayed:
            expr = add(expr, mul(self.hyper["weight_decay"], Ref(parameter)))
        return None if expr is plain else expr

    def _norm(self) -> Ref:
        """The norm of the gradients of all updated parameters together."""
        if "norm" not in self._shared:
            squares: list[Expr] = []
            for parameter in self.parameters:
                square = call("pow", Ref(parameter.gradient(self.loss)), Num(2))
                squares.append(call("sum", square) if self.program.shapes.of(parameter).dims else square)
            self._once("norm", self.hyper.free("norm_g"), call("sqrt", add(*squares)))
        return self._shared["norm"]

    def _error(self) -> Expr:
        """Target minus prediction."""
        targets, prediction = list(self.program.problem.targets), self.program.scope.find("y_hat")
        if prediction is None or len(targets) != 1:
            message = f"{self.block.name} compares y_hat with the only target, but the file has "
            message += "no y_hat" if prediction is None else f"{len(targets)} targets"
            raise ProblemError.of("missing-target", message, self.training.place)
        return add(Ref(Name(targets[0])), neg(Ref(prediction)))

    def _through(self, parameter: Name, error: Expr) -> Expr:
        """The gradient that an error at the output's pre-activation gives a parameter of that layer."""
        prediction, equations = self.program.scope.find("y_hat"), self.program.equations
        assert prediction is not None
        output = equations[prediction]
        if isinstance(output.expr, Call) and REGISTRY[output.expr.op].activation:
            (used,) = references(output.expr)
            output = equations.get(used, output)
        if parameter not in references(output.expr):
            message = f"{self.block.name} trains the output layer alone, but {parameter} is not part of it"
            help = "say  update: [...]  with its parameters"
            raise ProblemError.of("unknown-parameter", message, self.training.place, help)
        return self.program.differentiator.pull(output.expr, parameter, error, output)


SHARED = ("t", "rate", "epoch", "batches", "pi", "norm_g")
"""Quantities of an update that belong to no single parameter."""


def may_mean(text: str, training: Training, symbols: Mapping[str, str]) -> bool:
    """Whether a text may be the name of something that updates define, as far as the optimizer alone tells."""
    block = OPTIMIZERS.get(training.optimizer)
    if block is None:
        return False
    hyper = {hyperparameter_symbol(key, block, symbols) for key in HYPERPARAMETERS}
    if text in hyper or text in HYPERPARAMETERS or text in SHARED:
        return True
    W = Ref(Name("W"))
    probe = Update(W, W, True, lambda key: W, lambda: W, lambda expr: expr, lambda: W, lambda error: error)
    block.new_parameter(probe)
    return text.startswith(("g_", *(name.stem.removesuffix("W") for name in probe.emitted)))
