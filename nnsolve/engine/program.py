"""A program: the equations of a problem in order, and those that differentiation and the optimizer add on demand."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.blocks.optimizers import OPTIMIZERS, Update, hyperparameter_name
from nnsolve.core.diagnostics import ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, add, call, neg, references, substitute
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.engine.data import Leaf
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.evaluate import Function, compiled
from nnsolve.engine.infer import Shapes
from nnsolve.engine.layers import Network
from nnsolve.engine.scope import Scope
from nnsolve.engine.simplify import simplify
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnsolve.engine.normal import Normalizer

    Tensor = NDArray[np.float64]


class Program:
    """The equations of a problem, forward in order of dependence; gradients and updates are emitted when asked for.

    Inside a program a name carries update 0, or 1 for the updated value of a parameter; what run it belongs to is known
    to the run alone.
    """

    def __init__(
        self,
        problem: Problem,
        scope: Scope,
        shapes: Shapes,
        forward: tuple[Equation, ...],
        leaves: dict[Name, Leaf],
        given: Mapping[Name, Tensor],
        loss: Name | None,
        network: Network,
        normalizer: Normalizer,
    ) -> None:
        self.problem = problem
        self.scope = scope
        self.shapes = shapes
        self.forward = forward
        self.leaves = leaves
        self.given = given
        self.loss = loss
        self.network = network
        self.normalizer = normalizer
        self.equations: dict[Name, Equation] = {equation.name: equation for equation in forward}
        self.differentiator = Differentiator(forward, shapes, problem.conventions.count_from or 0)
        self.parameters = [name for name, leaf in leaves.items() if leaf.role == "parameter"]
        self.updated = self._updated()
        self.results = self._results()
        self._functions: dict[Name, Function] = {}
        self.hyperparameters: dict[str, Name] = {}
        self._hyperparameters()

    def _results(self) -> list[Name]:
        """The forward equations that nothing else uses, and those that are replaced: what the forward pass is for."""
        used = {name for equation in self.forward for name in references(equation.expr)}
        return [e.name for e in self.forward if e.name in self.given or e.name not in used]

    # Training

    def _updated(self) -> list[Name]:
        """The parameters that an update changes."""
        training = self.problem.training
        if training is None:
            return []
        if training.update is None:
            return self.parameters
        problems: list[ProblemError] = []
        chosen: set[Name] = set()
        for text in training.update:
            name = self.scope.find(text.text)
            if name in self.parameters:
                chosen.add(name)
                continue
            texts = [str(parameter) for parameter in self.parameters]
            help = did_you_mean(text.text, texts) or f"parameters: {', '.join(texts)}"
            problems.append(ProblemError.of("unknown-parameter", f"{text.text} is not a parameter", text.place, help))
        if problems:
            raise ProblemError(d for problem in problems for d in problem.diagnostics)
        return [name for name in self.parameters if name in chosen]

    def _hyperparameters(self) -> None:
        """Hyperparameters are constants of the program, shown as symbols."""
        training = self.problem.training
        if training is None:
            return
        block = OPTIMIZERS.get(training.optimizer)
        if block is None:
            place = training.places.get("optimizer", training.place)
            help = did_you_mean(training.optimizer, OPTIMIZERS) or f"optimizers: {', '.join(OPTIMIZERS)}"
            raise ProblemError.of("unknown-optimizer", f"{training.optimizer} is not a known optimizer", place, help)
        given = dict(training.hyperparameters)
        if training.learning_rate is not None:
            given["learning_rate"] = training.learning_rate
        for key in given:
            if key not in block.hyperparameters:
                help = f"{block.name} takes {', '.join(block.hyperparameters)}"
                place = training.places.get(key, training.place)
                raise ProblemError.of("unknown-key", f"{block.name} has no {key}", place, help)
        for key, default in block.hyperparameters.items():
            value = given.get(key, default)
            if value is None:
                message = f"{block.name} needs a {key}"
                raise ProblemError.of("missing-key", message, training.place, f"add  {key}: 0.1  to training")
            name = hyperparameter_name(key, self.problem.conventions.symbols)
            if name in self.shapes.named:
                name = Name(key)
            self.scope.define(name, training.places.get(key, training.place))
            self.hyperparameters[key] = name
            self.shapes.named[name] = SCALAR
            self.leaves[name] = Leaf(np.array(value, dtype=np.float64), "hyperparameter", training.places.get(key))
        if self.loss is None and block.needs_loss:
            raise ProblemError.of("missing-loss", "training needs a loss", training.place, "add  loss: squared_error")

    # Addresses

    def layer_of(self, name: Name) -> int | None:
        """The number of the layer that a quantity belongs to."""
        return self.network.numbers.get(name)

    def parse_address(self, text: str) -> Name | None:
        """The quantity that an address without an element means, or None."""
        try:
            expr = parse(text, addresses=True)
        except ProblemError:
            return None
        return self.scope.resolve_name(expr.name) if isinstance(expr, Ref) else None

    # Equations on demand

    def function(self, equation: Equation) -> Function:
        """The equation, compiled."""
        if equation.name not in self._functions:
            self._functions[equation.name] = compiled(equation.expr, self.shapes)
        return self._functions[equation.name]

    def equation(self, name: Name) -> Equation | None:
        """The equation of a name, emitted if need be; None for a given value. Raises where there is no derivative."""
        if name in self.equations:
            return self.equations[name]
        if name.of is not None:
            return self._gradient(name)
        if name.update == 1 and name.after(0) in self.updated:
            return self._update(name.after(0))
        return None

    def _gradient(self, name: Name) -> Equation:
        root, v = name.of, name.primal
        assert root is not None
        if root not in self.differentiator.forward:
            raise ProblemError.of("not-an-equation", f"{root} is not an equation, so it has no derivatives")
        if self.shapes.of(root).size > 1 and not self.differentiator.is_elementwise(root, v):
            return self._jacobian(name, root, v)
        equation = self.differentiator.gradient(root, v)
        training = self.problem.training
        if training and training.order == "layer_by_layer" and root == self.loss and v not in self.parameters:
            renewed = {p: Ref(p.after(1)) for p in references(equation.expr) if p in self.updated}
            if renewed:
                equation = equation._replace(expr=substitute(equation.expr, renewed), long=None)
        self.equations[name] = equation
        return equation

    def _jacobian(self, name: Name, root: Name, v: Name) -> Equation:
        """d root_i / d v_j, a row for each element of root, elements counted row by row."""
        self.shapes.named[name] = Shape((self.shapes.of(root).size, self.shapes.of(v).size))
        expr = self.differentiator.matrix_form(root, v) or call("jacobian", Ref(root), Ref(v))
        equation = Equation(name, expr, "backward", self.equations[root].place, chain=((root, v),))
        self.equations[name] = equation
        return equation

    def pullback(self, root: Name, v: Name) -> tuple[Name, list[Equation]]:
        """The equations that carry a gradient of root, given under the returned name, back to v."""
        label = Name(f"<{root}>")
        seed = root.gradient(label)
        names = [u for u in self.differentiator.needed(root, [v]) if u != v]
        return seed, [self.differentiator.gradient(root, u, Ref(seed), label) for u in [*names, v]]

    def _update(self, parameter: Name) -> Equation:
        training = self.problem.training
        assert training is not None

        def gradient() -> Ref:
            assert self.loss is not None
            return Ref(parameter.gradient(self.loss))

        update = Update(
            Ref(parameter),
            gradient,
            lambda key: Ref(self.hyperparameters[key]),
            self._error,
            lambda error: self._through(parameter, error),
        )
        expr = simplify(OPTIMIZERS[training.optimizer].new_parameter(update), self.shapes)
        equation = Equation(parameter.after(1), expr, "update", training.place)
        self.equations[equation.name] = equation
        return equation

    def _error(self) -> Expr:
        """Target minus prediction."""
        training, targets = self.problem.training, list(self.problem.targets)
        prediction = self.scope.find("y_hat")
        assert training is not None
        if prediction is None or len(targets) != 1:
            message = f"{training.optimizer} compares y_hat with the only target, but the file has "
            message += "no y_hat" if prediction is None else f"{len(targets)} targets"
            raise ProblemError.of("missing-target", message, training.place)
        return add(Ref(Name(targets[0])), neg(Ref(prediction)))

    def _through(self, parameter: Name, error: Expr) -> Expr:
        """The gradient that an error at the output's pre-activation gives a parameter of that layer."""
        training, prediction = self.problem.training, self.scope.find("y_hat")
        assert training is not None and prediction is not None
        output = self.equations[prediction]
        operation = output.expr.op if isinstance(output.expr, Call) else ""
        if operation in REGISTRY and REGISTRY[operation].activation and isinstance(output.expr, Call):
            (used,) = references(output.expr)
            output = self.equations.get(used, output)
        if parameter not in references(output.expr):
            message = f"{training.optimizer} trains the output layer alone, but {parameter} is not part of it"
            raise ProblemError.of(
                "unknown-parameter", message, training.place, "say  update: [...]  with its parameters"
            )
        return self.differentiator.pull(output.expr, parameter, error, output)

    def in_order(self, equations: Iterable[Equation]) -> list[Equation]:
        """Equations as a solution lists them: forward as in the file, the gradients from the loss backwards, updates.

        Where each layer is updated before the error goes on to the layer below, gradients and updates keep their order.
        """
        differentiator, parameters = self.differentiator, self.parameters
        training = self.problem.training
        interleaved = training is not None and training.order == "layer_by_layer"

        def key(equation: Equation) -> tuple[float, ...]:
            name = equation.name
            if equation.phase == "forward":
                return 0, differentiator.order[name]
            if interleaved:
                return (1,)
            if name.of is not None:
                return 1, name.of != self.loss, *differentiator.stage(name.of, name.primal)
            return 2, parameters.index(name.after(0)) if name.after(0) in parameters else len(parameters)

        return sorted(equations, key=key)

    def closure(self, names: Iterable[Name], known: Container[Name] = ()) -> list[Equation]:
        """The equations that names need, each after what it uses; what is `known` or replaced needs nothing."""
        order: list[Equation] = []
        done: set[Name] = set()
        for start in names:
            stack: list[tuple[Name, bool]] = [(start, False)]
            while stack:
                name, visited = stack.pop()
                if visited:
                    order.append(self.equations[name])
                    continue
                if name in done or name in known or name in self.given:
                    continue
                done.add(name)
                equation = self.equation(name)
                if equation is not None:
                    stack.append((name, True))
                    stack.extend([(used, False) for used in reversed(list(references(equation.expr)))])
        return order
