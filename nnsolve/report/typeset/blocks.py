"""The blocks of a document in the making."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.report.style import clean
from nnsolve.report.typeset.document import ALWAYS, WORKED, Alert, Block, Heading, Levels, Paragraph


class Blocks:
    """Collects blocks, each heading and each step with an id of its own."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._ids: dict[str, int] = {}

    def id(self, *parts: str) -> str:
        """Letters, digits and hyphens that no other heading or step has."""
        text = re.sub(r"[^a-z0-9]+", "-", "-".join(part for part in parts if part).lower()).strip("-") or "part"
        self._ids[text] = self._ids.get(text, 0) + 1
        return text if self._ids[text] == 1 else self.id(text, str(self._ids[text]))

    def heading(self, text: str, level: int, part: str, levels: Levels = WORKED, address: str = "") -> None:
        """A heading; where its text has symbols in it, the `address` has letters for its id."""
        self.blocks.append(Heading(text, level, self.id("section", part, address or text), levels))

    def words(self, text: str | None, kind: str, levels: Levels = ALWAYS) -> None:
        if text:
            self.blocks.append(Paragraph((clean(text),), kind, levels))

    def alerts(self, warnings: Iterable[Diagnostic]) -> None:
        """Findings about the results."""
        for warning in warnings:
            place = clean(str(warning.place)) if warning.place else ""
            self.blocks.append(Alert(warning.severity, clean(warning.message), place, clean(warning.help or "")))
