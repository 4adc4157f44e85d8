"""`ask:`: what is asked, ranges of moments written out."""

from __future__ import annotations

import re
from typing import Any

from nnsolve.core.diagnostics import Place, ProblemError
from nnsolve.problem.fields import (
    Context,
    Entry,
    known_entries,
    read_fields,
    text_of,
    wrong_type,
)
from nnsolve.problem.model import Ask, Text
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode
from nnsolve.problem.schema import ASK
from nnsolve.problem.source import shown

MAX_RANGE = 1000
MAX_ASKS = 10_000

_range = re.compile(r"@(e?)(\d{1,9})\.\.(e?)(\d{1,9})(?!\w)")


def read_asks(node: Node, context: Context) -> tuple[Ask, ...]:
    """`ask:`, a list of addresses or mappings; `L@0..19` becomes L@0, ..., L@19.

    The points of such a range are shared equally; its entries' ids end in `@0`, ..., `@19`.
    """
    if isinstance(node, ScalarNode) and not _commas(node.text):
        node = ListNode([node], node.place)
    if not isinstance(node, ListNode):
        help = "write ask: [z1, a1]"
        if isinstance(node, ScalarNode):
            # An index in brackets has to be quoted there.
            help = "write a line for each: - z1" if "[" in node.text else f"write ask: [{shown(node.text)[1:-1]}]"
        wrong_type(node, "ask is a list", context, help)
        return ()
    result: list[Ask] = []
    ids: dict[str, Place] = {}
    for item in node.items:
        try:
            asks = _ask(item, context)
        except ProblemError as error:
            context.keep(error.diagnostics)
            continue
        context.asks += len(asks)
        if context.asks > MAX_ASKS:
            raise ProblemError.of("too-big", f"the file asks for more than {MAX_ASKS} values", item.place)
        for ask in asks:
            if ask.id in ids:
                message = f"{shown(ask.id)} is asked twice; the first is in line {ids[ask.id].line}"
                context.error(
                    "duplicate-id", message, ask.of.place, "delete one, or give it another id: {id: ..., of: ...}"
                )
            ids.setdefault(ask.id, ask.of.place)
            result.append(ask)
    return tuple(result)


def _commas(text: str) -> int:
    """How many commas stand outside brackets, where they would separate asks."""
    return re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", text).count(",")


def _ask(node: Node, context: Context) -> list[Ask]:
    """The asks of one entry; raises `ProblemError`."""
    if not isinstance(node, MapNode):
        if isinstance(node, ListNode):
            help = 'an index is written in quotes: - "a2[1]"'
            raise ProblemError.of("wrong-type", "found a list where an address is expected", node.place, help)
        of = text_of(node, "an ask")
        return _expanded(of.text.strip(), of, {}, None)
    found = known_entries(node, ASK, "an ask", context)
    options = read_fields(found, ASK, "", context)
    one_precision(found, "the ask", context)
    if "of" not in found:
        help = "write {id: q1, of: z1}" if "id" in found else f"keys of an ask: {', '.join(ASK)}"
        raise ProblemError.of("missing-key", "the ask does not say of: what", node.place, help)
    address, name = options.pop("of", None), options.pop("id", None)
    if address is None:
        return []
    if name is not None:
        check_id(name, found["id"].node.place, "an id")
    return _expanded(name if name is not None else address.text.strip(), address, options, name)


def check_id(name: str, place: Place, what: str) -> None:
    """Raise `ProblemError` where a text cannot be an id."""
    if not name.strip() or len(name) > 200 or not name.isprintable():
        message = f"{shown(name)} cannot be {what}"
        raise ProblemError.of("bad-id", message, place, "an id is a short text in one line")


def _expanded(id: str, of: Text, options: dict[str, Any], name: str | None) -> list[Ask]:
    """One ask, or those of a range `@0..19`, `@e1..e5`."""
    ranges = list(_range.finditer(of.text))
    if not ranges:
        if ".." in of.text:
            help = "a range stands behind @ and has two whole numbers: L@0..19"
            raise ProblemError.of("bad-range", f"{shown(of.text)} has .. but no range", of.place, help)
        return [Ask(id, of, options)]
    if len(ranges) > 1:
        raise ProblemError.of("bad-range", f"{shown(of.text)} has more than one range", of.place, "ask for them singly")
    found = ranges[0]
    first, last = int(found[2]), int(found[4])
    if last < first or last - first >= MAX_RANGE or (found[3] and not found[1]):
        help = f"write L@0..19; a range has at most {MAX_RANGE} values"
        raise ProblemError.of("bad-range", f"{shown(found[0])} is no range", of.place.right(found.start()), help)
    if "points" in options:
        options = {**options, "points": options["points"] / (last - first + 1)}
    result = []
    for k in range(first, last + 1):
        moment = f"@{found[1]}{k}"
        text = of.text[: found.start()] + moment + of.text[found.end() :]
        result.append(Ask(text.strip() if name is None else name + moment, Text(text, of.place), options))
    return result


def one_precision(found: dict[str, Entry], what: str, context: Context) -> None:
    """Report a precision that is said twice: decimals and significant digits."""
    if "decimals" in found and "significant" in found:
        message = f"{what} has decimals and significant; one of them says the precision"
        context.error("conflict", message, found["significant"].key.place, "keep one of them")
