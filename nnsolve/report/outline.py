"""The order of a report: which headings and which sentences stand between the steps of a section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nnsolve.core.trace import Step
from nnsolve.engine.solution import Section
from nnsolve.report.scope import Scope
from nnsolve.report.style import Style
from nnsolve.report.time import Told, time_title
from nnsolve.report.worked import is_single

PHASES = {"forward": "Forward pass", "backward": "Backward pass", "update": "Update"}


class Entry(NamedTuple):
    """A heading of a `phase` or of a `time` step, a `note`, a note about `shortening`, or (without text) a step."""

    kind: str
    text: str
    step: Step
    scope: Scope


def section_scope(section: Section, style: Style) -> Scope:
    """The scope of a section's steps."""
    return Scope.of_section(section, style, frozenset(step.name for step in section.trace.context if is_single(step)))


def outline(section: Section, scope: Scope, told: Told) -> Iterator[Entry]:
    """The steps that compute something, with what stands before each.

    An entry is made when the one before it was written: `told` knows then what that one explained.
    """
    steps = section.trace.steps
    several = any(moment(step) for step in steps if step.phase == "update")
    shown = {moment(step) for step in section.trace.context if step.phase == "update"}
    current: tuple[str, int] | None = None
    time: int | None = None
    reached = 0
    for step in steps:
        if step.phase == "given":
            continue
        here = (step.phase, moment(step))
        at = scope.at(here[1])
        if here != current:
            missing = [n + 1 for n in range(reached, here[1]) if n not in shown]
            if missing:
                yield Entry("note", _left_out(missing), step, at)
            reached = max(reached, here[1])
            yield Entry("phase", _title(*here, several), step, at)
            current, time = here, None
        for kind, text in (
            ("note", told.truncation(step)),
            ("time", time_title(step, time)),
            ("shortening", told.shortening(step)),
        ):
            if text:
                yield Entry(kind, text, step, at)
        time = step.name.time
        yield Entry("step", "", step, at)


def _left_out(updates: Sequence[int]) -> str:
    """A sentence about the updates that were made but are not shown."""
    first, last = updates[0], updates[-1]
    which = f"Update {first} is" if first == last else f"Updates {first} to {last} are"
    return f"{which} made in the same way and not shown."


def moment(step: Step) -> int:
    """How many updates were made before the run that a step belongs to."""
    if step.phase == "update":
        return step.name.update - 1
    return max(step.name.update, 0)


def _title(phase: str, update: int, several: bool) -> str:
    if phase == "update":
        return f"Update {update + 1}" if several else "Update"
    name = PHASES.get(phase, phase)
    return f"{name} after {update} update{'s' if update > 1 else ''}" if update else name
