"""Pages as a browser's parser sees them: html5lib, which follows the HTML standard and is strict about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib

HTML, MATHML = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/1998/Math/MathML}"

CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3}
"""How many children the elements of MathML take that take a certain number."""

TOKENS = {"mi", "mn", "mo", "mtext", "mspace"}


def parsed(text: str) -> Element:
    """The tree of a page; raises where the text is not as the standard asks."""
    found: Element = html5lib.HTMLParser(strict=True).parse(text)
    return found


def fragment_of(text: str) -> Element:
    """The tree of a fragment."""
    found: Element = html5lib.HTMLParser(strict=True).parseFragment(text)
    return found


def elements(tree: Element, name: str) -> list[Element]:
    """The elements of a name, of HTML or of MathML."""
    return [node for node in tree.iter() if node.tag in (HTML + name, MATHML + name)]


def short(node: Element) -> str:
    """The name of an element."""
    return str(node.tag).rpartition("}")[2]


def content(node: Element) -> str:
    """The text in an element, blanks as one."""
    return " ".join("".join(node.itertext()).split())


def fence_faults(tree: Element) -> list[str]:
    """Where one parenthesis grows with what it encloses and its other one does not; what is broken is siblings."""
    found: list[str] = []
    for node in tree.iter():
        opened: list[str | None] = []
        for sign in [sign for formula in node if short(formula) == "math" for sign in elements(formula, "mo")]:
            if sign.text == "(":
                opened.append(sign.get("stretchy"))
            elif sign.text == ")" and (not opened or opened.pop() != sign.get("stretchy")):
                found.append(content(node))
    return found


def classes(node: Element) -> set[str]:
    return set(node.get("class", "").split())


HIDDEN = {"brief": {"w", "s", "f"}, "steps": {"f"}, "full": {"s"}}


def seen(node: Element, detail: str) -> Iterator[Element]:
    """What the style sheet shows at a detail."""
    if classes(node) & HIDDEN[detail]:
        return
    yield node
    for child in node:
        yield from seen(child, detail)


def faults(tree: Element) -> list[str]:
    """What a reader would trip over: ids and links, headings, addresses elsewhere, MathML that no browser takes."""
    nodes = [node for node in tree.iter() if isinstance(node.tag, str)]
    ids = [node.get("id") for node in nodes if node.get("id") is not None]
    found = [f"id {id} twice" for id in {id for id in ids if ids.count(id) > 1}]
    for node in nodes:
        for name, value in node.items():
            local = value[1:] if name == "href" and value.startswith("#") else value
            if name in ("aria-labelledby", "aria-describedby", "for") or local != value:
                found += [f"{name}={value} leads nowhere"] if local not in ids else []
            elif name in ("href", "src", "srcset", "data", "action", "poster", "formaction", "xlink:href"):
                found.append(f"{name}={value} leads elsewhere")
            elif name.startswith("on"):
                found.append(f"{name} in an element")
        if node.tag.startswith(MATHML):
            found += mathml_faults(node)
    for style in elements(tree, "style"):
        found += re.findall(r"url\(|@import|https?:|//", style.text or "")
    found += [
        f"<{short(node)}>" for name in ("link", "iframe", "object", "embed", "base") for node in elements(tree, name)
    ]
    return found + heading_faults(tree)


def heading_faults(tree: Element) -> list[str]:
    """Headings that skip a level, or begin with another than the first one."""
    levels = [int(short(node)[1]) for node in tree.iter() if re.fullmatch(r"h[1-6]", short(node))]
    return [f"h{level} below h{above}" for above, level in pairwise([0, *levels]) if level > above + 1]


def mathml_faults(node: Element) -> list[str]:
    """What MathML Core does not allow at an element."""
    name = short(node)
    names = [short(child) for child in node]
    if name in CHILDREN and len(node) != CHILDREN[name]:
        return [f"{name} has {len(node)} children"]
    if name == "mtable" and (set(names) != {"mtr"} or len({len(row) for row in node}) != 1):
        return ["mtable is no table"]
    if name == "mtr" and set(names) != {"mtd"}:
        return ["mtr has other children than mtd"]
    known = TOKENS | set(CHILDREN) | {"math", "mrow", "msqrt", "mtable", "mtr", "mtd"}
    return [f"<{name}>"] * (name not in known) + [f"{name} has children"] * (name in TOKENS and len(node) > 0)


def numbers(node: Element) -> list[str]:
    """The numbers in a formula as they are in its records, captions left out: 1.5, -2e-05."""
    if [short(child) for child in node] == ["mn", "mo", "msup"] and node[1].text == "×":
        mantissa, exponent = node[0].text or "", node[2][1].text or ""
        return [f"{mantissa}e{exponent}".replace("−", "-")]
    found = [(node.text or "").replace("−", "-").replace("∞", "inf")] if short(node) == "mn" else []
    for child in node[:1] if short(node) == "munder" else node:
        found += numbers(child)
    return found
