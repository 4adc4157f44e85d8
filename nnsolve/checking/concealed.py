"""Verdicts that can be handed out while the solution is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnsolve.checking.key import Key, Target
from nnsolve.checking.model import Explanation, Given, Item, Unreadable


class Concealer:
    """Hides the solution of one problem."""

    def __init__(self, key: Key) -> None:
        self.key = key

    def concealed(
        self,
        items: Sequence[Item],
        slips: tuple[Explanation, ...],
        given: Mapping[str, tuple[Target, Given | Unreadable]],
    ) -> tuple[list[Item], tuple[Explanation, ...]]:
        """The items and slips without expected values."""
        return [item._replace(expected=None) for item in items], slips
