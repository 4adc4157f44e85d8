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

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnsolve.core.names import Name
from nnsolve.engine.compiled.graph import Dims, Graph, Node
from nnsolve.ops.primitives import PRIMITIVES, SCALAR_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.float64]

MAX_OPERATIONS = 4000
"""Scalar operations in one update; more of them are slower than NumPy, and slow to compile."""

MAX_DEPTH = 12
"""How deep expressions are nested before a part becomes a variable of its own."""

CHAINED = 0.02
"""What a further term of a sum adds to the depth."""

FUNCTION_COST, OPERATION_COST = 50e-9, 18e-9
"""Seconds of a function of `math`, and of an operator."""

ZERO, ONE = 0, 1


class NotScalarError(ValueError):
    """The graph cannot be written with single numbers, or is too large for it."""


class Atom(NamedTuple):
    """One number: a variable or literal (`text`), or a template over x, y and z with the atoms put in."""

    text: str
    args: tuple[int, ...] = ()
    safe: bool = True
    value: float | None = None  # of a literal


class ScalarCode:
    """The compiled updates: `advance(stretches, losses, total, state)`."""

    def __init__(self, graph: Graph, weight: float) -> None:
        atoms = _Atoms(graph)
        self.parameters = list(graph.outputs)
        self.data = atoms.data
        self.cost = atoms.cost
        self.source = _Writer(atoms, graph, weight).source()
        namespace: dict[str, Any] = {**SCALAR_NAMES}
        exec(compile(self.source, "<training>", "exec"), namespace)
        self.advance: Callable[..., Any] = namespace["advance"]


class _Atoms:
    """The numbers that an update computes; equal ones are one."""

    def __init__(self, graph: Graph) -> None:
        self.atoms: list[Atom] = []
        self._known: dict[Any, int] = {}
        self.literal(0.0)
        self.literal(1.0)
        self.data: list[Name] = []
        self.elements: dict[int, Ids] = {}
        self.variables: dict[Name, list[str]] = {}
        for i in graph.reachable([*graph.wanted, *graph.parameters.values()]):
            self.elements[i] = self._node(graph, i)
        operations = [atom for atom in self.atoms if atom.args]
        calls = sum("(" in atom.text for atom in operations)
        self.cost = len(operations) * OPERATION_COST + calls * (FUNCTION_COST - OPERATION_COST)

    def literal(self, value: float) -> int:
        text = repr(float(value))
        return self._new(("literal", text), Atom(f"({text})" if text.startswith("-") else text, value=float(value)))

    def _new(self, key: Any, atom: Atom) -> int:
        known = self._known.get(key)
        if known is None:
            if len(self.atoms) > 4 * MAX_OPERATIONS:
                raise NotScalarError
            self.atoms.append(atom)
            known = self._known[key] = len(self.atoms) - 1
        return known

    def apply(self, template: str, args: Sequence[int], safe: bool) -> int:
        """One operation; of literals it is computed now, unless it raises."""
        if template == "x * y" and ONE in args:
            return args[1] if args[0] == ONE else args[0]
        key = (template, tuple(args))
        if key in self._known:
            return self._known[key]
        values = [self.atoms[arg].value for arg in args]
        if None not in values:
            try:
                return self.literal(_function(template)(*values))
            except (ArithmeticError, ValueError):
                pass
        return self._new(key, Atom(template, tuple(args), safe))

    def _node(self, graph: Graph, i: int) -> Ids:
        """The atoms of a tensor."""
        node = graph.nodes[i]
        args = [self.elements[arg] for arg in node.args]
        if np.prod(node.dims, dtype=float) > MAX_OPERATIONS:
            raise NotScalarError
        if node.op == "constant":
            return self._array([self.literal(value) for value in node.detail.ravel().tolist()], node.dims)
        if node.op in ("parameter", "data"):
            return self._variables(node)
        if node.elementwise:
            template, safe = _template(node)
            spread = [np.broadcast_to(arg, node.dims).ravel().astype(int).tolist() for arg in args]
            return self._array([self.apply(template, ids, safe) for ids in zip(*spread, strict=True)], node.dims)
        if node.op == "reduce":
            name, axis = node.detail
            rows = np.reshape(args[0], (1, -1)) if axis is None else np.moveaxis(args[0], axis, -1)
            lists = rows.reshape(-1, rows.shape[-1]).astype(int).tolist()
            return self._array([self.fold(PRIMITIVES[name].scalar, row) for row in lists], node.dims)
        if node.op == "matmul":
            return self._matmul(args[0].astype(int).tolist(), args[1].T.astype(int).tolist(), node.dims)
        if node.op == "arrange":
            return np.reshape(node.detail(*args), node.dims)
        raise NotScalarError

    def fold(self, template: str, ids: Sequence[int]) -> int:
        found = ids[0]
        for i in ids[1:]:
            found = self.apply(template, (found, i), True)
        return found

    def _matmul(self, rows: list[list[int]], columns: list[list[int]], dims: Dims) -> Ids:
        if len(rows) * len(columns) * len(columns[0]) > MAX_OPERATIONS:
            raise NotScalarError
        return self._array(
            [
                self.fold("x + y", [self.apply("x * y", pair, True) for pair in zip(row, column, strict=True)])
                for row in rows
                for column in columns
            ],
            dims,
        )

    def _variables(self, node: Node) -> Ids:
        name: Name = node.detail
        stem = re.sub(r"[^A-Za-z0-9_]", "_", str(name))
        while any(texts and texts[0].rpartition("_")[0] == stem for texts in self.variables.values()):
            stem += "_"
        if node.op == "data":
            self.data.append(name)
        size = int(np.prod(node.dims))
        self.variables[name] = [f"{stem}_{k}" for k in range(size)]
        return self._array([self._new((name, k), Atom(self.variables[name][k])) for k in range(size)], node.dims)

    @staticmethod
    def _array(ids: Sequence[int], dims: Dims) -> Ids:
        return np.array(ids, dtype=float).reshape(dims)


