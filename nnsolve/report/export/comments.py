"""Text of the problem as comments: whatever it holds, it stays in its line behind its #."""

from __future__ import annotations

import textwrap

TEXT_WIDTH = 98


def harmless(text: str) -> str:
    """The text with everything that cannot be printed escaped: line ends, marks that turn the writing around."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def comment(text: str) -> list[str]:
    """The text as comment lines, wrapped."""
    words = " ".join(text.split())
    return [f"# {line}".rstrip() for line in textwrap.wrap(harmless(words), TEXT_WIDTH, break_on_hyphens=False)]


def heading(text: str) -> str:
    """A line that begins a part of the script."""
    return f"# {harmless(text)} ".ljust(TEXT_WIDTH + 2, "-")
