"""`layers:` expanded: each layer's parameters and equations, and the other names by which they are known."""

from __future__ import annotations

import numpy as np

from nnsolve.blocks import LAYERS
from nnsolve.blocks.layer import COMMON, Activation, Given, LayerBlock, LayerSite, Step
from nnsolve.core.diagnostics import Findings, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Ref, references
from nnsolve.core.language import parse
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.engine.data import Data
from nnsolve.engine.scope import Scope
from nnsolve.engine.sequences import MAX_EQUATIONS, MAX_STEPS
from nnsolve.ops import REGISTRY
from nnsolve.problem.model import Layer, Problem, Text


class Network:
    """The layers of a problem, each with its kind in `sites`.

    `prediction` is what the last one gives, `numbers` tells what belongs to which layer.
    """

    def __init__(self, problem: Problem, data: Data, scope: Scope) -> None:
        self.problem = problem
        self.data = data
        self.scope = scope
        self.shapes = data.shapes
        self.symbols = problem.conventions.symbols
        self.equations: list[Equation] = []
        self.sites: list[tuple[str, LayerSite]] = []
        self.prediction: tuple[Name, ...] = ()
        self.output_shape: Shape | None = None
        self.numbers: dict[Name, int] = {}
        self.initial_used: set[str] = set()

    def read(self, findings: Findings) -> None:
        """Expand every layer; the first that fails ends it, as the next ones read what it gives."""
        layers = self.problem.layers
        numbered = len(layers) > 1 or any("number" in layer.options for layer in layers)
        source: tuple[Step, ...] = ()
        with findings:
            source = self.first_input() if layers else ()
        shape = self.shapes.named.get(source[0].value.name) if source else None
        for i, layer in enumerate(layers):
            if not source:
                return
            number = layer.options.get("number", i + 1) if numbered else None
            site = None
            with findings:
                site = self.expanded(layer, number, i + 1, source, shape)
            if site is None:
                return
            self.sites.append((layer.kind, site))
            source, shape = site.outputs, site.output_shape
            for equation in site.equations:
                self.equations.append(equation._replace(place=layer.place))
            if len(self.equations) > MAX_EQUATIONS:
                message = f"the layers up to this one have more than {MAX_EQUATIONS} equations, all time steps together"
                findings.error("too-big", message, layer.place, "use a shorter sequence, or fewer layers")
                return
        self.output_shape = shape
        self.prediction = tuple([step.value.name for step in source])
        if source and source[0].time is None:
            self.scope.alias("y_hat", source[0].value.name)
        elif source:
            self.scope.alias_sequence("y_hat", source[0].value.name._replace(time=None))

    def first_input(self) -> tuple[Step, ...]:
        """What layer 1 reads: the only input, else x; its steps where it is a sequence."""
        inputs = list(self.problem.inputs)
        name = inputs[0] if len(inputs) == 1 else "x"
        if name not in self.problem.inputs:
            what = f"none of the inputs {', '.join(inputs)} is called x" if inputs else "the file has no inputs"
            raise ProblemError.of(
                "missing-input",
                f"layer 1 has nothing to read: {what}",
                self.problem.where("layers"),
                "add  inputs: {x: [...]}",
            )
        steps = self.scope.sequence(name)
        if len(steps) > MAX_STEPS:
            message = f"{name} has {len(steps)} time steps; layers read at most {MAX_STEPS}"
            raise ProblemError.of("too-big", message, self.problem.inputs[name].place, "use a shorter sequence")
        return tuple([Step(step.time, Ref(step)) for step in steps]) or (Step(None, Ref(Name(name))),)

    def expanded(
        self, layer: Layer, number: int | None, position: int, source: tuple[Step, ...], shape: Shape | None
    ) -> LayerSite:
        """A layer's parameters and equations."""
        block = LAYERS.get(layer.kind)
        if block is None:
            help = did_you_mean(layer.kind, LAYERS) or f"layers: {', '.join(LAYERS)}"
            raise ProblemError.of("unknown-layer", f"{layer.kind} is not a known layer", layer.place, help)
        single = source[0].time is None and not block.single_too
        if block.sequential and single and self.shapes.named.get(source[0].value.name, shape):
            message = f"{layer.kind} reads a sequence, but {source[0].value.name} is a single value"
            help = "the layer below gives one value for all steps, as with return: last or pooling"
            if position == 1:
                help = "write a list, whose outermost level is time: [[1, 2], [3, 4]] has two steps"
            raise ProblemError.of("not-a-sequence", message, layer.place, help)
        known = [*block.options, *COMMON]
        problems = [
            ProblemError.of(
                "unknown-key",
                f"{layer.kind} has no option {key}",
                layer.option_places.get(key, layer.place),
                _meant(block, key, known),
            )
            for key in {**layer.values, **layer.options}
            if key not in known
        ]
        problems += [
            ProblemError.of(
                "wrong-type",
                f"{key} of {layer.kind} is a number, a list or a matrix",
                layer.option_places.get(key, layer.place),
                f"{key}: {block.options[key]}",
            )
            for key in layer.options
            if key in block.options and key not in layer.values and key not in (*block.words, *block.orders, *COMMON)
        ]
        problems += [
            ProblemError.of(
                "missing-key", f"{layer.kind} needs {key}", layer.place, f"{key}: {({**COMMON, **block.options})[key]}"
            )
            for key in block.required
            if key not in layer.values and key not in layer.options
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
        site = LayerSite(
            number,
            self.symbols,
            exact,
            given,
            layer.options,
            block.words,
            self.unnumbered(layer, block),
            lambda option: layer.option_places.get(option, layer.place),
            conventions.weights or "rows",
            conventions.bias,
            self.data.layout,
            source,
            shape,
            lambda option: self.activation(layer, option),
            lambda name, stem: self.initial_state(layer, position if number is None else number, name, stem),
            lambda features: self.as_vectors(source, features),
            self.value,
            conventions.count_from,
        )
        block.expand(site)
        self.define(site, layer)
        self.define_aliases(site, position)
        return site

    def define(self, site: LayerSite, layer: Layer) -> None:
        """Make a layer's quantities known."""
        for name, (array, shape) in site.parameters.items():
            place = layer.option_places.get(site.declared[name][0], layer.place)
            self.scope.define(name, place)
            self.data.store(name, array, shape, "parameter", place)
        for name, (state, shape, where) in site.initial_states.items():
            self.scope.define(name, where)
            self.data.store(name, np.zeros(shape.dims) if state is None else state, shape, "initial", where)
        for equation in site.equations:
            self.scope.define(equation.name, layer.place)

    def define_aliases(self, site: LayerSite, position: int) -> None:
        """The other texts for a layer's quantities: the usual stems, with the layer's number."""
        number = position if site.number is None else site.number
        sequences: dict[tuple[str, Name], None] = {}
        for name, (stem, time) in site.declared.items():
            target = site.aliases.get(name, name)
            self.numbers[target] = number
            head, _, gate = stem.partition("_")
            for text in (head, self.symbols.get(head, head)):
                self.scope.alias(Name(text, site.number, gate, time).base, target)
                self.scope.alias(Name(text, number, gate, time).base, target)
            self.scope.alias(name.base, target)
            if time:
                for whole in (name, Name(head, site.number, gate), Name(head, number, gate)):
                    sequences[whole._replace(time=None).base, target._replace(time=None)] = None
        for text, sequence in sequences:
            self.scope.alias_sequence(text, sequence)

    def unnumbered(self, layer: Layer, block: LayerBlock) -> frozenset[str]:
        """The stems of a recurrent layer that no other layer has: its number is left out, unless the file says one."""
        if not block.sequential or "number" in layer.options:
            return frozenset()
        others = [LAYERS[other.kind] for other in self.problem.layers if other is not layer and other.kind in LAYERS]
        return frozenset(block.stems) - {stem for other in others for stem in other.stems}

    def initial_state(self, layer: Layer, number: int, name: Name, stem: str) -> Given | None:
        """What `initial:` says about a state; without a layer number only where no other layer has such a state."""
        others = [other for other in self.problem.layers if other is not layer and other.kind in LAYERS]
        alone = not any(LAYERS[other.kind].sequential and stem in LAYERS[other.kind].stems for other in others)
        texts = [str(name)]
        for other in (name.stem, self.symbols.get(stem, stem), stem):
            texts += [str(Name(other, number, time=0)), *([str(Name(other, time=0))] if alone else [])]
        for text in texts:
            value = self.problem.initial.get(text)
            if value is not None and value.array is not None and text not in self.initial_used:
                self.initial_used.add(text)
                batch = self.data.batch.get(str(name), value)
                return Given(value.array if batch.array is None else batch.array, value.place)
        return None

    def value(self, name: Name) -> Given | None:
        """An input's value; None for what is computed."""
        leaf = self.data.leaves.get(name)
        return Given(leaf.value, leaf.place) if leaf else None

    def as_vectors(self, source: tuple[Step, ...], features: int) -> Shape | None:
        """The shape of each input, of which the layer reads as many features."""
        for _, value in source:
            self.data.as_vector_of(value.name, features)
        return self.shapes.named.get(source[0].value.name)

    def activation(self, layer: Layer, option: str) -> Activation | None:
        """The activation that an option names as a function of the pre-activation, or None."""
        given = layer.options.get(option)
        if given is None:
            return None
        if not isinstance(given, Text):
            message = f"{option} is an activation by name, or an expression in u"
            raise ProblemError.of("wrong-type", message, layer.option_places.get(option, layer.place))
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


def _meant(block: LayerBlock, key: str, known: list[str]) -> str:
    """What to write instead of an option that a layer does not have."""
    other = block.also_called.get(key)
    if other is not None:
        return f"it is called {other} here: {block.options[other]}"
    return did_you_mean(key, known) or f"its options: {', '.join(known)}"
