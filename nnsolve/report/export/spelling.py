"""Expressions as NumPy code: what each operation says of itself (`Operation.numpy`), put together.

What an operation writes as a function (sigmoid, softmax, the mask of a ReLU) is collected, and defined once.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np

from nnsolve.core.expressions import Call, Expr, Num, Ref
from nnsolve.core.names import Name
from nnsolve.core.shapes import resolve_axis
from nnsolve.engine.compiled.kernels import array_code
from nnsolve.engine.infer import Shapes
from nnsolve.engine.rounding import SIGNIFICANT
from nnsolve.ops import REGISTRY
from nnsolve.ops.operation import Operation
from nnsolve.ops.primitives import PRIMITIVES
from nnsolve.ops.shaping import full_key
from nnsolve.ops.templates import full_options
from nnsolve.problem.model import Rounding
from nnsolve.report.export.names import Identifiers
from nnsolve.report.export.python import assignment, calling, code, dotted, literal
from nnsolve.report.export.timeloops import consecutive

COMPARISONS = {
    "equal": ast.Eq,
    "greater": ast.Gt,
    "greater_equal": ast.GtE,
    "less": ast.Lt,
    "less_equal": ast.LtE,
}
REDUCTIONS = {"add": "sum", "maximum": "max", "minimum": "min"}
SHORT = {"absolute": "abs"}
"""NumPy's usual names of what it calls otherwise."""

Node = TypeVar("Node", bound=ast.AST)


class Function:
    """A function that a script defines: its name, the names of its options, and its lines."""

    def __init__(self, name: str, options: tuple[str, ...], lines: list[str]) -> None:
        self.name = name
        self.options = options
        self.lines = lines


class Numpy:
    """Writes expressions as NumPy code, and collects the functions that they use, each after those that it uses."""

    def __init__(self, identifiers: Identifiers) -> None:
        self.identifiers = identifiers
        self.functions: dict[tuple[str, ...], Function] = {}

    def node(self, expr: Expr, shapes: Shapes, names: Callable[[Name], ast.expr]) -> ast.expr:
        """The code of an expression; `names` is what stands for a name."""
        if isinstance(expr, Num):
            return _number(expr)
        if isinstance(expr, Ref):
            return names(expr.name)
        if expr.op in ("shape", "size"):
            return _constant(expr, shapes)
        operation, over_time = REGISTRY[expr.op], self.over_time(expr, names)
        if over_time is not None and expr.op == "add":
            return calling("sum", ast.Name(over_time))
        args = [self.argument(arg, expr.op, self.node(arg, shapes, names)) for arg in expr.args]
        if expr.op == "add":
            return _sum(args)
        if operation.variadic and operation.elementwise:
            settings = _settings(expr, shapes, args)
            node = args[0]
            for arg in args[1:]:
                node = self.applied(operation, [node, arg], settings)
            return node
        settings = _settings(expr, shapes, args)
        if over_time is not None and expr.op == "sequence":
            settings["parts"] = ast.Name(f"[{over_time}]")
        return self.applied(operation, args, settings)

    def over_time(self, expr: Call, names: Callable[[Name], ast.expr]) -> str | None:
        """Arguments that are one quantity at many time steps: `h[t] for t in range(1, 101)`."""
        listed = [arg.name for arg in expr.args if isinstance(arg, Ref)]
        ends = consecutive(listed) if len(listed) == len(expr.args) else None
        if ends is None or not self.identifiers.is_of_sequence(listed[0]):
            return None
        sequence, t = code(names(listed[0])).removesuffix(f"[{ends[0]}]"), self.identifiers.time
        return f"{sequence}[{t}] for {t} in range({ends[0]}, {ends[1] + 1})"

    def applied(self, operation: Operation, args: list[ast.expr], settings: Mapping[str, Any]) -> ast.expr:
        """The code of an operation on what its arguments are written as."""
        text = self.text(operation, len(args))
        if text is not None and "return" not in text:
            (statement,) = _parsed(text)
            assert isinstance(statement, ast.Expr)
            template = _Template(self, settings, dict(zip(operation.arguments, args, strict=False)))
            return cast(ast.expr, template.visit(self.translated(statement.value)))
        function = None if text is not None else operation.value
        if isinstance(function, np.ufunc):
            return self.translated(calling(f"np.{SHORT.get(function.__name__, function.__name__)}", *args))
        found = self.function(operation, text, len(args), settings)
        return calling(found.name, *args, **{key: self.option(key, settings[key]) for key in found.options})

    def rounded(self, value: ast.expr, rule: Rounding) -> ast.expr:
        """A value rounded as it is stored."""
        if rule.decimals is not None:
            return self.applied(REGISTRY["round"], [value], {"decimals": rule.decimals, "ties": rule.ties})
        return self.applied(SIGNIFICANT, [value], {"digits": rule.significant, "ties": rule.ties})

    def argument(self, expr: Expr, op: str, node: ast.expr) -> ast.expr:
        """What an argument is written as in a call of an operation."""
        return node

    def option(self, key: str, value: Any) -> ast.expr:
        """What an option is written as in the call of a function."""
        return ast.Subscript(dotted("np.s_"), literal(value)) if key == "place" else literal(value)

    def text(self, operation: Operation, count: int) -> str | None:
        """What an operation says of itself, for a number of arguments."""
        return operation.numpy[count - 1] if isinstance(operation.numpy, tuple) else operation.numpy

    def translated(self, node: Node) -> Node:
        """Code in terms of NumPy in those of the library that is written for."""
        return node

    def function(self, operation: Operation, text: str | None, count: int, settings: Mapping[str, Any]) -> Function:
        """The function that an operation is written as, with its conditions on the settings decided."""
        if text is None:
            text = array_code(operation, count)
            assert text is not None, operation.name
        template = _Template(self, settings, None)
        lines: list[str] = []
        statements = [self.translated(template.visit(statement)) for statement in _parsed(text)]
        used = {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}
        for statement in _needed(statements):
            if isinstance(statement, ast.Assign):
                lines += assignment(code(statement.targets[0]), statement.value, 4)
            elif isinstance(statement, ast.Return):
                assert statement.value is not None
                lines.append(f"return {code(statement.value)}")
            else:
                assert isinstance(statement, ast.Expr)
                last = statement is statements[-1]
                lines.append(f"return {code(statement.value)}" if last else code(statement.value))
        arguments = operation.arguments[:count]
        options = tuple(key for key in settings if key in used and key not in arguments)
        key = (operation.name, *lines)
        if key not in self.functions:
            name = self.identifiers.fresh(("function", *key), operation.name.replace("'", "_prime"))
            head = f"def {name}({', '.join([*arguments, *options])}):"
            body = [f'"""{summary(operation)}"""', *lines]
            self.functions[key] = Function(name, options, [head, *(f"    {line}" for line in body)])
        return self.functions[key]


