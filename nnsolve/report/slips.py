"""What wrong answers are consistent with: once for a slip, however many of them it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.report.lines import paragraph
from nnsolve.report.style import Line, Style, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnsolve.checking.model import Explanation, Item

LISTED = 4
"""Answers that are listed before the others are counted."""


class Slips:
    """The slips of one student; each mistake is explained where it is named first, and named alone after that."""

    def __init__(self, slips: Sequence[Explanation], style: Style) -> None:
        self.slips = slips
        self.shared = [slip for slip in slips if len(slip.items) > 1]
        self.style = style
        self._told: set[str] = set()

    def top(self) -> list[Line]:
        """Each slip that explains more than one answer, and which."""
        lines: list[Line] = []
        for number, slip in enumerate(self.shared, 1):
            which = "One slip explains" if len(slip.causes) == 1 else "Two slips together explain"
            lead = f"{number}. " if len(self.shared) > 1 else ""
            text = f"{lead}{which} {self._listed(slip.items)}:"
            lines += [[], *paragraph(text, self.style, "formula", 2, 0), *self._causes(slip)]
        return lines

    def of(self, item: Item) -> list[Line]:
        """What one answer is consistent with; of a slip at the top only which it is."""
        for slip in self.slips:
            if item.id in slip.items:
                if slip not in self.shared:
                    return self._causes(slip)
                which = f"slip {self.shared.index(slip) + 1}" if len(self.shared) > 1 else "the slip"
                codes = " and ".join(cause.code for cause in slip.causes)
                return paragraph(f"consistent with {which} at the top: {codes}", self.style, "", 4, 2)
        return []

    def _causes(self, slip: Explanation) -> list[Line]:
        lines: list[Line] = []
        for n, causes in enumerate([slip.causes, *slip.alternatives]):
            lead = "or with" if n else "consistent with"
            for cause in causes:
                text = f"{lead} {cause.code}"
                if cause.code not in self._told:
                    text += f": {cause.message}"
                if cause.of:
                    text += f" (first at {cause.of})"
                lines += paragraph(clean(text, self.style.unicode), self.style, "", 4, 2)
                self._told.add(cause.code)
                lead = "together with"
        return lines

    def _listed(self, ids: Sequence[str]) -> str:
        names = [clean(id, self.style.unicode) for id in ids]
        if len(names) <= LISTED:
            return f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{', '.join(names[: LISTED - 2])} and {len(names) - LISTED + 2} more"
