"""One operation on its own: its value, and its emitted derivative, evaluated by nnsolve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import autograd
import numpy as np

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import Layout, Shape, resolve_axis
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.ops import REGISTRY
from nnsolve.ops.templates import full_options
from tests.ops.oracle import ORACLE

OUT, LABEL = Name("out"), Name("G")


class Case(NamedTuple):
    """An operation at given arguments; `kinds` are those of the shapes, `()` for what the dimensions suggest."""

    op: str
    args: tuple[Any, ...]
    options: Mapping[str, Any] = {}
    layout: Layout = Layout(0, True)
    kinds: tuple[str, ...] = ()

    def __str__(self) -> str:
        options = "".join(f" {k}={v}" for k, v in self.options.items())
        shapes = ",".join("x".join(map(str, np.shape(a))) or "1" for a in self.args)
        return f"{self.op} {shapes}{options}{' rows' if self.layout.features else ''}".replace("'", "_prime")


class Bench:
    """A case made ready: named arguments with their shapes and values."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.shapes = Shapes(case.layout)
        self.values: dict[Name, Any] = {}
        self.names = [Name(f"arg{i}") for i in range(len(case.args))]
        for i, (name, arg) in enumerate(zip(self.names, case.args, strict=True)):
            array = np.array(arg, dtype=float)
            kind = case.kinds[i] if case.kinds else _kind(array, case.layout)
            self.shapes.named[name] = Shape(array.shape, kind)
            self.values[name] = array
        self.call = Call(case.op, tuple(Ref(n) for n in self.names), tuple(case.options.items()))
        self.shape = self.shapes.named[OUT] = self.shapes(self.call)

    @property
    def arrays(self) -> list[Any]:
        return [self.values[name] for name in self.names]

    def options(self) -> dict[str, Any]:
        options = full_options(self.call)
        if "axis" in options:
            options["axis"] = resolve_axis(options["axis"], self.shapes.named[self.names[0]], self.case.layout)
        return options

    def evaluate(self, expr: Expr, values: Mapping[Name, Any] | None = None) -> Any:
        return evaluate(expr, self.shapes, values or self.values)

    def value(self, arrays: Sequence[Any] | None = None) -> Any:
        values = dict(zip(self.names, self.arrays if arrays is None else arrays, strict=True))
        return self.evaluate(self.call, values)

    def oracle(self, *arrays: Any) -> Any:
        return ORACLE[self.case.op](*arrays, **self.options())

    def gradient(self, i: int, incoming: Any) -> Any:
        """The emitted gradient of argument i for an incoming gradient."""
        emitted = Differentiator([Equation(OUT, self.call)], self.shapes).gradient(
            OUT, self.names[i], Ref(OUT.gradient(LABEL)), LABEL
        )
        values = {**self.values, OUT: self.value(), OUT.gradient(LABEL): incoming}
        return self.evaluate(emitted.expr, values)

    def oracle_gradient(self, i: int, incoming: Any) -> Any:
        """The same by autograd."""

        def weighted(*arrays: Any) -> Any:
            return autograd.numpy.sum(autograd.numpy.reshape(self.oracle(*arrays), self.shape.dims) * incoming)

        return autograd.grad(weighted, i)(*self.arrays)

    def difference_gradient(self, i: int, incoming: Any, h: float = 1e-3) -> Any:
        """The same by the five-point formula on nnsolve's own value."""
        base = self.arrays[i]
        result = np.zeros(base.shape)
        for index in np.ndindex(base.shape):

            def at(step: float, index: tuple[int, ...] = index) -> float:
                shifted = base.copy()
                shifted[index] += step
                arrays = [shifted if k == i else a for k, a in enumerate(self.arrays)]
                return float(np.sum(self.value(arrays) * incoming))

            result[index] = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)
        return result

    def incoming(self) -> Any:
        """A gradient to send in: no two elements are alike."""
        return np.random.default_rng(7).normal(size=self.shape.dims)


def _kind(array: Any, layout: Layout) -> str:
    if not array.ndim:
        return "scalar"
    return "vector" if array.ndim == 2 and array.shape[1 - layout.features] == 1 else "tensor"


def differentiable(op: str, count: int) -> list[int]:
    """The arguments that have a derivative rule (or get one from the definition)."""
    operation = REGISTRY[op]
    if operation.no_derivative or operation.adjoint_only:
        return []
    if not operation.gradient:
        return list(range(count)) if operation.definition else []
    names = operation.arguments
    return [i for i in range(count) if "*" in operation.gradient or names[min(i, len(names) - 1)] in operation.gradient]


def assert_close(found: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Equal shapes, and a difference of at most `tolerance` relative to the norm of what is expected."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape
    scale = max(float(np.linalg.norm(expected)), 1e-300)
    difference = float(np.linalg.norm(found - expected))
    assert difference <= tolerance * scale or difference < 1e-15, f"{found}\nis not\n{expected}\n(off by {difference})"
