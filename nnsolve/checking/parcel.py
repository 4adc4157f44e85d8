"""Results on their way from one process to another: less to write and to read than records each by itself."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from nnsolve.checking.model import Item, Result
from nnsolve.core.garbage import collected_seldom

ITEMS = Result._fields.index("items")
REPEATED = [Item._fields.index(name) for name in ("given", "elements")]


def packed(results: Sequence[Result]) -> bytes:
    """Results with their items as plain tuples; what many students give alike is written once."""
    rows = []
    alike: dict[Any, Any] = {}
    for result in results:
        row: list[Any] = list(result)
        items = []
        for item in result.items:
            fields = list(item)
            for n in REPEATED:
                fields[n] = alike.setdefault(fields[n], fields[n])
            items.append(fields)
        row[ITEMS] = items
        rows.append(row)
    return pickle.dumps(rows)


def unpacked(parcel: bytes) -> list[Result]:
    """The results that were packed."""
    with collected_seldom():
        rows = pickle.loads(parcel)
    for row in rows:
        row[ITEMS] = tuple(map(Item._make, row[ITEMS]))
    return list(map(Result._make, rows))
