"""A report as a document: blocks of records that LaTeX, Markdown and HTML write, for all details at once.

Every record says at which details it is shown, so that a page can switch between them and a writer can leave out
what its reader did not ask for: `shown_at(blocks, "steps")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from nnsolve.report.draw.shapes import Picture
from nnsolve.report.typeset.mathematics import Mathematics, Prose

Levels: TypeAlias = tuple[str, ...]
"""The details (`--detail`) at which something is shown."""

ALWAYS: Levels = ("brief", "steps", "full")
WORKED: Levels = ("steps", "full")
STEPS: Levels = ("steps",)
FULL: Levels = ("full",)


class Heading(NamedTuple):
    """A heading: of a part or a phase (level 1), of what is below it (2 and 3). `id` is unique in the document."""

    text: str
    level: int
    id: str
    levels: Levels = ALWAYS


class Paragraph(NamedTuple):
    """Words: the `title`, the `source`, the `question`, the `text` of a part, or a `note` between steps."""

    text: Prose
    kind: str
    levels: Levels = ALWAYS


class Alert(NamedTuple):
    """A finding about the results: what (with its severity), where in the file, what to do."""

    severity: str
    message: str
    place: str
    help: str
    levels: Levels = ALWAYS


class Value(NamedTuple):
    """A given value: its name, the value, and below it the address, the shape and the role."""

    address: str
    left: Mathematics
    value: Mathematics
    caption: str


class Given(NamedTuple):
    """Given values, several side by side where they fit; and what is said about those of later runs."""

    values: tuple[Value, ...]
    notes: tuple[Prose, ...] = ()
    levels: Levels = WORKED


class Side(NamedTuple):
    """A side of an equation behind its `relation` (=, ≈ or ←).

    Its `role` is `rule` (the chain rule), `formula`, `numbers` (put in), `stage` (what the parts come to), `exact`
    (before it was rounded) or `result`. What is not `essential` may be left out for want of room.
    """

    relation: str
    mathematics: Mathematics
    role: str
    essential: bool = True
    levels: Levels = WORKED


class Remark(NamedTuple):
    """A sentence beside or below a step."""

    text: Prose
    levels: Levels = WORKED


class Element(NamedTuple):
    """The arithmetic of one element, `z₁[1] = 1·3 + 0·14 − 1 = 2`, and what is said about it."""

    left: Mathematics
    sides: tuple[Side, ...]
    note: str = ""


class Elements(NamedTuple):
    """The arithmetic of single elements of a step, and how many more there are."""

    lines: tuple[Element, ...]
    more: int = 0
    levels: Levels = FULL


class Work(NamedTuple):
    """A step: what it computes, the sides of its equation, what is said beside (`remarks`) and below it (`notes`)."""

    id: str
    address: str
    shape: str
    phase: str
    left: Mathematics
    sides: tuple[Side, ...]
    remarks: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    elements: Elements | None = None
    levels: Levels = WORKED


class Answered(NamedTuple):
    """An answer: its id, the question about it, what it is, its value, and what else is to be said."""

    id: str
    question: str
    of: Mathematics | None
    value: Mathematics
    notes: tuple[Prose, ...] = ()


class Answers(NamedTuple):
    """What was asked, and the answers."""

    rows: tuple[Answered, ...]
    levels: Levels = ALWAYS


class Figure(NamedTuple):
    """The picture of the problem, or of one of its parts."""

    picture: Picture
    levels: Levels = ALWAYS


Block: TypeAlias = Heading | Paragraph | Alert | Figure | Given | Work | Answers


class Document(NamedTuple):
    """A whole report; rows and columns are counted from `count_from`."""

    title: str
    blocks: tuple[Block, ...]
    count_from: int = 1


def shown_at(blocks: Iterable[Block], detail: str) -> list[Block]:
    """What is shown at one detail."""
    found: list[Block] = []
    for block in blocks:
        if detail not in block.levels:
            continue
        found.append(_work_at(block, detail) if isinstance(block, Work) else block)
    return found


def _work_at(work: Work, detail: str) -> Work:
    return work._replace(
        sides=tuple(side for side in work.sides if detail in side.levels),
        remarks=tuple(remark for remark in work.remarks if detail in remark.levels),
        notes=tuple(note for note in work.notes if detail in note.levels),
        elements=work.elements if work.elements and detail in work.elements.levels else None,
    )
