"""An expression with its numbers put in: boxes side by side, as one would write it on a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.spelling import signed_term, spell_number
from nnsolve.ops import REGISTRY
from nnsolve.report import notation
from nnsolve.report.boxes import Box, Piece, beside, fence, fraction, raised, text_box, width
from nnsolve.report.operands import Operands
from nnsolve.report.scope import Scope, options
from nnsolve.report.symbols import superscript
from nnsolve.report.tensors import is_large, tensor_box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

LOOSE = ("add", "neg", *notation.WITHOUT)
"""Operations whose results are put in parentheses inside a sum or a product."""


class Numbers(Operands):
    """The values that names of one equation stand for, and how expressions look with them put in."""

    __slots__ = ("captions", "named", "put", "room", "unicode")

    def __init__(
        self, operands: Mapping[Name, Tensor], scope: Scope, room: int, captions: Mapping[Name, str] | None = None
    ) -> None:
        super().__init__(operands, scope)
        self.captions = captions or {}
        self.put = 0  # tensors whose numbers are shown
        self.named = 0  # tensors that are too large for that
        self.room = room
        self.unicode = scope.style.unicode

    def pieces(self, expr: Expr, join: str = "", alone: bool = True) -> list[Piece]:
        """The parts of a sum or product that may stand on different lines."""
        if isinstance(expr, Call):
            if expr.op == "add":
                return self._sum(expr, join)
            if expr.op == "neg":
                found = (
                    self.pieces(expr.args[0], "", False)
                    if is_product(expr.args[0])
                    else [self._factor(expr.args[0], "")]
                )
                found[0] = Piece(join + self.minus, found[0].box, caption=found[0].caption)
                return found
            if expr.op in ("mul", "matmul"):
                return self._product(expr, join, alone)
            if expr.op in notation.WITHOUT and alone and self.known(expr) is None:
                inner = expr.args[0]
                whole = isinstance(inner, Call) and not is_call(inner)
                box = self.fenced(inner) if whole else self.box(inner)
                return [Piece(join, box), Piece(" ", text_box(notation.without(expr, self.scope)))]
        return [self._factor(expr, join, alone)]

    @property
    def minus(self) -> str:
        return "−" if self.unicode else "-"

    def _sum(self, expr: Call, join: str) -> list[Piece]:
        found: list[Piece] = []
        for term in expr.args:
            sign, body = signed_term(term, not found)
            sign = sign.replace("-", self.minus)
            lead = join if not found else ""
            if isinstance(body, Call) and body.op in LOOSE and self.known(body) is None:
                found.append(Piece(lead + sign, self.fenced(body)))
            else:
                found.extend(self.pieces(body, lead + sign, alone=not found and not sign))
        return found

    def _product(self, expr: Call, join: str, alone: bool) -> list[Piece]:
        first, *_ = expr.args
        nested = isinstance(first, Call) and first.op == expr.op and self.known(first) is None
        found = self.pieces(first, join, alone) if nested else [self._factor(first, join, alone)]
        if expr.op == "matmul":
            return [*found, self._factor(expr.args[1], " " if self.unicode else " @ ")]
        for sign, arg in notation.signs(expr, self.scope):
            if self.unicode and self.known(arg) is None and notation.scales(expr, arg, self.scope):
                found.extend(self.pieces(arg, self.sign(sign), alone=False))
                continue
            found.append(self._factor(arg, self.sign(sign)))
        return found

    def sign(self, sign: str) -> str:
        """The sign of a product between numbers."""
        return " * " if not self.unicode else sign if sign == " ⊙ " else " · "

    def _factor(self, expr: Expr, join: str, alone: bool = False) -> Piece:
        compound = isinstance(expr, Call) and expr.op in (*LOOSE, "mul", "matmul") and self.known(expr) is None
        compound = compound and not (alone and isinstance(expr, Call) and expr.op in notation.WITHOUT)
        before = self.named
        box = self.fenced(expr) if compound else self.box(expr, alone)
        shown = isinstance(expr, Ref) and self.named == before
        return Piece(join, box, caption=self.captions.get(expr.name, "") if shown and isinstance(expr, Ref) else "")

    def fenced(self, expr: Expr) -> Box:
        """An expression in parentheses."""
        return fence(self.box(expr), "(", ")", self.unicode)

    def box(self, expr: Expr, alone: bool = True) -> Box:
        """An expression as one box; a negative number that does not stand `alone` is put in parentheses."""
        if isinstance(expr, Num):
            text = notation.number_sign(expr.value) if self.unicode else spell_number(expr.value)
            return text_box(text if alone or text[0] not in "-−" else f"({text})")
        value = self.known(expr)
        if value is not None:
            return self.value_box(expr, value, alone)
        if isinstance(expr, Ref):
            return text_box(self.scope.name(expr.name))
        if expr.op in ("add", "neg", "mul", "matmul"):
            return joined(self.pieces(expr))
        return _BOXES.get(expr.op, Numbers.call)(self, expr)

    def value_box(self, expr: Expr, value: Tensor, alone: bool = True) -> Box:
        """A number or a matrix; what is too large for the page keeps its name."""
        box = None if is_large(value.shape) else tensor_box(value, self.scope.style)
        if box is None or box.width > self.room:
            self.named += 1
            return text_box(notation.formula(expr, self.scope))
        self.put += value.ndim > 0
        if value.ndim == 0 and not alone and box.rows[0][0] in "-−":
            return text_box(f"({box.rows[0]})")
        return box

    def argument(self, expr: Expr, box: Box | None = None) -> Box:
        """What a function is applied to: brackets of a matrix serve as its parentheses."""
        box = box or self.box(expr)  # what is made already is not made again: the work would double with each level
        return box if box.rows[0][0] in "[⎡" and self.known(expr) is not None else fence(box, "(", ")", self.unicode)

    def call(self, expr: Call) -> Box:
        """A function of boxes, or fences around one."""
        operation = REGISTRY.get(expr.op)
        more = notation.extras(expr, self.scope)
        if len(expr.args) == 1 and not more:
            if operation and operation.fences and self.unicode:
                return fence(self.box(expr.args[0]), *operation.fences, self.unicode)
            return beside(text_box(notation.function_name(expr.op, self.scope)), self.argument(expr.args[0]))
        inside: list[Box] = []
        for arg in expr.args:
            inside += [text_box(", ")] if inside else []
            inside.append(self.box(arg))
        if more:
            inside.append(text_box("".join(f", {option}" for option in more)))
        name = text_box(notation.function_name(expr.op, self.scope))
        return beside(name, fence(beside(*inside), "(", ")", self.unicode))

    def quotient(self, expr: Call) -> Box:
        """Over a bar where a part of it is a sum or a product; on one line of two numbers, or a matrix by a number."""
        top, bottom = self.box(expr.args[0]), self.box(expr.args[1])
        if not bottom.tall and not is_compound(expr.args[1]) and (not is_compound(expr.args[0])):
            if bottom.rows[0][0] in "-−":
                bottom = self.box(expr.args[1], alone=False)
            return beside(top, text_box(" / "), bottom)
        return fraction(top, bottom, self.unicode)

    def power(self, expr: Call) -> Box:
        base, exponent = expr.args
        box = self.box(base, alone=False)
        scientific = not box.tall and ("×10" in box.rows[0] or re.fullmatch(r"[\d.]+e[-+]?\d+", box.rows[0]))
        loose = isinstance(base, Call) and self.known(base) is None and (not is_call(base) or _is_open(base))
        if scientific or loose:
            box = fence(box, "(", ")", self.unicode)
        text = self.box(exponent)
        if text.tall:
            return beside(text_box("pow"), fence(beside(box, text_box(", "), text), "(", ")", self.unicode))
        plain = text.rows[0]
        lifted = superscript(plain.replace("−", "-")) if self.unicode else None
        if lifted is None:
            lifted = f"^{plain}" if isinstance(exponent, Num | Ref) and plain[0] not in "-−" else f"^({plain})"
        return raised(box, lifted)

    def exponential(self, expr: Call) -> Box:
        """e with a number as its exponent; exp( ) of anything larger."""
        inner = self.box(expr.args[0])
        if inner.tall or not self.scope.scalar(expr.args[0]):
            return beside(text_box(notation.function_name("exp", self.scope)), self.argument(expr.args[0], inner))
        plain = inner.rows[0]
        return text_box(f"e^{plain}" if _is_plain(plain) else f"e^({plain})")

    def transposed(self, expr: Call) -> Box:
        inner = self.box(expr.args[0])
        if isinstance(expr.args[0], Call) and not is_call(expr.args[0]):
            inner = fence(inner, "(", ")", self.unicode)
        return raised(inner, "ᵀ" if self.unicode else ".T")

    def reduction(self, expr: Call) -> Box:
        """Σ before what is summed up."""
        if not self.unicode:
            return self.call(expr)
        axis = options(expr).get("axis")
        sign = "Σ" if axis is None or notation.along_all(expr, self.scope) else f"Σ_{axis}"
        return beside(text_box(sign), self.argument(expr.args[0]))

    def shortened(self, expr: Call) -> Box:
        """A matrix, and in words which row or column of it is left out."""
        inner = self.box(expr.args[0])
        if isinstance(expr.args[0], Call) and not is_call(expr.args[0]):
            inner = fence(inner, "(", ")", self.unicode)
        return beside(inner, text_box(f" {notation.without(expr, self.scope)}"))

    def condition(self, expr: Call) -> Box:
        """[x > y], which is 1 where it holds."""
        sign = text_box(" > ")
        return fence(beside(self.box(expr.args[0]), sign, self.box(expr.args[1])), "[", "]", self.unicode)

    def indexed(self, expr: Call) -> Box:
        """Elements of what has to be computed first, in parentheses."""
        return beside(self.argument(expr.args[0]), text_box(f"[{notation.key(expr)}]"))

    def stack(self, expr: Call) -> Box:
        """One thing after the other along the features: [a; b] below each other, [a, b] side by side."""
        if not self.unicode:
            return self.call(expr)
        down = self.scope.layout.axis(str(options(expr).get("axis") or "features")) == 0
        inside: list[Box] = []
        for arg in expr.args:
            inside += [text_box("; " if down else ", ")] if inside else []
            inside.append(self.box(arg))
        return fence(beside(*inside), "[", "]", self.unicode)

    def one_step(self, expr: Call) -> Box:
        """One time step of a sequence."""
        inner = self.box(expr.args[0])
        if isinstance(expr.args[0], Call):
            inner = fence(inner, "(", ")", self.unicode)
        return beside(inner, text_box(notation.at_step(expr, self.scope)))


def joined(pieces: list[Piece]) -> Box:
    """Pieces as one box."""
    boxes: list[Box] = []
    for piece in pieces:
        boxes += [text_box(piece.join), piece.box] if piece.join else [piece.box]
    return beside(*boxes)


def is_product(expr: Expr) -> bool:
    """Whether an expression is a product."""
    return isinstance(expr, Call) and expr.op in ("mul", "matmul")


def is_compound(expr: Expr) -> bool:
    """Whether an expression is a sum, a product or a quotient."""
    return isinstance(expr, Call) and expr.op in ("add", "neg", "mul", "div", "matmul")


def is_call(expr: Call) -> bool:
    """Whether an operation is written as a function of its arguments."""
    return expr.op not in ("add", "neg", "mul", "div", "matmul", "pow", "transpose")


def _is_plain(text: str) -> bool:
    return all(character in "0123456789.-−" for character in text) and width(text) <= 12


def _is_open(expr: Call) -> bool:
    """Whether what is behind a call may be taken for a part of its argument: Σ[1 2]², mean[1 2]², √4²."""
    return expr.op == "sqrt" or "axis" in REGISTRY[expr.op].options


_BOXES: dict[str, Callable[[Numbers, Call], Box]] = {
    "div": Numbers.quotient,
    "pow": Numbers.power,
    "exp": Numbers.exponential,
    "transpose": Numbers.transposed,
    "sum": Numbers.reduction,
    "greater": Numbers.condition,
    "time_step": Numbers.one_step,
    "index": Numbers.indexed,
    "concat": Numbers.stack,
    **dict.fromkeys(notation.WITHOUT, Numbers.shortened),
}
