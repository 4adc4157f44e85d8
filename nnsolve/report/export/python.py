"""Python syntax trees as text, laid out as formatters lay it out: spaces, parentheses, lines of bounded length."""

from __future__ import annotations

import ast
import itertools

WIDTH = 120

SUM, PRODUCT, SIGN, POWER, ATOM = range(10, 15)
CHOICE, COMPARISON = 0, 5
"""How tightly a construct binds; one that binds less tightly than its place needs parentheses."""

OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
    ast.MatMult: ("@", PRODUCT),
    ast.Pow: ("**", POWER),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
}


def code(node: ast.expr, place: int = CHOICE) -> str:
    """An expression as text, in parentheses where it binds less tightly than its place."""
    text, binding = _written(node)
    return text if binding >= place else f"({text})"


def _written(node: ast.expr) -> tuple[str, int]:
    match node:
        case ast.Name(name):
            return name, ATOM
        case ast.Constant(value):
            return string(value) if isinstance(value, str) else repr(value), ATOM
        case ast.Attribute(value, attr):
            return f"{code(value, ATOM)}.{attr}", ATOM
        case ast.Call(func, args, keywords):
            parts = [code(arg) for arg in args] + [f"{k.arg}={code(k.value)}" for k in keywords]
            return f"{code(func, ATOM)}({', '.join(parts)})", ATOM
        case ast.Subscript(value, ast.Tuple(parts)) if parts:
            return f"{code(value, ATOM)}[{', '.join(code(part) for part in parts)}]", ATOM
        case ast.Subscript(value, inside):
            return f"{code(value, ATOM)}[{code(inside)}]", ATOM
        case ast.Slice(lower, upper, step):
            ends = [code(end) if end else "" for end in (lower, upper)]
            return ":".join([*ends, code(step)] if step else ends), ATOM
        case ast.Tuple(parts):
            return f"({', '.join(map(code, parts))}{',' if len(parts) == 1 else ''})", ATOM
        case ast.List(parts):
            return f"[{', '.join(map(code, parts))}]", ATOM
        case ast.Dict(keys, parts):
            items = [f"{code(key)}: {code(part)}" for key, part in zip(keys, parts, strict=True) if key is not None]
            return f"{{{', '.join(items)}}}", ATOM
        case ast.UnaryOp(ast.USub(), operand):
            return f"-{code(operand, SIGN)}", SIGN
        case ast.BinOp(left, ast.Pow(), right):
            space = "" if _is_simple(left) and _is_simple(right) else " "
            return f"{code(left, ATOM)}{space}**{space}{code(right, SIGN)}", POWER
        case ast.BinOp(left, operator, right):
            sign, binding = OPERATORS[type(operator)]
            return f"{code(left, binding)} {sign} {code(right, binding + 1)}", binding
        case ast.Compare(left, [operator], [right]):
            sign = COMPARISONS[type(operator)]
            return f"{code(left, COMPARISON + 1)} {sign} {code(right, COMPARISON + 1)}", COMPARISON
        case ast.IfExp(test, body, orelse):
            return f"{code(body, 1)} if {code(test, 1)} else {code(orelse)}", CHOICE
    raise NotImplementedError(ast.dump(node))


def _is_simple(node: ast.expr) -> bool:
    """Whether a formatter writes no spaces around the ** of this operand."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and not isinstance(node.value, str))


def string(text: str) -> str:
    """A text as a literal in double quotes; what cannot be printed is escaped."""
    inner = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\\", "\\\\"))
    return f"'{inner}'" if '"' in inner and "'" not in inner else '"' + inner.replace('"', '\\"') + '"'


def assignment(target: str, value: ast.expr, indent: int = 0) -> list[str]:
    """The lines of `target = value`, broken where they would be too long."""
    text = f"{target} = {code(value)}"
    if indent + len(text) <= WIDTH:
        return [text]
    if isinstance(value, ast.BinOp):
        return [f"{target} = (", *_operands(value), ")"]
    if isinstance(value, ast.Call):
        return [f"{target} = {code(value.func)}(", *_arguments(value, indent + 4), ")"]
    return [text]


def _operands(value: ast.BinOp) -> list[str]:
    """The operands of a sum or product, a line each."""
    binding = OPERATORS[type(value.op)][1]
    lines: list[str] = []
    node: ast.expr = value
    while isinstance(node, ast.BinOp) and OPERATORS[type(node.op)][1] == binding:
        lines.append(f"    {OPERATORS[type(node.op)][0]} {code(node.right, binding + 1)}")
        node = node.left
    lines.append(f"    {code(node, binding)}")
    return lines[::-1]


def _arguments(value: ast.Call, indent: int) -> list[str]:
    """The arguments of a call in lines of their own."""
    parts = [code(arg) for arg in value.args] + [f"{k.arg}={code(k.value)}" for k in value.keywords]
    joined = f"    {', '.join(parts)}"
    if indent + len(joined) <= WIDTH:
        return [joined]
    lines: list[str] = []
    for arg, part in itertools.zip_longest(value.args, parts):
        if isinstance(arg, ast.List) and indent + len(part) + 1 > WIDTH:
            lines += ["    [", *(f"        {code(item)}," for item in arg.elts), "    ],"]
        else:
            lines.append(f"    {part},")
    return lines


def name(text: str) -> ast.Name:
    """A name as a node."""
    return ast.Name(text)


def literal(value: object) -> ast.expr:
    """A number, text, tuple or slice as a node; negative numbers are signs before positive ones."""
    if isinstance(value, slice):
        return ast.Slice(*(None if end is None else literal(end) for end in (value.start, value.stop, value.step)))
    if isinstance(value, tuple):
        return ast.Tuple([literal(part) for part in value])
    if isinstance(value, (int, float)) and not isinstance(value, bool) and str(value).startswith("-"):
        return ast.UnaryOp(ast.USub(), literal(-value))
    if isinstance(value, float) and value in (float("inf"),):
        return ast.Attribute(ast.Name("np"), "inf")
    assert value is None or isinstance(value, (bool, int, float, str))
    return ast.Constant(value)


def calling(function: str, *args: ast.expr, **options: ast.expr) -> ast.Call:
    """The call of a function, by its dotted name."""
    return ast.Call(dotted(function), list(args), [ast.keyword(key, value) for key, value in options.items()])


def dotted(text: str) -> ast.expr:
    """`np.linalg.norm` as a node."""
    first, *rest = text.split(".")
    node: ast.expr = ast.Name(first)
    for part in rest:
        node = ast.Attribute(node, part)
    return node
