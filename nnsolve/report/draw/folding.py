"""Where a graph that is too wide for a page goes on in another row."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Set
from itertools import accumulate
from typing import TypeVar

from nnsolve.report.draw.layered import BETWEEN, Size, ranked

Key = TypeVar("Key", bound=Hashable)

ROOM = 1000.0
"""A graph that is wider than this has several rows of about the same width."""

SHORT, LONG = 0.55, 1.35
"""A row may be so much shorter, and no longer where it can be."""

MOST_CROSSING = 3
"""Values that go over into another row."""


def rows(
    nodes: Mapping[Key, Size], edges: Mapping[tuple[Key, Key], Size], leaves: Set[Key], named: Set[Key]
) -> list[set[Key]]:
    """The nodes of each row, leaves aside: these stand wherever they are used.

    Only what has a name goes over into another row, and as little as possible.
    """
    rank = ranked(list(nodes), list(edges))
    last = max(rank.values(), default=0)
    widths = [2 * BETWEEN] * (last + 1)
    for r in range(last + 1):
        widths[r] += max([size.width for key, size in nodes.items() if rank[key] == r], default=0.0)
        widths[r] += max([size.width for (source, _), size in edges.items() if rank[source] == r], default=0.0)
    starts = [0.0, *accumulate(widths)]
    wanted = starts[-1] / math.ceil(starts[-1] / ROOM)

    def crossing(cut: int) -> set[Key]:
        return {a for a, b in edges if a not in leaves and rank[a] < cut <= rank[b]}

    cuts = [0]
    while starts[-1] - starts[cuts[-1]] > LONG * wanted:
        begun = starts[cuts[-1]]
        found = [
            (max(starts[cut] - begun - LONG * wanted, 0.0), len(over), abs(starts[cut] - begun - wanted), cut)
            for cut in range(cuts[-1] + 1, last + 1)
            if starts[cut] - begun >= SHORT * wanted
            and starts[-1] - starts[cut] >= SHORT * wanted
            and (over := crossing(cut)) <= named
            and len(over) <= MOST_CROSSING
        ]
        if not found:
            break
        cuts.append(min(found)[-1])
    ends = [*cuts[1:], last + 1]
    return [
        {key for key in nodes if key not in leaves and start <= rank[key] < end}
        for start, end in zip(cuts, ends, strict=True)
    ]
