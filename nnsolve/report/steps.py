"""One step of a worked solution: the equation, the numbers put in, the result, its address and shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nnsolve.core.expressions import Call, Num
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.report import chain
from nnsolve.report.boxes import Piece, fill, text_box, typeset, width
from nnsolve.report.elide import is_whole
from nnsolve.report.layout import Numbers
from nnsolve.report.lines import broken, justified, line_width
from nnsolve.report.notation import formula, written
from nnsolve.report.notes import NOWHERE, Carried
from nnsolve.report.phrases import Phrase, phrase_text
from nnsolve.report.scope import Scope
from nnsolve.report.stages import stage
from nnsolve.report.style import Line
from nnsolve.report.tensors import MOST_COLUMNS, column_blocks, corners, dimensions, is_large, tensor_box, texts
from nnsolve.report.time import Told
from nnsolve.report.worked import Worked, worked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

INDENT = 2
SEPARATOR = ";  "
"""Between the remarks beside a step; where they do not fit on one line, each begins a line."""

LEAST = 16
"""A formula's first line is not made shorter than this for the sake of the address."""

DEEPEST = 18
"""Equal signs stand below each other unless that takes more than these cells."""


def step_lines(
    step: Step, scope: Scope, known: Mapping[Name, Step], through: Carried = NOWHERE, told: Told | None = None
) -> list[Line]:
    """The lines of one step; `known` finds the step of a name, `through` the parameters that an error went through.

    What was `told` for another time step is not explained again.
    """
    found = worked(step, scope, known, through, told)
    step, scope = found.step, found.scope
    left, arrow = phrase_text((found.left,)), "←" if found.updated and scope.style.unicode else "="
    column = INDENT + width(left) + 1
    column = column if column <= DEEPEST else INDENT + 2
    main = formula(found.equation.expr, scope)
    sides = [main] if found.rule is None else [chain.rule_text(found.rule, scope), main]
    label = _label(step, scope)
    lines: list[Line] = [[(" " * INDENT, ""), (left, "formula"), (f" {arrow} ", "formula")]]
    _side(lines, sides[0], column, scope, line_width(label) + 2 if label else 0)
    head = len(lines)
    if len(sides) > 1:
        lines.append([(" " * column, ""), ("= ", "")])
        _side(lines, sides[1], column, scope)
    _numbers(lines, found, column)
    remark = [phrase_text(phrase) for phrase in found.remark]
    lines = _annotated(lines, label, remark, head, len(sides) > 1, scope.style.width)
    lines += note_lines(found.notes, scope, column)
    if scope.style.detail == "full" and is_whole(step):
        from nnsolve.report.elements import element_lines

        lines += element_lines(step, scope, column, found.exact)
    return lines


def note_lines(notes: Iterable[Phrase], scope: Scope, column: int) -> list[Line]:
    """What is said below a step."""
    lines: list[Line] = []
    for text in map(phrase_text, notes):
        for n, part in enumerate(broken(text, max(scope.style.width - column - 2, 8))):
            lines.append([(" " * (column + 2 if n else column), ""), (part, "note")])
    return lines


def _label(step: Step, scope: Scope) -> Line:
    shape = dimensions(step.shape, scope.style)
    address = "" if not scope.style.unicode else str(step.name)
    return [(address + ("  " if address and shape else "") + shape, "address")] if address or shape else []


def _side(lines: list[Line], text: str, column: int, scope: Scope, spare: int = 0) -> None:
    """Add one side of the equation to the last line, and to more lines where it is too wide.

    `spare` cells at the end of the first line are kept for the address.
    """
    room = scope.style.width - max(line_width(lines[-1]), column + 2)
    for n, part in enumerate(broken(text, room, room - spare if room - spare >= LEAST else room)):
        if n:
            lines.append([(" " * (column + 2), "")])
        lines[-1].append((part, "formula"))


class Side:
    """A side of an equation in numbers: its sign and its pieces, and whether it can be left out for want of room."""

    __slots__ = ("essential", "pieces", "sign")

    def __init__(self, pieces: list[Piece], sign: str = "=", essential: bool = True) -> None:
        self.pieces = pieces
        self.sign = sign
        self.essential = essential

    @property
    def width(self) -> int:
        return len(self.sign) + 1 + sum([piece.width for piece in self.pieces])

    def headed(self, pieces: list[Piece], first: bool = True) -> list[Piece]:
        """Some of the pieces behind the sign, or behind as many blanks."""
        return [Piece(f"{self.sign if first else ' ' * len(self.sign)} ", text_box("")), *pieces]

    def lines(self, room: int) -> list[list[Piece]]:
        """The side on lines of its own."""
        return [self.headed(row, n == 0) for n, row in enumerate(fill(self.pieces, room))]


