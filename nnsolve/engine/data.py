"""What a problem file gives: inputs, targets, parameters and constants, oriented as the program holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.blocks import LOSSES
from nnsolve.core.diagnostics import Findings, Place, ProblemError
from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import SCALAR, Layout, Shape
from nnsolve.engine.infer import Shapes
from nnsolve.engine.scope import Scope
from nnsolve.problem.model import Problem, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Leaf(NamedTuple):
    """A value that the file gives; roles: input, target, parameter, constant, hyperparameter, state."""

    value: Tensor
    role: str
    place: Place | None


class Data:
    """The given values of a problem; `batch` replaces inputs and targets by those of one mini-batch."""

    def __init__(
        self, problem: Problem, batch: Mapping[str, Value], scope: Scope, shapes: Shapes, sequential: set[str]
    ) -> None:
        self.problem = problem
        self.batch = batch
        self.scope = scope
        self.shapes = shapes
        self.layout: Layout = shapes.layout
        self.leaves: dict[Name, Leaf] = {}
        self.class_targets: dict[Name, Value] = {}
        self.sequential = sequential
        self.batched: set[Name] = set()  # steps of several sequences: never a single vector
        self.length: tuple[str, int] | None = None

    def read(self, findings: Findings) -> None:
        """Define every value of the file but the targets."""
        problem = self.problem
        self.read_section(problem.inputs, "input", findings)
        self.read_section(problem.parameters, "parameter", findings)
        self.read_section(problem.constants, "constant", findings)

    def read_section(self, section: Mapping[str, Value], role: str, findings: Findings) -> None:
        """Define the values of one section; those that are sequences step by step."""
        for text, value in section.items():
            with findings:
                if role in ("input", "target") and (value.sequences or text in self.sequential):
                    self.sequence(text, value, role)
                else:
                    self.leaf(Name(text), self.batch.get(text, value), role)

    def sequence(self, text: str, value: Value, role: str) -> None:
        """A quantity with a value for each time step, x_1, x_2, ...; a single number has no steps."""
        steps = self.steps(value)
        if not steps:
            self.leaf(Name(text), value, role)
            return
        if self.length is not None and self.length[1] != len(steps):
            first, length = self.length
            count = f"{len(steps)} time step" + ("s" if len(steps) > 1 else "")
            message = f"{text} has {count}, but {first} has {length}"
            raise ProblemError.of("shape-mismatch", message, value.place, "all sequences have the same length")
        self.length = self.length or (text, len(steps))
        for time, step in enumerate(steps, 1):
            name = Name(text, time=time)
            self.leaf(name, self.batch.get(str(name), step), role)
            if value.sequences > 1:
                self.batched.add(name)

    def steps(self, value: Value) -> list[Value]:
        """The values of a sequence's time steps."""
        if value.classes is not None:
            length = len(value.classes) // max(value.sequences, 1) if value.batch else 0
            labels = [value.classes[t::length] for t in range(length)]
            return [value._replace(classes=step, batch=value.sequences > 0, sequences=0) for step in labels]
        assert value.array is not None
        if not value.sequences:
            return [value._replace(array=step) for step in value.array] if value.array.ndim else []
        array = value.array if value.array.ndim > 2 else value.array[:, :, np.newaxis]
        by_step = np.moveaxis(array, 1, 0)  # (time, sample, feature)
        oriented = by_step if self.layout.features == 1 or by_step.ndim > 3 else np.swapaxes(by_step, 1, 2)
        return [value._replace(array=step, sequences=0) for step in oriented]

    def leaf(self, name: Name, value: Value, role: str) -> None:
        """A quantity that the file gives."""
        self.scope.define(name, value.place)
        if value.array is None:
            self.class_targets[name] = value
            if value.count is not None:
                self.settle_target(name, self.class_shape(value, value.count))
            return
        array, shape = self.oriented(value.array, role, name, value.place)
        self.store(name, array, shape, role, value.place)

    def store(self, name: Name, array: Tensor, shape: Shape, role: str, place: Place | None) -> None:
        """Keep a value in the dimensions of its shape."""
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
        kind = "vector" if role in ("input", "target", "initial") and one_sample else "tensor"
        return array, Shape(array.shape, kind)

    def as_vector_of(self, name: Name, features: int) -> None:
        """`[[a, b]]` or `[[a], [b]]` is accepted for one vector where features say that it is one."""
        leaf, shape = self.leaves.get(name), self.shapes.named.get(name)
        if leaf is None or shape is None or name in self.batched:
            return
        if shape == SCALAR and features == 1:
            self.store(name, leaf.value, self.layout.vector(1), leaf.role, leaf.place)
        elif 1 in shape.dims and shape.size == features and shape.dims[self.layout.features] != features:
            self.store(name, leaf.value, self.layout.vector(features), leaf.role, leaf.place)

    def class_shape(self, value: Value, classes: int) -> Shape:
        """The shape of a one-hot target."""
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
                self.problem.to_add("conventions", "count_from: 0", "(or 1)"),
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

    def unsettled(self, findings: Findings) -> None:
        """Report class targets whose number of classes nothing has told: no step of theirs is compared."""
        compared = {
            name._replace(time=None): self.shapes.named[name] for name in self.class_targets.keys() & self.leaves
        }
        for name, value in self.class_targets.items():
            if name in self.leaves:
                continue
            shape = compared.get(name._replace(time=None))
            if shape is not None:
                with findings:
                    self.settle_target(name, shape)
            else:
                findings.error(
                    "unknown-classes",
                    f"{name} is given as a class, but nothing says how many classes there are",
                    value.place,
                    "write {class: 2, of: 4}, or compare it with a prediction in a loss",
                )

    def align_target(self, expr: Expr) -> None:
        """A target written as a row or a column is accepted for the vector that it is compared with, [0.5] for 0.5."""
        if not (isinstance(expr, Call) and expr.op in LOSSES and len(expr.args) == 2):
            return
        prediction, target = expr.args
        if isinstance(prediction, Ref) and isinstance(target, Ref) and prediction.name in self.shapes.named:
            shape = self.shapes.named[prediction.name]
            if shape.kind == "vector":
                self.as_vector_of(target.name, shape.size)
            leaf = self.leaves.get(target.name)
            if shape == SCALAR and leaf is not None and leaf.value.size == 1:
                self.store(target.name, leaf.value, SCALAR, leaf.role, leaf.place)

    def is_distribution(self, expr: Expr) -> bool:
        """Whether a target's values sum to 1 in every sample, those outside this mini-batch included."""
        if not isinstance(expr, Ref):
            return False
        leaf = self.leaves.get(expr.name)
        if leaf is None or leaf.role != "target" or leaf.value.ndim != 2:
            return False
        whole = self._whole_target(expr.name).array if str(expr.name) in self.batch else leaf.value
        sums = 1.0 if whole is None else whole.sum(axis=self.layout.features)
        return bool(np.allclose(sums, 1.0, rtol=0, atol=1e-12))

    def _whole_target(self, name: Name) -> Value:
        """A target, or the step of one that is a sequence, with all samples."""
        if str(name) in self.problem.targets or name.time is None:
            return self.problem.targets[str(name)]
        return self.steps(self.problem.targets[str(name._replace(time=None))])[name.time - 1]

    def replacement(self, name: Name, value: Value, section: str) -> Tensor:
        """The value that `given:` puts in the place of an equation's, `gradients:` in that of a gradient."""
        shape = self.shapes.named[name]
        assert value.array is not None
        array = value.array
        is_line = max(array.shape, default=1) == array.size  # a list, a row or a column
        as_vector = is_line and array.size == shape.size and (shape.flat or not shape.dims)
        if array.shape != shape.dims and not as_vector:
            found = "x".join(map(str, array.shape)) or "a number"
            raise ProblemError.of("shape-mismatch", f"{section}: {name} has shape {found}, not {shape}", value.place)
        return array.reshape(shape.dims)
