"""What a solution can be exported to, by the names that `--to` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from nnsolve.engine.solve import Solution

Export: TypeAlias = "Callable[[Solution, str | None], str]"


def _numpy(solution: Solution, part: str | None) -> str:
    from nnsolve.report.export.script import numpy_script

    return numpy_script(solution, part)


def _torch(solution: Solution, part: str | None) -> str:
    from nnsolve.report.export.torchscript import torch_script

    return torch_script(solution, part)


def _notebook(solution: Solution, part: str | None) -> str:
    from nnsolve.report.export.notebook import numpy_notebook

    return numpy_notebook(solution, part)


EXPORTS: dict[str, Export] = {"numpy": _numpy, "torch": _torch, "notebook": _notebook}
"""From a solution, or a part of it, to the whole text; another target is another line here."""
