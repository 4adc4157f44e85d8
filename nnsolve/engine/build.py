"""A problem becomes a program: layers, equations and loss expanded, put in order of dependence, with their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.blocks import LAYERS, LOSSES
from nnsolve.blocks.layer import COMMON, LayerSite
from nnsolve.core.diagnostics import Findings, Place, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref, references, substitute
from nnsolve.core.language import parse, parse_equation
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape
from nnsolve.engine.infer import Shapes
from nnsolve.engine.normal import Normalizer, Settings
from nnsolve.engine.program import Leaf, Program
from nnsolve.engine.scope import Scope
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Layer, Problem, Text, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Draft(NamedTuple):
    """An equation that is read but not yet in normal form."""

    name: Name
    expr: Expr
    place: Place | None


def build(problem: Problem, batch: Mapping[str, Value] | None = None) -> Program:
    """The program of a problem; raises `ProblemError` with all its findings.

    `batch` replaces inputs and targets by those of one mini-batch.
    """
    return _Builder(problem, batch or {}).build()


class _Builder:
    def __init__(self, problem: Problem, batch: Mapping[str, Value]) -> None:
        self.problem = problem
        self.batch = batch
        conventions = problem.conventions
        self.symbols = dict(conventions.symbols)
        self.layout = Layout(1 if conventions.samples == "rows" else 0, conventions.samples is not None)
        self.shapes = Shapes(self.layout)
        self.scope = Scope()
        self.findings = Findings()
        self.leaves: dict[Name, Leaf] = {}
        self.class_targets: dict[Name, Value] = {}
        self.drafts: dict[Name, Draft] = {}
        self.equations: dict[Name, Equation] = {}
        self.prediction: Name | None = None
        self.layer_numbers: dict[Name, int] = {}
        self.given: dict[Name, Value] = {}
        self.replaced: set[Name] = set()
        settings = Settings(conventions.count_from, conventions.relu_at_zero, conventions.step_at_zero)
        self.normalizer = Normalizer(
            settings, self.shapes, self.defining, self.settle_target, self.is_distribution, self.fresh_name
        )

    def build(self) -> Program:
        problem = self.problem
        for role, section in (
            ("input", problem.inputs),
            ("target", problem.targets),
            ("parameter", problem.parameters),
            ("constant", problem.constants),
        ):
            for text, value in section.items():
                with self.findings:
                    self.leaf(Name(text), self.batch.get(text, value), role)
        self.layers()
        parsed = [self.parsed(text) for text in problem.equations]
        self.findings.raise_errors()
        loss = self.loss_draft([draft for draft in parsed if draft])
        for draft in parsed:
            if draft:
                with self.findings:
                    self.drafts[draft.name] = draft._replace(expr=self.scope.resolve(draft.expr, draft.place))
        if loss:
            self.drafts[loss.name] = loss
        self.findings.raise_errors()
        self.replacements()
        for name in self.ordered():
            with self.findings:
                self.normalize(self.drafts[name])
        self.findings.raise_errors()
        self.unsettled_targets()
        self.findings.raise_errors()
        return Program(
            problem,
            self.scope,
            self.shapes,
            tuple(self.equations.values()),
            self.leaves,
            {name: self.given_value(name, value) for name, value in self.given.items()},
            self.scope.loss,
            self.prediction,
            self.layer_numbers,
            self.normalizer,
        )

    # Values

    def leaf(self, name: Name, value: Value, role: str, shape: Shape | None = None) -> None:
        """A quantity that the file gives."""
        self.scope.define(name, value.place)
        if value.array is None:
            self.class_targets[name] = value
            if value.count is not None:
                self.settle_target(name, self.class_shape(value, value.count))
            return
        array, natural = self.oriented(value.array, role, name, value.place)
        self.store(name, array, shape or natural, role, value.place)

    def store(self, name: Name, array: Tensor, shape: Shape, role: str, place: Place | None) -> None:
        self.shapes.named[name] = shape
        self.leaves[name] = Leaf(array.reshape(shape.dims), role, place)

    def oriented(self, array: Tensor, role: str, name: Name, place: Place | None) -> tuple[Tensor, Shape]:
        """A value as the program holds it: a flat list is a vector, a single sample too."""
        if array.ndim == 0:
            return array, SCALAR
        if array.ndim == 1:
            return array, self.layout.vector(array.size)
        if array.ndim > 2:
            raise ProblemError.of(
                "shape-mismatch",
                f"{name} has {array.ndim} dimensions",
                place,
                "a value is a number, a list or a matrix",
            )
        one_sample = array.shape[1 - self.layout.features] == 1
        kind = "vector" if role in ("input", "target") and one_sample else "tensor"
        return array, Shape(array.shape, kind)

    def as_vector_of(self, name: Name, features: int) -> None:
        """`[[a, b]]` or `[[a], [b]]` is accepted for one vector where features say that it is one."""
        leaf, shape = self.leaves.get(name), self.shapes.named.get(name)
        if leaf is None or shape is None:
            return
        if shape == SCALAR and features == 1:
            self.store(name, leaf.value, self.layout.vector(1), leaf.role, leaf.place)
        elif 1 in shape.dims and shape.size == features and shape.dims[self.layout.features] != features:
            self.store(name, leaf.value, self.layout.vector(features), leaf.role, leaf.place)

    def class_shape(self, value: Value, classes: int) -> Shape:
        assert value.classes is not None
        n = len(value.classes)
        vector = self.layout.vector(classes)
        if not value.batch:
            return vector
        return Shape((classes, n) if self.layout.features == 0 else (n, classes))

    def settle_target(self, name: Name, prediction: Shape) -> None:
        """A class target becomes one-hot once the number of classes is known from the prediction."""
        value = self.class_targets.get(name)
        if value is None or value.classes is None:
            return
        base = self.problem.conventions.count_from
        if base is None:
            raise ProblemError.of(
                "missing-convention",
                "a class is given, but the file does not say from what classes are counted",
                value.place,
                "add  conventions: {count_from: 0}  (or 1)",
            )
        classes = prediction.dims[self.layout.features] if len(prediction.dims) == 2 else prediction.size
        shape = self.class_shape(value, classes)
        rows = np.zeros((len(value.classes), classes))
        for i, label in enumerate(value.classes):
            if not base <= label < base + classes:
                raise ProblemError.of(
                    "class-out-of-range",
                    f"class {label} is not among {base} to {base + classes - 1} (count_from: {base})",
                    value.place,
                )
            rows[i, label - base] = 1.0
        oriented = rows.T if self.layout.features == 0 else rows
        self.store(name, np.ascontiguousarray(oriented), shape, "target", value.place)

    def unsettled_targets(self) -> None:
        for name, value in self.class_targets.items():
            if name not in self.leaves:
                self.findings.error(
                    "unknown-classes",
                    f"{name} is given as a class, but nothing says how many classes there are",
                    value.place,
                    "write {class: 2, of: 4}, or compare it with a prediction in a loss",
                )

    # Layers

    def layers(self) -> None:
        layers = self.problem.layers
        numbered = len(layers) > 1 or any("number" in layer.options for layer in layers)
        source = self.first_input() if layers else None
        shape = self.shapes.named.get(source.name) if source else None
        for i, layer in enumerate(layers):
            if source is None:
                return
            number = layer.options.get("number", i + 1) if numbered else None
            site = None
            with self.findings:
                site = self.expanded(layer, number, i + 1, source, shape)
            if site is None:
                return
            source, shape = site.output, None
            for equation in site.equations:
                with self.findings:
                    self.drafts[equation.name] = Draft(equation.name, equation.expr, layer.place)
        if source is not None and layers:
            self.prediction = source.name
            self.scope.alias("y_hat", source.name)

    def first_input(self) -> Ref | None:
        inputs = list(self.problem.inputs)
        name = inputs[0] if len(inputs) == 1 else "x"
        if name not in self.problem.inputs:
            what = f"none of the inputs {', '.join(inputs)} is called x" if inputs else "the file has no inputs"
            self.findings.error(
                "missing-input",
                f"layer 1 has nothing to read: {what}",
                self.problem.where("layers"),
                "add  inputs: {x: [...]}",
            )
            return None
        return Ref(Name(name))

    def expanded(self, layer: Layer, number: int | None, position: int, source: Ref, shape: Shape | None) -> LayerSite:
        """A layer's parameters and equations."""
        block = LAYERS.get(layer.kind)
        if block is None:
            help = did_you_mean(layer.kind, LAYERS) or f"layers: {', '.join(LAYERS)}"
            raise ProblemError.of("unknown-layer", f"{layer.kind} is not a known layer", layer.place, help)
        known = [*block.options, *COMMON]
        problems = [
            ProblemError.of(
                "unknown-key",
                f"{layer.kind} has no option {key}",
                layer.option_places.get(key, layer.place),
                did_you_mean(key, known) or f"its options: {', '.join(known)}",
            )
            for key in [*layer.values, *layer.options]
            if key not in known
        ]
        problems += [
            ProblemError.of("missing-key", f"{layer.kind} needs {key}", layer.place, f"{key}: {block.options[key]}")
            for key in block.required
            if key not in layer.values
        ]
        if problems:
            raise ProblemError(d for problem in problems for d in problem.diagnostics)
        conventions = self.problem.conventions
        exact = layer.options.get("symbols", {})
        for stem in exact:
            if stem not in block.stems:
                help = f"a {layer.kind} layer has {', '.join(block.stems)}"
                raise ProblemError.of(
                    "unknown-key", f"{stem} is not a quantity of it", layer.option_places["symbols"], help
                )
        given = {key: value.array for key, value in layer.values.items() if value.array is not None and key != "number"}
        if "W" in given and shape is not None:
            features = self.input_features(given["W"])
            self.as_vector_of(source.name, features)
            shape = self.shapes.named[source.name]
        site = LayerSite(
            number,
            self.symbols,
            exact,
            given,
            lambda option: layer.option_places.get(option, layer.place),
            conventions.weights or "rows",
            conventions.bias,
            self.layout,
            source,
            shape,
            self.activation(layer),
        )
        block.expand(site)
        for name, (array, parameter_shape) in site.parameters.items():
            stem = next((stem for stem in block.stems if site.name(stem) == name), "")
            place = layer.option_places.get(stem, layer.place)
            self.scope.define(name, place)
            self.store(name, array, parameter_shape, "parameter", place)
        for equation in site.equations:
            self.scope.define(equation.name, layer.place)
        for name in [*site.parameters, *(equation.name for equation in site.equations)]:
            self.layer_numbers[name] = position if number is None else number
        for stem in block.stems:
            plain = Name(stem, number)
            target = site.aliases.get(site.name(stem), site.name(stem))
            if target in site.parameters or any(equation.name == target for equation in site.equations):
                self.scope.alias(str(site.name(stem)), target)
                self.scope.alias(str(plain), target)
                self.scope.alias(f"{self.symbols.get(stem, stem)}{position if number is None else number}", target)
                self.scope.alias(f"{stem}{position if number is None else number}", target)
        return site

    def input_features(self, W: Tensor) -> int:
        folded = self.problem.conventions.bias != "separate"
        if W.ndim < 2:
            return max(W.size, 1) - folded
        return int(W.shape[1 if self.problem.conventions.weights == "rows" else 0]) - folded

    def activation(self, layer: Layer) -> Any:
        """The activation as a function of the pre-activation, or None."""
        given: Text | None = layer.options.get("activation")
        if given is None:
            return None
        place = given.place
        word = given.text.strip()
        if word.isidentifier() and word != "u":
            operation = REGISTRY.get(word)
            if operation is None or not operation.activation:
                names = [name for name, op in REGISTRY.items() if op.activation]
                help = did_you_mean(word, names) or f"activations: {', '.join(names)}; or an expression in u"
                raise ProblemError.of("unknown-activation", f"{word} is not a known activation", place, help)
            return lambda z: Call(word, (z,), at=0)
        expr = parse(given.text, place)
        if Name("u") not in references(expr):
            raise ProblemError.of(
                "unknown-activation",
                "the activation does not use u",
                place,
                "u is the pre-activation: relu(u) + 0.1 * u",
            )
        scope = self.scope

        def apply(z: Ref) -> Expr:
            marked = substitute(expr, {Name("u"): Ref(Name("\0u"))})
            scope.names["\0u"] = Name("\0u")
            try:
                resolved = scope.resolve(marked, place)
            finally:
                del scope.names["\0u"]
            return substitute(resolved, {Name("\0u"): z})

        return apply

    # Equations and loss

    def parsed(self, text: Text) -> Draft | None:
        """An equation as read; its name is defined at once, so that later ones can use it."""
        draft: Draft | None = None
        with self.findings:
            name, expr = parse_equation(text.text, text.place)
            known = Name(name)
            self.scope.define(known, text.place)
            draft = Draft(known, expr, text.place)
        return draft

    def loss_draft(self, drafts: Sequence[Draft]) -> Draft | None:
        """The equation of the loss with its names resolved, or None where it is one of the author's."""
        loss = self.problem.loss
        if loss is None:
            return None
        text, place = loss.text.text.strip(), loss.text.place
        equation = next((draft for draft in drafts if str(draft.name) == text), None)
        if equation is not None:
            self.scope.loss = equation.name
            self.loss_options_unused(loss.options, loss.option_places, place)
            return None
        name = Name(self.symbols.get("L", "L"))
        draft = None
        with self.findings:
            self.scope.define(name, place)
            self.scope.loss = name
            if text in LOSSES:
                expr = self.named_loss(text, loss.options, loss.option_places, place)
                draft = Draft(name, expr, place)
            elif text.isidentifier():
                known = [*LOSSES, *(str(d.name) for d in drafts)]
                help = (
                    did_you_mean(text, known) or f"losses: {', '.join(LOSSES)}; or an equation's name, or an expression"
                )
                raise ProblemError.of("unknown-loss", f"{text} is not a known loss or equation", place, help)
            else:
                self.loss_options_unused(loss.options, loss.option_places, place)
                draft = Draft(name, self.scope.resolve(parse(text, place), place), place)
        return draft

    def loss_options_unused(self, options: Mapping[str, Any], places: Mapping[str, Place], place: Place) -> None:
        for key in options:
            self.findings.error(
                "unknown-key",
                f"{key} belongs to a loss that is named, not to an equation or expression",
                places.get(key, place),
                "say it in the expression: cross_entropy(y_hat, y, reduction=mean)",
            )

    def named_loss(self, name: str, options: Mapping[str, Any], places: Mapping[str, Place], place: Place) -> Expr:
        prediction = self.scope.find("y_hat")
        if prediction is None:
            raise ProblemError.of(
                "missing-prediction",
                f"{name} compares y_hat with the target, but nothing is called y_hat",
                place,
                f"name the prediction's equation y_hat, or write  loss: {name}(NAME, TARGET)",
            )
        targets = list(self.problem.targets)
        if len(targets) != 1:
            found = f"the targets are {', '.join(targets)}" if targets else "the file has no targets"
            raise ProblemError.of(
                "missing-target",
                f"{name} needs one target to compare with, but {found}",
                place,
                "add  targets: {y: [...]}" if not targets else f"write  loss: {name}({prediction}, {targets[0]})",
            )
        written = tuple((key, value) for key, value in options.items() if key != "over_time")
        return Call(name, (Ref(prediction), Ref(Name(targets[0]))), written)

    # Replaced values

    def replacements(self) -> None:
        """`given:` and `rounding:` name equations; the value between an activation and its loss may be among them."""
        for text, value in self.problem.given.items():
            with self.findings:
                expr = self.scope.resolve(parse(text, value.place, addresses=True), value.place)
                if not isinstance(expr, Ref) or expr.name.of is not None or expr.name not in self.drafts:
                    raise ProblemError.of(
                        "not-an-equation",
                        f"given: {text} is not an equation of the forward pass",
                        value.place,
                        "given replaces the value of an equation; inputs and parameters are changed where they stand",
                    )
                self.given[expr.name] = value
        self.replaced |= set(self.given)
        for rounding in self.problem.rounding:
            if rounding.name is None:
                self.replaced |= set(self.drafts)
            else:
                self.replaced |= {name for name in self.drafts if rounding.name.text in (str(name), name.stem)}

    def given_value(self, name: Name, value: Value) -> Tensor:
        shape = self.shapes.named[name]
        assert value.array is not None
        array = value.array
        fits = array.shape == shape.dims or (
            array.size == shape.size and (max(array.shape, default=1) == array.size) and shape.flat | (not shape.dims)
        )
        if not fits:
            found = "x".join(map(str, array.shape)) or "a number"
            raise ProblemError.of(
                "shape-mismatch", f"given: {name} has shape {found}, the equation {shape}", value.place
            )
        return array.reshape(shape.dims)

    # Order and normal form

    def ordered(self) -> list[Name]:
        """The drafts in an order in which each comes after what it uses; raises on a circle."""
        order: list[Name] = []
        state: dict[Name, int] = {}
        for start in self.drafts:
            stack = [(start, iter(self.uses(start)))]
            if state.get(start):
                continue
            state[start] = 1
            while stack:
                name, rest = stack[-1]
                for used in rest:
                    if state.get(used) == 1:
                        circle = [n for n, _ in stack]
                        self.circle(circle[circle.index(used) :])
                        return order
                    if not state.get(used):
                        state[used] = 1
                        stack.append((used, iter(self.uses(used))))
                        break
                else:
                    state[name] = 2
                    order.append(name)
                    stack.pop()
        return order

    def uses(self, name: Name) -> list[Name]:
        return [used for used in references(self.drafts[name].expr) if used in self.drafts]

    def circle(self, names: list[Name]) -> None:
        path = (
            " needs ".join(map(str, [*names, names[0]]))
            if len(names) < 8
            else f"{names[0]} in a circle of {len(names)}"
        )
        self.findings.error(
            "cyclic-equations",
            f"the equations depend on each other: {path}",
            self.drafts[names[0]].place,
            "one of them has to come from inputs and parameters alone",
        )
        self.findings.raise_errors()

    def normalize(self, draft: Draft) -> None:
        missing = [name for name in references(draft.expr) if name not in self.shapes.named]
        if any(name in self.drafts for name in missing):
            return  # reported at the equation that failed
        if draft.name == self.scope.loss and draft.name not in self.equations:
            self.align_target(draft.expr)
        equations = self.normalizer.equations(draft.name, draft.expr, draft.place)
        for equation in equations:
            if equation.long is not None and set(references(equation.long)) & self.replaced:
                equation = equation._replace(expr=equation.long, shortcut=equation.expr)
            self.equations[equation.name] = equation
        shape = self.shapes.named[draft.name]
        if draft.name == self.scope.loss and shape.size != 1:
            raise ProblemError.of(
                "loss-not-scalar",
                f"the loss {draft.name} has shape {shape}, but a loss is one number",
                draft.place,
                "sum it up: sum((y_hat - y)^2)",
            )

    def align_target(self, expr: Expr) -> None:
        """A target written as a row or a column is accepted for the vector that it is compared with."""
        if not (isinstance(expr, Call) and expr.op in LOSSES and len(expr.args) == 2):
            return
        prediction, target = expr.args
        if isinstance(prediction, Ref) and isinstance(target, Ref) and prediction.name in self.shapes.named:
            shape = self.shapes.named[prediction.name]
            if shape.kind == "vector":
                self.as_vector_of(target.name, shape.size)

    # What the normal form asks

    def defining(self, name: Name) -> Expr | None:
        equation = self.equations.get(name)
        return equation.expr if equation else None

    def is_distribution(self, expr: Expr) -> bool:
        """Whether a target's values sum to 1 in every sample, those outside this mini-batch included."""
        if not isinstance(expr, Ref):
            return False
        leaf = self.leaves.get(expr.name)
        if leaf is None or leaf.role != "target" or leaf.value.ndim != 2:
            return False
        whole = self.problem.targets[str(expr.name)].array if str(expr.name) in self.batch else leaf.value
        sums = 1.0 if whole is None else whole.sum(axis=self.layout.features)
        return bool(np.allclose(sums, 1.0, rtol=0, atol=1e-12))

    def fresh_name(self, name: Name) -> Name:
        """A name for the argument of an activation that stands inside the equation of `name`."""
        base = f"z_{name}"
        text, count = base, 1
        while self.scope.find(text) is not None:
            count += 1
            text = f"{base}_{count}"
        fresh = Name(text)
        self.scope.define(fresh, self.drafts[name].place if name in self.drafts else None)
        return fresh
