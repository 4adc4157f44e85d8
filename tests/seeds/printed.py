"""What the notebooks printed (problems/printed), read with its spelling."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from tests.seeds.references import Array

PROBLEMS = Path(__file__).parents[2] / "problems"
ANSWER_FILES = {path.stem: path for path in sorted((PROBLEMS / "printed").glob("*.yaml"))}


class Printed(NamedTuple):
    """A number or tensor as printed: its value, and half a unit of the last digit that was printed, per element."""

    value: Array
    half_unit: Array

    def agrees(self, exact: object) -> Array:
        """Which elements lie within the printed digits of `exact`, give or take four units in the last place."""
        values = np.asarray(exact, dtype=np.float64)
        if values.shape != self.value.shape:
            return np.zeros(self.value.shape, dtype=bool)
        result: Array = np.abs(self.value - values) <= self.half_unit + 4 * np.spacing(np.abs(values))
        return result


def _number(text: str) -> tuple[float, float]:
    """Value and half a unit of a spelling. `2.` is how NumPy spells what is zero in its eight decimals."""
    if "/" in text:
        top, bottom = text.split("/")
        return int(top) / int(bottom), 0.0
    scale = 0.01 if text.endswith("%") else 1.0
    digits, _, exponent = text.rstrip("%").lower().partition("e")
    decimals = 8 if digits.endswith(".") else len(digits.partition(".")[2])
    return float(text.rstrip("%")) * scale, 0.5 * scale * 10.0 ** (int(exponent or 0) - decimals)


def _tensor(node: Any) -> tuple[Any, Any]:
    if isinstance(node, str):
        return _number(node)
    pairs = [_tensor(item) for item in node]
    return [value for value, _ in pairs], [half for _, half in pairs]


def read(stem: str) -> tuple[str, dict[str, Printed]]:
    """The problem's stem and the printed answers of one file."""
    content = yaml.load(ANSWER_FILES[stem].read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    answers = {key: Printed(*map(np.array, _tensor(node))) for key, node in content["answers"].items()}
    return content["problem"], answers


def marked_wrong(stem: str) -> set[str]:
    """The keys whose comment in the file says WRONG."""
    marked, comment = set(), ""
    for line in ANSWER_FILES[stem].read_text(encoding="utf-8").splitlines():
        if line.startswith("  #"):
            comment += line
        elif line.startswith("  ") and not line.startswith("   "):
            if "WRONG" in comment:
                marked.add(line.split(": ")[0].rstrip(":").strip())
            comment = ""
    return marked
