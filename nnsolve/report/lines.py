"""Lines of a report: something on the left, its address on the right; headings; wrapped and plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnsolve.report.boxes import width
from nnsolve.report.style import Fragment, Line, Style

RULES = (("━", "="), ("─", "-"), ("┄", "."))
"""The rule behind a heading of each level, in Unicode and in ASCII."""


def line_width(line: Iterable[Fragment]) -> int:
    """How many cells a line takes."""
    return sum([width(text) for text, _ in line])


def justified(left: Line, right: Line, cells: int) -> list[Line]:
    """Left and right on one line; on two where both do not fit."""
    gap = cells - line_width(left) - line_width(right)
    if not right:
        return [left]
    if gap >= 2:
        return [[*left, (" " * gap, ""), *right]]
    return [left, [(" " * max(cells - line_width(right), 0), ""), *right]]


def heading(text: str, style: Style, name: str = "heading", level: int = 0) -> list[Line]:
    """A title with a rule behind it."""
    sign = RULES[level][not style.unicode]
    parts = wrapped(text, style.width - 4)
    lines: list[Line] = [[(part, name)] for part in parts]
    rest = style.width - line_width(lines[-1]) - 1
    lines[-1].append((" " + sign * rest, "rule"))
    return lines


def wrapped(text: str, room: int) -> list[str]:
    """Text in lines of at most `room` cells, broken at blanks where possible."""
    lines: list[str] = []
    current, used = "", 0
    for word in text.split(" "):
        cells = width(word)
        if current and used + 1 + cells <= room:
            current, used = f"{current} {word}", used + 1 + cells
            continue
        if current:
            lines.append(current)
        while cells > room:
            head = beginning(word, room)
            lines.append(head)
            word = word[len(head) :]
            cells = width(word)
        current, used = word, cells
    if current or not lines:
        lines.append(current)
    return lines


def broken(text: str, room: int, first: int | None = None) -> list[str]:
    """A formula in lines of at most `room` cells (the first may have less room), broken where it hurts least.

    A break before +, − or = is better than one inside a product, and any outside of parentheses than one inside.
    """
    lines: list[str] = []
    limit = room if first is None else first
    while width(text) > limit:
        at = _break(text, limit)
        if at is None:
            return [*lines, *wrapped(text, limit)] if lines or limit == room else wrapped(text, room)
        lines.append(text[:at])
        text, limit = text[at + 1 :], room
    return [*lines, text]


def _break(text: str, room: int) -> int | None:
    """The blank to break a formula at: among those in reach the least deep, before a sign of a sum if possible."""
    depth, best, least = 0, None, 0.0
    for at, character in enumerate(text):
        if at > room:
            break
        depth += (character in "([⌊") - (character in ")]⌋")
        if character != " " or not at:
            continue
        sums = text[at + 1 : at + 3] in ("+ ", "− ", "- ", "= ")
        cost = 2 * depth + (0 if sums else 1) + (4 if at < room / 3 else 0) - at / (room + 1)
        if best is None or cost <= least:
            best, least = at, cost
    return best


def beginning(word: str, room: int) -> str:
    """The first characters of a word that fit; at least one."""
    used = 0
    for n, character in enumerate(word):
        used += width(character)
        if used > room:
            return word[: max(n, 1)]
    return word


def paragraph(text: str, style: Style, name: str = "", indent: int = 0, first: int | None = None) -> list[Line]:
    """Wrapped text; the first line may be indented differently."""
    lines: list[Line] = []
    for n, part in enumerate(wrapped(text, max(style.width - max(indent, first or 0), 8))):
        lead = indent if n or first is None else first
        lines.append([(" " * lead, ""), (part, name)] if lead else [(part, name)])
    return lines


def plain(lines: Sequence[Line]) -> str:
    """The lines without any styles, and without blanks at their ends."""
    return "".join(["".join([text for text, _ in line]).rstrip() + "\n" for line in lines])
