"""`rounding:`: which values are rounded as they are stored, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.engine.program import Program
from nnsolve.ops.functions import round_to
from nnsolve.ops.operation import Operation, same_shape
from nnsolve.problem.model import Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


class Roundings:
    """Which values are rounded as they are stored, and how."""

    def __init__(self, rules: tuple[Rounding, ...], program: Program) -> None:
        self.every: Rounding | None = None
        self.named: dict[Name, Rounding] = {}
        for rule in rules:
            if rule.name is None:
                self.every = rule
                continue
            names = self.names(rule.name.text, program)
            if not names:
                help = "rounding names an equation: {h: {decimals: 2}}, or every: {decimals: 2}"
                raise ProblemError.of(
                    "unknown-name", f"rounding: {rule.name.text} is not an equation", rule.name.place, help
                )
            for name in names:
                self.named[name] = rule

    @staticmethod
    def names(text: str, program: Program) -> list[Name]:
        found = program.parse_address(text)
        if found is not None:
            return [found]
        if steps := program.scope.sequence(text):
            return list(steps)
        return [e.name for e in program.forward if e.name.layer is not None and e.name.stem == text]

    def rule(self, name: Name) -> Rounding | None:
        return self.named.get(name, self.named.get(name.after(0), self.every))

    def apply(self, name: Name, value: Tensor) -> Tensor:
        rule = self.rule(name)
        if rule is None:
            return value
        if rule.decimals is not None:
            return np.asarray(round_to(value, rule.decimals, rule.ties), dtype=float)
        assert rule.significant is not None
        return round_significant(value, rule.significant, rule.ties)

    def describe(self, name: Name) -> str | None:
        """How a value was rounded, in words."""
        rule = self.rule(name)
        return None if rule is None else in_words(rule)


def in_words(rule: Rounding) -> str:
    """How a rule rounds."""
    count, what = (rule.decimals, "decimal") if rule.decimals is not None else (rule.significant, "significant digit")
    digits = f"{count} {what}{'' if count == 1 else 's'}"
    return f"rounded to {digits}, ties {'to ' if rule.ties != 'away' else ''}{rule.ties}"


def round_significant(value: Tensor, digits: int, ties: str) -> Tensor:
    """Each element rounded to a number of significant digits."""
    result = np.array(value, dtype=float)
    for index, x in np.ndenumerate(result):
        if x != 0 and np.isfinite(x):
            decimals = digits - 1 - int(np.floor(np.log10(abs(x))))
            result[index] = round_to(x, decimals, ties)
    return result


SIGNIFICANT = Operation(
    "round_significant",
    ("x",),
    "x rounded to significant digits",
    round_significant,
    same_shape,
    options={"digits": ..., "ties": ...},
    elementwise=True,
    numpy="""
        place = np.floor(np.log10(np.where(x == 0, 1.0, np.abs(x))))
        return round(x, decimals=digits - 1 - place, ties=ties)
    """,
)
"""How a script writes it; the equation language has no such operation."""
