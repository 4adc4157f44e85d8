"""Updates of small networks as Python code over single numbers: every element of every tensor is a local variable.

NumPy takes about a microsecond for a call, whatever its size; Python takes some 20 nanoseconds for an operation on two
floats. What is generated looks like this:

    def advance(stretches, losses, total, state):
        (W_0, b_0,) = state
        for rows in stretches:
            try:
                for (x_0, y_0,) in rows:
                    t1 = W_0 * x_0 + b_0 - y_0
                    total += 0.5 * (t1 * t1)
                    W_0 = W_0 - 0.1 * (t1 * x_0)
                    b_0 = b_0 - 0.1 * t1
            except (ArithmeticError, ValueError):
                return rows, total, (W_0, b_0,)
            losses.append(total)
            total = 0.0
        return None, total, (W_0, b_0,)

All that may raise is computed before anything is stored, so that an update that raises has not happened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnsolve.engine.compiled.atoms import Atoms
from nnsolve.engine.compiled.graph import Graph
from nnsolve.engine.compiled.writing import CALL, Writer
from nnsolve.ops.primitives import SCALAR_NAMES


class ScalarCode:
    """The compiled updates: `advance(stretches, losses, total, state)`."""

    def __init__(self, graph: Graph, weight: float) -> None:
        atoms = Atoms(graph)
        self.parameters = list(graph.outputs)
        self.data = atoms.data
        self.cost = atoms.cost
        self.source = _Updates(atoms, graph, weight).source()
        namespace: dict[str, Any] = {**SCALAR_NAMES}
        exec(compile(self.source, "<training>", "exec"), namespace)
        self.advance: Callable[..., Any] = namespace["advance"]


class _Updates(Writer):
    """Writes the function that makes updates."""

    def __init__(self, atoms: Atoms, graph: Graph, weight: float) -> None:
        self.targets = [(text, name, k) for name in graph.outputs for k, text in enumerate(atoms.variables[name])]
        self.new = [int(atoms.elements[graph.outputs[name]].ravel()[k]) for _, name, k in self.targets]
        self.loss: int | None = None
        if graph.loss is not None:
            loss = int(atoms.elements[graph.loss].ravel()[0])
            self.loss = atoms.apply("x * y", (atoms.literal(weight), loss), True)
        super().__init__(atoms, [*self.new, *([] if self.loss is None else [self.loss])])

    def source(self) -> str:
        stores = self._stores()
        state = "".join(f"{text}, " for text, _, _ in self.targets)
        loop = f"for ({''.join(f'{text}, ' for text in self.data)}) in rows:" if self.data else "for _ in rows:"
        return "\n".join(
            [
                "def advance(stretches, losses, total, state):",
                f"    ({state}) = state",
                "    for rows in stretches:",
                "        try:",
                f"            {loop}",
                *[f"                {line}" for line in [*self.lines, *stores] or ["pass"]],
                "        except (ArithmeticError, ValueError):",
                f"            return rows, total, ({state})",
                "        losses.append(total)",
                "        total = 0.0",
                f"    return None, total, ({state})",
                "",
            ]
        )

    def _stores(self) -> list[str]:
        """The lines that store; `self.lines` gets what has to come before them."""
        self.write({i for i in self.wanted if self.uses[i] == 1})
        stores = []
        if self.loss is not None:
            stores.append(f"total += {self._late(self.loss, set())}")
        written: set[str] = set()
        for (target, _, _), i in zip(self.targets, self.new, strict=True):
            text = self._late(i, written)
            if text != target:
                stores.append(f"{target} = {text}")
                written.add(target)
        return stores

    def _late(self, i: int, written: set[str]) -> str:
        """A value to be stored; it is computed before anything is where it may raise, or uses what is overwritten."""
        if not self.atoms[i].args and self.atoms[i].value is None:
            if self.atoms[i].text in written:
                self.lines.append(f"t{i} = {self.atoms[i].text}")
                return f"t{i}"
            return self.atoms[i].text
        if i in self.texts:
            return self.texts[i][0]
        safe, variables = self._inlined(i)
        text = self.expression(i)[0]
        if safe and not variables & written:
            return text
        self.lines.append(f"t{i} = {text}")
        self.texts[i] = (f"t{i}", CALL, 0)
        return f"t{i}"

    def _inlined(self, i: int) -> tuple[bool, set[str]]:
        """Whether what is written in the place of an atom never raises, and the variables in it."""
        atom = self.atoms[i]
        if not atom.args:
            return True, {atom.text}
        safe, variables = atom.safe, set[str]()
        for arg in atom.args:
            if arg in self.texts and self.texts[arg][0] == f"t{arg}":
                continue
            part_safe, part = self._inlined(arg)
            safe, variables = safe and part_safe, variables | part
        return safe, variables
