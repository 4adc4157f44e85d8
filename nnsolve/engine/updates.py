"""The update of a parameter, as the optimizer of `training:` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.blocks.optimizers import OPTIMIZERS, OptimizerBlock, Update, hyperparameter_name
from nnsolve.core.diagnostics import Findings, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, add, neg, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR
from nnsolve.engine.data import Leaf
from nnsolve.engine.simplify import simplify
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Text, Training

if TYPE_CHECKING:
    from nnsolve.engine.program import Program


class Updates:
    """Which parameters of a program are updated, and by which equations.

    Hyperparameters become constants of the program, gradients that the file states replace computed ones. Raises
    `ProblemError` with all that is wrong with `training:`.
    """

    def __init__(self, program: Program, training: Training) -> None:
        self.program = program
        self.training = training
        self.loss = program.loss or Name(program.problem.conventions.symbols.get("L", "L"))
        self.block = self._block()
        self.hyperparameters: dict[str, Name] = {}
        findings = Findings()
        self._define_hyperparameters(findings)
        self.parameters = [name for name in program.parameters if name in self._chosen(findings)]
        stated = self._state_gradients(findings)
        place = training.place
        if training.state:
            message = f"{self.block.name} keeps no state between updates"
            findings.error("unknown-key", message, training.places.get("state", place), "leave state out")
        if training.truncate is not None and not program.scope.sequences:
            message = "truncate: means nothing without a recurrent layer"
            findings.error("unknown-key", message, training.places.get("truncate", place), "leave it out")
        if program.loss is None and self.block.needs_loss and not set(self.parameters) <= stated:
            findings.error("missing-loss", "training needs a loss", place, "add  loss: squared_error")
        findings.raise_errors()

    def _block(self) -> OptimizerBlock:
        training = self.training
        block = OPTIMIZERS.get(training.optimizer)
        if block is None:
            place = training.places.get("optimizer", training.place)
            help = did_you_mean(training.optimizer, OPTIMIZERS) or f"optimizers: {', '.join(OPTIMIZERS)}"
            raise ProblemError.of("unknown-optimizer", f"{training.optimizer} is not a known optimizer", place, help)
        return block

    def _define_hyperparameters(self, findings: Findings) -> None:
        """Hyperparameters are constants, shown as symbols."""
        program, training, known = self.program, self.training, self.block.hyperparameters
        given = dict(training.hyperparameters)
        if training.learning_rate is not None:
            given["learning_rate"] = training.learning_rate
        for key in given:
            if key not in known:
                place = training.places.get(key, training.place)
                findings.error(
                    "unknown-key",
                    f"{self.block.name} has no {key}",
                    place,
                    f"{self.block.name} takes {', '.join(known)}",
                )
        for key, default in known.items():
            value = given.get(key, default)
            if value is None:
                message = f"{self.block.name} needs a {key}"
                findings.error("missing-key", message, training.place, f"add  {key}: 0.1  to training")
                continue
            name = hyperparameter_name(key, program.problem.conventions.symbols)
            if name in program.shapes.named:
                name = Name(key)
            with findings:
                program.scope.define(name, training.places.get(key, training.place))
            self.hyperparameters[key] = name
            program.shapes.named[name] = SCALAR
            program.leaves[name] = Leaf(np.array(value, dtype=np.float64), "hyperparameter", training.places.get(key))

    def _chosen(self, findings: Findings) -> set[Name]:
        """The parameters that `update:` names; all where it is left out."""
        if self.training.update is None:
            return set(self.program.parameters)
        return {name for text in self.training.update if (name := self._parameter(text, findings))}

    def _parameter(self, text: Text, findings: Findings) -> Name | None:
        name = self.program.scope.find(text.text)
        if name in self.program.parameters:
            return name
        texts = [str(parameter) for parameter in self.program.parameters]
        help = did_you_mean(text.text, texts) or f"parameters: {', '.join(texts)}"
        findings.error("unknown-parameter", f"{text.text} is not a parameter", text.place, help)
        return None

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

    def equation(self, parameter: Name) -> Equation:
        """The equation of a parameter's new value."""
        update = Update(
            Ref(parameter),
            Ref(parameter.gradient(self.loss)),
            lambda key: Ref(self.hyperparameters[key]),
            self._error,
            lambda error: self._through(parameter, error),
        )
        expr = simplify(self.block.new_parameter(update), self.program.shapes)
        return Equation(parameter.after(1), expr, "update", self.training.place)

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
