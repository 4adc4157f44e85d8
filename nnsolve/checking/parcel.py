"""Results on their way from one process to another: less to write and to read than records each by itself."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from nnsolve.checking.model import Item, Result
from nnsolve.core.garbage import collected_seldom

ITEMS = Result._fields.index("items")


def packed(results: Sequence[Result]) -> bytes:
    """Results with their items as plain tuples."""
    rows = []
    for result in results:
        row: list[Any] = list(result)
        row[ITEMS] = list(map(tuple, result.items))
        rows.append(row)
    return pickle.dumps(rows)


def unpacked(parcel: bytes) -> list[Result]:
    """The results that were packed."""
    with collected_seldom():
        rows = pickle.loads(parcel)
    for row in rows:
        row[ITEMS] = tuple(map(Item._make, row[ITEMS]))
    return list(map(Result._make, rows))
