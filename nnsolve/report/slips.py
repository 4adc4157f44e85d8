"""What wrong answers are consistent with: once for a slip, however many of them it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnsolve.core.diagnostics import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnsolve.checking.model import Cause, Explanation, Item

LISTED = 4
"""Answers that are listed before the others are counted."""

SHOWN = 3
"""Ways to explain the same answers that are written out; the others are named, if they are several."""


class Slips:
    """The slips of one student; each mistake is explained where it is named first, and named alone after that."""

    def __init__(self, slips: Sequence[Explanation]) -> None:
        self.slips = slips
        self.shared = [slip for slip in slips if len(slip.items) > 1]
        self._told: set[str] = set()

    def top(self) -> list[tuple[str, list[str]]]:
        """Each slip that explains more than one answer: which these are, and what it is."""
        found: list[tuple[str, list[str]]] = []
        for number, slip in enumerate(self.shared, 1):
            which = "One slip explains" if len(slip.causes) == 1 else "Two slips together explain"
            lead = f"{number}. " if len(self.shared) > 1 else ""
            found.append((f"{lead}{which} {_listed(slip.items)}:", self.causes(slip)))
        return found

    def of(self, item: Item) -> list[str]:
        """What one answer is consistent with; of a slip at the top only which it is."""
        for slip in self.slips:
            if item.id in slip.items:
                if slip not in self.shared:
                    return self.causes(slip)
                which = f"slip {self.shared.index(slip) + 1}" if len(self.shared) > 1 else "the slip"
                codes = " and ".join(cause.code for cause in slip.causes)
                return [f"consistent with {which} at the top: {codes}"]
        return []

    def causes(self, slip: Explanation) -> list[str]:
        """What a slip is, and what else it may be: the best few in full, then the others by their names."""
        found: list[str] = []
        ways = [slip.causes, *slip.alternatives]
        shown = SHOWN if len(ways) > SHOWN + 1 else len(ways)
        for n, causes in enumerate(ways[:shown]):
            lead = "or with" if n else "consistent with"
            for cause in causes:
                told = "" if cause.code in self._told else f": {cause.message}"
                found.append(f"{lead} {cause.code}{told}{_first_at(cause)}")
                self._told.add(cause.code)
                lead = "together with"
        if others := [" together with ".join(map(_named, causes)) for causes in ways[shown:]]:
            found.append(f"or with {listed(others, 'or')}; nnsolve causes CODE explains each")
        return found


def _named(cause: Cause) -> str:
    return f"{cause.code}{_first_at(cause)}"


def _first_at(cause: Cause) -> str:
    return f" (first at {cause.of})" if cause.of else ""


def alone(item: Item, slips: Sequence[Explanation]) -> list[str]:
    """What one answer is consistent with, in full: for a report in which every answer stands alone."""
    return next((Slips((slip,)).causes(slip) for slip in slips if item.id in slip.items), [])


def _listed(ids: Sequence[str]) -> str:
    if len(ids) <= LISTED:
        return f"{', '.join(ids[:-1])} and {ids[-1]}"
    return f"{', '.join(ids[: LISTED - 2])} and {len(ids) - LISTED + 2} more"
