"""Single numbers as the text of Python code."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from nnsolve.engine.compiled.atoms import Atoms

MAX_DEPTH = 12
"""How deep expressions are nested before a part becomes a variable of its own."""

CHAINED = 0.02
"""What a further term of a sum adds to the depth."""

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


class Writer:
    """Writes what is wanted: numbers that are used once stand where they are used, the others are variables.

    `texts` has for each number its text, how strongly that binds and how deep it is; `lines` compute the variables.
    """

    def __init__(self, atoms: Atoms, wanted: Sequence[int]) -> None:
        self.atoms = atoms.atoms
        self.wanted = wanted
        self.data = [text for name in atoms.data for text in atoms.variables[name]]
        self.lines: list[str] = []
        self.texts: dict[int, tuple[str, int, float]] = {}
        self.uses = self._counted()

    def _counted(self) -> list[int]:
        uses = [0] * len(self.atoms)
        stack = list(self.wanted)
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

    def write(self, left_out: Collection[int] = ()) -> None:
        """Write all that is used but some."""
        for i in range(len(self.atoms)):
            if self.uses[i] and i not in left_out:
                self._write(i)

    def _write(self, i: int) -> None:
        atom = self.atoms[i]
        if not atom.args:
            self.texts[i] = (atom.text, CALL, 0)
            return
        text, binding, depth = self.expression(i)
        if self.uses[i] == 1 and depth < MAX_DEPTH:
            self.texts[i] = (text, binding, depth)
        else:
            self.lines.append(f"t{i} = {text}")
            self.texts[i] = (f"t{i}", CALL, 0)

    def expression(self, i: int) -> tuple[str, int, float]:
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