def _template(node: Node) -> tuple[str, bool]:
    if node.op == "scalar":
        return node.detail, "/" not in node.detail and "(" not in node.detail
    primitive = PRIMITIVES[node.op]
    return primitive.scalar, primitive.safe


@lru_cache(maxsize=256)
def _function(template: str) -> Callable[..., float]:
    function: Callable[..., float] = eval(f"lambda x, y=0.0, z=0.0: {template}", dict(SCALAR_NAMES))
    return function


SUM, PRODUCT, CALL, OTHER = range(4)


@lru_cache(maxsize=256)
def _form(template: str) -> tuple[list[str], int]:
    """A template cut at its variables, and how strongly it binds."""
    pieces = re.split(r"\b([xyz])\b", template)
    if template in ("x + y", "x - y"):
        return pieces, SUM
    if template in ("x * y", "x / y"):
        return pieces, PRODUCT
    return pieces, CALL if re.fullmatch(r"\w+\([xyz, ]*\)", template) else OTHER


class _Writer:
    """Writes the function: numbers that are used once stand where they are used, the others are variables."""

    def __init__(self, atoms: _Atoms, graph: Graph, weight: float) -> None:
        self.atoms = atoms.atoms
        self.data = [text for name in atoms.data for text in atoms.variables[name]]
        self.targets = [(text, name, k) for name in graph.outputs for k, text in enumerate(atoms.variables[name])]
        self.new = [int(atoms.elements[graph.outputs[name]].ravel()[k]) for _, name, k in self.targets]
        self.loss: int | None = None
        if graph.loss is not None:
            loss = int(atoms.elements[graph.loss].ravel()[0])
            self.loss = atoms.apply("x * y", (atoms.literal(weight), loss), True)
        self.lines: list[str] = []
        self.texts: dict[int, tuple[str, int, float]] = {}  # text, binding, depth
        self.uses = self._uses()

    def _uses(self) -> list[int]:
        uses = [0] * len(self.atoms)
        stack = [*self.new, *([] if self.loss is None else [self.loss])]
        for i in stack:
            uses[i] += 1
        seen = set(stack)
        stack = list(seen)
        while stack:
            for arg in self.atoms[stack.pop()].args:
                uses[arg] += 1
                if arg not in seen:
                    seen.add(arg)
                    stack.append(arg)
        return uses

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
        last = {i for i in [*self.new, *([] if self.loss is None else [self.loss])] if self.uses[i] == 1}
        for i in range(len(self.atoms)):
            if self.uses[i] and i not in last:
                self._write(i)
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
        text = self._expression(i)[0]
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

    def _write(self, i: int) -> None:
        atom = self.atoms[i]
        if not atom.args:
            self.texts[i] = (atom.text, CALL, 0)
            return
        text, binding, depth = self._expression(i)
        if self.uses[i] == 1 and depth < MAX_DEPTH:
            self.texts[i] = (text, binding, depth)
        else:
            self.lines.append(f"t{i} = {text}")
            self.texts[i] = (f"t{i}", CALL, 0)

    def _expression(self, i: int) -> tuple[str, int, float]:
        """The text of an operation, its binding and its depth."""
        atom = self.atoms[i]
        pieces, binding = _form(atom.text)
        parts, depth = [], 0.0
        variables = pieces[1::2]
        for position, piece in enumerate(pieces):
            if position % 2 == 0:
                parts.append(piece)
                continue
            arg = atom.args["xyz".index(piece)]
            text, inner, inner_depth = self._operand(arg, variables.count(piece) > 1)
            left = position == 1
            bare = inner == CALL or binding == CALL or (inner == PRODUCT and binding in (SUM, PRODUCT) and left)
            bare = bare or (inner == PRODUCT and binding == SUM) or (inner == SUM == binding and left)
            parts.append(text if bare else f"({text})")
            depth = max(depth, inner_depth + (CHAINED if left and inner == binding else 1))
        return "".join(parts), binding, depth

    def _operand(self, arg: int, repeated: bool) -> tuple[str, int, float]:
        """The text of an argument; one that a template repeats is a variable."""
        text = self.texts[arg]
        if repeated and self.atoms[arg].args and text[0] != f"t{arg}":
            self.lines.append(f"t{arg} = {text[0]}")
            self.texts[arg] = (f"t{arg}", CALL, 0)
        return self.texts[arg]
