"""Trained parameters as a file that a problem can load: YAML to read, or npz; both exact to the last bit."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from nnsolve.engine.outcome import Outcome
from nnsolve.problem.source import PARAMETERS_HEAD
from nnsolve.report.style import clean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST_YAML = 400_000
"""Numbers that a YAML file takes; more of them would not be read again."""


def kept(found: Outcome) -> dict[str, Tensor]:
    """The parameters and the optimizer's state by name, in the shapes of a problem file: a vector is flat."""
    steps = found.parameters
    return {str(step.name.after(0)): step.value.reshape(step.shape.reported) for step in steps}


def yaml_text(found: Outcome, file: str) -> str:
    """The content of `file`: a comment on where the numbers come from, then a name and its numbers on a line each."""
    arrays = kept(found)
    head = [
        f"{PARAMETERS_HEAD}: {clean(found.problem.path)}",
        f"# after {found.updates} updates ({found.epochs} whole epochs)",
        *([f"# {found.loss} = {found.after.value!r} over all samples"] if found.after else []),
        f"# A problem reads one as  {{file: {clean(file)}, key: {next(iter(arrays), 'W')}}}",
    ]
    # repr is the shortest text that reads back as the same number.
    return "\n".join([*head, *(f"{name}: {array.tolist()!r}" for name, array in arrays.items())]) + "\n"


def write_npz(stream: IO[bytes], arrays: Mapping[str, Tensor]) -> None:
    """The arrays as an npz archive, the same bytes for the same numbers."""
    from numpy.lib import format as npy

    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
