"""The equation language (design part 4): text -> expressions. Parsed here, never evaluated as Python.

    equation := name '=' sum
    sum      := ['-'] term (('+' | '-') term)*
    term     := factor (('*' | '/' | '@') factor)*
    factor   := '-' factor | power
    power    := postfix [('^' | '**') factor]
    postfix  := atom ('.T' | '[' key ']')*
    atom     := number | name | function '(' arguments ')' | '(' sum ')'

In addresses (`addresses=True`) `dL/dW1` is one name, and `@2`, `@e3`, `@end` right behind a name say after how many
updates. Time subscripts (`h_3`) stay part of the stem until the problem's names are known.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.core.expressions import Call, Expr, Num, Number, Option, Ref
from nnsolve.core.names import END, Name
from nnsolve.core.tokens import DERIVATIVE, MOMENT, NAME, Token, syntax_error, tokenize

MAX_DEPTH = 60
MAX_FACTORS = 200
MAX_DIGITS = 400

_ADDRESS = re.compile(rf"\s*(?:d({NAME})/d({NAME})|({NAME}))(?:@(?:(\d{{1,12}})|e(\d{{1,12}})|(end)))?\s*", re.ASCII)


class EquationText(NamedTuple):
    """A parsed equation: the name on its left side as written, and the expression on its right."""

    name: str
    expr: Expr


def parse(text: str, place: Place | None = None, *, addresses: bool = False) -> Expr:
    """The expression that `text` spells; raises `ProblemError` with the column of the first mistake."""
    if addresses and (plain := address(text)):
        return Ref(plain, len(text) - len(text.lstrip()))
    parser = _Parser(text, place, addresses)
    expr = parser.sum(0)
    parser.expect("end", "")
    return expr


def address(text: str) -> Name | None:
    """The name that a text is, or None where it is none or more than one: most asks need no parser."""
    found = _ADDRESS.fullmatch(text)
    if not found:
        return None
    of, wrt, name, update, epoch, end = found.groups()
    return Name(
        wrt or name,
        of=Name(of) if of else None,
        update=END if end else int(update or 0),
        epoch=int(epoch) if epoch else None,
    )


def parse_equation(text: str, place: Place | None = None) -> EquationText:
    """`name = expression`."""
    parser = _Parser(text, place, False)
    token = parser.take()
    if token.kind != "name" or parser.peek().text != "=":
        raise parser.error("an equation has the form  name = expression", token.at, "for example: z1 = W1 @ x + b1")
    parser.take()
    if parser.peek().text == "=":
        raise parser.error("'==' compares; an equation has one '='", parser.peek().at)
    expr = parser.sum(0)
    parser.expect("end", "")
    return EquationText(token.text, expr)


class _Parser:
    """A recursive-descent parser; sums and products are loops, so only brackets and signs nest."""

    def __init__(self, text: str, place: Place | None, addresses: bool) -> None:
        self.text = text
        self.place = place
        self.addresses = addresses
        self.tokens = tokenize(text, place, addresses)
        self.position = 0

    def error(self, message: str, at: int, help: str | None = None) -> ProblemError:
        return syntax_error(message, self.text, self.place, at, help)

    def peek(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.tokens[self.position]
        self.position += token.kind != "end"
        return token

    def accept(self, *texts: str) -> Token | None:
        token = self.peek()
        return self.take() if token.kind == "op" and token.text in texts else None

    def expect(self, kind: str, text: str) -> Token:
        token = self.take()
        if token.kind != kind or token.text != text:
            raise self.unexpected(token, f"{text!r}" if text else "the end")
        return token

    def unexpected(self, token: Token, expected: str) -> ProblemError:
        if token.kind == "end":
            return self.error(f"the text ends where {expected} is expected", token.at)
        previous = self.tokens[self.tokens.index(token) - 1] if token.at else None
        words = ("name", "derivative", "moment")
        if self.addresses and previous and previous.kind in words and token.kind in words:
            gradient = f"a gradient is written dL/d{token.text}; " if previous.text in ("grad", "gradient", "d") else ""
            help = f"{gradient}is a comma missing? An address has no blanks"
        elif (
            previous and previous.kind in ("number", "name") and (token.kind in ("name", "number") or token.text == "(")
        ):
            help = "a product needs its sign: write * (elementwise) or @ (matrix product)"
        elif token.text == "=":
            help = "an equation has one '=', behind its name; updates are not written as equations"
        else:
            help = None
        return self.error(f"found {token.text!r} where {expected} is expected", token.at, help)

    def deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            help = "name a part of it in an equation of its own"
            raise self.error(f"brackets and signs are nested more than {MAX_DEPTH} deep", self.peek().at, help)
        return depth + 1

    def sum(self, depth: int) -> Expr:
        depth = self.deeper(depth)
        terms: list[Expr] = []
        negative = False
        if sign := self.accept("-", "+"):
            negative = sign.text == "-"
        while True:
            term = self.term(depth)
            terms.append(_negated(term) if negative else term)
            sign = self.accept("+", "-")
            if not sign:
                return terms[0] if len(terms) == 1 else Call("add", tuple(terms))
            negative = sign.text == "-"

    def term(self, depth: int) -> Expr:
        start = self.position
        result = self.factor(depth)
        products: list[tuple[str, int]] = []
        factors = [result]
        while token := self.accept("*", "/", "@"):
            products.append((token.text, token.at))
            factors.append(self.factor(depth))
        if not products:
            return result
        signs = {op for op, _ in products}
        loose = "@" in signs and len(signs) > 1
        open_product: list[Expr] = []  # the factors of a product that the next `*` extends
        if len(products) > MAX_FACTORS:
            help = "name a part of it in an equation of its own"
            raise self.error(f"a product of more than {MAX_FACTORS} factors", self.tokens[start].at, help)
        for (op, at), factor in zip(products, factors[1:], strict=True):
            if op == "*":
                open_product = [*(open_product or [result]), factor]
                result = Call("mul", tuple(open_product), at=at, loose=loose)
                continue
            open_product = []
            if op == "/" and not loose and (fraction := _fraction(result, factor)):
                result = fraction
            else:
                result = Call("div" if op == "/" else "matmul", (result, factor), at=at, loose=loose)
        return result

    def factor(self, depth: int) -> Expr:
        if self.accept("-"):
            return _negated(self.factor(self.deeper(depth)))
        if self.accept("+"):
            return self.factor(self.deeper(depth))
        base = self.postfix(depth)
        if token := self.accept("^", "**"):
            return Call("pow", (base, self.factor(self.deeper(depth))), at=token.at)
        return base

    def postfix(self, depth: int) -> Expr:
        expr = self.atom(depth)
        for _ in range(MAX_DEPTH):
            if token := self.accept(".T"):
                expr = Call("transpose", (expr,), at=token.at)
            elif token := self.accept("["):
                expr = Call("index", (expr,), (("key", self.key()),), at=token.at)
            else:
                return expr
        raise self.error(f"more than {MAX_DEPTH} transposes and indices in a row", self.peek().at)

    def key(self) -> Option:
        parts: list[Option] = []
        while True:
            start = self.integer()
            if self.accept(":"):
                parts.append((start, self.integer()))
            elif start is None:
                raise self.unexpected(self.peek(), "an index (a whole number)")
            else:
                parts.append(start)
            if self.accept("]"):
                return tuple(parts)
            if not self.accept(","):
                raise self.unexpected(self.peek(), "']'")

    def integer(self) -> int | None:
        token = self.peek()
        if token.text == "-":
            raise self.error("an index is not negative", token.at, "count from the front")
        if token.kind != "number":
            return None
        if not token.text.isascii() or not token.text.isdigit() or len(token.text) > 12:
            raise self.error(f"an index is a whole number, not {token.text!r}", token.at)
        return int(self.take().text)

    def atom(self, depth: int) -> Expr:
        token = self.take()
        if token.kind == "number":
            return Num(self.number(token))
        if token.kind == "derivative":
            found = DERIVATIVE.fullmatch(token.text)
            assert found
            return self.moment(Name(found[2], of=Name(found[1])), token.at)
        if token.kind == "name":
            if self.peek().text == "(" and self.peek().kind == "op":
                return self.function(token, depth)
            if token.text.endswith("'"):
                raise self.error(f"{token.text!r} is not a name", token.at, "transpose is written W.T")
            return self.moment(Name(token.text), token.at)
        if token.text == "(":
            expr = self.sum(depth)
            self.expect("op", ")")
            return expr
        raise self.unexpected(token, "a number, a name or '('")

    def moment(self, name: Name, at: int) -> Ref:
        if self.peek().kind == "moment":
            found = MOMENT.fullmatch(self.take().text)
            assert found
            if len(found[1] or found[2] or "") > 12:
                raise self.error("the number of updates is too large", at)
            name = name._replace(
                update=END if found[3] else int(found[1] or 0), epoch=int(found[2]) if found[2] else None
            )
        return Ref(name, at)

    def function(self, token: Token, depth: int) -> Expr:
        self.take()
        args: list[Expr] = []
        options: list[tuple[str, Option]] = []
        given: set[str] = set()
        closed = self.accept(")")
        while not closed:
            name = self.peek()
            following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
            if name.kind == "name" and following.text == "=" and following.kind == "op":
                self.position += 2
                if name.text in given:
                    raise self.error(f"{name.text!r} is given twice", name.at)
                given.add(name.text)
                options.append((name.text, self.option(depth)))
            elif options:
                raise self.error("an argument stands behind an option", name.at, "put name=value last")
            else:
                args.append(self.sum(depth))
            closed = self.accept(")")
            if not closed and not self.accept(","):
                raise self.unexpected(self.peek(), "',' or ')'")
        return Call(token.text, tuple(args), tuple(options), at=token.at)

    def option(self, depth: int) -> Option:
        """The value of an option: a word, a number, or a list of numbers (`[2, 3]`)."""
        if self.accept("["):
            items: list[Option] = []
            while not self.accept("]"):
                items.append(self.option(self.deeper(depth)))
                if self.peek().text != "]" and not self.accept(","):
                    raise self.unexpected(self.peek(), "',' or ']'")
            return tuple(items)
        at = self.peek().at
        expr = self.sum(self.deeper(depth))
        if isinstance(expr, Ref) and expr.name.of is None:
            return str(expr.name)
        sign = 1
        if isinstance(expr, Call) and expr.op == "neg":
            sign, expr = -1, expr.args[0]
        if isinstance(expr, Num):
            value = expr.value * sign
            return float(value) if isinstance(value, Fraction) else value
        raise self.error("an option is a word or a number", at)

    def number(self, token: Token) -> Number:
        text = token.text
        if not text.isascii():
            raise self.error(f"{text!r} is not written in the digits 0 to 9", token.at)
        if "_" in text:
            raise self.error(f"{text!r} is not a number", token.at, f"write {text.replace('_', '')}")
        if text.isdigit() and len(text) <= MAX_DIGITS:
            value = int(text)
            return value if value < 2**53 else float(text)
        result = float(text) if len(text) <= MAX_DIGITS else float("inf")
        if result == float("inf"):
            raise self.error("the number is too large", token.at, "the largest number is about 1.8e308")
        return result


def _negated(expr: Expr) -> Expr:
    """The negative; a number takes the sign itself."""
    if isinstance(expr, Num) and not isinstance(expr.value, Fraction) and expr.value > 0:
        return Num(-expr.value)
    return Call("neg", (expr,))


def _fraction(top: Expr, bottom: Expr) -> Num | None:
    """`1/3` of two whole numbers in lowest terms is one number, and exact."""
    if not (isinstance(top, Num) and isinstance(bottom, Num)):
        return None
    a, b = top.value, bottom.value
    if not (isinstance(a, int) and isinstance(b, int) and a > 0 and b > 1):
        return None
    value = Fraction(a, b)
    return Num(value) if value.denominator == b else None