def summary(operation: Operation) -> str:
    """What an operation computes, without what its description adds behind a semicolon."""
    return re.split(r";(?![^\[]*\])", operation.doc.replace('"', "'"), maxsplit=1)[0].rstrip(".") + "."


class _Template(ast.NodeTransformer):
    """What an operation says of itself, put to use: conditions decided, names and functions as the script has them.

    With `names`, the arguments are replaced by what they are written as, and the settings by their values.
    """

    def __init__(self, writer: Numpy, settings: Mapping[str, Any], names: Mapping[str, ast.expr] | None) -> None:
        self.writer = writer
        self.settings = settings
        self.names = names

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        used = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        if used <= self.settings.keys():
            test = eval(compile(ast.Expression(node.test), "<operation>", "eval"), {}, dict(self.settings))
            return cast(ast.expr, self.visit(node.body if test else node.orelse))
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self.names is None:
            return node
        if node.id in self.names:
            return self.names[node.id]
        if node.id == "parts":
            return self.writer.translated(cast(ast.expr, self.settings["parts"]))
        return literal(self.settings[node.id]) if node.id in self.settings else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in ("np", "math"):
            return node
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(ast.Attribute(ast.Name(ufunc), "reduce"), [x], keywords):
                over = {k.arg: self.visit(k.value) for k in keywords if k.arg}
                kept = {**over, "keepdims": literal(True)} if over else {}
                return calling(f"np.{REDUCTIONS[ufunc]}", self.visit(x), **kept)
            case ast.Call(ast.Name(comparison), [x, y]) if comparison in COMPARISONS:
                return ast.Compare(self.visit(x), [COMPARISONS[comparison]()], [self.visit(y)])
            case ast.Call(ast.Name(function), args) if function in PRIMITIVES:
                return calling(f"np.{SHORT.get(function, function)}", *[self.visit(arg) for arg in args])
            case ast.Call(ast.Name(name), args, keywords) if name in REGISTRY:
                operation = REGISTRY[name]
                inner = {**operation.options, **{k.arg: self.setting(k.value) for k in keywords if k.arg}}
                return self.inner(operation, [self.visit(arg) for arg in args], keywords, inner)
        self.generic_visit(node)
        return node

    def inner(
        self, operation: Operation, args: list[ast.expr], keywords: list[ast.keyword], settings: Mapping[str, Any]
    ) -> ast.expr:
        """The call of another operation; its options are passed on."""
        written = self.writer.applied(operation, args, settings)
        if isinstance(written, ast.Call):
            said = {k.arg: self.visit(k.value) for k in keywords}
            for keyword in written.keywords:
                keyword.value = said.get(keyword.arg, keyword.value)
        return written

    def setting(self, node: ast.expr) -> Any:
        """The value of an option of another operation; what is only computed in the function is left as it is."""
        if isinstance(node, ast.Name):
            return self.settings[node.id]
        try:
            return ast.literal_eval(node)
        except ValueError:
            return 0