def _numbers(lines: list[Line], found: Worked, column: int) -> None:
    """Add the numbers put in and the result: on the line of the formula if they fit, else below it."""
    step, scope, exact = found.step, found.scope, found.exact
    if isinstance(found.equation.expr, Num):
        return
    sign = "=" if exact is None else "≈" if scope.style.unicode else "~="
    cells = scope.style.width - column
    room = cells - len(sign) - 1
    result = _flat_result(step, scope, room) if found.bare else []
    result = result or _result(step.value, scope, room)
    if len(result) == 1:
        result[0][-1].caption = phrase_text(found.result_caption)
    sides = [] if found.bare else _sides(found, room)
    sides += _unrounded(exact, result, scope, room)
    if len(result) == 1:
        sides.append(Side(result[0], sign))
    on_one = sum([side.width + 1 for side in sides]) - 1 <= cells
    if not on_one and not all(side.essential for side in sides):
        kept = [side for side in sides if side.essential]
        if sum([side.width + 1 for side in kept]) - 1 <= cells:
            sides, on_one = kept, True
    blocks = _joined(sides) if on_one else [block for side in sides for block in side.lines(room)]
    if len(result) > 1:
        blocks += [Side([], sign).headed(block, n == 0) for n, block in enumerate(result)]
    if len(blocks) == 1 and not any(piece.box.tall for piece in blocks[0]):
        for piece in blocks[0]:
            piece.caption = ""
        spare = line_width(_label(step, scope)) + 2 if len(lines) == 1 else 0
        if line_width(lines[-1]) + 1 + _total(blocks[0]) + spare <= scope.style.width:
            lines[-1].append((" ", ""))
            lines[-1] += typeset(blocks[0])[0]
            return
    for n, block in enumerate(blocks):
        if n and any(piece.box.tall for piece in blocks[n - 1]):
            lines.append([])
        lines += typeset(block, column)


def _unrounded(exact: Tensor | None, result: list[list[Piece]], scope: Scope, room: int) -> list[Side]:
    """What a rounded value was before; nothing where it is too large or looks the same."""
    if exact is None or is_large(exact.shape) or len(result) > 1:
        return []
    box = tensor_box(exact, scope.style)
    if box.width > room or box.rows == result[0][0].box.rows:
        return []
    return [Side([Piece("", box)])]


def _sides(found: Worked, room: int) -> list[Side]:
    """The sides of the equation in numbers: the operands put in, and what the parts of the expression come to."""
    if not found.puts_in:
        return []
    step, scope = found.step, found.scope
    expr = written(found.equation.expr, scope)
    captions = {name: phrase_text(phrase) for name, phrase in found.captions().items()}
    numbers = Numbers(step.operands, scope, room, captions)
    if isinstance(expr, Call) and numbers.known(expr) is not None:
        return []  # what is put in is the result already
    pieces = numbers.pieces(expr)
    arriving = not found.result_caption  # all are told from each other, or none
    if arriving and len([piece for piece in pieces if piece.caption]) < len(captions):
        pieces = Numbers(step.operands, scope, room).pieces(expr)
    if not _fit(pieces, room) or (numbers.named and not numbers.put):
        return []
    sides = [Side(pieces)]
    between = stage(expr, step, numbers, scope) if arriving else None
    if between is not None:
        shapes = {**step.shapes, **{name: Shape(value.shape, "tensor") for name, value in between.values.items()}}
        settled = Numbers({**step.operands, **between.values}, scope.of(shapes), room)
        pieces = settled.pieces(between.expr)
        whole = _fit(pieces, room) and len(fill(pieces, room)) == 1
        if whole and not any(is_large(value.shape) for value in between.values.values()):
            sides.append(Side(pieces, essential=between.essential))
    return sides


def _fit(pieces: list[Piece], room: int) -> bool:
    return all(piece.width <= room for piece in pieces)


def _joined(sides: list[Side]) -> list[list[Piece]]:
    """All sides on one line; none where there are no sides."""
    line: list[Piece] = []
    for side in sides:
        line += [Piece(f" {side.sign} " if line else f"{side.sign} ", text_box("")), *side.pieces]
    return [line] if line else []


def _total(pieces: list[Piece]) -> int:
    return sum([piece.width for piece in pieces])


def _flat_result(step: Step, scope: Scope, room: int) -> list[list[Piece]]:
    """A vector as a list on one line; none where it does not fit or is none."""
    if not step.shape.flat or step.value.size > MOST_COLUMNS:
        return []
    (numbers,) = texts([step.value.ravel().tolist()], scope.style)
    box = text_box(f"[{', '.join(numbers)}]")
    return [[Piece("", box, "result")]] if box.width <= room else []


def _result(value: Tensor, scope: Scope, room: int) -> list[list[Piece]]:
    """The value of a step: one block, or several of some columns each."""
    style = scope.style
    if value.ndim and is_large(value.shape):
        return [[Piece("", corners(value, style, room), "result")]]
    box = tensor_box(value, style)
    if box.width <= room:
        return [[Piece("", box, "result")]]
    blocks: list[list[Piece]] = []
    for columns, part in column_blocks(value, style, room):
        first, last = columns[0] + scope.base, columns[-1] + scope.base
        caption = f"columns {first} to {last}" if last > first else f"column {first}"
        blocks.append([Piece("", part, "result", caption)])
    return blocks


def _annotated(lines: list[Line], label: Line, remark: list[str], head: int, two_sides: bool, cells: int) -> list[Line]:
    """The lines with the address at the right end of the first, and a remark where there is room for it.

    The first side of the equation takes `head` lines; nothing is put between these.
    """
    first, *rest = lines
    top = justified(first, label, cells)
    more, rest = rest[: head - 1], rest[head - 1 :]
    note = SEPARATOR.join(remark)
    if not note:
        return [*top, *more, *rest]
    if two_sides and line_width(rest[0]) + 4 + width(note) <= cells:
        return [*top, *more, *justified(rest[0], [(note, "note")], cells), *rest[1:]]
    if not more and line_width(first) + width(note) + line_width(label) + 7 <= cells:
        return [*justified(first, [(note, "note"), ("   ", ""), *label], cells), *rest]
    notes = [note] if width(note) <= cells - 6 else remark
    parts = [part for text in notes for part in broken(text, cells - 6)]
    extra: list[Line] = [[(" " * max(cells - width(part), 0), ""), (part, "note")] for part in parts]
    return [*top, *more, *extra, *rest]
