"""What `nnsolve grad --verify` prints: how far each gradient is from central differences of the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnsolve.core.names import Name
from nnsolve.report.boxes import pad, width
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.numbers import number, scientific
from nnsolve.report.scope import Scope
from nnsolve.report.style import Line, Style

if TYPE_CHECKING:
    from nnsolve.core.shapes import Shape
    from nnsolve.engine.gradients import Verification
    from nnsolve.engine.solution import Section


def verification_lines(section: Section, checks: Sequence[Verification], style: Style) -> list[Line]:
    """A line for each gradient: the verdict, the elements compared, the largest deviation and where it is."""
    scope = Scope.of_section(section, style)
    lines: list[Line] = [[], *heading("Compared with central differences", style, level=1), []]
    names = [scope.name(gradient_of(check, section)) for check in checks]
    cells = max(map(width, names), default=0)
    shapes = [answer.shape for answer in section.answers]
    for check, name, shape in zip(checks, names, shapes, strict=True):
        lead = f"{pad(name, cells)}  {_sign(check, style)}"
        parts = paragraph(verdict(check, shape, scope), style, _style(check), 2 + width(lead), 2 + width(lead))
        indented, *more = parts
        lines += [[("  ", ""), (lead, "formula"), *indented[1:]], *more]
    return lines


def gradient_of(check: Verification, section: Section) -> Name:
    """The gradient that was compared."""
    return check.name.gradient(section.loss) if section.loss is not None else check.name


def _style(check: Verification) -> str:
    return "note" if check.skipped else "answer" if check.passed else "warning"


def _sign(check: Verification, style: Style) -> str:
    if not style.unicode:
        return ""
    return "– " if check.skipped else "✓ " if check.passed else "✗ "


def verdict(check: Verification, shape: Shape, scope: Scope) -> str:
    """What the comparison says, in words."""
    if check.skipped:
        return f"not compared: {check.skipped}"
    style = scope.style
    elements = f"{check.checked} of {check.total} elements" if check.checked < check.total else _count(check.total)
    where = f" at {_index(check.worst, shape, scope.base)}" if check.total > 1 and check.worst else ""
    text = f"{'agrees' if check.passed else 'DEVIATES'}: {elements}, largest relative deviation {_size(check.relative)}"
    text += where if check.deviation else ""
    if not check.passed:
        text += f" (gradient {number(check.exact, 6, style)}, differences {number(check.numeric, 6, style)})"
    if check.kinks:
        plural = "" if check.kinks == 1 else "s"
        text += f"; {check.kinks} element{plural} at a kink of the loss, where differences decide nothing"
    if check.undefined:
        text += f"; {check.undefined} not compared: the loss is no finite number there or beside it"
    return text


def _size(value: float) -> str:
    return scientific(value, 1) if math.isfinite(value) else str(value)


def _count(total: int) -> str:
    return "1 element" if total == 1 else f"{total} elements"


def _index(index: tuple[int, ...], shape: Shape, base: int) -> str:
    """The place of an element as addresses write it; of a vector it is one number."""
    counted = (max(index),) if shape.flat else index
    return f"[{','.join(str(i + base) for i in counted)}]"
