"""What every format of verdicts has: a beginning, an entry for each result, an end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from nnsolve.report.said import expected_text, tensor_text
from nnsolve.report.slips import alone

if TYPE_CHECKING:
    from nnsolve.checking.model import Item, Result
    from nnsolve.checking.summary import Summary


class Writer(Protocol):
    """Text in three pieces, so that a file is whole wherever a run ends."""

    def begin(self) -> str:
        """What stands above all results."""

    def entry(self, result: Result) -> str:
        """One result; empty where a format says all at the end."""

    def end(self, summary: Summary, interrupted: bool) -> str:
        """What stands below all results."""


MakeWriter = Callable[[], Writer]


def explanation(item: Item, result: Result) -> list[str]:
    """What is to be said of an answer beside its verdict; of a right one nothing but what was set by hand."""
    lines = [item.message, *alone(item, result.slips)]
    if item.given is not None and item.verdict != "correct":
        lines.append(f"given {tensor_text(item.given)}")
        if item.expected is not None:
            lines.append(f"expected {expected_text(item)}")
    return [line for line in lines if line]


def encodable(path: str) -> str:
    """A path as text for other programs: bytes of a name that are no UTF-8 are spelled out."""
    return path.encode("utf-8", "backslashreplace").decode()


def finite(value: Any) -> Any:
    """Nested numbers; one that is not finite as a text, which every reader of JSON understands."""
    if isinstance(value, tuple):
        return [finite(item) for item in value]
    return value if value is None or math.isfinite(value) else repr(value)