def _needed(statements: list[Any]) -> list[Any]:
    """The statements without assignments to what nothing uses."""
    kept: list[Any] = []
    used: set[str] = set()
    for statement in reversed(statements):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            if statement.targets[0].id not in used:
                continue
            read: ast.AST = statement.value
        else:
            read = statement
        used |= {node.id for node in ast.walk(read) if isinstance(node, ast.Name)}
        kept.append(statement)
    return kept[::-1]


@lru_cache(maxsize=512)
def _source(text: str) -> str:
    return textwrap.dedent(text).strip()


def _parsed(text: str) -> list[ast.stmt]:
    """The statements of a text; anew each time, since they are changed."""
    if "return" not in text:
        return ast.parse(_source(text)).body
    (function,) = ast.parse("def f():\n" + textwrap.indent(_source(text), "    ")).body
    assert isinstance(function, ast.FunctionDef)
    return function.body


def _settings(expr: Call, shapes: Shapes, args: list[ast.expr]) -> dict[str, Any]:
    """What the code of a call may depend on."""
    first, dims = shapes(expr.args[0]), shapes(expr).dims
    settings: dict[str, Any] = full_options(expr)
    if "axis" in settings:
        settings["axis"] = resolve_axis(settings["axis"], first, shapes.layout)
    if "key" in settings:
        key = full_key(settings["key"], first if expr.op == "index" else shapes(expr))
        settings["place"] = _place(key, not dims)
    settings.setdefault("dims", dims)
    settings["features"] = shapes.layout.features
    settings["constants"] = tuple(isinstance(arg, Num) for arg in expr.args)
    settings["numbers"] = all(not shapes(arg).dims for arg in expr.args)
    settings["parts"] = ast.List(
        [
            arg if settings["numbers"] or shapes(each).dims or expr.op != "concat" else calling("np.atleast_2d", arg)
            for arg, each in zip(args, expr.args, strict=True)
        ]
    )
    return settings


def _place(key: tuple[Any, ...], single: bool) -> tuple[Any, ...]:
    """The inside of the brackets: an element, or slices that keep both axes."""
    if single:
        return key
    return tuple(slice(*part) if isinstance(part, tuple) else slice(part, part + 1) for part in key)


def _number(expr: Num) -> ast.expr:
    value = expr.value
    if isinstance(value, Fraction):
        return ast.BinOp(literal(value.numerator), ast.Div(), literal(value.denominator))
    return literal(value)


def _constant(expr: Call, shapes: Shapes) -> ast.expr:
    """`shape` and `size` are known before anything is computed."""
    shape = shapes(expr.args[0])
    if expr.op == "size":
        return literal(float(shape.size))
    sizes = ast.List([literal(float(n)) for n in shape.reported])
    return calling("np.reshape", sizes, literal(shapes(expr).dims))


LONG = 50
"""Terms from which on a sum is that of a list."""


def _sum(args: list[ast.expr]) -> ast.expr:
    """x + (-y) is x - y."""
    if len(args) >= LONG:
        return calling("sum", ast.List(args))
    node = args[0]
    for arg in args[1:]:
        if isinstance(arg, ast.UnaryOp):
            node = ast.BinOp(node, ast.Sub(), arg.operand)
        else:
            node = ast.BinOp(node, ast.Add(), arg)
    return node
