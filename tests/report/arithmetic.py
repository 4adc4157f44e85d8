"""A tiny evaluator of printed arithmetic, independent of nnsolve: numbers, + − · /, powers, e^, √, some functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def _relu_derivative(x: float) -> float:
    return 1.0 if x > 0 else 0.0


FUNCTIONS: dict[str, Callable[..., float]] = {
    "ReLU": lambda x: max(x, 0.0),
    "relu": lambda x: max(x, 0.0),
    "ReLU′": _relu_derivative,
    "relu'": _relu_derivative,
    "ln": lambda x: math.log(x) if x > 0 else -math.inf,
    "sqrt": math.sqrt,
    "max": max,
    "min": min,
    "abs": abs,
    "tanh": math.tanh,
    "Φ": lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "normal_cdf": lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "normal_pdf": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}
FRACTIONS = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5}
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e-?\d+(?![\d^]))?)|(?P<vulgar>[½⅓⅔¼¾⅕])|(?P<e>e(?=\^))"
    r"|(?P<name>[A-Za-zΦφ_]+[′']?(?=\())|(?P<sup>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<op>[-+*/^(),|√]))"
)


def evaluate(text: str, shift: Callable[[int, float, str], float] | None = None) -> float:
    """The value of an arithmetic expression; `shift` may change the n-th number that stands in it."""
    text = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "e" + m[1].translate(RAISED), text)
    text = text.replace("−", "-").replace("·", "*").replace("∞", "1e999")
    return _Reader(text, shift).result()


class _Reader:
    def __init__(self, text: str, shift: Callable[[int, float, str], float] | None) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            assert found, f"cannot read {text[at:]!r} in {text!r}"
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self.tokens.append(("end", ""))
        self.at, self.count, self.shift, self.text = 0, 0, shift, text

    def result(self) -> float:
        value = self.sum()
        assert self.tokens[self.at][0] == "end", f"cannot read {self.text!r} to its end"
        return value

    def accept(self, *texts: str) -> str | None:
        kind, text = self.tokens[self.at]
        if kind == "op" and text in texts:
            self.at += 1
            return text
        return None

    def sum(self) -> float:
        value = self.product()
        while sign := self.accept("+", "-"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self) -> float:
        value = self.signed()
        while sign := self.accept("*", "/"):
            value = value * self.signed() if sign == "*" else value / self.signed()
        return value

    def signed(self) -> float:
        if self.accept("-"):
            return -self.signed()
        return self.power()

    def power(self) -> float:
        value = self.atom()
        kind, text = self.tokens[self.at]
        if kind == "sup":
            self.at += 1
            return float(value ** int(text.translate(RAISED)))
        if self.accept("^"):
            return float(value ** self.signed())
        return value

    def atom(self) -> float:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            self.count += 1
            value = float(text)
            return self.shift(self.count - 1, value, text) if self.shift else value
        if kind == "vulgar":
            return FRACTIONS[text]
        if kind == "e":
            return math.e
        if kind == "name":
            assert self.accept("(")
            args = [self.sum()]
            while self.accept(","):
                args.append(self.sum())
            assert self.accept(")")
            return FUNCTIONS[text](*args)
        if text == "√":
            return math.sqrt(self.atom())
        if text == "|":
            value = abs(self.sum())
            assert self.accept("|")
            return value
        assert text == "(", f"{text!r} in {self.text!r}"
        value = self.sum()
        assert self.accept(")")
        return value


def half_unit(text: str) -> float:
    """Half a unit of the last digit of a printed number, if it may be rounded."""
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if not decimals and not exponent:
        return 0.0
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def tolerance(text: str) -> float:
    """How far the value of an expression may move while each of its numbers moves by half a unit of its last digit."""
    total = 0.0
    centre = evaluate(text)
    count = [0]

    def note(n: int, value: float, written: str) -> float:
        count[0] = n + 1
        return value

    evaluate(text, note)
    for k in range(count[0]):

        def moved(n: int, value: float, written: str, k: int = k) -> float:
            return value + half_unit(written) if n == k else value

        total += abs(evaluate(text, moved) - centre)
    return total
