"""The equation language: what texts mean, what is refused and where, and that spelling and parsing undo each other."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.core.expressions import Call, Expr, Num, Ref, call
from nnsolve.core.language import MAX_DEPTH, parse, parse_equation
from nnsolve.core.names import END, Name
from nnsolve.core.spelling import spell

a, b, c, W, x = (Ref(Name(n)) for n in ["a", "b", "c", "W", "x"])


def add(*terms: Expr) -> Call:
    return Call("add", terms)


def mul(*factors: Expr) -> Call:
    return Call("mul", factors)


@pytest.mark.parametrize(
    ("text", "expr"),
    [
        ("a", a),
        ("(a)", a),
        ("1", Num(1)),
        ("1.5e-3", Num(0.0015)),
        (".5", Num(0.5)),
        ("1/3", Num(Fraction(1, 3))),
        ("2/4", call("div", Num(2), Num(4))),
        ("-2", Num(-2)),
        ("-a", call("neg", a)),
        ("--a", call("neg", call("neg", a))),
        ("+a", a),
        ("a + b + c", add(a, b, c)),
        ("a - b - c", add(a, call("neg", b), call("neg", c))),
        ("a - (b - c)", add(a, call("neg", add(b, call("neg", c))))),
        ("-a + b", add(call("neg", a), b)),
        ("a * b * c", mul(a, b, c)),
        ("a + b * c", add(a, mul(b, c))),
        ("a / b / c", call("div", call("div", a, b), c)),
        ("a / b * c", mul(call("div", a, b), c)),
        ("a * b / c", call("div", mul(a, b), c)),
        ("1/2 * a", mul(Num(Fraction(1, 2)), a)),
        ("W @ x", call("matmul", W, x)),
        ("a @ b @ c", call("matmul", call("matmul", a, b), c)),
        ("-W @ x", call("neg", call("matmul", W, x))),
        ("a^b^c", call("pow", a, call("pow", b, c))),
        ("a**2", call("pow", a, Num(2))),
        ("-a^2", call("neg", call("pow", a, Num(2)))),
        ("2^-1", call("pow", Num(2), Num(-1))),
        ("a^-b", call("pow", a, call("neg", b))),
        ("W.T", call("transpose", W)),
        ("W.T @ x", call("matmul", call("transpose", W), x)),
        ("W.T.T", call("transpose", call("transpose", W))),
        ("(a @ b).T^2", call("pow", call("transpose", call("matmul", a, b)), Num(2))),
        ("x[2]", call("index", x, key=(2,))),
        ("W[:, 1:5]", call("index", W, key=((None, None), (1, 5)))),
        ("x[2:]", call("index", x, key=((2, None),))),
        ("x.T[1,2]", call("index", call("transpose", x), key=(1, 2))),
        ("relu(x)", call("relu", x)),
        ("sum(a * b, axis=features)", call("sum", mul(a, b), axis="features")),
        ("reshape(x, shape=[2, 3])", call("reshape", x, shape=(2, 3))),
        ("f(x, k=-1)", call("f", x, k=-1)),
        ("f(x, k=1/2)", call("f", x, k=0.5)),
        ("relu'(x)", call("relu'", x)),
        ("α * β", mul(Ref(Name("α")), Ref(Name("β")))),
    ],
)
def test_what_a_text_means(text: str, expr: Expr) -> None:
    assert parse(text) == expr
    assert parse(spell(parse(text))) == expr


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("W1", Name("W1")),
        ("dL/dW1", Name("W1", of=Name("L"))),
        ("W1@2", Name("W1", update=2)),
        ("dL/dW1@2", Name("W1", of=Name("L"), update=2)),
        ("L@e3", Name("L", epoch=3)),
        ("L@end", Name("L", update=END)),
        ("a@0", Name("a")),
    ],
)
def test_addresses(text: str, name: Name) -> None:
    assert parse(text, addresses=True) == Ref(name)
    assert parse(spell(parse(text, addresses=True)), addresses=True) == Ref(name)


def test_an_address_binds_tighter_than_a_quotient() -> None:
    found = parse("-dL/dz2 / 2 + a@1[2]", addresses=True)
    delta = Ref(Name("z2", of=Name("L")))
    element = call("index", Ref(Name("a", update=1)), key=(2,))
    assert found == add(call("neg", call("div", delta, Num(2))), element) or found == add(
        call("div", call("neg", delta), Num(2)), element
    )


def test_derivatives_are_quotients_in_equations() -> None:
    assert parse("dL/dW") == call("div", Ref(Name("dL")), Ref(Name("dW")))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("a +", 4),
        ("a + * b", 5),
        ("(a", 3),
        ("a)", 2),
        ("a b", 3),
        ("2 a", 3),
        ("a = b", 3),
        ("f(a,, b)", 5),
        ("f(k=1, a)", 8),
        ("f(k=1, k=2)", 8),
        ("a[", 3),
        ("a[-1]", 3),
        ("a[1.5]", 3),
        ("a % b", 3),
        ("a < b", 3),
        ("a · b", 3),
        ("1_000", 1),
        ("a'", 1),
        ("1e999", 1),
        ("٣", 1),
        ("a.b", 2),
        ("{a}", 1),
        ("f(x, k=a+b)", 8),
    ],
)
def test_a_mistake_is_shown_where_it_stands(text: str, column: int) -> None:
    with pytest.raises(ProblemError) as caught:
        parse(text, Place("p.yaml", 3, 10))
    (found,) = caught.value.diagnostics
    assert found.place == Place("p.yaml", 3, 9 + column)
    assert found.message


@pytest.mark.parametrize("text", ["z1", "z1 = ", "= a", "z1 == a", "2 = a", "a + b = c", "W@1 = a", "f(x) = x", ""])
def test_what_is_no_equation(text: str) -> None:
    with pytest.raises(ProblemError):
        parse_equation(text)


def test_a_long_sum_takes_bounded_time() -> None:
    start = time.process_time()
    expr = parse(" + ".join(["a"] * 50_000))
    assert isinstance(expr, Call) and len(expr.args) == 50_000
    text = spell(expr)
    assert parse(text) == expr
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 1000 + "a" + ")" * 1000,
        "-" * 100_000 + "a",
        "a^" * 100_000 + "a",
        "f(" * 10_000,
        "a[" * 10_000,
        "a" + ".T" * 10_000,
        "a" + "[1]" * 10_000,
        "f(k=" + "[" * 100_000,
        "*".join(["a"] * 100_000),
        "@".join(["a"] * 100_000),
        "9" * 100_000,
        "a" * 2_000_000,
        "1/" * 50_000 + "1",
    ],
    ids=lambda t: t[:6] + f"..{len(t)}",
)
def test_hostile_texts_end_soon(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ProblemError):
        parse(text)
        raise ProblemError.of("fine", "it was read after all")
    assert time.process_time() - start < 20


def test_the_square_of_a_gradient_is_not_taken_for_that_of_its_parameter() -> None:
    square = call("pow", Ref(Name("W").gradient(Name("L"))), Num(2))
    assert spell(square) == "(dL/dW)^2"
    assert parse(spell(square), addresses=True) == square
    assert spell(call("pow", Ref(Name("W")), Num(2))) == "W^2"


def test_powers_are_not_worked_out_by_the_parser() -> None:
    assert parse("9**9**9") == call("pow", Num(9), call("pow", Num(9), Num(9)))


def test_the_depth_that_is_promised_is_read() -> None:
    inside = MAX_DEPTH - 2
    assert parse("(" * inside + "a" + ")" * inside) == a


# Properties

TOKENS = [
    *["a", "b", "1", "2", " ", "(", ")", "[", "]", "{", "}", ",", ":", "=", ".", "+", "-", "*", "/", "@", "^", "'"],
    *["**", ".T", "sum", "dL/dW", "@2", "@end", "relu'", "axis", "1e9", "\u00b2", "\n"],
]

names = st.sampled_from(["a", "b", "W1", "x_1", "h", "σ"]).map(lambda text: Ref(Name(text)))
numbers = st.one_of(
    st.integers(0, 10**6).map(Num),
    st.floats(min_value=1e-300, max_value=1e300, allow_nan=False).map(Num),
    st.tuples(st.integers(1, 99), st.integers(2, 99)).map(lambda pair: Num(Fraction(*pair))),
)
ends = st.none() | st.integers(0, 9)
keys = st.lists(st.integers(0, 9) | st.tuples(ends, ends), min_size=1, max_size=2)


def _grown(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    def made(op: str, least: int, most: int) -> st.SearchStrategy[Expr]:
        return st.lists(parts, min_size=least, max_size=most).map(lambda args: Call(op, tuple(args)))

    return st.one_of(
        made("add", 2, 4),
        made("mul", 2, 4),
        made("div", 2, 2),
        made("matmul", 2, 2),
        made("pow", 2, 2),
        made("neg", 1, 1),
        made("transpose", 1, 1),
        made("tanh", 1, 1),
        made("max", 2, 2),
        st.tuples(parts, keys).map(lambda pair: Call("index", (pair[0],), (("key", tuple(pair[1])),))),
        parts.map(lambda p: Call("sum", (p,), (("axis", "features"),))),
        parts.map(lambda p: Call("reshape", (p,), (("shape", (2, 3)),))),
    )


expressions = st.recursive(st.one_of(names, numbers), _grown, max_leaves=20)


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_what_is_spelled_reads_back_as_the_same(expr: Expr) -> None:
    """Once read, a spelling is stable; the first reading draws in signs and nested sums, which mean the same."""
    text = spell(expr)
    once = parse(text)
    assert parse(spell(once)) == once
    assert _meaning(once) == _meaning(expr)


def _meaning(expr: Expr) -> object:
    """An expression without what the language writes in one way only: signs of numbers, nested sums, 1/3."""
    if isinstance(expr, Num):
        return ("number", float(expr.value))
    if isinstance(expr, Ref):
        return ("name", expr.name)
    args = [_meaning(arg) for arg in expr.args]
    if expr.op == "neg" and isinstance(args[0], tuple) and args[0][0] == "number":
        return ("number", -args[0][1])
    if expr.op == "div" and all(isinstance(p, tuple) and p[0] == "number" for p in args):
        top, bottom = (p[1] for p in args)  # type: ignore[index]
        if top > 0 and bottom > 1 and top == int(top) and bottom == int(bottom):
            return ("number", float(Fraction(int(top), int(bottom))))
    if expr.op in ("add", "mul") and args:
        flat: list[object] = []
        for i, arg in enumerate(args):
            same = isinstance(arg, tuple) and arg[0] == expr.op
            flat.extend(arg[1] if same and i == 0 else [arg])  # type: ignore[index]
        return (expr.op, tuple(flat), expr.options)
    return (expr.op, tuple(args), expr.options)


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_nothing_but_a_problem_error_comes_out_of_any_text(text: str, addresses: bool) -> None:
    _read(text, addresses)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=25), st.booleans())
def test_nothing_but_a_problem_error_comes_out_of_any_tokens(tokens: list[str], addresses: bool) -> None:
    _read("".join(tokens), addresses)


def _read(text: str, addresses: bool) -> None:
    place = Place("p.yaml", 1, 1)
    try:
        expr = parse(text, place, addresses=addresses)
    except ProblemError as error:
        for found in error.diagnostics:
            assert found.place is not None and 1 <= found.place.column <= len(text) + 1
        return
    assert parse(spell(expr), addresses=addresses) == expr


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("grad W1", "a gradient is written dL/dW1; is a comma missing? An address has no blanks"),
        ("z1 a1", "is a comma missing? An address has no blanks"),
        ("W1@1 a1", "is a comma missing?"),
        ("2 z1", "a product needs its sign"),
    ],
)
def test_two_addresses_in_one_have_lost_their_comma(text: str, help: str) -> None:
    with pytest.raises(ProblemError) as raised:
        parse(text, addresses=True)
    assert help in str(raised.value.diagnostics[0].help)


def test_functions_of_numpy_are_told_to_stand_alone() -> None:
    with pytest.raises(ProblemError, match=r"write dot\(\.\.\.\) without np\."):
        parse("np.dot(W, x) + b")


@pytest.mark.parametrize(
    ("word", "known", "help"),
    [
        ("mse", ["mean_squared_error", "half_squared_error"], "'mean_squared_error' or 'half_squared_error'"),
        ("BCE", ["binary_cross_entropy"], "'binary_cross_entropy'"),
        ("lr", ["learning_rate", "steps"], "'learning_rate'"),
        ("mae", ["absolute_error"], "'absolute_error'"),
    ],
)
def test_abbreviations_are_spelled_out(word: str, known: list[str], help: str) -> None:
    assert did_you_mean(word, known) == f"did you mean {help}?"
    assert did_you_mean(word, ["something", "else"]) is None
