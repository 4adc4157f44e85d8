"""Answers as a student writes them: numbers rounded to some digits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nnsolve.checking.check import check
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.model import Claim, Given, Item
from tests.cli.calling import written


def claim(value: float, digits: int = 4, *, shortest: bool = False) -> Claim:
    """A number written with some significant digits, or with fewer where these say the same: 0.24 for 0.2400."""
    text = f"{value:.{digits - 1}e}"
    if not value:
        return Claim(0.0, 1.0, 1, "0", 1, 1)
    while shortest and digits > 1 and float(f"{value:.{digits - 2}e}") == float(text):
        digits -= 1
        text = f"{value:.{digits - 1}e}"
    return Claim(float(text), 10.0 ** (int(text.partition("e")[2]) - digits + 1), digits, text, 1, 1)


def answer(value: object, digits: int = 4, *, shortest: bool = False) -> Given:
    """A number or tensor written with some significant digits."""
    array = np.asarray(value, dtype=np.float64)
    return Given(tuple(claim(float(x), digits, shortest=shortest) for x in array.ravel()), array.shape, 1, 1)


def judged(folder: Path, answers: Iterable[str]) -> dict[str, Item]:
    """The items of a file that answers the problem `p` of a folder, a line each."""
    lines = "".join(f"  {answer}\n" for answer in answers)
    path = written(folder, f"problem: p\nanswers:\n{lines}", "in/a.yaml")
    return {item.id: item for item in check(path, folder, diagnose).items}
