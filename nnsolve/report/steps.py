"""One step of a worked solution: the equation, the numbers put in, the result, its address and shape."""

from __future__ import annotations

from collections.abc import Mapping

from nnsolve.core.expressions import Call, Ref, references
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape
from nnsolve.core.trace import Step
from nnsolve.ops.templates import unfold
from nnsolve.report import chain
from nnsolve.report.boxes import Piece, fill, text_box, typeset, width
from nnsolve.report.elements import element_lines
from nnsolve.report.elide import LONGEST, is_whole, readable
from nnsolve.report.layout import Numbers
from nnsolve.report.lines import justified, line_width, paragraph, wrapped
from nnsolve.report.notation import formula
from nnsolve.report.scope import Scope
from nnsolve.report.stages import stage
from nnsolve.report.style import Line, clean
from nnsolve.report.tensors import column_blocks, corners, dimensions, is_large, summary, tensor_box

INDENT = 2
DEEPEST = 18
"""Equal signs stand below each other unless that takes more than these cells."""


def step_lines(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Line]:
    """The lines of one step; `known` finds the step of a name."""
    step = readable(step, scope.style.unicode)
    assert step.equation is not None
    scope = scope.of(step.shapes)
    expr = step.equation.expr
    updated = step.phase == "update" and any(_same_quantity(step.name, name) for name in references(expr))
    arrow = "←" if updated and scope.style.unicode else "="
    left = scope.at(step.name.update).name(step.name) if updated else scope.name(step.name)
    if not scope.style.unicode:
        left, arrow = str(step.name), "="
    column = INDENT + width(left) + 1
    column = column if column <= DEEPEST else INDENT + 2
    sides = [formula(expr, scope)]
    rule = chain.rule(step.equation, scope, _is_vector(step)) if step.phase == "backward" else None
    if rule and rule != sides[0]:
        sides.insert(0, rule)
    lines: list[Line] = [[(" " * INDENT, ""), (left, "formula"), (f" {arrow} ", "formula")]]
    _side(lines, sides[0], column, scope)
    if len(sides) > 1:
        lines.append([(" " * column, ""), ("= ", "")])
        _side(lines, sides[1], column, scope)
    _numbers(lines, step, scope, column, updated)
    return [
        *_annotated(lines, _label(step, scope), _reason(step, scope, known), len(sides) > 1, scope.style.width),
        *_notes(step, scope, column),
        *(element_lines(step, scope, column) if scope.style.detail == "full" and is_whole(step) else []),
    ]


def _is_vector(step: Step) -> bool:
    return step.shape.kind == "vector"


def _same_quantity(name: Name, other: Name) -> bool:
    return name.of is None and other.after(0) == name.after(0) and other != name


def _label(step: Step, scope: Scope) -> Line:
    shape = dimensions(step.shape, scope.style)
    address = "" if not scope.style.unicode else str(step.name)
    return [(address + ("  " if address and shape else "") + shape, "address")] if address or shape else []


def _side(lines: list[Line], text: str, column: int, scope: Scope) -> None:
    """Add one side of the equation to the last line, and to more lines where it is too wide."""
    room = scope.style.width - max(line_width(lines[-1]), column + 2)
    for n, part in enumerate(wrapped(text, room)):
        if n:
            lines.append([(" " * (column + 2), "")])
        lines[-1].append((part, "formula"))


def _numbers(lines: list[Line], step: Step, scope: Scope, column: int, updated: bool) -> None:
    """Add the numbers put in and the result: on the line of the formula if they fit there, else below it."""
    room = scope.style.width - column - 2
    captions = _captions(step, scope) if updated and step.shape.dims else {}
    result = _result(step, scope, room)
    if len(result) == 1 and captions:
        result[0][-1].caption = ("new " if scope.style.unicode else "") + scope.at(step.name.update).name(step.name)
    sides = _sides(step, scope, room, captions)
    if len(result) == 1:
        sides.append(result[0])
    on_one = sum([_total(side) + 3 for side in sides]) - 3 <= room
    if not on_one and len(sides) == 3 and _total(sides[0]) + 3 + _total(sides[2]) <= room and not _essential(sides[1]):
        del sides[1]
        on_one = True
    blocks = _joined(sides) if on_one else [block for side in sides for block in _broken(side, room)]
    if len(result) > 1:
        blocks += [[Piece("= " if n == 0 else "  ", text_box("")), *block] for n, block in enumerate(result)]
    if len(blocks) == 1 and not any(piece.box.tall for piece in blocks[0]):
        spare = line_width(_label(step, scope)) + 2 if len(lines) == 1 else 0
        if line_width(lines[-1]) + 1 + _total(blocks[0]) + spare <= scope.style.width:
            lines[-1].append((" ", ""))
            lines[-1] += typeset(blocks[0])[0]
            return
    for n, block in enumerate(blocks):
        if n and any(piece.box.tall for piece in blocks[n - 1]):
            lines.append([])
        lines += typeset(block, column)


