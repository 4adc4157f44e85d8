"""Equations as a Python function over single numbers, for values that are wanted over and over again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from nnsolve.core.equations import Equation
from nnsolve.core.names import Name
from nnsolve.engine.compiled.atoms import Atoms
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


class _Values(Lowering):
    """Lowers equations over values: those of `arguments` may change, the others are constants."""

    def __init__(self, program: Program, rounding: Roundings, arguments: Sequence[Name], values: Mapping[Name, Tensor]):
        super().__init__(program, rounding, (), scalar=True)
        self.named = {name: self.graph.source("data", name, program.shapes.of(name).dims) for name in arguments}
        self.values = values

    def reference(self, name: Name) -> int:
        if name not in self.named:
            self.named[name] = self.graph.constant(self.values[name])
        return self.named[name]


def scalar_function(
    program: Program,
    rounding: Roundings,
    equations: Sequence[Equation],
    arguments: Sequence[Name],
    values: Mapping[Name, Tensor],
) -> NumberFunction:
    """The numbers of the last of some equations as a function of those of the `arguments`, one behind the other.

    It raises `ArithmeticError` or `ValueError` where NumPy would saturate. Raises `NotScalarError` where there is no
    such function, or where it is too large.
    """
    lowering = _Values(program, rounding, arguments, values)
    for equation in equations:
        lowering.compute(equation)
    lowering.graph.outputs = {equations[-1].name: lowering.named[equations[-1].name]}
    atoms = Atoms(lowering.graph)
    wanted = atoms.elements[lowering.named[equations[-1].name]].ravel().astype(int).tolist()
    writer = Writer(atoms, wanted)
    writer.write()
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
