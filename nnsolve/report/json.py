"""A solution as JSON (design part 5): every asked value and every step, in full precision."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report.style import Style
from nnsolve.report.unfold import spelled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]


def document(sections: Sequence[Section]) -> dict[str, Any]:
    """The solution as plain lists, numbers and texts; what is not finite is "inf", "-inf" or "nan"."""
    return {
        "title": sections[0].title if sections else None,
        "answers": {
            answer_id(section, answer.id): plain(answer.value, answer.shape)
            for section in sections
            for answer in section.answers
        },
        "trace": [entry(step, section) for section in sections for step in steps(section)],
        "warnings": [_warning(warning, section) for section in sections for warning in section.warnings],
    }


def answer_id(section: Section, id: str) -> str:
    """What answer files call an ask: `b.z1` in part b."""
    return f"{section.id}.{id}" if section.id else id


def steps(section: Section) -> Iterator[Step]:
    """The steps, and before them what updates that are not shown have left (W1@8): every name has its value."""
    listed = {step.name for step in section.trace.context}
    for step in section.trace.steps:
        for name, value in step.operands.items():
            if name not in listed:
                listed.add(name)
                yield Step(name, "given", value, step.shapes[name])
        yield step


def entry(step: Step, section: Section) -> dict[str, Any]:
    """One step."""
    found: dict[str, Any] = {"part": section.id} if section.id else {}
    found |= {
        "name": str(step.name),
        "phase": step.phase,
        "formula": formula(step),
        "value": plain(step.value, step.shape),
        "shape": list(step.shape.reported),
    }
    return found


def formula(step: Step) -> str:
    """The equation in the equation language; of a given tensor only its name."""
    if step.equation is not None:
        return f"{step.name} = {spelled(step.equation.expr)}"
    return str(step.name) if step.value.ndim else f"{step.name} = {float(step.value)!r}"


def plain(value: Tensor, shape: Shape) -> Any:
    """A value as numbers and lists, a vector flat."""
    if value.size != shape.size:
        return _settled(value.tolist())
    return _settled(value.reshape(shape.reported).tolist())


def _settled(value: Any) -> Any:
    if isinstance(value, list):
        return [_settled(item) for item in value]
    number = float(value)
    return number if math.isfinite(number) else repr(number)


def _warning(warning: Any, section: Section) -> dict[str, Any]:
    found = {"code": warning.code, "message": warning.message}
    if warning.place:
        found["place"] = str(warning.place)
    if warning.help:
        found["help"] = warning.help
    return {"part": section.id, **found} if section.id else found


def text(sections: Sequence[Section], style: Style) -> str:
    """The document, with a line for each answer and for each step."""
    parts = []
    for key, value in document(sections).items():
        if isinstance(value, dict) and value:
            rows = [f"    {_dump(name)}: {_dump(item)}" for name, item in value.items()]
            parts.append(f"  {_dump(key)}: {{\n" + ",\n".join(rows) + "\n  }")
        elif isinstance(value, list) and value:
            parts.append(f"  {_dump(key)}: [\n" + ",\n".join(f"    {_dump(item)}" for item in value) + "\n  ]")
        else:
            parts.append(f"  {_dump(key)}: {_dump(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
