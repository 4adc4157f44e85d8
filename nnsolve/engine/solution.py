"""A solution: the trace and the asked values of a problem and of each of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.expressions import Expr
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Trace
from nnsolve.problem.model import Conventions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnsolve.engine.run import Run

    Tensor = NDArray[np.float64]


class Answer(NamedTuple):
    """An asked value: its id, the address or expression as asked and as resolved, and the value as reported.

    `options` are the ask's own: decimals, significant, points, percent, text, ...
    """

    id: str
    of: str
    expr: Expr
    value: Tensor
    shape: Shape
    options: Mapping[str, Any] = {}


class Section(NamedTuple):
    """The solution of the problem itself (`id` is empty) or of one of its `parts`.

    `question` is the text of the whole problem, where `text` is that of a part. `conventions` says how names are
    written. `warnings` are findings about the results (a value that is not finite, an update that changes nothing).
    `truncate` is how many time steps the loss of each step is carried over; None: all of them. `run` has the
    values of every moment, whether they are shown or not, and the program; None where only some steps are shown.
    `last` is the number of updates that the training makes: values after all of them are over all samples.
    """

    id: str
    title: str | None
    text: str | None
    source: str | None
    conventions: Conventions
    trace: Trace
    answers: tuple[Answer, ...]
    warnings: tuple[Diagnostic, ...] = ()
    loss: Name | None = None
    question: str | None = None
    truncate: int | None = None
    run: Run | None = None
    last: int | None = None
