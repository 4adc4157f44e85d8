"""`layers:` expanded: each layer's parameters and equations, and the other names by which they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnsolve.blocks import LAYERS
from nnsolve.blocks.layer import COMMON, LayerSite
from nnsolve.core.diagnostics import Findings, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Ref, references
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.data import Data
from nnsolve.engine.scope import Scope
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Layer, Problem, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Network:
    """The layers of a problem; `prediction` is what the last one gives, `numbers` tells what belongs to which layer."""

    def __init__(self, problem: Problem, data: Data, scope: Scope) -> None:
        self.problem = problem
        self.data = data
        self.scope = scope
        self.shapes = data.shapes
        self.symbols = problem.conventions.symbols
        self.equations: list[Equation] = []
        self.prediction: Name | None = None
        self.numbers: dict[Name, int] = {}

    def read(self, findings: Findings) -> None:
        """Expand every layer; the first that fails ends it, as the next ones read what it gives."""
        layers = self.problem.layers
        numbered = len(layers) > 1 or any("number" in layer.options for layer in layers)
        source = self.first_input(findings) if layers else None
        shape = self.shapes.named.get(source.name) if source else None
        for i, layer in enumerate(layers):
            if source is None:
                return
            number = layer.options.get("number", i + 1) if numbered else None
            site = None
            with findings:
                site = self.expanded(layer, number, i + 1, source, shape)
            if site is None:
                return
            source, shape = site.output, site.output_shape
            for equation in site.equations:
                self.equations.append(equation._replace(place=layer.place))
        if source is not None and layers:
            self.prediction = source.name
            self.scope.alias("y_hat", source.name)

    def first_input(self, findings: Findings) -> Ref | None:
        """What layer 1 reads: the only input, else x."""
        inputs = list(self.problem.inputs)
        name = inputs[0] if len(inputs) == 1 else "x"
        if name not in self.problem.inputs:
            what = f"none of the inputs {', '.join(inputs)} is called x" if inputs else "the file has no inputs"
            findings.error(
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
            self.data.as_vector_of(source.name, features)
            shape = self.shapes.named.get(source.name, shape)
        site = LayerSite(
            number,
            self.symbols,
            exact,
            given,
            lambda option: layer.option_places.get(option, layer.place),
            conventions.weights or "rows",
            conventions.bias,
            self.data.layout,
            source,
            shape,
            self.activation(layer),
        )
        block.expand(site)
        for name, (array, parameter_shape) in site.parameters.items():
            stem = next((stem for stem in block.stems if site.name(stem) == name), "")
            place = layer.option_places.get(stem, layer.place)
            self.scope.define(name, place)
            self.data.store(name, array, parameter_shape, "parameter", place)
        for equation in site.equations:
            self.scope.define(equation.name, layer.place)
        for name in [*site.parameters, *(equation.name for equation in site.equations)]:
            self.numbers[name] = position if number is None else number
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
        """How many features a layer with these weights reads."""
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
        return lambda z: self.scope.resolve(expr, place, local={"u": z})