def _sides(step: Step, scope: Scope, room: int, captions: dict[Name, str]) -> list[list[Piece]]:
    """The sides of the equation in numbers: the operands put in, and what the parts of the expression come to."""
    assert step.equation is not None
    expr = unfold(step.equation.expr)
    if isinstance(expr, Ref) or (isinstance(expr, Call) and expr.op == "jacobian") or not is_whole(step):
        return []
    numbers = Numbers(step.operands, scope, room, captions)
    pieces = numbers.pieces(expr)
    if not _fit(pieces, room) or (numbers.named and not numbers.put):
        return []
    found = [pieces]
    between = None if captions else stage(expr, step, numbers, scope)
    if between is not None:
        shapes = {**step.shapes, **{name: Shape(value.shape, "tensor") for name, value in between.values.items()}}
        settled = Numbers({**step.operands, **between.values}, scope.of(shapes), room)
        pieces = settled.pieces(between.expr)
        if len(fill(pieces, room)) == 1 and not any(is_large(value.shape) for value in between.values.values()):
            pieces[0].essential = between.essential
            found.append(pieces)
    return found


def _fit(pieces: list[Piece], room: int) -> bool:
    return all(piece.width <= room for piece in pieces)


def _essential(side: list[Piece]) -> bool:
    return side[0].essential


def _joined(sides: list[list[Piece]]) -> list[list[Piece]]:
    """All sides on one line; none where there are no sides."""
    line: list[Piece] = []
    for side in sides:
        line += [Piece(" = " if line else "= ", text_box("")), *side]
    return [line] if line else []


def _broken(side: list[Piece], room: int) -> list[list[Piece]]:
    """A side on lines of its own."""
    rows = fill(side, room)
    return [[Piece("= " if n == 0 else "  ", text_box("")), *row] for n, row in enumerate(rows)]


def _captions(step: Step, scope: Scope) -> dict[Name, str]:
    assert step.equation is not None
    return {
        name: ("old " if _same_quantity(step.name, name) and scope.style.unicode else "") + scope.name(name)
        for name in references(step.equation.expr)
    }


def _total(pieces: list[Piece]) -> int:
    return sum([piece.width for piece in pieces])


def _result(step: Step, scope: Scope, room: int) -> list[list[Piece]]:
    """The value of a step: one block, or several of some columns each."""
    style = scope.style
    if step.value.ndim and is_large(step.value.shape):
        return [[Piece("", corners(step.value, style, room), "result")]]
    box = tensor_box(step.value, style)
    if box.width <= room:
        return [[Piece("", box, "result")]]
    blocks: list[list[Piece]] = []
    for columns, part in column_blocks(step.value, style, room):
        first, last = columns[0] + scope.base, columns[-1] + scope.base
        caption = f"columns {first} to {last}" if last > first else f"column {first}"
        blocks.append([Piece("", part, "result", caption)])
    return blocks


def _annotated(lines: list[Line], label: Line, note: str, two_sides: bool, cells: int) -> list[Line]:
    """The lines with the address at the right end of the first, and a remark where there is room for it."""
    first, *rest = lines
    if not note:
        return [*justified(first, label, cells), *rest]
    if two_sides and line_width(rest[0]) + 4 + width(note) <= cells:
        return [*justified(first, label, cells), *justified(rest[0], [(note, "note")], cells), *rest[1:]]
    if line_width(first) + width(note) + line_width(label) + 7 <= cells:
        return [*justified(first, [(note, "note"), ("   ", ""), *label], cells), *rest]
    extra: list[Line] = [[(" " * max(cells - width(part), 0), ""), (part, "note")] for part in wrapped(note, cells - 6)]
    return [*justified(first, label, cells), *extra, *rest]


def _reason(step: Step, scope: Scope, known: Mapping[Name, Step]) -> str:
    """Which equation a gradient comes from, and the local derivative."""
    equation = step.equation
    if equation is None or step.phase != "backward" or not equation.chain or equation.long is not None:
        return ""
    local = chain.local_text(equation, scope, _is_vector(step))
    sources = []
    for u, _ in equation.chain:
        source = known.get(u)
        if source is not None and source.equation is not None and source.equation.expr.size <= LONGEST:
            sources.append(f"{scope.name(u)} = {formula(source.equation.expr, scope.of(source.shapes))}")
    parts = sources[:1] if len(sources) == 1 else []
    if local:
        parts.append(local)
    return ("from " if sources else "") + (":  " if len(parts) == 2 else "").join(parts) if parts else ""


def _notes(step: Step, scope: Scope, column: int) -> list[Line]:
    """What else is to be said: a shortcut, a summary of a large value, how it was rounded."""
    lines: list[Line] = []
    equation = step.equation
    if equation is not None and equation.long is not None:
        kind = "a shortcut; the long way is" if step.phase == "backward" else "safe from overflow; the same as"
        text = f"{kind} {formula(equation.long, scope)}"
        lines += paragraph(text, scope.style, "note", column + 2, column)
    if step.value.ndim and is_large(step.value.shape):
        lines += paragraph(summary(step.value, step.shape, scope.style), scope.style, "note", column + 2, column)
    if step.rounding:
        lines += paragraph(clean(step.rounding, scope.style.unicode), scope.style, "note", column + 2, column)
    return lines
