"""Equations as a Python function over single numbers, for values that are wanted over and over again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from nnsolve.core.equations import Equation
from nnsolve.core.names import Name
from nnsolve.engine.compiled.atoms import Atoms
from nnsolve.engine.compiled.graph import Graph
from nnsolve.engine.compiled.lowering import Lowering
from nnsolve.engine.compiled.writing import Writer
from nnsolve.engine.program import Program
from nnsolve.engine.rounding import Roundings
from nnsolve.ops.primitives import SCALAR_NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


NumberFunction: TypeAlias = Callable[[Sequence[float]], tuple[float, ...]]


class Formula(NamedTuple):
    """Equations, of which the last one is wanted for other and other numbers of the `arguments`.

    The `values` of whatever else they use are constants.
    """

    program: Program
    rounding: Roundings
    equations: Sequence[Equation]
    arguments: tuple[Name, ...]
    values: Mapping[Name, Tensor]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.program.shapes.of(self.equations[-1].name).size


class _Values(Lowering):
    """Lowers formulas to one graph."""

    def __init__(self, formula: Formula, graph: Graph):
        super().__init__(formula.program, formula.rounding, (), scalar=True, graph=graph)
        self.named = {name: graph.source("data", name, self.shapes.of(name).dims) for name in formula.arguments}
        self.values = formula.values

    def reference(self, name: Name) -> int:
        if name not in self.named:
            self.named[name] = self.graph.constant(self.values[name])
        return self.named[name]


def number_function(formulas: Sequence[Formula], element: int | None = None) -> NumberFunction:
    """The numbers of some formulas of the same arguments, one behind the other; with an `element` that of each.

    The numbers of the arguments are given one behind the other, too. It raises `ArithmeticError` or `ValueError` where
    NumPy would saturate. Raises `NotScalarError` where there is no such function, or where it is too large.
    """
    graph = Graph()
    results = []
    for formula in formulas:
        lowering = _Values(formula, graph)
        for equation in formula.equations:
            lowering.compute(equation)
        results.append(lowering.named[formula.equations[-1].name])
    atoms = Atoms(graph, results)
    numbers = [atoms.elements[result].ravel().astype(int).tolist() for result in results]
    wanted = [i for several in numbers for i in (several if element is None else [several[element]])]
    writer = Writer(atoms, wanted)
    writer.write()
    program, arguments = formulas[0].program, formulas[0].arguments
    unused = {name: ["_"] * program.shapes.of(name).size for name in arguments}
    names = [text for name in arguments for text in (unused | atoms.variables)[name]]
    lines = [
        "def values(numbers):",
        *([f"    {''.join(f'{name}, ' for name in names)} = numbers"] if names else []),
        *[f"    {line}" for line in writer.lines],
        f"    return ({''.join(f'{writer.texts[i][0]}, ' for i in wanted)})",
    ]
    namespace: dict[str, Any] = {**SCALAR_NAMES}
    exec(compile("\n".join(lines), "<values>", "exec"), namespace)
    found: NumberFunction = namespace["values"]
    return found
